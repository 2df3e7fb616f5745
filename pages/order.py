"""What do we know of one order, who says so, and who looks after it?"""

import streamlit as st

from dashboard import (
    order_detail,
    order_detail_case,
    order_detail_contact,
    order_detail_goods,
    order_detail_people,
    order_detail_risk,
    order_detail_sources,
    order_detail_stock,
    order_detail_timeline,
)
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the order that the address asks for."""
    detail = order_detail.read(view)
    if detail is None:
        order_detail.not_found()
        return
    st.markdown(f"## {order_detail.headline(detail, view=view)}")
    order_detail.facts(detail, view=view)
    order_detail_risk.draw(detail, view=view)
    case = order_detail_case.read(detail, view=view)
    order_detail_case.draw(case, view=view)
    left, right = st.columns([5, 3], border=True)
    below = st.columns([5, 3], border=True)
    with left:
        order_detail_timeline.draw(detail, view=view, reviews=order_detail_case.reviews(case, view=view))
    with below[0]:
        order_detail_goods.lines(detail)
    with below[1]:
        order_detail_goods.money(detail, view=view)
    order_detail_stock.draw(detail, view=view)
    files, buyer = st.columns([5, 3], border=True)
    with files:
        revealed = order_detail_sources.draw(detail, view=view)
    with buyer:
        revealed = order_detail_contact.draw(detail, view=view) or revealed
    # whoever has just been shown something sees that it was written down
    detail = (order_detail.read(view) if revealed else None) or detail
    with right:
        order_detail_people.owner(detail, view=view)
        order_detail_people.comment_form(detail, view=view)
        order_detail_people.history(detail, view=view)


page(current())
