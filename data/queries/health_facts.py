"""What does a page about the index of some days read, all of it from one snapshot?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import Connection

from data.measures import MEASURE_NAMES
from data.queries import health
from data.queries.definitions import current_definition, versions
from data.queries.health import NoSuchGrain, Part, Published, SnapshotRow
from models.health.components import Definition
from models.health.history import History
from models.scope import Scope

# Twelve changes from week to week before the last one, for the band of noise that judges it (product, section 3.4).
TREND_WEEKS = 14


@dataclass(frozen=True)
class Span:
    """Business days, both included; ``compared`` are the first and last day it is held against, by default as many days before it."""

    first: date
    last: date
    compared: tuple[date, date] | None = None

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        """The days it is held against."""
        if self.compared is not None:
            return Span(*self.compared)
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


@dataclass(frozen=True)
class HealthFacts:
    """All that is read.

    ``now`` and ``before`` are ``data.queries.health.cells`` with what the index is made of, ``days`` is ``data.queries.health.days``.
    ``history`` reaches back over the trend, ``published_before`` is the score of the period before as first published, with the
    definition it was published under; both None where the period is none that is published, or only a part is looked at.
    """

    snapshot: SnapshotRow
    definition: Definition
    span: Span
    now: pd.DataFrame
    before: pd.DataFrame
    days: pd.DataFrame
    history: History
    published_before: Published | None
    published_definition: Definition | None
    restated_weeks: tuple[date, ...]


def facts(connection: Connection, *, scope: Scope, part: Part, zone: str, span: Span) -> HealthFacts | None:
    """Read the facts; None before the first snapshot or where the scope sees nothing. ``NoSuchGrain`` where no cells answer."""
    snapshot = health.snapshot(connection)
    if snapshot is None or not health.sees_anything(connection, scope=scope):
        return None
    _, definition = current_definition(connection, as_of=snapshot.as_of)
    trend_first = min(span.last - timedelta(weeks=TREND_WEEKS) + timedelta(days=1), span.before.first)
    until = span.last + timedelta(days=1)
    before = None
    if part.whole and scope == Scope():
        before = _published(connection, span.before)
    measures = _judged(definition)
    by_version = {version.version: version.definition for version in versions(connection)}
    return HealthFacts(
        snapshot=snapshot,
        definition=definition,
        span=span,
        now=health.cells(connection, scope=scope, part=part, first=span.first, last=span.last, measures=measures),
        before=health.cells(connection, scope=scope, part=part, first=span.before.first, last=span.before.last, measures=measures),
        days=health.days(connection, scope=scope, part=part, first=trend_first, last=snapshot.closed_until),
        history=health.history(connection, definition=definition, until=until, zone=zone, scope=scope, part=part, first=trend_first),
        published_before=before,
        published_definition=None if before is None else by_version.get(before.version),
        restated_weeks=tuple(health.restated_weeks(connection, first=trend_first)) if part.whole else (),
    )


def _judged(definition: Definition) -> list[str]:
    """Return the measures that the components count, and what is unsure of them: summing the others too would take as long again."""
    named = {name for component in definition.components for name in (component.units, component.good)} | {"maybe_on_time"}
    return [name for name in MEASURE_NAMES if name in named]


def latest_snapshot(connection: Connection, *, scope: Scope) -> SnapshotRow | None:
    """Return the latest snapshot to whoever sees anything."""
    return health.snapshot(connection) if health.sees_anything(connection, scope=scope) else None


def open_now(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> dict[str, int] | None:
    """Judge open orders as of an instant; None where the scope sees nothing."""
    if not health.sees_anything(connection, scope=scope):
        return None
    return health.open_promises(connection, scope=scope, part=part, as_of=as_of)


def due_lately(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> dict[int, tuple[int, int]] | None:
    """Count what fell due lately; None where the scope sees nothing."""
    return health.due_lately(connection, scope=scope, part=part, as_of=as_of) if health.sees_anything(connection, scope=scope) else None


def _published(connection: Connection, span: Span) -> Published | None:
    names = {1: "day", 7: "rolling"}
    return health.published(connection, span=names[span.days], last=span.last) if span.days in names else None


__all__ = ["HealthFacts", "NoSuchGrain", "Part", "Span", "due_lately", "facts", "latest_snapshot", "open_now"]
