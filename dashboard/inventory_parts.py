"""Which part of the page of stock is open? Only that one is read and drawn, and the address names it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import options
from dashboard.i18n import SOURCE, language
from dashboard.options import PART


def opened() -> tuple[str, DeltaGenerator]:
    """Draw the tabs; return the code of the open one and where it is drawn."""
    names = options.part_names()
    side = 0 if language() == SOURCE else 1
    labels = {code: name[side] for code, name in names.items()}
    # another language has been chosen: the same part, in its words
    kept = options.code_of(str(st.session_state.get(PART) or ""), names)
    if kept is not None:
        st.session_state[PART] = labels[kept]
    tabs = dict(zip(labels, st.tabs(list(labels.values()), key=PART, on_change="rerun", bind="query-params"), strict=True))
    code = next((code for code, tab in tabs.items() if tab.open), next(iter(tabs)))
    return code, tabs[code]
