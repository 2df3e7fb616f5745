"""Which rows does a list show while somebody works on it?

What is chosen is chosen by its place among the rows, so rows may not move under a hand: while something is chosen they stay as they were
read, until the person asks for new ones or has acted. What was chosen is then looked for among the new rows. Versions guard what is old.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import streamlit as st

from data.reads import QueueRow

Key = tuple[str, str]
Cursor = tuple[float, str, str]
_HELD = "case_list"


@dataclass(frozen=True)
class Held:
    """The rows of a list as they are on the screen; ``pages`` are the cursors turned to so far, ``keep`` what is to stay chosen."""

    question: object
    rows: tuple[QueueRow, ...]
    read_at: datetime
    pages: tuple[Cursor | None, ...] = (None,)
    generation: int = 0
    keep: tuple[Key, ...] = ()
    moved: bool = False

    @property
    def widget(self) -> str:
        """The key of the table; another one has other rows."""
        return f"case_queue_{self.generation}"

    @property
    def kept_places(self) -> list[int]:
        """Where the rows that are to stay chosen stand."""
        return [place for place, row in enumerate(self.rows) if key_of(row) in self.keep]

    @property
    def all_of_it(self) -> str:
        """The key of the box that chooses the whole page."""
        return f"case_all_{self.generation}"

    @property
    def chosen(self) -> list[QueueRow]:
        """The rows that are ticked, or all of the page."""
        if st.session_state.get(self.all_of_it):
            return list(self.rows)
        return [self.rows[place] for place in self._selection().get("rows", ()) if place < len(self.rows)]

    @property
    def busy(self) -> bool:
        """Whether somebody has a hand on a row."""
        return bool(self.chosen or self._selection().get("cells"))

    def _selection(self) -> dict[str, Any]:
        found = st.session_state.get(self.widget)
        return dict(found["selection"]) if found else {"rows": self.kept_places, "cells": []}


def key_of(row: QueueRow) -> Key:
    """Return the key of a row's order."""
    return row.shop_id, row.order_no


def current() -> Held | None:
    """Return the rows that were drawn last."""
    held: Held | None = st.session_state.get(_HELD)
    return held


def rows_for(question: object, *, read: Callable[[Cursor | None], Sequence[QueueRow]], as_of: datetime) -> Held:
    """Return the rows to draw: those on the screen while somebody works on them, else as they are now."""
    held = current()
    if held is None or held.question != question:
        generation = 0 if held is None else held.generation + 1
        return _kept(Held(question, tuple(read(None)), as_of, generation=generation))
    rows = tuple(read(held.pages[-1]))
    if [key_of(row) for row in rows] == [key_of(row) for row in held.rows]:
        return _kept(replace(held, rows=rows, read_at=as_of, moved=False))
    if held.busy:
        return _kept(replace(held, moved=True))
    # what was to stay chosen is meant for the rows right after it was said
    keep = () if held.rows else held.keep
    return _kept(replace(held, rows=rows, read_at=as_of, generation=held.generation + 1, keep=keep, moved=False))


def renew(*, keep: Sequence[Key] = ()) -> None:
    """Let the next look read new rows, with these still chosen."""
    held = current()
    if held is not None:
        _kept(replace(held, rows=(), generation=held.generation + 1, keep=tuple(keep), moved=False))


def turn(pages: tuple[Cursor | None, ...]) -> None:
    """Turn to a page; nothing is chosen there yet."""
    held = current()
    if held is not None:
        _kept(replace(held, pages=pages, rows=(), generation=held.generation + 1, keep=()))


def let_go() -> None:
    """Choose nothing any more; the rows stay."""
    held = current()
    if held is not None:
        _kept(replace(held, generation=held.generation + 1, keep=()))


def chosen_keys() -> tuple[Key, ...]:
    """Return the orders that are chosen."""
    held = current()
    return () if held is None else tuple(key_of(row) for row in held.chosen)


def _kept(held: Held) -> Held:
    st.session_state[_HELD] = held
    return held
