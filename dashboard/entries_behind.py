"""Which settlement entries stand behind a figure of component C3, and what is wrong with each?"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import cached_reads, cell_names, health, states
from dashboard import reconciliation_words as said
from dashboard.health import Health
from dashboard.i18n import LANGUAGE_KEY, language, t
from dashboard.options import DIFFERENCE
from dashboard.order_links import order_link
from dashboard.reconciliation_queue import sides
from dashboard.tables import Figures, Words, listing, moments, plain, unbroken
from dashboard.view import View
from data.reads import Choices, EntryBehind, EntryCursor, Part

PAGE = 50
RECONCILIATION_PATH = "reconciliation"
_CURSORS = "entries_pages"


def table(found: Health, *, part: Part, view: View, choices: Choices) -> None:
    """Draw one page of the entries that are not good, the oldest first, with the way to the next page and back."""
    since, until = health.as_period(found.span).bounds(view.zone)
    pages = _pages((found.span, part))
    rows = cached_reads.entries_behind(view.scope, part, since, min(until, view.as_of), view.zone, pages[-1])
    if not rows and len(pages) == 1:
        states.empty(t("没有差异"), body=t("所选范围内到期的结算分录都已对上。"), icon=":material/task_alt:")
        return
    listing(_columns(rows, view=view, choices=choices), alt=t("差异清单"))
    _turn(rows, pages)


def difference_link(difference_id: int) -> str:
    """Return the address of a difference, within this site and in this person's language."""
    return f"{RECONCILIATION_PATH}?{urlencode({DIFFERENCE: difference_id, LANGUAGE_KEY: language()})}"


def _columns(rows: Sequence[EntryBehind], *, view: View, choices: Choices) -> list[Words | Figures]:
    named = cell_names.names(choices)
    each = [row.difference for row in rows]
    both = [sides(row) for row in each]

    def number(row: EntryBehind) -> str:
        d = row.difference
        text = unbroken(plain(said.number(d.order_no)))
        return text if ":" in d.order_no else f"[{text}]({order_link(d.shop_id, d.order_no)})"

    return [
        Words(t("标签"), [f"[{unbroken(plain(said.label_of(d)))}]({difference_link(d.difference_id)})" for d in each]),
        Words(t("订单号"), [number(row) for row in rows]),
        Words(t("渠道"), [unbroken(plain(named["channel"](d.channel))) for d in each]),
        Words(t("地区"), [unbroken(plain(named["region"](row.region_code or ""))) for row in rows]),
        Words(t("类目"), [unbroken(plain(named["category"](row.category or ""))) for row in rows]),
        Words(t("交易类型"), [unbroken(said.money_type(d.type)) for d in each]),
        Words(t("差异"), [unbroken(said.verdict(d)) for d in each]),
        said.money_column(t("应有"), [(ours, d.currency) for d, (ours, _) in zip(each, both, strict=True)]),
        said.money_column(t("实有"), [(theirs, d.currency) for d, (_, theirs) in zip(each, both, strict=True)]),
        said.money_column(t("差额"), [(d.difference_minor, d.currency) for d in each]),
        moments(t("到期"), [row.moment for row in rows], zone=view.zone, as_of=view.as_of),
        Words(t("状态"), [unbroken(said.state(d)) for d in each]),
    ]


def _pages(question: object) -> list[EntryCursor | None]:
    """Return the cursors of the pages turned so far, the first one None; another question begins anew."""
    kept: Any = st.session_state.get(_CURSORS)
    if kept is None or kept[0] != question:
        kept = st.session_state[_CURSORS] = (question, [None])
    pages: list[EntryCursor | None] = kept[1]
    return pages


def _back(pages: list[EntryCursor | None]) -> None:
    pages.pop()


def _turn(rows: Sequence[EntryBehind], pages: list[EntryCursor | None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(t("上一页"), icon=":material/chevron_left:", disabled=len(pages) == 1, on_click=_back, args=(pages,), key="entries_back")
        st.caption(t("第 {page} 页", page=len(pages)))
        after = rows[-1].cursor if len(rows) == PAGE else None
        st.button(
            t("下一页"), icon=":material/chevron_right:", disabled=after is None, on_click=pages.append, args=(after,), key="entries_on"
        )
