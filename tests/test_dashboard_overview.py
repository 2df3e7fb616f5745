"""Do the overview's titles, comparisons and charts say what the figures say?"""

from datetime import UTC, date, datetime, timedelta

import plotly.io as pio
import pytest
from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme

from dashboard import charts, messages, overview
from dashboard.filters import Filters
from dashboard.freshness import GOOD, ONLY_BACKFILL, SEVERE, WATCH, jobs_light, source_light
from dashboard.overview import Overview
from dashboard.periods import period_of
from models.overview import Days, Totals

TODAY = date(2026, 11, 18)
AS_OF = datetime(2026, 11, 18, 4, tzinfo=UTC)


def an_overview(now: dict[str, Totals], before: dict[str, Totals], *, preset: str = "7d") -> Overview:
    filters = Filters(preset=preset, period=period_of(preset, today=TODAY), zone="Asia/Shanghai", as_of=AS_OF)
    found = Days({(TODAY, channel): totals for channel, totals in now.items()})
    earlier = Days({(TODAY - timedelta(days=filters.period.days), channel): totals for channel, totals in before.items()})
    return Overview(now=found, before=earlier, trend=found, filters=filters)


@pytest.mark.parametrize(
    ("now", "before", "title"),
    [
        ({"douyin": 30, "taobao": 12}, {"douyin": 10, "taobao": 11}, "抖音带来最多增量：+20 单"),
        ({"douyin": 5, "taobao": 12}, {"douyin": 10, "taobao": 11}, "抖音减少最多：-5 单"),
        ({"taobao": 12}, {"douyin": 10, "taobao": 11}, "抖音减少最多：-10 单"),
        ({"douyin": 1000, "taobao": 1001}, {"douyin": 1000, "taobao": 1000}, "订单量与上期持平"),
        ({"douyin": 3}, {}, "订单量"),
    ],
)
def test_the_title_of_orders_names_what_moved_them(now: dict[str, int], before: dict[str, int], title: str) -> None:
    found = an_overview({name: Totals(orders=n) for name, n in now.items()}, {name: Totals(orders=n) for name, n in before.items()})

    assert messages.orders_title(found.now, found.before, channels=found.channels) == title


def test_a_channel_that_fell_silent_keeps_its_row() -> None:
    found = an_overview({"taobao": Totals(orders=1)}, {"douyin": Totals(orders=9), "taobao": Totals(orders=1)})

    assert found.channels == ["taobao", "douyin"]


def test_the_slowest_channel_is_named_by_its_mean_and_not_by_its_worst_order() -> None:
    slow, fast = Totals(exact=2, exact_seconds=2 * 31 * 3600), Totals(exact=1, exact_seconds=4 * 3600)

    assert messages.hours_title(an_overview({"douyin": slow, "taobao": fast}, {}).now) == "抖音发货最慢：平均 31小时"
    assert messages.hours_title(an_overview({"douyin": Totals(orders=1)}, {}).now) == "平均发货时长"


def test_what_is_special_about_the_period_before_is_said() -> None:
    some = {"taobao": Totals(orders=1)}

    assert overview.compared_with(an_overview(some, some)) == "对比上期 11-05 — 11-11 · 上期含 双11 · 今日未完，上期只算到同一时刻"
    assert overview.compared_with(an_overview(some, some, preset="yesterday")) == "对比上期 11-16"
    assert overview.compared_with(an_overview(some, {})) == "上期数据不完整，因此不作比较。"


def test_money_without_any_rate_is_missing_and_with_some_is_what_is_known() -> None:
    assert Totals(paid_orders=2, unrated=2).paid is None
    assert Totals(paid_orders=2, unrated=1, paid_minor=7).paid == 7
    assert Totals().paid == 0


def test_ratios_without_a_denominator_are_missing() -> None:
    assert (Totals().shipped_share, Totals().ship_hours, Totals().ship_hours_range) == (None, None, None)


def _panels() -> list[charts.Panel]:
    return [charts.Panel(title=name, actual=values, shown=["x"] * 3, labels=["x"] * 3, previous=[1, 1, 1], previous_shown=["y"] * 3)
            for name, values in (("a", [1.0, 2.0, 300.0]), ("b", [1.0, None, 2.0]))]  # fmt: skip


@pytest.mark.parametrize("lines", [False, True])
def test_small_multiples_share_one_scale_from_zero(lines: bool) -> None:
    days = [TODAY + timedelta(days=n) for n in range(3)]

    figure = charts.day_panels(_panels(), days=days, day_names=["1", "2", "3"], words=("now", "before"), lines=lines)

    ranges = {tuple(figure.layout[f"yaxis{n}"].range) for n in ("", 2)}
    assert len(ranges) == 1
    assert next(iter(ranges))[0] == 0
    assert next(iter(ranges))[1] > 300


def test_the_actual_is_dark_the_period_before_light_and_an_unfinished_day_hatched() -> None:
    days = [TODAY + timedelta(days=n) for n in range(3)]

    figure = charts.day_panels(_panels(), days=days, day_names=["1", "2", "3"], words=("now", "before"), light_days=1, unfinished=True)

    before, actual = figure.data[:2]
    assert before.marker.color == charts.PREVIOUS
    assert list(actual.marker.color) == [charts.PREVIOUS, charts.ACTUAL, charts.ACTUAL]
    assert list(actual.marker.pattern.shape) == ["", "", "/"]


def test_the_colour_roles_are_placeholders_of_streamlits_own_template() -> None:
    configure_streamlit_plotly_theme()

    assert list(pio.templates["streamlit"].layout.colorway[:7]) == [
        charts.ACTUAL, charts.PREVIOUS, charts.ACCENT, charts.GOOD, charts.WATCH, charts.SEVERE, charts.GREY,
    ]  # fmt: skip


@pytest.mark.parametrize(("minutes", "light"), [(0, GOOD), (6, GOOD), (6.1, WATCH), (10, WATCH), (10.1, SEVERE), (None, ONLY_BACKFILL)])
def test_a_source_is_judged_by_five_and_ten_minutes(minutes: float | None, light: object) -> None:
    at = None if minutes is None else AS_OF - timedelta(minutes=minutes)

    assert source_light(at, as_of=AS_OF) == light


def test_jobs_are_judged_by_their_heartbeat() -> None:
    assert jobs_light(AS_OF - timedelta(seconds=30), as_of=AS_OF) == GOOD
    assert jobs_light(AS_OF - timedelta(minutes=5), as_of=AS_OF) == SEVERE
    assert jobs_light(None, as_of=AS_OF).shape == "◌"
