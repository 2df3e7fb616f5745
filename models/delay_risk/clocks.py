"""Which local day and hour is an instant in its shop, and how much working time lies between two instants?

Everything is counted in unix seconds and whole columns: a frame of a million orders is turned in a few steps, one a calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.promise import WorkingDays

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DAY = 86_400.0
_EPOCH = date(1970, 1, 1)
# Working days are numbered over these years; instants outside are counted at their ends.
_FIRST, _LAST = date(2010, 1, 1), date(2045, 1, 1)


@dataclass(frozen=True)
class ShopClock:
    """A shop's zone and working days; ``weekends_work`` makes every day one that nobody decided otherwise."""

    zone: str
    calendar: str = ""
    days: WorkingDays = field(default_factory=WorkingDays)
    weekends_work: bool = False

    @cached_property
    def _works(self) -> Bools:
        span = np.arange((_LAST - _FIRST).days)
        weekday = (span + _FIRST.weekday()) % 7
        works = np.ones(len(span), dtype=bool) if self.weekends_work else weekday < 5
        for day, working in self.days.decided.items():
            if _FIRST <= day < _LAST:
                works[(day - _FIRST).days] = working
        return works

    @cached_property
    def _number(self) -> Ints:
        """How many working days there are up to the end of each day."""
        return np.cumsum(self._works).astype(np.int64)

    @cached_property
    def _working(self) -> Ints:
        return np.flatnonzero(self._works).astype(np.int64)

    def local(self, instants: Floats) -> Floats:
        """Return local wall-clock seconds since 1970; missing stays missing."""
        known = np.nan_to_num(instants, nan=0.0)
        moments = pd.to_datetime(known.astype(np.int64), unit="s", utc=True).tz_convert(self.zone).tz_localize(None)
        return np.where(np.isnan(instants), np.nan, moments.as_unit("s").asi8.astype(np.float64))

    def instant(self, local: Floats) -> Floats:
        """Return the instants of local wall-clock seconds: the earlier of two, and what does not exist moved forward."""
        moments = pd.to_datetime(np.asarray(local, np.float64).astype(np.int64), unit="s")
        placed = moments.tz_localize(self.zone, ambiguous=np.ones(len(moments), dtype=bool), nonexistent="shift_forward")
        return placed.tz_convert("UTC").tz_localize(None).as_unit("s").asi8.astype(np.float64)

    def works(self, local_day: Ints) -> Bools:
        """Say of days (counted since 1970) whether they are working days."""
        return self._works[_place(local_day)]

    def end_of(self, local_day: Ints, *, count: int) -> Ints:
        """Return the day, since 1970, whose midnight ends the ``count``-th working day after each day."""
        place = np.minimum(self._number[_place(local_day)] - 1 + count, len(self._working) - 1)
        return self._working[place] + (_FIRST - _EPOCH).days + 1

    def working_seconds(self, local: Floats) -> Floats:
        """Return how many seconds of working days had passed at local wall-clock times; differences are working time between."""
        known = np.nan_to_num(local, nan=0.0)
        day = (known // DAY).astype(np.int64)
        place = _place(day)
        works = self._works[place]
        return np.where(np.isnan(local), np.nan, (self._number[place] - works) * DAY + works * (known % DAY))


def by_clock(shops: pd.Series, clocks: Mapping[str, ShopClock]) -> list[tuple[ShopClock, Ints]]:
    """Return the rows of each clock, shops of the same zone and calendar together; an unknown shop keeps plain weekdays in UTC."""
    places, names = pd.factorize(shops)
    found: dict[tuple[str, str, bool], tuple[ShopClock, list[int]]] = {}
    for code, name in enumerate(names):
        clock = clocks.get(str(name), ShopClock("UTC"))
        found.setdefault((clock.zone, clock.calendar, clock.weekends_work), (clock, []))[1].append(code)
    if len(found) == 1:
        return [(next(iter(found.values()))[0], np.arange(len(shops), dtype=np.int64))]
    return [(clock, np.flatnonzero(np.isin(places, codes)).astype(np.int64)) for clock, codes in found.values()]


def _place(local_day: Ints) -> Ints:
    offset = (_FIRST - _EPOCH).days
    return np.clip(local_day - offset, 0, (_LAST - _FIRST) // timedelta(days=1) - 1)
