"""How healthy was a period, given the sums of its components?

Linear over fixed goal-posts, red-line caps by day, missing is not a gift (product, sections 3.1 and 3.2).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from models.health.components import Component, Definition, grade_of

# component code -> (good, units)
Sums = Mapping[str, tuple[float, float]]

# business days for which overdue data may stand on its last value
OVERDUE_DAYS = 3


@dataclass(frozen=True)
class Part:
    """A component that counts; ``carried`` when it had no unit and stands on its last rate or its floor."""

    code: str
    rate: float
    score: float
    good: float
    units: float
    carried: bool


@dataclass(frozen=True)
class Index:
    """The index of a period; ``value`` and ``raw`` are missing when no component counts, ``grade`` unless all do."""

    value: float | None
    raw: float | None
    cap_penalty: float
    coverage: float
    grade: str | None
    parts: tuple[Part, ...]


def index_of(
    sums: Sums,
    *,
    definition: Definition,
    configured: frozenset[str],
    carried: Mapping[str, float] = {},
    overdue_days: Mapping[str, int] = {},
    cap_penalty: float = 0.0,
) -> Index:
    """Return the index of a period over the configured components, minus the mean cap penalty of its days.

    A configured component without units stands on its last rate in ``carried``, and on its floor once its data is overdue
    for more than OVERDUE_DAYS; with neither it is left out, which makes the index partial.
    """
    parts: list[Part] = []
    weight = credit = 0.0
    for component in definition.components:
        part = _part(component, sums=sums, carried=carried, overdue_days=overdue_days) if component.code in configured else None
        if part is not None:
            parts.append(part)
            weight += component.weight
            credit += component.weight * part.score
    if not parts:
        return Index(value=None, raw=None, cap_penalty=cap_penalty, coverage=0.0, grade=None, parts=())
    raw = credit / weight
    value = raw - cap_penalty
    if len(parts) < len(definition.components):
        coverage = 100 * weight / sum(component.weight for component in definition.components)
        return Index(value=value, raw=raw, cap_penalty=cap_penalty, coverage=coverage, grade=None, parts=tuple(parts))
    return Index(value=value, raw=raw, cap_penalty=cap_penalty, coverage=100.0, grade=grade_of(value), parts=tuple(parts))


def component_score(rate: float, component: Component) -> float:
    """Return the points of a rate: 0 at the floor and below, 100 at the target and above.

    >>> from models.health.components import COMPONENTS
    >>> [round(component_score(rate, COMPONENTS[2]), 1) for rate in (0.94, 1 - 0.032, 0.999, 1)]
    [0.0, 36.7, 100.0, 100.0]
    """
    return min(max(unclipped_score(rate, component), 0.0), 100.0)


def unclipped_score(rate: float, component: Component) -> float:
    """Return the points of a rate on the line through floor and target, which may lie below 0 or above 100."""
    return 100 * (rate - component.floor) / (component.target - component.floor)


def sums_of(cells: pd.DataFrame, *, definition: Definition) -> dict[str, tuple[float, float]]:
    """Return good and units by component of a frame with a column for each measure; a measure without a column has none."""
    return {
        component.code: (_total(cells, component.good), _total(cells, component.units))
        for component in definition.components
        if component.units in cells
    }


def day_cap_penalty(raw_day: float | None, *, ceilings: Iterable[float]) -> float:
    """Return what the caps of one business day take from its raw index, given the ceilings of the red lines it crossed.

    >>> day_cap_penalty(82.5, ceilings=(79, 59)), day_cap_penalty(50, ceilings=(59,)), day_cap_penalty(82.5, ceilings=())
    (23.5, 0.0, 0.0)
    """
    lowest = min(ceilings, default=None)
    return 0.0 if raw_day is None or lowest is None else max(0.0, float(raw_day - lowest))


def mean_cap_penalty(penalties_by_day: Mapping[date, float], *, days: Collection[date]) -> float:
    """Return the mean cap penalty over the days of a period; a day that is not named has none, one outside does not count.

    >>> mean_cap_penalty({date(2026, 1, 3): 14.0}, days=[date(2026, 1, day) for day in range(1, 8)])
    2.0
    """
    return sum(penalties_by_day.get(day, 0.0) for day in days) / len(days) if days else 0.0


def _part(component: Component, *, sums: Sums, carried: Mapping[str, float], overdue_days: Mapping[str, int]) -> Part | None:
    good, units = sums.get(component.code, (0.0, 0.0))
    if units > 0:
        rate = good / units
        return Part(component.code, rate, component_score(rate, component), good, units, carried=False)
    if overdue_days.get(component.code, 0) > OVERDUE_DAYS:
        return Part(component.code, component.floor, 0.0, 0.0, 0.0, carried=True)
    last = carried.get(component.code)
    return None if last is None else Part(component.code, last, component_score(last, component), 0.0, 0.0, carried=True)


def _total(cells: pd.DataFrame, name: str) -> float:
    return float(cells[name].astype(float).sum()) if name in cells else 0.0
