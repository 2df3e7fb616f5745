"""What do orders want of the stock, as they stand now?

SKU codes are resolved as sources write them (``sku_aliases``), a case into its pieces, a bundle into its parts (``sku_bundles``); lines of
one SKU are summed by whoever judges. A line without a SKU code, or with more pieces than can be believed, wants nothing of the stock.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from models.order_kinds import ORDER_KIND_TABLE
from models.stock.kinds import MAX_PIECES

_STOCKED = f"coalesce(o.kind, 'normal') NOT IN ({', '.join(repr(kind.key) for kind in ORDER_KIND_TABLE if not kind.moves_stock)})"

# One row an order line and SKU it holds; ``o`` are orders, ``l`` the lines of the source that counts. ``gone`` of ``units`` have left,
# where the source tells of a line by itself.
WANTED_PIECES = f"""
    order_lines AS l
    LEFT JOIN LATERAL (
        SELECT sku_code, pieces FROM sku_aliases AS a WHERE a.alias = l.sku_code AND a.source IN (split_part(l.source, '.', 1), '*')
        ORDER BY a.source = '*' LIMIT 1
    ) AS named ON true
    LEFT JOIN sku_bundles AS b ON b.bundle_code = coalesce(named.sku_code, l.sku_code)
    CROSS JOIN LATERAL (
        SELECT coalesce(b.sku_code, named.sku_code, l.sku_code) AS sku_code,
            l.quantity * coalesce(named.pieces, 1) * coalesce(b.pieces, 1) AS units,
            least(coalesce(l.shipped_quantity, 0), l.quantity) * coalesce(named.pieces, 1) * coalesce(b.pieces, 1) AS gone
    ) AS wanted
    WHERE l.source = o.line_source AND l.sku_code IS NOT NULL AND l.quantity BETWEEN 1 AND {MAX_PIECES} AND {_STOCKED}"""


def orders_to_settle(connection: Connection, keys: Sequence[tuple[str, str]]) -> list[Any]:
    """Return the orders of some keys with what of them decides their stock; stubs are left out."""
    asked = f"""
        SELECT o.shop_id, o.order_no, o.nature, o.channel, o.kind, o.warehouse_code, o.region_code, o.category, o.carrier_code,
            o.ingested_at, o.created_at, o.paid_to, o.shipped_to, least(o.cancelled_to, o.refunded_to) AS ended_to, o.close_reason,
            o.paid_minor, o.paid_reporting_minor, o.currency, i.reporting_currency,
            CASE WHEN o.shipped_to IS NULL THEN (
                SELECT max(occurred_to) FROM order_events AS e
                WHERE (e.shop_id, e.order_no, e.type) = (o.shop_id, o.order_no, 'part_shipped')
            ) END AS part_shipped_to,
            h.state AS holding, h.known_at AS holding_known_at, h.decided_at, h.held_at
        FROM {_KEYS} JOIN orders AS o USING (shop_id, order_no)
        LEFT JOIN order_holding AS h USING (shop_id, order_no)
        LEFT JOIN installation AS i ON true
        WHERE NOT o.stub ORDER BY o.ingested_at, o.created_at, o.shop_id, o.order_no"""
    return list(connection.execute(text(asked), _keys(keys)))


def wanted_pieces(connection: Connection, keys: Sequence[tuple[str, str]]) -> list[Any]:
    """Return the pieces that the lines of some orders want: one row a line and SKU, in the order of lines, with the line's amount."""
    asked = f"""
        SELECT o.shop_id, o.order_no, w.line_key, w.sku_code, w.units, w.gone,
            w.minor / count(*) OVER (PARTITION BY o.shop_id, o.order_no, w.line_key) AS minor
        FROM {_KEYS} JOIN orders AS o USING (shop_id, order_no) CROSS JOIN LATERAL (
            SELECT l.line_key, wanted.*, coalesce(l.amount_minor, l.unit_price_minor * l.quantity) AS minor
            FROM {WANTED_PIECES} AND (l.shop_id, l.order_no) = (o.shop_id, o.order_no)
        ) AS w
        ORDER BY o.shop_id, o.order_no, length(w.line_key), w.line_key, w.sku_code"""
    return list(connection.execute(text(asked), _keys(keys)))


_KEYS = "(SELECT DISTINCT * FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS k (shop_id, order_no)) AS k"


def _keys(keys: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {"shops": [shop for shop, _ in keys], "orders": [order for _, order in keys]}
