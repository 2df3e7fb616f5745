"""How are stages, their trend and the parts of a drill drawn? Pure functions of numbers and words, as in ``dashboard.health_charts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from dashboard.charts import ACTUAL, GOOD, GREY, NAMED, PREVIOUS, SEVERE, drawn_once
from dashboard.health_charts import DIMMED, SAID, SMALL

ROW_HEIGHT = 30
# Room to the right of the longest bar for its figure: a part of the chart, and more for each sign of it (one of Chinese counts two).
ROOM, ROOM_SIGN = 0.06, 0.026


@dataclass(frozen=True)
class Bar:
    """One bar: its name, length, the length it is held against, the figure beside it, what a hover says, and its key."""

    name: str
    value: float
    before: float | None
    shown: str
    detail: str
    key: str
    severe: float = 0.0


@drawn_once
def share_bar(parts: Sequence[tuple[str, int, str]]) -> go.Figure:
    """Draw shares as one bar: (name, orders, what a hover says) of to process, shipped and stuck."""
    figure = go.Figure()
    for (name, orders, detail), color in zip(parts, (ACTUAL, GOOD, SEVERE), strict=True):
        figure.add_trace(
            go.Bar(
                orientation="h", x=[orders], y=[0], name=name, marker={"color": color, "line": {"width": 1.5, "color": "rgba(0,0,0,0)"}},
                hovertext=[detail], hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    figure.update_layout(barmode="stack", height=34, margin={"l": 0, "r": 0, "t": 2, "b": 2}, showlegend=False, dragmode=False, bargap=0.05)
    return figure


@drawn_once
def bars(rows: Sequence[Bar], *, before_name: str = "", room_sign: float = ROOM_SIGN) -> go.Figure:
    """Draw parts as bars from zero, the longest first as they come; the period before light and thin under each.

    ``severe`` of a bar is the length of its end that is drawn in the colour of what needs action; ``room_sign`` is the room for each sign
    of a figure, more where figures are long.
    """
    places = list(range(len(rows)))
    figure = go.Figure()
    compared = any(row.before is not None for row in rows)
    if compared:
        figure.add_trace(
            go.Bar(
                orientation="h", x=[row.before for row in rows], y=[n + 0.3 for n in places], width=0.2, marker_color=PREVIOUS,
                name=before_name, hoverinfo="skip", unselected={"marker": {"opacity": 1}},
            )
        )  # fmt: skip
    thick, middle = (0.5, -0.08) if compared else (0.66, 0.0)
    for color, base, length in (
        (ACTUAL, [0.0 for _ in rows], [row.value - row.severe for row in rows]),
        (SEVERE, [row.value - row.severe for row in rows], [row.severe for row in rows]),
    ):
        figure.add_trace(
            go.Bar(
                orientation="h", base=base, x=length, y=[n + middle for n in places], width=thick, marker_color=color,
                unselected={"marker": {"opacity": DIMMED}}, customdata=[row.key for row in rows],
                hovertext=[f"<b>{escape(row.name)}</b><br>{escape(row.detail)}" for row in rows],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_layout(
        annotations=[
            {
                "x": max(row.value, 0), "y": n + middle, "text": row.shown, "xanchor": "left", "xshift": 4, "showarrow": False,
                "font": SAID, "align": "left",
            }
            for n, row in enumerate(rows)
        ]
    )  # fmt: skip
    longest = max((max(row.value, row.before or 0.0) for row in rows), default=0.0) or 1.0
    signs = max((sum(2 if ord(sign) >= 0x2E80 else 1 for sign in row.shown) for row in rows), default=0)
    figure.update_xaxes(range=[0, longest * (1 + ROOM + room_sign * signs)], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], tickvals=places, ticktext=[escape(row.name) for row in rows], tickfont=NAMED, ticks="",
        ticklabelstandoff=6, automargin=True, showgrid=False, zeroline=False, showline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_layout(
        height=len(rows) * ROW_HEIGHT + 8, margin={"l": 4, "r": 4, "t": 2, "b": 2}, showlegend=False, dragmode=False, barmode="overlay",
        hovermode="closest",
    )  # fmt: skip
    return figure


@drawn_once
def share_trend(days: Sequence[str], *, to_process: Sequence[float], stuck: Sequence[float], names: tuple[str, str]) -> go.Figure:
    """Draw two shares of the open and lately delivered orders at the end of each day, each named at its end."""
    figure = go.Figure()
    for name, values, color, width in ((names[0], to_process, GREY, 1.6), (names[1], stuck, SEVERE, 2.2)):
        figure.add_trace(
            go.Scatter(
                x=list(range(len(days))), y=list(values), mode="lines", line={"color": color, "width": width}, name=name,
                customdata=list(days), hovertemplate="%{customdata}　" + name + " %{y:.1%}<extra></extra>",
            )
        )  # fmt: skip
    ends = sorted(((list(values)[-1], name) for name, values in zip(names, (to_process, stuck), strict=True)), reverse=True)
    top = max([*to_process, *stuck, 0.01])
    near = ends[0][0] - ends[1][0] < top * 0.12
    for place, (value, name) in enumerate(ends):
        # the line's own colour is too pale for a text
        color = ACTUAL if name == names[1] else GREY
        figure.add_annotation(
            x=len(days) - 1, y=value, text=f"{name}<br><b>{value:.1%}</b>", xanchor="left", xshift=6, align="left",
            yshift=(30 if near else 6) if place == 0 else 2, yanchor="bottom", showarrow=False, font={"size": SMALL, "color": color},
        )  # fmt: skip
    named = list(range(len(days) - 1, -1, -14))[::-1]
    figure.update_xaxes(
        tickvals=named, ticktext=[days[n] for n in named], tickangle=0, ticks="", tickfont=NAMED | {"size": SMALL}, showgrid=False,
        zeroline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(range=[0, top * 1.22], tickformat=".0%", nticks=4, tickfont=NAMED, fixedrange=True, zeroline=False)
    figure.update_layout(height=230, margin={"l": 4, "r": 76, "t": 8, "b": 20}, showlegend=False, dragmode=False, hovermode="closest")
    return figure
