"""What happened to an order, when, and which statement of it do we believe?

An event is ``(shop_id, order_no, type, part)``; ``part`` is a package, a refund id, or empty. Sources make
*statements* about events; the current one is chosen here, the same way whatever order they arrived in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

# Facts in the order in which an order passes through them; a later fact outranks an earlier one as stage.
PROGRESS: tuple[str, ...] = (
    "created",
    "paid",
    "reviewed",
    "allocated",
    "waybilled",
    "part_shipped",
    "shipped",
    "delivered",
    "completed",
)
# Facts that end an order, whatever it had reached.
ENDINGS: tuple[str, ...] = ("cancelled", "refunded")
# Facts that do not move an order along: holds are a flag, a return needs its refund, a revert undoes.
ASIDES: tuple[str, ...] = ("held", "released", "returned", "reverted")
EVENT_TYPES: tuple[str, ...] = PROGRESS + ENDINGS + ASIDES

# What a platform's status says has already happened. ``closed`` is resolved per row: refunded once paid, else cancelled.
STATUS_IMPLIES: Mapping[str, tuple[str, ...]] = {
    "unpaid": ("created",),
    "to_ship": ("created", "paid"),
    "held": ("created", "paid", "held"),
    "reviewed": ("created", "paid", "reviewed"),
    "allocated": ("created", "paid", "reviewed", "allocated"),
    "waybilled": ("created", "paid", "waybilled"),
    "part_shipped": ("created", "paid", "part_shipped"),
    "shipped": ("created", "paid", "shipped"),
    "delivered": ("created", "paid", "shipped", "delivered"),
    "completed": ("created", "paid", "shipped", "completed"),
    "cancelled": ("created", "cancelled"),
    "refunded": ("created", "paid", "refunded"),
    "closed": ("created",),
    "unknown": (),
}
HUB_STATUSES: tuple[str, ...] = tuple(STATUS_IMPLIES)

# Statuses an order can still leave; files that show them bound the events that follow, and undo those that came too early.
OPEN_STATUSES: tuple[str, ...] = ("unpaid", "to_ship", "held", "reviewed", "allocated", "waybilled", "part_shipped", "shipped")

# Authority of a statement (decision 7): higher wins. A platform's own ship time outranks the warehouse's.
RANK_PLATFORM = 30
RANK_WAREHOUSE = 20
RANK_OTHER = 10
# The warehouse is the authority for what happens inside it; there its statements weigh more than any other's.
RANK_OWNER = 40
WAREHOUSE_OWNS: tuple[str, ...] = ("reviewed", "allocated", "waybilled")


@dataclass(frozen=True)
class Statement:
    """One source's word on one event: it happened at some instant in ``[occurred_from, occurred_to]`` (UTC)."""

    source: str
    rank: int
    occurred_from: datetime
    occurred_to: datetime
    observed_at: datetime

    @property
    def exact(self) -> bool:
        """Whether the source gave a time rather than bounds."""
        return self.occurred_from == self.occurred_to


def authority(event: str, *, rank: int) -> int:
    """Say how much a statement of this rank weighs on an event: the rank, but inside the warehouse its own word weighs most.

    >>> authority("shipped", rank=RANK_WAREHOUSE) < authority("shipped", rank=RANK_PLATFORM)
    True
    >>> authority("waybilled", rank=RANK_WAREHOUSE) > authority("waybilled", rank=RANK_PLATFORM)
    True
    """
    return RANK_OWNER if rank == RANK_WAREHOUSE and event in WAREHOUSE_OWNS else rank


def current_event(event: str, statements: Iterable[Statement]) -> Statement | None:
    """Choose the statement of an ``event`` (one of EVENT_TYPES) to believe, or None when there is none.

    Exact over bounded first, since authority over a time lies with whoever has one; then highest authority, narrowest
    interval, latest observation, smallest value. ``data.current_events`` orders its SQL the same way; a test holds them
    together.
    """
    return min(
        statements,
        key=lambda s: (
            not s.exact,
            -authority(event, rank=s.rank),
            s.occurred_to - s.occurred_from,
            -s.observed_at.timestamp(),
            s.occurred_from,
            s.source,
        ),
        default=None,
    )


def shows(status: str, event: str) -> bool:
    """Say whether a file that shows ``status`` shows an order for which ``event`` has happened.

    Everything up to the status's furthest step has; endings, later steps and holds have not, unless the status says so.

    >>> shows("shipped", "waybilled"), shows("shipped", "delivered"), shows("to_ship", "held"), shows("held", "held")
    (True, False, False, True)
    """
    implied = STATUS_IMPLIES[status]
    furthest = max((PROGRESS.index(step) for step in implied if step in PROGRESS), default=-1)
    return event in implied or (event in PROGRESS and PROGRESS.index(event) <= furthest)


def stage_of(current: Iterable[str]) -> str:
    """Name the stage an order stands in, given the types of its current events.

    >>> stage_of({"created", "paid", "waybilled"})
    'waybilled'
    >>> stage_of({"created", "paid", "shipped", "refunded"})
    'refunded'
    >>> stage_of(())
    'unknown'
    """
    facts = set(current)
    for ending in reversed(ENDINGS):
        if ending in facts:
            return ending
    for step in reversed(PROGRESS):
        if step in facts:
            return step
    return "unknown"
