"""What do the numbers say, each added up with a weight of its own? A logistic regression, strongly drawn in, to stand beside the trees.

What trees must approach by steps, a straight line says at once, and where the history is short it errs otherwise than they do: the mean
of both errs less than either. Hours of the week have a weight each, drawn in a hundredth as strongly, for no line runs through a week.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models.delay_risk.clocks import Bools, Floats, Ints
from models.delay_risk.encoding import Encoding

# How strongly it is drawn in and what it weighs beside the trees: set by walk-forward on real orders of months before those measured.
STRENGTH = 0.001
SHARE = 0.4
_HOURS_FREER = 10.0
_HOUR, _WEEKDAY, _HOURS_A_WEEK = "paid_hour", "paid_weekday", 168
# A number counts no further than the outermost half per cent of the training rows on either side.
_OUTERMOST = 0.005
# Learnt from so many rows at most, evenly drawn: all that a training may have would take half a gigabyte.
_MOST_ROWS = 60_000
# The greatest slope that may be left: on a real marketplace it kept every chance of the line within 0.002 of the best weights'.
_CLOSE = 1e-3


@dataclass(frozen=True)
class Linear:
    """Weights in log-odds. Arrays have one entry a column of ``columns``, ``hours`` one an hour of the week or none.

    What a column adds is ``weight * (value - mean)``, the value kept between ``lowest`` and ``highest`` and ``middle`` where it is
    missing; ``base`` is what is left for an order of which all is average.
    """

    columns: tuple[str, ...]
    base: float
    middle: Floats
    lowest: Floats
    highest: Floats
    mean: Floats
    weight: Floats
    hours: Floats

    def raw(self, matrix: npt.NDArray[np.float64], encoding: Encoding) -> Floats:
        """Return log-odds, one an encoded row."""
        found = self.base + self._of_hours(matrix, encoding) + np.zeros(len(matrix))
        # column by column: the threads of a matrix product would stand in the way of those of the trees
        for to, values in self._filled(matrix, encoding):
            values -= self.mean[to]
            values *= self.weight[to]
            found += values
        return found

    def contributions(self, matrix: npt.NDArray[np.float64], encoding: Encoding) -> npt.NDArray[np.float64]:
        """Return what each column of the encoding adds to each row, the hour of the week in the hour's; with ``base``, ``raw``."""
        found = np.zeros(matrix.shape)
        for to, values in self._filled(matrix, encoding):
            found[:, encoding.columns.index(self.columns[to])] = (values - self.mean[to]) * self.weight[to]
        if len(self.hours):
            found[:, encoding.columns.index(_HOUR)] += self._of_hours(matrix, encoding)
        return found

    def state(self) -> dict[str, Any]:
        """Return it as plain lists, texts and numbers."""
        arrays = {name: getattr(self, name).tolist() for name in _ARRAYS}
        return {"columns": list(self.columns), "base": self.base, **arrays}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Linear":
        """Make it again; ``ValueError``, ``KeyError`` or ``TypeError`` where the state is not one of ours."""
        columns = tuple(str(name) for name in state["columns"])
        arrays = {name: np.asarray(state[name], dtype=np.float64) for name in _ARRAYS}
        sizes = {name: len(array) for name, array in arrays.items() if name != "hours"}
        if set(sizes.values()) - {len(columns)} or len(arrays["hours"]) not in (0, _HOURS_A_WEEK):
            raise ValueError(f"{len(columns)} columns, but {sizes} and {len(arrays['hours'])} hours")
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("weights that are no numbers")
        return cls(columns, float(state["base"]), **arrays)

    def _filled(self, matrix: npt.NDArray[np.float64], encoding: Encoding) -> Iterator[tuple[int, Floats]]:
        """Give the numbers column by column, within bounds and with what is missing filled in; each is overwritten by the next."""
        values = np.empty(len(matrix))
        for to, name in enumerate(self.columns):
            np.clip(matrix[:, encoding.columns.index(name)], self.lowest[to], self.highest[to], out=values)
            # one sum is sooner made than a mask, and is missing where any number is
            if np.isnan(values.sum()):
                values[np.isnan(values)] = self.middle[to]
            yield to, values

    def _of_hours(self, matrix: npt.NDArray[np.float64], encoding: Encoding) -> Floats | float:
        if not len(self.hours):
            return 0.0
        return self._told_hours[_hour_of_week(matrix, encoding)]

    @cached_property
    def _told_hours(self) -> Floats:
        """The hours' weights, and 0 in the last place for an hour that is not known."""
        return np.append(self.hours, 0.0)


_ARRAYS = ("middle", "lowest", "highest", "mean", "weight", "hours")


def fitted_linear(matrix: npt.NDArray[np.float64], label: Floats, encoding: Encoding) -> Linear:
    """Fit the weights to encoded rows and what became of them (both classes among them)."""
    from sklearn.linear_model import LogisticRegression

    rows = np.unique(np.linspace(0, len(matrix) - 1, min(len(matrix), _MOST_ROWS)).astype(np.int64))
    matrix, label = matrix[rows], label[rows]
    told = np.asarray(~np.isnan(matrix).all(axis=0))
    places = [place for place, name in enumerate(encoding.columns) if name not in encoding.words and told[place]]
    numbers = matrix[:, places]
    lowest, middle, highest = np.nanquantile(numbers, [_OUTERMOST, 0.5, 1.0 - _OUTERMOST], axis=0)
    numbers = np.clip(np.where(np.isnan(numbers), middle, numbers), lowest, highest)
    mean, spread = numbers.mean(axis=0), numbers.std(axis=0)
    # a column that does not move says nothing
    moves: Bools = spread > 0
    design = (numbers[:, moves] - mean[moves]) / spread[moves]
    timed = {_HOUR, _WEEKDAY} <= set(encoding.columns)
    share = np.zeros(0)
    if timed:
        hour = _hour_of_week(matrix, encoding)
        known = hour < _HOURS_A_WEEK
        hours = (hour[:, None] == np.arange(_HOURS_A_WEEK)).astype(np.float64)
        share = hours.sum(axis=0) / max(int(known.sum()), 1)
        # an hour that is not known is the average one
        design = np.hstack([design, np.where(known[:, None], hours - share, 0.0) * _HOURS_FREER])
    learnt = LogisticRegression(C=STRENGTH, solver="newton-cholesky", tol=_CLOSE).fit(design, label.astype(np.int8))
    weight, hours_weight = np.split(learnt.coef_[0], [int(moves.sum())])
    of_hours = hours_weight * _HOURS_FREER
    return Linear(
        columns=tuple(encoding.columns[place] for place, moved in zip(places, moves, strict=True) if moved),
        base=float(learnt.intercept_[0]),
        middle=middle[moves],
        lowest=lowest[moves],
        highest=highest[moves],
        mean=mean[moves],
        weight=weight / spread[moves],
        # what an hour adds beside the average hour
        hours=of_hours - float(share @ of_hours) if timed else of_hours,
    )


def _hour_of_week(matrix: npt.NDArray[np.float64], encoding: Encoding) -> Ints:
    """Return 0 (Monday after midnight) to 167, and 168 where it is not known."""
    weekday, hour = (matrix[:, encoding.columns.index(name)] for name in (_WEEKDAY, _HOUR))
    found = weekday * 24.0 + np.floor(hour)
    return np.where(np.isnan(found), _HOURS_A_WEEK, found).astype(np.int64)
