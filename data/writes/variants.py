"""Which ways do orders take through their steps, and where do they go back? (A20)

``variant_day`` has one row a business day of creation, channel, region, warehouse and path: the steps of an order in the order in which
they happened, holds and returns included. It is computed whole for the last weeks.
"""

from datetime import date

from sqlalchemy import Connection, text

from data.measures import ENDS, EXCLUDED, MEASURES, ON_TIME
from models.events import ENDINGS, PROGRESS
from models.stages import ASIDE_STEPS

_MEASURES = {measure.name: measure for measure in MEASURES}
# Steps whose time an order's row keeps; the others are read from its events.
_KEPT = [step for step in (*PROGRESS, *ENDINGS) if step not in ("created", "part_shipped")]
_DIMENSIONS = "channel, region_code, warehouse_code"


def recompute_variants(connection: Connection, *, first: date, until: date, zone: str) -> int:
    """Fill ``variant_day`` for orders created on the business days from ``first`` up to and without ``until``; returns its rows."""
    connection.execute(text("DELETE FROM variant_day"))
    given = {"first": first, "until": until, "zone": zone, "asides": list(ASIDE_STEPS)}
    return connection.execute(text(_VARIANTS), given).rowcount


_STEPS = ", ".join(
    [f"('created', created_at, {PROGRESS.index('created')})"]
    + [f"('{step}', {step}_to, {place})" for place, step in enumerate((*PROGRESS, *ENDINGS)) if step in _KEPT]
)
_DAY = "CAST(created_at AT TIME ZONE :zone AS date)"
_VARIANTS = f"""
    WITH chosen AS MATERIALIZED (
        SELECT shop_id, order_no, channel, region_code, warehouse_code, created_at, deadline_at, paid_from, shipped_from,
            {", ".join(f"{step}_to" for step in _KEPT)}, {ENDS}
        FROM orders
        WHERE NOT stub AND created_at >= CAST(:first AS timestamp) AT TIME ZONE :zone
            AND created_at < CAST(:until AS timestamp) AT TIME ZONE :zone
    ),
    asides AS MATERIALIZED (
        SELECT shop_id, order_no, type, min(occurred_to) AS at FROM order_events JOIN chosen USING (shop_id, order_no)
        WHERE type = ANY(:asides) AND order_events.part NOT IN ('delivered', 'completed') GROUP BY shop_id, order_no, type, part
    ),
    stepped AS (
        SELECT shop_id, order_no, step, at, place FROM chosen CROSS JOIN LATERAL (VALUES {_STEPS}) AS steps (step, at, place)
        WHERE at IS NOT NULL
        UNION ALL SELECT shop_id, order_no, type, at, {len(PROGRESS)} FROM asides
    ),
    paths AS (
        SELECT shop_id, order_no, string_agg(step, '>' ORDER BY at, place, step) AS path FROM stepped GROUP BY shop_id, order_no
    )
    INSERT INTO variant_day (day, {_DIMENSIONS}, path, orders, due, on_time, shipped_exact, shipped_exact_seconds)
    SELECT {_DAY}, coalesce(channel, ''), coalesce(region_code, ''), coalesce(warehouse_code, ''), path, count(*),
        count(*) FILTER (WHERE deadline_at < CAST(:until AS timestamp) AT TIME ZONE :zone AND NOT {EXCLUDED}),
        count(*) FILTER (WHERE deadline_at < CAST(:until AS timestamp) AT TIME ZONE :zone AND {ON_TIME}),
        sum({_MEASURES["shipped_exact"].sql}), sum({_MEASURES["shipped_exact_seconds"].sql})
    FROM chosen JOIN paths USING (shop_id, order_no) GROUP BY 1, 2, 3, 4, 5"""
