"""How does a person's decision about stock reach the database, and what do they hear of it?"""

from collections.abc import Callable

import streamlit as st

from dashboard import cached_reads
from dashboard.deciding import decide
from dashboard.i18n import t
from dashboard.inventory_pages import next_generation
from dashboard.view import View

_READS = (
    cached_reads.stock_summary,
    cached_reads.stock_exposure,
    cached_reads.stock_levels,
    cached_reads.stock_holds,
    cached_reads.stock_hold_counts,
    cached_reads.stock_endangered,
    cached_reads.stock_short_skus,
    cached_reads.stock_conflicts,
    cached_reads.stock_channel_sums,
    cached_reads.stock_channel_gaps,
    cached_reads.stock_rules,
    cached_reads.stock_quotas,
    cached_reads.stock_hold_rules,
    cached_reads.stock_parked,
)


def do(deed: Callable[[], object], *, done: str, view: View) -> None:
    """Carry out a deed inside a callback, say what came of it, and forget what was read of stock before."""
    decide(deed, done=done, forget=forget, view=view, refused=t("您的角色或范围不能做这件事；需要仓储、运营或经理。"))


def forget() -> None:
    """Drop what was read of stock before, and what was selected of it."""
    for read in _READS:
        read.clear()
    next_generation()


def only_those_who_may(view: View) -> bool:
    """Say whether this person may act on stock; say so to those who may not."""
    if not view.person.may_stock:
        st.caption(t("您的角色只能查看；操作库存需要仓储、运营或经理。"))
    return view.person.may_stock
