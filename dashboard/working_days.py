"""Which days of a month are worked, and how does a manager decide one of them?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import streamlit as st

from dashboard import cached_reads, fmt, tables, words
from dashboard.deciding import decide, only_managers
from dashboard.definition_targets import months_from
from dashboard.i18n import language, msg, t
from dashboard.periods import business_today
from dashboard.tables import Words, plain, unbroken
from dashboard.view import View
from data import actions
from data.actions import Seen
from data.api import engine
from data.reads import CalendarDay

WEEKDAYS = (msg("周一"), msg("周二"), msg("周三"), msg("周四"), msg("周五"), msg("周六"), msg("周日"))
# A note on more days of a month than this is said once, not day by day.
MANY = 7


def calendar(view: View) -> None:
    """Draw a month of a calendar, and the way to decide one of its days."""
    st.markdown(f"### {t('工作日历')}")
    today = business_today(view.as_of, zone=view.zone)
    names = cached_reads.calendars(view.scope)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(t("日历"), names, format_func=_calendar, key="calendar_name", width=200)
        month = st.selectbox(t("月份"), months_from(today), format_func=_month, key="calendar_month", width=140)
    days = cached_reads.calendar_month(view.scope, name, month)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _month_table(days, today=today)
    with right:
        _notes(days)
        if only_managers(view):
            _form(name, [day for day in days if day.day >= today], view=view)


def cell(day: CalendarDay | None, *, today: date) -> str:
    """Return a day as it stands in the month: make-up days and days off in shape and word, not by colour alone."""
    if day is None:
        return ""
    number = t("{day} 今天", day=day.day.day) if day.day == today else f"{day.day.day}"
    if day.is_weekday != day.working:
        return f":blue-badge[{unbroken(number)} {t('班')}]" if day.working else f":orange-badge[{unbroken(number)} {t('休')}]"
    if day.day == today:
        return f":green-badge[{unbroken(number)}]"
    return number if day.working else f":gray[{number}]"


def weeks(days: Sequence[CalendarDay]) -> list[list[CalendarDay | None]]:
    """Return a month as weeks from Monday to Sunday, None where a day is of another month."""
    if not days:
        return []
    padded: list[CalendarDay | None] = [None] * days[0].day.weekday() + list(days)
    padded += [None] * (-len(padded) % 7)
    return [padded[start : start + 7] for start in range(0, len(padded), 7)]


def _month_table(days: Sequence[CalendarDay], *, today: date) -> None:
    rows = weeks(days)
    columns = [Words(t(name), [cell(row[number], today=today) for row in rows]) for number, name in enumerate(WEEKDAYS)]
    tables.listing(columns, alt=t("工作日历"))
    work, off, worked = f":blue-badge[{t('班')}]", f":orange-badge[{t('休')}]", sum(day.working for day in days)
    said = t("工作日 {count} 天；{work} 周末上班（调休），{off} 平日休息，灰色为周末。", count=worked, work=work, off=off)
    # in a caption the badges would be too faint to be read
    st.markdown(f":small[{said}]")


def _notes(days: Sequence[CalendarDay]) -> None:
    by_note: dict[str, list[date]] = {}
    for day in days:
        if day.note:
            by_note.setdefault(day.note, []).append(day.day)
    for note, noted in by_note.items():
        said = plain(words.half(note))
        if len(noted) > MANY:
            st.caption(said)
        else:
            st.caption(t("{days}：{note}", days=t("、").join(fmt.day(day, language=language()) for day in noted), note=said))


def _form(name: str, coming: Sequence[CalendarDay], *, view: View) -> None:
    choices = {True: t("工作"), False: t("休息")}
    by_day = {day.day: day for day in coming}

    def said(day: date) -> str:
        return t("{day}，现为{state}", day=fmt.day(day, language=language()), state=choices[by_day[day].working])

    with st.form("calendar_day", border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.selectbox(t("日子"), list(by_day), format_func=said, key="calendar_day_chosen", width=220)
            st.segmented_control(
                t("改为"), list(choices), format_func=choices.__getitem__, default=False, required=True, key="calendar_day_working"
            )
        st.text_input(t("备注"), max_chars=200, key="calendar_day_note")
        st.caption(t("只能改今天及以后：已作出的承诺从不移动，改动只影响此后起算的订单。"))
        st.form_submit_button(t("保存"), type="primary", icon=":material/save:", on_click=_decide_day, args=(name, by_day, view))


def _decide_day(name: str, by_day: dict[date, CalendarDay], view: View) -> None:
    state = st.session_state
    seen = by_day[state["calendar_day_chosen"]]

    def deed() -> None:
        actions.set_calendar_day(
            engine(),
            person=view.person,
            calendar=name,
            day=seen.day,
            working=state["calendar_day_working"],
            note=state["calendar_day_note"],
            seen=Seen(seen.working, seen.note),
            zone=view.zone,
            as_of=datetime.now(UTC),
        )

    decide(deed, done=t("日历已保存。"), forget=cached_reads.calendar_month.clear, view=view)


def _calendar(name: str) -> str:
    return t("中国大陆") if name == "CN" else name


def _month(month: date) -> str:
    return f"{month:%Y-%m}"
