"""How is a series drawn? One notation everywhere: actual solid and dark, the period before light.

Figures are pure functions of numbers and words. The colours are roles, whose values are in ``streamlit_config.toml``: Streamlit
puts ``theme.chartCategoricalColors[n]`` where a figure says the n-th placeholder of its Plotly template.
"""

import pickle
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import ParamSpec

import plotly.graph_objects as go

ACTUAL, PREVIOUS, ACCENT, GOOD, WATCH, SEVERE, GREY = (f"#{number:06d}" for number in range(1, 8))
# Streamlit draws the names along an axis too faint to be read.
NAMED = {"color": GREY}
P = ParamSpec("P")
# Figures kept for everybody; one takes about a tenth of a megabyte.
_KEPT = 384


def drawn_once(draw: Callable[P, go.Figure]) -> Callable[P, go.Figure]:
    """Keep what a pure function of numbers and words drew: a page runs again at every click, and most of what it says is the same.

    A figure once drawn belongs to everybody who asks for the same; nobody may change it.
    """

    @wraps(draw)
    def drawn(*args: P.args, **named: P.kwargs) -> go.Figure:
        return _kept(draw, pickle.dumps((args, named)))

    return drawn


@lru_cache(maxsize=_KEPT)
def _kept(draw: Callable[..., go.Figure], asked: bytes) -> go.Figure:
    args, named = pickle.loads(asked)  # our own bytes, of this very process
    return draw(*args, **named)


@drawn_once
def minute_bars(minutes: Sequence[str], counts: Sequence[int], *, unit: str) -> go.Figure:
    """Draw how many came in each minute of the last hour."""
    figure = go.Figure(go.Bar(x=list(range(len(counts))), y=list(counts), marker_color=ACTUAL, customdata=list(minutes)))
    figure.update_traces(hovertemplate="%{customdata}　%{y} " + unit + "<extra></extra>")
    ticks = [n for n in range(len(minutes)) if minutes[n].endswith(("0", "5")) and minutes[n][-2:] in ("00", "15", "30", "45")]
    figure.update_xaxes(
        tickvals=ticks, ticktext=[minutes[n] for n in ticks], tickfont=NAMED, showgrid=False, zeroline=False, fixedrange=True
    )
    figure.update_yaxes(visible=False, rangemode="tozero", fixedrange=True)
    figure.update_layout(height=96, margin={"l": 4, "r": 4, "t": 6, "b": 4}, bargap=0.2, showlegend=False, dragmode=False)
    return figure
