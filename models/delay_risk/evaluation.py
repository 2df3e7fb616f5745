"""How good are the chances, honestly: ranked, true to their word, useful at the day's capacity, and in time?

Everything is measured on orders that the score has not seen. Orders of one day share a fate, so intervals draw whole days.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.delay_risk.clocks import DAY, Bools, Floats
from models.delay_risk.examples import Examples
from models.delay_risk.ranking import average_precision, roc_auc

# The share of a day's orders that somebody can look at.
CAPACITY = 0.10
# A model is used when its AUC and its average precision are above those of both baselines by so much.
MARGIN = 0.005
_BINS = 10
_DRAWS = 200
_FEWEST, _FEWEST_OF_A_CLASS = 50, 5
_SHARES = tuple(n / 10 for n in range(1, 11))


def measured(
    label: Floats,
    probability: Floats,
    *,
    examples: Examples,
    capacity: float = CAPACITY,
    seed: int = 0,
    parts: bool = True,
    draws: int = _DRAWS,
) -> dict[str, Any]:
    """Return the figures as JSON takes them; those that nothing can be said of are None.

    ``at_capacity`` takes each business day's riskiest orders at payment (UTC days of the start), ``lead_minutes_median`` is from the
    minute of the score to the deadline of those of them that were late. ``parts`` adds the figures by landmark and channel.
    """
    known = ~np.isnan(label)
    label, chance, told = label[known], probability[known], examples.take(known)
    found = _figures(label, chance)
    found["reliability"] = reliability(label, chance)
    found["at_capacity"] = _at_capacity(label, chance, told, share=capacity)
    found["lift"] = [_lift(label, chance, share=share) for share in _SHARES] if len(label) else []
    found["lead_minutes_median"] = found["at_capacity"].pop("lead_minutes_median")
    found["intervals"] = _intervals(label, chance, told.start_at, seed=seed, draws=draws)
    found["backfilled"] = told.backfilled
    if parts:
        for name, values in (("by_landmark", told.landmark), ("by_channel", told.keys["channel"].astype(str).to_numpy())):
            found[name] = {str(value): _part(label, chance, told, values == value, capacity) for value in np.unique(values)}
    return found


def beats(model: Mapping[str, Any], baselines: Sequence[Mapping[str, Any]], *, margin: float = MARGIN) -> bool:
    """Say whether a model ranks better than every baseline by the margin, in AUC and in average precision; without figures it does not."""
    names = ("auc", "average_precision")
    if any(model.get(name) is None for name in names):
        return False
    return all(other.get(name) is None or model[name] >= other[name] + margin for other in baselines for name in names)


def ece(label: Floats, chance: Floats) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    place = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    gaps = np.abs(np.bincount(place, weights=chance - label, minlength=_BINS))
    return float(gaps.sum() / max(len(label), 1))


def reliability(label: Floats, chance: Floats) -> list[dict[str, float]]:
    """Return what was said and what came true, in ten bins of as many orders each."""
    order = np.argsort(chance, kind="stable")
    return [
        {"predicted": float(chance[rows].mean()), "actual": float(label[rows].mean()), "n": len(rows)}
        for rows in np.array_split(order, _BINS)
        if len(rows)
    ]


def _figures(label: Floats, chance: Floats) -> dict[str, Any]:
    tells = len(label) > 0 and 0 < label.sum() < len(label)
    return {
        "n": len(label),
        "base_rate": float(label.mean()) if len(label) else None,
        "auc": roc_auc(label, chance) if tells else None,
        "average_precision": average_precision(label, chance) if tells else None,
        "brier": float(np.mean((chance - label) ** 2)) if len(label) else None,
        "ece": ece(label, chance) if len(label) else None,
    }


def _part(label: Floats, chance: Floats, told: Examples, which: Bools, capacity: float) -> dict[str, Any]:
    at_capacity = _at_capacity(label[which], chance[which], told.take(which), share=capacity)
    lead = at_capacity.pop("lead_minutes_median")
    return {**_figures(label[which], chance[which]), "at_capacity": at_capacity, "lead_minutes_median": lead}


def _lift(label: Floats, chance: Floats, *, share: float) -> dict[str, float]:
    """Return what the riskiest share of all orders holds."""
    count = max(round(len(label) * share), 1)
    late = float(label[np.argsort(-chance, kind="stable")[:count]].sum())
    base = max(float(label.mean()), 1e-12)
    return {"share": share, "lift": late / count / base, "precision": late / count, "recall": late / max(float(label.sum()), 1.0)}


def _at_capacity(label: Floats, chance: Floats, told: Examples, *, share: float) -> dict[str, Any]:
    """Return what each day's riskiest orders hold, all days together: nobody can keep Monday's hands for Friday."""
    if not len(label):
        return {"share": share, "orders": 0, "precision": None, "recall": None, "lift": None, "lead_minutes_median": None}
    chosen = np.concatenate([_top(chance, rows, share=share) for rows in _days(told.start_at)])
    late = chosen[label[chosen] > 0]
    precision = len(late) / len(chosen)
    minutes = (told.deadline_at - told.at)[late] / 60.0
    return {
        "share": share,
        "orders": len(chosen),
        "precision": precision,
        "recall": len(late) / max(float(label.sum()), 1.0),
        "lift": precision / max(float(label.mean()), 1e-12),
        "lead_minutes_median": float(np.median(minutes)) if len(late) else None,
    }


def _top(chance: Floats, rows: npt.NDArray[np.int64], *, share: float) -> npt.NDArray[np.int64]:
    """Return the riskiest share of some rows, at least one."""
    return rows[np.argsort(-chance[rows], kind="stable")[: max(round(len(rows) * share), 1)]]


def _days(start: Floats) -> Iterator[npt.NDArray[np.int64]]:
    day = (start // DAY).astype(np.int64)
    order = np.argsort(day, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(day[order])) + 1)


def _intervals(label: Floats, chance: Floats, start: Floats, *, seed: int, draws: int) -> dict[str, list[float]]:
    """Return 95 per cent intervals from drawing whole days with replacement; ``at_capacity`` is of its precision."""
    if len(label) < _FEWEST or min(label.sum(), len(label) - label.sum()) < _FEWEST_OF_A_CLASS:
        return {}
    days, dice = list(_days(start)), np.random.default_rng(seed)
    tops = [_top(chance, rows, share=CAPACITY) for rows in days]
    listed, late = np.array([len(rows) for rows in tops]), np.array([label[rows].sum() for rows in tops])
    drawn: dict[str, list[float]] = {}
    for _ in range(draws):
        chosen = dice.integers(0, len(days), len(days))
        rows = np.concatenate([days[place] for place in chosen])
        figures = _figures(label[rows], chance[rows])
        figures["precision"] = _lift(label[rows], chance[rows], share=CAPACITY)["precision"]
        figures["at_capacity"] = late[chosen].sum() / listed[chosen].sum()
        for name, value in figures.items():
            if name != "n" and value is not None:
                drawn.setdefault(name, []).append(float(value))
    return {name: [float(end) for end in np.quantile(values, (0.025, 0.975))] for name, values in drawn.items()}
