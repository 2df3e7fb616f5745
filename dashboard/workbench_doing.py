"""How does a deed on orders in trouble reach the database, what does a person hear of it, and how is it taken back?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from dashboard import fmt, words, workbench_held, workbench_words
from dashboard.i18n import t
from dashboard.tables import plain
from dashboard.view import View
from dashboard.workbench_held import key_of
from dashboard.workbench_list import forget
from data import actions
from data.actions import AlreadyClosed, Given, NotAllowed, Taken, WrongInput
from data.api import DatabaseProblem, engine, settings
from data.reads import QueueRow
from models.workbench.actions import ACTIONS_BY_KEY

_LAST = "case_last_deed"


@dataclass(frozen=True)
class Chosen:
    """The orders that a deed is for, as this person sees them, and what people are called."""

    rows: tuple[QueueRow, ...]
    names: Mapping[str, str]

    @property
    def seen(self) -> tuple[tuple[str, str, int], ...]:
        """Each with the version that is on the screen."""
        return tuple((row.shop_id, row.order_no, row.version) for row in self.rows)


@dataclass(frozen=True)
class LastDeed:
    """What this person did last, and by which deed it can be taken back; '' where it cannot."""

    said: str
    deed: str


def act(action: str, given: Given, chosen: Chosen, *, view: View, form: str = "") -> None:
    """Do something about orders inside a callback and say what came of it; once done, the form under ``form`` is closed."""

    def deed() -> None:
        done = actions.act(
            engine(), person=view.person, settings=settings(), action=action, chosen=chosen.seen, given=given, as_of=datetime.now(UTC)
        )
        said = done_said(action, orders=done.orders, view=view)
        remember(LastDeed(said, done.deed if ACTIONS_BY_KEY[action].undoable else ""))
        if form:
            st.session_state[form] = None
        say(said, icon=":material/check:", duration="short")

    carry_out(deed, chosen, view=view)


def done_said(action: str, *, orders: int, view: View) -> str:
    """Say what was done to how many orders."""
    at = fmt.moment(datetime.now(UTC), zone=view.zone, as_of=view.as_of)[-5:]
    return t("{at} 已{action} {count} 单", at=at, action=workbench_words.action(action), count=fmt.full_count(orders))


def carry_out(deed: Callable[[], None], chosen: Chosen, *, view: View) -> None:
    """Try a deed and say why not where it cannot be; nothing of it is half done."""
    try:
        deed()
    except NotAllowed:
        say(t("您的角色或范围不能对这些订单这样做，一单都没有改。"), icon=":material/lock:")
    except Taken as first:
        _overtaken(first, chosen, view=view)
    except AlreadyClosed as closed:
        forget()
        workbench_held.renew(keep=workbench_held.chosen_keys())
        say(t("没有保存：{why}", why=words.half(str(closed))) + _nothing_done(chosen), icon=":material/event_busy:")
    except WrongInput as wrong:
        say(t("没有保存：{why}", why=words.half(str(wrong))) + _nothing_done(chosen), icon=":material/error:")
    except DatabaseProblem as problem:
        say(t("没有保存：{why}", why=str(problem)), icon=":material/error:")
    else:
        forget()
        workbench_held.renew()


def _overtaken(first: Taken, chosen: Chosen, *, view: View) -> None:
    """Say who was first; the other orders stay chosen, so that one click does them."""
    forget()
    others = [key_of(row) for row in chosen.rows if key_of(row) != (first.shop_id, first.order_no)]
    workbench_held.renew(keep=others)
    name = view.person.name if first.by == view.person.person_id else first.name or workbench_words.name_of(first.by, names=chosen.names)
    who = workbench_words.taken(first.action, at=first.at, name=plain(name), view=view)
    if not others:
        say(t("没有保存：{who}", who=who), icon=":material/group:")
        return
    order = plain(first.order_no)
    text = t("没有保存：订单 {order} {who}。选中的都没有改，其余 {count} 单仍选中，可再点一次。", order=order, who=who, count=len(others))
    say(text, icon=":material/group:")


def _nothing_done(chosen: Chosen) -> str:
    return t("选中的 {count} 单都没有改。", count=fmt.full_count(len(chosen.rows))) if len(chosen.rows) > 1 else ""


def remember(last: LastDeed) -> None:
    """Keep what was done last, so that it can be taken back."""
    st.session_state[_LAST] = last


def last_deed(view: View) -> None:
    """Draw what was done last, with the way back."""
    last: LastDeed | None = st.session_state.get(_LAST)
    if last is None:
        return
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", gap="small", key="case_last"):
        st.markdown(f":green[●] {last.said}", width="content")
        if last.deed:
            st.button(t("撤销"), icon=":material/undo:", on_click=_undo, args=(last, view), key="case_undo", shortcut="z")
        st.button(t("知道了"), on_click=_forget_last, key="case_noted", type="tertiary")


def _undo(last: LastDeed, view: View) -> None:
    def deed() -> None:
        done = actions.undo(engine(), person=view.person, deed=last.deed, as_of=datetime.now(UTC))
        _forget_last()
        say(t("已撤销，{count} 单回到原来的样子。", count=fmt.full_count(done.orders)), icon=":material/undo:", duration="short")

    carry_out(deed, Chosen((), {}), view=view)


def _forget_last() -> None:
    st.session_state.pop(_LAST, None)


def say(text: str, *, icon: str, duration: Literal["short", "long"] = "long") -> None:
    """Say what came of a deed."""
    st.toast(text, icon=icon, duration=duration)
