"""What can be sold, what is short, who holds it, and does every channel show the truth? (P4)"""

import streamlit as st

from dashboard import (
    drill,
    inventory,
    inventory_channels,
    inventory_conflicts,
    inventory_figures,
    inventory_holds,
    inventory_levels,
    inventory_outbound,
    inventory_parts,
    inventory_replay,
    inventory_report,
    inventory_rules,
    inventory_sku,
    inventory_unknown,
)
from dashboard.view import View, current


def page(view: View) -> None:
    """Draw the stock of the chosen part: its sums, the three metrics, and whichever of its lists is open."""
    drill.stay()
    part = inventory.part_of(view)
    if part is None:
        return
    found = inventory.read(part, view=view)
    if found is None:
        inventory.nothing_yet(part, view=view)
        return
    told, tools = st.columns([6, 1], vertical_alignment="center")
    with told:
        st.markdown(f"## {inventory.headline(found, view=view)}")
        st.caption(inventory.passport(found, view=view))
    inventory.warnings(found, view=view)
    left, right = st.columns([5, 9])
    with left:
        inventory_figures.sums(found, view=view)
        inventory_figures.alerts(found, view=view)
    with right:
        inventory_figures.metrics(view)
    wanted = None
    opened, place = inventory_parts.opened()
    with place:
        match opened:
            case "levels":
                wanted = inventory_levels.panel(found, view=view)
            case "conflicts":
                inventory_conflicts.panel(found, view=view)
            case "holds":
                inventory_holds.panel(found, view=view)
            case "channels":
                inventory_channels.panel(found, view=view)
            case "outbound":
                inventory_outbound.panel(view)
            case "rules":
                inventory_rules.panel(view)
            case "unknown":
                inventory_unknown.panel(view)
            case _:
                inventory_replay.panel(view)
    inventory_sku.panel(view)
    with tools:
        inventory_report.button(found, wanted, view=view)


page(current())
