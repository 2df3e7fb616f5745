"""Under which name does stock lie once a master says which warehouse a source's word means?

Orders are computed anew when the master of warehouses comes; what was counted and moved under a source's own word is renamed with them.
"""

from sqlalchemy import Connection, text

# Every table that says where a SKU lies.
_TABLES = ("stock", "stock_moves", "stock_snapshots", "stock_drift", "holds", "hold_steps", "order_holding_skus")


def rename_places(connection: Connection) -> int:
    """Give stock that lies under a warehouse's name or alias the warehouse's code; return how many SKUs that were.

    Where a SKU has a book under the code already, two sources tell of it: it stays as it is, and shows.
    """
    connection.execute(
        text("""
        CREATE TEMP TABLE IF NOT EXISTS renamed_stock (sku_code text, label text, code text) ON COMMIT DELETE ROWS
        """)
    )
    connection.execute(text("DELETE FROM renamed_stock"))
    count = connection.execute(
        text("""
        INSERT INTO renamed_stock
        SELECT DISTINCT ON (sku_code, code) sku_code, label, code FROM stock JOIN (
            SELECT name AS label, warehouse_code AS code FROM warehouses UNION SELECT unnest(aliases), warehouse_code FROM warehouses
        ) AS named ON named.label = stock.warehouse_code
        WHERE label NOT IN (SELECT warehouse_code FROM warehouses)
            AND NOT EXISTS (SELECT FROM stock AS there WHERE there.sku_code = stock.sku_code AND there.warehouse_code = code)
        ORDER BY sku_code, code, label
        """)
    ).rowcount
    for table in _TABLES if count else ():
        connection.execute(
            text(f"""
            UPDATE {table} AS kept SET warehouse_code = code FROM renamed_stock AS renamed
            WHERE kept.sku_code = renamed.sku_code AND kept.warehouse_code = renamed.label
            """)
        )
    return count
