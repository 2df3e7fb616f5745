"""How many orders came, what was paid, and how fast did they leave, by business day and channel?"""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, ScalarSelect, Select, and_, case, cast, func, or_, select, true

from data.queries.cut import Cut, business_day, counted_orders, visible_shops, within
from data.tables import fx_rates, orders, shops
from models.events import ENDINGS
from models.scope import Scope


def orders_by_day(connection: Connection, *, scope: Scope, cut: Cut) -> list[tuple[date, str, int]]:
    """Count orders by the business day they were placed on and channel: ``day, channel, orders``."""
    day = business_day(orders.c.created_at, cut.zone)
    query = (
        select(day.label("day"), shops.c.channel, func.count().label("orders"))
        .select_from(counted_orders())
        .where(within(orders.c.created_at, cut=cut, scope=scope))
        .group_by(day, shops.c.channel)
        .order_by(day, shops.c.channel)
    )
    return _tuples(connection, query)


def paid_by_day(
    connection: Connection, *, scope: Scope, cut: Cut, currency: str, known_until: datetime
) -> list[tuple[date, str, int, int | None, int, int, int]]:
    """Sum what was paid by business day of payment and channel, and how much of it has left the warehouse.

    Columns ``day, channel, paid_orders, paid_minor, unrated, open_orders, shipped``. ``paid_minor`` is in ``currency`` at the
    rate of the day of payment; ``unrated`` counts the orders left out of it for want of a rate. ``open_orders`` are those
    neither cancelled nor refunded; ``shipped`` are those of them that had left by ``known_until``.
    """
    day = business_day(orders.c.paid_to, cut.zone)
    same = orders.c.currency == currency
    amount = case(
        (same, orders.c.paid_minor),
        else_=cast(func.round(orders.c.paid_minor * fx_rates.c.rate), BigInteger),
    )
    is_open = orders.c.stage.notin_(ENDINGS)
    query = (
        select(
            day.label("day"),
            shops.c.channel,
            func.count().label("paid_orders"),
            cast(func.sum(amount), BigInteger).label("paid_minor"),
            func.count().filter(amount.is_(None)).label("unrated"),
            func.count().filter(is_open).label("open_orders"),
            func.count().filter(and_(is_open, orders.c.shipped_to < known_until)).label("shipped"),
        )
        .select_from(
            counted_orders().outerjoin(
                fx_rates,
                and_(
                    ~same,
                    fx_rates.c.business_day == day,
                    fx_rates.c.currency == orders.c.currency,
                    fx_rates.c.reporting_currency == currency,
                ),
            )
        )
        .where(within(orders.c.paid_to, cut=cut, scope=scope))
        .group_by(day, shops.c.channel)
        .order_by(day, shops.c.channel)
    )
    return _tuples(connection, query)


def ship_hours_by_day(connection: Connection, *, scope: Scope, cut: Cut) -> list[tuple[date, str, int, int, int, int, int]]:
    """Sum the time from payment to shipping by the business day of shipping and channel.

    Columns ``day, channel, exact, exact_seconds, bounded, low_seconds, high_seconds``. Exact: both instants were stated.
    Bounded: at least one is an interval, so its orders only give a least and a greatest time.
    """
    day = business_day(orders.c.shipped_to, cut.zone)
    known = orders.c.paid_to.is_not(None)
    exact = and_(orders.c.shipped_from == orders.c.shipped_to, orders.c.paid_from == orders.c.paid_to)
    bounded = and_(known, or_(orders.c.shipped_from != orders.c.shipped_to, orders.c.paid_from != orders.c.paid_to))
    least = _whole_seconds(orders.c.shipped_from - orders.c.paid_to)
    most = _whole_seconds(orders.c.shipped_to - orders.c.paid_from)

    def seconds(value: ColumnElement[Any], which: ColumnElement[bool]) -> ColumnElement[int]:
        return cast(func.coalesce(func.sum(value).filter(which), 0), BigInteger)

    query = (
        select(
            day.label("day"),
            shops.c.channel,
            func.count().filter(exact).label("exact"),
            seconds(least, exact).label("exact_seconds"),
            func.count().filter(bounded).label("bounded"),
            seconds(least, bounded).label("low_seconds"),
            seconds(most, bounded).label("high_seconds"),
        )
        .select_from(counted_orders())
        .where(within(orders.c.shipped_to, cut=cut, scope=scope), known)
        .group_by(day, shops.c.channel)
        .order_by(day, shops.c.channel)
    )
    return _tuples(connection, query)


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


def _whole_seconds(span: ColumnElement[timedelta]) -> ColumnElement[int]:
    """Round each order's own span, never below zero: rounding a sum would make the parts miss the whole."""
    return cast(func.round(func.greatest(func.extract("epoch", span), 0)), BigInteger)


def _tuples(connection: Connection, query: Select[Any]) -> list[Any]:
    return [tuple(row) for row in connection.execute(query)]
