"""Are the figures the standard ones, and do they say what a model is worth?"""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.delay_risk import drift
from models.delay_risk.clocks import DAY
from models.delay_risk.estimator import fit
from models.delay_risk.evaluation import beats, ece, measured
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.ranking import average_precision, roc_auc
from models.delay_risk.walk_forward import honest_table, months_of, walk_forward
from tests.given_risk import CLOCKS, MONDAY, some_facts


@pytest.fixture(scope="module")
def examples() -> Examples:
    return training_examples(some_facts(), CLOCKS, target="working_days", as_of=MONDAY + 100 * DAY, seed=1)


def test_ranking_figures_are_those_of_the_library_ties_included() -> None:
    dice = np.random.default_rng(2)
    for _ in range(20):
        label = (dice.uniform(size=200) < 0.2).astype(float)
        score = np.round(dice.uniform(size=200) + 0.3 * label, 1)

        assert roc_auc(label, score) == pytest.approx(roc_auc_score(label, score))
        assert average_precision(label, score) == pytest.approx(average_precision_score(label, score))


def test_chances_that_come_true_have_no_calibration_error() -> None:
    chance = np.repeat([0.25, 0.75], 400)
    label = np.concatenate([np.arange(400) % 4 == 0, np.arange(400) % 4 != 0]).astype(float)

    assert ece(label, chance) == pytest.approx(0.0)
    assert ece(label, 1 - chance) == pytest.approx(0.5)


def test_figures_are_json_and_intervals_hold_their_figure(examples: Examples) -> None:
    dice = np.random.default_rng(3)
    chance = np.clip(0.2 + 0.5 * examples.label + dice.normal(0, 0.2, len(examples)), 0.01, 0.99)

    found = measured(examples.label, chance, examples=examples, draws=60)

    json.dumps(found)
    assert found["n"] == len(examples) and sum(bin_["n"] for bin_ in found["reliability"]) == found["n"]
    for name, (low, high) in found["intervals"].items():
        of_a_list = {"precision": found["lift"][0], "at_capacity": found["at_capacity"]}
        value = of_a_list[name]["precision"] if name in of_a_list else found[name]
        assert low <= value <= high or name == "ece", name
    assert sum(part["n"] for part in found["by_landmark"].values()) == found["n"]
    assert sum(part["n"] for part in found["by_channel"].values()) == found["n"]
    assert found["lift"][-1]["recall"] == pytest.approx(1.0) and found["lift"][-1]["lift"] == pytest.approx(1.0)
    assert found["lead_minutes_median"] > 0 and found["at_capacity"]["precision"] > found["base_rate"]


def test_nothing_to_measure_is_said_as_nothing(examples: Examples) -> None:
    none = examples.take(np.zeros(len(examples), dtype=bool))
    one_class = examples.take(examples.label == 0)

    empty = measured(none.label, np.zeros(0), examples=none)
    single = measured(one_class.label, np.full(len(one_class), 0.2), examples=one_class)

    assert empty["n"] == 0 and empty["auc"] is None and empty["intervals"] == {}
    assert single["auc"] is None and single["brier"] == pytest.approx(0.04)
    assert not beats(empty, [single]) and not beats(single, [])


def test_a_model_must_beat_both_baselines_in_both_figures() -> None:
    model = {"auc": 0.80, "average_precision": 0.50}
    worse, better = {"auc": 0.70, "average_precision": 0.40}, {"auc": 0.70, "average_precision": 0.55}

    assert beats(model, [worse, worse])
    assert not beats(model, [worse, better])
    assert not beats(model, [{"auc": 0.799, "average_precision": 0.2}])


def test_each_month_is_scored_by_a_model_that_knew_nothing_of_it(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.delay_risk import walk_forward as module

    months = months_of(examples.start_at, zone="Asia/Shanghai")
    seen: list[Examples] = []

    def watched(learnt: Examples, *, target: str, seed: int) -> object:
        seen.append(learnt)
        return fit(learnt, target=target, seed=seed, members=1, hyperparameters={"max_iter": 15, "max_leaf_nodes": 6})

    monkeypatch.setattr(module, "fit", watched)
    never = np.zeros(len(examples), dtype=bool)

    walked = walk_forward(examples, target="working_days", months=months, given_up=never, seed=1)
    table = honest_table(walked, seed=1)

    for learnt, month in zip(seen, months, strict=True):
        assert not len(learnt) or (learnt.known_at.max() < month.start and learnt.at.max() < month.start)
    assert [month["month"] for month in table["months"]] == ["2026-03", "2026-04", "2026-05"]
    assert table["months"][0]["scored_by"] == "baseline" and table["months"][-1]["scored_by"] == "model"
    assert sum(month["n"] for month in table["months"]) == table["n"] == int((walked.examples.landmark == 0).sum())
    assert set(table["baselines"]) == {"trailing_rate", "users_rule"}
    json.dumps(table)


def test_orders_that_look_as_before_have_not_drifted_and_others_have(examples: Examples) -> None:
    half = np.arange(len(examples)) % 2 == 0
    then = json.loads(json.dumps(drift.reference(examples.take(half).frame)))

    same = drift.psi(then, examples.take(~half).frame)
    moved = drift.psi(then, examples.take(~half).frame.assign(place_open=500.0, carrier_code="NEW").drop(columns="place_hours_long"))

    assert max(same.values()) < 0.1
    assert all(moved[name] > drift.PSI_CEILING for name in ("place_open", "carrier_code", "place_hours_long"))
    assert moved["paid_hour"] == same["paid_hour"]


def test_chances_that_are_off_show_as_a_gap_and_noise_does_not() -> None:
    dice = np.random.default_rng(4)
    chance = np.full(2_000, 0.2)
    label = (dice.uniform(size=2_000) < 0.2).astype(float)

    assert drift.calibration_gap(label, chance) < 0.01
    assert drift.calibration_gap(label, chance + 0.2) > drift.CALIBRATION_CEILING
    assert drift.calibration_gap(np.full(3, np.nan), np.zeros(3)) == 0.0
