"""Which chances fell for every order of a shop and a day?

Every choice is read off dice thrown per shop and day, so that a day is the same whether it is played in a history, minute
by minute or in one go after a pause, and a new shop changes no other shop's dice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from jobs.simulate import rhythm
from jobs.simulate.shops import Shop

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# An instant that does not come.
NEVER = 1 << 50
HOUR = 3600
KINDS: tuple[str, ...] = ("normal", "presale", "cod", "gift", "virtual")
NORMAL, PRESALE, COD, GIFT, VIRTUAL = range(5)
# Lines an order can have; the last slot is kept for a present.
SLOTS = 4

# One column of dice a choice. New names go to the end, or every seed tells another story.
DICE: tuple[str, ...] = (
    "sibling",
    "buyer",
    "kind",
    "pays",
    "pay_delay",
    "close",
    "lines",
    "present",
    "discount",
    "coupon",
    "freight",
    "hold",
    "hold_hours",
    "review",
    "review_delay",
    "allocate",
    "warehouse",
    "cancel",
    "cancel_hours",
    "split",
    "split_hours",
    "carrier",
    "transit",
    "confirm",
    "sent_back",
    "sent_back_whole",
    "sent_back_days",
    "print",
    "sync",
    "note",
    "short",
    "short_hours",
)
_COLUMN = {name: number for number, name in enumerate(DICE)}


@dataclass(frozen=True)
class Draw:
    """A shop's dice over some days: one row an order, in the order in which they were placed."""

    day: Ints
    sequence: Ints
    created: Ints
    dice: Floats
    line_dice: Floats

    def __getitem__(self, name: str) -> Floats:
        column: Floats = self.dice[:, _COLUMN[name]]
        return column

    def by_day(self, judge: Callable[[date], float]) -> Floats:
        """Return a figure of each order's day."""
        days, row = np.unique(self.day, return_inverse=True)
        judged: Floats = np.array([judge(rhythm.day_of(int(day))) for day in days], dtype=float)[row]
        return judged


def draw(shop: Shop, days: Sequence[int], *, seed: int, orders_a_day: float) -> Draw:
    """Throw the dice of some days; ``orders_a_day`` is the shop's on an average ordinary day."""
    drawn, buying = [], shop.market.rhythm
    for day in days:
        rng = np.random.default_rng([seed, 3, shop.number, day])
        date_ = rhythm.day_of(day)
        count = int(rng.poisson(orders_a_day * buying.day_weight(date_)))
        seconds = np.sort(buying.second_of_day(rng.random(count), date_))
        dice, line_dice = rng.random((count, len(DICE))), rng.random((count, SLOTS, 2))
        drawn.append((np.full(count, day), np.arange(count), rhythm.midnight(day) + seconds, dice, line_dice))
    day_column, sequence, created, dice, line_dice = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return Draw(day_column, sequence, created, dice, line_dice)
