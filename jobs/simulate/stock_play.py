"""Which lists of stock come, in a history and minute by minute, and what do the platforms offer meanwhile?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from jobs.simulate import counters, rhythm
from jobs.simulate.dice import HOUR, Ints
from jobs.simulate.faults import Fault
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.merchant import Played
from jobs.simulate.platforms.writer import File, Writer
from jobs.simulate.state import Memory
from jobs.simulate.stock_lists import counts_list, moves_list, stock_reply
from jobs.simulate.stockroom import COUNTED, LOST, Stockroom, Trouble, Troubles, advance, opened, troubles_of

# Stock is counted every evening; asked for every other hour. What a platform offers is exported four times an hour.
_EVENING_S = 23 * HOUR + 50 * 60
_ASKED_EVERY_S, _SHOWN_EVERY_S = 2 * HOUR, 900
_DAYS_A_FILE = 15
_SHOPIFY = "Shopify"


@dataclass(frozen=True)
class Stock:
    """That lists of stock are to be written too, of so many days before the history's end."""

    days: int = 28


@dataclass(frozen=True)
class StockHistory:
    """What a history wrote of the stock: where it stands at its end, what shops offer, the files, and what nobody was told."""

    room: Stockroom
    counters: counters.Counters
    files: tuple[File, ...]
    truth: dict[str, object]


def stock_history(
    settled: Played, writers: Sequence[Writer], wanted: Stock, *, first_day: int, last_day: int, at: int, seed: int, faults: Sequence[Fault]
) -> StockHistory:
    """Write the past of the stock: what lay there at its beginning, every evening's count, and every movement that is told."""
    since_day = max(first_day, last_day - wanted.days)
    begun = rhythm.midnight(since_day)
    first = opened(settled, at=begun, days=(at - begun) / rhythm.DAY_SECONDS, seed=seed)
    room, moves = advance(first, settled, until=at, seed=seed, troubles=_troubles(seed, last_day, faults))
    files = [counts_list([(begun, first.on_hand)], seed=seed, name="wms/history/stock_begin.csv", strange=True)]
    for from_day in range(since_day, last_day + 1, _DAYS_A_FILE):
        until_day = min(from_day + _DAYS_A_FILE, last_day + 1)
        stamp = f"{rhythm.day_of(until_day - 1):%Y%m%d}"
        evenings = [rhythm.midnight(day) + _EVENING_S for day in range(from_day, until_day)]
        counted = [(evening, _on_hand(first, moves, at=evening)) for evening in evenings if evening <= at]
        if counted:
            files.append(counts_list(counted, seed=seed, name=f"wms/history/stock_days_{stamp}.csv"))
        inside = (moves["at"] >= rhythm.midnight(from_day)) & (moves["at"] < rhythm.midnight(until_day))
        if (told := moves_list(moves[inside], seed=seed, name=f"wms/history/stock_moves_{stamp}.csv")) is not None:
            files.append(told)
    files.append(stock_reply(room, seed=seed, name="wms/history/stock_now.json", strange=True))
    files += [_under(f"{w.shop.shop_id}/history", counters.variants(seed=seed, at=at)) for w in writers if w.shop.platform == _SHOPIFY]
    offered = counters.opened(room.on_hand, writers)
    for file in counters.shown_files(offered, writers, at=at, seed=seed, stamp="now"):
        shop_id, _, name = file.name.partition("/")
        files.append(File(f"{shop_id}/history/{name}", file.content))
    days = [rhythm.midnight(day) + _EVENING_S for day in range(since_day, last_day)]
    return StockHistory(room, offered, tuple(files), _told(moves, room, evenings=days))


def stock_news(
    memory: Memory, settled: Played, writers: Sequence[Writer], *, at: int, stamp: str, faults: Sequence[Fault]
) -> tuple[Memory, list[File]]:
    """Return what the warehouse system and the platforms tell of the stock since the last call."""
    if memory.room is None:
        return memory, []
    since, seed = memory.written_until, memory.seed
    anchor = memory.anchor_day if memory.anchor_day is not None else 0
    room, moves = advance(memory.room, settled, until=at, seed=seed, troubles=_troubles(seed, anchor, faults))
    files = [told] if (told := moves_list(moves, seed=seed, name=f"wms/stock_moves_{stamp}.csv")) is not None else []
    if _passed(since, at, every=_ASKED_EVERY_S) or _passed(since, at, every=rhythm.DAY_SECONDS, after=_EVENING_S - rhythm.SHANGHAI_OFFSET):
        files.append(stock_reply(room, seed=seed, name=f"wms/stock_{stamp}.json"))
    if _passed(since, at, every=_SHOWN_EVERY_S):
        files += counters.shown_files(memory.counters, writers, at=at, seed=seed, stamp=stamp)
    return replace(memory, room=room), files


def sold_on_counters(memory: Memory, writers: Sequence[Writer], *, outbox: Path | None, at: int, faults: Sequence[Fault]) -> Memory:
    """Let the platforms sell what their counters offer; without an outbox they were told nothing, and sell without end."""
    if outbox is None or memory.room is None:
        return memory
    counted, sold, _ = counters.sell(
        memory.counters, memory.open, writers, outbox=outbox, since=memory.written_until, until=at, seed=memory.seed, faults=faults
    )
    return replace(memory, counters=counted, open=sold)


def _troubles(seed: int, anchor_day: int, faults: Sequence[Fault]) -> Troubles:
    usual = troubles_of(seed, anchor_day=anchor_day)
    codes = [warehouse.code for warehouse in WAREHOUSES]
    injected = tuple(
        Trouble(codes.index(fault.shop_id), rhythm.day_number_at(fault.since), rhythm.day_number_at(fault.until))
        for fault in faults
        if fault.name == "drift" and fault.shop_id in codes
    )
    return replace(usual, losses=usual.losses + injected)


def _on_hand(first: Stockroom, moves: pd.DataFrame, *, at: int) -> Ints:
    """Return what lay there at an instant, from what lay there first and what has moved; a count moves the book alone."""
    until = moves[(moves["at"] <= at) & (moves["what"] != COUNTED)]
    moved: Ints = np.bincount(until["place"], weights=until["units"], minlength=len(first.on_hand)).astype(np.int64)
    return first.on_hand + moved


def _told(moves: pd.DataFrame, room: Stockroom, *, evenings: Sequence[int]) -> dict[str, object]:
    """Return what the files do not say: pieces missing by warehouse, in all and not yet found by a count, now and every evening."""
    places = range(len(WAREHOUSES))
    lost = moves[moves["what"] == LOST]
    silent = moves[moves["what"].isin([LOST, COUNTED])]
    # what a count finds has been lost before: it makes good in the book what the loss did not say
    unknown = np.where(silent["what"] == LOST, -silent["units"], silent["units"])
    by_evening = {}
    for evening in evenings:
        until = (silent["at"] <= evening).to_numpy()
        sums = np.bincount(silent["place"].to_numpy()[until] % len(WAREHOUSES), weights=unknown[until], minlength=len(WAREHOUSES))
        by_evening[str(rhythm.day_of((evening + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS))] = {
            WAREHOUSES[i].code: int(sums[i]) for i in places
        }
    return {
        "evenings": by_evening,
        "lost": {WAREHOUSES[i].code: int((lost["place"] % len(WAREHOUSES) == i).sum()) for i in places},
        "untold": {WAREHOUSES[i].code: int(room.untold[i :: len(WAREHOUSES)].sum()) for i in places},
    }


def _passed(since: int, at: int, *, every: int, after: int = 0) -> bool:
    return (since - after) // every < (at - after) // every


def _under(folder: str, file: File) -> File:
    return File(f"{folder}/{file.name}", file.content)
