"""Which orders stand in a list of the workbench, the best worth acting on first, and how many are there?

A list is walked by keyset along an index of its own, so that a page of 200,000 orders costs what a page of 200 does. What people did
with an order stands beside it (``order_cases``, ``order_owners``) and is joined to the rows shown alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.health import Part, orders_of
from data.queries.workbench_facts import ACTED_TODAY, unshipped
from data.queries.workbench_rules import workbench_settings
from models.scope import Scope
from models.workbench.tabs import DONE_DAYS, FLAGS, TABS_BY_KEY

QUEUE_PAGE = 50
# (rank, shop_id, order_no) of the last row shown.
QueueCursor = tuple[float, str, str]


@dataclass(frozen=True)
class QueueRow:
    """An order of a list, without anything personal; empty codes are unknown. ``rank`` orders the list, the largest first."""

    shop_id: str
    order_no: str
    channel: str
    region_code: str
    category: str
    warehouse_code: str
    carrier_code: str
    stage: str
    stage_since: datetime | None
    value_minor: int
    due_at: datetime | None
    overdue_at: datetime | None
    stuck_at: datetime | None
    probability: float | None
    low: float | None
    high: float | None
    action: str | None
    saves: float
    score: float
    still_savable: bool
    overdue_2h: bool
    stuck: bool
    short: bool
    held_out: bool
    in_capacity: bool
    alert_id: int | None
    reasons: tuple[Mapping[str, Any], ...]
    owner: str | None
    state: str
    version: int
    snoozed_until: datetime | None
    review: str | None
    last_action: str | None
    last_by: str | None
    last_at: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    rank: float

    @property
    def cursor(self) -> QueueCursor:
        """Where the next page goes on."""
        return self.rank, self.shop_id, self.order_no

    @property
    def key(self) -> tuple[str, str]:
        """The order's key."""
        return self.shop_id, self.order_no


@dataclass(frozen=True)
class Capacity:
    """What can be done in a day, what is planned of it (acted on and suggested now, never more), and how many orders are held out."""

    capacity: int
    planned: int
    acted: int
    held_out: int


_QUEUED = """q.shop_id, q.order_no, q.channel, q.region_code, q.category, q.warehouse_code, q.carrier_code, q.stage, q.stage_since,
    q.value_minor, q.due_at, q.overdue_at, q.stuck_at, q.probability, q.low, q.high, q.action, q.saves, q.score, q.still_savable,
    q.overdue_2h, q.stuck, q.short, q.held_out, q.in_capacity, q.alert_id"""
# What a closed order has no more: only its own row, and what people did.
_CLOSED = """q.shop_id, q.order_no, coalesce(q.channel, '') AS channel, coalesce(q.region_code, '') AS region_code,
    coalesce(q.category, '') AS category, coalesce(q.warehouse_code, '') AS warehouse_code, coalesce(q.carrier_code, '') AS carrier_code,
    q.stage, q.stage_since, coalesce(q.paid_reporting_minor, 0) AS value_minor, q.deadline_at AS due_at,
    CAST(NULL AS timestamptz) AS overdue_at, CAST(NULL AS timestamptz) AS stuck_at, CAST(NULL AS double precision) AS probability,
    CAST(NULL AS double precision) AS low, CAST(NULL AS double precision) AS high, CAST(NULL AS text) AS action,
    0::double precision AS saves, 0::double precision AS score, false AS still_savable, false AS overdue_2h, false AS stuck, false AS short,
    false AS held_out, false AS in_capacity, CAST(NULL AS bigint) AS alert_id"""
_HUMAN = """own.owner, coalesce(c.state, 'open') AS state, coalesce(c.version, 0) AS version, c.snoozed_until, c.review,
    c.last_action, c.last_by, c.last_at, c.closed_at, c.close_reason"""
_BESIDE = """LEFT JOIN order_cases AS c ON (c.shop_id, c.order_no) = (q.shop_id, q.order_no)
    LEFT JOIN order_owners AS own ON (own.shop_id, own.order_no) = (q.shop_id, q.order_no)"""
# Snoozed and dismissed orders leave the lists of trouble, not their owner's; a judged order needs no review; the control group is not
# suggested for action.
AWAKE = "coalesce(c.state, 'open') NOT IN ('snoozed', 'dismissed')"
_SHOWN: Mapping[str, str] = {
    "still_savable": f"q.still_savable AND NOT q.held_out AND {AWAKE}",
    "overdue_2h": f"q.overdue_2h AND {AWAKE}",
    "stuck": f"q.stuck AND {AWAKE}",
    "review": "q.review AND coalesce(c.review, 'pending') = 'pending'",
    "short": f"q.short AND {AWAKE}",
    "mine": "own.owner = :person_id AND coalesce(c.state, 'open') <> 'dismissed'",
}
_BY_SCORE = "q.score"
_BY_END = "CAST(extract(epoch FROM c.closed_at) AS double precision)"


def queue_page(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    tab: str,
    person_id: str,
    as_of: datetime,
    after: QueueCursor | None = None,
    limit: int = QUEUE_PAGE,
    search: str = "",
    nobody: bool = False,
) -> list[QueueRow]:
    """Return a page of a list; ``search`` is the start of an order number, ``nobody`` leaves only orders that are nobody's."""
    assert tab in TABS_BY_KEY, tab
    condition, given = orders_of(scope, part, relation="q")
    given |= {"person_id": person_id, "as_of": as_of, "limit": limit}
    done = tab == "done"
    rank = _BY_END if done else _BY_SCORE
    condition += f" AND {_done() if done else _SHOWN[tab]}"
    if search:
        given["prefix"] = search
        condition += " AND starts_with(q.order_no, :prefix)"
    condition += " AND own.owner IS NULL" if nobody else ""
    if after is not None:
        given |= {"rank": after[0], "after_shop": after[1], "after_no": after[2]}
        # the first of these is for the index alone
        condition += f" AND {rank} <= :rank AND ({rank} < :rank OR ({rank} = :rank AND (q.shop_id, q.order_no) > (:after_shop, :after_no)))"
    source = "order_cases AS c JOIN orders AS q USING (shop_id, order_no)" if done else "workbench_queue AS q"
    beside = "LEFT JOIN order_owners AS own ON (own.shop_id, own.order_no) = (q.shop_id, q.order_no)" if done else _BESIDE
    rows = connection.execute(
        text(f"""
        SELECT shown.*, r.reasons FROM (
            SELECT {_CLOSED if done else _QUEUED}, {_HUMAN}, {rank} AS rank FROM {source} {beside}
            WHERE true{condition} ORDER BY {rank} DESC, q.shop_id, q.order_no LIMIT :limit
        ) AS shown LEFT JOIN risk_now AS r ON (r.shop_id, r.order_no) = (shown.shop_id, shown.order_no)
        ORDER BY rank DESC, shown.shop_id, shown.order_no
        """),
        given,
    )
    return [QueueRow(**{**row._mapping, "reasons": tuple(row.reasons or ())}) for row in rows]


def queue_row(connection: Connection, *, scope: Scope, shop_id: str, order_no: str) -> QueueRow | None:
    """Return one order as the lists show it, whether or not it is in any of them now; None outside the scope."""
    condition, given = orders_of(scope, Part(), relation="q")
    given |= {"shop_id": shop_id, "order_no": order_no}
    for source, columns in (("workbench_queue", _QUEUED), ("orders", _CLOSED)):
        row = connection.execute(
            text(f"""
            SELECT {columns}, {_HUMAN}, {"q.score" if source == "workbench_queue" else "0::double precision"} AS rank, r.reasons
            FROM {source} AS q {_BESIDE} LEFT JOIN risk_now AS r ON (r.shop_id, r.order_no) = (q.shop_id, q.order_no)
            WHERE q.shop_id = :shop_id AND q.order_no = :order_no{condition}
            """),
            given,
        ).one_or_none()
        if row is not None:
            return QueueRow(**{**row._mapping, "reasons": tuple(row.reasons or ())})
    return None


def queue_counts(connection: Connection, *, scope: Scope, part: Part, person_id: str, as_of: datetime) -> dict[str, int]:
    """Count the orders of every list, and as ``unscored`` all that are to be shipped while none of them has a score yet."""
    condition, given = orders_of(scope, part, relation="q")
    given |= {"person_id": person_id, "as_of": as_of}
    # flags are counted on the queue alone, then what rests is taken off again: people touch few of the orders that are open
    flags = ", ".join(f"count(*) FILTER (WHERE {_plain(flag)}) AS {flag}" for flag in FLAGS)
    scores = "count(*) FILTER (WHERE q.stage <> 'shipped') AS unshipped, count(q.probability) AS scored"
    every = connection.execute(text(f"SELECT {flags}, {scores} FROM workbench_queue AS q WHERE true{condition}"), given).one()
    hidden = ", ".join(f"count(*) FILTER (WHERE {_plain(flag)} AND NOT ({_SHOWN[flag]})) AS {flag}" for flag in FLAGS)
    resting = connection.execute(
        text(f"""
        SELECT {hidden} FROM order_cases AS c JOIN workbench_queue AS q USING (shop_id, order_no)
        WHERE (c.state IN ('snoozed', 'dismissed') OR c.review IN ('approved', 'rejected')){condition}
        """),
        given,
    ).one()
    found = {flag: getattr(every, flag) - getattr(resting, flag) for flag in FLAGS}
    mine = f"""SELECT count(*) FROM order_owners AS own JOIN workbench_queue AS q USING (shop_id, order_no)
        LEFT JOIN order_cases AS c USING (shop_id, order_no) WHERE {_SHOWN["mine"]}{condition}"""
    done = f"SELECT count(*) FROM order_cases AS c JOIN orders AS q USING (shop_id, order_no) WHERE {_done()}{condition}"
    # before the first look nobody is in the queue
    to_ship = f"SELECT count(*) FROM orders AS q WHERE {unshipped('q')}{condition}"
    unscored = 0 if every.scored else every.unshipped or connection.scalar(text(to_ship), given) or 0
    people = {"mine": connection.scalar(text(mine), given) or 0, "done": connection.scalar(text(done), given) or 0}
    return found | people | {"unscored": unscored}


def capacity_today(connection: Connection, *, scope: Scope, day_begins: datetime) -> Capacity:
    """Say how much of today's capacity is taken, and how many orders are held out of the list now."""
    condition, given = orders_of(scope, Part(), relation="q")
    given |= {"day_begins": day_begins}
    joined = f"SELECT count(*) FROM ({ACTED_TODAY}) AS a JOIN orders AS q USING (shop_id, order_no) WHERE true{condition}"
    acted = connection.scalar(text(joined), given) or 0
    asked = f"SELECT count(*) FROM workbench_queue AS q WHERE {{}}{condition}"
    suggested = connection.scalar(text(asked.format(f"q.in_capacity AND (q.shop_id, q.order_no) NOT IN ({ACTED_TODAY})")), given) or 0
    held_out = connection.scalar(text(asked.format("q.still_savable AND q.held_out")), given) or 0
    return Capacity(workbench_settings(connection).capacity, acted + suggested, acted, held_out)


def _plain(flag: str) -> str:
    return "q.still_savable AND NOT q.held_out" if flag == "still_savable" else f"q.{flag}"


def _done() -> str:
    return f"c.closed_at >= CAST(:as_of AS timestamptz) - interval '{DONE_DAYS} days' AND {_WORKED_ON}"


# A case that nobody ever touched was not dealt with: it passed by itself.
_WORKED_ON = "c.last_by <> ''"
