"""What counts as late, from when on is it known, and until when does an order have time?

An order that has not left is late once its deadline has passed, not when it leaves at last; before that it is neither: an open
order is unlabelled, never on time. A buyer's cancellation before the deadline takes the order out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.delay_risk.clocks import DAY, Floats, ShopClock, by_clock
from models.delay_risk.rules import TARGET_RULES, TargetRule, rule_of

HOUR = 3_600.0


@dataclass(frozen=True)
class Target:
    """One question: a key, its words, and whether a ``deadline`` is made by working days, by the clock, or stored with the order."""

    key: str
    zh: str
    en: str
    by: str


TARGETS: tuple[Target, ...] = (
    Target("working_days", "超过 N 个工作日未交运", "not handed over by the end of the N-th working day", "working_days"),
    Target("hours", "超过规定小时未交运", "not handed over within so many hours", "hours"),
    Target("promise", "超过承诺时间未交运", "not handed over by the stored promise", "promise"),
    Target("delivery", "晚于承诺日送达", "delivered after the promised day", "delivery"),
)
TARGETS_BY_KEY: Mapping[str, Target] = {target.key: target for target in TARGETS}
PRIMARY = "working_days"


def clocks_for(facts: pd.DataFrame, clocks: Mapping[str, ShopClock], rules: Sequence[TargetRule]) -> dict[str, ShopClock]:
    """Return the shops' clocks with the weekends as the rules of their channels have them."""
    channels = facts.drop_duplicates("shop_id").set_index("shop_id")["channel"]
    made = {}
    for shop, channel in channels.items():
        clock = clocks.get(str(shop), ShopClock("UTC"))
        works = rule_of(str(channel), rules).weekends_work
        made[str(shop)] = ShopClock(clock.zone, clock.calendar, clock.days, works) if works else clock
    return made


def deadlines(facts: pd.DataFrame, clocks: Mapping[str, ShopClock], *, target: str, rules: Sequence[TargetRule] = TARGET_RULES) -> Floats:
    """Return when each order's time is over, in unix seconds; NaN where the target knows no such instant for it."""
    kind, clocks = TARGETS_BY_KEY[target].by, clocks_for(facts, clocks, rules)
    if kind == "promise":
        return facts["deadline_at"].to_numpy(np.float64)
    if kind == "delivery":
        return _end_of_promised_day(facts, clocks)
    start = facts["start_at"].to_numpy(np.float64)
    found = np.full(len(facts), np.nan)
    codes, names = pd.factorize(facts["channel"])
    for code, name in enumerate(names):
        rule, rows = rule_of(str(name), rules), np.flatnonzero(codes == code)
        if kind == "hours":
            found[rows] = start[rows] + rule.hours * HOUR
            continue
        for clock, within in by_clock(facts["shop_id"].iloc[rows], clocks):
            chosen = rows[within]
            local = clock.local(start[chosen])
            day = (local // DAY).astype(np.int64) + ((local % DAY) // HOUR >= rule.cut_off_hour)
            found[chosen] = clock.instant((clock.end_of(day, count=rule.working_days) * DAY).astype(np.float64))
    return found


def _end_of_promised_day(facts: pd.DataFrame, clocks: Mapping[str, ShopClock]) -> Floats:
    promised = facts["promised_delivery_at"].to_numpy(np.float64)
    found = np.full(len(facts), np.nan)
    for clock, rows in by_clock(facts["shop_id"], clocks):
        said = rows[~np.isnan(promised[rows])]
        if len(said):
            found[said] = clock.instant((clock.local(promised[said]) // DAY + 1) * DAY)
    return found


@dataclass(frozen=True)
class Labels:
    """1 late, 0 on time, NaN not known (yet, or ever), and the instant from which each label is known."""

    late: Floats
    known_at: Floats
    deadline_at: Floats


def labels(facts: pd.DataFrame, deadline: Floats, *, target: str, as_of: float) -> Labels:
    """Judge orders as known at ``as_of``, as ``models.promise.verdict`` does one by one.

    An outcome is known when the deadline passes, whichever it is: were good news known sooner, the newest orders would all be good. A
    parcel that left in time, of which we heard only after the deadline, is on time, and was unknown in between.
    """
    done = "delivered" if TARGETS_BY_KEY[target].by == "delivery" else "shipped"
    begun, finished = facts[f"{done}_from"].to_numpy(np.float64), facts[f"{done}_at"].to_numpy(np.float64)
    heard = np.fmax(facts[f"{done}_known_at"].to_numpy(np.float64), finished)
    ended, ended_heard = facts["ended_at"].to_numpy(np.float64), facts["ended_known_at"].to_numpy(np.float64)
    blamed = facts["closed_by_merchant"].to_numpy(bool)
    has_left = ~np.isnan(finished) & (heard <= as_of)
    has_ended = ~has_left & ~np.isnan(ended) & (ended_heard <= as_of)
    late = np.where(has_left, np.where(finished <= deadline, 0.0, np.where(begun > deadline, 1.0, np.nan)), 1.0)
    late = np.where(has_ended & ~blamed & (ended <= deadline), np.nan, late)
    known = np.where(has_left & ~(late == 1.0), np.fmax(heard, deadline), deadline)
    late = np.where(np.isnan(deadline) | ~(known <= as_of), np.nan, late)
    return Labels(late, known, deadline)
