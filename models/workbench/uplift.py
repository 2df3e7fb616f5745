"""Did it help: how many late orders, and how much money, did acting on the list avoid in a week?

Orders that the list chose fall by a stable draw into those suggested for action and those held out. Both would have been late alike but for
what was done, so the difference of their late shares is what it avoided, whether or not each suggestion was followed. The interval is
Newcombe's hybrid of two Wilson intervals (Statistics in Medicine 17, 1998, method 10), which holds its level for small groups and for
shares near 0 and 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import sqrt

_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class CohortDay:
    """One cohort of one business day: its comparable orders, how many are judged, late, and what the judged ones are worth."""

    day: date
    cohort: str
    chosen: int
    judged: int
    late: int
    value_minor: int


@dataclass(frozen=True)
class UpliftWeek:
    """A week's answer; ``difference`` and all that follows are None while either group has nothing judged.

    ``difference`` = late share of the held-out − late share of the suggested, positive where acting helped, with its 95 % interval.
    ``avoided`` is that times the suggested orders judged; money is their average value, times what a late order costs of its value.
    ``distinguishable`` only where the interval lies above or below zero.
    """

    week: date
    held_out: int
    held_out_late: int
    suggested: int
    suggested_late: int
    waiting: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    avoided: float | None = None
    avoided_low: float | None = None
    avoided_high: float | None = None
    saved_minor: int | None = None
    saved_low_minor: int | None = None
    saved_high_minor: int | None = None

    @property
    def distinguishable(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def wilson(late: int, judged: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    >>> [round(end, 3) for end in wilson(0, 10)], [round(end, 3) for end in wilson(5, 10)]
    ([0.0, 0.278], [0.237, 0.763])
    """
    z2, share = _NORMAL_95**2, late / judged
    middle = (share + z2 / (2 * judged)) / (1 + z2 / judged)
    half = _NORMAL_95 * sqrt(share * (1 - share) / judged + z2 / (4 * judged**2)) / (1 + z2 / judged)
    # the interval holds the share: rounding must not say otherwise
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def difference(*, held_out_late: int, held_out: int, suggested_late: int, suggested: int) -> tuple[float, float, float]:
    """Return the late share of the held-out minus that of the suggested, with its 95 % interval; both groups hold orders.

    >>> [round(each, 4) for each in difference(held_out_late=56, held_out=70, suggested_late=48, suggested=80)]
    [0.2, 0.0524, 0.3339]
    """
    without, with_it = held_out_late / held_out, suggested_late / suggested
    (low0, high0), (low1, high1) = wilson(held_out_late, held_out), wilson(suggested_late, suggested)
    gap = without - with_it
    down, up = sqrt((without - low0) ** 2 + (high1 - with_it) ** 2), sqrt((high0 - without) ** 2 + (with_it - low1) ** 2)
    return gap, gap - down, gap + up


def uplift_of(days: Iterable[CohortDay], *, week: date, late_cost_share: float) -> UpliftWeek:
    """Answer for the week that begins with a Monday, from the cohorts of its days; others are left out."""
    inside = [each for each in days if week <= each.day < week + timedelta(days=7)]
    out, acted = ([each for each in inside if each.cohort == cohort] for cohort in ("held_out", "suggested"))
    plain = UpliftWeek(
        week,
        held_out=sum(each.judged for each in out),
        held_out_late=sum(each.late for each in out),
        suggested=sum(each.judged for each in acted),
        suggested_late=sum(each.late for each in acted),
        waiting=sum(each.chosen - each.judged for each in inside),
    )
    return plain if not plain.held_out or not plain.suggested else _answered(plain, acted, late_cost_share=late_cost_share)


def _answered(plain: UpliftWeek, acted: Sequence[CohortDay], *, late_cost_share: float) -> UpliftWeek:
    gap, low, high = difference(
        held_out_late=plain.held_out_late, held_out=plain.held_out, suggested_late=plain.suggested_late, suggested=plain.suggested
    )
    orders, cost = plain.suggested, sum(each.value_minor for each in acted) * late_cost_share
    return replace(
        plain,
        difference=gap,
        low=low,
        high=high,
        avoided=gap * orders,
        avoided_low=low * orders,
        avoided_high=high * orders,
        saved_minor=round(gap * cost),
        saved_low_minor=round(low * cost),
        saved_high_minor=round(high * cost),
    )
