"""Where is the page of an order, and which order does an address ask for?"""

from urllib.parse import urlencode

import streamlit as st

from dashboard.i18n import LANGUAGE_KEY, LANGUAGES, language
from data.api import settings

ORDER_PATH, ORDERS_PATH, STAGE = "order", "orders", "stage"
SHOP, NUMBER = "shop", "no"


def order_link(shop_id: str, order_no: str) -> str:
    """Return the address of an order's page, within this site and in this person's language."""
    query = {SHOP: shop_id, NUMBER: order_no}
    if language() != settings().language:
        query[LANGUAGE_KEY] = dict(LANGUAGES)[language()]
    return f"{ORDER_PATH}?{urlencode(query)}"


def orders_link(stage: str) -> str:
    """Return the address of the list of the orders that stand in a stage now."""
    query = {STAGE: stage}
    if language() != settings().language:
        query[LANGUAGE_KEY] = dict(LANGUAGES)[language()]
    return f"{ORDERS_PATH}?{urlencode(query)}"


def asked() -> tuple[str, str]:
    """Return the shop and the number that the address names; empty where it names none."""
    return st.query_params.get(SHOP, ""), st.query_params.get(NUMBER, "")
