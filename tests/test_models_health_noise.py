"""Is a change noise, and is a ranking fair?"""

from math import nan

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.health.components import COMPONENTS
from models.health.noise import Ranking, concentration, is_noise, median_absolute_deviation, noise_band, ties, wilson_interval

WEIGHTS = {component.code: component.weight for component in COMPONENTS}
CHANGES = st.lists(st.floats(-100, 100), min_size=6, max_size=30)


def ranking(scores: dict[str, dict[str, float]], *, weights: dict[str, float] = WEIGHTS, agreement: float = 0.9) -> Ranking:
    return ties(pd.DataFrame.from_dict(scores, orient="index"), weights=weights, agreement=agreement)


def even(score: float) -> dict[str, float]:
    return dict.fromkeys(WEIGHTS, score)


def test_nothing_deviates_from_nothing() -> None:
    assert median_absolute_deviation([]) is None


def test_the_band_is_two_robust_standard_deviations_of_the_changes() -> None:
    assert noise_band([1, -1, 2, -2, 3, -3]) == pytest.approx(2 * 1.4826 * 2)


def test_one_wild_week_hardly_widens_the_band() -> None:
    assert noise_band([1, -1, 2, -2, 3, -300]) == pytest.approx(2 * 1.4826 * 2)


def test_five_changes_are_too_few_for_a_band() -> None:
    assert noise_band([1, -1, 2, -2, 3]) is None
    assert noise_band([1, -1, 2, -2, 3, nan, None]) is None


@given(older=st.lists(st.floats(-100, 100)), last=st.lists(st.floats(-100, 100), min_size=12, max_size=12))
def test_changes_before_the_last_twelve_do_not_move_the_band(older: list[float], last: list[float]) -> None:
    assert noise_band(older + last) == noise_band(last)


@given(changes=CHANGES, factor=st.sampled_from([0.5, 2.0, 4.0]))
def test_changes_twice_as_large_have_a_band_twice_as_wide(changes: list[float], factor: float) -> None:
    band = noise_band(changes)

    assert band is not None and band >= 0
    assert noise_band([factor * change for change in changes]) == pytest.approx(factor * band)


def test_a_change_at_the_edge_of_the_band_is_noise_in_either_direction() -> None:
    assert is_noise(0.5, 0.5) is True
    assert is_noise(-0.5, 0.5) is True
    assert is_noise(-0.51, 0.5) is False


def test_without_a_change_or_a_band_nobody_can_say_whether_it_is_noise() -> None:
    assert is_noise(None, 0.5) is None
    assert is_noise(0.5, None) is None


def test_a_cell_without_units_has_no_interval() -> None:
    assert wilson_interval(0, 0) is None


def test_more_good_units_than_units_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and the units"):
        wilson_interval(3, 2)


@given(units=st.integers(1, 10_000), share=st.floats(0, 1))
def test_an_interval_lies_within_0_and_1_around_the_share_and_narrows_with_less_confidence(units: int, share: float) -> None:
    good = round(share * units)

    wide, narrow = wilson_interval(good, units), wilson_interval(good, units, confidence=0.8)

    assert wide is not None and narrow is not None
    assert 0 <= wide[0] <= narrow[0] <= good / units + 1e-12
    assert good / units - 1e-12 <= narrow[1] <= wide[1] <= 1


def test_weights_vary_by_a_quarter_in_the_mean_over_the_weights() -> None:
    total = sum(WEIGHTS.values())
    shares = [weight / total for weight in WEIGHTS.values()]

    squares = [(1 - share) / (share * (concentration(len(shares), spread=0.25) + 1)) for share in shares]

    assert sum(share * square for share, square in zip(shares, squares, strict=True)) == pytest.approx(0.25**2)


def test_a_channel_better_in_every_component_is_ahead_whatever_the_weights() -> None:
    ranked = ranking({"pdd": even(70), "jd": even(90), "douyin": even(80)})

    assert ranked == Ranking(groups=[["jd"], ["douyin"], ["pdd"]], holds=1.0)


def test_channels_whose_order_hangs_on_the_weights_are_a_tie() -> None:
    ranked = ranking({"jd": even(80) | {"C1": 90, "C2": 67}, "pdd": even(80), "shopee": even(20)})

    assert ranked.groups == [["jd", "pdd"], ["shopee"]]
    assert ranked.holds is not None and 0.3 < ranked.holds < 0.9


def test_equal_channels_are_a_tie_in_the_order_of_their_names() -> None:
    assert ranking({"pdd": even(80), "jd": even(80)}) == Ranking(groups=[["jd", "pdd"]], holds=0.0)


def test_a_component_a_channel_does_not_have_is_left_out_of_its_mean() -> None:
    without = even(80) | {"C1": nan}

    assert ranking({"jd": without, "pdd": even(79)}).groups == [["jd"], ["pdd"]]


def test_a_channel_without_any_component_has_no_rank() -> None:
    assert ranking({"jd": even(80), "pdd": even(nan)}) == Ranking(groups=[["jd"]], holds=1.0)


def test_no_channels_rank_nothing() -> None:
    assert ties(pd.DataFrame(), weights=WEIGHTS) == Ranking(groups=[], holds=None)


def test_with_a_single_component_there_are_no_weights_to_doubt() -> None:
    assert ranking({"jd": {"C1": 80.1}, "pdd": {"C1": 80.0}}, weights={"C1": 35}) == Ranking(groups=[["jd"], ["pdd"]], holds=1.0)


def test_a_weight_of_0_and_a_spread_too_wide_are_refused() -> None:
    scores = pd.DataFrame({"C1": [80.0], "C2": [70.0]}, index=["jd"])

    with pytest.raises(ValueError, match="above 0"):
        ties(scores, weights={"C1": 1, "C2": 0})
    with pytest.raises(ValueError, match="too wide"):
        ties(scores, weights={"C1": 1, "C2": 1}, spread=1)


SCORES = st.dictionaries(
    st.sampled_from(["douyin", "jd", "pdd", "shopee", "tmall"]),
    st.fixed_dictionaries({code: st.integers(0, 100).map(float) for code in WEIGHTS}),
    min_size=1,
)


@given(scores=SCORES)
def test_every_channel_is_ranked_once_the_same_way_whatever_order_it_came_in(scores: dict[str, dict[str, float]]) -> None:
    ranked = ranking(scores)

    assert sorted(name for group in ranked.groups for name in group) == sorted(scores)
    assert ranking(dict(reversed(scores.items())), weights=dict(reversed(WEIGHTS.items()))) == ranked


@given(scores=SCORES)
def test_asking_for_more_agreement_never_parts_a_tie(scores: dict[str, dict[str, float]]) -> None:
    assert len(ranking(scores, agreement=0.99).groups) <= len(ranking(scores, agreement=0.6).groups)
