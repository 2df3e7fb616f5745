"""How much of the promise will have been kept by the end of the week, given what is done and what is still open? (product 3.5)

Done orders count as they are; every open order that falls due in the week counts with the chance the calibrated model gives it.
"""

from dataclasses import dataclass
from math import sqrt

from models.delay_risk import band

# Both sides of a 95 % interval of a normal distribution.
Z = 1.96


@dataclass(frozen=True)
class Expected:
    """C1 at the end of the week: what is expected, its interval, and what it is made of. Shares are None where nothing falls due."""

    due: int
    done_good: int
    done_due: int
    open_due: int
    open_good: float
    value: float | None
    low: float | None
    high: float | None


def expected_week(*, done_good: int, done_due: int, open_due: int, late: float, luck: float, doubt: float) -> Expected:
    """Return the expected share kept, from sums over the open orders' chances to break the promise.

    ``late`` = Σ p, ``luck`` = Σ p(1 − p), ``doubt`` = Σ (high − low) of their bands, which hold nine in ten. Two sources of doubt
    are added: which of the orders will be late (each for itself), and whether all chances are off together by as much as their bands allow.

    >>> expected_week(done_good=90, done_due=100, open_due=0, late=0, luck=0, doubt=0).value
    0.9
    >>> week = expected_week(done_good=90, done_due=100, open_due=100, late=50, luck=25, doubt=20)
    >>> round(week.value, 3), round(week.low, 3), round(week.high, 3)
    (0.7, 0.623, 0.777)
    """
    due, open_good = done_due + open_due, open_due - late
    if not due:
        return Expected(0, 0, 0, 0, 0.0, None, None, None)
    off = Z * sqrt(luck + (doubt / 2 / band.Z) ** 2)
    # what is done stays done, whatever becomes of the rest
    least, most = max(open_good - off, 0.0), min(open_good + off, float(open_due))
    return Expected(
        due, done_good, done_due, open_due, open_good, (done_good + open_good) / due, (done_good + least) / due, (done_good + most) / due
    )
