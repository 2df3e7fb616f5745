"""What have the platforms and the warehouse to tell since the last call?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.delivery import deliver, release, tell
from jobs.simulate.dice import Flags
from jobs.simulate.faults import NO_FAULTS, Fault, closings_kept_quiet, rushed, shifted
from jobs.simulate.life import PARCEL_EVENTS, as_seen, pass_warehouses, remembered, settle
from jobs.simulate.masters import rates
from jobs.simulate.merchant import Played, joined, kept, play
from jobs.simulate.money_faults import Rates, equal_sums
from jobs.simulate.platforms import WRITERS
from jobs.simulate.platforms.writer import File, View, Writer
from jobs.simulate.state import Memory, load, save
from jobs.simulate.statements import close, learn, write_truth
from jobs.simulate.stock_play import sold_on_counters, stock_news
from jobs.simulate.story import Story
from jobs.simulate.wangdian import stockout_list
from jobs.simulate.wishes import granted

# A merchant's own export runs by the clock, whether anybody has bought or not; it then shows the newest order again.
_EXPORT_SECONDS = 240
# What can befall a file of a statement; the others need columns of orders.
_FILE_FAULTS = ("dead_interface", "late_file", "duplicate_file", "truncated_file")


def write_live(
    inbox: Path,
    *,
    state: Path,
    now: datetime,
    writers: Sequence[Writer] = WRITERS,
    faults: Sequence[Fault] = NO_FAULTS,
    outbox: Path | None = None,
) -> list[Path]:
    """Write what is new or changed since the last call, one small file a source, and a shop's newest order again every few minutes.

    Goes on from where ``write_history`` or the last call ended, however long ago: the same orders come, and end alike,
    whether asked for every minute or once after hours. A call for an instant already written does nothing.
    Where the hub publishes stock into an ``outbox``, platforms sell only what they were told; what it asks of warehouses there is done.
    ``FileNotFoundError`` where no history was written to ``state``.
    """
    memory = load(state)
    at = rhythm.seconds_of(now)
    if at <= memory.written_until:
        return []
    story = memory.story()
    faults = (*faults, *_late(story))
    memory = _planned(memory, writers, until_day=rhythm.day_number_at(now), story=story, faults=faults, state=state)
    memory = sold_on_counters(memory, writers, outbox=outbox, at=at, faults=faults)
    memory = granted(memory, writers, outbox=outbox, at=at)
    settled = settle(memory.open)
    seen = as_seen(settled, at=at)
    brought = release(inbox, state=state, at=at)
    stamp = f"{rhythm.instant_of(at + rhythm.SHANGHAI_OFFSET):%Y%m%d%H%M%S}"
    files = list(_news(seen, writers, faults, memory=memory, at=at, stamp=stamp, state=state))
    paths = deliver(inbox, files, faults, made_at={file.name: at for file in files}, state=state)
    memory, lists = stock_news(memory, settled, writers, at=at, stamp=stamp, faults=faults)
    paths += deliver(inbox, lists, [f for f in faults if f.name in _FILE_FAULTS], made_at={file.name: at for file in lists}, state=state)
    memory, statements = _statements(memory, settled, writers, at=at, state=state)
    made = {file.name: instant for file, instant in statements}
    paths += deliver(inbox, [file for file, _ in statements], [f for f in faults if f.name in _FILE_FAULTS], made_at=made, state=state)
    still_open = remembered(memory.open, settled, at=at)
    # Only now: after a crash before this line the next call writes the same news again.
    save(replace(memory, written_until=at, open=still_open), state)
    return brought + paths


def _statements(
    memory: Memory, settled: Played, writers: Sequence[Writer], *, at: int, state: Path
) -> tuple[Memory, list[tuple[File, int]]]:
    """Return the statements of the days that are over since the last call, each day's in a file of its own."""
    if memory.money is None:
        return memory, []
    money, truth = learn(memory.money, settled, writers, at=at, seed=memory.seed)
    today = (at + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS
    files: list[tuple[File, int]] = []
    if today > money.told_until:
        money, files, more = close(money, writers, until_day=today, seed=memory.seed, days_a_file=1)
        write_truth(more, writers, state=state)
    write_truth(truth, writers, state=state)
    return replace(memory, money=money), files


def _late(story: Story) -> list[Fault]:
    """Return the story's stale interfaces as the faults that hold their files back."""
    return [Fault("late_file", s.shop_id, rhythm.instant_of(s.since), rhythm.instant_of(s.until)) for s in story.stale]


def _planned(memory: Memory, writers: Sequence[Writer], *, until_day: int, story: Story, faults: Sequence[Fault], state: Path) -> Memory:
    """Throw the dice of the days up to ``until_day``, day by day, and let the warehouses work each day's entries off."""
    for day in range(memory.planned_until, until_day + 1):
        today = [
            play(w.shop, [day], seed=memory.seed, orders_a_day=memory.orders_a_day[w.shop.shop_id])
            for w in writers
            if w.shop.shop_id in memory.orders_a_day
        ]
        new, truth = rushed(
            joined(_of_equal_sums(memory, today, writers)), faults, numbers={w.shop.shop_id: w.shop.number for w in writers}
        )
        tell(state, truth)
        played = joined([memory.open, new])
        free = pass_warehouses(played, until=rhythm.midnight(day + 1), capacity=memory.capacity, free_from=memory.free_from, story=story)
        memory = replace(memory, planned_until=day + 1, free_from=free, open=played)
    return memory


def _of_equal_sums(memory: Memory, today: Sequence[Played], writers: Sequence[Writer]) -> list[Played]:
    if memory.money is None:
        return list(today)
    shops = {writer.shop.number: writer.shop for writer in writers}
    return [equal_sums(played, shops, rates=Rates(memory.money.rates), seed=memory.seed) for played in today]


def _news(
    seen: Played, writers: Sequence[Writer], faults: Sequence[Fault], *, memory: Memory, at: int, stamp: str, state: Path
) -> Iterator[File]:
    since = memory.written_until
    for writer in writers:
        orders = seen.orders[seen.orders["shop"] == writer.shop.number]
        changed = _changed(orders, writer.shows, since=since)
        if changed.any() or (len(orders) and since // _EXPORT_SECONDS < at // _EXPORT_SECONDS):
            # An export by time always holds the newest orders too: they tell when the export was made.
            told = kept(seen, orders[changed | writer.newest(orders)])
            told, truth = shifted(told, faults, shop_id=writer.shop.shop_id)
            told, quiet = closings_kept_quiet(told, faults, shop_id=writer.shop.shop_id)
            tell(state, [*truth, *quiet])
            for file in writer.files(View(told, memory.seed, at), stamp=stamp):
                yield File(f"{writer.shop.shop_id}/{file.name}", file.content)
    warehouse = _warehouse_news(seen, since=since)
    if len(warehouse.parcels) or len(warehouse.orders):
        warehouse, truth = shifted(warehouse, faults, shop_id="wms")
        tell(state, truth)
        file = stockout_list(warehouse, writers=writers, stamp=stamp)
        yield File(f"wms/{file.name}", file.content)
    yesterday, today = ((instant + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS for instant in (since, at))
    if today > yesterday:
        file = rates(seed=memory.seed, first_day=yesterday + 1, last_day=today, name=f"fx_rates_{stamp[:8]}.csv")
        yield File(f"masters/{file.name}", file.content)


def _changed(rows: pd.DataFrame, events: Sequence[str], *, since: int) -> Flags:
    """Flag the rows to which one of the events has happened after ``since``."""
    changed: Flags = (rows[list(events)] > since).any(axis=1).to_numpy()
    return changed


def _warehouse_news(seen: Played, *, since: int) -> Played:
    """Return parcels with news and the other parcels of their orders, whole where orders share one; and news of holds.

    The list shows an order with all its parcels, or a reader would take the first for the whole.
    """
    news = seen.parcels[_changed(seen.parcels, PARCEL_EVENTS, since=since)]
    parcels = seen.parcels[seen.parcels["stockout"].isin(news["stockout"]) | seen.parcels["key"].isin(news["key"])]
    held = seen.orders[_changed(seen.orders, ("held", "refunded"), since=since)]
    keys = pd.concat([parcels["key"], held["key"][held["held"] > 0]])
    return Played(seen.orders[seen.orders["key"].isin(keys)], seen.lines.head(0), parcels)
