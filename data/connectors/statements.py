"""Which events do a row's times and status state, and between which bounds where it gives no time?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from data.connectors.texts import Mask, Texts
from data.connectors.times import NEVER
from models.events import ENDINGS, EVENT_TYPES, HUB_STATUSES, PROGRESS, STATUS_IMPLIES

Micros = npt.NDArray[np.int64]  # microseconds since 1970 in UTC, NEVER where missing
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]  # places in HUB_STATUSES, -1 where there is none

SINCE_EVER = 0  # 1970-01-01: the earliest bound an event can have
_LATER_THAN_ALL = int(np.iinfo(np.int64).max)
CODE_OF: Mapping[str, int] = {word: code for code, word in enumerate(HUB_STATUSES)}


@dataclass(frozen=True)
class Statements:
    """One statement a place: the row it comes from, the event's type and part, and its bounds (``to`` NEVER = when observed)."""

    row: Rows
    type: npt.NDArray[np.object_]
    part: npt.NDArray[np.object_]
    occurred_from: Micros
    occurred_to: Micros

    def only(self, keep: Mask) -> "Statements":
        """Give some of the statements."""
        return Statements(self.row[keep], self.type[keep], self.part[keep], self.occurred_from[keep], self.occurred_to[keep])


def status_codes(words: Texts, *, paid: Micros) -> Codes:
    """Give each row's status as a code; ``closed`` becomes refunded once paid, else cancelled."""
    encoded = pc.dictionary_encode(words)
    code = np.array([CODE_OF[word] for word in encoded.dictionary.to_pylist()] + [-1], dtype=np.int8)
    codes = code[pc.fill_null(encoded.indices, -1).to_numpy()]
    ended = np.where(paid != NEVER, CODE_OF["refunded"], CODE_OF["cancelled"])
    return np.where(codes == CODE_OF["closed"], ended, codes).astype(np.int8)


def implies(codes: Codes, event: str) -> Mask:
    """Say in which rows the status says that an event has happened."""
    implying = [code for code, status in enumerate(HUB_STATUSES) if event in STATUS_IMPLIES[status]]
    return np.isin(codes, implying)


def statements(
    codes: Codes,
    *,
    times: Mapping[str, Micros],
    may_imply: Collection[str],
    payment_unknown: Mask,
    updated: Micros | None = None,
    days: Mapping[str, tuple[Micros, Micros]] | None = None,
) -> Statements:
    """State every event that a row has a time for, or a day (``days``: its first and last instant), or whose status implies it.

    An implied event lies between the latest time of an earlier event and the earliest of a later one in the same row, at
    the latest when the row was last changed (``updated``).
    """
    days = days or {}
    limit = _last_change(len(codes), times=times, updated=updated)
    found: list[Statements] = []
    for event in EVENT_TYPES:
        exact = times[event] != NEVER if event in times else np.zeros(len(codes), dtype=bool)
        if exact.any():
            row = np.flatnonzero(exact)
            found.append(stated(row, event, times[event][row], times[event][row]))
        told = exact
        if event in days:
            first, last = days[event]
            row = np.flatnonzero((first != NEVER) & ~exact)
            found.append(stated(row, event, first[row], last[row]))
            told = exact | (first != NEVER)
        if event in may_imply:
            implied = implies(codes, event) & ~told & ~(payment_unknown if event == "paid" else told)
            row = np.flatnonzero(implied)
            if len(row):
                found.append(stated(row, event, *_bounds(event, row=row, times=times, days=days, limit=limit)))
    return joined(found)


def stated(row: Rows, event: str, occurred_from: Micros, occurred_to: Micros, *, part: npt.NDArray[np.object_] | None = None) -> Statements:
    """State one event of several rows."""
    return Statements(row, _all(event, len(row)), _all("", len(row)) if part is None else part, occurred_from, occurred_to)


def stated_between(
    row: Rows, event: str, *, times: Mapping[str, Micros], updated: Micros | None, part: npt.NDArray[np.object_], rows: int
) -> Statements:
    """State an event of which its row (one of ``rows``) knows no time, only those of what came before, and when it last changed."""
    limit = _last_change(rows, times=times, updated=updated)
    return stated(row, event, *_bounds(event, row=row, times=times, days={}, limit=limit), part=part)


def joined(several: Collection[Statements]) -> Statements:
    """Put statements one after another."""
    if not several:
        nothing = np.array([], dtype=np.int64)
        return Statements(nothing, nothing.astype(object), nothing.astype(object), nothing, nothing)
    columns = ("row", "type", "part", "occurred_from", "occurred_to")
    return Statements(*(np.concatenate([getattr(each, name) for each in several]) for name in columns))


def _last_change(rows: int, *, times: Mapping[str, Micros], updated: Micros | None) -> Micros:
    # A row cannot have been last changed before something in it happened: such a stamp bounds nothing.
    last = np.maximum.reduce([np.full(rows, NEVER, dtype=np.int64), *times.values()])
    return np.full(rows, NEVER, dtype=np.int64) if updated is None else np.where(updated >= last, updated, NEVER)


def _bounds(
    event: str, *, row: Rows, times: Mapping[str, Micros], days: Mapping[str, tuple[Micros, Micros]], limit: Micros
) -> tuple[Micros, Micros]:
    earliest = np.full(len(row), SINCE_EVER, dtype=np.int64)
    latest = np.where(limit[row] == NEVER, _LATER_THAN_ALL, limit[row])
    for other, when in times.items():
        if other in _before(event):
            earliest = np.maximum(earliest, when[row])
        elif other in _after(event):
            latest = np.minimum(latest, np.where(when[row] == NEVER, _LATER_THAN_ALL, when[row]))
    for other, (first, _) in days.items():
        if other in _before(event):
            earliest = np.maximum(earliest, first[row])
    # Times that contradict each other (handed over before it was bought, as some files say) give no lower bound.
    earliest = np.where(earliest > latest, SINCE_EVER, earliest)
    return earliest, np.where(latest == _LATER_THAN_ALL, NEVER, latest)


def _before(event: str) -> tuple[str, ...]:
    if event in PROGRESS:
        return PROGRESS[: PROGRESS.index(event)]
    return PROGRESS if event in ENDINGS else ("created", "paid")


def _after(event: str) -> tuple[str, ...]:
    return (*PROGRESS[PROGRESS.index(event) + 1 :], *ENDINGS) if event in PROGRESS else ()


def _all(word: str, count: int) -> npt.NDArray[np.object_]:
    return np.full(count, word, dtype=object)
