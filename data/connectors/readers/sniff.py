"""What kind of file is this, by its first bytes, and what do its first rows say?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal

from data.connectors.readers.archive import EMPTY_ZIP_MAGIC, ZIP_MAGIC, Entry
from data.connectors.readers.bank_file import BankFile
from data.connectors.readers.camt import declares_entities, is_camt, read_camt
from data.connectors.readers.cells import clean_cell
from data.connectors.readers.encoding import Encoding, choose_encoding
from data.connectors.readers.excel import first_rows, sheet_rows
from data.connectors.readers.html_table import table_rows
from data.connectors.readers.json_records import Source, find_records
from data.connectors.readers.mt940 import is_mt940, read_mt940
from data.connectors.readers.rows import DELIMITERS, common_width, likeliest, split_rows, text_rows
from data.connectors.readers.table import Row
from data.connectors.readers.unreadable import UnreadableFile
from models.findings import Finding

PREVIEW_ROWS = 40
XLS_MAGIC = b"\xd0\xcf\x11\xe0"
# PDF, PNG, JPEG, RAR, 7-Zip: taken for a table now and then.
FOREIGN_MAGICS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")

Kind = Literal["text", "workbook", "html", "json", "camt", "mt940"]
# Enough of a bank's message to see what it is, and whether it declares what none may.
HEAD_BYTES = 1 << 16
# The path at which the lines of a bank's message stand.
BANK_PATHS: Mapping[str, str] = {"camt": "camt.entries", "mt940": "mt940.entries"}


@dataclass(frozen=True)
class Preview:
    """What choosing a manifest needs to see of a file.

    ``rows`` are the first 40, cleaned cell by cell, blank ones included, so that ``rows[i]`` is row ``i + 1``; ``width`` is
    how many cells most of them have, in a text. ``first_records`` has, for JSON, the first record of each path that holds
    records (see ``json_records``).
    """

    format: Literal["rows", "json"]
    kind: Kind
    encoding: str = ""
    clean: bool = True
    delimiter: str = ","
    width: int = 0
    rows: list[list[str]] = field(default_factory=list)
    first_records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    sheet: str = ""


def preview(entry: Entry, *, sheet: str | None = None) -> Preview:
    """Look at a file's head; ``sheet`` names a workbook's sheet, else the first with a row of two texts is taken."""
    with entry.open() as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnreadableFile("empty", entry.name)
    if head.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC, XLS_MAGIC)):
        return _workbook_preview(entry, sheet=sheet)
    if head.startswith(FOREIGN_MAGICS):
        raise UnreadableFile("not_a_table", entry.name)
    if is_mt940(head):
        return _bank_preview("mt940", read_mt940(entry))
    encoding = choose_encoding(entry)
    start = head.decode(encoding.name, "replace").lstrip("\ufeff \t\r\n")
    if start.startswith("<") and declares_entities(start):
        raise UnreadableFile("entities", entry.name)
    if start.startswith("<") and is_camt(start):
        return _bank_preview("camt", read_camt(entry))
    if start.startswith("<"):
        return _page_preview(entry, Preview("rows", "html", encoding.name, encoding.clean), is_xml=start.startswith("<?xml"))
    if start.startswith(("{", "[")):
        firsts, sources = find_records(entry, encoding=encoding)
        return Preview("json", "json", encoding.name, encoding.clean, first_records=firsts, sources=sources)
    tried = {mark: Preview("rows", "text", encoding.name, encoding.clean, mark) for mark in DELIMITERS}
    rows_by = {mark: _first_rows(entry, tried[mark]) for mark in DELIMITERS}
    delimiter = likeliest(rows_by)
    rows = rows_by[delimiter]
    return replace(tried[delimiter], rows=rows, width=common_width(rows))


def source_rows(entry: Entry, seen: Preview, *, split: str | None = None) -> Iterator[Row]:
    """Give the raw rows of any table, whatever its kind, with their numbers."""
    if seen.kind == "workbook":
        return sheet_rows(entry, sheet=seen.sheet)
    encoding = Encoding(seen.encoding, seen.clean)
    if seen.kind == "html":
        return table_rows(entry, encoding=encoding)
    if split:
        return split_rows(entry, encoding=encoding, split=split)
    return text_rows(entry, encoding=encoding, delimiter=seen.delimiter, width=seen.width)


def _first_rows(entry: Entry, seen: Preview) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in islice(source_rows(entry, seen), PREVIEW_ROWS):
        if isinstance(row, Finding) and not rows and row.code == "cell_too_large":
            raise UnreadableFile("no_line_breaks", entry.name)
        rows.append([] if isinstance(row, Finding) else [clean_cell(cell) for cell in row[1]])
    if not any(map(any, rows)):
        raise UnreadableFile("empty", entry.name)
    return rows


def _page_preview(entry: Entry, page: Preview, *, is_xml: bool) -> Preview:
    try:
        return replace(page, rows=_first_rows(entry, page))
    except UnreadableFile as problem:
        if is_xml and problem.code == "html_table":
            raise UnreadableFile("not_a_table", entry.name) from problem
        raise


def _bank_preview(kind: Literal["camt", "mt940"], read: BankFile) -> Preview:
    path = BANK_PATHS[kind]
    first = read.records[0].as_record() if read.records else {}
    return Preview("json", kind, first_records={path: first}, sources={path: Source("")})


def _workbook_preview(entry: Entry, *, sheet: str | None) -> Preview:
    sheets, taken, rows = first_rows(entry, sheet=sheet, rows=PREVIEW_ROWS)
    cleaned = [[clean_cell(cell) for cell in row] for row in rows]
    return Preview("rows", "workbook", rows=cleaned, sheets=sheets, sheet=taken)
