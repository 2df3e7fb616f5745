"""How are the flow of orders with its ages, and the weekly effect with its interval, drawn? Pure functions, as in ``dashboard.charts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from dashboard.charts import ACTUAL, GOOD, GREY, NAMED, PREVIOUS, SEVERE, WATCH, drawn_once
from dashboard.health_charts import SAID, SMALL

# From fresh to old; only what is oldest is in the colour of what needs action.
AGE_COLORS = (PREVIOUS, GREY, WATCH, SEVERE)
_FLOW_HEIGHT, _EFFECT_HEIGHT = 280, 230


@dataclass(frozen=True)
class FlowBar:
    """A stage of the flow: its name, its orders by age from fresh to old, the figure above it, and what a hover says of each age.

    ``done`` are the orders of a stage that waits for nothing and so has no ages.
    """

    name: str
    ages: Sequence[int]
    shown: str
    details: Sequence[str]
    done: int = 0


@dataclass(frozen=True)
class WeekPoint:
    """A week: its name, the orders saved with their interval, whether that is more than chance, and what a hover says."""

    name: str
    saved: float
    low: float
    high: float
    certain: bool
    detail: str


@drawn_once
def flow(rows: Sequence[FlowBar], *, ages: Sequence[str]) -> go.Figure:
    """Draw the stages beside each other, each as one column of its ages, the oldest on top."""
    figure = go.Figure()
    places = list(range(len(rows)))
    for number, name in enumerate(ages):
        figure.add_trace(
            go.Bar(
                x=places, y=[row.ages[number] if row.ages else 0 for row in rows], name=name, width=0.62,
                marker={"color": AGE_COLORS[min(number, len(AGE_COLORS) - 1)], "line": {"width": 1, "color": "rgba(0,0,0,0)"}},
                hovertext=[row.details[number] if row.details else "" for row in rows], hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure.add_trace(
        go.Bar(
            x=places, y=[row.done for row in rows], width=0.62, marker_color=GOOD, showlegend=False,
            hovertext=[f"<b>{escape(row.name)}</b>　{escape(row.shown)}" for row in rows], hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    totals = [sum(row.ages) + row.done for row in rows]
    for place, (row, total) in enumerate(zip(rows, totals, strict=True)):
        figure.add_annotation(x=place, y=total, text=f"<b>{escape(row.shown)}</b>", yanchor="bottom", showarrow=False, font=SAID)
    figure.update_xaxes(
        tickvals=places, ticktext=[escape(row.name) for row in rows], tickfont=NAMED | {"size": SMALL}, ticks="", showgrid=False,
        zeroline=False, fixedrange=True, tickangle=0, range=[-0.5, len(rows) - 0.5],
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[0, max([*totals, 1]) * 1.16], fixedrange=True)
    legend = {"orientation": "h", "y": -0.14, "yanchor": "top", "x": 0, "font": NAMED | {"size": SMALL}, "traceorder": "normal"}
    figure.update_layout(
        barmode="stack", height=_FLOW_HEIGHT, margin={"l": 4, "r": 4, "t": 4, "b": 4}, dragmode=False, hovermode="closest",
        legend=legend, showlegend=True,
    )  # fmt: skip
    return figure


@drawn_once
def effect(weeks: Sequence[WeekPoint], *, name: str) -> go.Figure:
    """Draw the orders saved in each week as a mark in its interval; a week that may be nothing is hollow."""
    places = list(range(len(weeks)))
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.add_trace(
        go.Scatter(
            x=places, y=[week.saved for week in weeks], mode="markers",
            error_y={
                "type": "data", "symmetric": False, "array": [week.high - week.saved for week in weeks],
                "arrayminus": [week.saved - week.low for week in weeks], "color": GREY, "thickness": 1.4, "width": 6,
            },
            marker={
                "size": 11, "color": [ACTUAL if week.certain else "rgba(0,0,0,0)" for week in weeks],
                "line": {"color": ACTUAL, "width": 1.8},
            },
            hovertext=[week.detail for week in weeks], hovertemplate="%{hovertext}<extra></extra>", name=name,
        )
    )  # fmt: skip
    figure.update_xaxes(
        tickvals=places, ticktext=[escape(week.name) for week in weeks], tickfont=NAMED | {"size": SMALL}, ticks="", showgrid=False,
        zeroline=False, fixedrange=True, range=[-0.6, max(len(weeks) - 0.4, 0.6)],
    )  # fmt: skip
    figure.update_yaxes(
        tickfont=NAMED, nticks=5, zeroline=False, fixedrange=True, title={"text": escape(name), "font": NAMED | {"size": SMALL}}
    )
    figure.update_layout(height=_EFFECT_HEIGHT, margin={"l": 8, "r": 8, "t": 8, "b": 8}, showlegend=False, dragmode=False)
    return figure
