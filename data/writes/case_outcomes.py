"""What became of the orders that the list chose: late or not, and what does that teach of each action?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data.measures import ENDS
from models.promise import Promised, Verdict, verdict
from models.workbench.saves import PRIORS, Seen, learnt

# So many are judged at a time.
BATCH = 20_000
# News of a shipment may come late: an order that nobody has seen leave is not called late before.
NEWS_WITHIN = timedelta(hours=24)
_LATE: dict[Verdict, bool | None] = {"on_time": False, "late": True, "excluded": None, "unsure": None, "no_promise": None, "open": None}


def judge_outcomes(connection: Connection, *, as_of: datetime) -> int:
    """Judge the chosen orders whose time is over, once they have left or ended or their news would have come; return how many."""
    rows = connection.execute(
        text(f"""
        SELECT c.shop_id, c.order_no, c.due_at, o.shipped_from, o.shipped_to, {ENDS} FROM case_outcomes AS c
        JOIN orders AS o USING (shop_id, order_no) WHERE c.judged_at IS NULL AND c.due_at <= :as_of
            AND (c.due_at <= :news OR num_nonnulls(o.shipped_to, o.cancelled_to, o.refunded_to) > 0)
        ORDER BY c.due_at LIMIT :most
        """),
        {"as_of": as_of, "news": as_of - NEWS_WITHIN, "most": BATCH},
    ).all()
    if rows:
        _store(connection, rows, [_late(row, as_of=as_of) for row in rows], as_of=as_of)
    return len(rows)


def learn(connection: Connection, *, as_of: datetime) -> int:
    """Learn from all judged orders that something was done about how often each action saves one; return from how many."""
    rows = connection.execute(
        text("""
        SELECT acted, count(*) AS orders, sum(acted_probability) AS expected, count(*) FILTER (WHERE late) AS late FROM case_outcomes
        WHERE late IS NOT NULL AND acted IS NOT NULL AND acted_probability IS NOT NULL GROUP BY acted
        """)
    )
    seen = {row.acted: Seen(row.orders, float(row.expected), row.late) for row in rows}
    for prior in PRIORS:
        known = seen.get(prior.action, Seen())
        believed = learnt(prior, known)
        connection.execute(
            text("""
            INSERT INTO action_priors (action, acted, expected_late, late, saves, low, high, learnt_at)
            VALUES (:action, :acted, :expected, :late, :saves, :low, :high, :at)
            ON CONFLICT (action) DO UPDATE SET acted = EXCLUDED.acted, expected_late = EXCLUDED.expected_late, late = EXCLUDED.late,
                saves = EXCLUDED.saves, low = EXCLUDED.low, high = EXCLUDED.high, learnt_at = EXCLUDED.learnt_at
            """),
            {
                "action": prior.action,
                "acted": known.acted,
                "expected": known.expected_late,
                "late": known.late,
                "saves": believed.saves,
                "low": believed.low,
                "high": believed.high,
                "at": as_of,
            },
        )
    return sum(each.acted for each in seen.values())


def _late(row: Any, *, as_of: datetime) -> bool | None:
    order = Promised(row.due_at, row.shipped_from, row.shipped_to, row.ended_from, row.ended_to, row.closed_by_merchant)
    return _LATE[verdict(order, as_of=as_of)]


def _store(connection: Connection, rows: Sequence[Any], late: Sequence[bool | None], *, as_of: datetime) -> None:
    connection.execute(
        text("""
        UPDATE case_outcomes AS c SET late = g.late, judged_at = :as_of
        FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[]), CAST(:late AS boolean[])) AS g (shop_id, order_no, late)
        WHERE (c.shop_id, c.order_no) = (g.shop_id, g.order_no)
        """),
        {"shops": [row.shop_id for row in rows], "orders": [row.order_no for row in rows], "late": list(late), "as_of": as_of},
    )
