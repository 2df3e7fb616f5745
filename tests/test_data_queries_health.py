"""Do the reads behind the burn rate judge an order as the index does, and are sums of cells exact?"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from data.queries import drill, health
from data.queries.health import WHOLE, due_lately
from data.tables import cubes, orders
from models.scope import EVERYTHING
from tests.given_orders import an_order, insert_rows, masters

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
DUE = NOON - timedelta(minutes=3)
BEFORE, AFTER = DUE - timedelta(hours=1), DUE + timedelta(minutes=1)


def ended(at: datetime, reason: str) -> dict[str, Any]:
    return {"stage": "cancelled", "cancelled_from": at, "cancelled_to": at, "close_reason": reason}


@pytest.mark.parametrize(
    ("order", "bad", "units"),
    [
        ({}, 1, 1),
        ({"shipped_from": BEFORE, "shipped_to": BEFORE}, 0, 1),
        ({"shipped_from": AFTER, "shipped_to": AFTER}, 1, 1),
        ({"shipped_from": BEFORE, "shipped_to": AFTER}, 1, 1),
        (ended(BEFORE, "买家不想要了"), 0, 0),
        (ended(AFTER, "买家不想要了"), 1, 1),
        (ended(BEFORE, "商家缺货"), 1, 1),
        ({"stub": True}, 0, 0),
        ({"deadline_at": NOON + timedelta(minutes=1)}, 0, 0),
    ],
    ids=["waits", "on time", "late", "perhaps late", "the buyer left", "the buyer left late", "out of stock", "stub", "not due yet"],
)
def test_a_promise_that_fell_due_is_judged_as_the_cells_judge_it(
    order: dict[str, Any], bad: int, units: int, connection: Connection
) -> None:
    masters(connection, as_of=NOON)
    row = an_order("tb-home", "1", created_at=NOON - timedelta(days=2), deadline_at=DUE, deadline_rule="test")
    insert_rows(connection, orders, [row | order])

    assert due_lately(connection, scope=EVERYTHING, part=WHOLE, as_of=NOON) == dict.fromkeys((5, 60, 360), (bad, units))


def test_a_promise_counts_in_the_windows_it_fell_due_in(connection: Connection) -> None:
    masters(connection, as_of=NOON)
    due = [timedelta(minutes=minutes) for minutes in (1, 30, 61, 400)]
    rows = [an_order("tb-home", f"{n}", created_at=NOON - timedelta(days=2), deadline_at=NOON - ago) for n, ago in enumerate(due)]
    insert_rows(connection, orders, rows)

    assert due_lately(connection, scope=EVERYTHING, part=WHOLE, as_of=NOON) == {5: (1, 1), 60: (2, 2), 360: (3, 3)}


def test_sums_of_cells_are_exact_to_the_minor_unit_at_trillions(connection: Connection) -> None:
    """Two cells of ten and of forty trillion yuan in fen, each odd at its last digit."""
    amounts = {"taobao": (10**15 + 1, 4 * 10**15 + 2), "jd": (3,)}
    rows = [
        {"day": date(2026, 11, 1) + timedelta(days=n), "channel": channel, "paid_minor": amount, "orders": 1}
        for channel, each in amounts.items()
        for n, amount in enumerate(each)
    ]
    insert_rows(connection, cubes["channel_day"], rows)

    found = health.days(connection, scope=EVERYTHING, part=WHOLE, first=date(2026, 11, 1), last=date(2026, 11, 2))
    split = drill.split(
        connection, scope=EVERYTHING, part=WHOLE, by="channel", first=date(2026, 11, 1), last=date(2026, 11, 2), zone="Asia/Shanghai"
    )

    assert found["paid_minor"].sum() == 5 * 10**15 + 6
    assert dict(zip(split["value"], split["paid_minor"], strict=True)) == {"taobao": 5 * 10**15 + 3, "jd": 3}
