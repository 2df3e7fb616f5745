"""Does the stock follow orders: held on arrival, kept when paid, given back, moved out, and honestly short?"""

from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, Engine, text

from data.engine import Engine as AnyEngine
from data.stock import hold_now
from data.writes.holds import Grant
from tests.given_stock import (
    LONG_AGO,
    NOW,
    bundle,
    changed,
    holding,
    holds,
    lines,
    opened,
    ordered,
    settled,
    steps,
    stock,
)


def put(engine: AnyEngine) -> Connection:
    return engine.connect()


def test_a_paid_order_is_held_whole_from_the_first_warehouse_that_has_it_all(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("a1", "w1"): 1, ("a1", "w2"): 5, ("a2", "w1"): 5, ("a2", "w2"): 5})
        ordered(connection, "A", {"a1": 2, "a2": 1})

    settled(database, at=NOW + timedelta(seconds=4))

    assert holds(database, "A") == {("a1", "w2"): ("confirmed", 2), ("a2", "w2"): ("confirmed", 1)}
    assert stock(database)["a1", "w2"] == (5, 2)
    found = holding(database, "A")
    assert (found.state, found.lines, found.lines_filled, found.oversold_units) == ("held", 2, 2, 0)
    assert found.held_at - found.known_at == timedelta(seconds=4)


def test_an_order_that_no_warehouse_has_whole_is_split_or_partly_held_and_the_rest_is_oversold(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("b1", "w1"): 2, ("b1", "w2"): 3})
        ordered(connection, "B", {"b1": 4})
        ordered(connection, "B2", {"b1": 4}, at=NOW + timedelta(seconds=1))

    settled(database)

    assert holds(database, "B") == {("b1", "w1"): ("confirmed", 2), ("b1", "w2"): ("confirmed", 2)}
    assert holds(database, "B2") == {("b1", "w2"): ("confirmed", 1)}
    found = holding(database, "B2")
    assert (found.state, found.short_units, found.oversold_units, found.lines_filled) == ("partial", 3, 3, 0)
    assert steps(database, "B2") == ["placed", "short"]


def test_lines_of_one_sku_and_bundles_are_summed_inside_one_order(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("c1", "w1"): 5})
        bundle(connection, "c-box", {"c1": 2})
        ordered(connection, "C", {"c1": 2})
        connection.execute(text("DELETE FROM order_lines WHERE order_no = 'C'"))
        lines(connection, "C", [("c1", 2), ("c-box", 1), ("c1", 3)])

    settled(database)

    assert holds(database, "C") == {("c1", "w1"): ("confirmed", 5)}
    found = holding(database, "C")
    # 2 + 2 are covered in the order of lines; of the last line's 3 only one piece is
    assert (found.short_units, found.lines, found.lines_filled) == (2, 3, 2)


def test_an_unpaid_order_holds_until_its_minute_and_is_swept_by_whoever_needs_the_pieces(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("d1", "w1"): 1})
        ordered(connection, "D", {"d1": 1}, paid_to=None, paid_from=None)
    settled(database)
    assert holds(database, "D") == {("d1", "w1"): ("placed", 1)}

    with database.begin() as connection:
        ordered(connection, "D2", {"d1": 1})
    settled(database, at=NOW + timedelta(minutes=31))

    assert holds(database, "D") == {("d1", "w1"): ("expired", 1)}
    assert holds(database, "D2") == {("d1", "w1"): ("confirmed", 1)}
    assert holding(database, "D").state == "lapsed"


def test_a_payment_after_expiry_holds_again_where_there_is_stock_and_is_short_where_there_is_none(database: Engine) -> None:
    later = NOW + timedelta(minutes=40)
    with database.begin() as connection:
        opened(connection, {("e1", "w1"): 1, ("e2", "w1"): 1})
        ordered(connection, "E", {"e1": 1}, paid_to=None, paid_from=None)
        ordered(connection, "E2", {"e2": 1}, paid_to=None, paid_from=None)
    settled(database)

    with database.begin() as connection:
        ordered(connection, "E3", {"e2": 1})
    settled(database, at=later)
    with database.begin() as connection:
        changed(connection, "E", paid_from=later, paid_to=later)
        changed(connection, "E2", paid_from=later, paid_to=later)
    settled(database, at=later)

    assert steps(database, "E") == ["placed", "expired", "reheld"]
    assert holds(database, "E") == {("e1", "w1"): ("confirmed", 1)}
    short = holding(database, "E2")
    assert (short.state, short.short_units, short.oversold_units, short.lines_filled) == ("short", 1, 0, 0)


def test_payment_confirms_cancellation_gives_back_and_shipment_becomes_a_sale_move(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("f1", "w1"): 9})
        for number in ("F1", "F2", "F3"):
            ordered(connection, number, {"f1": 2}, paid_to=None, paid_from=None)
    settled(database)
    with database.begin() as connection:
        changed(connection, "F1", paid_from=NOW, paid_to=NOW)
        changed(connection, "F2", cancelled_from=NOW, cancelled_to=NOW)
        changed(connection, "F3", paid_from=NOW, paid_to=NOW, shipped_from=NOW, shipped_to=NOW)
    settled(database, at=NOW + timedelta(minutes=1))
    settled(database, at=NOW + timedelta(hours=9))

    assert [holds(database, number)["f1", "w1"][0] for number in ("F1", "F2", "F3")] == ["confirmed", "released", "shipped"]
    assert stock(database)["f1", "w1"] == (7, 2)


def test_the_warehouse_that_was_given_the_order_holds_it_and_what_leaves_elsewhere_is_put_right(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("g1", "w1"): 5, ("g1", "w2"): 5})
        ordered(connection, "G", {"g1": 2})
    settled(database)
    with database.begin() as connection:
        changed(connection, "G", warehouse_code="w2")
    settled(database)
    assert holds(database, "G") == {("g1", "w1"): ("released", 2), ("g1", "w2"): ("confirmed", 2)}

    for warehouse in ("w2", "w1"):
        with database.begin() as connection:
            changed(connection, "G", warehouse_code=warehouse, shipped_from=NOW, shipped_to=NOW)
        settled(database)
    assert stock(database)["g1", "w1"] == (3, 0)
    assert stock(database)["g1", "w2"] == (5, 0)


def test_physical_truth_posts_below_zero_and_a_short_order_is_held_once_goods_come(database: Engine) -> None:
    from data.writes.stock_moves import Move, post_moves

    with database.begin() as connection:
        opened(connection, {("h1", "w1"): 1})
        ordered(connection, "H", {"h1": 1}, shipped_from=NOW, shipped_to=NOW)
        ordered(connection, "H2", {"h1": 1}, shipped_from=NOW, shipped_to=NOW, warehouse_code="w1")
        ordered(connection, "H3", {"h1": 1}, at=NOW + timedelta(seconds=1))
    settled(database)
    assert stock(database)["h1", "w1"] == (-1, 0)
    assert holding(database, "H3").state == "short"

    with database.begin() as connection:
        post_moves(connection, [Move("h1", "w1", "purchase_in", 9, NOW, "erp.in", "1")], as_of=NOW)
        post_moves(connection, [Move("h1", "w1", "purchase_in", 9, NOW, "erp.in", "1")], as_of=NOW)
        changed(connection, "H3")
    settled(database)
    assert stock(database)["h1", "w1"] == (8, 1)
    found = holding(database, "H3")
    assert (found.state, found.oversold_units, found.lines_filled) == ("held", 1, 0)
    assert found.short_until is not None


def test_one_hold_is_stored_as_it_was_asked_to_the_microsecond_and_whatever_signs_its_keys_have(database: Engine) -> None:
    sku, until = "x'1\\%s\"款", datetime(2026, 11, 20, 12, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=8)))
    with database.begin() as connection:
        opened(connection, {(sku, "w1"): 5})
    asked = Grant("o'shop", "单-1", sku, "w1", "douyin", 3, until, "cart 7")

    assert hold_now(database, asked, now=lambda: NOW)
    assert hold_now(database, replace(asked, part="paid", units=2, expires_at=None), now=lambda: NOW)

    with database.connect() as connection:
        rows = connection.execute(text("SELECT * FROM holds WHERE order_no = '单-1' ORDER BY part")).all()
    assert [Grant(*(getattr(row, name.name) for name in fields(Grant))) for row in rows] == [
        asked,
        replace(asked, part="paid", units=2, expires_at=None),
    ]
    assert [(row.state, row.placed_at) for row in rows] == [("placed", NOW), ("confirmed", NOW)]


def test_back_filled_orders_hold_nothing_and_move_only_what_left_after_the_count(database: Engine) -> None:
    with database.begin() as connection:
        for number, days in (("I1", 11), ("I2", 9)):
            at = NOW - timedelta(days=days)
            ordered(connection, number, {"i1": 1}, at=at, nature="backfill", shipped_from=at, shipped_to=at)
    settled(database)
    with database.begin() as connection:
        opened(connection, {("i1", "w1"): 5}, at=LONG_AGO)
    settled(database)

    assert stock(database)["i1", "w1"] == (4, 0)
    assert holding(database, "I2") is None


def test_an_order_is_no_unit_of_the_index_where_stock_was_not_known_when_it_came(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("j1", "w1"): 5}, at=NOW)
        ordered(connection, "J", {"j1": 9}, at=NOW - timedelta(hours=1))
        ordered(connection, "J2", {"j2": 9}, at=NOW)
    settled(database)

    assert [(holding(database, number).state, holding(database, number).lines) for number in ("J", "J2")] == [
        ("partial", 0),
        ("untracked", 0),
    ]
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM hold_dues WHERE order_no IN ('J', 'J2')")) == 0
