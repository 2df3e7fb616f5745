"""Which source files do we still keep?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from data.tables import source_files


@dataclass(frozen=True)
class KeptFile:
    """A source file whose content is still there."""

    file_id: int
    shop_id: str
    name: str
    received_at: datetime


def files_received(connection: Connection, *, since: datetime, until: datetime) -> list[KeptFile]:
    """Return the kept files received in [since, until), in the order they came."""
    columns = [source_files.c[name] for name in KeptFile.__dataclass_fields__]
    statement = (
        select(*columns)
        .where(source_files.c.received_at >= since, source_files.c.received_at < until, source_files.c.erased_at.is_(None))
        .order_by(source_files.c.received_at, source_files.c.file_id)
    )
    return [KeptFile(**row._mapping) for row in connection.execute(statement)]
