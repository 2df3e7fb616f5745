"""What must be equal after the same facts came in any order: orders, lines, contacts and current events.

Arrival columns, run ids and superseded event rows are left out (decision 1).
"""

from typing import Any

from sqlalchemy import Engine, text

from data.current_events import current_events_sql
from models.orders import CONTACT_FIELDS, LINE_FIELDS, ORDER_FIELDS, TIMED_EVENTS

_ORDER = (
    "stub",
    "stage",
    "on_hold",
    "created_at",
    *(f"{e}_{end}" for e in TIMED_EVENTS for end in ("from", "to")),
    "category",
    *ORDER_FIELDS,
    "channel",
    "clock_start_at",
    "deadline_at",
    "deadline_rule",
)

_QUERIES = {
    "orders": f"SELECT shop_id, order_no, {', '.join(_ORDER)} FROM orders ORDER BY 1, 2",
    "lines": f"SELECT shop_id, order_no, source, line_key, category, {', '.join(LINE_FIELDS)} FROM order_lines ORDER BY 1, 2, 3, 4",
    "contacts": f"SELECT shop_id, order_no, {', '.join(CONTACT_FIELDS)} FROM order_contacts ORDER BY 1, 2",
    "shops": "SELECT shop_id, channel, name, zone, currency FROM shops ORDER BY 1",
    "events": f"""
        WITH every AS (SELECT shop_id, order_no FROM orders), {current_events_sql("every")}
        SELECT shop_id, order_no, type, part, source, occurred_from, occurred_to, undone_at FROM current_events ORDER BY 1, 2, 3, 4
    """,
}


_KEPT = {"kept": ["alembic_version", "installation", "regions", "carriers", "calendar_days", "promise_rules"]}


def final_state(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that must not depend on the order of arrival, by kind."""
    with engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(text(query))] for name, query in _QUERIES.items()}


def empty(engine: Engine) -> None:
    """Take every fact out of a test's database, leaving its kind and its migration."""
    with engine.begin() as connection:
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL(:kept)"), _KEPT)
        connection.execute(text(f"TRUNCATE {', '.join(names.scalars())} RESTART IDENTITY"))
