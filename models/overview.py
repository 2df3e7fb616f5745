"""What do orders, payments and shipping of a period come to, in all and by channel?

Ratios come from summed numerators and denominators; a figure without a denominator is missing, never zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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
    """Three frames of one period by ``day, channel``: orders placed, payments, shipments (see ``data.queries.overview``)."""

    orders: pd.DataFrame
    paid: pd.DataFrame
    hours: pd.DataFrame

    def totals(self, *, channel: str | None = None, day: date | None = None, since: date | None = None) -> Totals:
        """Return the sums, of one channel, one day, or from a day on."""
        sums: dict[str, int] = {}
        for frame in (self.orders, self.paid, self.hours):
            rows = frame
            if channel is not None:
                rows = rows[rows["channel"] == channel]
            if day is not None:
                rows = rows[rows["day"] == day]
            if since is not None:
                rows = rows[rows["day"] >= since]
            sums |= {str(name): int(rows[name].fillna(0).sum()) for name in frame.columns if name not in ("day", "channel")}
        return Totals(**sums)

    def channels(self) -> list[str]:
        """Return the channels that appear, most orders first."""
        names = {str(name) for frame in (self.orders, self.paid, self.hours) for name in frame["channel"].unique()}
        return sorted(names, key=lambda name: (-self.totals(channel=name).orders, name))

    def series(self, days: Iterable[date], *, channel: str | None = None) -> list[Totals]:
        """Return the sums of each day."""
        return [self.totals(channel=channel, day=day) for day in days]


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
