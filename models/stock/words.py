"""What are moves, holds and the ways orders stand with stock called, and what does each do to what is held?"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """One word of the ledger: its key as stored and its names."""

    key: str
    name_zh: str
    name_en: str


MOVES: tuple[Word, ...] = (
    Word("opening", "期初", "Opening"),
    Word("purchase_in", "采购入库", "Purchase in"),
    Word("sale_out", "销售出库", "Sale out"),
    Word("return_in", "退货入库", "Return in"),
    Word("transfer_in", "调拨入库", "Transfer in"),
    Word("transfer_out", "调拨出库", "Transfer out"),
    Word("gift", "赠品", "Gift"),
    Word("scrap", "报废", "Scrap"),
    Word("qc_sample", "质检取样", "Quality sample"),
    Word("other_out", "其他出库", "Other out"),
    Word("count_adjust", "盘点调整", "Count adjustment"),
)

# A hold that is placed may expire; a confirmed one is paid for and does not. The others hold nothing any more.
OPEN_STATES: tuple[str, ...] = ("placed", "confirmed")
HOLD_STATES: tuple[Word, ...] = (
    Word("placed", "占用中", "Held"),
    Word("confirmed", "已付款占用", "Held, paid"),
    Word("expired", "已过期", "Expired"),
    Word("released", "已释放", "Released"),
    Word("shipped", "已出库", "Shipped"),
)

# What befalls a hold.
HOLD_STEPS: tuple[Word, ...] = (
    Word("placed", "占用", "Held"),
    Word("confirmed", "付款确认", "Confirmed by payment"),
    Word("extended", "延长", "Extended"),
    Word("expired", "过期释放", "Expired"),
    Word("released", "人工释放", "Released by hand"),
    Word("cancelled", "取消释放", "Released by cancellation"),
    Word("shipped", "出库", "Shipped"),
    Word("short", "缺货", "Short"),
    Word("reheld", "重新占用", "Held again"),
    Word("moved", "换仓释放", "Moved to another warehouse"),
    Word("changed", "数量变更", "Quantity changed"),
    Word("compensated", "补偿", "Compensated"),
)

# How an order stands with the stock.
HOLDING_STATES: tuple[Word, ...] = (
    Word("held", "已占用", "Held"),
    Word("partial", "部分占用", "Partly held"),
    Word("short", "缺货", "Short"),
    Word("lapsed", "占用已过期", "Hold expired"),
    Word("shipped", "已出库", "Shipped"),
    Word("closed", "已取消", "Cancelled"),
    Word("untracked", "未建库存", "No stock known"),
)

# What a buyer is to us (``models.customers``).
CUSTOMER_CLASSES: tuple[Word, ...] = (
    Word("new", "新客", "New customer"),
    Word("returning", "老客", "Returning customer"),
    Word("major", "大客户", "Major customer"),
)

# What a channel is told to do with an item (S10); the last two are what a threshold may ask for.
CHANNEL_ACTIONS: tuple[Word, ...] = (
    Word("sell", "在售", "On sale"),
    Word("show_left", "显示仅剩", "Shows how few are left"),
    Word("delist", "下架", "Delisted"),
)
THRESHOLD_ACTIONS: tuple[str, ...] = ("delist", "show_left")

NAMES: Mapping[str, Mapping[str, Word]] = {
    "move": {word.key: word for word in MOVES},
    "hold": {word.key: word for word in HOLD_STATES},
    "step": {word.key: word for word in HOLD_STEPS},
    "holding": {word.key: word for word in HOLDING_STATES},
    "action": {word.key: word for word in CHANNEL_ACTIONS},
    "customer": {word.key: word for word in CUSTOMER_CLASSES},
}


def keys(words: tuple[Word, ...]) -> tuple[str, ...]:
    """Return the keys of a registry, in its order.

    >>> keys(CHANNEL_ACTIONS)
    ('sell', 'show_left', 'delist')
    """
    return tuple(word.key for word in words)
