"""How healthy is the order flow, why did that change, and what costs most?"""

import streamlit as st

from dashboard import cached_reads, drill, health, overview
from dashboard import health_messages as messages
from dashboard.health import Health, NoSuchGrain
from dashboard.i18n import t
from dashboard.live import arrivals
from dashboard.view import View, current
from models.health.kpis import INDEX


def page(view: View) -> None:
    """Draw the overview."""
    drill.follow()
    if overview.nothing_here(view):
        return
    try:
        found = health.read(view)
    except NoSuchGrain:
        overview.no_grain()
    else:
        if not overview.nothing_rolled_up(found, view=view) and found is not None:
            _index(found, view=view)
    arrivals(view)


def _index(found: Health, *, view: View) -> None:
    choices = cached_reads.choices(view.scope)
    st.markdown(f"## {messages.headline(found, choices=choices)}")
    st.caption(
        t(
            "{now}（已结的 {days} 天）对比 {before}",
            now=messages.days(found.span),
            days=found.span.days,
            before=messages.days(found.span.before),
        )
    )
    left, right = st.columns([2, 3], border=True)
    with left:
        overview.index_and_trend(found, view=view)
    with right:
        st.markdown(f"### {t('为什么变了')}")
        overview.waterfall(found, choices=choices)
    overview.component_cards(found, view=view)
    overview.figures(found, view=view)
    left, right = st.columns(2, border=True)
    with left:
        st.markdown(f"### {t('渠道 × 地区失分')}")
        overview.loss_table(found, choices=choices)
    with right:
        st.markdown(f"### {t('失分最多的五处')}")
        overview.costliest(found, choices=choices)
        overview.ranking(found)
    overview.channel_table(found)
    overview.without_promise(found)
    # a link in a caption would be as faint as the caption
    st.markdown(f":small[:gray[{messages.passport(found, zone=view.zone)} ·] {messages.passport_link(INDEX.key)}]")


page(current())
