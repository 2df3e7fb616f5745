"""An order came or changed: does the stock follow it, at once and exactly once?

Whoever writes ``orders`` leaves their keys in ``stock_touched``. Settling takes them a lot at a time: locks the orders, then the rows of
``stock`` in the order of their keys, asks ``models.stock.settling`` what is to happen to each, and stores all of it in one transaction.
A process that dies leaves the lot where it was; two that take the same order settle it one after the other, to the same end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from data.stock_leaving import ship
from data.stock_lots import Rules, judge, open_lot, read_rules
from data.writes.holds import Grant, Refused, close, confirm, grant, lock_orders, release_expired
from data.writes.order_holding import store_standings
from data.writes.stock_demand import orders_to_settle
from data.writes.stock_out import post_back_fill
from data.writes.stock_touch import Key, touch

Now = Callable[[], datetime]

# Few enough that a lot is soon done and its rows free again, many enough that a lot's own cost does not show.
AT_ONCE = 200


@dataclass(frozen=True)
class Settling:
    """What settling did: orders looked at, live ones settled, holds granted and closed, moves posted."""

    orders: int = 0
    settled: int = 0
    granted: int = 0
    closed: int = 0
    moves: int = 0

    def __add__(self, other: "Settling") -> "Settling":
        """Add up two lots."""
        return Settling(
            self.orders + other.orders,
            self.settled + other.settled,
            self.granted + other.granted,
            self.closed + other.closed,
            self.moves + other.moves,
        )


def settle_waiting(engine: Engine, *, now: Now, at_most: int | None = None) -> Settling:
    """Settle the orders that wait, first come first served, until none is left (or ``at_most`` lots are done)."""
    done = Settling()
    while back := _settle_back_fill(engine, now=now):
        done += Settling(orders=back)
    rules: Rules | None = None
    while at_most is None or at_most > 0:
        at_most = None if at_most is None else at_most - 1
        with engine.begin() as connection:
            keys = _take(connection)
            if not keys:
                break
            rules = rules or read_rules(connection)
            done += settle_orders(connection, keys, rules=rules, as_of=now())
    return done


def settle_orders(connection: Connection, keys: Sequence[Key], *, rules: Rules, as_of: datetime) -> Settling:
    """Settle some live orders in the caller's transaction; their locks are held until it ends."""
    lock_orders(connection, keys)
    orders = [order for order in orders_to_settle(connection, keys) if order.nature == "live"]
    if not orders:
        return Settling(orders=len(keys))
    lot = open_lot(connection, {(order.shop_id, order.order_no): order.warehouse_code for order in orders}, rules=rules, as_of=as_of)
    moves = ship(connection, lot, orders)
    for order in orders:
        judge(lot, order)
    closed = close(connection, lot.closes, as_of=as_of)
    confirm(connection, lot.confirms, as_of=as_of)
    granted = grant(connection, lot.grants, as_of=as_of)
    store_standings(connection, lot.standings, as_of=as_of)
    return Settling(len(keys), len(orders), granted, closed, moves)


def hold_now(engine: Engine, asked: Grant, *, now: Now) -> bool:
    """Grant one hold at once, or say that there is too little; asked again with the same key (``part``) it holds no second time.

    Where too little is free, what has expired of the SKU is given back first: it counts no more from its minute on, job or no job.
    """
    for swept in (False, True):
        try:
            with engine.begin() as connection:
                grant(connection, [asked], as_of=now())
        except Refused:
            if swept or not _sweep(engine, asked.sku_code, now=now):
                return False
        else:
            return True
    return False


def _sweep(engine: Engine, sku_code: str, *, now: Now) -> bool:
    with engine.begin() as connection:
        swept = release_expired(connection, as_of=now(), sku_codes=[sku_code])
        touch(connection, sorted({(row.shop_id, row.order_no) for row in swept}))
    return bool(swept)


def _settle_back_fill(engine: Engine, *, now: Now) -> int:
    with engine.begin() as connection:
        return post_back_fill(connection, as_of=now())


def _take(connection: Connection) -> list[Key]:
    """Take a lot of waiting orders, so that nobody else does; it comes back if this transaction does not end well."""
    rows = connection.execute(
        text("""
        WITH lot AS (
            SELECT shop_id, order_no, touch_id FROM stock_touched AS t
            WHERE NOT EXISTS (SELECT FROM orders AS o WHERE (o.shop_id, o.order_no) = (t.shop_id, t.order_no) AND o.nature = 'backfill')
            ORDER BY touch_id LIMIT :at_once FOR UPDATE SKIP LOCKED
        )
        DELETE FROM stock_touched AS t USING lot WHERE (t.shop_id, t.order_no, t.touch_id) = (lot.shop_id, lot.order_no, lot.touch_id)
        RETURNING t.shop_id, t.order_no
        """),
        {"at_once": AT_ONCE},
    )
    return sorted({(row.shop_id, row.order_no) for row in rows})
