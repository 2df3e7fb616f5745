"""What must the workbench do as time passes: judge orders anew, alert, review, close, choose what to suggest, tell warehouses?

Steps are transactions of their own and each may be done again: a crash between two leaves nothing half done.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from data.outbox import export_intents
from data.queries.workbench_facts import facts, watch_due
from data.queries.workbench_rules import judge, workbench_rules
from data.settings import Settings
from data.writes.case_choice import Day, choose
from data.writes.case_owners import alert_overdue, close_alerts
from data.writes.case_watch import ask_for_reviews, close_cases, follow_intents, reopen_cases, wake
from data.writes.staging import give_memory
from data.writes.workbench_queue import forget_closed, open_stage_table, write_judged
from models.workbench.queue import judged

# Orders judged at once: enough to be fast, few enough for little memory.
_BATCH = 50_000


@dataclass(frozen=True)
class Watched:
    """What a look did: orders judged, gone, alerted, sent to review, cases closed, and orders suggested now."""

    judged: int
    gone: int
    alerted: int
    reviews: int
    closed: int
    suggested: int


def watch(engine: Engine, *, settings: Settings, as_of: datetime) -> Watched:
    """Bring queue, alerts, owners, reviews and cases up to an instant."""
    today = business_day(as_of, zone=settings.zone)
    with engine.begin() as connection:
        give_memory(connection)
        done = _judge(connection, settings=settings, today=today, as_of=as_of)
        gone = forget_closed(connection)
    with engine.begin() as connection:
        give_memory(connection)
        rules = workbench_rules(connection)
        alerted = alert_overdue(connection, rules=rules.owners, zone=settings.zone, as_of=as_of)
        close_alerts(connection, as_of=as_of)
    with engine.begin() as connection:
        reopen_cases(connection)
        reviews = ask_for_reviews(connection, as_of=as_of)
        wake(connection, as_of=as_of)
        closed = close_cases(connection, as_of=as_of)
        follow_intents(connection, as_of=as_of)
    with engine.begin() as connection:
        suggested = choose(connection, settings=rules.settings, today=today, as_of=as_of)
    export_intents(engine, settings=settings, as_of=as_of)
    return Watched(done, gone, alerted, reviews, closed, suggested)


def business_day(as_of: datetime, *, zone: str) -> Day:
    """Return the business day of an instant.

    >>> business_day(datetime(2026, 11, 27, 1, tzinfo=ZoneInfo("UTC")), zone="Asia/Shanghai").begins.isoformat()
    '2026-11-27T00:00:00+08:00'
    """
    day = as_of.astimezone(ZoneInfo(zone)).date()
    begins, ends = (datetime.combine(each, time(), tzinfo=ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    return Day(day, begins, ends)


def _judge(connection: Connection, *, settings: Settings, today: Day, as_of: datetime) -> int:
    waiting = watch_due(connection, as_of=as_of)
    if not waiting:
        return 0
    open_stage_table(connection)
    by = judge(connection, zone=settings.zone)
    done = 0
    for first in range(1, waiting + 1, _BATCH):
        known = facts(connection, first=first, last=first + _BATCH - 1)
        found = judged(known, judge=by, as_of=as_of.timestamp(), day_ends=today.ends.timestamp())
        done += write_judged(connection, known, found, as_of=as_of)
    return done
