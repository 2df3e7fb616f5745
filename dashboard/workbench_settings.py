"""How many orders can hands be laid on today, how many are held out, from when on does an order count? A manager says so."""

from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from dashboard import cached_reads
from dashboard.deciding import decide, only_managers
from dashboard.i18n import msg, t
from dashboard.view import View
from data import actions
from data.api import engine
from models.workbench.rules import WorkbenchSettings


@dataclass(frozen=True)
class Field:
    """A number that a manager sets: the field of the settings, its name and meaning, the most it may be, and by what it moves."""

    name: str
    label: str
    help: str
    top: float
    step: float
    percent: bool = False

    @property
    def key(self) -> str:
        """The key of its widget."""
        return f"workbench_{self.name}"

    def stored(self, entered: float) -> float:
        """Return what was entered as it is stored."""
        return round(entered / 100, 6) if self.percent else entered


_FIELDS: tuple[Field, ...] = (
    Field("capacity", msg("每日可处理（单）"), msg("每天能动手处理的订单数，清单按它给建议。"), 1_000_000, 10),
    Field("hold_out_share", msg("对照组（%）"), msg("随机留出不给建议的比例；0 为关闭，也就不再知道有没有用。"), 50, 1, percent=True),
    Field("least_probability", msg("风险下限（%）"), msg("超时风险达到它才算“还来得及救”。"), 100, 5, percent=True),
    Field("overdue_minutes", msg("未发货预警（分钟）"), msg("按仓库营业时间累计，到点分给负责人并预警；默认 120。"), 10_080, 10),
    Field("late_cost_share", msg("超时代价（金额 %）"), msg("一单超时要赔、要退的占金额多少，用来算挽回金额。"), 100, 5, percent=True),
)


def form(view: View) -> None:
    """Draw the settings of the workbench, and the way to change them."""
    now = cached_reads.workbench_rules(view.scope).settings
    st.markdown(f"### {t('人手与对照组')}")
    able = only_managers(view)
    with st.form("workbench_settings", border=True), st.container(gap="small"):
        with st.grid(5, min_column_width=150, gap="small"):
            for field in _FIELDS:
                _number(field, now, able=able)
        st.form_submit_button(t("保存设置"), type="primary", disabled=not able, on_click=_save, args=(now, view))


def _number(field: Field, now: WorkbenchSettings, *, able: bool) -> None:
    value = float(getattr(now, field.name)) * (100 if field.percent else 1)
    st.number_input(
        t(field.label),
        min_value=0.0,
        max_value=float(field.top),
        value=round(value, 2),
        step=float(field.step),
        format="%g",
        key=field.key,
        disabled=not able,
        help=t(field.help),
    )


def _save(now: WorkbenchSettings, view: View) -> None:
    given = {field.name: field.stored(float(st.session_state.get(field.key) or 0)) for field in _FIELDS}

    def deed() -> None:
        actions.set_workbench_settings(
            engine(),
            person=view.person,
            seen=now.version,
            capacity=round(given["capacity"]),
            hold_out_share=given["hold_out_share"],
            least_probability=given["least_probability"],
            overdue_minutes=round(given["overdue_minutes"]),
            late_cost_share=given["late_cost_share"],
            as_of=datetime.now(UTC),
        )

    decide(deed, done=t("设置已保存，下一分钟起生效。"), forget=forget, view=view)


def forget() -> None:
    """Drop what was read of the rules before."""
    cached_reads.workbench_rules.clear()
    cached_reads.capacity_today.clear()
