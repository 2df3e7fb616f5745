"""What left the warehouses with orders that were shipped?

A shipped order moves its pieces once, from the warehouse it left, or as many of them as its source says have left; where that turns out to
be another warehouse, or fewer, the pieces are put back there.
What left before a book's opening count is in that count.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, text

from data.writes.stock_demand import WANTED_PIECES
from data.writes.stock_moves import ORDER_SOURCE, Move, post_moves, post_moves_of
from data.writes.stock_touch import Key
from models.stock.allocation import Place

# Of each order, by place: pieces that left, and in how many moves.
Posted: TypeAlias = Mapping[Key, Mapping[Place, tuple[int, int]]]
# Orders whose shipments are posted in one statement.
_AT_ONCE = 20_000


def post_shipments(
    connection: Connection, out: Mapping[Key, Mapping[Place, int]], shipped: Mapping[Key, datetime], *, posted: Posted, as_of: datetime
) -> dict[Key, list[Move]]:
    """Post what orders shipped by place, less what was posted of them before (``posted``); returns the moves made of each."""
    moves = {key: _moves(key, places, posted.get(key, {}), at=shipped[key]) for key, places in out.items()}
    post_moves(connection, [move for each in moves.values() for move in each], as_of=as_of)
    return moves


def _moves(key: Key, places: Mapping[Place, int], posted: Mapping[Place, tuple[int, int]], *, at: datetime) -> list[Move]:
    moves = []
    for place in sorted({*places, *posted}):
        done, times = posted.get(place, (0, 0))
        if missing := places.get(place, 0) - done:
            kind, reason = ("sale_out", None) if missing > 0 else ("count_adjust", "发货仓更正 / shipped from elsewhere")
            told = f"{key[0]}/{key[1]}" + (f"#{times}" if times else "")
            moves.append(Move(*place, kind, -missing, at, ORDER_SOURCE, told, reason))
    return moves


def posted_of(connection: Connection, keys: Sequence[Key]) -> Posted:
    """Return what was posted of orders before, by place: pieces that left, and in how many moves."""
    if not keys:
        return {}
    asked = """
        SELECT k.shop_id, k.order_no, m.sku_code, m.warehouse_code, -sum(m.units)::bigint AS units, count(*) AS times
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS k (shop_id, order_no)
        JOIN order_holding_skus AS s USING (shop_id, order_no) JOIN stock ON stock.sku_code = s.sku_code
        JOIN stock_moves AS m ON (m.sku_code, m.warehouse_code, m.source) = (stock.sku_code, stock.warehouse_code, :source)
            AND m.move_key >= k.shop_id || '/' || k.order_no AND m.move_key < k.shop_id || '/' || k.order_no || '$'
        GROUP BY 1, 2, 3, 4"""
    found: dict[Key, dict[Place, tuple[int, int]]] = {}
    given = {"shops": [shop for shop, _ in keys], "orders": [order for _, order in keys], "source": ORDER_SOURCE}
    for row in connection.execute(text(asked), given):
        found.setdefault((row.shop_id, row.order_no), {})[row.sku_code, row.warehouse_code] = (row.units, row.times)
    return found


def post_back_fill(connection: Connection, *, as_of: datetime) -> int:
    """Post the shipments of back-filled orders that were touched, a lot at a time; return how many orders were looked at.

    They hold nothing and are no units of the index; what left after a book was opened left nevertheless.
    """
    taken = connection.execute(
        text("""
        CREATE TEMP TABLE stock_lot ON COMMIT DROP AS WITH lot AS (
            SELECT t.shop_id, t.order_no, t.touch_id FROM stock_touched AS t JOIN orders AS o USING (shop_id, order_no)
            WHERE o.nature = 'backfill' ORDER BY touch_id LIMIT :at_once FOR UPDATE OF t SKIP LOCKED
        ), gone AS (
            DELETE FROM stock_touched AS t USING lot WHERE (t.shop_id, t.order_no, t.touch_id) = (lot.shop_id, lot.order_no, lot.touch_id)
        )
        SELECT DISTINCT shop_id, order_no FROM lot
        """),
        {"at_once": _AT_ONCE},
    ).rowcount
    if taken:
        connection.execute(text("ANALYZE stock_lot"))
        post_moves_of(connection, _SHIPPED, as_of=as_of)
    connection.execute(text("DROP TABLE stock_lot"))
    return int(taken)


# Without a stated warehouse only a SKU that lies in one place alone is sure to have left from there.
_SHIPPED = f"""
    SELECT wanted.sku_code, s.warehouse_code, 'sale_out' AS type, -sum(wanted.units)::bigint AS units, o.shipped_to AS occurred_at,
        '{ORDER_SOURCE}' AS source, o.shop_id || '/' || o.order_no AS move_key, NULL::text AS reason, NULL::text AS person_id,
        NULL::bigint AS file_id, NULL::bigint AS row_number
    FROM stock_lot JOIN orders AS o USING (shop_id, order_no) JOIN LATERAL (
        SELECT wanted.sku_code, wanted.units FROM {WANTED_PIECES} AND (l.shop_id, l.order_no) = (o.shop_id, o.order_no)
    ) AS wanted ON true
    JOIN stock AS s ON s.sku_code = wanted.sku_code AND o.shipped_to > coalesce(s.counted_at, s.opened_at)
        AND s.warehouse_code = coalesce(o.warehouse_code, (
            SELECT min(place.warehouse_code) FROM stock AS place WHERE place.sku_code = wanted.sku_code HAVING count(*) = 1))
    WHERE NOT o.stub AND o.shipped_to IS NOT NULL
    GROUP BY wanted.sku_code, s.warehouse_code, o.shop_id, o.order_no, o.shipped_to"""
