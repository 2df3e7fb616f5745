"""Where do orders want more than there is (A3), which orders are it, and where else does that SKU lie?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import Part
from data.queries.stock_part import asked_of, expired, named, stock_of
from models.scope import Scope

PAGE = 50
MOST_SKUS = 12
# (when the order became known, SKU, shop, order) of the last row shown.
ConflictCursor = tuple[datetime, str, str, str]
WAITING, ACCEPTED = "waiting", "accepted"


@dataclass(frozen=True)
class ShortSku:
    """A SKU of which orders want more than there is: how much is short, and what the warehouses that are seen have or await."""

    sku_code: str
    name: str | None
    orders: int
    short_units: int
    accepted_units: int
    reporting_minor: int
    available: int
    inbound: int
    oldest: datetime


@dataclass(frozen=True)
class ConflictRow:
    """What one order wants of one SKU and does not get; ``elsewhere`` are warehouses that have some of it, with how many."""

    sku_code: str
    name: str | None
    shop_id: str
    shop: str | None
    order_no: str
    channel: str
    warehouse_code: str | None
    warehouse: str | None
    known_at: datetime
    wanted_units: int
    short_units: int
    oversold_units: int
    reporting_minor: int | None
    accepted_by: str | None
    accepted_at: datetime | None
    version: int
    elsewhere: list[tuple[str, str, int]]

    @property
    def cursor(self) -> ConflictCursor:
        """What the next page begins after."""
        return self.known_at, self.sku_code, self.shop_id, self.order_no


def short_skus(connection: Connection, *, scope: Scope, part: Part, as_of: datetime, limit: int = MOST_SKUS) -> list[ShortSku]:
    """Return the SKUs of which most is short."""
    condition, given = asked_of(scope, part, relation="o")
    places, more = stock_of(scope, Part(), relation="s")
    rows = connection.execute(
        text(f"""
        WITH {expired()}, short AS (
            SELECT o.sku_code, count(*) AS orders, sum(o.short_units)::bigint AS short_units, min(o.known_at) AS oldest,
                coalesce(sum(o.short_units) FILTER (WHERE o.accepted_at IS NOT NULL), 0)::bigint AS accepted_units,
                coalesce(sum(round(o.reporting_minor * o.short_units::numeric / o.wanted_units)), 0)::bigint AS reporting_minor
            FROM order_holding_skus AS o WHERE o.short_units > 0{condition}
            GROUP BY o.sku_code ORDER BY sum(o.short_units) DESC, o.sku_code LIMIT :limit
        )
        SELECT short.*, named.name, coalesce(there.available, 0)::bigint AS available, coalesce(there.inbound, 0)::bigint AS inbound
        FROM short LEFT JOIN LATERAL (
            SELECT sum(greatest(s.on_hand - s.held + coalesce(e.units, 0), 0)) AS available, sum(s.inbound) AS inbound
            FROM stock AS s LEFT JOIN expired AS e ON e.sku_code = s.sku_code AND e.warehouse_code = s.warehouse_code
            WHERE s.sku_code = short.sku_code{places}
        ) AS there ON true {named("short")} ORDER BY short.short_units DESC, short.sku_code
        """),
        given | more | {"as_of": as_of, "limit": limit},
    ).mappings()
    return [ShortSku(**row) for row in rows]


def conflicts(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    as_of: datetime,
    sku_code: str | None = None,
    state: str | None = WAITING,
    after: ConflictCursor | None = None,
    limit: int = PAGE,
) -> list[ConflictRow]:
    """Return a page of what orders want and do not get, the oldest order first; ``state`` waits for a decision, is accepted, or any."""
    condition, given = asked_of(scope, part, relation="o")
    places, more = stock_of(scope, Part(), relation="s")
    given |= more | {"as_of": as_of, "limit": limit}
    if sku_code is not None:
        condition, given = f"{condition} AND o.sku_code = :sku", given | {"sku": sku_code}
    if state is not None:
        condition += f" AND o.accepted_at IS {'NOT ' if state == ACCEPTED else ''}NULL"
    if after is not None:
        condition += " AND (o.known_at, o.sku_code, o.shop_id, o.order_no) > (:after_at, :after_sku, :after_shop, :after_no)"
        given |= dict(zip(("after_at", "after_sku", "after_shop", "after_no"), after, strict=True))
    rows = connection.execute(
        text(f"""
        WITH {expired()}, page AS (
            SELECT o.* FROM order_holding_skus AS o WHERE o.short_units > 0{condition}
            ORDER BY o.known_at, o.sku_code, o.shop_id, o.order_no LIMIT :limit
        )
        SELECT page.sku_code, named.name, page.shop_id, shops.name AS shop, page.order_no, page.channel, page.warehouse_code,
            w.name AS warehouse, page.known_at, page.wanted_units, page.short_units, page.oversold_units, page.reporting_minor,
            coalesce(p.name, page.accepted_by) AS accepted_by, page.accepted_at, page.version, coalesce(there.places, '[]') AS elsewhere
        FROM page LEFT JOIN shops ON shops.shop_id = page.shop_id LEFT JOIN warehouses AS w ON w.warehouse_code = page.warehouse_code
        LEFT JOIN people AS p ON p.person_id = page.accepted_by LEFT JOIN LATERAL (
            SELECT json_agg(json_build_array(s.warehouse_code, coalesce(x.name, s.warehouse_code), a.units)
                ORDER BY a.units DESC, s.warehouse_code) AS places
            FROM stock AS s LEFT JOIN expired AS e ON e.sku_code = s.sku_code AND e.warehouse_code = s.warehouse_code
            LEFT JOIN warehouses AS x ON x.warehouse_code = s.warehouse_code
            CROSS JOIN LATERAL (SELECT s.on_hand - s.held + coalesce(e.units, 0) AS units) AS a
            WHERE s.sku_code = page.sku_code AND a.units > 0{places}
        ) AS there ON true {named("page")}
        ORDER BY page.known_at, page.sku_code, page.shop_id, page.order_no
        """),
        given,
    ).mappings()
    return [ConflictRow(**{**row, "elsewhere": [(code, name, units) for code, name, units in row["elsewhere"]]}) for row in rows]
