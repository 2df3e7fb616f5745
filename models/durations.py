"""How are durations counted so that their quantiles come from sums?

Whole seconds fall into fixed buckets: one second wide at first, then 3 % wide. A quantile is the geometric middle of the bucket that
holds it, at most 1.5 % away from the exact one, whatever the durations are; counts of buckets add up over days and cells.
"""

from bisect import bisect_right
from collections.abc import Mapping
from math import ceil, sqrt

RATIO = 1.03
# Nothing a shop does takes longer; longer durations share the last bucket.
LONGEST_SECONDS = 120 * 86_400
# Stands for a duration of which only bounds are known.
BOUNDED = -1


def _edges() -> tuple[int, ...]:
    found = [1]
    while found[-1] < LONGEST_SECONDS:
        found.append(max(found[-1] + 1, ceil(found[-1] * RATIO)))
    # a step rounded up would be wider than promised
    return tuple(found)


# Bucket n holds EDGES[n-1] <= seconds < EDGES[n]; bucket 0 holds less than a second.
EDGES = _edges()


def bucket_of(seconds: float) -> int:
    """Return the bucket of a duration; what is negative counts as none.

    >>> bucket_of(0), bucket_of(1), bucket_of(3600) == bucket_of(3610), bucket_of(3600) < bucket_of(3800)
    (0, 1, True, True)
    """
    return bisect_right(EDGES, max(seconds, 0))


def middle_of(bucket: int) -> float:
    """Return the seconds that stand for a bucket.

    >>> middle_of(0), middle_of(1)
    (0.0, 1.0)
    """
    if bucket <= 0:
        return 0.0
    low = EDGES[bucket - 1]
    high = EDGES[bucket] - 1 if bucket < len(EDGES) else low
    return sqrt(low * high)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the seconds that ``share`` of the durations do not exceed, by counts per bucket; None when there are none.

    BOUNDED durations are left out: their number is known, their length is not.

    >>> round(quantile({bucket_of(60): 50, bucket_of(3600): 50}, 0.5)), quantile({}, 0.5)
    (60, None)
    """
    exact = sorted((bucket, count) for bucket, count in counts.items() if bucket != BOUNDED and count > 0)
    total = sum(count for _, count in exact)
    if not total:
        return None
    wanted, seen = share * total, 0
    for bucket, count in exact:
        seen += count
        if seen >= wanted:
            return middle_of(bucket)
    return middle_of(exact[-1][0])
