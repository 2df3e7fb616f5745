"""Is there a delay model, and is it as good as the newest orders allow?"""

from collections.abc import Sequence
from datetime import datetime

from data.delay_risk import SCORED, Trained, train
from data.writes.requests import ask_for_run
from jobs.job import JobContext, Outcome
from models.delay_risk.targets import TARGETS_BY_KEY


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Fit a challenger for each target, and use it where it wins; have the open orders scored once all they are scored by is decided."""
    done: list[Trained] = []
    to_decide = set(SCORED)
    for trained in train(context.engine, as_of=as_of, now=context.now):
        done.append(trained)
        leaving = context.leaving.is_set()
        if to_decide and (leaving or not to_decide - {each.task for each in done}):
            to_decide.clear()
            _have_scored(context, done)
        if leaving:
            break
    return Outcome(sum(trained.version is not None for trained in done), _said(done))


def _have_scored(context: JobContext, done: Sequence[Trained]) -> None:
    if any(trained.status == "champion" and trained.task in SCORED for trained in done):
        with context.engine.begin() as connection:
            ask_for_run(connection, job="score_risk", by="train_risk", at=context.now())


def _said(done: Sequence[Trained]) -> str:
    """Say what came of each target, in both languages.

    >>> _said([Trained("working_days", 3, "champion", "胜过两个基线 / it beats both baselines")])
    '超过 N 个工作日未交运：胜过两个基线 / not handed over by the end of the N-th working day: it beats both baselines'
    """
    halves = [(TARGETS_BY_KEY[trained.task], *trained.why.partition(" / ")[::2]) for trained in done]
    chinese = "；".join(f"{target.zh}：{zh}" for target, zh, _ in halves)
    return f"{chinese} / {'; '.join(f'{target.en}: {en}' for target, _, en in halves)}"
