"""How are levels of stock, a running balance and the curve of a promotion drawn? Pure functions, as in ``dashboard.charts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import cycle

import plotly.graph_objects as go

from dashboard.charts import ACCENT, ACTUAL, GOOD, GREY, NAMED, PREVIOUS, SEVERE, WATCH, drawn_once
from dashboard.health_charts import CLEAR, DIMMED, SAID, SMALL

ROW_HEIGHT = 30
# Room beside the bars for their figures: a part of the axis, and more for each sign (one of Chinese counts two).
ROOM, ROOM_SIGN = 0.05, 0.021
# Plotly hides names that stick out by a sign of a narrow chart, and turns those that are close.
UPRIGHT = {"tickangle": 0, "ticklabeloverflow": "allow"}
# Curves of policies, the worst first; they are told apart by their dashes too.
CURVES = ((SEVERE, "solid"), (WATCH, "dash"), (ACCENT, "dot"), (GREY, "dashdot"), (ACTUAL, "longdash"), (GOOD, "solid"))


@dataclass(frozen=True)
class Level:
    """How high the stock of a SKU stands in a warehouse, in pieces; ``available`` below zero is what is short."""

    name: str
    available: int
    held: int
    inbound: int
    safety: int | None
    shown: str
    detail: str
    key: str

    @property
    def hover(self) -> str:
        """What a hover says."""
        return f"<b>{escape(self.name)}</b><br>{escape(self.detail)}"


@dataclass(frozen=True)
class Curve:
    """Pieces oversold by the publishing lag in seconds, under one policy of quotas."""

    name: str
    lags: Sequence[float]
    units: Sequence[float]


@drawn_once
def levels(rows: Sequence[Level]) -> go.Figure:
    """Draw each row as one bar: what is available, what is held, what is on its way outlined, the safety line as a thin mark."""
    figure = go.Figure()
    places = list(range(len(rows)))
    positive = [max(row.available, 0) for row in rows]
    held = [row.held if row.available >= 0 else max(row.held + row.available, 0) for row in rows]
    parts = (
        ([min(row.available, 0) for row in rows], [0 for _ in rows], SEVERE, SEVERE),
        (positive, [0 for _ in rows], GOOD, GOOD),
        (held, positive, PREVIOUS, PREVIOUS),
        ([row.inbound for row in rows], [a + h for a, h in zip(positive, held, strict=True)], CLEAR, GREY),
    )
    for lengths, bases, fill, edge in parts:
        figure.add_trace(
            go.Bar(
                orientation="h", x=lengths, base=bases, y=places, width=0.6, marker={"color": fill, "line": {"color": edge, "width": 1}},
                customdata=[row.key for row in rows], hovertext=[row.hover for row in rows], hovertemplate="%{hovertext}<extra></extra>",
                unselected={"marker": {"opacity": DIMMED}},
            )
        )  # fmt: skip
    ends = [positive[n] + held[n] + row.inbound for n, row in enumerate(rows)]
    figure.update_layout(
        annotations=[
            {"x": max(ends[n], row.safety or 0), "y": n, "text": escape(row.shown), "xanchor": "left", "xshift": 5, "showarrow": False,
             "font": SAID, "align": "left"}
            for n, row in enumerate(rows)
        ],
        shapes=[
            {"type": "line", "x0": row.safety, "x1": row.safety, "y0": n - 0.42, "y1": n + 0.42, "line": {"color": ACTUAL, "width": 2}}
            for n, row in enumerate(rows)
            if row.safety is not None
        ],
    )  # fmt: skip
    low, high = min([0, *(row.available for row in rows)]), max([1, *ends, *((row.safety or 0) for row in rows)])
    span = high - low
    signs = max((_signs(row.shown) for row in rows), default=0)
    figure.update_xaxes(range=[low - 0.01 * span, high + span * (ROOM + ROOM_SIGN * signs)], visible=False, fixedrange=True)
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
def balance(moments: Sequence[str], pieces: Sequence[int], *, details: Sequence[str], unit: str) -> go.Figure:
    """Draw the book of a SKU after each move as steps, the oldest first; where it is below zero a red mark stands."""
    places, below = list(range(len(pieces))), [number < 0 for number in pieces]
    marks = {"size": [9 if each else 5 for each in below], "color": [SEVERE if each else ACTUAL for each in below]}
    figure = go.Figure(
        go.Scatter(
            x=places, y=list(pieces), mode="lines+markers", line={"color": ACTUAL, "width": 2, "shape": "hv"}, marker=marks,
            fill="tozeroy", fillcolor="rgba(128,140,160,0.14)", customdata=list(details),
            hovertemplate="%{customdata}<br>%{y:,} " + unit + "<extra></extra>",
        )
    )  # fmt: skip
    named = sorted({0, len(places) // 2, max(len(places) - 1, 0)}) if places else []
    figure.update_xaxes(
        tickvals=named, ticktext=[moments[n] for n in named], **UPRIGHT, ticks="", tickfont=NAMED | {"size": SMALL}, showgrid=False,
        zeroline=False, fixedrange=True, range=[-0.4, max(len(places) - 0.6, 0.4)],
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", nticks=4, tickformat=",", tickfont=NAMED | {"size": SMALL}, fixedrange=True, zeroline=True)
    figure.update_layout(height=170, margin={"l": 4, "r": 4, "t": 6, "b": 4}, showlegend=False, dragmode=False)
    return figure


@drawn_once
def oversold_curve(curves: Sequence[Curve], *, unit: str, axis: str) -> go.Figure:
    """Draw pieces oversold against the lag, one line a policy, each named at its end; the lags stand evenly, however far apart."""
    figure = go.Figure()
    lags = sorted({lag for curve in curves for lag in curve.lags})
    for curve, (color, dash) in zip(curves, cycle(CURVES), strict=False):
        figure.add_trace(
            go.Scatter(
                x=[lags.index(lag) for lag in curve.lags], y=list(curve.units), customdata=[f"{lag:g} s" for lag in curve.lags],
                mode="lines+markers", name=curve.name,
                line={"color": color, "width": 2.2, "dash": dash}, marker={"size": 6},
                hovertemplate=f"{escape(curve.name)}　%{{customdata}}　%{{y:,.0f}} {unit}<extra></extra>",
            )
        )  # fmt: skip
    top = max([1.0, *(max(curve.units, default=0.0) for curve in curves)])
    for text, height in _apart([(curve.units[-1], curve.name) for curve in curves if curve.units], least=top * 0.085):
        figure.add_annotation(
            x=1, xref="paper", y=height, text=escape(text), xanchor="left", xshift=8, showarrow=False, align="left",
            font={"size": SMALL, "color": ACTUAL},
        )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(range(len(lags))), ticktext=[f"{lag:g} s" for lag in lags], tickfont=NAMED | {"size": SMALL}, showgrid=False,
        zeroline=False, fixedrange=True, title={"text": axis, "font": {"size": SMALL, "color": GREY}}, **UPRIGHT,
    )  # fmt: skip
    figure.update_yaxes(range=[-top * 0.03, top * 1.08], nticks=5, tickformat=",", tickfont=NAMED | {"size": SMALL}, fixedrange=True)
    widest = max((_signs(curve.name) for curve in curves), default=0)
    figure.update_layout(
        height=280, margin={"l": 4, "r": 12 + 7 * widest, "t": 8, "b": 4}, showlegend=False, dragmode=False, hovermode="closest"
    )
    return figure


@drawn_once
def trend(days: Sequence[str], values: Sequence[float | None], *, target: float, said: Sequence[str]) -> go.Figure:
    """Draw a figure by day with its target as a thin line; days beyond it are red."""
    places = list(range(len(days)))
    worse = [value is not None and value >= target for value in values]
    figure = go.Figure(
        go.Bar(
            x=places, y=list(values), marker_color=[SEVERE if each else ACTUAL for each in worse], customdata=list(said),
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    top = max([target * 1.3, *(value for value in values if value is not None)])
    figure.add_shape(type="line", x0=-0.5, x1=len(days) - 0.5, y0=target, y1=target, line={"color": GREY, "width": 1, "dash": "dash"})
    named = [0, len(days) - 1] if len(days) > 1 else places
    figure.update_xaxes(
        tickvals=named, ticktext=[days[n] for n in named], **UPRIGHT, ticks="", tickfont=NAMED | {"size": SMALL}, showgrid=False,
        zeroline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[0, top * 1.15], fixedrange=True)
    figure.update_layout(height=96, margin={"l": 4, "r": 4, "t": 4, "b": 18}, bargap=0.25, showlegend=False, dragmode=False)
    return figure


def _apart(ends: Sequence[tuple[float, str]], *, least: float) -> list[tuple[str, float]]:
    """Return names with heights that are at least so far apart, from below upwards.

    >>> _apart([(0.0, "a"), (0.0, "b")], least=2.0)
    [('a', 0.0), ('b', 2.0)]
    """
    found: list[tuple[str, float]] = []
    for height, name in sorted(ends):
        found.append((name, height if not found else max(height, found[-1][1] + least)))
    return found


def _signs(text: str) -> int:
    return sum(2 if ord(sign) >= 0x2E80 else 1 for sign in text)
