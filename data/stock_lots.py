"""What does a lot of orders want, what stock do they meet, and what is to happen to each of them?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data.queries.customer_classes import customer_classes
from data.writes.holds import Close, Grant, Shipped, lock_stock, release_expired
from data.writes.order_holding import Standing
from data.writes.stock_demand import wanted_pieces
from data.writes.stock_touch import Key, touch
from models.order_kinds import ORDER_KINDS_BY_KEY
from models.promise import closed_by_merchant
from models.stock.allocation import Place, warehouses_by_nearness
from models.stock.settling import Asking, Hold, Wish, settle


@dataclass(frozen=True)
class Rules:
    """What settling goes by: how long unpaid orders hold stock, where warehouses stand."""

    holds: Mapping[tuple[str, str], Any]
    warehouses: Mapping[str, str | None]
    areas: Mapping[str, str]

    @property
    def by_class(self) -> bool:
        """Whether any of them asks who buys."""
        return any(kind != "*" for _, kind in self.holds)

    def of(self, channel: str | None, customer_class: str | None) -> Any:
        """Return the rule of an order's channel and customer class: the most exact there is, the class before the channel."""
        channel, kind = channel or "", customer_class or "*"
        for key in ((channel, kind), ("*", kind), (channel, "*"), ("*", "*")):
            if key in self.holds:
                return self.holds[key]
        raise LookupError("there is no rule of holds for every channel and class")


@dataclass
class Lot:
    """The orders of one transaction and the stock they meet; ``free`` goes down as they are settled one after the other.

    ``gone`` is what was taken off open holds in this transaction since it has left; the rows of ``holds`` are from before.
    """

    as_of: datetime
    rules: Rules
    pieces: Mapping[Key, Sequence[Any]]
    holds: Mapping[Key, Sequence[Any]]
    classes: Mapping[Key, str]
    before: Mapping[Key, Mapping[str, Wish]]
    stock: Mapping[Place, Any]
    free: dict[Place, int]
    gone: dict[tuple[Key, Place], int] = field(default_factory=dict)
    shipped: list[Shipped] = field(default_factory=list)
    closes: list[Close] = field(default_factory=list)
    confirms: list[tuple[str, str, str, str]] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)


def read_rules(connection: Connection) -> Rules:
    """Return what settling goes by."""
    holds = {(row.channel, row.customer_class): row for row in connection.execute(text("SELECT * FROM hold_rules"))}
    asked = "SELECT DISTINCT s.warehouse_code, w.region_code FROM stock AS s LEFT JOIN warehouses AS w USING (warehouse_code)"
    warehouses = {row.warehouse_code: row.region_code for row in connection.execute(text(asked))}
    areas = {row.region_code: row.area for row in connection.execute(text("SELECT region_code, area FROM regions"))}
    return Rules(holds, warehouses, areas)


def open_lot(connection: Connection, stated: Mapping[Key, str | None], *, rules: Rules, as_of: datetime) -> Lot:
    """Lock the stock that some orders want or hold, and read what there is once it is locked; what has expired there is swept first.

    ``stated`` gives each order's warehouse, where one is known.
    """
    keys = list(stated)
    pieces = _by_order(wanted_pieces(connection, keys))
    known = {row.sku_code for row in _holds_of(connection, keys)}
    skus = sorted(known | {piece.sku_code for rows in pieces.values() for piece in rows})
    rows = lock_stock(connection, skus)
    if swept := release_expired(connection, as_of=as_of, sku_codes=skus, at_most=10_000):
        touch(connection, sorted({(row.shop_id, row.order_no) for row in swept} - set(keys)))
        rows = lock_stock(connection, skus)
    before: dict[Key, dict[str, Wish]] = defaultdict(dict)
    for row in _wishes_of(connection, keys):
        chosen = row.sent_to if row.sent_against == stated.get((row.shop_id, row.order_no)) else None
        before[row.shop_id, row.order_no][row.sku_code] = Wish(
            row.wanted_units, None, short=row.short_units, oversold=row.oversold_units, spoiled=row.spoiled, leaves_from=chosen
        )
    stock = {(row.sku_code, row.warehouse_code): row for row in rows}
    free = {place: row.on_hand - row.held for place, row in stock.items()}
    classes = customer_classes(connection, keys) if rules.by_class else {}
    return Lot(as_of, rules, pieces, _by_order(_holds_of(connection, keys)), classes, before, stock, free)


def judge(lot: Lot, order: Any) -> None:
    """Judge one order and put down what is to happen; what it takes is gone for those after it."""
    key = (order.shop_id, order.order_no)
    rows = lot.holds.get(key, ())
    open_holds = [
        Hold(row.sku_code, row.warehouse_code, units, row.state == "confirmed", row.expires_at)
        for row in rows
        if row.closed_at is None and (units := row.units - lot.gone.get((key, (row.sku_code, row.warehouse_code)), 0))
    ]
    asking = _asking(lot, order, lapsed=order.holding == "lapsed" or any(row.state == "expired" for row in rows))
    if order.holding is None and not asking.wishes:
        return
    settled = settle(asking, holds=open_holds, free=lot.free, as_of=lot.as_of)
    for hold in open_holds:
        if (step := settled.close.get(hold.place)) is not None:
            lot.closes.append(Close(*key, *hold.place, step))
            lot.free[hold.place] = lot.free.get(hold.place, 0) + hold.units
    lot.confirms += [(*key, *place) for place in settled.confirm]
    for place, units in settled.grant.items():
        lot.grants.append(Grant(*key, *place, order.channel or "", units, settled.expires_at))
        lot.free[place] -= units
    held_at = order.held_at or (lot.as_of if settled.state in ("held", "shipped") else None)
    lot.standings.append(Standing(order, settled, asking.known_at, held_at, _minors(lot, order), dict(lot.before.get(key, {}))))


def _asking(lot: Lot, order: Any, *, lapsed: bool) -> Asking:
    key = (order.shop_id, order.order_no)
    rule = lot.rules.of(order.channel, lot.classes.get(key))
    lines: dict[str, dict[str, int]] = {}
    gone: dict[str, int] = {}
    for piece in lot.pieces.get(key, ()):
        gone[piece.sku_code] = gone.get(piece.sku_code, 0) + piece.gone
        line = lines.setdefault(piece.line_key, {})
        line[piece.sku_code] = line.get(piece.sku_code, 0) + piece.units
    wishes: dict[str, Wish] = {}
    for line in lines.values():
        for sku, units in line.items():
            had = wishes.get(sku) or replace(lot.before.get(key, {}).get(sku, Wish(0, None)), units=0, gone=gone.get(sku, 0))
            # a warehouse without a book of it can neither hold nor refuse it
            stated = order.warehouse_code if (sku, order.warehouse_code) in lot.stock else None
            place = had.leaves_from or stated
            wishes[sku] = replace(had, units=had.units + units, learnt_at=_learnt_at(lot, sku), leaves_from=place)
    kind = ORDER_KINDS_BY_KEY.get(order.kind or "normal", ORDER_KINDS_BY_KEY["normal"])
    return Asking(
        known_at=order.holding_known_at or order.ingested_at,
        # what is owed nothing before it leaves waits for no payment
        paid=order.paid_to is not None or kind.clock != "paid",
        shipped=order.shipped_to is not None,
        ended=order.ended_to is not None,
        ended_by_merchant=closed_by_merchant(order.close_reason),
        places=warehouses_by_nearness(lot.rules.warehouses, region=order.region_code, areas=lot.rules.areas),
        may_split=rule.may_split,
        holds_for=timedelta(minutes=rule.minutes),
        lines=list(lines.values()),
        wishes=wishes,
        decided=order.decided_at is not None,
        lapsed=lapsed,
    )


def _learnt_at(lot: Lot, sku_code: str) -> datetime | None:
    return min((row.learnt_at for (sku, _), row in lot.stock.items() if sku == sku_code), default=None)


def _minors(lot: Lot, order: Any) -> dict[str, int | None]:
    """Return what the pieces of each SKU are worth in the reporting currency."""
    minors: dict[str, int | None] = {}
    for piece in lot.pieces.get((order.shop_id, order.order_no), ()):
        had = minors.get(piece.sku_code, 0)
        minor = None if piece.minor is None else _reported(order, int(piece.minor))
        minors[piece.sku_code] = None if minor is None or had is None else had + minor
    return minors


def _reported(order: Any, minor: int) -> int | None:
    if order.currency == order.reporting_currency:
        return minor
    if order.paid_minor and order.paid_reporting_minor is not None:
        converted: int = round(minor * order.paid_reporting_minor / order.paid_minor)
        return converted
    return None


def _by_order(rows: Sequence[Any]) -> dict[Key, list[Any]]:
    found: dict[Key, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.shop_id, row.order_no].append(row)
    return found


def _holds_of(connection: Connection, keys: Sequence[Key]) -> list[Any]:
    return _rows_of(connection, "holds", keys)


def _wishes_of(connection: Connection, keys: Sequence[Key]) -> list[Any]:
    return _rows_of(connection, "order_holding_skus", keys)


def _rows_of(connection: Connection, table: str, keys: Sequence[Key]) -> list[Any]:
    asked = f"""
        SELECT t.* FROM unnest(CAST(:shops AS text[]), CAST(:orders AS text[])) AS k (shop_id, order_no)
        JOIN {table} AS t USING (shop_id, order_no) {"WHERE t.part = ''" if table == "holds" else ""}"""
    given = {"shops": [shop for shop, _ in keys], "orders": [order for _, order in keys]}
    return list(connection.execute(text(asked), given))
