"""How do the overview's figures become cards, charts and a table?"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import streamlit as st

from dashboard import cached_reads, charts, fmt, states
from dashboard.cards import SPARK_DAYS, card
from dashboard.filters import Filters
from dashboard.i18n import language, t
from dashboard.periods import PRESETS, PROMOTIONS, business_today
from dashboard.view import View
from models.overview import Days, Totals, days_of, difference, relative

# A chart of one or two days says nothing; it then shows these days, the chosen ones dark.
FEWEST_CHART_DAYS = 3


@dataclass(frozen=True)
class Overview:
    """What the page has read: the chosen period, the one before, and enough days for the sparklines."""

    now: Days
    before: Days
    trend: Days
    filters: Filters

    @property
    def days(self) -> list[date]:
        """The days the charts draw."""
        period = self.filters.period
        since = period.since if period.days >= FEWEST_CHART_DAYS else period.until - timedelta(days=SPARK_DAYS)
        return [since + timedelta(days=n) for n in range((period.until - since).days)]

    @property
    def channels(self) -> list[str]:
        """The channels of either period, most orders first: one that fell silent is not left out."""
        names = {*self.now.channels(), *self.before.channels()}
        return sorted(names, key=lambda name: (-self.now.totals(channel=name).orders, -self.before.totals(channel=name).orders, name))

    @property
    def light_days(self) -> int:
        """How many of those days lie before the period."""
        return sum(1 for day in self.days if day < self.filters.period.since)


def read(view: View) -> Overview:
    """Read the page's figures: six questions, answered for the period, and compared like with like."""
    chosen = view.filters
    trend, before = chosen.trend(SPARK_DAYS), chosen.compared
    lived = min(view.as_of, chosen.cut.until)
    if not _reaches_back(view, before.since):
        before = replace(before, until=before.since)
    lately = days_of(
        cached_reads.orders_by_day(view.scope, trend),
        cached_reads.paid_by_day(view.scope, trend, view.currency, lived),
        cached_reads.ship_hours_by_day(view.scope, trend),
    )
    earlier = days_of(
        cached_reads.orders_by_day(view.scope, before),
        cached_reads.paid_by_day(view.scope, before, view.currency, before.until),
        cached_reads.ship_hours_by_day(view.scope, before),
    )
    return Overview(now=lately.since(chosen.period.since), before=earlier, trend=lately, filters=chosen)


def period_name(filters: Filters) -> str:
    """Say which days are meant."""
    period = filters.period
    last = period.until - timedelta(days=1)
    name = t(period.promotion) if period.promotion else t(dict(PRESETS)[filters.preset])
    span = fmt.day(period.since, language=language()) if period.days == 1 else f"{period.since:%m-%d} — {last:%m-%d}"
    return f"{name} {span}" if filters.preset != "custom" else span


def compared_with(overview: Overview) -> str:
    """Say what the figures are compared with, and what is special about either period."""
    before, today = overview.filters.period.previous, business_today(overview.filters.as_of, zone=overview.filters.zone)
    if not overview.before.cells:
        return t("上期数据不完整，因此不作比较。")
    last = before.until - timedelta(days=1)
    span = f"{before.since:%m-%d}" if before.days == 1 else f"{before.since:%m-%d} — {last:%m-%d}"
    parts = [t("对比上期 {span}", span=span)]
    sales = [marker.text for marker in promotion_days([before.since + timedelta(days=n) for n in range(before.days)])]
    parts += [t("上期含 {names}", names=t("、").join(sales))] if sales else []
    parts += [t("今日未完，上期只算到同一时刻")] if overview.filters.period.until > today else []
    return " · ".join(parts)


def cards(overview: Overview, *, view: View) -> None:
    """Draw the four figures."""
    now, before = overview.now.totals(), overview.before.totals()
    last = [overview.filters.period.until - timedelta(days=n) for n in range(SPARK_DAYS, 0, -1)]
    spark = overview.trend.series(last)
    said = language()
    with st.grid(4, min_column_width=160, gap="small"):
        moved = relative(now.orders, before.orders)
        card(
            t("订单数"),
            t("{count} 单", count=fmt.count(now.orders, language=said)),
            change=fmt.change(moved),
            flat=fmt.change(moved) == "0.0%",
            spark=[point.orders for point in spark],
            help=t("期间内下单的订单，含未支付和已取消；只有明细、没有主单的不计。"),
        )
        moved = relative(now.paid, before.paid)
        card(
            t("实付金额"),
            fmt.money(now.paid, currency=view.currency, language=said),
            change=fmt.change(moved),
            flat=fmt.change(moved) == "0.0%",
            spark=[point.paid for point in spark],
            help=t("期间内付款的订单实付合计，按付款当日汇率折合 {currency}，未扣退款。", currency=view.currency),
            note=t("{count} 单缺汇率未计入", count=fmt.count(now.unrated, language=said)) if now.unrated else None,
        )
        moved = difference(now.shipped_share, before.shipped_share)
        card(
            t("已发货占比"),
            fmt.share(now.shipped_share),
            change=fmt.points(moved, language=said),
            flat=moved is not None and abs(moved) < 0.0005,
            spark=[point.shipped_share for point in spark],
            chart="line",
            help=t("期间内付款且未取消、未全额退款的订单中已发货的占比；上期按同样的经过时间统计。"),
            note=f"{fmt.count(now.shipped, language=said)} / {fmt.count(now.open_orders, language=said)}",
        )
        moved = difference(now.ship_hours, before.ship_hours)
        card(
            t("平均发货时长"),
            fmt.duration(now.ship_hours, language=said),
            change=fmt.signed_duration(moved, language=said),
            flat=moved is not None and round(moved * 60) == 0,
            spark=[point.ship_hours for point in spark],
            lower_is_better=True,
            chart="line",
            help=t("期间内发货的订单从付款到发货的平均时长，只计来源给出确切时间的订单；只知区间的订单给出上下限，写在旁边。"),
            note=_range_note(now),
        )


def _range_note(now: Totals) -> str | None:
    bounds = now.ship_hours_range
    if bounds is None:
        return None
    least, most = (fmt.duration(bound, language=language()) for bound in bounds)
    if least == most:
        return None
    return f"{least}–{most}"


def nothing_here(view: View) -> bool:
    """Draw the empty state when there is no order to speak of; say whether it was drawn."""
    span = cached_reads.order_span(view.scope)
    if span is None:
        states.empty(t("还没有订单"), body=t("把平台导出的文件放进收件箱，或在“接入与任务”上传；几分钟后这里就有数字。"))
        return True
    return False


def nothing_in_period(overview: Overview, *, view: View) -> bool:
    """Draw the empty state of a period without orders, with the way to where orders are."""
    if overview.now.cells:
        return False
    span = cached_reads.order_span(view.scope)
    last = business_today(span[1], zone=view.zone) if span else None
    body = t("最近一单在 {day}，可用“自定义”选择那一段日期，或放宽筛选。", day=last.isoformat() if last else fmt.MISSING)
    states.empty(t("所选范围内没有订单"), body=body, icon=":material/event_busy:")
    return True


def _reaches_back(view: View, since: datetime) -> bool:
    """Say whether the data covers the period before: against half a period every figure would seem to grow."""
    span = cached_reads.order_span(view.scope)
    return span is not None and span[0] <= since + timedelta(days=1)


def promotion_days(days: list[date]) -> list[charts.Marker]:
    """Return the last days of the large sales among some days."""
    return [charts.Marker(day=day, text=t(name)) for day in days for name, _, last in PROMOTIONS if (day.month, day.day) == last]
