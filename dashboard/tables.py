"""How does a table look? Words to the left, figures to the right, states in shape, word and colour."""

import pickle
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import fmt
from dashboard.fmt import MISSING
from dashboard.freshness import Light
from dashboard.i18n import t

ROW_HEIGHT = 32
# What begins a list or a rule, and what becomes a link or an icon even where every sign is escaped.
_LIST = re.compile(r"^(\d*)([.-])(?=[ -]|$)")
_LINK = re.compile(r"(?<=:)(?=//|material/)|(?<=www)(?=\.)", re.IGNORECASE)
_BREAKS = re.compile(r"(?<=[-\u2e80-\u9fff\uff00-\uffef])(?=.)|(?<=.)(?=[\u2e80-\u9fff\uff00-\uffef])")


@dataclass(frozen=True)
class Words:
    """A column of texts in Markdown (``plain`` keeps a stranger's text from being read as such)."""

    head: str
    values: Sequence[str]


@dataclass(frozen=True)
class Figures:
    """A column of figures: its head, the numbers, and how one reads. It stands to the right."""

    head: str
    values: Sequence[float | None]
    said: Callable[[float | None], str]


def moments(head: str, values: Sequence[datetime | None], *, zone: str, as_of: datetime) -> Figures:
    """Return a column of instants, said in the business zone."""

    def said(seconds: float | None) -> str:
        return fmt.moment(None if seconds is None else datetime.fromtimestamp(seconds, UTC), zone=zone, as_of=as_of)

    return Figures(head, [None if at is None else at.timestamp() for at in values], said)


def listing(columns: Sequence[Words | Figures], *, alt: str, total: bool = False) -> None:
    """Draw a table that is read, not worked in; with ``total`` its last row is strong."""
    drawn = [(unbroken(column.head), list(column.values), _said_of(column)) for column in columns]
    # one lump of bytes is the soonest told from another
    _drawn_table(pickle.dumps((drawn, alt, total)))


@st.cache_data(max_entries=512, show_spinner=False)
def _drawn_table(asked: bytes) -> None:
    """Draw a table of (head, values, how each figure is said or None for words); drawn again, it is repeated as it was."""
    drawn, alt, total = pickle.loads(asked)  # our own bytes, of this very process
    frame = pd.DataFrame({head: values if said is None else pd.array(values, dtype="Float64") for head, values, said in drawn})
    spoken = {head: said.__getitem__ for head, _, said in drawn if said is not None}
    styled = frame.style.format(spoken, na_rep=MISSING)
    if total and len(frame):
        styled = styled.set_properties(subset=pd.IndexSlice[[frame.index[-1]], :], **{"font-weight": "650"})
    st.table(styled, border="horizontal", hide_index=True, alt=alt)


def selectable(frame: pd.DataFrame, *, alt: str, words: Collection[str], widths: Mapping[str, int], key: str, height: int) -> list[int]:
    """Draw a long table of which one row can be selected; return the selected positions."""
    config: dict[str, Any] = {}
    for name in frame.columns:
        side: Literal["left", "right"] = "left" if name in words else "right"
        config[name] = st.column_config.TextColumn(name, alignment=side, width=widths.get(name))
    event = st.dataframe(
        frame,
        hide_index=True,
        column_config=config,
        placeholder=MISSING,
        alt=alt,
        row_height=ROW_HEIGHT,
        height=height,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    return [int(row) for row in event["selection"]["rows"] if row < len(frame)]


def height_of(rows: int) -> int:
    """Return the height in pixels of a selectable table of so many rows."""
    return (rows + 1) * ROW_HEIGHT + 6


def badge(light: Light) -> str:
    """Return a state as a badge of shape, word and colour, for a column of words."""
    return f":{light.color}-badge[{unbroken(light.said)}]"


def none_yet(text: str) -> None:
    """Say in place of a table that there is nothing to list."""
    st.caption(f":green[●] {text}" if text else t("没有记录"))


def unbroken(text: str) -> str:
    """Keep a browser from breaking a short text, as it may beside any sign of Chinese (word joiners are not seen).

    >>> unbroken("1,540"), len(unbroken("17小时")), len(unbroken("4 h"))
    ('1,540', 6, 3)
    """
    return _BREAKS.sub("\u2060", text.replace(" ", "\u00a0"))


def wide(text: str, *, signs: int = 22) -> str:
    """Let a long text break only where a line has so many signs (one of Chinese counts two), or its column becomes a strip on a phone.

    >>> [len(part) for part in wide("shipped by the deadline of the promise", signs=10).split(" ")]
    [10, 12, 14]
    """
    broken, length = [], 0
    for sign in unbroken(text):
        if sign in "\u2060\u00a0" and length >= signs:
            broken.append("" if sign == "\u2060" else " ")
            length = 0
            continue
        broken.append(sign)
        length += 0 if sign == "\u2060" else 2 if ord(sign) >= 0x2E80 else 1
    return "".join(broken)


def plain(text: str) -> str:
    r"""Keep a stranger's words from being read as Markdown; they stand in one line.

    >>> plain("a_b*.csv [x]"), plain("1. 杯\n---"), plain("- &lt;")
    ('a\\_b\\*.csv \\[x\\]', '1\\. 杯 ---', '\\- \\&lt;')
    >>> plain("https://a.example")
    'https\\:\u2060//a.example'
    """
    escaped = "".join(f"\\{sign}" if sign in "\\`*_{}[]()#+!|~$:<>&" else sign for sign in " ".join(text.split()))
    return _LINK.sub("\u2060", _LIST.sub(r"\1\\\2", escaped))


def _said_of(column: Words | Figures) -> dict[float, str] | None:
    """Return how each of a column's figures is said; a missing one is MISSING in every table."""
    if isinstance(column, Words):
        return None
    return {float(value): unbroken(column.said(float(value))) for value in column.values if value is not None and not pd.isna(value)}
