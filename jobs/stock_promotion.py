"""How many pieces would a promotion sell that do not exist, and how should the last ones be shared out?"""

from datetime import datetime

from data.promotion import replay_promotion
from jobs.job import JobContext, Outcome
from models.stock.replay import BY_KEY


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Replay a promotion over the last 500 pieces on the sales of the last four weeks."""
    figures = replay_promotion(context.engine, as_of=as_of)
    policy = BY_KEY[figures["recommended"]["policy"]]
    return Outcome(len(figures["policies"]), f"建议：{policy.name_zh} / recommended: {policy.name_en}")
