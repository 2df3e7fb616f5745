"""Which stock does a question speak of, and which of it may this person see?

Stock has no shop: whoever sees any shop sees the stock of their warehouses. What orders ask of it (holds, what is short, what a channel
shows) has a shop and a channel, and is limited by them too.
"""

from typing import Any

from sqlalchemy import Connection, text

from data.queries.cut import UNSORTED
from data.queries.health import Part
from models.scope import Scope


def sees_stock(connection: Connection, *, scope: Scope) -> bool:
    """Say whether a scope lets one see any stock at all."""
    if scope.warehouses == ():
        return False
    if scope.shops is None and scope.channels is None:
        return True
    condition, given = "true", dict[str, Any]()
    for column, codes in (("shop_id", scope.shops), ("channel", scope.channels)):
        if codes is not None:
            condition, given = f"{condition} AND {column} = ANY(:{column})", given | {column: list(codes)}
    return bool(connection.execute(text(f"SELECT EXISTS (SELECT FROM shops WHERE {condition})"), given).scalar_one())


def stock_of(scope: Scope, part: Part, *, relation: str) -> tuple[str, dict[str, Any]]:
    """Return the condition of a relation with a SKU and a warehouse within scope and part, beginning with AND, and its parameters."""
    found, given = "", dict[str, Any]()
    if scope.warehouses is not None:
        found, given = (
            f"{found} AND {relation}.warehouse_code = ANY(:scope_warehouses)",
            given | {"scope_warehouses": list(scope.warehouses)},
        )
    if part.warehouses:
        found, given = f"{found} AND {relation}.warehouse_code = ANY(:warehouses)", given | {"warehouses": list(part.warehouses)}
    return f"{found}{_categories(part, given, relation=relation)}", given


def asked_of(scope: Scope, part: Part, *, relation: str, warehouse: str | None = "warehouse_code") -> tuple[str, dict[str, Any]]:
    """Return the same for what orders ask of stock: it has a shop and a channel, and its ``warehouse`` may be null, or no column."""
    found, given = "", dict[str, Any]()
    if scope.shops is not None:
        found, given = f"{found} AND {relation}.shop_id = ANY(:scope_shops)", given | {"scope_shops": list(scope.shops)}
    if scope.channels is not None:
        found, given = f"{found} AND {relation}.channel = ANY(:scope_channels)", given | {"scope_channels": list(scope.channels)}
    if part.channels:
        found, given = f"{found} AND {relation}.channel = ANY(:channels)", given | {"channels": list(part.channels)}
    if warehouse is not None:
        if scope.warehouses is not None:
            found += f" AND {relation}.{warehouse} = ANY(:scope_warehouses)"
            given |= {"scope_warehouses": list(scope.warehouses)}
        if part.warehouses:
            empty = f" OR {relation}.{warehouse} IS NULL" if UNSORTED in part.warehouses else ""
            found += f" AND ({relation}.{warehouse} = ANY(:warehouses){empty})"
            given |= {"warehouses": list(part.warehouses)}
    return f"{found}{_categories(part, given, relation=relation)}", given


# The row of a SKU that is valid now.
NAMED = """LEFT JOIN LATERAL (
        SELECT k.name, k.category FROM skus AS k WHERE k.sku_code = {relation}.sku_code ORDER BY k.valid_from DESC LIMIT 1
    ) AS named ON true"""


def named(relation: str) -> str:
    """Return the join that gives each SKU of a relation its ``named.name`` and ``named.category``."""
    return NAMED.format(relation=relation)


def _categories(part: Part, given: dict[str, Any], *, relation: str) -> str:
    if not part.categories:
        return ""
    given["categories"] = list(part.categories)
    among = f"""{relation}.sku_code IN (SELECT last.sku_code FROM (
            SELECT DISTINCT ON (k.sku_code) k.sku_code, k.category FROM skus AS k ORDER BY k.sku_code, k.valid_from DESC
        ) AS last WHERE coalesce(last.category, '') = ANY(:categories))"""
    if UNSORTED not in part.categories:
        return f" AND {among}"
    return f" AND ({among} OR NOT EXISTS (SELECT FROM skus AS k WHERE k.sku_code = {relation}.sku_code))"


def expired(as_of: str = ":as_of") -> str:
    """Return a CTE ``expired``: pieces of holds that are past their end and not swept yet, by SKU and warehouse; they hold nothing."""
    return f"""expired AS (SELECT h.sku_code, h.warehouse_code, sum(h.units)::bigint AS units FROM holds AS h
            WHERE h.state = 'placed' AND h.expires_at <= {as_of} GROUP BY h.sku_code, h.warehouse_code)"""
