"""Does a roll-up cost what has changed, whatever is stored; and what does computing all cells anew cost beside one bare statement?"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import Engine, text

from data.measures import AXES, CUBES, IMAGE, MEASURE_NAMES, MEASURES
from data.roll_up import roll_up_changes
from data.settings import Settings
from data.writes.staging import give_memory
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle
from tests.bench.stored_orders import change_orders, fill_orders

_UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
_TIMES_LARGER = 10
# Five minutes of a shop with 300,000 changes a day; the first batches meet caches that are cold and do not count.
_CHANGED, _WARM_UP, _BATCHES = 1_000, 2, 9
_A_BATCH = timedelta(minutes=5)


class NotWhatWasStored(AssertionError):
    """The cells are not what the orders say, so how fast they were made is worth nothing."""


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure the rebuild on the large store, then batches on the large and the small one in turns, each store on a server of its own."""
    small, large = (Store(scale, orders=orders) for orders in (scale.orders, scale.orders * _TIMES_LARGER))
    with ExitStack() as servers:
        for store in (small, large):
            store.open(servers)
        yield _rebuild(large)
        # the small one's cells are to lie as the large one's do
        small.roll_up(as_of=_UNTIL, anew=True)
        yield _batches(small, large)


class Store:
    """Some orders on a server of their own, rolled up once."""

    def __init__(self, scale: Scale, *, orders: int) -> None:
        self.orders = orders
        self.settings = Settings(home=scale.folder / f"rollup_{orders}", inbox=scale.folder / "no_inbox", database_url=None)
        self.engine: Engine

    def open(self, servers: ExitStack) -> None:
        """Start the server, fill it, and roll up for the first time."""
        self.engine = servers.enter_context(own_server(self.settings))
        fill_orders(self.engine, orders=self.orders, until=_UNTIL)
        settle(self.engine)
        self.roll_up(as_of=_UNTIL)
        settle(self.engine)

    def roll_up(self, *, as_of: datetime, anew: bool = False, changes: int = 0) -> float:
        """Return the seconds of a roll-up, snapshot and scores included, which must have found so many images of orders."""
        began = time.perf_counter()
        done = roll_up_changes(self.engine, settings=self.settings, as_of=as_of, anew=anew)
        seconds = time.perf_counter() - began
        if done.changes != changes:
            raise NotWhatWasStored(f"{done.changes} images rolled up instead of {changes}")
        return seconds

    def batch(self, number: int) -> float:
        """Change recent orders and return the seconds of the roll-up that follows; only that is timed."""
        as_of = _UNTIL + number * _A_BATCH
        with self.engine.begin() as connection:
            change_orders(connection, orders=_CHANGED, batch=number, as_of=as_of)
        return self.roll_up(as_of=as_of, changes=2 * _CHANGED)


def _batches(small: Store, large: Store) -> Figure:
    for store in (small, large):
        settle(store.engine)
    seconds: dict[int, list[float]] = {small.orders: [], large.orders: []}
    for number in range(1, _WARM_UP + _BATCHES + 1):
        for store in (small, large):
            seconds[store.orders].append(store.batch(number))
    ours, yardstick = (median(seconds[store.orders][_WARM_UP:]) * 1_000 for store in (large, small))
    for store in (small, large):
        _check(store, "(SELECT * FROM channel_day) AS other")
    on = f"median of {_BATCHES} batches of {_CHANGED:,} changed orders, on {large.orders:,} and on {small.orders:,} stored"
    return Figure("rollup_batch_10m_over_1m", ours, yardstick, "ms", "<= 1.5", on)


def _rebuild(store: Store) -> Figure:
    """Compare the rebuild of all cubes, digests and scores included, with one bare statement that sums the same measures once."""
    bare = {form: _bare_seconds(store, statement) for form, statement in _BARE.items()}
    settle(store.engine)
    ours = store.roll_up(as_of=_UNTIL, anew=True)
    form = min(bare, key=lambda each: bare[each])
    others = ", ".join(f"{each} {seconds:.0f} s" for each, seconds in bare.items() if each != form)
    on = f"{store.orders:,} orders, all {len(CUBES)} cubes; bare: {form} ({others})"
    return Figure("rollup_rebuild", ours, bare[form], "s", "<= 3", on)


def _bare_seconds(store: Store, statement: str) -> float:
    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare_cell_day (LIKE cell_day)"))
    settle(store.engine)
    began = time.perf_counter()
    with store.engine.begin() as connection:
        give_memory(connection)
        connection.execute(text(statement), {"zone": store.settings.zone})
    seconds = time.perf_counter() - began
    _check(store, "bare_cell_day AS other")
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE bare_cell_day"))
    return seconds


def _check(store: Store, other: str) -> None:
    """See to it that every measure of the cells comes to what another way of summing says, and the orders to all orders."""
    sums = f"ARRAY[{', '.join(f'sum({name})' for name in MEASURE_NAMES)}]"
    asked = f"SELECT (SELECT {sums} FROM cell_day), (SELECT {sums} FROM {other}), (SELECT count(*) FROM orders)"
    with store.engine.connect() as connection:
        cells, others, orders = connection.execute(text(asked)).one()
    if cells != others or cells[MEASURE_NAMES.index("orders")] != orders:
        raise NotWhatWasStored(f"{cells}, {others}, {orders} orders")


_KEYS = "day, channel, region_code, category"
_IMAGES = f"(SELECT {', '.join(f'{sql} AS {name}' for name, sql in IMAGE.items())} FROM orders WHERE NOT stub) AS image"
_INTO = f"INSERT INTO bare_cell_day ({_KEYS}, {', '.join(MEASURE_NAMES)})"
_DAY = "CAST({moment} AT TIME ZONE :zone AS date) AS day"
_DAYS_OF_ONE = ", ".join(f"('{axis}', {moment})" for axis, moment in AXES.items())
# Two ways of writing it bare, for which is faster depends on the number of orders: each order crossed with its days, or one reading a day.
_BARE = {
    "lateral": f"""
        {_INTO} SELECT {_DAY.format(moment="moment")}, channel, region_code, category,
            {", ".join(f"coalesce(sum({m.sql}) FILTER (WHERE axis = '{m.axis}'), 0)" for m in MEASURES)}
        FROM {_IMAGES} CROSS JOIN LATERAL (VALUES {_DAYS_OF_ONE}) AS axes (axis, moment)
        WHERE moment IS NOT NULL GROUP BY {_KEYS}""",
    "union": f"""
        {_INTO} SELECT {_KEYS}, {", ".join(f"sum({name})" for name in MEASURE_NAMES)} FROM ({
        " UNION ALL ".join(
            f"SELECT {_DAY.format(moment=moment)}, channel, region_code, category,"
            f" {', '.join(f'{m.sql if m.axis == axis else 0} AS {m.name}' for m in MEASURES)} FROM {_IMAGES} WHERE {moment} IS NOT NULL"
            for axis, moment in AXES.items()
        )
    }) AS placed GROUP BY {_KEYS}""",
}
