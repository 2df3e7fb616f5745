"""How are many times said in few words: by their middle, their slow end, and who is to blame?"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

SLOW = 0.95


def percentile(values: Iterable[float], share: float) -> float:
    """Return the least value that ``share`` of the values do not exceed.

    >>> percentile([3, 1, 2, 4], 0.5), percentile([7], 0.95)
    (2, 7)
    """
    ordered = sorted(values)
    return ordered[max(ceil(share * len(ordered)), 1) - 1]


def said(milliseconds: Mapping[str, Sequence[float]], *, slowest: int) -> str:
    """Say p50 and p95 of all, then the slowest names with their own p95.

    >>> said({"a": [1.0, 2.0], "b": [9.0]}, slowest=1)
    '3 reads, p50 2 ms, p95 9 ms; slowest: b 9 ms'
    """
    every = [value for values in milliseconds.values() for value in values]
    worst = sorted(((percentile(values, SLOW), name) for name, values in milliseconds.items()), reverse=True)[:slowest]
    names = ", ".join(f"{name} {value:.0f} ms" for value, name in worst)
    return f"{len(every):,} reads, p50 {percentile(every, 0.5):.0f} ms, p95 {percentile(every, SLOW):.0f} ms; slowest: {names}"
