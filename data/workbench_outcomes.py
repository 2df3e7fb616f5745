"""What is counted and learnt of the workbench as days pass: exceptions, touches, its own figures, and what actions save?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from data.settings import Settings
from data.workbench import business_day
from data.writes.case_counts import count_cases
from data.writes.case_outcomes import BATCH, judge_outcomes, learn
from data.writes.workbench_kpis import compute_kpis
from data.writes.workbench_queue import judge_again


@dataclass(frozen=True)
class Learnt:
    """How many orders were judged, and from how many acted on something was learnt."""

    judged: int
    acted: int


def count(engine: Engine, *, settings: Settings, as_of: datetime) -> int:
    """Count exceptions and touches for the cells, and the workbench's own figures; return how many rows moved."""
    with engine.begin() as connection:
        moved = count_cases(connection, as_of=as_of)
    with engine.begin() as connection:
        compute_kpis(connection, today=business_day(as_of, zone=settings.zone).day, zone=settings.zone, as_of=as_of)
    return moved


def learn_outcomes(engine: Engine, *, as_of: datetime) -> Learnt:
    """Judge the chosen orders whose time is over, and learn from them; ranks follow at the next look."""
    judged = 0
    while True:
        with engine.begin() as connection:
            judged += (some := judge_outcomes(connection, as_of=as_of))
        if some < BATCH:
            break
    with engine.begin() as connection:
        acted = learn(connection, as_of=as_of)
        judge_again(connection)
    return Learnt(judged, acted)
