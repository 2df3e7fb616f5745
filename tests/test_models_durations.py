"""Are quantiles from buckets as exact as they are said to be?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.durations import BOUNDED, EDGES, LONGEST_SECONDS, bucket_of, middle_of, quantile

seconds = st.integers(0, LONGEST_SECONDS)
# half the ratio of a bucket's ends, and a hair for the whole seconds between them
ERROR = 0.015


def counted(durations: list[int]) -> dict[int, int]:
    buckets = [bucket_of(each) for each in durations]
    return {bucket: buckets.count(bucket) for bucket in buckets}


@given(seconds)
def test_the_middle_of_its_bucket_is_within_the_stated_error_of_a_duration(duration: int) -> None:
    assert middle_of(bucket_of(duration)) == pytest.approx(duration, rel=ERROR)


@given(st.lists(seconds, min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.95]))
def test_a_quantile_of_counts_is_within_the_stated_error_of_the_exact_one(durations: list[int], share: float) -> None:
    exact = float(np.quantile(durations, share, method="inverted_cdf"))

    assert quantile(counted(durations), share) == pytest.approx(exact, rel=ERROR)


@given(st.lists(seconds, max_size=30), st.lists(seconds, max_size=30))
def test_counts_of_two_days_add_up_to_those_of_both(one: list[int], other: list[int]) -> None:
    added = counted(one)
    for bucket, count in counted(other).items():
        added[bucket] = added.get(bucket, 0) + count

    assert added == counted(one + other)


def test_longer_durations_are_never_in_an_earlier_bucket() -> None:
    assert list(EDGES) == sorted(set(EDGES))
    assert [bucket_of(edge) - bucket_of(edge - 1) for edge in EDGES] == [1] * len(EDGES)


def test_durations_of_which_only_bounds_are_known_do_not_move_a_quantile() -> None:
    assert quantile({bucket_of(60): 1, BOUNDED: 99}, 0.5) == quantile({bucket_of(60): 1}, 0.5)
    assert quantile({BOUNDED: 3}, 0.5) is None
