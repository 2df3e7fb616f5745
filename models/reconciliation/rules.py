"""What is matched with what: which money faces which, by which identifiers, how exactly, and what comes first (A5, A6, A7)?

``RULES`` is tried in order, the first that fits decides; every pair of match type and channel is fitted by one. ``data/reconciliation``
turns this into SQL. Amounts of a rule are minor units of the currency matched.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from models.reconciliation.types import TYPES

ANY = "*"


@dataclass(frozen=True)
class Rule:
    """How exactly the sides of a match must agree.

    ``tolerance_minor`` is the largest difference that is none, for each row on the side that has more of them where ``per_row``: what
    is rounded row by row differs row by row. Settled more than ``late_days`` after it was due, a match differs in time.
    """

    key: str
    match_types: tuple[str, ...]
    channels: tuple[str, ...] = (ANY,)
    tolerance_minor: int = 0
    per_row: bool = False
    late_days: int = 5


# Money that a customer paid or got back agrees to the minor unit. What is a share of it is rounded, order by order here and line by line
# there. Bank fees are a difference with a label, not a tolerance.
RULES: tuple[Rule, ...] = (
    Rule("olist_payments", ("receipt",), channels=("olist",), tolerance_minor=1),
    Rule("shares", ("commission", "fee"), tolerance_minor=1, per_row=True),
    Rule("payouts", ("payout",), late_days=7),
    Rule("exact", (ANY,)),
)


@dataclass(frozen=True)
class Identifier:
    """A way to find the order of a statement line, in the order of trust."""

    key: str
    name_zh: str
    name_en: str


IDENTIFIERS: tuple[Identifier, ...] = (
    Identifier("order_no", "订单号", "order number"),
    Identifier("name", "订单名称", "name of the order"),
    Identifier("alternate", "行内其他编号", "another number of the line"),
    Identifier("shared", "与其他行共有的编号", "a number shared with another line"),
    Identifier("group", "合并收付的订单组", "orders paid together"),
)

# Class of a statement line -> what it is matched as. A discount or freight that the statement lists apart is part of what the order
# brings; money that only moves is matched with the bank where it is a payout.
FACES: Mapping[str, str] = {
    "receipt": "receipt",
    "discount": "receipt",
    "refund": "refund",
    "commission": "commission",
    "fee": "fee",
    "freight": "receipt",
    "compensation": "compensation",
    "promotion": "promotion",
    "transfer": "movement",
    "deposit": "movement",
    "financing": "movement",
    "unclassified": "unclassified",
}
# Lines of these types leave the platform for the bank.
PAYOUT_TYPES: tuple[str, ...] = ("withdrawal",)
# Lines of freight that no order expects stay apart, so that they do not hide in what the order brings.
OWN_FACES: Mapping[str, str] = {
    "freight_insurance": "freight",
    "freight_returned": "freight",
    "freight_subsidy": "freight",
    **dict.fromkeys(PAYOUT_TYPES, "payout"),
}


def face_of(type_key: str, class_: str) -> str:
    """Return what a statement line is matched as.

    >>> face_of("platform_discount", "discount"), face_of("freight_subsidy", "freight"), face_of("withdrawal", "transfer")
    ('receipt', 'freight', 'payout')
    """
    return OWN_FACES.get(type_key) or FACES[class_]


# A coupon that the platform takes back goes with the refund.
TAKEN_BACK: tuple[str, ...] = ("platform_discount", "subsidy")
FACE_BY_TYPE: Mapping[str, str] = {each.key: face_of(each.key, each.class_) for each in TYPES}

# How the orders of a channel state what the platform owes the merchant for them, as SQL over ``orders``: what the buyer pays, and the
# coupons that the platform bears and pays.
RECEIVABLE: Mapping[str, str] = {
    "paid": "paid_minor + coalesce(platform_discount_minor, 0)",
    "total": "greatest(total_minor, paid_minor)",
    "goods_freight": "coalesce(goods_minor + coalesce(freight_minor, 0), paid_minor)",
}

# When money went back is not always told; then it was at the latest so long after completion, while buyers may still ask for it.
BACK_WITHIN = timedelta(days=15)

# Nothing said of its completion, an order's money is due this long after it was paid all the same.
LATEST_DUE = timedelta(days=60)

# Statements come by the month or more often: what is older than the first one by no more may stand in one that was lost.
LONGEST_STATEMENT = timedelta(days=31)

# What a merchant may let pass at most of a receipt, in minor units: more would be a blind eye.
MOST_TOLERANCE_MINOR = 10_000

# A payout reaches the bank from the day it leaves until so many days later (weekends and holidays in between).
PAYOUT_WINDOW_DAYS = 7
# Payouts that one bank line may pay together, and how many may be looked at: 2^12 sums at most.
MOST_MERGED, MOST_CANDIDATES = 6, 12
# Payouts and lines that may be each other's money only all together: the more there are, the likelier are equal sums by chance.
MOST_REGROUPED, MOST_REGROUPED_CANDIDATES = 3, 6


def rule_for(match_type: str, channel: str) -> Rule:
    """Return the first rule that fits.

    >>> rule_for("commission", "jd").key, rule_for("receipt", "jd").key, rule_for("receipt", "olist").key
    ('shares', 'exact', 'olist_payments')
    """
    return next(
        rule
        for rule in RULES
        if (ANY in rule.match_types or match_type in rule.match_types) and (ANY in rule.channels or channel in rule.channels)
    )


# Raised with whatever else decides a match: what was judged before is judged anew once.
JUDGEMENT = 3


def rules_digest() -> str:
    """Return a digest of all that decides a match here; results judged by another one are matched anew."""
    decided = repr(
        (
            JUDGEMENT,
            RULES,
            sorted(FACE_BY_TYPE.items()),
            sorted(RECEIVABLE.items()),
            LATEST_DUE,
            LONGEST_STATEMENT,
            PAYOUT_WINDOW_DAYS,
            MOST_MERGED,
            MOST_REGROUPED,
        )
    )
    return hashlib.blake2b(decided.encode(), digest_size=8).hexdigest()
