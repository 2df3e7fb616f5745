"""Does the workbook of the Orders page hold the page's own figures, in both languages and any scope?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine

from dashboard import cached_reads, drilldown, fmt, health, lifecycle, order_list, orders_behind, orders_export, variants
from dashboard.filters import Filters
from dashboard.i18n import speaking
from dashboard.lifecycle import Question
from dashboard.orders_export import Drawn, sheets
from dashboard.periods import period_of
from dashboard.view import View
from dashboard.workbook import workbook
from data.reads import NoSuchGrain, Part, Span
from data.settings import Settings
from data.stage_history import refresh_stages
from models.people import Person
from models.scope import EVERYTHING, Scope
from models.stages import SHARES
from tests import given_orders
from tests.given_orders import CATEGORIES, REGIONS, SHOPS
from tests.given_pages import MakeEngine, on_database
from tests.laws import tries

AS_OF = datetime.now(UTC).replace(second=0, microsecond=0)
TODAY = AS_OF.date()


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = Path(tmp_path_factory.mktemp("home"))
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=home) as engine,
    ):
        with engine.begin() as connection:
            given_orders.merchant(connection, as_of=AS_OF, days=30, count=500)
        given_orders.rolled_up(engine, as_of=AS_OF)
        refresh_stages(engine, settings=Settings(), as_of=AS_OF)
        yield engine


def view_of(scope: Scope) -> View:
    filters = Filters(preset="7d", period=period_of("7d", today=TODAY), zone="Asia/Shanghai", as_of=AS_OF)
    person = Person(person_id="demo.analyst", name="分析", role="analyst", scope=scope)
    return View(person=person, filters=filters, as_of=AS_OF, zone="Asia/Shanghai", currency="CNY")


def drawn_of(part: Part, *, view: View) -> Drawn | None:
    snapshot = cached_reads.snapshot(view.scope)
    assert snapshot is not None
    question = Question(part, Span(TODAY - timedelta(days=9), TODAY - timedelta(days=1)), snapshot)
    try:
        split = drilldown.read(question, view=view)
        why = health.read_of(part, question.span, view=view, snapshot_id=snapshot.snapshot_id)
        ways = cached_reads.variants(view.scope, part, question.span, snapshot.snapshot_id)
    except NoSuchGrain:
        return None
    wanted = order_list.wanted(order_list.Narrowed(), question, view=view)
    return Drawn(question, lifecycle.read(question, view=view), live_trend(question, view=view), split, why, ways, wanted)


def live_trend(question: Question, *, view: View) -> pd.DataFrame | None:
    found = lifecycle.trend(question, view=view)
    return None if found is None or found.empty else found[found["whole"] > 0]


def read_back(drawn: Drawn, *, view: View, language: str) -> dict[str, list[list[Any]]]:
    with speaking(language):
        made = workbook(sheets(drawn, view=view, choices=cached_reads.choices(view.scope)), made_at=AS_OF, language=language)
    book = CalamineWorkbook.from_filelike(BytesIO(made))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names}


def below_head(rows: list[list[Any]], head: str) -> list[list[Any]]:
    """Return the lines under the one that begins with a head, up to what is said below the table."""
    start = next(number for number, row in enumerate(rows) if row[0] == head)
    return [row for row in rows[start + 1 :] if any(cell != "" for cell in row[1:])]


parts = st.builds(
    Part,
    channels=st.lists(st.sampled_from([shop[1] for shop in SHOPS]), unique=True, max_size=2).map(tuple),
    regions=st.lists(st.sampled_from([region[0] for region in REGIONS]), unique=True, max_size=1).map(tuple),
    categories=st.lists(st.sampled_from([category or "" for category in CATEGORIES]), unique=True, max_size=1).map(tuple),
)
scopes = st.sampled_from([EVERYTHING, Scope(channels=("douyin", "taobao")), Scope(shops=("tm-flag",))])


@settings(max_examples=tries(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=parts, scope=scopes, language=st.sampled_from(["zh", "en"]))
def test_the_parts_of_a_workbook_add_up_to_its_totals_and_to_the_page(part: Part, scope: Scope, language: str, merchant: Engine) -> None:
    view = view_of(scope)
    drawn = drawn_of(part, view=view)
    if drawn is None or drawn.split is None or not drawn.split.values:
        return

    book = read_back(drawn, view=view, language=language)

    names = [name for name in book if name not in (TREND["zh"][0], TREND["en"][0])]
    split = below_head(book[names[2]], {"渠道": ("渠道", "Channel"), "地区": ("地区", "Region"), "类目": ("类目", "Category")}.get(
        drawn.split.level.name, ("仓库", "Warehouse"))[language == "en"])  # fmt: skip
    for column in (1, 2, 3, 4, 11):
        assert sum(float(row[column] or 0) for row in split[:-1]) == float(split[-1][column] or 0)
    assert split[-1][1] == drawn.split.figure("orders", None)
    assert drawn.stages.shares is not None
    shares = below_head(book[names[0]], "阶段" if language == "zh" else "Share of")
    assert [row[1] for row in shares] == [*drawn.stages.shares.values(), sum(drawn.stages.shares.values())]


TREND = {
    "zh": ("日终走势", ["日终", "待处理", "已发货", "异常停滞", "合计", "待处理占比", "已发货占比", "异常停滞占比"]),
    "en": (
        "Trend by day",
        ["End of day", "To process", "Shipped", "Stuck", "Total", "To process, share", "Shipped, share", "Stuck, share"],
    ),
}


@pytest.mark.parametrize(
    ("part", "scope"),
    [
        (Part(), EVERYTHING),
        (Part(channels=("douyin",), regions=("CN-51",)), EVERYTHING),
        (Part(), Scope(channels=("douyin", "taobao"))),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_trend_of_a_workbook_is_that_of_the_page_day_by_day(language: str, part: Part, scope: Scope, merchant: Engine) -> None:
    view = view_of(scope)
    drawn = drawn_of(part, view=view)
    assert drawn is not None and drawn.trend is not None and len(drawn.trend) > 20
    title, heads = TREND[language]

    sheet = read_back(drawn, view=view, language=language)[title]

    rows = below_head(sheet, heads[0])
    assert heads in sheet
    assert [row[0] for row in rows] == list(drawn.trend["day"])
    for place, share in enumerate(SHARES):
        assert [row[1 + place] for row in rows] == list(drawn.trend[share])
        assert [row[5 + place] for row in rows] == pytest.approx(list(drawn.trend[share] / drawn.trend["whole"]), abs=1e-12)
    for row in rows:
        assert sum(row[1:4]) == row[4] > 0
        assert sum(row[5:8]) == pytest.approx(1)
    assert str(drawn.trend["day"].iloc[0]) in sheet[0][0] and str(drawn.trend["day"].iloc[-1]) in sheet[-1][0]
    assert {"zh": "签收 30 天后不再计入", "en": "until 30 days after delivery"}[language] in sheet[-1][0]


def test_the_trends_of_the_channels_add_up_to_that_of_the_whole(merchant: Engine) -> None:
    def trend_of(part: Part) -> dict[Any, list[float]]:
        drawn = drawn_of(part, view=view)
        assert drawn is not None
        return {row[0]: row[1:5] for row in below_head(read_back(drawn, view=view, language="zh")["日终走势"], "日终")}

    view = view_of(EVERYTHING)
    whole = trend_of(Part())
    channels = [trend_of(Part(channels=(channel,))) for channel in dict.fromkeys(shop[1] for shop in SHOPS)]

    for day, counts in whole.items():
        assert [sum(each) for each in zip(*(found.get(day, [0] * 4) for found in channels), strict=True)] == counts


def test_a_workbook_has_no_trend_where_the_page_has_none(merchant: Engine) -> None:
    view = view_of(EVERYTHING)
    drawn = drawn_of(Part(), view=view)
    assert drawn is not None

    assert "日终走势" not in read_back(replace(drawn, trend=None), view=view, language="zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_workbook_holds_every_order_of_the_list_and_the_definitions(language: str, merchant: Engine) -> None:
    view = view_of(EVERYTHING)
    drawn = drawn_of(Part(), view=view)
    assert drawn is not None and drawn.split is not None and drawn.why is not None

    book = read_back(drawn, view=view, language=language)

    orders = below_head(book["订单" if language == "zh" else "Orders"], "订单号" if language == "zh" else "Order no.")
    assert len(orders) == drawn.split.figure("orders", None)
    assert len({(row[0], row[1]) for row in orders}) == len(orders)
    change = below_head(book["指数变化" if language == "zh" else "Change of the index"], "组成" if language == "zh" else "Component")
    assert sum(row[-1] for row in change[:-1]) == pytest.approx(change[-1][-1], abs=1e-9)
    definitions = [cell for row in list(book.values())[-1] for cell in row]
    assert any("快照 #" in str(cell) or "snapshot #" in str(cell) for cell in definitions)
    assert ("在承诺截止前发货" in str(definitions)) or ("deadline" in str(definitions))


def test_a_list_that_is_too_long_is_cut_and_says_so(merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders_export, "MOST_ORDERS", 20)
    monkeypatch.setattr(orders_export, "AT_ONCE", 8)
    view = view_of(EVERYTHING)
    drawn = drawn_of(Part(), view=view)
    assert drawn is not None

    book = read_back(drawn, view=view, language="zh")

    assert len(below_head(book["订单"], "订单号")) == 20
    assert any("只含前 20 单" in str(cell) for row in book["订单"] for cell in row)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("component", "bad_only"), [("C1", True), ("C1", False), ("C4", False), ("C3", True)])
def test_a_workbook_lists_the_orders_behind_a_component_as_the_page_does(
    component: str, bad_only: bool, language: str, merchant: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders_export, "AT_ONCE", 30)
    view = view_of(EVERYTHING)
    plain = drawn_of(Part(), view=view)
    assert plain is not None and plain.why is not None
    drawn = replace(plain, listed=orders_behind.Asked(component, bad_only))

    book = read_back(drawn, view=view, language=language)

    scored = plain.why.scored(component)
    expected = 0 if scored is None else scored.units - scored.good if bad_only else scored.units
    name = {"zh": ("订单", "差异清单"), "en": ("Orders", "Differences")}[language][component == "C3"]
    with speaking(language):
        assert book[name][0][0] == orders_behind.headline(plain.why, orders_behind.Asked(component, bad_only))
    listed = below_head(book[name], {"zh": "订单号", "en": "Order no."}[language]) if component != "C3" else []
    assert component == "C3" or len(listed) == expected > 0
    assert len({(row[0], row[1]) for row in listed}) == len(listed)


def test_a_workbook_says_what_the_page_says_of_ways_shares_and_what_is_stuck(merchant: Engine) -> None:
    view = view_of(EVERYTHING)
    drawn = drawn_of(Part(), view=view)
    assert drawn is not None and drawn.variants is not None and drawn.stages.shares is not None

    book = read_back(drawn, view=view, language="zh")

    ways = below_head(book["流程变体"], "路径")
    assert [row[0] for row in ways[:-1]] == [variants.marked_name(str(path)) for path in drawn.variants["path"]]
    assert sum(row[2] for row in ways[:-1]) == pytest.approx(1) == ways[-1][2]
    sums = drawn.variants[["due", "on_time"]].sum()
    assert ways[-1][3] == pytest.approx(sums["on_time"] / sums["due"]) and ways[-1][4] > 0
    said = fmt.shares_of(list(drawn.stages.shares.values()))
    assert [f"{row[2]:.1%}" for row in below_head(book["阶段占比"], "阶段")[:-1]] == said
    stuck = {row[0]: row[2] for row in below_head(book["环节"], "环节")}
    assert stuck["待支付"] == "" and stuck["待审"] != ""


@pytest.mark.parametrize("metric", drilldown.ADDED_UP)
def test_the_bars_of_many_regions_come_to_the_whole_and_the_rest_leads_nowhere(
    metric: str, merchant: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drilldown, "SHOWN_BARS", 1)
    drawn = drawn_of(Part(channels=("douyin",)), view=view_of(EVERYTHING))
    assert drawn is not None and drawn.split is not None and len(drawn.split.values) > 2

    bars = drilldown._bars(drawn.split, metric=metric, name=str)

    assert len(bars) == 2 and bars[-1].key == "" and all(bar.key for bar in bars[:-1])
    assert sum(bar.value for bar in bars) == drawn.split.figure(metric, None)
    assert len(drilldown._bars(drawn.split, metric="on_time", name=str)) == 1
