"""What lies in the merchant's warehouses, and what moves it?

Goods leave with orders, come back from buyers, are bought in time for what sells, leave unsold, and get lost without anybody noticing.
What is lost is not in the book: every Monday a count finds it, except where a fault keeps people from counting.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import HOUR, NEVER, VIRTUAL, Floats, Ints
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.merchant import Played

# What moves stock; a loss is never told.
MOVES: tuple[str, ...] = ("sold", "bought", "sent_back", "gift", "scrap", "qc_sample", "other_out", "counted", "lost")
SOLD, BOUGHT, SENT_BACK, GIFT, SCRAP, SAMPLE, OTHER, COUNTED, LOST = range(9)
COLUMNS: tuple[str, ...] = ("at", "place", "units", "what", "number")
# Goods are ordered when they last no longer than so many days, for so many days, and come the morning after the next.
_RUNS_LOW_DAYS, _COVER_DAYS, _FEWEST = 4.0, 12.0, 6
_COMES, _COUNTS, _ENDS = 8.5, 7.0, 23 + 50 / 60
# Pieces that go missing a day in each warehouse, usually and where something is wrong; one in so many returns is no longer sellable.
_LOST_A_DAY, _LOST_IN_TROUBLE = 1.5, 40
_SPOILT_EVERY = 7
_UNSOLD_A_DAY = 5
# Whose supplier is late: some of those that sell best, by their rank.
_LATE_PLACES = slice(2, 34, 4)


@dataclass(frozen=True)
class Trouble:
    """A warehouse in which goods go missing and nobody counts; days [since_day, until_day)."""

    warehouse: int
    since_day: int
    until_day: int

    def holds(self, day: int) -> bool:
        """Tell whether a day is in it."""
        return self.since_day <= day < self.until_day


@dataclass(frozen=True)
class Troubles:
    """All that goes wrong with the stock: where goods go missing, and the days [since, until) in which a supplier brings nothing."""

    losses: tuple[Trouble, ...] = ()
    late_supplier: tuple[int, int] | None = None

    def supplier_late(self, day: int) -> bool:
        """Tell whether the supplier brings nothing of what is ordered that day."""
        return self.late_supplier is not None and self.late_supplier[0] <= day < self.late_supplier[1]


@dataclass(frozen=True)
class Stockroom:
    """What lies where, as of ``known_until`` (unix seconds); a place is ``sku * warehouses + warehouse``.

    ``on_hand`` is what is really there, ``untold`` what the book has beyond that, ``ordered`` what is on its way, ``daily`` what sells
    a day.
    """

    known_until: int
    on_hand: Ints
    untold: Ints
    ordered: Ints
    daily: Floats


def places(seed: int) -> int:
    """Return how many places there are."""
    return catalogue(seed).physical * len(WAREHOUSES)


def place_names(seed: int) -> tuple[list[str], list[str]]:
    """Return SKU code and warehouse name of each place."""
    codes = catalogue(seed).codes[: catalogue(seed).physical]
    return [code for code in codes for _ in WAREHOUSES], [warehouse.name for _ in codes for warehouse in WAREHOUSES]


def troubles_of(seed: int, *, anchor_day: int | None) -> Troubles:
    """Return what goes wrong around the day on which a history ends; nothing without one.

    Goods go missing in one warehouse in the nine days before, so that no count finds it; a supplier is late in the last five.
    """
    if anchor_day is None:
        return Troubles()
    warehouse = int(np.random.default_rng([seed, 43]).integers(len(WAREHOUSES)))
    return Troubles((Trouble(warehouse, anchor_day - 9, anchor_day + 3),), (anchor_day - 5, anchor_day + 2))


def opened(settled: Played, *, at: int, days: float, seed: int) -> Stockroom:
    """Return the stockroom as it is filled at an instant, by what sells in the days after it."""
    leaving = sold(settled, since=at, until=at + int(days * rhythm.DAY_SECONDS), seed=seed)
    daily = -np.bincount(leaving["place"], weights=leaving["units"], minlength=places(seed)) / days
    dice = np.random.default_rng([seed, 40]).random(places(seed))
    on_hand = _FEWEST + np.ceil(daily * (_RUNS_LOW_DAYS + dice * _COVER_DAYS)).astype(np.int64)
    nothing = np.zeros(places(seed), dtype=np.int64)
    return Stockroom(at, on_hand, nothing, nothing.copy(), daily)


def sold(settled: Played, *, since: int, until: int, seed: int) -> pd.DataFrame:
    """Return what left with orders in (since, until]: an order's goods are booked out with its last parcel."""
    orders = settled.orders
    gone = orders[(orders["shipped"] > since) & (orders["shipped"] <= until) & (orders["kind"] != VIRTUAL)]
    lines = settled.lines.merge(gone[["key", "shipped", "warehouse"]], on="key")
    lines = lines[lines["sku"] < catalogue(seed).physical]
    return _moves(lines["shipped"], lines["sku"], lines["warehouse"], -lines["quantity"], SOLD, lines["key"])


def sent_back(settled: Played, *, since: int, until: int, seed: int) -> pd.DataFrame:
    """Return what buyers sent back and could be put on the shelf again in (since, until], some hours after the money went back."""
    orders = settled.orders
    at = orders["refunded"] + 2 * HOUR + orders["key"] * 7_919 % (16 * HOUR)
    back = (orders["refunded"] < NEVER) & (orders["delivered"] < orders["refunded"]) & (at > since) & (at <= until)
    back &= (orders["kind"] != VIRTUAL) & (orders["key"] % _SPOILT_EVERY != 0)
    orders = orders[back].assign(at=at[back], whole=orders["refunded_minor"] == orders["paid_minor"])
    lines = settled.lines.merge(orders[["key", "at", "whole", "warehouse"]], on="key")
    lines = lines[(lines["whole"] | (lines["line"] == 1)) & (lines["sku"] < catalogue(seed).physical)]
    return _moves(lines["at"], lines["sku"], lines["warehouse"], lines["quantity"], SENT_BACK, lines["key"] * 10 + lines["line"])


def advance(room: Stockroom, settled: Played, *, until: int, seed: int, troubles: Troubles = Troubles()) -> tuple[Stockroom, pd.DataFrame]:
    """Let time pass up to an instant, and return the stockroom then and every movement since, in order of time.

    The same movements come whether asked for every minute or once after days.
    """
    by_orders = pd.concat([f(settled, since=room.known_until, until=until, seed=seed) for f in (sold, sent_back)], ignore_index=True)
    moved = [by_orders]
    for day in range(_day(room.known_until), _day(until) + 1):
        for hour, happens in ((_COUNTS, _counted), (_COMES, _bought)):
            moment = rhythm.midnight(day) + int(hour * HOUR)
            if room.known_until < moment <= until:
                room = _moved_to(room, by_orders, moment=moment)
                room, told = happens(room, day, moment, troubles)
                moved.append(told)
        aside = pd.concat([_unsold(day, seed), _lost(day, seed, troubles)], ignore_index=True)
        aside = aside[(aside["at"] > room.known_until) & (aside["at"] <= until)]
        by_orders = pd.concat([by_orders, aside], ignore_index=True)
        moved.append(aside)
    whole = pd.concat(moved, ignore_index=True).sort_values(["at", "place", "what", "number"], kind="stable", ignore_index=True)
    return _moved_to(room, by_orders, moment=until), whole


def _day(at: int) -> int:
    return (at + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS


def _moved_to(room: Stockroom, moves: pd.DataFrame, *, moment: int) -> Stockroom:
    now = moves[(moves["at"] > room.known_until) & (moves["at"] <= moment)]
    count = len(room.on_hand)
    units = np.bincount(now["place"], weights=now["units"], minlength=count).astype(np.int64)
    lost = now[now["what"] == LOST]
    untold = np.bincount(lost["place"], weights=-lost["units"], minlength=count).astype(np.int64)
    return replace(room, known_until=moment, on_hand=room.on_hand + units, untold=room.untold + untold)


def _bought(room: Stockroom, day: int, moment: int, troubles: Troubles) -> tuple[Stockroom, pd.DataFrame]:
    """Put on the shelf what was ordered the day before, and order what runs low; a supplier who is late brings nothing."""
    came = np.flatnonzero(room.ordered)
    units = room.ordered[came]
    on_hand = room.on_hand + room.ordered
    low = on_hand < np.ceil(room.daily * _RUNS_LOW_DAYS) + 2
    if troubles.supplier_late(day):
        low[np.argsort(-room.daily, kind="stable")[_LATE_PLACES]] = False
    ordered = np.where(low, np.ceil(room.daily * _COVER_DAYS).astype(np.int64) + _FEWEST - np.minimum(on_hand, 0), 0)
    told = _frame(np.full(len(came), moment), came, units, BOUGHT, day * 10**6 + came)
    return replace(room, on_hand=on_hand, ordered=ordered), told


def _counted(room: Stockroom, day: int, moment: int, troubles: Troubles) -> tuple[Stockroom, pd.DataFrame]:
    """Count on Mondays, where nobody is kept from it, and tell the difference."""
    warehouse = np.arange(len(room.on_hand)) % len(WAREHOUSES)
    kept_from_it = [trouble.warehouse for trouble in troubles.losses if trouble.holds(day)]
    found = np.flatnonzero((room.untold != 0) & ~np.isin(warehouse, kept_from_it) & (rhythm.day_of(day).weekday() == 0))
    told = _frame(np.full(len(found), moment), found, -room.untold[found], COUNTED, day * 10**6 + found)
    untold = room.untold.copy()
    untold[found] = 0
    return replace(room, untold=untold), told


def _unsold(day: int, seed: int) -> pd.DataFrame:
    """Return what leaves a day without being sold."""
    dice = np.random.default_rng([seed, 41, day])
    count = int(dice.poisson(_UNSOLD_A_DAY))
    at = rhythm.midnight(day) + (HOUR * (9.5 + 8 * dice.random(count))).astype(np.int64)
    place, units = dice.integers(places(seed), size=count), 1 + dice.integers(2, size=count)
    what = GIFT + dice.integers(OTHER - GIFT + 1, size=count)
    return _frame(at, place, -units, what, day * 10**6 + np.arange(count))


def _lost(day: int, seed: int, troubles: Troubles) -> pd.DataFrame:
    """Return what goes missing a day."""
    dice = np.random.default_rng([seed, 42, day])
    frames = []
    for warehouse in range(len(WAREHOUSES)):
        struck = any(trouble.warehouse == warehouse and trouble.holds(day) for trouble in troubles.losses)
        count = int(dice.poisson(_LOST_IN_TROUBLE if struck else _LOST_A_DAY))
        at = rhythm.midnight(day) + (HOUR * (9 + 12 * dice.random(count))).astype(np.int64)
        place = dice.integers(catalogue(seed).physical, size=count) * len(WAREHOUSES) + warehouse
        frames.append(_frame(at, place, np.full(count, -1), LOST, day * 10**6 + warehouse * 10**5 + np.arange(count)))
    return pd.concat(frames, ignore_index=True)


def _moves(at: pd.Series, sku: pd.Series, warehouse: pd.Series, units: pd.Series, what: int, number: pd.Series) -> pd.DataFrame:
    place = sku.to_numpy() * len(WAREHOUSES) + warehouse.to_numpy()
    return _frame(at.to_numpy(), place, units.to_numpy(), what, number.to_numpy())


def _frame(at: Ints, place: Ints, units: Ints, what: Ints | int, number: Ints) -> pd.DataFrame:
    columns = (at, place, units, np.broadcast_to(what, len(place)), number)
    return pd.DataFrame({name: np.asarray(column, dtype=np.int64) for name, column in zip(COLUMNS, columns, strict=True)})
