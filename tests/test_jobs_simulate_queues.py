"""Does a simulated warehouse let parcels out in the order in which they came, no faster than it can?"""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from jobs.simulate.queues import CLOSES, HANDLING_S, OPENS, serve
from jobs.simulate.rhythm import SHANGHAI_OFFSET, midnight

DAY = 20_700  # 2026-09-04, a Friday
ENTRIES = st.lists(st.tuples(st.integers(0, 3 * 86_400), st.sampled_from([0.6, 1.0])), min_size=1, max_size=60)


def parcels(entries: list[tuple[int, float]]) -> pd.DataFrame:
    entered = [midnight(DAY) + second for second, _ in entries]
    return pd.DataFrame({"entered": entered, "stockout": range(len(entries)), "cost": [cost for _, cost in entries]})


@given(ENTRIES)
def test_first_in_is_first_out(entries: list[tuple[int, float]]) -> None:
    rows = parcels(entries)

    left, _ = serve(rows, daily_capacity=100.0, free_from=0.0)

    in_order = np.lexsort((rows["stockout"], rows["entered"]))
    assert (np.diff(left[in_order]) >= 0).all()
    assert (left > rows["entered"].to_numpy()).all()


@given(ENTRIES)
def test_no_more_leaves_in_a_day_than_the_warehouse_can_do(entries: list[tuple[int, float]]) -> None:
    rows = parcels(entries)

    left, _ = serve(rows, daily_capacity=10.0, free_from=0.0)

    worked = rows["cost"].groupby((left - HANDLING_S - midnight(DAY)) // 86_400).sum()
    # One parcel may have been begun the day before.
    assert (worked <= 10.0 + 1.0).all()


@given(ENTRIES, st.integers(0, 3 * 86_400))
def test_working_in_two_goes_gives_the_same_departures(entries: list[tuple[int, float]], cut: int) -> None:
    rows = parcels(entries)
    whole, _ = serve(rows, daily_capacity=20.0, free_from=0.0)

    early = (rows["entered"] < midnight(DAY) + cut).to_numpy()
    first, free = serve(rows[early], daily_capacity=20.0, free_from=0.0)
    second, _ = serve(rows[~early], daily_capacity=20.0, free_from=free)

    assert np.abs(whole[early] - first).max(initial=0) <= 1
    assert np.abs(whole[~early] - second).max(initial=0) <= 1


def test_an_idle_warehouse_begins_at_once_and_a_closed_one_in_the_morning() -> None:
    at_noon, at_night = midnight(DAY) + 12 * 3600, midnight(DAY) + 23 * 3600
    rows = pd.DataFrame({"entered": [at_noon, at_night], "stockout": [1, 2], "cost": [1.0, 1.0]})

    left, _ = serve(rows, daily_capacity=1400.0, free_from=0.0)

    hour = (left - HANDLING_S + SHANGHAI_OFFSET) % 86_400 / 3600
    assert left[0] - at_noon <= 40 + HANDLING_S
    assert OPENS <= hour[1] < OPENS + 0.1
    assert hour[0] < CLOSES
