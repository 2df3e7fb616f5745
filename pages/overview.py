"""How is the business doing: orders, money, shipping, by channel and day?"""

import streamlit as st

from dashboard import messages, overview, overview_charts
from dashboard.i18n import t
from dashboard.live import arrivals
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the overview."""
    if overview.nothing_here(view):
        return
    found = overview.read(view)
    if not overview.nothing_in_period(found, view=view):
        _figures(found, view=view)
    arrivals(view)


def _figures(found: overview.Overview, *, view: View) -> None:
    st.markdown(f"## {messages.headline(found.now.totals(), found.before.totals(), period=overview.period_name(view.filters))}")
    st.caption(overview.compared_with(found))
    overview.cards(found, view=view)
    charts = (overview_charts.orders_chart(found), overview_charts.paid_chart(found), overview_charts.hours_chart(found))
    topics = (t("每日订单"), t("每日实付"), t("每日平均发货时长（小时）"))
    for column, topic, (title, figure) in zip(st.columns(3, border=True), topics, charts, strict=True):
        with column:
            st.markdown(f"##### {title}")
            st.caption(t("{topic} · 深色本期，浅色上期，斜纹未完", topic=topic))
            st.plotly_chart(figure, alt=f"{topic}: {title}", config={"displayModeBar": False})
    overview_charts.channel_table(found)


page(current())
