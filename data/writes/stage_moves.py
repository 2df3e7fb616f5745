"""How many orders stood in each share at the end of every day of the last weeks, going by what we know today? (S29)

``stage_moves`` keeps by how many orders each share grew or shrank on a day; what happened before the first day is summed in it, so that
running sums are the stock at the end of a day. It is computed whole, from the orders' own times, under the limits that hold now.
"""

from datetime import date

from sqlalchemy import Connection, text

from models.stages import OPEN_STAGES, SHIPPED_FOR, STAGES_BY_KEY

_DIMENSIONS = "channel, region_code, warehouse_code"
# Stages an order's row keeps the time of; a part shipment keeps none.
_STAGES = tuple(stage for stage in OPEN_STAGES if stage != "part_shipped")


def recompute_moves(connection: Connection, *, first: date, until: date, zone: str) -> int:
    """Fill ``stage_moves`` for the business days from ``first`` up to and without ``until``; returns its rows."""
    connection.execute(text("DELETE FROM stage_moves"))
    return connection.execute(text(_MOVES), {"first": first, "until": until, "zone": zone}).rowcount


def _open_stage(stage: str) -> str:
    """Return the rows of one open stage: where it counts, from when, until when at the latest and at the earliest, and its limit."""
    ends, earliest = (
        ", ".join([f"{step}_{end}" for step in STAGES_BY_KEY[stage].ends_with] + [ended])
        for end, ended in (("to", "ended_at"), ("from", "ended_from"))
    )
    limit = f"(limits ->> (channel || '/{stage}'))::bigint"
    if stage == "shipped":
        # nobody tells of deliveries: it counts for as long as a delivered order does
        ends += f", CASE WHEN {limit} IS NULL THEN shipped_to + interval '{SHIPPED_FOR.days} days' END"
    return f"('{STAGES_BY_KEY[stage].share}', {stage}_to, least({ends}), least({earliest}), {limit})"


_STANDS = ", ".join(
    [
        *(_open_stage(stage) for stage in _STAGES),
        f"('shipped', done_at, least(ended_at, done_at + interval '{SHIPPED_FOR.days} days'), NULL, NULL)",
    ]
)


def _day(moment: str) -> str:
    return f"CAST(({moment}) AT TIME ZONE :zone AS date)"


# What was over before the first day moves nothing. A stage counts from the day it began until the day before it ended. Once its limit is
# over it counts as stuck instead, for as long as it
# certainly was: an end of which only bounds are known frees an order at the earliest of them.
_MOVES = f"""
    WITH known AS (SELECT jsonb_object_agg(channel || '/' || stage, seconds) AS limits FROM stage_limits),
    lives AS (
        SELECT coalesce(channel, '') AS channel, coalesce(region_code, '') AS region_code, coalesce(warehouse_code, '') AS warehouse_code,
            {", ".join(f"{step}_from, {step}_to" for step in (*_STAGES, "delivered", "completed"))},
            least(delivered_to, completed_to) AS done_at, least(cancelled_from, refunded_from) AS ended_from,
            least(cancelled_to, refunded_to) AS ended_at
        FROM orders WHERE NOT stub AND {_day("created_at")} < :until
            AND coalesce(least(cancelled_to, refunded_to), least(delivered_to, completed_to) + interval '{
    SHIPPED_FOR.days
} days', 'infinity')
                >= CAST(:first AS timestamp) AT TIME ZONE :zone
    ),
    stands AS MATERIALIZED (
        SELECT {_DIMENSIONS}, stands_in, {_day("began")} AS first_day, {_day("over")} AS last_day,
            {_day("began + limit_seconds * interval '1 second'")} AS stuck_day, {_day("over_from")} AS freed_day
        FROM lives CROSS JOIN known CROSS JOIN LATERAL (VALUES {_STANDS}) AS stand (stands_in, began, over, over_from, limit_seconds)
        WHERE began IS NOT NULL AND (over IS NULL OR began < over)
    ),
    moved AS (
        SELECT {_DIMENSIONS}, day, share, change FROM stands CROSS JOIN LATERAL (VALUES
            (first_day, stands_in, 1), (last_day, stands_in, -1),
            (CASE WHEN stuck_day < coalesce(freed_day, 'infinity') THEN stuck_day END, 'stuck', 1),
            (CASE WHEN stuck_day < freed_day THEN freed_day END, 'stuck', -1),
            (CASE WHEN stuck_day < coalesce(freed_day, 'infinity') THEN stuck_day END, stands_in, -1),
            (CASE WHEN stuck_day < freed_day THEN freed_day END, stands_in, 1)
        ) AS moves (day, share, change)
        WHERE day < :until AND first_day < coalesce(last_day, 'infinity')
    )
    INSERT INTO stage_moves (day, {_DIMENSIONS}, to_process, shipped, stuck)
    SELECT greatest(day, CAST(:first AS date)), {_DIMENSIONS}, {
    ", ".join(f"coalesce(sum(change) FILTER (WHERE share = '{share}'), 0)" for share in ("to_process", "shipped", "stuck"))
}
    FROM moved GROUP BY 1, {_DIMENSIONS} HAVING bool_or(change <> 0)"""
