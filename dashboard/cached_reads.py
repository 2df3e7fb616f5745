"""Which answers of the database may be a little old, and how old?

Every read of a page goes through here, keyed by scope and cut; no ``st.*`` and no ``except`` inside, for a cached failure is a lie.
"""

from datetime import datetime

import pandas as pd
import streamlit as st

from data import api, reads
from data.api import engine
from data.reads import Choices, Cut, JobState, RefusedCell, RefusedFile, RequestState, Source
from models.scope import Scope


@st.cache_data(ttl="5m", max_entries=64, show_spinner=False)
def choices(scope: Scope) -> Choices:
    """Return what this scope can filter by."""
    return reads.choices(engine(), scope=scope)


@st.cache_data(ttl="60s", max_entries=256, show_spinner=False)
def orders_by_day(scope: Scope, cut: Cut) -> pd.DataFrame:
    """Count orders placed by business day and channel."""
    return reads.orders_by_day(engine(), scope=scope, cut=cut)


@st.cache_data(ttl="60s", max_entries=256, show_spinner=False)
def paid_by_day(scope: Scope, cut: Cut, currency: str, known_until: datetime) -> pd.DataFrame:
    """Sum payments by business day of payment and channel."""
    return reads.paid_by_day(engine(), scope=scope, cut=cut, currency=currency, known_until=known_until)


@st.cache_data(ttl="60s", max_entries=256, show_spinner=False)
def ship_hours_by_day(scope: Scope, cut: Cut) -> pd.DataFrame:
    """Sum times from payment to shipping by business day of shipping and channel."""
    return reads.ship_hours_by_day(engine(), scope=scope, cut=cut)


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
