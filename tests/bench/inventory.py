"""Are holds granted as fast as their bare rows could be written, orders answered at once, and the book checked in seconds?"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

from data.settings import Settings
from data.stock_check import check_stock
from tests.bench.figure import Figure
from tests.bench.inventory_holds import CLIENTS, ROUNDS, SECONDS, SKUS, rates
from tests.bench.inventory_promotion import ORDERS, PIECES, wait_at_most
from tests.bench.inventory_promotion import SECONDS as PLAYED
from tests.bench.inventory_store import fill_books
from tests.bench.scale import Scale
from tests.bench.server import own_server

_MOVES_AN_ORDER = 10
_P99_SECONDS = 2.0
_CHECK_SECONDS = 10.0
_MILLION = 1_000_000


class NotInOrder(AssertionError):
    """The ledger does not add up, so how fast it was checked is worth nothing."""


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure granting beside pgbench, a promotion, and the check of a large book, on servers of their own."""
    with ExitStack() as servers:
        settings = Settings(home=scale.folder / "inventory", inbox=scale.folder / "no_inbox", database_url=None)
        engine = servers.enter_context(own_server(settings))
        on = f"{CLIENTS} clients, one hold a transaction, durable; median of {ROUNDS} rounds of {SECONDS} s in turns with pgbench"
        many = rates(engine, settings, skus=SKUS, folder=scale.folder)
        yield Figure("inventory_holds_10k_skus_over_pgbench", many.ours, many.bare, "holds/s", ">= 0.8", on)
        hot = rates(engine, settings, skus=1, folder=scale.folder)
        yield Figure("inventory_holds_hot_sku_over_pgbench", hot.ours, hot.bare, "holds/s", ">= 0.8", on)
        # reported, without a promise: a hold is an update and two inserts
        yield Figure("inventory_holds_hot_sku_over_single_update", hot.ours, hot.single, "holds/s", ">= 0", on)
    with ExitStack() as servers:
        settings = Settings(home=scale.folder / "promotion", inbox=scale.folder / "no_inbox", database_url=None)
        engine = servers.enter_context(own_server(settings))
        orders = min(ORDERS, scale.orders)
        p99, held = wait_at_most(engine, orders=orders)
        said = f"{orders:,} orders of 5 channels in {PLAYED} s over {PIECES} pieces, {held} held; stored until answered"
        yield Figure("inventory_promotion_order_to_stock_p99", p99, _P99_SECONDS, "s", "<= 1", said)
    with ExitStack() as servers:
        settings = Settings(home=scale.folder / "books", inbox=scale.folder / "no_inbox", database_url=None)
        engine = servers.enter_context(own_server(settings))
        moves = _MOVES_AN_ORDER * scale.orders
        places = fill_books(engine, moves=moves, until=datetime.now(UTC))
        began = time.perf_counter()
        found = check_stock(engine, as_of=datetime.now(UTC))
        seconds = time.perf_counter() - began
        if not found.holds_all or found.moves != places * 100:
            raise NotInOrder(f"{found}")
        goal = _CHECK_SECONDS * min(1.0, moves / (_MOVES_AN_ORDER * _MILLION))
        yield Figure("inventory_book_check", seconds, goal, "s", "<= 1", f"{found.moves:,} moves in {places:,} books, all five laws")
