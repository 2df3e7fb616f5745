"""How long has an order waited while its warehouse was open, and when will it have waited so long?

A line of open seconds is drawn over the days in question: one point at each opening and closing. Both questions are then read off it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from models.promise import WorkingDays
from models.workbench.rules import OpenHours

Floats = npt.NDArray[np.float64]
# A wait can end so many days after the last start: the longest holiday is nine days.
_AHEAD = timedelta(days=40)
_MOST_DAYS = 3_660


@dataclass(frozen=True)
class OpenLine:
    """Open seconds that have passed by each instant (unix seconds); both rise together while the warehouse is open."""

    instants: Floats
    passed: Floats

    def after(self, starts: Floats, *, seconds: float) -> Floats:
        """Return when so many open seconds will have passed since each start; NaN stays NaN, and stands for beyond the line."""
        wanted = np.interp(starts, self.instants, self.passed) + seconds
        # the first point of that height or more ends a stretch in which the warehouse was open
        ends = np.searchsorted(self.passed, wanted, side="left")
        beyond = np.isnan(starts) | (ends == len(self.passed))
        ends = np.minimum(ends, len(self.passed) - 1)
        return np.where(beyond, np.nan, self.instants[ends] - (self.passed[ends] - wanted))

    def between(self, starts: Floats, ends: Floats) -> Floats:
        """Return how many open seconds lie between instants."""
        waited: Floats = np.interp(ends, self.instants, self.passed) - np.interp(starts, self.instants, self.passed)
        return waited


def open_line(hours: OpenHours, *, first: float, last: float, zone: str, calendar: WorkingDays) -> OpenLine:
    """Draw the line of a warehouse from the day of one instant until well after that of another.

    >>> line = open_line(OpenHours("w", 540, 1080, False), first=0.0, last=0.0, zone="UTC", calendar=WorkingDays())
    >>> [float(each) / 3600 for each in line.after(np.array([0.0, 17 * 3600.0]), seconds=7200)]
    [11.0, 34.0]
    """
    begin = datetime.fromtimestamp(first, UTC).astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    end = datetime.fromtimestamp(last, UTC).astimezone(ZoneInfo(zone)).date() + _AHEAD
    days = [begin + timedelta(days=ahead) for ahead in range(min((end - begin).days, _MOST_DAYS))]
    instants, passed = [_instant(begin, 0, zone)], [0.0]
    for day in days:
        if hours.working_days_only and not calendar.works(day):
            continue
        opens, closes = _instant(day, hours.opens_minute, zone), _instant(day, hours.closes_minute, zone)
        if opens > instants[-1]:
            instants.append(opens)
            passed.append(passed[-1])
        instants.append(closes)
        passed.append(passed[-1] + max(closes - opens, 0.0))
    return OpenLine(np.array(instants), np.array(passed))


def lines_of(warehouses: Mapping[str, OpenHours], *, first: float, last: float, zone: str, calendar: WorkingDays) -> Mapping[str, OpenLine]:
    """Draw the line of each warehouse; those with the same hours share one."""
    drawn: dict[tuple[int, int, bool], OpenLine] = {}
    found = {}
    for code, hours in warehouses.items():
        same = (hours.opens_minute, hours.closes_minute, hours.working_days_only)
        if same not in drawn:
            drawn[same] = open_line(hours, first=first, last=last, zone=zone, calendar=calendar)
        found[code] = drawn[same]
    return found


def _instant(day: date, minute: int, zone: str) -> float:
    # a minute of 1440 is the next midnight; a clock change moves an opening as it moves everybody
    whole = datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), tzinfo=ZoneInfo(zone))
    return whole.timestamp()
