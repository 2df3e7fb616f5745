"""Which target holds for a figure in each channel and month, and how does a manager set one?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.deciding import decide, only_managers, when, who
from dashboard.i18n import language, t
from dashboard.periods import business_today
from dashboard.tables import Figures, Words, unbroken
from dashboard.view import View
from data import actions
from data.api import engine
from data.reads import Target
from models.health.kpis import Kpi
from models.health.targets import target_for

# A target can be set for this month and so many after it.
MONTHS_AHEAD = 12


def targets_of(kpi: Kpi, *, view: View) -> list[Target]:
    """Return every target ever set for a figure, the newest first."""
    return [target for target in cached_reads.targets(view.scope) if target.kpi == kpi.key]


def said(kpi: Kpi, value: float | None, *, view: View) -> str:
    """Say a target in the figure's unit."""
    if kpi.unit == "share":
        return fmt.exact_share(value)
    if kpi.unit == "hours":
        return fmt.duration(value, language=language())
    if kpi.unit == "points":
        return fmt.MISSING if value is None else f"{value:g}"
    return fmt.full_money(value, currency=view.currency) if kpi.unit == "money" else fmt.full_count(value)


def place_name(channel: str, month: date | None) -> str:
    """Say for what a target holds."""
    return t("{channel} · {month}", channel=_channel(channel), month=_month(month))


def in_force(kpi: Kpi, *, view: View) -> None:
    """Draw the targets in force, the product's own last; a narrower one comes before a wider one."""
    st.markdown(f"#### {t('目标')}")
    if kpi.target is None:
        st.caption(t("这个指标不设目标。"))
        return
    found = [target for target in latest(targets_of(kpi, view=view)).values() if target.value is not None]
    rows = sorted(found, key=lambda target: (target.channel == "", target.month is None, target.channel, target.month or date.min))
    # the product's own is in force where nobody has set one for all channels and months
    default = [] if any((target.channel, target.month) == ("", None) for target in rows) else [kpi.target]
    tables.listing(
        [
            Words(t("渠道"), [unbroken(_channel(target.channel)) for target in rows] + [_channel("") for _ in default]),
            Words(t("月份"), [unbroken(_month(target.month)) for target in rows] + [_month(None) for _ in default]),
            Figures(t("目标"), [*(target.value for target in rows), *default], lambda value: said(kpi, value, view=view)),
            Figures(t("版本"), [*(target.version for target in rows), *(None for _ in default)], fmt.full_count),
            Words(t("设定者"), [*(unbroken(who(target.set_by)) for target in rows), *(t("随产品") for _ in default)]),
            Words(t("设定时间"), [*(unbroken(when(target.set_at, view=view)) for target in rows), *(fmt.MISSING for _ in default)]),
        ],
        alt=t("现行目标"),
    )
    st.caption(t("渠道和月份越具体越优先；收回后由更宽的目标接替。"))


def form(kpi: Kpi, *, view: View) -> None:
    """Draw the way to set a target or to take it back."""
    if kpi.target is None or not only_managers(view):
        return
    found = tuple(targets_of(kpi, view=view))
    share = kpi.unit == "share"
    label = {"share": t("目标（%）"), "points": t("目标（分）")}.get(kpi.unit, t("目标（小时）"))
    today = business_today(view.as_of, zone=view.zone)
    usual = target_for(found, kpi=kpi.key, channel="", month=None, default=kpi.target) or kpi.target
    with st.form(f"target_{kpi.key}", border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            channels = ["", *cached_reads.choices(view.scope).channels]
            st.selectbox(t("渠道"), channels, format_func=_channel, key=f"target_channel_{kpi.key}", width=150)
            st.selectbox(t("月份"), [None, *months_from(today)], format_func=_month, key=f"target_month_{kpi.key}", width=130)
            st.number_input(
                label,
                min_value=0.0,
                max_value=None if kpi.unit == "hours" else 100.0,
                value=round(usual * 100, 4) if share else float(usual),
                step=0.1,
                format="%.2f",
                key=f"target_value_{kpi.key}",
                width=150,
            )
        with st.container(horizontal=True):
            given = (kpi, found, view)
            st.form_submit_button(t("设定目标"), type="primary", icon=":material/flag:", on_click=_set, args=given)
            st.form_submit_button(t("收回目标"), icon=":material/undo:", on_click=_take_back, args=given)


def months_from(today: date) -> list[date]:
    """Return this month and those after it, each as its first day.

    >>> months_from(date(2026, 11, 22))[:3]
    [datetime.date(2026, 11, 1), datetime.date(2026, 12, 1), datetime.date(2027, 1, 1)]
    """
    first = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, first + MONTHS_AHEAD + 1)]


def latest(found: Sequence[Target]) -> dict[tuple[str, date | None], Target]:
    """Return the last version of each place."""
    return {(target.channel, target.month): target for target in sorted(found, key=lambda target: target.version)}


def _set(kpi: Kpi, seen: Sequence[Target], view: View) -> None:
    value = st.session_state[f"target_value_{kpi.key}"]
    amount = None if value is None else round(value / 100, 6) if kpi.unit == "share" else value
    if amount is None:
        st.toast(t("请先填写目标。"), icon=":material/error:")
        return
    _decide(kpi, amount, seen=seen, view=view, done=t("目标已设定。"))


def _take_back(kpi: Kpi, seen: Sequence[Target], view: View) -> None:
    _decide(kpi, None, seen=seen, view=view, done=t("目标已收回。"))


def _decide(kpi: Kpi, value: float | None, *, seen: Sequence[Target], view: View, done: str) -> None:
    channel, month = st.session_state[f"target_channel_{kpi.key}"], st.session_state[f"target_month_{kpi.key}"]
    last = latest(seen).get((channel, month))

    def deed() -> None:
        actions.set_target(
            engine(),
            person=view.person,
            kpi=kpi.key,
            channel=channel,
            month=month,
            value=value,
            seen=last.version if last else 0,
            as_of=datetime.now(UTC),
        )

    decide(deed, done=done, forget=cached_reads.targets.clear, view=view)


def _channel(code: str) -> str:
    return words.channel(code) if code else t("全部渠道")


def _month(month: date | None) -> str:
    return f"{month:%Y-%m}" if month else t("每个月")
