"""What does each channel show, how old is that, and does it agree with what it was told and with what there is?"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, options, states
from dashboard import inventory_words as said
from dashboard.i18n import t
from dashboard.inventory import Inventory
from dashboard.inventory_levels import open_sku
from dashboard.inventory_pages import generation, one_of, pages, turn
from dashboard.options import GAP
from dashboard.tables import ROW_HEIGHT, Figures, Words, height_of, listing, plain, unbroken, wide
from dashboard.view import View
from data.reads import ChannelSum, GapRow

PAGE = 50
# What a channel shows is old when nobody looked for so long: a quarter of an hour is three pulls.
OLD_SECONDS = 900
_CURSORS = "stock_gap_pages"


def panel(found: Inventory, *, view: View) -> None:
    """Draw each shop's sum, then item by item, those that show too much first."""
    if view.scope.warehouses is not None:
        states.not_allowed(t("渠道显示的是全部仓库的数，您的范围限于部分仓库，因此不显示。"))
        return
    sums = cached_reads.stock_channel_sums(view.scope, found.part)
    st.markdown(f"### {headline(sums)}")
    if not sums:
        states.empty(
            t("还没有给渠道发布过库存"), body=t("库存一有变动，发布任务就按配额给每个店铺写一份文件。"), icon=":material/storefront:"
        )
        return
    _sums(sums, view=view)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="stock_gap_filters"):
        state = one_of(GAP, t("对照"), options.gap_names())
    turned = pages(_CURSORS, (state, found.part, view.scope))
    rows = cached_reads.stock_channel_gaps(view.scope, found.part, view.as_of, state, turned[-1])
    if not rows and len(turned) > 1:
        turned.pop()
        st.rerun()
    if not rows:
        states.empty(t("没有这样的商品"), body=t("可换一种对照结果。"), icon=":material/task_alt:")
        return
    _table(rows, view=view)
    turn("stock_gaps", rows, turned, page=PAGE)


def headline(sums: Sequence[ChannelSum]) -> str:
    """Say which shop shows most above what it was told."""
    worst = max(sums, key=lambda row: row.more_units, default=None)
    if worst is None:
        return t("渠道展示与中台")
    if not worst.more_units:
        return t("没有店铺显示得比发布的多")
    units = sum(row.more_units for row in sums)
    items = sum(row.more for row in sums)
    shop = said.shop(worst.shop_id, worst.shop, worst.channel)
    return t(
        "{items} 个商品共多显示 {units}，{shop}最多，随时可能超卖", items=fmt.full_count(items), units=said.pieces(units), shop=plain(shop)
    )


def _sums(sums: Sequence[ChannelSum], *, view: View) -> None:
    listing(
        [
            Words(t("店铺"), [wide(plain(said.shop(row.shop_id, row.shop, row.channel))) for row in sums]),
            Figures(t("商品数"), [row.items for row in sums], fmt.full_count),
            Words(t("多显示"), [_more(row) for row in sums]),
            Figures(t("少显示"), [row.less for row in sums], fmt.full_count),
            Figures(t("没有对照"), [row.items - row.seen for row in sums], fmt.full_count),
            Figures(t("已下架"), [row.delisted for row in sums], fmt.full_count),
            Figures(t("仅剩提示"), [row.show_left for row in sums], fmt.full_count),
            Words(t("发布于"), [unbroken(said.age(row.told_at, as_of=view.as_of)) for row in sums]),
            Words(t("最旧的显示"), [old_badge(row, view=view) for row in sums]),
        ],
        alt=t("各店铺展示汇总"),
    )


def _more(row: ChannelSum) -> str:
    if not row.more:
        return f":green-badge[{unbroken('● 0')}]"
    return f":red-badge[{unbroken(t('■ {items} 个 {units}', items=fmt.full_count(row.more), units=said.pieces(row.more_units)))}]"


def old_badge(row: ChannelSum, *, view: View) -> str:
    """Say how old the oldest number is that a shop shows."""
    if row.shown_as_of is None:
        return f":gray-badge[{unbroken('◌ ' + t('没有对照'))}]"
    told = said.age(row.shown_as_of, as_of=view.as_of)
    old = (view.as_of - row.shown_as_of).total_seconds() > OLD_SECONDS
    return f":orange-badge[{unbroken('▲ ' + told)}]" if old else unbroken(told)


def gap_words(row: GapRow) -> str:
    """Say whether an item shows what it was told, in shape and words."""
    if row.gap is None:
        return "◌ " + t("没有对照")
    if row.gap == 0:
        return "● " + t("一致")
    count = fmt.full_count(abs(row.gap))
    return "■ " + t("多显示 {units}", units=count) if row.gap > 0 else "▲ " + t("少显示 {units}", units=count)


def frame(rows: Sequence[GapRow], *, view: View) -> pd.DataFrame:
    """Return the rows as they read in the table."""
    return pd.DataFrame(
        [
            {
                t("对照"): gap_words(row),
                t("商品"): said.sku(row.sku_code, row.name),
                t("店铺"): said.shop(row.shop_id, row.shop, row.channel),
                t("中台可售"): fmt.full_count(row.hub_available),
                t("已发布"): fmt.full_count(row.told_quantity),
                t("动作"): said.named("action", row.told_action) if row.told_action else fmt.MISSING,
                t("实际显示"): fmt.full_count(row.shown_quantity),
                t("多久前的数"): said.age(row.shown_as_of, as_of=view.as_of),
                t("发布于"): said.age(row.told_at, as_of=view.as_of),
            }
            for row in rows
        ]
    )


def _table(rows: Sequence[GapRow], *, view: View) -> None:
    table = frame(rows, view=view)
    left = {t("对照"), t("商品"), t("店铺"), t("动作")}
    widths = {t("对照"): 130, t("商品"): 240, t("店铺"): 170}
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(name, alignment="left" if name in left else "right", width=widths.get(name))
        for name in table.columns
    }
    key = f"stock_gaps_{generation()}"
    st.dataframe(
        table,
        hide_index=True,
        column_config=config,
        placeholder=fmt.MISSING,
        alt=t("渠道展示与中台"),
        row_height=ROW_HEIGHT,
        height=min(height_of(len(rows)), 430),
        key=key,
        on_select=lambda: _selected(key, [row.sku_code for row in rows]),
        selection_mode="single-row",
    )
    st.caption(t("多显示 = 店铺实际显示 − 中台发布；勾选一行看这个 SKU。"))


def _selected(key: str, codes: Sequence[str]) -> None:
    chosen = [int(place) for place in st.session_state[key]["selection"]["rows"] if place < len(codes)]
    if chosen:
        open_sku(codes[chosen[0]])
