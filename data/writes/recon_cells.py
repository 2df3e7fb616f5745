"""How do the sums over matches, and what they add to the index, come to hold what matches are now and nothing else?

``recon_day`` sums matches by both bases; ``entry_dues`` holds what an order's entries add to component C3 of the index, and goes into the
cells by signed images in ``order_changes``, as orders do. A run adds what moved; matched anew, everything is summed anew.
"""

from sqlalchemy import Connection, text

from data.measures import RECON_MEASURES, RECON_SUMS
from data.recon_units_sql import CORRECTED, UNIT, UNIT_DUE
from models.reconciliation.classes import BASES, keys

_DIMENSIONS = ("shop_id", "channel", "type", "currency", "class", "kind", "side")
_KEYS = f"basis, day, {', '.join(_DIMENSIONS)}"
_SUMS = ", ".join(RECON_SUMS)


def sum_days(connection: Connection, *, anew: bool) -> None:
    """Bring the sums by day up to date, from what the moved matches were and are, or anew."""
    if anew:
        connection.execute(text("DELETE FROM recon_day"))
        every = " UNION ALL ".join(_summed("recon_results", basis, sign=1) for basis in keys(BASES))
        connection.execute(text(f"INSERT INTO recon_day ({_KEYS}, {_SUMS}) {every}"))
        return
    now = "(SELECT r.* FROM recon_results AS r JOIN recon_moved USING (shop_id, order_no, type, currency))"
    parts = [_summed(relation, basis, sign=sign) for basis in keys(BASES) for relation, sign in (("recon_before", -1), (now, 1))]
    added = ", ".join(f"{name} = kept.{name} + EXCLUDED.{name}" for name in RECON_SUMS)
    connection.execute(
        text(f"""
        INSERT INTO recon_day AS kept ({_KEYS}, {_SUMS})
        SELECT {_KEYS}, {", ".join(f"sum({name})::bigint" for name in RECON_SUMS)} FROM ({" UNION ALL ".join(parts)}) AS parts
        GROUP BY {_KEYS} HAVING ({", ".join(f"sum({name})" for name in RECON_SUMS)}) <> ({", ".join("0" for _ in RECON_SUMS)})
        ORDER BY {_KEYS} ON CONFLICT ({_KEYS}) DO UPDATE SET {added}
        """)
    )
    connection.execute(text(f"DELETE FROM recon_day WHERE ({_SUMS}) = ({', '.join('0' for _ in RECON_SUMS)})"))


def _summed(relation: str, basis: str, *, sign: int) -> str:
    sums = ", ".join(f"{sign} * sum({sql})::bigint AS {name}" for name, sql in RECON_MEASURES.items())
    return f"""
        SELECT '{basis}' AS basis, {basis}_day AS day, {", ".join(_DIMENSIONS)}, {sums} FROM {relation} AS of_{basis}
        GROUP BY {basis}_day, {", ".join(_DIMENSIONS)}"""


def count_dues(connection: Connection, *, zone: str, anew: bool) -> int:
    """Bring the units of C3 up to date for the orders of the moved matches, or of all; returns how many orders' days moved.

    A unit is a match of an order with its statement, in the day its T+N fell due; what no entry of ours expects fell due when it was
    settled. Good is what agrees, or was put right by an entry that a second person approved in time.
    """
    only = "" if anew else "AND (r.shop_id, r.order_no) IN (SELECT shop_id, order_no FROM recon_moved)"
    kept = "" if anew else "WHERE (shop_id, order_no) IN (SELECT shop_id, order_no FROM recon_moved)"
    dims = ", ".join(f"coalesce(o.{name}, '') AS {name}" for name in ("region_code", "category", "warehouse_code", "carrier_code"))
    connection.execute(
        text(f"""
        CREATE TEMP TABLE recon_dues ON COMMIT DROP AS
        SELECT r.shop_id, r.order_no, r.due_at, r.channel, {dims}, units AS entries_due, good AS entries_matched FROM (
            SELECT r.shop_id, r.order_no, max(r.channel) AS channel, count(*) AS units,
                {UNIT_DUE} AS due_at,
                count(*) FILTER (WHERE r.class = 'matched' OR {CORRECTED}) AS good
            FROM recon_results AS r
            WHERE {UNIT} {only} GROUP BY r.shop_id, r.order_no, 5
        ) AS r LEFT JOIN orders AS o ON (o.shop_id, o.order_no) = (r.shop_id, r.order_no)
        """),
        {"zone": zone},
    )
    columns = "shop_id, order_no, due_at, channel, region_code, category, warehouse_code, carrier_code, entries_due, entries_matched"
    image = "due_at, channel, region_code, category, warehouse_code, carrier_code"
    moved = connection.execute(
        text(f"""
        WITH was AS (SELECT {columns} FROM entry_dues {kept}),
        gone AS (SELECT * FROM was EXCEPT SELECT {columns} FROM recon_dues),
        come AS (SELECT {columns} FROM recon_dues EXCEPT SELECT * FROM was),
        dropped AS (
            DELETE FROM entry_dues AS d USING gone WHERE (d.shop_id, d.order_no, d.due_at) = (gone.shop_id, gone.order_no, gone.due_at)
        ),
        logged AS (
            INSERT INTO order_changes (shop_id, order_no, sign, channel, region_code, category, warehouse_code, carrier_code,
                entries_due_at, entries_due, entries_matched)
            SELECT '', '', sign, channel, region_code, category, warehouse_code, carrier_code, due_at,
                sum(entries_due), sum(entries_matched)
            FROM (SELECT -1 AS sign, * FROM gone UNION ALL SELECT 1, * FROM come) AS moved GROUP BY sign, {image}
        )
        SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM come)
        """)
    ).scalar_one()
    connection.execute(text(f"INSERT INTO entry_dues ({columns}) SELECT {columns} FROM recon_dues ON CONFLICT DO NOTHING"))
    connection.execute(text("DROP TABLE recon_dues"))
    return int(moved)
