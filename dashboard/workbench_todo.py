"""What waits for this person: orders that are theirs, colleagues who called them, tasks they were given?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import fmt, states, words, workbench, workbench_words
from dashboard.i18n import t
from dashboard.options import DESK, DIFFERENCE, TAB
from dashboard.order_links import order_link
from dashboard.tables import Figures, Words, listing, moments, none_yet, plain, unbroken
from dashboard.view import View
from dashboard.workbench_doing import Chosen, carry_out, say
from data import actions, reads
from data.api import engine
from data.reads import Inbox, InboxWork, Mention, QueueRow

# So many of one's orders are listed here; the list of one's own has all of them.
LISTED = 20


def panel(view: View) -> None:
    """Draw the inbox of this person."""
    found = reads.inbox(engine(), person=view.person, as_of=view.as_of)
    if not (found.orders or found.mentions or found.work_orders):
        states.empty(t("没有待办"), body=t("认领或分给您的订单、@您的评论、派给您的工单会出现在这里。"), icon=":material/task_alt:")
        return
    st.markdown(f"### {headline(found)}")
    left, right = st.columns([5, 3], gap="large")
    with left:
        _orders(found.orders, view=view)
        _work_orders(found.work_orders, view=view)
    with right:
        _mentions(found.mentions, view=view)


def headline(found: Inbox) -> str:
    """Say what waits for this person."""
    unseen = sum(each.unseen for each in found.mentions)
    parts = [(len(found.orders), t("{count} 单由我负责")), (unseen, t("{count} 条新提醒")), (len(found.work_orders), t("{count} 张工单"))]
    said = [text.format(count=fmt.full_count(count)) for count, text in parts if count]
    return " · ".join(said) or t("没有新的待办")


def _orders(rows: Sequence[QueueRow], *, view: View) -> None:
    st.markdown(f"#### {t('我负责的订单')}")
    if not rows:
        none_yet(t("没有由您负责的未结订单"))
        return
    shown = rows[:LISTED]
    listing(
        [
            Words(t("订单号"), [f"[{unbroken(plain(row.order_no))}]({order_link(row.shop_id, row.order_no)})" for row in shown]),
            Words(t("剩余时间"), [_left(row, view=view) for row in shown]),
            Words(t("建议动作"), [unbroken(workbench_words.suggestion(row)) for row in shown]),
            Words(t("状态"), [unbroken(plain(workbench_words.state(row, view=view))) for row in shown]),
            Words(t("渠道"), [unbroken(words.channel(row.channel)) for row in shown]),
            Figures(t("金额"), [row.value_minor for row in shown], lambda value: fmt.full_money(value, currency=view.currency)),
        ],
        alt=t("我负责的订单"),
    )
    st.button(t("在清单里处理"), icon=":material/list_alt:", on_click=_to_list, key="todo_to_list")


def _left(row: QueueRow, *, view: View) -> str:
    said = unbroken(workbench_words.left(row, as_of=view.as_of))
    color = "red" if said.startswith("■") else "orange" if said.startswith("▲") else ""
    return f":{color}-badge[{said}]" if color else said


def _to_list() -> None:
    st.query_params[DESK], st.query_params[TAB] = workbench.LIST, "mine"


def _mentions(found: Sequence[Mention], *, view: View) -> None:
    st.markdown(f"#### {t('提到我的评论')}")
    if not found:
        none_yet(t("还没有人提到您"))
        return
    if any(each.unseen for each in found):
        newest = max(each.comment_id for each in found)
        st.button(t("全部标为已读"), icon=":material/done_all:", on_click=_see, args=(newest, view), key="todo_seen")
    for each in found:
        at = fmt.moment(each.at, zone=view.zone, as_of=view.as_of)
        link = f"[{unbroken(plain(each.order_no))}]({order_link(each.shop_id, each.order_no)})"
        new = f" :orange-badge[▲ {t('新')}]" if each.unseen else ""
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"**{plain(each.name)}**{new}　:small[:gray[{at}]]　:small[{link}]")
            st.text(each.text)


def _see(newest: int, view: View) -> None:
    def deed() -> None:
        actions.see_mentions(engine(), person=view.person, up_to=newest, as_of=datetime.now(UTC))
        say(t("提醒已读。"), icon=":material/done_all:", duration="short")

    carry_out(deed, Chosen((), {}), view=view)


def _work_orders(found: Sequence[InboxWork], *, view: View) -> None:
    st.markdown(f"#### {t('我的工单')}")
    if not found:
        none_yet(t("没有派给您的工单"))
        return
    listing(
        [
            Words(t("工单"), [_work_link(each) for each in found]),
            Words(t("期限"), [_due(each, view=view) for each in found]),
            moments(t("派给我"), [each.opened_at for each in found], zone=view.zone, as_of=view.as_of),
        ],
        alt=t("我的工单"),
    )
    own = [each for each in found if each.kind == "order"]
    if own:
        _closing(own, view=view)


def _work_link(each: InboxWork) -> str:
    if each.kind == "difference":
        return f"[{plain(each.title or t('对账差异 #{number}', number=each.number))}](reconciliation?{DIFFERENCE}={each.number})"
    return f"{plain(each.title)}　[{unbroken(plain(each.order_no))}]({order_link(each.shop_id, each.order_no)})"


def _due(each: InboxWork, *, view: View) -> str:
    said = unbroken(fmt.moment(each.due_at, zone=view.zone, as_of=view.as_of))
    return f":red-badge[■ {said}]" if each.due_at is not None and each.due_at < view.as_of else said


def _closing(own: Sequence[InboxWork], *, view: View) -> None:
    names = {each.number: f"{each.title} · {each.order_no}" for each in own}
    with st.form("close_work_order", border=False), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            t("做完的工单"), list(names), index=None, format_func=lambda number: names.get(number, str(number)), key="work_order_done",
            placeholder=t("请选择"), width=280,
        )  # fmt: skip
        st.form_submit_button(t("标为完成"), icon=":material/check:", on_click=_close, args=(view,))


def _close(view: View) -> None:
    number = st.session_state.get("work_order_done")
    if number is None:
        say(t("请先选择工单。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.close_case_work_order(engine(), person=view.person, number=int(number), as_of=datetime.now(UTC))
        say(t("工单已完成。"), icon=":material/check:", duration="short")

    carry_out(deed, Chosen((), {}), view=view)
