"""Do the charts and words of the page of stock say what the figures are?"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from dashboard import inventory_charts, inventory_figures
from dashboard import inventory_words as said
from dashboard.charts import SEVERE
from dashboard.i18n import speaking
from dashboard.inventory_charts import Curve, Level
from dashboard.inventory_sku import gap_badge, quota_said
from data.reads import MetricRow
from models.stock.metrics import METRICS_BY_KEY

NOW = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
TODAY = date(2026, 11, 10)


def level(*, available: int, held: int = 0, inbound: int = 0, safety: int | None = None) -> Level:
    return Level("杯", available, held, inbound, safety, str(available), "", "k")


@pytest.mark.parametrize(("available", "held", "inbound"), [(5, 3, 2), (0, 4, 0), (-3, 5, 7), (-6, 2, 0)])
def test_a_level_is_as_long_as_what_lies_there_and_what_is_short_goes_below_zero(available: int, held: int, inbound: int) -> None:
    figure = inventory_charts.levels([level(available=available, held=held, inbound=inbound)])

    short, free, kept, coming = (trace.x[0] for trace in figure.data)
    assert short == min(available, 0) and figure.data[0].marker.color == SEVERE
    # what is held and there, and what is free, are what lies there
    assert free + kept == max(available + held, 0)
    assert coming == inbound and figure.data[3].base[0] == free + kept


def test_the_safety_line_is_a_mark_and_the_figure_stands_beyond_it() -> None:
    figure = inventory_charts.levels([level(available=2, safety=9), level(available=4)])

    assert [shape.x0 for shape in figure.layout.shapes] == [9]
    assert [note.x for note in figure.layout.annotations] == [9, 4]
    assert figure.layout.xaxis.range[0] <= 0 and figure.layout.xaxis.range[1] > 9


def test_curves_of_any_number_are_drawn_and_named_without_lying_on_each_other() -> None:
    curves = [Curve(f"策略 {n}", [0, 60, 300], [0, 0, n // 6 * 40]) for n in range(8)]

    figure = inventory_charts.oversold_curve(curves, unit="件", axis="滞后")

    assert len(figure.data) == len(figure.layout.annotations) == 8
    heights = sorted(note.y for note in figure.layout.annotations)
    assert all(upper - lower > 0 for lower, upper in pairwise(heights))


def test_days_beyond_the_target_are_marked() -> None:
    figure = inventory_charts.trend(["a", "b", "c"], [0.1, None, 0.5], target=0.5, said=["", "", ""])

    assert [color == SEVERE for color in figure.data[0].marker.color] == [False, False, True]


def test_a_metric_shows_the_whole_where_it_is_kept_and_else_the_worst_that_is_seen() -> None:
    def row(days: int, dimension: str, member: str, value: float | None) -> MetricRow:
        return MetricRow(TODAY - timedelta(days=days), "sync_delay", dimension, member, value, 1, 1, None, None, None)

    rows = [
        row(1, "channel", "jd", 9),
        row(1, "channel", "douyin", 40),
        row(1, "all", "", 31),
        row(2, "channel", "jd", 8),
        row(0, "channel", "jd", None),
    ]

    shown = inventory_figures.measured(METRICS_BY_KEY["sync_delay"], rows, today=TODAY)

    assert [None if each is None else each.value for _, each in shown.days[-3:]] == [8, 31, None]
    assert shown.last is not None and shown.last.value == 31 and shown.light.color == "red"
    assert [each.member for each in shown.members] == ["douyin", "jd"]


@pytest.mark.parametrize(("minutes", "text"), [(12, "剩 12分钟"), (0.5, "剩 30秒"), (-9, "已过 9分钟"), (None, "不过期")])
def test_a_hold_says_how_long_it_lasts_yet(minutes: float | None, text: str) -> None:
    with speaking("zh"):
        assert said.left(None if minutes is None else NOW + timedelta(minutes=minutes), as_of=NOW) == text


def test_quotas_and_gaps_read_in_words_and_shapes() -> None:
    with speaking("zh"):
        assert (quota_said(0.3, None), quota_said(None, 20), quota_said(None, None)) == ("30%", "20 件", "平分")
        badges = [gap_badge(20, really).replace("\u2060", "").replace("\u00a0", " ") for really in (55, 20, 6, None)]
    assert badges == [":red-badge[■ 多显示 35]", ":green-badge[● 一致]", ":orange-badge[▲ 少显示 14]", ":gray-badge[◌ 没有对照]"]
