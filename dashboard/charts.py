"""How is a series drawn? One notation everywhere: actual solid and dark, the period before light, an unfinished day hatched.

Figures are pure functions of numbers and words. The colours are roles, whose values are in ``streamlit_config.toml``: Streamlit
puts ``theme.chartCategoricalColors[n]`` where a figure says the n-th placeholder of its Plotly template.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go
from plotly.subplots import make_subplots

ACTUAL, PREVIOUS, ACCENT, GOOD, WATCH, SEVERE, GREY = (f"#{number:06d}" for number in range(1, 8))

PANEL_HEIGHT = 84
AXIS_HEIGHT = 40
# With more days than this, figures on the bars would touch.
LABELLED_DAYS = 8


@dataclass(frozen=True)
class Panel:
    """One small multiple: a channel's series, and what it says at its head.

    ``shown`` are the figures in full, for the hover; ``labels`` stand on the marks, short.
    """

    title: str
    actual: Sequence[float | None]
    shown: Sequence[str]
    labels: Sequence[str]
    previous: Sequence[float | None] = ()
    previous_shown: Sequence[str] = ()


@dataclass(frozen=True)
class Marker:
    """A day worth a thin line: a sale, a release, an incident."""

    day: date
    text: str


def day_panels(
    panels: Sequence[Panel],
    *,
    days: Sequence[date],
    day_names: Sequence[str],
    light_days: int = 0,
    unfinished: bool = False,
    markers: Sequence[Marker] = (),
    lines: bool = False,
    words: tuple[str, str],
) -> go.Figure:
    """Draw one panel a channel over the same days, on one scale from zero.

    ``light_days`` days at the beginning lie before the chosen period; ``unfinished`` hatches the last day; ``words`` are the
    names of the period and of the one before, for the hover.
    """
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.28 / max(len(panels), 2))
    positions = list(range(len(days)))
    for row, panel in enumerate(panels, start=1):
        draw = _lines if lines else _bars
        for trace in draw(panel, positions, day_names=day_names, light_days=light_days, unfinished=unfinished, words=words):
            figure.add_trace(trace, row=row, col=1)
        figure.add_annotation(
            text=panel.title,
            row=row,
            col=1,
            x=0,
            xref="x domain",
            y=1.0,
            yref="y domain",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            yshift=2,
        )
    _mark(figure, markers=markers, days=days)
    top = max((value for panel in panels for value in (*panel.actual, *panel.previous) if value is not None), default=1) or 1
    ticks = _ticks(len(days))
    figure.update_yaxes(range=[0, top * 1.22], visible=False, fixedrange=True)
    figure.update_xaxes(
        range=[-0.6, len(days) - 0.4],
        tickvals=ticks,
        ticktext=[day_names[n] for n in ticks],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_layout(
        height=len(panels) * PANEL_HEIGHT + AXIS_HEIGHT,
        margin={"l": 8, "r": 14, "t": 22 + (16 if markers else 0), "b": 4},
        showlegend=False,
        barmode="overlay",
        bargap=0.25,
        hovermode="x",
        dragmode=False,
    )
    return figure


def minute_bars(minutes: Sequence[str], counts: Sequence[int], *, unit: str) -> go.Figure:
    """Draw how many came in each minute of the last hour."""
    figure = go.Figure(go.Bar(x=list(range(len(counts))), y=list(counts), marker_color=ACTUAL, customdata=list(minutes)))
    figure.update_traces(hovertemplate="%{customdata}　%{y} " + unit + "<extra></extra>")
    ticks = [n for n in range(len(minutes)) if minutes[n].endswith(("0", "5")) and minutes[n][-2:] in ("00", "15", "30", "45")]
    figure.update_xaxes(tickvals=ticks, ticktext=[minutes[n] for n in ticks], showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(visible=False, rangemode="tozero", fixedrange=True)
    figure.update_layout(height=96, margin={"l": 4, "r": 4, "t": 6, "b": 4}, bargap=0.2, showlegend=False, dragmode=False)
    return figure


def _bars(
    panel: Panel, positions: list[int], *, day_names: Sequence[str], light_days: int, unfinished: bool, words: tuple[str, str]
) -> list[go.Bar]:
    labels = list(panel.labels) if len(positions) <= LABELLED_DAYS else ["" for _ in positions]
    bars = []
    if panel.previous:
        bars.append(
            go.Bar(
                x=positions, y=list(panel.previous), width=0.62, offset=-0.42, marker_color=PREVIOUS, name=words[1],
                customdata=list(panel.previous_shown), hovertemplate=f"{words[1]}　%{{customdata}}<extra></extra>",
            )
        )  # fmt: skip
    colors = [PREVIOUS if n < light_days else ACTUAL for n in positions]
    hatched = ["/" if unfinished and n == len(positions) - 1 else "" for n in positions]
    bars.append(
        go.Bar(
            x=positions, y=list(panel.actual), width=0.62, offset=-0.26, marker={"color": colors, "pattern": {"shape": hatched, "size": 5}},
            text=labels, textposition="outside", textangle=0, cliponaxis=False, name=words[0],
            customdata=[f"{name}　{said}" for name, said in zip(day_names, panel.shown, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    return bars


def _lines(
    panel: Panel, positions: list[int], *, day_names: Sequence[str], light_days: int, unfinished: bool, words: tuple[str, str]
) -> list[go.Scatter]:
    few = len(positions) <= LABELLED_DAYS
    ends = {light_days, len(positions) - 1}
    labels = [said if few or n in ends else "" for n, said in enumerate(panel.labels)]
    lines = []
    if panel.previous:
        lines.append(
            go.Scatter(
                x=positions, y=list(panel.previous), mode="lines", line={"color": PREVIOUS, "width": 2}, name=words[1],
                customdata=list(panel.previous_shown), hovertemplate=f"{words[1]}　%{{customdata}}<extra></extra>",
            )
        )  # fmt: skip
    lines.append(
        go.Scatter(
            x=positions, y=list(panel.actual), mode="lines+markers+text", line={"color": PREVIOUS if light_days else ACTUAL, "width": 2.2},
            marker={"size": 6, "color": [PREVIOUS if n < light_days else ACTUAL for n in positions]},
            text=labels, textposition="top center", cliponaxis=False, name=words[0],
            customdata=[f"{name}　{said}" for name, said in zip(day_names, panel.shown, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    return lines


def _mark(figure: go.Figure, *, markers: Sequence[Marker], days: Sequence[date]) -> None:
    for marker in markers:
        if marker.day in days:
            at = list(days).index(marker.day)
            figure.add_vline(x=at, line={"color": ACCENT, "width": 1, "dash": "dot"}, layer="below")
            figure.add_annotation(
                x=at, y=1, yref="paper", yanchor="bottom", yshift=16, text=marker.text, showarrow=False, font={"color": ACCENT, "size": 11}
            )


def _ticks(days: int) -> list[int]:
    """Return which days are named on the axis: all of a week, else about six, the last one always."""
    if days <= LABELLED_DAYS:
        return list(range(days))
    step = -(-days // 6)
    return sorted(range(days - 1, -1, -step))
