"""Is this a shop that we know?"""

from sqlalchemy import Connection, exists, select

from data.tables import shops


def is_shop(connection: Connection, *, shop_id: str) -> bool:
    """Say whether a shop of this id is known."""
    return bool(connection.scalar(select(exists().where(shops.c.shop_id == shop_id))))
