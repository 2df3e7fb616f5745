"""When is each channel's money due, and how exactly must it agree; and how does finance add a version?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, words
from dashboard.deciding import decide, when, who
from dashboard.i18n import msg, t
from dashboard.rule_versions import EVERY, ask_since, asked_since, channel_name, refused, since, state_of
from dashboard.tables import Figures, Words, badge, listing, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import SettlementRuleRow
from models.reconciliation.rules import MOST_TOLERANCE_MINOR

MOST_DAYS = 90
CLOCKS = {"completed": msg("订单完成"), "delivered": msg("签收或完成"), "paid": msg("支付")}
OWED = {"paid": msg("实付＋平台券"), "total": msg("订单总额"), "goods_freight": msg("货款＋运费")}


def part(found: Sequence[SettlementRuleRow], *, view: View, may: bool) -> None:
    """Draw every version of every channel's terms, and the way to add one."""
    st.markdown(f"### {t('结算规则')}")
    listing(
        [
            Words(t("状态"), [badge(state_of(row, found, as_of=view.as_of)) for row in found]),
            Words(t("渠道"), [unbroken(channel_name(row.channel)) for row in found]),
            Words(t("结算周期"), [unbroken(t("{clock} T+{days}", clock=t(CLOCKS[row.clock]), days=row.days)) for row in found]),
            Figures(t("收款容差（分）"), [row.tolerance_minor for row in found], fmt.full_count),
            Words(t("应收口径"), [unbroken(t(OWED[row.receivable])) for row in found]),
            Words(t("担保交易"), [t("是") if row.escrow else t("否") for row in found]),
            Words(t("生效"), [unbroken(since(row.valid_from, view=view)) for row in found]),
            Words(t("来源"), [wide(plain(words.half(row.source))) for row in found]),
            Words(t("设定者"), [unbroken(who(row.set_by)) for row in found]),
            Words(t("设定时间"), [unbroken(when(row.set_at, view=view)) for row in found]),
        ],
        alt=t("结算规则"),
    )
    st.caption(t("T+N 按自然日；担保交易在完成前退的款不进账单；容差内的收款差额算一致，佣金和手续费每行容差 1 分。"))
    if may:
        _form(found, view=view)


def _form(found: Sequence[SettlementRuleRow], *, view: View) -> None:
    channels = {code: channel_name(code) for code in (EVERY, *cached_reads.choices(view.scope).channels)}
    clocks, owed = ({key: t(name) for key, name in names.items()} for names in (CLOCKS, OWED))
    with st.expander(t("新增结算版本"), icon=":material/add:"), st.form("settlement_rule", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(t("渠道"), list(channels), format_func=channels.__getitem__, key="term_channel", width=130)
            st.selectbox(t("起算（T）"), list(clocks), format_func=clocks.__getitem__, key="term_clock", width=140)
            st.number_input(t("天数（N）"), min_value=0, max_value=MOST_DAYS, value=1, step=1, key="term_days", width=100)
            st.number_input(
                t("收款容差（分）"), min_value=0, max_value=MOST_TOLERANCE_MINOR, value=0, step=1, key="term_tolerance", width=140
            )
            st.selectbox(t("应收口径"), list(owed), format_func=owed.__getitem__, key="term_owed", width=150)
            st.toggle(t("担保交易"), value=True, key="term_escrow")
        ask_since("term", view=view)
        st.form_submit_button(t("新增"), type="primary", icon=":material/add:", on_click=_add, args=(found, view))


def _add(found: Sequence[SettlementRuleRow], view: View) -> None:
    state = st.session_state
    channel, valid_from = state["term_channel"], asked_since("term", view=view)
    days, tolerance = state["term_days"], state["term_tolerance"]
    if valid_from is None or days is None or tolerance is None:
        st.toast(t("请填写周期、容差和生效日。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.set_settlement_rule(
            engine(),
            person=view.person,
            channel=channel,
            valid_from=valid_from,
            clock=state["term_clock"],
            days=int(days),
            escrow=state["term_escrow"],
            receivable=state["term_owed"],
            tolerance_minor=int(tolerance),
            source=state["term_source"],
            seen=sum(row.channel == channel for row in found),
            as_of=datetime.now(UTC),
        )

    done = t("规则已新增；下次对账会重新核对 {since} 起支付的订单。", since=since(valid_from, view=view))
    decide(deed, done=done, forget=cached_reads.recon_rules.clear, view=view, refused=refused())
