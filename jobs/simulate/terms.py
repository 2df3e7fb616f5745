"""On which terms does each platform settle: when after what, at which hour's cut-off, for which fee, and what does it tell of refunds?

The terms are those that the product ships as its defaults (``data/reference``), so that a merchant without faults has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Terms:
    """How a platform pays; ``days`` is the N of T+N, at the latest.

    An order done before ``cut_off_hour`` (Shanghai) is settled a day earlier. ``settles_at_hour`` is that of the day's batch, None where
    each order is credited on its own. ``tells_refunds`` is what the shop's order export knows of money sent back once an order is done:
    its amount, that all of it went back, or nothing.
    """

    days: int
    cut_off_hour: int
    rate_millionths: int
    fixed_minor: int = 0
    fee_on: Literal["receipt", "goods"] = "goods"
    fee_returned: bool = True
    escrow: bool = True
    tells_refunds: Literal["amount", "whole", "nothing"] = "amount"
    by_line: bool = False
    settles_at_hour: int | None = None
    # Rates that it charges by mistake, in the order in which they are tried.
    wrong_rates: tuple[int, ...] = ()
    # What our books call the fee: commission of a category, or a fee.
    fee_type: Literal["commission", "fee"] = "commission"


TERMS: Mapping[str, Terms] = {
    "淘宝": Terms(days=1, cut_off_hour=20, rate_millionths=6_000, fee_on="receipt", wrong_rates=(10_000, 20_000)),
    "天猫": Terms(days=1, cut_off_hour=20, rate_millionths=50_000, wrong_rates=(55_000, 80_000)),
    "京东": Terms(
        days=7,
        cut_off_hour=16,
        rate_millionths=60_000,
        tells_refunds="nothing",
        by_line=True,
        settles_at_hour=10,
        wrong_rates=(70_000, 80_000),
    ),
    "拼多多": Terms(
        days=1,
        cut_off_hour=18,
        rate_millionths=6_000,
        fee_on="receipt",
        tells_refunds="whole",
        wrong_rates=(10_000, 20_000),
        fee_type="fee",
    ),
    "抖音": Terms(
        days=4,
        cut_off_hour=18,
        rate_millionths=50_000,
        tells_refunds="nothing",
        by_line=True,
        wrong_rates=(60_000, 100_000),
        fee_type="fee",
    ),
    # The charge stands at the instant of payment; it is paid out two days later.
    "Shopify": Terms(
        days=3,
        cut_off_hour=24,
        rate_millionths=29_000,
        fixed_minor=30,
        fee_on="receipt",
        fee_returned=False,
        escrow=False,
        wrong_rates=(34_000, 39_000),
        fee_type="fee",
    ),
}


def share(minor: int, *, rate_millionths: int) -> int:
    """Return a share of an amount, half a minor unit rounded up.

    >>> share(1_250, rate_millionths=6_000), share(1_251, rate_millionths=50_000)
    (8, 63)
    """
    return (minor * rate_millionths + 500_000) // 1_000_000
