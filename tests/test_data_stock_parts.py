"""An order leaves in parts: does exactly what left become a sale, does the rest stay held, and is nothing ever moved twice?"""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from data.stock_check import check_stock
from tests.given_stock import NOW, changed, holding, holds, opened, ordered, settled, steps, stock

MINUTE = timedelta(minutes=1)
_numbers = itertools.count()


def left(connection: Connection, order_no: str, units: Mapping[str, int], **given: Any) -> None:
    """Let a source say how many pieces of an order's lines have left by now."""
    told = text("UPDATE order_lines SET shipped_quantity = :units WHERE order_no = :no AND sku_code = :sku")
    for sku, gone in units.items():
        connection.execute(told, {"no": order_no, "sku": sku, "units": gone})
    changed(connection, order_no, **given)


def sold(engine: Engine, order_no: str) -> dict[tuple[str, str], int]:
    """Return how many pieces an order's moves took, by SKU and warehouse; what was put back is off."""
    asked = """
        SELECT sku_code, warehouse_code, -sum(units)::bigint AS units FROM stock_moves
        WHERE source = 'order' AND split_part(move_key, '#', 1) = 'tb/' || :no GROUP BY 1, 2 HAVING sum(units) <> 0"""
    with engine.connect() as connection:
        rows = connection.execute(text(asked), {"no": order_no})
        return {(row.sku_code, row.warehouse_code): row.units for row in rows}


def told(engine: Engine, order_no: str) -> dict[str, int]:
    """Return what the steps of an order's holds add up to, by step."""
    asked = "SELECT step, sum(units)::bigint AS units FROM hold_steps WHERE order_no = :no AND step <> 'short' GROUP BY 1"
    with engine.connect() as connection:
        return {row.step: row.units for row in connection.execute(text(asked), {"no": order_no})}


def test_what_left_is_sold_and_the_rest_stays_held_until_it_leaves_too(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("a1", "w1"): 10, ("a2", "w1"): 10})
        ordered(connection, "A", {"a1": 3, "a2": 2})
    settled(database)
    with database.begin() as connection:
        left(connection, "A", {"a1": 2}, stage="part_shipped")
    settled(database, at=NOW + MINUTE)

    assert sold(database, "A") == {("a1", "w1"): 2}
    assert holds(database, "A") == {("a1", "w1"): ("confirmed", 1), ("a2", "w1"): ("confirmed", 2)}
    assert (stock(database)["a1", "w1"], stock(database)["a2", "w1"]) == ((8, 1), (10, 2))
    assert (holding(database, "A").state, holding(database, "A").lines_filled) == ("held", 2)
    with database.begin() as connection:
        at = NOW + 2 * MINUTE
        left(connection, "A", {"a1": 3, "a2": 2}, stage="shipped", shipped_from=at, shipped_to=at)
    for _ in range(2):
        settled(database, at=NOW + 3 * MINUTE)

    assert sold(database, "A") == {("a1", "w1"): 3, ("a2", "w1"): 2}
    assert told(database, "A") == {"placed": 5, "shipped": -5}
    assert (stock(database)["a1", "w1"], stock(database)["a2", "w1"]) == ((7, 0), (8, 0))


def test_a_partly_held_order_ships_what_it_has_and_is_short_of_the_rest(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("b1", "w1"): 3})
        ordered(connection, "B", {"b1": 5})
    settled(database)
    with database.begin() as connection:
        left(connection, "B", {"b1": 2})
    settled(database, at=NOW + MINUTE)

    assert (sold(database, "B"), holds(database, "B")) == ({("b1", "w1"): 2}, {("b1", "w1"): ("confirmed", 1)})
    assert (stock(database)["b1", "w1"], holding(database, "B").state, holding(database, "B").short_units) == ((1, 1), "partial", 2)
    assert steps(database, "B") == ["placed", "short", "shipped"]


def test_parts_of_an_order_held_in_two_warehouses_leave_from_where_they_were_held(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("c1", "w1"): 2, ("c1", "w2"): 3})
        ordered(connection, "C", {"c1": 4})
    settled(database)
    for gone in (1, 3):
        with database.begin() as connection:
            left(connection, "C", {"c1": gone})
        settled(database, at=NOW + gone * MINUTE)

    assert sold(database, "C") == {("c1", "w1"): 2, ("c1", "w2"): 1}
    assert holds(database, "C") == {("c1", "w1"): ("shipped", 1), ("c1", "w2"): ("confirmed", 1)}
    with database.begin() as connection:
        changed(connection, "C", shipped_from=NOW + 4 * MINUTE, shipped_to=NOW + 4 * MINUTE)
    settled(database, at=NOW + 5 * MINUTE)
    assert sold(database, "C") == {("c1", "w1"): 2, ("c1", "w2"): 2}


def test_a_cancellation_after_a_part_has_left_gives_back_the_rest_alone(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("d1", "w1"): 9})
        ordered(connection, "D", {"d1": 4})
    settled(database)
    with database.begin() as connection:
        left(connection, "D", {"d1": 1}, cancelled_from=NOW + MINUTE, cancelled_to=NOW + MINUTE)
    settled(database, at=NOW + 2 * MINUTE)

    assert told(database, "D") == {"placed": 4, "shipped": -1, "cancelled": -3}
    assert (sold(database, "D"), stock(database)["d1", "w1"]) == ({("d1", "w1"): 1}, (8, 0))


def test_what_a_source_takes_back_is_put_back_and_held_again(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("e1", "w1"): 9})
        ordered(connection, "E", {"e1": 4})
    settled(database)
    for at, gone in enumerate((3, 0, 2), start=1):
        with database.begin() as connection:
            left(connection, "E", {"e1": gone})
        settled(database, at=NOW + at * MINUTE)

        assert sold(database, "E") == ({("e1", "w1"): gone} if gone else {})
        assert stock(database)["e1", "w1"] == (9 - gone, 4 - gone)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.fixed_dictionaries({"a": st.integers(1, 5), "b": st.integers(1, 3)}),
    # without any held nobody could say which of two warehouses it left
    there=st.fixed_dictionaries({("a", "w1"): st.integers(1, 6), ("a", "w2"): st.integers(0, 6), ("b", "w1"): st.integers(0, 6)}),
    looks=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=4),
    end=st.sampled_from(["open", "shipped", "cancelled"]),
)
def test_what_was_granted_is_held_sold_or_given_back_and_what_left_is_sold_once(
    database: Engine, wanted: dict[str, int], there: dict[tuple[str, str], int], looks: list[tuple[int, int]], end: str
) -> None:
    number = next(_numbers)
    order_no, named = f"L{number}", {sku: f"{sku}-law-{number}" for sku in wanted}
    with database.begin() as connection:
        opened(connection, {(named[sku], warehouse): units for (sku, warehouse), units in there.items()})
        ordered(connection, order_no, {named[sku]: units for sku, units in wanted.items()})
    settled(database)
    gone = dict.fromkeys(wanted, 0)
    for at, look in enumerate(looks, start=1):
        gone = {sku: min(units, wanted[sku]) for sku, units in zip(wanted, look, strict=True)}
        with database.begin() as connection:
            left(connection, order_no, {named[sku]: units for sku, units in gone.items()})
        for _ in range(2):
            settled(database, at=NOW + at * MINUTE)
    if end != "open":
        at_end = NOW + 9 * MINUTE
        with database.begin() as connection:
            changed(connection, order_no, **dict[str, Any]({f"{end}_from": at_end, f"{end}_to": at_end}))
        settled(database, at=at_end)
        with database.begin() as connection:
            changed(connection, order_no)
        settled(database, at=at_end + MINUTE)

    shipped = wanted if end == "shipped" else gone
    moved = sold(database, order_no)
    assert {sku: sum(units for (each, _), units in moved.items() if each == named[sku]) for sku in wanted} == shipped
    befell = told(database, order_no)
    held = sum(units for state, units in holds(database, order_no).values() if state in ("placed", "confirmed"))
    granted = sum(units for step, units in befell.items() if units > 0)
    assert granted + sum(units for units in befell.values() if units < 0) == held
    if all(now >= before for one, two in itertools.pairwise(looks) for before, now in zip(one, two, strict=True)):
        assert -befell.get("shipped", 0) <= sum(shipped.values())
    for (sku, warehouse), units in there.items():
        on_hand, left_held = stock(database)[named[sku], warehouse]
        assert on_hand == units - moved.get((named[sku], warehouse), 0)
        assert left_held == sum(
            each for place, (state, each) in holds(database, order_no).items()
            if place == (named[sku], warehouse) and state in ("placed", "confirmed")
        )  # fmt: skip
    assert check_stock(database, as_of=NOW + 10 * MINUTE).holds_all
