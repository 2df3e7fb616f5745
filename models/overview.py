"""What do orders, payments and shipping of a period come to, in all and by channel?

Ratios come from summed numerators and denominators; a figure without a denominator is missing, never zero.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date

import pandas as pd


@dataclass(frozen=True)
class Totals:
    """The sums of one period, or of one channel or day of it."""

    orders: int = 0
    paid_orders: int = 0
    paid_minor: int = 0
    unrated: int = 0
    open_orders: int = 0
    shipped: int = 0
    exact: int = 0
    exact_seconds: int = 0
    bounded: int = 0
    low_seconds: int = 0
    high_seconds: int = 0

    @property
    def paid(self) -> int | None:
        """What was paid, in minor units; missing when every payment lacks a rate."""
        return None if self.paid_orders and self.unrated == self.paid_orders else self.paid_minor

    @property
    def shipped_share(self) -> float | None:
        """Of the orders paid and neither cancelled nor refunded, the share that has left."""
        return self.shipped / self.open_orders if self.open_orders else None

    @property
    def ship_hours(self) -> float | None:
        """Mean hours from payment to shipping, where both instants were stated."""
        return self.exact_seconds / self.exact / 3600 if self.exact else None

    @property
    def ship_hours_range(self) -> tuple[float, float] | None:
        """Least and greatest the mean can be, with the orders that only have bounds; None when there are none of those.

        >>> Totals(exact=1, exact_seconds=7200, bounded=1, low_seconds=0, high_seconds=14400).ship_hours_range
        (1.0, 3.0)
        """
        if not self.bounded:
            return None
        orders = self.exact + self.bounded
        return (self.exact_seconds + self.low_seconds) / orders / 3600, (self.exact_seconds + self.high_seconds) / orders / 3600


@dataclass(frozen=True)
class Days:
    """The sums of one period by business day and channel."""

    cells: Mapping[tuple[date, str], Totals]

    def totals(self, *, channel: str | None = None, day: date | None = None) -> Totals:
        """Return the sums, of one channel, one day, or all."""
        if channel is not None and day is not None:
            return self.cells.get((day, channel), Totals())
        return sum_of(each for (on, of), each in self.cells.items() if channel in (None, of) and day in (None, on))

    def channels(self) -> list[str]:
        """Return the channels that appear, most orders first."""
        names = {channel for _, channel in self.cells}
        return sorted(names, key=lambda name: (-self.totals(channel=name).orders, name))

    def series(self, days: Iterable[date], *, channel: str | None = None) -> list[Totals]:
        """Return the sums of each day."""
        return [self.totals(channel=channel, day=day) for day in days]

    def since(self, day: date) -> "Days":
        """Return the days from one on."""
        return Days({key: each for key, each in self.cells.items() if key[0] >= day})


def days_of(*frames: pd.DataFrame) -> Days:
    """Return the days of frames by ``day, channel`` whose other columns are those of ``Totals``; missing sums count nothing."""
    sums: dict[tuple[date, str], dict[str, int]] = {}
    for frame in frames:
        for row in frame.to_dict("records"):
            cell = sums.setdefault((row.pop("day"), row.pop("channel")), {})
            cell.update({str(name): 0 if pd.isna(value) else int(value) for name, value in row.items()})
    return Days({key: Totals(**cell) for key, cell in sums.items()})


def sum_of(parts: Iterable[Totals]) -> Totals:
    """Add sums up.

    >>> sum_of([Totals(orders=2), Totals(orders=3, exact=1)]) == Totals(orders=5, exact=1)
    True
    """
    names = [field.name for field in fields(Totals)]
    sums = dict.fromkeys(names, 0)
    for part in parts:
        for name in names:
            sums[name] += getattr(part, name)
    return Totals(**sums)


def relative(now: float | None, before: float | None) -> float | None:
    """Return the relative change, missing where either is missing or there was nothing before.

    >>> relative(110, 100), relative(5, 0), relative(None, 3)
    (0.1, None, None)
    """
    if now is None or before is None or before == 0:
        return None
    return round(now / before - 1, 12)


def difference(now: float | None, before: float | None) -> float | None:
    """Return the change, missing where either is missing."""
    return None if now is None or before is None else now - before
