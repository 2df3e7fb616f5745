"""What rows does a text table hold, comma, tab or semicolon between its cells?"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import Encoding, utf8_blocks
from data.connectors.readers.records import Block, Fault, Records, lines_of
from data.connectors.readers.table import Row
from models.findings import Finding

DELIMITERS = (",", "\t", ";")

# Cells are bounded by the length of a record (see records.py); the module's own limit would stop the whole file.
csv.field_size_limit(1 << 24)


def text_rows(entry: Entry, *, encoding: Encoding, delimiter: str, width: int = 0) -> Iterator[Row]:
    """Give the records with their numbers from 1, blank ones too; what cannot be split is a Finding."""
    number = 1
    for block in Records(utf8_blocks(entry, encoding), delimiter=delimiter, width=width):
        yield from block_rows(block, number, delimiter=delimiter)
        number += block.records


def block_rows(block: Block | Fault, number: int, *, delimiter: str) -> Iterator[Row]:
    """Number a block's records, the first with ``number``."""
    if isinstance(block, Fault):
        yield Finding(number, "", block.code)
    else:
        yield from enumerate(block.rows(delimiter=delimiter), start=number)


def split_rows(entry: Entry, *, encoding: Encoding, split: str) -> Iterator[Row]:
    """WeChat's bill: cells may hold bare commas, so rows that begin with the guard are split on comma and guard."""
    guard = split[-1]
    for number, line in enumerate(lines_of(utf8_blocks(entry, encoding)), start=1):
        if isinstance(line, Fault):
            yield Finding(number, "", line.code)
        else:
            text = line.decode("utf-8")
            yield number, text.split(split) if text.startswith(guard) else next(csv.reader([text]), [])


def likeliest(rows_by: Mapping[str, Sequence[Sequence[str]]]) -> str:
    r"""Choose the delimiter with which most of the first rows are equally wide; then the one that makes them wider.

    >>> likeliest({",": [["a\tb"], ["1", "2\t3"]], "\t": [["a", "b"], ["1,2", "3"]]})
    '\t'
    """
    return max(rows_by, key=lambda delimiter: _agreement(rows_by[delimiter]))


def common_width(rows: Sequence[Sequence[str]]) -> int:
    """Give the number of cells most rows have, 0 where no row has two.

    >>> common_width([["title"], ["a", "b"], ["1", "2"], ["1", "2", ""]])
    2
    """
    return _agreement(rows)[1]


def _agreement(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Share of the rows that are as wide as each other, and how wide; one cell more is a trailing comma."""
    widths = Counter(len(row) for row in rows if any(row))
    shares = [((widths[width] + widths[width + 1]) / widths.total(), width) for width in widths if width > 1]
    return max(shares, default=(0.0, 0))
