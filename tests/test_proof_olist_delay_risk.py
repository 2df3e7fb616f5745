"""Does the delay model hold on a real marketplace's orders, as its files came in through their manifest?

The whole walk through eight months is the benchmark's; here one split in time shows that the path is whole and nothing leaks.
"""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from data.queries.risk_facts import risk_clocks, risk_facts
from models.delay_risk.baselines import trailing_rate
from models.delay_risk.estimator import fit
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.ranking import roc_auc
from tests.test_proof_olist import Taken, olist, source

__all__ = ["olist", "source"]
# Fewer and larger steps than the product takes: what is to be seen is seen with them.
QUICK = {"learning_rate": 0.08, "max_iter": 60, "max_leaf_nodes": 8, "min_samples_leaf": 60, "l2_regularization": 20.0, "max_features": 0.2}
CUT = pd.Timestamp("2018-06-01", tz="America/Sao_Paulo").timestamp()
AS_OF = datetime(2018, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def facts(olist: Taken) -> pd.DataFrame:
    with olist.engine.connect() as connection:
        return risk_facts(connection, since=datetime(2016, 1, 1, tzinfo=UTC), as_of=AS_OF)


@pytest.fixture(scope="module")
def examples(olist: Taken, facts: pd.DataFrame) -> Examples:
    with olist.engine.connect() as connection:
        clocks = risk_clocks(connection)
    found = training_examples(facts, clocks, target="working_days", as_of=AS_OF, seed=1, landmarks=(0,))
    left = facts.set_index("order_no").loc[found.keys["order_no"]]
    first, last = (pd.Timestamp(day, tz="America/Sao_Paulo").timestamp() for day in ("2017-01-01", "2018-08-25"))
    counted = left["shipped_at"].notna() & left["lines"].notna()
    return found.take(counted.to_numpy() & (found.start_at >= first) & (found.start_at < last))


def test_the_orders_and_their_late_share_are_those_of_the_files(facts: pd.DataFrame, examples: Examples) -> None:
    newest = np.sort(examples.start_at)[-round(0.15 * len(examples)) :][0]

    assert len(examples) == pytest.approx(19_250, abs=10)
    assert examples.label[examples.start_at >= newest].mean() == pytest.approx(0.19, abs=0.01)
    assert (facts["warehouse_code"] != "").sum() == 20_658
    assert examples.backfilled == 1.0


def test_a_model_of_what_was_known_ranks_the_months_after_it_and_shuffled_labels_do_not(examples: Examples) -> None:
    learnt = examples.take((examples.known_at < CUT) & (examples.start_at < CUT))
    asked = examples.take(examples.start_at >= CUT)
    # one shuffle may fall in with what drifts over the months; eight do not
    dice = [np.random.default_rng(seed) for seed in range(8)]
    shuffled = [Examples(**{**vars(learnt), "label": each.permutation(learnt.label)}) for each in dice]

    honest, *fooled = (
        roc_auc(
            asked.label,
            fit(rows, target="working_days", seed=1, members=1, hyperparameters=QUICK).score(asked.frame)["probability"].to_numpy(),
        )
        for rows in (learnt, *shuffled)
    )

    assert honest > 0.82
    assert honest > roc_auc(asked.label, trailing_rate(asked.frame).to_numpy()) + 0.02
    # above .95 it would know the future
    assert honest < 0.95
    assert np.mean(fooled) == pytest.approx(0.5, abs=0.06)
