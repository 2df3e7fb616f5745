"""How are reliability, the catch of a list and the spread of risk drawn? Pure functions, as in ``dashboard.charts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from dashboard.charts import ACCENT, ACTUAL, GOOD, GREY, NAMED, PREVIOUS, SEVERE, WATCH, drawn_once
from dashboard.health_charts import SAID, SMALL

# From a low risk to a certain one; what is overdue is a fact, drawn as facts are.
BAND_COLORS = (PREVIOUS, ACCENT, WATCH, SEVERE, ACTUAL)
ROW_HEIGHT = 30
ROOM_SIGN = 0.03
_HEIGHT = 280
_MARKER = (6.0, 22.0)


@dataclass(frozen=True)
class SpreadRow:
    """A part's open orders by band, the figure beside its bar, and what a hover says of each band."""

    name: str
    counts: Sequence[int]
    shown: str
    details: Sequence[str]


@drawn_once
def reliability(points: Sequence[tuple[float, float, int]], *, names: tuple[str, str], hover: Sequence[str]) -> go.Figure:
    """Draw what came true of what was said: (predicted, actual, orders), the size of a mark by its orders; on the line all is well."""
    top = min(1.0, max([0.1, *(max(point[:2]) for point in points)]) * 1.08)
    most = max((orders for _, _, orders in points), default=1)
    least, spread = _MARKER[0], _MARKER[1] - _MARKER[0]
    figure = go.Figure()
    figure.add_trace(go.Scatter(x=[0, top], y=[0, top], mode="lines", line={"color": GREY, "width": 1, "dash": "dash"}, hoverinfo="skip"))
    figure.add_trace(
        go.Scatter(
            x=[point[0] for point in points], y=[point[1] for point in points], mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            marker={"color": ACCENT, "size": [least + spread * (orders / most) ** 0.5 for _, _, orders in points], "opacity": 0.85},
            hovertext=list(hover), hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    _axes(figure, names=names, top=(top, top))
    return figure


@drawn_once
def catch(
    points: Sequence[tuple[float, float]], *, capacity: tuple[float, float, str] | None, names: tuple[str, str], hover: Sequence[str]
) -> go.Figure:
    """Draw which share of the late orders a list of the riskiest catches: (share of orders, share caught); by chance on the line."""
    figure = go.Figure()
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": GREY, "width": 1, "dash": "dash"}, hoverinfo="skip"))
    figure.add_trace(
        go.Scatter(
            x=[0.0, *(point[0] for point in points)], y=[0.0, *(point[1] for point in points)], mode="lines+markers",
            line={"color": ACTUAL, "width": 2}, marker={"color": ACTUAL, "size": 6}, hovertext=["", *hover],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    if capacity is not None:
        share, caught, said = capacity
        figure.add_shape(type="line", x0=share, x1=share, y0=0, y1=caught, line={"color": SEVERE, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=share, y=0.02, text=escape(said), xanchor="left", xshift=6, yanchor="bottom", showarrow=False, font=SAID | {"size": SMALL}
        )
    _axes(figure, names=names, top=(1.0, 1.04))
    return figure


@drawn_once
def week_bar(parts: Sequence[tuple[str, int, str]], *, target: float, target_name: str) -> go.Figure:
    """Draw a week's promises as one bar: kept, likely kept, likely broken, broken; the target as a line across."""
    figure = go.Figure()
    whole = sum(count for _, count, _ in parts) or 1
    for (name, count, detail), color in zip(parts, (GOOD, PREVIOUS, WATCH, SEVERE), strict=True):
        figure.add_trace(
            go.Bar(
                orientation="h", x=[count / whole], y=[0], name=name, marker_color=color, width=0.5, hovertext=[detail],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure.add_shape(type="line", x0=target, x1=target, y0=-0.36, y1=0.36, line={"color": ACTUAL, "width": 2})
    figure.add_annotation(
        x=target, y=-0.36, yanchor="top", xanchor="right", text=escape(target_name), showarrow=False, font=SAID | {"size": SMALL}
    )
    figure.update_xaxes(range=[0, 1], visible=False, fixedrange=True)
    figure.update_yaxes(range=[-0.75, 0.4], visible=False, fixedrange=True)
    figure.update_layout(
        height=112, margin={"l": 0, "r": 0, "t": 2, "b": 2}, dragmode=False, barmode="stack", hovermode="closest",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal", "font": NAMED | {"size": SMALL}},
    )  # fmt: skip
    return figure


@drawn_once
def spread(rows: Sequence[SpreadRow], *, bands: Sequence[str]) -> go.Figure:
    """Draw each part's open orders as one bar, band after band, the riskier to the right."""
    figure = go.Figure()
    places = list(range(len(rows)))
    for number, (name, color) in enumerate(zip(bands, BAND_COLORS, strict=True)):
        figure.add_trace(
            go.Bar(
                orientation="h", x=[row.counts[number] for row in rows], y=places, name=name, marker_color=color, width=0.66,
                hovertext=[row.details[number] for row in rows], hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    for place, row in enumerate(rows):
        figure.add_annotation(x=sum(row.counts), y=place, text=escape(row.shown), xanchor="left", xshift=4, showarrow=False, font=SAID)
    longest = max((sum(row.counts) for row in rows), default=1) or 1
    signs = max((sum(2 if ord(sign) >= 0x2E80 else 1 for sign in row.shown) for row in rows), default=0)
    figure.update_xaxes(range=[0, longest * (1.05 + ROOM_SIGN * signs)], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], tickvals=places, ticktext=[escape(row.name) for row in rows], tickfont=NAMED, ticks="",
        ticklabelstandoff=6, automargin=True, showgrid=False, zeroline=False, showline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_layout(
        height=len(rows) * ROW_HEIGHT + 44, margin={"l": 4, "r": 4, "t": 2, "b": 2}, dragmode=False, barmode="stack", hovermode="closest",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal", "font": NAMED | {"size": SMALL}},
    )  # fmt: skip
    return figure


@drawn_once
def risk_history(
    times: Sequence[float], values: Sequence[float], *, low: Sequence[float], high: Sequence[float], hover: Sequence[str], name: str
) -> go.Figure:
    """Draw how an order's risk has gone since its first score, its band behind it; ``times`` are in the unit that ``name`` says."""
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=[*times, *reversed(times)], y=[*high, *reversed(low)], fill="toself", mode="lines", line={"width": 0}, fillcolor=PREVIOUS,
            opacity=0.5, hoverinfo="skip",
        )
    )  # fmt: skip
    figure.add_trace(
        go.Scatter(
            x=list(times), y=list(values), mode="lines+markers", line={"color": ACTUAL, "width": 2}, marker={"size": 5, "color": ACTUAL},
            hovertext=list(hover), hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(
        title={"text": name, "font": NAMED | {"size": SMALL}}, tickfont=NAMED | {"size": SMALL}, showgrid=False, zeroline=False,
        fixedrange=True, range=[0, max(times[-1], 1.0) * 1.03], nticks=8,
    )  # fmt: skip
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", nticks=5, tickfont=NAMED, fixedrange=True, zeroline=False)
    figure.update_layout(height=190, margin={"l": 4, "r": 8, "t": 6, "b": 4}, showlegend=False, dragmode=False, hovermode="closest")
    return figure


def _axes(figure: go.Figure, *, names: tuple[str, str], top: tuple[float, float]) -> None:
    for update, name, end in ((figure.update_xaxes, names[0], top[0]), (figure.update_yaxes, names[1], top[1])):
        update(
            range=[0, end], tickformat=".0%", nticks=6, tickfont=NAMED, fixedrange=True, zeroline=False,
            title={"text": name, "font": NAMED | {"size": SMALL}},
        )  # fmt: skip
    figure.update_layout(height=_HEIGHT, margin={"l": 4, "r": 8, "t": 8, "b": 4}, showlegend=False, dragmode=False, hovermode="closest")
