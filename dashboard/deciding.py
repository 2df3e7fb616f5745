"""How does a manager's decision reach the database, and what does a person hear of it?"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import streamlit as st

from dashboard import fmt, words
from dashboard.i18n import t
from dashboard.tables import plain
from dashboard.view import View
from data.actions import DEMO_PREFIX, NotAllowed, Overtaken, WrongInput
from data.api import DatabaseProblem

# As the tables call who set what came with the product.
SHIPPED_BY = {"shipped", "OrderHub"}


def decide(deed: Callable[[], object], *, done: str, forget: Callable[[], None], view: View, refused: str = "") -> None:
    """Carry out a decision inside a callback and say what came of it; ``forget`` drops what was read before."""
    try:
        deed()
    except NotAllowed:
        _say(refused or t("您的角色或范围不能修改口径。"), icon=":material/lock:")
    except WrongInput as wrong:
        _say(t("没有保存：{why}", why=words.half(str(wrong))), icon=":material/error:")
    except Overtaken as first:
        forget()
        if first.at is None:
            _say(t("没有保存：别人刚刚先改过，请看过新值再改。"), icon=":material/group:")
            return
        when = fmt.moment(first.at, zone=view.zone, as_of=view.as_of)
        _say(t("没有保存：{who} 已于 {when} 先改过，请看过新值再改。", who=who(first.by), when=when), icon=":material/group:")
    except DatabaseProblem as problem:
        _say(t("没有保存：{why}", why=str(problem)), icon=":material/error:")
    else:
        forget()
        _say(done, icon=":material/check:", duration="short")


def only_managers(view: View) -> bool:
    """Say whether this person may change definitions; say so to those who may not."""
    if not view.person.may_define:
        st.caption(t("只有范围不受限的经理可以修改口径，您可以查看。"))
    return view.person.may_define


def who(person_id: str) -> str:
    """Name who set something: the product, a demo person by the role, else the login name."""
    if person_id in SHIPPED_BY:
        return t("随产品")
    if person_id.startswith(DEMO_PREFIX):
        return words.named(words.ROLES, person_id.removeprefix(DEMO_PREFIX))
    return plain(person_id) or t("有人")


def when(at: datetime | None, *, view: View) -> str:
    """Say when something was set; what came with the product has no date."""
    return fmt.MISSING if at is None or at.year < 2000 else fmt.moment(at, zone=view.zone, as_of=view.as_of)


def _say(text: str, *, icon: str, duration: Literal["short", "long"] = "long") -> None:
    st.toast(text, icon=icon, duration=duration)
