"""How fast do a million Taobao orders come from their files into stored events, beside the bare COPY of the same rows?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

from data.settings import Settings
from tests.bench.bare_copy import bare_copy_seconds
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle
from tests.bench.taking import Taken, take_in
from tests.bench.taobao_files import SHOP, Written, write_exports

# What the accepted rows end in.
TABLES = ("orders", "order_lines", "order_events", "order_contacts")
MEMORY_MB = 1_024
_SEED, _SEED_OF_ONE_FILE = 7, 8
_ORDERS_A_FILE = 100_000
# When the files are said to have come: after the last of their times.
_AS_OF = datetime(2026, 11, 22, 8, tzinfo=UTC)


class NotWhatWasWritten(AssertionError):
    """What was stored is not what the files say, so its speed is worth nothing."""


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure ingest, ingest again, memory, and the yardstick, on a server of their own."""
    inbox = scale.folder / "inbox"
    settings = Settings(home=scale.folder / "home", inbox=inbox, database_url=None)
    written = write_exports(inbox / SHOP, orders=scale.orders, files=max(1, scale.orders // _ORDERS_A_FILE), seed=_SEED)
    on = f"{written.orders:,} orders, {written.lines:,} lines in {len(written.files)} GBK files"
    with own_server(settings) as engine:
        take_in(engine, [(path, None) for path in written.masters], settings=settings, as_of=_AS_OF, workers=1)
        settle(engine)
        first = _taken(engine, written, settings=settings)
        _check(engine, first, written)
        settle(engine)
        again = _taken(engine, written, settings=settings)
        yardstick = sum(bare_copy_seconds(engine, TABLES, folder=scale.folder).values())
        yield Figure("ingest_taobao", first.seconds, yardstick, "s", "<= 4", on)
        yield Figure("ingest_taobao_again", again.seconds, first.seconds, "s", "<= 0.35", on)
        yield Figure("ingest_memory", first.peak_mb, MEMORY_MB, "MB", "<= 1", on)
        yield _one_large_file(engine, scale, settings=settings)


def _taken(engine: Engine, written: Written, *, settings: Settings) -> Taken:
    return take_in(engine, [(path, SHOP) for path in written.files], settings=settings, as_of=_AS_OF)


def _check(engine: Engine, taken: Taken, written: Written) -> None:
    """See to it that everything written is there, complete and computed."""
    asked = text("""
        SELECT (SELECT count(*) FROM orders WHERE NOT stub AND category IS NOT NULL), (SELECT count(*) FROM order_lines),
            (SELECT count(*) FROM stale_orders)
    """)
    with engine.connect() as connection:
        found = tuple(connection.execute(asked).one())
    if found != (written.orders, written.lines, 0) or taken.refused:
        raise NotWhatWasWritten(
            f"orders, lines, left over: {found} instead of {(written.orders, written.lines, 0)}; refused {taken.refused}"
        )


def _one_large_file(engine: Engine, scale: Scale, *, settings: Settings) -> Figure:
    written = write_exports(scale.folder / "one", orders=scale.orders, files=1, seed=_SEED_OF_ONE_FILE)
    files: list[tuple[Path, str | None]] = [(path, "taobao_one_file") for path in written.files]
    taken = take_in(engine, files, settings=settings, as_of=_AS_OF, workers=1)
    return Figure("ingest_memory_one_file", taken.peak_mb, MEMORY_MB, "MB", "<= 1", f"{written.orders:,} orders in one file")
