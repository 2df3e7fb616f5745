"""Which orders does the list suggest within what can be done today, and who of them is held out?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.workbench_facts import ACTED_TODAY
from models.workbench.rules import WorkbenchSettings


@dataclass(frozen=True)
class Day:
    """A business day: which one, when it began and ends."""

    day: date
    begins: datetime
    ends: datetime


# Held-out orders stand among the others by rank: so many are looked at for each place there is.
_LOOKED_AT = 3
_SPARE = 200


def choose(connection: Connection, *, settings: WorkbenchSettings, today: Day, as_of: datetime) -> int:
    """Mark the best orders as suggested, as many as hands are left for today, and note which cohort each was chosen into."""
    acted = connection.scalar(text(f"SELECT count(*) FROM ({ACTED_TODAY}) AS acted"), {"day_begins": today.begins}) or 0
    left = max(settings.capacity - int(acted), 0)
    suggested, held_out = _best(connection, places=left, today=today)
    _mark(connection, suggested)
    _note(connection, [*suggested, *held_out], settings=settings, today=today, as_of=as_of)
    return len(suggested)


def _best(connection: Connection, *, places: int, today: Day) -> tuple[list[Any], list[Any]]:
    """Walk the ranked orders until the places are taken; return those suggested and those held out on the way."""
    if not places:
        return [], []
    rows = connection.execute(
        text(f"""
        SELECT q.*, o.cohort IS NULL AS fresh FROM workbench_queue AS q
        LEFT JOIN order_cases AS c ON (c.shop_id, c.order_no) = (q.shop_id, q.order_no)
        LEFT JOIN case_outcomes AS o ON (o.shop_id, o.order_no) = (q.shop_id, q.order_no)
        LEFT JOIN ({ACTED_TODAY}) AS acted ON (acted.shop_id, acted.order_no) = (q.shop_id, q.order_no)
        WHERE q.still_savable AND q.action IS NOT NULL AND q.score > 0 AND acted.order_no IS NULL
            AND coalesce(c.state, 'open') NOT IN ('snoozed', 'dismissed', 'done') AND coalesce(c.review, '') NOT IN ('pending', 'rejected')
        ORDER BY q.score DESC, q.shop_id, q.order_no LIMIT :looked_at
        """),
        {"day_begins": today.begins, "looked_at": places * _LOOKED_AT + _SPARE},
    )
    suggested: list[Any] = []
    held_out: list[Any] = []
    for row in rows:
        if len(suggested) == places:
            break
        (held_out if row.held_out else suggested).append(row)
    return suggested, held_out


def _mark(connection: Connection, rows: Sequence[Any]) -> None:
    connection.execute(
        text("""
        WITH chosen AS (SELECT * FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS g (shop_id, order_no))
        UPDATE workbench_queue AS q SET in_capacity = NOT q.in_capacity
        WHERE q.in_capacity <> EXISTS (SELECT FROM chosen WHERE (chosen.shop_id, chosen.order_no) = (q.shop_id, q.order_no))
            AND (q.in_capacity OR (q.shop_id, q.order_no) IN (SELECT shop_id, order_no FROM chosen))
        """),
        {"shops": [row.shop_id for row in rows], "orders": [row.order_no for row in rows]},
    )


def _note(connection: Connection, rows: Sequence[Any], *, settings: WorkbenchSettings, today: Day, as_of: datetime) -> None:
    """Write down the cohort of each order chosen for the first time; comparable are those that could have fallen into either."""
    fresh = [row for row in rows if row.fresh]
    values = [
        {
            "shop_id": row.shop_id, "order_no": row.order_no, "day": today.day, "chosen_at": as_of, "channel": row.channel,
            "cohort": "held_out" if row.held_out else "suggested", "warehouse_code": row.warehouse_code, "value_minor": row.value_minor,
            "compared": settings.hold_out_share > 0 and row.due_at >= today.ends and not row.review, "saves": row.saves,
            "probability": row.probability, "action": row.action, "due_at": row.due_at,
        }
        for row in fresh
    ]  # fmt: skip
    if values:
        names = list(values[0])
        connection.execute(
            text(
                f"INSERT INTO case_outcomes ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)}) ON CONFLICT DO NOTHING"
            ),
            values,
        )
