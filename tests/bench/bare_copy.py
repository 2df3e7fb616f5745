"""How fast does PostgreSQL itself take the same rows, without asking what they mean?"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from tests.bench.server import settle

_BYTES_AT_ONCE = 1 << 20


def bare_copy_seconds(engine: Engine, tables: Sequence[str], *, folder: Path) -> dict[str, float]:
    """Copy each table's rows into an empty one of the same columns, constraints and indexes; return the seconds of each.

    The rows come in the order in which they lie in the table, each table in a transaction of its own that is committed.
    The new tables are made before, so that their rows are logged like anybody's.
    """
    seconds: dict[str, float] = {}
    for table in tables:
        file = folder / f"{table}.copy"
        _copy_out(engine, table, file)
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)"))
        settle(engine)
        seconds[table] = _copy_in(engine, table, file)
        with engine.begin() as connection:
            connection.execute(text(f"DROP TABLE bare_{table}"))
        file.unlink()
    return seconds


def _copy_out(engine: Engine, table: str, file: Path) -> None:
    with engine.connect() as connection, file.open("wb") as out:
        _cursor(connection).copy_expert(f"COPY {table} TO STDOUT", out, size=_BYTES_AT_ONCE)


def _copy_in(engine: Engine, table: str, file: Path) -> float:
    began = time.perf_counter()
    with engine.begin() as connection, file.open("rb") as rows:
        _cursor(connection).copy_expert(f"COPY bare_{table} FROM STDIN", rows, size=_BYTES_AT_ONCE)
    return time.perf_counter() - began


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()
