"""Which orders want more than there is, and what is to become of each: wait, or be given goods of another warehouse? (A3)"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, inventory, lifecycle_charts, options, states, words
from dashboard import inventory_words as said
from dashboard.deciding import who
from dashboard.drill import clicked
from dashboard.i18n import t
from dashboard.inventory import Inventory
from dashboard.inventory_deeds import do, only_those_who_may
from dashboard.inventory_pages import generation, one_of, pages, turn
from dashboard.lifecycle_charts import Bar
from dashboard.options import CONFLICT, CONFLICT_SKU, WISH
from dashboard.order_links import order_link
from dashboard.tables import ROW_HEIGHT, Figures, Words, height_of, listing, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import ConflictRow, HoldRow, ShortSku

PAGE = 50
_CURSORS, _CHART = "stock_conflict_pages", "stock_short_chart"
_NO_BAR = {"displayModeBar": False}


def panel(found: Inventory, *, view: View) -> None:
    """Draw what is short by SKU, then order by order, and what can be done with the chosen one."""
    skus = cached_reads.stock_short_skus(view.scope, found.part, view.as_of)
    st.markdown(f"### {headline(found)}")
    if skus:
        _short(skus, found, view=view)
    else:
        states.empty(t("没有订单缺货"), body=t("所有已接的单都有库存可给。"), icon=":material/task_alt:")
    _endangered(cached_reads.stock_endangered(view.scope, found.part, view.as_of), view=view)


def _short(skus: Sequence[ShortSku], found: Inventory, *, view: View) -> None:
    _by_sku(skus, view=view)
    sku_code, state = _asked(skus)
    turned = pages(_CURSORS, (sku_code, state, found.part, view.scope))
    rows = cached_reads.stock_conflicts(view.scope, found.part, view.as_of, sku_code, state, turned[-1])
    if not rows and len(turned) > 1:
        turned.pop()
        st.rerun()
    if not rows:
        states.empty(t("没有这样的缺货"), body=t("可把状态改为“全部”，或换一个 SKU。"), icon=":material/task_alt:")
        return
    picked = _table(rows, view=view)
    turn("stock_conflicts", rows, turned, page=PAGE)
    if picked is not None:
        _deeds(picked, view=view)


def _endangered(rows: Sequence[HoldRow], *, view: View) -> None:
    """Draw the orders whose goods are held but not there: what lies in the warehouse is less than is held."""
    if not rows:
        return
    orders = fmt.full_count(len({(row.shop_id, row.order_no) for row in rows}))
    st.markdown(f"### {t('实物少于占用：{count} 个订单的货不够发', count=orders)}")
    listing(
        [
            Words(t("订单号"), [f"[{plain(row.order_no)}]({order_link(row.shop_id, row.order_no)})" for row in rows]),
            Words(t("渠道"), [unbroken(words.channel(row.channel)) for row in rows]),
            Words(t("商品"), [wide(plain(said.sku(row.sku_code, row.name))) for row in rows]),
            Words(t("仓库"), [unbroken(plain(said.warehouse(row.warehouse_code, row.warehouse))) for row in rows]),
            Figures(t("件数"), [row.units for row in rows], fmt.full_count),
            Words(t("状态"), [unbroken(said.named("hold", row.state)) for row in rows]),
        ],
        alt=t("货不够发的订单"),
    )
    st.caption(t("先占的先发；这些是排在后面、现存轮不到的。补货、盘点或改由他仓发即可解除。"))


def headline(found: Inventory) -> str:
    """Say how much is short and what has been decided of it."""
    exposure = found.exposure
    if not exposure.short_units:
        return t("没有缺货与冲突")
    waiting = exposure.short_units - exposure.accepted_units
    return t(
        "需求多于库存：缺 {units}，其中 {waiting}还没决定怎么办",
        units=said.pieces(exposure.short_units),
        waiting=said.pieces(waiting),
    )


def _by_sku(skus: Sequence[ShortSku], *, view: View) -> None:
    """Draw the shortest SKUs as bars; a bar narrows the list."""
    bars = [
        Bar(
            name=(row.name or row.sku_code)[:16],
            value=float(row.short_units),
            before=None,
            shown=_short_said(row, view=view),
            detail=_short_said(row, view=view),
            key=row.sku_code,
            severe=float(row.short_units - row.accepted_units),
        )
        for row in skus
    ]
    st.plotly_chart(
        lifecycle_charts.bars(bars), alt=t("缺货最多的 SKU"), config=_NO_BAR, key=_CHART, on_select=_bar_clicked, selection_mode="points"
    )
    st.caption(t("红色还没决定；点一条只看这个 SKU。"))


def _short_said(row: ShortSku, *, view: View) -> str:
    parts = [t("缺 {count}", count=fmt.full_count(row.short_units)), t("{count} 单", count=fmt.full_count(row.orders))]
    if row.reporting_minor:
        parts.append(inventory.money(row.reporting_minor, 0, view=view))
    if row.available:
        parts.append(t("他仓可售 {count}", count=fmt.full_count(row.available)))
    if row.inbound:
        parts.append(t("在途 {count}", count=fmt.full_count(row.inbound)))
    return " · ".join(parts)


def _bar_clicked() -> None:
    key = clicked(st.session_state.get(_CHART))
    if key:
        st.session_state[CONFLICT_SKU] = key


def _asked(skus: Sequence[ShortSku]) -> tuple[str | None, str | None]:
    names = {row.sku_code: (said.sku(row.sku_code, row.name), said.sku(row.sku_code, row.name)) for row in skus}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="stock_conflict_filters"):
        sku_code = one_of(CONFLICT_SKU, "SKU", names, width=240)
        state = one_of(CONFLICT, t("状态"), options.conflict_names(), usual="waiting")
    return sku_code, None if state == "all" else state


def _line(row: ConflictRow, *, view: View) -> dict[str, str]:
    state = t("待决定") if row.accepted_at is None else t("{name} 已接受", name=row.accepted_by or "")
    return {
        t("获知"): said.moment(row.known_at, view=view),
        t("商品"): said.sku(row.sku_code, row.name),
        t("订单号"): row.order_no,
        t("渠道"): words.channel(row.channel),
        t("要"): fmt.full_count(row.wanted_units),
        t("缺"): fmt.full_count(row.short_units),
        t("超卖"): fmt.full_count(row.oversold_units) if row.oversold_units else fmt.MISSING,
        t("金额"): fmt.full_money(short_minor(row), currency=view.currency),
        t("应发仓"): said.warehouse(row.warehouse_code, row.warehouse),
        t("他仓可售"): t("、").join(f"{name} {fmt.full_count(units)}" for _, name, units in row.elsewhere[:3]) or fmt.MISSING,
        t("状态"): state,
    }


def short_minor(row: ConflictRow) -> int | None:
    """Return what the short pieces of an order are worth; None without a rate."""
    return None if row.reporting_minor is None else round(row.reporting_minor * row.short_units / row.wanted_units)


def frame(rows: Sequence[ConflictRow], *, view: View) -> pd.DataFrame:
    """Return the rows as they read in the table."""
    return pd.DataFrame([_line(row, view=view) for row in rows])


def _table(rows: Sequence[ConflictRow], *, view: View) -> ConflictRow | None:
    table = frame(rows, view=view)
    right = {t("要"), t("缺"), t("超卖"), t("金额")}
    widths = {t("获知"): 100, t("商品"): 230, t("订单号"): 150, t("渠道"): 80, t("他仓可售"): 170}
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(name, alignment="right" if name in right else "left", width=widths.get(name))
        for name in table.columns
    }
    key = f"stock_conflicts_{generation()}"
    st.dataframe(
        table,
        hide_index=True,
        column_config=config,
        placeholder=fmt.MISSING,
        alt=t("缺货的订单"),
        row_height=ROW_HEIGHT,
        height=min(height_of(len(rows)), 360),
        key=key,
        on_select=lambda: _selected(key, [wish_of(row) for row in rows]),
        selection_mode="single-row",
    )
    st.caption(t("先到的订单在前；勾选一行决定接受等货，或改由他仓发。"))
    wanted = st.query_params.get(WISH, "")
    return next((row for row in rows if wish_of(row) == wanted), None)


def wish_of(row: ConflictRow) -> str:
    """Return by what an address names what an order wants of a SKU."""
    return f"{row.shop_id}/{row.order_no}/{row.sku_code}"


def _selected(key: str, wishes: Sequence[str]) -> None:
    chosen = [int(place) for place in st.session_state[key]["selection"]["rows"] if place < len(wishes)]
    if chosen:
        st.query_params[WISH] = wishes[chosen[0]]
    elif WISH in st.query_params:
        del st.query_params[WISH]


def _deeds(row: ConflictRow, *, view: View) -> None:
    """Draw what can be done with one order's wish."""
    with st.container(border=True, key="stock_conflict"):
        link = f"[{plain(row.order_no)}]({order_link(row.shop_id, row.order_no)})"
        st.markdown(
            t(
                "**{order}** 要 {wanted}，缺 {short}：{sku}",
                order=link,
                wanted=said.pieces(row.wanted_units),
                short=said.pieces(row.short_units),
                sku=plain(said.sku(row.sku_code, row.name)),
            )
        )
        if row.accepted_at is not None:
            at = said.moment(row.accepted_at, view=view)
            st.caption(t("{name} 于 {at} 接受等货。", name=plain(row.accepted_by or "") or who(""), at=at))
        if not only_those_who_may(view):
            return
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if row.accepted_at is None:
                st.button(t("接受等货"), icon=":material/hourglass_top:", key="stock_accept", on_click=_accept, args=(row, view))
            _to_another(row, view=view)


def _to_another(row: ConflictRow, *, view: View) -> None:
    names = {code: t("{name}（可售 {count}）", name=name, count=fmt.full_count(units)) for code, name, units in row.elsewhere}
    if not names:
        st.caption(t("没有别的仓有货；可接受等货，或联系买家。"), width="content")
        return
    st.selectbox(t("改由此仓发"), list(names), format_func=names.__getitem__, key="stock_to_warehouse", width=230)
    st.button(t("重新分配"), icon=":material/swap_horiz:", type="primary", key="stock_reallocate", on_click=_reallocate, args=(row, view))


def _accept(row: ConflictRow, view: View) -> None:
    def deed() -> None:
        actions.accept_short(engine(), **_key(row), person=view.person, seen=row.version, as_of=_now())

    do(deed, done=t("已接受等货：{order}。", order=row.order_no), view=view)


def _reallocate(row: ConflictRow, view: View) -> None:
    chosen = str(st.session_state.get("stock_to_warehouse") or "")

    def deed() -> None:
        actions.reallocate(engine(), **_key(row), to_warehouse=chosen, person=view.person, seen=row.version, as_of=_now())

    name = next((name for code, name, _ in row.elsewhere if code == chosen), chosen)
    do(deed, done=t("{order} 改由 {warehouse}发。", order=row.order_no, warehouse=name), view=view)


def _key(row: ConflictRow) -> dict[str, str]:
    return {"shop_id": row.shop_id, "order_no": row.order_no, "sku_code": row.sku_code}


def _now() -> datetime:
    return datetime.now(UTC)
