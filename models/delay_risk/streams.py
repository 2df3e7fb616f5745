"""What had happened by an instant, of the orders of one place? Sorted streams of events, asked in whole columns.

A stream holds (key, instant, values) sorted by both, so that "how many, and how much of it, in this window, known by this minute" is two
binary searches. Nothing later than the instant asked can enter an answer: that is the law of this file.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from models.delay_risk.clocks import Floats, Ints

# Key and second in one integer: keys up to 2^29, seconds up to the year 2514.
_SECONDS = 1 << 34


class Stream:
    """Events of many keys; one without an instant (NaN) never happened, one without a key (below 0) is nobody's."""

    def __init__(self, keys: Ints, instants: Floats, values: Sequence[Floats] = (), *, carries: Ints | None = None) -> None:
        there = ~np.isnan(instants) & (keys >= 0)
        marks = keys[there] * _SECONDS + np.floor(instants[there]).astype(np.int64)
        order = np.argsort(marks, kind="stable")
        self._marks = marks[order]
        self._carries = None if carries is None else carries[there][order]
        self._sums = [np.concatenate([[0.0], np.cumsum(value[there][order])]) for value in values]

    def upto(self, asked: "Asked", *, ago: float = 0.0) -> Ints:
        """Return the place after the last event known ``ago`` seconds before each instant asked, that instant included."""
        return self._place(asked.marks - int(ago), side="right")

    def window(self, asked: "Asked", *, seconds: float) -> tuple[Floats, ...]:
        """Return how many events there were in the last ``seconds``, and the sum of each value over them."""
        return self._between(self._first(asked, seconds=seconds), self.upto(asked))

    def last(self, asked: "Asked", *, count: int, seconds: float) -> tuple[Floats, ...]:
        """Return the same of the last ``count`` events, none older than ``seconds``."""
        upto = self.upto(asked)
        return self._between(np.maximum(upto - count, self._first(asked, seconds=seconds)), upto)

    def carried(self, asked: "Asked", *, seconds: float) -> Ints:
        """Return what the last event carries, -1 where there is none in the last ``seconds``; in the order of the question."""
        upto = self.upto(asked)
        if self._carries is None or not len(self._marks):
            return np.full(len(upto), -1, dtype=np.int64)
        found = np.where(upto > self._first(asked, seconds=seconds), self._carries[np.maximum(upto - 1, 0)], -1)
        return asked.back(np.where(asked.keys >= 0, found, -1))

    def first(self, asked: "Asked", *, seconds: float) -> Floats:
        """Return the instant of the first event of the last ``seconds``, NaN where there is none."""
        first, upto = self._first(asked, seconds=seconds), self.upto(asked)
        if not len(self._marks):
            return np.full(len(upto), np.nan)
        found = (self._marks[np.minimum(first, len(self._marks) - 1)] % _SECONDS).astype(np.float64)
        return np.where(upto > first, found, np.nan)

    def _first(self, asked: "Asked", *, seconds: float) -> Ints:
        marks = np.maximum(asked.marks - int(seconds), asked.keys * _SECONDS - 1)
        return self._place(marks, side="right")

    def _place(self, marks: Ints, *, side: Literal["left", "right"]) -> Ints:
        return np.searchsorted(self._marks, marks, side=side).astype(np.int64)

    def _between(self, first: Ints, upto: Ints) -> tuple[Floats, ...]:
        count = np.maximum(upto - first, 0)
        return (count.astype(np.float64), *(np.where(count > 0, sums[upto] - sums[np.minimum(first, upto)], 0.0) for sums in self._sums))


class Asked:
    """The keys and instants that streams are asked about, sorted once, so that every search walks memory in one direction."""

    def __init__(self, keys: Ints, instants: Floats) -> None:
        marks = keys * _SECONDS + np.floor(instants).astype(np.int64)
        self.order: Ints = np.argsort(marks, kind="stable").astype(np.int64)
        self.marks: Ints = marks[self.order]
        self.keys: Ints = keys[self.order]
        self._back = np.empty_like(self.order)
        self._back[self.order] = np.arange(len(marks))

    def back(self, answer: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put an answer back into the order of the question."""
        return answer[self._back]

    def in_turn(self, answer: Floats) -> Floats:
        """Put an answer in numbers back into the order of the question; a row without a key has none."""
        return self.back(np.where(self.keys >= 0, answer, np.nan))


def numbered(*columns: npt.NDArray[np.generic]) -> Ints:
    """Number the distinct combinations of columns of codes (0 and above); a combination with a missing part (below 0) is -1."""
    numbers = columns[0].astype(np.int64)
    missing = numbers < 0
    for column in (codes.astype(np.int64) for codes in columns[1:]):
        missing |= column < 0
        numbers = numbers * (int(column.max(initial=0)) + 1) + column
    found = np.unique(np.where(missing, -1, numbers), return_inverse=True)
    return np.where(missing, -1, found[1]).astype(np.int64)
