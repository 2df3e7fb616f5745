"""Which definition of the index holds, and what did earlier versions say?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.health.components import DEFINITION, Definition, definition_from_json


@dataclass(frozen=True)
class Version:
    """One version of the index's weights, goal-posts and caps, with who set it, when, and why."""

    version: int
    definition: Definition
    note: str
    set_by: str
    set_at: datetime | None


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


def _version(row: Row[Any]) -> Version:
    return Version(row.version, definition_from_json(row.definition), row.note, row.set_by, row.set_at)
