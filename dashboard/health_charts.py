"""How is the index drawn: what moved it, where points are lost, and how the weeks went?

Figures are pure functions of numbers and words, their colours the roles of ``dashboard.charts``. ``customdata`` holds the key of a mark,
so that a click says what was chosen. All marks that can be chosen are bars: Streamlit reports no click on a waterfall or a heat map.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import plotly.graph_objects as go

from dashboard.charts import ACCENT, ACTUAL, GOOD, GREY, NAMED, PREVIOUS, SEVERE, drawn_once
from dashboard.fmt import MISSING

# Points between the steps' sum and the change of the index that one shown decimal cannot tell apart.
TOLERANCE_POINTS = 0.05
# Room beside the bars for their figures, in spans of the levels: about 40 pixels on a phone.
ROOM_LEFT, ROOM_RIGHT = 0.34, 0.26
# Opacities, from no loss to the largest: a cell's figure must stay readable on the strongest, in the light and in the dark theme.
STRENGTHS = (0.05, 0.16, 0.27, 0.38, 0.49, 0.6)
DIMMED = 0.45
ROW_HEIGHT = 27
HEAD_HEIGHT = 34
CELL_WIDTH = 0.94
SMALL = 11
NAMED_WEEKS = 6
CLEAR = "rgba(0,0,0,0)"
# Streamlit draws texts without a colour too faint for figures.
SAID = {"size": 12, "color": ACTUAL}

# An annotation or a shape; they are set all at once, for Plotly checks all of them again at each that is added.
Mark = dict[str, object]


@dataclass(frozen=True)
class Step:
    """What one component, or one line, added to the index; ``shown`` stands on the bar, ``detail`` in the hover."""

    name: str
    points: float
    shown: str
    detail: str
    key: str


@dataclass(frozen=True)
class WeekMarker:
    """A week worth a thin line: a sale, a release, an incident. ``week`` as in the chart's weeks."""

    week: str
    text: str


@drawn_once
def waterfall(
    steps: Sequence[Step], *, before: tuple[str, float, str], now: tuple[str, float, str], broken: str, height: int = 300
) -> go.Figure:
    """Draw the index of last period, one row a step, and the index of this period, from top to bottom.

    ``before`` and ``now`` are name, value and figure. ``broken`` says where the axis begins and may name the place as
    ``{start}``; it is said only when the axis does not begin at zero. The ends' bars are then interrupted at their foot.
    ValueError when the steps do not add up to the change.
    """
    levels = list(accumulate((step.points for step in steps), initial=before[1]))
    if abs(levels[-1] - now[1]) > TOLERANCE_POINTS:
        raise ValueError(f"steps add up to {levels[-1]:.2f}, not to {now[1]:.2f}: add the missing step")
    figure = go.Figure()
    left, right = _shown_range((*levels, now[1]))
    last = len(steps) + 1
    for row, (name, value, _), color in ((0, before, PREVIOUS), (last, now, ACTUAL)):
        _draw_end(figure, row=row, name=name, value=value, left=left, right=right, color=color)
    figure.add_trace(_step_bars(steps, levels))
    texts = _figures(steps=steps, levels=levels, ends=(before, now))
    if left > 0:
        texts.append({
            "text": broken.format(start=f"{left:g}"), "x": 0, "xref": "x domain", "y": 0, "yref": "paper", "xanchor": "left",
            "yanchor": "top", "yshift": -2, "showarrow": False, "font": {"size": SMALL, "color": GREY},
        })  # fmt: skip
    figure.update_layout(annotations=texts, shapes=_joints(steps=steps, levels=levels))
    names = [f"<b>{before[0]}</b>", *(step.name for step in steps), f"<b>{now[0]}</b>"]
    figure.update_xaxes(range=[left, right], visible=False, fixedrange=True)
    figure.update_yaxes(
        range=[last + 0.5, -0.5], tickvals=list(range(last + 1)), ticktext=names, tickfont=NAMED, ticks="", ticklabelstandoff=6,
        automargin=True, showgrid=False, zeroline=False, showline=False, fixedrange=True,
    )  # fmt: skip
    _lay_out(figure, height=height, bottom=20)
    figure.update_layout(barmode="overlay", bargap=0.3)
    return figure


@drawn_once
def loss_table(
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    values: Sequence[Sequence[float | None]],
    shown: Sequence[Sequence[str]],
    hover: Sequence[Sequence[str]],
    keys: Sequence[Sequence[str]],
    few: Sequence[Sequence[bool]],
    top: float | None = None,
) -> go.Figure:
    """Draw points lost as a table of coloured cells, one a row and column; a cell without units is "—" and cannot be chosen.

    All matrices are rows of columns. ``few`` cells have too few units for a colour and are outlined in grey. ``top`` is the
    loss with the strongest colour, by default the largest of the coloured ones.
    """
    cells = [(row, column) for row in range(len(rows)) for column in range(len(columns)) if values[row][column] is not None]
    judged = {(row, column): max(values[row][column] or 0.0, 0.0) for row, column in cells if not few[row][column]}
    strongest = top or max(judged.values(), default=0.0) or 1.0
    figure = go.Figure()
    for step, strength in enumerate(STRENGTHS):
        chosen = [cell for cell, loss in judged.items() if _strength(loss, strongest=strongest) == step]
        marker = {"color": SEVERE, "opacity": strength, "line": {"width": 0}}
        figure.add_trace(_cell_bars(chosen, marker=marker, dimmed=strength * DIMMED, keys=keys, hover=hover))
    doubtful = [cell for cell in cells if cell not in judged]
    outline = {"color": CLEAR, "line": {"color": GREY, "width": 1}}
    figure.add_trace(_cell_bars(doubtful, marker=outline, dimmed=DIMMED, keys=keys, hover=hover))
    every = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    for kind, color in ((judged, ACTUAL), (None, GREY)):
        placed = [cell for cell in every if (cell in judged) == (kind is not None)]
        figure.add_trace(_cell_texts(placed, values=values, shown=shown, color=color))
    figure.update_xaxes(
        range=[-0.5, len(columns) - 0.5], tickvals=list(range(len(columns))), ticktext=list(columns), side="top", ticks="",
        autotickangles=[0, 40, 90], automargin=True, showgrid=False, zeroline=False, showline=False, fixedrange=True,
        tickfont=NAMED | {"size": SMALL},
    )  # fmt: skip
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5], tickvals=list(range(len(rows))), ticktext=list(rows), tickfont=NAMED, ticks="",
        ticklabelstandoff=4, automargin=True, showgrid=False, zeroline=False, showline=False, fixedrange=True,
    )  # fmt: skip
    _lay_out(figure, height=len(rows) * ROW_HEIGHT + HEAD_HEIGHT, bottom=2)
    figure.update_layout(barmode="overlay")
    return figure


@drawn_once
def trend(
    weeks: Sequence[str],
    *,
    values: Sequence[float | None],
    shown: Sequence[str],
    hover: Sequence[str],
    target: float,
    target_label: str,
    band: float | None = None,
    partial: Sequence[bool] = (),
    restated: Sequence[bool] = (),
    markers: Sequence[WeekMarker] = (),
    height: int = 150,
) -> go.Figure:
    """Draw the weeks as one line with its target thin; a week without a value is a gap.

    ``partial`` weeks are hollow, ``restated`` ones diamonds. ``band`` is the noise around the week before the last one: a
    last point inside it says nothing. Only the last point carries its figure.
    """
    known = [n for n, value in enumerate(values) if value is not None]
    last = known[-1] if known else None
    hollow = list(partial) or [False for _ in weeks]
    again = list(restated) or [False for _ in weeks]
    figure = go.Figure()
    shapes: list[Mark] = []
    drawn = [value for value in values if value is not None] + [target]
    if band is not None and last is not None and last > 0 and (previous := values[last - 1]) is not None:
        drawn += [previous - band, previous + band]
        shapes.append(_noise(last, middle=previous, band=band))
    line, label = _target(values=values, target=target, label=target_label, taken=[at for at, _ in _placed(markers, weeks)])
    sales, names = _marked_weeks(markers=markers, weeks=weeks)
    shapes, texts = [*shapes, line, *sales], [label, *names]
    figure.add_trace(
        go.Scatter(
            x=list(range(len(weeks))), y=list(values), mode="lines+markers", connectgaps=False, cliponaxis=False,
            line={"color": ACTUAL, "width": 2.2, "backoff": [4 if open_ else 0 for open_ in hollow]},
            marker={
                "color": ACTUAL, "size": [9 if n == last or again[n] or hollow[n] else 5 for n in range(len(weeks))],
                "symbol": [_symbol(hollow=open_, restated=new) for open_, new in zip(hollow, again, strict=True)],
                "line": {"width": [2 if open_ else 0 for open_ in hollow]}, "opacity": 1,
            },
            unselected={"marker": {"opacity": DIMMED}}, customdata=list(weeks), hovertext=list(hover),
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )  # fmt: skip
    if last is not None:
        texts.append(_written(last, values[last] or 0.0, f"<b>{shown[last]}</b>", side="left", shift=7))
    figure.update_layout(shapes=shapes, annotations=texts)
    low, high = min(drawn), max(drawn)
    room = (high - low or 1.0) * 0.16
    named = list(range(len(weeks) - 1, -1, -max(-(-len(weeks) // NAMED_WEEKS), 1)))[::-1]
    figure.update_xaxes(
        range=[-0.4, len(weeks) - 0.6], tickvals=named, ticktext=[weeks[n] for n in named], tickangle=0, ticks="",
        tickfont=NAMED | {"size": SMALL}, showgrid=False, zeroline=False, showline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(range=[low - room, high + room], visible=False, fixedrange=True)
    _lay_out(figure, height=height, bottom=20, right=46, top=_marker_rows(markers, weeks) * 15 + 6)
    return figure


def _shown_range(levels: Sequence[float]) -> tuple[float, float]:
    low, high = min(levels), max(levels)
    span = max(high - low, 1.0)
    grain = 1.0 if span >= 4 else 0.5
    return math.floor((low - ROOM_LEFT * span) / grain) * grain, high + ROOM_RIGHT * span


def _draw_end(figure: go.Figure, *, row: int, name: str, value: float, left: float, right: float, color: str) -> None:
    foot, gap = (right - left) * 0.025, (right - left) * 0.01
    start = left + foot + gap if left > 0 else 0.0
    pieces = [(start, value - start), *([(left, foot)] if left > 0 else [])]
    figure.add_trace(
        go.Bar(
            orientation="h", base=[base for base, _ in pieces], x=[length for _, length in pieces], y=[row for _ in pieces],
            marker_color=color, name=name, hoverinfo="skip", unselected={"marker": {"opacity": 1}},
        )
    )  # fmt: skip


def _step_bars(steps: Sequence[Step], levels: Sequence[float]) -> go.Bar:
    return go.Bar(
        orientation="h",
        base=list(levels[:-1]),
        x=[step.points for step in steps],
        y=list(range(1, len(steps) + 1)),
        marker_color=[SEVERE if step.points < 0 else GOOD for step in steps],
        unselected={"marker": {"opacity": DIMMED}},
        customdata=[step.key for step in steps],
        hovertext=[f"<b>{step.name}</b>　{step.shown}<br>{step.detail}" for step in steps],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _cell_bars(
    cells: Sequence[tuple[int, int]],
    *,
    marker: Mapping[str, object],
    dimmed: float,
    keys: Sequence[Sequence[str]],
    hover: Sequence[Sequence[str]],
) -> go.Bar:
    """Draw cells as bars: unlike square markers they fill their cell at any width."""
    return go.Bar(
        orientation="h",
        base=[column - CELL_WIDTH / 2 for _, column in cells],
        x=[CELL_WIDTH for _ in cells],
        y=[row for row, _ in cells],
        width=0.88,
        marker=marker,
        unselected={"marker": {"opacity": dimmed}},
        customdata=[keys[row][column] for row, column in cells],
        hovertext=[hover[row][column] for row, column in cells],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _cell_texts(
    cells: Sequence[tuple[int, int]], *, values: Sequence[Sequence[float | None]], shown: Sequence[Sequence[str]], color: str
) -> go.Scatter:
    """Write the figures of cells in one trace: an annotation each would cost the square of their number."""
    said = {"size": 12, "color": color}
    return go.Scatter(
        mode="text",
        x=[column for _, column in cells],
        y=[row for row, _ in cells],
        text=[MISSING if values[row][column] is None else shown[row][column] for row, column in cells],
        textfont=said,
        hoverinfo="skip",
        cliponaxis=False,
        selected={"textfont": {"color": color}},
        unselected={"textfont": {"color": color}},
    )


def _strength(loss: float, *, strongest: float) -> int:
    """Return the step of the scale.

    >>> [_strength(loss, strongest=2.0) for loss in (0.0, 0.01, 1.0, 2.0, 3.0)]
    [0, 1, 3, 5, 5]
    """
    steps = len(STRENGTHS) - 1
    return math.ceil(min(loss / strongest, 1.0) * steps)


def _joints(*, steps: Sequence[Step], levels: Sequence[float]) -> list[Mark]:
    """Join each bar with the next; the line runs through a step of nothing."""
    found = []
    for row, level in enumerate(levels):
        through = row < len(steps) and steps[row].points == 0
        end = row + (1.35 if through else 0.65)
        found.append({"type": "line", "x0": level, "x1": level, "y0": row + 0.35, "y1": end, "line": {"color": GREY, "width": 1}})
    return found


def _figures(*, steps: Sequence[Step], levels: Sequence[float], ends: tuple[tuple[str, float, str], tuple[str, float, str]]) -> list[Mark]:
    """Write each figure where its bar ends: a loss to the left, a gain to the right."""
    found: list[Mark] = []
    for row, (_, value, shown) in ((0, ends[0]), (len(steps) + 1, ends[1])):
        found.append(_written(value, row, f"<b>{shown}</b>", side="left", shift=3))
    for row, step in enumerate(steps, start=1):
        side, shift = ("right", -3) if step.points < 0 else ("left", 3)
        found.append(_written(levels[row], row, step.shown, side=side, shift=shift))
    return found


def _written(x: float, y: float, text: str, *, side: str, shift: int) -> Mark:
    return {"x": x, "y": y, "text": text, "xanchor": side, "xshift": shift, "showarrow": False, "font": SAID}


def _target(*, values: Sequence[float | None], target: float, label: str, taken: Sequence[int]) -> tuple[Mark, Mark]:
    """Draw the target thin; its label stands at the beginning, right of a marker there, on the side where the line is not."""
    start = max((at for at in taken if at < 3), default=0)
    near = [value for value in values[start : start + 4] if value is not None]
    above = not near or sum(near) / len(near) < target
    line = {
        "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": target, "y1": target, "layer": "below",
        "line": {"color": GREY, "width": 1, "dash": "dash"},
    }  # fmt: skip
    text = {
        "x": start + 0.1 if start in taken else -0.4, "y": target, "text": label, "xanchor": "left",
        "yanchor": "bottom" if above else "top", "showarrow": False, "font": {"size": SMALL, "color": GREY},
    }  # fmt: skip
    return line, text


def _noise(last: int, *, middle: float, band: float) -> Mark:
    """Return the box within which a last point says nothing."""
    ends: Mark = {"x0": last - 1.3, "x1": last + 0.3, "y0": middle - band, "y1": middle + band}
    return {"type": "rect", **ends, "fillcolor": PREVIOUS, "opacity": 0.4, "line": {"width": 0}, "layer": "below"}


def _marked_weeks(*, markers: Sequence[WeekMarker], weeks: Sequence[str]) -> tuple[list[Mark], list[Mark]]:
    """Return the lines and texts of the markers whose week is shown; their texts take turns on two rows."""
    lines: list[Mark] = []
    texts: list[Mark] = []
    for turn, (at, text) in enumerate(_placed(markers, weeks)):
        side = "left" if at < len(weeks) / 3 else "right" if at >= len(weeks) * 2 / 3 else "center"
        lines.append({
            "type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "y domain", "layer": "below",
            "line": {"color": ACCENT, "width": 1, "dash": "dot"},
        })  # fmt: skip
        texts.append({
            "x": at, "y": 1, "yref": "y domain", "xanchor": side, "yanchor": "bottom", "yshift": turn % 2 * 15 - 2, "text": text,
            "showarrow": False, "font": {"size": SMALL, "color": ACCENT},
        })  # fmt: skip
    return lines, texts


def _placed(markers: Sequence[WeekMarker], weeks: Sequence[str]) -> list[tuple[int, str]]:
    return sorted((list(weeks).index(marker.week), marker.text) for marker in markers if marker.week in weeks)


def _marker_rows(markers: Sequence[WeekMarker], weeks: Sequence[str]) -> int:
    return min(len(_placed(markers, weeks)), 2)


def _symbol(*, hollow: bool, restated: bool) -> str:
    return ("diamond" if restated else "circle") + ("-open" if hollow else "")


def _lay_out(figure: go.Figure, *, height: int, bottom: int, right: int = 4, top: int = 4) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": right, "t": top, "b": bottom},
        showlegend=False,
        dragmode=False,
        hovermode="closest",
    )
