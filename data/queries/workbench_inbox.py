"""What waits for a person: orders of theirs, comments that call them, work orders?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import WHOLE, Part, orders_of
from data.queries.workbench_queue import QueueRow, queue_page
from models.people import Person

# So many of each are listed, the newest or most urgent first.
INBOX_ROWS = 100


@dataclass(frozen=True)
class Mention:
    """A comment that calls somebody by name, and whether they have not seen it yet."""

    comment_id: int
    shop_id: str
    order_no: str
    person_id: str
    name: str
    at: datetime
    text: str
    unseen: bool


@dataclass(frozen=True)
class InboxWork:
    """An open work order: of an order, or of a difference of a reconciliation."""

    kind: str
    number: int
    shop_id: str
    order_no: str
    title: str
    due_at: datetime | None
    opened_at: datetime


@dataclass(frozen=True)
class Inbox:
    """All that waits for a person."""

    orders: list[QueueRow]
    mentions: list[Mention]
    work_orders: list[InboxWork]

    @property
    def count(self) -> int:
        """How many things wait; a mention that was seen waits no more, nor a snoozed order."""
        awake = sum(row.state != "snoozed" for row in self.orders)
        return awake + sum(each.unseen for each in self.mentions) + len(self.work_orders)


def inbox(connection: Connection, *, person: Person, as_of: datetime) -> Inbox:
    """Return what waits for a person, within their scope."""
    orders = queue_page(connection, scope=person.scope, part=WHOLE, tab="mine", person_id=person.person_id, as_of=as_of, limit=INBOX_ROWS)
    return Inbox(orders, mentions_of(connection, person=person), work_orders_of(connection, person=person))


def inbox_count(connection: Connection, *, person: Person) -> int:
    """Count what waits for a person, in one statement: it stands on every page."""
    condition, given = orders_of(person.scope, Part(), relation="o")
    return int(
        connection.scalar(
            text(f"""
            SELECT (SELECT count(*) FROM order_owners AS own JOIN workbench_queue AS o USING (shop_id, order_no)
                LEFT JOIN order_cases AS c USING (shop_id, order_no)
                WHERE own.owner = :person_id AND coalesce(c.state, 'open') NOT IN ('dismissed', 'snoozed'){condition})
              + (SELECT count(*) FROM order_comments AS m JOIN orders AS o USING (shop_id, order_no)
                WHERE m.mentions @> ARRAY[CAST(:person_id AS text)] AND m.person_id <> :person_id
                    AND m.comment_id > coalesce((SELECT comment_id FROM inbox_seen WHERE person_id = :person_id), 0){condition})
              + (SELECT count(*) FROM case_work_orders AS w JOIN orders AS o USING (shop_id, order_no)
                WHERE w.owner = :person_id AND w.closed_at IS NULL{condition})
              + (SELECT count(*) FROM work_orders WHERE owner = :person_id AND closed_at IS NULL)
            """),
            given | {"person_id": person.person_id},
        )
        or 0
    )


def mentions_of(connection: Connection, *, person: Person) -> list[Mention]:
    """Return the comments that call a person, of orders they may see, the newest first."""
    condition, given = orders_of(person.scope, Part(), relation="o")
    rows = connection.execute(
        text(f"""
        SELECT m.comment_id, m.shop_id, m.order_no, m.person_id, coalesce(p.name, m.person_id) AS name, m.at, m.text,
            m.comment_id > coalesce((SELECT comment_id FROM inbox_seen WHERE person_id = :person_id), 0) AS unseen
        FROM order_comments AS m JOIN orders AS o USING (shop_id, order_no) LEFT JOIN people AS p ON p.person_id = m.person_id
        WHERE m.mentions @> ARRAY[CAST(:person_id AS text)] AND m.person_id <> :person_id{condition}
        ORDER BY m.comment_id DESC LIMIT :most
        """),
        given | {"person_id": person.person_id, "most": INBOX_ROWS},
    )
    return [Mention(**row._mapping) for row in rows]


def work_orders_of(connection: Connection, *, person: Person) -> list[InboxWork]:
    """Return a person's open work orders, the first due first."""
    condition, given = orders_of(person.scope, Part(), relation="o")
    rows = connection.execute(
        text(f"""
        SELECT 'order' AS kind, w.case_work_order_id AS number, w.shop_id, w.order_no, w.title, w.due_at, w.opened_at
        FROM case_work_orders AS w JOIN orders AS o USING (shop_id, order_no) WHERE w.owner = :person_id AND w.closed_at IS NULL{condition}
        UNION ALL
        SELECT 'difference', w.difference_id, coalesce(d.shop_id, ''), coalesce(d.order_no, ''), w.label, w.due_at, w.opened_at
        FROM work_orders AS w LEFT JOIN recon_differences AS d USING (difference_id) WHERE w.owner = :person_id AND w.closed_at IS NULL
        ORDER BY due_at NULLS LAST, opened_at LIMIT :most
        """),
        given | {"person_id": person.person_id, "most": INBOX_ROWS},
    )
    return [InboxWork(**row._mapping) for row in rows]
