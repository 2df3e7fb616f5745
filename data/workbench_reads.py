"""What may the workbench's page ask? Part of ``data.reads``."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine

from data.queries import workbench_board as _board
from data.queries import workbench_case as _case
from data.queries import workbench_inbox as _inbox
from data.queries import workbench_outcomes as _outcomes
from data.queries import workbench_queue as _queue
from data.queries import workbench_rules as _rules
from data.queries.health import Part, sees_anything
from data.queries.order_handling import Colleague
from data.queries.workbench_board import FlowColumn
from data.queries.workbench_case import Act, Case, CaseWork, Intent
from data.queries.workbench_inbox import Inbox, InboxWork, Mention
from data.queries.workbench_outcomes import KpiDay
from data.queries.workbench_queue import QUEUE_PAGE, Capacity, QueueCursor, QueueRow
from data.queries.workbench_rules import ActionSaves
from data.reading import reading
from data.workbench import business_day
from models.people import Person
from models.scope import EVERYTHING, Scope
from models.workbench.rules import Rules
from models.workbench.uplift import UpliftWeek

__all__ = [
    "QUEUE_PAGE",
    "WORKBENCH_READS",
    "Act",
    "ActionSaves",
    "Capacity",
    "Case",
    "CaseWork",
    "FlowColumn",
    "Inbox",
    "InboxWork",
    "Intent",
    "KpiDay",
    "Mention",
    "QueueCursor",
    "QueueRow",
    "UpliftWeek",
    "action_saves",
    "capacity_today",
    "case_of",
    "flow_board",
    "inbox",
    "inbox_count",
    "open_intents",
    "queue_counts",
    "queue_page",
    "uplift_weeks",
    "workbench_kpi_days",
    "workbench_people",
    "workbench_rules",
]


def queue_page(
    engine: Engine,
    *,
    scope: Scope,
    part: Part,
    tab: str,
    person_id: str,
    as_of: datetime,
    after: QueueCursor | None = None,
    limit: int = QUEUE_PAGE,
    search: str = "",
    nobody: bool = False,
) -> list[QueueRow]:
    """Return a page of one of the workbench's lists."""
    asked = {"tab": tab, "person_id": person_id, "as_of": as_of, "after": after, "limit": limit, "search": search, "nobody": nobody}
    with reading(engine) as connection:
        return _queue.queue_page(connection, scope=scope, part=part, **asked)  # type: ignore[arg-type]


def queue_counts(engine: Engine, *, scope: Scope, part: Part, person_id: str, as_of: datetime) -> dict[str, int]:
    """Count the orders of every list; nothing for somebody who sees no shop."""
    with reading(engine) as connection:
        if not sees_anything(connection, scope=scope):
            return {}
        return _queue.queue_counts(connection, scope=scope, part=part, person_id=person_id, as_of=as_of)


def capacity_today(engine: Engine, *, scope: Scope, as_of: datetime, zone: str) -> Capacity | None:
    """Say how much of what can be done today is planned; None for somebody who sees no shop."""
    with reading(engine) as connection:
        if not sees_anything(connection, scope=scope):
            return None
        return _queue.capacity_today(connection, scope=scope, day_begins=business_day(as_of, zone=zone).begins)


def flow_board(engine: Engine, *, scope: Scope, part: Part, as_of: datetime, zone: str) -> list[FlowColumn]:
    """Return the columns of the flow with their counts, ages and oldest orders; none for somebody who sees no shop."""
    with reading(engine) as connection:
        if not sees_anything(connection, scope=scope):
            return []
        begins = business_day(as_of, zone=zone).begins
        return _board.flow_board(connection, scope=scope, part=part, day_begins=begins, as_of=as_of)


def inbox(engine: Engine, *, person: Person, as_of: datetime) -> Inbox:
    """Return what waits for a person."""
    with reading(engine) as connection:
        return _inbox.inbox(connection, person=person, as_of=as_of)


def inbox_count(engine: Engine, *, person: Person) -> int:
    """Count what waits for a person."""
    with reading(engine) as connection:
        return _inbox.inbox_count(connection, person=person)


def uplift_weeks(engine: Engine, *, scope: Scope, as_of: datetime, zone: str, weeks: int = 8) -> list[UpliftWeek]:
    """Return each week's answer to whether the list helped, the newest first; of the whole business, so none for people with limits."""
    if scope != EVERYTHING:
        return []
    with reading(engine) as connection:
        return _outcomes.uplift_weeks(connection, today=business_day(as_of, zone=zone).day, weeks=weeks)


def action_saves(engine: Engine, *, scope: Scope) -> list[ActionSaves]:
    """Return what is believed of each action that may save an order; from how many orders is said to those who see every order."""
    with reading(engine) as connection:
        found = _rules.action_saves(connection) if sees_anything(connection, scope=scope) else []
    return found if scope == EVERYTHING else [replace(each, acted=0, expected_late=0.0, late=0) for each in found]


def workbench_rules(engine: Engine, *, scope: Scope) -> Rules:
    """Return the rules by which the workbench judges now; of owners, thresholds and hours those who see every order are told alone."""
    with reading(engine) as connection:
        found = _rules.workbench_rules(connection)
    return found if scope == EVERYTHING else Rules(found.settings)


def workbench_people(engine: Engine, *, scope: Scope) -> list[Colleague]:
    """Return the people whom an order of a scope may be given to, by name; who sees none of it is left out."""
    with reading(engine) as connection:
        if not sees_anything(connection, scope=scope):
            return []
        able = [each for each in _rules.active_people(connection) if each.may_handle and _meet(each.scope, scope)]
    return sorted((Colleague(each.person_id, each.name, each.role) for each in able), key=lambda each: (each.name, each.person_id))


def case_of(engine: Engine, *, scope: Scope, shop_id: str, order_no: str) -> Case | None:
    """Return the case of an order; None outside the scope."""
    with reading(engine) as connection:
        return _case.case_of(connection, scope=scope, shop_id=shop_id, order_no=order_no)


def open_intents(engine: Engine, *, scope: Scope, limit: int = 200) -> list[Intent]:
    """Return what warehouses are asked for and have not done yet."""
    with reading(engine) as connection:
        return _case.open_intents(connection, scope=scope, limit=limit)


def workbench_kpi_days(engine: Engine, *, scope: Scope, since: date, until: date) -> list[KpiDay]:
    """Return the workbench's own figures on business days; of the whole business, so none for people with limits."""
    if scope != EVERYTHING:
        return []
    with reading(engine) as connection:
        return _outcomes.workbench_kpi_days(connection, since=since, until=until)


def _meet(one: Scope, other: Scope) -> bool:
    """Say whether two scopes may hold an order in common."""
    pairs = ((one.shops, other.shops), (one.channels, other.channels), (one.warehouses, other.warehouses))
    return all(mine is None or theirs is None or bool(set(mine) & set(theirs)) for mine, theirs in pairs)


# Those that take a scope; the inbox is a person's own.
WORKBENCH_READS: tuple[Callable[..., Any], ...] = (
    queue_page,
    queue_counts,
    capacity_today,
    flow_board,
    uplift_weeks,
    action_saves,
    workbench_rules,
    workbench_people,
    case_of,
    open_intents,
    workbench_kpi_days,
)
