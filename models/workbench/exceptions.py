"""By when must somebody answer an exception, by when must it be settled, and was it handled in time? (C6 of the index)

An exception counts in the day on which its response falls due. It is handled if somebody acknowledged it by then and it is settled in
time, which holds until the time is over. Snoozing an order touches neither clock. Settled by itself before its response fell due, an
exception asked nobody for anything and does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Terms:
    """How soon an exception of a level is to be acknowledged and settled (an assumption; no platform sets these)."""

    respond: timedelta
    settle: timedelta


TERMS: Mapping[str, Terms] = {
    "critical": Terms(timedelta(minutes=15), timedelta(hours=2)),
    "serious": Terms(timedelta(minutes=30), timedelta(hours=8)),
    "warning": Terms(timedelta(hours=2), timedelta(hours=24)),
    "info": Terms(timedelta(hours=8), timedelta(hours=72)),
}


@dataclass(frozen=True)
class Raised:
    """What an alert says of its own handling."""

    level: str
    opened_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None


def response_due(found: Raised) -> datetime:
    """Return when somebody must have acknowledged it."""
    return found.opened_at + TERMS[found.level].respond


def counts(found: Raised, *, as_of: datetime) -> bool:
    """Say whether it counts as of an instant: its response has fallen due, and it did not pass by itself before."""
    due = response_due(found)
    passed = found.closed_at is not None and found.closed_at <= due and found.acknowledged_at is None
    return due <= as_of and not passed


def handled(found: Raised, *, as_of: datetime) -> bool:
    """Say whether it was acknowledged in time and is settled in time, or may still be.

    >>> opened = datetime(2026, 11, 27)
    >>> answered = Raised("warning", opened, opened + timedelta(hours=1), None)
    >>> [handled(answered, as_of=opened + timedelta(hours=hours)) for hours in (3, 25)]
    [True, False]
    """
    terms = TERMS[found.level]
    answered = found.acknowledged_at is not None and found.acknowledged_at <= found.opened_at + terms.respond
    end = found.opened_at + terms.settle
    settled = found.closed_at <= end if found.closed_at is not None else as_of <= end
    return answered and settled
