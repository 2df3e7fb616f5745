"""How long does the demo take until its 90 days of history are on the page?"""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from data.settings import Settings
from jobs.pull_inbox import inbox_files
from jobs.simulate.history import write_history
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server
from tests.bench.taking import Given, take_in

_UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
_ORDERS = 150_000
# A first run may take a minute from installation to the page; the server, the migration and the page itself want their share.
_WRITING_SECONDS, _TAKING_SECONDS = 25.0, 35.0


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure writing the merchant's history and taking it in."""
    orders = min(_ORDERS, scale.orders)
    share = orders / _ORDERS
    settings = Settings(home=scale.folder / "demo_home", inbox=None, database_url=None)
    began = time.perf_counter()
    history = write_history(settings.inbox_dir, until=_UNTIL, orders=orders, state=scale.folder / "demo_home" / "state")
    writing = time.perf_counter() - began
    yield Figure(
        "first_run_writing", writing, _WRITING_SECONDS * share, "s", "<= 1", f"{history.orders:,} orders, {len(history.files)} files"
    )
    with own_server(settings) as engine:
        masters, others = _in_order(settings)
        began = time.perf_counter()
        take_in(engine, masters, settings=settings, as_of=_UNTIL, workers=1)
        taken = take_in(engine, others, settings=settings, as_of=_UNTIL)
        taking = time.perf_counter() - began
    yield Figure("first_run_ingest", taking, _TAKING_SECONDS * share, "s", "<= 1", f"{taken.rows:,} rows, {len(others)} files")


def _in_order(settings: Settings) -> tuple[list[Given], list[Given]]:
    """Return masters and the others, as the sweep of the inbox gives them; folders that are no shop last."""
    given: list[tuple[str, Path]] = [(file.folder, file.path) for file in inbox_files(settings.inbox_dir)]
    masters: list[Given] = [(path, None) for folder, path in given if folder == "masters"]
    shops: list[Given] = [(path, folder) for folder, path in given if folder not in ("masters", "wms")]
    return masters, [*_dealt(shops), *((path, None) for folder, path in given if folder == "wms")]


def _dealt(files: list[Given]) -> list[Given]:
    """Let the shops take turns: two files of one shop cannot be stored at the same moment."""
    met: Counter[str | None] = Counter()
    turns: list[tuple[int, Given]] = []
    for path, shop in files:
        turns.append((met[shop], (path, shop)))
        met[shop] += 1
    return [file for _, file in sorted(turns, key=lambda turn: turn[0])]
