"""Which statement of each event do we believe, for some orders, in SQL?

The order of choice is ``models.events.current_event``; a test holds the two together. On top of it, a bounded event is
narrowed by what files showed, and an event is undone where its own authority later showed the order without it.
"""

from collections.abc import Callable

from models.events import EVENT_TYPES, OPEN_STATUSES, RANK_OWNER, RANK_WAREHOUSE, WAREHOUSE_OWNS, shows

# An event that a later sighting undoes leaves a ``reverted`` row, a hold a ``released`` one; these undo nothing themselves.
_NOT_UNDONE = ("created", "returned", "reverted", "released")

# models.events.authority
_OWNED = ", ".join(repr(event) for event in WAREHOUSE_OWNS)
_AUTHORITY = f"CASE WHEN rank = {RANK_WAREHOUSE} AND type IN ({_OWNED}) THEN {RANK_OWNER} ELSE rank END"

_SHOWN = ", ".join(f"('{status}', '{event}')" for status in OPEN_STATUSES for event in EVENT_TYPES if shows(status, event))
SHOWN = f"(VALUES {_SHOWN}) AS shown (status, type)"


def current_events_sql(keys: str, *, span: Callable[[str], str] = lambda relation: "true") -> str:
    """Return the CTEs that end in ``current_events`` for the orders in relation ``keys`` (shop_id, order_no).

    ``span`` gives a condition that all of them meet, for a relation with their keys: it saves reading a table whole.
    ``current_events`` has one row per (shop_id, order_no, type, part): rank, source, occurred_from, occurred_to,
    observed_at, last_stated_at, undone_at (null unless undone) and undone_by. Rows of type ``reverted`` and
    ``released`` are consequences, left out here and written by the merge.
    """
    not_undone = ", ".join(repr(event) for event in _NOT_UNDONE)
    return f"""
    statements AS (
        SELECT e.* FROM order_events AS e JOIN {keys} USING (shop_id, order_no)
        WHERE {span("e")} AND e.type NOT IN ('reverted', 'released')
    ),
    believed AS (
        SELECT DISTINCT ON (shop_id, order_no, type, part) *,
            max(observed_at) OVER (PARTITION BY shop_id, order_no, type, part, rank) AS last_stated_at
        FROM statements
        ORDER BY shop_id, order_no, type, part, (occurred_from = occurred_to) DESC, {_AUTHORITY} DESC,
            occurred_to - occurred_from, observed_at DESC, occurred_from, source
    ),
    sightings AS (
        SELECT s.* FROM order_sightings AS s JOIN {keys} USING (shop_id, order_no) WHERE {span("s")}
    ),
    without AS (
        SELECT b.shop_id, b.order_no, b.type, b.part,
            max(s.seen_at) FILTER (WHERE s.seen_at < b.occurred_to AND b.occurred_from < b.occurred_to) AS last_without,
            min(s.seen_at) FILTER (WHERE s.seen_at > b.last_stated_at) AS undone_at,
            min(s.source) FILTER (WHERE s.seen_at > b.last_stated_at) AS undone_by
        FROM believed AS b
        JOIN sightings AS s ON s.shop_id = b.shop_id AND s.order_no = b.order_no AND s.rank = b.rank
        WHERE NOT EXISTS (SELECT FROM {SHOWN} WHERE shown.status = s.status AND shown.type = b.type)
        GROUP BY b.shop_id, b.order_no, b.type, b.part
    ),
    current_events AS (
        SELECT b.shop_id, b.order_no, b.type, b.part, b.rank, b.source, b.observed_at, b.last_stated_at, b.occurred_to,
            greatest(b.occurred_from, w.last_without) AS occurred_from,
            CASE WHEN b.part = '' AND b.type NOT IN ({not_undone}) THEN w.undone_at END AS undone_at,
            w.undone_by
        FROM believed AS b LEFT JOIN without AS w USING (shop_id, order_no, type, part)
    )"""
