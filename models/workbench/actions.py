"""What can a person do about an order, in which role, with what said, and can it be taken back?"""

from collections.abc import Mapping
from dataclasses import dataclass

from models.scope import HANDLING_ROLES

# What an action needs to be told besides the orders.
NEEDS: tuple[str, ...] = ("owner", "warehouse", "carrier", "until", "words", "reason", "title")


@dataclass(frozen=True)
class Action:
    """One thing to do.

    ``leaves`` is the state of the case after it (None = as it was); ``intent`` the kind of wish sent to the warehouse; ``takes_hands``
    whether it counts against the day's capacity and as a manual touch; ``saves`` whether it may be suggested as what saves an order.
    """

    key: str
    name_zh: str
    name_en: str
    roles: frozenset[str]
    needs: tuple[str, ...] = ()
    leaves: str | None = None
    intent: str | None = None
    undoable: bool = False
    takes_hands: bool = True
    saves: bool = False
    review: str | None = None


_WORKING: frozenset[str] = frozenset({"manager", "operations", "warehouse"})
_DECIDING: frozenset[str] = frozenset({"manager", "operations"})
# A review is about money and fraud; finance may judge it too.
_REVIEWING: frozenset[str] = frozenset({"manager", "finance"})

ACTIONS: tuple[Action, ...] = (
    Action("claim", "认领", "Claim", HANDLING_ROLES, leaves="claimed", undoable=True),
    Action("assign", "转派", "Assign", HANDLING_ROLES, needs=("owner",), leaves="claimed", undoable=True),
    Action("expedite", "加急", "Expedite", _WORKING, leaves="waiting", intent="expedite", undoable=True, saves=True),
    Action(
        "other_warehouse",
        "换仓",
        "Other warehouse",
        _DECIDING,
        needs=("warehouse",),
        leaves="waiting",
        intent="other_warehouse",
        undoable=True,
        saves=True,
    ),
    Action(
        "other_carrier",
        "换承运",
        "Other carrier",
        _WORKING,
        needs=("carrier",),
        leaves="waiting",
        intent="other_carrier",
        undoable=True,
        saves=True,
    ),
    Action("contact_buyer", "联系买家", "Contact buyer", HANDLING_ROLES, needs=("words",), leaves="waiting", saves=True),
    Action("snooze", "稍后", "Snooze", HANDLING_ROLES, needs=("until",), leaves="snoozed", undoable=True, takes_hands=False),
    Action("note", "备注", "Note", HANDLING_ROLES, needs=("words",), takes_hands=False),
    Action("work_order", "建工单", "Work order", HANDLING_ROLES, needs=("title", "owner"), leaves="waiting", undoable=True),
    Action("approve_review", "审核通过", "Approve review", _REVIEWING, intent="release", undoable=True, review="approved"),
    Action(
        "reject_review",
        "审核拒绝",
        "Reject review",
        _REVIEWING,
        needs=("reason",),
        leaves="waiting",
        intent="cancel",
        undoable=True,
        review="rejected",
    ),
    Action("dismiss", "忽略", "Dismiss", _WORKING, needs=("reason",), leaves="dismissed", undoable=True, takes_hands=False),
)
ACTIONS_BY_KEY: Mapping[str, Action] = {action.key: action for action in ACTIONS}
SAVING_ACTIONS: tuple[str, ...] = tuple(action.key for action in ACTIONS if action.saves)
# What only the workbench writes: an undo, and a case that its order's end closed.
UNDO, SETTLED, OPENED, WOKEN = "undo", "settled", "opened", "woken"

DISMISS_REASONS: tuple[tuple[str, str, str], ...] = (
    ("false_alarm", "误报，会按时发货", "False alarm, it will ship in time"),
    ("buyer_agreed", "买家同意延后", "The buyer agreed to wait"),
    ("presale", "预售或约定发货", "Pre-sale or an agreed date"),
    ("known_cause", "原因已知并在处理", "Cause known and being worked on"),
    ("duplicate", "重复订单", "A duplicate"),
    ("other", "其他", "Other"),
)
REJECT_REASONS: tuple[tuple[str, str, str], ...] = (
    ("fraud", "疑似欺诈", "Suspected fraud"),
    ("address", "地址异常", "Implausible address"),
    ("price", "价格错误", "Wrong price"),
    ("reseller", "疑似黄牛", "Suspected reseller"),
    ("other", "其他", "Other"),
)


def reasons_of(action: str) -> tuple[tuple[str, str, str], ...]:
    """Return the reasons that may be given for an action, as (key, Chinese, English); none where it asks for none.

    >>> [key for key, _, _ in reasons_of("reject_review")][:2], reasons_of("claim")
    (['fraud', 'address'], ())
    """
    return {"dismiss": DISMISS_REASONS, "reject_review": REJECT_REASONS}.get(action, ())
