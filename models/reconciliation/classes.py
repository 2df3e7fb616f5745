"""What can a match come to, and what kinds of difference are there? (S19)"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """A key and what people call it."""

    key: str
    name_zh: str
    name_en: str


# Every match is in exactly one of these, so that they add up to the total. Pending is a state of time, not an error (A6).
CLASSES: tuple[Named, ...] = (
    Named("matched", "完全一致", "matched"),
    Named("partial", "部分差异", "partly different"),
    Named("missing", "缺失", "missing"),
    Named("pending", "待到期", "not due yet"),
)

# What differs in a partial match.
KINDS: tuple[Named, ...] = (
    Named("amount", "金额不符", "amount"),
    Named("duplicate", "重复", "duplicate"),
    Named("currency", "币种不符", "currency"),
    Named("time", "时间不符", "time"),
)

# Of a payout that is none: what the bank pays out for other ends is kept and proved, and counts in no rate and no way of money.
ELSEWHERE = "elsewhere"

# On which side something is missing; '' where nothing is.
SIDES: tuple[Named, ...] = (
    Named("internal", "内部订单", "own orders"),
    Named("statement", "平台结算单", "statement"),
    Named("bank", "银行流水", "bank"),
)

# What a match is a match of: the key is order number + this type, and each money of a statement or of ours is of one of them.
MATCH_TYPES: tuple[Named, ...] = (
    Named("receipt", "收款", "receipt"),
    Named("refund", "退款", "refund"),
    Named("commission", "佣金", "commission"),
    Named("fee", "手续费", "fee"),
    Named("freight", "运费调整", "freight adjustment"),
    Named("compensation", "赔付", "compensation"),
    Named("promotion", "推广", "promotion"),
    Named("movement", "资金往来", "money moved"),
    Named("unclassified", "未分类", "unclassified"),
    Named("payout", "提现到账", "payout"),
)

# Money of our own orders (S20); a positive amount is to the merchant.
ENTRY_TYPES: tuple[Named, ...] = (
    Named("gross", "商品金额", "goods"),
    Named("subsidy", "平台承担优惠", "discount borne by the platform"),
    Named("discount", "商家承担优惠", "discount borne by the merchant"),
    Named("freight", "运费", "freight"),
    Named("refund", "退款", "refund"),
    Named("commission", "应付佣金", "commission expected"),
    Named("fee", "应付手续费", "fee expected"),
)

STATES: tuple[Named, ...] = (Named("open", "待处理", "open"), Named("resolved", "已处理", "resolved"))

# Why a person says that a difference is done with; ``cleared`` is the engine's own: the sides agree now.
RESOLVE_REASONS: tuple[Named, ...] = (
    Named("adjusted", "已调账", "adjusted in the books"),
    Named("claimed", "已向平台申诉", "claimed from the platform"),
    Named("accepted", "确认承担", "accepted as our cost"),
    Named("timing", "时间性差异，下期转回", "timing, turns in the next period"),
    Named("wrong_source", "来源数据有误", "the source was wrong"),
    Named("ignored", "作废", "void"),
)
CLEARED = "cleared"
# Resolved for these reasons, a difference is still to be booked.
TO_BOOK: tuple[str, ...] = ("adjusted", "claimed", "accepted")

BASES: tuple[Named, ...] = (
    Named("completed", "订单完成日", "day of completion"),
    Named("settled", "平台结算日", "day of settlement"),
)


def keys(names: tuple[Named, ...]) -> tuple[str, ...]:
    """Return the keys of a list.

    >>> keys(CLASSES)
    ('matched', 'partial', 'missing', 'pending')
    """
    return tuple(each.key for each in names)


def by_key(names: tuple[Named, ...]) -> Mapping[str, Named]:
    """Return a list by its keys."""
    return {each.key: each for each in names}
