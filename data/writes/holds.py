"""How are holds granted, confirmed and closed, so that no more is ever held than is there?

Granting is one statement: it claims the holds, takes their pieces off ``stock`` and writes down the steps. What would leave less than
nothing is refused by the constraint on ``left_at_grant``, whatever its author believed; nothing of the transaction stays then.
Whoever writes holds locks their rows of ``stock`` first, in the order of their keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import psycopg2
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, OperationalError

from models.stock.settling import STATE_AFTER


@dataclass(frozen=True)
class Grant:
    """A hold to be granted; with ``expires_at`` None it is paid for and never expires."""

    shop_id: str
    order_no: str
    sku_code: str
    warehouse_code: str
    channel: str
    units: int
    expires_at: datetime | None = None
    part: str = ""


@dataclass(frozen=True)
class Close:
    """A hold to be closed by a step of ``models.stock.words.HOLD_STEPS`` that gives its pieces back."""

    shop_id: str
    order_no: str
    sku_code: str
    warehouse_code: str
    step: str
    part: str = ""


@dataclass(frozen=True)
class Shipped:
    """Pieces of a hold that have left; what stays of it stays held."""

    shop_id: str
    order_no: str
    sku_code: str
    warehouse_code: str
    units: int


@dataclass(frozen=True)
class _Answer:
    """How many holds were granted, and whether there is no stock at all where one was asked for."""

    granted: int
    unknown: bool


class Refused(Exception):
    """There is not enough to grant that; nothing was."""


def grant(connection: Connection, grants: Sequence[Grant], *, as_of: datetime) -> int:
    """Grant holds, all of them or none, and return how many were new; one that is open already is not granted a second time.

    Raises ``Refused`` where too little is there; the caller's transaction is over then.
    """
    if not grants:
        return 0
    try:
        row = _granted_one(connection, grants[0], as_of=as_of) if len(grants) == 1 else _granted_all(connection, grants, as_of=as_of)
    except IntegrityError as error:
        if is_refusal(error):
            raise Refused from error
        raise
    if row.unknown:
        raise Refused
    return int(row.granted)


def _granted_all(connection: Connection, grants: Sequence[Grant], *, as_of: datetime) -> Any:
    return connection.execute(_GRANT, {**_arrays(grants), "as_of": as_of}).one()


def _granted_one(connection: Connection, asked: Grant, *, as_of: datetime) -> Any:
    """Grant a single hold by a statement that its connection has planned once: planning would cost more than all the rest.

    Straight to the driver, for the same reason; its errors come out as everybody else's do.
    """
    if not connection.in_transaction():
        connection.begin()
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor() as cursor:
            if not connection.info.get(_PREPARED):
                cursor.execute(_PREPARE)
                connection.info[_PREPARED] = True
            cursor.execute(_EXECUTE, _texts(asked, as_of=as_of))
            return _Answer(*cursor.fetchone())
    except psycopg2.IntegrityError as error:
        raise IntegrityError(_PREPARED, None, error, hide_parameters=True) from None
    except psycopg2.Error as error:
        lost = bool(driver.closed)
        if lost:
            connection.invalidate(error)
        raise OperationalError(_PREPARED, None, error, hide_parameters=True, connection_invalidated=lost) from None


def _texts(asked: Grant, *, as_of: datetime) -> tuple[str | None, ...]:
    """Return what the prepared statement is given, in the order of a hold's fields; it knows the types.

    The driver writes texts in half the time of instants and numbers, and the server has no casts to read: about a tenth of a hold's work.
    """
    expires = None if asked.expires_at is None else asked.expires_at.isoformat()
    place = (asked.shop_id, asked.order_no, asked.sku_code, asked.warehouse_code)
    return (*place, asked.channel, str(asked.units), expires, asked.part, as_of.isoformat())


def is_refusal(error: IntegrityError) -> bool:
    """Say whether it was the constraint on granting that refused."""
    return "granted_from_what_is_there" in str(error.orig)


# Rows of stock are locked before anything is claimed: what comes of the CTE is the state after whoever held them.
_GRANT_SQL = """
    WITH asked AS MATERIALIZED ({asked}),
    there AS MATERIALIZED (
        SELECT sku_code, warehouse_code FROM stock
        WHERE (sku_code, warehouse_code) IN (SELECT sku_code, warehouse_code FROM asked) ORDER BY sku_code, warehouse_code FOR UPDATE
    ),
    claimed AS (
        INSERT INTO holds AS h (shop_id, order_no, sku_code, warehouse_code, part, channel, units, state, placed_at, expires_at)
        SELECT shop_id, order_no, sku_code, warehouse_code, part, channel, units,
            CASE WHEN expires_at IS NULL THEN 'confirmed' ELSE 'placed' END, {as_of}, expires_at
        FROM asked JOIN there USING (sku_code, warehouse_code)
        ON CONFLICT (shop_id, order_no, sku_code, warehouse_code, part) DO UPDATE
        SET units = EXCLUDED.units, state = EXCLUDED.state, placed_at = EXCLUDED.placed_at, expires_at = EXCLUDED.expires_at,
            extended_by = NULL, closed_at = NULL, version = h.version + 1
        WHERE h.closed_at IS NOT NULL
        RETURNING shop_id, order_no, sku_code, warehouse_code, part, units, version
    ),
    taken AS (
        UPDATE stock AS s SET held = s.held + c.units, left_at_grant = s.on_hand - s.held - c.units, version = s.version + 1,
            changed_at = {as_of}
        FROM (SELECT sku_code, warehouse_code, sum(units)::bigint AS units FROM claimed GROUP BY sku_code, warehouse_code) AS c
        WHERE (s.sku_code, s.warehouse_code) = (c.sku_code, c.warehouse_code)
    ),
    told AS (
        INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at)
        SELECT sku_code, shop_id, order_no, warehouse_code, part, CASE version WHEN 0 THEN 'placed' ELSE 'reheld' END, units, {as_of}
        FROM claimed
    )
    SELECT (SELECT count(*) FROM claimed) AS granted,
        EXISTS (SELECT FROM asked LEFT JOIN there USING (sku_code, warehouse_code) WHERE there.sku_code IS NULL) AS unknown"""

_KINDS = {"units": "bigint", "expires_at": "timestamptz"}


def _given(record: type[Any]) -> str:
    """Return the question of a list of records, bound as one array a field."""
    names = [field.name for field in fields(record)]
    arrays = ", ".join(f"CAST(:{name} AS {_KINDS.get(name, 'text')}[])" for name in names)
    return f"SELECT * FROM unnest({arrays}) AS a ({', '.join(names)})"


def _arrays(records: Sequence[Any]) -> dict[str, list[Any]]:
    return {field.name: [getattr(record, field.name) for record in records] for field in fields(records[0])}


_GRANT = text(_GRANT_SQL.format(asked=_given(Grant), as_of="CAST(:as_of AS timestamptz)"))

# The same for one hold. Its key is claimed first, so that two who ask under one key meet there and not at the stock.
_NAMES = [field.name for field in fields(Grant)]
_PLACE = {name: f"${place}" for place, name in enumerate([*_NAMES, "as_of"], start=1)}
_PREPARED = "orderhub_grant"
_PREPARE = """
    PREPARE orderhub_grant ({kinds}, timestamptz) AS
    WITH claimed AS (
        INSERT INTO holds AS h (shop_id, order_no, sku_code, warehouse_code, part, channel, units, state, placed_at, expires_at)
        SELECT {shop_id}, {order_no}, sku_code, warehouse_code, {part}, {channel}, {units},
            CASE WHEN {expires_at} IS NULL THEN 'confirmed' ELSE 'placed' END, {as_of}, {expires_at}
        FROM stock WHERE sku_code = {sku_code} AND warehouse_code = {warehouse_code}
        ON CONFLICT (shop_id, order_no, sku_code, warehouse_code, part) DO UPDATE
        SET units = EXCLUDED.units, state = EXCLUDED.state, placed_at = EXCLUDED.placed_at, expires_at = EXCLUDED.expires_at,
            extended_by = NULL, closed_at = NULL, version = h.version + 1
        WHERE h.closed_at IS NOT NULL
        RETURNING version
    ),
    taken AS (
        UPDATE stock AS s SET held = s.held + {units}, left_at_grant = s.on_hand - s.held - {units}, version = s.version + 1,
            changed_at = {as_of}
        FROM claimed WHERE s.sku_code = {sku_code} AND s.warehouse_code = {warehouse_code}
    ),
    told AS (
        INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at)
        SELECT {sku_code}, {shop_id}, {order_no}, {warehouse_code}, {part}, CASE version WHEN 0 THEN 'placed' ELSE 'reheld' END, {units},
            {as_of} FROM claimed
    )
    SELECT (SELECT count(*) FROM claimed), CASE WHEN EXISTS (SELECT FROM claimed) THEN false ELSE NOT EXISTS (
        SELECT FROM stock WHERE sku_code = {sku_code} AND warehouse_code = {warehouse_code}) END""".format(
    kinds=", ".join(_KINDS.get(name, "text") for name in _NAMES), **_PLACE
)
_EXECUTE = f"EXECUTE {_PREPARED} ({', '.join(['%s'] * (len(_NAMES) + 1))})"


def close(
    connection: Connection, closes: Sequence[Close], *, as_of: datetime, person_id: str | None = None, note: str | None = None
) -> int:
    """Close open holds, give their pieces back and write the steps; one that is closed already stays as it is. Returns how many."""
    if not closes:
        return 0
    given = {**_arrays(closes), "as_of": as_of, "person_id": person_id, "note": note}
    return int(connection.execute(_CLOSE, given).scalar_one())


_STATES = " ".join(f"WHEN '{step}' THEN '{state}'" for step, state in STATE_AFTER.items())
CLOSED_SQL = f"""
    there AS MATERIALIZED (
        SELECT sku_code, warehouse_code FROM stock
        WHERE (sku_code, warehouse_code) IN (SELECT sku_code, warehouse_code FROM asked) ORDER BY sku_code, warehouse_code FOR UPDATE
    ),
    closed AS (
        UPDATE holds AS h SET state = CASE step {_STATES} END, closed_at = :as_of, version = h.version + 1
        FROM asked JOIN there USING (sku_code, warehouse_code)
        WHERE (h.shop_id, h.order_no, h.sku_code, h.warehouse_code, h.part)
            = (asked.shop_id, asked.order_no, asked.sku_code, asked.warehouse_code, asked.part)
            AND h.closed_at IS NULL AND (step <> 'expired' OR (h.state = 'placed' AND h.expires_at <= :as_of))
        RETURNING h.shop_id, h.order_no, h.sku_code, h.warehouse_code, h.part, h.units, step
    ),
    given_back AS (
        UPDATE stock AS s SET held = s.held - c.units, version = s.version + 1, changed_at = :as_of
        FROM (SELECT sku_code, warehouse_code, sum(units)::bigint AS units FROM closed GROUP BY sku_code, warehouse_code) AS c
        WHERE (s.sku_code, s.warehouse_code) = (c.sku_code, c.warehouse_code)
    ),
    told AS (
        INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at, person_id, note)
        SELECT sku_code, shop_id, order_no, warehouse_code, part, step, -units, :as_of, :person_id, :note FROM closed
    )"""
_CLOSE = text(f"WITH asked AS MATERIALIZED ({_given(Close)}), {CLOSED_SQL} SELECT count(*) FROM closed")


def ship_part(connection: Connection, shipped: Sequence[Shipped], *, as_of: datetime) -> int:
    """Take what has left off open holds and write the steps; a hold of which all has left is closed. Returns how many there were.

    Whoever calls this has locked the orders and their rows of ``stock``, and asks for no more than a hold has.
    """
    if not shipped:
        return 0
    return int(connection.execute(_SHIP_PART, {**_arrays(shipped), "as_of": as_of}).scalar_one())


_SHIP_PART = text(f"""
    WITH asked AS MATERIALIZED ({_given(Shipped)}),
    lessened AS (
        UPDATE holds AS h SET units = CASE h.units WHEN asked.units THEN h.units ELSE h.units - asked.units END,
            state = CASE h.units WHEN asked.units THEN 'shipped' ELSE h.state END,
            closed_at = CASE h.units WHEN asked.units THEN CAST(:as_of AS timestamptz) END, version = h.version + 1
        FROM asked
        WHERE (h.shop_id, h.order_no, h.sku_code, h.warehouse_code, h.part)
            = (asked.shop_id, asked.order_no, asked.sku_code, asked.warehouse_code, '') AND h.closed_at IS NULL
        RETURNING h.shop_id, h.order_no, h.sku_code, h.warehouse_code, asked.units
    ),
    taken AS (
        UPDATE stock AS s SET held = s.held - l.units, version = s.version + 1, changed_at = :as_of
        FROM (SELECT sku_code, warehouse_code, sum(units)::bigint AS units FROM lessened GROUP BY sku_code, warehouse_code) AS l
        WHERE (s.sku_code, s.warehouse_code) = (l.sku_code, l.warehouse_code)
    ),
    told AS (
        INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at)
        SELECT sku_code, shop_id, order_no, warehouse_code, '', 'shipped', -units, :as_of FROM lessened
    )
    SELECT count(*) FROM lessened""")


def confirm(connection: Connection, places: Sequence[tuple[str, str, str, str]], *, as_of: datetime) -> int:
    """Let placed holds (shop, order, SKU, warehouse) stay for good, since they are paid for; returns how many."""
    if not places:
        return 0
    shops, orders, skus, warehouses = (list(column) for column in zip(*places, strict=True))
    asked = """
        WITH confirmed AS (
            UPDATE holds AS h SET state = 'confirmed', expires_at = NULL, version = version + 1
            FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:skus AS text[]), CAST(:warehouses AS text[]))
                AS a (shop_id, order_no, sku_code, warehouse_code)
            WHERE (h.shop_id, h.order_no, h.sku_code, h.warehouse_code, h.part)
                = (a.shop_id, a.order_no, a.sku_code, a.warehouse_code, '') AND state = 'placed'
            RETURNING h.*
        ),
        told AS (
            INSERT INTO hold_steps (sku_code, shop_id, order_no, warehouse_code, part, step, units, at)
            SELECT sku_code, shop_id, order_no, warehouse_code, part, 'confirmed', 0, :as_of FROM confirmed
        )
        SELECT count(*) FROM confirmed"""
    given = {"shops": shops, "orders": orders, "skus": skus, "warehouses": warehouses, "as_of": as_of}
    return int(connection.execute(text(asked), given).scalar_one())


def lock_stock(connection: Connection, sku_codes: Sequence[str]) -> list[Any]:
    """Lock the rows of ``stock`` of some SKUs, in the order of their keys, and return them as they are once locked."""
    asked = "SELECT * FROM stock WHERE sku_code = ANY(:skus) ORDER BY sku_code, warehouse_code FOR UPDATE"
    return list(connection.execute(text(asked), {"skus": list(sku_codes)}))


def release_expired(connection: Connection, *, as_of: datetime, sku_codes: Sequence[str] | None = None, at_most: int = 1_000) -> list[Any]:
    """Close holds whose time is over, oldest first, of some SKUs or of all; return them (shop, order, SKU).

    Their rows of ``stock`` are locked in the order of their keys before a hold is touched.
    """
    only = "" if sku_codes is None else "AND sku_code = ANY(:skus)"
    asked = f"""
        WITH asked AS MATERIALIZED (
            SELECT shop_id, order_no, sku_code, warehouse_code, part, 'expired' AS step FROM holds
            WHERE state = 'placed' AND expires_at <= :as_of {only} ORDER BY expires_at, hold_id LIMIT :at_most
        ), {CLOSED_SQL} SELECT shop_id, order_no, sku_code FROM closed"""
    given = {"as_of": as_of, "person_id": None, "note": None, "skus": list(sku_codes or ()), "at_most": at_most}
    return list(connection.execute(text(asked), given))


def lock_orders(connection: Connection, keys: Sequence[tuple[str, str]]) -> None:
    """Let one transaction at a time settle an order, whoever wants to; in the order of keys, and before any row of stock is locked."""
    shops, orders = [shop for shop, _ in keys], [order for _, order in keys]
    connection.execute(
        text("""
        SELECT pg_advisory_xact_lock(key) FROM (
            SELECT DISTINCT hashtextextended('stock of ' || shop_id || '/' || order_no, 0) AS key
            FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS a (shop_id, order_no) ORDER BY key
        ) AS locks
        """),
        {"shops": shops, "orders": orders},
    )
