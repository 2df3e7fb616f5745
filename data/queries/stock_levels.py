"""How high does the stock stand, SKU by warehouse, and what does it come to?

Available = on hand − held, a hold past its end not counted from its minute on. The lowest first, by keyset; nothing here reads a move.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import Part
from data.queries.stock_part import asked_of, expired, named, sees_stock, stock_of
from models.scope import Scope

PAGE = 50
# (what the page is ordered by, SKU, warehouse) of the last row shown.
LevelCursor = tuple[int, str, str]
LEVEL_STATES = ("short", "out", "low", "fine")
_ORDERS = {"lowest": "available", "held": "-held", "on_hand": "-on_hand"}


@dataclass(frozen=True)
class LevelsWanted:
    """Which levels are wanted: in a state or any, by the start of a SKU or a part of its name, or of exactly one SKU, in an order."""

    state: str | None = None
    search: str = ""
    exactly: str | None = None
    order: str = "lowest"

    def __post_init__(self) -> None:
        if self.order not in _ORDERS or self.state not in (None, *LEVEL_STATES):
            raise ValueError(f"no such list: {self}")


@dataclass(frozen=True)
class LevelRow:
    """A SKU in a warehouse, in pieces; ``expired`` are held by holds past their end and so available again; ``safety`` None = no rule."""

    sku_code: str
    warehouse_code: str
    name: str | None
    category: str | None
    warehouse: str | None
    on_hand: int
    held: int
    expired: int
    available: int
    inbound: int
    inbound_as_of: datetime | None
    safety: int | None
    action: str | None
    state: str
    changed_at: datetime
    sort: int = 0

    @property
    def cursor(self) -> LevelCursor:
        """What the next page begins after."""
        return self.sort, self.sku_code, self.warehouse_code


@dataclass(frozen=True)
class StockSummary:
    """What all levels come to, in pieces and places (a place is a SKU in a warehouse); ``short_pieces`` is how far some are below zero."""

    places: int
    on_hand: int
    held: int
    expired: int
    available: int
    inbound: int
    short: int
    short_pieces: int
    out: int
    low: int
    changed_at: datetime


@dataclass(frozen=True)
class Exposure:
    """What accepted orders want and nothing covers: now, and of the orders of some days when they arrived; money in reporting currency."""

    short_orders: int
    short_skus: int
    short_units: int
    short_minor: int
    short_unrated: int
    accepted_units: int
    oversold_orders: int
    oversold_units: int
    oversold_minor: int
    oversold_unrated: int


def stock_summary(connection: Connection, *, scope: Scope, part: Part, as_of: datetime) -> StockSummary | None:
    """Return what all levels of a part come to; None where there are none."""
    if not sees_stock(connection, scope=scope):
        return None
    condition, given = stock_of(scope, part, relation="s")
    row = connection.execute(
        text(f"""
        WITH {expired()}, {_levels(condition)}
        SELECT count(*) AS places, sum(on_hand)::bigint AS on_hand, sum(held)::bigint AS held,
            sum(expired)::bigint AS expired, sum(greatest(available, 0))::bigint AS available, sum(inbound)::bigint AS inbound,
            count(*) FILTER (WHERE available < 0) AS short, -coalesce(sum(least(available, 0)), 0)::bigint AS short_pieces,
            count(*) FILTER (WHERE available = 0) AS out, count(*) FILTER (WHERE available > 0 AND available <= safety) AS low,
            max(changed_at) AS changed_at
        FROM levels
        """),
        given | {"as_of": as_of},
    ).mappings().one()  # fmt: skip
    return StockSummary(**row) if row["places"] else None


def stock_levels(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    wanted: LevelsWanted,
    as_of: datetime,
    after: LevelCursor | None = None,
    limit: int = PAGE,
) -> list[LevelRow]:
    """Return a page of the wanted levels."""
    if not sees_stock(connection, scope=scope):
        return []
    condition, given = stock_of(scope, part, relation="s")
    if wanted.exactly is not None:
        condition, given = f"{condition} AND s.sku_code = :exactly", given | {"exactly": wanted.exactly}
    if wanted.search:
        by_name = "SELECT k.sku_code FROM skus AS k WHERE strpos(lower(k.name), lower(:search)) > 0"
        condition += f" AND (starts_with(s.sku_code, :search) OR s.sku_code IN ({by_name}))"
        given["search"] = wanted.search
    sort, beyond = _ORDERS[wanted.order], "true"
    if wanted.state is not None:
        beyond = f"{_STATE} = :state"
        given["state"] = wanted.state
    if after is not None:
        beyond += f" AND ({sort}, sku_code, warehouse_code) > (:after_sort, :after_sku, :after_warehouse)"
        given |= {"after_sort": after[0], "after_sku": after[1], "after_warehouse": after[2]}
    rows = connection.execute(
        text(f"""
        WITH {expired()}, {_levels(condition)}, page AS (
            SELECT levels.*, {_STATE} AS state, {sort} AS sort FROM levels WHERE {beyond}
            ORDER BY {sort}, sku_code, warehouse_code LIMIT :limit
        )
        SELECT page.*, named.name, named.category, w.name AS warehouse
        FROM page LEFT JOIN warehouses AS w ON w.warehouse_code = page.warehouse_code {named("page")}
        ORDER BY page.sort, page.sku_code, page.warehouse_code
        """),
        given | {"as_of": as_of, "limit": limit},
    ).mappings()  # fmt: skip
    return [LevelRow(**row) for row in rows]


def exposure(connection: Connection, *, scope: Scope, part: Part, since: datetime, until: datetime) -> Exposure | None:
    """Return what orders want and nothing covers, oversold ones of those known in ``[since, until)``; None where nothing is seen."""
    if not sees_stock(connection, scope=scope):
        return None
    condition, given = asked_of(scope, part, relation="o")
    row = connection.execute(
        text(f"""
        WITH short AS (
            SELECT count(DISTINCT (o.shop_id, o.order_no)) AS short_orders, count(DISTINCT o.sku_code) AS short_skus,
                coalesce(sum(o.short_units), 0)::bigint AS short_units,
                coalesce(sum(round(o.reporting_minor * o.short_units::numeric / o.wanted_units)), 0)::bigint AS short_minor,
                coalesce(sum(o.short_units) FILTER (WHERE o.reporting_minor IS NULL), 0)::bigint AS short_unrated,
                coalesce(sum(o.short_units) FILTER (WHERE o.accepted_at IS NOT NULL), 0)::bigint AS accepted_units
            FROM order_holding_skus AS o WHERE o.short_units > 0{condition}
        ), oversold AS (
            SELECT count(DISTINCT (o.shop_id, o.order_no)) AS oversold_orders, coalesce(sum(o.oversold_units), 0)::bigint AS oversold_units,
                coalesce(sum(round(o.reporting_minor * o.oversold_units::numeric / o.wanted_units)), 0)::bigint AS oversold_minor,
                coalesce(sum(o.oversold_units) FILTER (WHERE o.reporting_minor IS NULL), 0)::bigint AS oversold_unrated
            FROM order_holding_skus AS o WHERE o.oversold_units > 0 AND o.known_at >= :since AND o.known_at < :until{condition}
        )
        SELECT short.*, oversold.* FROM short CROSS JOIN oversold
        """),
        given | {"since": since, "until": until},
    ).mappings().one()  # fmt: skip
    return Exposure(**row)


# The rule of whatever has none of its own.
_USUAL = "SELECT {} FROM stock_rules WHERE sku_code = '*' AND channel = '*'"
# At zero it is out, above the safety line it is fine.
_STATE = "CASE WHEN available < 0 THEN 'short' WHEN available = 0 THEN 'out' WHEN available <= safety THEN 'low' ELSE 'fine' END"


def _levels(condition: str) -> str:
    """Return a CTE ``levels`` of the places that fit a condition on ``stock AS s``; needs the CTE ``expired``."""
    return f"""levels AS (
            SELECT s.sku_code, s.warehouse_code, s.on_hand, s.held, coalesce(e.units, 0) AS expired,
                s.on_hand - s.held + coalesce(e.units, 0) AS available, s.inbound, s.inbound_as_of, s.changed_at,
                coalesce(r.threshold, ({_USUAL.format("threshold")})) AS safety, coalesce(r.action, ({_USUAL.format("action")})) AS action
            FROM stock AS s LEFT JOIN expired AS e ON e.sku_code = s.sku_code AND e.warehouse_code = s.warehouse_code
            LEFT JOIN stock_rules AS r ON r.sku_code = s.sku_code AND r.channel = '*'
            WHERE true{condition}
        )"""
