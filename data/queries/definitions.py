"""Which definition of the index holds, what did earlier versions say, and which published figures have moved since?"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from data.measures import MEASURE_NAMES
from models.health.components import DEFINITION, Component, Definition, definition_from_json
from models.scope import EVERYTHING, Scope


@dataclass(frozen=True)
class Version:
    """One version of the index's weights, goal-posts and caps, with who set it, when, and why."""

    version: int
    definition: Definition
    note: str
    set_by: str
    set_at: datetime | None


@dataclass(frozen=True)
class SnapshotEntry:
    """One snapshot: as of when, under which version, and which closed days it changed."""

    snapshot_id: int
    as_of: datetime
    closed_until: date
    definition_version: int
    changes: int | None
    rebuilt: bool
    restated_days: tuple[date, ...]


@dataclass(frozen=True)
class RestatedSpan:
    """A span (day, week, rolling) whose index is no longer what was published; None where there was, or is, no index."""

    span: str
    last_day: date
    published: float | None
    now: float | None
    published_version: int
    version: int
    restated_at: datetime


def versions(connection: Connection) -> list[Version]:
    """Return every version, the newest first; the shipped one is the first of all and always there."""
    rows = connection.execute(text("SELECT * FROM index_definitions ORDER BY version DESC"))
    return [*(_version(row) for row in rows), Version(DEFINITION.version, DEFINITION, DEFINITION.note, "OrderHub", None)]


def current_definition(connection: Connection, *, as_of: datetime) -> tuple[int, Definition]:
    """Return number and definition of the version in force at an instant."""
    row = connection.execute(
        text("SELECT * FROM index_definitions WHERE set_at <= :as_of ORDER BY version DESC LIMIT 1"), {"as_of": as_of}
    ).one_or_none()
    return (DEFINITION.version, DEFINITION) if row is None else (row.version, _version(row).definition)


def measured(component: Component) -> bool:
    """Say whether anything here counts the units of a component."""
    return {component.units, component.good} <= set(MEASURE_NAMES)


def snapshots(connection: Connection, *, scope: Scope, limit: int) -> list[SnapshotEntry]:
    """Return the last snapshots, the newest first; how much changed in all is not said to people with limits."""
    asked = """
        SELECT snapshot_id, as_of, closed_until, definition_version, CASE WHEN :all THEN changes END AS changes, rebuilt, restated_days
        FROM snapshots ORDER BY snapshot_id DESC LIMIT :limit"""
    rows = connection.execute(text(asked), {"limit": limit, "all": scope == EVERYTHING}).mappings()
    return [SnapshotEntry(**{**row, "restated_days": tuple(row["restated_days"])}) for row in rows]


def restated_spans(connection: Connection, *, scope: Scope, limit: int) -> list[RestatedSpan]:
    """Return the spans whose index has moved, the last moved first; the whole business's, so nothing to a limited person."""
    if scope != EVERYTHING:
        return []
    asked = """
        SELECT span, last_day, (published->>'value')::float, (score->>'value')::float, published_version, definition_version, restated_at
        FROM index_scores WHERE restated_at IS NOT NULL ORDER BY restated_at DESC, last_day DESC, span LIMIT :limit"""
    return [RestatedSpan(*row) for row in connection.execute(text(asked), {"limit": limit})]


def _version(row: Row[Any]) -> Version:
    return Version(row.version, definition_from_json(row.definition), row.note, row.set_by, row.set_at)
