"""How are the overview's figures drawn by day and channel, and listed by channel?"""

from collections.abc import Callable
from datetime import timedelta

import plotly.graph_objects as go

from dashboard import charts, fmt, messages, words
from dashboard.i18n import language, t
from dashboard.overview import Overview, promotion_days
from dashboard.periods import business_today
from dashboard.tables import Figures, Words, listing, unbroken
from models.overview import Totals, difference, relative


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
        markers=promotion_days(days),
        lines=lines,
        words=(t("本期"), t("上期")),
    )
