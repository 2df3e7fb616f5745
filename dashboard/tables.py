"""How does a table look? Words to the left, figures to the right, states as badges in shape, word and colour."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard.freshness import LIGHTS, Light
from dashboard.i18n import t

ROW_HEIGHT = 32


def figures(frame: pd.DataFrame, *, first: str, alt: str) -> None:
    """Draw a small table of figures that are already in words, the first column pinned."""
    show(frame, alt=alt, words={first}, pinned=first)


def show(
    frame: pd.DataFrame,
    *,
    alt: str,
    words: Collection[str] = (),
    pinned: str | None = None,
    badge: str | None = None,
    lights: Collection[Light] = LIGHTS,
    widths: Mapping[str, int] | None = None,
    key: str | None = None,
    selectable: bool = False,
    height: int | None = None,
) -> list[int]:
    """Draw a table: the columns ``words`` to the left, the others to the right, ``badge`` holds lists of one state.

    Returns the positions of the selected rows.
    """
    config: dict[str, Any] = {}
    for name in frame.columns:
        if name == badge:
            config[name] = badges(name, lights=lights, pinned=name == pinned)
        else:
            side: Literal["left", "right"] = "left" if name in words else "right"
            width = (widths or {}).get(name)
            config[name] = st.column_config.TextColumn(name, alignment=side, pinned=name == pinned, width=width)
    common: dict[str, Any] = {"hide_index": True, "column_config": config, "placeholder": "—", "alt": alt, "row_height": ROW_HEIGHT}
    common["height"] = "content" if height is None else height
    if not selectable:
        st.dataframe(frame, key=key, **common)
        return []
    event = st.dataframe(frame, key=key, on_select="rerun", selection_mode="single-row", **common)
    return [int(row) for row in event["selection"]["rows"] if row < len(frame)]


def height_of(rows: int) -> int:
    """Return the height in pixels of a table of so many rows."""
    return (rows + 1) * ROW_HEIGHT + 6


def badges(name: str, *, lights: Collection[Light] = LIGHTS, pinned: bool = False) -> Any:
    """Return the column of states: shape, word and colour, so that colour is never alone."""
    unique = {light.said: light.color for light in lights}
    return st.column_config.MultiselectColumn(name, options=list(unique), color=list(unique.values()), pinned=pinned, width=92)


def badge(light: Light) -> list[str]:
    """Return a state as a cell of a badge column."""
    return [light.said]


def none_yet(text: str) -> None:
    """Say in place of a table that there is nothing to list."""
    st.caption(f":green[●] {text}" if text else t("没有记录"))
