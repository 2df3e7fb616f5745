"""How does the merchant's past come into an inbox as the files its platforms would have given?"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from jobs.simulate import rhythm
from jobs.simulate.counters import Counters
from jobs.simulate.delivery import deliver, lay, tell
from jobs.simulate.faults import NO_FAULTS, Fault, closings_kept_quiet, rushed, shifted, silenced
from jobs.simulate.handling import warehouse_shares
from jobs.simulate.life import as_seen, pass_warehouses, remembered, settle
from jobs.simulate.masters import masters
from jobs.simulate.merchant import Played, joined, play
from jobs.simulate.money_faults import Rates, equal_sums
from jobs.simulate.platforms import WRITERS
from jobs.simulate.platforms.writer import File, View, Writer
from jobs.simulate.queues import SLACK
from jobs.simulate.state import Memory, save
from jobs.simulate.statements import Money, begun, close, learn, write_truth
from jobs.simulate.stock_play import Stock, stock_history
from jobs.simulate.story import story_of, told
from jobs.simulate.wangdian import stockout_list

# Progress: (what is being done, steps done, steps in all).
Progress = Callable[[str, int, int], None]
# A file holds half a month: few files, and none too long to look into.
_DAYS_A_FILE = 15


@dataclass(frozen=True)
class History:
    """What was written: ``truth`` counts orders by shop and stage (``life.as_seen``) as of ``until``."""

    files: tuple[Path, ...]
    orders: int
    truth: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Statements:
    """That statements are to be written too: the chance of each fault (``money_faults.MONEY_FAULTS``), and how many days a file holds.

    ``days_a_file`` None = a calendar month, else files end with a week or its like.
    """

    faults: Mapping[str, float] = field(default_factory=dict)
    days_a_file: int | None = None


@dataclass(frozen=True)
class Span:
    """The days of a history (numbers, both included) and the instant at which it was exported."""

    first_day: int
    last_day: int
    at: int


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
    statements: Statements | None = None,
    stock: Stock | None = None,
) -> History:
    """Write ``days`` of a merchant's life up to ``until`` as files, about ``orders`` in all if the shops' shares add to one.

    Files lie in ``<shop id>/history``, ``wms/history`` and ``masters/history`` of the inbox,
    with ``statements`` in ``bank/history`` too; with ``stock`` there are lists of stock among them. ``state`` is a folder of our
    own where ``live.write_live`` finds how to go on; the truth of faults, of the orders and of the ``story`` that the seed
    tells of the last weeks is kept in ``state/truth``.
    The same arguments write the same bytes.
    """
    say = progress or (lambda _what, _done, _of: None)
    at = rhythm.seconds_of(until)
    last_day = rhythm.day_number_at(until)
    first_day = last_day - days
    steps = len(writers) + 2 + (statements is not None)
    say("merchant", 0, steps)
    # A history begins anew: nothing withheld and no truth of an earlier one may remain.
    for leftover in ("truth", "withheld"):
        shutil.rmtree(state / leftover, ignore_errors=True)
    # Masters first: whoever takes the files in as they come then knows every shop and category at once.
    lists = masters([w.shop for w in writers], seed=seed, first_day=first_day - 1, last_day=last_day)
    paths = [lay(inbox / "masters" / "history", file) for file in lists]
    orders_a_day = {w.shop.shop_id: daily_orders(w, first_day, at, orders=orders) for w in writers}
    capacity = daily_capacity(writers, orders_a_day)
    played = joined([play(w.shop, range(first_day, last_day + 1), seed=seed, orders_a_day=orders_a_day[w.shop.shop_id]) for w in writers])
    played, rushes = rushed(played, faults, numbers={w.shop.shop_id: w.shop.number for w in writers})
    tell(state, rushes)
    if statements is not None:
        played = equal_sums(played, {w.shop.number: w.shop for w in writers}, rates=Rates(statements.faults), seed=seed)
    story = story_of(seed, anchor_day=last_day, shops=tuple(orders_a_day))
    free_from = pass_warehouses(
        played, until=rhythm.midnight(last_day + 1), capacity=capacity, free_from=[0.0] * len(capacity), story=story
    )
    settled = settle(played)
    seen = as_seen(settled, at=at)
    room, offered = None, Counters()
    if stock is not None:
        kept = stock_history(settled, writers, stock, first_day=first_day, last_day=last_day, at=at, seed=seed, faults=faults)
        room, offered, hidden = kept.room, kept.counters, kept.truth
        paths += [lay(inbox, file) for file in kept.files]
    for step, (source, files) in enumerate(_exports(seen, writers, faults, span=Span(first_day, last_day, at), seed=seed, state=state), 1):
        say(source, step, steps)
        # The orders of a dead interface are missing from the files; the files that the others are in still come.
        paths += deliver(
            inbox,
            list(files),
            [f for f in faults if f.name != "dead_interface"],
            made_at={file.name: made for file, made in files.items()},
            state=state,
        )
    money = None
    if statements is not None:
        say("statements", steps - 1, steps)
        money, written = _write_statements(inbox, settled, writers, statements, span=Span(first_day, last_day, at), seed=seed, state=state)
        paths += written
    truth = _truth(seen, writers)
    facts = {"orders": truth, "story": told(story, seed=seed, anchor_day=last_day)}
    for name, fact in (facts if stock is None else facts | {"stock": hidden}).items():
        (state / "truth" / f"{name}.json").write_text(json.dumps(fact, ensure_ascii=False, indent=1, sort_keys=True))
    still_open = remembered(played, settled, at=at)
    save(Memory(seed, at, last_day + 1, orders_a_day, capacity, free_from, still_open, last_day, money, room, offered), state)
    say("done", steps, steps)
    return History(tuple(paths), len(seen.orders), truth)


def _write_statements(
    inbox: Path, settled: Played, writers: Sequence[Writer], wanted: Statements, *, span: Span, seed: int, state: Path
) -> tuple[Money, list[Path]]:
    """Write the statements of all days that are over."""
    money = begun(writers, first_day=span.first_day, rates=wanted.faults)
    money, truth = learn(money, settled, writers, at=span.at, seed=seed)
    money, files, more = close(money, writers, until_day=span.last_day, seed=seed, days_a_file=wanted.days_a_file)
    for part in (truth, more):
        write_truth(part, writers, state=state)
    folders = (file.name.partition("/") for file, _ in files)
    return money, [
        lay(inbox / folder / "history", File(name, file.content)) for (folder, _, name), (file, _) in zip(folders, files, strict=True)
    ]


def _exports(
    seen: Played, writers: Sequence[Writer], faults: Sequence[Fault], *, span: Span, seed: int, state: Path
) -> Iterator[tuple[str, Mapping[File, int]]]:
    """Yield each source's files with the instant of their export: the shops', then the warehouse system's."""
    for writer in writers:
        told = _troubled(_of_shop(seen, writer.shop.number), faults, name=writer.shop.shop_id, state=state)
        yield writer.shop.shop_id, dict(_shop_files(writer, told, span=span, seed=seed))
    told = _troubled(seen, faults, name="wms", state=state)
    yield "wms", dict(_stockout_files(told, writers, span=span))


def daily_orders(writer: Writer, first_day: int, at: int, *, orders: int) -> float:
    """Return a shop's orders of an average ordinary day, so that its share of ``orders`` comes until ``at``."""
    buying, last_day = writer.shop.market.rhythm, (at + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS
    full = sum(buying.day_weight(rhythm.day_of(day)) for day in range(first_day, last_day))
    today = rhythm.day_of(last_day)
    part = buying.elapsed_share(at - rhythm.midnight(last_day), today)
    return orders * writer.shop.share / (full + part * buying.day_weight(today))


def daily_capacity(writers: Sequence[Writer], orders_a_day: Mapping[str, float]) -> list[float]:
    """Return what each warehouse can do a day, in parcels."""
    daily = np.sum([warehouse_shares(w.shop.market) * orders_a_day[w.shop.shop_id] for w in writers], axis=0)
    capacity: list[float] = (daily * SLACK).tolist()
    return capacity


def _of_shop(seen: Played, number: int) -> Played:
    orders = seen.orders[seen.orders["shop"] == number]
    # Keys begin with the shop's number, so lines and parcels need no look-up.
    lines, parcels = (frame[frame["key"] // 10**11 == number] for frame in (seen.lines, seen.parcels))
    return Played(orders, lines, parcels)


def _portions(played: Played, span: Span) -> Iterator[tuple[str, int, Played]]:
    """Cut orders by the half month in which they were placed; yields (date of the export, its instant, its orders)."""
    names = ("orders", "lines", "parcels")
    portion = {name: (getattr(played, name)["key"] // 10**6 % 10**5 - span.first_day) // _DAYS_A_FILE for name in names}
    for number in sorted(portion["orders"].unique().tolist()):
        exported = min(span.first_day + (number + 1) * _DAYS_A_FILE - 1, span.last_day)
        part = Played(**{name: getattr(played, name)[portion[name] == number] for name in names})
        yield f"{rhythm.day_of(exported):%Y%m%d}", min(rhythm.midnight(exported + 1) - 1, span.at), part


def _shop_files(writer: Writer, told: Played, *, span: Span, seed: int) -> Iterator[tuple[File, int]]:
    for stamp, made, part in _portions(told, span):
        for file in writer.files(View(part, seed, span.at), stamp=stamp):
            yield File(f"{writer.shop.shop_id}/history/{file.name}", file.content), made


def _stockout_files(told: Played, writers: Sequence[Writer], *, span: Span) -> Iterator[tuple[File, int]]:
    for stamp, made, part in _portions(told, span):
        file = stockout_list(part, writers=writers, stamp=stamp)
        yield File(f"wms/history/{file.name}", file.content), made


def _troubled(told: Played, faults: Sequence[Fault], *, name: str, state: Path) -> Played:
    told, wrong = shifted(told, faults, shop_id=name)
    told, lost = silenced(told, faults, shop_id=name)
    told, quiet = closings_kept_quiet(told, faults, shop_id=name)
    tell(state, [*wrong, *lost, *quiet])
    return told


def _truth(seen: Played, writers: Sequence[Writer]) -> dict[str, dict[str, int]]:
    ids = {w.shop.number: w.shop.shop_id for w in writers}
    counts = seen.orders.groupby(["shop", "stage"]).size()
    truth: dict[str, dict[str, int]] = {shop_id: {} for shop_id in ids.values()}
    for row in counts.reset_index(name="orders").to_dict("records"):
        truth[ids[row["shop"]]][row["stage"]] = row["orders"]
    return truth
