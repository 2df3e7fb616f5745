"""What rows does a workbook show, xlsx or xls?"""

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from data.connectors.readers.archive import Entry
from data.connectors.readers.sheet_extent import largest_sheet_cells
from data.connectors.readers.unreadable import UnreadableFile

# The whole sheet stands in memory while it is read (measured: about 100 bytes a cell), so a sheet is capped; CSV is not.
MAX_WORKBOOK_BYTES = 100 * 1024**2
MAX_UNPACKED_BYTES = 600 * 1024**2
MAX_CELLS = 6_000_000
# Sheets looked through for a table.
MAX_SHEETS = 20
# From 16 digits on a spreadsheet's number is no longer the one that was typed.
EXACT_BELOW = 1e15

Value = int | float | str | bool | time | date | datetime | timedelta


def first_rows(entry: Entry, *, sheet: str | None, rows: int) -> tuple[tuple[str, ...], str, list[list[str]]]:
    """Give the names of the sheets, the sheet taken, and its first rows: the sheet asked, else the first with a row of two texts."""
    with _seekable(entry) as file:
        _check_size(file, name=entry.name)
        workbook = _workbook(file)
        names = tuple(workbook.sheet_names)
        for name in names[:MAX_SHEETS] if sheet is None else (sheet,):
            shown_rows = [[shown(value) for value in row] for row in islice(_sheet(workbook, name).iter_rows(), rows)]
            if sheet is not None or any(sum(map(bool, row)) > 1 for row in shown_rows):
                return names, name, shown_rows
    raise UnreadableFile("empty", entry.name)


def sheet_rows(entry: Entry, *, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Give a sheet's rows as shown, with their numbers; ids as plain digits, damaged ones with their exponent."""
    with _seekable(entry) as file:
        for number, row in enumerate(_sheet(_workbook(file), sheet).iter_rows(), start=1):
            yield number, [shown(value) for value in row]


def shown(value: Value) -> str:
    """Write a cell's value as text.

    >>> shown(10160070484512.0), shown(2.026e27), shown(12.3), shown(datetime(2026, 9, 3, 10, 15))
    ('10160070484512', '2.026E+27', '12.3', '2026-09-03 10:15:00')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _digits(float(value))
    if isinstance(value, datetime):
        return f"{_to_second(value):%Y-%m-%d %H:%M:%S}"
    return f"{value:%Y-%m-%d} 00:00:00" if isinstance(value, date) else str(value)


def _digits(number: float) -> str:
    if abs(number) >= EXACT_BELOW:
        return f"{number:.15G}" if abs(number) != EXACT_BELOW else "1E+15"
    if number.is_integer():
        return str(int(number))
    text = f"{number:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def _to_second(moment: datetime) -> datetime:
    # Serial dates are fractions of a day: 14:06:51 may come out a microsecond short.
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)


@contextmanager
def _seekable(entry: Entry) -> Iterator[BinaryIO]:
    """Open a workbook so that one may go back in it: a zip's member would be unpacked again from its start each time."""
    if entry.size > MAX_WORKBOOK_BYTES:
        raise UnreadableFile("too_large", entry.name)
    with entry.open() as file:
        if not isinstance(file, zipfile.ZipExtFile):
            yield file
            return
        with TemporaryFile() as copy:
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield cast(BinaryIO, copy)


def _workbook(file: BinaryIO) -> CalamineWorkbook:
    file.seek(0)
    try:
        return CalamineWorkbook.from_filelike(file)
    except PasswordError as problem:
        raise UnreadableFile("encrypted") from problem
    except (CalamineError, OSError, ValueError) as problem:
        raise UnreadableFile("damaged", str(problem)) from problem


def _check_size(file: BinaryIO, *, name: str) -> None:
    """Refuse a workbook that would not fit in memory, before a line of it is read."""
    try:
        if not zipfile.is_zipfile(file):
            return
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
            too_large = unpacked > MAX_UNPACKED_BYTES or largest_sheet_cells(archive) > MAX_CELLS
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as problem:
        raise UnreadableFile("damaged", str(problem)) from problem
    if too_large:
        raise UnreadableFile("too_large", name)


def _sheet(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    if name not in workbook.sheet_names:
        raise UnreadableFile("no_sheet", name)
    try:
        return workbook.get_sheet_by_name(name)
    except (CalamineError, ValueError) as problem:
        raise UnreadableFile("damaged", str(problem)) from problem
