"""What does a merchant's stock look like in the tables on a busy evening, with all that can be wrong? (For tests of reads and the page.)"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from data import tables
from tests.given_orders import SHOPS, WAREHOUSES, an_order, insert_rows, masters

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CHANNEL = {shop: channel for shop, channel, _, _ in SHOPS}
NAMES = {
    "MUG-01": "青釉马克杯 350ml",
    "POT-24": "铸铁炖锅 24cm",
    "TEA-500": "明前龙井 500g",
    "LMP-7": "护眼台灯",
    "BAG-S": "帆布托特包 小号",
    "TWL-3": "纯棉毛巾三条装",
    "CUP-99": "保温杯 480ml",
    "PAN-28": "不粘煎锅 28cm",
}
# SKU, warehouse, on hand, on its way.
PLACES: tuple[tuple[str, str, int, int], ...] = (
    ("MUG-01", "CN-HZ", 2, 0),
    ("MUG-01", "CN-GZ", 60, 0),
    ("POT-24", "CN-HZ", -3, 40),
    ("TEA-500", "CN-HZ", 4, 0),
    ("TEA-500", "CN-CD", 0, 120),
    ("LMP-7", "CN-GZ", 260, 0),
    ("BAG-S", "CN-HZ", 1_200, 300),
    ("BAG-S", "CN-GZ", 800, 0),
    ("TWL-3", "CN-CD", 35, 0),
    ("CUP-99", "CN-HZ", 8, 0),
    ("PAN-28", "CN-GZ", 90, 0),
)
# SKU, shop, order, warehouse, pieces, state, minutes until it ends (None = never).
HOLDS: tuple[tuple[str, str, str, str, int, str, int | None], ...] = (
    ("MUG-01", "dy-live", "DY-1", "CN-HZ", 5, "confirmed", None),
    ("MUG-01", "tb-home", "TB-1", "CN-GZ", 2, "placed", 12),
    ("POT-24", "tm-flag", "TM-1", "CN-HZ", 2, "confirmed", None),
    ("CUP-99", "dy-live", "DY-2", "CN-HZ", 6, "placed", 4),
    ("CUP-99", "dy-live", "DY-3", "CN-HZ", 2, "placed", -9),
    ("BAG-S", "tb-home", "TB-2", "CN-HZ", 40, "placed", 25),
    ("BAG-S", "sp-us", "SP-1", "CN-GZ", 12, "confirmed", None),
    ("LMP-7", "tm-flag", "TM-2", "CN-GZ", 3, "released", None),
)
# SKU, shop, order, warehouse it should leave from, wanted, short, oversold, worth in minor units, minutes since it came.
WANTED: tuple[tuple[str, str, str, str | None, int, int, int, int | None, int], ...] = (
    ("MUG-01", "dy-live", "DY-1", "CN-HZ", 8, 3, 0, 31_200, 95),
    ("POT-24", "tm-flag", "TM-1", "CN-HZ", 4, 2, 0, 107_600, 80),
    ("POT-24", "dy-live", "DY-9", "CN-HZ", 4, 4, 4, 107_600, 30),
    ("TEA-500", "dy-live", "DY-8", "CN-CD", 3, 3, 3, 89_400, 22),
    ("TEA-500", "sp-us", "SP-8", None, 2, 2, 2, None, 18),
    ("CUP-99", "dy-live", "DY-2", "CN-HZ", 6, 0, 0, 41_400, 6),
    ("BAG-S", "tb-home", "TB-2", "CN-HZ", 40, 0, 0, 156_000, 5),
)
# SKU, shop, told, what to do, shown, minutes since it was looked at.
SHOWN: tuple[tuple[str, str, int | None, str | None, int | None, int | None], ...] = (
    ("MUG-01", "dy-live", 20, "sell", 55, 41),
    ("MUG-01", "tb-home", 20, "sell", 20, 3),
    ("POT-24", "dy-live", 0, "delist", 6, 41),
    ("CUP-99", "tb-home", 2, "show_left", 2, 3),
    ("TEA-500", "tm-flag", 1, "show_left", 1, 4),
    ("BAG-S", "tb-home", 700, "sell", 690, 3),
    ("BAG-S", "sp-us", 600, "sell", None, None),
    ("LMP-7", "tm-flag", 260, "sell", 260, 4),
)
POLICIES = (("shared", 1.0), ("equal", 0.0), ("by_sales", 0.0))


def busy_evening(engine: Engine, *, as_of: datetime | None = None) -> datetime:
    """Store all of it as of a minute, which is returned; the books add up: on hand is the sum of moves, held that of open holds."""
    now = as_of or datetime.now(UTC).replace(second=0, microsecond=0)
    with engine.begin() as connection:
        masters(connection, as_of=now - 30 * DAY)
        _skus(connection, now=now)
        _orders(connection, now=now)
        _ledger(connection, now=now)
        _wishes(connection, now=now)
        _channels(connection, now=now)
        _rules(connection, now=now)
        _figures(connection, now=now)
    return now


def add_up(connection: Connection) -> bool:
    """Say whether the given books add up, as those of the ledger always do."""
    off = connection.execute(
        text("""
        SELECT count(*) FROM stock AS s WHERE s.on_hand <> (SELECT coalesce(sum(m.units), 0) FROM stock_moves AS m
            WHERE m.sku_code = s.sku_code AND m.warehouse_code = s.warehouse_code)
        OR s.held <> (SELECT coalesce(sum(h.units), 0) FROM holds AS h
            WHERE h.sku_code = s.sku_code AND h.warehouse_code = s.warehouse_code AND h.state IN ('placed', 'confirmed'))
        """)
    ).scalar_one()
    return int(off) == 0


def _skus(connection: Connection, *, now: datetime) -> None:
    rows = [
        {
            "sku_code": code,
            "valid_from": now - 400 * DAY,
            "name": name,
            "category": "服饰" if code == "BAG-S" else "厨具",
            "observed_at": now,
        }
        for code, name in NAMES.items()
    ]
    insert_rows(connection, tables.skus, rows)


def _orders(connection: Connection, *, now: datetime) -> None:
    keys = dict.fromkeys([(shop, number) for _, shop, number, *_ in HOLDS] + [(shop, number) for _, shop, number, *_ in WANTED])
    ages = {(shop, number): minutes for _, shop, number, *_, minutes in WANTED}
    unpaid = {number for _, _, number, *_, state, _ in HOLDS if state == "placed"}
    rows = [
        an_order(shop, number, created_at=now - ages.get((shop, number), 50) * MINUTE, warehouse_code="CN-HZ")
        | {"stage": "created" if number in unpaid else "paid"}
        for shop, number in keys
    ]
    insert_rows(connection, tables.orders, rows)


def _ledger(connection: Connection, *, now: datetime) -> None:
    opened = now - 20 * DAY
    held: dict[tuple[str, str], int] = {}
    for sku, _, _, warehouse, units, state, _ in HOLDS:
        if state in ("placed", "confirmed"):
            held[sku, warehouse] = held.get((sku, warehouse), 0) + units
    stock = [
        {"sku_code": sku, "warehouse_code": warehouse, "on_hand": on_hand, "held": held.get((sku, warehouse), 0), "inbound": inbound}
        | {"inbound_as_of": now - 30 * MINUTE, "opened_at": opened, "counted_at": opened, "learnt_at": opened, "changed_at": now - MINUTE}
        for sku, warehouse, on_hand, inbound in PLACES
    ]
    insert_rows(connection, tables.stock, stock)
    insert_rows(connection, tables.stock_moves, [move for place in PLACES for move in _moves(place, opened=opened, now=now)])
    insert_rows(connection, tables.holds, [_hold(hold, now=now) for hold in HOLDS])
    steps = [_step(hold, "placed", now=now) for hold in HOLDS]
    steps += [_step(hold, "confirmed", now=now) for hold in HOLDS if hold[5] == "confirmed"]
    steps += [_step(hold, "released", now=now) for hold in HOLDS if hold[5] == "released"]
    insert_rows(connection, tables.hold_steps, steps)


def _moves(place: tuple[str, str, int, int], *, opened: datetime, now: datetime) -> list[dict[str, Any]]:
    """Return a life that leads to what is on hand: an opening, purchases, sales, a gift and a sample."""
    sku, warehouse, on_hand, _ = place
    told: list[tuple[str, int, str, str | None, str | None]] = [("opening", 40, "wdt.stock", None, None)]
    told += [
        ("purchase_in", 60, "wdt.moves", None, None),
        ("sale_out", -12, "order", None, None),
        ("gift", -2, "person", "直播间赠品", "赵川"),
    ]
    told += [("sale_out", -8, "order", None, None), ("qc_sample", -1, "person", None, "赵川"), ("return_in", 3, "wdt.moves", None, None)]
    rest = on_hand - sum(units for _, units, *_ in told)
    told.append(("purchase_in" if rest > 0 else "sale_out", rest, "wdt.moves" if rest > 0 else "order", None, None))
    step = (now - opened) / (len(told) + 1)
    return [
        {"sku_code": sku, "warehouse_code": warehouse, "source": source, "move_key": f"tb-home/{kind}-{n}", "type": kind, "units": units}
        | {"occurred_at": opened + n * step, "posted_at": opened + n * step + MINUTE, "reason": reason, "person_id": person}
        for n, (kind, units, source, reason, person) in enumerate(told)
        if units
    ]


def _hold(hold: tuple[str, str, str, str, int, str, int | None], *, now: datetime) -> dict[str, Any]:
    sku, shop, number, warehouse, units, state, minutes = hold
    return {
        "sku_code": sku, "shop_id": shop, "order_no": number, "warehouse_code": warehouse, "part": "", "channel": CHANNEL[shop],
        "units": units, "state": state, "placed_at": now - 50 * MINUTE, "expires_at": None if minutes is None else now + minutes * MINUTE,
        "closed_at": now - 5 * MINUTE if state == "released" else None, "version": 1,
    }  # fmt: skip


def _step(hold: tuple[str, str, str, str, int, str, int | None], step: str, *, now: datetime) -> dict[str, Any]:
    sku, shop, number, warehouse, units, *_ = hold
    key = {"sku_code": sku, "shop_id": shop, "order_no": number, "warehouse_code": warehouse, "part": ""}
    return key | {"step": step, "units": {"placed": units, "released": -units}.get(step, 0), "at": now - 50 * MINUTE}


def _wishes(connection: Connection, *, now: datetime) -> None:
    rows = [_wish(*wanted[:8], known_at=now - wanted[8] * MINUTE) for wanted in WANTED]
    insert_rows(connection, tables.order_holding_skus, rows)
    heads = [
        {
            "shop_id": row["shop_id"],
            "order_no": row["order_no"],
            "channel": row["channel"],
            "state": _state(row),
            "known_at": row["known_at"],
        }
        | {"decided_at": row["known_at"], "held_at": None if row["short_units"] else row["known_at"], "lines": 1, "version": 1}
        | {"lines_filled": 0 if row["short_units"] else 1, "short_units": row["short_units"], "oversold_units": row["oversold_units"]}
        | {"short_since": row["known_at"] if row["short_units"] else None, "settled_at": now}
        for row in rows
    ]
    insert_rows(connection, tables.order_holding, heads)


def _wish(
    sku: str,
    shop: str,
    number: str,
    warehouse: str | None,
    wanted: int,
    short: int,
    oversold: int,
    minor: int | None,
    *,
    known_at: datetime,
) -> dict[str, Any]:
    key: dict[str, Any] = {"sku_code": sku, "shop_id": shop, "order_no": number, "channel": CHANNEL[shop], "warehouse_code": warehouse}
    key |= {"wanted_units": wanted, "short_units": short, "oversold_units": oversold, "tracked": True, "spoiled": False, "version": 1}
    return key | {"reporting_minor": minor, "known_at": known_at}


def _state(row: Mapping[str, Any]) -> str:
    return "held" if not row["short_units"] else "short" if row["short_units"] == row["wanted_units"] else "partial"


def _channels(connection: Connection, *, now: datetime) -> None:
    rows = [
        {"sku_code": sku, "shop_id": shop, "warehouse_code": "", "channel": CHANNEL[shop], "told_quantity": told, "told_action": action}
        | {"told_available": told, "told_at": now - 2 * MINUTE, "shown_quantity": shown, "shown_source": "douyin.stock" if shown else None}
        | {"shown_as_of": None if minutes is None else now - minutes * MINUTE}
        for sku, shop, told, action, shown, minutes in SHOWN
    ]
    insert_rows(connection, tables.channel_stock, rows)


def _rules(connection: Connection, *, now: datetime) -> None:
    by = {"version": 1, "set_by": "demo.warehouse", "set_at": now - DAY}
    rules: list[dict[str, Any]] = [
        {"sku_code": "*", "channel": "*", "threshold": 5, "action": "show_left", "relist_above": 10},
        {"sku_code": "TEA-500", "channel": "*", "threshold": 6, "action": "delist", "relist_above": 12},
        {"sku_code": "CUP-99", "channel": "douyin", "threshold": 10, "action": "delist", "relist_above": 20},
    ]
    quotas: list[dict[str, Any]] = [
        {"channel": "douyin", "sku_code": "*", "warehouse_code": "*", "share": 0.5, "units": None},
        {"channel": "taobao", "sku_code": "*", "warehouse_code": "*", "share": 0.3, "units": None},
        {"channel": "douyin", "sku_code": "MUG-01", "warehouse_code": "*", "share": None, "units": 20},
    ]
    holding: list[dict[str, Any]] = [
        {"channel": "*", "customer_class": "*", "minutes": 30, "extension_minutes": 30, "may_split": True},
        {"channel": "douyin", "customer_class": "*", "minutes": 15, "extension_minutes": 10, "may_split": False},
    ]
    for table, wanted in ((tables.stock_rules, rules), (tables.publish_quotas, quotas), (tables.hold_rules, holding)):
        connection.execute(table.delete())
        insert_rows(connection, table, [row | by for row in wanted])
    source = {"source": "wdt.stock", "what": "snapshot", "reason": "unknown_sku", "warehouse_code": "CN-HZ", "kind": "on_hand"}
    parked = [
        source
        | {"sku_label": label, "quantity": quantity, "as_of": now, "file_id": 41, "row_number": n, "nature": "live", "parked_at": now}
        for n, (label, quantity) in enumerate((("MUG-01-NEW", 24), ("MUG-01-NEW", 6), ("礼盒A", 12)), start=2)
    ]
    insert_rows(connection, tables.parked_stock_rows, parked)


def _figures(connection: Connection, *, now: datetime) -> None:
    today = (now + timedelta(hours=8)).date()
    rows = [row | {"computed_at": now} for ago in range(14, -1, -1) for row in _day(today - ago * DAY, ago)]
    insert_rows(connection, tables.stock_kpis, rows)
    insert_rows(connection, tables.stock_replays, [replay(as_of=now)])
    alert = {"rule": "stock_difference", "subject": "stock_difference:CN-GZ", "level": "serious", "department": "warehouse", "version": 0}
    detail = {"value": 0.0081, "target": 0.005}
    opened = {"warehouse_code": "CN-GZ", "opened_at": now - DAY, "seen_at": now, "detail": detail}
    insert_rows(connection, tables.alerts, [alert | opened])


def _day(day: date, ago: int) -> Sequence[dict[str, Any]]:
    """Return the metrics of a day; today has no end yet, yesterday one warehouse was far off, the day before too much was left held."""
    slow = {channel: 44.0 if channel == "douyin" and ago == 0 else 9.0 + ago % 4 for channel in ("taobao", "tmall", "douyin")}
    rows = [_figure(day, "sync_delay", "channel", channel, p95, 190, 200) for channel, p95 in slow.items()]
    rows.append(_figure(day, "sync_delay", "all", "", max(slow.values()), 570, 600))
    rows = [row | {"p50": 2.4, "p95": row["value"], "most": row["value"] * 2} for row in rows]
    if ago:
        off = {code: 81 if code == "CN-GZ" and ago == 1 else 12 + ago % 5 for code, _ in WAREHOUSES}
        rows += [_figure(day, "stock_difference", "warehouse", code, wrong / 10_000, wrong, 10_000) for code, wrong in off.items()]
    left = 63 if ago == 2 else 11 + ago
    return [*rows, _figure(day, "holds_not_released", "all", "", left, left, 400)]


def _figure(day: date, kpi: str, dimension: str, member: str, value: float, numerator: int, denominator: int) -> dict[str, Any]:
    key = {"day": day, "kpi": kpi, "dimension": dimension, "member": member}
    return key | {"value": value, "numerator": numerator, "denominator": denominator}


def replay(*, as_of: datetime) -> dict[str, Any]:
    """Return a promotion replay: shared counters oversell more the longer the lag, quotas that sum to what is there never."""
    lags = (0, 5, 15, 30, 60, 120)
    policies = [
        {
            "key": key,
            "curve": [
                {
                    "lag_seconds": lag,
                    "oversold_units": round(lag * 3.2 * strength),
                    "sold_units": 500,
                    "unsold_units": 0 if strength else lag // 8,
                }
                for lag in lags
            ],
        }
        for key, strength in POLICIES
    ]
    quotas = {"douyin": 0.5, "tmall": 0.3, "taobao": 0.2}
    given = {"units": 500, "minutes": 10, "factor": 20, "channels": {"douyin": 46.0, "tmall": 28.0, "taobao": 17.0}}
    recommended = {"policy": "by_sales", "why": "least_unsold", "quotas": quotas}
    return {"as_of": as_of, "given": given, "result": {"policies": policies, "recommended": recommended}}
