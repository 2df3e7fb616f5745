"""Which orders' stock is still to be settled?"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

Key = tuple[str, str]


def note_touched(connection: Connection) -> None:
    """Have the touched orders settled: live ones, and shipped ones of a back-fill once any stock is known."""
    connection.execute(
        text("""
        INSERT INTO stock_touched (shop_id, order_no)
        SELECT shop_id, order_no FROM touched JOIN orders AS o USING (shop_id, order_no)
        WHERE EXISTS (SELECT FROM stock) AND NOT o.stub AND (o.nature = 'live' OR o.shipped_to IS NOT NULL)
        """)
    )


def touch(connection: Connection, keys: Sequence[Key]) -> None:
    """Have orders settled by whoever comes next."""
    if keys:
        asked = "INSERT INTO stock_touched (shop_id, order_no) SELECT * FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]))"
        connection.execute(text(asked), {"shops": [shop for shop, _ in keys], "orders": [order for _, order in keys]})
