"""How many exceptions were handled in time, and how many touches did orders take?"""

from datetime import datetime

from data.workbench_outcomes import count
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Count what has moved since the last run."""
    moved = count(context.engine, settings=context.settings, as_of=as_of)
    return Outcome(moved, f"计入 {moved} 条异常与处理 / {moved} exceptions and touches counted")
