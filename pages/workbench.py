"""Which orders can still be saved, by which action, in which order, and did it help? (P3)"""

import streamlit as st

from dashboard import (
    drill,
    workbench,
    workbench_board,
    workbench_case,
    workbench_deeds,
    workbench_doing,
    workbench_effect,
    workbench_intents,
    workbench_list,
    workbench_rules,
    workbench_settings,
    workbench_todo,
)
from dashboard.view import View, current
from dashboard.workbench import BOARD, EFFECT, LIST, TODO, Workbench


def page(view: View) -> None:
    """Draw how many orders are in trouble and how many hands there are, then the desk that is open."""
    drill.stay()
    found = workbench.read(view)
    st.markdown(f"## {workbench.headline(found)}")
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        desk = workbench.desk(found)
    with right:
        workbench.capacity(found)
    if desk == LIST:
        _list(found, view=view)
    elif desk == BOARD:
        workbench_board.panel(found, view=view)
    elif desk == TODO:
        workbench_todo.panel(view)
    elif desk == EFFECT:
        workbench_effect.panel(view)
    else:
        _rules(view)


def _list(found: Workbench, *, view: View) -> None:
    tab = workbench.tab(found)
    case = workbench_case.open_one(view)
    with st.container(horizontal=True, gap="small", key="case_desk"):
        with st.container(width="stretch", key="case_list"):
            chosen, names = workbench_list.panel(tab, found, view=view)
        workbench_case.panel(case, view=view)
    if chosen:
        workbench_deeds.foot(chosen, names, view=view)
    else:
        workbench_doing.last_deed(view)


def _rules(view: View) -> None:
    workbench_settings.form(view)
    workbench_rules.owners(view)
    workbench_rules.reviews(view)
    workbench_rules.hours(view)
    workbench_intents.panel(view)


page(current())
