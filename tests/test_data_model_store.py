"""A stored model says after reading what it said before, and whatever else lies in its place is refused, never run."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from data.model_store import Stored, Unusable, dumped, frame_fingerprint, read
from models.delay_risk.estimator import HYPERPARAMETERS, FittedModel, fit
from models.delay_risk.examples import Examples
from models.delay_risk.features import FEATURES
from tests.laws import tries


def examples(*, rows: int = 600, seed: int = 5) -> Examples:
    """Return orders whose chance to be late grows with the hour, from a warehouse that is worse than the other."""
    dice = np.random.default_rng(seed)
    columns = {
        feature.name: pd.Categorical(dice.choice(["a", "b"], rows)) if feature.kind == "code" else dice.normal(size=rows)
        for feature in FEATURES
    }
    frame = pd.DataFrame(columns)
    chance = 1 / (1 + np.exp(-(frame["paid_hour"] + (frame["warehouse_code"] == "b") - 1)))
    start = np.linspace(1.79e9, 1.80e9, rows)
    return Examples(
        frame=frame,
        label=(dice.uniform(size=rows) < chance).astype(float),
        known_at=start + 3600,
        start_at=start,
        at=start,
        deadline_at=start + 3600,
        landmark=np.zeros(rows, dtype=np.int64),
        keys=pd.DataFrame({"shop_id": "s", "order_no": [str(n) for n in range(rows)], "channel": "jd"}),
        sampling="all",
        backfilled=0.0,
    )


@pytest.fixture(scope="module")
def model() -> FittedModel:
    return fitted(seed=1)


def fitted(*, seed: int) -> FittedModel:
    return fit(examples(), target="working_days", seed=seed, members=2, hyperparameters={**HYPERPARAMETERS, "max_iter": 12})


@pytest.fixture(scope="module")
def stored(model: FittedModel) -> Stored:
    return dumped(model, sample=examples(seed=6).frame)


def test_a_model_of_delivery_whose_trees_are_held_to_fall_is_read_again() -> None:
    model = fit(examples(), target="delivery", seed=1, hyperparameters={**HYPERPARAMETERS, "max_iter": 12})
    kept = dumped(model, sample=examples(seed=6).frame)

    back = read(kept.blob, prediction_fingerprint=kept.prediction_fingerprint)

    assert any(back.members[0].monotonic_cst)
    pd.testing.assert_frame_equal(back.score(examples(seed=7).frame), model.score(examples(seed=7).frame))


def test_a_model_read_again_gives_every_order_the_same_score_and_the_same_reasons(model: FittedModel, stored: Stored) -> None:
    orders = examples(seed=7).frame

    again = read(stored.blob, prediction_fingerprint=stored.prediction_fingerprint)

    pd.testing.assert_frame_equal(again.score(orders), model.score(orders))
    assert again.reasons(orders.head(9)) == model.reasons(orders.head(9))


def test_the_same_data_and_seed_give_the_same_predictions_whatever_the_bytes(stored: Stored) -> None:
    other = dumped(fitted(seed=1), sample=examples(seed=6).frame)

    assert other.prediction_fingerprint == stored.prediction_fingerprint
    assert dumped(fitted(seed=2), sample=examples(seed=6).frame).prediction_fingerprint != stored.prediction_fingerprint


def test_a_model_that_says_something_else_is_tampered_with(stored: Stored, model: FittedModel) -> None:
    state = model.state()
    forged = skops.io.dumps({"model": state | {"curve": [*state["curve"][:1], -9.0, state["curve"][2]]}, "sample": _sample(stored)})

    with pytest.raises(Unusable) as refused:
        read(forged, prediction_fingerprint=stored.prediction_fingerprint)
    assert refused.value.reason == "tampered"


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"no model",
        pickle.dumps({"model": 1}),
        skops.io.dumps({"model": {}, "sample": {}}),
        skops.io.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1])),
        skops.io.dumps({"model": {"form": 1, "columns": ["paid_hour"], "words": {}, "members": [1], "curve": [1, 0, 9], "base_rate": 0.5}}),
    ],
    ids=["nothing", "text", "pickle", "empty", "another model", "no members"],
)
def test_what_is_no_model_of_ours_is_foreign(blob: bytes) -> None:
    with pytest.raises(Unusable) as refused:
        read(blob, prediction_fingerprint="")
    assert refused.value.reason == "foreign"


class Stranger:
    """Leaves a trace should anybody make it again."""

    def __init__(self, trace: str) -> None:
        self.trace = trace

    def __setstate__(self, state: dict[str, str]) -> None:
        Path(state["trace"]).touch()


def test_a_type_that_nobody_trusts_is_refused_before_anything_of_it_runs(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    foreign = skops.io.dumps({"model": Stranger(str(trace)), "sample": {}})

    with pytest.raises(Unusable) as refused:
        read(foreign, prediction_fingerprint="")
    assert refused.value.reason == "foreign" and not trace.exists()


@given(place=st.floats(0, 0.999), bit=st.integers(0, 7))
@settings(max_examples=tries(15))
def test_one_flipped_bit_never_gives_another_score(place: float, bit: int, stored: Stored, model: FittedModel) -> None:
    damaged = bytearray(stored.blob)
    damaged[int(place * len(damaged))] ^= 1 << bit
    orders = examples(seed=6).frame.head(40)

    try:
        found = read(bytes(damaged), prediction_fingerprint=stored.prediction_fingerprint)
    except Unusable:
        return
    np.testing.assert_allclose(found.score(orders)["probability"], model.score(orders)["probability"], atol=1e-8)


def test_a_frames_fingerprint_follows_its_content_alone() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": pd.Categorical(["x", "y"])})

    assert frame_fingerprint(frame) == frame_fingerprint(frame.set_axis([5, 9]))
    assert frame_fingerprint(frame) != frame_fingerprint(frame.assign(a=[1.0, 3.0]))
    assert frame_fingerprint(frame) != frame_fingerprint(frame.assign(b=["x", "x"]))


def _sample(stored: Stored) -> object:
    return skops.io.loads(stored.blob, trusted=skops.io.get_untrusted_types(data=stored.blob))["sample"]
