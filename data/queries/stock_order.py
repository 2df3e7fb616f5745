"""How does one order stand with the stock: what it wants, holds and lacks, and what befell its holds?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from data.queries.health import WHOLE
from data.queries.stock_holds import HOLD, HOLD_NAMED, HoldRow
from data.queries.stock_part import asked_of, named
from models.scope import Scope


@dataclass(frozen=True)
class HoldStep:
    """Something that befell a hold of an order; ``warehouse`` None = of no warehouse."""

    step_id: int
    sku_code: str
    warehouse_code: str
    warehouse: str | None
    step: str
    units: int
    at: datetime
    person: str | None
    note: str | None


@dataclass(frozen=True)
class OrderSku:
    """What an order wants of a SKU and how much of it is short, or was when it arrived."""

    sku_code: str
    name: str | None
    wanted_units: int
    held_units: int
    short_units: int
    oversold_units: int
    tracked: bool
    accepted_by: str | None
    accepted_at: datetime | None


@dataclass(frozen=True)
class OrderStock:
    """How an order stands with the stock, SKU by SKU, and all that befell its holds, the newest last."""

    state: str
    known_at: datetime
    held_at: datetime | None
    short_units: int
    oversold_units: int
    skus: list[OrderSku]
    holds: list[HoldRow]
    steps: list[HoldStep]


def order_stock(connection: Connection, *, scope: Scope, shop_id: str, order_no: str) -> OrderStock | None:
    """Return how an order stands with the stock; None where it asks for none, or is not seen.

    Who may see the order sees all of it, wherever its goods lie: the page of the order asks for the order first.
    """
    condition, given = asked_of(scope, WHOLE, relation="o", warehouse=None)
    given |= {"shop": shop_id, "no": order_no}
    head = connection.execute(
        text(f"""
        SELECT o.state, o.known_at, o.held_at, o.short_units, o.oversold_units FROM order_holding AS o
        WHERE o.shop_id = :shop AND o.order_no = :no{condition}
        """),
        given,
    ).mappings().one_or_none()  # fmt: skip
    if head is None:
        return None
    skus = connection.execute(
        text(f"""
        SELECT o.sku_code, named.name, o.wanted_units, coalesce(h.units, 0)::bigint AS held_units, o.short_units, o.oversold_units,
            o.tracked, coalesce(p.name, o.accepted_by) AS accepted_by, o.accepted_at
        FROM order_holding_skus AS o LEFT JOIN LATERAL (
            SELECT sum(h.units) AS units FROM holds AS h WHERE h.shop_id = o.shop_id AND h.order_no = o.order_no
                AND h.sku_code = o.sku_code AND h.state IN ('placed', 'confirmed')
        ) AS h ON true LEFT JOIN people AS p ON p.person_id = o.accepted_by {named("o")}
        WHERE o.shop_id = :shop AND o.order_no = :no ORDER BY o.sku_code
        """),
        given,
    ).mappings()
    holds = connection.execute(
        text(f"""
        SELECT {HOLD} FROM (SELECT h.*, h.placed_at AS sort FROM holds AS h WHERE h.shop_id = :shop AND h.order_no = :no) AS h {HOLD_NAMED}
        ORDER BY h.sku_code, h.hold_id
        """),
        given,
    ).mappings()
    return OrderStock(
        **head,
        skus=[OrderSku(**row) for row in skus],
        holds=[HoldRow(**row) for row in holds],
        steps=_steps(connection, given=given),
    )


def _steps(connection: Connection, *, given: dict[str, Any]) -> list[HoldStep]:
    rows = connection.execute(
        text("""
        SELECT t.step_id, t.sku_code, t.warehouse_code, w.name AS warehouse, t.step, t.units, t.at,
            coalesce(p.name, t.person_id) AS person, t.note
        FROM hold_steps AS t LEFT JOIN warehouses AS w ON w.warehouse_code = t.warehouse_code
        LEFT JOIN people AS p ON p.person_id = t.person_id
        WHERE t.shop_id = :shop AND t.order_no = :no ORDER BY t.step_id
        """),
        given,
    ).mappings()
    return [HoldStep(**row) for row in rows]
