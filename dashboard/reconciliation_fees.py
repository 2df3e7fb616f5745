"""Which commissions and fees do our books expect of each channel and category, and how does finance add a version?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import streamlit as st

from dashboard import cached_reads, fmt, words
from dashboard import reconciliation_words as said
from dashboard.deciding import decide, when, who
from dashboard.i18n import msg, t
from dashboard.rule_versions import EVERY, ask_since, asked_since, channel_name, refused, since, state_of
from dashboard.tables import Figures, Words, badge, listing, plain, unbroken, wide
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import FeeRuleRow

TYPES = ("commission", "fee")
BASES = {"receipt": msg("全部收款"), "goods": msg("不含运费")}


def part(found: Sequence[FeeRuleRow], *, view: View, may: bool) -> None:
    """Draw every version of every fee, and the way to add one."""
    st.markdown(f"### {t('费率规则')}")
    listing(
        [
            Words(t("状态"), [badge(state_of(row, found, as_of=view.as_of)) for row in found]),
            Words(t("渠道"), [unbroken(channel_name(row.channel)) for row in found]),
            Words(t("费用"), [unbroken(said.money_type(row.fee_type)) for row in found]),
            Words(t("类目"), [unbroken(plain(_category(row.category))) for row in found]),
            Figures(t("费率"), [float(row.rate) for row in found], fmt.exact_share),
            Figures(t("每单另收（分）"), [row.fixed_minor for row in found], fmt.full_count),
            Words(t("计费基数"), [unbroken(t(BASES[row.base])) for row in found]),
            Words(t("随退款退回"), [t("是") if row.returned else t("否") for row in found]),
            Words(t("生效"), [unbroken(since(row.valid_from, view=view)) for row in found]),
            Words(t("来源"), [wide(plain(words.half(row.source))) for row in found]),
            Words(t("设定者"), [unbroken(who(row.set_by)) for row in found]),
            Words(t("设定时间"), [unbroken(when(row.set_at, view=view)) for row in found]),
        ],
        alt=t("费率规则"),
    )
    st.caption(t("渠道、类目越具体越优先；类目取订单的主类目，分是该币种的最小单位。"))
    if may:
        _form(found, view=view)


def _form(found: Sequence[FeeRuleRow], *, view: View) -> None:
    choices = cached_reads.choices(view.scope)
    channels = {code: channel_name(code) for code in (EVERY, *choices.channels)}
    categories = {code: _category(code) for code in (EVERY, *choices.categories)}
    types = {key: said.money_type(key) for key in TYPES}
    bases = {key: t(name) for key, name in BASES.items()}
    with st.expander(t("新增费率版本"), icon=":material/add:"), st.form("fee_rule", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(t("渠道"), list(channels), format_func=channels.__getitem__, key="fee_channel", width=130)
            st.selectbox(t("费用"), list(types), format_func=types.__getitem__, key="fee_type", width=120)
            st.selectbox(t("类目"), list(categories), format_func=categories.__getitem__, key="fee_category", width=150)
            st.number_input(t("费率（%）"), min_value=0.0, max_value=100.0, value=5.0, step=0.1, format="%.4f", key="fee_rate", width=120)
            st.number_input(t("每单另收（分）"), min_value=0, max_value=100_000, value=0, step=1, key="fee_fixed", width=140)
            st.selectbox(t("计费基数"), list(bases), format_func=bases.__getitem__, key="fee_base", width=130)
            st.toggle(t("随退款退回"), value=True, key="fee_returned")
        ask_since("fee", view=view)
        st.form_submit_button(t("新增"), type="primary", icon=":material/add:", on_click=_add, args=(found, view))


def _add(found: Sequence[FeeRuleRow], view: View) -> None:
    state = st.session_state
    place = (state["fee_channel"], state["fee_type"], state["fee_category"])
    valid_from, rate, fixed = asked_since("fee", view=view), state["fee_rate"], state["fee_fixed"]
    if valid_from is None or rate is None or fixed is None:
        st.toast(t("请填写费率和生效日。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.set_fee_rule(
            engine(),
            person=view.person,
            channel=place[0],
            fee_type=place[1],
            category=place[2],
            valid_from=valid_from,
            rate=(Decimal(str(rate)) / 100).quantize(Decimal("0.000001")),
            fixed_minor=int(fixed),
            base=state["fee_base"],
            returned=state["fee_returned"],
            source=state["fee_source"],
            seen=sum(row.place == place for row in found),
            as_of=datetime.now(UTC),
        )

    done = t("规则已新增；下次对账会重新核对 {since} 起支付的订单。", since=since(valid_from, view=view))
    decide(deed, done=done, forget=cached_reads.recon_rules.clear, view=view, refused=refused())


def _category(code: str) -> str:
    return t("全部类目") if code == EVERY else code
