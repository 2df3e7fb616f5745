"""What can a person do about the chosen orders, and what does each deed need to be told?

The same bar stands at the foot of the page for the ticked orders and beside the open one. All of a choice is done, or nothing of it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboard import cached_reads, fmt, options, words, workbench, workbench_held, workbench_words
from dashboard.i18n import SOURCE, language, msg, t
from dashboard.view import View
from dashboard.workbench_doing import Chosen, act, say
from data.actions import COMMENT_SIGNS, Given
from data.reads import QueueRow
from models.stages import STAGES_BY_KEY
from models.workbench.actions import ACTIONS, ACTIONS_BY_KEY, Action, reasons_of
from models.workbench.words import CLOSED_STATES

# A key of the keyboard for what is done all day (take, expedite, yes); c and r are the framework's own.
SHORTCUTS: Mapping[str, str] = {"claim": "t", "expedite": "e", "approve_review": "y"}
_ICONS: Mapping[str, str] = {
    "claim": ":material/front_hand:",
    "expedite": ":material/bolt:",
    "approve_review": ":material/verified_user:",
}
TITLE_SIGNS = 80
_LATER_HOUR, _MORNING_HOUR = 18, 9


def foot(rows: Sequence[QueueRow], names: Mapping[str, str], *, view: View) -> None:
    """Draw, at the foot of the page, what can be done with the ticked orders together."""
    chosen = Chosen(tuple(rows), names)
    worth = workbench.money(sum(row.value_minor for row in rows), view=view)
    with st.bottom:
        text = t("**选中 {count} 单** · {money}", count=fmt.full_count(len(rows)), money=worth)
        bar(chosen, view=view, key="many", lead=text)


def bar(chosen: Chosen, *, view: View, key: str, lead: str = "") -> None:
    """Draw the deeds, and beside them the form of the one that is picked.

    Nothing of it lies in a layer over the page: the next Tab leads from a deed into its form.
    """
    able = allowed(chosen.rows, view=view)
    direct = [action for action in able if not action.needs]
    asking = {action.key: words.in_language(action.name_zh, action.name_en) for action in able if action.needs}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}_deeds"):
        if lead:
            st.markdown(lead, width="content")
        if not able:
            st.caption(t("您的角色只能查看。"), width="content")
        first = primary(chosen.rows, direct)
        for action in direct:
            _button(action, chosen, view=view, key=key, first=action.key == first)
        picked = _asking(asking, key=key) if asking else None
        if lead:
            st.button(t("取消选择"), on_click=workbench_held.let_go, key=f"{key}_let_go", type="tertiary")
    if picked in asking:
        _form(ACTIONS_BY_KEY[str(picked)], chosen, view=view, key=key)


def allowed(rows: Sequence[QueueRow], *, view: View) -> list[Action]:
    """Return what this person may do about these orders, as far as a page can know; the server asks again."""
    closed = any(over(row) for row in rows)
    pending, judged = any(row.review == "pending" for row in rows), all(row.review in (None, "approved") for row in rows)
    mine = all(row.owner == view.person.person_id for row in rows)

    def fits(action: Action) -> bool:
        if closed:
            return action.key == "note"
        if action.review or action.saves:
            return pending if action.review else judged
        return not (action.key == "claim" and mine)

    return [action for action in ACTIONS if view.person.role in action.roles and fits(action)]


def over(row: QueueRow) -> bool:
    """Say whether there is nothing left to do about an order but to write a note."""
    stage = STAGES_BY_KEY.get(row.stage)
    return row.state in CLOSED_STATES or not (row.stuck or (stage is not None and stage.share == "to_process"))


def primary(rows: Sequence[QueueRow], direct: Sequence[Action]) -> str:
    """Return the deed that stands out: the one suggested for all of them, else the first that may be done."""
    keys = [action.key for action in direct]
    suggested = {row.action for row in rows}
    if all(row.review == "pending" for row in rows) and "approve_review" in keys:
        return "approve_review"
    if len(suggested) == 1 and (only := next(iter(suggested))) in keys:
        return str(only)
    return keys[0] if keys else ""


def _button(action: Action, chosen: Chosen, *, view: View, key: str, first: bool) -> None:
    st.button(
        words.in_language(action.name_zh, action.name_en),
        icon=_ICONS.get(action.key),
        type="primary" if first else "secondary",
        key=f"{key}_{action.key}",
        # two buttons of one shortcut would both be meant
        shortcut=SHORTCUTS.get(action.key) if key == "many" else None,
        on_click=act,
        args=(action.key, Given(), chosen),
        kwargs={"view": view},
    )


def _asking(names: Mapping[str, str], *, key: str) -> str | None:
    return st.segmented_control(
        t("操作"), list(names), format_func=lambda code: names.get(code, code), key=f"{key}_deed", label_visibility="collapsed", wrap=True
    )


def _form(action: Action, chosen: Chosen, *, view: View, key: str) -> None:
    held = f"{key}_{action.key}"
    with (
        st.form(f"{held}_form", border=True, enter_to_submit=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        for need in action.needs:
            FIELDS[need](held, action, view)
        if action.key == "work_order":
            st.datetime_input(t("期限（可不填）"), value=None, key=f"{held}_due_at", width=190)
        name = words.in_language(action.name_zh, action.name_en)
        count = fmt.full_count(len(chosen.rows))
        label = t("{action} {count} 单", action=name, count=count) if len(chosen.rows) > 1 else name
        st.form_submit_button(label, type="primary", on_click=_submit, args=(action, chosen, view, key))


def _owner(held: str, action: Action, view: View) -> None:
    people = {each.person_id: f"{each.name} · {words.named(words.ROLES, each.role)}" for each in cached_reads.workbench_people(view.scope)}
    _choice(t("负责人"), people, key=f"{held}_owner")


def _warehouse(held: str, action: Action, view: View) -> None:
    _choice(t("换到仓库"), dict(cached_reads.choices(view.scope).warehouses), key=f"{held}_warehouse_code")


def _carrier(held: str, action: Action, view: View) -> None:
    side = 0 if language() == SOURCE else 1
    names = options.carrier_names(cached_reads.choices(view.scope))
    _choice(t("换到承运"), {code: name[side] for code, name in names.items() if code}, key=f"{held}_carrier_code")


def _until(held: str, action: Action, view: View) -> None:
    times = later(view.as_of, zone=view.zone)
    _choice(t("提醒我"), {code: said for code, (said, _) in times.items()}, key=f"{held}_until")
    st.datetime_input(t("或指定时间"), value=None, key=f"{held}_until_exact", width=190)


def _words(held: str, action: Action, view: View) -> None:
    hint = t("和买家说了什么、结果如何；请勿写买家的姓名、电话、地址") if action.key == "contact_buyer" else t("用 @姓名 提醒同事")
    st.text_area(workbench_words.action(action.key), key=f"{held}_words", max_chars=COMMENT_SIGNS, height=68, placeholder=hint, width=420)


def _reason(held: str, action: Action, view: View) -> None:
    _choice(t("原因"), {key: words.in_language(zh, en) for key, zh, en in reasons_of(action.key)}, key=f"{held}_reason")


def _title(held: str, action: Action, view: View) -> None:
    st.text_input(t("要做什么"), key=f"{held}_title", max_chars=TITLE_SIGNS, width=280)


# What is asked for each need of an action.
FIELDS: Mapping[str, Callable[[str, Action, View], None]] = {
    "owner": _owner,
    "warehouse": _warehouse,
    "carrier": _carrier,
    "until": _until,
    "words": _words,
    "reason": _reason,
    "title": _title,
}


def _choice(label: str, names: Mapping[str, str], *, key: str) -> None:
    st.selectbox(
        label, list(names), index=None, format_func=lambda code: names.get(code, code), key=key, placeholder=t("请选择"), width=220
    )


def later(as_of: datetime, *, zone: str) -> dict[str, tuple[str, datetime]]:
    """Return when one can be reminded, each with its words."""
    now = as_of.astimezone(ZoneInfo(zone))
    evening = now.replace(hour=_LATER_HOUR, minute=0)
    morning = (now + timedelta(days=1)).replace(hour=_MORNING_HOUR, minute=0)
    monday = (now + timedelta(days=7 - now.weekday())).replace(hour=_MORNING_HOUR, minute=0)
    found = {
        "hour": (t("1 小时后"), now + timedelta(hours=1)),
        "hours": (t("3 小时后"), now + timedelta(hours=3)),
        "evening": (t("今天 18:00"), evening),
        "morning": (t("明天 09:00"), morning),
        "monday": (t("下周一 09:00"), monday),
    }
    return {key: each for key, each in found.items() if each[1] > now}


def _submit(action: Action, chosen: Chosen, view: View, key: str) -> None:
    held = f"{key}_{action.key}"
    told = {name: st.session_state.get(f"{held}_{name}") for name in _TOLD}
    missing = [need for need in action.needs if not _has(need, told)]
    if missing:
        say(t("请先填写：{what}。", what=t("、").join(t(MISSING[need]) for need in missing)), icon=":material/error:")
        return
    act(action.key, _given(told, view=view), chosen, view=view, form=f"{key}_deed")


# What to name where it was not given.
MISSING: Mapping[str, str] = {
    "owner": msg("负责人"),
    "warehouse": msg("仓库"),
    "carrier": msg("承运"),
    "until": msg("时间"),
    "words": msg("内容"),
    "reason": msg("原因"),
    "title": msg("要做什么"),
}
_TOLD = ("owner", "warehouse_code", "carrier_code", "until", "until_exact", "words", "reason", "title", "due_at")


def _has(need: str, told: Mapping[str, Any]) -> bool:
    if need == "until":
        return bool(told["until"] or told["until_exact"])
    value = told[{"warehouse": "warehouse_code", "carrier": "carrier_code"}.get(need, need)]
    return bool(str(value or "").strip())


def _given(told: Mapping[str, Any], *, view: View) -> Given:
    exact, due = (_in_zone(told[name], view=view) for name in ("until_exact", "due_at"))
    until = exact or (later(view.as_of, zone=view.zone)[told["until"]][1] if told["until"] else None)
    return Given(
        owner=told["owner"],
        warehouse_code=told["warehouse_code"],
        carrier_code=told["carrier_code"],
        until=until,
        words=str(told["words"] or "").strip(),
        reason=str(told["reason"] or ""),
        title=str(told["title"] or "").strip(),
        due_at=due,
    )


def _in_zone(value: datetime | None, *, view: View) -> datetime | None:
    """Return a time that somebody entered as one of the business zone."""
    return None if value is None else value.replace(tzinfo=ZoneInfo(view.zone))
