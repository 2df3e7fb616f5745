"""How do staged statements become the orders everybody reads?

Claims, events, sightings and contacts are stored so that any order of arrival ends in the same rows; ``orders`` is then
computed afresh, for the touched orders only, from all that is known of them. Steps run inside the caller's transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime

from sqlalchemy import Connection, text

from data.writes.span import is_new
from models.orders import CONTACT_FIELDS, ORDER_FIELDS

# How a claim notes the fields its source is the authority for: one bit a field, so a new field goes to the tuple's end.
OWNED_BIT = {field: 1 << place for place, field in enumerate(ORDER_FIELDS)}


@dataclass(frozen=True)
class Statement:
    """Who speaks: one file, read through one table of one manifest.

    ``fields`` are the ORDER_FIELDS that the file had; ``combine`` says how an order's several rows make one value
    (same, sum, min, max or largest; same where it is silent). ``columns_mark`` tells files of one table apart that lack different
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
    owned: frozenset[str] = frozenset()

    def parameters(self) -> dict[str, object]:
        """Return the bind parameters shared by every statement here."""
        return {
            "source": self.source,
            "owned": sum(OWNED_BIT[field] for field in self.owned if field in OWNED_BIT),
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
        f"{field} = EXCLUDED.{field}" for field in ("rank", "owned", "parent", "observed_at", "manifest_version", *_ORIGIN, *who.fields)
    )
    later = f"""
        ON CONFLICT (shop_id, order_no, source) DO UPDATE SET {updates}
        WHERE (EXCLUDED.observed_at, EXCLUDED.manifest_version) > (kept.observed_at, kept.manifest_version)
            OR ((EXCLUDED.observed_at, EXCLUDED.manifest_version) = (kept.observed_at, kept.manifest_version)
                AND ({content_order("EXCLUDED", who.fields)}) > ({content_order("kept", who.fields)}))"""
    connection.execute(
        text(f"""
        INSERT INTO order_claims AS kept
            (shop_id, order_no, source, rank, owned, parent, observed_at, manifest_version, file_id, row_number{columns})
        SELECT shop_id, order_no, :claim_source, :rank, :owned, :parent, :observed_at, :version, :file_id, min(row_number){picked}
        FROM stage_orders GROUP BY shop_id, order_no ORDER BY min(row_number)
        {"" if is_new(connection, "order_claims") else later}
        """),
        who.parameters(),
    )


def store_promises(connection: Connection, who: Statement) -> None:
    """Append every distinct ship-by time a source states, with the earliest file that did; none is ever taken back."""
    if "promised_ship_at" not in who.fields:
        return
    aggregate = _AGGREGATE[who.combine.get("promised_ship_at", "same")].format("promised_ship_at")
    connection.execute(
        text(f"""
        INSERT INTO order_promises AS kept (shop_id, order_no, source, promised_ship_at, rank, observed_at)
        SELECT shop_id, order_no, :source, {aggregate}, :rank, :observed_at FROM stage_orders
        GROUP BY shop_id, order_no HAVING {aggregate} IS NOT NULL ORDER BY min(row_number)
        ON CONFLICT (shop_id, order_no, source, promised_ship_at) DO UPDATE SET observed_at = EXCLUDED.observed_at
        WHERE EXCLUDED.observed_at < kept.observed_at
        """),
        who.parameters(),
    )


# A value that repeats on an order's rows is taken once; should the rows disagree, the largest is, whatever their order.
# A sum beyond all numbers is missing rather than the end of the file.
_BEYOND = 2**63 - 1
_AGGREGATE = {"same": "max({})", "sum": f"nullif(least(sum({{}}), {_BEYOND}), {_BEYOND})", "min": "min({})", "max": "max({})"}
# Of equal amounts the record that stands first.
_AGGREGATE["largest"] = "(array_agg({0} ORDER BY goods_minor DESC NULLS LAST, row_number) FILTER (WHERE {0} IS NOT NULL))[1]"
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
