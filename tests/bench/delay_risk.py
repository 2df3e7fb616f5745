"""Is the delay model fast enough to be fitted in passing, and to score every open order every few minutes?"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text

from data.delay_risk import PROMISE, train
from data.engine import Engine
from data.queries.risk_due import HISTORY
from data.queries.risk_facts import risk_clocks, risk_facts
from data.risk_scoring import score_due
from data.settings import Settings
from data.writes.risk_registry import promote
from models.delay_risk.estimator import FittedModel, fit
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.targets import PRIMARY
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle
from tests.bench.stored_orders import fill_orders

UNTIL = datetime(2026, 11, 22, 8, tzinfo=UTC)
_FITTED, _OPEN = 20_000, 200_000
_SEED = 1
_MOST_BYTES = 4_000_000_000
# What training may have to read: a merchant of this size has 5 million orders in a year or so.
_LARGE = 5_000_000


class NotWhatWasAsked(AssertionError):
    """The bench did not score what it meant to, so its speed is worth nothing."""


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure on a store of ``scale.orders``; then the memory of a training on one five times as large, in a process of its own."""
    settings = Settings(home=scale.folder / "delay", inbox=scale.folder / "no_inbox", database_url=None)
    with own_server(settings) as engine:
        fill_orders(engine, orders=scale.orders, until=UNTIL)
        settle(engine)
        yield _features(engine)
        model, learnt = _fitted(engine)
        yield Figure(
            "delay_fit_20k",
            learnt,
            10.0,
            "s",
            "<= 1",
            f"{_FITTED:,} orders at payment and one later landmark, curve and reasons' base included",
        )
        yield from _scoring(engine, model)
        yield _rescore(engine, orders=scale.orders)
    yield _memory(scale)


def _features(engine: Engine) -> Figure:
    """Read the orders and make every feature of each at payment, history and all; the middle one of three."""
    rates, reads, made = [], [], 0
    for _ in range(3):
        began = time.perf_counter()
        with engine.connect() as connection:
            facts, clocks = risk_facts(connection, since=UNTIL - HISTORY, as_of=UNTIL), risk_clocks(connection)
        reads.append(time.perf_counter() - began)
        made = len(training_examples(facts, clocks, target="working_days", as_of=UNTIL, seed=_SEED, cap=10**9, landmarks=(0,)))
        rates.append(made / (time.perf_counter() - began))
    on = f"{made:,} orders, median of 3, read in {median(reads):.1f} s"
    return Figure("delay_features", median(rates), 50_000.0, "orders/s", ">= 1", on)


def _examples(engine: Engine, *, cap: int) -> Examples:
    with engine.connect() as connection:
        facts, clocks = risk_facts(connection, since=UNTIL - HISTORY, as_of=UNTIL), risk_clocks(connection)
    return training_examples(facts, clocks, target="working_days", as_of=UNTIL, seed=_SEED, cap=cap)


def _fitted(engine: Engine) -> tuple[FittedModel, float]:
    examples = _examples(engine, cap=_FITTED * 7)
    orders = examples.keys["order_no"].drop_duplicates().head(_FITTED)
    learnt = examples.take(examples.keys["order_no"].isin(orders).to_numpy())
    began = time.perf_counter()
    model = fit(learnt, target="working_days", seed=_SEED)
    return model, time.perf_counter() - began


def _scoring(engine: Engine, model: FittedModel) -> Iterator[Figure]:
    frame = _examples(engine, cap=_OPEN).frame
    matrix = model.encoding.matrix(frame)

    def bare() -> None:
        for member in model.members:
            member.predict_proba(matrix)

    ours, theirs = _rate(lambda: model.score(frame), len(frame)), _rate(bare, len(frame))
    on = f"{len(frame):,} orders, {len(model.members)} members, bands and codes included"
    yield Figure("delay_score_over_bare_predict_proba", ours, theirs, "orders/s", ">= 0.9", on)
    yield Figure("delay_score", ours, 100_000.0, "orders/s", ">= 1", on)


def _rate(work: Callable[[], object], rows: int) -> float:
    work()
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return rows / median(seconds)


def _rescore(engine: Engine, *, orders: int) -> Figure:
    """Let open orders be scored anew by models in use, from reading them to their rows, without reasons."""
    for trained in train(engine, as_of=UNTIL, tasks=(PRIMARY, PROMISE)):
        with engine.begin() as connection:
            # orders at random teach nothing, and what does not beat the baselines is not used: but it costs what a model costs
            promote(connection, version=int(trained.version or 0), task=trained.task, by="bench", at=UNTIL)
    wanted = min(_OPEN, orders // 5)
    with engine.begin() as connection:
        connection.execute(text(_REOPEN), {"wanted": wanted, "until": UNTIL})
    settle(engine)
    memory: dict[str, object] = {}
    score_due(engine, as_of=UNTIL, memory=memory, most_reasons=0)
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET changed_at = :at WHERE shipped_to IS NULL"), {"at": UNTIL + timedelta(seconds=30)})
    settle(engine)
    began = time.perf_counter()
    done = score_due(engine, as_of=UNTIL + timedelta(minutes=1), memory=memory, most_reasons=0)
    seconds = time.perf_counter() - began
    if done.scored < wanted * 0.9 or done.version is None:
        raise NotWhatWasAsked(f"{done} of {wanted}")
    return Figure("delay_rescore_open", seconds, 15.0 * done.scored / _OPEN, "s", "<= 1", f"{done.scored:,} open orders of {orders:,}")


# The last orders paid, as if none of them had left or ended.
_REOPEN = """
    UPDATE orders SET stage = 'paid', stage_since = paid_to, shipped_from = NULL, shipped_to = NULL, delivered_from = NULL,
        delivered_to = NULL, completed_from = NULL, completed_to = NULL, cancelled_from = NULL, cancelled_to = NULL,
        refunded_from = NULL, refunded_to = NULL
    WHERE (shop_id, order_no) IN (
        SELECT shop_id, order_no FROM orders WHERE paid_to <= :until ORDER BY paid_to DESC LIMIT :wanted)"""


def _memory(scale: Scale) -> Figure:
    """Return the most memory of a process that trains on the large store; the server's is not the job's."""
    orders = _LARGE if scale.orders >= 1_000_000 else scale.orders
    settings = Settings(home=scale.folder / "delay_large", inbox=scale.folder / "no_inbox", database_url=None)
    with own_server(settings) as engine:
        fill_orders(engine, orders=orders, until=UNTIL)
        settle(engine)
        program = f"""
from datetime import datetime
from pathlib import Path
from data.delay_risk import train
from data.engine import open_engine
from data.settings import Settings
from tests.bench.peak import peak_bytes
settings = Settings(home=Path({str(settings.home)!r}), inbox=Path({str(settings.inbox)!r}), database_url=None)
done = [*train(open_engine(settings), as_of=datetime.fromisoformat({UNTIL.isoformat()!r}), tasks=("working_days",))]
print(done[0].version is not None, peak_bytes())
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    fitted, peak = done.stdout.split()[-2:]
    if fitted != "True":
        raise NotWhatWasAsked(done.stdout)
    on = f"peak of a process that trains on {orders:,} stored orders, those of {HISTORY.days} days read, the sample stated with the version"
    return Figure("delay_train_memory", float(peak), float(_MOST_BYTES), "bytes", "<= 1", on)
