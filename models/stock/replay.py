"""How many pieces would be sold that do not exist, in a promotion over the last pieces of a stock, by lag and by how it is shared out?

Each channel sells on a counter of its own. What the hub tells it arrives ``lag`` seconds after the sale that caused it: until then the
counter knows nothing of what the others sold. Where a message replaces the counter, it also forgets what the channel itself sold
since the message was written. An allotment is told once and only ever raised by pieces that nobody else was told of: all of them
together cannot exceed what is there.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np


@dataclass(frozen=True)
class Policy:
    """A way to share stock out to channels: its key and names, and what it does.

    ``allotted`` tells each channel once what is its own, else every sale is followed by new numbers for all. ``shown`` is the share of
    the stock that is told at all at first; ``topped_up`` gives the rest to whom runs low, ``shared`` tells all channels the same pieces.
    """

    key: str
    name_zh: str
    name_en: str
    allotted: bool = False
    shared: bool = False
    by_sales: bool = True
    shown: float = 1.0
    topped_up: bool = False


POLICIES: tuple[Policy, ...] = (
    Policy("shared", "各渠道共享全部可售", "Every channel shows all of it", shared=True),
    Policy("shared_safety", "共享，预留 10% 安全量", "All but a safety tenth, shared", shared=True, shown=0.9),
    Policy("shares_replaced", "按销量比例，随时覆盖", "Shares by sales, replaced at every sale"),
    Policy("equal", "固定配额，平均", "Fixed quotas, equal", allotted=True, by_sales=False),
    Policy("by_sales", "固定配额，按销量", "Fixed quotas by sales", allotted=True),
    Policy(
        "by_sales_reserve",
        "固定配额，三成预留补给",
        "Fixed quotas by sales, three tenths kept to top up",
        allotted=True,
        shown=0.7,
        topped_up=True,
    ),
)
BY_KEY: Mapping[str, Policy] = {policy.key: policy for policy in POLICIES}
# How far a channel's part in a promotion strays from its part in ordinary sales: a third up or down is usual (spread of its logarithm).
SURPRISE = 0.35
# What it takes an order to be known and the new number to stand in the shop, where nothing is slow; the recommendation is for this lag.
USUAL_LAG_SECONDS = 60
LAGS_SECONDS: tuple[int, ...] = (0, 5, 15, 30, 60, 120, 300)


@dataclass(frozen=True)
class Promotion:
    """What is replayed: the last ``units`` pieces, ordinary sales a minute by channel, how many times as many, for how many minutes."""

    channels: Mapping[str, float]
    units: int = 500
    minutes: float = 10
    factor: float = 20


@dataclass(frozen=True)
class Point:
    """What comes of one policy at one lag, on average of the runs; ``worst_units`` is the most oversold in any of them."""

    lag_seconds: int
    oversold_units: float
    worst_units: int
    sold_units: float
    unsold_units: float


@dataclass(frozen=True)
class Replay:
    """The curve of every policy, and which one to use with which quotas (shares of what is available, by channel)."""

    curves: Mapping[str, Sequence[Point]]
    recommended: str
    quotas: Mapping[str, float]


def replay(promotion: Promotion, *, lags: Sequence[int] = LAGS_SECONDS, runs: int = 30, seed: int = 1) -> Replay:
    """Replay a promotion under every policy and lag, each on the same sales."""
    wishes = [_wishes(promotion, seed=seed + run) for run in range(runs)]
    curves = {
        policy.key: [_point(lag, [accepted(promotion, policy, wish, lag_seconds=lag) for wish in wishes], promotion) for lag in lags]
        for policy in POLICIES
    }
    best = _recommended(curves)
    quotas = {
        channel: floor(share * best.shown * 100_000) / 100_000 for channel, share in shares(promotion, by_sales=best.by_sales).items()
    }
    return Replay(curves, best.key, quotas)


def shares(promotion: Promotion, *, by_sales: bool) -> dict[str, float]:
    """Return each channel's share of the stock; five decimals that never add up to more than one.

    >>> shares(Promotion({"taobao": 3.0, "jd": 1.0}), by_sales=True)
    {'taobao': 0.75, 'jd': 0.25}
    """
    total = sum(promotion.channels.values())
    even = not by_sales or total <= 0
    wanted = {channel: 1 / len(promotion.channels) if even else rate / total for channel, rate in promotion.channels.items()}
    return {channel: floor(share * 100_000) / 100_000 for channel, share in wanted.items()}


def allotments(units: int, parts: Mapping[str, float]) -> dict[str, int]:
    """Share pieces out whole; what is left by rounding goes to those who lose most by it.

    >>> allotments(10, {"taobao": 0.55, "jd": 0.45})
    {'taobao': 6, 'jd': 4}
    """
    total = sum(parts.values())
    exact = {channel: units * share / total for channel, share in parts.items()} if total > 0 else dict.fromkeys(parts, 0.0)
    whole = {channel: floor(share) for channel, share in exact.items()}
    left = (units if total > 0 else 0) - sum(whole.values())
    for channel in sorted(exact, key=lambda name: (whole[name] - exact[name], -exact[name]))[:left]:
        whole[channel] += 1
    return whole


Wishes = Sequence[tuple[float, str]]


def accepted(promotion: Promotion, policy: Policy, wishes: Wishes, *, lag_seconds: float) -> int:
    """Return how many pieces the channels sell, of buyers who come at the given seconds in order of time."""
    parts = shares(promotion, by_sales=policy.by_sales)
    if policy.allotted:
        return _by_allotment(promotion, policy, wishes, parts=parts, lag_seconds=lag_seconds)
    return _by_message(promotion, policy, wishes, parts=parts, lag_seconds=lag_seconds)


def _by_message(promotion: Promotion, policy: Policy, wishes: Wishes, *, parts: Mapping[str, float], lag_seconds: float) -> int:
    """Sell on counters that every sale replaces everywhere, one lag later."""
    kept_back = promotion.units - floor(promotion.units * policy.shown)

    def told(available: int) -> dict[str, int]:
        offered = max(0, available - kept_back)
        return dict.fromkeys(parts, offered) if policy.shared else allotments(offered, parts)

    counters, under_way, sold = told(promotion.units), deque[tuple[float, dict[str, int]]](), 0
    for second, channel in wishes:
        while under_way and under_way[0][0] <= second:
            counters = dict(under_way.popleft()[1])
        if counters[channel] > 0:
            counters[channel] -= 1
            sold += 1
            under_way.append((second + lag_seconds, told(promotion.units - sold)))
    return sold


def _by_allotment(promotion: Promotion, policy: Policy, wishes: Wishes, *, parts: Mapping[str, float], lag_seconds: float) -> int:
    """Sell on counters of each channel's own pieces; who runs low is given more of what is kept back, one lag later."""
    first = floor(promotion.units * policy.shown)
    counters = allotments(first, parts)
    kept_back = promotion.units - first
    promised, under_way, sold = dict(counters), deque[tuple[float, str, int]](), 0
    for second, channel in wishes:
        while under_way and under_way[0][0] <= second:
            _, whose, more = under_way.popleft()
            counters[whose] += more
        if counters[channel] <= 0:
            continue
        counters[channel] -= 1
        promised[channel] -= 1
        sold += 1
        if policy.topped_up and kept_back > 0 and promised[channel] <= first * parts[channel] / 3:
            more = max(1, floor(kept_back * parts[channel] / 2))
            kept_back -= more
            promised[channel] += more
            under_way.append((second + lag_seconds, channel, more))
    return sold


def _wishes(promotion: Promotion, *, seed: int) -> list[tuple[float, str]]:
    """Throw when buyers of one piece come to which channel; no promotion spreads over channels just as ordinary sales do."""
    dice = np.random.default_rng([seed, 8])
    seconds = promotion.minutes * 60
    found: list[tuple[float, str]] = []
    for channel, rate in promotion.channels.items():
        strayed = rate * float(np.exp(SURPRISE * dice.standard_normal() - SURPRISE**2 / 2))
        count = int(dice.poisson(strayed * promotion.factor * promotion.minutes))
        found += [(float(second), channel) for second in dice.random(count) * seconds]
    return sorted(found)


def _point(lag: int, sold: Sequence[int], promotion: Promotion) -> Point:
    over = [max(0, units - promotion.units) for units in sold]
    covered = [min(units, promotion.units) for units in sold]
    return Point(
        lag,
        round(float(np.mean(over)), 1),
        max(over),
        round(float(np.mean(covered)), 1),
        round(promotion.units - float(np.mean(covered)), 1),
    )


def _recommended(curves: Mapping[str, Sequence[Point]]) -> Policy:
    """Return, of the policies that cannot oversell at any lag, the one that leaves least unsold at the usual lag."""
    safe = [policy for policy in POLICIES if policy.allotted]

    def unsold_units(policy: Policy) -> float:
        return min(curves[policy.key], key=lambda point: abs(point.lag_seconds - USUAL_LAG_SECONDS)).unsold_units

    return min(safe, key=unsold_units)
