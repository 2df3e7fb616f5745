"""How many pieces should each shop show, and what does a threshold make of few?

Quotas that add up to no more than what is available cannot promise a piece twice; shares above that are the merchant's risk and are shown
as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Action = Literal["sell", "show_left", "delist"]


@dataclass(frozen=True)
class Quota:
    """What a channel gets of what is available: a share, or so many pieces; neither = an equal part of what the others leave."""

    channel: str
    share: Fraction | None = None
    units: int | None = None


@dataclass(frozen=True)
class Threshold:
    """At or below ``least`` pieces the action is taken; only with more than ``relist_above`` it is taken back (S10)."""

    least: int
    action: Literal["show_left", "delist"]
    relist_above: int


def divided(available: int, quotas: Sequence[Quota]) -> dict[str, int]:
    """Return the pieces of each channel; what does not come out even goes to the first channels that share equally.

    >>> divided(10, [Quota("tmall", share=Fraction(1, 2)), Quota("jd"), Quota("pdd")])
    {'tmall': 5, 'jd': 3, 'pdd': 2}
    >>> divided(3, [Quota("tmall", units=5), Quota("jd")])
    {'tmall': 3, 'jd': 0}
    """
    there = max(available, 0)
    given = {quota.channel: _own(quota, there) for quota in quotas if quota.share is not None or quota.units is not None}
    others = [quota.channel for quota in quotas if quota.channel not in given]
    given |= evenly(max(0, there - sum(given.values())), others)
    return {quota.channel: given[quota.channel] for quota in quotas}


def evenly(units: int, names: Sequence[str]) -> dict[str, int]:
    """Divide pieces evenly, the first ones get what is over.

    >>> evenly(5, ["a", "b", "c"])
    {'a': 2, 'b': 2, 'c': 1}
    """
    each, over = divmod(units, len(names)) if names else (0, 0)
    return {name: each + (place < over) for place, name in enumerate(names)}


def action_at(available: int, threshold: Threshold | None, *, told: str | None) -> Action:
    """Return what a channel is to do, given what it was last told; between the two lines it stays at what it does.

    >>> rule = Threshold(5, "delist", 8)
    >>> [action_at(units, rule, told=told) for units, told in ((6, "sell"), (5, "sell"), (6, "delist"), (8, "delist"), (9, "delist"))]
    ['sell', 'delist', 'delist', 'delist', 'sell']
    """
    if available <= 0:
        return "delist"
    if threshold is None:
        return "sell"
    if available <= threshold.least or (told not in (None, "sell") and available <= threshold.relist_above):
        return threshold.action
    return "sell"


def _own(quota: Quota, there: int) -> int:
    if quota.units is not None:
        return min(quota.units, there)
    assert quota.share is not None
    return int(there * quota.share)
