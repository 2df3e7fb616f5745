"""How many pieces does each channel sell a minute when it is busiest?"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

DAYS = 28


def busiest_sales(connection: Connection, *, as_of: datetime) -> dict[str, float]:
    """Return pieces a minute by channel, in the hour of the business day in which most are sold, over four weeks; empty without orders."""
    rows = connection.execute(
        text("""
        WITH sold AS (
            SELECT channel, CAST(extract(hour FROM o.created_at AT TIME ZONE (SELECT zone FROM installation)) AS integer) AS hour,
                sum(l.quantity) AS pieces
            FROM orders AS o JOIN order_lines AS l ON (l.shop_id, l.order_no, l.source) = (o.shop_id, o.order_no, o.line_source)
            WHERE o.created_at >= :since AND o.created_at < :as_of AND NOT o.stub AND l.quantity > 0 AND o.channel IS NOT NULL
            GROUP BY 1, 2
        )
        SELECT channel, CAST(pieces AS double precision) FROM sold
        WHERE hour = (SELECT hour FROM sold GROUP BY hour ORDER BY sum(pieces) DESC, hour LIMIT 1) ORDER BY channel
        """),
        {"since": as_of - timedelta(days=DAYS), "as_of": as_of},
    )
    return {channel: pieces / (DAYS * 60) for channel, pieces in rows}
