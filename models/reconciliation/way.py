"""Which way does the money go, from what orders are worth to what reached the bank, and where does some of it stay? (A9)

Each step is what it adds to the level before, so that the steps from ``gross`` on lead to ``settled`` and then to ``bank``, exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from models.reconciliation.classes import ELSEWHERE

# Money whose step is the whole of what a statement says of it, for our orders know nothing of it.
_TOLD_ALONE = ("compensation", "promotion", "movement", "unclassified")


@dataclass(frozen=True)
class Sums:
    """The sums of matches of one type, class and kind, in minor units of one currency.

    ``internal_minor`` holds ``discount_minor``, ``freight_minor`` and ``refund_minor``; ``unexplained_minor`` is a part of what differs.
    """

    type: str
    class_: str
    kind: str
    internal_minor: int = 0
    discount_minor: int = 0
    freight_minor: int = 0
    refund_minor: int = 0
    stated_minor: int = 0
    bank_minor: int = 0
    unexplained_minor: int = 0

    @property
    def is_payout(self) -> bool:
        """Whether it is money on its way from the platform to the bank."""
        return self.type == "payout"

    @property
    def difference_minor(self) -> int:
        """What should be - what is."""
        return self.stated_minor - self.bank_minor if self.is_payout else self.internal_minor - self.stated_minor

    @property
    def explained_minor(self) -> int:
        """The part of the difference with a known cause."""
        return self.difference_minor - self.unexplained_minor


def way_of(sums: Iterable[Sums], *, converted: bool) -> tuple[tuple[str, int], ...]:
    """Return (step, minor units) in order; ``converted`` sums are of several currencies, so that a pair of them differs by its rate.

    >>> sale = Sums("receipt", "matched", "", internal_minor=900, discount_minor=-100, stated_minor=900)
    >>> fee = Sums("commission", "partial", "amount", internal_minor=-50, stated_minor=-60, unexplained_minor=10)
    >>> paid = Sums("payout", "matched", "", stated_minor=840, bank_minor=840)
    >>> [step for step in way_of([sale, fee, paid], converted=False) if step[1]]
    [('gross', 1000), ('discount', -100), ('commission', -50), ('unexplained_statement', -10), ('settled', 840), ('bank', 840), \
('unexplained', -10)]
    """
    rows = list(sums)
    ours, payouts = [row for row in rows if not row.is_payout], [row for row in rows if row.is_payout]
    steps = dict.fromkeys(STEPS, 0)
    for row in ours:
        _add_internal(steps, row)
        steps[_explained_step(row, converted=converted)] -= row.explained_minor
        steps["unexplained_statement"] -= row.unexplained_minor
    settled = sum(row.stated_minor for row in ours)
    left = 0
    for row in payouts:
        if row.kind == ELSEWHERE:
            # what the bank pays for other ends is in no platform's way of money
            continue
        left += row.stated_minor
        steps["in_transit" if row.class_ == "pending" else "bank_explained"] -= row.explained_minor
        steps["unexplained_bank"] -= row.unexplained_minor
    steps["settled"], steps["retained"] = settled, left - settled
    steps["bank"] = left + steps["in_transit"] + steps["bank_explained"] + steps["unexplained_bank"]
    steps["unexplained"] = steps["unexplained_statement"] + steps["unexplained_bank"]
    return tuple(steps.items())


STEPS: tuple[str, ...] = (
    "gross", "discount", "freight", "commission", "fee", "refund", "compensation", "promotion", "movement", "unclassified", "pending", "fx",
    "explained", "unexplained_statement", "settled", "retained", "in_transit", "bank_explained", "unexplained_bank", "bank", "unexplained",
)  # fmt: skip


def _add_internal(steps: dict[str, int], row: Sums) -> None:
    rest = row.internal_minor
    for part, minor in (("discount", row.discount_minor), ("freight", row.freight_minor), ("refund", row.refund_minor)):
        steps[part] += minor
        rest -= minor
    steps[row.type if row.type in ("commission", "fee", "refund", "freight", *_TOLD_ALONE) else "gross"] += rest


def _explained_step(row: Sums, *, converted: bool) -> str:
    if row.class_ == "pending":
        return "pending"
    if row.type in _TOLD_ALONE:
        return row.type
    return "fx" if converted and row.kind == "currency" else "explained"
