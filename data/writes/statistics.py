"""When must the planner look at the order tables again?

Autovacuum notices growth a minute late; a first import of many files would run all of them on plans for empty tables.
"""

from sqlalchemy import Connection, Engine, text

_TABLES = ("orders", "order_claims", "order_events", "order_lines", "order_sightings", "order_contacts", "order_promises")

# Below this many orders a poor plan costs nothing worth an ANALYZE.
_WORTH_IT = 500


def analyze(connection: Connection, *tables: str) -> None:
    """Tell the planner what tables hold that this transaction has filled."""
    connection.execute(text(f"ANALYZE {', '.join(tables)}"))


def refresh_statistics(engine: Engine, *, added: int) -> None:
    """Analyze the order tables that a file of ``added`` orders may have made twice as large as the planner believes."""
    if added < _WORTH_IT:
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        grown = connection.execute(
            text("""
            SELECT relname FROM pg_class WHERE oid = ANY(CAST(:tables AS regclass[]))
                AND pg_relation_size(oid) > 2 * greatest(relpages, 8) * current_setting('block_size')::bigint
            """),
            {"tables": list(_TABLES)},
        )
        for table in grown.scalars().all():
            connection.execute(text(f"ANALYZE {table}"))
