"""Which stock is spoken of, as of when, and what is the first thing a warehouse lead must know of it?"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from dashboard import cached_reads, fmt, health, options, states, words
from dashboard import inventory_words as said
from dashboard.i18n import SOURCE, language, t
from dashboard.options import REGION
from dashboard.view import View
from data.api import decimals_of
from data.reads import Exposure, HoldCounts, Part, StockAlert, StockSummary
from models.stock.metrics import METRICS_BY_KEY

# Nobody counts stock for so long: what is shown may be far from what lies there.
STALE = timedelta(hours=26)


@dataclass(frozen=True)
class Inventory:
    """Everything the head of the page says, from one look."""

    part: Part
    summary: StockSummary
    exposure: Exposure
    holds: HoldCounts
    alerts: tuple[StockAlert, ...]

    @property
    def checksum(self) -> str:
        """A short digest of what is asked and of every sum: the same on the page and in the workbook (M2)."""
        told = repr((self.part, self.summary, self.exposure, self.holds))
        return hashlib.blake2b(told.encode(), digest_size=4).hexdigest()


def part_of(view: View) -> Part | None:
    """Return the part of the stock that is chosen; None, and said so, where a filter is chosen that stock does not have."""
    if view.filters.regions:
        st.info(
            t("**不适用**：库存按 SKU 和仓库记，没有收货地区。请清除地区筛选。"),
            icon=":material/filter_alt_off:",
        )
        st.button(t("清除地区筛选"), icon=":material/filter_alt_off:", on_click=_clear, key="stock_clear_filters")
        return None
    return health.part_of(view.filters)


def read(part: Part, *, view: View) -> Inventory | None:
    """Read the head of a part; None where there is no stock yet, or none that this person sees."""
    summary = cached_reads.stock_summary(view.scope, part, view.as_of)
    cut = view.filters.cut
    exposure = cached_reads.stock_exposure(view.scope, part, cut.since, cut.until)
    holds = cached_reads.stock_hold_counts(view.scope, part, view.as_of)
    if summary is None or exposure is None or holds is None:
        return None
    return Inventory(part, summary, exposure, holds, tuple(cached_reads.stock_alerts(view.scope, ALERT_RULES)))


# The metrics' lines, and those of what is short and of what is held though it is not there.
SHORT, BELOW_HELD = "short", "below_held"
ALERT_RULES = (*METRICS_BY_KEY, SHORT, BELOW_HELD)


def nothing_yet(part: Part, *, view: View) -> None:
    """Say that there is no stock in this part, and what makes it be there."""
    if not part.whole:
        states.empty(t("所选范围没有库存"), body=t("请放宽仓库、类目或渠道筛选。"), icon=":material/inventory_2:")
        return
    if view.scope.warehouses == () or view.scope.shops == () or view.scope.channels == ():
        states.not_allowed(t("您的范围里没有仓库或店铺，因此不显示库存。"))
        return
    states.empty(
        t("还没有库存"),
        body=t("把 ERP 或仓库系统导出的库存文件放进收件箱，或接入库存接口；第一份文件就是期初，之后的只用来对照。"),
        icon=":material/inventory_2:",
    )


def headline(found: Inventory, *, view: View) -> str:
    """Say what is short, in orders, pieces and money, else how much can be sold."""
    exposure, summary = found.exposure, found.summary
    sellable = said.pieces(summary.available)
    if exposure.short_orders:
        return t(
            "{orders} 个订单缺 {units}（{money}），涉及 {skus} 个 SKU",
            orders=fmt.count(exposure.short_orders, language=language()),
            units=said.pieces(exposure.short_units),
            money=money(exposure.short_minor, exposure.short_unrated, view=view),
            skus=fmt.count(exposure.short_skus, language=language()),
        )
    if found.part.channels:
        return t("所选渠道没有缺货")
    if summary.short:
        return t("{places} 处实物不够发，共差 {units}", places=fmt.full_count(summary.short), units=said.pieces(summary.short_pieces))
    if summary.low or summary.out:
        return t("没有缺货；{low} 处低于安全线，可售 {units}", low=fmt.full_count(summary.low + summary.out), units=sellable)
    return t("没有缺货，可售 {units}", units=sellable)


def money(minor: int, unrated: int, *, view: View) -> str:
    """Say an amount in the reporting currency; pieces without a rate are said beside it."""
    shown = fmt.money(minor, currency=view.currency, language=language(), decimals=decimals_of(view.currency))
    return t("{money}，另 {units}无汇率", money=shown, units=said.pieces(unrated)) if unrated else shown


def passport(found: Inventory, *, view: View) -> str:
    """Say which part, as of when, and its checksum (M2)."""
    choices = cached_reads.choices(view.scope)
    side = 0 if language() == SOURCE else 1
    named = {
        t("仓库"): [options.warehouse_names(choices).get(code, (code, code))[side] for code in found.part.warehouses],
        t("类目"): [options.category_names(choices).get(code, (code, code))[side] for code in found.part.categories],
        t("渠道"): [words.channel(code) for code in found.part.channels],
    }
    chosen = [f"{head} {t('、').join(names)}" for head, names in named.items() if names]
    at = fmt.clock(view.as_of, zone=view.zone, language=language())
    return t("{part} · 截至 {at} · 校验码 {sum}", part=" · ".join(chosen) or t("全部库存"), at=at, sum=found.checksum)


def warnings(found: Inventory, *, view: View) -> None:
    """Say what makes the figures less than they seem."""
    if view.as_of - found.summary.changed_at > STALE:
        states.stale(t("库存最后变动于 {age}，请查看“接入与任务”里的库存来源。", age=said.age(found.summary.changed_at, as_of=view.as_of)))


def whole_stock_only(found: Inventory) -> bool:
    """Say whether levels are not to be drawn, because a channel is chosen and one stock has none; say so on the page."""
    if not found.part.channels:
        return False
    st.info(t("**不适用**：一盘货不分渠道，水位没有渠道这一维。请清除渠道筛选，或看“渠道展示”。"), icon=":material/filter_alt_off:")
    return True


def _clear() -> None:
    st.session_state[REGION] = []
