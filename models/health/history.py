"""What is the index of any span of closed days, given each day's sums and caps?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from models.health.components import Component, Definition
from models.health.index import Index, day_cap_penalty, index_of, mean_cap_penalty, sums_of


@dataclass(frozen=True)
class History:
    """The days that the index of a span is made of.

    - ``days``: one row a business day (its index, ``date``), the measures of the components as columns.
    - ``configured_since``: the business day of each component's first unit; a component without one does not count.
    - ``ceilings``: of the days that a red line caps, by day.
    - ``last_live_day``: of the last live file, None where there never was one; what lies after it is overdue.
    """

    days: pd.DataFrame
    configured_since: Mapping[str, date]
    ceilings: Mapping[date, tuple[float, ...]]
    definition: Definition
    last_live_day: date | None

    def index(self, *, first: date, last: date) -> Index:
        """Return the index of the days ``[first, last]``."""
        return self._scored(first, last, cap_penalty=self.cap_penalty(first=first, last=last))

    def cap_penalty(self, *, first: date, last: date) -> float:
        """Return the mean of the penalties that caps put on the days ``[first, last]``."""
        within = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        penalties = {
            day: day_cap_penalty(self._scored(day, day, cap_penalty=0.0).raw, ceilings=self.ceilings[day])
            for day in within
            if day in self.ceilings
        }
        return mean_cap_penalty(penalties, days=within)

    def configured(self, *, last: date) -> frozenset[str]:
        """Return the components that count in a span which ends with ``last``."""
        return frozenset(code for code, since in self.configured_since.items() if since <= last)

    def last_rates(self, *, until: date) -> dict[str, float]:
        """Return each component's rate on the last day before ``until`` that had a unit."""
        rates = {}
        for component in self._measured:
            before = self.days[(self.days.index < until) & (self.days[component.units] > 0)]
            if not before.empty:
                rates[component.code] = float(before[component.good].iloc[-1] / before[component.units].iloc[-1])
        return rates

    def overdue_days(self, *, last: date) -> dict[str, int]:
        """Return for how many days each component's data is overdue at the end of a span; empty where it is not."""
        days = 0 if self.last_live_day is None else (last - self.last_live_day).days
        return dict.fromkeys(self.configured(last=last), days) if days > 0 else {}

    def _scored(self, first: date, last: date, *, cap_penalty: float) -> Index:
        within = self.days[(self.days.index >= first) & (self.days.index <= last)]
        return index_of(
            sums_of(within, definition=self.definition),
            definition=self.definition,
            configured=self.configured(last=last),
            carried=self.last_rates(until=first),
            overdue_days=self.overdue_days(last=last),
            cap_penalty=cap_penalty,
        )

    @property
    def _measured(self) -> list[Component]:
        return [c for c in self.definition.components if {c.units, c.good} <= set(self.days.columns)]
