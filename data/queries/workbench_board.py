"""Where do orders stand in the flow, for how long, and which has stood there longest in each place? (S7)"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from data.measures import open_stage
from data.queries.health import Part, orders_of
from models.scope import Scope

# The columns of the board, in the order of the flow; orders sent in part stand with those to hand over.
FLOW: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("created", ("created",)),
    ("paid", ("paid",)),
    ("reviewed", ("reviewed",)),
    ("allocated", ("allocated",)),
    ("waybilled", ("waybilled", "part_shipped")),
)
# Ages are counted up to these hours, the last open-ended.
AGE_HOURS: tuple[int, ...] = (2, 6, 24)
# Unpaid orders older than this were given up.
_UNPAID_FOR = timedelta(days=3)


@dataclass(frozen=True)
class FlowColumn:
    """A place in the flow: its orders, by age (upper hours, None = older), and the one that has stood there longest."""

    stage: str
    orders: int
    ages: tuple[tuple[int | None, int], ...]
    oldest_shop: str | None
    oldest_order: str | None
    oldest_since: datetime | None


def flow_board(connection: Connection, *, scope: Scope, part: Part, day_begins: datetime, as_of: datetime) -> list[FlowColumn]:
    """Return the columns of the board as of an instant; the last one, shipped, is of the business day."""
    condition, given = orders_of(scope, part, relation="o")
    given |= {"as_of": as_of, "unpaid_since": as_of - _UNPAID_FOR, "day_begins": day_begins}
    placed = "o.stage_since > :unpaid_since OR o.stage <> 'created'"
    # compared as instants: lengths of time would be numbers of many digits, worked out for every order
    younger = ", ".join(
        f"count(*) FILTER (WHERE o.stage_since > CAST(:as_of AS timestamptz) - interval '{hours} hours') AS under_{hours}"
        for hours in AGE_HOURS
    )
    counted = connection.execute(
        text(f"""
        SELECT o.stage, count(*) AS orders, {younger} FROM orders AS o
        WHERE {open_stage("o")} AND o.stage <> 'shipped' AND ({placed}){condition} GROUP BY 1
        """),
        given,
    )
    ages = {row.stage: _ages([*(getattr(row, f"under_{hours}") for hours in AGE_HOURS), row.orders]) for row in counted}
    columns = [
        _column(key, [ages[stage] for stage in stages if stage in ages], oldest)
        for key, stages in FLOW
        for oldest in [_oldest(connection, stages, f"({placed}){condition}", given)]
    ]
    shipped = f"SELECT count(*) FROM orders AS o WHERE o.shipped_to >= :day_begins AND o.shipped_to <= :as_of AND NOT o.stub{condition}"
    return [*columns, FlowColumn("shipped", connection.scalar(text(shipped), given) or 0, (), None, None, None)]


def _ages(running: list[int]) -> list[int]:
    """Return how many orders are of each age, given how many are younger than each bound and how many there are.

    >>> _ages([1, 3, 3, 10])
    [1, 2, 0, 7]
    """
    return [count - before for before, count in zip([0, *running], running, strict=False)]


def _column(key: str, counts: list[list[int]], oldest: tuple[str, str, datetime] | None) -> FlowColumn:
    by_age = [sum(ages) for ages in zip(*counts, strict=True)] or [0] * (len(AGE_HOURS) + 1)
    ages = tuple(zip((*AGE_HOURS, None), by_age, strict=True))
    return FlowColumn(key, sum(by_age), ages, *(oldest or (None, None, None)))


def _oldest(connection: Connection, stages: tuple[str, ...], condition: str, given: dict[str, object]) -> tuple[str, str, datetime] | None:
    row = connection.execute(
        text(f"""
        SELECT found.shop_id, found.order_no, found.stage_since FROM unnest(CAST(:stages AS text[])) AS s (stage) CROSS JOIN LATERAL (
            SELECT o.shop_id, o.order_no, o.stage_since FROM orders AS o
            WHERE {open_stage("o")} AND o.stage = s.stage AND o.stage_since IS NOT NULL AND {condition} ORDER BY o.stage_since LIMIT 1
        ) AS found ORDER BY found.stage_since LIMIT 1
        """),
        given | {"stages": list(stages)},
    ).one_or_none()
    return None if row is None else (row.shop_id, row.order_no, row.stage_since)
