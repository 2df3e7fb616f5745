"""How does one turn the pages of a list of stock, and choose one of few?"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import streamlit as st

from dashboard.i18n import SOURCE, language, t

# Counts deeds, so that what was selected before one is not selected after it.
GENERATION = "stock_generation"


class Row(Protocol):
    """A row of a list, which knows what the next page begins after."""

    @property
    def cursor(self) -> Any:
        """What the next page begins after."""


def pages(key: str, question: object) -> list[Any]:
    """Return the cursors of the pages of a list turned so far, the first one None; another question begins anew."""
    kept: Any = st.session_state.get(key)
    if kept is None or kept[0] != question:
        kept = st.session_state[key] = (question, [None])
    turned: list[Any] = kept[1]
    return turned


def turn(key: str, rows: Sequence[Row], turned: list[Any], *, page: int) -> None:
    """Draw how to go back and on; nothing where everything stands on one page."""
    after = rows[-1].cursor if len(rows) == page else None
    if len(turned) == 1 and after is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("上一页"), icon=":material/chevron_left:", disabled=len(turned) == 1, on_click=_back, args=(turned,), key=f"{key}_back")
        st.caption(t("第 {page} 页", page=len(turned)))
        st.button(t("下一页"), icon=":material/chevron_right:", disabled=after is None, on_click=_on, args=(turned, after), key=f"{key}_on")


def one_of(key: str, label: str, names: Mapping[str, tuple[str, str]], *, usual: str | None = None, width: int = 150) -> str | None:
    """Draw a choice of one, bound to the address; None where nothing is chosen."""
    side = 0 if language() == SOURCE else 1
    return st.selectbox(
        label,
        list(names),
        index=None if usual is None else list(names).index(usual),
        format_func=lambda code: names[code][side] if code in names else str(code),
        key=key,
        bind="query-params",
        placeholder=t("全部"),
        width=width,
    )


def generation() -> int:
    """Return how often something was done on this page."""
    return int(st.session_state.get(GENERATION, 0))


def next_generation() -> None:
    """Have nothing selected any more."""
    st.session_state[GENERATION] = generation() + 1


def _back(turned: list[Any]) -> None:
    turned.pop()
    next_generation()


def _on(turned: list[Any], after: Any) -> None:
    turned.append(after)
    next_generation()
