"""How long do reading and mapping take a row, for each kind of file of the demo?"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from data.connectors.choose import Choice, choose
from data.connectors.mapping import Mapper
from data.connectors.readers import open_entries, preview, read, read_records
from data.connectors.registry import manifests
from data.connectors.shops import Shop, ShopBook
from jobs.simulate.history import write_history
from tests.bench.figure import Figure
from tests.bench.scale import Scale

_UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
# What a week's file of the demo may cost a row, so that a year's files are a matter of minutes.
_MICROSECONDS = {
    "taobao_home/history/ExportOrderList*": ("mapping_taobao_order", 15.0),
    "douyin_live/history/douyin_orders_*": ("mapping_douyin_row", 40.0),
    "shopify_global/history/orders_*": ("mapping_shopify_order", 300.0),
    "wms/history/stockout_*": ("mapping_stockout_row", 20.0),
}
_TIMES = 3


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure one file of each kind, the best of three times, in one process and without a database."""
    inbox = scale.folder / "mapped"
    write_history(inbox, until=_UNTIL, orders=min(150_000, scale.orders), state=scale.folder / "mapped_state")
    book = _shops(inbox)
    for pattern, (figure, goal) in _MICROSECONDS.items():
        largest = max(inbox.glob(pattern), key=lambda path: path.stat().st_size)
        runs = [_mapped(largest, book=book) for _ in range(_TIMES)]
        seconds, rows = min(runs)
        yield Figure(figure, seconds / rows * 1_000_000, goal, "us", "<= 1", f"{rows:,} records of one file, read and mapped")


def _mapped(path: Path, *, book: ShopBook) -> tuple[float, int]:
    """Return processor seconds and rows of reading and mapping a file."""
    began = time.process_time()
    [entry] = open_entries(path)
    seen = preview(entry)
    choice = choose(seen, manifests())
    if not isinstance(choice, Choice):
        raise TypeError(choice)
    mapper = Mapper(choice.manifest, choice.table, shops=book, as_of=_UNTIL)
    if choice.table.format == "json":
        reading = read_records(entry, seen, records_path=choice.records_path)
    else:
        reading = read(entry, seen, header_row=choice.header_row, columns=choice.table.mapped_columns)
    rows = sum(batch.rows for batch in mapper.batches(reading.chunks()))
    return time.process_time() - began, rows


def _shops(inbox: Path) -> ShopBook:
    """Return the merchant's shops as its own master names them."""
    [entry] = open_entries(inbox / "masters" / "history" / "shops.csv")
    _, *rows = preview(entry).rows
    return ShopBook({row[0]: Shop(row[0], row[2], row[1], row[4], row[5]) for row in rows})
