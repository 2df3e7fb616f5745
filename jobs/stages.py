"""How long may stages last, how many orders stood in each, and which ways did orders take?"""

from datetime import datetime

from data.stage_history import refresh_stages
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Compute the limits of stages, their trend and the variants of the last weeks anew."""
    done = refresh_stages(context.engine, settings=context.settings, as_of=as_of)
    return Outcome(done.moves + done.variants, f"{done.limits} 个环节时限 / {done.limits} limits of stages")
