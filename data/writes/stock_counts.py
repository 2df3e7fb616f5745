"""What do counts that came in change: which books they open, what is on its way, what a channel shows?

Everything here reads ``known_stock``, the rows of stock lists whose SKU and warehouse are known (``data/writes/merge_stock.py``).
"""

from datetime import datetime

from sqlalchemy import Connection, text

from data.connectors.statement_problems import StatementRefused
from models.stock.units import common_factor


def refuse_other_unit(connection: Connection) -> None:
    """Refuse a list whose quantities differ from the books by one factor: one side counts cases, the other pieces."""
    pairs = connection.execute(
        text("""
        SELECT sum(known.quantity), on_hand FROM known_stock AS known JOIN stock USING (sku_code, warehouse_code)
        WHERE what = 'snapshot' AND kind = 'on_hand' AND counted_at IS NOT NULL AND known.as_of >= counted_at AND on_hand > 0
            AND known.quantity > 0
        GROUP BY sku_code, warehouse_code, as_of, on_hand
        """)
    )
    factor = common_factor([(int(counted), int(book)) for counted, book in pairs])
    if factor is not None:
        raise StatementRefused("other_unit", said_zh=factor, said_en=factor)


def count_older(connection: Connection) -> int:
    """Count the rows that speak of an earlier instant than what their source has said already: they change nothing that stands."""
    return int(
        connection.execute(
            text("""
            SELECT count(*) FROM known_stock AS known WHERE CASE what
                WHEN 'snapshot' THEN EXISTS (SELECT FROM stock_snapshots AS kept WHERE kept.sku_code = known.sku_code
                    AND kept.warehouse_code = known.warehouse_code AND kept.source = known.source AND kept.kind = known.kind
                    AND kept.as_of > known.as_of AND kept.file_id <> known.file_id)
                WHEN 'shown' THEN EXISTS (SELECT FROM channel_stock AS kept WHERE kept.sku_code = known.sku_code
                    AND kept.shop_id = known.shop_id AND kept.warehouse_code = known.warehouse_code
                    AND kept.shown_as_of > known.as_of AND kept.shown_file_id <> known.file_id)
                ELSE false END
            """)
        ).scalar_one()
    )


def store_snapshots(connection: Connection, *, as_of: datetime) -> None:
    """Keep what was counted, as of when; of two files that say different things of one instant the smaller quantity is believed."""
    connection.execute(
        text("""
        INSERT INTO stock_snapshots AS kept (sku_code, warehouse_code, source, kind, as_of, quantity, nature, file_id, row_number,
            ingested_at)
        SELECT sku_code, warehouse_code, source, kind, as_of, sum(quantity), min(nature), min(file_id), min(row_number), :as_of
        FROM known_stock WHERE what = 'snapshot' GROUP BY sku_code, warehouse_code, source, kind, as_of
        ON CONFLICT (sku_code, warehouse_code, source, kind, as_of) DO UPDATE SET quantity = EXCLUDED.quantity, nature = EXCLUDED.nature,
            file_id = EXCLUDED.file_id, row_number = EXCLUDED.row_number, ingested_at = EXCLUDED.ingested_at
        WHERE kept.quantity <> EXCLUDED.quantity AND (kept.file_id = EXCLUDED.file_id OR EXCLUDED.quantity < kept.quantity)
        """),
        {"as_of": as_of},
    )


# Openings of the books that no count has opened: the first count, less what has moved up to its instant.
OPENINGS = """
    SELECT sku_code, warehouse_code, 'opening' AS source, 'opening' AS move_key, 'opening' AS type, counted.quantity - (
            SELECT coalesce(sum(units), 0) FROM stock_moves AS moved WHERE moved.sku_code = named.sku_code
                AND moved.warehouse_code = named.warehouse_code AND moved.occurred_at <= counted.as_of)::bigint AS units,
        counted.as_of AS occurred_at, NULL AS reason, NULL AS person_id, counted.file_id, counted.row_number
    FROM (SELECT DISTINCT sku_code, warehouse_code FROM known_stock WHERE what = 'snapshot' AND kind = 'on_hand') AS named
    CROSS JOIN LATERAL (
        SELECT quantity, as_of, file_id, row_number FROM stock_snapshots AS first WHERE first.sku_code = named.sku_code
            AND first.warehouse_code = named.warehouse_code AND kind = 'on_hand' ORDER BY as_of, source LIMIT 1
    ) AS counted
    WHERE NOT EXISTS (SELECT FROM stock AS kept WHERE kept.sku_code = named.sku_code AND kept.warehouse_code = named.warehouse_code
        AND kept.counted_at IS NOT NULL)"""

# The movements that sources tell of.
MOVES = """
    SELECT sku_code, warehouse_code, source, move_key, kind AS type, quantity AS units, as_of AS occurred_at, reason, person AS person_id,
        file_id, row_number
    FROM known_stock WHERE what = 'move'"""


def store_inbound(connection: Connection, *, as_of: datetime) -> None:
    """Note what is on its way, as the latest list states it; a SKU that no book knows yet is only on its way."""
    connection.execute(
        text("""
        INSERT INTO stock AS kept (sku_code, warehouse_code, inbound, inbound_as_of, learnt_at, changed_at)
        SELECT DISTINCT ON (sku_code, warehouse_code) sku_code, warehouse_code, sum(quantity), known.as_of, :as_of, :as_of
        FROM known_stock AS known WHERE what = 'snapshot' AND kind = 'inbound'
        GROUP BY sku_code, warehouse_code, source, known.as_of ORDER BY sku_code, warehouse_code, known.as_of DESC, source
        ON CONFLICT (sku_code, warehouse_code) DO UPDATE
        SET inbound = EXCLUDED.inbound, inbound_as_of = EXCLUDED.inbound_as_of, changed_at = EXCLUDED.changed_at, version = kept.version + 1
        WHERE kept.inbound_as_of IS NULL OR EXCLUDED.inbound_as_of > kept.inbound_as_of
        """),
        {"as_of": as_of},
    )


def store_shown(connection: Connection) -> None:
    """Note what channels show; what is older than what is known of them is left out."""
    connection.execute(
        text("""
        INSERT INTO channel_stock AS kept (sku_code, shop_id, warehouse_code, channel, shown_quantity, shown_as_of, shown_source,
            shown_file_id)
        SELECT DISTINCT ON (sku_code, shop_id, warehouse_code) sku_code, shop_id, warehouse_code, channel, sum(quantity), as_of,
            source, max(file_id)
        FROM known_stock JOIN shops USING (shop_id) WHERE what = 'shown'
        GROUP BY sku_code, shop_id, warehouse_code, channel, as_of, source
        ORDER BY sku_code, shop_id, warehouse_code, as_of DESC, source
        ON CONFLICT (sku_code, shop_id, warehouse_code) DO UPDATE SET shown_quantity = EXCLUDED.shown_quantity,
            shown_as_of = EXCLUDED.shown_as_of, shown_source = EXCLUDED.shown_source, shown_file_id = EXCLUDED.shown_file_id
        WHERE kept.shown_as_of IS NULL OR (EXCLUDED.shown_as_of, EXCLUDED.shown_quantity) > (kept.shown_as_of, kept.shown_quantity)
        """)
    )
