"""Does SQL promise what the model promises, and does a promise stay what it was?"""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from data import tables
from data.promise_sql import promised_sql
from data.writes.compute_orders import restate_orders
from data.writes.staging import open_stages
from models.order_kinds import ORDER_KINDS_BY_KEY, clock_start
from models.promise import ANY, PromiseRule, WorkingDays, deadline_of, rule_for
from tests.given_orders import an_order, insert_rows

EVER = datetime(1970, 1, 1, tzinfo=UTC)
AS_OF = datetime(2026, 11, 20, 4, tzinfo=UTC)
RULES = [
    PromiseRule("taobao", ANY, EVER, hours=48),
    PromiseRule("taobao", "presale", EVER, hours=72, cut_off_hour=15),
    PromiseRule("taobao", ANY, datetime(2026, 2, 10, tzinfo=UTC), hours=24, cut_off_hour=16),
    PromiseRule("shopify", ANY, EVER, working_days=2, cut_off_hour=17),
    PromiseRule(ANY, "gift", EVER, working_days=1),
    PromiseRule(ANY, "gift", datetime(2026, 3, 1, tzinfo=UTC), working_days=7),
]
ZONES = {"taobao": "Asia/Shanghai", "shopify": "America/New_York", "olist": "America/Sao_Paulo"}


def given_shops_and_rules(connection: Connection) -> WorkingDays:
    """Insert one shop a channel and the rules; return the calendar they all work by."""
    insert_rows(
        connection,
        tables.shops,
        [{"shop_id": c, "channel": c, "name": c, "zone": z, "currency": "CNY", "calendar": "CN", "complete": True, "created_at": AS_OF}
         for c, z in ZONES.items()],
    )  # fmt: skip
    connection.execute(text("DELETE FROM promise_rules"))
    columns = ("channel", "kind", "valid_from", "hours", "working_days", "cut_off_hour")
    rows = [{name: getattr(rule, name) for name in columns} for rule in RULES]
    insert_rows(connection, tables.promise_rules, [row | {"source": "test", "set_by": "test", "set_at": EVER} for row in rows])
    days = connection.execute(tables.calendar_days.select().where(tables.calendar_days.c.calendar == "CN"))
    return WorkingDays({row.day: row.working for row in days})


def test_sql_and_model_promise_the_same_to_any_order(connection: Connection) -> None:
    calendar, dice = given_shops_and_rules(connection), random.Random(11)
    open_stages(connection)
    connection.execute(text("""
        CREATE TEMP TABLE a_few (shop_id text, order_no text, kind text, channel text, created_at timestamptz, paid_to timestamptz,
            shipped_to timestamptz) ON COMMIT DROP"""))  # fmt: skip
    orders: dict[str, dict[str, Any]] = {}
    for number in range(600):
        # around the Spring Festival, the clock changes of March and the end of what calendars know
        created = datetime(dice.choice((2017, 2026, 2028)), dice.randint(1, 4), dice.randint(1, 28), dice.randrange(24), tzinfo=UTC)
        channel = dice.choice(list(ZONES))
        paid = created + timedelta(minutes=dice.randrange(3000)) if dice.random() < 0.9 else None
        orders[f"{number:04d}"] = {"kind": dice.choice([None, *ORDER_KINDS_BY_KEY]), "channel": channel, "created": created, "paid": paid}
    rows = [{"no": no, **order} for no, order in orders.items()]
    connection.execute(text("INSERT INTO a_few VALUES (:channel, :no, :kind, :channel, :created, :paid, NULL)"), rows)
    connection.execute(text("INSERT INTO touched SELECT shop_id, order_no, 'live', 1, created_at FROM a_few"))

    asked = f"WITH {promised_sql('a_few', touched='touched')} SELECT order_no, clock_start_at, deadline_at, deadline_rule FROM promised"
    found = {row.order_no: tuple(row)[1:] for row in connection.execute(text(asked))}

    assert len(found) == len(orders)
    for no, order in orders.items():
        kind = order["kind"] or "normal"
        start = clock_start(kind, created_at=order["created"], paid_at=order["paid"])
        rule = None if start is None else rule_for(RULES, channel=order["channel"], kind=kind, start=start)
        due = None if rule is None or start is None else deadline_of(rule, start=start, zone=ZONES[order["channel"]], calendar=calendar)
        assert found[no] == (start, due, rule and rule.key), (no, order)


def _an_order_paid(connection: Connection, *, paid: datetime) -> None:
    """Store one order of the Taobao shop as its source stated it, and compute it."""
    origin = {
        "shop_id": "taobao",
        "order_no": "1",
        "source": "taobao.orders",
        "rank": 30,
        "observed_at": paid,
        "file_id": 1,
        "row_number": 1,
    }
    insert_rows(connection, tables.order_claims, [origin | {"owned": 0, "parent": True, "manifest_version": 1}])
    events = [{"type": type_, "part": "", "occurred_from": paid, "occurred_to": paid, "ingested_at": paid} for type_ in ("created", "paid")]
    insert_rows(connection, tables.order_events, [origin | event | {"nature": "live"} for event in events])
    insert_rows(connection, tables.orders, [an_order("taobao", "1", created_at=paid)])


def _stated(connection: Connection, *, promised: datetime, observed: datetime) -> None:
    row = {
        "shop_id": "taobao",
        "order_no": "1",
        "source": "taobao.orders",
        "rank": 30,
        "promised_ship_at": promised,
        "observed_at": observed,
    }
    insert_rows(connection, tables.order_promises, [row])


def _deadline(connection: Connection) -> tuple[datetime | None, str | None]:
    open_stages(connection)
    connection.execute(text("DELETE FROM touched"))
    connection.execute(text("INSERT INTO touched SELECT shop_id, order_no, nature, first_file_id, ingested_at FROM orders"))
    restate_orders(connection, as_of=AS_OF)
    row = connection.execute(text("SELECT deadline_at, deadline_rule FROM orders")).one()
    return row.deadline_at, row.deadline_rule


def test_a_promise_once_given_survives_a_change_of_its_rule(connection: Connection) -> None:
    given_shops_and_rules(connection)
    _an_order_paid(connection, paid=AS_OF)
    before = _deadline(connection)

    connection.execute(text("UPDATE promise_rules SET hours = 1 WHERE channel = 'taobao'"))

    assert before == (datetime(2026, 11, 21, 4, tzinfo=UTC), "taobao/*@20260210T000000Z")
    assert _deadline(connection) == before


def test_a_payment_that_turns_out_to_be_earlier_moves_its_promise(connection: Connection) -> None:
    given_shops_and_rules(connection)
    _an_order_paid(connection, paid=AS_OF)
    _deadline(connection)

    connection.execute(text("UPDATE order_events SET occurred_from = occurred_from - interval '1 hour', occurred_to = occurred_from - interval '1 hour'"))  # fmt: skip # noqa: E501

    assert _deadline(connection)[0] == datetime(2026, 11, 21, 3, tzinfo=UTC)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("late_one_first", [False, True])
def test_a_ship_by_time_that_the_platform_extends_later_leaves_the_promise(late_one_first: bool, connection: Connection) -> None:
    given_shops_and_rules(connection)
    _an_order_paid(connection, paid=AS_OF)
    words = [(AS_OF + 10 * HOUR, AS_OF + HOUR), (AS_OF + 90 * HOUR, AS_OF + 9 * HOUR)]
    for promised, observed in reversed(words) if late_one_first else words:
        _stated(connection, promised=promised, observed=observed)
        _deadline(connection)

    assert _deadline(connection) == (AS_OF + 10 * HOUR, "source")


def test_what_was_stated_before_the_payment_gives_way_to_what_is_stated_after(connection: Connection) -> None:
    given_shops_and_rules(connection)
    _an_order_paid(connection, paid=AS_OF)
    _stated(connection, promised=AS_OF + 5 * HOUR, observed=AS_OF - HOUR)
    _stated(connection, promised=AS_OF + 7 * HOUR, observed=AS_OF + HOUR)

    assert _deadline(connection) == (AS_OF + 7 * HOUR, "source")


def test_an_order_without_rule_or_stated_time_has_no_promise(connection: Connection) -> None:
    given_shops_and_rules(connection)
    connection.execute(text("DELETE FROM promise_rules"))
    _an_order_paid(connection, paid=AS_OF)

    assert _deadline(connection) == (None, None)


def test_every_installation_starts_with_the_platforms_usual_promise(connection: Connection) -> None:
    rows = connection.execute(text("SELECT channel, kind, hours, valid_from FROM promise_rules ORDER BY channel")).all()

    assert {(row.channel, row.hours) for row in rows} >= {("taobao", 48), ("tmall", 48), ("jd", 48), ("pdd", 48), ("douyin", 48)}
    assert all(row.valid_from.date() == date(1970, 1, 1) for row in rows)
