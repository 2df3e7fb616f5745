"""What do the figures say, in one sentence? Titles state the message, not the topic."""

from collections.abc import Sequence

from dashboard import fmt, words
from dashboard.i18n import language, t
from models.overview import Days, Totals, difference, relative

# A change within this is called level, not a rise.
LEVEL = 0.01


def movement(now: float | None, before: float | None) -> str:
    """Say a change against the period before in a few words."""
    moved = relative(now, before)
    if moved is None:
        return t("上期无可比数据")
    if abs(moved) < LEVEL:
        return t("与上期持平")
    return t("较上期 {change}", change=fmt.change(moved))


def headline(now: Totals, before: Totals, *, period: str) -> str:
    """Say how the period went: orders and money, each against the period before."""
    return t(
        "{period}：{orders} 单（{moved}），实付 {paid}（{paid_moved}）",
        period=period,
        orders=fmt.count(now.orders, language=language()),
        moved=movement(now.orders, before.orders),
        paid=fmt.money(now.paid, language=language()),
        paid_moved=movement(now.paid, before.paid),
    )


def orders_title(days: Days, before: Days, *, channels: Sequence[str]) -> str:
    """Name the channel that moved the number of orders most."""
    moves = {name: days.totals(channel=name).orders - before.totals(channel=name).orders for name in channels}
    total = sum(moves.values())
    if not moves or not before.totals().orders or abs(total) < LEVEL * before.totals().orders:
        return t("订单量与上期持平") if before.totals().orders else t("订单量")
    name = max(moves, key=lambda channel: moves[channel] * (1 if total > 0 else -1))
    said = t("{channel}带来最多增量：{moved} 单") if total > 0 else t("{channel}减少最多：{moved} 单")
    return said.format(channel=words.channel(name), moved=f"{moves[name]:+,d}")


def paid_title(days: Days) -> str:
    """Name the channel that brings in most."""
    paid = {name: days.totals(channel=name).paid for name in days.channels()}
    known = {name: value for name, value in paid.items() if value}
    if not known:
        return t("实付金额")
    name = max(known, key=lambda channel: known[channel])
    return t("{channel}贡献实付的 {share}", channel=words.channel(name), share=fmt.share(known[name] / sum(known.values())))


def hours_title(days: Days) -> str:
    """Name the channel that ships slowest."""
    hours = {name: days.totals(channel=name).ship_hours for name in days.channels()}
    known = {name: value for name, value in hours.items() if value is not None}
    if not known:
        return t("平均发货时长")
    name = max(known, key=lambda channel: known[channel])
    return t("{channel}发货最慢：平均 {span}", channel=words.channel(name), span=fmt.duration(known[name], language=language()))


def hours_change(now: Totals, before: Totals) -> float | None:
    """Return by how many hours shipping became slower."""
    return difference(now.ship_hours, before.ship_hours)
