"""What became of the orders that were suggested or held out, and which actions save orders?"""

from datetime import datetime

from data.workbench_outcomes import learn_outcomes
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Judge what is over and learn from it."""
    done = learn_outcomes(context.engine, as_of=as_of)
    chinese, english = f"判定 {done.judged} 单，据 {done.acted} 单更新把握", f"{done.judged} orders judged, learnt from {done.acted}"
    return Outcome(done.judged, f"{chinese} / {english}")
