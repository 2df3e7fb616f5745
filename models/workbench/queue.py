"""How does the workbench judge an open order as of an instant: which lists is it in, what would save it, what is that worth?

One row in, one row out. Instants are unix seconds, NaN where there is none; every judgement that time alone can change names the instant of
its next change, so that nobody needs to look before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.promise import WorkingDays
from models.workbench.holdout import drawn_out
from models.workbench.open_hours import lines_of
from models.workbench.ranking import suggested, worth
from models.workbench.rules import Rules, hours_of, review_threshold

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# What is known of an order: ``data/queries/workbench_facts.py`` reads it.
FACTS: tuple[str, ...] = (
    "shop_id", "order_no", "channel", "region_code", "category", "warehouse_code", "carrier_code", "stage", "stage_since", "clock_start_at",
    "value_minor", "own_minor", "currency", "deadline_at", "stuck_at", "risk_due_at", "probability", "low", "high", "promise_probability",
    "promise_low", "promise_high", "short", "cohort",
)  # fmt: skip
# What is made of it.
JUDGED: tuple[str, ...] = (
    "due_at", "overdue_at", "probability", "low", "high", "action", "saves", "score", "still_savable", "overdue_2h", "stuck", "review",
    "short", "held_out", "next_at",
)  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """By what orders are judged: the rules, what is believed of each action, the calendar and zone of business days."""

    rules: Rules
    saves: Mapping[str, float]
    zone: str
    calendar: WorkingDays


def judged(facts: pd.DataFrame, *, judge: Judge, as_of: float, day_ends: float) -> pd.DataFrame:
    """Judge orders given as FACTS; returns JUDGED with the same index. ``day_ends`` is the end of the business day of ``as_of``."""
    settings = judge.rules.settings
    found = pd.DataFrame(index=facts.index)
    _risk(found, facts)
    overdue_at = _overdue_at(facts, judge)
    stuck_at, due = facts["stuck_at"].to_numpy(float), found["due_at"].to_numpy(float)
    unshipped = (facts["stage"] != "shipped").to_numpy()
    found["overdue_at"] = overdue_at
    found["overdue_2h"] = unshipped & (overdue_at <= as_of)
    found["stuck"] = stuck_at <= as_of
    found["short"] = facts["short"].to_numpy(bool)
    found["review"] = unshipped & _worth_a_look(facts, judge)
    best = suggested(pd.DataFrame({"stage": facts["stage"], **found[["short", "stuck", "due_at"]]}), saves=judge.saves, as_of=as_of)
    found[["action", "saves"]] = best[["action", "saves"]]
    chance = found["probability"].to_numpy(float)
    value = facts["value_minor"].to_numpy(float)
    found["score"] = worth(probability=chance, value_minor=value, saves=found["saves"].to_numpy(float))
    found["still_savable"] = unshipped & (due > as_of) & (np.nan_to_num(chance) >= settings.least_probability)
    found["held_out"] = _held_out(facts, found, judge=judge, day_ends=day_ends)
    instants = [np.where(unshipped, overdue_at, np.nan), stuck_at, due, best["works_until"].to_numpy(float)]
    # a new day may bring the day on which it is due, when it is no longer held out
    instants.append(np.where(found["held_out"].to_numpy(bool) & (facts["cohort"] == "").to_numpy(), day_ends, np.nan))
    found["next_at"] = _next(instants, as_of=as_of)
    return found[list(JUDGED)]


def _risk(found: pd.DataFrame, facts: pd.DataFrame) -> None:
    """Add ``due_at`` and the probability of missing it: of the promise where there is one, else of the model's own target."""
    promised = ~np.isnan(facts["deadline_at"].to_numpy(float))
    found["due_at"] = np.where(promised, facts["deadline_at"].to_numpy(float), facts["risk_due_at"].to_numpy(float))
    for name in ("probability", "low", "high"):
        own, other = facts[f"promise_{name}"].to_numpy(float), facts[name].to_numpy(float)
        # a promise that no model speaks of yet is judged by the model's own target, the nearest there is
        found[name] = np.where(promised & ~np.isnan(own), own, other)


def _overdue_at(facts: pd.DataFrame, judge: Judge) -> Floats:
    """Return when each order will have waited too long, in open hours of its warehouse."""
    starts = facts["clock_start_at"].to_numpy(float)
    found: Floats = np.full(len(facts), np.nan)
    if not len(facts) or np.isnan(starts).all():
        return found
    codes = facts["warehouse_code"].to_numpy(str)
    hours = {code: hours_of(judge.rules.hours, warehouse_code=code) for code in np.unique(codes)}
    span = {"first": float(np.nanmin(starts)), "last": float(np.nanmax(starts))}
    for code, line in lines_of(hours, **span, zone=judge.zone, calendar=judge.calendar).items():
        here = codes == code
        found[here] = line.after(starts[here], seconds=judge.rules.settings.overdue_minutes * 60.0)
    return found


def _worth_a_look(facts: pd.DataFrame, judge: Judge) -> Flags:
    """Say which orders reach the review threshold of their channel and currency, in the order's own currency."""
    own = facts["own_minor"].to_numpy(float)
    pairs = list(zip(facts["channel"], facts["currency"], strict=True))
    limits = {pair: review_threshold(judge.rules.reviews, channel=pair[0], currency=pair[1]) for pair in set(pairs)}
    least = np.array([np.inf if (limit := limits[pair]) is None else float(limit) for pair in pairs])
    return np.asarray(np.nan_to_num(own) >= least, dtype=bool)


def _held_out(facts: pd.DataFrame, found: pd.DataFrame, *, judge: Judge, day_ends: float) -> Flags:
    """Say which orders are held out: once chosen they stay what they were, others by their draw if they may be at all."""
    cohort = facts["cohort"]
    may = found["still_savable"] & ~found["review"] & (found["due_at"] >= day_ends) & (cohort == "")
    keys = zip(facts.loc[may, "shop_id"], facts.loc[may, "order_no"], strict=True)
    held: Flags = (cohort == "held_out").to_numpy(copy=True)
    settings = judge.rules.settings
    held[may.to_numpy()] = drawn_out(keys, seed=settings.hold_out_seed, share=settings.hold_out_share)
    if settings.hold_out_share == 0:
        held[:] = False
    return held


def _next(instants: list[Any], *, as_of: float) -> Floats:
    later = np.vstack([np.where(each > as_of, each, np.inf) for each in instants]).min(axis=0)
    return np.where(np.isinf(later), np.nan, later)
