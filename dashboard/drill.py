"""How does a click on a figure become the orders behind it, with everything chosen in the address?"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from dashboard.options import ALL_ORDERS, CATEGORY, CHANNEL, COMPONENT, FIRST, LAST, LISTED, PERIOD, REGION, SHOWN
from data.reads import Span

ORDERS_PAGE, ORDERS_PATH = "../pages/orders.py", "orders"
_GO = "go_to_orders"


@dataclass(frozen=True)
class Behind:
    """Which orders are asked for: those of a component on some days, in a cell; None leaves what the person has chosen."""

    component: str
    span: Span
    channel: str | None = None
    region: str | None = None
    category: str | None = None

    @property
    def listed(self) -> str:
        """Return the component of which is listed what is behind it; all orders of the cell where nothing can be listed of its units.

        >>> from datetime import date
        >>> day = Span(date(2026, 11, 25), date(2026, 11, 25))
        >>> Behind("C3", day).listed, Behind("C2", day).listed
        ('C3', 'all')
        """
        return self.component if self.component in LISTED else ALL_ORDERS

    @property
    def query(self) -> dict[str, str]:
        """Return the same as a link says it, in codes."""
        said = {COMPONENT: self.listed, PERIOD: "custom", FIRST: self.span.first.isoformat(), LAST: self.span.last.isoformat()}
        cell = {CHANNEL: self.channel, REGION: self.region, CATEGORY: self.category}
        return said | {key: code or "none" for key, code in cell.items() if code is not None}

    @property
    def link(self) -> str:
        """Return the address of the orders, within this site."""
        return f"{ORDERS_PATH}?{urlencode(self.query)}"


def choose(behind: Behind) -> None:
    """Set the filters to what is asked for and remember to go there; only in a callback, before the widgets are drawn."""
    st.session_state[PERIOD] = "custom"
    st.session_state[FIRST], st.session_state[LAST] = behind.span.first, behind.span.last
    st.session_state[COMPONENT], st.session_state[SHOWN] = behind.listed, "bad"
    for key, code in ((CHANNEL, behind.channel), (REGION, behind.region), (CATEGORY, behind.category)):
        if code is not None:
            st.session_state[key] = [code]
    st.session_state[_GO] = True


def follow() -> None:
    """Go to the orders if a click has asked for them."""
    if st.session_state.pop(_GO, False):
        # no query of our own: what is bound to widgets may not be touched, and they write themselves into the address
        st.switch_page(ORDERS_PAGE, query_params={})


def stay() -> None:
    """Forget that a click has asked to go to the orders: they are on this page."""
    st.session_state.pop(_GO, None)


def clicked(event: Mapping[str, object] | None) -> str | None:
    """Return the key of the mark that a chart's selection names, None where nothing is selected."""
    selection = (event or {}).get("selection")
    points = selection.get("points", []) if isinstance(selection, Mapping) else []
    for point in points:
        key = point.get("customdata")
        found = key[0] if isinstance(key, list | tuple) and key else key
        if found:
            return str(found)
    return None
