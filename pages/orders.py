"""Where do orders stand, which part of the business is it, why did it change, and which orders are those?"""

import streamlit as st

from dashboard import cached_reads, drill, drilldown, lifecycle, order_list, orders_export, overview, saved_views, stage_panel, variants
from dashboard.orders_export import Drawn
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the life of the chosen orders, the drill, and the list."""
    drill.stay()
    if overview.nothing_here(view):
        return
    choices = cached_reads.choices(view.scope)
    question = lifecycle.asked(view, choices=choices)
    if question is None:
        overview.not_rolled_up()
        return
    found = lifecycle.read(question, view=view)
    st.markdown(f"## {lifecycle.headline(found)}")
    st.caption(lifecycle.passport(question, view=view))
    tools = st.container(horizontal=True, gap="small")
    with tools:
        saved_views.bar(view=view, page="orders")
    left, right = st.columns([2, 3], border=True)
    with left:
        stage_panel.shares(found)
        stage_panel.stages(found)
    with right:
        stage_panel.times(found, question=question)
        trend = stage_panel.trend(question, view=view)
    with st.container(border=True):
        split = drilldown.panel(question, view=view, choices=choices)
    left, right = st.columns(2, border=True)
    with left:
        why = drilldown.why(question, view=view, choices=choices)
    with right:
        ways = variants.panel(question, view=view)
    with st.container(border=True):
        listed = order_list.panel(question, view=view, choices=choices)
    with tools:
        orders_export.button(Drawn(question, found, trend, split, why, ways, listed), view=view, choices=choices)


page(current())
