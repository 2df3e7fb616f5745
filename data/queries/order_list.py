"""Which orders does a list show? A page of them at a time, by keyset, so that page 200 costs what page 1 costs.

Three lists: orders placed in a period, the newest first; orders that stand in an open stage now, the longest waiting first; and orders
that a search finds, by number, the highest first: then each shop gives its next few straight from its key, however many the search fits.
Where the search is narrowed, a shop's key is walked until as many are found as a page holds; by an open stage, open orders are looked
through instead.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.measures import ENDS, open_stage
from data.queries.health import Part, orders_of
from data.queries.stages import STILL_OPEN, STUCK, WITH_LIMITS
from models.scope import Scope
from models.stages import OPEN_STAGES

PAGE = 50
# The stage that stands for stuck orders of any stage; the owner that stands for nobody.
STUCK_STAGE, NOBODY = "stuck", ""
_STILL = (STUCK_STAGE, "created", *OPEN_STAGES)


@dataclass(frozen=True)
class Wanted:
    """Which orders are wanted: placed in ``[since, until)``, or, with an open ``stage``, standing there now whenever they were placed.

    ``search`` is the start of an order number or a whole waybill number and looks everywhere. ``owner`` is a person, or NOBODY.
    """

    since: datetime
    until: datetime
    as_of: datetime
    stage: str | None = None
    search: str = ""
    owner: str | None = None
    waits_hours: float | None = None

    @property
    def now(self) -> bool:
        """Whether it is a list of what stands somewhere now."""
        return self.stage in _STILL and not self.search

    @property
    def open_alone(self) -> bool:
        """Whether none but orders in an open stage are wanted; a search finds shipped ones too that nobody waits for any more."""
        return self.stage in _STILL and not (self.search and self.stage == "shipped")


@dataclass(frozen=True)
class OrderRow:
    """An order of a list, without anything personal; ``at`` is the instant it is listed by."""

    shop_id: str
    order_no: str
    at: datetime
    channel: str
    region_code: str | None
    category: str | None
    warehouse_code: str | None
    carrier_code: str | None
    stage: str
    on_hold: bool
    stuck: bool
    created_at: datetime
    stage_since: datetime | None
    deadline_at: datetime | None
    shipped_from: datetime | None
    shipped_to: datetime | None
    ended_from: datetime | None
    ended_to: datetime | None
    closed_by_merchant: bool
    paid_reporting_minor: int | None
    owner: str | None


_FIELDS = """o.shop_id, o.order_no, o.channel, o.region_code, o.category, o.warehouse_code, o.carrier_code, o.stage, o.on_hold,
    o.created_at, o.stage_since, o.deadline_at, o.shipped_from, o.shipped_to, o.paid_reporting_minor, owners.owner"""
Cursor = tuple[datetime, str, str]


def orders_page(
    connection: Connection, *, scope: Scope, part: Part, wanted: Wanted, after: Cursor | None = None, limit: int = PAGE
) -> list[OrderRow]:
    """Return a page of the wanted orders; ``after`` is (at, shop_id, order_no) of the last one shown."""
    condition, given = orders_of(scope, part, relation="o")
    condition += _condition(wanted, given)
    at, beyond, order = ("stage_since", ">", "ASC") if wanted.now else ("created_at", "<", "DESC")
    keys = ("order_no", "shop_id") if wanted.search else (at, "shop_id", "order_no")
    if after is not None:
        given |= {f"after_{key}": value for key, value in zip((at, "shop_id", "order_no"), after, strict=True)}
        condition += f" AND ({', '.join(f'o.{key}' for key in keys)}) {beyond} ({', '.join(f':after_{key}' for key in keys)})"
    rows = f"""
        SELECT {_FIELDS}, {ENDS}, o.{at} AS at, {STUCK} AS stuck
        FROM orders AS o {WITH_LIMITS}
        LEFT JOIN order_owners AS owners ON (owners.shop_id, owners.order_no) = (o.shop_id, o.order_no)
        WHERE NOT o.stub{condition}"""
    searched = _SEARCHED_OPEN if wanted.open_alone else _SEARCHED
    listed = searched.format(rows=rows) if wanted.search else rows
    query = text(f"{listed} ORDER BY {', '.join(f'{key} {order}' for key in keys)} LIMIT :limit")
    found = connection.execute(query, given | {"as_of": wanted.as_of, "limit": limit})
    return [OrderRow(**dict(row._mapping)) for row in found]


def _condition(wanted: Wanted, given: dict[str, Any]) -> str:
    """Return the conditions of what is wanted, and put their parameters and those of a search into ``given``."""
    found = ""
    if wanted.search:
        given |= {"prefix": _escaped(wanted.search) + "%", "search": wanted.search}
    elif not wanted.now:
        given |= {"since": wanted.since, "until": wanted.until}
        found += " AND o.created_at >= :since AND o.created_at < :until"
    if wanted.stage == STUCK_STAGE:
        found += f" AND {open_stage('o')} AND {STUCK}"
    elif wanted.stage is not None:
        given |= {"stages": ["delivered", "completed"] if wanted.stage == "delivered" else [wanted.stage]}
        found += " AND o.stage = ANY(:stages)"
        # the same again in the words of the index
        found += f" AND {open_stage('o')}" if wanted.open_alone else ""
    if wanted.now:
        found += f" AND {STILL_OPEN}"
    if wanted.waits_hours is not None:
        given |= {"waits": wanted.waits_hours}
        found += " AND o.stage_since <= CAST(:as_of AS timestamptz) - :waits * interval '1 hour'"
    if wanted.owner == NOBODY:
        found += " AND owners.owner IS NULL"
    elif wanted.owner is not None:
        given |= {"owner": wanted.owner}
        found += " AND owners.owner = :owner"
    return found


# Whatever narrows the list stands within the rows of each shop, for a shop gives no more than a page of them.
_SEARCHED = """
    SELECT found.* FROM shops CROSS JOIN LATERAL ({rows}
        AND o.shop_id = shops.shop_id AND o.order_no LIKE :prefix ORDER BY o.order_no DESC LIMIT :limit
    ) AS found
    UNION {rows} AND o.waybill_no = :search"""
# Open orders are few and have an index of their own, which all shops share: it is gone through once.
_SEARCHED_OPEN = """
    ({rows} AND o.order_no LIKE :prefix ORDER BY o.order_no DESC, o.shop_id DESC LIMIT :limit)
    UNION {rows} AND o.waybill_no = :search"""


def _escaped(search: str) -> str:
    r"""Return a text as a pattern that means itself.

    >>> _escaped("50%_a")
    '50\\%\\_a'
    """
    return "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in search)
