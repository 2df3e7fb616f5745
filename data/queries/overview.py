"""Which orders came in each minute of late, and from when to when are there any?"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, func, select, true

from data.queries.cut import Cut, counted_orders, visible_shops, within
from data.tables import orders, shops
from models.scope import Scope


def orders_by_minute(connection: Connection, *, scope: Scope, cut: Cut) -> list[tuple[datetime, int]]:
    """Count orders by the minute in which they were placed: ``minute, orders``; minutes without any are left out."""
    minute = func.date_trunc("minute", orders.c.created_at)
    query = (
        select(minute.label("minute"), func.count().label("orders"))
        .select_from(counted_orders())
        .where(within(orders.c.created_at, cut=cut, scope=scope))
        .group_by(minute)
        .order_by(minute)
    )
    return _tuples(connection, query)


def order_span(connection: Connection, *, scope: Scope) -> tuple[datetime, datetime] | None:
    """Say when the first and the last visible order were placed, or None when there is no order at all.

    Each end is one step into an index, of all orders or of each visible shop's: never a walk over every order.
    """
    if scope.shops is None and scope.channels is None:
        query = select(_end(orders.c.created_at.asc(), scope=scope), _end(orders.c.created_at.desc(), scope=scope))
    else:
        own = orders.c.shop_id == shops.c.shop_id
        first, last = (_end(order, scope=scope, own=own) for order in (orders.c.created_at.asc(), orders.c.created_at.desc()))
        query = select(func.min(first), func.max(last)).select_from(shops).where(visible_shops(scope))
    first_at, last_at = connection.execute(query).one()
    return None if first_at is None else (first_at, last_at)


def _end(order: ColumnElement[datetime], *, scope: Scope, own: ColumnElement[bool] | None = None) -> ScalarSelect[datetime]:
    """Return the time of the first order in an order of times; without its nulls, which are all stubs."""
    mine = true() if scope.warehouses is None else orders.c.warehouse_code.in_(scope.warehouses)
    query = select(orders.c.created_at).where(orders.c.stub.is_(False), orders.c.created_at.is_not(None), mine)
    query = query.order_by(order).limit(1)
    return query.scalar_subquery() if own is None else query.where(own).correlate(shops).scalar_subquery()


def _tuples(connection: Connection, query: Select[Any]) -> list[Any]:
    return [tuple(row) for row in connection.execute(query)]
