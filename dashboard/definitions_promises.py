"""By when is an order promised to leave, what does its kind change, which days are worked, and how does a manager change that?"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.deciding import decide, only_managers, when, who
from dashboard.freshness import Light
from dashboard.i18n import msg, t
from dashboard.periods import business_today
from dashboard.tables import Words, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import PromiseVersion
from models.order_kinds import ORDER_KIND_TABLE, ORDER_KINDS_BY_KEY, SITUATIONS
from models.promise import ANY, PromiseRule

HOLDS = Light("●", msg("现行"), "green")
COMING = Light("◌", msg("将生效"), "blue")
REPLACED = Light("◌", msg("已被取代"), "gray")
CLOCKS = {
    "paid": msg("付款时"),
    "created": msg("下单时"),
    "paid_or_created": msg("付款，没有付款则下单"),
    "none": msg("不起算"),
}
NO_CUT_OFF = 24


def rules(view: View) -> None:
    """Draw every version of every promise rule, and the way to add one."""
    found = cached_reads.promise_rules(view.scope)
    st.markdown(f"### {t('承诺规则')}")
    st.caption(t("来源文件自带最晚发货时间的订单照来源；否则按下表，渠道比类型优先。承诺在起算时定下，此后改规则、改日历都不移动它。"))
    if found:
        _rule_table(found, view=view)
    else:
        tables.none_yet(t("没有您可见的规则"))
    if only_managers(view):
        _rule_form(found, view=view)


def cut_off_name(hour: int) -> str:
    """Say from which hour on an order counts from the next day."""
    return t("不截单") if hour == NO_CUT_OFF else f"{hour:02d}:00"


def state_of(version: PromiseVersion, found: Sequence[PromiseVersion], *, as_of: datetime) -> Light:
    """Say whether a rule's version holds, will hold, or was replaced."""
    if version.rule.valid_from > as_of:
        return COMING
    place = (version.rule.channel, version.rule.kind)
    since = max(each.rule.valid_from for each in found if (each.rule.channel, each.rule.kind) == place and each.rule.valid_from <= as_of)
    return HOLDS if version.rule.valid_from == since else REPLACED


def kinds() -> None:
    """Draw what an order's kind, and what befalls it, do to its promise."""
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"#### {t('订单类型')}")
        tables.listing(
            [
                Words(t("类型"), [unbroken(words.in_language(kind.name_zh, kind.name_en)) for kind in ORDER_KIND_TABLE]),
                Words(t("起算"), [wide(t(CLOCKS[kind.clock])) for kind in ORDER_KIND_TABLE]),
                Words(t("动库存"), [t("是") if kind.moves_stock else t("否") for kind in ORDER_KIND_TABLE]),
                Words(t("款项"), [wide(words.in_language(kind.money_zh, kind.money_en)) for kind in ORDER_KIND_TABLE]),
            ],
            alt=t("订单类型"),
        )
    with right:
        st.markdown(f"#### {t('特殊情形')}")
        tables.listing(
            [
                Words(t("情形"), [wide(words.in_language(each.name_zh, each.name_en)) for each in SITUATIONS]),
                Words(t("对承诺"), [wide(words.in_language(each.promise_zh, each.promise_en)) for each in SITUATIONS]),
            ],
            alt=t("特殊情形"),
        )


def _rule_table(found: Sequence[PromiseVersion], *, view: View) -> None:
    tables.listing(
        [
            Words(t("状态"), [tables.badge(state_of(each, found, as_of=view.as_of)) for each in found]),
            Words(t("渠道"), [unbroken(_channel(each.rule.channel)) for each in found]),
            Words(t("订单类型"), [unbroken(_kind(each.rule.kind)) for each in found]),
            Words(t("承诺"), [unbroken(promised(each.rule)) for each in found]),
            Words(t("截单"), [unbroken(cut_off_name(each.rule.cut_off_hour)) for each in found]),
            Words(t("生效"), [unbroken(_since(each.rule.valid_from, view=view)) for each in found]),
            Words(t("来源"), [wide(plain(words.half(each.source))) for each in found]),
            Words(t("设定者"), [unbroken(who(each.set_by)) for each in found]),
            Words(t("设定时间"), [unbroken(when(each.set_at, view=view)) for each in found]),
        ],
        alt=t("承诺规则"),
    )


def promised(rule: PromiseRule) -> str:
    """Say what a rule promises."""
    if rule.working_days is not None:
        return t("{count} 个工作日", count=rule.working_days)
    return t("{count} 小时内", count=rule.hours)


def _rule_form(found: Sequence[PromiseVersion], *, view: View) -> None:
    channels = sorted({*cached_reads.choices(view.scope).channels, *(each.rule.channel for each in found)} - {ANY})
    shipped = [kind.key for kind in ORDER_KIND_TABLE if kind.clock != "none"]
    tomorrow = business_today(view.as_of, zone=view.zone) + timedelta(days=1)
    measures = {"hours": t("小时"), "working_days": t("工作日")}
    with st.expander(t("新增规则版本"), icon=":material/add:"), st.form("promise_rule", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(t("渠道"), [ANY, *channels], format_func=_channel, key="rule_channel", width=150)
            st.selectbox(t("订单类型"), [ANY, *shipped], format_func=_kind, key="rule_kind", width=170)
            st.number_input(t("承诺"), min_value=1, max_value=8760, value=48, step=1, key="rule_amount", width=120)
            st.selectbox(t("按"), list(measures), format_func=measures.__getitem__, key="rule_measure", width=140)
            st.selectbox(t("截单时刻"), [NO_CUT_OFF, *range(1, 24)], format_func=cut_off_name, key="rule_cut_off", width=130)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.date_input(t("生效日"), value=tomorrow, format="YYYY-MM-DD", key="rule_day", width=150)
            st.time_input(t("时刻"), value=time(0), key="rule_time", width=130)
            st.text_input(t("来源（必填）"), max_chars=200, key="rule_source", width=360)
        st.form_submit_button(t("新增"), type="primary", icon=":material/add:", on_click=_add_rule, args=(view,))


def _add_rule(view: View) -> None:
    state = st.session_state
    day, at, amount = state["rule_day"], state["rule_time"], state["rule_amount"]
    if day is None or at is None or amount is None:
        st.toast(t("请填写承诺、生效日和时刻。"), icon=":material/error:")
        return
    by_hours = state["rule_measure"] == "hours"
    rule = PromiseRule(
        channel=state["rule_channel"],
        kind=state["rule_kind"],
        valid_from=datetime.combine(day, at, tzinfo=ZoneInfo(view.zone)).astimezone(UTC),
        hours=amount if by_hours else None,
        working_days=None if by_hours else amount,
        cut_off_hour=state["rule_cut_off"],
    )

    def deed() -> None:
        actions.add_promise_rule(engine(), person=view.person, rule=rule, source=state["rule_source"], as_of=datetime.now(UTC))

    decide(deed, done=t("规则已新增。"), forget=cached_reads.promise_rules.clear, view=view)


def _channel(code: str) -> str:
    return t("全部渠道") if code == ANY else words.channel(code)


def _kind(key: str) -> str:
    kind = ORDER_KINDS_BY_KEY.get(key)
    return t("全部类型") if kind is None else words.in_language(kind.name_zh, kind.name_en)


def _since(valid_from: datetime, *, view: View) -> str:
    return t("一直") if valid_from.year < 2000 else fmt.moment(valid_from, zone=view.zone, as_of=view.as_of)
