"""How do raw rows become chunks of named, cleaned columns?"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from data.connectors.batch import CHUNK_ROWS, Chunk
from data.connectors.readers.cells import clean_cell, clean_column, clean_names
from data.connectors.readers.encoding import has_bad_bytes
from data.connectors.readers.footers import is_footer, opens_summary, row_figures, summary_figures
from data.connectors.readers.reading import Footer
from models.findings import Finding

# A whole buyer's message is under 10 kB; a cell beyond this is a fault, and refused with its row alone.
MAX_CELL_CHARACTERS = 1 << 20

# A record with its number, or why it could not be split into cells.
Row = tuple[int, list[str]] | Finding

STR = pd.StringDtype("pyarrow", na_value=np.nan)


@dataclass(frozen=True)
class Layout:
    """The header of a table: cleaned names, how many cells a row has at least, and which columns were asked."""

    names: tuple[str, ...]
    asked: tuple[tuple[int, str], ...]
    short_rows: bool = False

    @property
    def least(self) -> int:
        """Cells a complete row has: a nameless last column comes from a trailing comma and may be missing."""
        return max((place + 1 for place, name in enumerate(self.names) if name), default=0)


def layout_of(header: Sequence[str], *, columns: Collection[str] | None = None, short_rows: bool = False) -> Layout:
    """Name the columns of a raw header row and pick those that were asked."""
    names = clean_names(header)
    asked = tuple((place, name) for place, name in enumerate(names) if name and (columns is None or name in columns))
    return Layout(names, asked, short_rows)


def chunks_of(rows: Iterable[Row], *, layout: Layout, footers: list[Footer], chunk_rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
    """Sort rows into data, refused rows and footers, and give the data in chunks."""
    numbers: list[int] = []
    kept: list[list[str]] = []
    refused: list[Finding] = []
    summary: list[str] | None = None
    for row in rows:
        if isinstance(row, Finding):
            refused.append(row)
            continue
        number, cells = row
        if not any(map(clean_cell, cells)):
            continue
        if summary is not None:
            footers.append(Footer(number, ",".join(cells), summary_figures(summary, cells)))
            summary = None
        elif is_footer(cells, width=len(layout.names)):
            summary = cells if opens_summary(cells) else None
            footers.append(Footer(number, ",".join(cells), {} if summary else row_figures(cells, names=layout.names)))
        elif (code := refusal(cells, layout=layout)) is not None:
            refused.append(Finding(number, "", code))
        else:
            numbers.append(number)
            kept.append(cells)
        if len(numbers) + len(refused) >= chunk_rows:
            yield chunk_from(numbers, kept, refused, layout=layout)
            numbers, kept, refused = [], [], []
    if numbers or refused:
        yield chunk_from(numbers, kept, refused, layout=layout)


def refusal(cells: list[str], *, layout: Layout) -> str | None:
    """Say why a row cannot be taken, or None."""
    if any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
        return "cell_too_large"
    width = len(layout.names)
    if len(cells) > width and any(map(clean_cell, cells[width:])):
        return "too_many_cells"
    if len(cells) < layout.least and not layout.short_rows:
        return "too_few_cells"
    joined = "".join(cells)
    if "\0" in joined:
        return "control_character"
    return "undecodable" if has_bad_bytes(joined) else None


def chunk_from(numbers: list[int], kept: list[list[str]], refused: list[Finding], *, layout: Layout) -> Chunk:
    """Turn rows that hold into a frame of cleaned columns."""
    row_number = np.array(numbers, dtype=np.int64)
    columns = {}
    for place, name in layout.asked:
        values = [cells[place] if place < len(cells) else "" for cells in kept]
        columns[name] = clean_column(pa.array(values, pa.large_string()))
    return Chunk(row_number, frame=frame_of(columns, rows=len(numbers)), refused=tuple(refused))


def frame_of(columns: dict[str, pa.Array], *, rows: int) -> pd.DataFrame:
    """Wrap arrow string columns as pandas ``str`` columns without copying."""
    series = {name: pd.Series(pd.array(column, dtype=STR), copy=False) for name, column in columns.items()}
    return pd.DataFrame(series, index=pd.RangeIndex(rows), copy=False)
