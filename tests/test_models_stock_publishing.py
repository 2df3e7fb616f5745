"""Do quotas that add up to no more than everything ever promise a piece twice, and does an item come back only above its line?"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from models.stock.publishing import Quota, Threshold, action_at, divided, evenly

CHANNELS = ("taobao", "jd", "pdd", "douyin")


@given(st.integers(-5, 1_000), st.lists(st.integers(0, 100), min_size=4, max_size=4), st.integers(0, 4))
def test_shares_up_to_one_never_promise_more_than_there_is(available: int, weights: list[int], stated: int) -> None:
    total = max(sum(weights), 1)
    quotas = [
        Quota(channel, share=Fraction(weight, total) if place < stated else None)
        for place, (channel, weight) in enumerate(zip(CHANNELS, weights, strict=True))
    ]

    pieces = divided(available, quotas)

    assert sum(pieces.values()) <= max(available, 0)
    assert all(units >= 0 for units in pieces.values())
    if stated == 0:
        assert sum(pieces.values()) == max(available, 0) and max(pieces.values()) - min(pieces.values()) <= 1


@given(st.integers(0, 100), st.integers(1, 9))
def test_pieces_divided_evenly_are_all_there(units: int, names: int) -> None:
    assert sum(evenly(units, [str(name) for name in range(names)]).values()) == units


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(0, 8), st.integers(0, 8))
def test_an_item_taken_off_comes_back_only_above_the_line_that_ends_it(course: list[int], least: int, more: int) -> None:
    rule, told = Threshold(least, "delist", least + more), None
    for available in course:
        before, told = told, action_at(available, rule, told=told)

        if available <= least or (before == "delist" and available <= least + more):
            assert told == "delist"
        else:
            assert told == "sell"
