"""How did a business day stand with the stock: how fast was it held, how far is the book from what was counted, what was not released?"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, text

from models.stock.metrics import RELEASE_GRACE
from models.stock.settling import SYNC_WITHIN


def days_to_count(connection: Connection, *, zone: str, as_of: datetime) -> list[date]:
    """Return the business days whose counts are to be held against the book anew: those counted since last time, and the last three.

    A move that became known since last time changes the book from its own day on.
    """
    rows = connection.scalars(
        text("""
        WITH last AS (SELECT coalesce(max(computed_at), '-infinity') AS at FROM stock_kpis WHERE kpi = 'stock_difference'),
        late AS (SELECT coalesce(min(occurred_at), 'infinity') AS since FROM stock_moves WHERE posted_at >= (SELECT at FROM last))
        SELECT DISTINCT CAST(as_of AT TIME ZONE :zone AS date) AS day FROM stock_snapshots
        WHERE kind = 'on_hand' AND as_of <= :as_of AND (
            ingested_at >= (SELECT at FROM last) OR as_of >= (SELECT since FROM late) OR as_of >= :as_of - interval '3 days')
        ORDER BY day
        """),
        {"zone": zone, "as_of": as_of},
    )
    return list(rows)


def count_drift(connection: Connection, days: Sequence[date], *, zone: str, as_of: datetime) -> int:
    """Hold the last count of each SKU and day against the book of the same instant; returns how many places were counted.

    The book of an instant is what is there now less all that moved since. The count that opened a book says nothing of it. Where both
    agree nothing is kept but their sum.
    """
    if not days:
        return 0
    given = {"zone": zone, "days": list(days), "first": min(days), "as_of": as_of}
    counted = connection.execute(text(_COUNTED), given).rowcount
    connection.execute(text("DELETE FROM stock_drift WHERE day = ANY(:days)"), given)
    connection.execute(
        text("""
        INSERT INTO stock_drift (day, sku_code, warehouse_code, source, counted, book, as_of, computed_at)
        SELECT day, sku_code, warehouse_code, source, counted, book, as_of, :as_of FROM stock_counted WHERE counted <> book
        """),
        given,
    )
    connection.execute(text("DELETE FROM stock_kpis WHERE day = ANY(:days) AND kpi = 'stock_difference'"), given)
    connection.execute(
        text(f"""
        {_KPI} SELECT day, 'stock_difference', {_BY.format(dimension="warehouse", member="warehouse_code")},
            apart::numeric / nullif(book, 0), apart, book, NULL, NULL, NULL, :as_of
        FROM (
            SELECT day, warehouse_code, sum(abs(counted - book))::bigint AS apart, greatest(sum(book), 0)::bigint AS book
            FROM stock_counted GROUP BY GROUPING SETS ((day, warehouse_code), (day))
        ) AS rates
        """),
        given,
    )
    connection.execute(text("DROP TABLE stock_counted"))
    return int(counted)


_COUNTED = """
    CREATE TEMP TABLE stock_counted ON COMMIT DROP AS
    WITH last AS (
        SELECT DISTINCT ON (day, sku_code, warehouse_code) day, sku_code, warehouse_code, source, quantity, n.as_of, on_hand
        FROM (
            SELECT *, CAST(as_of AT TIME ZONE :zone AS date) AS day FROM stock_snapshots
            WHERE kind = 'on_hand' AND as_of >= CAST(:first AS date)::timestamp AT TIME ZONE :zone AND as_of <= :as_of
        ) AS n JOIN stock USING (sku_code, warehouse_code)
        WHERE day = ANY(:days) AND n.as_of > coalesce(counted_at, opened_at)
        ORDER BY day, sku_code, warehouse_code, n.as_of DESC, source
    ),
    along AS (
        SELECT sku_code, warehouse_code, occurred_at AS at, units, NULL::date AS day, NULL::text AS source, NULL::bigint AS quantity,
            NULL::bigint AS on_hand
        FROM stock_moves WHERE occurred_at > (SELECT min(as_of) FROM last)
        UNION ALL SELECT sku_code, warehouse_code, as_of, 0, day, source, quantity, on_hand FROM last
    ),
    -- what moved at the very instant of a count is in the count
    summed AS (
        SELECT *, sum(units) OVER (PARTITION BY sku_code, warehouse_code ORDER BY at DESC RANGE UNBOUNDED PRECEDING EXCLUDE GROUP)
            AS moved_since FROM along
    )
    SELECT day, sku_code, warehouse_code, source, quantity AS counted, on_hand - coalesce(moved_since, 0)::bigint AS book, at AS as_of
    FROM summed WHERE day IS NOT NULL"""


def measure_sync(connection: Connection, day: date, *, zone: str, as_of: datetime) -> None:
    """Write how long live orders that became known on a day waited for their stock, by channel and in all."""
    connection.execute(
        text(f"""
        {_KPI} SELECT :day, 'sync_delay', {_BY.format(dimension="channel", member="channel")}, p95, in_time, orders, p50, p95, most, :as_of
        FROM (
            SELECT channel, count(*) AS orders, count(*) FILTER (WHERE seconds <= :within) AS in_time, max(seconds) AS most,
                percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) AS p50, percentile_disc(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
            FROM (
                SELECT channel, round(extract(epoch FROM held_at - known_at), 3) AS seconds FROM order_holding
                WHERE lines > 0 AND {_IN_DAY.format(column="known_at")}
            ) AS held GROUP BY GROUPING SETS ((channel), ())
        ) AS delays WHERE orders > 0 {_KPI_AGAIN}
        """),
        {"day": day, "zone": zone, "as_of": as_of, "within": SYNC_WITHIN.total_seconds()},
    )


def measure_releases(connection: Connection, day: date, *, zone: str, as_of: datetime) -> None:
    """Write how many orders' holds expired on a day and were not released in good time, or still are not."""
    connection.execute(
        text(f"""
        {_KPI} SELECT :day, 'holds_not_released', 'all', '', late, late, expired, NULL, NULL, NULL, :as_of FROM (
            SELECT count(DISTINCT (shop_id, order_no)) FILTER (WHERE coalesce(closed_at, :as_of) > expires_at + :grace) AS late,
                count(DISTINCT (shop_id, order_no)) AS expired
            FROM (
                SELECT shop_id, order_no, expires_at, closed_at FROM holds WHERE state = 'placed' AND expires_at <= :as_of
                UNION ALL SELECT shop_id, order_no, expires_at, closed_at FROM holds
                    WHERE state = 'expired' AND closed_at >= CAST(:day AS date)::timestamp AT TIME ZONE :zone
            ) AS over WHERE {_IN_DAY.format(column="expires_at")}
        ) AS counted {_KPI_AGAIN}
        """),
        {"day": day, "zone": zone, "as_of": as_of, "grace": RELEASE_GRACE},
    )


_IN_DAY = """{column} >= CAST(:day AS date)::timestamp AT TIME ZONE :zone
                    AND {column} < (CAST(:day AS date) + 1)::timestamp AT TIME ZONE :zone"""
_KPI = "INSERT INTO stock_kpis AS kept (day, kpi, dimension, member, value, numerator, denominator, p50, p95, most, computed_at)"
_BY = "CASE WHEN {member} IS NULL THEN 'all' ELSE '{dimension}' END, coalesce({member}, '')"
_KPI_AGAIN = """
        ON CONFLICT (day, kpi, dimension, member) DO UPDATE SET value = EXCLUDED.value, numerator = EXCLUDED.numerator,
            denominator = EXCLUDED.denominator, p50 = EXCLUDED.p50, p95 = EXCLUDED.p95, most = EXCLUDED.most,
            computed_at = EXCLUDED.computed_at"""
