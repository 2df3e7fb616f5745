"""What is the index of each closed day, week and rolling seven days, and what was it when it was first published?"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data.queries.health import history
from models.health.components import Definition
from models.health.index import Index

# A change smaller than this is none.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Closing:
    """What scores are computed for: the days before ``closed_until``, under one version of the definition."""

    closed_until: date
    snapshot_id: int
    version: int
    definition: Definition
    as_of: datetime
    zone: str


def score_spans(connection: Connection, closing: Closing, *, days: frozenset[date] | None) -> int:
    """Compute the scores of every closed span that holds one of some days, or of all; return how many there are.

    A span's first score is its publication and stays; a later one that differs marks it restated.
    """
    past = history(connection, definition=closing.definition, until=closing.closed_until, zone=closing.zone)
    if not past.configured_since:
        return 0
    born = min(past.configured_since.values())
    wanted = _every_day(born, closing.closed_until) if days is None else sorted(day for day in days if day >= born)
    rows = [
        _row(past.index(first=first, last=last), span=span, last=last, closing=closing)
        for span, first, last in _spans(wanted, closing=closing, born=born)
    ]
    if rows:
        connection.execute(text(_STORE), rows)
    return len(rows)


_STORE = f"""
    INSERT INTO index_scores AS kept (span, last_day, score, snapshot_id, definition_version,
        published, published_snapshot_id, published_version, published_at)
    VALUES (:span, :last_day, CAST(:score AS jsonb), :snapshot_id, :version, CAST(:score AS jsonb), :snapshot_id, :version, :as_of)
    ON CONFLICT (span, last_day) DO UPDATE
    SET score = EXCLUDED.score, snapshot_id = EXCLUDED.snapshot_id, definition_version = EXCLUDED.definition_version,
        restated_at = CASE
            WHEN abs(coalesce((EXCLUDED.score->>'value')::float, -1) - coalesce((kept.score->>'value')::float, -1)) > {_NOTHING}
            THEN EXCLUDED.published_at ELSE kept.restated_at END"""


def _spans(days: Iterable[date], *, closing: Closing, born: date) -> Iterable[tuple[str, date, date]]:
    """Yield (span, first day, last day) of every closed span that holds one of the days."""
    found: set[tuple[str, date, date]] = set()
    for day in days:
        monday = day - timedelta(days=day.weekday())
        found.add(("day", day, day))
        found.add(("week", monday, monday + timedelta(days=6)))
        found.update(("rolling", day + timedelta(days=n - 6), day + timedelta(days=n)) for n in range(7))
    return sorted(each for each in found if born <= each[2] < closing.closed_until)


def _every_day(first: date, until: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((until - first).days)]


def _row(index: Index, *, span: str, last: date, closing: Closing) -> dict[str, Any]:
    return {
        "span": span,
        "last_day": last,
        "score": json.dumps(asdict(index)),
        "snapshot_id": closing.snapshot_id,
        "version": closing.version,
        "as_of": closing.as_of,
    }
