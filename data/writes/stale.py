"""Which orders have been spoken of but not computed yet, and when are they?

A bulk import stores the claims of many files first and computes each order once at the end. What is still to do is itself
stored, so that a crash in between costs only time.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from data.writes import compute_orders, merge_orders, staging
from data.writes.categories import place_touched_lines
from data.writes.masters import lock_masters
from data.writes.span import is_new
from data.writes.stock_touch import note_touched

# Few enough that the last lot is soon done, many enough that a lot's own cost does not show.
_AT_ONCE = 25_000
# Lots computed at the same moment: the work is the server's, one core a lot.
_LOTS = 2


def put_off(connection: Connection) -> None:
    """Note the touched orders as still to be computed."""
    known = "" if is_new(connection, "stale_orders") else "ON CONFLICT DO NOTHING"
    connection.execute(text(f"INSERT INTO stale_orders SELECT shop_id, order_no, nature, file_id, as_of FROM touched {known}"))


def adopt_put_off(connection: Connection) -> None:
    """Let touched orders that were put off keep the file, nature and time that first named them."""
    connection.execute(
        text("""
        UPDATE touched SET nature = s.nature, file_id = s.file_id, as_of = s.as_of FROM stale_orders AS s
        WHERE (s.shop_id, s.order_no) = (touched.shop_id, touched.order_no)
        """)
    )


def recompute_stale(engine: Engine, *, as_of: datetime) -> int:
    """Compute every order that was put off, in lots with a transaction of their own; return how many.

    Any number of processes may call at once: no order is in two lots. What another one holds is waited for at the end: it
    may have died, and its orders come back.
    """
    with ThreadPoolExecutor(_LOTS) as pool:
        done = sum(pool.map(lambda _: _recompute_lots(engine, as_of=as_of), range(_LOTS)))
    while _some_left(engine):
        done += _recompute_lot(engine, as_of=as_of, wait=True)
    return done


def _some_left(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.execute(text("SELECT EXISTS (SELECT FROM stale_orders)")).scalar_one())


def _recompute_lots(engine: Engine, *, as_of: datetime) -> int:
    done = 0
    while taken := _recompute_lot(engine, as_of=as_of, wait=False):
        done += taken
    return done


def _recompute_lot(engine: Engine, *, as_of: datetime, wait: bool) -> int:
    with engine.begin() as connection:
        lock_masters(connection, changing=False)
        staging.open_stages(connection)
        staging.give_memory(connection)
        taken = connection.execute(
            text(f"""
            WITH lot AS (
                SELECT * FROM stale_orders WHERE shop_id = ANY(:shops) ORDER BY shop_id, order_no
                LIMIT :at_once FOR UPDATE {"" if wait else "SKIP LOCKED"}
            ),
            gone AS (DELETE FROM stale_orders AS s USING lot WHERE (s.shop_id, s.order_no) = (lot.shop_id, lot.order_no))
            INSERT INTO touched SELECT * FROM lot
            """),
            {"at_once": _AT_ONCE, "shops": _lock_stale_shops(connection)},
        ).rowcount
        if taken:
            merge_orders.prepare_touched(connection, alone=False)
            compute_touched(connection, merge_orders.Statement("", 0, False, as_of, 0, 0, "backfill", as_of, ()))
            note_touched(connection)
        return taken


def _lock_stale_shops(connection: Connection) -> list[str]:
    """Lock every shop that has orders put off, and return them.

    Before any row is taken: a file that puts orders off holds its shop and may wait for a row, so nobody who holds rows may
    wait for a shop.
    """
    locked = connection.execute(
        text("""
        SELECT shop_id, pg_advisory_xact_lock_shared(hashtextextended('orders of ' || shop_id, 0))
        FROM (SELECT DISTINCT shop_id FROM stale_orders ORDER BY shop_id) AS shops
        """)
    )
    return [row.shop_id for row in locked]


def compute_touched(connection: Connection, who: merge_orders.Statement) -> None:
    """Write ``orders`` for the touched orders: order rows recomputed, lines placed in categories."""
    compute_orders.recompute_orders(connection, who)
    if place_touched_lines(connection):
        compute_orders.attach_lines(connection, who)
