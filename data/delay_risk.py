"""How is the delay model fitted, judged and put in use? One version a target, fitted and measured on what was known by then."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from data.model_store import Unusable, dumped, frame_fingerprint, libraries, read
from data.queries.delay_rules import delay_rules
from data.queries.risk_due import HISTORY
from data.queries.risk_facts import risk_clocks, risk_facts
from data.queries.risk_registry import KeptModel, ModelVersion, champion, drifted_since
from data.writes.risk_registry import Fitted, keep_version, promote, retire_unless_changed
from models.delay_risk import drift
from models.delay_risk.baselines import trailing_rate, users_rule
from models.delay_risk.estimator import FittedModel, NotLearnable, fit
from models.delay_risk.evaluation import beats, measured
from models.delay_risk.examples import Examples, training_examples
from models.delay_risk.rules import TargetRules, rules_as_json, same_question
from models.delay_risk.targets import PRIMARY
from models.delay_risk.versions import LEAST_OF_A_CLASS, LEAST_ORDERS, MEASURED_SHARE, judge

# What orders are scored by: the primary target, and the stored promise, by which C1 and the workbench count.
PROMISE = "promise"
SCORED: tuple[str, ...] = (PRIMARY, PROMISE)
# Fitted by the job: those first, for the open orders wait for them, then the secondary target.
TASKS: tuple[str, ...] = (*SCORED, "hours")
SEED = 20261101
# So much of an order's past says most of what a model is told of it.
PAST = timedelta(days=60)
# A merchant whose first order was read so soon after the window's start sold before it, too.
_SOON = timedelta(days=2)
_RULED_OUT = "规则已改，结果已知的订单还不够按新规则训练 / the rules have changed, and outcomes are too few to learn by the new ones"


@dataclass(frozen=True)
class Trained:
    """What came of one target: its new version and status, or None and why there is none."""

    task: str
    version: int | None
    status: str
    why: str


@dataclass(frozen=True)
class _Split:
    """The labelled orders before and after a cut; labels of the first part were known by then."""

    before: Examples
    after: Examples
    cut: datetime


def train(
    engine: Engine, *, as_of: datetime, tasks: tuple[str, ...] = TASKS, seed: int = SEED, now: Callable[[], datetime] | None = None
) -> Iterator[Trained]:
    """Fit and judge a challenger for each target; whatever is decided is a row. Without enough history, nothing is fitted.

    ``now`` tells when a version came into use, which is later than ``as_of``, what it learnt from; without it they are the same.
    """
    with engine.connect() as connection:
        facts = risk_facts(connection, since=as_of - HISTORY, as_of=as_of)
        clocks, rules = risk_clocks(connection), delay_rules(connection)
    since = _with_a_past(facts, since=as_of - HISTORY)
    for task in tasks:
        # few orders teach more than none, also where the past of some is cut off
        for first in dict.fromkeys((since, None)):
            examples = training_examples(facts, clocks, target=task, as_of=as_of, seed=seed, rules=rules, since=first)
            if _split(examples, after=None) is not None:
                break
        yield _trained(engine, examples, task=task, rules=rules, as_of=as_of, seed=seed, now=now or (lambda: as_of))


def usable(kept: KeptModel | None) -> FittedModel | None:
    """Read the model of a row, None where there is none; ``Unusable`` where its bytes are not to be trusted."""
    return None if kept is None else read(kept.blob, prediction_fingerprint=kept.prediction_fingerprint)


def put_in_use(engine: Engine, wanted: ModelVersion, *, by: str, at: datetime, going_back: bool = False) -> int | None:
    """Put a version in use by hand, once its stored bytes have been read and scored as they should; return what it replaces.

    Where that is ``going_back``, nobody goes back to what it replaces.
    """
    with engine.begin() as connection:
        before = promote(connection, version=wanted.version, task=wanted.task, by=by, at=at, going_back=going_back)
        # a file that cannot be read must not become the champion: the transaction goes back
        usable(champion(connection, task=wanted.task))
    return before


def _with_a_past(facts: pd.DataFrame, *, since: datetime) -> datetime | None:
    """Return from which order on the past of each was read as far as scoring will read it; None where there was none before.

    The first orders of a merchant who sold long before the window would seem those of a new one.
    """
    sold_before = len(facts) and facts["start_at"].min() < (since + _SOON).timestamp()
    return since + PAST if sold_before else None


def _trained(
    engine: Engine, examples: Examples, *, task: str, rules: TargetRules, as_of: datetime, seed: int, now: Callable[[], datetime]
) -> Trained:
    with engine.connect() as connection:
        kept = champion(connection, task=task)
        drifted = kept is not None and drifted_since(connection, task=task, version=kept.version)
    # the champion of another question is nobody to be measured against, and is not kept where no new one can be had
    ruled_out = kept is not None and not same_question(task, kept.rules, rules)
    split = _split(examples, after=kept.trained_to if kept and not ruled_out else None)
    model, too_little = _learnt(split, examples, task=task, seed=seed)
    if split is None or model is None:
        if kept is not None and ruled_out:
            with engine.begin() as connection:
                retire_unless_changed(connection, task=task, version=kept.version, reason=_RULED_OUT, at=now())
        return Trained(task, None, "none", too_little)
    figures, wins = _figures(model, split.after)
    theirs, stays = (None, False) if ruled_out else _champion_figures(kept, split.after)
    decision = judge(figures["model"], beats_baselines=wins, champion=theirs, champion_beats=stays, drifted=drifted, ruled_out=ruled_out)
    fitted = _fitted(model, split, figures=figures | {"champion": theirs}, task=task, rules=rules, as_of=as_of, seed=seed)
    with engine.begin() as connection:
        judged_against = None if kept is None else kept.version
        version, decision = keep_version(connection, fitted, decision=decision, judged_against=judged_against, at=now())
    return Trained(task, version, decision.status, decision.why)


def _split(examples: Examples, *, after: datetime | None) -> _Split | None:
    """Cut the labelled orders in time; never before ``after``, up to which the champion has seen, while enough is left to measure on."""
    if not len(examples):
        return None
    cuts = [float(np.quantile(examples.start_at, 1 - MEASURED_SHARE))]
    if after is not None and after.timestamp() > cuts[0]:
        cuts.insert(0, after.timestamp())
    for cut in cuts:
        before = examples.take((examples.start_at < cut) & (examples.known_at <= cut))
        late = examples.take(examples.start_at >= cut)
        if _enough(before) and _enough(late, least=LEAST_ORDERS // 4):
            return _Split(before, late, datetime.fromtimestamp(cut, UTC))
    return None


def _learnt(split: _Split | None, examples: Examples, *, task: str, seed: int) -> tuple[FittedModel | None, str]:
    """Return the model of what was known before the cut, or none and why there is none."""
    if split is None:
        return None, _too_little(examples)
    try:
        return fit(split.before, target=task, seed=seed), ""
    except NotLearnable as error:
        return None, str(error)


def _too_little(examples: Examples) -> str:
    known, late = _orders(examples)
    zh = f"已知结果 {known} 单，其中 {late} 单超时，不足以训练；用基线"
    return f"{zh} / {known} known outcomes, {late} of them late, are too few to learn from; the baseline is used"


def _orders(examples: Examples) -> tuple[int, int]:
    """Return how many orders there are, and how many of them were late; each has a row a landmark."""
    keys = examples.keys.assign(late=examples.label > 0).groupby(["shop_id", "order_no"], observed=True)["late"].any()
    return len(keys), int(keys.sum())


def _enough(examples: Examples, *, least: int = LEAST_ORDERS) -> bool:
    orders, late = _orders(examples)
    return orders >= least and min(late, orders - late) >= LEAST_OF_A_CLASS


def _figures(model: FittedModel, after: Examples) -> tuple[dict[str, Any], bool]:
    """Measure a model beside both baselines at payment, once an order, and say whether it beats both; by landmark the model alone."""
    scores = {
        "model": model.score(after.frame)["probability"],
        "trailing_rate": trailing_rate(after.frame),
        "users_rule": users_rule(after.frame),
    }
    at_payment = after.landmark == 0
    paid = after.take(at_payment)
    figures = {name: measured(paid.label, score.to_numpy(float)[at_payment], examples=paid) for name, score in scores.items()}
    by_landmark = measured(after.label, scores["model"].to_numpy(float), examples=after, draws=0)["by_landmark"]
    figures["model"]["by_landmark"] = by_landmark
    return figures, beats(figures["model"], [figures["trailing_rate"], figures["users_rule"]])


def _champion_figures(kept: KeptModel | None, after: Examples) -> tuple[Mapping[str, Any] | None, bool]:
    try:
        model = usable(kept)
    except Unusable:
        return None, False
    if model is None:
        return None, False
    figures, wins = _figures(model, after)
    return figures["model"], wins


def _fitted(
    model: FittedModel, split: _Split, *, figures: Mapping[str, Any], task: str, rules: TargetRules, as_of: datetime, seed: int
) -> Fitted:
    learnt = {"seed": seed, "libraries": dict(libraries()), "backfilled": split.before.backfilled, "rules": rules_as_json(rules)}
    stored = dumped(model, sample=split.after.frame)
    labelled = pd.concat([split.before.frame, pd.Series(split.before.label, name="label")], axis=1)
    return Fitted(
        task=task,
        fitted_at=as_of,
        trained_from=datetime.fromtimestamp(float(split.before.start_at.min()), UTC),
        trained_to=split.cut,
        measured_to=datetime.fromtimestamp(float(split.after.start_at.max()), UTC),
        rows=len(split.before.label),
        sampling=split.before.sampling,
        features=list(model.features),
        params={**model.params, **learnt},
        metrics=figures,
        reference=drift.reference(split.before.frame[list(model.features)]),
        blob=stored.blob,
        data_fingerprint=frame_fingerprint(labelled),
        prediction_fingerprint=stored.prediction_fingerprint,
    )
