"""How likely is each open order to be late, as of now?"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from data.queries.risk_registry import champion_versions, last_fitted_at
from data.risk_scoring import Scored, score_due
from data.writes.requests import ask_for_run, run_is_coming
from jobs.job import JobContext, Outcome
from models.delay_risk.targets import PRIMARY

# Without a model, orders may meanwhile suffice for one: asked for at most so often.
_ASK_AGAIN = timedelta(hours=24)
_ASKED = "delay_model_asked_at"
# Why a run had no model to score by.
_WITHOUT: Mapping[str, tuple[str, str]] = {
    "no_model": ("还没有可用的模型", "there is no usable model yet"),
    "foreign": ("存储的模型文件不是本系统写的", "the stored model is not one of ours"),
    "tampered": ("存储的模型文件与登记的指纹不符", "the stored model is not what was registered"),
}


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Score what has changed or crossed a landmark; where there is no model yet, ask for a training."""
    done = score_due(context.engine, as_of=as_of, memory=context.memory)
    _ask_for_a_model(context, as_of=as_of)
    return Outcome(done.scored, _said(done))


def _ask_for_a_model(context: JobContext, *, as_of: datetime) -> None:
    asked = context.memory.get(_ASKED)
    if isinstance(asked, datetime) and as_of - asked < _ASK_AGAIN:
        return
    with context.engine.begin() as connection:
        # a second training would find what the first finds
        if run_is_coming(connection, job="train_risk"):
            return
        last = last_fitted_at(connection)
        if PRIMARY not in champion_versions(connection) and (last is None or as_of - last >= _ASK_AGAIN):
            ask_for_run(connection, job="train_risk", by="score_risk", at=as_of)
    context.memory[_ASKED] = as_of


def _said(done: Scored) -> str:
    """Say what a run did, in both languages.

    >>> _said(Scored(scored=9, closed=4, version=3, fallback=""))
    '评估 9 单，移除 4 单，模型版本 3 / 9 orders scored, 4 removed, model version 3'
    >>> _said(Scored(scored=9, closed=0, version=None, fallback="no_model"))
    '评估 9 单，移除 0 单，用基线：还没有可用的模型 / 9 orders scored, 0 removed, by the baseline: there is no usable model yet'
    """
    chinese, english = f"评估 {done.scored} 单，移除 {done.closed} 单", f"{done.scored} orders scored, {done.closed} removed"
    if done.version is None:
        why_zh, why_en = _WITHOUT[done.fallback]
        return f"{chinese}，用基线：{why_zh} / {english}, by the baseline: {why_en}"
    return f"{chinese}，模型版本 {done.version} / {english}, model version {done.version}"
