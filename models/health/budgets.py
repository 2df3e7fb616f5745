"""How much may still go wrong this week, when is that used up, and how fast is it burning?

Each component may fail in ``1 - slo`` of its units of a week, Monday to Sunday (product, section 3.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from models.health.components import Component

WEEK_DAYS = 7
# days whose mean says how many units the rest of the week will bring
PACE_DAYS = 28
# multiples of the budget's even pace: page when both the last hour and the last 5 minutes reach it, ticket over 6 hours
PAGE_BURN = 14.0
TICKET_BURN = 3.0
# units; less is rounding
ROUNDING = 1e-9


@dataclass(frozen=True)
class Budget:
    """Units of a component (its code) that may fail in a week, and that have; ``left_share`` falls below 0 when overspent."""

    component: str
    allowed: float
    spent: float
    left_share: float | None
    exhausted_on: date | None


def budget_of(component: Component, *, days: Mapping[date, tuple[float, float]], through: date) -> Budget:
    """Return the budget of the week of ``through``, the last business day that is over.

    ``days`` holds (good, units) by business day; a day without an entry has no units, days after ``through`` do not count. The
    week's units are those so far, and for every day left the mean of the last 28 days, or of those since the first day known.
    ``exhausted_on`` is the day the budget was used up, else the day of this week it will be at the pace so far, else None.
    Without units to expect there is no ``left_share``.
    """
    monday = through - timedelta(days=through.weekday())
    week = [monday + timedelta(days=day) for day in range(WEEK_DAYS)]
    elapsed = week[: through.weekday() + 1]
    left = week[len(elapsed) :]
    expected = sum(_units(days, day) for day in elapsed) + len(left) * mean_daily_units(days, through=through)
    allowed = (1 - component.slo) * expected
    spent = sum(_bad(days, day) for day in elapsed)
    return Budget(
        component=component.code,
        allowed=allowed,
        spent=spent,
        left_share=1 - spent / allowed if allowed else None,
        exhausted_on=_exhausted_on({day: _bad(days, day) for day in elapsed} | dict.fromkeys(left, spent / len(elapsed)), allowed=allowed),
    )


def mean_daily_units(days: Mapping[date, tuple[float, float]], *, through: date) -> float:
    """Return the mean units of the 28 days up to and with ``through``, or of those since the first day known; 0 without any."""
    first = max(min(days, default=through), through - timedelta(days=PACE_DAYS - 1))
    length = (through - first).days + 1
    return sum(_units(days, first + timedelta(days=day)) for day in range(length)) / length if length > 0 else 0.0


def burn_rate(bad: float, units: float, *, slo: float) -> float | None:
    """Return how many times faster than evenly the budget is spent, missing without units.

    Raises ValueError for an ``slo`` of 1 and above, which leaves no budget.

    >>> round(burn_rate(28, 100, slo=0.98), 6), burn_rate(0, 0, slo=0.98)
    (14.0, None)
    """
    if slo >= 1:
        raise ValueError(f"an SLO of {slo} leaves no budget to burn")
    return bad / units / (1 - slo) if units else None


def burn_state(*, hour: float | None, five_minutes: float | None, six_hours: float | None) -> Literal["page", "ticket"] | None:
    """Say what the burn rates of the last hour, 5 minutes and 6 hours call for; a missing rate calls for nothing.

    The 5 minutes end a page as soon as the burning has stopped.

    >>> burn_state(hour=20, five_minutes=15, six_hours=4), burn_state(hour=20, five_minutes=0, six_hours=4)
    ('page', 'ticket')
    """
    if _reaches(hour, PAGE_BURN) and _reaches(five_minutes, PAGE_BURN):
        return "page"
    return "ticket" if _reaches(six_hours, TICKET_BURN) else None


def _exhausted_on(bad: Mapping[date, float], *, allowed: float) -> date | None:
    """Return the first of the days, oldest first, by which all that is allowed has gone wrong."""
    spent = 0.0
    for day, lost in bad.items():
        spent += lost
        if spent and spent >= allowed - ROUNDING:
            return day
    return None


def _units(days: Mapping[date, tuple[float, float]], day: date) -> float:
    return days.get(day, (0.0, 0.0))[1]


def _bad(days: Mapping[date, tuple[float, float]], day: date) -> float:
    good, units = days.get(day, (0.0, 0.0))
    return units - good


def _reaches(rate: float | None, threshold: float) -> bool:
    # 28 bad of 100 at an SLO of 98 % is 14 times, whatever the last bit says
    return rate is not None and rate >= threshold - ROUNDING
