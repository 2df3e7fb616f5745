"""What does an order's kind mean for its promise, its stock and its money?

One table, law for everybody: the clock of a promise, whether goods leave a warehouse, what is owed. Situations that any kind
of order may be in stand beside the kinds, for they bend the same three.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# When the ship clock starts: at payment, at creation, at whichever of the two there is, or never.
Clock = Literal["paid", "created", "paid_or_created", "none"]


@dataclass(frozen=True)
class OrderKind:
    """One row of the table: what a kind is called, when its clock starts, and what it does to stock and money."""

    key: str
    name_zh: str
    name_en: str
    clock: Clock
    moves_stock: bool
    money_zh: str
    money_en: str


ORDER_KIND_TABLE: tuple[OrderKind, ...] = (
    OrderKind("normal", "普通", "normal", "paid", True, "付款入账", "paid once"),
    OrderKind(
        "presale",
        "预售",
        "pre-sale",
        "paid",
        True,
        "定金与尾款；尾款付清才起算",
        "deposit and final payment; the clock starts at the final one",
    ),
    OrderKind("cod", "货到付款", "cash on delivery", "created", True, "签收时收款", "paid at the door"),
    OrderKind("gift", "赠品", "gift", "paid_or_created", True, "金额为零", "costs nothing"),
    OrderKind("virtual", "虚拟商品", "virtual", "none", False, "付款入账，不发货", "paid, nothing is shipped"),
    OrderKind("exchange", "换货补发", "exchange or re-send", "created", True, "不另收款", "nothing more is paid"),
    OrderKind("split", "拆单", "split", "paid", True, "随原单", "with its order"),
    OrderKind("merged", "合单", "merged", "paid", True, "随各原单", "with each order it holds"),
)
ORDER_KINDS_BY_KEY: Mapping[str, OrderKind] = {kind.key: kind for kind in ORDER_KIND_TABLE}


@dataclass(frozen=True)
class Situation:
    """What may befall an order of any kind, and what it does to the promise."""

    key: str
    name_zh: str
    name_en: str
    promise_zh: str
    promise_en: str


SITUATIONS: tuple[Situation, ...] = (
    Situation("part_shipped", "部分发货", "partly shipped", "全部发出才算发货", "shipped only when all of it has left"),
    Situation("on_hold", "风控冻结", "on hold", "不停表，期限不变", "the clock runs on, the deadline stays"),
    Situation(
        "cancelled_before",
        "期限前取消",
        "cancelled before the deadline",
        "买家取消不计入",
        "the buyer's cancellation takes it out of the count",
    ),
    Situation("cancelled_after", "期限后取消", "cancelled after the deadline", "计为不达标", "counts as not good"),
    Situation("cancelled_for_stock", "缺货取消", "cancelled for want of stock", "任何时候都计为不达标", "counts as not good at any time"),
    Situation("refunded_unshipped", "未发货退款", "refunded unshipped", "同取消", "as a cancellation"),
    Situation("refunded_shipped", "发货后退款", "refunded after shipping", "不影响履约时效", "leaves the promise as it was kept"),
)


def clock_start(kind: str, *, created_at: datetime | None, paid_at: datetime | None) -> datetime | None:
    """Return when an order's ship clock starts, None while it has not or never does; an unknown kind is a normal one.

    >>> clock_start("virtual", created_at=datetime(2026, 1, 1), paid_at=datetime(2026, 1, 1)) is None
    True
    """
    found = ORDER_KINDS_BY_KEY.get(kind, ORDER_KINDS_BY_KEY["normal"])
    starts = {"paid": paid_at, "created": created_at, "paid_or_created": paid_at or created_at, "none": None}
    return starts[found.clock]
