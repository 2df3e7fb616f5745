"""Who looks after an order, and what was said and done about it?"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from dashboard import fmt, inventory_words, tables, words
from dashboard.deciding import who
from dashboard.i18n import msg, t
from dashboard.order_detail import at
from dashboard.tables import plain
from dashboard.view import View
from data import actions
from data.actions import COMMENT_SIGNS, Commented, NotAllowed, Overtaken, WrongInput
from data.api import DatabaseProblem, engine
from data.reads import COMMENTED, Colleague, Deed, OrderDetail

DEEDS: dict[str, str] = {
    COMMENTED: msg("评论"),
    "took_order": msg("认领了订单"),
    "assigned_order": msg("把订单指派给 {owner}"),
    "gave_back_order": msg("交还了订单"),
    "erase_contact": msg("删除了买家的联系方式"),
    "revealed": msg("查看了联系方式"),
    "released_hold": msg("释放了 {sku} 的库存占用"),
    "extended_hold": msg("延长了 {sku} 的库存占用"),
    "accepted_short": msg("接受 {sku} 等货"),
    "reallocated": msg("把 {sku} 改由 {warehouse}发"),
}
REVEALED_ROW = msg("查看了来源行的联系方式（第 {row} 行）")
# So much of the history is listed; older deeds stay in the audit log.
LISTED = 50
WORDS, MENTIONED, ASSIGNEE = "order_comment", "order_mentioned", "order_assignee"


def owner(detail: OrderDetail, *, view: View) -> None:
    """Draw whose the order is, and the ways to take it, to give it to somebody and to give it back."""
    owned = detail.ownership
    st.markdown(f"### {t('负责人')}")
    if owned.owner:
        since = t("{by} 于 {when} 设定", by=_name(owned.set_by, detail), when=at(owned.set_at, view=view))
        st.markdown(f"**{_name(owned.owner, detail)}**　:small[:gray[{since}]]")
    else:
        st.markdown(f":gray[{t('还没有人负责')}]")
    if not view.person.may_handle:
        st.caption(t("您的角色只能查看。"))
        return
    me = view.person.person_id
    with st.container(horizontal=True, vertical_alignment="bottom", key="owning"):
        if owned.owner != me:
            _own(t("认领"), me, detail=detail, view=view, icon=":material/front_hand:", key="take_order")
        if owned.owner:
            _own(t("交还"), None, detail=detail, view=view, icon=":material/undo:", key="give_back_order")
        _assign(detail, view=view)


def comment_form(detail: OrderDetail, *, view: View) -> None:
    """Draw the way to say something, and to call colleagues."""
    st.markdown(f"### {t('评论与记录')}")
    if not view.person.may_handle:
        return
    labels = {each.person_id: _labelled(each) for each in detail.colleagues}
    with st.form("order_comment_form", border=False, enter_to_submit=False):
        st.text_area(
            t("评论"),
            key=WORDS,
            max_chars=COMMENT_SIGNS,
            height=80,
            placeholder=t("写下评论，用 @姓名 提醒同事；请勿写买家的姓名、电话、地址"),
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.multiselect(
                t("提醒"),
                list(labels),
                format_func=labels.__getitem__,
                key=MENTIONED,
                placeholder=t("提醒同事"),
                label_visibility="collapsed",
                select_all=False,
                width=200,
            )
            st.form_submit_button(t("发表"), type="primary", icon=":material/send:", on_click=_comment, args=(detail, view))


def history(detail: OrderDetail, *, view: View) -> None:
    """Draw what people said and did, the newest first."""
    if not detail.history:
        tables.none_yet(t("还没有评论和操作"))
        return
    for deed in detail.history[:LISTED]:
        st.markdown(f"**{_name(deed.person_id, detail)}**　:small[:gray[{at(deed.at, view=view)}　{deed_said(deed, detail, view=view)}]]")
        if deed.text is not None:
            st.text(deed.text)
    if len(detail.history) > LISTED:
        st.caption(t("只列最近 {count} 条。", count=LISTED))


def deed_said(deed: Deed, detail: OrderDetail, *, view: View) -> str:
    """Say what somebody did; what we have no words for, by its code."""
    if deed.action not in DEEDS:
        return plain(deed.action)
    if deed.action == "revealed" and "row" in deed.detail:
        return t(REVEALED_ROW, row=fmt.full_count(deed.detail["row"]))
    if deed.action == "assigned_order":
        return t(DEEDS[deed.action], owner=_name(str(deed.detail.get("owner")), detail))
    warehouse = inventory_words.warehouse_called(str(deed.detail.get("warehouse_code", "")), view=view)
    return t(DEEDS[deed.action], sku=plain(str(deed.detail.get("sku_code", ""))), warehouse=plain(warehouse))


def _name(person_id: str, detail: OrderDetail) -> str:
    return plain(detail.names[person_id]) if person_id in detail.names else who(person_id)


def _labelled(each: Colleague) -> str:
    return f"{each.name} · {words.named(words.ROLES, each.role)}"


def _own(label: str, new: str | None, *, detail: OrderDetail, view: View, icon: str, key: str) -> None:
    st.button(label, icon=icon, key=key, on_click=_set_owner, args=(new, detail, view))


def _assign(detail: OrderDetail, *, view: View) -> None:
    labels = {each.person_id: _labelled(each) for each in detail.colleagues if each.person_id != detail.ownership.owner}
    if not labels:
        return
    st.selectbox(
        t("指派给"),
        list(labels),
        index=None,
        format_func=lambda person_id: labels.get(person_id, person_id),
        key=ASSIGNEE,
        placeholder=t("指派给…"),
        label_visibility="collapsed",
        width=150,
    )
    st.button(t("指派"), icon=":material/person_add:", key="assign_order", on_click=_assign_chosen, args=(detail, view))


def _assign_chosen(detail: OrderDetail, view: View) -> None:
    chosen = st.session_state.get(ASSIGNEE)
    if chosen is None:
        _say(t("请先选择同事。"), icon=":material/error:")
        return
    _set_owner(chosen, detail, view)


def _set_owner(new: str | None, detail: OrderDetail, view: View) -> None:
    key = {"shop_id": detail.head.shop_id, "order_no": detail.head.order_no}

    def deed() -> str:
        actions.set_owner(engine(), person=view.person, **key, owner=new, seen=detail.ownership.version, as_of=datetime.now(UTC))
        return t("已交还。") if new is None else t("{name} 负责此订单。", name=_said_name(new, detail, view=view))

    _do(deed, detail=detail, view=view)
    st.session_state[ASSIGNEE] = None


def _comment(detail: OrderDetail, view: View) -> None:
    key = {"shop_id": detail.head.shop_id, "order_no": detail.head.order_no}
    names = [each.name for each in detail.colleagues]
    chosen = [each for each in detail.colleagues if each.person_id in st.session_state.get(MENTIONED, [])]
    called = [f"@{each.name if names.count(each.name) == 1 else each.person_id}" for each in chosen]
    said = " ".join([*called, str(st.session_state.get(WORDS) or "").strip()]) if st.session_state.get(WORDS) else ""

    def deed() -> str:
        done = actions.comment(engine(), person=view.person, **key, words=said, as_of=datetime.now(UTC))
        st.session_state[WORDS], st.session_state[MENTIONED] = "", []
        return _commented(done)

    _do(deed, detail=detail, view=view)


def _commented(done: Commented) -> str:
    if not done.unknown:
        return t("评论已发表。")
    unknown = t("、").join(plain(f"@{word}") for word in done.unknown)
    return t("评论已发表；{names} 不是能看到此订单的同事，没有提醒。", names=unknown)


def _said_name(person_id: str, detail: OrderDetail, *, view: View) -> str:
    if person_id == view.person.person_id:
        return plain(view.person.name)
    return next((plain(each.name) for each in detail.colleagues if each.person_id == person_id), plain(person_id))


def _do(deed: Callable[[], str], *, detail: OrderDetail, view: View) -> None:
    """Carry out a deed inside a callback and say what came of it."""
    try:
        done = deed()
    except NotAllowed:
        _say(t("您的角色或范围不能处理这个订单。"), icon=":material/lock:")
    except WrongInput as wrong:
        _say(t("没有保存：{why}", why=words.half(str(wrong))), icon=":material/error:")
    except Overtaken as first:
        when = fmt.moment(first.at, zone=view.zone, as_of=view.as_of)
        name = _said_name(first.by, detail, view=view)
        _say(t("没有保存：{name} 已于 {when} 先处理，请看现在的负责人。", name=name, when=when), icon=":material/group:")
    except DatabaseProblem as problem:
        _say(t("没有保存：{why}", why=str(problem)), icon=":material/error:")
    else:
        _say(done, icon=":material/check:", duration="short")


def _say(text: str, *, icon: str, duration: Literal["short", "long"] = "long") -> None:
    st.toast(text, icon=icon, duration=duration)
