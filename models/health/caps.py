"""Did the sync stand still for longer than two cycles, or an interface for longer than a quarter of an hour?

Caps of the index are facts of a day; these are the two that the jobs' own ledger tells (product, section 3.2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

CYCLE = timedelta(minutes=5)
LONGEST_GAP = 2 * CYCLE
LONGEST_OUTAGE = timedelta(minutes=15)


@dataclass(frozen=True)
class Gap:
    """A time ``[since, until)`` without what should have been there."""

    since: datetime
    until: datetime


def sync_gaps(successes: Iterable[datetime], *, stops: Sequence[datetime], until: datetime) -> list[Gap]:
    """Return the gaps of more than two cycles between successful sweeps, and from the last of them to ``until``.

    A gap in which somebody stopped the jobs on purpose was noticed and does not count.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 3, 12, tzinfo=UTC)
    >>> [gap.until.hour for gap in sync_gaps([noon, noon.replace(hour=20)], stops=[], until=noon.replace(hour=20))]
    [20]
    >>> sync_gaps([noon, noon.replace(hour=20)], stops=[noon.replace(hour=13)], until=noon.replace(hour=20))
    []
    """
    wide = [Gap(since, then) for since, then in pairwise([*sorted(successes), until]) if then - since > LONGEST_GAP]
    return [gap for gap in wide if not any(gap.since <= stop < gap.until for stop in stops)]


def outages(pulls: Iterable[tuple[datetime, bool]]) -> list[Gap]:
    """Return the times of more than a quarter of an hour in which every pull of one interface failed, up to its next success.

    ``pulls`` are the starts of one interface's pulls and whether each succeeded; an outage still going on ends with its last failure.
    """
    found: list[Gap] = []
    since: datetime | None = None
    last: datetime | None = None
    for at, succeeded in sorted(pulls):
        since = since or (None if succeeded else at)
        last = at
        if succeeded and since is not None:
            found.append(Gap(since, at))
            since = None
    if since is not None and last is not None:
        found.append(Gap(since, last))
    return [gap for gap in found if gap.until - gap.since > LONGEST_OUTAGE]
