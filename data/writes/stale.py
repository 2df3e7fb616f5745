"""Which orders have been spoken of but not computed yet, and when are they?

A bulk import stores the claims of many files first and computes each order once at the end. What is still to do is itself
stored, so that a crash in between costs only time.
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, text

from data.writes import merge_orders, staging
from data.writes.categories import place_touched_lines
from data.writes.masters import lock_masters
from data.writes.span import is_new

_AT_ONCE = 100_000


def put_off(connection: Connection) -> None:
    """Note the touched orders as still to be computed."""
    known = "" if is_new(connection, "stale_orders") else "ON CONFLICT DO NOTHING"
    connection.execute(text(f"INSERT INTO stale_orders SELECT shop_id, order_no, nature, file_id, as_of FROM touched {known}"))


def recompute_stale(engine: Engine, *, as_of: datetime) -> int:
    """Compute every order that was put off, some at a time, each lot in a transaction of its own; return how many."""
    done = 0
    while True:
        with engine.begin() as connection:
            lock_masters(connection, changing=False)
            staging.open_stages(connection)
            staging.give_memory(connection)
            taken = connection.execute(
                text("""
                WITH lot AS (SELECT * FROM stale_orders ORDER BY shop_id, order_no LIMIT :at_once FOR UPDATE SKIP LOCKED),
                gone AS (DELETE FROM stale_orders AS s USING lot WHERE (s.shop_id, s.order_no) = (lot.shop_id, lot.order_no))
                INSERT INTO touched SELECT * FROM lot
                """),
                {"at_once": _AT_ONCE},
            ).rowcount
            if not taken:
                return done
            merge_orders.prepare_touched(connection)
            compute_touched(connection, merge_orders.Statement("", 0, False, as_of, 0, 0, "backfill", as_of, ()))
            done += taken


def compute_touched(connection: Connection, who: merge_orders.Statement) -> None:
    """Write ``orders`` for the touched orders: order rows recomputed, lines placed in categories."""
    merge_orders.recompute_orders(connection, who)
    if place_touched_lines(connection):
        merge_orders.attach_lines(connection, who)
