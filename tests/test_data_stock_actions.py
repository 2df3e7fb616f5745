"""May a person do that with the stock, is it one transaction with an audit row, and what comes of it?"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import actions
from data.acting import NotAllowed, Overtaken, WrongInput
from models.people import Person
from models.scope import Scope
from tests.given_stock import NOW, changed, holding, holds, opened, ordered, settled, steps, stock

LEAD = Person("zhao", "赵川", "warehouse")
FINANCE = Person("xu", "许清", "finance")
ELSEWHERE = Person("wu", "吴用", "warehouse", Scope(warehouses=("w9",)))
AT = NOW + timedelta(minutes=1)


def one(engine: Engine, asked: str, **given: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(asked), given).one()


def hold_of(engine: Engine, order_no: str) -> Any:
    return one(engine, "SELECT * FROM holds WHERE order_no = :no", no=order_no)


def last_deed(engine: Engine) -> Any:
    return one(engine, "SELECT * FROM audit_log ORDER BY audit_id DESC LIMIT 1")


def unpaid(engine: Engine, order_no: str, sku: str) -> Any:
    with engine.begin() as connection:
        opened(connection, {(sku, "w1"): 5})
        ordered(connection, order_no, {sku: 2}, paid_to=None, paid_from=None)
    settled(engine)
    return hold_of(engine, order_no)


def test_a_released_hold_gives_its_pieces_back_and_is_not_taken_again_until_the_order_is_paid(database: Engine) -> None:
    hold = unpaid(database, "A", "a")

    actions.release_hold(database, person=LEAD, hold_id=hold.hold_id, seen=hold.version, as_of=AT)
    with database.begin() as connection:
        changed(connection, "A")
    settled(database, at=AT)

    assert stock(database)["a", "w1"] == (5, 0)
    assert holding(database, "A").state == "lapsed"
    assert (last_deed(database).action, last_deed(database).person_id) == ("released_hold", "zhao")
    with database.begin() as connection:
        changed(connection, "A", paid_from=AT, paid_to=AT)
    settled(database, at=AT)
    assert steps(database, "A") == ["placed", "released", "reheld"]
    hold = hold_of(database, "A")
    with pytest.raises(WrongInput):
        actions.release_hold(database, person=LEAD, hold_id=hold.hold_id, seen=hold.version, as_of=AT)


def test_a_hold_is_extended_once(database: Engine) -> None:
    hold = unpaid(database, "B", "b")

    until = actions.extend_hold(database, person=LEAD, hold_id=hold.hold_id, seen=hold.version, as_of=AT)

    assert until == hold.expires_at + timedelta(minutes=30) == hold_of(database, "B").expires_at
    with pytest.raises(Overtaken):
        actions.extend_hold(database, person=LEAD, hold_id=hold.hold_id, seen=hold.version, as_of=AT)
    with pytest.raises(WrongInput, match="一次"):
        actions.extend_hold(database, person=LEAD, hold_id=hold.hold_id, seen=hold.version + 1, as_of=AT)


def test_what_left_unsold_moves_once_a_key_and_may_leave_less_than_is_held(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("c", "w1"): 5})
        ordered(connection, "C", {"c": 4})
    settled(database)

    def scrap(units: int, key: str) -> bool:
        given: dict[str, Any] = {"sku_code": "c", "warehouse_code": "w1", "type": "scrap", "units": units, "reason": "受潮"}
        return actions.post_non_sale_out(database, person=LEAD, key=key, as_of=AT, **given)

    assert (scrap(3, "k1"), scrap(3, "k1")) == (True, False)
    assert stock(database)["c", "w1"] == (2, 4)
    move = one(database, "SELECT * FROM stock_moves WHERE move_key = 'k1'")
    assert (move.type, move.units, move.reason, move.person_id) == ("scrap", -3, "受潮", "zhao")
    with pytest.raises(WrongInput):
        scrap(10**9, "k2")


def test_a_short_order_is_accepted_or_moved_to_where_there_is_enough(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("d", "w1"): 1, ("d", "w2"): 9})
        ordered(connection, "D", {"d": 3}, warehouse_code="w1")
        ordered(connection, "D2", {"d": 3}, warehouse_code="w1")
    settled(database)
    wish = "SELECT * FROM order_holding_skus WHERE order_no = :no"
    row = one(database, wish, no="D")
    moved: dict[str, Any] = {"person": LEAD, "shop_id": "tb", "order_no": "D", "sku_code": "d", "as_of": AT}

    with pytest.raises(WrongInput):
        actions.reallocate(database, to_warehouse="w3", seen=row.version, **moved)
    actions.reallocate(database, to_warehouse="w2", seen=row.version, **moved)
    with database.begin() as connection:
        changed(connection, "D")
    settled(database, at=AT)

    assert holds(database, "D")["d", "w2"] == ("confirmed", 3)
    assert (holding(database, "D").state, holding(database, "D").oversold_units) == ("held", 2)
    row = one(database, wish, no="D2")
    actions.accept_short(database, person=LEAD, shop_id="tb", order_no="D2", sku_code="d", seen=row.version, as_of=AT)
    assert one(database, wish, no="D2").accepted_by == "zhao"


def test_rules_are_set_in_versions_and_only_by_who_sees_everything(database: Engine) -> None:
    rule: dict[str, Any] = {"sku_code": "d", "channel": "*", "threshold": 5, "action": "delist", "relist_above": 8}

    assert actions.set_stock_rule(database, person=LEAD, seen=0, as_of=AT, **rule) == 1
    with pytest.raises(Overtaken):
        actions.set_stock_rule(database, person=LEAD, seen=0, as_of=AT, **rule)
    with pytest.raises(WrongInput):
        actions.set_stock_rule(database, person=LEAD, seen=1, as_of=AT, **rule | {"relist_above": 4})
    hold_rule: dict[str, Any] = {"channel": "*", "customer_class": "*", "minutes": 30, "extension_minutes": 15, "may_split": True}
    assert actions.set_hold_rule(database, person=LEAD, seen=1, as_of=AT, **hold_rule | {"extension_minutes": 30}) == 2
    with pytest.raises(WrongInput, match="渠道"):
        actions.set_publish_quota(database, person=LEAD, channel="nowhere", share=Decimal("0.5"), seen=0, as_of=AT)
    with pytest.raises(NotAllowed):
        actions.set_stock_rule(database, person=ELSEWHERE, seen=1, as_of=AT, **rule)


@pytest.mark.parametrize("person", [FINANCE, ELSEWHERE], ids=["another role", "another warehouse"])
def test_nobody_acts_outside_role_and_scope_and_nothing_is_written(database: Engine, person: Person) -> None:
    number = f"E-{person.person_id}"
    hold = unpaid(database, number, number.lower())
    before = last_deed(database).audit_id
    deeds: list[Callable[[], object]] = [
        lambda: actions.release_hold(database, person=person, hold_id=hold.hold_id, seen=hold.version, as_of=AT),
        lambda: actions.extend_hold(database, person=person, hold_id=hold.hold_id, seen=hold.version, as_of=AT),
        lambda: actions.post_non_sale_out(
            database, person=person, sku_code=hold.sku_code, warehouse_code="w1", type="gift", units=1, reason="x", key=number, as_of=AT
        ),
        lambda: actions.accept_short(database, person=person, shop_id="tb", order_no=number, sku_code=hold.sku_code, seen=0, as_of=AT),
        lambda: actions.reallocate(
            database, person=person, shop_id="tb", order_no=number, sku_code=hold.sku_code, to_warehouse="w1", seen=0, as_of=AT
        ),
        lambda: actions.map_sku(database, person=person, source="kingdee", alias="X", sku_code="a", as_of=AT),
    ]

    for deed in deeds:
        with pytest.raises(NotAllowed):
            deed()

    assert hold_of(database, number).state == "placed"
    assert last_deed(database).audit_id == before


def test_a_code_that_is_mapped_lets_its_orders_hold_in_pieces(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("f", "w1"): 30})
        ordered(connection, "F", {"F-CASE": 2})
    settled(database)
    assert holding(database, "F").state == "untracked"

    actions.map_sku(database, person=LEAD, source="*", alias="F-CASE", sku_code="f", pieces=12, as_of=AT)
    settled(database, at=AT)

    assert stock(database)["f", "w1"] == (30, 24)
