"""How do staged statements become the orders everybody reads?

Claims, events, sightings and contacts are stored so that any order of arrival ends in the same rows; ``orders`` is then
computed afresh, for the touched orders only, from all that is known of them. Steps run inside the caller's transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime

from sqlalchemy import Connection, text

from data.current_events import current_events_sql
from data.writes.span import is_new, span_of_touched, within
from models.events import ENDINGS, EVENT_TYPES, PROGRESS, RANK_WAREHOUSE
from models.orders import CONTACT_FIELDS, ORDER_FIELDS, TIMED_EVENTS


@dataclass(frozen=True)
class Statement:
    """Who speaks: one file, read through one table of one manifest.

    ``fields`` are the ORDER_FIELDS that the file had; ``combine`` says how an order's several rows make one value
    (same, sum, min or max; same where it is silent). ``columns_mark`` tells files of one table apart that lack different
    columns: a shorter export must not erase what a longer one said.
    """

    source: str
    rank: int
    parent: bool
    observed_at: datetime
    manifest_version: int
    file_id: int
    nature: str
    as_of: datetime
    fields: tuple[str, ...]
    combine: Mapping[str, str] = dataclass_field(default_factory=dict)
    columns_mark: str = ""

    def parameters(self) -> dict[str, object]:
        """Return the bind parameters shared by every statement here."""
        return {
            "source": self.source,
            "claim_source": self.source + self.columns_mark,
            "rank": self.rank,
            "parent": self.parent,
            "observed_at": self.observed_at,
            "version": self.manifest_version,
            "file_id": self.file_id,
            "nature": self.nature,
            "as_of": self.as_of,
        }


# Rows are stored in the order of their file, which is most often that of their keys: index pages are then filled one by one.


def mark_touched(connection: Connection, who: Statement) -> int:
    """Collect the orders that the staged rows speak of and return how many; locks their shops for this transaction."""
    connection.execute(
        text("""
        INSERT INTO touched (shop_id, order_no, nature, file_id, as_of)
        SELECT shop_id, order_no, :nature, :file_id, CAST(:as_of AS timestamptz) FROM (
            SELECT shop_id, order_no, row_number FROM stage_orders
            UNION ALL SELECT shop_id, order_no, row_number FROM stage_events
            UNION ALL SELECT shop_id, order_no, row_number FROM stage_lines
        ) AS named GROUP BY shop_id, order_no ORDER BY min(row_number)
        """),
        who.parameters(),
    )
    return prepare_touched(connection)


def prepare_touched(connection: Connection, *, alone: bool = True) -> int:
    """Lock the shops of the touched orders, tell the planner how many orders there are, and return that."""
    connection.execute(text("ANALYZE touched (shop_id, order_no)"))
    lock_touched_shops(connection, alone=alone)
    count = int(connection.execute(text("SELECT count(*) FROM touched")).scalar_one())
    plan_for(connection, count)
    return count


# From this share of all orders on, reading a table whole beats looking orders up one by one; the planner, which sees
# little of what the steps pass each other, would guess single rows and loop.
_WHOLE_TABLE_SHARE = 0.02
_FEW_ORDERS = 500


def plan_for(connection: Connection, count: int) -> None:
    """Keep the planner from looping over many touched orders for the rest of this transaction."""
    believed = connection.execute(text("SELECT reltuples FROM pg_class WHERE oid = 'orders'::regclass")).scalar_one()
    if count > max(_FEW_ORDERS, _WHOLE_TABLE_SHARE * believed):
        connection.execute(text("SET LOCAL enable_nestloop = off"))


def lock_touched_shops(connection: Connection, *, alone: bool) -> None:
    """Let one transaction at a time change the orders of a shop; shops are locked in one order, so no two can wait for each other.

    Without ``alone`` others that are not alone either may go on beside it: they see to it that no order is touched by two.
    """
    how = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    connection.execute(
        text(f"""
        SELECT {how}(hashtextextended('orders of ' || shop_id, 0))
        FROM (SELECT DISTINCT shop_id FROM touched ORDER BY shop_id) AS shops
        """)
    )


def store_claims(connection: Connection, who: Statement) -> None:
    """Keep what this file says of each order, unless a later file of the same kind has spoken already."""
    if not who.fields and not who.parent:
        return
    picked = "".join(f", {_AGGREGATE[who.combine.get(field, 'same')].format(field)} AS {field}" for field in who.fields)
    columns = "".join(f", {field}" for field in who.fields)
    updates = ", ".join(
        f"{field} = EXCLUDED.{field}" for field in ("rank", "parent", "observed_at", "manifest_version", *_ORIGIN, *who.fields)
    )
    later = f"""
        ON CONFLICT (shop_id, order_no, source) DO UPDATE SET {updates}
        WHERE (EXCLUDED.observed_at, EXCLUDED.manifest_version) > (kept.observed_at, kept.manifest_version)
            OR ((EXCLUDED.observed_at, EXCLUDED.manifest_version) = (kept.observed_at, kept.manifest_version)
                AND ({content_order("EXCLUDED", who.fields)}) > ({content_order("kept", who.fields)}))"""
    connection.execute(
        text(f"""
        INSERT INTO order_claims AS kept
            (shop_id, order_no, source, rank, parent, observed_at, manifest_version, file_id, row_number{columns})
        SELECT shop_id, order_no, :claim_source, :rank, :parent, :observed_at, :version, :file_id, min(row_number){picked}
        FROM stage_orders GROUP BY shop_id, order_no ORDER BY min(row_number)
        {"" if is_new(connection, "order_claims") else later}
        """),
        who.parameters(),
    )


# A value that repeats on an order's rows is taken once; should the rows disagree, the largest is, whatever their order.
# A sum beyond all numbers is missing rather than the end of the file.
_BEYOND = 2**63 - 1
_AGGREGATE = {"same": "max({})", "sum": f"nullif(least(sum({{}}), {_BEYOND}), {_BEYOND})", "min": "min({})", "max": "max({})"}
_ORIGIN = ("file_id", "row_number")


def content_order(relation: str, fields: tuple[str, ...]) -> str:
    """Return one text that orders rows the same way on every run, whatever is null in them."""
    return "ROW(" + ", ".join(f"{relation}.{field}" for field in fields) + ')::text COLLATE "C"'


def store_events(connection: Connection, who: Statement) -> None:
    """Append every distinct statement; one made before only remembers the latest file that repeated it.

    A bounded event reaches to when the file was observed, and over a second at least, the sources' own resolution: an
    interval of nothing would pass for an exact time.
    """
    staged = """
        SELECT shop_id, order_no, type, part, min(row_number) AS row_number,
            occurred_from, coalesce(occurred_to, greatest(:observed_at, occurred_from + interval '1 second')) AS occurred_to
        FROM stage_events GROUP BY shop_id, order_no, type, part, 6, 7 ORDER BY min(row_number)"""
    again = """
        ON CONFLICT (shop_id, order_no, type, part, source, occurred_from, occurred_to) DO UPDATE
        SET observed_at = EXCLUDED.observed_at, rank = EXCLUDED.rank WHERE kept.observed_at < EXCLUDED.observed_at"""
    connection.execute(
        text(f"""
        INSERT INTO order_events AS kept (shop_id, order_no, type, part, source, occurred_from, occurred_to,
            rank, observed_at, ingested_at, nature, file_id, row_number)
        SELECT shop_id, order_no, type, part, :source, occurred_from, occurred_to,
            :rank, :observed_at, :as_of, :nature, :file_id, row_number
        FROM ({staged}) AS staged
        {"" if is_new(connection, "order_events") else again}
        """),
        who.parameters(),
    )
    connection.execute(
        text("""
        INSERT INTO order_sightings (shop_id, order_no, source, status, seen_at, rank)
        SELECT DISTINCT shop_id, order_no, :source, status, CAST(:observed_at AS timestamptz), CAST(:rank AS smallint) FROM stage_sightings
        ON CONFLICT DO NOTHING
        """),
        who.parameters(),
    )


def store_contacts(connection: Connection, who: Statement) -> None:
    """Keep the latest personal data of each order, apart from everything else; never again what a buyer had erased."""
    columns = ", ".join(CONTACT_FIELDS)
    updates = ", ".join(f"{field} = EXCLUDED.{field}" for field in ("rank", "observed_at", "manifest_version", *CONTACT_FIELDS))
    later = f"""
        ON CONFLICT (shop_id, order_no) DO UPDATE SET {updates}
        WHERE (EXCLUDED.rank, EXCLUDED.observed_at, EXCLUDED.manifest_version) > (kept.rank, kept.observed_at, kept.manifest_version)
            OR ((EXCLUDED.rank, EXCLUDED.observed_at, EXCLUDED.manifest_version) = (kept.rank, kept.observed_at, kept.manifest_version)
                AND {content_order("EXCLUDED", CONTACT_FIELDS)} > {content_order("kept", CONTACT_FIELDS)})"""
    connection.execute(
        text(f"""
        INSERT INTO order_contacts AS kept (shop_id, order_no, rank, observed_at, manifest_version, {columns}, ingested_at)
        SELECT DISTINCT ON (shop_id, order_no) shop_id, order_no, :rank, :observed_at, :version, {columns}, :as_of
        FROM stage_contacts AS staged
        WHERE coalesce({columns}) IS NOT NULL
            AND NOT EXISTS (SELECT FROM erased_contacts AS e WHERE (e.shop_id, e.order_no) = (staged.shop_id, staged.order_no))
        ORDER BY shop_id, order_no, {content_order("staged", CONTACT_FIELDS)} DESC
        {"" if is_new(connection, "order_contacts") else later}
        """),
        who.parameters(),
    )


def recompute_orders(connection: Connection, who: Statement) -> None:
    """Write ``orders`` for the touched orders from claims, current events and lines; unchanged rows are left alone.

    Where an event's own authority later showed the order without it, ``reverted`` or ``released`` is appended.
    """
    columns = ["stub", "stage", "on_hold", "created_at", *_TIMED_COLUMNS, "category", "line_source", *ORDER_FIELDS]
    listed = ", ".join(columns)
    same = f"ROW({', '.join(f'kept.{c}' for c in columns)}) IS NOT DISTINCT FROM ROW({', '.join(f'EXCLUDED.{c}' for c in columns)})"
    changed = f"""
        ON CONFLICT (shop_id, order_no) DO UPDATE
        SET {", ".join(f"{c} = EXCLUDED.{c}" for c in columns)}, changed_at = EXCLUDED.changed_at
        WHERE NOT ({same})"""
    connection.execute(
        text(f"""
        WITH {_FACTS},
        undone AS ({_UNDONE}),
        {_CLAIMED},
        lines AS ({_LINES}),
        computed AS (
            SELECT shop_id, order_no, touched.nature, touched.file_id, touched.as_of,
                NOT coalesce(parent, false) OR facts.created_at IS NULL AS stub, coalesce(stage, 'unknown') AS stage,
                coalesce(held AND shipped_to IS NULL AND NOT ended, false) AS on_hold,
                facts.created_at, {", ".join(_TIMED_COLUMNS)}, lines.category, lines.line_source,
                {", ".join(_MASTERED.get(field, f"claimed.{field}") for field in ORDER_FIELDS)}
            FROM touched LEFT JOIN facts USING (shop_id, order_no)
            LEFT JOIN claimed USING (shop_id, order_no) LEFT JOIN lines USING (shop_id, order_no)
            LEFT JOIN customers USING (customer_id) LEFT JOIN shops USING (shop_id)
            LEFT JOIN ({_WAREHOUSE_LABELS}) AS labels ON labels.label = claimed.warehouse_code
        )
        INSERT INTO orders AS kept (shop_id, order_no, {listed}, nature, first_file_id, ingested_at, changed_at)
        SELECT shop_id, order_no, {listed}, nature, file_id, as_of, :as_of FROM computed ORDER BY shop_id, order_no
        {"" if is_new(connection, "orders") else changed}
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
        INSERT INTO orders (shop_id, order_no, stub, stage, on_hold, nature, first_file_id, ingested_at, changed_at)
        SELECT shop_id, order_no, true, 'unknown', false, nature, file_id, as_of, as_of
        FROM touched WHERE NOT EXISTS (SELECT FROM orders AS o WHERE (o.shop_id, o.order_no) = (touched.shop_id, touched.order_no))
        """)
    )
    connection.execute(
        text(f"""
        WITH lines AS ({_LINES})
        UPDATE orders AS o SET category = lines.category, line_source = lines.line_source, changed_at = :as_of FROM lines
        WHERE (o.shop_id, o.order_no) = (lines.shop_id, lines.order_no)
            AND (o.category, o.line_source) IS DISTINCT FROM (lines.category, lines.line_source)
        """),
        who.parameters() | span_of_touched(connection),
    )


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
    columns = [f"min(occurred_from) FILTER (WHERE type = 'created' AND {live}) AS created_at"]
    columns += [
        f"min(occurred_{end}) FILTER (WHERE type = '{event}' AND {live}) AS {event}_{end}"
        for event in TIMED_EVENTS
        for end in ("from", "to")
    ]
    return ", ".join(columns)


# Most orders have one statement of each event and nothing to weigh; only the others pay for choosing. A part of an order
# (package, refund) never moves the whole of it, but a part shipment shows in the stage.
_FACTS = f"""
    gathered AS MATERIALIZED (
        SELECT shop_id, order_no, count(*) FILTER (WHERE part = '') AS statements,
            {_MASK} FILTER (WHERE part = '' OR type = 'part_shipped') AS mask,
            bit_count(({_MASK} FILTER (WHERE part = ''))::bit(32)) AS types,
            min(observed_at) AS first_observed_at, max(observed_at) AS last_observed_at, {_times("part = ''")}
        FROM order_events AS e JOIN touched USING (shop_id, order_no)
        WHERE {within("e")} AND type NOT IN ('reverted', 'released') GROUP BY shop_id, order_no
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
        SELECT shop_id, order_no, {_FLAGS}, created_at, {", ".join(_TIMED_COLUMNS)} FROM gathered
        WHERE NOT EXISTS (SELECT FROM contested WHERE (contested.shop_id, contested.order_no) = (gathered.shop_id, gathered.order_no))
        UNION ALL SELECT shop_id, order_no, {_FLAGS}, created_at, {", ".join(_TIMED_COLUMNS)} FROM weighed
    )"""

_UNDONE = """
    INSERT INTO order_events (shop_id, order_no, type, part, source, occurred_from, occurred_to,
        rank, observed_at, ingested_at, nature, file_id, row_number)
    SELECT shop_id, order_no, CASE type WHEN 'held' THEN 'released' ELSE 'reverted' END,
        CASE type WHEN 'held' THEN '' ELSE type END, undone_by, last_stated_at, undone_at,
        rank, undone_at, :as_of, touched.nature, touched.file_id, 0
    FROM current_events JOIN touched USING (shop_id, order_no) WHERE undone_at IS NOT NULL
    ON CONFLICT DO NOTHING"""

# Where and with whom a parcel goes is the warehouse's to say; everything else the platform's.
_WAREHOUSE_FIELDS = ("warehouse_code", "carrier_code", "waybill_no")


def _best(field: str) -> str:
    authority = f"(rank = {RANK_WAREHOUSE}) DESC, rank DESC" if field in _WAREHOUSE_FIELDS else "rank DESC"
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
