"""Which pages are there, in which order?"""

from dataclasses import dataclass

import streamlit as st

from dashboard.i18n import msg, t


@dataclass(frozen=True)
class PageEntry:
    """A page: its file from here, its title, its icon, its place in the URL.

    A hidden one is reached by links alone and speaks of one thing, so that it has no filters.
    """

    path: str
    title: str
    icon: str
    url_path: str
    hidden: bool = False


# The first is the one that opens.
PAGES: tuple[PageEntry, ...] = (
    PageEntry("../pages/overview.py", msg("经营驾驶舱"), ":material/monitoring:", "overview"),
    PageEntry("../pages/orders.py", msg("订单"), ":material/list_alt:", "orders"),
    PageEntry("../pages/workbench.py", msg("风险与异常工作台"), ":material/emergency_home:", "workbench"),
    PageEntry("../pages/order.py", msg("订单详情"), ":material/receipt_long:", "order", hidden=True),
    PageEntry("../pages/delay_model.py", msg("时效预警模型"), ":material/online_prediction:", "delay_model"),
    PageEntry("../pages/inventory.py", msg("库存与同步"), ":material/inventory_2:", "inventory"),
    PageEntry("../pages/reconciliation.py", msg("对账中心"), ":material/balance:", "reconciliation"),
    PageEntry("../pages/sources.py", msg("接入与任务"), ":material/cable:", "sources"),
    PageEntry("../pages/definitions.py", msg("口径"), ":material/menu_book:", "definitions"),
)


def has_filters(url_path: str) -> bool:
    """Say whether a page speaks of what the filters choose.

    >>> has_filters("orders"), has_filters("order"), has_filters("")
    (True, False, True)
    """
    return not any(page.hidden for page in PAGES if page.url_path == url_path)


def navigate() -> "st.Page":
    """Draw the navigation and return the page that is open."""
    pages = [
        st.Page(
            page.path,
            title=t(page.title),
            icon=page.icon,
            url_path=page.url_path,
            default=number == 0,
            visibility="hidden" if page.hidden else "visible",
        )
        for number, page in enumerate(PAGES)
    ]
    return st.navigation(pages, position="top")
