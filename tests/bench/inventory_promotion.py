"""On the night of a promotion, how long does an order wait for its stock?"""

import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from data.stock import settle_waiting
from data.writes.stock_moves import Move, post_moves
from data.writes.stock_touch import touch

# Twenty times an ordinary minute of 60 orders, for ten minutes, over the last 500 pieces; played ten times as fast.
PIECES = 500
ORDERS = 60 * 20 * 10
SECONDS = 60
CHANNELS = ("taobao", "tmall", "jd", "pdd", "douyin")
_TICK = 0.25


def wait_at_most(engine: Engine, *, orders: int) -> tuple[float, int]:
    """Let orders come for a minute while one process settles; returns the 99th percentile of the seconds until the stock answered.

    Also how many pieces were held, which is all there were and not one more.
    """
    with engine.begin() as connection:
        post_moves(
            connection,
            [Move("promo", "w", "opening", PIECES, datetime.now(UTC) - timedelta(days=1), "bench", "1")],
            as_of=datetime.now(UTC),
        )
    over = threading.Event()
    settler = threading.Thread(target=_settle, args=(engine, over))
    settler.start()
    begun, came = time.perf_counter(), 0
    while came < orders:
        due = min(orders, int((time.perf_counter() - begun) / SECONDS * orders) + 1)
        if due > came:
            _come(engine, came, due)
            came = due
        time.sleep(_TICK)
    over.set()
    settler.join()
    return _answered(engine, orders=orders)


def _settle(engine: Engine, over: threading.Event) -> None:
    while not over.wait(0.05):
        settle_waiting(engine, now=lambda: datetime.now(UTC))
    settle_waiting(engine, now=lambda: datetime.now(UTC))


def _come(engine: Engine, first: int, last: int) -> None:
    numbers = list(range(first, last))
    given = {"numbers": numbers, "channels": list(CHANNELS), "now": datetime.now(UTC)}
    with engine.begin() as connection:
        connection.execute(text(_ORDERS), given)
        connection.execute(text(_LINES), given)
        touch(connection, [(f"shop-{CHANNELS[number % len(CHANNELS)]}", f"P{number}") for number in numbers])


_SHOP = "(CAST(:channels AS text[]))[1 + n % cardinality(CAST(:channels AS text[]))]"
_ORDERS = f"""
    INSERT INTO orders (shop_id, order_no, channel, stub, stage, stage_since, on_hold, created_at, paid_from, paid_to, currency,
        line_source, nature, first_file_id, ingested_at, changed_at)
    SELECT 'shop-' || {_SHOP}, 'P' || n, {_SHOP}, false, 'paid', :now, false, :now, :now, :now, 'CNY', 'bench.orders', 'live', 1, :now,
        :now
    FROM unnest(CAST(:numbers AS int[])) AS n"""
_LINES = f"""
    INSERT INTO order_lines (shop_id, order_no, source, line_key, sku_code, quantity, amount_minor, observed_at, manifest_version, file_id,
        row_number)
    SELECT 'shop-' || {_SHOP}, 'P' || n, 'bench.orders', '1', 'promo', 1, 9900, :now, 1, 1, n FROM unnest(CAST(:numbers AS int[])) AS n"""


def _answered(engine: Engine, *, orders: int) -> tuple[float, int]:
    with engine.connect() as connection:
        row = connection.execute(
            text("""
            SELECT count(*) AS orders, extract(epoch FROM percentile_disc(0.99) WITHIN GROUP (ORDER BY decided_at - known_at)) AS p99,
                (SELECT held FROM stock WHERE sku_code = 'promo') AS held FROM order_holding
            """)
        ).one()
    assert (row.orders, row.held) == (orders, min(orders, PIECES)), f"{row} for {orders} orders"
    return float(row.p99), int(row.held)
