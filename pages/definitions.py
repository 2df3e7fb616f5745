"""What does every figure mean, what is the index made of, what was promised, and who may change it?"""

import streamlit as st

from dashboard import (
    definitions,
    definitions_delay,
    definitions_index,
    definitions_promises,
    definitions_snapshots,
    definitions_stages,
    working_days,
)
from dashboard.i18n import t
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the definitions."""
    st.markdown(f"## {definitions.headline(view)}")
    kpis, index, promises, snapshots = st.tabs([t("指标与目标"), t("健康指数"), t("承诺与日历"), t("快照与重述")])
    with kpis:
        definitions.entry(definitions.chosen(), view=view)
        definitions.all_kpis(view)
    with index:
        definitions_index.index(view)
    with promises:
        definitions_promises.rules(view)
        definitions_promises.kinds()
        definitions_stages.limits(view)
        definitions_delay.rules(view)
        working_days.calendar(view)
    with snapshots:
        definitions_snapshots.snapshots(view)


page(current())
