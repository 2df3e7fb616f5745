"""Do the cells and the index hold what orders have become?"""

from datetime import datetime

from data.roll_up import roll_up_changes
from data.stage_history import refresh_stages
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Roll up what has changed since the last run, with a snapshot and the scores it moves; after a rebuild the stages too."""
    done = roll_up_changes(context.engine, settings=context.settings, as_of=as_of)
    if done.rebuilt:
        refresh_stages(context.engine, settings=context.settings, as_of=as_of)
    return Outcome(done.changes, _said(len(done.restated_days), changes=done.changes, rebuilt=done.rebuilt))


def _said(restated: int, *, changes: int, rebuilt: bool) -> str:
    """Say what a run did, in both languages.

    >>> _said(2, changes=10, rebuilt=False)
    '10 处变化，重述 2 天 / 10 changes, 2 days restated'
    """
    chinese, english = f"{changes} 处变化", f"{changes} changes"
    if rebuilt:
        chinese, english = f"{chinese}，全部重算", f"{english}, all computed anew"
    if restated:
        chinese, english = f"{chinese}，重述 {restated} 天", f"{english}, {restated} days restated"
    return f"{chinese} / {english}"
