"""How does one take the standard report along? As a workbook to book from, and as a PDF to sign."""

from collections.abc import Callable

import streamlit as st

from dashboard import reconciliation_pdf, reconciliation_workbook
from dashboard.i18n import language, speaking, t
from dashboard.reconciliation import Reconciled
from dashboard.view import View
from data.reads import ReconWanted

XLSX, PDF = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/pdf"


def buttons(found: Reconciled, wanted: ReconWanted, *, view: View) -> None:
    """Draw the buttons; a file is made when it is asked for, in the language of the page."""
    spoken = language()

    def later(make: Callable[..., bytes]) -> Callable[[], bytes]:
        def made() -> bytes:
            with speaking(spoken):
                return make(found, wanted, view=view, spoken=spoken)

        return made

    name = f"orderhub-reconciliation-{found.asked.first}-{found.asked.last}-{found.asked.basis}"
    st.download_button(
        t("标准报告 Excel"),
        later(reconciliation_workbook.made),
        file_name=f"{name}.xlsx",
        mime=XLSX,
        icon=":material/download:",
        on_click="ignore",
        key="recon_xlsx",
    )
    st.download_button(
        t("标准报告 PDF"),
        later(reconciliation_pdf.made),
        file_name=f"{name}.pdf",
        mime=PDF,
        icon=":material/picture_as_pdf:",
        on_click="ignore",
        key="recon_pdf",
    )
