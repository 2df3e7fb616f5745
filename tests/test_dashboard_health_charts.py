"""Do the index figures hold the numbers that they were given?"""

import re
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import charts
from dashboard.health_charts import Step, WeekMarker, loss_table, trend, waterfall

ROLES = {charts.ACTUAL, charts.PREVIOUS, charts.ACCENT, charts.GOOD, charts.WATCH, charts.SEVERE, charts.GREY}
WEEKS = ("06-01", "06-08", "06-15", "06-22")


def _steps(*points: float) -> list[Step]:
    return [Step(f"第{n}项", value, f"{value:+.1f}", f"说明{n}", f"key{n}") for n, value in enumerate(points)]


def _waterfall(steps: Sequence[Step], *, before: float) -> go.Figure:
    now = before + sum(step.points for step in steps)
    return waterfall(steps, before=("上周", before, f"{before:.1f}"), now=("本周", now, f"{now:.1f}"), broken="横轴从 {start} 起")


def _table(values: Sequence[Sequence[float | None]], *, few: Sequence[Sequence[bool]] | None = None, top: float | None = None) -> go.Figure:
    rows, columns = ("广东", "浙江")[: len(values)], ("淘宝", "抖音")[: len(values[0])]
    named = [[f"{column}|{row}" for column in columns] for row in rows]
    return loss_table(
        rows,
        columns,
        values=values,
        shown=[[f"{value}" for value in row] for row in values],
        hover=named,
        keys=named,
        few=few or [[False for _ in columns] for _ in rows],
        top=top,
    )


def _trend(values: Sequence[float | None], **options: Any) -> go.Figure:
    return trend(
        WEEKS,
        values=values,
        shown=[f"{value}" for value in values],
        hover=[f"{week}　{value}" for week, value in zip(WEEKS, values, strict=True)],
        target=90.0,
        target_label="目标 90",
        **options,
    )


def _texts(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def _bars(figure: go.Figure) -> list[go.Bar]:
    return [trace for trace in figure.data if trace.type == "bar"]


def _strength_of(figure: go.Figure, key: str) -> float:
    return next(float(bars.marker.opacity) for bars in _bars(figure) if key in bars.customdata)


@given(st.floats(20, 100), st.lists(st.floats(-5, 5), max_size=8))
def test_the_bars_lead_from_the_index_before_to_the_index_now(before: float, points: list[float]) -> None:
    figure = _waterfall(_steps(*points), before=before)

    first, last, steps = figure.data
    ends = [*steps.base, last.base[0] + last.x[0]]
    assert first.base[0] + first.x[0] == pytest.approx(before)
    assert [start + length for start, length in zip(steps.base, steps.x, strict=True)] == pytest.approx(ends[1:])
    assert list(steps.x) == points


@given(st.floats(0, 100), st.lists(st.floats(-5, 5), max_size=8))
def test_every_level_of_the_waterfall_is_in_sight(before: float, points: list[float]) -> None:
    figure = _waterfall(_steps(*points), before=before)

    low, high = figure.layout.xaxis.range
    for bars in figure.data:
        for start, length in zip(bars.base, bars.x, strict=True):
            assert low <= min(start, start + length) and max(start, start + length) <= high


def test_losses_are_severe_gains_are_good_and_a_click_gives_the_steps_key() -> None:
    figure = _waterfall(_steps(-2.1, 0.4), before=84.6)

    first, last, steps = figure.data
    assert list(steps.marker.color) == [charts.SEVERE, charts.GOOD]
    assert (first.marker.color, last.marker.color) == (charts.PREVIOUS, charts.ACTUAL)
    assert list(steps.customdata) == ["key0", "key1"]
    assert {"-2.1", "+0.4", "<b>84.6</b>", "<b>82.9</b>"} <= set(_texts(figure))


def test_a_broken_axis_is_said_and_its_bars_are_interrupted() -> None:
    figure = _waterfall(_steps(-2.0), before=84.0)

    left = figure.layout.xaxis.range[0]
    assert f"横轴从 {left:g} 起" in _texts(figure)
    assert all(len(end.x) == 2 for end in figure.data[:2])


def test_an_axis_from_zero_is_not_called_broken() -> None:
    figure = _waterfall(_steps(-20.0), before=21.0)

    assert not [text for text in _texts(figure) if "横轴" in text]
    assert all(list(end.base) == [0.0] for end in figure.data[:2])


def test_steps_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add the missing step"):
        waterfall(_steps(-2.0), before=("上周", 84.0, "84.0"), now=("本周", 83.0, "83.0"), broken="")


def test_a_cell_without_units_is_missing_and_not_zero() -> None:
    figure = _table([[0.0, None]])

    assert [key for bars in _bars(figure) for key in bars.customdata] == ["淘宝|广东"]
    assert [text for written in figure.data if written.type == "scatter" for text in written.text] == ["0.0", "—"]


def test_every_cell_with_units_gives_its_key_at_its_place() -> None:
    figure = _table([[0.1, 0.2], [0.3, None]])

    places = {
        key: (row, round(base + length / 2))
        for bars in _bars(figure)
        for key, row, base, length in zip(bars.customdata, bars.y, bars.base, bars.x, strict=True)
    }
    assert places == {"淘宝|广东": (0, 0), "抖音|广东": (0, 1), "淘宝|浙江": (1, 0)}


def test_a_larger_loss_is_a_stronger_colour() -> None:
    figure = _table([[0.0, 0.5], [1.0, 2.0]])

    strengths = [_strength_of(figure, key) for key in ("淘宝|广东", "抖音|广东", "淘宝|浙江", "抖音|浙江")]
    assert strengths == sorted(strengths) and len(set(strengths)) == 4


def test_a_given_top_keeps_the_scale_from_week_to_week() -> None:
    alone, on_scale = _table([[1.0]]), _table([[1.0]], top=4.0)

    assert _strength_of(alone, "淘宝|广东") > _strength_of(on_scale, "淘宝|广东")


def test_a_cell_with_few_units_has_an_outline_and_no_say_in_the_scale() -> None:
    figure = _table([[9.0, 1.0]], few=[[True, False]])

    doubtful = next(bars for bars in figure.data if "淘宝|广东" in bars.customdata)
    assert doubtful.marker.line.color == charts.GREY and doubtful.marker.color != charts.SEVERE
    assert _strength_of(figure, "抖音|广东") == _strength_of(_table([[1.0]]), "淘宝|广东")


def test_a_week_without_a_value_is_a_gap() -> None:
    figure = _trend([88.0, None, 89.0, 87.0])

    assert list(figure.data[0].y) == [88.0, None, 89.0, 87.0] and figure.data[0].connectgaps is False
    assert list(figure.data[0].customdata) == list(WEEKS)


def test_the_trend_labels_its_target_and_its_last_known_week() -> None:
    figure = _trend([88.0, 89.0, 87.0, None])

    assert _texts(figure) == ["目标 90", "<b>87.0</b>"]


@given(st.lists(st.none() | st.floats(0, 100), min_size=4, max_size=4), st.none() | st.floats(0, 5))
def test_every_week_the_target_and_the_band_are_in_sight(values: list[float | None], band: float | None) -> None:
    figure = _trend(values, band=band)

    low, high = figure.layout.yaxis.range
    heights = [value for value in values if value is not None]
    heights += [height for shape in figure.layout.shapes for height in (shape.y0, shape.y1)]
    assert all(low <= height <= high for height in heights)


def test_the_noise_band_lies_around_the_week_before_the_last() -> None:
    figure = _trend([88.0, 89.0, 87.0, 86.5], band=1.5)

    band = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (band.y0, band.y1) == (85.5, 88.5)
    assert band.x0 < 2 and band.x1 > 3


def test_there_is_no_band_around_a_missing_week() -> None:
    figure = _trend([88.0, 89.0, None, 86.5], band=1.5)

    assert not [shape for shape in figure.layout.shapes if shape.type == "rect"]


def test_partial_weeks_are_hollow_and_restated_ones_diamonds() -> None:
    figure = _trend([88.0, 89.0, 87.0, 86.0], partial=[False, False, True, True], restated=[False, True, True, False])

    assert list(figure.data[0].marker.symbol) == ["circle", "diamond", "diamond-open", "circle-open"]


def test_a_marker_stands_at_its_week_and_one_of_another_time_is_left_out() -> None:
    figure = _trend([88.0, 89.0, 87.0, 86.0], markers=[WeekMarker("06-15", "618 大促"), WeekMarker("01-05", "元旦")])

    assert [shape.x0 for shape in figure.layout.shapes if shape.line.color == charts.ACCENT] == [2]
    assert "618 大促" in _texts(figure) and "元旦" not in _texts(figure)


@pytest.mark.parametrize(
    "figure",
    [
        _waterfall(_steps(-2.1, 0.0, 0.4), before=84.6),
        _table([[0.1, None], [2.0, 0.0]], few=[[True, False], [False, False]]),
        _trend([88.0, None, 87.0, 86.0], band=1.0, partial=[False, False, False, True], markers=[WeekMarker("06-08", "上线")]),
    ],
    ids=["waterfall", "loss_table", "trend"],
)
def test_colours_are_roles_and_nothing_can_be_dragged_or_zoomed(figure: go.Figure) -> None:
    figure.layout.template = None

    assert set(re.findall(r"#[0-9A-Fa-f]{6}", figure.to_json())) <= ROLES
    assert figure.layout.dragmode is False and figure.layout.showlegend is False
    assert figure.layout.xaxis.fixedrange and figure.layout.yaxis.fixedrange
