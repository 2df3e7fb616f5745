"""Whatever befalls an order: do its holds cover what it wants or is it short, and does settling it twice change nothing?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.stock.settling import Asking, Hold, Settled, Wish, settle

NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
SKUS, WAREHOUSES = ("a", "b"), ("w1", "w2")
places = st.tuples(st.sampled_from(SKUS), st.sampled_from(WAREHOUSES))
stocks = st.fixed_dictionaries({(sku, warehouse): st.integers(-2, 9) for sku in SKUS for warehouse in WAREHOUSES})
line = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 4), min_size=1)


@st.composite
def askings(draw: st.DrawFn) -> Asking:
    lines = draw(st.lists(line, min_size=1, max_size=3))
    units = {sku: sum(each.get(sku, 0) for each in lines) for sku in SKUS}
    learnt = {sku: draw(st.sampled_from([None, NOW - timedelta(days=1)])) for sku in SKUS}
    bound = draw(st.sampled_from([None, *WAREHOUSES]))
    return Asking(
        known_at=NOW,
        paid=draw(st.booleans()),
        shipped=draw(st.booleans()) and draw(st.booleans()),
        ended=draw(st.booleans()) and draw(st.booleans()),
        ended_by_merchant=draw(st.booleans()),
        places=WAREHOUSES,
        may_split=draw(st.booleans()),
        holds_for=timedelta(minutes=30),
        lines=lines,
        wishes={
            sku: Wish(count, learnt[sku], leaves_from=bound if learnt[sku] else None, gone=draw(st.sampled_from([0, 0, 1, count])))
            for sku, count in units.items()
            if count
        },
    )


@st.composite
def open_holds(draw: st.DrawFn) -> list[Hold]:
    chosen = draw(st.lists(places, unique=True, max_size=4))
    return [
        Hold(*place, draw(st.integers(1, 5)), paid=paid, expires_at=None if paid else NOW + timedelta(minutes=draw(st.integers(-5, 5))))
        for place in chosen
        if (paid := draw(st.booleans())) or True
    ]


def held_after(holds: list[Hold], settled: Settled) -> dict[tuple[str, str], int]:
    kept = {hold.place: hold.units for hold in holds if hold.place not in settled.close}
    return kept | dict(settled.grant)


def possible(asking: Asking, holds: list[Hold]) -> list[Hold]:
    """Leave out what cannot be: nothing was ever held of a SKU without stock."""
    return [hold for hold in holds if hold.sku_code not in asking.wishes or asking.wishes[hold.sku_code].tracked]


@given(askings(), open_holds(), stocks)
def test_pieces_still_to_leave_are_held_or_short_and_no_more_is_granted_than_is_free(
    asking: Asking, holds: list[Hold], free: dict[tuple[str, str], int]
) -> None:
    holds = possible(asking, holds)

    settled = settle(asking, holds=holds, free=free, as_of=NOW)

    after = held_after(holds, settled)
    for place, units in settled.grant.items():
        given_back = sum(hold.units for hold in holds if hold.place == place and place in settled.close)
        assert units <= free[place] + given_back
    for sku, wish in settled.wishes.items():
        held = sum(units for (each, _), units in after.items() if each == sku)
        wanted = wish.due if wish.tracked and settled.state in ("held", "partial", "short") else 0
        assert held + wish.short == wanted
    assert all(sku in asking.wishes for sku, _ in after)


@given(askings(), open_holds(), stocks)
def test_settling_again_at_the_same_instant_changes_nothing(asking: Asking, holds: list[Hold], free: dict[tuple[str, str], int]) -> None:
    holds = possible(asking, holds)
    first = settle(asking, holds=holds, free=free, as_of=NOW)
    left = dict(free)
    for hold in holds:
        if hold.place in first.close:
            left[hold.place] += hold.units
    for place, units in first.grant.items():
        left[place] -= units
    kept = [
        replace(hold, paid=hold.paid or hold.place in first.confirm, expires_at=None if hold.place in first.confirm else hold.expires_at)
        for hold in holds
        if hold.place not in first.close
    ]
    kept += [Hold(*place, units, first.expires_at is None, first.expires_at) for place, units in first.grant.items()]

    again = settle(replace(asking, wishes=first.wishes, decided=True, lapsed=first.state == "lapsed"), holds=kept, free=left, as_of=NOW)

    assert (again.confirm, again.close, again.grant) == ((), {}, {})
    assert (again.state, again.wishes, again.lines_filled) == (first.state, first.wishes, first.lines_filled)


@given(askings(), open_holds(), stocks)
def test_an_order_that_is_over_or_lapsed_unpaid_holds_nothing(asking: Asking, holds: list[Hold], free: dict[tuple[str, str], int]) -> None:
    holds = possible(asking, holds)

    settled = settle(asking, holds=holds, free=free, as_of=NOW)

    if settled.state in ("shipped", "closed", "lapsed", "untracked"):
        assert held_after(holds, settled) == {}
    assert not (asking.paid and settled.state == "lapsed")


@given(askings(), stocks)
def test_what_was_short_on_arrival_stays_oversold_and_its_lines_are_never_good_again(
    asking: Asking, free: dict[tuple[str, str], int]
) -> None:
    asking = replace(asking, shipped=False, ended=False, paid=True)
    arrived = settle(asking, holds=[], free=free, as_of=NOW)
    plenty = dict.fromkeys(free, 99)

    later = settle(replace(asking, wishes=arrived.wishes, decided=True), holds=[], free=plenty, as_of=NOW)

    assert {sku: wish.oversold for sku, wish in later.wishes.items()} == {sku: wish.short for sku, wish in arrived.wishes.items()}
    assert later.lines_filled == arrived.lines_filled and later.short_units == 0
