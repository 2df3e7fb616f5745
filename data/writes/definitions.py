"""How is a target, a promise, a working day or a version of the index set, so that of two who race exactly one is first?

Each statement carries what its author saw; where that no longer stands nothing is written, and the function says so.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from data.tables import promise_rules
from models.health.targets import Target
from models.promise import PromiseRule


def add_target(connection: Connection, target: Target) -> bool:
    """Add a target as the version after the last of its place; False where somebody else has added that version."""
    done = connection.execute(
        text("""
        INSERT INTO targets (kpi, channel, month, value, version, set_by, set_at)
        SELECT :kpi, :channel, :month, :value, :version, :set_by, :set_at
        WHERE :version = 1 + (
            SELECT coalesce(max(version), 0) FROM targets
            WHERE kpi = :kpi AND channel = :channel AND month IS NOT DISTINCT FROM CAST(:month AS date))
        ON CONFLICT DO NOTHING
        """),
        vars(target),
    )
    return done.rowcount == 1


def decide_day(connection: Connection, *, calendar: str, day: date, working: bool, note: str | None, was: tuple[bool, str | None]) -> bool:
    """Decide a day of a calendar; False where it is no longer what its author saw."""
    given = {"calendar": calendar, "day": day, "working": working, "note": note, "was_working": was[0], "was_note": was[1]}
    done = connection.execute(
        text("""
        INSERT INTO calendar_days AS kept (calendar, day, working, note) VALUES (:calendar, :day, :working, :note)
        ON CONFLICT (calendar, day) DO UPDATE SET working = EXCLUDED.working, note = EXCLUDED.note
        WHERE kept.working = :was_working AND kept.note IS NOT DISTINCT FROM CAST(:was_note AS text)
        """),
        given,
    )
    return done.rowcount == 1


def add_rule(connection: Connection, rule: PromiseRule, *, source: str, set_by: str, set_at: datetime) -> bool:
    """Add a version of a promise rule; False where there is one from that very instant on."""
    row = {**vars(rule), "source": source, "set_by": set_by, "set_at": set_at}
    return connection.execute(insert(promise_rules).values(row).on_conflict_do_nothing()).rowcount == 1


def add_version(connection: Connection, definition: Mapping[str, Any], *, note: str, set_by: str, set_at: datetime, first: int) -> bool:
    """Add a version of the index after the last one, ``first`` being the shipped one; False where somebody else has added it."""
    done = connection.execute(
        text("""
        INSERT INTO index_definitions (version, definition, note, set_by, set_at)
        SELECT :version, CAST(:definition AS jsonb), :note, :set_by, :set_at
        WHERE :version = 1 + (SELECT coalesce(max(version), :first) FROM index_definitions)
        ON CONFLICT DO NOTHING
        """),
        {
            "version": definition["version"],
            "definition": json.dumps(definition),
            "note": note,
            "set_by": set_by,
            "set_at": set_at,
            "first": first,
        },
    )
    return done.rowcount == 1
