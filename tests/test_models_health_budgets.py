"""How much of an error budget is left, and how fast does it burn?"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health.budgets import budget_of, burn_rate, burn_state, mean_daily_units
from models.health.components import COMPONENTS

C1 = COMPONENTS[0]
MONDAY = date(2026, 3, 2)
WEDNESDAY = MONDAY + timedelta(days=2)
SUNDAY = MONDAY + timedelta(days=6)


def shop(*bad: float, units: float = 100, before: int = 28) -> dict[date, tuple[float, float]]:
    """Days of equal units: ``before`` flawless ones, then from Monday on one for each number of bad units."""
    good = {MONDAY - timedelta(days=day): (units, units) for day in range(1, before + 1)}
    return good | {MONDAY + timedelta(days=day): (units - lost, units) for day, lost in enumerate(bad)}


def test_a_week_of_700_orders_may_ship_14_late_and_burns_out_at_this_weeks_pace() -> None:
    budget = budget_of(C1, days=shop(3, 3, 3), through=WEDNESDAY)

    assert budget.component == "C1"
    assert budget.allowed == pytest.approx(0.02 * 700)
    assert budget.spent == 9
    assert budget.left_share == pytest.approx(1 - 9 / 14)
    assert budget.exhausted_on == MONDAY + timedelta(days=4)


def test_a_budget_that_lasts_the_week_has_no_day() -> None:
    assert budget_of(C1, days=shop(1, 1, 1), through=WEDNESDAY).exhausted_on is None
    assert budget_of(C1, days=shop(0, 0, 0), through=WEDNESDAY).exhausted_on is None


def test_a_budget_spent_to_the_last_order_on_sunday_is_used_up_on_sunday() -> None:
    budget = budget_of(C1, days=shop(2, 2, 2), through=WEDNESDAY)

    assert budget.exhausted_on == SUNDAY


def test_an_overspent_budget_names_the_day_it_was_used_up() -> None:
    budget = budget_of(C1, days=shop(1, 20, 0), through=WEDNESDAY)

    assert budget.exhausted_on == MONDAY + timedelta(days=1)
    assert budget.left_share == pytest.approx(1 - 21 / 14)


def test_last_weeks_failures_and_days_after_the_day_asked_for_cost_nothing() -> None:
    days = shop(1, 1, 1) | {MONDAY - timedelta(days=1): (0.0, 100.0), SUNDAY: (0.0, 100.0)}

    assert budget_of(C1, days=days, through=WEDNESDAY).spent == 3


def test_on_monday_the_budget_starts_anew_and_on_sunday_nothing_is_guessed() -> None:
    days = shop(5, 5, 5, 5, 5, 5, 5) | {MONDAY + timedelta(days=7): (100.0, 100.0)}

    assert budget_of(C1, days=days, through=MONDAY + timedelta(days=7)).spent == 0
    assert budget_of(C1, days={day: each for day, each in days.items() if day >= MONDAY}, through=SUNDAY).allowed == pytest.approx(14)


def test_a_shop_without_units_has_nothing_to_spend() -> None:
    budget = budget_of(C1, days={}, through=WEDNESDAY)

    assert (budget.allowed, budget.spent, budget.left_share, budget.exhausted_on) == (0, 0, None, None)


def test_a_component_that_may_never_fail_is_used_up_by_its_first_failure() -> None:
    budget = budget_of(replace(C1, slo=1.0), days=shop(0, 1, 0), through=WEDNESDAY)

    assert budget.left_share is None
    assert budget.exhausted_on == MONDAY + timedelta(days=1)


def test_a_young_shop_is_expected_to_go_on_as_in_the_days_it_has() -> None:
    assert mean_daily_units(shop(0, 0, before=2), through=MONDAY + timedelta(days=1)) == 100


def test_a_day_without_orders_and_days_before_the_last_28_count_for_what_they_are() -> None:
    days = {WEDNESDAY - timedelta(days=28): (999.0, 999.0), WEDNESDAY - timedelta(days=27): (280.0, 280.0)}

    assert mean_daily_units(days, through=WEDNESDAY) == 10


@given(bad=st.lists(st.integers(0, 100), min_size=7, max_size=7), length=st.integers(1, 7))
def test_a_later_day_never_changes_an_earlier_budget_and_one_failure_more_never_leaves_more(bad: list[int], length: int) -> None:
    through = MONDAY + timedelta(days=length - 1)
    known = budget_of(C1, days=shop(*bad[:length]), through=through)
    worse = budget_of(C1, days=shop(*[min(lost + 1, 100) for lost in bad[:length]]), through=through)

    assert budget_of(C1, days=shop(*bad), through=through) == known
    assert known.left_share is not None and worse.left_share is not None and worse.left_share <= known.left_share
    assert known.exhausted_on is None or (worse.exhausted_on is not None and worse.exhausted_on <= known.exhausted_on)
    assert known.exhausted_on is None or MONDAY <= known.exhausted_on <= SUNDAY


def test_failing_exactly_as_often_as_allowed_burns_at_1() -> None:
    assert burn_rate(2, 100, slo=0.98) == pytest.approx(1)


def test_nothing_burns_without_units() -> None:
    assert burn_rate(0, 0, slo=0.98) is None


def test_an_slo_of_1_leaves_nothing_to_burn() -> None:
    with pytest.raises(ValueError, match="no budget"):
        burn_rate(1, 100, slo=1)


@pytest.mark.parametrize(
    ("hour", "five_minutes", "six_hours", "state"),
    [
        (14, 14, 3, "page"),
        (14, 14, None, "page"),
        (14, 13.9, 3, "ticket"),
        (13.9, 14, 2.9, None),
        (None, 50, 3, "ticket"),
        (50, None, 2.9, None),
        (None, None, None, None),
    ],
)
def test_fast_burning_that_goes_on_pages_and_slow_burning_files_a_ticket(
    hour: float | None, five_minutes: float | None, six_hours: float | None, state: str | None
) -> None:
    assert burn_state(hour=hour, five_minutes=five_minutes, six_hours=six_hours) == state


def test_28_late_orders_of_100_are_a_page() -> None:
    rate = burn_rate(28, 100, slo=0.98)

    assert burn_state(hour=rate, five_minutes=rate, six_hours=None) == "page"
