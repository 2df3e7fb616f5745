"""What does a small stock look like, and the orders that ask for it? (For tests of the ledger and its pages.)"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, text, update

from data import tables
from data.stock import Settling, settle_waiting
from data.writes.stock_moves import Move, post_moves
from data.writes.stock_touch import touch
from tests.given_orders import an_order, insert_rows, utc

NOW = utc("2026-11-20T04:00:00")
LONG_AGO = NOW - timedelta(days=10)
Places = Mapping[tuple[str, str], int]


def opened(connection: Connection, on_hand: Places, *, at: datetime = LONG_AGO) -> None:
    """Open books with so many pieces a SKU and warehouse."""
    places = {warehouse for _, warehouse in on_hand}
    rows = [{"warehouse_code": code, "name": code, "region_code": None, "observed_at": at} for code in sorted(places)]
    known = set(connection.scalars(text("SELECT warehouse_code FROM warehouses")))
    insert_rows(connection, tables.warehouses, [row for row in rows if row["warehouse_code"] not in known])
    post_moves(connection, [Move(*place, "opening", units, at, "erp.stock", "opening") for place, units in on_hand.items()], as_of=at)


def ordered(connection: Connection, order_no: str, wants: Mapping[str, int], *, at: datetime = NOW, shop: str = "tb", **given: Any) -> None:
    """Let an order come that wants so many pieces of each SKU, one line a SKU, and leave it for the stock to settle."""
    row = an_order(shop, order_no, created_at=at, line_source="taobao.orders", paid_to=at, paid_from=at, total_minor=0)
    insert_rows(connection, tables.orders, [row | {"channel": "taobao"} | given])
    lines(connection, order_no, list(wants.items()), shop=shop)
    touch(connection, [(shop, order_no)])


def lines(connection: Connection, order_no: str, wants: list[tuple[str, int]], *, shop: str = "tb") -> None:
    """Give an order its lines."""
    rows = [
        {
            "shop_id": shop,
            "order_no": order_no,
            "source": "taobao.orders",
            "line_key": str(number),
            "sku_code": sku,
            "quantity": units,
            "amount_minor": 1_000 * units,
            "observed_at": NOW,
            "manifest_version": 1,
            "file_id": 1,
            "row_number": number,
        }
        for number, (sku, units) in enumerate(wants, start=1)
    ]
    insert_rows(connection, tables.order_lines, rows)


def changed(connection: Connection, order_no: str, *, shop: str = "tb", **given: Any) -> None:
    """Let something befall an order."""
    orders = tables.orders
    if given:
        connection.execute(update(orders).where(orders.c.shop_id == shop, orders.c.order_no == order_no).values(**given))
    touch(connection, [(shop, order_no)])


def settled(engine: Engine, *, at: datetime = NOW) -> Settling:
    """Settle what waits, at an instant."""
    return settle_waiting(engine, now=lambda: at)


def stock(engine: Engine) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (on hand, held) by SKU and warehouse."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM stock ORDER BY sku_code, warehouse_code"))
        return {(row.sku_code, row.warehouse_code): (row.on_hand, row.held) for row in rows}


def holding(engine: Engine, order_no: str) -> Any:
    """Return how an order stands."""
    with engine.connect() as connection:
        return connection.execute(text("SELECT * FROM order_holding WHERE order_no = :no"), {"no": order_no}).one_or_none()


def holds(engine: Engine, order_no: str) -> dict[tuple[str, str], tuple[str, int]]:
    """Return the state and pieces of an order's holds by SKU and warehouse."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM holds WHERE order_no = :no ORDER BY sku_code, warehouse_code"), {"no": order_no})
        return {(row.sku_code, row.warehouse_code): (row.state, row.units) for row in rows}


def steps(engine: Engine, order_no: str) -> list[str]:
    """Return what befell an order's holds, in order."""
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT step FROM hold_steps WHERE order_no = :no ORDER BY step_id"), {"no": order_no}))


def bundle(connection: Connection, code: str, parts: Mapping[str, int]) -> None:
    """Say what a bundle is made of."""
    rows = [{"bundle_code": code, "sku_code": sku, "pieces": pieces, "observed_at": LONG_AGO} for sku, pieces in parts.items()]
    connection.execute(insert(tables.sku_bundles), rows)
