"""When does each parcel leave its warehouse, given all that stand in line before it?

A warehouse works first in, first out at a capacity that changes by the hour. Counted in units of work instead of
hours, the completion of parcel i is ``cumsum(cost) + running maximum of (work done at entry − cumsum of cost before)``.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jobs.simulate.rhythm import day_of, is_big_promotion, midnight

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

OPENS, CLOSES = 8, 22
# Capacity of an ordinary day over the orders of an average day: what is left over clears the backlog.
SLACK = 1.32
# From the place in line to the carrier's van: picking, packing, weighing.
HANDLING_S = 75 * 60
# Days that the clock of work is drawn beyond the last entry; a longer backlog goes on at night speed of the last day.
_HORIZON_DAYS = 60
# No day on which a warehouse is weaker or stronger than usual.
USUAL: Mapping[int, float] = MappingProxyType({})


def _hourly(day_number: int, *, night_shift: bool) -> Floats:
    """Return a day's share of the daily capacity for each hour; a great sale brings nights and more hands for four days."""
    hours = np.full(24, 1e-6)
    hours[OPENS:CLOSES] = 1.0 / (CLOSES - OPENS)
    day = day_of(day_number)
    if any(is_big_promotion(day_of(day_number - back)) for back in range(4)):
        hours *= 1.15
        if night_shift:
            hours[:] = 1.6 / 24
    if day.weekday() == 6:
        hours *= 0.8
    if day.month == 10 and day.day <= 3:
        hours *= 0.5
    return hours


def work_clock(
    first_day: int, last_day: int, *, daily_capacity: float, night_shift: bool = True, strength: Mapping[int, float] = USUAL
) -> tuple[Floats, Floats]:
    """Return (instants, units of work that could be done by then), both rising, one point an hour.

    ``strength`` gives the part of the capacity that is there on a day, 1 where it is silent.
    """
    days = range(first_day, last_day + _HORIZON_DAYS)
    work = np.zeros(24 * len(days) + 1)
    work[1:] = np.cumsum(np.concatenate([_hourly(day, night_shift=night_shift) * strength.get(day, 1.0) for day in days]) * daily_capacity)
    instants = np.zeros(len(work))
    instants[:] = np.arange(len(work)) * 3600.0 + midnight(first_day)
    return instants, work


def serve(
    parcels: pd.DataFrame, *, daily_capacity: float, free_from: float, night_shift: bool = True, strength: Mapping[int, float] = USUAL
) -> tuple[Ints, float]:
    """Return when each parcel of one warehouse leaves, and when the warehouse is free again.

    ``parcels`` has ``entered`` (unix seconds), ``stockout`` (ties) and ``cost`` (units of work, 0 for an order that
    travels in another's parcel); ``free_from`` is the instant until which it is busy with earlier parcels; ``strength`` as
    in ``work_clock``.
    """
    if parcels.empty:
        return np.zeros(0, dtype=np.int64), free_from
    entered, cost = parcels["entered"].to_numpy(), parcels["cost"].to_numpy()
    order = np.lexsort((-cost, parcels["stockout"].to_numpy(), entered))
    earliest = min(float(entered.min()), free_from) if free_from else float(entered.min())
    first_day = int(earliest + 8 * 3600) // 86_400
    last_day = int(max(float(entered.max()), free_from) + 8 * 3600) // 86_400
    instants, work = work_clock(first_day, last_day, daily_capacity=daily_capacity, night_shift=night_shift, strength=strength)
    arrived = np.interp(entered[order].astype(float), instants, work)
    busy = float(np.interp(free_from, instants, work)) if free_from else 0.0
    total = np.cumsum(cost[order])
    done = total + np.maximum(np.maximum.accumulate(arrived - (total - cost[order])), busy)
    left = np.empty(len(parcels), dtype=np.int64)
    left[order] = np.ceil(np.interp(done, work, instants)).astype(np.int64) + HANDLING_S
    return left, float(np.interp(done[-1], work, instants))
