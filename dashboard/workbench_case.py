"""What is the matter with one order, what is suggested and why, what was done about it, and what can be done now?"""

from collections.abc import Mapping

import streamlit as st

from dashboard import cached_reads, fmt, order_detail, words, workbench, workbench_deeds, workbench_held, workbench_words
from dashboard.delay_model_open import reasons_said, risk_said
from dashboard.i18n import t
from dashboard.order_links import NUMBER, SHOP, asked, order_link
from dashboard.tables import none_yet, plain, unbroken
from dashboard.view import View
from dashboard.workbench_doing import Chosen
from dashboard.workbench_list import JUST_OPENED
from data import reads
from data.api import engine
from data.reads import Act, ActionSaves, Case, Intent, QueueRow
from models.workbench.actions import ACTIONS_BY_KEY
from models.workbench.words import INTENT_STATES

WIDTH = 430
# Where there is no room beside the list the order opens below it: whoever has just opened it is led there.
_INTO_VIEW = f"""<script>
if (window.innerWidth < {2 * WIDTH}) document.querySelector(".st-key-case_open").scrollIntoView({{behavior: "smooth"}})
</script>"""
# So much of what was done is listed; the order's own page has all of it.
LISTED = 12


def open_one(view: View) -> Case | None:
    """Return the order that the address asks for, as it is this moment: what a person just did must show."""
    shop_id, order_no = asked()
    return reads.case_of(engine(), scope=view.scope, shop_id=shop_id, order_no=order_no) if order_no else None


def panel(case: Case | None, *, view: View) -> None:
    """Draw the open order beside the list; nothing where the address asks for none."""
    shop_id, order_no = asked()
    if not order_no:
        return
    with st.container(border=True, width=WIDTH, key="case_open"):
        if st.session_state.pop(JUST_OPENED, False):
            st.html(_INTO_VIEW, unsafe_allow_javascript=True)
        _head(shop_id, order_no, case, view=view)
        if case is None:
            st.caption(t("没有这个订单，或它不在您的范围内。"))
            return
        if not case.in_queue:
            st.caption(t("订单已发货或已关闭，不在工作台里了；经过留在下面。"))
        names = people(view)
        if case.in_queue:
            risk(case.row, view=view)
            suggested(case.row, view=view)
        workbench_deeds.bar(Chosen((case.row,), names), view=view, key="one")
        history(case, names=names, view=view)


def people(view: View) -> dict[str, str]:
    """Return what colleagues are called."""
    return {each.person_id: each.name for each in cached_reads.workbench_people(view.scope)}


def _head(shop_id: str, order_no: str, case: Case | None, *, view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"### {plain(order_no)}", width="stretch")
        st.button(t("关闭"), icon=":material/close:", on_click=close, key="case_close", type="tertiary")
    if case is not None:
        row = case.row
        state = f":gray-badge[{plain(workbench_words.state(row, view=view))}]"
        st.markdown(f"{left_badge(row, view=view)} {state}" if case.in_queue else state)
        said = [
            words.channel(row.channel),
            order_detail.stage_name(row.stage),
            plain(workbench_words.warehouse(row, choices=cached_reads.choices(view.scope))),
            fmt.full_money(row.value_minor, currency=view.currency),
            _owned(row, view=view),
        ]
        st.caption(" · ".join(said))
    st.markdown(f":small[[{t('看订单全貌')}]({order_link(shop_id, order_no)})]")


def left_badge(row: QueueRow, *, view: View) -> str:
    """Say how long an order has, as a badge."""
    left = workbench_words.left(row, as_of=view.as_of)
    color = "red" if left.startswith("■") else "orange" if left.startswith("▲") else "gray"
    return f":{color}-badge[{unbroken(left)}]"


def _owned(row: QueueRow, *, view: View) -> str:
    if row.owner is None:
        return t("无人负责")
    return t("{name} 负责", name=plain(workbench_words.owner(row, names=people(view))))


def close() -> None:
    """Close the open order."""
    for key in (SHOP, NUMBER):
        if key in st.query_params:
            del st.query_params[key]
    workbench_held.let_go()


def risk(row: QueueRow, *, view: View) -> None:
    """Say how likely the order is to be late, and why."""
    if row.probability is None or row.low is None or row.high is None:
        st.caption(t("还没有风险评分：缺数据，或刚付款。"))
        return
    st.markdown(t("**超时风险** {risk}", risk=risk_said(row.probability, low=row.low, high=row.high)))
    said = reasons_said(
        [dict(each) for each in row.reasons], names=workbench_words.code_names(row, choices=cached_reads.choices(view.scope))
    )
    if said != fmt.MISSING:
        st.caption(said)


def suggested(row: QueueRow, *, view: View) -> None:
    """Say what is suggested and what that is expected to bring, or why nothing is."""
    if row.held_out:
        st.info(t("对照组：为了知道建议有没有用，随机留出一小部分订单不给建议；该做什么仍由您决定。"), icon=":material/science:")
        return
    if row.review == "pending":
        st.caption(t("先审核：审核通过前仓库不发货，别的动作也要等它。"))
        return
    if row.action not in ACTIONS_BY_KEY:
        st.caption(t("没有能救它的建议动作。"))
        return
    chance = t("约 {share} 能救回", share=f"{row.saves * 100:.0f}%")
    worth = workbench.money(row.score, view=view)
    st.markdown(t("**建议 {action}** · {chance} · 期望挽回 {worth}", action=workbench_words.action(row.action), chance=chance, worth=worth))
    learnt = _learnt(row.action, view=view)
    if learnt is not None:
        st.caption(learnt_said(learnt))
    if not row.in_capacity:
        st.caption(t("不在今日人手之内：排在前面的更值得先做。"))


def _learnt(action: str | None, *, view: View) -> ActionSaves | None:
    return next((each for each in cached_reads.action_saves(view.scope) if each.action == action), None)


def learnt_said(learnt: ActionSaves) -> str:
    """Say on what a chance of saving rests: outcomes, and the prior before them."""
    prior = t(
        "先验 {share}：{source}",
        share=f"{learnt.prior_saves * 100:.0f}%",
        source=plain(words.in_language(learnt.source_zh, learnt.source_en)),
    )
    if not learnt.acted:
        return prior
    return (
        t(
            "{count} 单的结果（{low}–{high}%）；",
            count=fmt.full_count(learnt.acted),
            low=f"{learnt.low * 100:.0f}",
            high=f"{learnt.high * 100:.0f}",
        )
        + prior
    )


def history(case: Case, *, names: Mapping[str, str], view: View) -> None:
    """Draw what was done about an order, and what its warehouse was asked for."""
    st.markdown(f"#### {t('经过')}")
    if not case.acts:
        none_yet(t("还没有人动过"))
    for each in case.acts[:LISTED]:
        st.markdown(_act(each, names=names, view=view))
        if each.detail.get("words"):
            st.text(str(each.detail["words"]))
    for intent in case.intents:
        st.markdown(intent_said(intent, view=view))


def _act(each: Act, *, names: Mapping[str, str], view: View) -> str:
    at = fmt.moment(each.at, zone=view.zone, as_of=view.as_of)
    said = workbench_words.deed(each.action, each.detail, names=names, view=view)
    undone = f"　{t('（已撤销）')}" if each.undone else ""
    return f"**{plain(workbench_words.name_of(each.person_id, names=names))}**　:small[:gray[{at}　{said}{undone}]]"


def intent_said(intent: Intent, *, view: View) -> str:
    """Say what a warehouse was asked for, when, and how far that is."""
    at = fmt.moment(intent.answered_at or intent.sent_at or intent.asked_at, zone=view.zone, as_of=view.as_of)
    text = workbench_words.intent(intent.kind, intent.state)
    problem = f"　:red[■ {plain(words.half(intent.error))}]" if intent.error else ""
    return f":small[:gray[{t('给仓库：')}{text}　{at}]]{problem}"


def state_said(intent: Intent) -> str:
    """Name how far a wish is."""
    return workbench_words.of(INTENT_STATES, intent.state)
