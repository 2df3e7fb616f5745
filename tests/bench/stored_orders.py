"""What does a table of millions of orders look like, of a merchant who has traded for 400 days?

The rows are made by the server in one statement and go into ``orders`` alone, past ingest: nothing here measures how they came. Order
n is drawn from hashes of n, so that a run has the same orders every time, and fewer orders are spread over the same days and cells.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from data.tables import orders as table
from data.writes.change_log import logged_sql
from models.events import ENDINGS

DAYS = 400
REGIONS = 31
CHANNELS = ("taobao", "tmall", "jd", "pdd", "douyin", "kuaishou", "xiaohongshu", "shopify")
CATEGORIES = tuple(f"category-{n:02}" for n in range(20))
WAREHOUSES = ("CN-HZ", "CN-GZ", "CN-CD", "CN-BJ", "CN-WH")
CARRIERS = ("SF", "ZTO", "YTO", "YUNDA", "JD")
# Whose orders go through a warehouse that tells of its steps; of the others nothing is heard between payment and shipping.
TOLD = ("taobao", "tmall", "jd", "shopify")
# What came before was imported when the merchant began with us.
_LIVE_DAYS = 90
# What a batch changes is of these last days.
_RECENT = timedelta(days=7)


def fill_orders(engine: Engine, *, orders: int, until: datetime) -> None:
    """Put orders, created in the 400 days before ``until``, into the empty table; its indexes are made afterwards, as a bulk load does."""
    given = {"orders": orders, "until": until, "channels": [*CHANNELS], "categories": [*CATEGORIES]}
    given |= {"warehouses": [*WAREHOUSES], "carriers": [*CARRIERS], "told": [*TOLD]}
    with engine.begin() as connection:
        for index in table.indexes:
            index.drop(connection)
        # emptied in this transaction, the table takes the rows without a write-ahead log
        connection.execute(text("TRUNCATE orders"))
        connection.execute(text(_FILL), given)
        for index in table.indexes:
            index.create(connection)


def change_orders(connection: Connection, *, orders: int, batch: int, as_of: datetime) -> None:
    """State that recent orders, drawn by the number of the batch, have left just now, and log what that changes as every writer does."""
    connection.execute(text(_CHANGE), {"orders": orders, "batch": batch, "as_of": as_of, "since": as_of - _RECENT})


# One die a decision, each in [0, 1).
_DICE = ", ".join(
    f"(hashint8extended(n, {seed}) & 1048575) / 1048576.0::float8 AS {name}"
    for seed, name in enumerate(
        ("of_channel", "of_region", "of_category", "of_warehouse", "of_carrier", "fate", "wait", "pace", "vague", "odd", "gap"), start=1
    )
)

# Offset 0 keeps each step a step: its times are computed once, not once for every use. Six in a hundred orders are cancelled, half of
# them unpaid; three leave late; ten have a time that is known as bounds only; one or two lack a category, region, rate or promise; four
# are sent in parts, two are on hold until they leave.
_PLACED = f"""
    SELECT *, CAST(:until AS timestamptz) - interval '{DAYS} days' * (1 - n / CAST(:orders AS float8)) AS created_at,
        (:channels)[1 + floor({len(CHANNELS)} * power(of_channel, 1.6))::int] AS channel,
        (ARRAY(SELECT region_code FROM regions WHERE region_code LIKE 'CN-%' AND area <> 'hmt' ORDER BY 1))
            [1 + floor({REGIONS} * power(of_region, 1.5))::int] AS region,
        (:categories)[1 + floor({len(CATEGORIES)} * power(of_category, 1.4))::int] AS main_category,
        (:warehouses)[1 + floor({len(WAREHOUSES)} * of_warehouse)::int] AS warehouse,
        (:carriers)[1 + floor({len(CARRIERS)} * of_carrier)::int] AS carrier,
        900 + floor(30000 * power(gap, 3))::bigint AS amount
    FROM (SELECT n, {_DICE} FROM generate_series(1, CAST(:orders AS bigint)) AS n OFFSET 0) AS dice OFFSET 0"""
_PAID = f"""
    SELECT *, created_at > :until - interval '{_LIVE_DAYS} days' AS live,
        CASE WHEN fate < 0.97 THEN least(created_at - interval '5 minutes' * ln(1 - wait), :until) END AS paid_to
    FROM ({_PLACED}) AS placed OFFSET 0"""
_LEFT = f"""
    SELECT *, CASE WHEN fate < 0.94 THEN paid_to + interval '2 hours' - interval '13 hours' * ln(1 - pace) END AS leaves_at,
        CASE WHEN fate >= 0.94 THEN coalesce(paid_to, created_at) + interval '20 hours' * wait END AS cancels_at
    FROM ({_PAID}) AS paid OFFSET 0"""


def _on_the_way(share: float, *, where: str) -> str:
    """Return the time of a step between payment and leaving, of the orders ``where`` it is heard of, once it has happened."""
    at = f"paid_to + {share} * (leaves_at - paid_to)"
    return f"CASE WHEN {where} AND {at} <= :until THEN {at} END"


_HEARD = "channel = ANY(:told)"
_ENDED = f"""
    SELECT *, {_on_the_way(0.15, where=_HEARD)} AS reviewed_at, {_on_the_way(0.3, where=_HEARD)} AS allocated_at,
        {_on_the_way(0.7, where=_HEARD)} AS waybilled_at, {_on_the_way(0.85, where="odd >= 0.30 AND odd < 0.34")} AS part_shipped_at,
        CASE WHEN leaves_at <= :until THEN leaves_at END AS shipped_to,
        CASE WHEN leaves_at + interval '5 days' * gap <= :until THEN leaves_at + interval '5 days' * gap END AS delivered_at,
        CASE WHEN leaves_at + interval '12 days' * gap <= :until THEN leaves_at + interval '12 days' * gap END AS completed_at,
        CASE WHEN cancels_at <= :until THEN cancels_at END AS cancelled_at,
        CASE WHEN fate < 0.04 AND leaves_at + interval '9 days' * gap <= :until THEN leaves_at + interval '9 days' * gap END AS refunded_at
    FROM ({_LEFT}) AS left_at OFFSET 0"""
# Stage -> when it was reached; the first that was is where an order stands (models.events.stage_of).
_STEPS = {
    "refunded": "refunded_at",
    "cancelled": "cancelled_at",
    "completed": "completed_at",
    "delivered": "delivered_at",
    "shipped": "shipped_to",
    "part_shipped": "part_shipped_at",
    "waybilled": "waybilled_at",
    "allocated": "allocated_at",
    "reviewed": "reviewed_at",
    "paid": "paid_to",
}
# Column of orders -> what it holds.
_FIELDS = {
    "shop_id": "channel || '-shop'",
    "order_no": "lpad(n::text, 18, '0')",
    "stub": "false",
    "stage": f"CASE {' '.join(f'WHEN {at} IS NOT NULL THEN {stage!r}' for stage, at in _STEPS.items())} ELSE 'created' END",
    "stage_since": f"greatest(created_at, {', '.join(at for stage, at in _STEPS.items() if stage not in ENDINGS)})",
    "on_hold": "odd >= 0.5 AND odd < 0.52 AND paid_to IS NOT NULL AND shipped_to IS NULL AND cancelled_at IS NULL",
    "created_at": "created_at",
    "paid_from": "CASE WHEN vague < 0.04 AND paid_to IS NOT NULL THEN created_at ELSE paid_to END",
    "paid_to": "paid_to",
    "reviewed_from": "reviewed_at",
    "reviewed_to": "reviewed_at",
    "allocated_from": "allocated_at",
    "allocated_to": "allocated_at",
    "waybilled_from": "waybilled_at",
    "waybilled_to": "waybilled_at",
    "shipped_from": """CASE WHEN vague < 0.1 AND shipped_to IS NOT NULL
        THEN greatest(paid_to, shipped_to - interval '8 hours') ELSE shipped_to END""",
    "shipped_to": "shipped_to",
    "delivered_from": "delivered_at",
    "delivered_to": "delivered_at",
    "completed_from": "completed_at",
    "completed_to": "completed_at",
    "cancelled_from": "cancelled_at",
    "cancelled_to": "cancelled_at",
    "refunded_from": "refunded_at",
    "refunded_to": "refunded_at",
    "category": "CASE WHEN odd >= 0.02 THEN main_category END",
    "line_source": "'bench.lines'",
    "kind": "'normal'",
    "currency": "CASE channel WHEN 'shopify' THEN 'USD' ELSE 'CNY' END",
    "total_minor": "amount",
    "paid_minor": "CASE WHEN paid_to IS NOT NULL THEN amount END",
    "region_code": "CASE WHEN odd < 0.99 THEN region END",
    "warehouse_code": "warehouse",
    "carrier_code": "CASE WHEN shipped_to IS NOT NULL THEN carrier END",
    "waybill_no": "CASE WHEN shipped_to IS NOT NULL THEN carrier || lpad(n::text, 13, '0') END",
    "close_reason": "CASE WHEN cancelled_at IS NOT NULL THEN CASE WHEN odd < 0.2 THEN '商家缺货' ELSE '不想要了' END END",
    "channel": "channel",
    "clock_start_at": "paid_to",
    "deadline_at": "CASE WHEN odd < 0.98 THEN paid_to + interval '48 hours' END",
    "deadline_rule": "CASE WHEN odd < 0.98 AND paid_to IS NOT NULL THEN 'bench/*@20250101T000000Z' END",
    "paid_reporting_minor": "CASE WHEN paid_to IS NOT NULL AND (channel <> 'shopify' OR odd < 0.9) THEN amount END",
    "nature": "CASE WHEN live THEN 'live' ELSE 'backfill' END",
    "first_file_id": "1",
    "ingested_at": f"CASE WHEN live THEN created_at + interval '15 minutes' * power(gap, 4) ELSE :until - interval '{_LIVE_DAYS} days' END",
    "changed_at": ":until",
}
_FILL = f"INSERT INTO orders ({', '.join(_FIELDS)}) SELECT {', '.join(_FIELDS.values())} FROM ({_ENDED}) AS ended"

_CHANGE = f"""
    WITH chosen AS MATERIALIZED (
        SELECT shop_id, order_no FROM orders
        WHERE created_at > :since AND created_at <= :as_of AND paid_to IS NOT NULL AND cancelled_to IS NULL
        ORDER BY hashtextextended(order_no, :batch), order_no LIMIT :orders
    ),
    {
    logged_sql(
        '''UPDATE orders AS o SET shipped_from = :as_of, shipped_to = :as_of, stage = 'shipped', stage_since = :as_of, changed_at = :as_of
        FROM chosen WHERE (o.shop_id, o.order_no) = (chosen.shop_id, chosen.order_no)''',
        alias="o",
    )
}"""
