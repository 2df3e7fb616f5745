"""How is the risk of the open orders spread, which are the riskiest, and what will the week's promise come to?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection, text

from data.measures import ENDS, EXCLUDED, ON_TIME
from data.queries.health import Part, orders_of
from data.queries.risk_due import OPEN_ORDER
from models.scope import Scope

# Where one band of risk ends and the next begins; what is overdue is a band of its own.
BAND_ENDS: tuple[float, ...] = (0.1, 0.3, 0.6)
BANDS: tuple[str, ...] = ("low", "some", "high", "very_high", "overdue")
OVERDUE = "overdue"
SPLITS: tuple[str, ...] = ("channel", "warehouse_code", "carrier_code")
LISTED = 50

_ENDS = ", ".join(map(str, BAND_ENDS))
_BAND = f"CASE WHEN r.fallback = '{OVERDUE}' THEN {len(BANDS) - 1} ELSE width_bucket(r.probability, ARRAY[{_ENDS}]) END"


@dataclass(frozen=True)
class RiskNow:
    """What the present scores say in all: orders by band, how many of those not overdue are expected to be late, and by what scored."""

    open: int
    scored: int
    overdue: int
    expected: float
    by_model: int
    fallbacks: dict[str, int]
    version: int | None
    scored_at: datetime | None


@dataclass(frozen=True)
class RiskRow:
    """An open order with its risk, without anything personal."""

    shop_id: str
    order_no: str
    channel: str
    region_code: str | None
    warehouse_code: str | None
    carrier_code: str | None
    stage: str
    paid_at: datetime | None
    due_at: datetime | None
    deadline_at: datetime | None
    probability: float
    low: float
    high: float
    promise_probability: float | None
    fallback: str
    reasons: Sequence[dict[str, Any]] | None


@dataclass(frozen=True)
class WeekFacts:
    """What has fallen due of the week and how much was kept; of what is still open the sums that ``expected_week`` takes."""

    first: datetime
    until: datetime
    done_due: int
    done_good: int
    open_due: int
    unscored: int
    late: float
    luck: float
    doubt: float


def risk_now(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> RiskNow | None:
    """Sum the present scores of the open orders; None where there is no open order to be seen."""
    condition, given = orders_of(scope, part, relation="o")
    row = connection.execute(
        text(f"""
        SELECT count(*) AS open, count(r.scored_at) AS scored, count(*) FILTER (WHERE r.fallback = '{OVERDUE}') AS overdue,
            coalesce(sum(r.probability) FILTER (WHERE r.fallback <> '{OVERDUE}'), 0) AS expected,
            count(r.model_version) FILTER (WHERE r.fallback <> '{OVERDUE}') AS by_model,
            max(r.model_version) AS version, max(r.scored_at) AS scored_at
        FROM orders AS o LEFT JOIN risk_now AS r USING (shop_id, order_no) WHERE {OPEN_ORDER}{condition}
        """),
        given | {"as_of": as_of},
    ).one()
    if not row.open:
        return None
    asked = f"""
        SELECT r.fallback, count(*) AS orders FROM orders AS o JOIN risk_now AS r USING (shop_id, order_no)
        WHERE {OPEN_ORDER}{condition} AND r.fallback NOT IN ('', '{OVERDUE}') GROUP BY 1 ORDER BY 2 DESC, 1"""
    fallbacks = {each.fallback: each.orders for each in connection.execute(text(asked), given | {"as_of": as_of})}
    return RiskNow(**dict(row._mapping), fallbacks=fallbacks)


def risk_spread(connection: Connection, *, scope: Scope, part: Part, as_of: datetime, by: str) -> pd.DataFrame:
    """Count the scored open orders by a dimension of SPLITS and band: ``value, band, orders, expected``; '' = 未归类."""
    condition, given = orders_of(scope, part, relation="o")
    if by not in SPLITS:
        raise ValueError(by)
    rows = connection.execute(
        text(f"""
        SELECT coalesce(o.{by}, '') AS value, {_BAND} AS band, count(*) AS orders, sum(r.probability) AS expected
        FROM orders AS o JOIN risk_now AS r USING (shop_id, order_no) WHERE {OPEN_ORDER}{condition} GROUP BY 1, 2 ORDER BY 1, 2
        """),
        given | {"as_of": as_of},
    )
    found = [(row.value, BANDS[row.band], int(row.orders), float(row.expected)) for row in rows]
    return pd.DataFrame(found, columns=["value", "band", "orders", "expected"])


def riskiest(connection: Connection, *, scope: Scope, part: Part, as_of: datetime, limit: int = LISTED) -> list[RiskRow]:
    """Return the open orders most likely to miss the primary target, those left out whose time is over already."""
    condition, given = orders_of(scope, part, relation="o")
    rows = connection.execute(
        text(f"""
        SELECT o.shop_id, o.order_no, o.channel, o.region_code, o.warehouse_code, o.carrier_code, o.stage, o.paid_to AS paid_at,
            r.due_at, o.deadline_at, r.probability, r.low, r.high, r.promise_probability, r.fallback, r.reasons
        FROM risk_now AS r JOIN orders AS o USING (shop_id, order_no)
        WHERE {OPEN_ORDER}{condition} AND r.fallback <> '{OVERDUE}'
        ORDER BY r.probability DESC, r.due_at, r.shop_id, r.order_no LIMIT :limit
        """),
        given | {"as_of": as_of, "limit": limit},
    )
    return [RiskRow(**dict(row._mapping)) for row in rows]


def week_promise(connection: Connection, *, scope: Scope, part: Part, zone: str, as_of: datetime) -> WeekFacts:
    """Judge the promises that fall due in the business week of an instant: done ones as they are, open ones by their chance."""
    condition, given = orders_of(scope, part, relation="o")
    first, until = week_of(as_of, zone=zone)
    row = connection.execute(
        text(f"""
        WITH due AS (
            SELECT o.*, {ENDS}, r.promise_probability AS p, r.promise_high - r.promise_low AS band
            FROM orders AS o LEFT JOIN risk_now AS r USING (shop_id, order_no)
            WHERE NOT o.stub AND o.deadline_at >= :first AND o.deadline_at < :until{condition}
        ),
        judged AS (
            SELECT *, coalesce({ON_TIME}, false) AS good,
                shipped_to IS NULL AND ended_to IS NULL AND deadline_at > CAST(:as_of AS timestamptz) AS waits
            FROM due WHERE NOT coalesce({EXCLUDED}, false)
        )
        SELECT count(*) FILTER (WHERE NOT waits) AS done_due, count(*) FILTER (WHERE NOT waits AND good) AS done_good,
            count(*) FILTER (WHERE waits) AS open_due, count(*) FILTER (WHERE waits AND p IS NULL) AS unscored,
            coalesce(sum(p) FILTER (WHERE waits), 0) AS late, coalesce(sum(p * (1 - p)) FILTER (WHERE waits), 0) AS luck,
            coalesce(sum(band) FILTER (WHERE waits), 0) AS doubt
        FROM judged
        """),
        given | {"first": first, "until": until, "as_of": as_of},
    ).one()
    return WeekFacts(first=first, until=until, **dict(row._mapping))


def week_of(as_of: datetime, *, zone: str) -> tuple[datetime, datetime]:
    """Return the first instant of an instant's business week, and of the next (Monday to Sunday).

    >>> from datetime import UTC
    >>> [each.isoformat() for each in week_of(datetime(2026, 11, 29, 15, 59, tzinfo=UTC), zone="Asia/Shanghai")]
    ['2026-11-23T00:00:00+08:00', '2026-11-30T00:00:00+08:00']
    """
    local = as_of.astimezone(ZoneInfo(zone))
    monday = (local - timedelta(days=local.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return monday, monday + timedelta(days=7)
