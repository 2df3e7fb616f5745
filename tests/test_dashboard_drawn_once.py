"""Is what was drawn once repeated as it was, where it belongs, and never in place of something else?"""

from typing import Any

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import lifecycle_charts
from dashboard.charts import drawn_once, minute_bars
from dashboard.lifecycle_charts import Bar


def _bar(value: float) -> Bar:
    return Bar("taobao", value, None, f"{value:.0f}", "detail", "taobao")


def test_the_same_numbers_and_words_are_drawn_once_and_others_anew() -> None:
    asked: list[tuple[Any, ...]] = []

    @drawn_once
    def draw(rows: list[Bar], *, unit: str) -> go.Figure:
        """Draw."""
        asked.append((tuple(rows), unit))
        return go.Figure(go.Bar(x=[row.value for row in rows], name=unit))

    first = draw([_bar(1.0)], unit="单")

    assert draw([_bar(1.0)], unit="单") is first and len(asked) == 1
    assert draw([_bar(2.0)], unit="单") is not first and draw([_bar(1.0)], unit="orders") is not first
    assert [row.value for rows, _ in asked for row in rows] == [1.0, 2.0, 1.0]
    assert draw.__doc__ == "Draw."


def test_what_cannot_be_drawn_is_an_error_every_time() -> None:
    @drawn_once
    def draw(parts: list[int]) -> go.Figure:
        raise ValueError(f"{parts}")

    for _ in range(2):
        with pytest.raises(ValueError, match="1, 2"):
            draw([1, 2])


def test_a_kept_figure_is_not_changed_by_being_shown() -> None:
    figure = lifecycle_charts.bars([_bar(3.0)], before_name="对比期")
    before = figure.to_json()

    for _ in range(2):
        app = AppTest.from_function(_chart).run()
        assert not app.exception

    assert lifecycle_charts.bars([_bar(3.0)], before_name="对比期") is figure and figure.to_json() == before
    assert minute_bars(["10:00"], [1], unit="单") is minute_bars(["10:00"], [1], unit="单")


def _chart() -> None:
    import streamlit as st

    from dashboard import lifecycle_charts
    from dashboard.lifecycle_charts import Bar

    bar = Bar("taobao", 3.0, None, "3", "detail", "taobao")
    st.plotly_chart(lifecycle_charts.bars([bar], before_name="对比期"), key="chart", on_select="rerun")


def _tables() -> None:
    import streamlit as st

    from dashboard.tables import Figures, Words, listing

    turn = st.session_state.get("turn", 0)
    left, right = st.columns(2)
    with left:
        st.markdown("left")
    with right:
        listing(
            [Words("渠道", ["*jd*", "合计"]), Figures("单", [None, 2.5 + turn], lambda value: f"{value:.1f} 单")],
            alt="一张表",
            total=True,
        )


def _cells(app: AppTest) -> list[list[Any]]:
    (table,) = app.columns[1].table
    return table.value.astype(object).where(table.value.notna(), None).to_numpy().tolist()


def test_a_table_is_repeated_where_it_stood_and_drawn_anew_when_a_figure_changes() -> None:
    app = AppTest.from_function(_tables).run()
    first = app.columns[1].table[0].proto.SerializeToString()
    again = app.run().columns[1].table[0].proto.SerializeToString()
    other = AppTest.from_function(_tables).run().columns[1].table[0].proto.SerializeToString()

    assert not app.exception and first == again == other
    assert not app.columns[0].table and len(app.table) == 1
    assert _cells(app) == [["*jd*", None], ["合计", 2.5]] and b"650" in first

    app.session_state["turn"] = 4
    assert _cells(app.run()) == [["*jd*", None], ["合计", 6.5]]
