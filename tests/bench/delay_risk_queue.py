"""How much would the delay model gain from seeing the warehouses' true queues, which no platform tells?

The simulated merchant's history is taken in like any other; the truth is his plan of every parcel, kept apart. A second model learns from
the same rows and columns and from the true state: into which warehouse the order will go, and how many parcels stand there before it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from data.engine import Engine
from data.ingest import ingest_path
from data.queries.risk_facts import risk_clocks, risk_facts
from data.settings import Settings
from jobs.simulate import rhythm
from jobs.simulate.history import daily_capacity, daily_orders, write_history
from jobs.simulate.life import pass_warehouses
from jobs.simulate.merchant import Played, joined, play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.story import story_of
from models.delay_risk.clocks import Floats
from models.delay_risk.encoding import Encoding
from models.delay_risk.estimator import HYPERPARAMETERS
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.ranking import roc_auc
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server

_UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
_DAYS, _ORDERS, _SEED = 90, 30_000, 20261111
_LEARNT_SHARE = 0.7
_TARGET = "working_days"


def figures(scale: Scale) -> Iterator[Figure]:
    """Let both learn from the first 70 % of the history and compare how they rank the rest."""
    settings = Settings(home=scale.folder / "queue", inbox=scale.folder / "no_inbox", database_url=None)
    inbox, state = scale.folder / "queue_inbox", scale.folder / "queue_state"
    with own_server(settings) as engine:
        truth = _bring(engine, settings, inbox, state)
        with engine.connect() as connection:
            facts, clocks = risk_facts(connection, since=datetime(2026, 1, 1, tzinfo=UTC), as_of=_UNTIL), risk_clocks(connection)
    examples = training_examples(facts, clocks, target=_TARGET, as_of=_UNTIL, seed=_SEED, landmarks=(0,))
    queue = _true_queue(examples, truth)
    cut = float(np.quantile(examples.start_at, _LEARNT_SHARE))
    learnt, asked = np.flatnonzero((examples.start_at < cut) & (examples.known_at < cut)), np.flatnonzero(examples.start_at >= cut)
    encoding = Encoding.of(examples.frame.iloc[learnt], examples.label[learnt])
    plain = encoding.matrix(examples.frame)
    ours, seeing = (
        roc_auc(examples.label[asked], _scored(matrix, examples, learnt=learnt, asked=asked))
        for matrix in (plain, np.column_stack([plain, queue]))
    )
    on = f"{len(asked):,} orders after {len(learnt):,}, late share {examples.label[asked].mean():.3f}; gap {seeing - ours:.3f}"
    yield Figure("delay_auc_over_one_that_sees_the_queue", ours, seeing, "AUC", ">= 0", on)


def _bring(engine: Engine, settings: Settings, inbox: Path, state: Path) -> Played:
    """Take the merchant's files in and return his plan of the very same days, which no file tells."""
    written = write_history(inbox, until=_UNTIL, days=_DAYS, seed=_SEED, orders=_ORDERS, state=state)
    for path in sorted(written.files, key=lambda path: ("masters" not in path.parts, path.name)):
        shop = path.relative_to(inbox).parts[0]
        ingest_path(engine, path, settings=settings, as_of=_UNTIL, shop=None if shop in ("masters", "wms", "bank") else shop)
    return _planned()


def _planned() -> Played:
    at, last_day = rhythm.seconds_of(_UNTIL), rhythm.day_number_at(_UNTIL)
    days = range(last_day - _DAYS, last_day + 1)
    a_day = {writer.shop.shop_id: daily_orders(writer, days[0], at, orders=_ORDERS) for writer in WRITERS}
    capacity = daily_capacity(WRITERS, a_day)
    played = joined([play(writer.shop, days, seed=_SEED, orders_a_day=a_day[writer.shop.shop_id]) for writer in WRITERS])
    story = story_of(_SEED, anchor_day=last_day, shops=tuple(a_day))
    pass_warehouses(played, until=rhythm.midnight(last_day + 1), capacity=capacity, free_from=[0.0] * len(capacity), story=story)
    return played


def _true_queue(examples: Examples, truth: Played) -> npt.NDArray[np.float64]:
    """Return for each order its true warehouse and how many parcels stood there at its payment."""
    parcels = truth.parcels.drop_duplicates("stockout")
    warehouse_of = _warehouses(truth)
    warehouse = examples.keys["order_no"].map(warehouse_of).to_numpy(np.float64)
    waiting = np.full(len(examples), np.nan)
    for number, group in parcels.groupby("warehouse"):
        entered, left = np.sort(group["entered"].to_numpy()), np.sort(group.loc[group["left"] > 0, "left"].to_numpy())
        rows = np.flatnonzero(warehouse == number)
        waiting[rows] = np.searchsorted(entered, examples.at[rows]) - np.searchsorted(left, examples.at[rows])
    return np.column_stack([warehouse, waiting])


def _warehouses(truth: Played) -> dict[str, int]:
    """Return each order's warehouse by the number that its platform gave it."""
    found: dict[str, int] = {}
    writers = {writer.shop.number: writer for writer in WRITERS}
    for shop, orders in truth.orders.groupby("shop"):
        numbers = writers[int(str(shop))].order_numbers(orders["key"].to_numpy())
        found |= dict(zip(list(numbers), orders["warehouse"].tolist(), strict=True))
    return found


def _scored(matrix: npt.NDArray[np.float64], examples: Examples, *, learnt: npt.NDArray[np.int64], asked: npt.NDArray[np.int64]) -> Floats:
    model = HistGradientBoostingClassifier(**HYPERPARAMETERS, random_state=_SEED, early_stopping=False)
    model.fit(matrix[learnt], examples.label[learnt])
    return np.asarray(model.decision_function(matrix[asked]), dtype=np.float64)
