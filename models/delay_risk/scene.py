"""Who is looked at, when, and what was known of its place by then?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import numpy as np
import pandas as pd

from models.delay_risk.clocks import DAY, Bools, Floats, Ints, ShopClock, by_clock
from models.delay_risk.streams import Asked, Stream, Timeline, numbered

# A warehouse named by a platform is believed from the start unless its open orders mostly lack one: then it is named at dispatch only.
_NAMED_EARLY, _ENOUGH_OPEN = 0.5, 20
# How long an order's place tells where the next of the same shop and region goes.
_LOOK_BACK = 60 * 86_400.0
# After so long an order that was never heard of again is no work for anybody: seconds.
GIVEN_UP = 30 * DAY


@dataclass(frozen=True)
class Outcomes:
    """Of every order in ``facts``: when it was heard of that it left or ended, whether it was late by then, and since when that is known.

    Judged by what was heard, so that nothing heard later changes it: a parcel that left in time, and of which nobody heard before the
    deadline, stays late here.
    """

    heard_left: Floats
    finished: Floats
    late: Floats
    known_at: Floats


@dataclass(frozen=True)
class Scene:
    """The orders (``facts``), which of them are looked at (``rows``, places in facts) and at which instant each (``at``).

    Local and working seconds are those of the order's shop; ``deadlines``, ``local_starts``, ``worked_left`` (when it left) and
    ``hours`` (working hours until then) are of all orders, the others of the rows. Keys number shops, places (shop × warehouse) and lanes
    (× carrier), for all orders as they went and for the rows (``…_of_rows``) as known, else as expected, at their instants;
    ``keyed_since`` is when a level's key of each order was known. ``warehouse`` and ``carrier`` are codes of the rows, known or
    expected; ``warehouse_known`` says which.
    """

    facts: pd.DataFrame
    rows: Ints
    at: Floats
    deadline: Floats
    deadlines: Floats
    outcomes: Outcomes
    clocks: Mapping[str, ShopClock]
    local_starts: Floats
    local_left: Floats
    worked_starts: Floats
    local_start: Floats
    worked_start: Floats
    worked_at: Floats
    worked_left: Floats
    hours: Floats
    words: Mapping[str, Sequence[str]]
    keys: Mapping[str, Ints]
    keyed_since: Mapping[str, Floats]
    asked: Mapping[str, Asked]
    keys_of_rows: Mapping[str, Ints]
    warehouse: Ints
    warehouse_known: Bools
    carrier: Ints
    origin: Ints
    _timelines: dict[tuple[str, str], Timeline] = field(default_factory=dict, init=False)
    _locks: dict[tuple[str, str], Lock] = field(default_factory=dict, init=False)

    def of(self, column: str) -> Floats:
        """Return a column of numbers for the rows looked at."""
        return self.facts[column].to_numpy(np.float64)[self.rows]

    def timeline(self, level: str, event: str) -> Timeline:
        """Return when the orders of each key of a level begun, left, were over, or turned out (``known``), as it was heard."""
        # whoever asks second, in another thread, waits for it rather than sort once more
        with self._locks.setdefault((level, event), Lock()):
            if (level, event) not in self._timelines:
                # nobody stands in a place's queue before it is known to be theirs
                since = self.keyed_since.get(level)
                instants = self.instants[event] if since is None else np.maximum(self.instants[event], since)
                self._timelines[level, event] = Timeline(self.keys[level], instants)
            return self._timelines[level, event]

    @cached_property
    def instants(self) -> Mapping[str, Floats]:
        """When each order was heard of, when it was heard that it left, when it was over or given up, and when its outcome was known."""
        begun = self.facts["start_known_at"].to_numpy(np.float64)
        # an order is never done with before it is known
        over = np.fmax(np.fmin(self.outcomes.finished, begun + GIVEN_UP), begun)
        return {"begun": begun, "left": self.outcomes.heard_left, "over": over, "known": self.outcomes.known_at}


def scene(facts: pd.DataFrame, clocks: Mapping[str, ShopClock], *, rows: Ints, at: Floats, deadline: Floats) -> Scene:
    """Set the scene; ``deadline`` is of all orders in ``facts``."""
    start = facts["start_at"].to_numpy(np.float64)
    shipped = facts["shipped_at"].to_numpy(np.float64)
    local_start, worked_start = _local_and_worked(facts["shop_id"], start, clocks)
    local_left, worked_end = _local_and_worked(facts["shop_id"], shipped, clocks)
    _, worked_at = _local_and_worked(facts["shop_id"].iloc[rows], at, clocks)
    worded = {name: pd.factorize(facts[name]) for name in _CODES}
    named = {name: _codes(codes, found) for name, (codes, found) in worded.items()}
    words = {name: [str(word) for word in worded[name][1]] for name in ("warehouse_code", "carrier_code", "warehouse_region")}
    since = {"warehouse_code": _warehouse_known_at(facts, named), "carrier_code": _known_at(facts, "waybilled", "shipped")}
    region = np.maximum(named["region_code"], 0)
    warehouse = _expected(named["warehouse_code"], since["warehouse_code"], (named["shop_id"], region), rows=rows, at=at)
    road, its_road = (named["shop_id"], region, named["warehouse_code"]), (named["shop_id"][rows], region[rows], warehouse)
    carrier = _expected(named["carrier_code"], since["carrier_code"], road, rows=rows, at=at, theirs=its_road)
    now = {"shop_id": named["shop_id"][rows], "warehouse_code": warehouse, "carrier_code": carrier, "sku_code": named["sku_code"][rows]}
    now |= {part: _of_warehouse(warehouse, named, part=part) for part in ("warehouse_region", "warehouse_city")}
    keys, keys_of_rows, asked = {}, {}, {}
    for level, parts in LEVELS.items():
        both = numbered(*(np.concatenate([named[part], now[part]]) for part in parts))
        keys[level], keys_of_rows[level] = both[: len(facts)], both[len(facts) :]
        asked[level] = Asked(keys_of_rows[level], at)
    return Scene(
        facts=facts,
        rows=rows,
        at=at,
        deadline=deadline[rows],
        deadlines=deadline,
        outcomes=outcomes(facts, deadline),
        clocks=clocks,
        local_starts=local_start,
        local_left=local_left,
        worked_starts=worked_start,
        local_start=local_start[rows],
        worked_start=worked_start[rows],
        worked_at=worked_at,
        worked_left=worked_end,
        hours=(worked_end - worked_start) / 3_600.0,
        words=words,
        keys=keys,
        keyed_since={level: found for level, parts in LEVELS.items() if (found := _latest(parts, since)) is not None},
        asked=asked,
        keys_of_rows=keys_of_rows,
        warehouse=warehouse,
        warehouse_known=(named["warehouse_code"][rows] >= 0) & (since["warehouse_code"][rows] <= at),
        carrier=carrier,
        origin=now["warehouse_region"],
    )


_CODES = ("shop_id", "warehouse_code", "carrier_code", "region_code", "sku_code", "warehouse_region", "warehouse_city")
# Whose histories are kept, from the widest to the narrowest.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "shop": ("shop_id",),
    "origin": ("shop_id", "warehouse_region"),
    "place": ("shop_id", "warehouse_code"),
    "lane": ("shop_id", "warehouse_code", "carrier_code"),
    "sku": ("shop_id", "sku_code"),
    "city": ("shop_id", "warehouse_region", "warehouse_city"),
}


# Parts of a key that an order may get after its start.
_LEARNT = ("warehouse_code", "warehouse_region", "warehouse_city", "carrier_code")


def _latest(parts: Sequence[str], since: Mapping[str, Floats]) -> Floats | None:
    """Return from when on all parts of a level's key are known, NaN = never; None where they always are."""
    named = [since["warehouse_code" if part.startswith("warehouse") else part] for part in parts if part in _LEARNT]
    return np.maximum.reduce(named) if named else None


def outcomes(facts: pd.DataFrame, deadline: Floats) -> Outcomes:
    """Judge all orders by what was heard of them."""
    left, ended = facts["shipped_known_at"].to_numpy(np.float64), facts["ended_known_at"].to_numpy(np.float64)
    gone = np.fmin(left, ended)
    over = ~np.isnan(deadline)
    blamed = over & facts["closed_by_merchant"].to_numpy(bool) & (ended <= deadline) & ~(left < ended)
    in_time = over & (left <= deadline) & ~blamed
    withdrawn = over & ~in_time & ~blamed & (ended <= deadline)
    late = np.where(~over | withdrawn, np.nan, np.where(in_time, 0.0, 1.0))
    known = np.where(in_time, left, np.where(blamed, ended, deadline))
    return Outcomes(left, gone, late, np.where(np.isnan(late), np.nan, known))


def _local_and_worked(shops: pd.Series, instants: Floats, clocks: Mapping[str, ShopClock]) -> tuple[Floats, Floats]:
    local, worked = np.full(len(instants), np.nan), np.full(len(instants), np.nan)
    for clock, rows in by_clock(shops, clocks):
        local[rows] = clock.local(instants[rows])
        worked[rows] = clock.working_seconds(local[rows])
    return local, worked


def _codes(codes: Ints, words: pd.Index) -> Ints:
    """Return the numbers of a column's words, -1 for none."""
    blank = np.flatnonzero(np.asarray(words, dtype=object) == "")
    return np.where(np.isin(codes, blank), -1, codes).astype(np.int64)


def _known_at(facts: pd.DataFrame, *happened: str) -> Floats:
    first: Floats = np.fmin.reduce([facts[f"{name}_known_at"].to_numpy(np.float64) for name in happened])
    return first


def _warehouse_known_at(facts: pd.DataFrame, named: Mapping[str, Ints]) -> Floats:
    """Return since when each order's warehouse is known: from the start where the platform said so, else from its first step there."""
    open_ = facts["shipped_at"].isna().to_numpy() & facts["ended_at"].isna().to_numpy()
    shop, has = named["shop_id"], named["warehouse_code"] >= 0
    shops = int(shop.max(initial=-1)) + 1
    waiting, told = np.bincount(shop[open_], minlength=shops), np.bincount(shop[open_ & has], minlength=shops)
    late_told = (waiting >= _ENOUGH_OPEN) & (told < _NAMED_EARLY * waiting)
    stated: Bools = facts["warehouse_stated"].to_numpy(bool) & ~late_told[shop]
    return np.where(stated, facts["start_known_at"].to_numpy(np.float64), _known_at(facts, "allocated", "waybilled", "shipped"))


def _expected(
    codes: Ints, known_at: Floats, home: tuple[Ints, ...], *, rows: Ints, at: Floats, theirs: tuple[Ints, ...] | None = None
) -> Ints:
    """Return the code as known at each instant; where it is not known yet, that of the last order of the same home by then.

    ``home`` is of all orders as they went, ``theirs`` of the rows as known, where that is not the same.
    """
    known = np.where(known_at[rows] <= at, codes[rows], -1)
    asked_for = theirs or tuple(part[rows] for part in home)
    keys = numbered(*(np.concatenate(both) for both in zip(home, asked_for, strict=True)))
    stream = Stream(Timeline(np.where(codes >= 0, keys[: len(codes)], -1), known_at), carries=codes)
    return np.where(known >= 0, known, stream.carried(Asked(keys[len(codes) :], at), seconds=_LOOK_BACK))


def _of_warehouse(warehouse: Ints, named: Mapping[str, Ints], *, part: str) -> Ints:
    """Return the region or city of each warehouse, as any of its orders says."""
    found = np.full(int(named["warehouse_code"].max(initial=-1)) + 2, -1, dtype=np.int64)
    has = (named["warehouse_code"] >= 0) & (named[part] >= 0)
    found[named["warehouse_code"][has]] = named[part][has]
    return found[warehouse]
