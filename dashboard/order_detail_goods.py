"""What was bought, for how much, and whose figures count?"""

from collections.abc import Sequence

import streamlit as st

from dashboard import fmt, tables
from dashboard.i18n import msg, t
from dashboard.order_detail import clipped
from dashboard.order_detail_timeline import SHOWN, source_name
from dashboard.tables import Figures, Words, plain, unbroken, wide
from dashboard.view import View
from data.reads import MONEY_FIELDS, DetailLine, MoneyClaim, OrderDetail, OrderHead

AMOUNTS: dict[str, str] = {
    "total_minor": msg("应付总额"),
    "goods_minor": msg("货款"),
    "freight_minor": msg("运费"),
    "discount_minor": msg("优惠"),
    "paid_minor": msg("实付"),
    "refunded_minor": msg("已退"),
}


def lines(detail: OrderDetail) -> None:
    """Draw the lines that count with their sum, and folded those of other sources."""
    counting = [line for line in detail.lines if line.counts]
    others = [line for line in detail.lines if not line.counts]
    st.markdown(f"### {t('明细')}")
    if not counting:
        tables.none_yet(t("没有来源给出明细"))
    else:
        _lines(counting, head=detail.head)
        st.caption(t("以 {source} 的明细为准。", source=source_name(counting[0].source)))
    if others:
        with st.expander(t("其他来源的明细（{count}）", count=len(others)), icon=":material/forum:"):
            for source in dict.fromkeys(line.source for line in others):
                st.caption(source_name(source))
                _lines([line for line in others if line.source == source], head=detail.head)


def money(detail: OrderDetail, *, view: View) -> None:
    """Draw the amounts in the order's own currency, who states each, and what was paid in the reporting currency."""
    head = detail.head
    st.markdown(f"### {t('金额')}")
    known = [name for name in MONEY_FIELDS if getattr(head, name) is not None]
    if not known:
        tables.none_yet(t("没有来源给出金额"))
        return
    differing = [_differing(name, detail) for name in known]
    columns: list[Words | Figures] = [
        Words(t("项目"), [unbroken(t(AMOUNTS[name])) for name in known]),
        Figures(t("数额"), [getattr(head, name) for name in known], lambda minor: _money(minor, head)),
        Words(t("依据"), [wide(_stated(name, detail)) for name in known]),
    ]
    if any(differing):
        columns.append(Words(t("其他说法"), [wide(text) for text in differing]))
    tables.listing(columns, alt=t("订单金额"))
    if head.paid_minor is not None and head.currency != view.currency:
        if head.paid_reporting_minor is None:
            st.caption(t("付款日没有汇率，未折合为 {currency}。", currency=view.currency))
        else:
            worth = fmt.full_money(head.paid_reporting_minor, currency=view.currency)
            st.caption(plain(t("实付按付款日汇率折合 {amount}。", amount=worth)))


def _lines(found: Sequence[DetailLine], *, head: OrderHead) -> None:
    shown = found[:SHOWN]
    quantities, amounts = [line.quantity for line in found], [line.amount_minor for line in found]

    def spoken(value: float | None) -> str:
        return _money(value, head)

    blank = [""]
    columns: list[Words | Figures] = [
        Words("SKU", [*(unbroken(clipped(line.sku_code)) or fmt.MISSING for line in shown), unbroken(t("合计"))]),
        Words(t("商品"), [*(wide(clipped(line.title)) or fmt.MISSING for line in shown), *blank]),
    ]
    if any(line.properties for line in shown):
        columns.append(Words(t("规格"), [*(wide(clipped(line.properties)) for line in shown), *blank]))
    columns.append(Figures(t("数量"), [*quantities[: len(shown)], summed(quantities)], fmt.full_count))
    columns.append(Figures(t("单价"), [*(line.unit_price_minor for line in shown), None], spoken))
    if any(amount is not None for amount in amounts):
        columns.append(Figures(t("金额"), [*amounts[: len(shown)], summed(amounts)], spoken))
    tables.listing(columns, alt=t("订单明细"), total=True)
    if len(found) > len(shown):
        st.caption(t("只列前 {count} 条，共 {all} 条。", count=SHOWN, all=fmt.full_count(len(found))))


def summed(values: Sequence[int | None]) -> int | None:
    """Return a sum, None where a part of it is not known.

    >>> summed([1, 2]), summed([1, None]), summed([])
    (3, None, 0)
    """
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _money(minor: float | None, said: OrderHead | MoneyClaim) -> str:
    if said.currency is None:
        return fmt.MISSING if minor is None else t("{amount}（币种未知）", amount=f"{minor / 100:,.2f}")
    return fmt.full_money(minor, currency=said.currency, decimals=said.decimals)


def _stated(name: str, detail: OrderDetail) -> str:
    """Return the sources that state the amount as it stands."""
    same = [claim for claim in detail.claims if _states(claim, name, head=detail.head)]
    return t("、").join(dict.fromkeys(source_name(claim.source) for claim in same)) or fmt.MISSING


def _differing(name: str, detail: OrderDetail) -> str:
    others = [claim for claim in detail.claims if getattr(claim, name) is not None and not _states(claim, name, head=detail.head)]
    said = [
        t("{amount}（{source}）", amount=plain(_money(getattr(claim, name), claim)), source=source_name(claim.source)) for claim in others
    ]
    return t("、").join(dict.fromkeys(said))


def _states(claim: MoneyClaim, name: str, *, head: OrderHead) -> bool:
    amount: int | None = getattr(claim, name)
    return amount is not None and (amount, claim.currency) == (getattr(head, name), head.currency)
