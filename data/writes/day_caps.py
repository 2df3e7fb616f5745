"""Which business days does a red line cap, going by what the jobs' ledger tells?"""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from data.writes.job_ledger import STOPPED
from models.health.caps import Gap, outages, sync_gaps

# How far back a roll-up looks for gaps; longer ago, nothing can change any more.
_BACK = timedelta(days=2)
# The sweep that every installation runs; pulls of interfaces are judged one by one.
_SWEEP = "pull_inbox"


def record_caps(connection: Connection, *, zone: str, as_of: datetime) -> frozenset[date]:
    """Write the caps of the last two days that are not written yet; return the days they came to."""
    since = as_of - _BACK
    successes = connection.scalars(
        text("SELECT started_at FROM job_runs WHERE job = :job AND status = 'succeeded' AND started_at >= :since AND started_at <= :as_of"),
        {"job": _SWEEP, "since": since, "as_of": as_of},
    ).all()
    stops = connection.scalars(
        text("SELECT at FROM audit_log WHERE action = :action AND at >= :since"), {"action": STOPPED, "since": since}
    ).all()
    found = [("sync_gap", gap) for gap in sync_gaps(successes, stops=stops, until=as_of)]
    found += [("interface_down", gap) for gap in _outages(connection, since=since, as_of=as_of)]
    rows = [(day, code, gap) for code, gap in found for day in _days(gap, zone=zone)]
    return frozenset(day for day, code, gap in rows if _record(connection, day=day, code=code, gap=gap, as_of=as_of))


def _outages(connection: Connection, *, since: datetime, as_of: datetime) -> list[Gap]:
    pulls: dict[tuple[str, str], list[tuple[datetime, bool]]] = {}
    asked = """
        SELECT source, shop_id, started_at, error IS NULL AS succeeded FROM pulls
        WHERE started_at >= :since AND started_at <= :as_of AND finished_at IS NOT NULL"""
    for row in connection.execute(text(asked), {"since": since, "as_of": as_of}):
        pulls.setdefault((row.source, row.shop_id), []).append((row.started_at, row.succeeded))
    return [gap for each in pulls.values() for gap in outages(each)]


def _days(gap: Gap, *, zone: str) -> list[date]:
    first = gap.since.astimezone(ZoneInfo(zone)).date()
    last = (gap.until - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _record(connection: Connection, *, day: date, code: str, gap: Gap, as_of: datetime) -> bool:
    """Write a cap down once a day and code; its detail follows a gap that grows. Say whether it is new."""
    detail = {"since": gap.since.astimezone(UTC).isoformat(), "until": gap.until.astimezone(UTC).isoformat()}
    row = connection.execute(
        text("""
        INSERT INTO day_caps AS kept (day, code, detail, recorded_at) VALUES (:day, :code, CAST(:detail AS jsonb), :as_of)
        ON CONFLICT (day, code) DO UPDATE SET detail = EXCLUDED.detail RETURNING recorded_at = :as_of AS new
        """),
        {"day": day, "code": code, "detail": json.dumps(detail), "as_of": as_of},
    ).one()
    return bool(row.new)
