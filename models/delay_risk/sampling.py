"""Which part of very many examples is learnt from, said in words?"""

import numpy as np

from models.delay_risk.clocks import Ints

# More rows teach a model of this size nothing; these fit in a few hundred megabytes.
CAP = 200_000


def sampled(orders: Ints, *, cap: int, seed: int) -> tuple[Ints, str]:
    """Return the places of the rows taken, and what was done; an order comes with all its rows or with none.

    Whether an order is taken follows from a seeded permutation of orders, so that the same data give the same sample.
    """
    if len(orders) <= cap:
        return np.arange(len(orders), dtype=np.int64), f"全部 {len(orders)} 行 / all {len(orders)} rows"
    distinct, inverse, counts = np.unique(orders, return_inverse=True, return_counts=True)
    drawn = np.random.default_rng(seed).permutation(len(distinct))
    taken = drawn[np.cumsum(counts[drawn]) <= cap]
    chosen = np.zeros(len(distinct), dtype=bool)
    chosen[taken] = True
    places = np.flatnonzero(chosen[inverse]).astype(np.int64)
    zh = f"{len(distinct)} 单中取 {len(taken)} 单，{len(orders)} 行中取 {len(places)} 行，种子 {seed}"
    return places, f"{zh} / {len(taken)} of {len(distinct)} orders, {len(places)} of {len(orders)} rows, drawn by seed {seed}"


def one_later_landmark(orders: Ints, landmark: Ints, *, seed: int) -> Ints:
    """Return the places of the rows at payment and, of each order's later landmarks, of one drawn by the seed.

    An order's rows say nearly the same; two of them teach what age does to risk, seven only take seven times as long.
    """
    drawn = np.random.default_rng(seed).uniform(size=len(orders))
    drawn[landmark == 0] = -1.0
    by_order = np.lexsort((drawn, landmark > 0, orders))
    later = landmark[by_order] > 0
    first = np.append(True, np.diff(orders[by_order]) != 0)
    after_payment = np.append(False, ~later[:-1]) & ~first
    kept = ~later | (later & (first | after_payment))
    return np.sort(by_order[kept]).astype(np.int64)
