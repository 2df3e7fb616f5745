"""How well does a score put the late before the others? Two standard figures, ties counted fairly, fast enough for many draws."""

import numpy as np

from models.delay_risk.clocks import Floats


def roc_auc(label: Floats, score: Floats) -> float:
    """Return the chance that a late order scores above one on time, ties counting half.

    >>> roc_auc(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2.0
    late = float(label.sum())
    on_time = len(label) - late
    return float((np.sum(rank[place] * label) - late * (late + 1.0) / 2.0) / (late * on_time))


def average_precision(label: Floats, score: Floats) -> float:
    """Return Σ (recall gained) · precision over falling scores, equal scores taken together.

    >>> round(average_precision(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.1, 0.4, 0.35, 0.8])), 4)
    0.8333
    """
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    found = np.cumsum(label[order])[ends]
    gained = np.diff(found, prepend=0.0)
    return float(np.sum(gained * found / (ends + 1.0)) / label.sum())
