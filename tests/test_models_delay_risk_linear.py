"""Does the line beside the trees add up column by column, bear what is missing or far out, and come back as it was?"""

import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.delay_risk.encoding import Encoding
from models.delay_risk.linear import Linear, fitted_linear
from models.delay_risk.ranking import roc_auc

ROWS = 6_000


def _frame(seed: int, rows: int = ROWS) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "paid_hour": np.floor(dice.uniform(0, 24, rows)),
            "paid_weekday": dice.integers(0, 7, rows).astype(float),
            "lines": dice.gamma(2.0, 2.0, rows),
            "distance_km": np.where(dice.uniform(size=rows) < 0.2, np.nan, dice.normal(800, 300, rows)),
            "remote": np.zeros(rows),
            "channel": pd.Categorical(dice.choice(["jd", "pdd"], rows)),
        }
    )


def _label(frame: pd.DataFrame, seed: int) -> np.ndarray:
    """Late by the number of lines, by the distance and on Friday nights."""
    friday_night = (frame["paid_weekday"] == 4) & (frame["paid_hour"] >= 18)
    odds = 0.5 * frame["lines"] + (frame["distance_km"].fillna(800) - 800) / 300 + 3.0 * friday_night - 2.5
    chance = 1 / (1 + np.exp(-odds.to_numpy(np.float64)))
    return np.asarray(np.random.default_rng(seed).uniform(size=len(frame)) < chance, dtype=np.float64)


@pytest.fixture(scope="module")
def learnt() -> tuple[Encoding, Linear]:
    frame = _frame(1)
    label = _label(frame, 2)
    encoding = Encoding.of(frame, label)
    return encoding, fitted_linear(encoding.matrix(frame), label, encoding)


def _strange() -> pd.DataFrame:
    """Rows as they come: nothing known, hours nobody knows, figures far out on either side."""
    frame = _frame(3, 12)
    frame.loc[0, ["lines", "distance_km", "paid_hour", "paid_weekday", "remote"]] = np.nan
    frame.loc[1, "paid_hour"] = np.nan
    frame.loc[2, ["lines", "distance_km"]] = [1e12, -1e12]
    frame.loc[3, ["lines", "distance_km"]] = [np.inf, -np.inf]
    return frame


def test_what_the_columns_add_is_the_raw_score_and_the_average_order_stands_at_the_base(learnt: tuple[Encoding, Linear]) -> None:
    encoding, line = learnt
    for frame in (_frame(1), _frame(4, 500), _strange()):
        matrix = encoding.matrix(frame)
        parts, raw = line.contributions(matrix, encoding), line.raw(matrix, encoding)
        assert np.isfinite(raw).all()
        assert np.allclose(line.base + parts.sum(axis=1), raw, atol=1e-9, rtol=0)
    of_training = line.contributions(encoding.matrix(_frame(1)), encoding)
    assert np.abs(of_training.mean(axis=0)).max() < 1e-9
    # words have no weight, nor has a column that never moves
    assert (of_training[:, encoding.columns.index("channel")] == 0).all() and "remote" not in line.columns


def test_each_row_is_the_sum_that_its_definition_says(learnt: tuple[Encoding, Linear]) -> None:
    encoding, line = learnt
    frame = _strange()
    for row, found in zip(frame.to_dict("records"), line.raw(encoding.matrix(frame), encoding), strict=True):
        expected = line.base
        for place, name in enumerate(line.columns):
            value = line.middle[place] if np.isnan(row[name]) else min(max(row[name], line.lowest[place]), line.highest[place])
            expected += line.weight[place] * (value - line.mean[place])
        if not np.isnan(row["paid_hour"]) and not np.isnan(row["paid_weekday"]):
            expected += line.hours[int(row["paid_weekday"] * 24 + row["paid_hour"])]
        assert found == pytest.approx(expected, abs=1e-9)


def test_it_finds_what_is_straight_and_which_hours_are_bad(learnt: tuple[Encoding, Linear]) -> None:
    encoding, line = learnt
    newer = _frame(5)

    assert roc_auc(_label(newer, 6), line.raw(encoding.matrix(newer), encoding)) > 0.75
    weight = dict(zip(line.columns, line.weight, strict=True))
    assert weight["lines"] > 0 and weight["distance_km"] > 0
    friday_night = line.hours[4 * 24 + 18 : 5 * 24]
    assert friday_night.min() > np.delete(line.hours, range(4 * 24 + 18, 5 * 24)).mean() and friday_night.mean() > 0.5


def test_the_same_rows_give_the_same_weights_and_it_comes_back_from_its_texts(learnt: tuple[Encoding, Linear]) -> None:
    encoding, line = learnt
    frame = _frame(1)
    again = fitted_linear(encoding.matrix(frame), _label(frame, 2), encoding)
    back = Linear.from_state(json.loads(json.dumps(line.state())))

    for other in (again, back):
        assert other.state() == line.state()


@pytest.mark.parametrize(
    "broken",
    [
        {"weight": [1.0]},
        {"hours": [0.0] * 24},
        {"mean": None},
        {"columns": ["lines"]},
        {"weight": ["heavy"] * 2},
        {"middle": [float("nan")] * 4},
    ],
)
def test_a_state_that_is_none_of_ours_is_refused(learnt: tuple[Encoding, Linear], broken: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Linear.from_state({**learnt[1].state(), **broken})


def test_orders_whose_hour_is_not_known_stand_at_the_average_hour_as_they_were_learnt() -> None:
    frame = _frame(1)
    frame.loc[frame.index % 3 == 0, "paid_hour"] = np.nan
    label = _label(_frame(1), 2)
    encoding = Encoding.of(frame, label)
    matrix = encoding.matrix(frame)

    line = fitted_linear(matrix, label, encoding)

    raw = line.raw(matrix, encoding)
    # a fit with an intercept is true to the whole: what is scored is what was learnt
    assert (1 / (1 + np.exp(-raw))).mean() == pytest.approx(label.mean(), abs=1e-3)
    assert np.abs(line.contributions(matrix, encoding).mean(axis=0)).max() < 1e-9


def test_columns_of_which_nothing_is_known_and_orders_without_an_hour_teach_nothing_and_warn_of_nothing() -> None:
    frame = _frame(1).assign(distance_km=np.nan).drop(columns="paid_hour")
    label = _label(_frame(1), 2)
    encoding = Encoding(("paid_weekday", "lines", "distance_km", "remote"), {})

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        line = fitted_linear(encoding.matrix(frame), label, encoding)

    assert line.columns == ("paid_weekday", "lines") and len(line.hours) == 0
    matrix = encoding.matrix(frame)
    assert np.allclose(line.base + line.contributions(matrix, encoding).sum(axis=1), line.raw(matrix, encoding), atol=1e-9)
