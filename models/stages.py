"""Where does an order stand, since when, and is that too long? (S29)

Stages follow from what has happened (``models.events``); a stage ends with the first later step. Three shares are formed of the orders
that are paid and not ended: stuck ones first, then shipped ones until 30 days after delivery, the rest is to be processed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

# What a stage counts to; unpaid orders and ended ones stand beside the shares.
Share = Literal["to_process", "shipped", "stuck"]
SHARES: tuple[Share, ...] = ("to_process", "shipped", "stuck")
SHARE_NAMES: Mapping[Share, tuple[str, str]] = {
    "to_process": ("待处理", "To process"),
    "shipped": ("已发货", "Shipped"),
    "stuck": ("异常停滞", "Stuck"),
}
# A delivered order stays among the shipped ones for so long.
SHIPPED_FOR = timedelta(days=30)
# A limit that nobody set is what so large a part of the last days' orders kept, if there were enough of them.
LIMIT_SHARE, LIMIT_DAYS, LIMIT_LEAST = 0.95, 28, 30


@dataclass(frozen=True)
class Stage:
    """A stage named for the step that opens it (``models.events.PROGRESS``), and the steps any of which ends it."""

    key: str
    name_zh: str
    name_en: str
    share: Share | None
    ends_with: tuple[str, ...]


STAGES: tuple[Stage, ...] = (
    Stage("created", "待支付", "Unpaid", None, ("paid", "shipped")),
    Stage("paid", "待审", "To review", "to_process", ("reviewed", "allocated", "waybilled", "shipped")),
    Stage("reviewed", "待分仓", "To allocate", "to_process", ("allocated", "waybilled", "shipped")),
    Stage("allocated", "待打单", "To label", "to_process", ("waybilled", "shipped")),
    Stage("waybilled", "待出库", "To hand over", "to_process", ("shipped",)),
    Stage("part_shipped", "部分发货", "Part shipped", "to_process", ("shipped",)),
    Stage("shipped", "已发货", "In transit", "shipped", ("delivered", "completed")),
    Stage("delivered", "签收", "Delivered", "shipped", ()),
)
STAGES_BY_KEY: Mapping[str, Stage] = {stage.key: stage for stage in STAGES}

# Stages an order can be stuck in; their end is owed.
OPEN_STAGES: tuple[str, ...] = tuple(stage.key for stage in STAGES if stage.share and stage.ends_with)
# Stages whose length is counted: both their ends are steps that an order's row keeps.
TIMED_STAGES: tuple[str, ...] = tuple(stage.key for stage in STAGES if stage.ends_with and stage.key != "part_shipped")

# Steps aside from the way: they show that an order was held, sent in parts, or went back.
ASIDE_STEPS: tuple[str, ...] = ("held", "released", "reverted", "returned", "part_shipped")
REWORK_STEPS: tuple[str, ...] = ("held", "reverted", "returned")

# (channel, stage) -> the longest a stage may last there; a channel whose sources never tell of a stage's end has none.
Limits = Mapping[tuple[str, str], timedelta]


def share_of(
    *, stage: str, since: datetime | None, done_at: datetime | None, channel: str, as_of: datetime, limits: Limits
) -> Share | None:
    """Return the share an order counts to, None for one that stands beside them.

    ``stage`` is models.events.stage_of, ``since`` when its last step happened, ``done_at`` when it was delivered or completed.
    Where a channel tells of no delivery, a shipped order is not waited for: it counts for as long as a delivered one.
    """
    if stage in OPEN_STAGES:
        limit = limits.get((channel, stage))
        if stage == "shipped" and limit is None and since is not None and since + SHIPPED_FOR <= as_of:
            return None
        if limit is not None and since is not None and since + limit <= as_of:
            return "stuck"
        return STAGES_BY_KEY[stage].share
    if stage in ("delivered", "completed") and done_at is not None and done_at + SHIPPED_FOR > as_of:
        return "shipped"
    return None


def fine_stage(stage: str) -> str:
    """Return the key of STAGES for a stage of an order.

    >>> fine_stage("completed"), fine_stage("paid")
    ('delivered', 'paid')
    """
    return "delivered" if stage == "completed" else stage
