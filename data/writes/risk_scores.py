"""How do the scores of a run get into their tables: the present one of each open order, and all that were ever given?"""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from data.queries.risk_due import OPEN_ORDER
from data.writes.staging import copy_frame

# What a scored order says; ``data.tables.risk_now`` has the types.
SCORE_COLUMNS: tuple[str, ...] = (
    "landmark", "probability", "low", "high", "model_version", "fallback",
    "promise_probability", "promise_low", "promise_high", "promise_version",
)  # fmt: skip
NOW_COLUMNS: tuple[str, ...] = (*SCORE_COLUMNS, "due_at", "order_changed_at", "raw_log_odds", "reasons")
# How long scores are kept after they were given: as long as kept files by default, enough for a quarter's comparison.
SCORE_DAYS = 120


def write_scores(connection: Connection, scores: pd.DataFrame, *, at: datetime) -> int:
    """Write the scores of one minute: ``shop_id, order_no`` and NOW_COLUMNS; return how many.

    An order that has been scored in this very minute keeps one row of history.
    """
    if scores.empty:
        return 0
    connection.execute(text("CREATE TEMP TABLE IF NOT EXISTS stage_risk (LIKE risk_now) ON COMMIT DELETE ROWS"))
    connection.execute(text("ALTER TABLE stage_risk ALTER scored_at DROP NOT NULL"))
    copy_frame(connection, "stage_risk", scores[["shop_id", "order_no", *NOW_COLUMNS]])
    past, now = ", ".join(SCORE_COLUMNS), ", ".join(NOW_COLUMNS)
    connection.execute(
        text(f"""
        INSERT INTO risk_scores (shop_id, order_no, scored_at, {past})
        SELECT shop_id, order_no, :at, {past} FROM stage_risk
        ON CONFLICT (shop_id, order_no, scored_at) DO UPDATE SET {_taken(SCORE_COLUMNS)}
        """),
        {"at": at},
    )
    written = connection.execute(
        text(f"""
        INSERT INTO risk_now (shop_id, order_no, scored_at, {now}) SELECT shop_id, order_no, :at, {now} FROM stage_risk
        ON CONFLICT (shop_id, order_no) DO UPDATE SET scored_at = EXCLUDED.scored_at, {_taken(NOW_COLUMNS)}
        """),
        {"at": at},
    )
    return written.rowcount


def forget_closed(connection: Connection, *, as_of: datetime) -> int:
    """Take the orders out of the present scores that are no longer open; their history stays."""
    asked = f"""
        DELETE FROM risk_now AS r WHERE NOT EXISTS (
            SELECT FROM orders AS o WHERE (o.shop_id, o.order_no) = (r.shop_id, r.order_no) AND {OPEN_ORDER})"""
    return connection.execute(text(asked), {"as_of": as_of}).rowcount


def trim_scores(connection: Connection, *, before: datetime) -> int:
    """Delete the scores that were given before an instant."""
    return connection.execute(text("DELETE FROM risk_scores WHERE scored_at < :before"), {"before": before}).rowcount


def _taken(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
