"""Is every piece an order wants either taken from what is free or short, and never taken twice?"""

from hypothesis import given
from hypothesis import strategies as st

from models.stock.allocation import allocate

SKUS, WAREHOUSES = ("a", "b", "c"), ("w1", "w2", "w3")
wishes = st.dictionaries(st.sampled_from(SKUS), st.integers(1, 9), min_size=1)
stocks = st.dictionaries(st.tuples(st.sampled_from(SKUS), st.sampled_from(WAREHOUSES)), st.integers(-3, 12))
orders = st.permutations(WAREHOUSES)


@given(wishes, stocks, orders, st.booleans())
def test_what_is_taken_and_what_is_short_add_up_to_what_is_wanted_and_no_place_gives_more_than_it_has(
    wants: dict[str, int], free: dict[tuple[str, str], int], places: list[str], may_split: bool
) -> None:
    found = allocate(wants, free=free, places=places, may_split=may_split)

    for sku, units in wants.items():
        assert sum(taken for (each, _), taken in found.taken.items() if each == sku) + found.short.get(sku, 0) == units
    assert all(0 < taken <= free.get(place, 0) for place, taken in found.taken.items())


@given(wishes, stocks, orders)
def test_an_order_that_may_not_be_split_leaves_from_one_warehouse(
    wants: dict[str, int], free: dict[tuple[str, str], int], places: list[str]
) -> None:
    found = allocate(wants, free=free, places=places, may_split=False)

    assert len({warehouse for _, warehouse in found.taken}) <= 1


@given(wishes, stocks, orders)
def test_splitting_leaves_no_piece_short_that_lies_free_and_is_spared_where_one_warehouse_has_all(
    wants: dict[str, int], free: dict[tuple[str, str], int], places: list[str]
) -> None:
    found = allocate(wants, free=free, places=places, may_split=True)

    for sku, units in wants.items():
        there = sum(max(free.get((sku, warehouse), 0), 0) for warehouse in places)
        assert found.short.get(sku, 0) == max(0, units - there)
    if any(all(free.get((sku, warehouse), 0) >= units for sku, units in wants.items()) for warehouse in places):
        assert len({warehouse for _, warehouse in found.taken}) == 1
