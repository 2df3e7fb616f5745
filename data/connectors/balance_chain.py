"""Does the balance after every row of a statement follow from the balance before it?

Rows of one second stand in no order, and files run upwards or downwards: so each row is a step from one balance to the next, and the
steps make one chain when, all together, exactly one balance is left from which it starts and one at which it ends.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Minor = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ChainFindings:
    """Where a chain starts and ends as stated, where it would end by its rows, and whether it closes."""

    opening_minor: int
    closing_minor: int
    computed_closing_minor: int
    proven: bool


@dataclass
class BalanceChain:
    """The steps of one account, collected chunk by chunk; ``unknown`` rows moved money without saying the balance."""

    _moved: list[Minor] = field(default_factory=list)
    _after: list[Minor] = field(default_factory=list)
    _when: list[Minor] = field(default_factory=list)
    unknown_minor: int = 0
    unknown: int = 0

    def add(self, *, moved: Minor, after: Minor, when: Minor, stated: npt.NDArray[np.bool_]) -> None:
        """Take the rows of a chunk; ``stated`` says which give a balance, ``when`` orders them in time."""
        self._moved.append(moved[stated])
        self._after.append(after[stated])
        self._when.append(when[stated])
        self.unknown += int((~stated & (moved != 0)).sum())
        self.unknown_minor += int(moved[~stated].sum())

    def findings(self) -> ChainFindings | None:
        """Judge the chain; None where no row states a balance."""
        moved, after, when = (
            np.concatenate(each) if each else np.array([], dtype=np.int64) for each in (self._moved, self._after, self._when)
        )
        if not len(moved):
            return None
        starts, ends = _unmatched(after - moved, after)
        upwards = when[-1] >= when[0]
        first, last = (0, -1) if upwards else (-1, 0)
        opening = int(starts[0]) if len(starts) == 1 else int(after[first] - moved[first])
        closing = int(ends[0]) if len(ends) == 1 else int(after[last])
        if not len(starts):  # it comes back to where it began
            opening = closing = int(after[last])
        computed = opening + int(moved.sum()) + self.unknown_minor
        proven = len(starts) <= 1 and not self.unknown and computed == closing
        return ChainFindings(opening, closing, computed, proven)


def _joined(several: list[Minor]) -> Minor:
    return np.concatenate(several) if several else np.array([], dtype=np.int64)


def _unmatched(before: Minor, after: Minor) -> tuple[Minor, Minor]:
    """Give the balances from which more steps start than end, and those at which more end than start."""
    balances, place = np.unique(np.concatenate([before, after]), return_inverse=True)
    count = np.bincount(place[: len(before)], minlength=len(balances)) - np.bincount(place[len(before) :], minlength=len(balances))
    return np.repeat(balances, np.maximum(count, 0)), np.repeat(balances, np.maximum(-count, 0))
