"""Which category does a line belong to, given the SKU master that was valid when its order was created?

Empty becomes known as soon as the master comes; a known category changes only with a ``reclassified`` audit row.
"""

from datetime import datetime

from sqlalchemy import Connection, text

from data.writes.span import span_of_touched, within

# One row a span of a SKU's life; its first row is valid from ever.
SKU_SPANS = """
    SELECT sku_code, category,
        CASE WHEN row_number() OVER life = 1 THEN '-infinity' ELSE valid_from END AS valid_from,
        lead(valid_from, 1, 'infinity') OVER life AS valid_to
    FROM skus WINDOW life AS (PARTITION BY sku_code ORDER BY valid_from)"""

# Lines of the touched orders whose category is not what the master says; an order not created yet takes the first row.
_MISPLACED = f"""
    SELECT l.shop_id, l.order_no, l.source, l.line_key, l.sku_code, l.category AS old, spans.category AS new
    FROM touched JOIN order_lines AS l USING (shop_id, order_no)
    LEFT JOIN orders AS o ON o.shop_id = l.shop_id AND o.order_no = l.order_no AND {within("o")}
    JOIN ({SKU_SPANS}) AS spans ON spans.sku_code = l.sku_code
        AND coalesce(o.created_at, '-infinity') >= spans.valid_from AND coalesce(o.created_at, '-infinity') < spans.valid_to
    WHERE {within("l")} AND spans.category IS NOT NULL AND l.category IS DISTINCT FROM spans.category"""

_MOVE = """
    UPDATE order_lines AS l SET category = misplaced.new FROM misplaced
    WHERE (l.shop_id, l.order_no, l.source, l.line_key) = (misplaced.shop_id, misplaced.order_no, misplaced.source, misplaced.line_key)"""


def place_touched_lines(connection: Connection) -> int:
    """Give the touched orders' lines the category valid at each order's creation; return how many changed."""
    return connection.execute(text(f"WITH misplaced AS ({_MISPLACED}) {_MOVE}"), span_of_touched(connection)).rowcount


def reclassify(connection: Connection, *, sku_codes: list[str], as_of: datetime, by: str) -> int:
    """Restate the lines of SKUs whose master changed, mark their orders touched, and return how many orders that are.

    Empty to known is silent; known to known writes one ``reclassified`` audit row a SKU with old, new and line count.
    """
    connection.execute(
        text("""
        INSERT INTO touched SELECT shop_id, order_no, nature, first_file_id, ingested_at FROM orders
        WHERE EXISTS (SELECT FROM order_lines AS l
            WHERE (l.shop_id, l.order_no) = (orders.shop_id, orders.order_no) AND l.sku_code = ANY(:codes))
        """),
        {"codes": sku_codes},
    )
    connection.execute(text("ANALYZE touched"))
    connection.execute(
        text(f"""
        WITH misplaced AS ({_MISPLACED})
        INSERT INTO audit_log (at, person_id, action, subject, detail)
        SELECT :as_of, :by, 'reclassified', 'sku:' || sku_code, jsonb_build_object('from', old, 'to', new, 'lines', count(*))
        FROM misplaced WHERE old IS NOT NULL GROUP BY sku_code, old, new
        """),
        {"as_of": as_of, "by": by, **span_of_touched(connection)},
    )
    place_touched_lines(connection)
    return int(connection.execute(text("SELECT count(*) FROM touched")).scalar_one())
