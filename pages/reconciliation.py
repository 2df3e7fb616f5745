"""Does the money of orders, of the platforms' statements and of the bank agree, and what is to be done where it does not? (P5)"""

import streamlit as st

from dashboard import (
    drill,
    reconciliation,
    reconciliation_accounts,
    reconciliation_detail,
    reconciliation_figures,
    reconciliation_proof,
    reconciliation_queue,
    reconciliation_report,
    reconciliation_rules,
    reconciliation_upload,
)
from dashboard.i18n import t
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the reconciliation of the chosen days: figures, differences, proof, statements."""
    drill.stay()
    question = reconciliation.asked(view)
    if question is None:
        return
    found = reconciliation.read(question, view=view)
    if found is None:
        reconciliation.never_run(view)
        reconciliation_upload.panel(view)
        return
    st.markdown(f"## {reconciliation.headline(found)}")
    st.caption(reconciliation.passport(found, view=view))
    reconciliation.warnings(found, view=view)
    tools = st.container(horizontal=True, gap="small")
    left, right = st.columns([5, 6], border=True)
    with left:
        reconciliation_figures.rates(found, view=view)
        reconciliation_figures.classes(found)
    with right:
        reconciliation_figures.way_of_the_money(found)
    queue, proof, accounts, rules, upload = st.tabs([t("差异清单"), t("守恒证明"), t("会计科目"), t("对账规则"), t("上传账单")])
    with queue:
        wanted = reconciliation_queue.panel(found, view=view)
        reconciliation_detail.panel(view)
    with proof:
        reconciliation_proof.panel(found, view=view)
    with accounts:
        reconciliation_accounts.panel(view)
    with rules:
        reconciliation_rules.panel(view)
    with upload:
        reconciliation_upload.panel(view)
    with tools:
        reconciliation_report.buttons(found, wanted, view=view)


page(current())
