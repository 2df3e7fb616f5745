"""How long may a stage last before an order in it is stuck?

A limit is a rule that somebody set, or else what 95 % of the orders that left the stage in the last 28 days kept (product, words): those of
the channel, or of all channels where it has too few. A channel of which none has left a stage tells nothing of it and has no limit.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.durations import quantile
from models.stages import LIMIT_DAYS, LIMIT_LEAST, LIMIT_SHARE, SHIPPED_FOR, TIMED_STAGES


def set_limits(connection: Connection, *, today: date, as_of: datetime) -> int:
    """Compute the limits that nobody set, by channel, from the 28 days before ``today``; returns their number.

    A part shipment has no length of its own: its limit is the longest of the stages before shipping.
    """
    counts = _counts(connection, first=today - timedelta(days=LIMIT_DAYS), until=today)
    rows: list[dict[str, Any]] = []
    for (channel, stage), own in counts.items():
        if not channel or stage == "created":
            continue
        buckets = own if _exact(own) >= LIMIT_LEAST else counts["", stage]
        longest, orders = quantile(buckets, LIMIT_SHARE), _exact(buckets)
        if orders >= LIMIT_LEAST and longest is not None:
            rows.append({"channel": channel, "stage": stage, "seconds": max(round(longest), 1), "orders": orders, "as_of": as_of})
    for channel in {row["channel"] for row in rows}:
        before = [row for row in rows if row["channel"] == channel and row["stage"] != "shipped"]
        rows += [max(before, key=lambda row: int(row["seconds"])) | {"stage": "part_shipped"}] if before else []
    connection.execute(text("DELETE FROM stage_limits WHERE source = 'p95'"))
    if rows:
        connection.execute(
            text("""
            INSERT INTO stage_limits (channel, stage, seconds, source, orders, set_at)
            VALUES (:channel, :stage, :seconds, 'p95', :orders, :as_of) ON CONFLICT DO NOTHING
            """),
            rows,
        )
    return len(rows)


def rest_shipped(connection: Connection, *, as_of: datetime) -> int:
    """Mark the orders that nobody waits for any more, and those again open whose channel has begun to tell; returns their number.

    They were shipped long ago (models.stages.SHIPPED_FOR) in a channel that tells of no delivery, and would fill the index of open orders.
    """
    return connection.execute(
        text(f"""
        UPDATE orders SET at_rest = NOT at_rest
        WHERE stage = 'shipped' AND NOT stub AND at_rest IS DISTINCT FROM (
            stage_since <= CAST(:as_of AS timestamptz) - interval '{SHIPPED_FOR.days} days'
            AND NOT EXISTS (SELECT FROM stage_limits AS told WHERE (told.channel, told.stage) = (orders.channel, 'shipped')))
        """),
        {"as_of": as_of},
    ).rowcount


def set_rule(connection: Connection, *, channel: str, stage: str, seconds: int, was: int | None, as_of: datetime) -> bool:
    """Set the rule of a stage in a channel; False where the rule there is no longer ``was`` (None = none), the one its author saw."""
    done = connection.execute(
        text("""
        INSERT INTO stage_limits AS kept (channel, stage, seconds, source, set_at)
        SELECT :channel, :stage, :seconds, 'rule', :as_of WHERE CAST(:was AS bigint) IS NULL
            OR EXISTS (SELECT FROM stage_limits WHERE (channel, stage) = (:channel, :stage))
        ON CONFLICT (channel, stage) DO UPDATE SET seconds = EXCLUDED.seconds, source = 'rule', orders = NULL, set_at = EXCLUDED.set_at
        WHERE CASE WHEN kept.source = 'rule' THEN kept.seconds END IS NOT DISTINCT FROM CAST(:was AS bigint)
        """),
        {"channel": channel, "stage": stage, "seconds": seconds, "was": was, "as_of": as_of},
    )
    return done.rowcount == 1


def drop_rule(connection: Connection, *, channel: str, stage: str, was: int) -> bool:
    """Take a rule back; False where it is no longer the one its author saw. ``set_limits`` then computes one in its place."""
    asked = "DELETE FROM stage_limits WHERE (channel, stage, source, seconds) = (:channel, :stage, 'rule', :was)"
    return connection.execute(text(asked), {"channel": channel, "stage": stage, "was": was}).rowcount == 1


def _exact(buckets: Mapping[int, int]) -> int:
    """Return how many orders' lengths are known."""
    return sum(count for bucket, count in buckets.items() if bucket >= 0)


def _counts(connection: Connection, *, first: date, until: date) -> dict[tuple[str, str], dict[int, int]]:
    """Return (channel, stage) -> bucket -> orders, with "" for all channels together."""
    rows = connection.execute(
        text("""
        SELECT channel, stage, bucket, sum(orders) AS orders FROM (
            SELECT value AS channel, stage, unnest(buckets) AS bucket, unnest(orders) AS orders FROM dwell_day
            WHERE dimension = 'channel' AND day >= :first AND day < :until AND stage = ANY(:stages)
        ) AS stays GROUP BY 1, 2, 3
        """),
        {"first": first, "until": until, "stages": list(TIMED_STAGES)},
    )
    found: dict[tuple[str, str], dict[int, int]] = {}
    for row in rows:
        for channel in {row.channel, ""}:
            buckets = found.setdefault((channel, row.stage), {})
            buckets[row.bucket] = buckets.get(row.bucket, 0) + int(row.orders)
    return found
