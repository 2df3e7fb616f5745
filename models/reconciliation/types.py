"""Which kinds of money stand in statements, and what is each called?

One vocabulary for all platforms: what a statement calls 交易收款, 货款 or ``charge`` is a receipt here. A fee that no manifest
knows is ``unclassified``: stored, shown and counted in every total (formats, section 11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

EntryClass = Literal[
    "receipt",
    "refund",
    "discount",
    "commission",
    "fee",
    "freight",
    "compensation",
    "promotion",
    "transfer",
    "deposit",
    "financing",
    "unclassified",
]

# Money that only moves between the merchant's own pockets, or is lent: no profit and no loss.
MOVEMENT_CLASSES: frozenset[str] = frozenset({"transfer", "deposit", "financing"})


@dataclass(frozen=True)
class EntryType:
    """One kind of money; ``sign`` is the way it usually goes for the merchant (0 = either), what is given back goes the other way."""

    key: str
    name_zh: str
    name_en: str
    sign: Literal[-1, 0, 1]
    class_: EntryClass

    @property
    def moves_only(self) -> bool:
        """Whether it is a movement between the merchant's own accounts rather than income or cost."""
        return self.class_ in MOVEMENT_CLASSES


TYPES: tuple[EntryType, ...] = (
    EntryType("receipt", "货款", "sale", 1, "receipt"),
    EntryType("presale_deposit", "预售定金", "pre-sale deposit", 1, "receipt"),
    EntryType("refund", "退款", "refund", -1, "refund"),
    EntryType("early_receipt_returned", "提前收款归还", "early receipt given back", -1, "refund"),
    EntryType("dispute", "拒付", "dispute", -1, "refund"),
    EntryType("shop_discount", "店铺优惠", "shop discount", -1, "discount"),
    EntryType("platform_discount", "平台优惠结算", "discount borne by the platform", 1, "discount"),
    EntryType("subsidy", "补贴", "subsidy", 1, "discount"),
    EntryType("commission", "佣金", "commission", -1, "commission"),
    EntryType("affiliate_commission", "推广佣金", "affiliate commission", -1, "commission"),
    EntryType("service_fee", "技术服务费", "service fee", -1, "fee"),
    EntryType("payment_fee", "支付手续费", "payment fee", -1, "fee"),
    EntryType("penalty", "违约金", "penalty", -1, "fee"),
    EntryType("tax", "税费", "tax", -1, "fee"),
    EntryType("insurance", "保险费", "insurance", -1, "fee"),
    EntryType("freight", "运费", "freight", 1, "freight"),
    EntryType("freight_insurance", "运费险", "freight insurance", -1, "freight"),
    EntryType("freight_returned", "返还运费", "freight given back", -1, "freight"),
    EntryType("freight_subsidy", "运费补贴", "freight subsidy", 1, "freight"),
    EntryType("logistics_compensation", "物流赔付", "compensation by the carrier", 1, "compensation"),
    EntryType("compensation", "售后赔付", "compensation to buyers", -1, "compensation"),
    EntryType("price_protection", "价保", "price protection", -1, "compensation"),
    EntryType("adjustment", "调账", "adjustment", 0, "compensation"),
    EntryType("promotion", "推广费", "promotion", -1, "promotion"),
    EntryType("withdrawal", "提现", "withdrawal or payout", -1, "transfer"),
    EntryType("transfer", "转账", "transfer", 0, "transfer"),
    EntryType("reserve", "冻结与解冻", "held back or released", 0, "transfer"),
    EntryType("deposit", "保证金", "guarantee deposit", 0, "deposit"),
    EntryType("loan", "贷款", "loan", 0, "financing"),
    EntryType("interest", "利息", "interest", 0, "financing"),
    EntryType("unclassified", "未分类", "unclassified", 0, "unclassified"),
)
TYPES_BY_KEY: Mapping[str, EntryType] = {each.key: each for each in TYPES}
UNCLASSIFIED = "unclassified"
CLASSES: tuple[str, ...] = tuple(dict.fromkeys(each.class_ for each in TYPES))


def class_of(key: str) -> str:
    """Give a type's class; a key nobody knows is unclassified.

    >>> class_of("payment_fee"), class_of("something new")
    ('fee', 'unclassified')
    """
    known = TYPES_BY_KEY.get(key)
    return known.class_ if known else UNCLASSIFIED
