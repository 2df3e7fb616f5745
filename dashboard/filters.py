"""Which part of the business is this person looking at?

The widgets live in the entry script, so that they survive a change of page, and each is bound to the URL under its key.
The URL carries the words people read (``?channel=抖音``); ``dashboard/links.py`` understands links in other words.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import options
from dashboard.i18n import LANGUAGE_KEY, SOURCE, language, t
from dashboard.options import CATEGORY, CHANNEL, FIRST, LANGUAGE_NAMES, LAST, PERIOD, REGION, WAREHOUSE, Names
from dashboard.periods import DEFAULT_PRESET, Period, business_today, period_of
from data.api import settings
from data.reads import Choices, Cut

_SAY_AGAIN, _PAGE = "say_again", "page_drawn"
# Four in a row on a desk, two on a phone.
FILTER_WIDTH = 172
LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class Filters:
    """What the figures of a page speak of; empty tuples mean everything in the person's scope."""

    preset: str
    period: Period
    zone: str
    as_of: datetime
    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()

    @property
    def cut(self) -> Cut:
        """The chosen part of the orders, over the whole period."""
        since, until = self.period.bounds(self.zone)
        return Cut(
            since=since,
            until=until,
            zone=self.zone,
            channels=self.channels,
            regions=self.regions,
            categories=self.categories,
            warehouses=self.warehouses,
        )

    @property
    def compared(self) -> Cut:
        """The same part over the period before, broken off where this one has come to, so that like meets like."""
        since, until = self.period.previous.bounds(self.zone)
        elapsed = min(self.as_of, self.cut.until) - self.cut.since
        return replace(self.cut, since=since, until=max(since, min(until, since + elapsed)))

    def trend(self, days: int) -> Cut:
        """The same part over the period, begun early enough to have so many days."""
        since, _ = replace(self.period, since=min(self.period.since, self.period.until - timedelta(days=days))).bounds(self.zone)
        return replace(self.cut, since=since)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the period is chosen."""
        return bool(self.channels or self.regions or self.categories or self.warehouses)


def language_switch() -> None:
    """Draw the switch between the languages, and tell the browser which one the page speaks."""
    told = st.container(width="content")
    st.segmented_control(
        "语言 / Language",
        list(LANGUAGE_NAMES),
        format_func=lambda code: LANGUAGE_NAMES[code][0],
        default=settings().language,
        required=True,
        key=LANGUAGE_KEY,
        bind="query-params",
        label_visibility="collapsed",
        on_change=_say_again,
    )
    # the framework's page says that it is English; a screen reader must know in which language to read it aloud
    told.html(f"<script>document.documentElement.lang = '{LANGUAGE_TAGS[language()]}'</script>", unsafe_allow_javascript=True)


def filter_bar(choices: Choices, *, zone: str, as_of: datetime, page: str, dates: DeltaGenerator) -> Filters:
    """Draw the bar, its days in the place ``dates``, and return what it says.

    Nothing of it may hide in a popover: the browser keeps in the URL only what it has drawn.
    """
    # Whoever leaves a page before it is drawn to its end takes a link along from which choices may be missing.
    moved = st.session_state.get(_PAGE, page) != page
    st.session_state[_PAGE] = page
    say_again = st.session_state.pop(_SAY_AGAIN, False) or moved
    today = business_today(as_of, zone=zone)
    with dates:
        preset = _period_switch()
        chosen = _custom_days(today) if preset == "custom" else (None, None)
    with st.container(horizontal=True, gap="small", key="filters"):
        channels = _several(CHANNEL, t("全部渠道"), options.channel_names(choices), say_again=say_again)
        places = _several(REGION, t("全部地区"), options.place_names(choices), say_again=say_again)
        categories = _several(CATEGORY, t("全部类目"), options.category_names(choices), say_again=say_again)
        warehouses = _several(WAREHOUSE, t("全部仓库"), options.warehouse_names(choices), say_again=say_again)
    return Filters(
        preset=preset,
        period=period_of(preset, today=today, chosen=chosen),
        zone=zone,
        as_of=as_of,
        channels=channels,
        regions=options.regions_of(places, choices),
        categories=categories,
        warehouses=warehouses,
    )


def unfiltered(*, zone: str, as_of: datetime) -> Filters:
    """Return what a page without filters speaks of: everything."""
    period = period_of(DEFAULT_PRESET, today=business_today(as_of, zone=zone))
    return Filters(preset=DEFAULT_PRESET, period=period, zone=zone, as_of=as_of)


def _say_again() -> None:
    """Have the choices written again in the words of the new language, or the browser would keep the old words."""
    st.session_state[_SAY_AGAIN] = True


def _period_switch() -> str:
    names = options.period_names()
    chosen = st.segmented_control(
        t("日期"),
        list(names),
        format_func=_speaker(names),
        default=DEFAULT_PRESET,
        required=True,
        key=PERIOD,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or DEFAULT_PRESET


def _custom_days(today: date) -> tuple[date | None, date | None]:
    def choose(label: str, key: str, *, usual: date) -> date | None:
        value = st.date_input(
            label, value=usual, max_value=today, format="YYYY-MM-DD", key=key, bind="query-params", label_visibility="collapsed", width=140
        )
        return value if isinstance(value, date) else None

    return choose(t("从"), FIRST, usual=today - timedelta(days=6)), choose(t("到"), LAST, usual=today)


def _several(key: str, label: str, names: Names, *, say_again: bool) -> tuple[str, ...]:
    if say_again and key in st.session_state:
        st.session_state[key] = st.session_state[key]
    chosen = st.multiselect(
        label,
        list(names),
        format_func=_speaker(names),
        key=key,
        bind="query-params",
        placeholder=label,
        label_visibility="collapsed",
        select_all=False,
        wrap=False,
        width=FILTER_WIDTH,
    )
    return tuple(code for code in chosen if code in names)


def _speaker(names: Names) -> Callable[[str], str]:
    side = 0 if language() == SOURCE else 1
    return lambda code: names[code][side] if code in names else str(code)
