"""How good is the delay model on a real marketplace's orders, beside the goals and beside other libraries on the same features?

The data are Olist's (CC BY-NC-SA 4.0), taken in through their manifest like any merchant's; nothing of them is kept.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from data.engine import Engine
from data.ingest import ingest_path
from data.queries.risk_facts import risk_clocks, risk_facts
from data.settings import Settings
from models.delay_risk.clocks import Floats
from models.delay_risk.encoding import Encoding
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.ranking import average_precision, roc_auc
from models.delay_risk.sampling import one_later_landmark
from models.delay_risk.walk_forward import Month, Walked, honest_table, known_before, months_of, walk_forward
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server
from tests.olist_source import FILES, path_of

NOW = datetime(2018, 11, 1, tzinfo=UTC)
_SHOP, _ZONE = "olist", "America/Sao_Paulo"
_FIRST, _LAST = "2018-01", "2018-08"
# The published figures are of payments from 2017 to 24 August 2018, whose parcels were handed over after them.
_SPAN = ("2017-01-01", "2018-08-25")
_SEED = 1
# target -> figure -> goal, with its sign
GOALS: dict[str, dict[str, tuple[str, float]]] = {
    "working_days": {"auc": (">=", 0.83), "average_precision": (">=", 0.61), "ece": ("<=", 0.015), "top_tenth": (">=", 0.70)},
    "hours": {"auc": (">=", 0.865), "brier": ("<=", 0.148)},
    "delivery": {"auc": (">=", 0.68)},
}
# Above the trailing rate, on the newest 15 % of the orders, primary target.
_ABOVE_TRAILING = 0.02

Scorer = Callable[[npt.NDArray[np.float64], Floats, npt.NDArray[np.float64]], Floats]


@dataclass(frozen=True)
class Olist:
    """The facts of all orders that count, and the examples made of them for one target."""

    facts: pd.DataFrame
    examples: Examples
    never: npt.NDArray[np.bool_]
    months: list[Month]


def figures(scale: Scale) -> Iterator[Figure]:
    """Take Olist in, walk forward for every target with a goal, then let the others walk the same way on the primary one."""
    folder = Settings().samples / "realdata" / "olist"
    if not folder.is_dir():
        print(f"no Olist files in {folder}; set ORDERHUB_SAMPLES", file=sys.stderr)
        return
    settings = Settings(home=scale.folder / "olist", inbox=scale.folder / "no_inbox", database_url=None)
    with own_server(settings) as engine:
        _take(engine, folder, settings)
        with engine.connect() as connection:
            facts, clocks = risk_facts(connection, since=datetime(2016, 1, 1, tzinfo=UTC), as_of=NOW), risk_clocks(connection)
    for target, goals in GOALS.items():
        data = _population(facts, clocks, target=target)
        walked = walk_forward(data.examples, target=target, months=data.months, given_up=data.never, seed=_SEED)
        yield from _against_goals(target, goals, honest_table(walked, seed=_SEED))
        if target == "working_days":
            yield from _against_others(data, walked)


def _take(engine: Engine, folder: Path, settings: Settings) -> None:
    for name in FILES:
        for report in ingest_path(engine, path_of(folder, name), settings=settings, as_of=datetime.now(UTC), shop=_SHOP):
            if report.error:
                raise RuntimeError(f"{name}: {report.error}")


def _population(facts: pd.DataFrame, clocks: Any, *, target: str) -> Olist:
    examples = training_examples(facts, clocks, target=target, as_of=NOW, seed=_SEED)
    start = [pd.Timestamp(day, tz=_ZONE).timestamp() for day in _SPAN]
    by_order = facts.set_index("order_no").loc[examples.keys["order_no"]]
    counted = by_order["lines"].notna().to_numpy() & (examples.start_at >= start[0]) & (examples.start_at < start[1])
    done = "delivered_at" if target == "delivery" else "shipped_at"
    months = [month for month in months_of(examples.start_at[counted], zone=_ZONE) if _FIRST <= month.name <= _LAST]
    return Olist(facts, examples.take(counted), by_order[done].isna().to_numpy()[counted], months)


def _against_goals(target: str, goals: dict[str, tuple[str, float]], table: dict[str, Any]) -> Iterator[Figure]:
    on = f"Olist subset, {table['n']:,} orders of {_FIRST} to {_LAST}, monthly refit, pooled; base {table['base_rate']:.3f}"
    found = {**table, "top_tenth": table["lift"][0]["precision"]}
    for name, (sign, goal) in goals.items():
        low, high = table["intervals"].get("precision" if name == "top_tenth" else name, (None, None))
        interval = "" if low is None else f"; 95 % {low:.3f} to {high:.3f}"
        yield Figure(f"delay_olist_{target}_{name}", found[name], goal, name, f"{sign} 1", on + interval)
    if target == "working_days":
        newest = table["newest"]
        gap = newest["model"]["auc"] - newest["trailing_rate"]["auc"]
        on = f"newest 15 %: model {newest['model']['auc']:.3f}, trailing rate {newest['trailing_rate']['auc']:.3f}"
        yield Figure("delay_olist_auc_above_trailing_rate", gap, _ABOVE_TRAILING, "AUC", ">= 1", on)


def _against_others(data: Olist, walked: Walked) -> Iterator[Figure]:
    """Let other libraries learn from the same rows and columns; their rank is what is compared."""
    paid = walked.examples.landmark == 0
    label, ours = walked.examples.label[paid], walked.chance[paid]
    for name, scorer in _others().items():
        theirs = _walk(data, scorer)
        on = f"same features and rows; average precision {average_precision(label, ours):.3f} and {average_precision(label, theirs):.3f}"
        yield Figure(f"delay_olist_auc_over_{name}", roc_auc(label, ours), roc_auc(label, theirs), "AUC", ">= 0.99", on)


def _walk(data: Olist, scorer: Scorer) -> Floats:
    found = []
    for month in data.months:
        learnt = known_before(data.examples, month.start, given_up=data.never)
        orders = pd.factorize(learnt.keys["order_no"])[0].astype(np.int64)
        learnt = learnt.take(one_later_landmark(orders, learnt.landmark, seed=_SEED))
        of_month = (data.examples.start_at >= month.start) & (data.examples.start_at < month.end) & ~data.never
        asked = data.examples.take(of_month & (data.examples.landmark == 0))
        encoding = Encoding.of(learnt.frame, learnt.label)
        found.append(scorer(encoding.matrix(learnt.frame), learnt.label, encoding.matrix(asked.frame)))
    return np.concatenate(found)


def _others() -> dict[str, Scorer]:
    others: dict[str, Scorer] = {"tuned_hist_gradient_boosting": _tuned}
    try:
        from catboost import CatBoostClassifier  # type: ignore[import-not-found]
        from lightgbm import LGBMClassifier  # type: ignore[import-not-found]
    except ImportError:
        print("for LightGBM and CatBoost beside ours: pip install -r requirements-test.lock -r requirements-bench.lock", file=sys.stderr)
        return others
    others["lightgbm"] = lambda learnt, label, asked: LGBMClassifier(verbose=-1).fit(learnt, label).predict_proba(asked)[:, 1]
    # it would leave a folder of notes wherever it is run
    quiet = {"verbose": 0, "allow_writing_files": False}
    others["catboost"] = lambda learnt, label, asked: CatBoostClassifier(**quiet).fit(learnt, label).predict_proba(asked)[:, 1]
    return others


def _tuned(learnt: npt.NDArray[np.float64], label: Floats, asked: npt.NDArray[np.float64]) -> Floats:
    """Choose among a few by the newest fifth of what was known, as somebody would who tunes by hand."""
    cut = int(len(label) * 0.8)
    best = max(_GRID, key=lambda chosen: roc_auc(label[cut:], _hist(chosen, learnt[:cut], label[:cut], learnt[cut:])))
    return _hist(best, learnt, label, asked)


_GRID = tuple(
    {"learning_rate": rate, "max_iter": trees, "max_leaf_nodes": leaves}
    for rate, trees, leaves in ((0.1, 100, 31), (0.05, 150, 12), (0.03, 250, 6))
)


def _hist(chosen: dict[str, Any], learnt: npt.NDArray[np.float64], label: Floats, asked: npt.NDArray[np.float64]) -> Floats:
    model = HistGradientBoostingClassifier(**chosen, min_samples_leaf=40, random_state=_SEED, early_stopping=False).fit(learnt, label)
    return np.asarray(model.decision_function(asked), dtype=np.float64)
