"""How do judged orders get into the queue, and out of it when they are closed?"""

import pandas as pd
from sqlalchemy import Connection, text

from data.queries.workbench_facts import UNSHIPPED
from data.writes.staging import copy_frame
from models.workbench.queue import JUDGED

_KEYS = ("shop_id", "order_no")
_PLAIN = ("channel", "region_code", "category", "warehouse_code", "carrier_code", "stage", "value_minor")
_INSTANTS = ("stage_since", "clock_start_at", "due_at", "overdue_at", "stuck_at", "next_at")
_STAMPS = ("order_changed_at", "scored_at")
_OTHERS = tuple(name for name in JUDGED if name not in _INSTANTS)
_COLUMNS = (*_KEYS, *_PLAIN, *_INSTANTS, *_STAMPS, *_OTHERS)


def open_stage_table(connection: Connection) -> None:
    """Create the table that judged orders are copied into; it empties itself at commit."""
    connection.execute(text("CREATE TEMP TABLE IF NOT EXISTS stage_workbench (LIKE workbench_queue) ON COMMIT DELETE ROWS"))
    loose = ", ".join(f"ALTER {name} DROP NOT NULL" for name in ("in_capacity", "judged_at"))
    # instants come as unix seconds: numbers are copied far faster than times
    typed = ", ".join(f"ALTER {name} TYPE double precision USING NULL" for name in _INSTANTS)
    connection.execute(text(f"ALTER TABLE stage_workbench {loose}, {typed}"))


def write_judged(connection: Connection, facts: pd.DataFrame, judged: pd.DataFrame, *, as_of: object) -> int:
    """Write judged orders beside what is known of them (indexes alike); return how many."""
    if facts.empty:
        return 0
    known = facts[[*_KEYS, *_PLAIN, "stage_since", "clock_start_at", *_STAMPS]]
    stuck = facts[["stuck_at"]]
    frame = pd.concat([known.astype({"value_minor": "int64"}), stuck, judged], axis=1)[list(_COLUMNS)]
    copy_frame(connection, "stage_workbench", frame)
    values = ", ".join(f"to_timestamp({name})" if name in _INSTANTS else name for name in _COLUMNS)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*_COLUMNS[2:], "judged_at"))
    written = connection.execute(
        text(f"""
        INSERT INTO workbench_queue AS kept ({", ".join(_COLUMNS)}, judged_at)
        SELECT {values}, CAST(:as_of AS timestamptz) FROM stage_workbench ORDER BY shop_id, order_no
        ON CONFLICT (shop_id, order_no) DO UPDATE SET {changed}
        """),
        {"as_of": as_of},
    ).rowcount
    connection.execute(text("DELETE FROM stage_workbench"))
    return written


def forget_closed(connection: Connection) -> int:
    """Take the orders out of the queue that are no longer open, or on their way as they should be."""
    return connection.execute(
        text(f"""
        DELETE FROM workbench_queue AS q WHERE NOT EXISTS (
            SELECT FROM orders AS o WHERE (o.shop_id, o.order_no) = (q.shop_id, q.order_no) AND NOT o.stub AND NOT o.at_rest AND (
                o.stage IN ({", ".join(repr(stage) for stage in UNSHIPPED)})
                OR (o.stage = 'shipped' AND q.stage = 'shipped' AND q.stuck AND q.order_changed_at = o.changed_at)))
        """)
    ).rowcount


def judge_again(connection: Connection) -> None:
    """Have every order judged anew at the next look: a rule has changed."""
    connection.execute(text("UPDATE workbench_queue SET next_at = '-infinity'"))
