"""How does a headline figure look? Value and unit, change against the period before, fourteen days, its definition."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from dashboard.i18n import t

SPARK_DAYS = 14


def card(
    label: str,
    value: str,
    *,
    change: str,
    flat: bool,
    spark: Sequence[float | None],
    help: str,
    lower_is_better: bool = False,
    note: str | None = None,
    chart: Literal["bar", "line"] = "bar",
) -> None:
    """Draw one figure; ``note`` names what is left out of it or how sure it is."""
    known = [point for point in spark if point is not None]
    color: Literal["normal", "inverse"] = "inverse" if lower_is_better else "normal"
    st.metric(
        label,
        value,
        delta=0 if flat else (None if change == "—" else change),
        delta_color=color,
        delta_description=_beside(note, compared=change != "—"),
        chart_data=known if len(known) > 1 else None,
        chart_type=chart,
        border=True,
        height="stretch",
        help=help,
    )


def not_applicable(label: str, *, reason: str, said: str | None = None) -> None:
    """Draw a figure whose grain lacks a chosen dimension, or that is not measured yet: never drawn unfiltered, never zero."""
    st.metric(label, said or t("不适用"), border=True, height="stretch", help=reason)


def _beside(note: str | None, *, compared: bool) -> str:
    """Return what stands beside the change; there is room for one short text on a phone."""
    return note or (t("较上期") if compared else t("上期无可比数据"))
