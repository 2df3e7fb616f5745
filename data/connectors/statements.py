"""Which events do a row's times and status state, and between which bounds where it gives no time?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.connectors.transforms import Mask
from models.events import ENDINGS, EVENT_TYPES, HUB_STATUSES, PROGRESS, STATUS_IMPLIES

Micros = npt.NDArray[np.int64]  # microseconds since 1970 in UTC
NEVER = np.iinfo(np.int64).min  # numpy's NaT
_LATER_THAN_ALL = np.iinfo(np.int64).max
SINCE_EVER = 0  # 1970-01-01: the earliest bound an event can have

OPEN_STATUSES: tuple[str, ...] = ("unpaid", "to_ship", "held", "reviewed", "allocated", "waybilled", "part_shipped", "shipped")


@dataclass(frozen=True)
class Statements:
    """One statement a row: the row it comes from, the event's type and part, and its bounds (``to`` NEVER = when observed)."""

    row: npt.NDArray[np.int64]
    type: npt.NDArray[np.object_]
    part: npt.NDArray[np.object_]
    occurred_from: Micros
    occurred_to: Micros


def status_codes(words: npt.NDArray[np.object_], *, paid: Micros) -> npt.NDArray[np.int8]:
    """Give each row's status as a place in ``HUB_STATUSES`` (-1 = none); ``closed`` becomes refunded once paid, else cancelled."""
    place = {word: code for code, word in enumerate(HUB_STATUSES)}
    codes = pd.Series(words).map(place).fillna(-1).to_numpy(dtype=np.int8)
    closed = codes == place["closed"]
    return np.where(closed, np.where(paid != NEVER, place["refunded"], place["cancelled"]), codes).astype(np.int8)


def statements(
    codes: npt.NDArray[np.int8], *, times: Mapping[str, Micros], may_imply: Collection[str], unpaid_until_later: Mask
) -> Statements:
    """State every event that a row has a time for or whose status implies it.

    An implied event lies between the latest time of an earlier event and the earliest of a later one in the same row.
    ``unpaid_until_later`` marks cash-on-delivery rows, whose status says nothing about payment.
    """
    found: list[Statements] = []
    for event in EVENT_TYPES:
        exact = times[event] != NEVER if event in times else np.zeros(len(codes), dtype=bool)
        if exact.any():
            row = np.flatnonzero(exact)
            found.append(_of(row, event, times[event][row], times[event][row]))
        if event not in may_imply:
            continue
        implied = _says(codes, event) & ~exact
        if event == "paid":
            implied &= ~unpaid_until_later
        row = np.flatnonzero(implied)
        if len(row):
            found.append(_of(row, event, *_bounds(event, row=row, times=times)))
    return joined(found)


def joined(several: Collection[Statements]) -> Statements:
    """Put statements one after another."""
    if not several:
        nothing = np.array([], dtype=np.int64)
        return Statements(nothing, nothing.astype(object), nothing.astype(object), nothing, nothing)
    return Statements(
        *(np.concatenate([getattr(each, name) for each in several]) for name in ("row", "type", "part", "occurred_from", "occurred_to"))
    )


def _says(codes: npt.NDArray[np.int8], event: str) -> Mask:
    implying = [code for code, status in enumerate(HUB_STATUSES) if event in STATUS_IMPLIES[status]]
    return np.isin(codes, implying)


def _bounds(event: str, *, row: npt.NDArray[np.int64], times: Mapping[str, Micros]) -> tuple[Micros, Micros]:
    earliest = np.full(len(row), SINCE_EVER, dtype=np.int64)
    latest = np.full(len(row), _LATER_THAN_ALL, dtype=np.int64)
    for other, when in times.items():
        if other in _before(event):
            earliest = np.maximum(earliest, when[row])
        elif other in _after(event):
            latest = np.minimum(latest, np.where(when[row] == NEVER, _LATER_THAN_ALL, when[row]))
    # Times that contradict each other (handed over before it was bought, as some files say) give no lower bound.
    earliest = np.where(earliest > latest, SINCE_EVER, earliest)
    return earliest, np.where(latest == _LATER_THAN_ALL, NEVER, latest)


def _before(event: str) -> tuple[str, ...]:
    if event in PROGRESS:
        return PROGRESS[: PROGRESS.index(event)]
    return PROGRESS if event in ENDINGS else ("created", "paid")


def _after(event: str) -> tuple[str, ...]:
    return (*PROGRESS[PROGRESS.index(event) + 1 :], *ENDINGS) if event in PROGRESS else ()


def _of(row: npt.NDArray[np.int64], event: str, start: Micros, end: Micros) -> Statements:
    return Statements(row, np.full(len(row), event, dtype=object), np.full(len(row), "", dtype=object), start, end)
