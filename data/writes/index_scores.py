"""What is the index of each closed day, week and rolling seven days, and what was it when it was first published?"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection, text

from data.measures import MEASURE_NAMES
from models.health.components import Component, Definition
from models.health.index import Index, day_cap_penalty, index_of, mean_cap_penalty, sums_of

# A change smaller than this is none.
_NOTHING = 1e-9
SPAN_DAYS: Mapping[str, int] = {"day": 1, "week": 7, "rolling": 7}


@dataclass(frozen=True)
class Closing:
    """What scores are computed for: the days before ``closed_until``, under one version of the definition."""

    closed_until: date
    snapshot_id: int
    version: int
    definition: Definition
    as_of: datetime
    zone: str


@dataclass(frozen=True)
class History:
    """What the index of any closed span is made of: sums by day, caps by day, and how far live data reaches.

    ``days`` has one row a business day (its index) and the measures of the configured components.
    """

    days: pd.DataFrame
    caps: Mapping[date, tuple[float, ...]]
    definition: Definition
    last_live_day: date | None

    def index(self, *, first: date, last: date) -> Index:
        """Return the index of the days ``[first, last]``."""
        within = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        penalties = {day: self._penalty(day) for day in within if day in self.caps}
        return self._scored(first, last, cap_penalty=mean_cap_penalty(penalties, days=within))

    def _penalty(self, day: date) -> float:
        return day_cap_penalty(self._scored(day, day, cap_penalty=0.0).raw, ceilings=self.caps[day])

    def _scored(self, first: date, last: date, *, cap_penalty: float) -> Index:
        known = self.days[self.days.index <= last]
        configured = frozenset(c.code for c in self._measured if (known[c.units] > 0).any())
        overdue = 0 if self.last_live_day is None else max(0, (last - self.last_live_day).days)
        return index_of(
            sums_of(known[known.index >= first], definition=self.definition),
            definition=self.definition,
            configured=configured,
            carried=self._last_rates(until=first),
            overdue_days=dict.fromkeys(configured, overdue) if overdue else {},
            cap_penalty=cap_penalty,
        )

    @property
    def _measured(self) -> list[Component]:
        return [c for c in self.definition.components if {c.units, c.good} <= set(self.days.columns)]

    def _last_rates(self, *, until: date) -> dict[str, float]:
        """Return each component's rate on the last day before ``until`` that had a unit."""
        rates = {}
        for c in self._measured:
            before = self.days[(self.days.index < until) & (self.days[c.units] > 0)]
            if not before.empty:
                rates[c.code] = float(before[c.good].iloc[-1] / before[c.units].iloc[-1])
        return rates


def history(connection: Connection, *, definition: Definition, until: date, zone: str) -> History:
    """Read what the index of the closed days before ``until`` is made of."""
    wanted = [name for c in definition.components for name in (c.units, c.good) if {c.units, c.good} <= set(MEASURE_NAMES)]
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in wanted)
    rows = connection.execute(text(f"SELECT day, {sums} FROM channel_day WHERE day < :until GROUP BY day ORDER BY day"), {"until": until})
    days = pd.DataFrame([tuple(row) for row in rows], columns=["day", *wanted]).set_index("day")
    ceilings = {cap.code: cap.ceiling for cap in definition.caps}
    caps: dict[date, tuple[float, ...]] = {}
    for row in connection.execute(text("SELECT day, code FROM day_caps WHERE day < :until ORDER BY day, code"), {"until": until}):
        if row.code in ceilings:
            caps[row.day] = (*caps.get(row.day, ()), ceilings[row.code])
    last_live = connection.scalar(text("SELECT max(received_at) FROM source_files WHERE nature = 'live'"))
    return History(days, caps, definition, None if last_live is None else last_live.astimezone(ZoneInfo(zone)).date())


def score_spans(connection: Connection, closing: Closing, *, days: frozenset[date] | None) -> int:
    """Compute the scores of every closed span that holds one of some days, or of all; return how many there are.

    A span's first score is its publication and stays; a later one that differs marks it restated.
    """
    past = history(connection, definition=closing.definition, until=closing.closed_until, zone=closing.zone)
    due = [day for day in past.days.index if past.days.loc[day].any()]
    if not due:
        return 0
    wanted = _every_day(due[0], closing.closed_until) if days is None else sorted(day for day in days if day >= due[0])
    rows = [
        _row(past.index(first=first, last=last), span=span, last=last, closing=closing)
        for span, first, last in _spans(wanted, closing=closing, born=due[0])
    ]
    if rows:
        connection.execute(text(_STORE), rows)
    return len(rows)


_STORE = f"""
    INSERT INTO index_scores AS kept (span, last_day, score, snapshot_id, definition_version,
        published, published_snapshot_id, published_version, published_at)
    VALUES (:span, :last_day, CAST(:score AS jsonb), :snapshot_id, :version, CAST(:score AS jsonb), :snapshot_id, :version, :as_of)
    ON CONFLICT (span, last_day) DO UPDATE
    SET score = EXCLUDED.score, snapshot_id = EXCLUDED.snapshot_id, definition_version = EXCLUDED.definition_version,
        restated_at = CASE
            WHEN abs(coalesce((EXCLUDED.score->>'value')::float, -1) - coalesce((kept.score->>'value')::float, -1)) > {_NOTHING}
            THEN EXCLUDED.published_at ELSE kept.restated_at END"""


def _spans(days: Iterable[date], *, closing: Closing, born: date) -> Iterable[tuple[str, date, date]]:
    """Yield (span, first day, last day) of every closed span that holds one of the days."""
    found: set[tuple[str, date, date]] = set()
    for day in days:
        monday = day - timedelta(days=day.weekday())
        found.add(("day", day, day))
        found.add(("week", monday, monday + timedelta(days=6)))
        found.update(("rolling", day + timedelta(days=n - 6), day + timedelta(days=n)) for n in range(7))
    return sorted(each for each in found if born <= each[2] < closing.closed_until)


def _every_day(first: date, until: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((until - first).days)]


def _row(index: Index, *, span: str, last: date, closing: Closing) -> dict[str, Any]:
    return {
        "span": span,
        "last_day": last,
        "score": json.dumps(asdict(index)),
        "snapshot_id": closing.snapshot_id,
        "version": closing.version,
        "as_of": closing.as_of,
    }
