"""Under which numbers does a statement's row stand: its own, its order's, and those by which else the order may be found?"""

import re
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import transforms
from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.fields import Fields
from data.connectors.frames import frame_of
from data.connectors.manifest_parts import FieldSpec
from data.connectors.texts import Mask, Texts, by_unique, filled

# What stands for the order's number where a line has none: this and the line's own.
FLOW = "flow:"
_APART = "\x1f"
_DIGEST_BYTES = 10
# What stands in a row's number before the booking it was settled by, and how long the name of that is then.
SETTLED, _BOOKING_BYTES = "@", 5


def number_of(fields: Fields, spec: FieldSpec) -> Texts:
    """Read a number; with ``as = "text"`` out of free text, else as an id, whose damage by a spreadsheet is a fault, pattern or not."""
    if spec.as_ == "text":
        return fields.read("order_no", spec)
    read = [identifiers(fields.columns, fields.faults, name) for name in spec.sources if fields.columns.has(name)]
    texts = pc.coalesce(*read) if read else fields.columns.missing()
    if spec.nothing:
        texts = pc.if_else(pc.is_in(texts, value_set=pa.array(spec.nothing, pa.large_string())), None, texts)
    if spec.pattern:
        pattern = re.compile(spec.pattern)
        texts = by_unique(texts, lambda cell: found[1] if (found := pattern.search(cell)) else None)
    if spec.where:
        texts = pc.if_else(pa.array(fields.columns.meets(spec.where)), texts, None)
    return texts


def identifiers(columns: Columns, faults: Faults, name: str) -> Texts:
    """Read one column of ids."""
    texts = columns.text(name)
    return faults.take(transforms.identifier(texts), column=name, texts=texts)


def first_of(several: Sequence[Texts], *, columns: Columns) -> Texts:
    """Give, row by row, the first number that there is."""
    return pc.coalesce(*several, columns.missing()) if several else columns.missing()


def arrays_of(several: Sequence[Texts], *, columns: Columns, without: Texts) -> Texts:
    """Write the distinct further numbers of each row as Postgres reads an array of texts; the order's own is not repeated."""
    known = without.to_pylist()
    rows: list[list[str]] = [[] for _ in range(columns.rows)]
    for texts in several:
        for row, own, number in zip(rows, known, texts.to_pylist(), strict=True):
            if number and number != own and number not in row:
                row.append(number)
    return pa.array(["{" + ",".join(map(_quoted, row)) + "}" for row in rows], pa.large_string())


def _quoted(number: str) -> str:
    return '"' + number.replace("\\", "\\\\").replace('"', '\\"') + '"'


def own_numbers(columns: Columns, faults: Faults, key: Sequence[str]) -> Texts:
    """Give the statement's own number of each row, several columns joined; missing where the first says nothing."""
    present = [name for name in key if columns.has(name)]
    if not present or present[0] != key[0]:
        return columns.missing()
    first, *others = (identifiers(columns, faults, name) for name in present)
    joined = first
    for other in others:
        other = pc.if_else(pc.equal(other, "0"), None, other)  # what bills write for no refund
        longer = pc.binary_join_element_wise(joined, other, pa.scalar("|", pa.large_string()))
        joined = pc.if_else(other.is_valid(), longer, joined)
    return joined


def digests(columns: Sequence[Texts]) -> Texts:
    """Make a number of each row's content; missing is content too."""
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    made = [
        blake2b(_APART.join("\x00" if cell is None else cell for cell in row).encode(), digest_size=_DIGEST_BYTES).hexdigest()
        for row in rows
    ]
    return pa.array(made, pa.large_string())


def settled_by(own: Texts, booked: Texts) -> Texts:
    """Add the booking to numbers: ``@`` and its digest."""
    marks = by_unique(booked, lambda name: SETTLED + blake2b(name.encode(), digest_size=_BOOKING_BYTES).hexdigest())
    return pc.binary_join_element_wise(own, marks, pa.scalar("", pa.large_string()))


class Occurrences:
    """Tells rows of one file apart that have the same number: the same row again is ``~2``, other content is a contradiction."""

    def __init__(self) -> None:
        self._met: dict[int, list[int]] = {}

    def tell_apart(self, own: Texts, content: Sequence[Texts | pa.Array], *, holding: Mask) -> tuple[Texts, Mask]:
        """Give numbers that are each row's alone, and say which rows contradict an earlier one of their number."""
        names = [f"c{place}" for place in range(len(content))]
        keys = _hashed(frame_of({"own": own}))
        said = _hashed(frame_of({"own": own, **dict(zip(names, content, strict=True))}))
        marks: list[str] = [""] * len(own)
        wrong = np.zeros(len(own), dtype=bool)
        for row in np.flatnonzero(holding & filled(own)).tolist():
            met = self._met.setdefault(keys[row], [said[row], 0])
            if met[0] != said[row]:
                wrong[row] = True
                continue
            met[1] += 1
            marks[row] = f"~{met[1]}" if met[1] > 1 else ""
        return pc.binary_join_element_wise(own, pa.array(marks, pa.large_string()), pa.scalar("", pa.large_string())), wrong


def _hashed(frame: pd.DataFrame) -> list[int]:
    hashed: list[int] = pd.util.hash_pandas_object(frame, index=False, categorize=False).tolist()
    return hashed
