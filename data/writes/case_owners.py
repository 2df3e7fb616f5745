"""How does every order that has waited too long get a named owner and an alert?"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from data.queries.workbench_rules import active_people
from models.people import Person
from models.workbench.ownership import Subject, owner_for
from models.workbench.rules import OwnerRule

OVERDUE = "overdue_2h"
# Who set what a job set.
WATCHER = "watch_orders"


def alert_overdue(connection: Connection, *, rules: Sequence[OwnerRule], zone: str, as_of: datetime) -> int:
    """Open an alert for every order of the queue that waits too long and has none, with an owner; return how many."""
    rows = connection.execute(
        text("""
        SELECT q.shop_id, q.order_no, q.channel, q.warehouse_code, q.category, q.overdue_at, o.owner FROM workbench_queue AS q
        LEFT JOIN order_owners AS o ON (o.shop_id, o.order_no) = (q.shop_id, q.order_no)
        WHERE q.overdue_2h AND q.alert_id IS NULL ORDER BY q.overdue_at, q.shop_id, q.order_no
        """)
    ).all()
    if not rows:
        return 0
    everybody = active_people(connection)
    owners = _owners(connection, rows, rules=rules, people=everybody, local=as_of.astimezone(ZoneInfo(zone)))
    given = [(row, owner) for row, owner in zip(rows, owners, strict=True) if owner is not None and owner != row.owner]
    _give(connection, [row for row, _ in given], [owner for _, owner in given], as_of=as_of)
    _open(connection, rows, owners, as_of=as_of)
    return len(rows)


def close_alerts(connection: Connection, *, as_of: datetime) -> int:
    """Close the alerts of orders that wait no more; return how many."""
    return connection.execute(
        text(f"""
        UPDATE alerts AS a SET closed_at = :as_of, seen_at = :as_of, version = version + 1 WHERE a.rule = '{OVERDUE}' AND closed_at IS NULL
            AND NOT EXISTS (SELECT FROM workbench_queue AS q WHERE q.alert_id = a.alert_id AND q.overdue_2h)
        """),
        {"as_of": as_of},
    ).rowcount


def _owners(
    connection: Connection, rows: Sequence[Any], *, rules: Sequence[OwnerRule], people: Sequence[Person], local: datetime
) -> list[str | None]:
    """Return each order's owner: the one it has, while they are still there, else by the rules, a fair share each."""
    there = {each.person_id for each in people}
    load = Counter({row.owner: row.orders for row in connection.execute(text(_LOAD))})
    found = []
    for row in rows:
        owner = row.owner if row.owner in there else None
        if owner is None:
            subject = Subject(row.shop_id, row.order_no, row.channel, row.warehouse_code, row.category)
            owner = owner_for(subject, rules=rules, people=people, load=load, local=local)
            load[owner] += 1
        found.append(owner)
    return found


_LOAD = "SELECT owner, count(*) AS orders FROM order_owners JOIN workbench_queue USING (shop_id, order_no) GROUP BY owner"


def _give(connection: Connection, rows: Sequence[Any], owners: Sequence[str], *, as_of: datetime) -> None:
    """Give orders to people, unless somebody took one in between."""
    connection.execute(
        text("""
        INSERT INTO order_owners AS kept (shop_id, order_no, owner, version, set_by, set_at)
        SELECT shop_id, order_no, owner, 1, :by, :as_of
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:owners AS text[])) AS g (shop_id, order_no, owner)
        ORDER BY shop_id, order_no
        ON CONFLICT (shop_id, order_no) DO UPDATE SET owner = EXCLUDED.owner, version = kept.version + 1, set_by = :by, set_at = :as_of
            WHERE kept.owner IS NULL OR kept.owner NOT IN (SELECT person_id FROM people WHERE active)
        """),
        _keys(rows) | {"owners": list(owners), "by": WATCHER, "as_of": as_of},
    )


def _open(connection: Connection, rows: Sequence[Any], owners: Sequence[str | None], *, as_of: datetime) -> None:
    details = [json.dumps({"overdue_at": row.overdue_at.isoformat()}) for row in rows]
    connection.execute(
        text(f"""
        WITH opened AS (
            INSERT INTO alerts AS kept (rule, subject, level, department, owner, shop_id, channel, warehouse_code, order_no, opened_at,
                seen_at, detail)
            SELECT '{OVERDUE}', shop_id || '/' || order_no, 'warning', 'operations', owner, shop_id, channel, nullif(warehouse_code, ''),
                order_no, :as_of, :as_of, CAST(detail AS jsonb)
            FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:owners AS text[]), CAST(:channels AS text[]),
                CAST(:warehouses AS text[]), CAST(:details AS text[])) AS g (shop_id, order_no, owner, channel, warehouse_code, detail)
            ON CONFLICT (rule, subject) WHERE closed_at IS NULL DO UPDATE SET seen_at = EXCLUDED.seen_at
            RETURNING alert_id, shop_id, order_no
        )
        UPDATE workbench_queue AS q SET alert_id = opened.alert_id FROM opened
        WHERE (q.shop_id, q.order_no) = (opened.shop_id, opened.order_no)
        """),
        _keys(rows)
        | {
            "owners": list(owners),
            "channels": [row.channel for row in rows],
            "warehouses": [row.warehouse_code for row in rows],
            "details": details,
            "as_of": as_of,
        },
    )


def _keys(rows: Sequence[Any]) -> dict[str, Any]:
    return {"shops": [row.shop_id for row in rows], "orders": [row.order_no for row in rows]}
