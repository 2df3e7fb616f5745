"""What do we remove, and what do we write down about having removed it?"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from data.tables import audit_log, erased_contacts, order_contacts, orders, source_files


def erase_contact(connection: Connection, *, shop_id: str, order_no: str, person_id: str, at: datetime) -> bool:
    """Erase a buyer's contact by order, for good: files that come again do not bring it back. False for an unknown order."""
    # a file of the same order may be under way: whichever comes second sees the other
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('orders of ' || :shop_id, 0))"), {"shop_id": shop_id})
    known = connection.scalar(select(exists().where(orders.c.shop_id == shop_id, orders.c.order_no == order_no)))
    mine = (order_contacts.c.shop_id == shop_id, order_contacts.c.order_no == order_no)
    removed = connection.execute(delete(order_contacts).where(*mine)).rowcount
    if not known and not removed:
        return False
    tombstone = upsert(erased_contacts).values(shop_id=shop_id, order_no=order_no, erased_at=at)
    connection.execute(tombstone.on_conflict_do_nothing())
    said = {
        "at": at,
        "person_id": person_id,
        "action": "erase_contact",
        "subject": f"{shop_id}/{order_no}",
        "detail": {"contacts": removed},
    }
    connection.execute(insert(audit_log).values(said))
    return True


def erase_old_contacts(connection: Connection, *, before: datetime) -> int:
    """Remove contacts learnt before this instant; return how many."""
    return connection.execute(delete(order_contacts).where(order_contacts.c.ingested_at < before)).rowcount


def old_files(connection: Connection, *, before: datetime) -> list[tuple[int, str]]:
    """Return (file_id, sha256) of the kept files received before this instant, the oldest first.

    A content that another shop gave later is not among them: its kept file still serves that one.
    """
    younger = source_files.alias()
    statement = (
        select(source_files.c.file_id, source_files.c.sha256)
        .where(source_files.c.received_at < before, source_files.c.erased_at.is_(None))
        .where(~exists().where(younger.c.sha256 == source_files.c.sha256, younger.c.received_at >= before))
        .order_by(source_files.c.received_at, source_files.c.file_id)
    )
    return [(row.file_id, row.sha256) for row in connection.execute(statement)]


def mark_files_erased(connection: Connection, *, file_ids: Sequence[int], at: datetime) -> None:
    """Write that retention has removed these kept files."""
    if file_ids:
        connection.execute(update(source_files).where(source_files.c.file_id.in_(file_ids)).values(erased_at=at))
