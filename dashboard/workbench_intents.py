"""What were warehouses asked to do, was it sent, and what did they answer?"""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads, fmt, words, workbench_words
from dashboard.i18n import t
from dashboard.order_links import order_link
from dashboard.tables import Words, listing, moments, none_yet, plain, unbroken, wide
from dashboard.view import View
from dashboard.workbench_doing import Chosen, carry_out, say
from data import actions
from data.actions import COMMENT_SIGNS
from data.api import engine
from data.reads import Intent
from models.workbench.words import INTENT_KINDS, INTENT_STATES

LISTED = 200
# Roles that speak for a warehouse.
ANSWERING = frozenset({"manager", "operations", "warehouse"})
_WHICH, _ANSWER, _WORDS = "intent_answered", "intent_answer", "intent_words"
_COLORS = {"waiting": "gray", "sent": "blue", "acknowledged": "green", "refused": "red", "fulfilled": "green", "withdrawn": "gray"}


def panel(view: View) -> None:
    """Draw the wishes that are not done yet, and the way to write down a warehouse's answer."""
    found = cached_reads.open_intents(view.scope, LISTED)
    st.markdown(f"### {headline(found)}")
    st.caption(t("请求写成 CSV 放进 outbox/warehouses/，按仓库分文件夹；仓库照做，结果在这里登记。订单状态变了自动标为已实现。"))
    if not found:
        none_yet(t("没有未完结的请求"))
        return
    _broken(found)
    _table(found, view=view)
    if view.person.role in ANSWERING:
        _answer(found, view=view)


def headline(found: Sequence[Intent]) -> str:
    """Say how many wishes wait for a warehouse, and how many could not be written."""
    failed = sum(1 for each in found if each.error)
    if failed:
        return t("{count} 个请求写不出去", count=fmt.full_count(failed))
    return t("{count} 个给仓库的请求未完结", count=fmt.full_count(len(found)))


def _broken(found: Sequence[Intent]) -> None:
    why = {each.error for each in found if each.error}
    for text in sorted(str(each) for each in why)[:3]:
        st.error(t("导出失败：{why} 修好后每分钟自动重试，请求不会丢。", why=plain(words.half(text))), icon=":material/folder_off:")


def _table(found: Sequence[Intent], *, view: View) -> None:
    places = dict(cached_reads.choices(view.scope).warehouses)
    listing(
        [
            Words(t("订单号"), [f"[{unbroken(plain(each.order_no))}]({order_link(each.shop_id, each.order_no)})" for each in found]),
            Words(t("请求"), [unbroken(wish_said(each, view=view)) for each in found]),
            Words(t("仓库"), [unbroken(plain(places.get(each.warehouse_code, each.warehouse_code) or fmt.MISSING)) for each in found]),
            Words(t("状态"), [_state(each) for each in found]),
            moments(t("提出"), [each.asked_at for each in found], zone=view.zone, as_of=view.as_of),
            moments(t("导出"), [each.sent_at for each in found], zone=view.zone, as_of=view.as_of),
            Words(t("文件"), [wide(plain(each.file_name or fmt.MISSING)) for each in found]),
        ],
        alt=t("给仓库的请求"),
    )


def wish_said(each: Intent, *, view: View) -> str:
    """Say what is wished, and to which warehouse or carrier it is to change."""
    to = workbench_words.place(each.wish, choices=cached_reads.choices(view.scope))
    return workbench_words.of(INTENT_KINDS, each.kind) + (f" → {plain(to)}" if to else "")


def _state(each: Intent) -> str:
    name = unbroken(workbench_words.of(INTENT_STATES, each.state))
    if each.error:
        return f":red-badge[■ {unbroken(t('写不出去'))}]"
    return f":{_COLORS.get(each.state, 'gray')}-badge[{name}]"


def _answer(found: Sequence[Intent], *, view: View) -> None:
    names = {each.intent_id: f"{each.order_no} · {workbench_words.of(INTENT_KINDS, each.kind)}" for each in found if each.state == "sent"}
    if not names:
        return
    answers = {"yes": t("同意"), "no": t("拒绝")}
    with st.form("answer_intent", border=True), st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            t("仓库答复了哪个请求"), list(names), index=None, format_func=lambda number: names.get(number, str(number)), key=_WHICH,
            placeholder=t("请选择"), width=300,
        )  # fmt: skip
        st.selectbox(t("答复"), list(answers), format_func=answers.__getitem__, key=_ANSWER, width=110)
        st.text_input(t("说明（拒绝时必填）"), key=_WORDS, max_chars=COMMENT_SIGNS, width=260)
        st.form_submit_button(t("登记答复"), type="primary", on_click=_save, args=(view,))


def _save(view: View) -> None:
    number = st.session_state.get(_WHICH)
    if number is None:
        say(t("请先选择请求。"), icon=":material/error:")
        return

    def deed() -> None:
        actions.answer_intent(
            engine(),
            person=view.person,
            intent_id=int(number),
            accepted=st.session_state.get(_ANSWER) == "yes",
            words=str(st.session_state.get(_WORDS) or "").strip(),
            as_of=datetime.now(UTC),
        )
        say(t("答复已登记。"), icon=":material/check:", duration="short")

    carry_out(deed, Chosen((), {}), view=view)
