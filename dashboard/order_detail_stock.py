"""How does an order stand with the stock: what it wants, holds and lacks, until when, and what befell its holds?"""

import streamlit as st

from dashboard import fmt
from dashboard import inventory_words as said
from dashboard.i18n import t
from dashboard.order_detail import clipped
from dashboard.tables import Figures, Words, listing, plain, unbroken, wide
from dashboard.view import View
from data.reads import OrderDetail, OrderStock

SHOWN = 50
_BADGES = {"held": ("●", "green"), "shipped": ("●", "green"), "partial": ("▲", "orange"), "lapsed": ("▲", "orange"), "short": ("■", "red")}


def draw(detail: OrderDetail, *, view: View) -> None:
    """Draw the stock of an order; nothing where it never asked for any."""
    stock = detail.stock
    if stock is None:
        return
    with st.container(border=True, key="order_stock"):
        shape, color = _BADGES.get(stock.state, ("◌", "gray"))
        st.markdown(f"### {t('库存占用')}　:{color}-badge[{shape} {said.named('holding', stock.state)}]")
        st.caption(headline(stock, view=view))
        _skus(stock, view=view)
        _steps(stock, view=view)


def headline(stock: OrderStock, *, view: View) -> str:
    """Say how fast the order was held, and what of it is short."""
    parts = [t("{at} 获知", at=said.moment(stock.known_at, view=view))]
    if stock.held_at is not None:
        parts.append(t("{seconds} 后占住", seconds=said.seconds(max((stock.held_at - stock.known_at).total_seconds(), 0))))
    if stock.short_units:
        parts.append(t("缺 {units}", units=said.pieces(stock.short_units)))
    if stock.oversold_units:
        parts.append(t("到达时就超卖 {units}", units=said.pieces(stock.oversold_units)))
    return " · ".join(parts)


def _skus(stock: OrderStock, *, view: View) -> None:
    rows = stock.skus[:SHOWN]
    listing(
        [
            Words("SKU", [unbroken(clipped(row.sku_code)) for row in rows]),
            Words(t("商品"), [wide(clipped(row.name or "")) or fmt.MISSING for row in rows]),
            Figures(t("要"), [row.wanted_units for row in rows], fmt.full_count),
            Figures(t("占住"), [row.held_units for row in rows], fmt.full_count),
            Figures(t("缺"), [row.short_units for row in rows], fmt.full_count),
            Words(t("占在"), [_where(row.sku_code, stock, view=view) for row in rows]),
        ],
        alt=t("库存占用"),
    )
    if len(stock.skus) > SHOWN:
        st.caption(t("只列前 {count} 条，共 {all} 条。", count=SHOWN, all=fmt.full_count(len(stock.skus))))


def _where(sku_code: str, stock: OrderStock, *, view: View) -> str:
    """Say in which warehouses a SKU is held, and until when."""
    holds = [row for row in stock.holds if row.sku_code == sku_code and row.state in ("placed", "confirmed")]
    return (
        wide(
            plain(
                t("、").join(
                    f"{said.warehouse(row.warehouse_code, row.warehouse)} {said.left(row.expires_at, as_of=view.as_of)}" for row in holds
                )
            )
        )
        or fmt.MISSING
    )


def _steps(stock: OrderStock, *, view: View) -> None:
    if not stock.steps:
        return
    with st.expander(t("占用经过（{count}）", count=len(stock.steps)), icon=":material/history:"):
        rows = stock.steps[-SHOWN:]
        listing(
            [
                Words(t("时间"), [unbroken(said.moment(row.at, view=view)) for row in rows]),
                Words(t("经过"), [unbroken(said.named("step", row.step)) for row in rows]),
                Words("SKU", [unbroken(clipped(row.sku_code)) for row in rows]),
                Words(t("仓库"), [unbroken(plain(said.warehouse(row.warehouse_code, row.warehouse))) for row in rows]),
                Figures(t("占用变化"), [row.units for row in rows], said.signed),
                Words(t("经手"), [unbroken(plain(row.person or t("系统"))) for row in rows]),
                Words(t("说明"), [wide(plain(clipped(row.note or fmt.MISSING))) for row in rows]),
            ],
            alt=t("占用经过"),
        )
