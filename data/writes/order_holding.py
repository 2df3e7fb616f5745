"""How is it stored how orders stand with the stock, and what that adds to the index?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.measures import HOLD_COUNTS
from models.stock.settling import SYNC_WITHIN, Settled, Wish

_DIMENSIONS = ("region_code", "category", "warehouse_code", "carrier_code")
_IMAGE = f"known_at, channel, {', '.join(_DIMENSIONS)}, {', '.join(HOLD_COUNTS)}"


@dataclass(frozen=True)
class Standing:
    """How one order stands after it was settled; ``order`` is its row as ``stock_demand.orders_to_settle`` gives it."""

    order: Any
    settled: Settled
    known_at: datetime
    held_at: datetime | None
    minors: dict[str, int | None] = field(default_factory=dict)
    before: dict[str, Wish] = field(default_factory=dict)


def store_standings(connection: Connection, standings: Sequence[Standing], *, as_of: datetime) -> None:
    """Write orders and their SKUs as they stand now, the steps of what became short, and the units of C2 and C5 they add."""
    if standings:
        _store_orders(connection, standings, as_of=as_of)
        _store_skus(connection, standings)
        _tell_shorts(connection, standings, as_of=as_of)
        _count_dues(connection, standings)


def _store_orders(connection: Connection, standings: Sequence[Standing], *, as_of: datetime) -> None:
    connection.execute(
        text("""
        INSERT INTO order_holding AS kept (shop_id, order_no, channel, state, known_at, decided_at, held_at, lines, lines_filled,
            short_units, oversold_units, short_since, settled_at)
        SELECT shop_id, order_no, channel, state, known_at, :as_of, held_at, lines, lines_filled, short_units, oversold_units,
            CASE WHEN short_units > 0 THEN CAST(:as_of AS timestamptz) END, :as_of
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:channels AS text[]), CAST(:states AS text[]),
            CAST(:known AS timestamptz[]), CAST(:held AS timestamptz[]), CAST(:lines AS int[]), CAST(:filled AS int[]),
            CAST(:shorts AS bigint[]), CAST(:oversold AS bigint[]))
            AS g (shop_id, order_no, channel, state, known_at, held_at, lines, lines_filled, short_units, oversold_units)
        ON CONFLICT (shop_id, order_no) DO UPDATE SET channel = EXCLUDED.channel, state = EXCLUDED.state,
            held_at = coalesce(kept.held_at, EXCLUDED.held_at), lines = EXCLUDED.lines, lines_filled = EXCLUDED.lines_filled,
            short_units = EXCLUDED.short_units, oversold_units = EXCLUDED.oversold_units,
            short_since = CASE WHEN EXCLUDED.short_units > 0 AND kept.short_units = 0 THEN :as_of ELSE kept.short_since END,
            short_until = CASE WHEN EXCLUDED.short_units > 0 THEN NULL WHEN kept.short_units > 0 THEN :as_of ELSE kept.short_until END,
            settled_at = :as_of, version = kept.version + 1
        """),
        {
            "shops": [each.order.shop_id for each in standings],
            "orders": [each.order.order_no for each in standings],
            "channels": [each.order.channel or "" for each in standings],
            "states": [each.settled.state for each in standings],
            "known": [each.known_at for each in standings],
            "held": [each.held_at for each in standings],
            "lines": [each.settled.lines for each in standings],
            "filled": [each.settled.lines_filled for each in standings],
            "shorts": [each.settled.short_units for each in standings],
            "oversold": [sum(wish.oversold for wish in each.settled.wishes.values()) for each in standings],
            "as_of": as_of,
        },
    )


def _store_skus(connection: Connection, standings: Sequence[Standing]) -> None:
    rows = [(each, sku, wish) for each in standings for sku, wish in each.settled.wishes.items()]
    keys = {
        "shops": [each.order.shop_id for each in standings],
        "orders": [each.order.order_no for each in standings],
        "row_shops": [each.order.shop_id for each, _, _ in rows],
        "row_orders": [each.order.order_no for each, _, _ in rows],
        "skus": [sku for _, sku, _ in rows],
    }
    connection.execute(
        text("""
        DELETE FROM order_holding_skus AS s
        USING unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS k (shop_id, order_no)
        WHERE (s.shop_id, s.order_no) = (k.shop_id, k.order_no) AND (s.shop_id, s.order_no, s.sku_code) NOT IN (
            SELECT * FROM unnest(CAST(:row_shops AS text[]), CAST(:row_orders AS text[]), CAST(:skus AS text[])))
        """),
        keys,
    )
    if not rows:
        return
    connection.execute(
        text("""
        INSERT INTO order_holding_skus AS kept (shop_id, order_no, sku_code, channel, warehouse_code, known_at, wanted_units, short_units,
            oversold_units, spoiled, tracked, reporting_minor)
        SELECT * FROM unnest(CAST(:row_shops AS text[]), CAST(:row_orders AS text[]), CAST(:skus AS text[]), CAST(:channels AS text[]),
            CAST(:warehouses AS text[]), CAST(:known AS timestamptz[]), CAST(:wanted AS bigint[]), CAST(:short AS bigint[]),
            CAST(:oversold AS bigint[]), CAST(:spoiled AS boolean[]), CAST(:tracked AS boolean[]), CAST(:minors AS bigint[]))
        ON CONFLICT (shop_id, order_no, sku_code) DO UPDATE SET warehouse_code = EXCLUDED.warehouse_code,
            wanted_units = EXCLUDED.wanted_units, short_units = EXCLUDED.short_units, oversold_units = EXCLUDED.oversold_units,
            spoiled = EXCLUDED.spoiled, tracked = EXCLUDED.tracked, reporting_minor = EXCLUDED.reporting_minor, version = kept.version + 1
        WHERE (kept.warehouse_code, kept.wanted_units, kept.short_units, kept.oversold_units, kept.spoiled, kept.tracked,
            kept.reporting_minor) IS DISTINCT FROM (EXCLUDED.warehouse_code, EXCLUDED.wanted_units, EXCLUDED.short_units,
            EXCLUDED.oversold_units, EXCLUDED.spoiled, EXCLUDED.tracked, EXCLUDED.reporting_minor)
        """),
        keys
        | {
            "channels": [each.order.channel or "" for each, _, _ in rows],
            "warehouses": [each.order.warehouse_code for each, _, _ in rows],
            "known": [each.known_at for each, _, _ in rows],
            "wanted": [wish.units for _, _, wish in rows],
            "short": [wish.short for _, _, wish in rows],
            "oversold": [wish.oversold for _, _, wish in rows],
            "spoiled": [wish.spoiled for _, _, wish in rows],
            "tracked": [wish.tracked for _, _, wish in rows],
            "minors": [each.minors.get(sku) for each, sku, _ in rows],
        },
    )


def _tell_shorts(connection: Connection, standings: Sequence[Standing], *, as_of: datetime) -> None:
    rows = [
        (each.order, sku, wish.short)
        for each in standings
        for sku, wish in each.settled.wishes.items()
        if wish.short > (each.before[sku].short if sku in each.before else 0)
    ]
    if not rows:
        return
    connection.execute(
        text("""
        INSERT INTO hold_steps (shop_id, order_no, sku_code, warehouse_code, part, step, units, at)
        SELECT shop_id, order_no, sku_code, warehouse_code, '', 'short', units, :as_of
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:skus AS text[]), CAST(:warehouses AS text[]),
            CAST(:units AS bigint[])) AS g (shop_id, order_no, sku_code, warehouse_code, units)
        """),
        {
            "shops": [order.shop_id for order, _, _ in rows],
            "orders": [order.order_no for order, _, _ in rows],
            "skus": [sku for _, sku, _ in rows],
            "warehouses": [order.warehouse_code or "" for order, _, _ in rows],
            "units": [units for _, _, units in rows],
            "as_of": as_of,
        },
    )


def _count_dues(connection: Connection, standings: Sequence[Standing]) -> None:
    """Bring ``hold_dues`` to what orders add now, and leave the difference in ``order_changes``; without due lines that is nothing."""
    due = [each for each in standings if each.settled.lines]
    given: dict[str, Any] = {
        "shops": [each.order.shop_id for each in standings],
        "orders": [each.order.order_no for each in standings],
        "row_shops": [each.order.shop_id for each in due],
        "row_orders": [each.order.order_no for each in due],
        "known": [each.known_at for each in due],
        "channels": [each.order.channel or "" for each in due],
        "arrived": [each.settled.lines for each in due],
        "filled": [each.settled.lines_filled for each in due],
        "in_time": [int(each.held_at is not None and each.held_at - each.known_at <= SYNC_WITHIN) for each in due],
    }
    given |= {name: [getattr(each.order, name) or "" for each in due] for name in _DIMENSIONS}
    connection.execute(text(_DUES), given)


_DUES = f"""
    WITH come_of AS (
        SELECT shop_id, order_no, known_at, channel, region_code, category, warehouse_code, carrier_code, arrived AS lines_arrived,
            filled AS lines_filled, 1::bigint AS held_due, in_time AS held_in_time
        FROM unnest(CAST(:row_shops AS text[]), CAST(:row_orders AS text[]), CAST(:known AS timestamptz[]), CAST(:channels AS text[]),
            CAST(:region_code AS text[]), CAST(:category AS text[]), CAST(:warehouse_code AS text[]), CAST(:carrier_code AS text[]),
            CAST(:arrived AS bigint[]), CAST(:filled AS bigint[]), CAST(:in_time AS bigint[]))
            AS g (shop_id, order_no, known_at, channel, region_code, category, warehouse_code, carrier_code, arrived, filled, in_time)
    ),
    was AS (
        SELECT shop_id, order_no, {_IMAGE} FROM hold_dues JOIN unnest(CAST(:shops AS text[]), CAST(:orders AS text[]))
            AS k (shop_id, order_no) USING (shop_id, order_no)
    ),
    gone AS (SELECT * FROM was EXCEPT SELECT shop_id, order_no, {_IMAGE} FROM come_of),
    come AS (SELECT shop_id, order_no, {_IMAGE} FROM come_of EXCEPT SELECT * FROM was),
    dropped AS (
        DELETE FROM hold_dues AS d USING gone WHERE (d.shop_id, d.order_no) = (gone.shop_id, gone.order_no)
            AND NOT EXISTS (SELECT FROM come WHERE (come.shop_id, come.order_no) = (d.shop_id, d.order_no))
    ),
    kept AS (
        INSERT INTO hold_dues AS kept (shop_id, order_no, {_IMAGE}) SELECT * FROM come
        ON CONFLICT (shop_id, order_no) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _IMAGE.split(", "))}
    )
    INSERT INTO order_changes (shop_id, order_no, sign, channel, {", ".join(_DIMENSIONS)}, holding_known_at, {", ".join(HOLD_COUNTS)})
    SELECT shop_id, order_no, sign, channel, {", ".join(_DIMENSIONS)}, known_at, {", ".join(HOLD_COUNTS)}
    FROM (SELECT -1 AS sign, * FROM gone UNION ALL SELECT 1, * FROM come) AS moved"""
