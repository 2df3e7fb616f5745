"""Where does each SKU stand in each warehouse: the lowest as bars, all of them a page at a time?"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cached_reads, fmt, inventory, inventory_charts, options, states
from dashboard import inventory_words as said
from dashboard.drill import clicked
from dashboard.i18n import language, t
from dashboard.inventory import Inventory
from dashboard.inventory_charts import Level
from dashboard.inventory_pages import generation, one_of, pages, turn
from dashboard.options import LEVEL, LEVEL_ORDER, LEVEL_SEARCH, PLACE, SKU
from dashboard.tables import ROW_HEIGHT, height_of
from dashboard.view import View
from data.reads import LevelRow, LevelsWanted

PAGE = 50
# So many bars at most, and at least some where all is fine; the table below has all of them.
DRAWN, LEAST_DRAWN = 10, 4
SEARCH_SIGNS = 64
_CURSORS, _CHART = "stock_level_pages", "stock_levels_chart"
_NO_BAR = {"displayModeBar": False}


def panel(found: Inventory, *, view: View) -> LevelsWanted:
    """Draw the levels with their filters; returns what they ask for."""
    wanted = LevelsWanted()
    if inventory.whole_stock_only(found):
        return wanted
    wanted = asked()
    turned = pages(_CURSORS, (wanted, found.part, view.scope))
    rows = cached_reads.stock_levels(view.scope, found.part, wanted, view.as_of, turned[-1])
    if not rows and len(turned) > 1:
        turned.pop()
        st.rerun()
    if not rows:
        states.empty(t("没有这样的库存"), body=t("可放宽筛选，或换一个编码、名称再找。"), icon=":material/search_off:")
        return wanted
    st.markdown(f"### {headline(found)}")
    _bars(rows[: drawn(rows)])
    _table(rows)
    turn("stock_levels", rows, turned, page=PAGE)
    return wanted


def headline(found: Inventory) -> str:
    """Say how many places stand below what is safe."""
    summary = found.summary
    low = t("{low} 处低于安全线，{out} 处售罄", low=fmt.full_count(summary.low), out=fmt.full_count(summary.out))
    whole = t("共 {places} 处（SKU × 仓库）", places=fmt.count(summary.places, language=language()))
    if summary.short:
        return t("{short} 处缺货，{low}，{whole}", short=fmt.full_count(summary.short), low=low, whole=whole)
    return t("{low}，{whole}", low=low, whole=whole)


def asked() -> LevelsWanted:
    """Draw the filters of the levels, bound to the address, and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="stock_level_filters"):
        search = st.text_input(
            t("商品"), key=LEVEL_SEARCH, bind="query-params", placeholder=t("编码开头或名称"), max_chars=SEARCH_SIGNS, width=180
        )
        state = one_of(LEVEL, t("状态"), options.level_names())
        order = one_of(LEVEL_ORDER, t("排序"), options.level_order_names(), usual="lowest", width=160)
    return LevelsWanted(state=state, search=(search or "").strip(), order=order or "lowest")


def frame(rows: Sequence[LevelRow]) -> pd.DataFrame:
    """Return the rows as they read in the table."""
    return pd.DataFrame([_line(row) for row in rows])


def open_sku(sku_code: str, warehouse_code: str = "") -> None:
    """Have the detail of a SKU drawn, its moves those of a warehouse."""
    st.query_params[SKU] = sku_code
    if warehouse_code:
        st.query_params[PLACE] = warehouse_code
    elif PLACE in st.query_params:
        del st.query_params[PLACE]


def _line(row: LevelRow) -> dict[str, str]:
    light = said.LEVELS[row.state]
    return {
        t("状态"): light.said,
        t("编码"): row.sku_code,
        t("商品"): row.name or fmt.MISSING,
        t("仓库"): said.warehouse(row.warehouse_code, row.warehouse),
        t("可售"): fmt.full_count(row.available),
        t("占用"): fmt.full_count(row.held - row.expired),
        t("现存"): fmt.full_count(row.on_hand),
        t("在途"): fmt.full_count(row.inbound) if row.inbound else fmt.MISSING,
        t("安全线"): fmt.full_count(row.safety),
        t("到线动作"): fmt.MISSING if row.action is None else said.named("action", row.action),
    }


def drawn(rows: Sequence[LevelRow]) -> int:
    """Return how many of the first rows are drawn: beside what is full, nobody sees what is low."""
    low = sum(row.state != "fine" for row in rows)
    return min(max(low, LEAST_DRAWN), DRAWN)


def _bars(rows: Sequence[LevelRow]) -> None:
    several = len({row.warehouse_code for row in rows}) > 1
    levels = [
        Level(
            name=_short(row, several=several),
            available=row.available,
            held=row.held - row.expired,
            inbound=row.inbound,
            safety=row.safety,
            shown=fmt.full_count(row.available),
            detail=_detail(row),
            key=f"{row.sku_code}\n{row.warehouse_code}",
        )
        for row in rows
    ]
    alt = t("水位：可售、占用、在途和安全线")
    st.plotly_chart(inventory_charts.levels(levels), alt=alt, config=_NO_BAR, key=_CHART, on_select=_bar_clicked, selection_mode="points")
    legend = [f":green[■] {t('可售')}", f":gray[■] {t('占用')}", f"□ {t('在途')}", f"┃ {t('安全线')}", f":red[■] {t('缺货')}"]
    st.caption("　".join(legend) + "　" + t("数字是可售件数；点一条看明细。"))


def _short(row: LevelRow, *, several: bool) -> str:
    name = (row.name or row.sku_code)[:14]
    return f"{name} · {said.warehouse(row.warehouse_code, row.warehouse)}" if several else name


def _detail(row: LevelRow) -> str:
    parts = [
        t("可售 {count}", count=fmt.full_count(row.available)),
        t("占用 {count}", count=fmt.full_count(row.held - row.expired)),
        t("现存 {count}", count=fmt.full_count(row.on_hand)),
        t("在途 {count}", count=fmt.full_count(row.inbound)),
    ]
    if row.safety is not None:
        parts.append(t("安全线 {count}", count=fmt.full_count(row.safety)))
    return " · ".join([row.sku_code, *parts])


def _bar_clicked() -> None:
    key = clicked(st.session_state.get(_CHART))
    if key:
        sku_code, _, warehouse_code = str(key).partition("\n")
        open_sku(sku_code, warehouse_code)


def _table(rows: Sequence[LevelRow]) -> None:
    """Draw the rows; a chosen one opens below."""
    table = frame(rows)
    left = {t("状态"), t("编码"), t("商品"), t("仓库"), t("到线动作")}
    widths = {t("状态"): 110, t("编码"): 130, t("商品"): 220, t("仓库"): 110}
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(name, alignment="left" if name in left else "right", width=widths.get(name))
        for name in table.columns
    }
    key = f"stock_levels_{generation()}"
    st.dataframe(
        table,
        hide_index=True,
        column_config=config,
        placeholder=fmt.MISSING,
        alt=t("库存水位"),
        row_height=ROW_HEIGHT,
        height=min(height_of(len(rows)), 430),
        key=key,
        on_select=lambda: _selected(key, [(row.sku_code, row.warehouse_code) for row in rows]),
        selection_mode="single-row",
    )
    st.caption(t("勾选一行看明细：渠道、流水和为什么不可售。"))


def _selected(key: str, places: Sequence[tuple[str, str]]) -> None:
    chosen = [int(place) for place in st.session_state[key]["selection"]["rows"] if place < len(places)]
    if chosen:
        open_sku(*places[chosen[0]])
