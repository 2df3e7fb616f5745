"""Does the money of an order go by the terms and fees that held when it was paid, whatever versions of them there are?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from data import tables
from data.writes.money_entries import compute_entries
from tests.given_money import PAID, SHOPS, line, shops, sold
from tests.given_orders import insert_rows
from tests.laws import tries

MINOR = 10_000
DAYS = 5
COMPLETED = timedelta(days=3)
# an order of no category, of one that rules name, and of one that none does
CATEGORIES = (None, "shoes", "hats")
SHOPS_PAID = ("tm", "jd", "us")


@dataclass(frozen=True)
class Terms:
    """N of T+N, from a day on."""

    channel: str
    since: int
    days: int


@dataclass(frozen=True)
class Fee:
    """A share in hundredths, from a day on."""

    channel: str
    fee_type: str
    category: str
    since: int
    percent: int


CHANNELS = st.sampled_from(["*", "tmall", "jd"])
SINCE = st.integers(-1, DAYS)
TERMS = st.lists(st.builds(Terms, CHANNELS, SINCE, st.integers(0, 20)), max_size=8, unique_by=lambda each: (each.channel, each.since))
FEES = st.lists(
    st.builds(Fee, CHANNELS, st.sampled_from(["commission", "fee"]), st.sampled_from(["*", "shoes"]), SINCE, st.integers(1, 50)),
    max_size=10,
    unique_by=lambda each: (each.channel, each.fee_type, each.category, each.since),
)


@given(terms=TERMS, fees=FEES, zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Apia"]))
@hypothesis_settings(max_examples=tries(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_order_goes_by_the_terms_and_fees_that_held_when_it_was_paid(
    connection: Connection, terms: list[Terms], fees: list[Fee], zone: str
) -> None:
    orders = [
        # at the very instant a version begins, and a second before
        sold(shop, f"{day}{early}{category}", MINOR, days=day - early / 86_400, completed=COMPLETED.days, category=category)
        for shop in SHOPS_PAID
        for day in range(DAYS)
        for early in (0, 1)
        for category in CATEGORIES
    ]

    with connection.begin_nested() as attempt:
        _store(connection, terms=terms, fees=fees, orders=orders)
        compute_entries(connection, zone=zone, anew=True)
        found = {
            (row.shop_id, row.order_no, row.type): (row.amount_minor, row.due_at)
            for row in connection.execute(text("SELECT * FROM money_entries"))
        }
        attempt.rollback()

    assert found == _expected(orders, terms=terms, fees=fees, zone=zone)


def _store(connection: Connection, *, terms: Sequence[Terms], fees: Sequence[Fee], orders: Sequence[dict[str, Any]]) -> None:
    shops(connection)
    connection.execute(text("DELETE FROM settlement_rules"))
    connection.execute(text("DELETE FROM fee_rules"))
    told = {"source": "test", "set_by": "test", "set_at": PAID}
    insert_rows(
        connection,
        tables.settlement_rules,
        [
            told
            | {"channel": each.channel, "valid_from": _from(each.since), "days": each.days}
            | {"clock": "completed", "escrow": True, "receivable": "paid"}
            for each in terms
        ],
    )
    insert_rows(
        connection,
        tables.fee_rules,
        [
            told
            | {"channel": each.channel, "fee_type": each.fee_type, "category": each.category, "valid_from": _from(each.since)}
            | {"rate": Decimal(each.percent) / 100, "base": "receipt", "returned": True}
            for each in fees
        ],
    )
    insert_rows(connection, tables.orders, orders)
    insert_rows(connection, tables.settlement_lines, [line(shop, "other", "receipt", 1) for shop in SHOPS_PAID])


def _from(day: int) -> datetime:
    return PAID + timedelta(days=day)


def _expected(
    orders: Sequence[dict[str, Any]], *, terms: Sequence[Terms], fees: Sequence[Fee], zone: str
) -> dict[tuple[str, str, str], tuple[int, datetime]]:
    """Return (amount, due) by (shop, order, type): the first rule that fits, its own channel's before all channels', the newest first."""
    expected = {}
    for order in orders:
        channel, paid, category = SHOPS[order["shop_id"]], order["paid_to"], order["category"]
        held = [each for each in terms if each.channel in (channel, "*") and _from(each.since) <= paid]
        if not held:
            continue
        rule = min(held, key=lambda each: (each.channel == "*", -each.since))
        day = (paid + COMPLETED).astimezone(ZoneInfo(zone)).date() + timedelta(days=rule.days + 1)
        due = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) - timedelta(seconds=1)
        key = order["shop_id"], order["order_no"]
        expected[*key, "gross"] = MINOR, due
        for fee_type in ("commission", "fee"):
            asked = [
                each
                for each in fees
                if each.fee_type == fee_type
                and each.channel in (channel, "*")
                and each.category in (category, "*")
                and _from(each.since) <= paid
            ]
            if asked:
                fee = min(asked, key=lambda each: (each.channel == "*", each.category == "*", -each.since))
                expected[*key, fee_type] = -MINOR * fee.percent // 100, due
    return expected
