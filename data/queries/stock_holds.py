"""Which orders hold stock, until when, and how does one order stand with it? A page of them at a time, by keyset."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import WHOLE, Part
from data.queries.stock_part import asked_of, expired, named, sees_stock
from models.scope import Scope

PAGE = 50
# So many holds of one SKU are listed beside it.
OF_ONE_SKU = 50
# (expiry or placing, hold) of the last row shown.
HoldCursor = tuple[datetime, int]
# Which holds a list can show: those that run out, the soonest first; those past their end and not swept yet; paid ones; ended ones.
HOLD_LISTS = ("running", "expired", "paid", "ended")


@dataclass(frozen=True)
class HoldsWanted:
    """Which holds are wanted: of a list, by the start of an order number or a SKU."""

    list: str = "running"
    search: str = ""

    def __post_init__(self) -> None:
        if self.list not in HOLD_LISTS:
            raise ValueError(f"no such list: {self.list}")


@dataclass(frozen=True)
class HoldRow:
    """A hold; ``sort`` is the instant it is listed by. ``stage`` is the order's, None where the order is not known."""

    hold_id: int
    sku_code: str
    name: str | None
    shop_id: str
    order_no: str
    channel: str
    warehouse_code: str
    warehouse: str | None
    units: int
    state: str
    placed_at: datetime
    expires_at: datetime | None
    extended_by: str | None
    closed_at: datetime | None
    version: int
    stage: str | None
    sort: datetime

    @property
    def cursor(self) -> HoldCursor:
        """What the next page begins after."""
        return self.sort, self.hold_id


@dataclass(frozen=True)
class HoldCounts:
    """How many holds there are in each list but the last, and their pieces."""

    running: int
    running_units: int
    soon: int
    expired: int
    expired_units: int
    paid: int
    paid_units: int


def stock_holds(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    wanted: HoldsWanted,
    as_of: datetime,
    after: HoldCursor | None = None,
    limit: int = PAGE,
) -> list[HoldRow]:
    """Return a page of the wanted holds, the soonest to end first, or the last ones first."""
    condition, given = asked_of(scope, part, relation="h")
    which, sort, order = _LISTS[wanted.list]
    if wanted.search:
        condition += " AND (starts_with(h.order_no, :search) OR starts_with(h.sku_code, :search))"
        given["search"] = wanted.search
    if after is not None:
        condition += f" AND ({sort}, h.hold_id) {'>' if order == 'ASC' else '<'} (:after_at, :after_id)"
        given |= {"after_at": after[0], "after_id": after[1]}
    rows = connection.execute(
        text(f"""
        WITH page AS (
            SELECT h.*, {sort} AS sort FROM holds AS h WHERE {which}{condition} ORDER BY {sort} {order}, h.hold_id {order} LIMIT :limit
        )
        SELECT {HOLD} FROM page AS h {HOLD_NAMED} ORDER BY h.sort {order}, h.hold_id {order}
        """),
        given | {"as_of": as_of, "limit": limit},
    ).mappings()
    return [HoldRow(**row) for row in rows]


def hold_counts(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> HoldCounts | None:
    """Count open holds and their pieces; ``soon`` end within ten minutes. None where nothing is seen."""
    if not sees_stock(connection, scope=scope):
        return None
    condition, given = asked_of(scope, part, relation="h")
    row = connection.execute(
        text(f"""
        SELECT count(*) FILTER (WHERE h.runs) AS running, coalesce(sum(h.units) FILTER (WHERE h.runs), 0)::bigint AS running_units,
            count(*) FILTER (WHERE h.runs AND h.expires_at <= CAST(:as_of AS timestamptz) + interval '10 minutes') AS soon,
            count(*) FILTER (WHERE h.past) AS expired, coalesce(sum(h.units) FILTER (WHERE h.past), 0)::bigint AS expired_units,
            count(*) FILTER (WHERE h.state = 'confirmed') AS paid,
            coalesce(sum(h.units) FILTER (WHERE h.state = 'confirmed'), 0)::bigint AS paid_units
        FROM (
            SELECT h.*, h.state = 'placed' AND h.expires_at > :as_of AS runs, h.state = 'placed' AND h.expires_at <= :as_of AS past
            FROM holds AS h WHERE h.state IN ('placed', 'confirmed')
        ) AS h WHERE true{condition}
        """),
        given | {"as_of": as_of},
    ).mappings().one()  # fmt: skip
    return HoldCounts(**row)


def holds_of(connection: Connection, *, scope: Scope, sku_code: str, as_of: datetime) -> list[HoldRow]:
    """Return open holds of one SKU, the first placed first."""
    condition, given = asked_of(scope, WHOLE, relation="h")
    rows = connection.execute(
        text(f"""
        WITH page AS (
            SELECT h.*, h.placed_at AS sort FROM holds AS h
            WHERE h.sku_code = :sku AND h.state IN ('placed', 'confirmed'){condition} ORDER BY h.placed_at, h.hold_id LIMIT :limit
        )
        SELECT {HOLD} FROM page AS h {HOLD_NAMED} ORDER BY h.sort, h.hold_id
        """),
        given | {"sku": sku_code, "limit": OF_ONE_SKU},
    ).mappings()
    return [HoldRow(**row) for row in rows]


def endangered_holds(connection: Connection, *, scope: Scope, part: Part, as_of: datetime, limit: int = OF_ONE_SKU) -> list[HoldRow]:
    """Return the holds that what really lies there does not cover: where less lies than is held, those placed last, the oldest first."""
    condition, given = asked_of(scope, part, relation="h")
    rows = connection.execute(
        text(f"""
        WITH {expired()}, below AS (
            SELECT s.sku_code, s.warehouse_code, s.on_hand FROM stock AS s
            LEFT JOIN expired AS e ON e.sku_code = s.sku_code AND e.warehouse_code = s.warehouse_code
            WHERE s.on_hand < s.held - coalesce(e.units, 0)
        ), counted AS (
            SELECT h.hold_id, below.on_hand, sum(h.units) OVER (
                PARTITION BY h.sku_code, h.warehouse_code ORDER BY h.placed_at, h.hold_id
            ) AS reaches
            FROM below JOIN holds AS h ON h.sku_code = below.sku_code AND h.warehouse_code = below.warehouse_code
                AND h.state IN ('placed', 'confirmed') AND (h.expires_at IS NULL OR h.expires_at > :as_of)
        ), page AS (
            SELECT h.*, h.placed_at AS sort FROM counted JOIN holds AS h USING (hold_id)
            WHERE counted.reaches > counted.on_hand{condition} ORDER BY h.placed_at, h.hold_id LIMIT :limit
        )
        SELECT {HOLD} FROM page AS h {HOLD_NAMED} ORDER BY h.sort, h.hold_id
        """),
        given | {"as_of": as_of, "limit": limit},
    ).mappings()
    return [HoldRow(**row) for row in rows]


# Which holds, the instant they are listed by, and whether the first or the last comes first.
_LISTS = {
    "running": ("h.state = 'placed' AND h.expires_at > :as_of", "h.expires_at", "ASC"),
    "expired": ("h.state = 'placed' AND h.expires_at <= :as_of", "h.expires_at", "ASC"),
    "paid": ("h.state = 'confirmed'", "h.placed_at", "DESC"),
    "ended": ("h.state NOT IN ('placed', 'confirmed') AND h.closed_at <= :as_of", "h.closed_at", "DESC"),
}
# Of ``holds AS h`` with HOLD_NAMED and the instant it is listed by as ``sort``.
HOLD = """h.hold_id, h.sku_code, named.name, h.shop_id, h.order_no, h.channel, h.warehouse_code, w.name AS warehouse, h.units, h.state,
    h.placed_at, h.expires_at, coalesce(p.name, h.extended_by) AS extended_by, h.closed_at, h.version, ord.stage, h.sort"""
HOLD_NAMED = f"""LEFT JOIN warehouses AS w ON w.warehouse_code = h.warehouse_code LEFT JOIN people AS p ON p.person_id = h.extended_by
        LEFT JOIN orders AS ord ON ord.shop_id = h.shop_id AND ord.order_no = h.order_no {named("h")}"""
