"""Does the data know who buys again, and how long do their unpaid orders hold stock?"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, text

from data import actions, tables
from data.acting import Overtaken, WrongInput
from data.queries.customer_classes import customer_classes
from models.customers import LOOK_BACK, MAJOR_MINOR, MAJOR_ORDERS, class_of
from models.people import Person
from tests.given_orders import an_order, insert_rows
from tests.given_stock import LONG_AGO, NOW, holds, opened, ordered, settled

LEAD = Person("zhao", "赵川", "warehouse")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def bought(
    connection: Connection, order_no: str, buyer: str | None, *, at: datetime, shop: str = "tb", email: str | None = None, **given: Any
) -> None:
    """Let an order stand there that a buyer placed and paid for at once."""
    row = an_order(shop, order_no, created_at=at, paid_from=at, paid_to=at, paid_reporting_minor=10_000)
    insert_rows(connection, tables.orders, [row | {"channel": "taobao"} | given])
    contact(connection, order_no, buyer, shop=shop, email=email)


def contact(connection: Connection, order_no: str, buyer: str | None, *, shop: str = "tb", email: str | None = None) -> None:
    row = {"shop_id": shop, "order_no": order_no, "rank": 0, "observed_at": NOW, "manifest_version": 1, "ingested_at": NOW}
    connection.execute(insert(tables.order_contacts).values(row | {"buyer_name": buyer, "email": email}))


def of(connection: Connection, order_no: str, *, shop: str = "tb") -> str | None:
    return customer_classes(connection, [(shop, order_no)]).get((shop, order_no))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", None]),
            st.integers(-100, 3),
            st.sampled_from(["paid", "unpaid", "cancelled", "refunded"]),
            st.sampled_from(["taobao", "jd"]),
            st.integers(0, MAJOR_MINOR // 2),
        ),
        max_size=14,
    )
)
def test_a_class_is_that_of_the_orders_the_same_buyer_paid_for_before_in_the_same_channel(
    database: Engine, before: list[tuple[str | None, int, str, str, int]]
) -> None:
    with database.connect() as connection:
        bought(connection, "LAW", "ann", at=NOW, paid_from=None, paid_to=None)
        for number, (buyer, days, fate, channel, minor) in enumerate(before):
            at = NOW + timedelta(days=days)
            ends: dict[str, Any] = {f"{fate}_{end}": at + DAY for end in ("from", "to")} if fate in ("cancelled", "refunded") else {}
            paid: dict[str, Any] = {"paid_from": None, "paid_to": None} if fate == "unpaid" else {}
            bought(connection, f"LAW-{number}", buyer, at=at, channel=channel, paid_reporting_minor=minor, **ends, **paid)

        said = of(connection, "LAW")
        connection.rollback()

    counted = [
        minor
        for buyer, days, fate, channel, minor in before
        if (buyer, fate, channel) == ("ann", "paid", "taobao") and -LOOK_BACK < timedelta(days=days) <= timedelta(0)
    ]
    assert said == class_of(len(counted), sum(counted))


def test_one_account_is_one_buyer_in_all_shops_of_a_channel_and_an_e_mail_stands_in_for_it(database: Engine) -> None:
    with database.begin() as connection:
        bought(connection, "A1", "小林", at=NOW - 5 * DAY, shop="other")
        bought(connection, "A2", "小林", at=NOW)
        bought(connection, "B1", None, at=NOW - DAY, email="x@example.com")
        bought(connection, "B2", None, at=NOW, email="x@example.com")

        assert of(connection, "A2") == of(connection, "B2") == "returning"
        assert of(connection, "A1", shop="other") == of(connection, "B1") == "new"


def test_who_is_masked_unknown_or_erased_has_no_class(database: Engine) -> None:
    with database.begin() as connection:
        bought(connection, "M1", "t**3", at=NOW - DAY)
        bought(connection, "M2", "t**3", at=NOW)
        bought(connection, "M3", None, at=NOW)
        bought(connection, "M4", "kept", at=NOW - DAY)
        bought(connection, "M5", "kept", at=NOW)
        connection.execute(text("DELETE FROM order_contacts WHERE order_no = 'M4'"))

        assert [of(connection, no) for no in ("M2", "M3", "M4", "M5")] == [None, None, None, "new"]


def test_ten_paid_orders_make_a_major_customer(database: Engine) -> None:
    with database.begin() as connection:
        for number in range(MAJOR_ORDERS):
            bought(connection, f"T{number}", "ten", at=NOW - DAY - number * MINUTE, paid_reporting_minor=0)
        bought(connection, "T", "ten", at=NOW)

        assert of(connection, "T") == "major"


def rule(database: Engine, *, channel: str, customer: str, minutes: int, seen: int = 0, extension: int = 5) -> int:
    return actions.set_hold_rule(
        database, person=LEAD, channel=channel, customer_class=customer, minutes=minutes, extension_minutes=extension, may_split=True,
        seen=seen, as_of=NOW,
    )  # fmt: skip


def test_an_unpaid_order_holds_and_is_extended_by_the_rule_of_its_customer_else_of_its_channel(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at) VALUES"
                 " ('tb', 'taobao', 'tb', 'Asia/Shanghai', 'CNY', true, now())")
        )  # fmt: skip
        opened(connection, {("h1", "w1"): 20})
        bought(connection, "H0", "again", at=LONG_AGO)
    assert rule(database, channel="taobao", customer="*", minutes=20) == 1
    assert rule(database, channel="taobao", customer="returning", minutes=90, extension=45) == 1
    with pytest.raises(Overtaken):
        rule(database, channel="taobao", customer="returning", minutes=60)
    with pytest.raises(WrongInput, match="客户等级"):
        rule(database, channel="taobao", customer="gold", minutes=60)
    with database.begin() as connection:
        for order_no, buyer in (("H-again", "again"), ("H-first", "first"), ("H-unknown", None)):
            ordered(connection, order_no, {"h1": 1}, paid_to=None, paid_from=None)
            contact(connection, order_no, buyer)
    settled(database)

    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT order_no, hold_id, version, expires_at - placed_at AS holds_for FROM holds ORDER BY 1")
        ).all()
        audited = connection.execute(text("SELECT subject, detail FROM audit_log WHERE action = 'set_hold_rule' ORDER BY audit_id")).all()
    assert [row.holds_for for row in rows] == [90 * MINUTE, 20 * MINUTE, 20 * MINUTE]
    assert [row.subject for row in audited] == ["hold rule taobao/*", "hold rule taobao/returning"]
    assert audited[1].detail == {"minutes": 90, "extension_minutes": 45, "may_split": True, "version": 1}
    ends = [actions.extend_hold(database, person=LEAD, hold_id=row.hold_id, seen=row.version, as_of=NOW + MINUTE) for row in rows]
    assert [end - NOW for end in ends] == [135 * MINUTE, 25 * MINUTE, 25 * MINUTE]
    assert holds(database, "H-again") == {("h1", "w1"): ("placed", 1)}
