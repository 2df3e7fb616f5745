"""Is the index the number that its parts make?"""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health.components import COMPONENTS, DEFINITION, Component
from models.health.index import Index, component_score, day_cap_penalty, index_of, mean_cap_penalty, sums_of

ALL = frozenset(component.code for component in COMPONENTS)
C1, C2, C3 = COMPONENTS[:3]


def health(
    sums: dict[str, tuple[float, float]],
    *,
    configured: frozenset[str] = ALL,
    carried: dict[str, float] | None = None,
    overdue_days: dict[str, int] | None = None,
    cap_penalty: float = 0.0,
) -> Index:
    return index_of(
        sums,
        definition=DEFINITION,
        configured=configured,
        carried=carried or {},
        overdue_days=overdue_days or {},
        cap_penalty=cap_penalty,
    )


FULL = dict.fromkeys(ALL, (1000.0, 1000.0))


def test_an_error_rate_of_3_2_percent_is_36_7_points_of_reconciliation() -> None:
    assert component_score(1 - 0.032, C3) == pytest.approx(36.7, abs=0.05)


def test_an_error_rate_of_0_1_percent_is_full_marks_for_reconciliation() -> None:
    assert component_score(1 - 0.001, C3) == pytest.approx(100)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.code)
@given(rates=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_better_rate_never_scores_less_and_a_score_lies_between_0_and_100(component: Component, rates: tuple[float, float]) -> None:
    lower, higher = sorted(rates)

    assert 0 <= component_score(lower, component) <= component_score(higher, component) <= 100


def test_a_shop_in_which_all_goes_well_has_100_points_and_the_best_grade() -> None:
    index = health(FULL)

    assert (index.value, index.coverage, index.grade) == (100, 100, "excellent")


def test_on_time_shipping_halfway_between_its_posts_costs_half_its_weight() -> None:
    index = health({**FULL, "C1": (790, 1000)})

    assert index.value == pytest.approx(100 - 35 / 2)
    assert index.grade == "good"


def test_a_partial_index_has_its_coverage_and_no_grade() -> None:
    index = health({"C1": (790, 1000), "C2": (1000, 1000), "C3": (0, 50)}, configured=frozenset({"C1", "C2"}))

    assert index.value == pytest.approx((35 * 50 + 25 * 100) / 60)
    assert (index.coverage, index.grade) == (60, None)
    assert [part.code for part in index.parts] == ["C1", "C2"]


def test_a_component_without_units_stands_on_its_last_rate() -> None:
    index = health({**FULL, "C3": (0, 0)}, carried={"C3": 0.968, "C1": 0.1})

    assert index.value == pytest.approx(80 + 20 * 0.3673469)
    assert [part.code for part in index.parts if part.carried] == ["C3"]
    assert index.grade == "good"


def test_a_component_without_units_and_without_a_last_rate_makes_the_index_partial() -> None:
    index = health({**FULL, "C3": (0, 0)})

    assert (index.value, index.coverage, index.grade) == (100, 80, None)


@pytest.mark.parametrize(("days", "value"), [(0, 100), (1, 100), (3, 100), (4, 80), (30, 80)])
def test_overdue_data_stands_on_its_last_rate_for_three_days_then_on_its_floor(days: int, value: float) -> None:
    index = health({**FULL, "C3": (0, 0)}, carried={"C3": 0.999}, overdue_days={"C3": days})

    assert index.value == pytest.approx(value)
    assert index.coverage == 100


def test_a_shop_without_anything_configured_has_no_index() -> None:
    index = health(FULL, configured=frozenset(), cap_penalty=3)

    assert (index.value, index.raw, index.coverage, index.grade, index.parts) == (None, None, 0, None, ())


def test_the_lowest_ceiling_of_a_day_holds() -> None:
    assert day_cap_penalty(95, ceilings=[79, 59, 89]) == 36


def test_a_ceiling_above_the_day_takes_nothing() -> None:
    assert day_cap_penalty(50, ceilings=[59]) == 0
    assert day_cap_penalty(95, ceilings=[]) == 0
    assert day_cap_penalty(None, ceilings=[59]) == 0


def test_one_capped_day_costs_the_week_a_seventh_of_its_penalty() -> None:
    week = [date(2026, 1, day) for day in range(5, 12)]
    penalty = mean_cap_penalty({date(2026, 1, 6): day_cap_penalty(94, ceilings=[59]), date(2026, 1, 4): 41}, days=week)

    index = health(FULL, cap_penalty=penalty)

    assert (penalty, index.raw, index.value) == (5, 100, 95)


def test_the_cap_counts_for_the_grade() -> None:
    assert health(FULL, cap_penalty=15).grade == "good"


def test_a_period_without_days_has_no_penalty() -> None:
    assert mean_cap_penalty({}, days=[]) == 0


def test_sums_add_the_cells_up_and_leave_out_what_nobody_counts() -> None:
    cells = pd.DataFrame({"channel": ["京东", "抖音"], "due": [10, 5], "on_time": [9, None]})

    assert sums_of(cells, definition=DEFINITION) == {"C1": (9, 15)}
