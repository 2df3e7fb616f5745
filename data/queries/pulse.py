"""Is the data alive: how much is there, how old is it, and what was refused? (For the health and metrics routes.)"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal, select

from data.queries.cut import counted_orders
from data.tables import file_runs, orders, source_files


@dataclass(frozen=True)
class SourcePulse:
    """One source's last file."""

    shop_id: str
    source: str
    last_file_at: datetime
    refused: int


def order_count(connection: Connection) -> int:
    """Count the orders of this installation, stubs left out."""
    return int(connection.scalar(select(func.count()).select_from(counted_orders()).where(orders.c.stub.is_(False))) or 0)


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
