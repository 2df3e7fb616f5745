"""Does every shop show what it should?"""

from datetime import datetime

from data.stock_publish import publish
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Write what changed for shops, as rows and as a file each."""
    changed = publish(context.engine, settings=context.settings, as_of=as_of)
    return Outcome(changed, f"{changed} 个可售数量有变 / {changed} quantities changed")
