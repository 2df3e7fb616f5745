"""Which orders stand behind a figure of the index? A page of them at a time, worst first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.measures import ENDS, EXCLUDED, KNOWN_WITHIN, ON_TIME
from data.queries.health import Part, orders_of
from models.scope import Scope

PAGE = 50


@dataclass(frozen=True)
class BehindRow:
    """An order behind a figure, without anything personal."""

    shop_id: str
    order_no: str
    channel: str
    region_code: str | None
    category: str | None
    warehouse_code: str | None
    carrier_code: str | None
    stage: str
    moment: datetime
    paid_at: datetime | None
    shipped_from: datetime | None
    shipped_to: datetime | None
    ended_at: datetime | None
    deadline_at: datetime | None
    ingested_at: datetime
    paid_minor: int | None
    good: bool


@dataclass(frozen=True)
class Behind:
    """How a component's orders are told from ``orders``: the instant that places them, which count, which are good."""

    moment: str
    counts: str
    good: str


BEHIND: dict[str, Behind] = {
    "C1": Behind("deadline_at", f"NOT {EXCLUDED}", ON_TIME),
    "C4": Behind("created_at", "nature = 'live'", f"ingested_at <= created_at + interval '{KNOWN_WITHIN}'"),
}


def orders_behind(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    component: str,
    since: datetime,
    until: datetime,
    bad_only: bool,
    after: tuple[datetime, str, str] | None = None,
    limit: int = PAGE,
) -> list[BehindRow]:
    """Return a page of the orders behind a component in ``[since, until)``, by moment and key; ``after`` is the last one's."""
    found = BEHIND[component]
    condition, given = orders_of(scope, part)
    given |= {"since": since, "until": until, "limit": limit}
    if after is not None:
        condition += f" AND ({found.moment}, shop_id, order_no) > (:after_at, :after_shop, :after_no)"
        given |= {"after_at": after[0], "after_shop": after[1], "after_no": after[2]}
    wanted = "NOT good" if bad_only else "true"
    rows = connection.execute(
        text(f"""
        SELECT shop_id, order_no, channel, region_code, category, warehouse_code, carrier_code, stage, moment, paid_to AS paid_at,
            shipped_from, shipped_to, ended_to AS ended_at, deadline_at, ingested_at, paid_reporting_minor AS paid_minor, good
        FROM (
            SELECT *, {found.moment} AS moment, coalesce({found.good}, false) AS good
            FROM (SELECT *, {ENDS} FROM orders WHERE NOT stub AND {found.moment} >= :since AND {found.moment} < :until{condition}) AS ended
            WHERE {found.counts}
        ) AS judged WHERE {wanted} ORDER BY moment, shop_id, order_no LIMIT :limit
        """),
        given,
    )
    return [BehindRow(**_plain(row._mapping)) for row in rows]


def _plain(row: Any) -> dict[str, Any]:
    return dict(row)
