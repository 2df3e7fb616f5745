"""What rows does a text table hold, comma, tab or semicolon between its cells?"""

import csv
import io
from collections.abc import Iterator
from typing import TextIO

from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import Encoding
from data.connectors.readers.table import Row
from models.findings import Finding

DELIMITERS = (",", "\t", ";")

csv.field_size_limit(1 << 24)


def text_rows(entry: Entry, *, encoding: Encoding, delimiter: str, split: str | None = None) -> Iterator[Row]:
    """Give the records with their numbers from 1, blank ones too; what cannot be split is a Finding."""
    with entry.open() as file, io.TextIOWrapper(file, encoding.name, "surrogateescape", newline="") as text:
        yield from _split_rows(text, split=split) if split else _quoted_rows(text, delimiter=delimiter)


def _quoted_rows(text: TextIO, *, delimiter: str) -> Iterator[Row]:
    for number, cells in enumerate(csv.reader(text, delimiter=delimiter), start=1):
        yield number, cells


def _split_rows(text: TextIO, *, split: str) -> Iterator[Row]:
    """WeChat's bill: cells may hold bare commas, so rows that begin with the guard are split on comma and guard."""
    guard = split[-1]
    for number, line in enumerate(text, start=1):
        line = line.rstrip("\r\n")
        yield number, line.split(split) if line.startswith(guard) else next(csv.reader([line]), [])


def sniff_delimiter(rows_by: dict[str, list[list[str]]]) -> str:
    """Choose the delimiter that gives the widest row, the comma where they are equal."""
    return max(rows_by, key=lambda delimiter: max((len(row) for row in rows_by[delimiter]), default=0))
