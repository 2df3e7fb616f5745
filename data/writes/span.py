"""Between which keys do the touched orders lie, so that no step reads a whole table for a part of it?"""

from sqlalchemy import Connection, text


def span_of_touched(connection: Connection) -> dict[str, object]:
    """Return the bind parameters of ``within``: first and last shop and order number touched; null where nothing is."""
    row = connection.execute(
        text("""
        SELECT min(shop_id) AS first_shop, max(shop_id) AS last_shop, min(order_no) AS first_no, max(order_no) AS last_no FROM touched
        """)
    ).one()
    return dict(row._mapping)


def is_new(connection: Connection, table: str) -> bool:
    """Say whether a table has nothing of the touched orders for certain, so that nothing can conflict with what is inserted.

    Exports come one period after the other: most often there is nothing at all between their first and last order.
    Holds until the transaction ends where the orders' shops are locked.
    """
    asked = text(f"SELECT NOT EXISTS (SELECT FROM {table} AS there WHERE {within('there')})")
    return bool(connection.execute(asked, span_of_touched(connection)).scalar_one())


def within(relation: str) -> str:
    """Return the condition that holds for every touched order's rows of a relation, and that an index answers.

    A join with ``touched`` says more, but the planner cannot know that a file's orders lie close together.
    """
    return f"({relation}.shop_id BETWEEN :first_shop AND :last_shop AND {relation}.order_no BETWEEN :first_no AND :last_no)"
