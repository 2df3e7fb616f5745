"""Which answers of the database may be a little old, and how old?

Every read of a page goes through here, keyed by scope and cut; no ``st.*`` and no ``except`` inside, for a cached failure is a lie.
"""

from datetime import date, datetime

import pandas as pd
import streamlit as st

from data import api, reads
from data.api import engine
from data.reads import (
    BehindRow,
    CalendarDay,
    Choices,
    Cut,
    HealthFacts,
    JobState,
    Part,
    PromiseVersion,
    RefusedCell,
    RefusedFile,
    RequestState,
    RestatedSpan,
    SnapshotEntry,
    SnapshotRow,
    Source,
    Span,
    Target,
    Version,
)
from models.scope import Scope


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def choices(scope: Scope) -> Choices:
    """Return what this scope can filter by."""
    return reads.choices(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def orders_by_minute(scope: Scope, cut: Cut) -> pd.DataFrame:
    """Count orders placed by minute."""
    return reads.orders_by_minute(engine(), scope=scope, cut=cut)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def order_span(scope: Scope) -> tuple[datetime, datetime] | None:
    """Say when the first and the last visible order were placed."""
    return reads.order_span(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def sources(scope: Scope, since: datetime) -> list[Source]:
    """Return every source."""
    return reads.sources(engine(), scope=scope, since=since)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def last_learnt_at(scope: Scope) -> datetime | None:
    """Say when the last visible file was taken in."""
    return reads.last_learnt_at(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def whole_refusals(scope: Scope) -> list[RefusedFile]:
    """Return the files that are refused whole."""
    return reads.whole_refusals(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def refused_rows(scope: Scope, shop_ids: tuple[str, ...], source: str | None) -> list[RefusedCell]:
    """Return the newest refused cells of some shops."""
    return reads.refused_rows(engine(), scope=scope, shop_ids=shop_ids, source=source)


@st.cache_data(ttl="60s", max_entries=4, show_spinner=False)
def source_titles() -> dict[str, tuple[str, str]]:
    """Return what each source is called in both languages."""
    return api.source_titles(api.settings())


@st.cache_data(ttl="5s", max_entries=64, show_spinner=False)
def jobs(scope: Scope) -> list[JobState]:
    """Return every job."""
    return reads.jobs(engine(), scope=scope)


@st.cache_data(ttl="5s", max_entries=64, show_spinner=False)
def requests(scope: Scope, person_id: str) -> list[RequestState]:
    """Return what this person asked the jobs to do."""
    return reads.requests(engine(), scope=scope, person_id=person_id)


@st.cache_data(ttl="5s", max_entries=64, show_spinner=False)
def heartbeat_at(scope: Scope) -> datetime | None:
    """Say when the jobs process last beat."""
    return reads.heartbeat_at(engine(), scope=scope)


@st.cache_data(ttl="10s", max_entries=64, show_spinner=False)
def snapshot(scope: Scope) -> SnapshotRow | None:
    """Return the snapshot that pages read now."""
    return reads.snapshot(engine(), scope=scope)


@st.cache_data(ttl="10m", max_entries=64, show_spinner=False)
def health(scope: Scope, part: Part, zone: str, span: Span, snapshot_id: int) -> HealthFacts | None:
    """Read what the index of a span is made of; a snapshot's answers do not age."""
    return reads.health(engine(), scope=scope, part=part, zone=zone, span=span)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def open_promises(scope: Scope, part: Part, as_of: datetime) -> dict[str, int] | None:
    """Judge the open orders as of a minute."""
    return reads.open_promises(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def due_lately(scope: Scope, part: Part, as_of: datetime) -> dict[int, tuple[int, int]] | None:
    """Count what fell due lately."""
    return reads.due_lately(engine(), scope=scope, part=part, as_of=as_of)


@st.cache_data(ttl="30s", max_entries=64, show_spinner=False)
def orders_behind(
    scope: Scope,
    part: Part,
    component: str,
    since: datetime,
    until: datetime,
    bad_only: bool,
    after: tuple[datetime, str, str] | None,
) -> list[BehindRow]:
    """Return one page of the orders behind a component."""
    return reads.orders_behind(
        engine(), scope=scope, part=part, component=component, since=since, until=until, bad_only=bad_only, after=after
    )


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def targets(scope: Scope) -> list[Target]:
    """Return every target ever set."""
    return reads.targets(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def index_versions(scope: Scope) -> list[Version]:
    """Return every version of the index's definition."""
    return reads.index_versions(engine(), scope=scope)


@st.cache_data(ttl="15s", max_entries=64, show_spinner=False)
def snapshots(scope: Scope, limit: int) -> list[SnapshotEntry]:
    """Return the last snapshots."""
    return reads.snapshots(engine(), scope=scope, limit=limit)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def restated_spans(scope: Scope, limit: int) -> list[RestatedSpan]:
    """Return the spans whose index has moved since it was published."""
    return reads.restated_spans(engine(), scope=scope, limit=limit)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def promise_rules(scope: Scope) -> list[PromiseVersion]:
    """Return every version of every promise rule."""
    return reads.promise_rules(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=64, show_spinner=False)
def calendars(scope: Scope) -> list[str]:
    """Return the names of the calendars."""
    return reads.calendars(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=256, show_spinner=False)
def calendar_month(scope: Scope, calendar: str, month: date) -> list[CalendarDay]:
    """Return every day of a month of a calendar."""
    return reads.calendar_month(engine(), scope=scope, calendar=calendar, month=month)
