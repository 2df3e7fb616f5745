"""How do the overview's figures become cards, charts and a table?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import plotly.graph_objects as go
import streamlit as st

from dashboard import cached_reads, charts, fmt, messages, states, words
from dashboard.cards import SPARK_DAYS, card
from dashboard.filters import Filters
from dashboard.i18n import language, t
from dashboard.periods import PRESETS, PROMOTIONS, business_today
from dashboard.tables import Figures, Words, listing, unbroken
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
    sales = [marker.text for marker in _promotion_days([before.since + timedelta(days=n) for n in range(before.days)])]
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


def orders_chart(overview: Overview) -> tuple[str, go.Figure]:
    """Return the message and the chart of orders by day and channel."""
    said = language()
    figure = _panels(
        overview,
        value=lambda totals: totals.orders,
        shown=lambda value: fmt.count(value, language=said),
        label=lambda value: fmt.count(value, language=said),
        moved=lambda now, before: fmt.change(relative(now.orders, before.orders)),
        whole=lambda totals: fmt.count(totals.orders, language=said),
    )
    return messages.orders_title(overview.now, overview.before, channels=overview.channels), figure


def paid_chart(overview: Overview) -> tuple[str, go.Figure]:
    """Return the message and the chart of what was paid by day and channel."""
    said = language()
    figure = _panels(
        overview,
        value=lambda totals: None if totals.paid is None else totals.paid / 100,
        shown=lambda value: fmt.money(None if value is None else value * 100, language=said),
        label=lambda value: fmt.short(value, language=said),
        moved=lambda now, before: fmt.change(relative(now.paid, before.paid)),
        whole=lambda totals: fmt.money(totals.paid, language=said),
    )
    return messages.paid_title(overview.now), figure


def hours_chart(overview: Overview) -> tuple[str, go.Figure]:
    """Return the message and the chart of hours from payment to shipping by day and channel."""
    said = language()
    figure = _panels(
        overview,
        value=lambda totals: totals.ship_hours,
        shown=lambda value: fmt.duration(value, language=said),
        label=lambda value: fmt.MISSING if value is None else f"{value:.1f}",
        moved=lambda now, before: fmt.signed_duration(difference(now.ship_hours, before.ship_hours), language=said),
        whole=lambda totals: fmt.duration(totals.ship_hours, language=said),
        lines=True,
    )
    return messages.hours_title(overview.now), figure


def channel_table(overview: Overview) -> None:
    """Draw one row a channel and the total last: each figure and its change against the period before."""
    said, whole = language(), overview.now.totals().orders
    channels: list[str | None] = [*overview.channels, None]
    pairs = [(overview.now.totals(channel=name), overview.before.totals(channel=name)) for name in channels]

    def column(head: str, value: Callable[[Totals, Totals], float | None], shown: Callable[[float | None], str]) -> Figures:
        return Figures(head=head, values=[value(now, before) for now, before in pairs], said=shown)

    listing(
        [
            Words(t("渠道"), [unbroken(t("合计") if name is None else words.channel(name)) for name in channels]),
            column(t("订单"), lambda now, _: now.orders, fmt.full_count),
            column(t("订单环比"), lambda now, before: relative(now.orders, before.orders), fmt.change),
            column(t("订单占比"), lambda now, _: now.orders / whole if whole else None, fmt.share),
            column(t("实付"), lambda now, _: now.paid, fmt.full_money),
            column(t("实付环比"), lambda now, before: relative(now.paid, before.paid), fmt.change),
            column(t("已发货"), lambda now, _: now.shipped_share, fmt.share),
            column(
                t("发货变化"),
                lambda now, before: difference(now.shipped_share, before.shipped_share),
                lambda value: fmt.points(value, language=said),
            ),
            column(t("发货时长"), lambda now, _: now.ship_hours, lambda value: fmt.duration(value, language=said)),
            column(t("时长变化"), messages.hours_change, lambda value: fmt.signed_duration(value, language=said)),
        ],
        alt=t("各渠道本期与上期对比"),
        total=True,
    )


def _panels(
    overview: Overview,
    *,
    value: Callable[[Totals], float | None],
    shown: Callable[[float | None], str],
    moved: Callable[[Totals, Totals], str],
    whole: Callable[[Totals], str],
    label: Callable[[float | None], str],
    lines: bool = False,
) -> go.Figure:
    days, shift = overview.days, timedelta(days=overview.filters.period.days)
    compare = overview.light_days == 0
    panels = []
    for channel in overview.channels:
        now, before = overview.now.totals(channel=channel), overview.before.totals(channel=channel)
        actual = [value(totals) for totals in overview.trend.series(days, channel=channel)]
        earlier = [value(totals) for totals in overview.before.series([day - shift for day in days], channel=channel)] if compare else []
        panels.append(
            charts.Panel(
                title=f"<b>{words.channel(channel)}</b>  {whole(now)}  <span style='opacity:0.75'>{moved(now, before)}</span>",
                actual=actual,
                shown=[shown(point) for point in actual],
                labels=[label(point) for point in actual],
                previous=earlier,
                previous_shown=[shown(point) for point in earlier],
            )
        )
    today = business_today(overview.filters.as_of, zone=overview.filters.zone)
    return charts.day_panels(
        panels,
        days=days,
        day_names=[fmt.day(day, language=language()).replace(" ", "<br>") for day in days],
        light_days=overview.light_days,
        unfinished=bool(days) and days[-1] == today,
        markers=_promotion_days(days),
        lines=lines,
        words=(t("本期"), t("上期")),
    )


def _promotion_days(days: list[date]) -> list[charts.Marker]:
    return [charts.Marker(day=day, text=t(name)) for day in days for name, _, last in PROMOTIONS if (day.month, day.day) == last]


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
