"""What does the workbench open with: which desk and list are asked for, how many orders there are, how many hands today?"""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard import cached_reads, fmt, health
from dashboard.i18n import SOURCE, language, t
from dashboard.options import DESK, TAB, desk_names
from dashboard.view import View
from dashboard.workbench_words import tab as tab_name
from data.reads import Capacity, Part
from models.workbench.tabs import TABS

LIST, BOARD, TODO, EFFECT, RULES = "list", "board", "todo", "effect", "rules"


@dataclass(frozen=True)
class Workbench:
    """What every desk of the page speaks of: the chosen part, orders by list, today's hands, and what waits for this person."""

    part: Part
    counts: Mapping[str, int]
    capacity: Capacity | None
    todo: int


def read(view: View) -> Workbench:
    """Read the counts of every list and today's capacity."""
    part = health.part_of(view.filters)
    counts = cached_reads.queue_counts(view.scope, part, view.person.person_id, view.as_of)
    return Workbench(part, counts, cached_reads.capacity_today(view.scope, view.as_of, view.zone), cached_reads.inbox_count(view.person))


def headline(found: Workbench) -> str:
    """Say how much can still be saved and what already waits too long."""
    said = language()
    savable, overdue = found.counts.get("still_savable", 0), found.counts.get("overdue_2h", 0)
    given = {"savable": fmt.count(savable, language=said), "overdue": fmt.count(overdue, language=said)}
    if savable and overdue:
        return t("{savable} 单还来得及救，{overdue} 单超 2 小时未发货", **given)
    if savable:
        return t("{savable} 单还来得及救，没有超 2 小时未发货的", **given)
    if unscored := found.counts.get("unscored", 0):
        given["unscored"] = fmt.count(unscored, language=said)
        if overdue:
            return t("{unscored} 单待发货还在等首次评分，{overdue} 单超 2 小时未发货", **given)
        return t("{unscored} 单待发货还在等首次评分", **given)
    return t("没有要救的订单，{overdue} 单超 2 小时未发货", **given) if overdue else t("没有要救的订单，也没有超 2 小时未发货的")


def capacity(found: Workbench) -> None:
    """Draw how many orders hands can be laid on today, how many of them are planned, and what the control group keeps back."""
    hands, said = found.capacity, language()
    if hands is None:
        return
    if not hands.capacity:
        st.caption(t("今日没有安排人手：在“规则与导出”设定每日可处理单数后，清单才给建议。"))
        return
    # until the job looks again, what was just done and what it had planned may be more than the day holds
    planned = min(hands.planned, max(hands.capacity, hands.acted))
    text = t(
        "今日可处理 **{capacity}** 单，已排 **{planned}**（已动手 {acted}，待办 {waiting}）",
        capacity=fmt.count(hands.capacity, language=said),
        planned=fmt.count(planned, language=said),
        acted=fmt.count(hands.acted, language=said),
        waiting=fmt.count(planned - hands.acted, language=said),
    )
    if hands.held_out:
        text += t(" · 对照组 {count} 单不建议", count=fmt.count(hands.held_out, language=said))
    st.progress(min(planned / hands.capacity, 1.0), text=text)


def desk(found: Workbench) -> str:
    """Draw which desk is open, and return it."""
    names = {key: _side(name) for key, name in desk_names().items()}
    names[TODO] = t("我的待办 {count}", count=fmt.full_count(found.todo)) if found.todo else names[TODO]
    return switch(DESK, t("工作台"), names, usual=LIST)


def tab(found: Workbench) -> str:
    """Draw the lists with how many orders each has, and return the open one."""
    names = {each.key: f"{tab_name(each.key)} {fmt.count(found.counts.get(each.key, 0), language=language())}" for each in TABS}
    return switch(TAB, t("清单"), names, usual=TABS[0].key)


def switch(key: str, label: str, names: Mapping[str, str], *, usual: str) -> str:
    """Draw a choice whose words change with its counts; the address holds its code and is always believed first."""
    asked = st.query_params.get(key, usual)
    st.session_state[f"{key}_switch"] = asked if asked in names else usual
    found = st.segmented_control(
        label,
        list(names),
        format_func=lambda code: names.get(code, str(code)),
        required=True,
        key=f"{key}_switch",
        label_visibility="collapsed",
        wrap=True,
        on_change=_chosen,
        args=(key,),
    )
    return usual if found is None or found not in names else found


def _chosen(key: str) -> None:
    st.query_params[key] = str(st.session_state[f"{key}_switch"])


def _side(name: tuple[str, str]) -> str:
    return name[0 if language() == SOURCE else 1]


def money(minor: float | None, *, view: View) -> str:
    """Say an amount of the reporting currency, short."""
    return fmt.money(minor, currency=view.currency, language=language())
