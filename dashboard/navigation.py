"""Which pages are there, in which order?"""

from dataclasses import dataclass

import streamlit as st

from dashboard.i18n import msg, t


@dataclass(frozen=True)
class PageEntry:
    """A page: its file from here, its title, its icon, its place in the URL."""

    path: str
    title: str
    icon: str
    url_path: str


# The first is the one that opens.
PAGES: tuple[PageEntry, ...] = (
    PageEntry("../pages/overview.py", msg("经营驾驶舱"), ":material/monitoring:", "overview"),
    PageEntry("../pages/orders.py", msg("订单"), ":material/list_alt:", "orders"),
    PageEntry("../pages/sources.py", msg("接入与任务"), ":material/cable:", "sources"),
    PageEntry("../pages/definitions.py", msg("口径"), ":material/menu_book:", "definitions"),
)


def navigate() -> "st.Page":
    """Draw the navigation and return the page that is open."""
    pages = [
        st.Page(page.path, title=t(page.title), icon=page.icon, url_path=page.url_path, default=number == 0)
        for number, page in enumerate(PAGES)
    ]
    return st.navigation(pages, position="top")
