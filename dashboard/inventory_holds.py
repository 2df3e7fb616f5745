"""Which orders hold stock, how long yet, and who may let one go or give it its one extension? (S9, A1, A2)"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, options, states, words
from dashboard import inventory_words as said
from dashboard.deciding import who
from dashboard.i18n import t
from dashboard.inventory import Inventory
from dashboard.inventory_deeds import do, only_those_who_may
from dashboard.inventory_pages import generation, one_of, pages, turn
from dashboard.options import HOLD, HOLD_LIST, HOLD_SEARCH
from dashboard.order_links import order_link
from dashboard.tables import ROW_HEIGHT, height_of, plain
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import HoldCounts, HoldRow, HoldsWanted

PAGE = 50
SEARCH_SIGNS = 64
# A hold that ends within so many minutes is about to.
SOON_SECONDS = 600
_CURSORS = "stock_hold_pages"


def panel(found: Inventory, *, view: View) -> None:
    """Draw the holds of a list, and what can be done with the chosen one."""
    st.markdown(f"### {headline(found.holds)}")
    wanted = _asked()
    turned = pages(_CURSORS, (wanted, found.part, view.scope))
    rows = cached_reads.stock_holds(view.scope, found.part, wanted, view.as_of, turned[-1])
    if not rows and len(turned) > 1:
        turned.pop()
        st.rerun()
    if not rows:
        states.empty(t("没有这样的占用"), body=t("可换一个列表，或换一个订单号、编码再找。"), icon=":material/lock_open:")
        return
    picked = _table(rows, view=view)
    turn("stock_holds", rows, turned, page=PAGE)
    if picked is not None:
        _deeds(picked, view=view)


def headline(counts: HoldCounts) -> str:
    """Say how many holds run out, how many are past their end, and how many are paid for."""
    said_ = t(
        "{running} 个占用在倒计时（{units}），{paid} 个已付款（{paid_units}）",
        running=fmt.full_count(counts.running),
        units=said.pieces(counts.running_units),
        paid=fmt.full_count(counts.paid),
        paid_units=said.pieces(counts.paid_units),
    )
    return said_ if not counts.expired else t("{expired} 个已过期未释放；{rest}", expired=fmt.full_count(counts.expired), rest=said_)


def _asked() -> HoldsWanted:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="stock_hold_filters"):
        which = one_of(HOLD_LIST, t("列表"), options.hold_list_names(), usual="running")
        search = st.text_input(
            t("订单号或编码"), key=HOLD_SEARCH, bind="query-params", placeholder=t("开头几位"), max_chars=SEARCH_SIGNS, width=180
        )
    return HoldsWanted(list=which or "running", search=(search or "").strip())


def frame(rows: Sequence[HoldRow], *, view: View) -> pd.DataFrame:
    """Return the rows as they read in the table."""
    return pd.DataFrame([_line(row, view=view) for row in rows])


def countdown(row: HoldRow, *, as_of: datetime) -> str:
    """Say how long a hold lasts yet, marked where it is about to end or is past it."""
    if row.state != "placed":
        return said.named("hold", row.state)
    seconds = None if row.expires_at is None else (row.expires_at - as_of).total_seconds()
    mark = "" if seconds is None else "■ " if seconds <= 0 else "▲ " if seconds <= SOON_SECONDS else ""
    return mark + said.left(row.expires_at, as_of=as_of)


def _line(row: HoldRow, *, view: View) -> dict[str, str]:
    return {
        t("倒计时"): countdown(row, as_of=view.as_of),
        t("到期"): said.moment(row.expires_at, view=view) if row.closed_at is None else said.moment(row.closed_at, view=view),
        t("商品"): said.sku(row.sku_code, row.name),
        t("订单号"): row.order_no,
        t("渠道"): words.channel(row.channel),
        t("仓库"): said.warehouse(row.warehouse_code, row.warehouse),
        t("件数"): fmt.full_count(row.units),
        t("占用于"): said.moment(row.placed_at, view=view),
        t("延长"): t("{name} 已延长", name=row.extended_by) if row.extended_by else fmt.MISSING,
        t("订单阶段"): words.stage(row.stage) if row.stage else fmt.MISSING,
    }


def _table(rows: Sequence[HoldRow], *, view: View) -> HoldRow | None:
    table = frame(rows, view=view)
    right = {t("件数"), t("到期"), t("占用于")}
    widths = {t("倒计时"): 110, t("到期"): 100, t("商品"): 230, t("订单号"): 150, t("渠道"): 80}
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(name, alignment="right" if name in right else "left", width=widths.get(name))
        for name in table.columns
    }
    key = f"stock_holds_{generation()}"
    st.dataframe(
        table,
        hide_index=True,
        column_config=config,
        placeholder=fmt.MISSING,
        alt=t("占用台账"),
        row_height=ROW_HEIGHT,
        height=min(height_of(len(rows)), 430),
        key=key,
        on_select=lambda: _selected(key, [row.hold_id for row in rows]),
        selection_mode="single-row",
    )
    st.caption(t("勾选一行可释放或延长；到期的占用从那一分钟起就不再占库存。"))
    wanted = st.query_params.get(HOLD, "")
    return next((row for row in rows if str(row.hold_id) == wanted), None)


def _selected(key: str, ids: Sequence[int]) -> None:
    chosen = [int(place) for place in st.session_state[key]["selection"]["rows"] if place < len(ids)]
    if chosen:
        st.query_params[HOLD] = str(ids[chosen[0]])
    elif HOLD in st.query_params:
        del st.query_params[HOLD]


def _deeds(row: HoldRow, *, view: View) -> None:
    with st.container(border=True, key="stock_hold"):
        link = f"[{plain(row.order_no)}]({order_link(row.shop_id, row.order_no)})"
        goods = plain(said.sku(row.sku_code, row.name))
        where = plain(said.warehouse(row.warehouse_code, row.warehouse))
        state = countdown(row, as_of=view.as_of)
        st.markdown(
            t(
                "**{order}** 在 {where}占 {units}：{sku}（{state}）",
                order=link,
                where=where,
                units=said.pieces(row.units),
                sku=goods,
                state=state,
            )
        )
        if row.state not in ("placed", "confirmed"):
            st.caption(t("这笔占用已结束，没有可做的。"))
            return
        if not only_those_who_may(view):
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            paid = row.state == "confirmed"
            st.button(
                t("释放"), icon=":material/lock_open:", key="stock_release", disabled=paid, on_click=_release, args=(row, view),
                help=t("已付款的占用不能释放：请换仓或取消订单。") if paid else None,
            )  # fmt: skip
            once = row.extended_by is None
            lasts = row.state == "placed" and row.expires_at is not None and row.expires_at > view.as_of
            st.button(
                t("延长一次"), icon=":material/more_time:", key="stock_extend", type="primary", disabled=not (once and lasts),
                on_click=_extend, args=(row, view), help=_why_not(row, once=once, lasts=lasts),
            )  # fmt: skip


def _why_not(row: HoldRow, *, once: bool, lasts: bool) -> str | None:
    if row.state == "confirmed":
        return t("已付款的占用不过期，不用延长。")
    if not once:
        return t("{name} 已用掉唯一一次延长。", name=row.extended_by or who(""))
    return None if lasts else t("已经过期，不能再延长。")


def _release(row: HoldRow, view: View) -> None:
    def deed() -> None:
        actions.release_hold(engine(), person=view.person, hold_id=row.hold_id, seen=row.version, as_of=_now())

    do(deed, done=t("已释放 {order} 的 {units}。", order=row.order_no, units=said.pieces(row.units)), view=view)


def _extend(row: HoldRow, view: View) -> None:
    def deed() -> None:
        actions.extend_hold(engine(), person=view.person, hold_id=row.hold_id, seen=row.version, as_of=_now())

    do(deed, done=t("已延长 {order} 的占用。", order=row.order_no), view=view)


def _now() -> datetime:
    return datetime.now(UTC)
