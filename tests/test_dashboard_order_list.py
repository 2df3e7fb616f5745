"""Does the list call an order what the one judge calls it, and draw strangers' words as words?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dashboard import order_list
from dashboard.filters import unfiltered
from dashboard.tables import Words
from dashboard.view import View
from data.reads import Choices, OrderRow
from models.people import Person

AS_OF = datetime(2026, 11, 20, 4, tzinfo=UTC)
VIEW = View(
    person=Person(person_id="lin", name="林", role="manager"),
    filters=unfiltered(zone="Asia/Shanghai", as_of=AS_OF),
    as_of=AS_OF,
    zone="Asia/Shanghai",
    currency="CNY",
)
CHOICES = Choices(channels=(), regions=(), categories=(), warehouses=(), carriers=(), shops=())
BEFORE, DUE, AFTER = (AS_OF + timedelta(hours=hours) for hours in (-3, -2, -1))
ROW = OrderRow(
    shop_id="s", order_no="1", at=AS_OF, channel="jd", region_code=None, category=None, warehouse_code=None, carrier_code=None,
    stage="paid", on_hold=False, stuck=False, created_at=AS_OF, stage_since=BEFORE, deadline_at=DUE, shipped_from=None, shipped_to=None,
    ended_from=None, ended_to=None, closed_by_merchant=False, paid_reporting_minor=None, owner=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (replace(ROW, deadline_at=None), "不适用"),
        (replace(ROW, deadline_at=AS_OF + timedelta(hours=1)), "未到期"),
        (ROW, "超时"),
        (replace(ROW, shipped_from=BEFORE, shipped_to=BEFORE), "准时"),
        (replace(ROW, shipped_from=AFTER, shipped_to=AFTER), "超时"),
        (replace(ROW, shipped_from=BEFORE, shipped_to=AFTER), "无法确定"),
        (replace(ROW, ended_from=BEFORE, ended_to=BEFORE), "不计入"),
        (replace(ROW, ended_from=BEFORE, ended_to=BEFORE, closed_by_merchant=True), "超时"),
    ],
)
def test_an_order_stands_to_its_promise_as_the_judge_says(row: OrderRow, said: str) -> None:
    assert order_list.standing(row, view=VIEW) == said


def test_codes_from_a_file_are_drawn_as_they_are_and_never_as_a_link() -> None:
    code = "[点我](https://evil.example) ![x](y)"

    cells = order_list.columns([replace(ROW, warehouse_code=code, carrier_code=code, category=code)], view=VIEW, choices=CHOICES)

    drawn = [value for column in cells if isinstance(column, Words) for value in column.values]
    assert not any("](https" in value.replace("\u2060", "") for value in drawn)
    assert sum("evil" in value.replace("\u2060", "") for value in drawn) == 3


def test_an_order_that_is_over_waits_nowhere() -> None:
    waits = [
        order_list._hours(replace(ROW, stage=stage), view=VIEW) for stage in ("paid", "shipped", "delivered", "completed", "cancelled")
    ]

    assert [hours is not None for hours in waits] == [True, True, False, False, False]
