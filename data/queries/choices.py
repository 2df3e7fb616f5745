"""What can a person choose from in the filter bar?"""

from typing import Any

from sqlalchemy import Connection, Select, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from data.queries.cut import visible_shops
from data.tables import carriers, regions, shops, skus, warehouses
from models.scope import Scope


def channels(connection: Connection, *, scope: Scope) -> list[str]:
    """Return the channels of the visible shops, by name."""
    query = select(shops.c.channel).where(visible_shops(scope)).distinct().order_by(shops.c.channel)
    return list(connection.scalars(query))


def region_names(connection: Connection, *, scope: Scope) -> list[tuple[str, str, str]]:
    """Return every region as ``region_code, name_zh, name_en``; regions are nobody's secret."""
    query = select(regions.c.region_code, regions.c.name_zh, regions.c.name_en).order_by(regions.c.region_code)
    return _tuples(connection, query)


def areas(connection: Connection) -> list[tuple[str, tuple[str, ...]]]:
    """Return the areas of more regions than one that are not overseas, each with its regions."""
    of_area = func.array_agg(aggregate_order_by(regions.c.region_code, regions.c.region_code))
    query = select(regions.c.area, of_area).where(regions.c.area != "overseas").group_by(regions.c.area).having(func.count() > 1)
    return [(area, tuple(codes)) for area, codes in connection.execute(query.order_by(func.min(regions.c.region_code)))]


def categories(connection: Connection, *, scope: Scope) -> list[str]:
    """Return the categories of the SKU master; categories are nobody's secret."""
    query = select(skus.c.category).where(skus.c.category.is_not(None)).distinct().order_by(skus.c.category)
    return list(connection.scalars(query))


def warehouse_names(connection: Connection, *, scope: Scope) -> list[tuple[str, str]]:
    """Return the visible warehouses as ``warehouse_code, name``."""
    mine = true() if scope.warehouses is None else warehouses.c.warehouse_code.in_(scope.warehouses)
    query = select(warehouses.c.warehouse_code, warehouses.c.name).where(mine).order_by(warehouses.c.warehouse_code)
    return _tuples(connection, query)


def carrier_names(connection: Connection) -> list[tuple[str, str, str]]:
    """Return every carrier as ``carrier_code, name_zh, name_en``; carriers are nobody's secret."""
    return _tuples(connection, select(carriers.c.carrier_code, carriers.c.name_zh, carriers.c.name_en).order_by(carriers.c.carrier_code))


def shop_names(connection: Connection, *, scope: Scope) -> list[tuple[str, str, str]]:
    """Return the visible shops as ``shop_id, channel, name``."""
    query = select(shops.c.shop_id, shops.c.channel, shops.c.name).where(visible_shops(scope))
    return _tuples(connection, query.order_by(shops.c.channel, shops.c.shop_id))


def _tuples(connection: Connection, query: Select[Any]) -> list[Any]:
    return [tuple(row) for row in connection.execute(query)]
