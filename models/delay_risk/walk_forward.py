"""How good would the model have been, month by month, had it been fitted at each month's start on what was known by then?

A random split flatters: it learns from tomorrow. Here every fit sees only outcomes known before its month, of orders as they
looked at their own minute, and every order is scored by the model of its month.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from models.delay_risk.baselines import Baseline, trailing_rate, users_rule
from models.delay_risk.clocks import DAY, Bools, Floats, Ints
from models.delay_risk.estimator import NotLearnable, fit
from models.delay_risk.evaluation import beats, measured
from models.delay_risk.examples import Examples

# Not handed over so long after payment: given up, a failure of another kind than delay.
GIVEN_UP = 30 * DAY


@dataclass(frozen=True)
class Month:
    """A local month, from its first instant to the next one's."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Walked:
    """The examples of all measured months with the chance each was given, and how each month was scored."""

    examples: Examples
    chance: Floats
    month_of: Ints
    months: tuple[Mapping[str, Any], ...]


def months_of(start_at: Floats, *, zone: str) -> list[Month]:
    """Return the local months from the first order to the last.

    >>> [month.name for month in months_of(np.array([1_515_000_000.0, 1_518_000_000.0]), zone="UTC")]
    ['2018-01', '2018-02']
    """
    if not len(start_at):
        return []
    local = [pd.Timestamp(moment, unit="s", tz="UTC").tz_convert(zone) for moment in (float(np.min(start_at)), float(np.max(start_at)))]
    firsts = pd.date_range(local[0].normalize().replace(day=1), local[1] + pd.offsets.MonthBegin(1), freq="MS")
    return [Month(f"{a:%Y-%m}", a.timestamp(), b.timestamp()) for a, b in pairwise(firsts)]


def walk_forward(examples: Examples, *, target: str, months: Sequence[Month], given_up: Bools, seed: int) -> Walked:
    """Fit at each month's start and score the month; where nothing can be learnt yet, by the baseline, and say so.

    ``given_up`` marks examples of orders that never left: they are neither measured nor, once they have waited GIVEN_UP, learnt from.
    """
    taken, chances, told = [], [], []
    for month in months:
        within = np.flatnonzero(~given_up & (examples.start_at >= month.start) & (examples.start_at < month.end))
        if not len(within):
            continue
        learnt = known_before(examples, month.start, given_up=given_up)
        frame = examples.frame.iloc[within]
        how = "model"
        try:
            chance = fit(learnt, target=target, seed=seed).score(frame)["probability"]
        except NotLearnable:
            how, chance = "baseline", Baseline.of(learnt).score(frame)["probability"]
        taken.append(within)
        chances.append(chance.to_numpy(np.float64))
        told.append({"month": month.name, "scored_by": how, "learnt_from": len(learnt), "n": int(np.sum(examples.landmark[within] == 0))})
    places = np.concatenate(taken) if taken else np.zeros(0, dtype=np.int64)
    month_of = np.repeat(np.arange(len(taken)), [len(rows) for rows in taken]).astype(np.int64)
    return Walked(examples.take(places), np.concatenate(chances) if chances else np.zeros(0), month_of, tuple(told))


def honest_table(walked: Walked, *, seed: int) -> dict[str, Any]:
    """Return the pooled figures at payment beside both baselines, by month, landmark and channel, and whether the model is worth using."""
    at_payment = walked.examples.landmark == 0
    paid, chance = walked.examples.take(at_payment), walked.chance[at_payment]
    figures = measured(paid.label, chance, examples=paid, seed=seed)
    figures.pop("by_landmark")
    rivals = {"trailing_rate": trailing_rate(paid.frame), "users_rule": users_rule(paid.frame)}
    baselines = {name: measured(paid.label, score.to_numpy(float), examples=paid, seed=seed, parts=False) for name, score in rivals.items()}
    return {
        **figures,
        "baselines": {name: {key: found[key] for key in _BESIDE} for name, found in baselines.items()},
        "beats_baselines": beats(figures, list(baselines.values())),
        "months": [*_by_month(walked)],
        "by_landmark": {str(landmark): _at(walked, landmark, seed=seed) for landmark in np.unique(walked.examples.landmark).tolist()},
        "newest": _newest(paid, chance, rivals, seed=seed),
    }


# What is said of a baseline beside the model, and of each landmark.
_BESIDE = ("n", "base_rate", "auc", "average_precision", "brier", "ece", "at_capacity")
_NEWEST_SHARE = 0.15


def known_before(examples: Examples, instant: float, *, given_up: Bools) -> Examples:
    """Return what was known by an instant, without those that by then had waited too long to count as delayed."""
    long_gone = given_up & (examples.start_at < instant - GIVEN_UP)
    return examples.take((examples.known_at < instant) & (examples.at < instant) & ~long_gone)


def _by_month(walked: Walked) -> Iterator[dict[str, Any]]:
    for number, month in enumerate(walked.months):
        rows = (walked.month_of == number) & (walked.examples.landmark == 0)
        paid = walked.examples.take(rows)
        figures = measured(paid.label, walked.chance[rows], examples=paid, parts=False, draws=0)
        yield {**month, **{key: figures[key] for key in _BESIDE if key != "at_capacity"}}


def _at(walked: Walked, landmark: int, *, seed: int) -> dict[str, Any]:
    rows = walked.examples.landmark == landmark
    part = walked.examples.take(rows)
    figures = measured(part.label, walked.chance[rows], examples=part, seed=seed, parts=False, draws=0)
    return {key: figures[key] for key in (*_BESIDE, "lead_minutes_median")}


def _newest(paid: Examples, chance: Floats, rivals: Mapping[str, pd.Series], *, seed: int) -> dict[str, Any]:
    """Return the figures of the newest part alone, model and baselines."""
    if not len(paid):
        return {}
    rows = paid.start_at >= np.quantile(paid.start_at, 1.0 - _NEWEST_SHARE)
    part = paid.take(rows)
    scores = {"model": chance, **{name: score.to_numpy(float) for name, score in rivals.items()}}
    found = {name: measured(part.label, score[rows], examples=part, seed=seed, parts=False, draws=0) for name, score in scores.items()}
    return {name: {key: figures[key] for key in _BESIDE} for name, figures in found.items()}
