"""Is the data alive: how much is there, how old is it, and what was refused? (For the health and metrics routes.)"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select, text

from data.tables import file_runs, orders, source_files


@dataclass(frozen=True)
class SourcePulse:
    """One source's last file."""

    shop_id: str
    source: str
    last_file_at: datetime
    refused: int


def order_estimate(connection: Connection) -> int | None:
    """Say how many orders the planner takes there to be, stubs among them; None before the first ANALYZE.

    A count would read every order at every scrape; this reads one row and is as fresh as the last ANALYZE.
    """
    rows = connection.scalar(text("SELECT reltuples FROM pg_class WHERE oid = CAST(:name AS regclass)"), {"name": orders.name})
    return None if rows is None or rows < 0 else int(rows)


def last_files(connection: Connection) -> list[SourcePulse]:
    """Return every source's last file and how many of its rows were refused, over all its files."""
    query = (
        select(
            source_files.c.shop_id,
            file_runs.c.source,
            func.max(source_files.c.received_at).label("last_file_at"),
            func.sum(file_runs.c.refused).label("refused"),
        )
        .join(source_files, source_files.c.file_id == file_runs.c.file_id)
        .group_by(source_files.c.shop_id, file_runs.c.source)
    )
    return [SourcePulse(**{**row, "refused": int(row["refused"])}) for row in connection.execute(query).mappings()]


def answers(connection: Connection) -> bool:
    """Say whether the database answers."""
    return connection.scalar(select(literal(1))) == 1
