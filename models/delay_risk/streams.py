"""What had happened by an instant, of the orders of one place? Sorted streams of events, asked in whole columns.

A stream holds (key, instant, values) sorted by both, so that "how many, and how much of it, in this window, known by this minute" is two
binary searches. Nothing later than the instant asked can enter an answer: that is the law of this file.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.delay_risk.clocks import Floats, Ints

# Key and second in one integer: keys up to 2^29, seconds up to the year 2514.
_SECONDS = 1 << 34
# What an integer holds beside its sign.
_BITS = 63
# Places among events: a history of more than two thousand million of them would not fit anyway.
Places = npt.NDArray[np.int32]
# Combinations up to this number are numbered through a table.
_FEW_NUMBERS = 1 << 22


class Timeline:
    """Events of many keys in their order; one without an instant (NaN) never happened, one without a key (below 0) is nobody's.

    Several streams of values lie along one timeline. Where an instant asked falls is searched once and kept with it; two threads that ask
    at the same time both search, and find the same.
    """

    def __init__(self, keys: Ints, instants: Floats) -> None:
        there = np.flatnonzero(~np.isnan(instants) & (keys >= 0))
        order, self.marks = _in_order(keys[there], np.floor(instants[there]).astype(np.int64))
        self.rows: Places = there[order].astype(np.int32)
        self._found: dict[tuple[Asked, int, bool], Places] = {}

    def upto(self, asked: "Asked", *, ago: float = 0.0) -> Places:
        """Return the place after the last event known ``ago`` seconds before each instant asked, that instant included."""
        return self._place(asked, int(ago), within=False)

    def first(self, asked: "Asked", *, seconds: float) -> Places:
        """Return the place of the first event of each key in the last ``seconds`` before each instant asked."""
        return self._place(asked, int(seconds), within=True)

    def _place(self, asked: "Asked", ago: int, *, within: bool) -> Places:
        question = (asked, ago, within)
        if question not in self._found:
            marks = asked.marks - ago
            if within:
                np.maximum(marks, asked.keys * _SECONDS - 1, out=marks)
            self._found[question] = np.searchsorted(self.marks, marks, side="right").astype(np.int32)
        return self._found[question]


class Stream:
    """Values of the events along a timeline, summed from its beginning, and what each event carries."""

    def __init__(self, timeline: Timeline, values: Sequence[Floats] = (), *, carries: Ints | None = None) -> None:
        self._timeline = timeline
        self._carries = None if carries is None else carries[timeline.rows]
        self._sums = [_summed(value[timeline.rows]) for value in values]

    def upto(self, asked: "Asked", *, ago: float = 0.0) -> Places:
        """Return the place after the last event known ``ago`` seconds before each instant asked, that instant included."""
        return self._timeline.upto(asked, ago=ago)

    def window(self, asked: "Asked", *, seconds: float) -> tuple[Floats, ...]:
        """Return how many events there were in the last ``seconds``, and the sum of each value over them."""
        return self._between(self._timeline.first(asked, seconds=seconds), self.upto(asked))

    def last(self, asked: "Asked", *, count: int, seconds: float) -> tuple[Floats, ...]:
        """Return the same of the last ``count`` events, none older than ``seconds``."""
        upto = self.upto(asked)
        return self._between(np.maximum(upto - count, self._timeline.first(asked, seconds=seconds)), upto)

    def carried(self, asked: "Asked", *, seconds: float) -> Ints:
        """Return what the last event carries, -1 where there is none in the last ``seconds``; in the order of the question."""
        upto = self.upto(asked)
        if self._carries is None or not len(self._carries):
            return np.full(len(upto), -1, dtype=np.int64)
        found = np.where(upto > self._timeline.first(asked, seconds=seconds), self._carries[np.maximum(upto - 1, 0)], -1)
        return asked.back(np.where(asked.keys >= 0, found, -1))

    def first(self, asked: "Asked", *, seconds: float) -> Floats:
        """Return the instant of the first event of the last ``seconds``, NaN where there is none."""
        first, upto, marks = self._timeline.first(asked, seconds=seconds), self.upto(asked), self._timeline.marks
        if not len(marks):
            return np.full(len(upto), np.nan)
        found = (marks[np.minimum(first, len(marks) - 1)] % _SECONDS).astype(np.float64)
        return np.where(upto > first, found, np.nan)

    def _between(self, first: Places, upto: Places) -> tuple[Floats, ...]:
        # no window begins after its end, and an empty one sums to nought exactly
        return ((upto - first).astype(np.float64), *(sums[upto] - sums[first] for sums in self._sums))


class Asked:
    """The keys and instants that streams are asked about, sorted once, so that every search walks memory in one direction."""

    def __init__(self, keys: Ints, instants: Floats) -> None:
        self.order, self.marks = _in_order(keys, np.floor(instants).astype(np.int64))
        self.keys: Ints = keys[self.order]
        self._nobodys = self.keys < 0
        self._any_nobodys = bool(self._nobodys.any())
        self._back = np.empty_like(self.order)
        self._back[self.order] = np.arange(len(keys))

    def back(self, answer: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Put an answer back into the order of the question."""
        return answer[self._back]

    def in_turn(self, answer: Floats) -> Floats:
        """Put an answer in numbers back into the order of the question; a row without a key has none."""
        return self.back(np.where(self._nobodys, np.nan, answer) if self._any_nobodys else answer)


def numbered(*columns: npt.NDArray[np.generic]) -> Ints:
    """Number the distinct combinations of columns of codes (0 and above); a combination with a missing part (below 0) is -1."""
    numbers = columns[0].astype(np.int64)
    missing = numbers < 0
    for column in (codes.astype(np.int64) for codes in columns[1:]):
        missing |= column < 0
        numbers = numbers * (int(column.max(initial=0)) + 1) + column
    numbers[missing] = -1
    most = int(numbers.max(initial=-1)) + 1
    if most <= _FEW_NUMBERS:
        # the last place is that of -1
        there = np.zeros(most + 1, dtype=bool)
        there[numbers] = True
        there[most] = False
        place = np.cumsum(there, dtype=np.int64) - 1
        place[most] = -1
        return place[numbers]
    found = np.unique(numbers, return_inverse=True)
    return np.where(missing, -1, found[1]).astype(np.int64)


def _summed(values: Floats) -> Floats:
    sums = np.zeros(len(values) + 1)
    np.cumsum(values, out=sums[1:])
    return sums


def _in_order(keys: Ints, seconds: Ints) -> tuple[Ints, Ints]:
    """Return the places of events by key and second, those of one second as they stand, and their marks in that order.

    Key, second and place mostly fit in one integer, and plain integers are sorted several times faster than their places are.
    """
    if not len(keys):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    least_key, least = int(keys.min()), int(seconds.min())
    place_bits, second_bits = (len(keys) - 1).bit_length(), (int(seconds.max()) - least).bit_length()
    if (int(keys.max()) - least_key).bit_length() + second_bits + place_bits > _BITS:
        marks = keys * _SECONDS + seconds
        order = np.argsort(marks, kind="stable").astype(np.int64)
        return order, marks[order]
    packed = ((((keys - least_key) << second_bits) + (seconds - least)) << place_bits) + np.arange(len(keys))
    packed.sort()
    order = packed & ((1 << place_bits) - 1)
    packed >>= place_bits
    return order, ((packed >> second_bits) + least_key) * _SECONDS + (packed & ((1 << second_bits) - 1)) + least
