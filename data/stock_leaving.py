"""What has left with the orders of a lot, whole or in part, and what does that leave of their holds?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from data.stock_lots import Lot
from data.writes.holds import Shipped, ship_part
from data.writes.stock_moves import Move
from data.writes.stock_out import post_shipments, posted_of
from data.writes.stock_touch import Key
from models.stock.allocation import Place


def ship(connection: Connection, lot: Lot, orders: Sequence[Any]) -> int:
    """Post what has left of some orders, before anything is granted from what is left, and take it off their holds; returns how many moves.

    The holds of an order that has left whole are closed by whoever judges it.
    """
    keys = [(order.shop_id, order.order_no) for order in orders if order.holding is not None]
    posted = posted_of(connection, keys)
    out: dict[Key, dict[Place, int]] = {}
    at: dict[Key, datetime] = {}
    for order in orders:
        key = (order.shop_id, order.order_no)
        at[key] = order.shipped_to or order.part_shipped_to or lot.as_of
        places = _left_from(lot, order, posted.get(key, {}), at=at[key])
        # an order that was taken for shipped and is not has everything put back
        if places or (order.shipped_to is None and key in posted):
            out[key] = places
    moves = post_shipments(connection, out, at, posted=posted, as_of=lot.as_of)
    for order in orders:
        made = moves.get((order.shop_id, order.order_no), [])
        for move in made:
            place = move.sku_code, move.warehouse_code
            lot.free[place] = lot.free.get(place, 0) + move.units
        if order.shipped_to is None:
            _take_off(lot, (order.shop_id, order.order_no), made)
    ship_part(connection, lot.shipped, as_of=lot.as_of)
    return sum(len(made) for made in moves.values())


def _take_off(lot: Lot, key: Key, moves: Sequence[Move]) -> None:
    """Take the pieces that left off the order's holds of their SKU, those in the warehouse they left from first."""
    held, gone = _open_units(lot, key), defaultdict[Place, int](int)
    for move in moves:
        left = -move.units
        for place in sorted(held, key=lambda place: (place != (move.sku_code, move.warehouse_code), place)):
            if place[0] == move.sku_code and (units := min(left, held[place])) > 0:
                held[place] -= units
                gone[place] += units
                left -= units
    for place, units in gone.items():
        lot.free[place] = lot.free.get(place, 0) + units
        lot.gone[key, place] = units
        lot.shipped.append(Shipped(*key, *place, units))


def _open_units(lot: Lot, key: Key) -> dict[Place, int]:
    """Return the pieces of an order's open holds, by place."""
    return {(row.sku_code, row.warehouse_code): row.units for row in lot.holds.get(key, ()) if row.closed_at is None}


def _left_from(lot: Lot, order: Any, posted: Mapping[Place, tuple[int, int]], *, at: datetime) -> dict[Place, int]:
    """Return how many pieces of an order have left from where by now: the warehouse stated, else where they were held, else the only one.

    ``posted`` is what is in the book of them already: what is new is added to it.
    """
    key = (order.shop_id, order.order_no)
    units: dict[str, int] = {}
    for piece in lot.pieces.get(key, ()):
        units[piece.sku_code] = units.get(piece.sku_code, 0) + (piece.units if order.shipped_to is not None else piece.gone)
    places: dict[Place, int] = {}
    for sku, left in units.items():
        if order.warehouse_code is not None:
            shares = {(sku, order.warehouse_code): left}
        else:
            shares = {place: done for place, (done, _) in posted.items() if place[0] == sku and done > 0}
            shares = _with_more(lot, key, sku, shares, left - sum(shares.values()))
        places |= {place: share for place, share in shares.items() if share and place in lot.stock and _counts_from(lot, place) < at}
    return places


def _with_more(lot: Lot, key: Key, sku: str, shares: dict[Place, int], more: int) -> dict[Place, int]:
    """Return from where pieces left, once so many more of a SKU have (or, below zero, fewer)."""
    shares = dict(shares)
    for place in reversed(list(shares)):
        fewer = min(shares[place], max(0, -more))
        shares[place] -= fewer
        more += fewer
    held = {place: units for place, units in _open_units(lot, key).items() if place[0] == sku}
    for place, units in held.items():
        if (taken := min(units, more)) > 0:
            shares[place] = shares.get(place, 0) + taken
            more -= taken
    if more > 0:
        there = [place for place in lot.stock if place[0] == sku]
        once = [(row.sku_code, row.warehouse_code) for row in lot.holds.get(key, ()) if row.sku_code == sku]
        likely = [*shares, *once, *(there if len(there) == 1 else [])]
        if likely:
            shares[likely[0]] = shares.get(likely[0], 0) + more
    return shares


def _counts_from(lot: Lot, place: Place) -> datetime:
    row = lot.stock[place]
    since: datetime = row.counted_at or row.opened_at
    return since
