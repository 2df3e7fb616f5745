"""A rush for the last pieces: what is sold that does not exist, and what no way of sharing out can ever sell too much of."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.stock.replay import BY_KEY, POLICIES, Promotion, accepted, allotments, replay, shares
from tests.laws import tries

CHANNELS: Mapping[str, float] = {"taobao": 1.4, "jd": 0.6, "pdd": 0.8, "douyin": 0.9}
ALLOTTED = [policy.key for policy in POLICIES if policy.allotted]
wishes = st.lists(st.tuples(st.floats(0, 600), st.sampled_from(sorted(CHANNELS))), max_size=120).map(sorted)


@pytest.mark.parametrize("key", ALLOTTED)
@given(wished=wishes, units=st.integers(0, 60), lag=st.floats(0, 400))
@settings(max_examples=tries(60))
def test_quotas_that_add_up_to_no_more_than_there_is_never_oversell(
    key: str, wished: list[tuple[float, str]], units: int, lag: float
) -> None:
    sold = accepted(Promotion(CHANNELS, units=units), BY_KEY[key], wished, lag_seconds=lag)

    assert sold <= min(units, len(wished))


@given(wished=wishes, units=st.integers(0, 60), key=st.sampled_from([policy.key for policy in POLICIES]))
def test_without_a_lag_nobody_sells_what_is_not_there(wished: list[tuple[float, str]], units: int, key: str) -> None:
    assert accepted(Promotion(CHANNELS, units=units), BY_KEY[key], wished, lag_seconds=0) <= units


@given(units=st.integers(0, 10_000), rates=st.lists(st.floats(0, 50), min_size=1, max_size=7))
def test_an_allotment_gives_out_exactly_what_there_is_and_shares_never_more(units: int, rates: list[float]) -> None:
    promotion = Promotion({f"channel {n}": rate for n, rate in enumerate(rates)}, units=units)
    parts = shares(promotion, by_sales=True)

    assert sum(parts.values()) <= 1 + 1e-9
    assert sum(allotments(units, parts).values()) == units
    assert all(pieces >= 0 for pieces in allotments(units, parts).values())


def test_two_shops_that_show_the_same_last_piece_both_sell_it_within_the_lag() -> None:
    last_piece = Promotion({"taobao": 1, "jd": 1}, units=1)

    at_once = [(10.0, "taobao"), (12.0, "jd")]
    assert accepted(last_piece, BY_KEY["shared"], at_once, lag_seconds=5) == 2
    assert accepted(last_piece, BY_KEY["shared"], at_once, lag_seconds=1) == 1


def test_a_number_that_replaces_the_counter_makes_a_shop_forget_its_own_sales() -> None:
    alone = Promotion({"taobao": 1}, units=3)

    # the sale of second 1 is told at second 6 as "2 left", when only 1 is
    assert accepted(alone, BY_KEY["shared"], [(1.0, "taobao"), (5.0, "taobao"), (7.0, "taobao"), (8.0, "taobao")], lag_seconds=5) == 4


def test_a_rush_over_the_last_500_pieces_oversells_more_the_later_shops_learn_of_it() -> None:
    found = replay(Promotion(CHANNELS), lags=(0, 30, 120), runs=8)

    shared = [point.oversold_units for point in found.curves["shared"]]
    assert shared[0] == 0 < shared[1] < shared[2]
    assert found.recommended in ALLOTTED
    assert all(point.worst_units == 0 for key in ALLOTTED for point in found.curves[key])
    assert sum(found.quotas.values()) <= 1
    assert found == replay(Promotion(CHANNELS), lags=(0, 30, 120), runs=8)


def test_what_is_sold_and_what_is_left_are_all_there_was() -> None:
    for curve in replay(Promotion(CHANNELS, units=700), lags=(0, 60), runs=4).curves.values():
        for point in curve:
            assert point.sold_units + point.unsold_units == pytest.approx(700)
