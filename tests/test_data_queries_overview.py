"""Do the overview's questions count what the definitions say, and nothing else?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from data.queries import overview
from data.queries.cut import Cut
from data.tables import orders
from models.scope import EVERYTHING, Scope
from tests.given_orders import an_order, insert_rows, masters

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)  # noon in Shanghai
WHOLE = Cut(since=NOON - timedelta(days=5), until=NOON + timedelta(days=5), zone="Asia/Shanghai")


@pytest.fixture(autouse=True)
def shops(connection: Connection) -> None:
    masters(connection, as_of=NOON)


def given(connection: Connection, *rows: dict[str, Any]) -> None:
    insert_rows(connection, orders, [an_order("tb-home", f"{n}", **{"created_at": NOON, **row}) for n, row in enumerate(rows)])


def test_a_stub_is_never_counted(connection: Connection) -> None:
    given(connection, {"stub": True})

    assert overview.orders_by_minute(connection, scope=EVERYTHING, cut=WHOLE) == []
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


def test_minutes_without_an_order_are_left_out(connection: Connection) -> None:
    given(connection, {"created_at": NOON}, {"created_at": NOON + timedelta(seconds=59)}, {"created_at": NOON + timedelta(minutes=3)})

    assert overview.orders_by_minute(connection, scope=EVERYTHING, cut=WHOLE) == [(NOON, 2), (NOON + timedelta(minutes=3), 1)]
