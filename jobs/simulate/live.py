"""What have the platforms and the warehouse to tell since the last call?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.delivery import deliver, release, tell
from jobs.simulate.dice import Flags
from jobs.simulate.faults import NO_FAULTS, Fault, shifted
from jobs.simulate.life import PARCEL_EVENTS, as_seen, finished_at, pass_warehouses, settle
from jobs.simulate.masters import rates
from jobs.simulate.merchant import Played, joined, kept, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.platforms.writer import File, View, Writer
from jobs.simulate.state import Memory, load, save
from jobs.simulate.story import Story
from jobs.simulate.wangdian import stockout_list

# A merchant's own export runs by the clock, whether anybody has bought or not; it then shows the newest order again.
_EXPORT_SECONDS = 240


def write_live(
    inbox: Path, *, state: Path, now: datetime, writers: Sequence[Writer] = WRITERS, faults: Sequence[Fault] = NO_FAULTS
) -> list[Path]:
    """Write what is new or changed since the last call, one small file a source, and a shop's newest order again every few minutes.

    Goes on from where ``write_history`` or the last call ended, however long ago: the same orders come, and end alike,
    whether asked for every minute or once after hours. A call for an instant already written does nothing.
    ``FileNotFoundError`` where no history was written to ``state``.
    """
    memory = load(state)
    at = rhythm.seconds_of(now)
    if at <= memory.written_until:
        return []
    story = memory.story()
    faults = (*faults, *_late(story))
    memory = _planned(memory, writers, until_day=rhythm.day_number_at(now), story=story)
    settled = settle(memory.open)
    seen = as_seen(settled, at=at)
    brought = release(inbox, state=state, at=at)
    stamp = f"{rhythm.instant_of(at + rhythm.SHANGHAI_OFFSET):%Y%m%d%H%M%S}"
    files = list(_news(seen, writers, faults, memory=memory, at=at, stamp=stamp, state=state))
    paths = deliver(inbox, files, faults, made_at={file.name: at for file in files}, state=state)
    still_open = kept(memory.open, memory.open.orders[finished_at(settled.orders) > at])
    # Only now: after a crash before this line the next call writes the same news again.
    save(replace(memory, written_until=at, open=still_open), state)
    return brought + paths


def _late(story: Story) -> list[Fault]:
    """Return the story's stale interfaces as the faults that hold their files back."""
    return [Fault("late_file", s.shop_id, rhythm.instant_of(s.since), rhythm.instant_of(s.until)) for s in story.stale]


def _planned(memory: Memory, writers: Sequence[Writer], *, until_day: int, story: Story) -> Memory:
    """Throw the dice of the days up to ``until_day``, day by day, and let the warehouses work each day's entries off."""
    for day in range(memory.planned_until, until_day + 1):
        today = [
            play(w.shop, [day], seed=memory.seed, orders_a_day=memory.orders_a_day[w.shop.shop_id])
            for w in writers
            if w.shop.shop_id in memory.orders_a_day
        ]
        played = joined([memory.open, *today])
        free = pass_warehouses(played, until=rhythm.midnight(day + 1), capacity=memory.capacity, free_from=memory.free_from, story=story)
        memory = replace(memory, planned_until=day + 1, free_from=free, open=played)
    return memory


def _news(
    seen: Played, writers: Sequence[Writer], faults: Sequence[Fault], *, memory: Memory, at: int, stamp: str, state: Path
) -> Iterator[File]:
    since = memory.written_until
    for writer in writers:
        orders = seen.orders[seen.orders["shop"] == writer.shop.number]
        changed = _changed(orders, writer.shows, since=since)
        if changed.any() or (len(orders) and since // _EXPORT_SECONDS < at // _EXPORT_SECONDS):
            # An export by time always holds the newest order too: it tells when the export was made.
            told = kept(seen, orders[changed | (orders["created"] == orders["created"].max()).to_numpy()])
            told, truth = shifted(told, faults, shop_id=writer.shop.shop_id)
            tell(state, truth)
            for file in writer.files(View(told, memory.seed, at), stamp=stamp):
                yield File(f"{writer.shop.shop_id}/{file.name}", file.content)
    warehouse = _warehouse_news(seen, since=since)
    if len(warehouse.parcels) or len(warehouse.orders):
        warehouse, truth = shifted(warehouse, faults, shop_id="wms")
        tell(state, truth)
        file = stockout_list(warehouse, shops=[w.shop for w in writers], stamp=stamp)
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
