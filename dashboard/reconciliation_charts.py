"""How are the classes of a reconciliation and the way of the money drawn? Pure functions, as in ``dashboard.charts``."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import plotly.graph_objects as go

from dashboard.charts import ACCENT, ACTUAL, GOOD, GREY, NAMED, SEVERE, WATCH, drawn_once
from dashboard.health_charts import SAID

Role = Literal["total", "less", "more", "waits", "other", "unexplained"]
# What only moves is grey, what is gained green, what still waits amber; red is kept for what nobody explains.
COLORS: dict[Role, str] = {"total": ACTUAL, "less": GREY, "more": GOOD, "waits": WATCH, "other": ACCENT, "unexplained": SEVERE}
# 完全一致, 部分差异, 缺失, 待到期.
CLASS_COLORS = (GOOD, ACCENT, SEVERE, WATCH)
ROW_HEIGHT = 27
# Room beside the bars for their figures, as a part of the axis.
ROOM_SIGN = 0.042


@dataclass(frozen=True)
class MoneyBar:
    """One bar of the way of the money: it goes from ``base`` over ``length``; ``shown`` stands beside it, ``detail`` in the hover."""

    name: str
    base: float
    length: float
    shown: str
    detail: str
    role: Role

    @property
    def ends(self) -> tuple[float, float]:
        """Where it begins and ends on the axis, the smaller first."""
        first, last = sorted((self.base, self.base + self.length))
        return first, last

    @property
    def hover(self) -> str:
        """What a hover says."""
        return f"<b>{escape(self.name)}</b>　{escape(self.shown)}<br>{escape(self.detail)}"


@drawn_once
def class_bar(parts: Sequence[tuple[str, int, str]]) -> go.Figure:
    """Draw the four classes as one bar: (name, count, what a hover says)."""
    figure = go.Figure()
    for (name, count, detail), color in zip(parts, CLASS_COLORS, strict=True):
        figure.add_trace(
            go.Bar(
                orientation="h", x=[count], y=[0], name=name, marker={"color": color, "line": {"width": 1.5, "color": "rgba(0,0,0,0)"}},
                hovertext=[detail], hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    figure.update_layout(barmode="stack", height=30, margin={"l": 0, "r": 0, "t": 2, "b": 2}, showlegend=False, dragmode=False, bargap=0.05)
    return figure


@drawn_once
def waterfall(bars: Sequence[MoneyBar]) -> go.Figure:
    """Draw the way of the money from top to bottom, each bar beginning where the one before has ended."""
    figure = go.Figure()
    for role, color in COLORS.items():
        rows = [(n, bar) for n, bar in enumerate(bars) if bar.role == role]
        figure.add_trace(
            go.Bar(
                orientation="h", base=[bar.base for _, bar in rows], x=[bar.length for _, bar in rows], y=[n for n, _ in rows], width=0.66,
                marker_color=color, hovertext=[bar.hover for _, bar in rows],
                hovertemplate="%{hovertext}<extra></extra>",
            )
        )  # fmt: skip
    for n, bar in enumerate(bars):
        figure.add_annotation(x=bar.ends[1], y=n, text=escape(bar.shown), xanchor="left", xshift=4, showarrow=False, font=SAID)
        if n + 1 < len(bars):
            level = bar.base + bar.length
            figure.add_shape(type="line", x0=level, x1=level, y0=n + 0.33, y1=n + 0.67, line={"color": GREY, "width": 1})
    low = min([0.0, *(bar.ends[0] for bar in bars)])
    high = max([0.0, *(bar.ends[1] for bar in bars)])
    span = (high - low) or 1.0
    signs = max((sum(2 if ord(sign) >= 0x2E80 else 1 for sign in bar.shown) for bar in bars), default=0)
    figure.update_xaxes(range=[low - 0.01 * span, high + span * (0.04 + ROOM_SIGN * signs)], visible=False, fixedrange=True)
    names = [f"<b>{escape(bar.name)}</b>" if bar.role in ("total", "unexplained") else escape(bar.name) for bar in bars]
    figure.update_yaxes(
        range=[len(bars) - 0.5, -0.5], tickvals=list(range(len(bars))), ticktext=names, tickfont=NAMED, ticks="", ticklabelstandoff=6,
        automargin=True, showgrid=False, zeroline=False, showline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_layout(
        height=len(bars) * ROW_HEIGHT + 10, margin={"l": 4, "r": 4, "t": 2, "b": 2}, showlegend=False, dragmode=False, barmode="overlay",
        hovermode="closest",
    )  # fmt: skip
    return figure
