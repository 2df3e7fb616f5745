"""When must the planner look at the order tables again?

Autovacuum notices growth a minute late; a first import of many files would run all of them on plans for empty tables.
"""

from sqlalchemy import Engine, text

_TABLES = ("orders", "order_claims", "order_events", "order_lines", "order_sightings", "order_contacts")

# Below this many orders a poor plan costs nothing worth an ANALYZE.
_WORTH_IT = 500
_GROWTH = 0.2


def refresh_statistics(engine: Engine, *, added: int) -> None:
    """Analyze the order tables when a file of ``added`` orders made them notably larger than the planner believes."""
    if added < _WORTH_IT:
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        believed = connection.execute(text("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'orders'::regclass")).scalar_one()
        if added > _GROWTH * believed:
            for table in _TABLES:
                connection.execute(text(f"ANALYZE {table}"))
