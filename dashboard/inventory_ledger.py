"""By which moves did the book of a SKU in a warehouse come to be what it is?"""

from collections.abc import Sequence

import streamlit as st

from dashboard import cached_reads, fmt, inventory_charts, words
from dashboard import inventory_words as said
from dashboard.i18n import t
from dashboard.inventory_pages import pages, turn
from dashboard.options import PLACE
from dashboard.tables import Figures, Words, listing, none_yet, plain, unbroken, wide
from dashboard.view import View
from data import reads
from data.api import engine
from data.reads import MoveRow, SkuDetail

MOVES = 50
_CURSORS = "stock_move_pages"
_NO_BAR = {"displayModeBar": False}


def draw(detail: SkuDetail, *, view: View) -> None:
    """Draw the moves of one warehouse with the book after each."""
    st.markdown(f"#### {t('流水')}")
    codes = [row.warehouse_code for row in detail.places]
    names = {row.warehouse_code: said.warehouse(row.warehouse_code, row.warehouse) for row in detail.places}
    asked = st.query_params.get(PLACE, "")
    chosen = st.segmented_control(
        t("仓库"),
        codes,
        format_func=lambda code: names.get(code, code),
        default=asked if asked in codes else codes[0],
        required=True,
        key=f"stock_place_{detail.sku_code}_{asked}",
        label_visibility="collapsed",
    )
    warehouse = chosen if chosen in codes else codes[0]
    turned = pages(_CURSORS, (detail.sku_code, warehouse))
    rows = reads.stock_moves(engine(), scope=view.scope, sku_code=detail.sku_code, warehouse_code=warehouse, after=turned[-1], limit=MOVES)
    if not rows:
        none_yet(t("还没有流水"))
        return
    _balance(rows, view=view)
    listing(
        [
            Words(t("时间"), [unbroken(said.moment(row.occurred_at, view=view)) for row in rows]),
            Words(t("类型"), [unbroken(said.named("move", row.type)) for row in rows]),
            Figures(t("数量"), [row.units for row in rows], said.signed),
            Figures(t("账面"), [row.book for row in rows], fmt.full_count),
            Words(t("原因"), [wide(plain(row.reason or fmt.MISSING)) for row in rows]),
            Words(t("经手"), [unbroken(plain(row.person or fmt.MISSING)) for row in rows]),
            Words(t("来源"), [wide(plain(source_of(row))) for row in rows]),
        ],
        alt=t("库存流水"),
    )
    turn("stock_moves", rows, turned, page=MOVES)


def source_of(row: MoveRow) -> str:
    """Say where a move comes from: a file's row, an order, a form."""
    if row.file is not None:
        return t("{file} 第 {row} 行", file=row.file, row=row.row_number or "")
    told = {"order": t("订单 {key}", key=row.move_key.rpartition("/")[2]), "person": t("页面登记")}
    titles = cached_reads.source_titles()
    return told.get(row.source) or words.in_language(*titles.get(row.source, (row.source, row.source)))


def _balance(rows: Sequence[MoveRow], *, view: View) -> None:
    older = list(reversed(rows))
    details = [f"{said.moment(row.occurred_at, view=view)}　{said.named('move', row.type)} {said.signed(row.units)}" for row in older]
    figure = inventory_charts.balance(
        [said.moment(row.occurred_at, view=view) for row in older], [row.book for row in older], details=details, unit=t("件")
    )
    st.plotly_chart(figure, alt=t("每笔流水后的账面数"), config=_NO_BAR, key="stock_balance")
