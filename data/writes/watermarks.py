"""Up to when has a source been asked for everything, and what did each pull bring?"""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from data.tables import pulls, watermarks


def watermark_of(connection: Connection, *, source: str, shop_id: str) -> datetime | None:
    """Return the instant before which everything has been asked for and stored; None for a source never pulled."""
    statement = select(watermarks.c.watermark).where(watermarks.c.source == source, watermarks.c.shop_id == shop_id)
    return connection.scalar(statement)


def advance_watermark(connection: Connection, *, source: str, shop_id: str, to: datetime, at: datetime) -> None:
    """Move a watermark forward; it never goes back."""
    row = {"source": source, "shop_id": shop_id, "watermark": to, "updated_at": at}
    statement = upsert(watermarks).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "shop_id"],
            set_={"watermark": to, "updated_at": at},
            where=watermarks.c.watermark < to,
        )
    )


def reset_watermark(connection: Connection, *, source: str, shop_id: str, to: datetime, at: datetime) -> None:
    """Set a watermark back; only for one that lies in the future."""
    mine = (watermarks.c.source == source, watermarks.c.shop_id == shop_id)
    connection.execute(update(watermarks).where(*mine).values(watermark=to, updated_at=at))


def first_asked_at(connection: Connection, *, source: str, shop_id: str) -> datetime | None:
    """Return when this source was asked for the very first time: what lies before is its history."""
    first: datetime | None = connection.scalar(
        select(func.min(pulls.c.started_at)).where(pulls.c.source == source, pulls.c.shop_id == shop_id)
    )
    return first


def begin_pull(connection: Connection, *, source: str, shop_id: str, since: datetime, until: datetime, nature: str, at: datetime) -> int:
    """Write that a window is being asked for; return the pull's id. Pulls of before that never ended have died."""
    dead = (pulls.c.source == source, pulls.c.shop_id == shop_id, pulls.c.finished_at.is_(None))
    connection.execute(update(pulls).where(*dead).values(finished_at=at, error="进程在拉取中消失 the process died during the pull"))
    statement = (
        insert(pulls)
        .values(source=source, shop_id=shop_id, window_from=since, window_to=until, nature=nature, started_at=at)
        .returning(pulls.c.pull_id)
    )
    return int(connection.execute(statement).scalar_one())


def finish_pull(connection: Connection, *, pull_id: int, files: int, rows: int, refused: int, error: str | None, at: datetime) -> None:
    """Write what a window brought, or why it did not."""
    connection.execute(
        update(pulls).where(pulls.c.pull_id == pull_id).values(finished_at=at, files=files, rows=rows, refused=refused, error=error)
    )
