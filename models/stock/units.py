"""Do two lists of the same goods count in the same unit?"""

import statistics
from collections.abc import Sequence

# Fewer SKUs than this may differ alike by chance.
_FEWEST = 5
# Stock sold or bought since moves single SKUs by any factor, but not most of them by the same one.
_LEAST_FACTOR = 3.0
_ALIKE = 1.2


def common_factor(pairs: Sequence[tuple[int, int]]) -> str | None:
    """Return the factor by which most counts differ from their books, None where there is no such one.

    Half of all SKUs must lie close to the middle, and the middle far from one.

    >>> common_factor([(10, 120), (5, 60), (20, 240), (7, 85), (11, 130)])
    '12'
    >>> common_factor([(118, 120), (5, 60), (240, 240), (85, 85), (130, 130)]) is None
    True
    """
    if len(pairs) < _FEWEST:
        return None
    ratios = sorted(max(counted, book) / min(counted, book) for counted, book in pairs)
    ways = sum(counted < book for counted, book in pairs) / len(pairs)
    middle = statistics.median(ratios)
    low, high = ratios[len(ratios) // 4], ratios[(3 * len(ratios)) // 4]
    if middle < _LEAST_FACTOR or high / low > _ALIKE**2 or 0.1 < ways < 0.9:
        return None
    return f"{middle:.0f}"
