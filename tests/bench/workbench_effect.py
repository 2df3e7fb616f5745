"""Does the interval of the weekly uplift hold the truth, where the truth is known?

The simulated merchant plays a week a seed. What acting does to a parcel is set (``jobs.simulate.wishes``), so that of every order both
ends are known: late or not if left alone, late or not if acted on. The workbench's own draw and ranking choose, some suggestions are not
followed, and the week is reported as the page reports it. The truth is the mean difference of both ends over all orders it chose.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.dice import HOUR, NEVER, NORMAL
from jobs.simulate.life import pass_warehouses
from jobs.simulate.merchant import play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.wishes import helped
from models.workbench.holdout import drawn_out
from models.workbench.ranking import worth
from models.workbench.rules import WorkbenchSettings
from models.workbench.saves import PRIORS_BY_ACTION
from models.workbench.uplift import CohortDay, UpliftWeek, uplift_of
from tests.bench.figure import Figure

SEEDS = 100
GOAL = 0.9
ORDERS_A_DAY, WARM_DAYS = 2_000, 3
# Parcels that the warehouses get out of the door for each that comes in: too few, so that many are late.
STRENGTH = 0.93
DUE_S, LOOK_S = 30 * HOUR, 9 * HOUR
# Of the suggestions so many are followed, an hour after the look.
FOLLOWED = 0.85
_BEGINS = rhythm.day_number_at(rhythm.instant_of(1_793_577_600))  # a Monday of November 2026
_FROM_DAY = _BEGINS - WARM_DAYS


@dataclass(frozen=True)
class Week:
    """A played week: what the page would say, and the truth."""

    said: UpliftWeek
    truth: float

    @property
    def covers(self) -> bool:
        """Whether the interval holds the truth."""
        return self.said.low is not None and self.said.high is not None and self.said.low <= self.truth <= self.said.high


def figures() -> Iterator[Figure]:
    """Play a hundred weeks and count how often the interval holds the truth."""
    weeks = [played_week(seed) for seed in range(1, SEEDS + 1)]
    covered = float(np.mean([week.covers for week in weeks]))
    held, acted = (float(np.mean([getattr(week.said, name) for week in weeks])) for name in ("held_out", "suggested"))
    truth = float(np.mean([week.truth for week in weeks]))
    found = float(np.mean([week.said.difference or 0.0 for week in weeks]))
    clear = float(np.mean([week.said.distinguishable for week in weeks]))
    on = f"{SEEDS} seeds, on average {held:.0f} held out and {acted:.0f} suggested a week, true difference {truth:.3f}, found {found:.3f},"
    yield Figure("workbench_uplift_coverage", covered, GOAL, "of seeds", ">= 1", f"{on} {clear:.0%} of weeks distinguishable from zero")


def played_week(seed: int, *, settings: WorkbenchSettings | None = None) -> Week:
    """Play a week and report it; ``settings`` of the workbench, the shipped ones by default."""
    settings = settings or WorkbenchSettings()
    orders, dice = _orders(seed), np.random.default_rng([seed, 7])
    chosen = pd.concat([_chosen(orders, day=day, settings=settings, seed=seed) for day in range(_BEGINS, _BEGINS + 7)], ignore_index=True)
    chosen = chosen.drop_duplicates("key")
    followed = dice.random(len(chosen)) < FOLLOWED
    left, at = chosen["left"].to_numpy(), chosen["looked"].to_numpy() + HOUR
    acted = np.array([helped(np.array([one]), at=int(when), kind="加急")[0] for one, when in zip(left, at, strict=True)])
    alone = left > chosen["due"].to_numpy()
    handled = np.where(followed, acted, left) > chosen["due"].to_numpy()
    late = np.where(chosen["held_out"], alone, handled)
    said = uplift_of(_days(chosen.assign(late=late)), week=rhythm.day_of(_BEGINS), late_cost_share=settings.late_cost_share)
    return Week(said, float(np.mean(alone.astype(float) - handled.astype(float))))


def _days(chosen: pd.DataFrame) -> list[CohortDay]:
    """Return the chosen orders as the page's sums of days and cohorts."""
    found = []
    for name, held in (("suggested", False), ("held_out", True)):
        for day, group in chosen[chosen["held_out"] == held].groupby("day"):
            found.append(CohortDay(rhythm.day_of(int(str(day))), name, len(group), len(group), int(group["late"].sum()), 0))
    return found


def _orders(seed: int) -> pd.DataFrame:
    """Return the orders of some days with when each leaves if nobody acts, when it is due, and what a model would say of it."""
    shop = WRITERS[0].shop
    days = range(_FROM_DAY, _BEGINS + 7)
    played = play(shop, days, seed=seed, orders_a_day=ORDERS_A_DAY)
    daily = len(played.parcels) / len(days) * STRENGTH
    shares = np.bincount(played.parcels["warehouse"], minlength=5) / len(played.parcels)
    pass_warehouses(played, until=rhythm.midnight(days[-1] + 1), capacity=(daily * shares).tolist(), free_from=[0.0] * 5)
    orders = played.orders[(played.orders["kind"] == NORMAL) & (played.orders["paid"] < NEVER)]
    left = played.parcels.groupby("key")["left"].max()
    orders = orders.assign(left=orders["key"].map(left), due=orders["paid"] + DUE_S).dropna(subset="left")
    noise = np.random.default_rng([seed, 5]).normal(0, 1.2, len(orders))
    odds = (orders["left"] - orders["due"]) / (6 * HOUR) + noise
    return orders.assign(left=orders["left"].astype(np.int64), chance=1 / (1 + np.exp(-odds.clip(-30, 30))))


def _chosen(orders: pd.DataFrame, *, day: int, settings: WorkbenchSettings, seed: int) -> pd.DataFrame:
    """Return what the list chooses on a morning: as many as there are hands for, and those held out on the way to them."""
    looked = rhythm.midnight(day) + LOOK_S
    open_ = orders[(orders["paid"] <= looked) & (orders["left"] > looked + HOUR) & (orders["due"] >= rhythm.midnight(day + 1))]
    open_ = open_[open_["chance"] >= settings.least_probability]
    saves = np.full(len(open_), PRIORS_BY_ACTION["expedite"].saves)
    score = worth(probability=open_["chance"].to_numpy(), value_minor=open_["paid_minor"].to_numpy(float), saves=saves)
    ranked = open_.assign(score=score).sort_values("score", ascending=False)
    keys = [(WRITERS[0].shop.shop_id, str(key)) for key in ranked["key"]]
    held = drawn_out(keys, seed=seed, share=settings.hold_out_share)
    within = np.cumsum(~held) <= settings.capacity
    return ranked.assign(day=day, looked=looked, held_out=held)[within]
