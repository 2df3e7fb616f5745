"""What is the index of the chosen days, and why is it another than before?

Everything a page says of the index is worked out here once, from one snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cached_reads
from dashboard.filters import Filters
from dashboard.periods import Period, business_today
from dashboard.view import View
from data.reads import HealthFacts, NoSuchGrain, Part, Span
from models.health.attribution import attribute, level_losses, roll_up
from models.health.budgets import Budget, budget_of
from models.health.components import Component
from models.health.index import Index, component_score
from models.health.index import Part as Scored
from models.health.noise import is_noise, noise_band, ties
from models.scope import Scope

# Lines that belong to no component come after the components, in this order.
LOOSE = ("cap", "restated", "definition")
WEEK_DAYS = 7
TREND_WEEKS = 12
# Cells with fewer units than this are greyed and pooled for ranking (product, section 3.2).
FEW_UNITS = 30


@dataclass(frozen=True)
class Health:
    """The index of a span beside the one of the span before, and the lines between them."""

    facts: HealthFacts

    @property
    def span(self) -> Span:
        """The closed business days spoken of."""
        return self.facts.span

    @cached_property
    def now(self) -> Index:
        """The index of the span."""
        return self.facts.history.index(first=self.span.first, last=self.span.last)

    @cached_property
    def before_now(self) -> Index:
        """The index of the span before, as it computes now."""
        return self.facts.history.index(first=self.span.before.first, last=self.span.before.last)

    @property
    def before(self) -> float | None:
        """The index of the span before: as it was published, where it was."""
        published = self.facts.published_before
        return self.before_now.value if published is None or published.value is None else published.value

    @property
    def change(self) -> float | None:
        """How much the index moved; missing where either side is."""
        return None if self.now.value is None or self.before is None else self.now.value - self.before

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The lines that add up to the change, as ``models.health.attribution.attribute``; empty where there is no change to explain."""
        history, span, before = self.facts.history, self.span, self.span.before
        if self.change is None:
            return pd.DataFrame(columns=["component", "channel", "region", "category", "effect", "points", "n", "good", "delta_rate"])
        published = self.facts.published_before
        return attribute(
            self.facts.now,
            self.facts.before,
            definition=self.facts.definition,
            configured=history.configured(last=span.last),
            carried_now=history.last_rates(until=span.first),
            carried_before=history.last_rates(until=before.first),
            overdue_now=history.overdue_days(last=span.last),
            overdue_before=history.overdue_days(last=before.last),
            cap_now=self.now.cap_penalty,
            cap_before=self.before_now.cap_penalty,
            published_before=None if published is None else published.value,
            before_as_published_definition=self._before_as_published(),
        )

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Points lost by cell: component, channel, region, category, points, units, bad."""
        counted = frozenset(part.code for part in self.now.parts if not part.carried)
        return level_losses(self.facts.now, definition=self.facts.definition, configured=counted)

    def lost_by(self, *keys: str) -> pd.DataFrame:
        """Return the points, units and failures lost by some columns, the costliest first."""
        if keys not in self._lost_by:
            self._lost_by[keys] = pooled(self.losses, keys)
        return self._lost_by[keys]

    @cached_property
    def _lost_by(self) -> dict[tuple[str, ...], pd.DataFrame]:
        return {}

    @cached_property
    def lost_units(self) -> dict[tuple[str, str], float]:
        """The units of each channel and region: those of its largest component, for an order is a unit of several."""
        by_component = self.losses.groupby(["channel", "region", "component"])["units"].sum()
        return {key: float(count) for key, count in by_component.groupby(["channel", "region"]).max().items()}  # type: ignore[misc]

    @cached_property
    def channel_rates(self) -> dict[str, dict[str, tuple[float, float]]]:
        """How many units of each component a channel has and how many of them were good: channel -> code -> (good, units)."""
        found: dict[str, dict[str, tuple[float, float]]] = {}
        for component in self.facts.definition.components:
            if {component.units, component.good} <= set(self.facts.now.columns):
                sums = self.facts.now.groupby("channel")[[component.good, component.units]].sum()
                for channel, good, units in sums[sums[component.units] > 0].itertuples():
                    found.setdefault(str(channel), {})[component.code] = (float(good), float(units))
        return found

    @cached_property
    def channels_ranked(self) -> list[list[str]]:
        """The channels by their index, those together that no weights tell apart."""
        scores = {
            channel: {code: component_score(good / units, self.component(code)) for code, (good, units) in own.items()}
            for channel, own in self.channel_rates.items()
        }
        return ties(pd.DataFrame(scores).T, weights={c.code: c.weight for c in self.facts.definition.components}).groups

    @cached_property
    def weeks(self) -> list[tuple[date, Index]]:
        """The last spans of seven days, by their last day, the oldest first; those before there was any data are left out."""
        lasts = [self.span.last - timedelta(days=WEEK_DAYS * n) for n in range(TREND_WEEKS + 1, -1, -1)]
        since = min(self.facts.history.configured_since.values(), default=None)
        spans = [(last - timedelta(days=WEEK_DAYS - 1), last) for last in lasts]
        return [(last, self.facts.history.index(first=first, last=last)) for first, last in spans if since is not None and first >= since]

    @cached_property
    def band(self) -> float | None:
        """Changes of seven days against seven days within this are noise; missing with too few weeks."""
        values = [index.value for _, index in self.weeks]
        changes = [now - before for before, now in pairwise(values) if now is not None and before is not None]
        # the change that is judged is not its own yardstick
        return noise_band(changes[:-1])

    @property
    def is_noise(self) -> bool:
        """Whether the change is within the band."""
        return self.span.days == WEEK_DAYS and bool(is_noise(self.change, self.band))

    @cached_property
    def day_sums(self) -> dict[date, dict[str, float]]:
        """The measures of each day of ``facts.days``, all channels together."""
        return _summed_by(self.facts.days, "day")

    @cached_property
    def channel_sums(self) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
        """The measures of each channel over the span, and over the span before."""
        frame = self.facts.days
        both = (frame[(frame["day"] >= span.first) & (frame["day"] <= span.last)] for span in (self.span, self.span.before))
        now, before = (_summed_by(part, "channel") for part in both)
        return now, before

    @cached_property
    def sums(self) -> tuple[dict[str, float], dict[str, float]]:
        """The measures over the span, and over the span before."""
        now, before = (self._added(each) for each in self.channel_sums)
        return now, before

    def _added(self, channels: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
        return {name: sum(sums[name] for sums in channels.values()) for name in _measures(self.facts.days)}

    def no_sums(self) -> dict[str, float]:
        """The measures where nothing was counted: zero each."""
        return dict.fromkeys(_measures(self.facts.days), 0.0)

    def component(self, code: str) -> Component:
        """Return a component by its code."""
        return next(c for c in self.facts.definition.components if c.code == code)

    def scored(self, code: str, *, before: bool = False) -> Scored | None:
        """Return a component's part in the index, None where it does not count."""
        index = self.before_now if before else self.now
        return next((part for part in index.parts if part.code == code), None)

    def daily(self, component: Component, *, days: int) -> list[float | None]:
        """Return a component's rate of each of the last closed days."""
        frame = self.facts.history.days
        found: list[float | None] = []
        for n in range(days - 1, -1, -1):
            day = self.span.last - timedelta(days=n)
            units = float(frame[component.units].get(day, 0)) if component.units in frame else 0.0
            found.append(float(frame[component.good].get(day, 0)) / units if units else None)
        return found

    def budget(self, component: Component) -> Budget | None:
        """Return what is left of a component's error budget in the week of the last closed day."""
        frame = self.facts.history.days
        if component.units not in frame or not len(frame):
            return None
        days = dict(
            zip(frame.index, zip(frame[component.good].astype(float), frame[component.units].astype(float), strict=True), strict=True)
        )
        return budget_of(component, days=days, through=self.span.last)

    def by(self, *columns: str) -> pd.DataFrame:
        """Return the lines' points rolled up by some columns."""
        if columns not in self._rolled_up:
            self._rolled_up[columns] = roll_up(self.lines, by=list(columns))
        return self._rolled_up[columns]

    @cached_property
    def _rolled_up(self) -> dict[tuple[str, ...], pd.DataFrame]:
        return {}

    @cached_property
    def moved_by_component(self) -> dict[str, float]:
        """The points by which each component moved the index, without LOOSE lines."""
        return {str(code): float(points) for code, points in self._tied.groupby("component")["points"].sum().items()}

    @cached_property
    def moved_by_region(self) -> dict[str, tuple[float, dict[str, float]]]:
        """Component -> the points by which it moved the index, and of them those of each region, by the region's code."""
        found = {}
        for code, lines in self._tied.groupby("component"):
            regions = lines[lines["region"].notna()].groupby("region")["points"].sum()
            found[str(code)] = float(lines["points"].sum()), {str(region): float(points) for region, points in regions.items()}
        return found

    @cached_property
    def moved_beside(self) -> dict[str, float]:
        """The points of the LOOSE lines that there are, by their effect."""
        beside = self.by("component", "effect")
        each = {effect: beside[beside["effect"] == effect]["points"] for effect in LOOSE}
        return {effect: float(points.sum()) for effect, points in each.items() if len(points)}

    @property
    def _tied(self) -> pd.DataFrame:
        """The lines that belong to a component."""
        return self.lines[~self.lines["effect"].isin(LOOSE)]

    def _before_as_published(self) -> float | None:
        """Return the index of the span before on today's data, under the definition and coverage it was published with."""
        published, definition = self.facts.published_before, self.facts.published_definition
        if published is None or definition is None:
            return None
        history = self.facts.history
        since = {code: day for code, day in history.configured_since.items() if code in published.codes}
        then = type(history)(history.days, since, history.ceilings, definition, history.last_live_day)
        return then.index(first=self.span.before.first, last=self.span.before.last).value


def _measures(days: pd.DataFrame) -> list[str]:
    return [str(name) for name in days.columns if name not in ("day", "channel")]


def _summed_by(days: pd.DataFrame, key: str) -> dict[Any, dict[str, float]]:
    names = _measures(days)
    numbers = days[[key, *names]].astype(dict.fromkeys(names, float)).groupby(key).sum()
    return {value: dict(zip(names, map(float, row), strict=True)) for value, *row in numbers.itertuples()}


def read(view: View) -> Health | None:
    """Read the index of the chosen part and days; None before there is any. ``NoSuchGrain`` where no cells can answer."""
    snapshot = cached_reads.snapshot(view.scope)
    if snapshot is None:
        return None
    closed = min(snapshot.closed_until, business_today(view.as_of, zone=view.zone))
    span = closed_span(view.filters, closed=closed)
    return read_of(part_of(view.filters), span, view=view, snapshot_id=snapshot.snapshot_id)


def read_of(part: Part, span: Span, *, view: View, snapshot_id: int) -> Health | None:
    """Read the index of any part and days; None where nothing is seen. ``NoSuchGrain`` where no cells can answer."""
    return _worked_out(view.scope, part, view.zone, span, snapshot_id)


@st.cache_resource(ttl="10m", max_entries=32, show_spinner=False)
def _worked_out(scope: Scope, part: Part, zone: str, span: Span, snapshot_id: int) -> Health | None:
    """Keep the index of a snapshot with all that was worked out of it, for everybody who sees the same; nobody changes it."""
    facts = cached_reads.health(scope, part, zone, span)
    return None if facts is None else Health(facts)


def part_of(filters: Filters) -> Part:
    """Return the part of the business that is chosen."""
    return Part(channels=filters.channels, regions=filters.regions, categories=filters.categories, warehouses=filters.warehouses)


def closed_span(filters: Filters, *, closed: date) -> Span:
    """Return the closed days that a choice of days means: rolling ones end yesterday, others lose the days that are not over.

    ``closed`` is the first day that is not over. A choice without a closed day means the last one.
    """
    period = filters.period
    if period.until > closed and filters.preset in ("7d", "30d"):
        return Span(closed - timedelta(days=period.days), closed - timedelta(days=1))
    last = min(period.until, closed) - timedelta(days=1)
    return Span(min(period.since, last), last)


def pooled(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Sum losses by some columns, the costliest first."""
    found = frame.groupby(list(keys), as_index=False)[["points", "units", "bad"]].sum()
    return found.sort_values(["points", *keys], ascending=[False, *[True for _ in keys]], ignore_index=True)


def as_period(span: Span) -> Period:
    """Return a span as the period that the filters choose."""
    return Period(since=span.first, until=span.last + timedelta(days=1))


__all__ = ["Health", "NoSuchGrain", "as_period", "closed_span", "part_of", "pooled", "read"]
