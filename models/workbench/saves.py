"""How likely does an action save an order that would otherwise be late?

Each action starts from a stated prior, a beta distribution worth a few orders. Outcomes move it: of the orders acted on, as many would
have been late without it as their probabilities then add up to; those that were late all the same are its failures, the others saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Prior:
    """What is assumed of an action before any outcome: ``saves`` as if seen on ``weight`` orders, and the time it needs to work."""

    action: str
    saves: float
    weight: float
    lead_minutes: int
    source_zh: str
    source_en: str


_GUESS_ZH, _GUESS_EN = "假设，无出处；结果会逐步替代它", "an assumption without a source; outcomes replace it step by step"
PRIORS: tuple[Prior, ...] = (
    Prior("expedite", 0.55, 20, 60, f"{_GUESS_ZH}；拣货装车约需 1 小时", f"{_GUESS_EN}; picking and loading take about an hour"),
    Prior("other_warehouse", 0.40, 20, 180, f"{_GUESS_ZH}；改派后要重新拣货", f"{_GUESS_EN}; it is picked anew elsewhere"),
    Prior("other_carrier", 0.35, 20, 120, f"{_GUESS_ZH}；需重打面单", f"{_GUESS_EN}; it needs a new label"),
    Prior("contact_buyer", 0.10, 20, 0, f"{_GUESS_ZH}；买家同意改期才算", f"{_GUESS_EN}; only if the buyer agrees to another date"),
)
PRIORS_BY_ACTION: Mapping[str, Prior] = {prior.action: prior for prior in PRIORS}
_NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Seen:
    """What became of the judged orders that an action was done to: how many, how many expected late without it, how many late."""

    acted: int = 0
    expected_late: float = 0.0
    late: int = 0


@dataclass(frozen=True)
class Saving:
    """What is believed of an action now: mean and 95 % interval of its chance to save an order."""

    action: str
    saves: float
    low: float
    high: float


def learnt(prior: Prior, seen: Seen) -> Saving:
    """Return what is believed of an action after outcomes; without any the prior.

    More late orders than were expected count as that many failures: an action cannot save less than nothing.

    >>> prior = Prior("expedite", 0.5, 20, 60, "", "")
    >>> round(learnt(prior, Seen()).saves, 3), round(learnt(prior, Seen(acted=100, expected_late=80.0, late=20)).saves, 3)
    (0.5, 0.7)
    """
    failed = min(float(seen.late), seen.expected_late)
    alpha = prior.saves * prior.weight + seen.expected_late - failed
    beta = (1 - prior.saves) * prior.weight + failed
    mean = alpha / (alpha + beta)
    # the beta's own standard deviation, its quantiles as a normal's: near enough for weights of 20 and more
    spread = _NORMAL_95 * sqrt(mean * (1 - mean) / (alpha + beta + 1))
    return Saving(prior.action, mean, max(0.0, mean - spread), min(1.0, mean + spread))
