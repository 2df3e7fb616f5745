"""The expected promise of the week lies between its worst and its best end, and what is done is certain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delay_risk.week_end import Expected, expected_week

CHANCES = st.lists(st.floats(0, 1), max_size=40)


def week(chances: list[float], *, done_good: int = 80, done_due: int = 100, band: float = 0.1) -> Expected:
    p = np.array(chances)
    return expected_week(
        done_good=done_good,
        done_due=done_due,
        open_due=len(p),
        late=float(p.sum()),
        luck=float((p * (1 - p)).sum()),
        doubt=band * len(p),
    )


@given(chances=CHANCES, good=st.integers(0, 100))
def test_the_interval_holds_what_is_expected_and_lies_between_the_worst_and_the_best_end(chances: list[float], good: int) -> None:
    found = week(chances, done_good=good)

    assert found.value is not None and found.low is not None and found.high is not None
    worst, best = good / found.due, (good + len(chances)) / found.due
    assert worst - 1e-9 <= found.low <= found.value + 1e-9 <= found.high + 2e-9 <= best + 3e-9


@given(chances=st.lists(st.floats(0, 1), min_size=1, max_size=40), place=st.integers(0, 39))
def test_a_riskier_order_lowers_what_is_expected(chances: list[float], place: int) -> None:
    riskier = [*chances]
    riskier[place % len(chances)] = 1.0

    before, after = week(chances).value, week(riskier).value
    assert before is not None and after is not None and after <= before + 1e-9


def test_a_week_that_is_over_is_certain() -> None:
    found = week([])

    assert (found.value, found.low, found.high) == (0.8, 0.8, 0.8)


def test_certain_orders_leave_only_the_doubt_about_the_model() -> None:
    found = week([0.0] * 50 + [1.0] * 50, band=0.0)

    assert found.low == found.value == found.high == 130 / 200


def test_wider_bands_make_a_wider_interval() -> None:
    narrow, wide = week([0.3] * 50, band=0.05), week([0.3] * 50, band=0.4)

    assert narrow.low is not None and wide.low is not None and wide.low < narrow.low


def test_bands_at_nine_in_ten_are_stretched_to_nineteen_in_twenty() -> None:
    found = expected_week(done_good=0, done_due=0, open_due=200, late=100, luck=0, doubt=40)

    # 20 orders to either side at 90 %, by the ratio of the two quantiles
    assert found.low is not None and found.high is not None
    assert (100 - 200 * found.low, 200 * found.high - 100) == pytest.approx((23.83, 23.83), abs=0.01)


def test_a_week_without_a_promise_has_no_share() -> None:
    found = expected_week(done_good=0, done_due=0, open_due=0, late=0, luck=0, doubt=0)

    assert (found.due, found.value, found.low) == (0, None, None)


def test_the_expected_share_is_true_on_average() -> None:
    dice = np.random.default_rng(3)
    chances = dice.uniform(0, 1, 200)
    found = week(list(chances), done_good=0, done_due=0, band=0.0)
    ends = 1 - (dice.uniform(size=(4000, 200)) < chances).mean(axis=1)

    assert found.value is not None and found.low is not None and found.high is not None
    assert abs(ends.mean() - found.value) < 0.002
    assert 0.93 < ((ends >= found.low) & (ends <= found.high)).mean() < 0.97
