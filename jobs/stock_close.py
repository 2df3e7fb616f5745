"""How far was the book from what was counted at the end of each day?"""

from datetime import datetime

from data.stock_sweep import close_days
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Hold the counts of days against the book: those that came since last time, and the last three days anew."""
    days = close_days(context.engine, settings=context.settings, as_of=as_of)
    return Outcome(len(days), f"{len(days)} 天已核对 / {len(days)} days compared")
