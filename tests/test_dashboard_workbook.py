"""Does a workbook read back as what was put into it: every value, its kind, every figure, and never a formula?"""

import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from dashboard.definition_sheet import definition_sheet
from dashboard.workbook import LONG, MANY_CELLS, MOST_LINES, MOST_SIGNS, TITLE_SIGNS, Cell, Column, Sheet, titles, workbook
from data.reads import SnapshotRow
from models.health.kpis import DEFINED, KPIS, kpi_named


def clock(text: str) -> datetime:
    """Return a moment as a clock shows it, without its zone, as Excel has them."""
    return datetime.fromisoformat(text)


MADE_AT = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"
NOON = datetime(2026, 11, 22, 4, 0, 5, tzinfo=UTC)  # 12:00:05 in Shanghai
COLUMNS = (
    Column("订单号"),
    Column("件数", "count"),
    Column("准时率", "share"),
    Column("金额", "money", currency="CNY"),
    Column("时长", "hours"),
    Column("指数", "points"),
    Column("下单", "moment", zone=ZONE),
    Column("日", "day"),
)
ROWS: tuple[tuple[Cell, ...], ...] = (
    ("4002100000000000001", 3, 0.98125, 123456, 1.8, 82.4, NOON, date(2026, 11, 22)),
    ("4002100000000000002", 0, 1.0, -5, 0.1 + 0.2, -1.25, NOON - timedelta(days=300), date(2026, 1, 2)),
)
# The same as Excel has them: numbers, minor units as amounts, clocks of the zone.
READ = [
    ["4002100000000000001", 3, 0.98125, 1234.56, 1.8, 82.4, clock("2026-11-22T12:00:05"), date(2026, 11, 22)],
    ["4002100000000000002", 0, 1, -0.05, 0.3, -1.25, clock("2026-01-26T12:00:05"), date(2026, 1, 2)],
]


def made(*sheets: Sheet, language: str = "zh", **given: Any) -> bytes:
    return workbook(sheets, made_at=MADE_AT, language=language, **given)


def read(content: bytes, number: int = 0) -> list[list[Any]]:
    """Return the lines of a sheet as another program reads them."""
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(number).to_python(skip_empty_area=False)


def table(content: bytes, number: int = 0) -> list[list[Any]]:
    """Return the lines of a sheet from its head on."""
    lines = read(content, number)
    heads = [place for place, line in enumerate(lines) if line and line[0] == "订单号"]
    return lines[heads[0] :]


def cells(values: Sequence[Cell], *, column: Column = COLUMNS[0], language: str = "zh") -> list[Any]:
    """Return how the values of one column are read back."""
    rows = [[value, "."] for value in values]
    return [line[0] for line in read(made(Sheet("x", [column, Column(".")], rows), language=language))[-len(rows) :]]


def inside(content: bytes, part: str) -> str:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return archive.read(part).decode()


def test_every_value_is_read_back_in_its_kind() -> None:
    found = table(made(Sheet("订单", COLUMNS, ROWS)))

    assert found[0] == [column.head for column in COLUMNS]
    assert found[1:] == READ
    kinds = [type(value) for value in found[1]]
    assert kinds == [str, float, float, float, float, float, datetime, date]


def test_a_large_workbook_reads_as_a_small_one() -> None:
    many = [*ROWS] * (MANY_CELLS // (2 * len(COLUMNS)) + 1)

    found = table(made(Sheet("订单", COLUMNS, many)))

    assert len(found) == len(many) + 1
    assert found[1:] == [*READ] * (len(many) // 2)


def test_what_is_not_known_is_left_empty() -> None:
    nothing: list[Any] = [None, float("nan"), pd.NA, pd.NaT]

    for column in COLUMNS:
        assert cells(nothing, column=column) == [""] * 4
    assert cells([float("inf"), -float("inf")], column=COLUMNS[1]) == ["", ""]


def test_a_word_in_a_column_of_numbers_stays_a_word() -> None:
    assert cells(["不适用", "=1+1", 2], column=COLUMNS[1]) == ["不适用", "=1+1", 2.0]


def test_numbers_of_frames_are_numbers() -> None:
    frame: list[Any] = [np.int64(7), np.float64(0.5), Decimal("2.25")]

    assert cells(frame, column=Column("时长", "hours")) == [7.0, 0.5, 2.25]
    assert cells(frame, column=Column("金额", "money", currency="CNY")) == [0.07, 0.005, 0.0225]


def test_parts_add_up_to_the_total_that_is_written() -> None:
    rows = [(f"{n}", n, None, n * 1_001, 0.5 * n, None, None, None) for n in range(1, 30)]
    whole: tuple[Cell, ...] = ("合计", 435, 0.5, 435_435, 217.5, None, None, None)

    *parts, total = table(made(Sheet("订单", COLUMNS, rows, total=whole)))[1:]

    assert total[:5] == ["合计", 435.0, 0.5, 4354.35, 217.5]
    for place in (1, 3, 4):
        assert sum(part[place] for part in parts) == pytest.approx(total[place], abs=1e-9)


FORMULAS = ["=1+1", '=HYPERLINK("http://a.example")', "+8613800138000", "-1", "@SUM(A1)", "{=1}", "\t=1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_never_a_formula(text: str) -> None:
    content = made(Sheet(text, [Column(text)], [[text]], headlines=[text], total=[text], note=text))

    assert "<f>" not in inside(content, "xl/worksheets/sheet1.xml")
    assert [line[0] for line in read(content) if line[0]] == [text] * 5


def test_an_id_keeps_all_of_its_digits() -> None:
    ids: list[Cell] = ["4002100000000000001", 12345678901234567890, "00012", "1e5", "2026-11-22", "123,456"]

    assert cells(ids) == [str(each) for each in ids]


def test_a_whole_number_beyond_what_excel_holds_is_a_text_with_all_its_figures() -> None:
    assert cells([10**15 - 1, 10**15, -(10**30) - 1], column=COLUMNS[1]) == [999_999_999_999_999.0, "1000000000000000", f"-{10**30 + 1}"]
    assert cells([10**15 + 7, -(10**15)], column=COLUMNS[3]) == ["10000000000000.07", "-10000000000000.00"]


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=64), min_size=1, max_size=20))
def test_a_number_is_read_back_to_sixteen_figures(values: list[float]) -> None:
    assert cells(values, column=Column("时长", "hours")) == [float(f"{value:.16G}") for value in values]


@given(amounts=st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=20), decimals=st.integers(0, 3))
def test_no_cent_of_an_amount_is_lost(amounts: list[int], decimals: int) -> None:
    found = cells(amounts, column=Column("金额", "money", currency="KWD", decimals=decimals))

    assert [round(value * 10**decimals) for value in found] == amounts


# what a cell can show, without the two that its file format cannot hold
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=50)


@given(texts=st.lists(TEXTS, min_size=1, max_size=20))
def test_a_text_is_read_back_as_it_was(texts: list[str]) -> None:
    assert cells(texts) == texts


ODD = ["😀👩‍💻", " 前后 ", "a\nb\tc", "<b>&amp;</b>", "<r><t>假</t></r>", "_x0041_", "漢字", "𠮷野家", "e\u0301"]


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_is_read_back_as_it_was(text: str) -> None:
    assert cells([text]) == [text]


def test_odd_texts_are_read_back_from_a_large_workbook_too() -> None:
    rows = [[text] for text in ODD] + [["."]] * MANY_CELLS

    found = read(made(Sheet("x", [Column("订单号")], rows)))

    assert [line[0] for line in found[1 : 1 + len(ODD)]] == ODD


def test_what_no_cell_can_show_is_left_out() -> None:
    assert cells(["a\x00b\x0bc", "a\r\nb\rc", "\ud83d", "x\ufffe"]) == ["abc", "a\nb\nc", "\ufffd", "x"]


@pytest.mark.parametrize(("language", "mark"), [("zh", "…（已截断，原文共 10,000,000 字）"), ("en", "… (cut, 10,000,000 signs in all)")])
def test_a_text_that_no_cell_holds_is_cut_and_says_so(language: str, mark: str) -> None:
    (found,) = cells(["长" * 10_000_000], language=language)

    assert (len(found), found[-len(mark) :]) == (MOST_SIGNS, mark)
    assert set(found[: -len(mark)]) == {"长"}


def test_excel_counts_an_emoji_twice() -> None:
    fits, cut, just = cells(["😀" * (MOST_SIGNS // 2), "😀" * (MOST_SIGNS // 2 + 1), "长" * MOST_SIGNS])

    assert (fits, just) == ("😀" * (MOST_SIGNS // 2), "长" * MOST_SIGNS)
    assert cut.endswith("字）") and len(cut.encode("utf-16-le")) // 2 <= MOST_SIGNS


def test_a_moment_is_said_in_the_zone_that_the_sheet_names() -> None:
    utc_eight = NOON.astimezone(timezone(timedelta(hours=8)))
    summer, winter = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (7, 12))
    new_york = Column("下单", "moment", zone="America/New_York")

    assert cells([NOON, utc_eight, pd.Timestamp(NOON)], column=COLUMNS[6]) == [clock("2026-11-22T12:00:05")] * 3
    assert cells([summer, winter], column=new_york) == [clock("2026-07-01T08:00"), clock("2026-12-01T07:00")]
    assert read(made(Sheet("x", [new_york], [[summer]])))[0] == ["时间均为 America/New_York 时区。"]


@given(moment=st.datetimes(clock("1950-01-01"), clock("2100-01-01"), timezones=st.just(UTC)))
def test_any_moment_is_read_back_to_the_second(moment: datetime) -> None:
    wanted = moment.replace(microsecond=0)

    (found,) = cells([wanted], column=COLUMNS[6])

    local = wanted.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
    # at midnight a reader may see the day alone
    seen = found if isinstance(found, datetime) else datetime.combine(found, datetime.min.time())
    assert abs(seen - local) < timedelta(milliseconds=1)


def test_days_that_excel_cannot_count_are_texts() -> None:
    assert cells([date(1899, 12, 31), date(1900, 3, 1)], column=COLUMNS[7]) == ["1899-12-31", date(1900, 3, 1)]
    assert cells([datetime(1800, 1, 1, tzinfo=UTC)], column=Column("t", "moment", zone="UTC")) == ["1800-01-01 00:00:00"]


def test_a_broken_promise_is_an_error() -> None:
    with pytest.raises(ValueError, match="money has a currency"):
        Column("金额", "money")
    with pytest.raises(ValueError, match="said in a zone"):
        Column("下单", "moment")
    with pytest.raises(ValueError, match="has none"):
        cells([clock("2026-01-01")], column=COLUMNS[6])
    with pytest.raises(ValueError, match="shorter"):
        made(Sheet("x", COLUMNS, [("1",)]))
    with pytest.raises(ValueError, match="at least one sheet"):
        made()


NO_ROWS = {
    "zh": ["时间均为 Asia/Shanghai 时区。", "没有符合条件的行。"],
    "en": ["Times are those of Asia/Shanghai.", "No such rows."],
}


@pytest.mark.parametrize(("language", "said"), NO_ROWS.items())
def test_a_sheet_without_rows_says_so_under_its_headlines(language: str, said: list[str]) -> None:
    found = read(made(Sheet("订单", COLUMNS, headlines=["没有订单"]), language=language))

    assert [line[0] for line in found] == ["没有订单", *said, "", "订单号"]
    assert read(made(Sheet("空", []), language=language)) == [[said[1]]]


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "只含前 2 行，共 5 行：一张工作表放不下。"), ("en", "Only the first 2 of 5 rows: a sheet holds no more.")],
)
def test_more_rows_than_a_sheet_holds_are_cut_and_it_says_so(language: str, said: str) -> None:
    sheet = Sheet("x", [Column("订单号"), Column("n", "count")], [(str(n), n) for n in range(5)], ["头"], ("合计", 10), "注")

    found = read(made(sheet, language=language, most_lines=9), 0)

    assert [line[0] for line in found] == ["头", said, "", "订单号", "0", "1", "合计", "", "注"]
    assert len(read(made(sheet, most_lines=11))) == 11


def test_a_sheet_takes_as_many_lines_as_excel_has() -> None:
    bare = Sheet("x", [Column("订单号")], [("1",)] * 30)

    assert len(read(made(bare, most_lines=31))) == 31
    assert read(made(bare, most_lines=30))[0] == ["只含前 27 行，共 30 行：一张工作表放不下。"]
    assert MOST_LINES == 1_048_576


@given(wanted=st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_any_titles_become_ones_that_excel_takes(wanted: list[str]) -> None:
    found = titles(wanted)

    assert len({title.casefold() for title in found}) == len(wanted)
    for title in found:
        assert 1 <= len(title.encode("utf-16-le")) // 2 <= TITLE_SIGNS
        assert not re.search(r"[\[\]:*?/\\]", title) and not title.startswith("'") and not title.endswith("'")
        assert title.casefold() != "history"
    content = workbook([Sheet(title, [Column("x")]) for title in wanted], made_at=MADE_AT, language="zh")
    assert CalamineWorkbook.from_filelike(BytesIO(content)).sheet_names == found


def test_the_same_sheets_made_at_the_same_time_are_the_same_bytes() -> None:
    few, many = Sheet("订单", COLUMNS, ROWS, headlines=["头"]), Sheet("多", COLUMNS, [*ROWS] * (MANY_CELLS // 16 + 1))

    assert made(few) == made(few)
    assert made(many) == made(many)
    assert "2026-11-22T04:30:00Z" in inside(made(few), "docProps/core.xml")
    assert made(few) != workbook([few], made_at=MADE_AT + timedelta(seconds=1), language="zh")


def test_the_head_stays_in_sight_and_a_long_list_can_be_filtered() -> None:
    columns = [Column("订单号"), Column("金额", "money", currency="CNY")]
    short, long = ([(str(n), n) for n in range(count)] for count in (LONG, LONG + 1))

    found = inside(made(Sheet("x", columns, long, headlines=["头"], total=("合计", 78))), "xl/worksheets/sheet1.xml")

    # a headline, an empty line, the head; the total is no row to filter
    assert '<pane ySplit="3" topLeftCell="A4"' in found
    assert f'<autoFilter ref="A3:B{3 + len(long)}"/>' in found
    assert "autoFilter" not in inside(made(Sheet("x", columns, short)), "xl/worksheets/sheet1.xml")


def test_numbers_have_formats_that_say_what_they_are() -> None:
    styles = inside(made(Sheet("x", [*COLUMNS, Column("y", "money", currency="JPY", decimals=0)], [(*ROWS[0], 5)])), "xl/styles.xml")

    formats = set(re.findall(r'formatCode="([^"]*)"', styles))
    assert {"0.0%", "0.0", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"} <= formats
    assert "&quot;¥&quot;#,##0.00;-&quot;¥&quot;#,##0.00" in formats
    assert "&quot;JPY &quot;#,##0;-&quot;JPY &quot;#,##0" in formats
    assert "#,##0.00&quot;小时&quot;" in formats


def test_a_column_is_as_wide_as_what_stands_in_it() -> None:
    columns = [Column("a"), Column("b"), Column("c"), Column("d", "moment", zone=ZONE)]
    content = made(Sheet("x", columns, [("一二三四五六七八九十", "y" * 500, "z", NOON)]))

    found = inside(content, "xl/worksheets/sheet1.xml")
    widths = [float(width) for width in re.findall(r'<col min="\d+" max="\d+" width="([\d.]+)"', found)]
    assert [round(width) for width in widths] == [22, 61, 9, 21]


SNAPSHOT = SnapshotRow(snapshot_id=41, as_of=NOON, closed_until=date(2026, 11, 22), definition_version=3)


@pytest.mark.parametrize(
    ("language", "state", "filters", "heads"),
    [
        (
            "zh",
            "快照 #41 · 健康指数口径第 3 版 · 截至 2026-11-22 12:00 Asia/Shanghai",
            "筛选：渠道：抖音",
            ["指标名", "代码", "计数", "公式", "归属日", "维度", "来源", "单位", "方向", "目标", "负责", "版本"],
        ),
        (
            "en",
            "Snapshot #41 · index definition v3 · as of 2026-11-22 12:00 Asia/Shanghai",
            "Filters: 渠道：抖音",
            [
                "Figure",
                "Code",
                "Counts",
                "Formula",
                "Belongs to",
                "Dimensions",
                "Source",
                "Unit",
                "Direction",
                "Target",
                "Owner",
                "Version",
            ],
        ),
    ],
)
def test_the_sheet_of_definitions_says_what_every_figure_means(language: str, state: str, filters: str, heads: list[str]) -> None:
    sheet = definition_sheet(DEFINED, language=language, snapshot=SNAPSHOT, zone=ZONE, filters="渠道：抖音")
    found = read(made(sheet, language=language))

    assert [line[0] for line in found[1:3]] == [state, filters]
    assert found[4] == heads
    assert [line[1] for line in found[5:]] == [kpi.key for kpi in DEFINED]
    for kpi, line in zip(DEFINED, found[5:], strict=True):
        wanted = (kpi.name_zh, kpi.formula_zh, kpi.day_of_zh, kpi.source_zh)
        english = (kpi.name_en, kpi.formula_en, kpi.day_of_en, kpi.source_en)
        assert (line[0], line[3], line[4], line[6]) == (wanted if language == "zh" else english)
        assert (line[9] == "") is (kpi.target is None)
        assert line[11] == kpi.version
        assert all(line[place] for place in (2, 5, 7, 8, 10))
        assert language == "zh" or not re.search("[\u4e00-\u9fff]", "".join(str(cell) for cell in line))


def test_targets_are_those_in_force_in_the_unit_of_their_figure() -> None:
    kpis = [kpi_named(key) for key in ("on_time", "ship_hours", "index", "orders")]

    def aims(**given: Any) -> list[Any]:
        sheet = definition_sheet(kpis, language="zh", snapshot=None, zone=ZONE, **given)
        return [row[9] for row in sheet.rows]

    assert aims() == ["98%", "1小时48分", "90", None]
    assert aims(targets={"on_time": 0.9975, "ship_hours": None, "index": 85.5}) == ["99.75%", None, "85.5", None]


def test_without_a_snapshot_and_without_filters_the_sheet_says_so() -> None:
    sheet = definition_sheet(KPIS, language="zh", snapshot=None, zone=ZONE)

    assert list(sheet.headlines[1:]) == ["还没有快照", "没有筛选"]
