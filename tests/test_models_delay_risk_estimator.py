"""Does the model rank, stay true to its word, explain itself exactly, and take bad input without a crash?"""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from models.delay_risk.baselines import Baseline, trailing_rate, users_rule
from models.delay_risk.calibration import Curve, fitted_curve, logistic
from models.delay_risk.clocks import DAY
from models.delay_risk.estimator import FittedModel, NotLearnable, fit
from models.delay_risk.examples import Examples, open_examples, training_examples
from models.delay_risk.features import FEATURES_BY_NAME, features_of
from models.delay_risk.ranking import roc_auc
from models.delay_risk.reasons import words
from models.delay_risk.sampling import sampled
from tests.given_risk import CLOCKS, MONDAY, some_facts

QUICK = {"learning_rate": 0.1, "max_iter": 40, "max_leaf_nodes": 8, "min_samples_leaf": 20, "max_features": 0.5}
CUT = MONDAY + 55 * DAY


@pytest.fixture(scope="module")
def facts() -> pd.DataFrame:
    return some_facts(orders=2_500)


@pytest.fixture(scope="module")
def examples(facts: pd.DataFrame) -> Examples:
    return training_examples(facts, CLOCKS, target="working_days", as_of=MONDAY + 100 * DAY, seed=1)


@pytest.fixture(scope="module")
def learnt(examples: Examples) -> Examples:
    return examples.take((examples.known_at < CUT) & (examples.at < CUT))


@pytest.fixture(scope="module")
def newest(examples: Examples) -> Examples:
    return examples.take(examples.start_at >= CUT)


@pytest.fixture(scope="module")
def model(learnt: Examples) -> FittedModel:
    return fit(learnt, target="working_days", seed=1, members=2, hyperparameters=QUICK)


def test_it_ranks_newer_orders_better_than_the_trailing_rate_and_the_users_rule(model: FittedModel, newest: Examples) -> None:
    chance = model.score(newest.frame)["probability"].to_numpy()

    auc = roc_auc(newest.label, chance)

    assert auc > roc_auc(newest.label, trailing_rate(newest.frame).to_numpy()) + 0.02
    assert auc > roc_auc(newest.label, users_rule(newest.frame).to_numpy()) + 0.02
    assert abs(chance.mean() - newest.label.mean()) < 0.05


def test_shuffled_labels_teach_nothing(learnt: Examples, newest: Examples) -> None:
    dice = np.random.default_rng(7)
    aucs = []
    for seed in range(4):
        shuffled = Examples(**{**vars(learnt), "label": dice.permutation(learnt.label)})
        fitted = fit(shuffled, target="working_days", seed=seed, members=1, hyperparameters=QUICK)
        aucs.append(roc_auc(newest.label, fitted.score(newest.frame)["probability"].to_numpy()))

    assert np.mean(aucs) == pytest.approx(0.5, abs=0.06)


def test_the_same_data_and_seed_give_the_same_predictions_and_another_seed_others(
    model: FittedModel, learnt: Examples, newest: Examples
) -> None:
    again = fit(learnt, target="working_days", seed=1, members=2, hyperparameters=QUICK)
    other = fit(learnt, target="working_days", seed=2, members=2, hyperparameters=QUICK)

    pd.testing.assert_frame_equal(model.score(newest.frame), again.score(newest.frame))
    assert not np.array_equal(model.score(newest.frame)["raw_log_odds"], other.score(newest.frame)["raw_log_odds"])


def test_what_the_columns_add_sums_to_the_score_exactly(model: FittedModel, newest: Examples) -> None:
    frame = newest.frame.head(300)

    base, parts = model.contributions(frame)

    assert np.allclose(base + parts.sum(axis=1), model.score(frame)["raw_log_odds"], atol=1e-9, rtol=0)
    assert (parts.abs().sum() > 0).sum() > 10


def test_what_the_columns_add_is_the_mean_over_all_orders_of_asking_them() -> None:
    """The definition of Shapley's value, by brute force over every subset of columns on a tree of three."""
    from itertools import combinations
    from math import factorial

    from sklearn.ensemble import HistGradientBoostingClassifier

    from models.delay_risk.trees import Explainer

    dice = np.random.default_rng(3)
    matrix = dice.normal(size=(400, 3))
    matrix[dice.uniform(size=400) < 0.1, 1] = np.nan
    label = (matrix[:, 0] * np.nan_to_num(matrix[:, 1]) + 0.5 * matrix[:, 2] > 0).astype(int)
    member = HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=6, min_samples_leaf=10, early_stopping=False).fit(matrix, label)

    def expected(nodes: np.ndarray, row: np.ndarray, asked: frozenset[int], place: int = 0) -> float:
        node = nodes[place]
        if node["is_leaf"]:
            return float(node["value"])
        left, right = int(node["left"]), int(node["right"])
        if int(node["feature_idx"]) in asked:
            value = row[node["feature_idx"]]
            goes_left = bool(node["missing_go_to_left"]) if np.isnan(value) else value <= node["num_threshold"]
            return expected(nodes, row, asked, left if goes_left else right)
        share = float(nodes[left]["count"]) / float(node["count"])
        return share * expected(nodes, row, asked, left) + (1 - share) * expected(nodes, row, asked, right)

    found = Explainer([member], [1.0]).contributions(matrix[:5])
    for number, row in enumerate(matrix[:5]):
        for column in range(3):
            others = [other for other in range(3) if other != column]
            value = 0.0
            for size in range(3):
                for chosen in combinations(others, size):
                    weight = factorial(size) * factorial(2 - size) / factorial(3)
                    for (predictor,) in member._predictors:
                        value += weight * (expected(predictor.nodes, row, frozenset({*chosen, column}))
                                           - expected(predictor.nodes, row, frozenset(chosen)))  # fmt: skip
            assert found[number, column] == pytest.approx(value, abs=1e-12)


def test_reasons_are_the_greatest_groups_in_words_of_both_languages(model: FittedModel, newest: Examples) -> None:
    frame = newest.frame.iloc[np.argsort(-model.score(newest.frame)["probability"].to_numpy())[:20]]

    reasons = model.reasons(frame, top=3)

    assert len(reasons) == 20
    for of_order in reasons:
        assert len(of_order) == 3
        assert [abs(r.log_odds) for r in of_order] == sorted((abs(r.log_odds) for r in of_order), reverse=True)
        assert all(r.zh and r.en and not r.zh.isascii() for r in of_order)
        json.dumps([r.as_json() for r in of_order])


def test_no_reason_left_out_moves_the_score_more_than_one_that_is_told(model: FittedModel, newest: Examples) -> None:
    frame = newest.frame.head(60)

    told, every = model.reasons(frame, top=3), model.reasons(frame, top=99)

    base, _ = model.contributions(frame)
    for few, whole, raw in zip(told, every, model.score(frame)["raw_log_odds"], strict=True):
        assert few == whole[:3] and base + sum(r.log_odds for r in whole) == pytest.approx(raw, abs=1e-9)
        assert min(abs(r.log_odds) for r in few) >= max(abs(r.log_odds) for r in whole[3:])
    assert any(r.log_odds < 0 for few in told for r in few) and any(r.log_odds > 0 for few in told for r in few)


def test_a_model_of_delivery_reads_how_much_room_was_promised_and_its_reasons_add_up_too(facts: pd.DataFrame) -> None:
    examples = training_examples(facts, CLOCKS, target="delivery", as_of=MONDAY + 100 * DAY, seed=1)
    learnt = examples.take((examples.known_at < CUT) & (examples.at < CUT))
    newest = examples.take((examples.start_at >= CUT) & (examples.landmark == 0))

    model = fit(learnt, target="delivery", seed=1, hyperparameters=QUICK)

    raw = model.score(newest.frame)["raw_log_odds"].to_numpy()
    assert set(model.features) == {"delivery_room", "age_hours", "step"}
    assert roc_auc(newest.label, raw) > 0.65
    base, parts = model.contributions(newest.frame)
    assert np.allclose(base + parts.sum(axis=1), raw, atol=1e-9, rtol=0)
    # nobody's order gets likelier to be late by a longer promise
    longer = [model.score(newest.frame.assign(delivery_room=room))["probability"] for room in np.linspace(-1.5, 1.5, 31)]
    assert all((one >= other).all() for one, other in pairwise(longer)) and (longer[0] > longer[-1]).all()
    for of_order, row in zip(model.reasons(newest.frame.head(50), top=99), raw[:50], strict=True):
        assert {reason.group for reason in of_order} == {"delivery", "stage"}
        assert base + sum(reason.log_odds for reason in of_order) == pytest.approx(row, abs=1e-9)


def test_days_promised_and_expected_are_told_with_what_differs_most() -> None:
    row = {
        "delivery_room": np.log(7 / 13),
        "delivery_expected_days": 12.0,
        "delivery_region_slower": np.log(1.3),
        "delivery_place_slower": -0.1,
    }

    assert words("delivery", row) == (
        "承诺 6 天送达，预计 12 天（收货地区慢 30%）",
        "delivery promised in 6 days, 12 expected (region it goes to: 30% slower)",
    )
    assert words("delivery", {**row, "delivery_region_slower": 0.02})[0] == "承诺 6 天送达，预计 12 天（本仓快 10%）"
    assert words("delivery", {**row, "delivery_region_slower": 0.02, "delivery_place_slower": np.nan})[1].endswith("12 expected")


def test_every_group_can_be_said_of_an_order_of_which_nothing_is_known() -> None:
    for group in {feature.group for feature in FEATURES_BY_NAME.values()}:
        zh, en = words(group, {})
        assert zh and en


def test_a_carrier_is_only_probable_until_the_waybill_is_printed(facts: pd.DataFrame) -> None:
    now = CUT + 3 * DAY
    waiting = open_examples(facts, CLOCKS, target="working_days", as_of=now)
    printed = waiting.keys["order_no"].map(facts.set_index("order_no")["waybilled_known_at"]) <= now

    columns = ("carrier_code", "postal", "step")
    said = [words("carrier", dict(zip(columns, row, strict=True))) for row in waiting.frame[[*columns]].itertuples(index=False)]

    assert [not zh.startswith("预计") for zh, _ in said] == [not en.startswith("probably ") for _, en in said] == printed.tolist()
    assert 0 < printed.mean() < 1


def test_a_warehouse_is_only_probable_until_somebody_says_so(facts: pd.DataFrame) -> None:
    now = CUT + 3 * DAY
    by_steps = facts.assign(warehouse_stated=False)
    waiting = open_examples(by_steps, CLOCKS, target="working_days", as_of=now)
    mine = by_steps.set_index("order_no").loc[waiting.keys["order_no"]]
    since = mine[["allocated_known_at", "waybilled_known_at", "shipped_known_at"]].min(axis=1)
    known = ((since <= now) & (mine["warehouse_code"].astype(str) != "")).to_numpy()

    columns = ("warehouse_code", "warehouse_known")
    said = [words("place", dict(zip(columns, row, strict=True))) for row in waiting.frame[[*columns]].itertuples(index=False)]

    codes = waiting.frame["warehouse_code"].astype(str).to_numpy()
    assert [zh.startswith("由 ") for zh, _ in said] == [en.startswith("sent from ") for _, en in said] == known.tolist()
    assert all(zh.startswith("预计由 ") for (zh, _), code, sure in zip(said, codes, known, strict=True) if code and not sure)
    assert 0 < known.mean() < 1 and ((codes != "") & ~known).any()


@pytest.mark.parametrize("minor", [0.0, 12_000.0, 3_500_000.0])
def test_an_amount_in_an_unknown_currency_is_told_without_a_figure(minor: float) -> None:
    amount, freight = {"value_log": np.log1p(minor)}, {"freight_share": 0.25}

    assert words("value", amount) == ("订单金额", "the order's amount")
    assert words("value", amount | freight) == ("订单金额，运费是货款的 25%", "the order's amount, freight at 25% of the goods")


def test_a_band_holds_its_chance_and_is_wider_where_something_was_never_seen(model: FittedModel, newest: Examples) -> None:
    known = model.score(newest.frame)
    strange = newest.frame.assign(carrier_code="NEVER-SEEN")

    found = model.score(strange)

    for scores in (known, found):
        assert (scores["low"] <= scores["probability"]).all() and (scores["probability"] <= scores["high"]).all()
        assert all(scores[end].between(0, 1).all() for end in ("low", "high"))
    assert set(found["fallback"]) == {"unseen"} and set(known["fallback"]) == {""}
    assert ((found["high"] - found["low"]) > (known["high"] - known["low"]).mean() * 0.9).mean() > 0.9


def test_a_missing_column_or_an_empty_frame_is_no_crash(model: FittedModel, newest: Examples) -> None:
    lacking = model.score(newest.frame.drop(columns=["place_open", "warehouse_code"]))
    nothing = model.score(newest.frame.head(0))

    assert set(lacking["fallback"]) == {"missing_column"} and lacking.drop(columns="fallback").notna().all().all()
    assert len(nothing) == 0 and model.reasons(newest.frame.head(0)) == []


def test_too_little_or_one_class_is_said_and_the_baseline_speaks(learnt: Examples, newest: Examples) -> None:
    on_time = learnt.take(learnt.label == 0)

    with pytest.raises(NotLearnable, match="只有一类"):
        fit(on_time, target="working_days", seed=1)
    with pytest.raises(NotLearnable, match="known outcomes"):
        fit(learnt.take(np.zeros(len(learnt), dtype=bool)), target="working_days", seed=1)
    for examples in (on_time, learnt.take(np.zeros(len(learnt), dtype=bool))):
        scores = Baseline.of(examples).score(newest.frame)
        assert (scores["probability"] > 0).all() and set(scores["fallback"]) == {"baseline"}
        assert (scores["high"] - scores["low"]).mean() > 0.1


def test_a_model_comes_back_from_its_state_and_a_foreign_state_is_refused(model: FittedModel, newest: Examples) -> None:
    back = FittedModel.from_state(model.state())

    pd.testing.assert_frame_equal(back.score(newest.frame), model.score(newest.frame))
    for foreign in (
        {},
        {"form": 99},
        {**model.state(), "columns": ["odd"]},
        {**model.state(), "members": ["tree"]},
        {**model.state(), "curve": None},
        {**model.state(), "linear": {}},
        {**model.state(), "linear": {**model.state()["linear"], "weight": []}},
        {**model.state(), "linear": {**model.state()["linear"], "columns": ["channel", *model.state()["linear"]["columns"][1:]]}},
    ):
        with pytest.raises(ValueError, match=r"."):
            FittedModel.from_state(foreign)


def test_a_model_of_trees_alone_stays_in_use_as_it_was_stored(model: FittedModel, newest: Examples) -> None:
    older = {name: part for name, part in model.state().items() if not name.startswith("linear")} | {"form": 1}

    back = FittedModel.from_state(older)

    matrix = model.encoding.matrix(newest.frame)
    trees = sum(member.decision_function(matrix) for member in model.members) / len(model.members)
    assert np.allclose(back.score(newest.frame)["raw_log_odds"], trees, atol=1e-12)
    base, parts = back.contributions(newest.frame.head(50))
    assert np.allclose(base + parts.sum(axis=1), trees[:50], atol=1e-9, rtol=0)


def test_rows_are_scored_the_same_however_many_at_once(model: FittedModel, newest: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = newest.frame.head(500)
    whole = model.score(frame)
    for at_once in (1, 7, 499, 500):
        monkeypatch.setattr("models.delay_risk.estimator._AT_ONCE", at_once)
        pd.testing.assert_frame_equal(model.score(frame), whole, check_exact=False, rtol=0, atol=1e-12)


def test_the_curve_turns_no_two_orders_around_and_leaves_scores_alone_without_outcomes() -> None:
    dice = np.random.default_rng(5)
    raw = dice.normal(size=4_000)
    label = (dice.uniform(size=4_000) < logistic(0.6 * raw - 1.0)).astype(float)

    curve = fitted_curve(raw, label)

    assert curve.slope == pytest.approx(0.6, abs=0.1) and curve.shift == pytest.approx(-1.0, abs=0.1)
    assert (np.diff(curve(np.sort(raw))) >= 0).all()
    assert fitted_curve(np.zeros(0), np.zeros(0)) == Curve(1.0, 0.0, 0)
    assert fitted_curve(raw, np.ones(4_000)).slope > 0


def test_open_orders_are_scored_as_of_a_minute_and_closed_ones_are_not(facts: pd.DataFrame, model: FittedModel) -> None:
    now = CUT + 3 * DAY
    waiting = open_examples(facts, CLOCKS, target="working_days", as_of=now)
    few = open_examples(facts, CLOCKS, target="working_days", as_of=now, keys=[tuple(waiting.keys[["shop_id", "order_no"]].iloc[0])])

    by_key = facts.set_index("order_no")
    heard = by_key[["shipped_known_at", "ended_known_at"]].min(axis=1)
    assert (waiting.keys["order_no"].map(heard) > now).sum() + waiting.keys["order_no"].map(heard).isna().sum() == len(waiting)
    assert np.isnan(waiting.label).all() and len(few) == 1
    assert model.score(waiting.frame)["probability"].between(0, 1).all()


def test_a_sample_takes_whole_orders_and_is_the_same_each_time() -> None:
    orders = np.repeat(np.arange(1_000), 4)

    places, said = sampled(orders, cap=800, seed=3)
    again, _ = sampled(orders, cap=800, seed=3)

    assert len(places) == 800 and np.array_equal(places, again)
    assert (np.bincount(orders[places])[np.unique(orders[places])] == 4).all()
    assert "200 of 1000 orders" in said and sampled(orders, cap=10_000, seed=3)[1].endswith(" / all 4000 rows")


def test_a_target_has_the_columns_made_that_its_model_and_its_baselines_go_by_and_no_others() -> None:
    facts = some_facts()
    frames = {
        target: training_examples(facts, CLOCKS, target=target, as_of=MONDAY + 100 * DAY, seed=1).frame for target in ("hours", "delivery")
    }

    assert not [name for name in frames["hours"] if str(name).startswith("delivery_") and name != "delivery_days"]
    assert set(frames["hours"]) < set(frames["delivery"])
    for target, frame in frames.items():
        assert {feature.name for feature in features_of(target)} <= set(frame)
        assert set(frame) >= {"place_late_long", "remote", "postal"}
