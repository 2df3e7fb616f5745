"""What has been done about one order, and what has the warehouse been asked for?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.health import Part, orders_of
from data.queries.workbench_queue import QueueRow, queue_row
from models.scope import Scope

# So much of a history is listed, the newest first.
ACTS = 200


@dataclass(frozen=True)
class Act:
    """Something that was done about an order; ``undone`` when somebody took it back."""

    deed: str
    at: datetime
    person_id: str
    action: str
    detail: Mapping[str, Any]
    undone: bool


@dataclass(frozen=True)
class Intent:
    """What a warehouse was asked to do with an order, and what came of it."""

    intent_id: int
    shop_id: str
    order_no: str
    kind: str
    warehouse_code: str
    wish: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    state: str
    file_name: str | None
    sent_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None
    error: str | None


@dataclass(frozen=True)
class CaseWork:
    """A work order about an order."""

    number: int
    title: str
    owner: str
    opened_by: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Case:
    """Where an order's case stands, whose it is, and all that was done."""

    state: str
    version: int
    owner: str | None
    snoozed_until: datetime | None
    review: str | None
    review_at: datetime | None
    close_reason: str | None
    stage: str
    in_queue: bool
    action: str | None
    saves: float
    held_out: bool
    acts: list[Act]
    intents: list[Intent]
    work_orders: list[CaseWork]
    row: QueueRow


_INTENT = ", ".join(f"i.{name}" for name in Intent.__dataclass_fields__)


def case_of(connection: Connection, *, scope: Scope, shop_id: str, order_no: str) -> Case | None:
    """Return the case of an order, a plain open one where nobody has touched it; None for an order outside the scope."""
    condition, given = orders_of(scope, Part(), relation="o")
    given |= {"shop_id": shop_id, "order_no": order_no}
    row = connection.execute(
        text(f"""
        SELECT coalesce(c.state, 'open') AS state, coalesce(c.version, 0) AS version, own.owner, c.snoozed_until, c.review, c.review_at,
            c.close_reason, o.stage, q.judged_at IS NOT NULL AS in_queue, q.action, coalesce(q.saves, 0) AS saves,
            coalesce(q.held_out, false) AS held_out
        FROM orders AS o LEFT JOIN order_cases AS c USING (shop_id, order_no) LEFT JOIN order_owners AS own USING (shop_id, order_no)
        LEFT JOIN workbench_queue AS q USING (shop_id, order_no)
        WHERE o.shop_id = :shop_id AND o.order_no = :order_no AND NOT o.stub{condition}
        """),
        given,
    ).one_or_none()
    if row is None:
        return None
    key = {"shop_id": shop_id, "order_no": order_no}
    shown = queue_row(connection, scope=scope, **key)
    # an order and its row are of the same instant but for what commits between two statements
    if shown is None:
        return None
    done: dict[str, Any] = {"acts": _acts(connection, key), "intents": _intents(connection, key), "work_orders": _works(connection, key)}
    return Case(**row._mapping, **done, row=shown)


def open_intents(connection: Connection, *, scope: Scope, limit: int) -> list[Intent]:
    """Return what warehouses are asked for and have not done yet, the oldest first."""
    condition, given = orders_of(scope, Part(), relation="o")
    asked = f"""SELECT {_INTENT} FROM intents AS i JOIN orders AS o USING (shop_id, order_no)
        WHERE i.closed_at IS NULL{condition} ORDER BY i.asked_at, i.intent_id LIMIT :limit"""
    return [Intent(**row._mapping) for row in connection.execute(text(asked), given | {"limit": limit})]


def _acts(connection: Connection, key: Mapping[str, str]) -> list[Act]:
    rows = connection.execute(
        text("""
        SELECT a.deed, a.at, a.person_id, a.action, a.detail, EXISTS (
            SELECT FROM case_actions AS u WHERE u.undoes = a.deed AND (u.shop_id, u.order_no) = (a.shop_id, a.order_no)) AS undone
        FROM case_actions AS a WHERE a.shop_id = :shop_id AND a.order_no = :order_no ORDER BY a.action_id DESC LIMIT :most
        """),
        {**key, "most": ACTS},
    )
    return [Act(**row._mapping) for row in rows]


def _intents(connection: Connection, key: Mapping[str, str]) -> list[Intent]:
    asked = f"SELECT {_INTENT} FROM intents AS i WHERE i.shop_id = :shop_id AND i.order_no = :order_no ORDER BY i.intent_id DESC"
    return [Intent(**row._mapping) for row in connection.execute(text(asked), key)]


def _works(connection: Connection, key: Mapping[str, str]) -> list[CaseWork]:
    rows = connection.execute(
        text("""
        SELECT case_work_order_id AS number, title, owner, opened_by, opened_at, due_at, closed_at FROM case_work_orders
        WHERE shop_id = :shop_id AND order_no = :order_no ORDER BY case_work_order_id DESC
        """),
        key,
    )
    return [CaseWork(**row._mapping) for row in rows]
