"""Which orders belong to the control group, that is not suggested for action so that its help can be measured?

Membership is declared: a stable hash of the order's key and the seed set, nothing that anybody could choose. Never an order worth the
review threshold, never one due the same day, and a share of 0 turns it off.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

_SPACE = float(2**64)


def draw(*, shop_id: str, order_no: str, seed: int) -> float:
    """Return an order's place in [0, 1), the same for ever.

    >>> round(draw(shop_id="tb", order_no="1", seed=1), 6) == round(draw(shop_id="tb", order_no="1", seed=1), 6)
    True
    >>> draw(shop_id="tb", order_no="1", seed=1) == draw(shop_id="tb", order_no="1", seed=2)
    False
    """
    digest = hashlib.blake2b(f"{seed}\x1f{shop_id}\x1f{order_no}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / _SPACE


def drawn_out(keys: Iterable[tuple[str, str]], *, seed: int, share: float) -> npt.NDArray[np.bool_]:
    """Say of each order whether its draw puts it into the control group.

    >>> drawn_out([("tb", "1"), ("tb", "2")], seed=1, share=0.0).tolist()
    [False, False]
    """
    return np.array([share > 0 and draw(shop_id=shop, order_no=number, seed=seed) < share for shop, number in keys], dtype=bool)
