"""The entry script: who is this, what do they look at, which page do they open?

Streamlit runs it for every session and every interaction; ``python -m dashboard`` starts it.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import cached_reads, filters, header, identity, links, routes, states, view
from dashboard.i18n import language, speaking
from dashboard.navigation import has_filters, navigate
from data.api import DatabaseProblem, settings

LOGO = Path(__file__).resolve().parent / "logo.svg"
FAVICON = LOGO.with_name("favicon.png")
# What is scrolled to by keyboard stops below the bar of pages, which would cover it.
_BELOW_BAR = '<style>[data-testid="stMain"] { scroll-padding-top: 4rem; }</style>'


def main() -> None:
    """Draw the shell, then the page that is open."""
    started = time.perf_counter()
    as_of = datetime.now(UTC).replace(second=0, microsecond=0)
    st.set_page_config(page_title="OrderHub", page_icon=str(FAVICON), layout="wide")
    st.logo(str(LOGO), size="large")
    st.html(_BELOW_BAR)
    # The bar holds what is drawn in three steps: the language before every word, the filters once it is known who asks.
    first, last = st.columns([2, 1], vertical_alignment="center")
    left = first.container(horizontal=True, vertical_alignment="center")
    right = last.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right")
    with right:
        filters.language_switch()
    # the language is known by now, and need not be asked for again at each of a thousand words
    with speaking(language()):
        _drawn(as_of=as_of, left=left, right=right, started=started)


def _drawn(*, as_of: datetime, left: DeltaGenerator, right: DeltaGenerator, started: float) -> None:
    """Draw what comes below the language switch, and count how long all of it took."""
    page = navigate()
    try:
        person = identity.somebody(as_of=as_of)
        with right:
            header.todo(person)
            identity.badge(person, as_of=as_of)
        choices = cached_reads.choices(person.scope)
        links.arrive(choices)
        if has_filters(page.url_path):
            chosen = filters.filter_bar(choices, zone=settings().zone, as_of=as_of, page=page.url_path, dates=left)
        else:
            chosen = filters.unfiltered(zone=settings().zone, as_of=as_of)
        view.show(view.View(person=person, filters=chosen, as_of=as_of, zone=settings().zone, currency=settings().reporting_currency))
        header.as_of_line(view.current())
        page.run()
    except DatabaseProblem as problem:
        states.failed(str(problem))
    routes.script_took(page.url_path or "overview", seconds=time.perf_counter() - started)


main()
