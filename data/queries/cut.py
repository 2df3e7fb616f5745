"""Which orders does a question speak of, and which of them may this person see?"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Date, Select, and_, cast, false, func, or_, select, true
from sqlalchemy.sql.elements import KeyedColumnElement
from sqlalchemy.sql.selectable import Join

from data.tables import orders, shops
from models.scope import Scope

# Stands for 未归类 (a null) in a tuple of chosen codes; no real code is empty.
UNSORTED = ""


@dataclass(frozen=True)
class Cut:
    """A half-open period in UTC, days of one business zone, and chosen codes; an empty tuple means all of them."""

    since: datetime
    until: datetime
    zone: str
    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()

    def moved(self, by: timedelta) -> "Cut":
        """Return the same cut over a period moved by ``by``."""
        return replace(self, since=self.since + by, until=self.until + by)


def counted_orders() -> Join:
    """Return orders with their shop, from which every figure of orders starts."""
    return orders.join(shops, orders.c.shop_id == shops.c.shop_id)


def within(when: ColumnElement[datetime], *, cut: Cut, scope: Scope) -> ColumnElement[bool]:
    """Return the condition of every figure: an order proper, in the period by ``when``, in the cut, in the scope."""
    return and_(
        orders.c.stub == false(),
        when >= cut.since,
        when < cut.until,
        chosen(shops.c.channel, cut.channels),
        chosen(orders.c.region_code, cut.regions),
        chosen(orders.c.category, cut.categories),
        chosen(orders.c.warehouse_code, cut.warehouses),
        visible_orders(scope),
    )


def chosen(column: ColumnElement[str] | KeyedColumnElement[str], codes: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the chosen codes; nothing chosen means anything goes."""
    if not codes:
        return true()
    among = column.in_([code for code in codes if code != UNSORTED])
    return or_(among, column.is_(None)) if UNSORTED in codes else among


def visible_orders(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a person's scope lets them see an order (joined to its shop)."""
    limit: list[ColumnElement[bool]] = [visible_shops(scope)]
    if scope.warehouses is not None:
        limit.append(orders.c.warehouse_code.in_(scope.warehouses))
    return and_(true(), *limit)


def visible_shops(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that a person's scope lets them see a shop."""
    limit: list[ColumnElement[bool]] = []
    if scope.shops is not None:
        limit.append(shops.c.shop_id.in_(scope.shops))
    if scope.channels is not None:
        limit.append(shops.c.channel.in_(scope.channels))
    return and_(true(), *limit)


def visible_channels(channel: KeyedColumnElement[str], *, scope: Scope, everywhere: str) -> ColumnElement[bool]:
    """Return the condition that a person may see what is said of a channel: all of it, or of one of their shops or of ``everywhere``."""
    if scope.shops is None and scope.channels is None:
        return true()
    return or_(channel == everywhere, channel.in_(select(shops.c.channel).where(visible_shops(scope))))


def business_day(when: ColumnElement[datetime], zone: str) -> ColumnElement[object]:
    """Return the calendar day of an instant in the business zone."""
    return cast(func.timezone(zone, when), Date)


def shops_in(scope: Scope) -> Select[tuple[str]]:
    """Return the ids of the shops that a person may see, for use inside another question."""
    return select(shops.c.shop_id).where(visible_shops(scope))
