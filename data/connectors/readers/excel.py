"""What rows does a workbook show, xlsx or xls?"""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from data.connectors.readers.archive import Entry
from data.connectors.readers.unreadable import UnreadableFile

# The whole sheet stands in memory while it is read (about 40 bytes a cell), so a sheet is capped; CSV is not.
MAX_WORKBOOK_BYTES = 100 * 1024**2
MAX_SHEET_BYTES = 600 * 1024**2
MAX_CELLS = 12_000_000
# From 16 digits on a spreadsheet's number is no longer the one that was typed.
EXACT_BELOW = 1e15

Value = int | float | str | bool | time | date | datetime | timedelta


def sheet_names(entry: Entry) -> tuple[str, ...]:
    """Name the sheets of a workbook in their order."""
    with entry.open() as file:
        return tuple(_workbook(entry, file).sheet_names)


def sheet_rows(entry: Entry, *, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Give a sheet's rows as shown, with their numbers; ids as plain digits, damaged ones with their exponent."""
    with entry.open() as file:
        for number, row in enumerate(_sheet(_workbook(entry, file), sheet).iter_rows(), start=1):
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
    return f"{int(number)}" if number.is_integer() else f"{Decimal(f'{number:.15g}'):f}"


def _to_second(moment: datetime) -> datetime:
    # Serial dates are fractions of a day: 14:06:51 may come out a microsecond short.
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)


def _workbook(entry: Entry, file: BinaryIO) -> CalamineWorkbook:
    if entry.size > MAX_WORKBOOK_BYTES:
        raise UnreadableFile("too_large", entry.name)
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                if max((info.file_size for info in archive.infolist()), default=0) > MAX_SHEET_BYTES:
                    raise UnreadableFile("too_large", entry.name)
        file.seek(0)
        return CalamineWorkbook.from_filelike(file)
    except PasswordError as problem:
        raise UnreadableFile("encrypted", entry.name) from problem
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as problem:
        raise UnreadableFile("damaged", str(problem)) from problem


def _sheet(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    if name not in workbook.sheet_names:
        raise UnreadableFile("no_sheet", name)
    try:
        sheet = workbook.get_sheet_by_name(name)
    except CalamineError as problem:
        raise UnreadableFile("damaged", str(problem)) from problem
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise UnreadableFile("too_large", name)
    return sheet
