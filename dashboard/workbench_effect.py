"""Did it help? Orders and money saved by week against a control group, with its interval, and what each action is believed to save."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from dashboard import cached_reads, fmt, states, words, workbench, workbench_charts, workbench_words
from dashboard.cards import SPARK_DAYS, card, not_applicable
from dashboard.i18n import language, t
from dashboard.periods import business_today
from dashboard.tables import Figures, Words, listing, plain, unbroken, wide
from dashboard.view import View
from dashboard.workbench_charts import WeekPoint
from data.reads import ActionSaves, KpiDay
from models.workbench.metrics import METRICS, Metric
from models.workbench.uplift import UpliftWeek

WEEKS = 8
_NO_BAR = {"displayModeBar": False}


def panel(view: View) -> None:
    """Draw the effect of each week, then what each action saves."""
    weeks = cached_reads.uplift_weeks(view.scope, view.as_of, view.zone, WEEKS)
    judged = [week for week in weeks if week.suggested + week.held_out]
    st.markdown(f"### {headline(judged, view=view)}")
    share = cached_reads.workbench_rules(view.scope).settings.hold_out_share
    st.caption(method(share))
    if judged:
        _weeks(judged, view=view)
    else:
        body = t("建议过的订单过了期限才有结果；每天凌晨由任务 judge_outcomes 判定。")
        states.empty(t("还没有可比较的结果"), body=body, icon=":material/hourglass_empty:")
    figures(view)
    _actions(cached_reads.action_saves(view.scope))


def figures(view: View) -> None:
    """Draw what the work takes: how soon somebody acts on an alert, and how many hands a thousand orders take."""
    today = business_today(view.as_of, zone=view.zone)
    days = cached_reads.workbench_kpi_days(view.scope, today - timedelta(days=SPARK_DAYS), today)
    known = {metric.key: [each for each in days if each.kpi == metric.key and each.dimension == "all"] for metric in METRICS}
    if not any(known.values()):
        return
    st.markdown(f"### {t('处理得多快、要多少人手')}")
    with st.grid(len(METRICS), min_column_width=220, gap="small"):
        for metric in METRICS:
            _figure(metric, known[metric.key])


def _figure(metric: Metric, days: Sequence[KpiDay]) -> None:
    name, formula = words.in_language(metric.name_zh, metric.name_en), words.in_language(metric.formula_zh, metric.formula_en)
    values = [each.value for each in days if each.value is not None]
    if not values:
        not_applicable(name, reason=formula, said=fmt.MISSING)
        return
    change = fmt.change(values[-1] / values[-2] - 1 if len(values) > 1 and values[-2] else None)
    said = fmt.duration(values[-1] / 60, language=language()) if metric.unit == "minutes" else f"{values[-1]:,.1f}"
    day = f"{days[-1].day:%m-%d}"
    card(name, said, change=change, flat=change == "0.0%", spark=values, help=formula, lower_is_better=True, note=day, chart="line")


def headline(weeks: Sequence[UpliftWeek], *, view: View) -> str:
    """Say what the last week with results brought, or honestly that it cannot be told from nothing."""
    if not weeks:
        return t("有没有用：还不知道")
    compared = [week for week in weeks if week.avoided is not None]
    if not compared:
        return t("{week}：没有对照组，无法比较", week=week_name(max(weeks, key=lambda week: week.week)))
    last = max(compared, key=lambda week: week.week)
    given = {"week": week_name(last), "low": orders(last.avoided_low), "high": orders(last.avoided_high), "saved": orders(last.avoided)}
    if not last.distinguishable:
        return t("{week}：尚不能与零区分（救回 {saved} 单，区间 {low} 至 {high}）", **given)
    if (last.avoided or 0) < 0:
        return t("{week}：建议过的订单反而更晚（{low} 至 {high} 单）", **given)
    return t("{week}：救回 {saved} 单（{low} 至 {high}），约 {money}", **given, money=workbench.money(last.saved_minor, view=view))


def method(share: float) -> str:
    """Say how the effect is measured, and that it is not where nobody is held out."""
    if not share:
        return t("对照组已关闭：没有比较，就不知道建议有没有用。")
    return t(
        "在可比的订单里随机留出 {share} 不给建议（高价值和当天到期的从不留出），比较两组的超时率；区间为 95%。",
        share=fmt.exact_share(share),
    )


def week_name(week: UpliftWeek) -> str:
    """Name a week by its days."""
    return f"{week.week:%m-%d} — {week.week + timedelta(days=6):%m-%d}"


def orders(value: float | None) -> str:
    """Say a number of orders that was worked out."""
    return fmt.MISSING if value is None else f"{value:,.0f}"


def _weeks(weeks: Sequence[UpliftWeek], *, view: View) -> None:
    ordered = sorted(weeks, key=lambda week: week.week)
    compared = [week for week in ordered if week.avoided is not None]
    if compared:
        st.plotly_chart(
            workbench_charts.effect([_point(week, view=view) for week in compared], name=t("救回的订单")),
            alt=t("每周救回的订单与区间"),
            config=_NO_BAR,
            key="effect_chart",
        )
        st.caption(t("实心：与零可区分；空心：还可能只是运气。竖线为 95% 区间。"))
    rows = ordered[::-1]
    listing(
        [
            Words(t("周"), [unbroken(week_name(week)) for week in rows]),
            Words(t("救回订单"), [_interval(week.avoided, week.avoided_low, week.avoided_high) for week in rows]),
            Words(t("挽回金额"), [unbroken(money_interval(week, view=view)) for week in rows]),
            Words(t("结论"), [_verdict(week) for week in rows]),
            Words(t("建议组超时"), [unbroken(_rate(week.suggested_late, week.suggested)) for week in rows]),
            Words(t("对照组超时"), [unbroken(_rate(week.held_out_late, week.held_out)) for week in rows]),
            Figures(t("待判定"), [week.waiting for week in rows], fmt.full_count),
        ],
        alt=t("每周的效果"),
    )
    cost = cached_reads.workbench_rules(view.scope).settings.late_cost_share
    st.caption(t("挽回金额 = 救回的订单金额 × 每单超时的代价 {share}（设定值，可改）。", share=fmt.exact_share(cost)))


def _point(week: UpliftWeek, *, view: View) -> WeekPoint:
    said = _interval(week.avoided, week.avoided_low, week.avoided_high)
    detail = f"<b>{week_name(week)}</b><br>{t('救回 {orders} 单', orders=said)}<br>{money_interval(week, view=view)}"
    saved, low, high = week.avoided or 0.0, week.avoided_low or 0.0, week.avoided_high or 0.0
    return WeekPoint(f"{week.week:%m-%d}", saved, low, high, week.distinguishable, detail)


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    return fmt.MISSING if value is None else unbroken(f"{orders(value)} ({orders(low)} – {orders(high)})")


def money_interval(week: UpliftWeek, *, view: View) -> str:
    """Say the money saved with its interval."""
    if week.saved_minor is None:
        return fmt.MISSING
    said = [workbench.money(value, view=view) for value in (week.saved_minor, week.saved_low_minor, week.saved_high_minor)]
    return f"{said[0]} ({said[1]} – {said[2]})"


def _verdict(week: UpliftWeek) -> str:
    if week.avoided is None:
        return f":gray-badge[◌ {unbroken(t('没有对照组'))}]"
    if not week.distinguishable:
        return f":gray-badge[◌ {unbroken(t('尚不能与零区分'))}]"
    if week.avoided < 0:
        return f":red-badge[■ {unbroken(t('反而更晚'))}]"
    return f":green-badge[● {unbroken(t('有用'))}]"


def _rate(late: int, of: int) -> str:
    return fmt.MISSING if not of else f"{fmt.share(late / of)} ({fmt.full_count(late)}/{fmt.full_count(of)})"


def _actions(found: Sequence[ActionSaves]) -> None:
    """Draw what each action is believed to save: what was assumed at first, and what outcomes have taught since."""
    st.markdown(f"### {t('每个动作能救回多少')}")
    if not found:
        st.caption(t("还没有可学习的动作。"))
        return
    listing(
        [
            Words(t("处理动作"), [unbroken(workbench_words.action(each.action)) for each in found]),
            Words(t("现在认为"), [unbroken(_believed(each)) for each in found]),
            Figures(t("做过并有结果"), [each.acted for each in found], fmt.full_count),
            Figures(t("不做会超时"), [each.expected_late for each in found], _expected),
            Figures(t("实际超时"), [each.late for each in found], fmt.full_count),
            Words(t("先验"), [unbroken(_percent(each.prior_saves)) for each in found]),
            Words(t("先验的来源"), [wide(plain(words.in_language(each.source_zh, each.source_en)), signs=44) for each in found]),
        ],
        alt=t("每个动作的挽回率"),
    )
    st.caption(t("排序用的挽回率从先验出发，每天按结果更新：做过的订单里，实际超时比模型预计的少多少。"))


def _believed(each: ActionSaves) -> str:
    if not each.acted:
        return _percent(each.saves)
    return t("{share}（{low}–{high}）", share=_percent(each.saves), low=_percent(each.low), high=_percent(each.high))


def _expected(value: float | None) -> str:
    return fmt.MISSING if value is None else f"{value:,.1f}"


def _percent(value: float) -> str:
    return f"{value * 100:.0f}%"
