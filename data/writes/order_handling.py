"""How does an order get an owner, so that of two who take it at once exactly one has it, and how is a comment kept?"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, text

from data.queries.workbench_facts import UNSHIPPED
from data.tables import order_comments


def set_owner(connection: Connection, *, shop_id: str, order_no: str, owner: str | None, seen: int, set_by: str, set_at: datetime) -> bool:
    """Give an order to somebody, or to nobody, as the version after the one seen; False where somebody else was first."""
    first = """
        INSERT INTO order_owners (shop_id, order_no, owner, version, set_by, set_at)
        VALUES (:shop_id, :order_no, :owner, 1, :set_by, :set_at) ON CONFLICT DO NOTHING"""
    later = """
        UPDATE order_owners SET owner = :owner, version = version + 1, set_by = :set_by, set_at = :set_at
        WHERE shop_id = :shop_id AND order_no = :order_no AND version = :seen"""
    given = {"shop_id": shop_id, "order_no": order_no, "owner": owner, "seen": seen, "set_by": set_by, "set_at": set_at}
    if connection.execute(text(later if seen else first), given).rowcount != 1:
        return False
    connection.execute(text(_MOVED), given)
    return True


# Whoever looks at an open order in the workbench has seen an older version from now on.
_MOVED = f"""
    INSERT INTO order_cases AS kept (shop_id, order_no, channel, state, version, opened_at, last_action, last_by, last_at)
    SELECT shop_id, order_no, coalesce(channel, ''), CASE WHEN CAST(:owner AS text) IS NULL THEN 'open' ELSE 'claimed' END, 1, :set_at,
        CASE WHEN :owner = :set_by THEN 'claim' ELSE 'assign' END, :set_by, :set_at
    FROM orders WHERE shop_id = :shop_id AND order_no = :order_no AND stage IN ({", ".join(repr(stage) for stage in UNSHIPPED)})
    ON CONFLICT (shop_id, order_no) DO UPDATE SET version = kept.version + 1, last_action = EXCLUDED.last_action,
        last_by = EXCLUDED.last_by, last_at = EXCLUDED.last_at,
        state = CASE WHEN kept.state IN ('open', 'claimed') THEN EXCLUDED.state ELSE kept.state END"""


def add_comment(
    connection: Connection, *, shop_id: str, order_no: str, person_id: str, words: str, mentions: Sequence[str], at: datetime
) -> int:
    """Keep a comment and return its number."""
    row = {"shop_id": shop_id, "order_no": order_no, "person_id": person_id, "at": at, "text": words, "mentions": list(mentions)}
    return int(connection.execute(insert(order_comments).values(row).returning(order_comments.c.comment_id)).scalar_one())
