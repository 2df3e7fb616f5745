"""Which business days does a red line cap, going by what the jobs' ledger and the stock tell?"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from data.writes.job_ledger import STOPPED
from models.health.caps import Gap, outages, sync_gaps
from models.stock.metrics import METRICS, METRICS_BY_KEY

# How far back a roll-up looks for gaps; longer ago, nothing can change any more.
_BACK = timedelta(days=2)
# The sweep that every installation runs; pulls of interfaces are judged one by one.
_SWEEP = "pull_inbox"
SHORT_AT_END = "short_at_day_end"


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
    capped = {day for day, code, gap in rows if _record(connection, day=day, code=code, detail=_span(gap), as_of=as_of)}
    return frozenset(capped | _record_stock(connection, since=since, zone=zone, as_of=as_of))


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


def _record_stock(connection: Connection, *, since: datetime, zone: str, as_of: datetime) -> set[date]:
    """Cap the days that are over and ended with a short order, too wide a difference or too many holds not released."""
    first, today = (moment.astimezone(ZoneInfo(zone)).date() for moment in (since, as_of))
    figures = connection.execute(
        text(
            "SELECT day, kpi, member, value FROM stock_kpis WHERE day >= :first AND day < :today AND kpi = ANY(:kpis) AND value IS NOT NULL"
        ),
        {"first": first, "today": today, "kpis": [metric.key for metric in METRICS if metric.cap]},
    )
    crossed: dict[tuple[date, str], dict[str, object]] = {}
    for row in figures:
        metric = METRICS_BY_KEY[row.kpi]
        if metric.breached(float(row.value)):
            crossed.setdefault((row.day, metric.cap), {})[row.member or "all"] = float(row.value)
    for day, orders in _short_at_end(connection, first=first, today=today, zone=zone):
        crossed[day, SHORT_AT_END] = {"orders": orders}
    return {day for (day, code), detail in crossed.items() if _record(connection, day=day, code=code, detail=detail, as_of=as_of)}


def _short_at_end(connection: Connection, *, first: date, today: date, zone: str) -> list[tuple[date, int]]:
    """Return the days that ended with orders that were short then, and how many those were."""
    asked = """
        SELECT day::date AS day, count(*) AS orders FROM generate_series(CAST(:first AS date), CAST(:today AS date) - 1, '1 day') AS day
        JOIN order_holding ON short_since < (day::date + 1)::timestamp AT TIME ZONE :zone
            AND coalesce(short_until, 'infinity') >= (day::date + 1)::timestamp AT TIME ZONE :zone
        GROUP BY 1 ORDER BY 1"""
    return [(row.day, row.orders) for row in connection.execute(text(asked), {"first": first, "today": today, "zone": zone})]


def _span(gap: Gap) -> dict[str, object]:
    return {"since": gap.since.astimezone(UTC).isoformat(), "until": gap.until.astimezone(UTC).isoformat()}


def _record(connection: Connection, *, day: date, code: str, detail: Mapping[str, object], as_of: datetime) -> bool:
    """Write a cap down once a day and code; its detail follows what grows. Say whether it is new."""
    row = connection.execute(
        text("""
        INSERT INTO day_caps AS kept (day, code, detail, recorded_at) VALUES (:day, :code, CAST(:detail AS jsonb), :as_of)
        ON CONFLICT (day, code) DO UPDATE SET detail = EXCLUDED.detail RETURNING recorded_at = :as_of AS new
        """),
        {"day": day, "code": code, "detail": json.dumps(dict(detail)), "as_of": as_of},
    ).one()
    return bool(row.new)
