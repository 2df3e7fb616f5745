"""How does one SKU stand: in each warehouse, in each channel, and by which moves did its book come to be?"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from data.queries.health import WHOLE, Part
from data.queries.stock_holds import HoldRow, holds_of
from data.queries.stock_levels import LevelRow, LevelsWanted, stock_levels
from data.queries.stock_part import asked_of, sees_stock, stock_of
from models.scope import Scope

MOVES = 50
# A SKU lies in few warehouses; of more than these the first are shown.
MOST_PLACES = 200
# (move, book after it) of the last move shown.
MoveCursor = tuple[int, int]


@dataclass(frozen=True)
class ChannelRow:
    """What a shop was told to show of a SKU and what it shows; ``warehouse_code`` '' = the shop as a whole, ``quota`` as set for it."""

    shop_id: str
    shop: str | None
    channel: str
    warehouse_code: str
    told_quantity: int | None
    told_action: str | None
    told_available: int | None
    told_at: datetime | None
    shown_quantity: int | None
    shown_as_of: datetime | None
    shown_source: str | None
    share: float | None = None
    units: int | None = None


@dataclass(frozen=True)
class MoveRow:
    """One move with the book after it; ``units`` positive = in."""

    move_id: int
    type: str
    units: int
    occurred_at: datetime
    posted_at: datetime
    source: str
    move_key: str
    reason: str | None
    person: str | None
    file: str | None
    row_number: int | None
    book: int = 0

    @property
    def cursor(self) -> MoveCursor:
        """What the next page begins after."""
        return self.move_id, self.book


@dataclass(frozen=True)
class PlaceFacts:
    """What else stands against selling a SKU from a warehouse: whether its book was opened, and how many orders hold of it."""

    warehouse_code: str
    opened_at: datetime | None
    counted_at: datetime | None
    orders_holding: int
    short_units: int
    version: int


@dataclass(frozen=True)
class SkuDetail:
    """A SKU wherever it lies and is shown, as of a minute."""

    sku_code: str
    name: str | None
    category: str | None
    places: list[LevelRow]
    facts: dict[str, PlaceFacts]
    channels: list[ChannelRow]
    holds: list[HoldRow]
    aliases: list[tuple[str, str, int]] = field(default_factory=list)


def stock_sku(connection: Connection, *, scope: Scope, sku_code: str, as_of: datetime) -> SkuDetail | None:
    """Return a SKU; None where nothing of it is seen."""
    if not sees_stock(connection, scope=scope):
        return None
    places = [row for row in _places(connection, scope=scope, sku_code=sku_code, as_of=as_of) if row.sku_code == sku_code]
    if not places:
        return None
    return SkuDetail(
        sku_code=sku_code,
        name=places[0].name,
        category=places[0].category,
        places=places,
        facts=_facts(connection, scope=scope, sku_code=sku_code),
        channels=_channels(connection, scope=scope, sku_code=sku_code),
        holds=holds_of(connection, scope=scope, sku_code=sku_code, as_of=as_of),
        aliases=_aliases(connection, sku_code=sku_code),
    )


def stock_moves(
    connection: Connection, *, scope: Scope, sku_code: str, warehouse_code: str, after: MoveCursor | None = None, limit: int = MOVES
) -> list[MoveRow]:
    """Return a page of moves, the last posted first, each with the book after it.

    The book is walked back from what is on hand, so that no page reads a move it does not show.
    """
    condition, given = stock_of(scope, WHOLE, relation="s")
    if not sees_stock(connection, scope=scope):
        return []
    given |= {"sku": sku_code, "warehouse": warehouse_code, "limit": limit, "before": after[0] if after else None}
    found = connection.execute(
        text(f"""
        SELECT s.on_hand, m.move_id, m.type, m.units, m.occurred_at, m.posted_at, m.source, m.move_key, m.reason,
            coalesce(p.name, m.person_id) AS person, f.name AS file, m.row_number
        FROM stock AS s JOIN stock_moves AS m ON m.sku_code = s.sku_code AND m.warehouse_code = s.warehouse_code
        LEFT JOIN people AS p ON p.person_id = m.person_id LEFT JOIN source_files AS f ON f.file_id = m.file_id
        WHERE s.sku_code = :sku AND s.warehouse_code = :warehouse{condition}
            AND (CAST(:before AS bigint) IS NULL OR m.move_id < :before)
        ORDER BY m.move_id DESC LIMIT :limit
        """),
        given,
    ).mappings().all()  # fmt: skip
    if not found:
        return []
    # the book after the last move is what is on hand; after an older one it is that less all that came since
    book = found[0]["on_hand"] if after is None else after[1] - _units_of(connection, sku_code, warehouse_code, after[0])
    rows = []
    for row in found:
        rows.append(MoveRow(**{name: value for name, value in row.items() if name != "on_hand"}, book=book))
        book -= row["units"]
    return rows


def _units_of(connection: Connection, sku_code: str, warehouse_code: str, move_id: int) -> int:
    """Return the pieces of one move."""
    asked = text("SELECT units FROM stock_moves WHERE sku_code = :sku AND warehouse_code = :warehouse AND move_id = :move")
    return int(connection.execute(asked, {"sku": sku_code, "warehouse": warehouse_code, "move": move_id}).scalar_one())


def _places(connection: Connection, *, scope: Scope, sku_code: str, as_of: datetime) -> list[LevelRow]:
    wanted = LevelsWanted(exactly=sku_code)
    return stock_levels(connection, scope=scope, part=Part(), wanted=wanted, as_of=as_of, limit=MOST_PLACES)


def _facts(connection: Connection, *, scope: Scope, sku_code: str) -> dict[str, PlaceFacts]:
    """Count the orders that hold of a SKU and what is short of it, by warehouse; short pieces without one stand under ''."""
    condition, given = stock_of(scope, WHOLE, relation="s")
    rows = connection.execute(
        text(f"""
        SELECT s.warehouse_code, s.opened_at, s.counted_at, s.version, coalesce(h.orders, 0) AS orders_holding,
            coalesce(o.units, 0)::bigint AS short_units
        FROM stock AS s LEFT JOIN LATERAL (
            SELECT count(DISTINCT (h.shop_id, h.order_no)) AS orders FROM holds AS h
            WHERE h.sku_code = s.sku_code AND h.warehouse_code = s.warehouse_code AND h.state IN ('placed', 'confirmed')
        ) AS h ON true LEFT JOIN LATERAL (
            SELECT sum(o.short_units) AS units FROM order_holding_skus AS o
            WHERE o.sku_code = s.sku_code AND o.warehouse_code = s.warehouse_code AND o.short_units > 0
        ) AS o ON true
        WHERE s.sku_code = :sku{condition}
        """),
        given | {"sku": sku_code},
    ).mappings()  # fmt: skip
    return {row["warehouse_code"]: PlaceFacts(**row) for row in rows}


def _channels(connection: Connection, *, scope: Scope, sku_code: str) -> list[ChannelRow]:
    """Return what each shop shows of a SKU, with the quota in force: its own, else the one of every SKU."""
    if scope.warehouses is not None:
        # these numbers are of all warehouses together
        return []
    condition, given = asked_of(scope, WHOLE, relation="c", warehouse=None)
    rows = connection.execute(
        text(f"""
        SELECT c.shop_id, shops.name AS shop, c.channel, c.warehouse_code, c.told_quantity, c.told_action, c.told_available, c.told_at,
            c.shown_quantity, c.shown_as_of, c.shown_source, quota.share::float AS share, quota.units
        FROM channel_stock AS c LEFT JOIN shops ON shops.shop_id = c.shop_id LEFT JOIN LATERAL (
            SELECT q.share, q.units FROM publish_quotas AS q
            WHERE q.channel = c.channel AND q.sku_code IN (c.sku_code, '*') AND q.warehouse_code = '*' ORDER BY q.sku_code = '*' LIMIT 1
        ) AS quota ON true
        WHERE c.sku_code = :sku{condition} ORDER BY c.channel, c.shop_id, c.warehouse_code
        """),
        given | {"sku": sku_code},
    ).mappings()
    return [ChannelRow(**row) for row in rows]


def _aliases(connection: Connection, *, sku_code: str) -> list[tuple[str, str, int]]:
    """Return by which other names sources call a SKU, and how many pieces each means."""
    rows = connection.execute(
        text("SELECT source, alias, pieces FROM sku_aliases WHERE sku_code = :sku ORDER BY source, alias LIMIT 50"), {"sku": sku_code}
    )
    return [(row.source, row.alias, row.pieces) for row in rows]
