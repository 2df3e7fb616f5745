"""Do the overview's questions count what the definitions say, and nothing else?"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from data.queries import overview
from data.queries.cut import Cut
from data.tables import fx_rates, orders
from models.scope import EVERYTHING, Scope
from tests.given_orders import an_order, insert_rows, masters

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Shanghai
WHOLE = Cut(since=NOON - timedelta(days=5), until=NOON + timedelta(days=5), zone="Asia/Shanghai")


@pytest.fixture(autouse=True)
def shops(connection: Connection) -> None:
    masters(connection, as_of=NOON)


def given(connection: Connection, *rows: dict[str, Any]) -> None:
    insert_rows(connection, orders, [an_order("tb-home", f"{n}", **{"created_at": NOON, **row}) for n, row in enumerate(rows)])


def paid(connection: Connection, *, cut: Cut = WHOLE, known_until: datetime = NOON + timedelta(days=9)) -> list[tuple[Any, ...]]:
    return overview.paid_by_day(connection, scope=EVERYTHING, cut=cut, currency="CNY", known_until=known_until)


def paid_at(at: datetime, **more: object) -> dict[str, Any]:
    return {"paid_from": at, "paid_to": at, "paid_minor": 10_000, "stage": "paid", **more}


def test_an_order_belongs_to_the_business_day_it_was_placed_on(connection: Connection) -> None:
    midnight = datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    given(
        connection,
        {"created_at": midnight - timedelta(seconds=1)},
        {"created_at": midnight},
        {"created_at": midnight + timedelta(hours=23)},
    )

    assert overview.orders_by_day(connection, scope=EVERYTHING, cut=WHOLE) == [
        (date(2026, 11, 19), "taobao", 1),
        (date(2026, 11, 20), "taobao", 2),
    ]


def test_a_period_holds_its_first_instant_and_not_its_last(connection: Connection) -> None:
    cut = Cut(since=NOON, until=NOON + timedelta(hours=1), zone="UTC")
    given(connection, {"created_at": NOON}, {"created_at": NOON + timedelta(hours=1)})

    assert overview.orders_by_day(connection, scope=EVERYTHING, cut=cut) == [(date(2026, 11, 20), "taobao", 1)]


def test_a_stub_is_never_counted(connection: Connection) -> None:
    given(connection, {"stub": True}, {"stub": True, **paid_at(NOON)})

    assert overview.orders_by_day(connection, scope=EVERYTHING, cut=WHOLE) == []
    assert paid(connection) == []
    assert overview.order_span(connection, scope=EVERYTHING) is None


@pytest.mark.parametrize(
    ("scope", "hours"),
    [
        (EVERYTHING, (0, 4)),
        (Scope(warehouses=("CN-HZ",)), (1, 3)),
        (Scope(shops=("tb-home",)), (0, 2)),
        (Scope(channels=("taobao", "douyin"), warehouses=("CN-HZ",)), (1, 3)),
        (Scope(channels=("shopify",)), None),
        (Scope(shops=()), None),
    ],
    ids=str,
)
def test_the_span_runs_from_the_first_to_the_last_order_one_may_see(
    scope: Scope, hours: tuple[int, int] | None, connection: Connection
) -> None:
    stored = [("tb-home", None), ("tb-home", "CN-HZ"), ("tb-home", None), ("dy-live", "CN-HZ"), ("tm-flag", None)]
    rows = [
        an_order(shop, f"{n}", created_at=NOON + timedelta(hours=n), warehouse_code=warehouse) for n, (shop, warehouse) in enumerate(stored)
    ]
    stub = an_order("tb-home", "stub", created_at=NOON, stub=True) | {"created_at": None}
    insert_rows(connection, orders, [*rows, stub])

    wanted = None if hours is None else tuple(NOON + timedelta(hours=hour) for hour in hours)
    assert overview.order_span(connection, scope=scope) == wanted


@pytest.mark.parametrize("column", ["created_at", "paid_to", "shipped_to"])
def test_every_instant_a_figure_is_filtered_by_has_an_index(column: str) -> None:
    assert [column] in [[each.name for each in index.columns] for index in orders.indexes]


def test_money_belongs_to_the_day_of_payment_at_that_days_rate(connection: Connection) -> None:
    day = date(2026, 11, 21)
    rates = [{"business_day": day + timedelta(days=n), "currency": "USD", "rate": rate} for n, rate in ((-1, 9), (0, "7.12345"), (1, 8))]
    insert_rows(connection, fx_rates, [rate | {"reporting_currency": "CNY", "observed_at": NOON} for rate in rates])
    given(connection, paid_at(NOON + timedelta(days=1), currency="USD", paid_minor=333))

    assert paid(connection) == [(day, "taobao", 1, 2372, 0, 1, 0)]


def test_an_order_without_a_rate_is_counted_beside_the_sum(connection: Connection) -> None:
    given(connection, paid_at(NOON), paid_at(NOON, currency="BRL", paid_minor=5), paid_at(NOON, paid_minor=None))

    assert paid(connection) == [(date(2026, 11, 20), "taobao", 3, 10_000, 2, 3, 0)]


def test_cancelled_and_refunded_orders_are_not_among_those_to_ship(connection: Connection) -> None:
    shipped = {"shipped_from": NOON, "shipped_to": NOON}
    given(
        connection,
        paid_at(NOON, **shipped, stage="shipped"),
        paid_at(NOON, **shipped, stage="completed"),
        paid_at(NOON, **shipped, stage="refunded"),
        paid_at(NOON, stage="cancelled"),
        paid_at(NOON),
    )

    (row,) = paid(connection)

    assert row[2] == 5
    assert row[5:] == (3, 2)


def test_an_order_shipped_later_had_not_shipped_yet(connection: Connection) -> None:
    given(connection, paid_at(NOON, shipped_from=NOON + timedelta(hours=5), shipped_to=NOON + timedelta(hours=5), stage="shipped"))

    assert paid(connection, known_until=NOON + timedelta(hours=5))[0][6] == 0
    assert paid(connection, known_until=NOON + timedelta(hours=5, seconds=1))[0][6] == 1


def test_ship_time_is_exact_where_both_instants_were_stated_and_a_range_elsewhere(connection: Connection) -> None:
    hour = timedelta(hours=1)
    given(
        connection,
        paid_at(NOON - 3 * hour, shipped_from=NOON, shipped_to=NOON),
        paid_at(NOON - 3 * hour, shipped_from=NOON - hour, shipped_to=NOON),
        {**paid_at(NOON - hour), "paid_from": NOON - 2 * hour, "shipped_from": NOON, "shipped_to": NOON},
        {"shipped_from": NOON, "shipped_to": NOON},
    )

    assert overview.ship_hours_by_day(connection, scope=EVERYTHING, cut=WHOLE) == [
        (date(2026, 11, 20), "taobao", 1, 3 * 3600, 2, (2 + 1) * 3600, (3 + 2) * 3600)
    ]


def test_an_order_shipped_before_it_was_paid_took_no_time(connection: Connection) -> None:
    given(connection, paid_at(NOON, shipped_from=NOON - timedelta(hours=2), shipped_to=NOON - timedelta(hours=2)))

    assert overview.ship_hours_by_day(connection, scope=EVERYTHING, cut=WHOLE)[0][2:4] == (1, 0)


def test_minutes_without_an_order_are_left_out(connection: Connection) -> None:
    given(connection, {"created_at": NOON}, {"created_at": NOON + timedelta(seconds=59)}, {"created_at": NOON + timedelta(minutes=3)})

    assert overview.orders_by_minute(connection, scope=EVERYTHING, cut=WHOLE) == [(NOON, 2), (NOON + timedelta(minutes=3), 1)]
