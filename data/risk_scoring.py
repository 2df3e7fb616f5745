"""How do open orders get their scores: which are due, by which model, and by what where no model can be used?

A row is written for every order that is due, whatever lies in the store: by the model in use, else by the trailing rate with a
wider band, and the row says which and why.
"""

import json
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from data.delay_risk import SCORED, usable
from data.model_store import Unusable
from data.queries.delay_rules import delay_rules, delay_rules_set_at
from data.queries.risk_due import HISTORY, due_orders
from data.queries.risk_facts import risk_clocks, risk_facts
from data.queries.risk_registry import champion
from data.writes.risk_scores import NOW_COLUMNS, forget_closed, write_scores
from data.writes.staging import give_memory
from models.delay_risk.baselines import Baseline
from models.delay_risk.estimator import FittedModel
from models.delay_risk.examples import Examples, open_examples, training_examples
from models.delay_risk.rules import TargetRules
from models.delay_risk.targets import PRIMARY

# Reasons are worked out for the riskiest orders of a run: these are read, the others are counted. More are kept than a list shows, for one
# of what speaks for a delay alone leaves the others out.
MOST_REASONS, TOP_REASONS = 1_000, 5
NO_MODEL = "no_model"
# A baseline is only a rate: so many examples tell it.
_BASELINE_EXAMPLES = 20_000
_SEED = 1

# What outlives a run: models by version, so that each is read once a process.
Memory = MutableMapping[str, object]


@dataclass(frozen=True)
class Scored:
    """What a run did: orders scored and taken out, the version of the primary model, and why there is none."""

    scored: int
    closed: int
    version: int | None
    fallback: str


@dataclass(frozen=True)
class InUse:
    """What scores a target: the model of a version, or none and why, and the rules of what is late by which it does."""

    version: int | None
    model: FittedModel | None
    rules: TargetRules
    fallback: str = ""

    @property
    def number(self) -> int:
        """The version as rows are compared by it; -1 = none."""
        return -1 if self.version is None else self.version


def score_due(engine: Engine, *, as_of: datetime, memory: Memory, most_reasons: int = MOST_REASONS) -> Scored:
    """Score every open order that is due as of an instant, and forget those that are open no more."""
    with engine.connect() as connection:
        used = [in_use(connection, task=task, memory=memory) for task in SCORED]
        ruled_at = delay_rules_set_at(connection)
        due = due_orders(connection, as_of=as_of, versions=[each.number for each in used], ruled_at=ruled_at)
        scores = _scores(connection, due, used=used, as_of=as_of, most_reasons=most_reasons)
    with engine.begin() as connection:
        give_memory(connection)
        written = write_scores(connection, scores, at=as_of)
        closed = forget_closed(connection, as_of=as_of)
    return Scored(written, closed, used[0].version, used[0].fallback)


def in_use(connection: Connection, *, task: str, memory: Memory) -> InUse:
    """Return what scores a target now; a model that cannot be trusted is none, with the reason.

    A model scores by the rules that it was fitted by, also until it is replaced by one of newer rules; a baseline goes by those that hold.
    """
    kept = champion(connection, task=task)
    if kept is None:
        return InUse(None, None, delay_rules(connection), NO_MODEL)
    place = f"delay_model:{kept.version}:{kept.prediction_fingerprint}:{hash(kept.blob)}"
    held = memory.get(place)
    if not isinstance(held, (FittedModel, Unusable)):
        try:
            held = usable(kept)
        except Unusable as error:
            held = error
        memory[place] = held
    if isinstance(held, FittedModel):
        return InUse(kept.version, held, kept.rules)
    return InUse(None, None, delay_rules(connection), held.reason if held else NO_MODEL)


def _scores(
    connection: Connection, due: Sequence[tuple[str, str, datetime]], *, used: Sequence[InUse], as_of: datetime, most_reasons: int
) -> pd.DataFrame:
    if not due:
        return pd.DataFrame()
    facts, clocks = risk_facts(connection, since=as_of - HISTORY, as_of=as_of), risk_clocks(connection)
    keys = [(shop_id, order_no) for shop_id, order_no, _ in due]
    with ThreadPoolExecutor(len(SCORED), thread_name_prefix="examples") as pool:
        # mostly sorting and searching, which threads do side by side
        found = list(
            pool.map(lambda task, each: open_examples(facts, clocks, target=task, as_of=as_of, keys=keys, rules=each.rules), SCORED, used)
        )
    frames = []
    for task, each, rows in zip(SCORED, used, found, strict=True):
        scorer: FittedModel | Baseline
        scorer = each.model or Baseline.of(
            training_examples(facts, clocks, target=task, as_of=as_of, seed=_SEED, cap=_BASELINE_EXAMPLES, rules=each.rules)
        )
        frames.append(_frame(rows, scorer, used=each, as_of=as_of))
        if task == PRIMARY:
            frames[0]["reasons"] = _reasons(rows, frames[0], used=each, most=most_reasons)
    # as it was before the facts were read: what changed in between is due again
    changed = pd.DataFrame(due, columns=["shop_id", "order_no", "order_changed_at"])
    return _joined(*frames).merge(changed, on=["shop_id", "order_no"], how="left")


def _frame(rows: Examples, scorer: FittedModel | Baseline, *, used: InUse, as_of: datetime) -> pd.DataFrame:
    """Score open orders; one whose time is over is late for certain, and no model is asked."""
    scored = scorer.score(rows.frame).reset_index(drop=True)
    over = np.asarray(rows.deadline_at, float) <= as_of.timestamp()
    frame = rows.keys[["shop_id", "order_no"]].reset_index(drop=True)
    frame["landmark"] = np.asarray(rows.landmark, int)
    for name in ("probability", "low", "high"):
        frame[name] = np.where(over, 1.0, scored[name].to_numpy(float))
    frame["version"] = pd.array([used.version] * len(frame), dtype="Int64")
    frame["fallback"] = np.where(over, "overdue", used.fallback or scored["fallback"].to_numpy(str))
    frame["due_at"] = pd.to_datetime(pd.Series(rows.deadline_at, dtype=float), unit="s", utc=True).dt.round("us")
    frame["raw_log_odds"] = scored["raw_log_odds"].to_numpy(float)
    return frame


def _reasons(rows: Examples, frame: pd.DataFrame, *, used: InUse, most: int) -> list[str | None]:
    """Return the reasons of the riskiest orders as JSON, None for the others."""
    said: list[str | None] = [None] * len(frame)
    if used.model is None:
        return said
    chosen = frame.index[frame["fallback"] != "overdue"]
    chosen = frame.loc[chosen, "probability"].nlargest(most).index
    if len(chosen):
        for place, reasons in zip(chosen, used.model.reasons(rows.frame.iloc[chosen], top=TOP_REASONS), strict=True):
            said[place] = json.dumps([reason.as_json() for reason in reasons], ensure_ascii=False)
    return said


def _joined(primary: pd.DataFrame, promise: pd.DataFrame) -> pd.DataFrame:
    """Put the promise's chance beside the primary target's; an order without a promise has none."""
    beside = promise[["shop_id", "order_no", "probability", "low", "high", "version"]].rename(
        columns={"probability": "promise_probability", "low": "promise_low", "high": "promise_high", "version": "promise_version"}
    )
    joined = primary.rename(columns={"version": "model_version"}).merge(beside, on=["shop_id", "order_no"], how="left")
    return joined[["shop_id", "order_no", *(name for name in NOW_COLUMNS if name in joined)]]
