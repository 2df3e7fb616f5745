"""Which source files do we still keep?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from data.tables import source_files

_MARK = (source_files.c.file_id, source_files.c.sha256, source_files.c.received_at)


@dataclass(frozen=True)
class KeptFile:
    """A source file whose content is still there."""

    file_id: int
    shop_id: str
    name: str
    received_at: datetime


@dataclass(frozen=True)
class FileMark:
    """What tells a file of this database from every file of another, or of the same one restored and gone on."""

    file_id: int
    sha256: str
    received_at: datetime


def latest_mark(connection: Connection) -> FileMark | None:
    """Return the mark of the file registered last."""
    row = connection.execute(select(*_MARK).order_by(source_files.c.file_id.desc()).limit(1)).one_or_none()
    return None if row is None else FileMark(**row._mapping)


def holds_mark(connection: Connection, mark: FileMark) -> bool:
    """Say whether the database still holds that file."""
    return connection.execute(select(*_MARK).where(source_files.c.file_id == mark.file_id)).one_or_none() == (
        mark.file_id,
        mark.sha256,
        mark.received_at,
    )


def files_received(connection: Connection, *, since: datetime, until: datetime) -> list[KeptFile]:
    """Return the kept files received in [since, until), in the order they came."""
    columns = [source_files.c[name] for name in KeptFile.__dataclass_fields__]
    statement = (
        select(*columns)
        .where(source_files.c.received_at >= since, source_files.c.received_at < until, source_files.c.erased_at.is_(None))
        .order_by(source_files.c.received_at, source_files.c.file_id)
    )
    return [KeptFile(**row._mapping) for row in connection.execute(statement)]
