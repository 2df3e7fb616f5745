"""How much does each column move the raw score of one row? Shapley values of the trees, exact: they add up to the score.

For every leaf, the features on the way to it and the shares of training rows that went its way; a feature that the row does not follow
takes the leaf away, one not asked for is averaged over. (Lundberg et al. 2020, Nature Machine Intelligence 2, algorithm 2, rewritten
leaf by leaf for whole columns of rows.)
"""

from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from models.delay_risk.clocks import Floats, Ints


@dataclass(frozen=True)
class _Leaf:
    """A leaf's value and the way to it: for each column asked, the interval the row must lie in, and the share that went that way."""

    value: float
    columns: tuple[int, ...]
    above: Floats
    upto: Floats
    takes_missing: npt.NDArray[np.bool_]
    share: Floats

    @cached_property
    def cover(self) -> float:
        """The share of training rows in it."""
        return float(np.prod(self.share))


class Explainer:
    """Explains the sum of the trees of fitted members, each with a weight."""

    def __init__(self, members: list[Any], weights: list[float]) -> None:
        self._leaves: list[_Leaf] = []
        self.base = 0.0
        for member, weight in zip(members, weights, strict=True):
            self.base += weight * float(np.ravel(member._baseline_prediction)[0])
            for (predictor,) in member._predictors:
                self._leaves += _leaves(predictor.nodes, weight=weight)
        self.base += sum(leaf.value * leaf.cover for leaf in self._leaves)

    def contributions(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return what each column adds to each row's raw score; with ``base`` they sum to it."""
        found = np.zeros(matrix.shape)
        missing = np.isnan(matrix)
        for leaf in self._leaves:
            _add(found, leaf, matrix, missing)
        return found


def _leaves(nodes: npt.NDArray[np.void], *, weight: float) -> list[_Leaf]:
    found: list[_Leaf] = []
    # node, and for each column on the way: (above, up to, takes missing, share)
    waiting: list[tuple[int, dict[int, tuple[float, float, bool, float]]]] = [(0, {})]
    while waiting:
        place, way = waiting.pop()
        node = nodes[place]
        if node["is_leaf"]:
            parts = list(zip(*way.values(), strict=True)) or [(), (), (), ()]
            aboves, uptos, takings, shares = (np.asarray(part) for part in parts)
            found.append(_Leaf(weight * float(node["value"]), tuple(way), aboves, uptos, takings.astype(bool), shares.astype(float)))
            continue
        column, cut = int(node["feature_idx"]), float(node["num_threshold"])
        above, upto, takes, share = way.get(column, (-np.inf, np.inf, True, 1.0))
        count = float(node["count"])
        for child, is_left in ((int(node["left"]), True), (int(node["right"]), False)):
            part = float(nodes[child]["count"]) / count
            takes_it = takes and bool(node["missing_go_to_left"]) == is_left
            bounds = (above, min(upto, cut)) if is_left else (max(above, cut), upto)
            waiting.append((child, {**way, column: (*bounds, takes_it, share * part)}))
    return found


def _add(found: npt.NDArray[np.float64], leaf: _Leaf, matrix: npt.NDArray[np.float64], missing: npt.NDArray[np.bool_]) -> None:
    """Add one leaf's Shapley values: for each column the weighted sum over sets of the others of following it or not."""
    asked = list(leaf.columns)
    if not asked:
        return
    values = matrix[:, asked]
    follows = np.where(missing[:, asked], leaf.takes_missing, (values > leaf.above) & (values <= leaf.upto)).astype(np.float64)
    patterns, back = _distinct(follows)
    worth = np.stack([_worth(patterns, leaf.share, skip=place) for place in range(len(asked))], axis=1)
    found[:, asked] += (leaf.value * (patterns - leaf.share) * worth)[back]


def _distinct(follows: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], Ints]:
    """Return the distinct ways of following a leaf, and which of them each row has: rows are many, ways are few."""
    code = follows @ (2.0 ** np.arange(follows.shape[1]))
    _, first, back = np.unique(code, return_index=True, return_inverse=True)
    return follows[first], back.astype(np.int64)


def _worth(follows: npt.NDArray[np.float64], share: Floats, *, skip: int) -> Floats:
    """Return the weighted sum over all sets of the other columns, by the polynomial whose n-th coefficient gathers sets of n."""
    others = [place for place in range(len(share)) if place != skip]
    terms = np.zeros((len(follows), len(others) + 1))
    terms[:, 0] = 1.0
    for place in others:
        moved = np.zeros_like(terms)
        moved[:, 1:] = terms[:, :-1] * follows[:, [place]]
        terms = terms * share[place] + moved
    size = len(share)
    weight = np.array([factorial(n) * factorial(size - n - 1) / factorial(size) for n in range(size)])
    return np.asarray(terms @ weight, dtype=np.float64)
