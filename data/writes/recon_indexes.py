"""How is an empty table filled with millions of rows and indexed in the shortest time? The indexes are made afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from data.tables import metadata

_INDEX_MEMORY = "256MB"


@contextmanager
def without_indexes(connection: Connection, name: str) -> Iterator[None]:
    """Empty a table and let it be filled; one that nobody has read yet gets its indexes and its key when it is full.

    A table that had rows keeps its indexes, for whoever reads it meanwhile is not to wait.
    """
    table = metadata.tables[name]
    if connection.execute(text(f"SELECT EXISTS (SELECT FROM {name})")).scalar_one():
        connection.execute(text(f"DELETE FROM {name}"))
        yield
        return
    # emptied in this transaction, the table takes the rows without a write-ahead log
    connection.execute(text(f"TRUNCATE {name}"))
    for index in table.indexes:
        index.drop(connection)
    connection.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT pk_{name}"))
    yield
    connection.execute(text(f"SET LOCAL maintenance_work_mem = '{_INDEX_MEMORY}'"))
    key = ", ".join(column.name for column in table.primary_key)
    connection.execute(text(f"ALTER TABLE {name} ADD CONSTRAINT pk_{name} PRIMARY KEY ({key})"))
    for index in sorted(table.indexes, key=lambda each: str(each.name)):
        index.create(connection)
