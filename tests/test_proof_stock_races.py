"""However many writers, kills, retries and jumps of the clock: is no more ever held than is there, and every request answered once?"""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from data import embedded
from data.engine import migrate
from data.job_lock import is_connection_lost
from data.settings import Settings
from data.stock import hold_now, settle_waiting
from data.stock_check import check_stock
from data.stock_sweep import sweep_stock
from data.writes.holds import Grant
from data.writes.stock_moves import Move, post_moves
from tests.conftest import CARELESS, url_of
from tests.given_stock import NOW, changed, opened, ordered

WRITERS = 200
ORDERS = 400
ON_HAND = 250
KILLS = 40
DEEDS: tuple[dict[str, Any], ...] = (
    {"paid_from": NOW, "paid_to": NOW},
    {"cancelled_from": NOW, "cancelled_to": NOW},
    {"warehouse_code": "w2"},
    {},
)
SETTINGS = Settings(home=Path("/nowhere"))


@pytest.fixture(scope="module")
def crowded() -> Iterator[Engine]:
    """A database on a server of its own that lets hundreds in; everybody has a connection of their own."""
    with TemporaryDirectory(prefix="orderhub-races-") as folder:
        Path(folder).chmod(0o711)
        server = embedded.start(Path(folder) / "home", options=CARELESS | {"max_connections": "320"})
        engine = create_engine(url_of(server, "postgres"), poolclass=NullPool)
        migrate(engine, Settings(home=Path(folder), inbox=Path("/nowhere")))
        yield engine
        engine.dispose()
        embedded.remove(Path(folder) / "home")


def jumping(seed: int) -> datetime:
    """A clock that is up to three hours off, either way, at every look."""
    return NOW + timedelta(seconds=random.Random(seed).randrange(-10_800, 10_800))


def most_held(engine: Engine, sku: str) -> int:
    """Return the most that was ever held of a SKU, going by its steps in the order in which its row was locked."""
    asked = """
        SELECT coalesce(max(held), 0) FROM (
            SELECT sum(units) OVER (PARTITION BY sku_code, warehouse_code ORDER BY step_id) AS held FROM hold_steps
            WHERE sku_code = :sku AND step <> 'short') AS along"""
    with engine.connect() as connection:
        return int(connection.execute(text(asked), {"sku": sku}).scalar_one())


def kill_some(engine: Engine, stop: threading.Event, *, seed: int) -> int:
    """End the sessions of random writers until told to stop, one after the other; returns how many died."""
    dice, killed = random.Random(seed), 0
    asked = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while killed < KILLS and not stop.wait(0.05):
            if victims := list(connection.scalars(text(asked))):
                killed += bool(connection.scalar(text("SELECT pg_terminate_backend(:pid)"), {"pid": dice.choice(victims)}))
    return killed


def test_hundreds_who_want_the_last_pieces_get_each_of_them_once(crowded: Engine) -> None:
    with crowded.begin() as connection:
        opened(connection, {("hot", "w1"): ON_HAND})
    stop = threading.Event()

    def ask(number: int) -> bool:
        # every request is sent twice under its key, by two writers, and again by whoever was killed
        key, end = number // 2, NOW + timedelta(days=1)
        asked = Grant("api", f"r{key}", "hot", "w1", "api", 1, expires_at=end, part=f"k{key}")
        for attempt in range(100):
            try:
                return hold_now(crowded, asked, now=partial(jumping, number * 100 + attempt))
            except DBAPIError as error:
                if not is_connection_lost(error):
                    raise
        raise AssertionError("killed a hundred times")

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        killer = pool.submit(kill_some, crowded, stop, seed=1)
        answers = list(pool.map(ask, range(2 * ORDERS)))
        stop.set()

    assert killer.result() > 0
    with crowded.connect() as connection:
        row = connection.execute(text("SELECT * FROM stock WHERE sku_code = 'hot'")).one()
        granted = connection.execute(text("SELECT count(*) FROM holds WHERE sku_code = 'hot'")).scalar_one()
        again = connection.execute(text("SELECT count(*) FROM hold_steps WHERE sku_code = 'hot'")).scalar_one()
    assert row.held == granted == again == ON_HAND == most_held(crowded, "hot")
    assert sum(answers[0::2]) <= ON_HAND and sum(a or b for a, b in zip(answers[0::2], answers[1::2], strict=True)) == ON_HAND
    assert check_stock(crowded, as_of=NOW).holds_all


def test_orders_that_come_are_paid_cancelled_and_shipped_under_fire_are_all_answered_and_nothing_stays_held(crowded: Engine) -> None:
    dice = random.Random(7)
    with crowded.begin() as connection:
        opened(connection, {("o1", "w1"): 60, ("o1", "w2"): 60, ("o2", "w1"): 200, ("o2", "w2"): 40})
        for number in range(ORDERS):
            wants = {sku: dice.randrange(1, 3) for sku in dice.sample(["o1", "o2"], dice.randrange(1, 3))}
            paid = NOW if dice.random() < 0.5 else None
            ordered(connection, f"O{number}", wants, at=NOW + timedelta(microseconds=number), paid_to=paid, paid_from=paid)
    stop = threading.Event()

    def live(writer: int) -> None:
        own = random.Random(writer)
        for attempt in range(200):
            number = own.randrange(ORDERS)
            deed = own.choice(DEEDS)
            try:
                with crowded.begin() as connection:
                    changed(connection, f"O{number}", **deed)
                settle_waiting(crowded, now=partial(jumping, writer * 1_000 + attempt), at_most=1)
            except DBAPIError as error:
                if not is_connection_lost(error):
                    raise
            else:
                return

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        killer = pool.submit(kill_some, crowded, stop, seed=2)
        list(pool.map(live, range(WRITERS)))
        stop.set()
    assert killer.result() > 0
    settle_waiting(crowded, now=lambda: NOW)

    with crowded.connect() as connection:
        answered = connection.execute(text("SELECT count(*) FROM order_holding WHERE shop_id = 'tb'")).scalar_one()
        wrong = connection.execute(text(_WRONG)).all()
    assert answered == ORDERS
    assert wrong == []
    assert most_held(crowded, "o1") <= 120 and most_held(crowded, "o2") <= 240
    assert check_stock(crowded, as_of=NOW - timedelta(days=1)).holds_all

    # half of what is left ships, the rest is cancelled or expires: two days on nobody holds anything
    with crowded.begin() as connection:
        for number in range(ORDERS):
            gone: dict[str, Any] = {"shipped_from": NOW, "shipped_to": NOW} if number % 2 else {"cancelled_from": NOW, "cancelled_to": NOW}
            changed(connection, f"O{number}", **gone)
        post_moves(connection, [Move("o1", "w1", "scrap", -100, NOW, "erp.out", "flood")], as_of=NOW)
    sweep_stock(crowded, settings=SETTINGS, now=lambda: NOW + timedelta(days=2))
    with crowded.connect() as connection:
        assert connection.execute(text("SELECT sum(held) FROM stock WHERE sku_code LIKE 'o%'")).scalar_one() == 0
    assert check_stock(crowded, as_of=NOW + timedelta(days=2)).holds_all


# An order that still wants stock has each of its SKUs held or short, whole; one that does not holds nothing.
_WRONG = """
    SELECT s.order_no, s.sku_code, h.state, wanted_units, s.short_units, held FROM order_holding_skus AS s
    JOIN order_holding AS h USING (shop_id, order_no) CROSS JOIN LATERAL (
        SELECT coalesce(sum(units), 0) AS held FROM holds AS o
        WHERE (o.shop_id, o.order_no, o.sku_code) = (s.shop_id, s.order_no, s.sku_code) AND closed_at IS NULL
    ) AS held
    WHERE held + s.short_units <> CASE WHEN h.state IN ('held', 'partial', 'short') THEN wanted_units ELSE 0 END"""
