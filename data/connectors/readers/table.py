"""How do raw rows become chunks of named, cleaned columns?"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median_low

import numpy as np
import pandas as pd
import pyarrow as pa

from data.connectors.batch import CHUNK_ROWS, Chunk, RowNumbers
from data.connectors.readers.cells import clean_cell, clean_names
from data.connectors.readers.cleaning import clean_column
from data.connectors.readers.encoding import UNDECODABLE
from data.connectors.readers.footers import is_footer, opens_summary, row_figures, summary_figures
from data.connectors.readers.reading import Footer
from models.findings import Finding

# A whole buyer's message is under 10 kB; a cell beyond this is a fault, and refused with its row alone.
MAX_CELL_BYTES = 1 << 20
# A summary is a few lines; a file that is nothing but comments shall not fill memory.
MAX_FOOTERS = 1000
MAX_FOOTER_CHARACTERS = 1000

# A record with its number, or why it could not be split into cells.
Row = tuple[int, list[str]] | Finding

STR = pd.StringDtype("pyarrow", na_value=np.nan)


@dataclass(frozen=True)
class Layout:
    """The header of a table: cleaned names, and place and name of the columns that were asked."""

    names: tuple[str, ...]
    asked: tuple[tuple[int, str], ...]
    short_rows: bool = False
    usual: int = 0

    @property
    def width(self) -> int:
        """Cells the header has."""
        return len(self.names)

    @property
    def least(self) -> int:
        """Cells a complete row has: a nameless last column comes from a trailing comma and may be missing."""
        return max((place + 1 for place, name in enumerate(self.names) if name), default=0)

    @property
    def most(self) -> int:
        """Cells a row may have: one more, even an empty one, betrays an unquoted comma, unless most rows have it."""
        return max(self.least, self.usual)

    def holds(self, cells: Sequence[str]) -> bool:
        """Say whether a row is no wider than it may be and nothing stands to the right of the header."""
        return len(cells) <= self.most and not any(map(clean_cell, cells[self.width :]))


def layout_of(
    header: Sequence[str],
    *,
    columns: Collection[str] | None = None,
    short_rows: bool = False,
    first_rows: Sequence[Sequence[str]] = (),
) -> Layout:
    """Name the columns of a raw header row and pick those that were asked; ``first_rows`` below it show how wide most rows are."""
    names = clean_names(header)
    asked = tuple((place, name) for place, name in enumerate(names) if name and (columns is None or name in columns))
    layout = Layout(names, asked, short_rows)
    # footers are narrower
    widths = [len(row) for row in first_rows if len(row) >= layout.least]
    return replace(layout, usual=median_low(widths) if widths else layout.width)


def is_too_large(cell: str) -> bool:
    """Say whether a cell is over the limit."""
    return len(cell) * 4 > MAX_CELL_BYTES and len(cell.encode("utf-8", "replace")) > MAX_CELL_BYTES


def refusal(cells: list[str], *, layout: Layout) -> str | None:
    """Say why a row cannot be taken, or None."""
    joined = "".join(cells)
    if is_too_large(joined) and any(map(is_too_large, cells)):
        return "cell_too_large"
    if UNDECODABLE in joined:
        return "undecodable"
    if "\0" in joined:
        return "control_character"
    if len(cells) > layout.least and not layout.holds(cells):
        return "too_many_cells"
    return "too_few_cells" if len(cells) < layout.least and not layout.short_rows else None


class Collector:
    """Sorts rows into data, refused rows and footers, and hands the data over in chunks."""

    def __init__(self, layout: Layout, footers: list[Footer]) -> None:
        self.layout = layout
        self._footers = footers
        self._parts: list[tuple[RowNumbers, list[pa.Array]]] = []
        self._refused: list[Finding] = []
        self._rows = 0
        self._summary: list[str] | None = None

    @property
    def awaits_summary(self) -> bool:
        """The last row was a summary's header: the next one holds its figures."""
        return self._summary is not None

    def refuse(self, finding: Finding) -> None:
        """Note a record that cannot be taken."""
        self._refused.append(finding)

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Take rows one by one."""
        numbers: list[int] = []
        kept: list[list[str]] = []
        for row in rows:
            if isinstance(row, Finding):
                self.refuse(row)
            elif any(map(clean_cell, row[1])) and not self._is_footer(*row):
                if (code := refusal(row[1], layout=self.layout)) is not None:
                    self.refuse(Finding(row[0], "", code))
                else:
                    numbers.append(row[0])
                    kept.append(row[1])
        columns = [[cells[place] if place < len(cells) else "" for cells in kept] for place, _ in self.layout.asked]
        self.add_columns(np.array(numbers, dtype=np.int64), [pa.array(values, pa.large_string()) for values in columns])

    def add_columns(self, numbers: RowNumbers, columns: list[pa.Array]) -> None:
        """Take rows that hold, as the raw columns that were asked."""
        if len(numbers):
            self._parts.append((numbers, columns))
            self._rows += len(numbers)

    def chunks(self, *, last: bool = False) -> Iterator[Chunk]:
        """Give the chunks that are full of rows or of findings, or at last all that is left."""
        while max(self._rows, len(self._refused)) >= CHUNK_ROWS or (last and (self._rows or self._refused)):
            numbers = np.concatenate([part[0] for part in self._parts] or [np.array([], dtype=np.int64)])
            asked = range(len(self.layout.asked))
            columns = [pa.concat_arrays([part[1][place] for part in self._parts]) if self._parts else _nothing() for place in asked]
            taken = min(self._rows, CHUNK_ROWS)
            yield self._chunk(numbers[:taken], [column.slice(0, taken) for column in columns])
            self._rows -= taken
            self._parts = [(numbers[taken:], [column.slice(taken) for column in columns])] if self._rows else []

    def _chunk(self, numbers: RowNumbers, columns: list[pa.Array]) -> Chunk:
        refused, self._refused = tuple(self._refused), []
        series = {
            name: pd.Series(pd.array(clean_column(column), dtype=STR), copy=False)
            for (_, name), column in zip(self.layout.asked, columns, strict=True)
        }
        frame = pd.DataFrame(series, index=pd.RangeIndex(len(numbers)), copy=False)
        return Chunk(numbers, frame=frame, refused=refused)

    def _is_footer(self, number: int, cells: list[str]) -> bool:
        if self._summary is not None:
            figures = summary_figures(self._summary, cells)
            self._summary = None
        elif is_footer(cells, width=self.layout.width):
            self._summary = cells if opens_summary(cells) else None
            figures = {} if self._summary else row_figures(cells, names=self.layout.names)
        else:
            return False
        if len(self._footers) < MAX_FOOTERS:
            self._footers.append(Footer(number, ",".join(cells)[:MAX_FOOTER_CHARACTERS], figures))
        return True


def _nothing() -> pa.Array:
    return pa.array([], pa.large_string())
