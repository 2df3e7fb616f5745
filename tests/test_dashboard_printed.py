"""Is a printed report read on any machine: its font inside, its glyphs there, its figures those of the sheets?"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from reportlab.pdfbase.ttfonts import TTFontFile

from dashboard.i18n import catalogue
from dashboard.printed import ACTUAL, FONT_FILE, LACKING, Printed, PrintedBar, held_by_font, pdf
from dashboard.workbook import Column, Sheet
from models.reconciliation.classes import BASES, CLASSES, KINDS, MATCH_TYPES, RESOLVE_REASONS, SIDES
from models.reconciliation.journal import ACCOUNTS, ROLES
from models.reconciliation.labels import EVIDENCE, LABELS
from models.reconciliation.types import TYPES
from tests import printed_text

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
MOST_BYTES = 5 * 1024 * 1024
COLUMNS = [
    Column("订单号"),
    Column("金额", "money", currency="CNY"),
    Column("占比", "share"),
    Column("到期", "moment", zone="Asia/Shanghai"),
]


def printed(rows: list[tuple[object, ...]], *, most_rows: int = 200, total: tuple[object, ...] | None = None) -> bytes:
    sheet = Sheet("差异清单", COLUMNS, rows, headlines=("两行",), total=total)  # type: ignore[arg-type]
    bars = [PrintedBar("订单总额", 0, 100, "¥1.00万", ACTUAL)]
    report = Printed("对账标准报告", ["第一句"], [sheet], "批次 #7", chart_title="每一分", bars=bars, most_rows=most_rows)
    return pdf(report, made_at=NOW, language="zh")


def test_the_font_is_of_outlines_small_and_under_a_licence_that_lies_beside_it() -> None:
    font = TTFontFile(str(FONT_FILE))

    assert {"glyf", "loca", "cmap", "hmtx"} <= {name.decode() if isinstance(name, bytes) else name for name in font.table}
    assert FONT_FILE.stat().st_size < MOST_BYTES
    assert "SIL OPEN FONT LICENSE Version 1.1" in FONT_FILE.with_name("OFL.txt").read_text()


def test_every_word_of_the_product_and_every_common_character_has_a_glyph() -> None:
    named: list[Any] = [*CLASSES, *KINDS, *SIDES, *MATCH_TYPES, *RESOLVE_REASONS, *BASES, *LABELS, *TYPES, *ROLES, *ACCOUNTS]
    words = [*catalogue("en"), *catalogue("en").values(), *(each.name_zh for each in named), *(zh for zh, _ in EVIDENCE.values())]
    common = bytes(byte for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF) for byte in (row, cell)).decode("gb2312", "ignore")

    glyphs = TTFontFile(str(FONT_FILE)).charToGlyph
    assert len(common) == 6763
    assert [sign for sign in common + "¥$€£R−≠Σ÷●▲■◌〓" if ord(sign) not in glyphs] == []
    assert sorted({sign for word in words for sign in word if ord(sign) not in glyphs and not sign.isspace() and sign != "⟳"}) == []


def test_the_font_is_in_the_file_and_the_text_can_be_read_out_again() -> None:
    made = printed([("A-1", 123_456, 0.5, NOW)])

    fonts = printed_text.fonts(made)
    assert fonts and all(font.embedded and font.name.endswith("+NotoSansSC-Regular") for font in fonts)
    assert len(made) < 200_000
    said = printed_text.lines(made)
    assert {"对账标准报告", "第一句", "差异清单", "A-1", "¥1,234.56", "50.0%", "2026-11-26 16:00", "订单总额", "批次 #7"} <= set(said)


def test_the_same_sheets_give_the_same_bytes() -> None:
    assert printed([("A-1", 1, None, None)]) == printed([("A-1", 1, None, None)])


def test_a_long_table_is_cut_says_so_and_keeps_its_total() -> None:
    said = printed_text.lines(printed([(f"N{n}", n, None, None) for n in range(30)], most_rows=10, total=("合计", 435, None, None)))

    assert [text for text in said if text.startswith("N")] == [f"N{n}" for n in range(10)]
    assert "只列前 10 行，共 30 行；全部见 Excel 报告。" in said
    assert said.index("合计") < said.index("¥4.35")


def test_a_strangers_text_is_neither_markup_nor_lost() -> None:
    said = printed_text.lines(printed([("<b>&amp;</b>", 1, None, None), ("龘𠀀😀", 2, None, None)]))

    assert "<b>&amp;</b>" in said
    assert LACKING * 3 in said


@pytest.mark.parametrize("text", ["对账", "Latin é ¥€", "1,234.56"])
def test_what_the_font_has_stays_as_it_is(text: str) -> None:
    assert held_by_font(text) == text


def test_money_of_any_number_of_decimals_reads_as_its_currency_has_it() -> None:
    column = [Column("差额", "amount")]
    sheet = Sheet("t", column, [(Decimal("1500"),), (Decimal("-1234.50"),), (Decimal("1.234"),)])

    said = printed_text.lines(pdf(Printed("t", [], [sheet], ""), made_at=NOW, language="en"))
    assert {"1,500", "-1,234.50", "1.234"} <= set(said)
