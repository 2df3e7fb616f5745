"""By which rules of the merchant's own is reconciled, and how does finance change them?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, reconciliation_fees, reconciliation_terms
from dashboard import reconciliation_words as said
from dashboard.deciding import decide, when, who
from dashboard.i18n import t
from dashboard.rule_versions import EVERY, channel_name, refused
from dashboard.tables import Figures, Words, listing, plain, unbroken
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import Colleague, WorkOrderRuleRow
from models.reconciliation.labels import LABELS
from models.scope import EVERYTHING

MOST_DAYS = 30
_NOBODY = ""


def panel(view: View) -> None:
    """Draw the rules of work orders, fees and settlement, and for those who may the forms that change them."""
    found = cached_reads.recon_rules(view.scope)
    may = view.person.may_reconcile and view.scope == EVERYTHING
    st.caption(t("规则从下次对账起生效：费率和结算周期会重新核对生效日之后支付的订单，工单规则会改派未关闭的工单，人工指派的除外。"))
    if not may:
        st.caption(t("您只能查看；修改规则需要范围不受限的财务或经理。"))
    _work_orders(found.work_orders, view=view, may=may)
    reconciliation_fees.part(found.fees, view=view, may=may)
    reconciliation_terms.part(found.settlements, view=view, may=may)


def _work_orders(found: Sequence[WorkOrderRuleRow], *, view: View, may: bool) -> None:
    st.markdown(f"### {t('工单规则')}")
    people = cached_reads.recon_colleagues(view.scope, ())
    names = {each.person_id: each.name for each in people}
    listing(
        [
            Words(t("标签"), [unbroken(_label(row.label)) for row in found]),
            Words(t("渠道"), [unbroken(channel_name(row.channel)) for row in found]),
            Words(t("负责人"), [unbroken(_owner(row.owner, names)) for row in found]),
            Figures(t("时限（工作日）"), [row.working_days for row in found], fmt.full_count),
            Words(t("设定者"), [unbroken(who(row.set_by)) for row in found]),
            Words(t("设定时间"), [unbroken(when(row.set_at, view=view)) for row in found]),
        ],
        alt=t("工单规则"),
    )
    st.caption(t("标签和渠道越具体越优先；没有指定负责人时，派给能看到该店铺的第一位财务，其次经理。"))
    if may:
        _work_order_form(found, people, view=view)


def _work_order_form(found: Sequence[WorkOrderRuleRow], people: Sequence[Colleague], *, view: View) -> None:
    names = {each.person_id: each.name for each in people}
    # named here and not by the widgets, which would ask again in whatever language
    labels = {key: _label(key) for key in (EVERY, *(each.key for each in LABELS), "")}
    places = {code: channel_name(code) for code in (EVERY, *cached_reads.choices(view.scope).channels)}
    owners = {key: _owner(key or None, names) for key in (_NOBODY, *names)}
    with st.expander(t("设定工单规则"), icon=":material/assignment_ind:"), st.form("work_order_rule", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(t("标签"), list(labels), format_func=labels.__getitem__, key="wor_label", width=170)
            st.selectbox(t("渠道"), list(places), format_func=places.__getitem__, key="wor_channel", width=130)
            st.selectbox(t("负责人"), list(owners), format_func=owners.__getitem__, key="wor_owner", width=200)
            st.number_input(t("时限（工作日）"), min_value=0, max_value=MOST_DAYS, value=3, step=1, key="wor_days", width=140)
        st.form_submit_button(t("保存规则"), type="primary", icon=":material/check:", on_click=_set_work_order, args=(found, view))


def _set_work_order(found: Sequence[WorkOrderRuleRow], view: View) -> None:
    state = st.session_state
    place = (state["wor_label"], state["wor_channel"])
    row = next((each for each in found if (each.label, each.channel) == place), None)
    days = state["wor_days"]
    if days is None:
        st.toast(t("请填写时限。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.set_work_order_rule(
            engine(),
            person=view.person,
            label=place[0],
            channel=place[1],
            owner=state["wor_owner"] or None,
            working_days=int(days),
            seen=row.version if row else 0,
            as_of=datetime.now(UTC),
        )

    done = t("规则已保存；下次对账时改派未关闭的工单，人工指派的除外。")
    decide(deed, done=done, forget=cached_reads.recon_rules.clear, view=view, refused=refused())


def _label(key: str) -> str:
    return t("全部标签") if key == EVERY else said.label(key)


def _owner(person_id: str | None, names: dict[str, str]) -> str:
    return t("自动：财务，其次经理") if person_id is None else plain(names.get(person_id, person_id))
