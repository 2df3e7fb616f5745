"""Do today's orders still look like those the delay model was fitted on, and are its chances still true?"""

from datetime import datetime

from data.risk_drift import Checked, check
from data.writes.requests import ask_for_run
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Check every model in use; where one has drifted, ask for a retraining at once."""
    found = check(context.engine, as_of=as_of)
    if any(each.drifted for each in found):
        with context.engine.begin() as connection:
            ask_for_run(connection, job="train_risk", by="check_drift", at=as_of)
    return Outcome(sum(each.rows for each in found), _said(found))


def _said(found: list[Checked]) -> str:
    """Say what a check found, in both languages.

    >>> _said([Checked("working_days", 2, rows=900, drifted=("calibration",)), Checked("promise", 3, rows=800, drifted=())])
    '2 个模型，漂移：working_days (calibration) / 2 models, drifted: working_days (calibration)'
    """
    drifted = "; ".join(f"{each.task} ({', '.join(each.drifted)})" for each in found if each.drifted)
    return f"{len(found)} 个模型，漂移：{drifted or '无'} / {len(found)} models, drifted: {drifted or 'none'}"
