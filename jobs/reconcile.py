"""Do our orders, the platforms' statements and the bank agree, and who looks after what does not?"""

from datetime import datetime

from data.reconciliation import Reconciled, reconcile
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Match what is new or open since the last run, label what differs and hand it out."""
    done = reconcile(context.engine, settings=context.settings, as_of=as_of)
    return Outcome(done.moved, _said(done))


def _said(done: Reconciled) -> str:
    """Say what a run did, in both languages.

    >>> nothing = dict.fromkeys(("touched", "entries", "payouts", "changed", "labelled", "ambiguous", "work_orders", "proof_rows"), 0)
    >>> _said(Reconciled(run_id=1, anew=False, moved=9, opened=2, reopened=1, cleared=4, **nothing))
    '9 处匹配有变，新增差异 2，重开 1，消除 4 / 9 matches moved, 2 differences opened, 1 opened again, 4 cleared'
    """
    chinese = f"{done.moved} 处匹配有变，新增差异 {done.opened}，重开 {done.reopened}，消除 {done.cleared}"
    english = f"{done.moved} matches moved, {done.opened} differences opened, {done.reopened} opened again, {done.cleared} cleared"
    return f"{chinese} / {english}"
