"""How do tables become a workbook that people go on working with?

Numbers are numbers under a format, as precise as Excel holds them (16 figures); a whole number with more is a text, as ids are, so that
no figure of it is lost. A text is never a formula. The same sheets and ``made_at`` give the same bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from math import isfinite
from numbers import Integral
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd
import xlsxwriter

from dashboard import fmt
from dashboard.i18n import SOURCE, msg, speaking, t

Kind = Literal["text", "count", "share", "money", "amount", "hours", "points", "moment", "day"]
Cell = str | float | Decimal | date | None
Held = str | float | date | None

# What Excel takes: lines of a sheet, signs (in UTF-16) of a cell and of a title, figures of a whole number.
MOST_LINES, MOST_SIGNS, TITLE_SIGNS, FIGURES = 1_048_576, 32_767, 31, 15
# Before it, Excel counts a day that never was.
FIRST_DAY = date(1900, 3, 1)
# From so many cells on a workbook is written row by row instead of in memory.
MANY_CELLS = 100_000
# A list of more rows can be filtered; a column is as wide as the widest of its first cells, within limits.
LONG, SAMPLED, NARROWEST, WIDEST = 12, 1_000, 8, 60
# The button of a filter stands over the head.
BUTTON = 3
A4 = 9
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
# What no cell can show: controls but line break and tabulator, and what is no character.
_UNSHOWN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
_FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "share": "0.0%",
    "points": "0.0",
    "amount": "#,##0.00##;-#,##0.00##",
    "moment": "yyyy-mm-dd hh:mm:ss",
    "day": "yyyy-mm-dd",
}
# What a frame holds where nothing is known, beside what differs from itself.
_MISSING: object = pd.NA
_SAID = {"num_format": "@", "font_color": "#4A5666"}
_HEADLINE = {"num_format": "@", "bold": True, "font_size": 13}
_HEAD = {"num_format": "@", "bold": True, "bottom": 1, "bg_color": "#F3F5F8"}


@dataclass(frozen=True)
class Column:
    """A column: its head and what its cells are.

    ``count``, ``hours`` and ``points`` are plain numbers, ``share`` is a share of one, ``money`` is in minor units of ``currency``, of
    which so many ``decimals`` make one of it, an ``amount`` is in major units of whatever currency its row names, a ``moment`` is said
    in ``zone``.
    """

    head: str
    kind: Kind = "text"
    currency: str = ""
    decimals: int = 2
    zone: str = ""

    def __post_init__(self) -> None:
        if self.kind == "money" and not self.currency:
            raise ValueError(f"{self.head}: money has a currency")
        if self.kind == "moment" and not self.zone:
            raise ValueError(f"{self.head}: a moment is said in a zone")


@dataclass(frozen=True)
class Sheet:
    """A table with what is said above and below it. A text stays one in any column; None and what is not finite are left empty."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] = ()
    headlines: Sequence[str] = ()
    total: Sequence[Cell] | None = None
    note: str = ""


def workbook(sheets: Sequence[Sheet], *, made_at: datetime, language: str, most_lines: int = MOST_LINES) -> bytes:
    """Return sheets as an xlsx file made at an instant; a sheet that needs more than ``most_lines`` is cut and says so."""
    if not sheets:
        raise ValueError("a workbook has at least one sheet")
    made, many = BytesIO(), sum(len(sheet.rows) * len(sheet.columns) for sheet in sheets) > MANY_CELLS
    with xlsxwriter.Workbook(made, {"constant_memory": many, "in_memory": not many}) as book:
        book.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None)})
        for sheet, title in zip(sheets, titles([sheet.title for sheet in sheets]), strict=True):
            _Page(book, title, language=language).write(sheet, most_lines=most_lines)
    return made.getvalue()


def titles(wanted: Iterable[str]) -> list[str]:
    r"""Return titles that Excel takes: at most 31 signs, none of ``[]:*?/\``, each once whatever its case.

    >>> titles(["渠道/地区", "渠道/地区", "'", "History"])
    ['渠道 地区', '渠道 地区 (2)', 'Sheet', 'History (2)']
    """
    # Excel keeps this one to itself
    taken, found = {"history"}, list[str]()
    for each in wanted:
        plain = " ".join(_shown(each).translate(_FORBIDDEN).split()).strip("' ") or "Sheet"
        title, number = _cut(plain, signs=TITLE_SIGNS).strip("' "), 1
        while title.casefold() in taken:
            number += 1
            title = _cut(plain, signs=TITLE_SIGNS - len(f" ({number})")).rstrip() + f" ({number})"
        taken.add(title.casefold())
        found.append(title)
    return found


def held(column: Column, value: Cell, *, language: str = SOURCE) -> Held:
    """Return what a cell holds: a text, a number, a day, a moment without its zone; None for an empty one.

    >>> held(Column("金额", "money", currency="CNY"), 123456), held(Column("单号"), 12345678901234567890)
    (1234.56, '12345678901234567890')
    """
    if value is None or value is _MISSING or value != value:
        return None
    if column.kind == "text" or isinstance(value, str):
        return _text(str(value), language=language)
    if isinstance(value, date):
        return _time(column, value)
    return _number(value, decimals=column.decimals if column.kind == "money" else 0)


def spoken(text: str, *, language: str, **values: object) -> str:
    """Say a message in a given language, whoever asks."""
    with speaking(language):
        return t(text, **values)


class _Page:
    """A sheet while it is written, from the top down."""

    def __init__(self, book: Any, title: str, *, language: str) -> None:
        self._book, self._page, self._language, self._line = book, book.add_worksheet(title), language, 0
        self._formats: dict[str, Any] = {}

    def write(self, sheet: Sheet, *, most_lines: int) -> None:
        """Write what is said of a table, its head, its rows, its total, its note."""
        rows, said = _fitting(sheet, most_lines=most_lines, language=self._language)
        for number, text in enumerate(said):
            self._words(0, text, look=_SAID if number else _HEADLINE)
            self._line += 1
        self._line += bool(said)
        head = self._line
        for place, column in enumerate(sheet.columns):
            self._words(place, column.head, look=_HEAD | {"align": "left" if column.kind == "text" else "right"})
        self._line += 1
        self._rows(sheet.columns, rows, look={})
        last = self._line - 1
        self._rows(sheet.columns, [] if sheet.total is None else [sheet.total], look={"bold": True, "top": 1})
        if sheet.note:
            self._line += 1
            self._words(0, sheet.note, look=_SAID)
        self._arrange(sheet, rows, head=head, last=last)

    def _rows(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, look: dict[str, Any]) -> None:
        text = self._format({"num_format": "@", **look})
        formats = [self._format({"num_format": _number_format(column, language=self._language), **look}) for column in columns]
        for row in rows:
            for place, (column, value, form) in enumerate(zip(columns, row, formats, strict=True)):
                cell = held(column, value, language=self._language)
                self._put(place, cell, text if isinstance(cell, str) else form)
            self._line += 1

    def _words(self, place: int, text: str, *, look: dict[str, Any]) -> None:
        self._put(place, _text(text, language=self._language), self._format(look))

    def _put(self, place: int, value: Held, form: Any) -> None:
        """Write one cell of the line; never by ``write``, which takes a text that begins like a formula for one."""
        if value is None:
            return
        if isinstance(value, date):
            self._page.write_datetime(self._line, place, value, form)
        elif not isinstance(value, str):
            self._page.write_number(self._line, place, value, form)
        elif value.startswith("<r>") and value.endswith("</r>"):
            # the library takes such a text for markup of its own; in pieces it is the text it is
            self._page.write_rich_string(self._line, place, "<", "r", value[2:], form)
        else:
            self._page.write_string(self._line, place, value, form)

    def _format(self, look: dict[str, Any]) -> Any:
        key = repr(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(look)
        return self._formats[key]

    def _arrange(self, sheet: Sheet, rows: Sequence[Sequence[Cell]], *, head: int, last: int) -> None:
        """Set what the eye needs: widths, the frozen head, filters, and a printed page as wide as the table."""
        sample = [*rows[:SAMPLED], *([] if sheet.total is None else [sheet.total])]
        for place, column in enumerate(sheet.columns):
            self._page.set_column(place, place, _width(column, [row[place] for row in sample]))
        self._page.freeze_panes(head + 1, 0)
        self._page.repeat_rows(head)
        self._page.set_landscape()
        self._page.set_paper(A4)
        self._page.fit_to_pages(1, 0)
        if sheet.columns and len(rows) > LONG:
            self._page.autofilter(head, 0, last, len(sheet.columns) - 1)
        # an id is a text on purpose
        self._page.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_LINES}"})


def _fitting(sheet: Sheet, *, most_lines: int, language: str) -> tuple[Sequence[Sequence[Cell]], list[str]]:
    """Return the rows that there is room for, and all that is said above them."""
    said = [*sheet.headlines]
    if zones := dict.fromkeys(column.zone for column in sheet.columns if column.kind == "moment"):
        said.append(spoken(msg("时间均为 {zone} 时区。"), language=language, zone=", ".join(zones)))
    if not sheet.rows:
        said.append(spoken(msg("没有符合条件的行。"), language=language))
    below = 1 + (sheet.total is not None) + 2 * bool(sheet.note)
    if len(sheet.rows) + len(said) + bool(said) + below <= most_lines:
        return sheet.rows, said
    room = max(most_lines - below - len(said) - 2, 0)
    counts = {"shown": fmt.full_count(room), "all": fmt.full_count(len(sheet.rows))}
    said.append(spoken(msg("只含前 {shown} 行，共 {all} 行：一张工作表放不下。"), language=language, **counts))
    return sheet.rows[:room], said


def _number_format(column: Column, *, language: str) -> str:
    if column.kind == "hours":
        return f'#,##0.00"{fmt.duration(1, language=language).removeprefix("1")}"'
    if column.kind != "money":
        return _FORMATS[column.kind]
    sign = fmt.full_money(0, currency=column.currency, decimals=0).removesuffix("0").replace('"', "")
    figure = "#,##0" + ("." + "0" * column.decimals if column.decimals else "")
    return f'"{sign}"{figure};-"{sign}"{figure}'


def _number(value: float | Decimal, *, decimals: int) -> Held:
    """Return a number of so many decimals less; a whole one that Excel would round as a text."""
    if not isfinite(value):
        return None
    if not isinstance(value, Integral):
        return float(value) / float(10**decimals)
    whole = int(value)
    if abs(whole) < 10**FIGURES:
        return whole / float(10**decimals) if decimals else whole
    major, minor = divmod(abs(whole), int(10**decimals))
    return ("-" if whole < 0 else "") + (f"{major}.{minor:0{decimals}d}" if decimals else str(major))


def _time(column: Column, value: date) -> Held:
    """Return a moment as a clock of the column's zone shows it, or a day; one that Excel cannot count as a text."""
    if column.kind != "moment":
        day = value.date() if isinstance(value, datetime) else value
        return day if day >= FIRST_DAY else day.isoformat()
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(f"{column.head}: a moment has a zone, {value} has none")
    local = value.astimezone(ZoneInfo(column.zone)).replace(tzinfo=None)
    return local if local.date() >= FIRST_DAY else local.isoformat(sep=" ")


def _text(value: str, *, language: str) -> str:
    """Return a text as a cell can hold it; a longer one is cut, and says so."""
    shown = _shown(value[: MOST_SIGNS + 1])
    if len(value) <= MOST_SIGNS and (len(shown) * 2 <= MOST_SIGNS or _cut(shown, signs=MOST_SIGNS) == shown):
        return shown
    mark = spoken(msg("…（已截断，原文共 {count} 字）"), language=language, count=fmt.full_count(len(value)))
    return _cut(shown, signs=MOST_SIGNS - len(mark)) + mark


def _shown(text: str) -> str:
    """Return a text without signs that no cell can show; halves of a character become the sign for one that is lost."""
    if text.isprintable():
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSHOWN)


def _cut(text: str, *, signs: int) -> str:
    """Return the beginning of a text, in signs as Excel counts them: 😀 is two, and is never halved.

    >>> _cut("a😀b", signs=2), _cut("a😀b", signs=3)
    ('a', 'a😀')
    """
    return text.encode("utf-16-le")[: 2 * signs].decode("utf-16-le", "ignore")


def _width(column: Column, values: Sequence[Cell]) -> int:
    """Return how wide a column is, in signs, a Chinese one counting two."""
    widest = max((_wide(_seen(column, held(column, value))) for value in values), default=0)
    return min(max(_wide(column.head) + BUTTON, widest + 1, NARROWEST), WIDEST)


def _seen(column: Column, cell: Held) -> str:
    """Return about what Excel shows of a cell."""
    if cell is None or isinstance(cell, str | date):
        return "" if cell is None else str(cell)[: WIDEST * 2].partition("\n")[0]
    if column.kind == "money":
        return fmt.full_money(round(cell * 10**column.decimals), currency=column.currency, decimals=column.decimals)
    if column.kind == "amount":
        return f"{cell:,.2f}"
    return {"share": f"{cell:.1%}", "hours": f"{cell:,.2f} hours", "points": f"{cell:.1f}"}.get(column.kind, f"{cell:,.0f}")


def _wide(text: str) -> int:
    return sum(2 if ord(sign) >= 0x2E80 else 1 for sign in text)
