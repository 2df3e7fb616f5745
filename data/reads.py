"""What may a page ask of the database?

The facade over ``data/queries``: every function opens one connection, takes the person's ``Scope``, and raises a
``DatabaseProblem`` in words for people when the database is away. ``READS`` lists them all; one test proves for each of
them that it shows nothing outside the scope.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from data.engine import problem_of
from data.queries import behind as _behind
from data.queries import choices as _choices
from data.queries import definitions as _definitions
from data.queries import health_facts as _health
from data.queries import jobs as _jobs
from data.queries import overview as _overview
from data.queries import promises as _promises
from data.queries import sources as _sources
from data.queries import targets as _targets
from data.queries.behind import BehindRow
from data.queries.cut import UNSORTED, Cut
from data.queries.definitions import RestatedSpan, SnapshotEntry, Version
from data.queries.health import NoSuchGrain, Part, SnapshotRow
from data.queries.health_facts import HealthFacts, Span
from data.queries.jobs import JobState, RequestState
from data.queries.promises import CalendarDay, PromiseVersion
from data.queries.sources import RefusedCell, RefusedFile, Source
from data.refused import RawRow, RetentionOver, raw_cells
from data.settings import Settings
from models.health.targets import Target
from models.scope import Scope

__all__ = [
    "READS",
    "UNSORTED",
    "BehindRow",
    "CalendarDay",
    "Choices",
    "Cut",
    "HealthFacts",
    "JobState",
    "NoSuchGrain",
    "Part",
    "PromiseVersion",
    "RawRow",
    "RefusedCell",
    "RefusedFile",
    "RequestState",
    "RestatedSpan",
    "RetentionOver",
    "SnapshotEntry",
    "SnapshotRow",
    "Source",
    "Span",
    "Target",
    "Version",
]


@dataclass(frozen=True)
class Choices:
    """What the filter bar offers: codes and, where the data has them, names in (Chinese, English)."""

    channels: tuple[str, ...]
    regions: tuple[tuple[str, str, str], ...]
    categories: tuple[str, ...]
    warehouses: tuple[tuple[str, str], ...]
    shops: tuple[tuple[str, str, str], ...]


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection, and say the world's faults in words for people."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        problem = problem_of(error, where=engine.url.database or "")
        if problem is None:
            raise
        raise problem from error


def choices(engine: Engine, *, scope: Scope) -> Choices:
    """Return what this person can filter by."""
    with reading(engine) as connection:
        return Choices(
            channels=tuple(_choices.channels(connection, scope=scope)),
            regions=tuple(_choices.region_names(connection, scope=scope)),
            categories=tuple(_choices.categories(connection, scope=scope)),
            warehouses=tuple(_choices.warehouse_names(connection, scope=scope)),
            shops=tuple(_choices.shop_names(connection, scope=scope)),
        )


def orders_by_minute(engine: Engine, *, scope: Scope, cut: Cut) -> pd.DataFrame:
    """Count orders placed: one row a minute that has any, ``minute, orders`` (UTC)."""
    with reading(engine) as connection:
        return _frame(_overview.orders_by_minute(connection, scope=scope, cut=cut), columns=("minute", "orders"))


def health(engine: Engine, *, scope: Scope, part: Part, zone: str, span: Span) -> HealthFacts | None:
    """Read what a page about the index of some closed days needs, from one snapshot; see ``data.queries.health_facts``."""
    with reading(engine) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        return _health.facts(connection, scope=scope, part=part, zone=zone, span=span)


def snapshot(engine: Engine, *, scope: Scope) -> SnapshotRow | None:
    """Return the snapshot that pages read now."""
    with reading(engine) as connection:
        return _health.latest_snapshot(connection, scope=scope)


def open_promises(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> dict[str, int] | None:
    """Judge the open orders as of an instant: ``open``, ``overdue``, ``due_soon``."""
    with reading(engine) as connection:
        return _health.open_now(connection, scope=scope, part=part, as_of=as_of)


def due_lately(engine: Engine, *, scope: Scope, part: Part, as_of: datetime) -> dict[int, tuple[int, int]] | None:
    """Count orders whose promise fell due in the last 5, 60 and 360 minutes: minutes -> (bad, units)."""
    with reading(engine) as connection:
        return _health.due_lately(connection, scope=scope, part=part, as_of=as_of)


def orders_behind(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    component: str,
    since: datetime,
    until: datetime,
    bad_only: bool,
    after: tuple[datetime, str, str] | None = None,
    limit: int = _behind.PAGE,
) -> list[BehindRow]:
    """Return one page of the orders behind a component of the index; see ``data.queries.behind``."""
    with reading(engine) as connection:
        return _behind.orders_behind(
            connection,
            scope=scope,
            part=part,
            component=component,
            since=since,
            until=until,
            bad_only=bad_only,
            after=after,
            limit=limit,
        )


def order_span(engine: Engine, *, scope: Scope) -> tuple[datetime, datetime] | None:
    """Say when the first and the last visible order were placed."""
    with reading(engine) as connection:
        return _overview.order_span(connection, scope=scope)


def sources(engine: Engine, *, scope: Scope, since: datetime) -> list[Source]:
    """Return every source: its last files and its sums since an instant."""
    with reading(engine) as connection:
        return _sources.sources(connection, scope=scope, since=since)


def last_learnt_at(engine: Engine, *, scope: Scope) -> datetime | None:
    """Say when the last visible file was taken in."""
    with reading(engine) as connection:
        return _sources.last_learnt_at(connection, scope=scope)


def whole_refusals(engine: Engine, *, scope: Scope) -> list[RefusedFile]:
    """Return the files that were refused whole and still are."""
    with reading(engine) as connection:
        return _sources.whole_refusals(connection, scope=scope)


def refused_rows(
    engine: Engine,
    *,
    scope: Scope,
    shop_ids: Collection[str] | None = None,
    source: str | None = None,
    after: tuple[int, int, str] | None = None,
    limit: int = _sources.PAGE,
) -> list[RefusedCell]:
    """Return one page of refused cells, newest file first."""
    with reading(engine) as connection:
        return _sources.refused_rows(connection, scope=scope, shop_ids=shop_ids, source=source, after=after, limit=limit)


def raw_rows(engine: Engine, *, scope: Scope, settings: Settings, run_id: int, numbers: Collection[int]) -> dict[int, RawRow]:
    """Return refused rows as they stand in their file, contacts masked; ``actions.reveal_row`` is the one way to see them.

    Nothing for a run outside the scope; ``RetentionOver`` when the kept file is gone.
    """
    with reading(engine) as connection:
        kept = _sources.kept_file(connection, scope=scope, run_id=run_id)
    if kept is None:
        return {}
    if kept.erased_at is not None:
        raise RetentionOver
    return raw_cells(settings, sha256=kept.sha256, name=kept.name, source=kept.source, numbers=numbers)


def jobs(engine: Engine, *, scope: Scope) -> list[JobState]:
    """Return every job with its schedule and its last run."""
    with reading(engine) as connection:
        return _jobs.jobs(connection, scope=scope)


def requests(engine: Engine, *, scope: Scope, person_id: str) -> list[RequestState]:
    """Return what this person asked the jobs to do, newest first."""
    with reading(engine) as connection:
        return _jobs.requests(connection, scope=scope, person_id=person_id)


def heartbeat_at(engine: Engine, *, scope: Scope) -> datetime | None:
    """Say when the jobs process last beat."""
    with reading(engine) as connection:
        return _jobs.heartbeat_at(connection, scope=scope)


def targets(engine: Engine, *, scope: Scope) -> list[Target]:
    """Return every target ever set that this person may see; ``models.health.targets.target_for`` says which one is in force."""
    with reading(engine) as connection:
        return _targets.targets(connection, scope=scope)


def index_versions(engine: Engine, *, scope: Scope) -> list[Version]:
    """Return every version of the index's definition, the newest first."""
    with reading(engine) as connection:
        return _definitions.versions(connection)


def snapshots(engine: Engine, *, scope: Scope, limit: int) -> list[SnapshotEntry]:
    """Return the last snapshots to whoever sees anything, the newest first."""
    with reading(engine) as connection:
        seen = _health.latest_snapshot(connection, scope=scope) is not None
        return _definitions.snapshots(connection, scope=scope, limit=limit) if seen else []


def restated_spans(engine: Engine, *, scope: Scope, limit: int) -> list[RestatedSpan]:
    """Return the spans whose index is no longer what was published; nothing to people with limits."""
    with reading(engine) as connection:
        return _definitions.restated_spans(connection, scope=scope, limit=limit)


def promise_rules(engine: Engine, *, scope: Scope) -> list[PromiseVersion]:
    """Return every version of every promise rule this person may see."""
    with reading(engine) as connection:
        return _promises.promise_rules(connection, scope=scope)


def calendars(engine: Engine, *, scope: Scope) -> list[str]:
    """Return the names of the calendars of the visible shops, the mainland's first."""
    with reading(engine) as connection:
        return _promises.calendars(connection, scope=scope)


def calendar_month(engine: Engine, *, scope: Scope, calendar: str, month: date) -> list[CalendarDay]:
    """Return every day of a month of one of these calendars."""
    with reading(engine) as connection:
        if calendar not in _promises.calendars(connection, scope=scope):
            return []
        return _promises.calendar_month(connection, calendar=calendar, month=month)


def _frame(rows: Sequence[tuple[Any, ...]], *, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return rows as a frame that has its columns even when it has no rows."""
    return pd.DataFrame(rows, columns=list(columns))


READS: tuple[Callable[..., Any], ...] = (
    choices,
    orders_by_minute,
    health,
    snapshot,
    open_promises,
    due_lately,
    orders_behind,
    order_span,
    sources,
    last_learnt_at,
    whole_refusals,
    refused_rows,
    raw_rows,
    jobs,
    requests,
    heartbeat_at,
    targets,
    index_versions,
    snapshots,
    restated_spans,
    promise_rules,
    calendars,
    calendar_month,
)
