"""How is an order's one row computed from all that its sources have stated?

``orders`` is a function of claims, events, sightings and lines, computed afresh for the touched orders only; so it cannot
depend on which of them came first.
"""

from datetime import datetime

from sqlalchemy import Connection, text

from data.current_events import current_events_sql
from data.promise_sql import promised_sql
from data.writes.change_log import logged_sql
from data.writes.merge_orders import OWNED_BIT, Statement
from data.writes.span import is_new, span_of_touched, within
from models.events import ENDINGS, EVENT_TYPES, PROGRESS
from models.orders import ORDER_FIELDS, TIMED_EVENTS


def recompute_orders(connection: Connection, who: Statement) -> None:
    """Write ``orders`` for the touched orders from claims, current events and lines; unchanged rows are left alone.

    Where an event's own authority later showed the order without it, ``reverted`` or ``released`` is appended.
    """
    columns = ["stub", "stage", "on_hold", "stage_since", "created_at", *_TIMED_COLUMNS, "category", "line_source"]
    columns += [*ORDER_FIELDS, *_DECIDED]
    listed = ", ".join(columns)
    same = f"ROW({', '.join(f'kept.{c}' for c in columns)}) IS NOT DISTINCT FROM ROW({', '.join(f'EXCLUDED.{c}' for c in columns)})"
    changed = f"""
        ON CONFLICT (shop_id, order_no) DO UPDATE
        SET {", ".join(f"{c} = EXCLUDED.{c}" for c in columns)}, changed_at = EXCLUDED.changed_at
        WHERE NOT ({same})"""
    fresh = is_new(connection, "orders")
    written = f"""
        INSERT INTO orders AS kept (shop_id, order_no, {listed}, nature, first_file_id, ingested_at, changed_at)
        SELECT shop_id, order_no, {listed}, nature, file_id, as_of, CAST(:as_of AS timestamptz) FROM valued ORDER BY shop_id, order_no
        {"" if fresh else changed}"""
    connection.execute(
        text(f"""
        WITH {_FACTS},
        undone AS ({_UNDONE}),
        {_CLAIMED},
        lines AS ({_LINES}),
        computed AS (
            SELECT shop_id, order_no, touched.nature, touched.file_id, touched.as_of,
                NOT coalesce(parent, false) OR facts.created_at IS NULL OR replaced.order_no IS NOT NULL AS stub,
                coalesce(stage, 'unknown') AS stage,
                coalesce(held AND shipped_to IS NULL AND NOT ended, false) AS on_hold,
                facts.stage_since, facts.created_at, {", ".join(_TIMED_COLUMNS)}, lines.category, lines.line_source,
                {", ".join(_MASTERED.get(field, f"claimed.{field}") for field in ORDER_FIELDS)}, shops.channel
            FROM touched LEFT JOIN facts USING (shop_id, order_no)
            LEFT JOIN claimed USING (shop_id, order_no) LEFT JOIN lines USING (shop_id, order_no)
            LEFT JOIN customers USING (customer_id) LEFT JOIN shops USING (shop_id)
            LEFT JOIN (SELECT shop_id, order_no FROM gathered WHERE replaced) AS replaced USING (shop_id, order_no)
            LEFT JOIN ({_WAREHOUSE_LABELS}) AS labels ON labels.label = claimed.warehouse_code
        ),
        {promised_sql("computed", touched="touched")},
        valued AS ({_VALUED}),
        {logged_sql(written, alias="kept", fresh=fresh)}
        """),
        who.parameters() | span_of_touched(connection),
    )


def restate_orders(connection: Connection, *, as_of: datetime) -> None:
    """Recompute the touched orders after a master changed what their claims mean."""
    recompute_orders(connection, Statement("", 0, False, as_of, 0, 0, "backfill", as_of, ()))


def attach_lines(connection: Connection, who: Statement) -> None:
    """Give the touched orders their main category after lines alone have come; an order not seen yet becomes a stub."""
    connection.execute(
        text("""
        INSERT INTO orders (shop_id, order_no, stub, stage, on_hold, currency, channel, nature, first_file_id, ingested_at, changed_at)
        SELECT shop_id, order_no, true, 'unknown', false, shops.currency, shops.channel, nature, file_id, as_of, as_of
        FROM touched LEFT JOIN shops USING (shop_id)
        WHERE NOT EXISTS (SELECT FROM orders AS o WHERE (o.shop_id, o.order_no) = (touched.shop_id, touched.order_no))
        """)
    )
    connection.execute(
        text(f"""
        WITH lines AS ({_LINES}),
        {logged_sql(_ATTACHED, alias="o")}
        """),
        who.parameters() | span_of_touched(connection),
    )


_ATTACHED = """
    UPDATE orders AS o SET category = lines.category, line_source = lines.line_source, changed_at = :as_of FROM lines
    WHERE (o.shop_id, o.order_no) = (lines.shop_id, lines.order_no)
        AND (o.category, o.line_source) IS DISTINCT FROM (lines.category, lines.line_source)"""

# Claims keep a source's own words; what a master makes of them is decided here, so that a master may come late.
_MASTERED = {
    "currency": "coalesce(claimed.currency, shops.currency) AS currency",
    "region_code": "coalesce(claimed.region_code, customers.region_code) AS region_code",
    "city": "coalesce(claimed.city, customers.city) AS city",
    "warehouse_code": "coalesce(labels.warehouse_code, claimed.warehouse_code) AS warehouse_code",
}
_WAREHOUSE_LABELS = """
    SELECT DISTINCT ON (label) label, warehouse_code FROM (
        SELECT name AS label, warehouse_code FROM warehouses UNION ALL SELECT unnest(aliases), warehouse_code FROM warehouses
    ) AS named WHERE label NOT IN (SELECT warehouse_code FROM warehouses) ORDER BY label, warehouse_code"""

# What we decide of an order ourselves.
_DECIDED = ("channel", "clock_start_at", "deadline_at", "deadline_rule", "paid_reporting_minor")
# What was paid, at the rate of the business day of payment; null where there is none, until it comes (writes.masters).
_VALUED = """
    SELECT promised.*, CASE
        WHEN paid_to IS NULL THEN NULL
        WHEN promised.currency = installation.reporting_currency THEN paid_minor
        ELSE CAST(round(paid_minor * rate) AS bigint) END AS paid_reporting_minor
    FROM promised LEFT JOIN installation ON true
    LEFT JOIN fx_rates AS fx ON fx.business_day = CAST(paid_to AT TIME ZONE installation.zone AS date)
        AND fx.currency = promised.currency AND fx.reporting_currency = installation.reporting_currency"""
_TIMED_COLUMNS = [f"{event}_{end}" for event in TIMED_EVENTS for end in ("from", "to")]
_BIT = {event: 1 << place for place, event in enumerate(EVENT_TYPES)}
_MASK = "bit_or(CASE type " + " ".join(f"WHEN '{event}' THEN {bit}" for event, bit in _BIT.items()) + " END)"
_STAGE = (
    "CASE "
    + " ".join(f"WHEN mask & {_BIT[event]} <> 0 THEN '{event}'" for event in (*reversed(ENDINGS), *reversed(PROGRESS)))
    + " END AS stage"
)
_ENDED = sum(_BIT[event] for event in ENDINGS)
_FLAGS = f"{_STAGE}, mask & {_BIT['held']} <> 0 AS held, mask & {_ENDED} <> 0 AS ended"


def _times(live: str) -> str:
    """Return the time columns of an order as aggregates over events that are ``live``."""
    steps = ", ".join(repr(step) for step in PROGRESS)
    columns = [
        f"min(occurred_from) FILTER (WHERE type = 'created' AND {live}) AS created_at",
        f"max(occurred_to) FILTER (WHERE type IN ({steps}) AND ({live} OR type = 'part_shipped')) AS stage_since",
    ]
    columns += [
        f"min(occurred_{end}) FILTER (WHERE type = '{event}' AND {live}) AS {event}_{end}"
        for event in TIMED_EVENTS
        for end in ("from", "to")
    ]
    return ", ".join(columns)


# An order whose creation another undoes (a split order's child does) lives on in that one, and counts no more.
# Most orders have one statement of each event and nothing to weigh; only the others pay for choosing. A part of an order
# (package, refund) never moves the whole of it, but a part shipment shows in the stage.
_FACTS = f"""
    gathered AS MATERIALIZED (
        SELECT shop_id, order_no, count(*) FILTER (WHERE part = '') AS statements,
            {_MASK} FILTER (WHERE part = '' OR type = 'part_shipped') AS mask,
            bit_count(({_MASK} FILTER (WHERE part = ''))::bit(32)) AS types,
            min(observed_at) AS first_observed_at, max(observed_at) AS last_observed_at, bool_or(type = 'reverted') AS replaced,
            {_times("part = ''")}
        FROM order_events AS e JOIN touched USING (shop_id, order_no)
        WHERE {within("e")} AND (type NOT IN ('reverted', 'released') OR (type, part) = ('reverted', 'created'))
        GROUP BY shop_id, order_no
    ),
    contested AS MATERIALIZED (
        SELECT shop_id, order_no FROM gathered WHERE statements <> types
        UNION SELECT shop_id, order_no FROM gathered JOIN order_sightings AS s USING (shop_id, order_no)
        WHERE {within("s")} AND (seen_at <> first_observed_at OR seen_at <> last_observed_at)
    ),
    {current_events_sql("contested", span=within)},
    weighed AS (
        SELECT shop_id, order_no, {_MASK} AS mask, {_times("part = ''")} FROM current_events
        WHERE (part = '' OR type = 'part_shipped') AND undone_at IS NULL GROUP BY shop_id, order_no
    ),
    facts AS (
        SELECT shop_id, order_no, {_FLAGS}, stage_since, created_at, {", ".join(_TIMED_COLUMNS)} FROM gathered
        WHERE NOT EXISTS (SELECT FROM contested WHERE (contested.shop_id, contested.order_no) = (gathered.shop_id, gathered.order_no))
        UNION ALL SELECT shop_id, order_no, {_FLAGS}, stage_since, created_at, {", ".join(_TIMED_COLUMNS)} FROM weighed
    )"""

_UNDONE = """
    INSERT INTO order_events (shop_id, order_no, type, part, source, occurred_from, occurred_to,
        rank, observed_at, ingested_at, nature, file_id, row_number)
    SELECT shop_id, order_no, CASE type WHEN 'held' THEN 'released' ELSE 'reverted' END,
        CASE type WHEN 'held' THEN '' ELSE type END, undone_by, last_stated_at, undone_at,
        rank, undone_at, :as_of, touched.nature, touched.file_id, 0
    FROM current_events JOIN touched USING (shop_id, order_no) WHERE undone_at IS NOT NULL
    ON CONFLICT DO NOTHING"""


def _best(field: str) -> str:
    """Return the value of the source that owns the field (``owns`` of its manifest), else of the highest authority that has one."""
    authority = f"(owned & {OWNED_BIT[field]} <> 0) DESC, rank DESC"
    return (
        f"(array_agg({field} ORDER BY {authority}, observed_at DESC, manifest_version DESC, {field}) FILTER (WHERE {field} IS NOT NULL))[1]"
        f" AS {field}"
    )


_CLAIMED = f"""
    several AS MATERIALIZED (
        SELECT shop_id, order_no FROM order_claims AS c JOIN touched USING (shop_id, order_no) WHERE {within("c")}
        GROUP BY shop_id, order_no HAVING count(*) > 1
    ),
    claimed AS (
        SELECT shop_id, order_no, parent, {", ".join(ORDER_FIELDS)} FROM order_claims AS c JOIN touched USING (shop_id, order_no)
        WHERE {within("c")} AND NOT EXISTS (SELECT FROM several WHERE (several.shop_id, several.order_no) = (c.shop_id, c.order_no))
        UNION ALL
        SELECT shop_id, order_no, bool_or(parent), {", ".join(_best(field) for field in ORDER_FIELDS)}
        FROM order_claims AS c JOIN several USING (shop_id, order_no) WHERE {within("c")} GROUP BY shop_id, order_no
    )"""

# Several sources may give lines of one order; those of the source named first count. Main category: largest line amount, then
# the line's number. The largest price times 90,000 pieces is still a number to PostgreSQL.
_LINES = f"""
    SELECT DISTINCT ON (shop_id, order_no) shop_id, order_no, l.source AS line_source, l.category
    FROM order_lines AS l JOIN touched USING (shop_id, order_no) WHERE {within("l")}
    ORDER BY shop_id, order_no, l.source, coalesce(l.amount_minor, l.unit_price_minor * least(l.quantity, 90000)) DESC NULLS LAST,
        length(l.line_key), l.line_key"""
