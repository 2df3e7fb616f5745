"""How many orders come on which day and at which hour?"""

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
# Buyers abroad are mostly in the Americas, half a day behind.
_ABROAD = (52, 56, 54, 50, 46, 44, 44, 48, 56, 66, 70, 62, 48, 34, 22, 14, 10, 8, 10, 16, 24, 32, 40, 46)
_WEEKDAYS = (0.96, 0.95, 0.96, 0.98, 1.00, 1.08, 1.10)


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


def promotion(day: date, *, abroad: bool) -> float:
    """Return how many times an ordinary day's orders a day brings, weekday apart.

    >>> promotion(date(2026, 11, 11), abroad=False) > 4
    True
    """
    if abroad:
        friday = max(d for d in range(22, 29) if date(day.year, 11, d).weekday() == 4)
        return 3.0 if day.month == 11 and friday <= day.day <= friday + 3 else 1.0
    if is_big_promotion(day):
        return {6: 3.2, 11: 4.6, 12: 2.8}[day.month]
    if (day.month, day.day) == (11, 12):
        return 1.7
    if day.month == 11 and day.day <= 10:
        return 1.25
    if day.month == 10 and day.day <= 7:
        return 0.8
    return 1.5 if day.day in (15, 16) else 1.0


def day_weight(day: date, *, abroad: bool) -> float:
    """Return a day's orders relative to an average ordinary day."""
    return promotion(day, abroad=abroad) * _WEEKDAYS[day.weekday()]


@cache
def _cumulative(profile: tuple[int, ...]) -> Hours:
    weights = np.array(profile, dtype=float)
    return np.concatenate(([0.0], np.cumsum(weights / weights.sum())))


def _profile(day: date, *, abroad: bool) -> tuple[int, ...]:
    if abroad:
        return _ABROAD
    return _PROMOTION if is_big_promotion(day) else _ORDINARY


def second_of_day(chance: Hours, day: date, *, abroad: bool) -> npt.NDArray[np.int64]:
    """Turn even chances in [0, 1) into seconds of a day with that day's rush hours."""
    edges = np.arange(25) * 3600.0
    seconds: npt.NDArray[np.int64] = np.interp(chance, _cumulative(_profile(day, abroad=abroad)), edges).astype(np.int64)
    return seconds


def elapsed_share(second: int, day: date, *, abroad: bool) -> float:
    """Return the share of a day's orders that have come by a second of the day."""
    edges = np.arange(25) * 3600.0
    return float(np.interp(second, edges, _cumulative(_profile(day, abroad=abroad))))


def into_hours(instants: npt.NDArray[np.int64], opens: float, closes: float) -> npt.NDArray[np.int64]:
    """Move instants that fall outside the hours [opens, closes) of a Shanghai day to the next opening."""
    second = (instants + SHANGHAI_OFFSET) % DAY_SECONDS
    start = instants - second + int(opens * 3600)
    moved: npt.NDArray[np.int64] = np.where(second < opens * 3600, start, instants)
    inside: npt.NDArray[np.int64] = np.where(second >= closes * 3600, start + DAY_SECONDS, moved)
    return inside
