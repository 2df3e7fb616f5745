"""How do tables become a PDF that can be signed and filed? The same ``Sheet`` records as in a workbook, on A4 pages.

The font is embedded (``dashboard/fonts``), so that Chinese is read on any machine. The same sheets and ``made_at`` give the same bytes.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from dashboard import fmt
from dashboard.i18n import msg
from dashboard.workbook import Cell, Column, Sheet, spoken

FONT = "NotoSansSC"
FONT_FILE = Path(__file__).resolve().parent / "fonts" / "NotoSansSC-Regular.ttf"
# What stands for a character that the font lacks, as printers have it.
LACKING = chr(0x3013)
PAGE = landscape(A4)
MARGIN = 14 * mm
# A table begins only where so much of the page is left.
WITH_HEAD = 45 * mm
# Signs (one of Chinese counts two) that the widest and the narrowest column get.
WIDEST, NARROWEST, SAMPLED = 34, 6, 200
# Paper is always light: the roles of the light theme, from the one home of colours.
_LIGHT = tomllib.loads((Path(__file__).resolve().parents[1] / "streamlit_config.toml").read_text())["theme"]["light"]
INK, FAINT, RULE, HEAD = (HexColor(_LIGHT[name]) for name in ("textColor", "grayColor", "borderColor", "secondaryBackgroundColor"))
ACTUAL, PREVIOUS, _, GOOD, WATCH, SEVERE, _ = (HexColor(code) for code in _LIGHT["chartCategoricalColors"])


@dataclass(frozen=True)
class PrintedBar:
    """One bar of a printed chart, from ``base`` on; ``shown`` is the figure beside it."""

    name: str
    base: float
    length: float
    shown: str
    color: Color


@dataclass(frozen=True)
class Printed:
    """What a PDF says: its title, lines under it, a chart with its message, and its tables, each cut after ``most_rows``."""

    title: str
    lines: Sequence[str]
    sheets: Sequence[Sheet]
    foot: str
    chart_title: str = ""
    bars: Sequence[PrintedBar] = ()
    most_rows: int = 200


def pdf(printed: Printed, *, made_at: datetime, language: str) -> bytes:
    """Return a PDF with its font embedded."""
    _register()
    made = BytesIO()
    document = BaseDocTemplate(
        made, pagesize=PAGE, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 4 * mm, invariant=1,
        title=held_by_font(printed.title), author="OrderHub", lang="zh-CN" if language == "zh" else "en",
    )  # fmt: skip
    frame = Frame(document.leftMargin, document.bottomMargin, document.width, document.height, id="page", leftPadding=0, rightPadding=0)
    foot = partial(_foot, text=printed.foot, made_at=made_at, language=language)
    document.addPageTemplates([PageTemplate(id="page", frames=[frame], onPage=foot)])
    document.build(_story(printed, width=document.width, language=language))
    return made.getvalue()


def shown(column: Column, value: Cell, *, language: str) -> str:
    """Say a cell as the workbook shows it; missing is "—".

    >>> shown(Column("金额", "money", currency="CNY"), 123456, language="zh"), shown(Column("占比", "share"), 0.9987, language="zh")
    ('¥1,234.56', '99.9%')
    >>> from decimal import Decimal
    >>> shown(Column("差额", "amount"), Decimal("-1234.50"), language="zh"), shown(Column("差额", "amount"), Decimal("1500"), language="zh")
    ('-1,234.50', '1,500')
    """
    if value is None or value != value:
        return fmt.MISSING
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return f"{value.astimezone(ZoneInfo(column.zone or 'UTC')):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if column.kind == "amount":
        return f"{value:,}"
    number = float(value)
    said: dict[str, Callable[[], str]] = {
        "money": lambda: fmt.full_money(number, currency=column.currency, decimals=column.decimals),
        "share": lambda: fmt.share(number),
        "hours": lambda: fmt.duration(number, language=language),
        "points": lambda: f"{number:.1f}",
        "count": lambda: fmt.full_count(number),
    }
    return said.get(column.kind, lambda: str(value))()


def held_by_font(text: str) -> str:
    """Return a text with a sign in place of each character that the font lacks.

    >>> held_by_font("对账 A 龘😀")
    '对账 A 〓〓'
    """
    glyphs = _font().face.charToGlyph
    return "".join(sign if ord(sign) in glyphs else " " if sign.isspace() else LACKING for sign in text)


@cache
def _font() -> TTFont:
    return TTFont(FONT, str(FONT_FILE))


def _register() -> None:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(_font())


def _style(size: float, *, color: Color = INK, right: bool = False) -> ParagraphStyle:
    style = ParagraphStyle(f"s{size}", fontName=FONT, fontSize=size, leading=size * 1.4, textColor=color, wordWrap="CJK")
    if right:
        style.alignment = TA_RIGHT
    return style


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(held_by_font(text)), style)


def _story(printed: Printed, *, width: float, language: str) -> list[Flowable]:
    found: list[Flowable] = [_words(printed.title, _style(17)), Spacer(1, 2 * mm)]
    found += [_words(line, _style(9, color=FAINT)) for line in printed.lines]
    if printed.bars:
        chart = [Spacer(1, 4 * mm), _words(printed.chart_title, _style(11)), _chart(printed.bars, width=width)]
        found.append(KeepTogether(chart))
    for sheet in printed.sheets:
        found += _sheet(sheet, width=width, most_rows=printed.most_rows, language=language)
    return found


def _sheet(sheet: Sheet, *, width: float, most_rows: int, language: str) -> list[Flowable]:
    # a head without its first rows would be lost at the foot of a page
    head: list[Flowable] = [Spacer(1, 5 * mm), _words(sheet.title, _style(12))]
    head += [_words(line, _style(8, color=FAINT)) for line in sheet.headlines]
    if not sheet.rows:
        head.append(_words(spoken(msg("没有符合条件的行。"), language=language), _style(8, color=FAINT)))
    rows = sheet.rows[:most_rows]
    if len(rows) < len(sheet.rows):
        counts = {"shown": fmt.full_count(len(rows)), "all": fmt.full_count(len(sheet.rows))}
        said = spoken(msg("只列前 {shown} 行，共 {all} 行；全部见 Excel 报告。"), language=language, **counts)
        head.append(_words(said, _style(8, color=FAINT)))
    found: list[Flowable] = [CondPageBreak(WITH_HEAD), *head, Spacer(1, 1.5 * mm)]
    found.append(_table(sheet, rows, width=width, language=language))
    if sheet.note:
        found.append(_words(sheet.note, _style(8, color=FAINT)))
    return found


def _table(sheet: Sheet, rows: Sequence[Sequence[Cell]], *, width: float, language: str) -> Table:
    lines = [[shown(column, value, language=language) for column, value in zip(sheet.columns, row, strict=True)] for row in rows]
    total = None if sheet.total is None else sheet.total
    if total is not None:
        lines.append([shown(c, v, language=language) if v is not None else "" for c, v in zip(sheet.columns, total, strict=True)])
    heads = [column.head for column in sheet.columns]
    rights = [column.kind not in ("text", "moment", "day") for column in sheet.columns]
    size = 8 if len(heads) <= 9 else 6.8
    styles = [_style(size, right=right) for right in rights]
    cells = [[_words(text, style) for text, style in zip(line, styles, strict=True)] for line in [heads, *lines]]
    table = Table(cells, colWidths=_widths([heads, *lines], width=width), repeatRows=1, hAlign="LEFT")
    looks: list[tuple[Any, ...]] = [
        ("BACKGROUND", (0, 0), (-1, 0), HEAD),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    if total is not None:
        looks += [("LINEABOVE", (0, -1), (-1, -1), 0.8, INK), ("BACKGROUND", (0, -1), (-1, -1), HEAD)]
    table.setStyle(TableStyle(looks))
    return table


def _widths(lines: Sequence[Sequence[str]], *, width: float) -> list[float]:
    """Share the width of a page among columns by their longest cells, within limits."""
    sample = [*lines[: SAMPLED + 1], lines[-1]]
    wanted = [min(max(max(_wide(line[n]) for line in sample), NARROWEST), WIDEST) + 1 for n in range(len(lines[0]))]
    per_sign = min(width / sum(wanted), 5.0)
    return [signs * per_sign for signs in wanted]


def _wide(text: str) -> int:
    return sum(2 if ord(sign) >= 0x2E80 else 1 for sign in text)


def _chart(bars: Sequence[PrintedBar], *, width: float) -> Drawing:
    """Draw bars from top to bottom on one axis; zero is a thin line."""
    row, names, figures = 15.0, 120.0, 90.0
    height = row * len(bars) + 6
    drawing = Drawing(width, height)
    ends = [end for bar in bars for end in (bar.base, bar.base + bar.length)] + [0.0]
    low, high = min(ends), max(ends)
    scale = (width - names - figures) / ((high - low) or 1.0)
    for n, bar in enumerate(bars):
        foot = height - (n + 1) * row
        start, stop = sorted((bar.base, bar.base + bar.length))
        left = names + (start - low) * scale
        drawing.add(String(0, foot + 4, held_by_font(bar.name), fontName=FONT, fontSize=8.5, fillColor=INK))
        look: Any = {"fillColor": bar.color, "strokeColor": None}
        drawing.add(Rect(left, foot + 2, max((stop - start) * scale, 0.8), row - 5, **look))
        right = left + (stop - start) * scale + 4
        drawing.add(String(right, foot + 4, held_by_font(bar.shown), fontName=FONT, fontSize=8.5, fillColor=INK))
    zero = names - low * scale
    drawing.add(Line(zero, 0, zero, height, strokeColor=FAINT, strokeWidth=0.5))
    return drawing


def _foot(canvas: Canvas, document: BaseDocTemplate, *, text: str, made_at: datetime, language: str) -> None:
    canvas.saveState()
    canvas.setFont(FONT, 7.5)
    canvas.setFillColor(FAINT)
    canvas.drawString(MARGIN, MARGIN - 1 * mm, held_by_font(text))
    page = spoken(msg("第 {page} 页"), language=language, page=document.page)
    canvas.drawRightString(PAGE[0] - MARGIN, MARGIN - 1 * mm, held_by_font(f"OrderHub · {made_at:%Y-%m-%d %H:%M} UTC · {page}"))
    canvas.restoreState()
