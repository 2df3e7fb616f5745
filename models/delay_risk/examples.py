"""Which orders, at which minutes, does a model learn from, and which does it score?

An order is looked at when its ship clock starts and at every landmark that it passes while it is still open; it teaches once its outcome
is known. Of too many orders a seeded share is taken, whole orders with all their landmarks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.delay_risk.build import features
from models.delay_risk.clocks import Bools, Floats, Ints, ShopClock
from models.delay_risk.features import made_for
from models.delay_risk.landmarks import LANDMARKS, landmarks_at
from models.delay_risk.rules import TARGET_RULES, TargetRule
from models.delay_risk.sampling import CAP, sampled
from models.delay_risk.targets import clocks_for, deadlines, labels


@dataclass(frozen=True)
class Examples:
    """Rows of FEATURES with what became of each; ``label`` 1 late, 0 on time, NaN not known yet. Instants are unix seconds.

    ``landmark`` is in minutes since payment, ``keys`` has shop_id, order_no and channel; ``sampling`` says which part was taken, and
    ``backfilled`` the share known by the times at which it happened.
    """

    frame: pd.DataFrame
    label: Floats
    known_at: Floats
    start_at: Floats
    at: Floats
    deadline_at: Floats
    landmark: Ints
    keys: pd.DataFrame
    sampling: str
    backfilled: float

    def take(self, which: npt.NDArray[np.bool_] | Ints) -> "Examples":
        """Return some of the rows, by a mask or by their places."""
        columns = {name: getattr(self, name)[which] for name in ("label", "known_at", "start_at", "at", "deadline_at", "landmark")}
        places = np.flatnonzero(which) if np.asarray(which).dtype == bool else which
        frame, keys = (part.iloc[places].reset_index(drop=True) for part in (self.frame, self.keys))
        return Examples(frame=frame, keys=keys, sampling=self.sampling, backfilled=self.backfilled, **columns)

    def __len__(self) -> int:
        return len(self.label)


def training_examples(
    facts: pd.DataFrame,
    clocks: Mapping[str, ShopClock],
    *,
    target: str,
    as_of: datetime | float,
    seed: int,
    cap: int = CAP,
    rules: Sequence[TargetRule] = TARGET_RULES,
    landmarks: Sequence[int] = LANDMARKS,
    since: datetime | float | None = None,
) -> Examples:
    """Return every order at every landmark at which it was still open, whose outcome is known as of an instant; at most ``cap`` rows.

    Orders whose clock started before ``since`` are history of the others alone.
    """
    until = _seconds(as_of)
    clocks = clocks_for(facts, clocks, rules)
    deadline = deadlines(facts, clocks, target=target, rules=rules)
    judged = labels(facts, deadline, target=target, as_of=until)
    start = facts["start_at"].to_numpy(np.float64)
    usable = ~np.isnan(judged.late) & _possible(facts, start)
    if since is not None:
        usable &= start >= _seconds(since)
    rows, minutes = _looked_at(facts, usable, deadline=deadline, until=until, landmarks=landmarks, whole=target == "delivery")
    chosen, said = sampled(rows, cap=cap, seed=seed)
    # of millions of orders, what is not taken would take memory while features are made
    rows, minutes = rows[chosen], minutes[chosen]
    return _examples(facts, clocks, judged_late=judged.late, known=judged.known_at, deadline=deadline, rows=rows, landmark=minutes,
                     at=None, sampling=said, target=target)  # fmt: skip


def _looked_at(
    facts: pd.DataFrame, usable: Bools, *, deadline: Floats, until: float, landmarks: Sequence[int], whole: bool
) -> tuple[Ints, Ints]:
    """Return the places of the orders that are open at each landmark, and its minutes; with ``whole`` also those that have left."""
    finished = np.full(len(facts), np.nan) if whole else _heard_finished(facts)
    rows, minutes = [], []
    for landmark in landmarks:
        moment = _moment(facts, landmark)
        still_open = usable & (moment <= until) & (moment < deadline) & ~(finished <= moment)
        rows.append(np.flatnonzero(still_open))
        minutes.append(np.full(int(still_open.sum()), landmark, dtype=np.int64))
    return np.concatenate(rows).astype(np.int64), np.concatenate(minutes)


def open_examples(
    facts: pd.DataFrame,
    clocks: Mapping[str, ShopClock],
    *,
    target: str,
    as_of: datetime | float,
    keys: Collection[tuple[str, str]] | None = None,
    rules: Sequence[TargetRule] = TARGET_RULES,
) -> Examples:
    """Return one row an order that is open at an instant, as known then; only of ``keys`` where they are given. Labels are unknown."""
    now = _seconds(as_of)
    clocks = clocks_for(facts, clocks, rules)
    deadline = deadlines(facts, clocks, target=target, rules=rules)
    waiting = ~(_heard_finished(facts) <= now) & (facts["start_at"].to_numpy(np.float64) <= now) & ~np.isnan(deadline)
    if keys is not None:
        waiting[waiting] = _among(facts.loc[waiting, ["shop_id", "order_no"]], keys)
    rows = np.flatnonzero(waiting).astype(np.int64)
    at = np.full(len(rows), now)
    landmark = landmarks_at((now - facts["start_at"].to_numpy(np.float64)[rows]) / 60.0)
    nothing = np.full(len(facts), np.nan)
    return _examples(facts, clocks, judged_late=nothing, known=nothing, deadline=deadline, rows=rows, landmark=landmark,
                     at=at, sampling="", target=target)  # fmt: skip


def _examples(
    facts: pd.DataFrame, clocks: Mapping[str, ShopClock], *, judged_late: Floats, known: Floats, deadline: Floats, rows: Ints,
    landmark: Ints, at: Floats | None, sampling: str, target: str,
) -> Examples:  # fmt: skip
    start = facts["start_at"].to_numpy(np.float64)
    moment = _moment(facts, landmark, rows=rows) if at is None else at
    return Examples(
        frame=features(facts, clocks, rows=rows, at=moment, deadline=deadline, wanted=made_for(target)),
        label=judged_late[rows],
        known_at=known[rows],
        start_at=start[rows],
        at=moment,
        deadline_at=deadline[rows],
        landmark=landmark,
        keys=facts[["shop_id", "order_no", "channel"]].iloc[rows].reset_index(drop=True),
        sampling=sampling,
        backfilled=float(facts["backfilled"].to_numpy(bool)[rows].mean()) if len(rows) else 0.0,
    )


def _moment(facts: pd.DataFrame, landmark: int | Ints, *, rows: Ints | slice = slice(None)) -> Floats:
    """Return when a landmark is looked at: so many minutes after payment, and never before we know of the order."""
    start, known = (facts[name].to_numpy(np.float64)[rows] for name in ("start_at", "start_known_at"))
    moment: Floats = np.fmax(start + np.asarray(landmark) * 60.0, known)
    return moment


def _heard_finished(facts: pd.DataFrame) -> Floats:
    heard: Floats = np.fmin(facts["shipped_known_at"].to_numpy(np.float64), facts["ended_known_at"].to_numpy(np.float64))
    return heard


def _possible(facts: pd.DataFrame, start: Floats) -> Bools:
    """Leave out what cannot be: handed over before its clock started."""
    return ~(facts["shipped_at"].to_numpy(np.float64) < start)


def _among(facts: pd.DataFrame, keys: Collection[tuple[str, str]]) -> Bools:
    wanted = set(keys)
    there = zip(facts["shop_id"].astype(str).tolist(), facts["order_no"].tolist(), strict=True)
    return np.fromiter((key in wanted for key in there), dtype=bool, count=len(facts))


def _seconds(moment: datetime | float) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)
