"""Which open orders are in trouble as of now, whose are they, and which are worth acting on first?"""

from datetime import datetime

from data.workbench import watch
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Bring the workbench up to now."""
    done = watch(context.engine, settings=context.settings, as_of=as_of)
    chinese = f"评估 {done.judged} 单，预警 {done.alerted}，待审 {done.reviews}，结案 {done.closed}，建议 {done.suggested}"
    english = f"{done.judged} judged, {done.alerted} alerted, {done.reviews} to review, {done.closed} closed, {done.suggested} suggested"
    return Outcome(done.judged, f"{chinese} / {english}")
