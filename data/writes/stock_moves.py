"""How does what physically happened come to stand in the book, once and for all?

A move is told by a source under a key of its own; told twice, it moves once. Whatever is true is posted, also below what is held or
below zero. Every write of ``stock`` goes in the order of its keys, so that no two can wait for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

OPENING = "opening"
# What settling an order posts when its goods have left.
ORDER_SOURCE = "order"
PERSON_SOURCE = "person"


@dataclass(frozen=True)
class Move:
    """One physical move; ``units`` positive = in. An opening is kept under its own name, so that there is one."""

    sku_code: str
    warehouse_code: str
    type: str
    units: int
    occurred_at: datetime
    source: str
    move_key: str
    reason: str | None = None
    person_id: str | None = None
    file_id: int | None = None
    row_number: int | None = None


_COLUMNS = "sku_code, warehouse_code, type, units, occurred_at, source, move_key, reason, person_id, file_id, row_number"
_TYPES = ("text", "text", "text", "bigint", "timestamptz", "text", "text", "text", "text", "bigint", "bigint")


def post_moves(connection: Connection, moves: Sequence[Move], *, as_of: datetime) -> int:
    """Post moves and return how many were new.

    What a book's opening count holds already (moves at or before it) is left out, and a second opening too.
    """
    if not moves:
        return 0
    names = _COLUMNS.split(", ")
    given = {name: [getattr(move, name) for move in moves] for name in names}
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(names, _TYPES, strict=True))
    return post_moves_of(connection, f"SELECT * FROM unnest({arrays}) AS m ({_COLUMNS})", as_of=as_of, parameters=given)


def post_moves_of(connection: Connection, source: str, *, as_of: datetime, parameters: Mapping[str, object] | None = None) -> int:
    """Post the moves that a question returns (columns as ``Move``); set work of any size, one statement."""
    row = connection.execute(text(_POST.format(source=source, columns=_COLUMNS)), {**(parameters or {}), "posted_at": as_of}).one()
    if row.opened:
        touch_opened(connection, as_of=as_of)
    return int(row.posted)


_POST = f"""
    WITH given AS ({{source}}),
    told AS (
        SELECT sku_code, warehouse_code, type, units, occurred_at, reason, person_id, file_id, row_number,
            CASE type WHEN '{OPENING}' THEN '{OPENING}' ELSE source END AS source,
            CASE type WHEN '{OPENING}' THEN '{OPENING}' ELSE move_key END AS move_key
        FROM given LEFT JOIN stock AS s USING (sku_code, warehouse_code) WHERE s.counted_at IS NULL OR occurred_at > s.counted_at
    ),
    posted AS (
        INSERT INTO stock_moves ({{columns}}, posted_at)
        SELECT {{columns}}, :posted_at FROM told ORDER BY sku_code, warehouse_code, source, move_key, occurred_at
        ON CONFLICT (sku_code, warehouse_code, source, move_key) DO NOTHING
        RETURNING sku_code, warehouse_code, units, type, occurred_at
    ),
    sums AS (
        SELECT sku_code, warehouse_code, sum(units)::bigint AS units, min(occurred_at) AS opened_at,
            max(occurred_at) FILTER (WHERE type = '{OPENING}') AS counted_at
        FROM posted GROUP BY sku_code, warehouse_code
    ),
    booked AS (
        INSERT INTO stock AS kept (sku_code, warehouse_code, on_hand, opened_at, counted_at, learnt_at, version, changed_at)
        SELECT sku_code, warehouse_code, units, opened_at, counted_at, :posted_at, 1, :posted_at FROM sums
        ORDER BY sku_code, warehouse_code
        ON CONFLICT (sku_code, warehouse_code) DO UPDATE SET on_hand = kept.on_hand + EXCLUDED.on_hand,
            opened_at = least(kept.opened_at, EXCLUDED.opened_at), counted_at = coalesce(kept.counted_at, EXCLUDED.counted_at),
            version = kept.version + 1, changed_at = EXCLUDED.changed_at
    )
    SELECT (SELECT count(*) FROM posted) AS posted, EXISTS (
        SELECT FROM sums LEFT JOIN stock AS s USING (sku_code, warehouse_code) WHERE s.sku_code IS NULL OR sums.counted_at IS NOT NULL
    ) AS opened"""


def touch_opened(connection: Connection, *, as_of: datetime) -> None:
    """Have the orders settled whose stock has just become known: those that left after the count, and live ones still open."""
    connection.execute(
        text("""
        INSERT INTO stock_touched (shop_id, order_no)
        SELECT DISTINCT o.shop_id, o.order_no
        FROM (
            SELECT sku_code, min(coalesce(counted_at, opened_at)) AS counted_at FROM stock WHERE changed_at = :as_of GROUP BY sku_code
        ) AS s
        JOIN LATERAL (
            SELECT s.sku_code AS label UNION SELECT alias FROM sku_aliases AS a WHERE a.sku_code = s.sku_code
            UNION SELECT bundle_code FROM sku_bundles AS b WHERE b.sku_code = s.sku_code
        ) AS labels ON true
        JOIN order_lines AS l ON l.sku_code = labels.label
        JOIN orders AS o ON (o.shop_id, o.order_no) = (l.shop_id, l.order_no)
        WHERE NOT o.stub AND (o.shipped_to > s.counted_at OR (o.shipped_to IS NULL AND o.nature = 'live'))
        """),
        {"as_of": as_of},
    )
