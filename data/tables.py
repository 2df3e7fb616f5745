"""What do we keep, at which grain?

Times are ``timestamptz`` in UTC; money is ``bigint`` in minor units beside an ISO currency; an order's key is
``(shop_id, order_no)`` everywhere. Primary keys of order facts hold ``order_no``, their distribution column.
"""

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from data.measures import CASE_COUNTS, CUBES, HOLD_COUNTS, IMAGE, MEASURE_NAMES, OPEN_PROMISE, RECON_SUMS, Cube, open_stage
from models.delay_risk.versions import STATUSES
from models.events import EVENT_TYPES
from models.orders import TIMED_EVENTS
from models.reconciliation.classes import CLASSES, ENTRY_TYPES, keys
from models.reconciliation.rules import MOST_TOLERANCE_MINOR, PAYOUT_TYPES, RECEIVABLE
from models.scope import ROLES
from models.stock.kinds import MOVE_TYPES, MOVE_WAYS, QUANTITY_KINDS
from models.stock.words import CHANNEL_ACTIONS, HOLD_STATES, HOLD_STEPS, HOLDING_STATES, OPEN_STATES, THRESHOLD_ACTIONS
from models.stock.words import keys as keys_of
from models.workbench.tabs import FLAGS
from models.workbench.words import CASE_STATES, CLOSED_STATES, COHORTS, INTENT_KINDS, INTENT_STATES, OPEN_INTENTS, REVIEWS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Time = DateTime(timezone=True)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(repr(value) for value in values)


# ---------------------------------------------------------------- the installation and its people

installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    Column("kind", Text, nullable=False, comment="demo or real; the other kind refuses to write"),
    Column("created_at", Time, nullable=False),
    Column("zone", Text, comment="the business zone by whose days the cells are cut"),
    Column("reporting_currency", Text, comment="of the money in the cells"),
    Column("cells_zone", Text, comment="by which all cells were last computed; null = by an older version, or never"),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("kind IN ('demo', 'real')", name="kind"),
)

people = Table(
    "people",
    metadata,
    Column("person_id", Text, primary_key=True, comment="login name or OIDC e-mail"),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, comment="argon2; null signs in by OIDC only"),
    Column("scope_shops", ARRAY(Text), comment="null = every shop"),
    Column("scope_channels", ARRAY(Text)),
    Column("scope_warehouses", ARRAY(Text)),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", Time, nullable=False),
    CheckConstraint(_one_of("role", ROLES), name="role"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("audit_id", BigInteger, Identity(), primary_key=True),
    Column("at", Time, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="what was acted on, never a personal value"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index(None, "at"),
    Index(None, "subject"),
)

# ---------------------------------------------------------------- reference data

regions = Table(
    "regions",
    metadata,
    Column("region_code", Text, primary_key=True, comment="ISO 3166-2 (CN-51, BR-SP), else ISO 3166-1 (US)"),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("area", Text, nullable=False, comment="the roll-up: north, northeast, east, central, south, southwest…"),
)

shops = Table(
    "shops",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("legal_entity", Text),
    Column("zone", Text, nullable=False, comment="IANA name"),
    Column("currency", Text, nullable=False),
    Column("calendar", Text, nullable=False, server_default=text("'CN'")),
    Column("complete", Boolean, nullable=False, comment="false = made by an order file, 待完善"),
    Column("created_at", Time, nullable=False),
    Column("observed_at", Time, comment="of the master row that stands; null where no master has spoken"),
)

shop_aliases = Table(
    "shop_aliases",
    metadata,
    Column("alias", Text, primary_key=True, comment="a name or id as some file writes it"),
    Column("shop_id", Text, nullable=False),
    Column("observed_at", Time, nullable=False),
    Index(None, "shop_id"),
)

warehouses = Table(
    "warehouses",
    metadata,
    Column("warehouse_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("region_code", Text),
    Column("aliases", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("observed_at", Time, nullable=False),
)

carriers = Table(
    "carriers",
    metadata,
    Column("carrier_code", Text, primary_key=True),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("aliases", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
)

skus = Table(
    "skus",
    metadata,
    Column("sku_code", Text, primary_key=True),
    Column("valid_from", Time, primary_key=True, comment="a key's first row is valid from ever"),
    Column("name", Text, nullable=False),
    Column("category", Text),
    Column("observed_at", Time, nullable=False),
)

category_names = Table(
    "category_names",
    metadata,
    Column("category", Text, primary_key=True),
    Column("name", Text, nullable=False, comment="as people call it, where the master's own word is foreign"),
    Column("observed_at", Time, nullable=False),
)

customers = Table(
    "customers",
    metadata,
    Column("customer_id", Text, primary_key=True, comment="as orders name them; no personal data"),
    Column("region_code", Text),
    Column("city", Text),
    Column("observed_at", Time, nullable=False),
)

sellers = Table(
    "sellers",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("region_code", Text),
    Column("city", Text),
    Column("observed_at", Time, nullable=False),
)

zip_regions = Table(
    "zip_regions",
    metadata,
    Column("zip_prefix", Text, primary_key=True),
    Column("region_code", Text),
    Column("city", Text),
    Column("latitude", Numeric(9, 6)),
    Column("longitude", Numeric(9, 6)),
    Column("observed_at", Time, nullable=False),
)

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("working", Boolean, nullable=False),
    Column("note", Text),
)

promise_rules = Table(
    "promise_rules",
    metadata,
    Column("channel", Text, primary_key=True, comment="* = every channel"),
    Column("kind", Text, primary_key=True, comment="key of models.order_kinds, * = every kind"),
    Column("valid_from", Time, primary_key=True, comment="for orders whose clock starts from then on; earlier ones keep their promise"),
    Column("hours", Integer, comment="by the clock"),
    Column("working_days", Integer, comment="until the end of that working day of the shop's calendar and zone"),
    Column("cut_off_hour", SmallInteger, nullable=False, server_default=text("24"), comment="local; later starts count from the next day"),
    Column("source", Text, nullable=False, comment="where the rule comes from"),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("num_nonnulls(hours, working_days) = 1", name="one_measure"),
    CheckConstraint("hours > 0 AND hours <= 8760", name="hours"),
    CheckConstraint("working_days > 0 AND working_days <= 30", name="working_days"),
    CheckConstraint("cut_off_hour BETWEEN 0 AND 24", name="cut_off_hour"),
)

fx_rates = Table(
    "fx_rates",
    metadata,
    Column("business_day", Date, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("reporting_currency", Text, primary_key=True),
    Column("rate", Numeric(20, 10), nullable=False, comment="reporting units for one major unit of currency"),
    Column("observed_at", Time, nullable=False),
    CheckConstraint("rate > 0", name="rate_positive"),
)

# ---------------------------------------------------------------- files, pulls, refused rows

source_files = Table(
    "source_files",
    metadata,
    Column("file_id", BigInteger, Identity(), primary_key=True),
    Column("shop_id", Text, nullable=False, comment="shop the file was given for; '' where rows name their shops"),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False, comment="as received; a zip's entry is a.zip!entry"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("nature", Text, nullable=False, comment="live or backfill"),
    Column("received_at", Time, nullable=False),
    Column("observed_at", Time, comment="export time stated, else latest time found in it"),
    Column("erased_at", Time, comment="when retention removed the kept file"),
    CheckConstraint("nature IN ('live', 'backfill')", name="nature"),
    Index("uq_source_files_shop_id_sha256", "shop_id", "sha256", unique=True),
    Index(None, "received_at"),
    Index(None, "shop_id", "received_at"),
)

file_runs = Table(
    "file_runs",
    metadata,
    Column("run_id", BigInteger, Identity(), primary_key=True),
    Column("file_id", BigInteger, nullable=False),
    Column("manifest", Text, nullable=False, comment="'' where none fitted"),
    Column("manifest_version", Integer, nullable=False),
    Column("source", Text, nullable=False, comment="manifest.table"),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("orders", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("control_stated", Text),
    Column("control_computed", Text),
    Column("notices", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="notice code -> count"),
    Column("latest_event_at", Time, comment="latest time found in the accepted rows"),
    Column("error", Text),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="nearest manifests, what is missing"),
    Column("started_at", Time, nullable=False),
    Column("finished_at", Time, nullable=False),
    CheckConstraint("status IN ('ingested', 'refused')", name="status"),
    CheckConstraint("kind IN ('orders', 'settlement', 'stock', 'bank', 'logistics', 'reference', 'unknown')", name="kind"),
    CheckConstraint("rows = accepted + refused", name="rows_add_up"),
    Index("uq_file_runs_file_id_manifest_manifest_version", "file_id", "manifest", "manifest_version", unique=True),
    Index(None, "source", "finished_at"),
    Index(None, "finished_at"),
)

rejected_rows = Table(
    "rejected_rows",
    metadata,
    Column("run_id", BigInteger, primary_key=True),
    Column("row_number", BigInteger, primary_key=True, comment="as a spreadsheet shows it, header counted, from 1"),
    Column("field", Text, primary_key=True),
    Column("code", Text, nullable=False, comment="key of models.findings.REASONS"),
    Column("value", Text, comment="the offending cell; null where the field is personal"),
)

pulls = Table(
    "pulls",
    metadata,
    Column("pull_id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("shop_id", Text, nullable=False),
    Column("window_from", Time, nullable=False),
    Column("window_to", Time, nullable=False),
    Column("nature", Text, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("finished_at", Time),
    Column("files", Integer, nullable=False, server_default=text("0")),
    Column("rows", BigInteger, nullable=False, server_default=text("0")),
    Column("refused", BigInteger, nullable=False, server_default=text("0")),
    Column("error", Text),
    CheckConstraint("window_from <= window_to", name="window"),
    Index(None, "source", "shop_id", "started_at"),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("source", Text, primary_key=True),
    Column("shop_id", Text, primary_key=True),
    Column("watermark", Time, nullable=False, comment="everything before it has been asked for and stored"),
    Column("updated_at", Time, nullable=False),
)

# ---------------------------------------------------------------- orders


def _order_columns() -> list[Column[object]]:
    """Return fresh columns for ``models.orders.ORDER_FIELDS``, shared by claims and orders."""
    return [
        Column("kind", Text),
        Column("source_status", Text),
        Column("currency", Text),
        Column("total_minor", BigInteger),
        Column("goods_minor", BigInteger),
        Column("freight_minor", BigInteger),
        Column("discount_minor", BigInteger),
        Column("paid_minor", BigInteger),
        Column("refunded_minor", BigInteger),
        Column("region_code", Text),
        Column("city", Text),
        Column("warehouse_code", Text),
        Column("carrier_code", Text),
        Column("waybill_no", Text),
        Column("promised_ship_at", Time),
        Column("payment_method", Text),
        Column("close_reason", Text),
        Column("customer_id", Text, comment="key of customers, which supplies region and city where the order has none"),
        Column("platform_discount_minor", BigInteger, comment="what the platform bears of the discount and pays to the merchant"),
        Column("promised_delivery_at", Time, comment="the delivery the platform promised; of a day its midnight, local"),
        Column("order_name", Text, comment="what people call the order where its number is another"),
    ]


order_claims = Table(
    "order_claims",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("source", Text, primary_key=True, comment="manifest.table, plus a mark of the columns the file had"),
    Column("rank", SmallInteger, nullable=False, comment="authority, models.events.RANK_*"),
    Column("owned", BigInteger, nullable=False, comment="fields it is the authority for, data.writes.merge_orders.OWNED_BIT"),
    Column("parent", Boolean, nullable=False, comment="whether this source alone makes an order count"),
    Column("observed_at", Time, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    *_order_columns(),
)

orders = Table(
    "orders",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("stub", Boolean, nullable=False, comment="a child came before its parent; no KPI counts it"),
    Column("stage", Text, nullable=False, comment="models.events.stage_of its current events"),
    Column("on_hold", Boolean, nullable=False),
    Column("stage_since", Time, comment="when its last step happened, the latest it can have been"),
    Column(
        "at_rest",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="shipped long ago in a channel that tells of no delivery; set by the job stages",
    ),
    Column("created_at", Time),
    *[Column(f"{event}_{end}", Time) for event in TIMED_EVENTS for end in ("from", "to")],
    Column("category", Text, comment="main category; null = 未归类"),
    Column("line_source", Text, comment="whose lines count, where several sources give lines"),
    *_order_columns(),
    Column("channel", Text, comment="of its shop"),
    Column("clock_start_at", Time, comment="when its ship clock started, models.order_kinds; null while it has not or never does"),
    Column("deadline_at", Time, comment="the promise, fixed when the clock started and never moved; null = no promise, 不适用"),
    Column("deadline_rule", Text, comment="source, or the key of the promise rule that made it"),
    Column("paid_reporting_minor", BigInteger, comment="paid_minor in the reporting currency, at the rate of the business day of payment"),
    Column("nature", Text, nullable=False, comment="of the file that first named it"),
    Column("first_file_id", BigInteger, nullable=False),
    Column("ingested_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False, comment="when we last learnt something new of it"),
    CheckConstraint("nature IN ('live', 'backfill')", name="nature"),
    CheckConstraint("stub OR created_at IS NOT NULL", name="created_unless_stub"),
    *[CheckConstraint(f"{event}_from <= {event}_to", name=f"{event}_interval") for event in TIMED_EVENTS],
    Index(None, "created_at"),
    Index(None, "paid_to"),
    Index(None, "shipped_to"),
    Index(None, "deadline_at"),
    Index("ix_orders_open_deadline_at", "deadline_at", postgresql_where=text(OPEN_PROMISE)),
    Index(None, "changed_at"),
    Index("ix_orders_waybill_no", "waybill_no", postgresql_where=text("waybill_no IS NOT NULL")),
    Index("ix_orders_order_name", "shop_id", "order_name", postgresql_where=text("order_name IS NOT NULL")),
    Index("ix_orders_drill", "channel", "region_code", "category", "created_at"),
    Index(
        "ix_orders_open_stage",
        "stage",
        "stage_since",
        postgresql_where=text(open_stage()),
        postgresql_include=["shop_id", "channel", "region_code", "category", "warehouse_code", "carrier_code"],
    ),
)

order_promises = Table(
    "order_promises",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("promised_ship_at", Time, primary_key=True),
    Column("rank", SmallInteger, nullable=False),
    Column("observed_at", Time, nullable=False, comment="of the earliest file that stated it"),
    comment="every ship-by time a source ever stated; the first one after payment is the promise",
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("line_key", Text, primary_key=True, comment="the source's line id, else made of the line's content"),
    Column("sku_code", Text),
    Column("title", Text),
    Column("properties", Text),
    Column("quantity", BigInteger),
    Column("shipped_quantity", BigInteger, comment="of quantity has left, as the source last stated; null = it does not say"),
    Column("unit_price_minor", BigInteger),
    Column("amount_minor", BigInteger),
    Column("category", Text, comment="of the SKU row valid when the order was created; null = 未归类"),
    Column("ship_by_at", Time),
    Column("observed_at", Time, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Index(None, "sku_code"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("part", Text, primary_key=True, comment="package, refund id, or ''"),
    Column("source", Text, primary_key=True),
    Column("occurred_from", Time, primary_key=True),
    Column("occurred_to", Time, primary_key=True, comment="equal to occurred_from where the source gave a time"),
    Column("rank", SmallInteger, nullable=False),
    Column("observed_at", Time, nullable=False, comment="latest file that stated it"),
    Column("ingested_at", Time, nullable=False, comment="when we learnt it, real time, never earlier"),
    Column("nature", Text, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    CheckConstraint(_one_of("type", EVENT_TYPES), name="type"),
    CheckConstraint("occurred_from <= occurred_to", name="interval"),
)

order_sightings = Table(
    "order_sightings",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("status", Text, primary_key=True, comment="an open status, key of models.events.STATUS_IMPLIES"),
    Column("seen_at", Time, primary_key=True, comment="observed_at of a file that showed it"),
    Column("rank", SmallInteger, nullable=False),
)

stale_orders = Table(
    "stale_orders",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("nature", Text, nullable=False),
    Column("file_id", BigInteger, nullable=False, comment="the file that first named it"),
    Column("as_of", Time, nullable=False),
    comment="orders whose claims are stored and whose row in orders is still to be computed, after a bulk import",
)

_IMAGE_TYPES = {
    "closed_by_merchant": Boolean,
    **dict.fromkeys(("paid_reporting_minor", "entries_due", "entries_matched", *HOLD_COUNTS, *CASE_COUNTS), BigInteger),
}

order_changes = Table(
    "order_changes",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("change_id", BigInteger, Identity(), primary_key=True),
    Column("sign", SmallInteger, nullable=False, comment="-1 = as the order was, 1 = as it has become"),
    *[Column(name, _IMAGE_TYPES.get(name, Time if name.endswith(("_at", "_from", "_to")) else Text)) for name in IMAGE],
    CheckConstraint("sign IN (-1, 1)", name="sign"),
    comment="what has changed since the cells were last rolled up; emptied by the roll-up",
)


def _cube(cube: Cube) -> Table:
    """Return the table of a cube: one row a cell, one column a measure."""
    return Table(
        cube.name,
        metadata,
        Column(cube.time, Time if cube.hourly else Date, primary_key=True, comment="start, UTC" if cube.hourly else "business day"),
        *[Column(dimension, Text, primary_key=True, comment="'' = 未归类") for dimension in cube.dimensions],
        *[Column(name, BigInteger, nullable=False, server_default=text("0")) for name in MEASURE_NAMES],
    )


cubes = {cube.name: _cube(cube) for cube in CUBES}

dwell_day = Table(
    "dwell_day",
    metadata,
    Column("day", Date, nullable=False, comment="business day on which the stage ended"),
    Column("dimension", Text, nullable=False, comment="DWELL_DIMENSIONS or DWELL_TOGETHER of data.measures; each holds every order"),
    Column("value", Text, nullable=False, comment="'' = 未归类, or all of them together"),
    Column("stage", Text, nullable=False, comment="key of models.stages.TIMED_STAGES"),
    Column("buckets", ARRAY(SmallInteger), nullable=False, comment="of models.durations, in any order; -1 = only bounds are known"),
    Column("orders", ARRAY(Integer), nullable=False, comment="that stayed so long, side by side with the buckets"),
    # a question is about some days of one value, or of all together: those lie beside each other
    PrimaryKeyConstraint("dimension", "value", "day", "stage"),
    CheckConstraint("cardinality(buckets) = cardinality(orders)", name="pairs"),
)

stage_limits = Table(
    "stage_limits",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
    Column("source", Text, nullable=False, comment="p95 = of the last 28 days; rule = set, and never computed over"),
    Column("orders", BigInteger, comment="that it was computed from"),
    Column("set_at", Time, nullable=False),
    CheckConstraint("source IN ('p95', 'rule')", name="source"),
    CheckConstraint("seconds > 0", name="seconds"),
)

stage_moves = Table(
    "stage_moves",
    metadata,
    Column("day", Date, primary_key=True, comment="business day; what came before the first one is summed in it"),
    Column("channel", Text, primary_key=True),
    Column("region_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("to_process", BigInteger, nullable=False, comment="how many more orders stood there at the end of the day"),
    Column("shipped", BigInteger, nullable=False),
    Column("stuck", BigInteger, nullable=False),
)

variant_day = Table(
    "variant_day",
    metadata,
    Column("day", Date, primary_key=True, comment="business day of creation"),
    Column("channel", Text, primary_key=True),
    Column("region_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("path", Text, primary_key=True, comment="steps in the order in which they happened, joined by >"),
    Column("orders", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("on_time", BigInteger, nullable=False),
    Column("shipped_exact", BigInteger, nullable=False),
    Column("shipped_exact_seconds", BigInteger, nullable=False),
)

# ---------------------------------------------------------------- what people do with orders

order_owners = Table(
    "order_owners",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("owner", Text, comment="person_id; null = given back"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    Index(None, "owner"),
)

order_comments = Table(
    "order_comments",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("comment_id", BigInteger, Identity(), primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"), comment="person_ids named with @"),
    Index("ix_order_comments_mentions", "mentions", postgresql_using="gin"),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("view_id", BigInteger, Identity(), primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("page", Text, nullable=False, comment="path of the page: orders"),
    Column("query", Text, nullable=False, comment="of the link, in codes; no personal value can be in it"),
    Column("shared", Boolean, nullable=False, comment="whether others see it in their list"),
    Column("saved_at", Time, nullable=False),
    Column("removed_at", Time),
    Index(None, "person_id"),
)

order_contacts = Table(
    "order_contacts",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("rank", SmallInteger, nullable=False),
    Column("observed_at", Time, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("buyer_name", Text),
    Column("receiver_name", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("address", Text),
    Column("buyer_note", Text),
    Column("ingested_at", Time, nullable=False),
    Index(None, "ingested_at"),
    Index("ix_order_contacts_buyer", text("coalesce(buyer_name, email)")),
)

erased_contacts = Table(
    "erased_contacts",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("erased_at", Time, nullable=False, comment="a buyer's erasure holds against files that come again"),
)

# ---------------------------------------------------------------- money: orders, statements, bank

money_entries = Table(
    "money_entries",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("type", Text, primary_key=True, comment="key of models.reconciliation.classes.ENTRY_TYPES"),
    Column("part", Text, primary_key=True, comment="'' where there is one of the type"),
    Column("match_type", Text, nullable=False, comment="what it is matched as, key of models.reconciliation.classes.MATCH_TYPES"),
    Column("channel", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False, comment="positive = to the merchant"),
    Column("currency", Text, nullable=False),
    Column("occurred_at", Time, nullable=False, comment="when it was paid or refunded"),
    Column("completed_at", Time, comment="when the order was completed"),
    Column("due_at", Time, comment="end of T+N; null while the platform owes nothing yet"),
    Column("exact", Boolean, nullable=False, comment="T is known to the minute, so that lateness can be told"),
    Column("bearer", Text, comment="of a discount: merchant or platform, where orders know it"),
    Column("source", Text, nullable=False, comment="orders, or the key of the fee rule that expects it"),
    CheckConstraint(_one_of("type", keys(ENTRY_TYPES)), name="type"),
)

settlement_lines = Table(
    "settlement_lines",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True, comment="flow:<own id> where the line has no order"),
    Column("source", Text, primary_key=True, comment="manifest.table"),
    Column("line_key", Text, primary_key=True, comment="the statement's own flow number and part, else made of the row's content"),
    Column("account", Text, nullable=False, comment="wallet or account stated, '' if none"),
    Column("type", Text, nullable=False, comment="key of models.reconciliation.types.TYPES"),
    Column("type_text", Text, nullable=False, comment="the source's own words"),
    Column("flow_no", Text),
    Column("refund_no", Text),
    Column("alternates", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]"), comment="further identifiers, best first"),
    Column("occurred_at", Time, nullable=False),
    Column("settled_at", Time),
    Column("completed_at", Time, comment="when the order was completed, if the statement says"),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False, comment="positive = to the merchant"),
    Column("gross_minor", BigInteger),
    Column("fee_minor", BigInteger),
    Column("balance_minor", BigInteger),
    Column("payout_ref", Text, comment="payout, batch or withdrawal that the bank line may quote"),
    Column("pending", Boolean, nullable=False, comment="not settled yet"),
    Column("remark", Text, comment="never personal data"),
    Column("statement_id", BigInteger),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("nature", Text, nullable=False),
    Column("observed_at", Time, nullable=False),
    Column("ingested_at", Time, nullable=False, comment="when its content last changed"),
    CheckConstraint("nature IN ('live', 'backfill')", name="nature"),
    Index("ix_settlement_lines_file_id", "file_id", postgresql_using="brin"),
    Index("ix_settlement_lines_occurred_at", "occurred_at", postgresql_using="brin"),
    Index(
        "ix_settlement_lines_alternates",
        "alternates",
        postgresql_using="gin",
        postgresql_where=text("alternates <> '{}'::text[]"),
    ),
    Index("ix_settlement_lines_payout_ref", "shop_id", "payout_ref", postgresql_where=text("payout_ref IS NOT NULL")),
    Index("ix_settlement_lines_payouts", "shop_id", "order_no", postgresql_where=text(_one_of("type", PAYOUT_TYPES))),
)

statements = Table(
    "statements",
    metadata,
    Column("statement_id", BigInteger, Identity(), primary_key=True),
    Column("file_id", BigInteger, nullable=False),
    Column("source", Text, nullable=False, comment="manifest.table"),
    Column("shop_id", Text, nullable=False, server_default=text("''"), comment="'' = a bank's"),
    Column("account", Text, nullable=False, comment="'' if none is stated"),
    Column("currency", Text, nullable=False),
    Column("statement_no", Text, nullable=False, server_default=text("''"), comment="the bank's own number of it, '' if none"),
    Column("period_from", Time),
    Column("period_to", Time),
    Column("opening_minor", BigInteger),
    Column("closing_minor", BigInteger),
    Column("computed_closing_minor", BigInteger),
    Column("balance_proven", Boolean, comment="null = no chain of balances is stated"),
    Column("control_stated", JSONB, comment="label -> text"),
    Column("control_computed", JSONB),
    Column("lines", Integer, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("observed_at", Time, nullable=False),
    Column("ingested_at", Time, nullable=False),
    Index(
        "uq_statements_key",
        "source",
        "shop_id",
        "account",
        "currency",
        "statement_no",
        "period_from",
        "period_to",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index(None, "file_id"),
)

bank_lines = Table(
    "bank_lines",
    metadata,
    Column("account", Text, primary_key=True),
    Column("line_key", Text, primary_key=True),
    Column("booked_on", Date, nullable=False),
    Column("value_on", Date),
    Column("currency", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False, comment="positive = to the merchant"),
    Column("balance_minor", BigInteger),
    Column("reference", Text),
    Column("counterparty", Text, comment="companies only; names of persons are not stored"),
    Column("remark", Text),
    Column("statement_id", BigInteger),
    Column("source", Text, nullable=False, comment="manifest.table"),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("nature", Text, nullable=False),
    Column("observed_at", Time, nullable=False),
    Column("ingested_at", Time, nullable=False, comment="when its content last changed"),
    Column("shop_id", Text),
    CheckConstraint("nature IN ('live', 'backfill')", name="nature"),
    Index(None, "booked_on"),
    Index("ix_bank_lines_file_id", "file_id", postgresql_using="brin"),
    Index("ix_bank_lines_ingested_at", "ingested_at", postgresql_using="brin"),
)

settlement_rules = Table(
    "settlement_rules",
    metadata,
    Column("channel", Text, primary_key=True, comment="* = every channel without rules of its own"),
    Column("valid_from", Time, primary_key=True, comment="for orders paid from then on"),
    Column("clock", Text, nullable=False, comment="T: completed, delivered (where nothing is said of completion) or paid"),
    Column("days", Integer, nullable=False, comment="N of T+N, in calendar days of the business zone"),
    Column("escrow", Boolean, nullable=False, comment="whether money sent back before completion never reaches the statement"),
    Column("receivable", Text, nullable=False, comment="how orders state what the platform owes, models.reconciliation.rules.RECEIVABLE"),
    Column(
        "tolerance_minor",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="the largest difference of a receipt that is none, in the order's own currency",
    ),
    Column("source", Text, nullable=False, comment="where the rule comes from"),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint(f"tolerance_minor BETWEEN 0 AND {MOST_TOLERANCE_MINOR}", name="tolerance_minor"),
    CheckConstraint("clock IN ('completed', 'delivered', 'paid')", name="clock"),
    CheckConstraint("days BETWEEN 0 AND 90", name="days"),
    CheckConstraint(_one_of("receivable", tuple(RECEIVABLE)), name="receivable"),
)

fee_rules = Table(
    "fee_rules",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("fee_type", Text, primary_key=True, comment="commission or fee"),
    Column("category", Text, primary_key=True, server_default=text("'*'"), comment="main category of the order; * = every one"),
    Column("valid_from", Time, primary_key=True, comment="for orders paid from then on"),
    Column("rate", Numeric(9, 6), nullable=False, comment="share of the base"),
    Column("fixed_minor", BigInteger, nullable=False, server_default=text("0"), comment="on top, for each order"),
    Column("base", Text, nullable=False, comment="receipt = all that is received, goods = without freight"),
    Column("returned", Boolean, nullable=False, comment="whether it is given back with what is refunded"),
    Column("source", Text, nullable=False, comment="where the rule comes from"),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("fee_type IN ('commission', 'fee')", name="fee_type"),
    CheckConstraint("rate BETWEEN 0 AND 1", name="rate"),
    CheckConstraint("fixed_minor >= 0", name="fixed_minor"),
    CheckConstraint("base IN ('receipt', 'goods')", name="base"),
)

# ---------------------------------------------------------------- reconciliation

recon_runs = Table(
    "recon_runs",
    metadata,
    Column("run_id", BigInteger, Identity(), primary_key=True),
    Column("as_of", Time, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("finished_at", Time),
    Column("status", Text, nullable=False),
    Column("error", Text),
    Column("anew", Boolean, nullable=False, comment="everything was matched anew, not only what is new or open"),
    Column("rules", Text, nullable=False, comment="digest of the rules it judged by; others match everything anew"),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="what it did, data.reconciliation.Reconciled"),
    CheckConstraint("status IN ('running', 'succeeded', 'failed')", name="status"),
    Index(None, "started_at"),
)

recon_touched = Table(
    "recon_touched",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("touch_id", BigInteger, Identity(), primary_key=True),
    comment="keys of statement lines that came, changed or went since the last run, and where those that went were; emptied by it",
)

recon_days = Table(
    "recon_days",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("day", Date, primary_key=True, comment="business day"),
    comment="which days a source tells of, where several tell the same money",
)

recon_links = Table(
    "recon_links",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True, comment="as the row itself states it"),
    Column("type", Text, primary_key=True, comment="key of models.reconciliation.classes.MATCH_TYPES"),
    Column("target_shop_id", Text, nullable=False),
    Column("target_order_no", Text, nullable=False, comment="under which its rows are matched"),
    Column("via", Text, nullable=False, comment="key of models.reconciliation.rules.IDENTIFIERS"),
    Index(None, "target_shop_id", "target_order_no"),
    comment="keys whose rows are matched under another key, found by a further identifier or as part of a group",
)

recon_bank_links = Table(
    "recon_bank_links",
    metadata,
    Column("account", Text, primary_key=True),
    Column("line_key", Text, primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("order_no", Text, nullable=False, comment="payout:<reference> or bank:<own key>, the key of its result"),
    Column("via", Text, nullable=False, comment="reference, amount, merged; alone = nothing was found for it"),
    Index(None, "shop_id", "order_no"),
)


def _result_columns() -> list[Column[object]]:
    """Return fresh columns of a match, shared by results and differences."""
    return [
        Column("channel", Text, nullable=False),
        Column("class", Text, nullable=False, comment="key of models.reconciliation.classes.CLASSES"),
        Column("kind", Text, nullable=False, comment="what differs, key of models.reconciliation.classes.KINDS; ''"),
        Column("side", Text, nullable=False, comment="where it is missing, key of models.reconciliation.classes.SIDES; ''"),
        Column("rule", Text, nullable=False, comment="key of models.reconciliation.rules.RULES"),
        Column("internal_minor", BigInteger, nullable=False),
        Column("stated_minor", BigInteger, nullable=False, comment="settled lines; of a payout what left the platform"),
        Column("bank_minor", BigInteger, nullable=False),
        Column("difference_minor", BigInteger, nullable=False, comment="internal - stated; of a payout stated - bank"),
        Column("explained_minor", BigInteger, nullable=False, comment="the part of the difference with a known cause"),
        Column("occurred_at", Time, nullable=False),
        Column("due_at", Time),
        Column("completed_day", Date, nullable=False, comment="business day by the basis completed"),
        Column("settled_day", Date, nullable=False, comment="business day by the basis settled"),
    ]


recon_results = Table(
    "recon_results",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("type", Text, primary_key=True, comment="key of models.reconciliation.classes.MATCH_TYPES"),
    Column("currency", Text, primary_key=True),
    *_result_columns(),
    Column("entries", Integer, nullable=False, comment="source rows in it: of our orders"),
    Column("lines", Integer, nullable=False, comment="of statements"),
    Column("bank_lines", Integer, nullable=False, comment="of the bank"),
    Column("discount_minor", BigInteger, nullable=False, comment="part of internal"),
    Column("freight_minor", BigInteger, nullable=False, comment="part of internal"),
    Column("refund_minor", BigInteger, nullable=False, comment="part of internal"),
    Column("waiting_minor", BigInteger, nullable=False, comment="lines not settled yet or told a second time; not in stated"),
    Column("run_id", BigInteger, nullable=False, comment="that last changed it"),
    CheckConstraint(_one_of("class", keys(CLASSES)), name="class"),
    CheckConstraint(
        "difference_minor = CASE type WHEN 'payout' THEN stated_minor - bank_minor ELSE internal_minor - stated_minor END",
        name="difference",
    ),
    Index(None, "completed_day"),
    Index(None, "settled_day"),
    Index("ix_recon_results_pending", "due_at", postgresql_where=text("class = 'pending'")),
    Index("ix_recon_results_payouts", "settled_day", postgresql_where=text("type = 'payout'")),
    comment="every source row is in exactly one of these",
)

recon_day = Table(
    "recon_day",
    metadata,
    Column("basis", Text, primary_key=True, comment="key of models.reconciliation.classes.BASES"),
    Column("day", Date, primary_key=True),
    Column("shop_id", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("class", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    *[Column(name, BigInteger, nullable=False) for name in RECON_SUMS],
    comment="the results summed, so that a page reads no finer grain than it draws",
)

recon_proofs = Table(
    "recon_proofs",
    metadata,
    Column("run_id", BigInteger, primary_key=True),
    Column("basis", Text, primary_key=True),
    Column("level", Text, primary_key=True, comment="statement = orders against statements, bank = payouts against the bank"),
    Column("day", Date, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("entries", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("bank_lines", BigInteger, nullable=False),
    Column("internal_minor", BigInteger, nullable=False, comment="of payouts: what left the platform"),
    Column("stated_minor", BigInteger, nullable=False, comment="of payouts: what reached the bank"),
    Column("explained_minor", BigInteger, nullable=False),
    Column("unexplained_minor", BigInteger, nullable=False),
    CheckConstraint("internal_minor - stated_minor = explained_minor + unexplained_minor", name="conserved"),
    comment="each day that a run moved, as a whole: not a minor unit appears or is lost; counts and sums are those of the source rows",
)

recon_differences = Table(
    "recon_differences",
    metadata,
    Column("difference_id", BigInteger, Identity(), primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("currency", Text, nullable=False),
    *_result_columns(),
    Column("label", Text, nullable=False, comment="key of models.reconciliation.labels.LABELS; '' = 未识别"),
    Column("ambiguous", Boolean, nullable=False, comment="another label explains it equally"),
    Column("label_by", Text, comment="who set or confirmed the label; null = the engine"),
    Column("state", Text, nullable=False),
    Column("reason", Text, comment="key of models.reconciliation.classes.RESOLVE_REASONS, or cleared"),
    Column("owner", Text, comment="person_id"),
    Column("opened_at", Time, nullable=False),
    Column("resolved_at", Time),
    Column("resolved_by", Text, comment="person_id; null = the engine"),
    Column("version", Integer, nullable=False),
    Column("run_id", BigInteger, nullable=False, comment="that last changed it"),
    CheckConstraint("state IN ('open', 'resolved')", name="state"),
    CheckConstraint("(state = 'resolved') = (reason IS NOT NULL)", name="reason"),
    Index("uq_recon_differences_key", "shop_id", "order_no", "type", "currency", unique=True),
    Index(None, "completed_day"),
    Index(None, "settled_day"),
    Index("ix_recon_differences_open", "opened_at", postgresql_where=text("state = 'open'")),
)

recon_labels = Table(
    "recon_labels",
    metadata,
    Column("difference_id", BigInteger, primary_key=True),
    Column("alternative", SmallInteger, primary_key=True, comment="0 = the explanation chosen; others explain it too"),
    Column("place", SmallInteger, primary_key=True, comment="parts of one explanation add up"),
    Column("label", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("evidence", JSONB, nullable=False, comment="[{code, ...figures}], words in models.reconciliation.labels.EVIDENCE"),
)

recon_history = Table(
    "recon_history",
    metadata,
    Column("history_id", BigInteger, Identity(), primary_key=True),
    Column("difference_id", BigInteger, nullable=False),
    Column("at", Time, nullable=False),
    Column("person_id", Text, comment="null = the engine"),
    Column("action", Text, nullable=False),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Index(None, "difference_id"),
)

work_order_rules = Table(
    "work_order_rules",
    metadata,
    Column("label", Text, primary_key=True, comment="* = every label, '' = 未识别"),
    Column("channel", Text, primary_key=True, comment="* = every channel"),
    Column("owner", Text, comment="person_id; null = whoever of finance, then of the managers, may see it"),
    Column("working_days", Integer, nullable=False, comment="until it is due"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("working_days BETWEEN 0 AND 30", name="working_days"),
)

work_orders = Table(
    "work_orders",
    metadata,
    Column("work_order_id", BigInteger, Identity(), primary_key=True),
    Column("difference_id", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("owner", Text, comment="person_id; null = nobody may see it yet"),
    Column("opened_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("closed_at", Time),
    Index("uq_work_orders_open", "difference_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    Index("ix_work_orders_owner", "owner", "due_at", postgresql_where=text("closed_at IS NULL")),
    Index(None, "difference_id"),
)

ledger_accounts = Table(
    "ledger_accounts",
    metadata,
    Column("code", Text, primary_key=True, comment="of the enterprise accounting standards, or the merchant's own below one"),
    Column("name_zh", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("role", Text, comment="what entries use it for, key of models.reconciliation.journal.ROLES; null = nothing"),
    Column("active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    Index("uq_ledger_accounts_role", "role", unique=True, postgresql_where=text("role IS NOT NULL AND active")),
)

journal_suggestions = Table(
    "journal_suggestions",
    metadata,
    Column("difference_id", BigInteger, primary_key=True),
    Column("status", Text, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("posted_by", Text),
    Column("posted_at", Time),
    Column("approved_by", Text, comment="a second person"),
    Column("approved_at", Time),
    CheckConstraint("status IN ('suggested', 'posted', 'approved')", name="status"),
    CheckConstraint("(status <> 'suggested') = (posted_by IS NOT NULL AND posted_at IS NOT NULL)", name="posted"),
    CheckConstraint("(status = 'approved') = (approved_by IS NOT NULL AND approved_at IS NOT NULL)", name="approved"),
    CheckConstraint("approved_by <> posted_by", name="second_person"),
)

journal_lines = Table(
    "journal_lines",
    metadata,
    Column("difference_id", BigInteger, primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("side", Text, nullable=False),
    Column("role", Text, nullable=False, comment="key of models.reconciliation.journal.ROLES; its account is looked up when read"),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("label", Text, nullable=False),
    CheckConstraint("side IN ('debit', 'credit')", name="side"),
    CheckConstraint("amount_minor > 0", name="amount_minor"),
)

entry_dues = Table(
    "entry_dues",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("due_at", Time, primary_key=True, comment="end of T+N"),
    Column("channel", Text, nullable=False),
    Column("region_code", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("warehouse_code", Text, nullable=False),
    Column("carrier_code", Text, nullable=False),
    Column("entries_due", BigInteger, nullable=False),
    Column("entries_matched", BigInteger, nullable=False),
    comment="what an order's settlement entries add to component C3 of the index, as it stands in the cells",
)

# ---------------------------------------------------------------- stock: the ledger

stock = Table(
    "stock",
    metadata,
    Column("sku_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("on_hand", BigInteger, nullable=False, server_default=text("0"), comment="sum of its moves; below zero where truth says so"),
    Column(
        "held", BigInteger, nullable=False, server_default=text("0"), comment="sum of its open holds, expired ones until they are swept"
    ),
    Column("left_at_grant", BigInteger, comment="what was left when a hold was last granted; only granting one writes it"),
    Column("inbound", BigInteger, nullable=False, server_default=text("0"), comment="on its way, as a source last stated"),
    Column("inbound_as_of", Time),
    Column("opened_at", Time, comment="from which instant its book counts"),
    Column("counted_at", Time, comment="of the count that opened it; null = none has yet"),
    Column("learnt_at", Time, nullable=False, comment="when we first learnt of it; what asked for it earlier was not short of it"),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    Column("changed_at", Time, nullable=False),
    CheckConstraint("left_at_grant >= 0", name="granted_from_what_is_there"),
    CheckConstraint("held >= 0", name="held"),
    # a row that holds are granted from every moment finds room for its next version beside itself
    postgresql_with={"fillfactor": 60},
)

stock_moves = Table(
    "stock_moves",
    metadata,
    Column("sku_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("source", Text, primary_key=True, comment="manifest.table, order, or person"),
    Column("move_key", Text, primary_key=True, comment="the source's own key: told twice, it moves once"),
    Column("move_id", BigInteger, Identity(), nullable=False),
    Column("type", Text, nullable=False, comment="key of models.stock.words.MOVES"),
    Column("units", BigInteger, nullable=False, comment="positive = in"),
    Column("occurred_at", Time, nullable=False),
    Column("posted_at", Time, nullable=False),
    Column("reason", Text),
    Column("person_id", Text, comment="who moved it, as the form or the source says"),
    Column("file_id", BigInteger),
    Column("row_number", BigInteger),
    CheckConstraint(_one_of("type", MOVE_TYPES), name="type"),
    CheckConstraint("units <> 0 OR type IN ('opening', 'count_adjust')", name="units"),
    CheckConstraint(
        f"(units > 0 OR type NOT IN ({_quoted(move for move, way in MOVE_WAYS.items() if way > 0)})) AND "
        f"(units < 0 OR type NOT IN ({_quoted(move for move, way in MOVE_WAYS.items() if way < 0)}))",
        name="sign",
    ),
    CheckConstraint("type <> 'other_out' OR (reason IS NOT NULL AND person_id IS NOT NULL)", name="reason_and_person"),
    Index("ix_stock_moves_balance", "sku_code", "warehouse_code", "move_id"),
    Index(None, "occurred_at"),
    Index("ix_stock_moves_posted_at", "posted_at", postgresql_using="brin"),
    comment="append-only: what stands in it never changes",
)

holds = Table(
    "holds",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("sku_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("part", Text, primary_key=True, comment="'' = the order's own; else the key of whoever asked"),
    Column("hold_id", BigInteger, Identity(), nullable=False),
    Column("channel", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("state", Text, nullable=False, comment="key of models.stock.words.HOLD_STATES"),
    Column("placed_at", Time, nullable=False, comment="when it was last placed"),
    Column("expires_at", Time, comment="from then on it holds nothing; null = never"),
    Column("extended_by", Text, comment="who used its one extension"),
    Column("closed_at", Time),
    Column("version", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(_one_of("state", keys_of(HOLD_STATES)), name="state"),
    CheckConstraint("units > 0", name="units"),
    CheckConstraint("state <> 'confirmed' OR expires_at IS NULL", name="confirmed_never_expires"),
    CheckConstraint(f"({_one_of('state', OPEN_STATES)}) = (closed_at IS NULL)", name="closed"),
    Index("uq_holds_hold_id", "hold_id", unique=True),
    Index("ix_holds_expiring", "expires_at", "hold_id", postgresql_where=text("state = 'placed'")),
    Index("ix_holds_expired", "closed_at", postgresql_where=text("state = 'expired'")),
    Index("ix_holds_open", "sku_code", "warehouse_code", postgresql_where=text(_one_of("state", OPEN_STATES))),
)

hold_steps = Table(
    "hold_steps",
    metadata,
    Column("sku_code", Text, primary_key=True),
    Column("step_id", BigInteger, Identity(), primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("warehouse_code", Text, nullable=False, comment="'' = of no warehouse: short"),
    Column("part", Text, nullable=False),
    Column("step", Text, nullable=False, comment="key of models.stock.words.HOLD_STEPS"),
    Column("units", BigInteger, nullable=False, comment="what it adds to what is held; of a short one what is missing"),
    Column("at", Time, nullable=False),
    Column("person_id", Text, comment="null = by rule"),
    Column("note", Text),
    CheckConstraint(_one_of("step", keys_of(HOLD_STEPS)), name="step"),
    Index(None, "shop_id", "order_no"),
    comment="append-only: all that befell holds; their sum is what is held",
)

order_holding = Table(
    "order_holding",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False, comment="key of models.stock.words.HOLDING_STATES"),
    Column("known_at", Time, nullable=False, comment="when the order became known"),
    Column("decided_at", Time, nullable=False, comment="when the stock first answered"),
    Column("held_at", Time, comment="when all of it was first held, or had left; null = never yet"),
    Column("lines", Integer, nullable=False, comment="that want stock"),
    Column("lines_filled", Integer, nullable=False, comment="fully held on arrival and never later short or cancelled for stock"),
    Column("short_units", BigInteger, nullable=False, comment="that nothing covers now"),
    Column("oversold_units", BigInteger, nullable=False, comment="that nothing covered when it arrived"),
    Column("short_since", Time, comment="beginning of its last time of being short"),
    Column("short_until", Time, comment="end of it; null while it lasts"),
    Column("settled_at", Time, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("0")),
    CheckConstraint(_one_of("state", keys_of(HOLDING_STATES)), name="state"),
    CheckConstraint("lines_filled <= lines", name="lines"),
    CheckConstraint("short_units >= 0 AND oversold_units >= 0", name="units"),
    Index(None, "known_at"),
    Index("ix_order_holding_short", "known_at", postgresql_where=text("short_units > 0")),
    Index("ix_order_holding_short_since", "short_since", postgresql_where=text("short_since IS NOT NULL")),
    comment="live orders that want stock, and how they stand with it",
)

order_holding_skus = Table(
    "order_holding_skus",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("sku_code", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("warehouse_code", Text, comment="it is to leave from, where known"),
    Column("known_at", Time, nullable=False),
    Column("wanted_units", BigInteger, nullable=False),
    Column("short_units", BigInteger, nullable=False),
    Column("oversold_units", BigInteger, nullable=False),
    Column("spoiled", Boolean, nullable=False, server_default=text("false"), comment="became short later, or was cancelled for stock"),
    Column("tracked", Boolean, nullable=False, comment="whether stock of it is known"),
    Column("reporting_minor", BigInteger, comment="what its units are worth in the reporting currency; null = no rate"),
    Column("sent_to", Text, comment="warehouse that a person chose for it"),
    Column("sent_against", Text, comment="warehouse stated then; once another is, that holds"),
    Column("accepted_by", Text, comment="who accepted that it waits"),
    Column("accepted_at", Time),
    Column("version", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("short_units BETWEEN 0 AND wanted_units", name="short"),
    CheckConstraint("oversold_units BETWEEN 0 AND wanted_units", name="oversold"),
    Index("ix_order_holding_skus_short", "known_at", "sku_code", postgresql_where=text("short_units > 0")),
    Index("ix_order_holding_skus_oversold", "known_at", postgresql_where=text("oversold_units > 0")),
)

stock_touched = Table(
    "stock_touched",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("touch_id", BigInteger, Identity(), primary_key=True),
    Index(None, "touch_id"),
    comment="orders that came or changed and whose stock is still to be settled; emptied by settling",
)

hold_dues = Table(
    "hold_dues",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("known_at", Time, nullable=False),
    Column("channel", Text, nullable=False),
    Column("region_code", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("warehouse_code", Text, nullable=False),
    Column("carrier_code", Text, nullable=False),
    Column("lines_arrived", BigInteger, nullable=False),
    Column("lines_filled", BigInteger, nullable=False),
    Column("held_due", BigInteger, nullable=False),
    Column("held_in_time", BigInteger, nullable=False),
    comment="what an order adds to components C2 and C5 of the index, as it stands in the cells",
)

# ---------------------------------------------------------------- stock: rules, channels, sources

hold_rules = Table(
    "hold_rules",
    metadata,
    Column("channel", Text, primary_key=True, comment="* = every channel"),
    Column("customer_class", Text, primary_key=True, comment="key of models.stock.words.CUSTOMER_CLASSES; * = every class"),
    Column("minutes", Integer, nullable=False, comment="an unpaid order holds stock for so long"),
    Column("extension_minutes", Integer, nullable=False, comment="its one extension adds"),
    Column("may_split", Boolean, nullable=False, comment="whether an order may leave from several warehouses"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("minutes BETWEEN 1 AND 43200", name="minutes"),
    CheckConstraint("extension_minutes BETWEEN 1 AND 43200", name="extension_minutes"),
)

stock_rules = Table(
    "stock_rules",
    metadata,
    Column("sku_code", Text, primary_key=True, comment="* = every SKU"),
    Column("channel", Text, primary_key=True, comment="* = every channel"),
    Column("threshold", BigInteger, nullable=False, comment="pieces; at or below it the action is taken"),
    Column("action", Text, nullable=False),
    Column("relist_above", BigInteger, nullable=False, comment="more pieces than this take the action back"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("threshold >= 0", name="threshold"),
    CheckConstraint("relist_above >= threshold", name="relist_above"),
    CheckConstraint(_one_of("action", THRESHOLD_ACTIONS), name="action"),
)

publish_quotas = Table(
    "publish_quotas",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sku_code", Text, primary_key=True, comment="* = every SKU without a quota of its own"),
    Column("warehouse_code", Text, primary_key=True, comment="* = of all warehouses together"),
    Column("share", Numeric(6, 5), comment="of what is available"),
    Column("units", BigInteger, comment="or so many pieces"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("num_nonnulls(share, units) = 1", name="one_measure"),
    CheckConstraint("share BETWEEN 0 AND 1", name="share"),
    CheckConstraint("units >= 0", name="units"),
    comment="channels without any share what is available equally",
)

channel_stock = Table(
    "channel_stock",
    metadata,
    Column("sku_code", Text, primary_key=True),
    Column("shop_id", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True, comment="'' = the shop as a whole"),
    Column("channel", Text, nullable=False),
    Column("told_quantity", BigInteger, comment="what we told the channel to show; null = nothing yet"),
    Column("told_action", Text, comment="key of models.stock.words.CHANNEL_ACTIONS"),
    Column("told_available", BigInteger, comment="what was available then"),
    Column("told_at", Time),
    Column("shown_quantity", BigInteger, comment="what the channel really shows"),
    Column("shown_as_of", Time),
    Column("shown_source", Text),
    Column("shown_file_id", BigInteger),
    CheckConstraint(_one_of("told_action", keys_of(CHANNEL_ACTIONS)), name="told_action"),
    CheckConstraint("told_quantity >= 0", name="told_quantity"),
    Index(None, "shop_id", "sku_code"),
)

stock_snapshots = Table(
    "stock_snapshots",
    metadata,
    Column("sku_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("source", Text, primary_key=True, comment="manifest.table"),
    Column("kind", Text, primary_key=True, comment="key of models.stock.kinds.QUANTITY_KINDS"),
    Column("as_of", Time, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("nature", Text, nullable=False),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Column("ingested_at", Time, nullable=False),
    CheckConstraint(_one_of("kind", QUANTITY_KINDS), name="kind"),
    CheckConstraint("nature IN ('live', 'backfill')", name="nature"),
    Index(None, "as_of"),
    Index("ix_stock_snapshots_ingested_at", "ingested_at", postgresql_using="brin"),
)

stock_drift = Table(
    "stock_drift",
    metadata,
    Column("day", Date, primary_key=True, comment="business day"),
    Column("sku_code", Text, primary_key=True),
    Column("warehouse_code", Text, primary_key=True),
    Column("source", Text, nullable=False, comment="whose count it is: the day's last"),
    Column("counted", BigInteger, nullable=False),
    Column("book", BigInteger, nullable=False, comment="as of the same instant"),
    Column("as_of", Time, nullable=False),
    Column("computed_at", Time, nullable=False),
    CheckConstraint("counted <> book", name="apart"),
    comment="where a day's last count of a SKU and the book of that instant differ; the sums of all stand in stock_kpis",
)

sku_aliases = Table(
    "sku_aliases",
    metadata,
    Column("source", Text, primary_key=True, comment="manifest that writes it so; * = whoever does"),
    Column("alias", Text, primary_key=True),
    Column("sku_code", Text, nullable=False),
    Column("pieces", BigInteger, nullable=False, server_default=text("1"), comment="in one of what it counts: 12 where it counts cases"),
    Column("observed_at", Time, nullable=False),
    Column("by_person", Text),
    CheckConstraint("pieces BETWEEN 1 AND 100000", name="pieces"),
)

sku_bundles = Table(
    "sku_bundles",
    metadata,
    Column("bundle_code", Text, primary_key=True),
    Column("sku_code", Text, primary_key=True),
    Column("pieces", BigInteger, nullable=False, comment="of it in one bundle"),
    Column("observed_at", Time, nullable=False),
    CheckConstraint("pieces BETWEEN 1 AND 100000", name="pieces"),
    CheckConstraint("bundle_code <> sku_code", name="not_itself"),
)

parked_stock_rows = Table(
    "parked_stock_rows",
    metadata,
    Column("parked_id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("what", Text, nullable=False, comment="snapshot, move or shown"),
    Column("reason", Text, nullable=False),
    Column("sku_label", Text, nullable=False, comment="as the source writes it"),
    Column("warehouse_code", Text),
    Column("shop_id", Text),
    Column("kind", Text),
    Column("quantity", BigInteger, nullable=False),
    Column("as_of", Time, nullable=False),
    Column("move_key", Text),
    Column("move_type", Text),
    Column("move_reason", Text),
    Column("person", Text),
    Column("file_id", BigInteger, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Column("nature", Text, nullable=False),
    Column("parked_at", Time, nullable=False),
    Column("resolved_at", Time),
    CheckConstraint("what IN ('snapshot', 'move', 'shown')", name="what"),
    Index("uq_parked_stock_rows_row", "file_id", "row_number", "what", "kind", unique=True, postgresql_nulls_not_distinct=True),
    Index("ix_parked_stock_rows_waiting", "sku_label", postgresql_where=text("resolved_at IS NULL")),
)

stock_kpis = Table(
    "stock_kpis",
    metadata,
    Column("day", Date, primary_key=True, comment="business day"),
    Column("kpi", Text, primary_key=True, comment="key of models.stock.metrics.METRICS"),
    Column("dimension", Text, primary_key=True, comment="channel, warehouse, or all"),
    Column("member", Text, primary_key=True, comment="its code; '' of all"),
    Column("value", Numeric(20, 6), comment="seconds, share or count; null = nothing to measure"),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
    Column("p50", Numeric(20, 6)),
    Column("p95", Numeric(20, 6)),
    Column("most", Numeric(20, 6), comment="the greatest"),
    Column("computed_at", Time, nullable=False),
)

stock_replays = Table(
    "stock_replays",
    metadata,
    Column("replay_id", BigInteger, Identity(), primary_key=True),
    Column("as_of", Time, nullable=False),
    Column("given", JSONB, nullable=False),
    Column("result", JSONB, nullable=False, comment="models.stock.replay"),
)

# ---------------------------------------------------------------- alerts

alerts = Table(
    "alerts",
    metadata,
    Column("alert_id", BigInteger, Identity(), primary_key=True),
    Column("rule", Text, nullable=False, comment="key of the rule that found it"),
    Column("subject", Text, nullable=False, comment="what it is about, as the rule names it; never a personal value"),
    Column("level", Text, nullable=False),
    Column("department", Text, nullable=False, comment="key of models.people.DEPARTMENTS"),
    Column("owner", Text, comment="person_id; null = whoever of the department"),
    Column("shop_id", Text),
    Column("channel", Text),
    Column("warehouse_code", Text),
    Column("order_no", Text),
    Column("opened_at", Time, nullable=False, comment="when the line was crossed"),
    Column("seen_at", Time, nullable=False, comment="when it was last seen to hold"),
    Column("acknowledged_at", Time),
    Column("acknowledged_by", Text),
    Column("closed_at", Time),
    Column("closed_by", Text, comment="person_id; null = it no longer holds"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="the figures, by name"),
    Column("version", Integer, nullable=False, server_default=text("0")),
    CheckConstraint("level IN ('info', 'warning', 'serious', 'critical')", name="level"),
    Index("uq_alerts_open", "rule", "subject", unique=True, postgresql_where=text("closed_at IS NULL")),
    Index(None, "opened_at"),
    Index("ix_alerts_order", "shop_id", "order_no", postgresql_where=text("order_no IS NOT NULL")),
    comment="lines that were crossed; one open row a rule and subject",
)

# ---------------------------------------------------------------- the workbench

workbench_queue = Table(
    "workbench_queue",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("region_code", Text, nullable=False, comment="'' = unknown, here and below"),
    Column("category", Text, nullable=False),
    Column("warehouse_code", Text, nullable=False),
    Column("carrier_code", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("stage_since", Time),
    Column("clock_start_at", Time),
    Column("value_minor", BigInteger, nullable=False, comment="paid, in the reporting currency; 0 without a rate"),
    Column("due_at", Time, comment="the promise, else the end of the model's target"),
    Column("overdue_at", Time, comment="when it has waited two open hours of its warehouse"),
    Column("stuck_at", Time, comment="when it has stayed as long as its stage may last"),
    Column("probability", Double, comment="of breaking what due_at is the end of; null = not scored yet"),
    Column("low", Double),
    Column("high", Double),
    Column("action", Text, comment="suggested, key of models.workbench.actions; null = nothing would save it"),
    Column("saves", Double, nullable=False, comment="chance that it saves the order"),
    Column("score", Double, nullable=False, comment="P(late) x value x P(saves), what lists are ranked by"),
    *[Column(flag, Boolean, nullable=False) for flag in FLAGS],
    Column("held_out", Boolean, nullable=False, comment="of the control group: not suggested for action"),
    Column("in_capacity", Boolean, nullable=False, server_default=text("false"), comment="suggested within what can be done today"),
    Column("alert_id", BigInteger, comment="its alert of having waited too long"),
    Column("order_changed_at", Time, nullable=False, comment="orders.changed_at that it was judged by"),
    Column("scored_at", Time, comment="risk_now.scored_at that it was judged by"),
    Column("next_at", Time, comment="when time alone changes it"),
    Column("judged_at", Time, nullable=False),
    *[Index(f"ix_workbench_queue_{flag}", text("score DESC"), "shop_id", "order_no", postgresql_where=text(flag)) for flag in FLAGS],
    Index("ix_workbench_queue_in_capacity", text("score DESC"), postgresql_where=text("in_capacity")),
    Index("ix_workbench_queue_unalerted", "overdue_at", postgresql_where=text("overdue_2h AND alert_id IS NULL")),
    comment="every open order as the workbench judges it; derived, written by the job watch_orders alone",
)

order_cases = Table(
    "order_cases",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("version", Integer, nullable=False, server_default=text("0"), comment="moves with every act, a change of owner too"),
    Column("opened_at", Time, nullable=False),
    Column("snoozed_until", Time),
    Column("review", Text, comment="null = none is asked for"),
    Column("review_at", Time, comment="when it was asked for, or judged"),
    Column("last_action", Text, nullable=False, server_default=text("'opened'")),
    Column("last_by", Text, nullable=False, server_default=text("''"), comment="person_id, '' = a job"),
    Column("last_at", Time, nullable=False),
    Column("closed_at", Time),
    Column("closed_by", Text),
    Column("close_reason", Text, comment="how its order ended, or why it was dismissed"),
    CheckConstraint(_one_of("state", keys_of(CASE_STATES)), name="state"),
    CheckConstraint(_one_of("review", keys_of(REVIEWS)), name="review"),
    CheckConstraint(f"({_one_of('state', CLOSED_STATES)}) = (closed_at IS NOT NULL)", name="closed"),
    CheckConstraint("(state = 'snoozed') = (snoozed_until IS NOT NULL)", name="snoozed"),
    Index("ix_order_cases_open", "shop_id", "order_no", postgresql_where=text("closed_at IS NULL")),
    Index("ix_order_cases_closed", "closed_at", "shop_id", "order_no", postgresql_where=text("closed_at IS NOT NULL")),
    Index("ix_order_cases_snoozed", "snoozed_until", postgresql_where=text("state = 'snoozed'")),
    Index("ix_order_cases_pending", "review_at", postgresql_where=text("review = 'pending'")),
    Index("ix_order_cases_resting", "shop_id", "order_no", postgresql_where=text("state IN ('snoozed', 'dismissed')")),
    comment="what people have made of an order in trouble; whose it is stands in order_owners",
)

case_actions = Table(
    "case_actions",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("action_id", BigInteger, Identity(), primary_key=True),
    Column("deed", Text, nullable=False, comment="one for all the orders that were acted on at once"),
    Column("at", Time, nullable=False),
    Column("person_id", Text, nullable=False, comment="'' = a job"),
    Column("action", Text, nullable=False, comment="key of models.workbench.actions, or undo, settled"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("before", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="what an undo brings back"),
    Column("version", Integer, nullable=False, comment="of the case after it"),
    Column("suggested", Boolean, nullable=False, comment="whether it is what the workbench suggested"),
    Column("takes_hands", Boolean, nullable=False),
    Column("probability", Double, comment="of being late when it was done"),
    Column("undoes", Text, comment="the deed that it takes back"),
    Index(None, "at"),
    Index(None, "deed"),
    Index(None, "person_id", "at"),
    Index("uq_case_actions_undoes", "undoes", "shop_id", "order_no", unique=True, postgresql_where=text("undoes IS NOT NULL")),
    comment="who did what about which order; append-only",
)

case_outcomes = Table(
    "case_outcomes",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("day", Date, nullable=False, comment="business day on which the list first chose it"),
    Column("chosen_at", Time, nullable=False),
    Column("cohort", Text, nullable=False),
    Column("compared", Boolean, nullable=False, comment="it could have fallen into either cohort: not valuable, not due the same day"),
    Column("channel", Text, nullable=False),
    Column("warehouse_code", Text, nullable=False),
    Column("value_minor", BigInteger, nullable=False),
    Column("probability", Double, nullable=False),
    Column("saves", Double, nullable=False),
    Column("action", Text, comment="that was suggested"),
    Column("due_at", Time, nullable=False),
    Column("acted_at", Time, comment="when somebody first did something that may save it"),
    Column("acted", Text, comment="what that was"),
    Column("acted_probability", Double, comment="of being late, then"),
    Column("late", Boolean, comment="null = not known yet, or never: bounds hide it, or the buyer cancelled in time"),
    Column("judged_at", Time),
    CheckConstraint(_one_of("cohort", keys_of(COHORTS)), name="cohort"),
    Index(None, "day"),
    Index("ix_case_outcomes_unjudged", "due_at", postgresql_where=text("judged_at IS NULL")),
    comment="orders that the list chose, for action or for the control group, or that people acted on unasked, and what became of them",
)

intents = Table(
    "intents",
    metadata,
    Column("intent_id", BigInteger, Identity(), primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("warehouse_code", Text, nullable=False, comment="that is asked, '' = unknown"),
    Column("wish", JSONB, nullable=False, server_default=text("'{}'::jsonb"), comment="warehouse_code, carrier_code, reason"),
    Column("deed", Text, comment="that asked for it; null = a job"),
    Column("asked_by", Text, nullable=False, comment="person_id, '' = a job"),
    Column("asked_at", Time, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("file_name", Text, comment="below the outbox"),
    Column("sent_at", Time),
    Column("answered_at", Time),
    Column("answered_by", Text),
    Column("answer", Text),
    Column("closed_at", Time),
    Column("error", Text, comment="why it could not be written, last time"),
    CheckConstraint(_one_of("kind", keys_of(INTENT_KINDS)), name="kind"),
    CheckConstraint(_one_of("state", keys_of(INTENT_STATES)), name="state"),
    CheckConstraint(f"({_one_of('state', OPEN_INTENTS)}) = (closed_at IS NULL)", name="closed"),
    Index(None, "shop_id", "order_no"),
    Index(None, "deed"),
    Index("ix_intents_waiting", "warehouse_code", "intent_id", postgresql_where=text("state = 'waiting'")),
    Index("ix_intents_open", "asked_at", postgresql_where=text("closed_at IS NULL")),
    comment="what a warehouse is asked to do with an order, and what came of it",
)

case_work_orders = Table(
    "case_work_orders",
    metadata,
    Column("case_work_order_id", BigInteger, Identity(), primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("deed", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", Time, nullable=False),
    Column("due_at", Time),
    Column("closed_at", Time),
    Column("closed_by", Text),
    Index(None, "shop_id", "order_no"),
    Index("ix_case_work_orders_owner", "owner", postgresql_where=text("closed_at IS NULL")),
)

owner_rules = Table(
    "owner_rules",
    metadata,
    Column("rule_id", BigInteger, Identity(), primary_key=True),
    Column("channel", Text, nullable=False, comment="* = any, here and below"),
    Column("warehouse_code", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("days", ARRAY(SmallInteger), nullable=False, comment="weekdays, 0 = Monday"),
    Column("from_minute", SmallInteger, nullable=False, comment="of the local day"),
    Column("to_minute", SmallInteger, nullable=False, comment="exclusive; at or before from_minute = past midnight"),
    Column("owner", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    Column("removed_at", Time),
    CheckConstraint("from_minute BETWEEN 0 AND 1439 AND to_minute BETWEEN 0 AND 1440", name="minutes"),
    CheckConstraint("cardinality(days) > 0 AND days <@ ARRAY[0,1,2,3,4,5,6]::smallint[]", name="days"),
)

review_rules = Table(
    "review_rules",
    metadata,
    Column("channel", Text, primary_key=True, comment="* = any"),
    Column("currency", Text, primary_key=True),
    Column("threshold_minor", BigInteger, comment="orders of so much or more are held; null = none is"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("threshold_minor > 0", name="threshold"),
)

warehouse_hours = Table(
    "warehouse_hours",
    metadata,
    Column("warehouse_code", Text, primary_key=True, comment="* = any"),
    Column("opens_minute", SmallInteger, nullable=False, comment="of the local day"),
    Column("closes_minute", SmallInteger, nullable=False, comment="1440 = midnight"),
    Column("working_days_only", Boolean, nullable=False, comment="closed where the calendar says so"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("opens_minute BETWEEN 0 AND 1439 AND closes_minute BETWEEN 1 AND 1440 AND opens_minute < closes_minute", name="hours"),
)

action_priors = Table(
    "action_priors",
    metadata,
    Column("action", Text, primary_key=True, comment="key of models.workbench.actions.SAVING_ACTIONS"),
    Column("acted", BigInteger, nullable=False, comment="judged orders it was done to"),
    Column("expected_late", Double, nullable=False, comment="of them without it, by their probabilities then"),
    Column("late", BigInteger, nullable=False),
    Column("saves", Double, nullable=False, comment="mean of the posterior"),
    Column("low", Double, nullable=False),
    Column("high", Double, nullable=False),
    Column("learnt_at", Time, nullable=False),
    comment="what outcomes say of each action; the prior is models.workbench.saves.PRIORS",
)

workbench_settings = Table(
    "workbench_settings",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("capacity", Integer, nullable=False, comment="orders that hands can be laid on in a day"),
    Column("hold_out_share", Double, nullable=False, comment="0 = no control group"),
    Column("hold_out_seed", Integer, nullable=False),
    Column("least_probability", Double, nullable=False, comment="from here on an order counts as still to be saved"),
    Column("overdue_minutes", Integer, nullable=False, comment="of open hours without shipment"),
    Column("late_cost_share", Double, nullable=False, comment="of its value that a late order costs"),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("capacity BETWEEN 0 AND 1000000", name="capacity"),
    CheckConstraint("hold_out_share BETWEEN 0 AND 0.5", name="hold_out"),
    CheckConstraint("least_probability BETWEEN 0 AND 1 AND late_cost_share BETWEEN 0 AND 1", name="shares"),
    CheckConstraint("overdue_minutes BETWEEN 1 AND 10080", name="overdue"),
)

inbox_seen = Table(
    "inbox_seen",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("comment_id", BigInteger, nullable=False, comment="mentions up to it have been seen"),
    Column("seen_at", Time, nullable=False),
)

case_counts = Table(
    "case_counts",
    metadata,
    Column("key", Text, primary_key=True, comment="alert:<alert_id> or touch:<action_id>"),
    Column("shop_id", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("counted_at", Time, nullable=False),
    *[Column(name, Text, nullable=False) for name in ("channel", "region_code", "category", "warehouse_code", "carrier_code")],
    *[Column(name, BigInteger, nullable=False) for name in CASE_COUNTS],
    comment="what exceptions and touches add to the cells, as it stands in them",
)

workbench_kpis = Table(
    "workbench_kpis",
    metadata,
    Column("day", Date, primary_key=True, comment="business day"),
    Column("kpi", Text, primary_key=True, comment="key of models.workbench.metrics.METRICS"),
    Column("dimension", Text, primary_key=True, comment="channel, warehouse, or all"),
    Column("member", Text, primary_key=True, comment="its code; '' of all"),
    Column("value", Double, comment="null = nothing to measure"),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
    Column("p50", Double),
    Column("p95", Double),
    Column("computed_at", Time, nullable=False),
)

# ---------------------------------------------------------------- jobs

job_runs = Table(
    "job_runs",
    metadata,
    Column("run_id", BigInteger, Identity(), primary_key=True),
    Column("job", Text, nullable=False),
    Column("planned_for", Time, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("finished_at", Time),
    Column("status", Text, nullable=False),
    Column("rows", BigInteger),
    Column("message", Text),
    Column("error", Text),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("requested_by", Text),
    CheckConstraint("status IN ('running', 'succeeded', 'failed', 'abandoned')", name="status"),
    Index(None, "job", "started_at"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("process", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Time, nullable=False),
    Column("beat_at", Time, nullable=False),
)

job_schedules = Table(
    "job_schedules",
    metadata,
    Column("job", Text, primary_key=True),
    Column("schedule", Text, nullable=False, comment="as a person reads it: every 5 minutes, 03:10 daily"),
    Column("zone", Text, nullable=False, comment="IANA name the schedule is meant in"),
    Column("why_zh", Text, nullable=False),
    Column("why_en", Text, nullable=False),
    Column("next_run_at", Time, comment="null while the clock is down or the job runs only when asked"),
    Column("updated_at", Time, nullable=False),
)

job_requests = Table(
    "job_requests",
    metadata,
    Column("request_id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False, comment="run, replay or upload"),
    Column("payload", JSONB, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Time, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("finished_at", Time),
    Column("result", JSONB),
    CheckConstraint("kind IN ('run', 'replay', 'upload')", name="kind"),
    CheckConstraint("status IN ('waiting', 'done', 'failed')", name="status"),
    Index(None, "status", "requested_at"),
)

# ---------------------------------------------------------------- the index

snapshots = Table(
    "snapshots",
    metadata,
    Column("snapshot_id", BigInteger, Identity(), primary_key=True),
    Column("as_of", Time, nullable=False),
    Column("closed_until", Date, nullable=False, comment="the first business day that is not over"),
    Column("definition_version", Integer, nullable=False),
    Column("changes", BigInteger, nullable=False, comment="images of orders rolled up; 0 where only a day has ended"),
    Column("rebuilt", Boolean, nullable=False, comment="cells computed anew from all orders"),
    Column("restated_days", ARRAY(Date), nullable=False, comment="closed days whose cells this snapshot changed"),
    Index(None, "as_of"),
)

index_definitions = Table(
    "index_definitions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("definition", JSONB, nullable=False, comment="models.health.components.definition_as_json"),
    Column("note", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
)

index_scores = Table(
    "index_scores",
    metadata,
    Column("span", Text, primary_key=True, comment="day, week (Monday to Sunday) or rolling (seven days)"),
    Column("last_day", Date, primary_key=True, comment="the last business day of the span"),
    Column("score", JSONB, nullable=False, comment="as it computes now: value, raw, cap_penalty, coverage, grade, parts"),
    Column("snapshot_id", BigInteger, nullable=False, comment="that computed it"),
    Column("definition_version", Integer, nullable=False),
    Column("published", JSONB, nullable=False, comment="as it was first published; never changed"),
    Column("published_snapshot_id", BigInteger, nullable=False),
    Column("published_version", Integer, nullable=False),
    Column("published_at", Time, nullable=False),
    Column("restated_at", Time, comment="when what is now last moved away from what was published"),
    CheckConstraint("span IN ('day', 'week', 'rolling')", name="span"),
)

day_caps = Table(
    "day_caps",
    metadata,
    Column("day", Date, primary_key=True),
    Column("code", Text, primary_key=True, comment="key of models.health.components.CAPS"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("recorded_at", Time, nullable=False),
)

targets = Table(
    "targets",
    metadata,
    Column("target_id", BigInteger, Identity(), primary_key=True),
    Column("kpi", Text, nullable=False),
    Column("channel", Text, nullable=False, server_default=text("''"), comment="'' = every channel"),
    Column("month", Date, comment="its first day; null = every month"),
    Column("value", Numeric(20, 6), comment="null takes the target back"),
    Column("version", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("extract(day FROM month) = 1", name="month"),
    Index("uq_targets_kpi_channel_month_version", "kpi", "channel", text("coalesce(month, '-infinity')"), "version", unique=True),
)

# ---------------------------------------------------------------- the delay model

model_versions = Table(
    "model_versions",
    metadata,
    Column("version", BigInteger, Identity(), primary_key=True),
    Column("task", Text, nullable=False, comment="key of models.delay_risk.targets.TARGETS"),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False, comment="why it has this status, in both languages"),
    Column("fitted_at", Time, nullable=False),
    Column("trained_from", Time, nullable=False, comment="start of the ship clock of its first order"),
    Column("trained_to", Time, nullable=False, comment="the cut: what came later it was measured on"),
    Column("measured_to", Time, nullable=False),
    Column("rows", BigInteger, nullable=False, comment="orders at landmarks that it was fitted on"),
    Column("sampling", Text, nullable=False),
    Column("features", ARRAY(Text), nullable=False),
    Column("params", JSONB, nullable=False, comment="hyperparameters, seed, versions of the libraries, the rules it was fitted by"),
    Column("metrics", JSONB, nullable=False, comment="model, trailing_rate, users_rule, champion: all on the same orders"),
    Column("reference", JSONB, nullable=False, comment="how its features were spread, for drift"),
    Column("blob", LargeBinary, nullable=False, comment="skops, read by data.model_store alone"),
    Column("data_fingerprint", Text, nullable=False),
    Column("prediction_fingerprint", Text, nullable=False, comment="of its scores of a fixed sample; bytes differ at every dump"),
    Column("promoted_at", Time),
    Column("promoted_by", Text),
    Column("retired_at", Time),
    CheckConstraint(_one_of("status", STATUSES), name="status"),
    Index("uq_model_versions_champion", "task", unique=True, postgresql_where=text("status = 'champion'")),
    Index(None, "task", "fitted_at"),
)


delay_rules = Table(
    "delay_rules",
    metadata,
    Column("channel", Text, primary_key=True, comment="* = all"),
    Column("version", Integer, primary_key=True),
    Column("working_days", Integer, comment="null, as what follows, where the rule was taken back"),
    Column("hours", Integer),
    Column("cut_off_hour", Integer, comment="local; 24 = none"),
    Column("weekends_work", Boolean),
    Column("set_by", Text, nullable=False),
    Column("set_at", Time, nullable=False),
    CheckConstraint("num_nulls(working_days, hours, cut_off_hour, weekends_work) IN (0, 4)", name="whole"),
    CheckConstraint("working_days > 0 AND hours > 0 AND cut_off_hour BETWEEN 0 AND 24", name="sizes"),
    comment="every version of the rules by which the delay model calls an order late: models.delay_risk.rules.TargetRule",
)


def _risk_columns() -> list[Column[object]]:
    """Return fresh columns for what a score says, shared by the present one and those before."""
    return [
        Column("landmark", Integer, nullable=False, comment="minutes after payment, the last one passed; models.delay_risk.landmarks"),
        Column("probability", Double, nullable=False, comment="of missing the primary target"),
        Column("low", Double, nullable=False, comment="of its band"),
        Column("high", Double, nullable=False),
        Column("model_version", BigInteger, comment="null where no model could be used"),
        Column("fallback", Text, nullable=False, server_default=text("''"), comment="'' = the model as fitted, else why not"),
        Column("promise_probability", Double, comment="of breaking the stored promise; null without a promise"),
        Column("promise_low", Double),
        Column("promise_high", Double),
        Column("promise_version", BigInteger),
    ]


risk_scores = Table(
    "risk_scores",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("scored_at", Time, primary_key=True),
    *_risk_columns(),
    CheckConstraint("probability BETWEEN 0 AND 1 AND low <= probability AND probability <= high", name="band"),
    Index("ix_risk_scores_scored_at", "scored_at", postgresql_using="brin"),
    comment="every score that an open order was given",
)

risk_now = Table(
    "risk_now",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("scored_at", Time, nullable=False),
    *_risk_columns(),
    Column("due_at", Time, comment="end of the primary target's time"),
    Column("order_changed_at", Time, comment="state of the order that was scored"),
    Column("raw_log_odds", Double, comment="of the model before its calibrator; what the reasons add up to"),
    Column("reasons", JSONB, comment="the strongest, [{feature, log_odds, zh, en}]; null where not computed"),
    CheckConstraint("probability BETWEEN 0 AND 1 AND low <= probability AND probability <= high", name="band"),
    # no other index: a row whose indexed columns stay is written beside its old self, in less than half the time (migration 0017)
    comment="the present score of every open order",
)

model_drift = Table(
    "model_drift",
    metadata,
    Column("checked_at", Time, primary_key=True),
    Column("task", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="feature (PSI) or calibration (gap)"),
    Column("name", Text, primary_key=True, comment="of the feature; '' for calibration"),
    Column("version", BigInteger, nullable=False),
    Column("value", Double, nullable=False),
    Column("ceiling", Double, nullable=False, comment="from here on it counts as drifted"),
    Column("rows", BigInteger, nullable=False),
    CheckConstraint("kind IN ('feature', 'calibration')", name="kind"),
)
