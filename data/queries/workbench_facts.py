"""Which open orders must the workbench judge anew, and what is known of them?"""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from data.measures import open_stage
from data.queries.stages import WITH_LIMITS
from models.stages import STAGES
from models.workbench.queue import FACTS

# Stages of an order that is paid for and has not wholly left.
UNSHIPPED: tuple[str, ...] = tuple(stage.key for stage in STAGES if stage.share == "to_process")


def unshipped(relation: str) -> str:
    """Return the condition of a relation's orders that are paid for and have not wholly left, in the words of the index of open stages."""
    return f"{open_stage(relation)} AND {relation}.stage IN ({', '.join(repr(stage) for stage in UNSHIPPED)})"


# On its way for longer than its channel's orders are; in the words of the index of open stages.
_LOST = f"{open_stage('o')} AND o.stage = 'shipped' AND o.stage_since + own.seconds * interval '1 second' <= CAST(:as_of AS timestamptz)"
_KEY = "(shop_id, order_no)"
# Orders that somebody has laid hands on today: they take of its capacity, whether the list chose them or not.
ACTED_TODAY = """
    SELECT DISTINCT shop_id, order_no FROM case_actions AS a WHERE a.at >= :day_begins AND a.takes_hands
        AND NOT EXISTS (SELECT FROM case_actions AS u WHERE u.undoes = a.deed AND (u.shop_id, u.order_no) = (a.shop_id, a.order_no))"""


def watch_due(connection: Connection, *, as_of: datetime) -> int:
    """Put the orders that are to be judged anew into ``watched`` (numbered from 1), and return how many they are.

    Whoever is not in the queue yet, has changed or been scored since, stands otherwise with stock, or has passed its next instant.
    """
    connection.execute(
        text("CREATE TEMP TABLE watched (number bigint GENERATED ALWAYS AS IDENTITY, shop_id text, order_no text) ON COMMIT DROP")
    )
    return connection.execute(
        text(f"""
        INSERT INTO watched (shop_id, order_no)
        SELECT o.shop_id, o.order_no FROM orders AS o
        LEFT JOIN workbench_queue AS q USING {_KEY} LEFT JOIN risk_now AS r USING {_KEY}
        LEFT JOIN (SELECT shop_id, order_no FROM order_holding WHERE short_units > 0) AS h USING {_KEY}
        WHERE {unshipped("o")} AND (q.judged_at IS NULL OR q.order_changed_at <> o.changed_at OR q.scored_at IS DISTINCT FROM r.scored_at
            OR q.short <> (h.order_no IS NOT NULL) OR q.next_at <= CAST(:as_of AS timestamptz) OR q.judged_at > CAST(:as_of AS timestamptz))
        UNION ALL
        SELECT o.shop_id, o.order_no FROM orders AS o {WITH_LIMITS} LEFT JOIN workbench_queue AS q USING {_KEY}
        WHERE {_LOST} AND (q.judged_at IS NULL OR q.order_changed_at <> o.changed_at)
        """),
        {"as_of": as_of},
    ).rowcount


def facts(connection: Connection, *, first: int, last: int) -> pd.DataFrame:
    """Return models.workbench.queue.FACTS of the watched orders numbered from ``first`` to ``last``, both included.

    Two columns more, ``order_changed_at`` and ``scored_at``, are texts to be stored as they are: floats would lose microseconds.
    """
    rows = connection.execute(
        text(f"""
        SELECT o.shop_id, o.order_no, coalesce(o.channel, ''), coalesce(o.region_code, ''), coalesce(o.category, ''),
            coalesce(o.warehouse_code, ''), coalesce(o.carrier_code, ''), o.stage, {_seconds("o.stage_since")},
            {_seconds("o.clock_start_at")}, coalesce(o.paid_reporting_minor, 0), coalesce(o.paid_minor, 0),
            coalesce(o.currency, shops.currency, ''), {_seconds("o.deadline_at")},
            {_seconds("o.stage_since + own.seconds * interval '1 second'")}, {_seconds("r.due_at")}, r.probability, r.low, r.high,
            r.promise_probability, r.promise_low, r.promise_high, coalesce(h.short_units, 0) > 0, coalesce(c.cohort, ''),
            o.changed_at::text, r.scored_at::text
        FROM watched JOIN orders AS o USING {_KEY} JOIN shops ON shops.shop_id = o.shop_id {WITH_LIMITS}
        LEFT JOIN risk_now AS r ON (r.shop_id, r.order_no) = (o.shop_id, o.order_no)
        LEFT JOIN order_holding AS h ON (h.shop_id, h.order_no) = (o.shop_id, o.order_no)
        LEFT JOIN case_outcomes AS c ON (c.shop_id, c.order_no) = (o.shop_id, o.order_no)
        WHERE watched.number BETWEEN :first AND :last
        """),
        {"first": first, "last": last},
    )
    frame = pd.DataFrame([tuple(row) for row in rows], columns=[*FACTS, "order_changed_at", "scored_at"])
    return frame.astype(dict.fromkeys(_NUMBERS, float) | {"short": bool})


_NUMBERS = (
    "stage_since", "clock_start_at", "value_minor", "own_minor", "deadline_at", "stuck_at", "risk_due_at", "probability", "low", "high",
    "promise_probability", "promise_low", "promise_high",
)  # fmt: skip


def _seconds(instant: str) -> str:
    return f"CAST(extract(epoch FROM {instant}) AS double precision)"
