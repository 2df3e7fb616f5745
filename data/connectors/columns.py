"""What stands in a chunk's columns, whether its records are rows of a table or JSON objects?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import json_paths
from data.connectors.batch import Chunk, RowNumbers
from data.connectors.texts import Mask, Texts, as_texts, filled, mask_of

Index = npt.NDArray[np.int64]


class Columns:
    """Columns of text by name (for JSON by path), read when first asked for; a column the file lacks is all missing."""

    def __init__(self, row_number: RowNumbers, *, frame: Any = None, records: Sequence[Mapping[str, Any]] | None = None) -> None:
        self.row_number = row_number
        self.rows = len(row_number)
        self._frame = frame
        self._records = records
        self._read: dict[str, Texts] = {}

    @classmethod
    def of(cls, chunk: Chunk) -> "Columns":
        """Open a chunk."""
        return cls(chunk.row_number, frame=chunk.frame, records=chunk.records)

    def has(self, name: str) -> bool:
        """Say whether the file has this column; a JSON path may always be absent from one record and present in the next."""
        return self._records is not None or name in self._frame.columns

    def text(self, name: str) -> Texts:
        """Give one column."""
        if name not in self._read:
            self._read[name] = self._column(name)
        return self._read[name]

    def first_of(self, names: Sequence[str]) -> Texts:
        """Give, row by row, the first of several columns that says something."""
        present = [self.text(name) for name in names if self.has(name)]
        return pc.coalesce(*present) if len(present) > 1 else present[0] if present else self.missing()

    def all_of(self, names: Sequence[str]) -> Texts:
        """Give, row by row, all that stands at the paths of a JSON record, in order, joined by semicolons; of a table the first cell."""
        if self._records is None:
            return self.first_of(names)
        found = [[json_paths.as_text(value) for name in names for value in json_paths.all_at(record, name)] for record in self._records]
        return as_texts([";".join(text for text in texts if text is not None) for texts in found])

    def joined(self, names: Sequence[str], *, apart: str) -> Texts:
        """Give several columns as one text each row, missing where the first says nothing."""
        parts = [self.text(name) for name in names]
        separator = pa.scalar(apart, pa.large_string())
        together = pc.binary_join_element_wise(*parts, separator, null_handling="replace", null_replacement="")
        return pc.if_else(parts[0].is_valid(), together, None)

    def named(self, names: Sequence[str]) -> str:
        """Name the column a fault is reported under: the first of ``names`` that the file has."""
        return next((name for name in names if self.has(name)), names[0] if names else "")

    def missing(self) -> Texts:
        """Give a column that says nothing."""
        return pa.nulls(self.rows, pa.large_string())

    def meets(self, conditions: Mapping[str, Sequence[str]]) -> Mask:
        """Say which rows meet all conditions; ``*`` = any text, ``!x`` = any text but x, an empty word = nothing.

        A path through a list is met where the list has elements and all of them meet it.
        """
        met = np.ones(self.rows, dtype=bool)
        for name, words in conditions.items():
            met &= self._every(name, words) if "[]." in name else self._holds(name, words)
        return met

    def _holds(self, name: str, words: Sequence[str]) -> Mask:
        texts = self.text(name)
        there = filled(texts)
        but = [word[1:] for word in words if word.startswith("!")]
        other = there & ~mask_of(pc.is_in(texts, value_set=pa.array(but, pa.large_string()))) if but else False
        one = mask_of(pc.is_in(texts, value_set=pa.array([w for w in words if w not in ("", "*")], pa.large_string())))
        return (there if "*" in words else one) | other | (~there if "" in words else False)

    def _every(self, name: str, words: Sequence[str]) -> Mask:
        within, _, leaf = name.rpartition("[].")
        elements, parent = self.children(within)
        failing = np.bincount(parent[~elements.meets({leaf: words})], minlength=self.rows)
        every: Mask = (np.bincount(parent, minlength=self.rows) > 0) & (failing == 0)
        return every

    def only(self, keep: Mask) -> "Columns":
        """Give the same columns for some of the rows."""
        frame = self._frame[keep] if self._frame is not None else None
        records = [record for record, kept in zip(self._records, keep, strict=True) if kept] if self._records is not None else None
        return Columns(self.row_number[keep], frame=frame, records=records)

    def continued(self, by: str, *, number: Sequence[str], leaving: Collection[str]) -> "Columns":
        """Give rows that continue an order the cells of the order's first row where their own are blank.

        A row continues the one above if it repeats its cell in ``by`` and has no order number of its own in ``number``. Columns in
        ``leaving`` stay as they are.
        """
        name = self.text(by)
        continues = np.append(False, mask_of(pc.equal(name[1:], name[:-1])))[: self.rows] & ~filled(self.first_of(number))
        first = pa.array(np.maximum.accumulate(np.where(continues, 0, np.arange(self.rows))))
        whole = Columns(self.row_number, frame=self._frame)
        for each in self._frame.columns:
            own = self.text(each)
            whole._read[each] = own if each in leaving else pc.coalesce(own, own.take(first))
        return whole

    def children(self, path: str) -> tuple["Columns", Index]:
        """Give the elements of a nested list as columns of their own, and for each the row it stands in."""
        elements: list[Mapping[str, Any]] = []
        parents: list[int] = []
        for row, record in enumerate(self._records or ()):
            found = [element for element in json_paths.all_at(record, path) if isinstance(element, Mapping)]
            elements += found
            parents += [row] * len(found)
        parent = np.array(parents, dtype=np.int64)
        return Columns(self.row_number[parent], records=elements), parent

    def records(self) -> Sequence[Mapping[str, Any]]:
        """Give the JSON records; empty for a table."""
        return self._records or ()

    def _column(self, name: str) -> Texts:
        if self._records is not None:
            return as_texts([json_paths.text_at(record, name) for record in self._records])
        return as_texts(self._frame[name]) if name in self._frame.columns else self.missing()
