"""How does the merchant's past come into an inbox as the files its platforms would have given?"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobs.simulate import rhythm
from jobs.simulate.faults import NO_FAULTS, Fault, spoiled
from jobs.simulate.handling import warehouse_shares
from jobs.simulate.life import as_seen, finished_at, pass_warehouses, settle
from jobs.simulate.masters import masters
from jobs.simulate.merchant import Played, joined, kept, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.platforms.writer import File, View, Writer
from jobs.simulate.queues import SLACK
from jobs.simulate.state import Memory, save
from jobs.simulate.wangdian import stockout_list

# Progress: (what is being done, steps done, steps in all).
Progress = Callable[[str, int, int], None]
# A file holds a week: few files, and none too long to look into.
_DAYS_A_FILE = 7


@dataclass(frozen=True)
class History:
    """What was written: ``truth`` counts orders by shop and stage (``life.as_seen``) as of ``until``."""

    files: tuple[Path, ...]
    orders: int
    truth: Mapping[str, Mapping[str, int]]


def write_history(
    inbox: Path,
    *,
    until: datetime,
    days: int = 90,
    seed: int = 20261111,
    orders: int = 150_000,
    state: Path,
    progress: Progress | None = None,
    writers: Sequence[Writer] = WRITERS,
    faults: Sequence[Fault] = NO_FAULTS,
) -> History:
    """Write ``days`` of a merchant's life up to ``until`` as files, about ``orders`` in all if the shops' shares add to one.

    Files lie in ``<shop id>/history``, ``wms/history`` and ``masters/history`` of the inbox. ``state`` is a folder of our
    own where ``live.write_live`` finds how to go on; the truth of faults and of the orders is kept in ``state/truth``.
    The same arguments write the same bytes.
    """
    say = progress or (lambda _what, _done, _of: None)
    at = rhythm.seconds_of(until)
    last_day = rhythm.day_number_at(until)
    first_day = last_day - days
    steps = len(writers) + 2
    say("merchant", 0, steps)
    orders_a_day = {w.shop.shop_id: _orders_a_day(w, first_day, at, orders=orders) for w in writers}
    capacity = _capacity(writers, orders_a_day)
    played = joined([play(w.shop, range(first_day, last_day + 1), seed=seed, orders_a_day=orders_a_day[w.shop.shop_id]) for w in writers])
    free_from = pass_warehouses(played, until=rhythm.midnight(last_day + 1), capacity=capacity, free_from=[0.0] * len(capacity))
    settled = settle(played)
    seen = as_seen(settled, at=at)
    files: list[File] = []
    for step, writer in enumerate(writers, start=1):
        say(writer.shop.shop_id, step, steps)
        files += _shop_files(writer, _of_shop(seen, writer.shop.number), seed=seed, at=at, days=(first_day, last_day))
    say("wms", steps - 1, steps)
    files += _stockout_files(seen, writers, days=(first_day, last_day))
    lists = masters([w.shop for w in writers], seed=seed, first_day=first_day - 1, last_day=last_day)
    files += [File(f"masters/history/{file.name}", file.content) for file in lists]
    files, told = spoiled(files, faults, seed=seed)
    paths = tuple(lay(inbox, file) for file in files)
    memory = Memory(seed, at, last_day + 1, orders_a_day, capacity, free_from, _unfinished(played, settled, at=at))
    truth = _truth(seen, writers)
    _keep_truth(state, truth, told)
    save(memory, state)
    say("done", steps, steps)
    return History(paths, len(seen.orders), truth)


def lay(inbox: Path, file: File) -> Path:
    """Put a file into the inbox under a temporary name and rename it, so that nobody reads half of it."""
    path = inbox / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(file.content)
    os.replace(temporary, path)
    return path


def _orders_a_day(writer: Writer, first_day: int, at: int, *, orders: int) -> float:
    """Return a shop's orders of an average ordinary day, so that its share of ``orders`` comes until ``at``."""
    abroad, last_day = writer.shop.abroad, (at + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS
    full = sum(rhythm.day_weight(rhythm.day_of(day), abroad=abroad) for day in range(first_day, last_day))
    today = rhythm.day_of(last_day)
    part = rhythm.elapsed_share(at - rhythm.midnight(last_day), today, abroad=abroad)
    return orders * writer.shop.share / (full + part * rhythm.day_weight(today, abroad=abroad))


def _capacity(writers: Sequence[Writer], orders_a_day: Mapping[str, float]) -> list[float]:
    daily = sum(warehouse_shares(abroad=w.shop.abroad) * orders_a_day[w.shop.shop_id] for w in writers)
    return [float(parcels) * SLACK for parcels in daily]  # type: ignore[union-attr]


def _of_shop(seen: Played, number: int) -> Played:
    orders = seen.orders[seen.orders["shop"] == number]
    # Keys begin with the shop's number, so lines and parcels need no look-up.
    lines, parcels = (frame[frame["key"] // 10**11 == number] for frame in (seen.lines, seen.parcels))
    return Played(orders, lines, parcels)


def _weeks(played: Played, first_day: int, last_day: int) -> Iterator[tuple[str, Played]]:
    """Cut orders by the week in which they were placed; yields (date of the export, its orders)."""
    week = {name: (getattr(played, name)["key"] // 10**6 % 10**5 - first_day) // _DAYS_A_FILE for name in ("orders", "lines", "parcels")}
    for number in sorted(week["orders"].unique().tolist()):
        exported = rhythm.day_of(min(first_day + (number + 1) * _DAYS_A_FILE - 1, last_day))
        yield f"{exported:%Y%m%d}", Played(**{name: getattr(played, name)[week[name] == number] for name in week})


def _shop_files(writer: Writer, seen: Played, *, seed: int, at: int, days: tuple[int, int]) -> Iterable[File]:
    for stamp, part in _weeks(seen, *days):
        for file in writer.files(View(part, seed, at), stamp=stamp):
            yield File(f"{writer.shop.shop_id}/history/{file.name}", file.content)


def _stockout_files(seen: Played, writers: Sequence[Writer], *, days: tuple[int, int]) -> Iterable[File]:
    for stamp, part in _weeks(seen, *days):
        file = stockout_list(part, shops=[w.shop for w in writers], stamp=stamp)
        yield File(f"wms/history/{file.name}", file.content)


def _unfinished(played: Played, settled: Played, *, at: int) -> Played:
    """Return the orders to which something may yet happen, as they were before settling."""
    return kept(played, played.orders[finished_at(settled.orders) > at])


def _truth(seen: Played, writers: Sequence[Writer]) -> dict[str, dict[str, int]]:
    ids = {w.shop.number: w.shop.shop_id for w in writers}
    counts = seen.orders.groupby(["shop", "stage"]).size()
    truth: dict[str, dict[str, int]] = {shop_id: {} for shop_id in ids.values()}
    for row in counts.reset_index(name="orders").to_dict("records"):
        truth[ids[row["shop"]]][row["stage"]] = row["orders"]
    return truth


def _keep_truth(state: Path, truth: Mapping[str, Mapping[str, int]], told: Sequence[Mapping[str, object]]) -> None:
    folder = state / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True))
    (folder / "faults.json").write_text(json.dumps(list(told), ensure_ascii=False, indent=1, sort_keys=True))
