"""What does a writer of statements get, and how are a movement's sums made into rows?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.lettering import major
from jobs.simulate.platforms.writer import File
from jobs.simulate.shops import Shop


@dataclass(frozen=True)
class Period:
    """The days [first_day, until_day) of a statement; it is exported when they are over."""

    first_day: int
    until_day: int

    @property
    def stamp(self) -> str:
        """The days as a file's name has them.

        >>> Period(20_000, 20_001).stamp, Period(20_000, 20_003).stamp
        ('20241004', '20241004_20241006')
        """
        first, last = (f"{rhythm.day_of(day):%Y%m%d}" for day in (self.first_day, self.until_day - 1))
        return first if first == last else f"{first}_{last}"


class StatementWriter(Protocol):
    """Writes one shop's statement of a period; ``moved`` are its movements in order (``purses.Drawn.rows``)."""

    def __call__(self, moved: pd.DataFrame, *, shop: Shop, numbers: Sequence[str], period: Period, seed: int) -> File:
        """Return the file; ``numbers`` are the movements' order numbers."""
        ...


def told_apart(moved: pd.DataFrame, parts: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Return one row a movement and part that is not zero, in order: ``place`` of the movement, ``part`` and ``minor``.

    A part is the sum of some of a movement's moneys.
    """
    sums = (
        np.stack([moved[list(names)].sum(axis=1).to_numpy() for names in parts], axis=1) if len(moved) else np.zeros((0, len(parts)), int)
    )
    place, part = np.nonzero(sums)
    return pd.DataFrame({"place": place, "part": part, "minor": sums[place, part]})


def signed(minor: Sequence[int]) -> list[str]:
    """Write minor units with two decimals and their sign.

    >>> signed([-5, 1230])
    ['-0.05', '12.30']
    """
    return [f"-{text}" if value < 0 else text for value, text in zip(minor, major([abs(value) for value in minor]), strict=True)]
