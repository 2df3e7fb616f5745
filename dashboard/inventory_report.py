"""How does one take the stock along as a workbook?"""

import streamlit as st

from dashboard import inventory_workbook
from dashboard.i18n import language, speaking, t
from dashboard.inventory import Inventory
from dashboard.view import View
from data.reads import LevelsWanted

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def button(found: Inventory, wanted: LevelsWanted | None, *, view: View) -> None:
    """Draw the button; the file is made when it is asked for, in the language of the page."""
    spoken = language()

    def made() -> bytes:
        with speaking(spoken):
            return inventory_workbook.made(found, wanted or LevelsWanted(), view=view, spoken=spoken)

    st.download_button(
        t("库存工作簿 Excel"),
        made,
        file_name=f"orderhub-inventory-{view.as_of:%Y%m%d-%H%M}.xlsx",
        mime=XLSX,
        icon=":material/download:",
        on_click="ignore",
        key="stock_xlsx",
    )
