"""Which orders stand behind the figures?"""

import streamlit as st

from dashboard import cached_reads, health, orders_behind, overview
from dashboard import health_messages as messages
from dashboard.health import NoSuchGrain
from dashboard.i18n import t
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the orders behind a component of the index."""
    if overview.nothing_here(view):
        return
    question = orders_behind.asked()
    try:
        found = health.read(view)
    except NoSuchGrain:
        overview.no_grain()
        return
    if found is None or overview.nothing_rolled_up(found, view=view):
        return
    st.markdown(f"## {orders_behind.headline(found, question)}")
    st.caption(t("{now} 的已结订单 · {passport}", now=messages.days(found.span), passport=messages.passport(found, zone=view.zone)))
    orders_behind.table(found, question, view=view, choices=cached_reads.choices(view.scope))


page(current())
