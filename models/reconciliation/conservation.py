"""Does everything that came in come out again: each row once, each minor unit accounted for (S19)?"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Side:
    """Some rows of one side: how many, and what they sum to in minor units."""

    rows: int
    minor: int


@dataclass(frozen=True)
class Balance:
    """What two sides say of the same money, and what is known of the difference; of one currency, channel and day."""

    internal_minor: int
    stated_minor: int
    explained_minor: int
    unexplained_minor: int

    @property
    def holds(self) -> bool:
        """Whether what one side has more is explained or known to be unexplained, to the minor unit.

        >>> Balance(1000, 940, 50, 10).holds, Balance(1000, 940, 50, 11).holds
        (True, False)
        """
        return self.internal_minor - self.stated_minor == self.explained_minor + self.unexplained_minor


def lost(rows: Mapping[tuple[str, str], Side], matched: Mapping[tuple[str, str], Side]) -> list[str]:
    """Say where (shop, currency) rows and matches do not agree; nothing where every row is in one match.

    >>> lost({("jd", "CNY"): Side(2, 150)}, {("jd", "CNY"): Side(2, 150)})
    []
    >>> lost({("jd", "CNY"): Side(2, 150)}, {})
    ['jd CNY: 2 rows of 150, matched 0 of 0']
    """
    nothing = Side(0, 0)
    found = []
    for place in sorted({*rows, *matched}):
        there, here = rows.get(place, nothing), matched.get(place, nothing)
        if there != here:
            found.append(f"{' '.join(place)}: {there.rows} rows of {there.minor}, matched {here.rows} of {here.minor}")
    return found
