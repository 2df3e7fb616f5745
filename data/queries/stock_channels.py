"""What does each channel show of a SKU, what was it told, and what could it really sell? (S8, S10)

A channel that shows more than it was told sells what is not there; one whose number is old may do so any minute.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import Part
from data.queries.stock_part import asked_of, named
from models.scope import Scope

PAGE = 50
# (how far the shown number is off, SKU, shop, warehouse) of the last row shown.
GapCursor = tuple[int, str, str, str]
GAP_STATES = ("more", "less", "same", "unseen")


@dataclass(frozen=True)
class ChannelSum:
    """A shop's numbers: items told and looked at, those that show more or less than told, by how many pieces, and the oldest look."""

    shop_id: str
    shop: str | None
    channel: str
    items: int
    seen: int
    more: int
    more_units: int
    less: int
    delisted: int
    show_left: int
    told_at: datetime | None
    shown_as_of: datetime | None


@dataclass(frozen=True)
class GapRow:
    """One item of one shop; ``hub_available`` is what all warehouses could give that minute, before quotas."""

    sku_code: str
    name: str | None
    shop_id: str
    shop: str | None
    channel: str
    warehouse_code: str
    told_quantity: int | None
    told_action: str | None
    told_at: datetime | None
    shown_quantity: int | None
    shown_as_of: datetime | None
    hub_available: int
    gap: int | None
    sort: int

    @property
    def cursor(self) -> GapCursor:
        """What the next page begins after."""
        return self.sort, self.sku_code, self.shop_id, self.warehouse_code


def channel_sums(connection: Connection, *, scope: Scope, part: Part) -> list[ChannelSum]:
    """Return each shop's numbers, by channel; they are of all warehouses, so none to whoever sees some alone."""
    if scope.warehouses is not None:
        return []
    condition, given = asked_of(scope, part, relation="c", warehouse=None)
    rows = connection.execute(
        text(f"""
        SELECT sums.*, shops.name AS shop FROM (
            SELECT c.shop_id, c.channel, count(*) AS items, count(*) FILTER (WHERE c.shown_quantity IS NOT NULL) AS seen,
                count(*) FILTER (WHERE c.shown_quantity > c.told_quantity) AS more,
                coalesce(sum(greatest(c.shown_quantity - c.told_quantity, 0)), 0)::bigint AS more_units,
                count(*) FILTER (WHERE c.shown_quantity < c.told_quantity) AS less,
                count(*) FILTER (WHERE c.told_action = 'delist') AS delisted,
                count(*) FILTER (WHERE c.told_action = 'show_left') AS show_left,
                max(c.told_at) AS told_at, min(c.shown_as_of) AS shown_as_of
            FROM channel_stock AS c WHERE true{condition} GROUP BY c.shop_id, c.channel
        ) AS sums LEFT JOIN shops ON shops.shop_id = sums.shop_id ORDER BY sums.channel, sums.shop_id
        """),
        given,
    ).mappings()
    return [ChannelSum(**row) for row in rows]


def channel_gaps(
    connection: Connection,
    *,
    scope: Scope,
    part: Part,
    as_of: datetime,
    state: str | None = None,
    after: GapCursor | None = None,
    limit: int = PAGE,
) -> list[GapRow]:
    """Return a page of items, those that show most above what they were told first; never looked at ones last."""
    if scope.warehouses is not None:
        return []
    condition, given = asked_of(scope, part, relation="c", warehouse=None)
    if state is not None:
        condition += f" AND {_STATES[state]}"
    if after is not None:
        condition += f" AND ({_SORT}, c.sku_code, c.shop_id, c.warehouse_code) > (:after_sort, :after_sku, :after_shop, :after_warehouse)"
        given |= dict(zip(("after_sort", "after_sku", "after_shop", "after_warehouse"), after, strict=True))
    rows = connection.execute(
        text(f"""
        WITH page AS (
            SELECT c.*, {_SORT} AS sort FROM channel_stock AS c WHERE true{condition}
            ORDER BY {_SORT}, c.sku_code, c.shop_id, c.warehouse_code LIMIT :limit
        )
        SELECT page.sku_code, named.name, page.shop_id, shops.name AS shop, page.channel, page.warehouse_code, page.told_quantity,
            page.told_action, page.told_at, page.shown_quantity, page.shown_as_of, page.shown_quantity - page.told_quantity AS gap,
            page.sort, coalesce(there.available, 0)::bigint AS hub_available
        FROM page LEFT JOIN shops ON shops.shop_id = page.shop_id LEFT JOIN LATERAL (
            SELECT sum(greatest(s.on_hand - s.held + coalesce(e.units, 0), 0)) AS available FROM stock AS s LEFT JOIN LATERAL (
                SELECT sum(h.units) AS units FROM holds AS h
                WHERE h.sku_code = s.sku_code AND h.warehouse_code = s.warehouse_code AND h.state = 'placed' AND h.expires_at <= :as_of
            ) AS e ON true
            WHERE s.sku_code = page.sku_code AND (page.warehouse_code = '' OR s.warehouse_code = page.warehouse_code)
        ) AS there ON true {named("page")}
        ORDER BY page.sort, page.sku_code, page.shop_id, page.warehouse_code
        """),
        given | {"as_of": as_of, "limit": limit},
    ).mappings()
    return [GapRow(**row) for row in rows]


# Most above what was told first, then below, then alike, then never looked at or never told.
_SORT = """CASE WHEN c.shown_quantity > c.told_quantity THEN c.told_quantity - c.shown_quantity
            WHEN c.shown_quantity < c.told_quantity THEN 1 WHEN c.shown_quantity = c.told_quantity THEN 2 ELSE 3 END"""
_STATES = {
    "more": "c.shown_quantity > c.told_quantity",
    "less": "c.shown_quantity < c.told_quantity",
    "same": "c.shown_quantity = c.told_quantity",
    "unseen": "(c.shown_quantity IS NULL OR c.told_quantity IS NULL)",
}
