"""How many orders come on which day and at which hour?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

Hours = npt.NDArray[np.float64]

DAY_SECONDS = 86_400
# Days are those of Asia/Shanghai, which has had no clock change since 1991.
SHANGHAI_OFFSET = 8 * 3600
EPOCH = date(1970, 1, 1)

# Relative orders by hour of the day in Shanghai: quiet at night, a bump at lunch, the peak in the evening.
_ORDINARY = (22, 12, 7, 4, 3, 4, 9, 18, 32, 46, 56, 54, 52, 54, 54, 52, 52, 50, 50, 56, 68, 74, 66, 42)
# A promotion opens at midnight and ends in a rush.
_PROMOTION = (190, 84, 36, 18, 10, 9, 14, 24, 40, 54, 58, 52, 50, 50, 48, 46, 46, 46, 50, 62, 88, 98, 104, 96)
# Buyers overseas are mostly in the Americas, half a day behind.
_OVERSEAS = (52, 56, 54, 50, 46, 44, 44, 48, 56, 66, 70, 62, 48, 34, 22, 14, 10, 8, 10, 16, 24, 32, 40, 46)
_WEEKDAYS = (0.96, 0.95, 0.96, 0.98, 1.00, 1.08, 1.10)
# A day that brings at least so many times an ordinary day's orders has the rush hours of a great sale.
_GREAT = 2.5


def day_number(day: date) -> int:
    """Count days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return EPOCH + timedelta(days=number)


def midnight(number: int) -> int:
    """Return the instant (unix seconds) at which a day begins in Shanghai."""
    return number * DAY_SECONDS - SHANGHAI_OFFSET


def day_number_at(instant: datetime) -> int:
    """Return the number of the Shanghai day an instant lies in."""
    return (seconds_of(instant) + SHANGHAI_OFFSET) // DAY_SECONDS


def seconds_of(instant: datetime) -> int:
    """Return unix seconds; refuses an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return int(instant.timestamp())


def instant_of(seconds: int) -> datetime:
    """Return the instant of unix seconds, in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def is_big_promotion(day: date) -> bool:
    """Tell whether a day is one of the year's three great sales (618, 双十一, 双十二)."""
    return (day.month, day.day) in ((6, 18), (11, 11), (12, 12))


def _china(day: date) -> float:
    if is_big_promotion(day):
        return {6: 3.2, 11: 4.6, 12: 2.8}[day.month]
    if (day.month, day.day) == (11, 12):
        return 1.7
    if day.month == 11 and day.day <= 10:
        return 1.25
    if day.month == 10 and day.day <= 7:
        return 0.8
    return 1.5 if day.day in (15, 16) else 1.0


def _overseas(day: date) -> float:
    friday = max(d for d in range(22, 29) if date(day.year, 11, d).weekday() == 4)
    return 3.0 if day.month == 11 and friday <= day.day <= friday + 3 else 1.0


def _southeast_asia(day: date) -> float:
    """Return what the platforms' double days bring: 9.9 and 10.10 much, 11.11 and 12.12 most."""
    if day.day != day.month or day.month < 9:
        return 1.0
    return {9: 2.6, 10: 2.6, 11: 3.6, 12: 3.4}[day.month]


@cache
def _cumulative(profile: tuple[int, ...]) -> Hours:
    weights = np.array(profile, dtype=float)
    return np.concatenate(([0.0], np.cumsum(weights / weights.sum())))


@dataclass(frozen=True, eq=False)
class Rhythm:
    """When the buyers of a market buy: ``hours`` on an ordinary day and ``great_hours`` on a great sale, both Shanghai's.

    ``promotion`` says how many times an ordinary day's orders a day brings, weekday apart.
    """

    promotion: Callable[[date], float]
    hours: tuple[int, ...]
    great_hours: tuple[int, ...]

    def day_weight(self, day: date) -> float:
        """Return a day's orders relative to an average ordinary day."""
        return self.promotion(day) * _WEEKDAYS[day.weekday()]

    def second_of_day(self, chance: Hours, day: date) -> npt.NDArray[np.int64]:
        """Turn even chances in [0, 1) into seconds of a day with that day's rush hours."""
        seconds: npt.NDArray[np.int64] = np.interp(chance, self._elapsed(day), np.arange(25) * 3600.0).astype(np.int64)
        return seconds

    def elapsed_share(self, second: int, day: date) -> float:
        """Return the share of a day's orders that have come by a second of the day.

        >>> CHINA.elapsed_share(6 * 3600, date(2026, 11, 11)) > 4 * CHINA.elapsed_share(6 * 3600, date(2026, 11, 5))
        True
        """
        return float(np.interp(second, np.arange(25) * 3600.0, self._elapsed(day)))

    def _elapsed(self, day: date) -> Hours:
        return _cumulative(self.great_hours if self.promotion(day) >= _GREAT else self.hours)


CHINA = Rhythm(_china, _ORDINARY, _PROMOTION)
OVERSEAS = Rhythm(_overseas, _OVERSEAS, _OVERSEAS)
# Shanghai's hours are Kuala Lumpur's and Singapore's too.
SOUTHEAST_ASIA = Rhythm(_southeast_asia, _ORDINARY, _PROMOTION)


def into_hours(instants: npt.NDArray[np.int64], opens: float, closes: float) -> npt.NDArray[np.int64]:
    """Move instants that fall outside the hours [opens, closes) of a Shanghai day to the next opening."""
    second = (instants + SHANGHAI_OFFSET) % DAY_SECONDS
    start = instants - second + int(opens * 3600)
    moved: npt.NDArray[np.int64] = np.where(second < opens * 3600, start, instants)
    inside: npt.NDArray[np.int64] = np.where(second >= closes * 3600, start + DAY_SECONDS, moved)
    return inside
