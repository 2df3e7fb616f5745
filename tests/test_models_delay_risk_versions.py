"""Which fitted model is used: the best that has shown it on the newest orders, and only if it beats both baselines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delay_risk.versions import MARGIN, judge

BRIER = st.floats(0.001, 0.5)


def decided(ours: float, theirs: float | None = None, *, beats: bool = True, stays: bool = True, drifted: bool = False) -> tuple[str, bool]:
    champion = None if theirs is None else {"brier": theirs}
    found = judge({"brier": ours}, beats_baselines=beats, champion=champion, champion_beats=stays, drifted=drifted)
    return found.status, found.champion_stays


@given(ours=BRIER, theirs=st.none() | BRIER, stays=st.booleans(), drifted=st.booleans())
def test_a_model_that_does_not_beat_both_baselines_is_never_used(ours: float, theirs: float | None, stays: bool, drifted: bool) -> None:
    assert decided(ours, theirs, beats=False, stays=stays, drifted=drifted)[0] == "rejected"


@given(ours=BRIER, theirs=BRIER)
def test_a_challenger_takes_over_exactly_when_it_is_better_by_the_margin(ours: float, theirs: float) -> None:
    better = (theirs - ours) / theirs >= MARGIN

    assert decided(ours, theirs) == (("champion", False) if better else ("challenger", True))


@given(ours=BRIER, theirs=BRIER, stays=st.booleans(), drifted=st.booleans(), beats=st.booleans())
def test_there_are_never_two_champions_and_one_stays_only_while_it_beats_the_baselines(
    ours: float, theirs: float, stays: bool, drifted: bool, beats: bool
) -> None:
    status, champion_stays = decided(ours, theirs, beats=beats, stays=stays, drifted=drifted)

    assert not (status == "champion" and champion_stays)
    assert stays or not champion_stays


def test_the_first_model_that_beats_the_baselines_is_used() -> None:
    assert decided(0.2) == ("champion", False)


def test_a_drifted_champion_goes_to_one_that_is_no_worse_but_not_to_a_worse_one() -> None:
    assert decided(0.1, 0.1, drifted=True) == ("champion", False)
    assert decided(0.1001, 0.1, drifted=True) == ("challenger", True)


@given(ours=BRIER, theirs=BRIER, stays=st.booleans(), drifted=st.booleans(), beats=st.booleans())
def test_beside_another_version_a_decision_puts_nobody_in_use_and_nobody_out(
    ours: float, theirs: float, stays: bool, drifted: bool, beats: bool
) -> None:
    found = judge({"brier": ours}, beats_baselines=beats, champion={"brier": theirs}, champion_beats=stays, drifted=drifted).beside(2)

    assert found.status == ("challenger" if beats else "rejected") and found.champion_stays


@pytest.mark.parametrize("beats", [True, False])
def test_a_decision_says_why_in_both_languages(beats: bool) -> None:
    found = judge({"brier": 0.2}, beats_baselines=beats, champion=None, champion_beats=False, drifted=False)

    chinese, _, english = found.why.partition(" / ")
    assert chinese and english and not any("\u4e00" <= sign <= "\u9fff" for sign in english)
