"""Which open orders are to be scored: new ones, changed ones, and those that have crossed a landmark since?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from data.measures import open_stage
from models.delay_risk.landmarks import LANDMARKS
from models.stages import STAGES

# Stages of an order that is paid for and has not wholly left.
UNSHIPPED: tuple[str, ...] = tuple(stage.key for stage in STAGES if stage.share == "to_process")
# How far back orders are looked at: long enough for a quarter's seasons, short enough to forget another regime.
HISTORY = timedelta(days=180)
# An order whose ship clock runs, has not run for longer than that, and that has neither left nor ended: in the words of the index of open
# stages first.
OPEN_ORDER = f"""
    {open_stage("o")} AND o.stage IN ({", ".join(repr(stage) for stage in UNSHIPPED)})
    AND o.clock_start_at <= CAST(:as_of AS timestamptz)
    AND o.clock_start_at >= CAST(:as_of AS timestamptz) - interval '{HISTORY.days} days'
    AND o.shipped_to IS NULL AND o.cancelled_to IS NULL AND o.refunded_to IS NULL"""

# The landmark an age lies behind, and after the last of them the day: both move on at an instant of their own.
_BOUNDS = ", ".join(str(minutes * 60) for minutes in LANDMARKS)
_DAY = 86_400


def _step(instant: str) -> str:
    age = f"extract(epoch FROM {instant} - o.clock_start_at)"
    return f"(width_bucket({age}, ARRAY[{_BOUNDS}]::numeric[]), floor({age} / {_DAY}))"


def due_orders(
    connection: Connection, *, as_of: datetime, versions: Sequence[int], ruled_at: datetime | None
) -> list[tuple[str, str, datetime]]:
    """Return the keys, and when each last changed, of the open orders whose score is not that of now.

    It is that of these model versions, of this state, behind this landmark, before or after its deadlines. ``versions`` are those of the
    primary target and of the promise; -1 stands for none. An order without a promise is asked of none. What no model scored goes by the
    rules of what is late that hold: those of before ``ruled_at`` are due.
    """
    rows = connection.execute(
        text(f"""
        SELECT o.shop_id, o.order_no, o.changed_at FROM orders AS o LEFT JOIN risk_now AS r USING (shop_id, order_no)
        WHERE {OPEN_ORDER} AND (
            r.scored_at IS NULL OR r.scored_at > CAST(:as_of AS timestamptz) OR r.order_changed_at IS DISTINCT FROM o.changed_at
            OR coalesce(r.model_version, -1) <> :primary OR (r.model_version IS NULL AND r.scored_at < CAST(:ruled_at AS timestamptz))
            OR (o.deadline_at IS NOT NULL AND coalesce(r.promise_version, -1) <> :promise)
            OR (r.due_at <= CAST(:as_of AS timestamptz) AND r.due_at > r.scored_at)
            OR (o.deadline_at <= CAST(:as_of AS timestamptz) AND o.deadline_at > r.scored_at)
            OR {_step("CAST(:as_of AS timestamptz)")} <> {_step("r.scored_at")})
        ORDER BY o.clock_start_at
        """),
        {"as_of": as_of, "primary": versions[0], "promise": versions[1], "ruled_at": ruled_at},
    )
    # by place: a name is looked up anew in every row
    return [(row[0], row[1], row[2]) for row in rows]
