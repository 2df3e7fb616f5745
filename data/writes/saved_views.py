"""How is a named view kept, shared and removed, so that only its author ever changes it?"""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text, update

from data.tables import saved_views


def lock_views(connection: Connection, *, person_id: str) -> None:
    """Let one person's saves come one after the other, until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('views of ' || :person_id, 0))"), {"person_id": person_id})


def count_views(connection: Connection, *, person_id: str, page: str, name: str | None = None) -> int:
    """Say how many views a person has on a page, of all names or of one."""
    table = saved_views.c
    query = select(func.count()).where(table.person_id == person_id, table.page == page, table.removed_at.is_(None))
    return connection.scalar(query if name is None else query.where(table.name == name)) or 0


def add_view(connection: Connection, *, person_id: str, page: str, name: str, query: str, shared: bool, saved_at: datetime) -> int:
    """Keep a view and return its number."""
    row = {"person_id": person_id, "page": page, "name": name, "query": query, "shared": shared, "saved_at": saved_at}
    return int(connection.execute(insert(saved_views).values(row).returning(saved_views.c.view_id)).scalar_one())


def set_shared(connection: Connection, *, person_id: str, view_id: int, shared: bool) -> bool:
    """Show a view to others, or no more; False where this person has no such view in the other state."""
    table = saved_views.c
    mine = (table.view_id == view_id, table.person_id == person_id, table.removed_at.is_(None))
    return connection.execute(update(saved_views).where(*mine, table.shared.is_not(shared)).values(shared=shared)).rowcount == 1


def set_removed(connection: Connection, *, person_id: str, view_id: int, removed_at: datetime) -> bool:
    """Remove a view; False where this person has no such view."""
    table = saved_views.c
    mine = (table.view_id == view_id, table.person_id == person_id, table.removed_at.is_(None))
    return connection.execute(update(saved_views).where(*mine).values(removed_at=removed_at)).rowcount == 1


def own_view(connection: Connection, *, person_id: str, view_id: int) -> tuple[str, str] | None:
    """Return page and name of a view that is this person's own and not removed."""
    table = saved_views.c
    query = select(table.page, table.name).where(table.view_id == view_id, table.person_id == person_id, table.removed_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.page, row.name)
