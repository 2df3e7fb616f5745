"""How are the sums of stock and the three metrics drawn: delay of sync, end-of-day difference, holds not released? (S13–S15)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from dashboard import cached_reads, cards, fmt, inventory, inventory_charts, words
from dashboard import inventory_words as said
from dashboard.freshness import GOOD, SEVERE, UNKNOWN, Light
from dashboard.i18n import language, msg, t
from dashboard.inventory import Inventory
from dashboard.periods import business_today
from dashboard.tables import Figures, Words, listing, plain, unbroken
from dashboard.view import View
from data.reads import MetricRow, StockAlert
from models.stock.metrics import METRICS, Metric

TREND_DAYS = 14
# The metric that a day has only once it is over.
END_OF_DAY = "stock_difference"
# So many places of a crossed line are named.
NAMED = 3
_NO_BAR = {"displayModeBar": False}


@dataclass(frozen=True)
class Measured:
    """A metric over the last days: one row a day of the whole, the members of the last day, the worst first."""

    metric: Metric
    days: Sequence[tuple[date, MetricRow | None]]
    members: Sequence[MetricRow]

    @property
    def last(self) -> MetricRow | None:
        """The last day that was measured."""
        return next((row for _, row in reversed(self.days) if row is not None and row.value is not None), None)

    @property
    def light(self) -> Light:
        """Whether the last day measured kept the target."""
        row = self.last
        return UNKNOWN if row is None else SEVERE if self.metric.breached(row.value) else GOOD


def sums(found: Inventory, *, view: View) -> None:
    """Draw what can be sold, what is short, what was oversold in the chosen days, and what is held."""
    summary, exposure, holds = found.summary, found.exposure, found.holds
    with st.grid(2, min_column_width=150, gap="small", key="stock_sums"):
        if found.part.channels:
            cards.not_applicable(t("可售"), reason=t("一盘货不分渠道，请清除渠道筛选。"))
        else:
            note = t("现存 {on_hand} · 在途 {inbound}", on_hand=said.pieces(summary.on_hand), inbound=said.pieces(summary.inbound))
            _sum(t("可售"), said.pieces(summary.available), note, help=t("各仓现存 − 占用之和，过期的占用不算；低于零的按零计。"))
        short = t(
            "{orders} 单 · {money}",
            orders=fmt.full_count(exposure.short_orders),
            money=inventory.money(exposure.short_minor, exposure.short_unrated, view=view),
        )
        _sum(t("缺货"), said.pieces(exposure.short_units), short, help=t("已接单而现在没有库存可给的件数；金额按下单时的单价折算。"))
        over = t(
            "{orders} 单 · {money}",
            orders=fmt.full_count(exposure.oversold_orders),
            money=inventory.money(exposure.oversold_minor, exposure.oversold_unrated, view=view),
        )
        _sum(
            t("超卖（所选日期）"),
            said.pieces(exposure.oversold_units),
            over,
            help=t("平台接了单、到达时就没有库存可给的件数，按获知之日计。"),
        )
        ending = t("{soon} 单 10 分钟内到期 · 过期 {expired}", soon=fmt.full_count(holds.soon), expired=fmt.full_count(holds.expired))
        _sum(t("占用"), said.pieces(holds.running_units + holds.paid_units), ending, help=t("未付款的占用到期自动释放；已付款的不过期。"))


def metrics(view: View) -> None:
    """Draw the three metrics, each with its target, its department and its days."""
    rows = rows_of(view)
    columns = st.columns(len(METRICS), border=True)
    for column, metric in zip(columns, METRICS, strict=True):
        with column:
            _metric(measured(metric, rows, today=business_today(view.as_of, zone=view.zone)), view=view)


def alerts(found: Inventory, *, view: View) -> None:
    """Name the lines that are crossed and not closed: each metric, then how many SKUs are short and how many places hold too much."""
    parts = [_alerts(metric, found.alerts, view=view) for metric in METRICS if any(alert.rule == metric.key for alert in found.alerts)]
    for rule, text in ((inventory.SHORT, msg("{count} 个 SKU 缺货")), (inventory.BELOW_HELD, msg("{count} 处实物少于占用"))):
        count = sum(alert.rule == rule for alert in found.alerts)
        if count:
            parts.append(t(text, count=fmt.full_count(count)))
    if parts:
        st.markdown(f":red-badge[■ {t('未关闭的告警')}] :small[{'　'.join(plain(part) for part in parts)}]")


def _alerts(metric: Metric, every: Sequence[StockAlert], *, view: View) -> str:
    """Say where a metric is crossed, the worst places first, and since when."""
    own = sorted((alert for alert in every if alert.rule == metric.key), key=lambda alert: -float(alert.detail.get("value") or 0))
    named = [f"{_whose(alert, view=view)}{value_said(metric, alert.detail.get('value'))}" for alert in own[:NAMED]]
    if len(own) > NAMED:
        named.append(t("等 {count} 处", count=len(own)))
    since = said.age(min(alert.opened_at for alert in own), as_of=view.as_of)
    return t("{metric} {places}（{since}起）", metric=name_of(metric), places=t("、").join(named), since=since)


def _whose(alert: StockAlert, *, view: View) -> str:
    if alert.channel:
        return f"{words.channel(alert.channel)} "
    return f"{said.warehouse_called(alert.warehouse_code, view=view)} " if alert.warehouse_code else ""


def measured(metric: Metric, rows: Sequence[MetricRow], *, today: date) -> Measured:
    """Return a metric's last days: the whole where it is kept or may be seen, else the worst of what is seen."""
    # a difference is one of the end of a day, and today has none yet
    first, last_day = (1, today - timedelta(days=1)) if metric.key == END_OF_DAY else (0, today)
    own = [row for row in rows if row.kpi == metric.key and row.day <= last_day]
    days = []
    for ago in range(TREND_DAYS + first, first - 1, -1):
        day = today - timedelta(days=ago)
        here = [row for row in own if row.day == day]
        whole = [row for row in here if row.dimension == "all"]
        days.append((day, next(iter(whole), None) or max(here, key=_value, default=None)))
    last = max((row.day for row in own if row.value is not None), default=None)
    members = [row for row in own if row.day == last and row.dimension != "all"]
    return Measured(metric, days, sorted(members, key=_value, reverse=True))


def value_said(metric: Metric, value: float | None) -> str:
    """Say a value of a metric in its unit."""
    if value is None:
        return fmt.MISSING
    if metric.unit == "seconds":
        return said.seconds(value)
    return f"{value * 100:.2f}%" if metric.unit == "share" else fmt.full_count(value)


def target_said(metric: Metric) -> str:
    """Say the target of a metric."""
    if metric.unit == "seconds":
        return f"< {said.seconds(metric.target)}"
    return f"< {fmt.exact_share(metric.target)}" if metric.unit == "share" else f"< {fmt.full_count(metric.target)}"


def name_of(metric: Metric) -> str:
    """Name a metric."""
    return words.in_language(metric.name_zh, metric.name_en)


def department_said(metric: Metric) -> str:
    """Name the department that answers for a metric."""
    return words.named(words.DEPARTMENTS, metric.department)


def _metric(shown: Measured, *, view: View) -> None:
    metric, row = shown.metric, shown.last
    light = shown.light
    st.metric(
        name_of(metric),
        value_said(metric, None if row is None else row.value),
        delta=t("目标 {target}", target=target_said(metric)),
        delta_color="off",
        delta_arrow="off",
        help=words.in_language(metric.formula_zh, metric.formula_en),
    )
    facts = [t("{department}负责", department=department_said(metric))]
    facts.append(t("还没有数据") if row is None else fmt.day(row.day, language=language()))
    if row is not None and row.p50 is not None:
        facts.append(t("P50 {p50} · 最长 {most}", p50=said.seconds(row.p50), most=said.seconds(row.most)))
    st.markdown(f":{light.color}-badge[{light.said}] :small[:gray[{' · '.join(facts)}]]")
    _days(shown)
    _members(shown, view=view)


def _days(shown: Measured) -> None:
    days = [fmt.day(day, language=language()) for day, _ in shown.days]
    values = [None if row is None else row.value for _, row in shown.days]
    if sum(value is not None for value in values) < 2 or not any(values):
        return
    details = [f"{day}　{value_said(shown.metric, value)}" for day, value in zip(days, values, strict=True)]
    figure = inventory_charts.trend([f"{day:%m-%d}" for day, _ in shown.days], values, target=shown.metric.target, said=details)
    alt = t("{name}，最近 {days} 天", name=name_of(shown.metric), days=len(days))
    st.plotly_chart(figure, alt=alt, config=_NO_BAR, key=f"stock_trend_{shown.metric.key}")


def _members(shown: Measured, *, view: View) -> None:
    """Name the members that crossed the line on the last day, then list all of them with what the figure is made of."""
    if not shown.members:
        return
    names = [_member(row, view=view) for row in shown.members]
    crossed = [(name, row) for name, row in zip(names, shown.members, strict=True) if shown.metric.breached(row.value)][:NAMED]
    if crossed:
        st.caption("　".join(f":red[■] {name} {value_said(shown.metric, row.value)}" for name, row in crossed))
    by_channel = shown.metric.dimension == "channel"
    with st.expander(t("各渠道") if by_channel else t("各仓"), icon=":material/table_rows:"):
        listing(
            [Words(t("渠道") if by_channel else t("仓库"), [unbroken(name) for name in names]), *_parts(shown)], alt=name_of(shown.metric)
        )


def _parts(shown: Measured) -> list[Figures]:
    """Return what a metric is made of by member: the quantiles of a delay, the pieces of a share."""
    rows = shown.members
    if shown.metric.unit == "seconds":
        heads = (("P50", [row.p50 for row in rows]), ("P95", [row.p95 for row in rows]), (t("最长"), [row.most for row in rows]))
        return [Figures(head, values, said.seconds) for head, values in heads]
    pieces = ((t("差异件数"), [float(row.numerator) for row in rows]), (t("账面件数"), [float(row.denominator) for row in rows]))
    rate = Figures(t("差异率"), [row.value for row in rows], lambda value: value_said(shown.metric, value))
    return [rate, *(Figures(head, values, fmt.full_count) for head, values in pieces)]


def _member(row: MetricRow, *, view: View) -> str:
    return words.channel(row.member) if row.dimension == "channel" else said.warehouse_called(row.member, view=view)


def _sum(label: str, value: str, note: str, *, help: str) -> None:
    # a note beside the figure would be cut off on a phone
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.metric(label, value, help=help)
        st.caption(note)


def rows_of(view: View) -> list[MetricRow]:
    """Return the metrics of the last days."""
    today = business_today(view.as_of, zone=view.zone)
    return cached_reads.stock_metrics(view.scope, today - timedelta(days=TREND_DAYS + 1), today)


def _value(row: MetricRow) -> float:
    return -1.0 if row.value is None else row.value
