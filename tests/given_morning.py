"""What does a morning at the workbench look like in the tables: orders in trouble of every kind, scored, judged, with people to act?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from data import actions, tables
from data.settings import Settings
from data.workbench import watch
from models.people import DEMO_NAMES, Person
from tests import given_orders
from tests.given_orders import WAREHOUSES, an_order, insert_rows

LIN = Person(person_id="demo.manager", name="林悦", role="manager")
CHEN = Person(person_id="demo.operations", name="陈阳", role="operations")
REASONS = [
    {"feature": "when", "log_odds": 0.91, "zh": "周五 17 点后付款，次日休息", "en": "paid on a Friday after 17:00, the next day is off"},
    {"feature": "load", "log_odds": 0.44, "zh": "CN-HZ排队 1.8 倍（120 单）", "en": "queue of CN-HZ at 1.8 times (120 orders)"},
    {"feature": "carrier", "log_odds": -0.2, "zh": "承运商 ZTO", "en": "carrier ZTO"},
]


@dataclass(frozen=True)
class Trouble:
    """An order that waits: when it was paid and is due, what it is worth, how likely it is to be late, how many units it lacks."""

    order_no: str
    paid_hours: float
    due_hours: float
    yuan: int
    risk: float | None
    shop_id: str = "tb-home"
    stage: str = "paid"
    short: int = 0


# Every list has something; the day's best is the first.
TROUBLES: tuple[Trouble, ...] = (
    Trouble("BEST-1", 1, 3, 900, 0.82),
    Trouble("BEST-2", 1.2, 5, 800, 0.64, shop_id="dy-live", stage="waybilled"),
    Trouble("MILD-1", 0.5, 9, 120, 0.31, shop_id="tm-flag"),
    Trouble("CALM-1", 0.4, 20, 300, 0.05),
    Trouble("LATE-1", 14, -2, 400, 1.0, stage="allocated"),
    Trouble("WAITS-1", 5, 30, 260, 0.12, shop_id="dy-live", stage="reviewed"),
    Trouble("SHORT-1", 1.5, 6, 500, 0.55, short=2),
    Trouble("RICH-1", 1.1, 12, 8_800, 0.35, shop_id="tm-flag"),
    Trouble("RICH-2", 0.6, 18, 6_200, 0.08),
    Trouble("STUCK-1", 40, 60, 350, 0.15, shop_id="tm-flag", stage="reviewed"),
)


def a_morning(engine: Engine, *, as_of: datetime, troubles: tuple[Trouble, ...] = TROUBLES) -> Engine:
    """Fill a migrated database with orders in trouble and have the workbench look at them, whatever the time of day."""
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=as_of)
        given_orders.jobs(connection, as_of=as_of)
        connection.execute(text("UPDATE heartbeats SET beat_at = now() + interval '1 hour'"))
        _rules(connection, as_of=as_of)
        _orders(connection, troubles, as_of=as_of)
    actions.demo_people(engine, names=DEMO_NAMES, as_of=as_of)
    watch(engine, settings=Settings(), as_of=as_of)
    return engine


def _rules(connection: Connection, *, as_of: datetime) -> None:
    by = {"version": 1, "set_by": "lin", "set_at": as_of}
    always = {"warehouse_code": "*", "opens_minute": 0, "closes_minute": 1440, "working_days_only": False}
    insert_rows(connection, tables.warehouse_hours, [always | by])
    nobody_held_out = {"capacity": 120, "hold_out_share": 0.0, "hold_out_seed": 1, "least_probability": 0.2}
    insert_rows(connection, tables.workbench_settings, [nobody_held_out | {"overdue_minutes": 120, "late_cost_share": 0.05} | by])
    rule = {"channel": "douyin", "warehouse_code": "*", "category": "*", "days": list(range(7)), "from_minute": 0, "to_minute": 0}
    insert_rows(connection, tables.owner_rules, [rule | {"owner": CHEN.person_id} | by])
    limit = {"channel": "tmall", "stage": "reviewed", "seconds": 24 * 3600, "source": "p95", "orders": 90, "set_at": as_of}
    insert_rows(connection, tables.stage_limits, [limit])


def _orders(connection: Connection, troubles: tuple[Trouble, ...], *, as_of: datetime) -> None:
    insert_rows(connection, tables.orders, [_order(each, place, as_of=as_of) for place, each in enumerate(troubles)])
    insert_rows(connection, tables.risk_now, [_score(each, as_of=as_of) for each in troubles if each.risk is not None])
    insert_rows(connection, tables.order_holding, [_holding(each, as_of=as_of) for each in troubles if each.short])


def _order(each: Trouble, place: int, *, as_of: datetime) -> dict[str, Any]:
    paid = (as_of - timedelta(hours=each.paid_hours)).replace(microsecond=0)
    return an_order(
        each.shop_id,
        each.order_no,
        created_at=paid - timedelta(minutes=3),
        stage=each.stage,
        stage_since=paid,
        paid_from=paid,
        paid_to=paid,
        paid_minor=each.yuan * 100,
        paid_reporting_minor=each.yuan * 100,
        clock_start_at=paid,
        deadline_at=as_of.replace(microsecond=0) + timedelta(hours=each.due_hours),
        deadline_rule="test",
        warehouse_code=WAREHOUSES[place % len(WAREHOUSES)][0],
        region_code="CN-51",
        category="家居",
        carrier_code="ZTO",
    )


def _score(each: Trouble, *, as_of: datetime) -> dict[str, Any]:
    risk = each.risk or 0.0
    low, high = max(risk - 0.08, 0.0), min(risk + 0.08, 1.0)
    key = {"shop_id": each.shop_id, "order_no": each.order_no}
    said = {"landmark": 60, "probability": risk, "low": low, "high": high, "fallback": "", "reasons": REASONS}
    return key | said | {"scored_at": as_of, "promise_probability": risk, "promise_low": low, "promise_high": high}


def _holding(each: Trouble, *, as_of: datetime) -> dict[str, Any]:
    key = {"shop_id": each.shop_id, "order_no": each.order_no, "channel": given_orders.CHANNEL[each.shop_id]}
    state = {"state": "short", "lines": 1, "lines_filled": 0, "short_units": each.short, "oversold_units": 0}
    return key | state | {"known_at": as_of, "decided_at": as_of, "short_since": as_of, "settled_at": as_of}


def weeks_of_outcomes(connection: Connection, *, monday: date, as_of: datetime) -> None:
    """Insert two weeks of judged orders: one in which the list clearly helped, and after it one of too few orders to tell."""
    rows = cohorts(monday - timedelta(days=14), suggested=(300, 30), held_out=(100, 40), as_of=as_of)
    rows += cohorts(monday - timedelta(days=7), suggested=(12, 3), held_out=(8, 3), as_of=as_of)
    insert_rows(connection, tables.case_outcomes, rows)


def cohorts(day: date, *, suggested: tuple[int, int], held_out: tuple[int, int], as_of: datetime) -> list[dict[str, Any]]:
    """Return judged orders of a day, given of each cohort as (orders, late)."""
    plain = {"channel": "taobao", "warehouse_code": "CN-HZ", "value_minor": 20_000, "probability": 0.4, "saves": 0.3, "action": "expedite"}
    plain |= {"shop_id": "tb-home", "day": day, "compared": True}
    times = {"chosen_at": as_of, "due_at": as_of, "judged_at": as_of}
    return [
        plain | times | {"cohort": cohort, "order_no": f"{day:%m%d}-{cohort}-{number}", "late": number < late}
        for cohort, (orders, late) in (("suggested", suggested), ("held_out", held_out))
        for number in range(orders)
    ]
