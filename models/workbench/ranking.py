"""Which action is worth suggesting for an order, and how much is it worth?

Worth is P(late) × value × P(the action saves it), in money that can still be saved. An action that needs longer than is left saves nothing.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.workbench.saves import PRIORS

Floats = npt.NDArray[np.float64]
# Where an order must stand for an action to make sense at all; expediting always does while it has not left.
_BEFORE_LABEL = ("paid", "reviewed", "allocated")
_LABELLED = ("waybilled",)


def suggested(frame: pd.DataFrame, *, saves: Mapping[str, float], as_of: float) -> pd.DataFrame:
    """Return ``action, saves, works_until`` of each order: the action most likely to save it, its chance, and when that changes.

    ``frame`` has ``stage``, ``short``, ``stuck`` (bool) and ``due_at`` (unix seconds, NaN = never). ``works_until`` is the next instant at
    which an action falls out of time, NaN where none will. Without one that works, ``action`` is None and ``saves`` 0.
    """
    due = frame["due_at"].to_numpy(float)
    best, chance, until = np.full(len(frame), None, dtype=object), np.zeros(len(frame)), np.full(len(frame), np.inf)
    for prior in PRIORS:
        last = due - prior.lead_minutes * 60
        fits = _fits(prior.action, frame) & (last > as_of)
        worth = np.where(fits, saves.get(prior.action, prior.saves), 0.0)
        better = worth > chance
        best[better], chance = prior.action, np.maximum(chance, worth)
        until = np.where(fits, np.minimum(until, last), until)
    return pd.DataFrame({"action": best, "saves": chance, "works_until": np.where(np.isinf(until), np.nan, until)}, index=frame.index)


def worth(*, probability: Floats, value_minor: Floats, saves: Floats) -> Floats:
    """Return what acting on each order is worth, in minor units; what is unknown is worth nothing.

    >>> worth(probability=np.array([0.5, np.nan]), value_minor=np.array([200.0, 200.0]), saves=np.array([0.4, 0.4])).tolist()
    [40.0, 0.0]
    """
    product: Floats = np.nan_to_num(probability) * value_minor * saves
    return product


def _fits(action: str, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Say for which orders an action makes sense: short goods must come from elsewhere, a labelled parcel can change carriers."""
    stage, short, stuck = frame["stage"], frame["short"].to_numpy(bool), frame["stuck"].to_numpy(bool)
    open_ = (stage != "shipped").to_numpy()
    if action == "expedite":
        fits = open_ & ~short
    elif action == "other_warehouse":
        fits = (short | stuck) & stage.isin(_BEFORE_LABEL).to_numpy()
    elif action == "other_carrier":
        fits = stage.isin(_LABELLED).to_numpy() & stuck
    else:
        fits = open_
    return np.asarray(fits, dtype=bool)
