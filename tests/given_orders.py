"""What does a small, lifelike merchant look like in the tables? (For tests of reads and pages only.)"""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert

from data import tables
from data.roll_up import roll_up_changes
from data.settings import Settings

SHOPS: tuple[tuple[str, str, str, str], ...] = (
    ("tb-home", "taobao", "青禾家居淘宝店", "CNY"),
    ("tm-flag", "tmall", "青禾旗舰店", "CNY"),
    ("dy-live", "douyin", "青禾直播间", "CNY"),
    ("sp-us", "shopify", "Qinghe Global", "USD"),
)
CHANNEL = {shop_id: channel for shop_id, channel, _, _ in SHOPS}
WAREHOUSES = (("CN-HZ", "杭州仓"), ("CN-GZ", "广州仓"), ("CN-CD", "成都仓"))
CATEGORIES = ("家居", "厨具", "数码", "服饰", None)
REGIONS = (("CN-51", "四川", "Sichuan", "southwest"), ("CN-33", "浙江", "Zhejiang", "east"), ("CN-44", "广东", "Guangdong", "south"))
# hours from payment to shipping, by channel
PACE = {"taobao": 5.0, "tmall": 4.0, "douyin": 14.0, "shopify": 9.0}
# short, so that some orders are late
PROMISE = timedelta(hours=12)
WEIGHT = {"taobao": 4, "tmall": 5, "douyin": 6, "shopify": 1}


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that may leave out different columns."""
    if rows:
        names = {name for row in rows for name in row}
        connection.execute(insert(table), [{name: row.get(name) for name in names} for row in rows])


def an_order(shop_id: str, order_no: str, *, created_at: datetime, **given: object) -> dict[str, Any]:
    """Return one row of ``orders``; what is not given is plain."""
    return {
        "shop_id": shop_id,
        "order_no": order_no,
        "channel": CHANNEL.get(shop_id, shop_id),
        "stub": False,
        "stage": "created",
        "stage_since": created_at,
        "on_hold": False,
        "created_at": created_at,
        "currency": "CNY",
        "nature": "live",
        "first_file_id": 1,
        "ingested_at": created_at,
        "changed_at": created_at,
        **given,
    }


def masters(connection: Connection, *, as_of: datetime) -> None:
    """Insert shops, warehouses, regions and one SKU a category."""
    insert_rows(
        connection,
        tables.shops,
        [
            {"shop_id": i, "channel": c, "name": n, "zone": "Asia/Shanghai", "currency": m, "complete": True, "created_at": as_of}
            for i, c, n, m in SHOPS
        ],
    )
    insert_rows(
        connection, tables.warehouses, [{"warehouse_code": c, "name": n, "aliases": [], "observed_at": as_of} for c, n in WAREHOUSES]
    )
    known = {row.region_code for row in connection.execute(tables.regions.select())}
    rows = [{"region_code": c, "name_zh": z, "name_en": e, "area": a} for c, z, e, a in REGIONS if c not in known]
    insert_rows(connection, tables.regions, rows)
    insert_rows(
        connection,
        tables.skus,
        [
            {"sku_code": f"SKU-{n}", "valid_from": as_of, "name": c, "category": c, "observed_at": as_of}
            for n, c in enumerate(CATEGORIES)
            if c
        ],
    )


def many_orders(connection: Connection, *, as_of: datetime, days: int, count: int, seed: int = 7) -> None:
    """Insert a merchant's orders of the last days: by hour and weekday as in life, most of them shipped."""
    dice = random.Random(seed)
    shops = dice.choices(SHOPS, weights=[WEIGHT[shop[1]] for shop in SHOPS], k=count)
    rows = [_life_of(number, shop, dice=dice, as_of=as_of, days=days) for number, shop in enumerate(shops)]
    for start in range(0, len(rows), 5000):
        insert_rows(connection, tables.orders, rows[start : start + 5000])
    rates = [
        {
            "business_day": (as_of - timedelta(days=n)).date(),
            "currency": "USD",
            "reporting_currency": "CNY",
            "rate": 7.1,
            "observed_at": as_of,
        }
        for n in range(-1, days + 2)
    ]
    insert_rows(connection, tables.fx_rates, rates)


def _life_of(number: int, shop: tuple[str, str, str, str], *, dice: random.Random, as_of: datetime, days: int) -> dict[str, Any]:
    while True:
        hour = dice.choices(range(24), weights=[1, 1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 8, 8, 8, 9, 9, 8, 8, 10, 12, 12, 8, 4])[0]
        created = (as_of - timedelta(days=dice.random() ** 1.15 * days)).replace(
            hour=(hour - 8) % 24, minute=dice.randrange(60), second=dice.randrange(60), microsecond=0
        )
        if created < as_of:
            break
    row = an_order(
        shop[0],
        f"{number:012d}",
        created_at=created,
        currency=shop[3],
        region_code=dice.choice(REGIONS)[0],
        category=dice.choice(CATEGORIES),
        warehouse_code=dice.choice([*[code for code, _ in WAREHOUSES], None]),
    )
    if dice.random() < 0.06:
        return row | {"stage": dice.choice(("created", "cancelled"))}
    paid = created + timedelta(minutes=dice.expovariate(0.2))
    minor = round(dice.lognormvariate(9.2, 0.6))
    row |= {"stage": "paid", "stage_since": paid, "paid_from": paid, "paid_to": paid, "paid_minor": minor, "clock_start_at": paid}
    row |= {"paid_reporting_minor": round(minor * 7.1) if shop[3] == "USD" else minor}
    row |= {"deadline_at": paid + PROMISE, "deadline_rule": "test"}
    weekend = 1.6 if created.weekday() >= 5 else 1.0
    shipped = paid + timedelta(hours=PACE[shop[1]] * weekend * dice.lognormvariate(0, 0.35))
    if shipped >= as_of:
        return row
    vague = timedelta(hours=3) if dice.random() < 0.03 else timedelta()
    if shop[1] != "shopify" and not vague:
        # the warehouse's list tells when it took which step
        reviewed, waybilled = (paid + (shipped - paid) * part for part in (0.2, 0.7))
        row |= {"reviewed_from": reviewed, "reviewed_to": reviewed, "waybilled_from": waybilled, "waybilled_to": waybilled}
    row |= {"stage": "shipped", "stage_since": shipped, "shipped_from": shipped - vague, "shipped_to": shipped}
    delivered = shipped + timedelta(days=dice.lognormvariate(1, 0.3))
    if delivered >= as_of:
        return row
    return row | {"stage": "delivered", "stage_since": delivered, "delivered_from": delivered, "delivered_to": delivered}


def sources(connection: Connection, *, as_of: datetime) -> None:
    """Insert files of each source: some live, some back-fill, some with refused rows, one unknown."""
    ages = {"tb-home": 1, "tm-flag": 2, "dy-live": 8, "sp-us": 47, "": 3}
    names = {"": "wdt.stockout", "sp-us": "shopify.orders", "dy-live": "douyin.orders"}
    file_id = 0
    for shop_id, age in ages.items():
        for nature, minutes in (("backfill", 2880), ("live", age + 5), ("live", age)):
            file_id += 1
            at = as_of - timedelta(minutes=minutes)
            source = names.get(shop_id, "taobao.orders")
            refused = 2 if nature == "live" and shop_id in ("tb-home", "dy-live") else 0
            _file(connection, file_id=file_id, shop_id=shop_id, source=source, nature=nature, at=at, refused=refused)
    at = as_of - timedelta(minutes=30)
    insert_rows(connection, tables.source_files, [_file_row(99, shop_id="", name="五月对账.xlsx", nature="live", at=at)])
    detail = {"nearest": [{"manifest": "taobao", "table": "orders", "missing": ["订单编号", "买家实际支付金额"], "score": 0.4}]}
    insert_rows(
        connection,
        tables.file_runs,
        [
            run_row(99, source="", at=at, rows=0, refused=0)
            | {"manifest": "", "kind": "unknown", "status": "refused", "error": "no_manifest", "detail": detail}
        ],
    )


def _file(connection: Connection, *, file_id: int, shop_id: str, source: str, nature: str, at: datetime, refused: int) -> None:
    name = f"ExportOrderList{202611220000 + file_id}.csv"
    insert_rows(connection, tables.source_files, [_file_row(file_id, shop_id=shop_id, name=name, nature=nature, at=at)])
    insert_rows(connection, tables.file_runs, [run_row(file_id, source=source, at=at, rows=120, refused=refused)])
    bad = [("paid_minor", "not_an_amount", "12,x"), ("created_at", "not_a_time", "昨天")][:refused]
    insert_rows(
        connection,
        tables.rejected_rows,
        [{"run_id": file_id, "row_number": 7 + n, "field": f, "code": c, "value": v} for n, (f, c, v) in enumerate(bad)],
    )


def _file_row(file_id: int, *, shop_id: str, name: str, nature: str, at: datetime) -> dict[str, Any]:
    sha256 = f"{file_id:064x}"
    return {
        "file_id": file_id,
        "shop_id": shop_id,
        "sha256": sha256,
        "name": name,
        "size_bytes": 20480,
        "nature": nature,
        "received_at": at,
    }


def run_row(file_id: int, *, source: str, at: datetime, rows: int, refused: int) -> dict[str, Any]:
    return {
        "run_id": file_id,
        "file_id": file_id,
        "manifest": source.split(".")[0],
        "manifest_version": 1,
        "source": source,
        "kind": "logistics" if source.startswith("wdt") else "orders",
        "status": "ingested",
        "rows": rows,
        "accepted": rows - refused,
        "refused": refused,
        "orders": rows - refused,
        "lines": 0,
        "detail": {},
        "latest_event_at": at,
        "started_at": at,
        "finished_at": at,
    }


def jobs(connection: Connection, *, as_of: datetime) -> None:
    """Insert two jobs with their schedules and runs, and a heartbeat."""
    why = {
        "pull_inbox": ("收取各平台文件", "takes in the platforms' files"),
        "housekeeping": ("到期清理个人信息", "removes personal data in time"),
    }
    schedules = {"pull_inbox": ("every 5 minutes", 3), "housekeeping": ("03:10 daily", 700)}
    for name, (schedule, minutes) in schedules.items():
        row = {"job": name, "schedule": schedule, "zone": "Asia/Shanghai", "why_zh": why[name][0], "why_en": why[name][1]}
        due = {"next_run_at": as_of + timedelta(minutes=minutes), "updated_at": as_of}
        insert_rows(connection, tables.job_schedules, [row | due])
    at = as_of - timedelta(minutes=2)
    run = {"planned_for": at, "started_at": at, "host": "test", "pid": 1}
    done = {"finished_at": at + timedelta(seconds=4), "rows": 311}
    insert_rows(
        connection,
        tables.job_runs,
        [
            run | done | {"job": "pull_inbox", "status": "succeeded", "message": "3 files"},
            run | done | {"job": "housekeeping", "status": "failed", "error": "disk full"},
        ],
    )
    beat = {"process": "jobs", "host": "test", "pid": 1, "started_at": at, "beat_at": as_of - timedelta(seconds=5)}
    insert_rows(connection, tables.heartbeats, [beat])


def merchant(connection: Connection, *, as_of: datetime, days: int = 21, count: int = 600) -> None:
    """Insert the whole merchant: masters, orders, sources and jobs."""
    masters(connection, as_of=as_of)
    many_orders(connection, as_of=as_of, days=days, count=count)
    sources(connection, as_of=as_of)
    jobs(connection, as_of=as_of)


def rolled_up(engine: Engine, *, as_of: datetime) -> None:
    """Roll the inserted orders up, as the job does."""
    roll_up_changes(engine, settings=Settings(inbox=Path("/nowhere")), as_of=as_of, anew=True)


def utc(text: str) -> datetime:
    """Return an instant from its ISO text in UTC.

    >>> utc("2026-11-22T01:05")
    datetime.datetime(2026, 11, 22, 1, 5, tzinfo=datetime.timezone.utc)
    """
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
