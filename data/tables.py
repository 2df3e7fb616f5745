"""What do we keep, at which grain?

Times are ``timestamptz`` in UTC; money is ``bigint`` in minor units beside an ISO currency; an order's key is
``(shop_id, order_no)`` everywhere. Primary keys of order facts hold ``order_no``, their distribution column.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from data.measures import CUBES, IMAGE, MEASURE_NAMES, OPEN_PROMISE, Cube
from models.events import EVENT_TYPES
from models.orders import TIMED_EVENTS
from models.scope import ROLES

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


# ---------------------------------------------------------------- the installation and its people

installation = Table(
    "installation",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    Column("kind", Text, nullable=False, comment="demo or real; the other kind refuses to write"),
    Column("created_at", Time, nullable=False),
    Column("zone", Text, comment="the business zone by whose days the cells are cut"),
    Column("reporting_currency", Text, comment="of the money in the cells"),
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

_IMAGE_TYPES = {"closed_by_merchant": Boolean, "paid_reporting_minor": BigInteger}

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
)

erased_contacts = Table(
    "erased_contacts",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("erased_at", Time, nullable=False, comment="a buyer's erasure holds against files that come again"),
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
