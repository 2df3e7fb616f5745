"""Does page 200 of the list of orders cost what page 1 costs?"""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from statistics import median

from data import reads
from data.reads import Cursor, Part, Wanted
from models.scope import EVERYTHING
from tests.bench.figure import Figure
from tests.bench.pages_store import Store

_PAGE, _TIMES = 200, 60
_DAYS = timedelta(days=90)
# All orders, and those of one channel that left from three warehouses of five: one in six.
_PARTS: Mapping[str, Part] = {
    "pages_list_200": Part(),
    "pages_list_200_filtered": Part(channels=("taobao",), warehouses=("CN-BJ", "CN-GZ", "CN-HZ")),
}


class TooShort(AssertionError):
    """The list has no page 200, so nothing was turned."""


def figures(store: Store, *, as_of: datetime) -> Iterator[Figure]:
    """Measure both pages in turns, of all orders and of a part of them."""
    wanted = Wanted(since=as_of - _DAYS, until=as_of, as_of=as_of)
    for name, part in _PARTS.items():
        after = _cursor(store, part, wanted)
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(_TIMES):
            for first in (True, False):
                began = time.perf_counter()
                reads.orders_page(store.engine, scope=EVERYTHING, part=part, wanted=wanted, after=None if first else after)
                seconds[first].append(time.perf_counter() - began)
        far, near = (median(seconds[first]) * 1_000 for first in (False, True))
        on = f"{store.orders:,} orders, those of {_DAYS.days} days, page {_PAGE} beside page 1, median of {_TIMES}"
        yield Figure(name, far, near, "ms", "<= 1.2", on)


def _cursor(store: Store, part: Part, wanted: Wanted) -> Cursor:
    """Turn the pages and return the last order before the page that is measured."""
    after: Cursor | None = None
    for _ in range(_PAGE - 1):
        rows = reads.orders_page(store.engine, scope=EVERYTHING, part=part, wanted=wanted, after=after)
        if not rows:
            break
        after = (rows[-1].at, rows[-1].shop_id, rows[-1].order_no)
    else:
        if after is not None and reads.orders_page(store.engine, scope=EVERYTHING, part=part, wanted=wanted, after=after):
            return after
    raise TooShort(f"{part} on {store.orders:,} orders")
