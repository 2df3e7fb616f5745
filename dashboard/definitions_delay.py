"""When does the delay model call an order late, in each channel, and how does a manager set it?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, tables
from dashboard.deciding import decide, only_managers, when, who
from dashboard.definitions_promises import NO_CUT_OFF, cut_off_name
from dashboard.i18n import t
from dashboard.rule_versions import channel_name
from dashboard.tables import Figures, Words, unbroken
from dashboard.view import View
from data import actions
from data.api import engine
from models.delay_risk.rules import ANY, RuleVersion, TargetRule, last_versions, rule_of, rules_held


def rules(view: View) -> None:
    """Draw the rule of each channel that has one, and the way to set one."""
    st.markdown(f"### {t('时效预警目标')}")
    st.caption(
        t(
            "付款后第 N 个工作日结束（或规定小时数）前没有发出，时效预警模型就算超时；工作日按店铺日历，渠道的规则优先于全部渠道的。"
            "改了规则会马上重训，训练好之前模型仍按旧规则评分；承诺期限和健康指数不受影响。"
        )
    )
    found = cached_reads.delay_rules(view.scope)
    _table(found, view=view)
    if only_managers(view):
        _form(found, view=view)


def _table(found: Sequence[RuleVersion], *, view: View) -> None:
    held = sorted(rules_held(found), key=lambda rule: (rule.channel != ANY, rule.channel))
    last = last_versions(found)
    # the product's own rule holds where one for all was never set, or taken back
    versions = [each if (each := last.get(rule.channel)) is not None and each.rule is not None else None for rule in held]
    tables.listing(
        [
            Words(t("渠道"), [unbroken(channel_name(rule.channel)) for rule in held]),
            Figures(t("工作日"), [rule.working_days for rule in held], fmt.full_count),
            Words(t("截单时刻"), [unbroken(cut_off_name(rule.cut_off_hour)) for rule in held]),
            Words(t("周末"), [unbroken(_weekends(rule.weekends_work)) for rule in held]),
            Figures(t("小时"), [rule.hours for rule in held], fmt.full_count),
            Words(t("设定者"), [unbroken(who(each.set_by)) if each else t("随产品") for each in versions]),
            Words(t("设定时间"), [unbroken(when(each.set_at, view=view)) if each else fmt.MISSING for each in versions]),
        ],
        alt=t("时效预警目标"),
    )


def _form(found: Sequence[RuleVersion], *, view: View) -> None:
    usual = rule_of(ANY, rules_held(found))
    with st.expander(t("设定预警目标"), icon=":material/add:"), st.form("delay_rule", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            # a rule can be taken back though its channel has no shop any more
            ruled = {each.channel for each in found} - {ANY}
            channels = [ANY, *sorted({*cached_reads.choices(view.scope).channels, *ruled})]
            st.selectbox(t("渠道"), channels, format_func=channel_name, key="delay_channel", width=150)
            st.number_input(
                t("工作日"), min_value=1, max_value=actions.MOST_WORKING_DAYS, value=usual.working_days, key="delay_days", width=120
            )
            hours = [NO_CUT_OFF, *range(NO_CUT_OFF)]
            cut_off = hours.index(usual.cut_off_hour)
            st.selectbox(t("截单时刻"), hours, index=cut_off, format_func=cut_off_name, key="delay_cut_off", width=130)
            works = int(usual.weekends_work)
            st.selectbox(t("周末"), [False, True], index=works, format_func=_weekends, key="delay_weekends", width=110)
            st.number_input(t("小时"), min_value=1, max_value=actions.MOST_DELAY_HOURS, value=usual.hours, key="delay_hours", width=120)
        with st.container(horizontal=True):
            st.form_submit_button(t("设定预警目标"), type="primary", icon=":material/flag:", on_click=_set, args=(found, view))
            st.form_submit_button(t("收回预警目标"), icon=":material/undo:", on_click=_take_back, args=(found, view))


def _weekends(work: bool) -> str:
    return t("上班") if work else t("休息")


def _set(found: Sequence[RuleVersion], view: View) -> None:
    days, hours = st.session_state["delay_days"], st.session_state["delay_hours"]
    if days is None or hours is None:
        st.toast(t("请先填写工作日和小时。"), icon=":material/error:")
        return
    rule = TargetRule(
        working_days=int(days),
        hours=int(hours),
        cut_off_hour=int(st.session_state["delay_cut_off"]),
        weekends_work=bool(st.session_state["delay_weekends"]),
    )
    _decide(found, rule, view=view, done=t("目标已设定，已要求重训。"))


def _take_back(found: Sequence[RuleVersion], view: View) -> None:
    _decide(found, None, view=view, done=t("规则已收回，已要求重训。"))


def _decide(found: Sequence[RuleVersion], rule: TargetRule | None, *, view: View, done: str) -> None:
    channel = st.session_state["delay_channel"]
    seen = last_versions(found).get(channel)

    def deed() -> None:
        actions.set_delay_rule(
            engine(), person=view.person, channel=channel, rule=rule, seen=seen.version if seen else 0, as_of=datetime.now(UTC)
        )

    decide(deed, done=done, forget=cached_reads.delay_rules.clear, view=view)
