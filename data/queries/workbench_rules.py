"""By which rules is the workbench to judge now, what is believed of its actions, and who may be given an order?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from data.queries.promises import CALENDAR
from data.tables import people
from models.people import Person
from models.promise import WorkingDays
from models.scope import Scope
from models.workbench.queue import Judge
from models.workbench.rules import OpenHours, OwnerRule, ReviewRule, Rules, WorkbenchSettings
from models.workbench.saves import PRIORS


@dataclass(frozen=True)
class ActionSaves:
    """What is believed of an action, from how much, and what was assumed before any outcome."""

    action: str
    acted: int
    expected_late: float
    late: int
    saves: float
    low: float
    high: float
    prior_saves: float
    source_zh: str
    source_en: str
    learnt_at: datetime | None


def workbench_settings(connection: Connection) -> WorkbenchSettings:
    """Return the newest settings, or those every installation starts with."""
    names = ", ".join(WorkbenchSettings.__dataclass_fields__)
    row = connection.execute(text(f"SELECT {names} FROM workbench_settings ORDER BY version DESC LIMIT 1")).one_or_none()
    return WorkbenchSettings() if row is None else WorkbenchSettings(**row._mapping)


def workbench_rules(connection: Connection) -> Rules:
    """Return all rules that hold now."""
    owners = "SELECT {} FROM owner_rules WHERE removed_at IS NULL ORDER BY rule_id"
    rows = [dict(row._mapping) for row in _records(connection, owners, OwnerRule)]
    return Rules(
        settings=workbench_settings(connection),
        owners=tuple(OwnerRule(**row | {"days": tuple(row["days"])}) for row in rows),
        reviews=tuple(ReviewRule(**row._mapping) for row in _records(connection, "SELECT {} FROM review_rules ORDER BY 1, 2", ReviewRule)),
        hours=tuple(OpenHours(**row._mapping) for row in _records(connection, "SELECT {} FROM warehouse_hours ORDER BY 1", OpenHours)),
    )


def judge(connection: Connection, *, zone: str) -> Judge:
    """Return all that orders are judged by."""
    found = {each.action: each.saves for each in action_saves(connection)}
    days = connection.execute(text("SELECT day, working FROM calendar_days WHERE calendar = :calendar"), {"calendar": CALENDAR})
    return Judge(workbench_rules(connection), found, zone, WorkingDays({row.day: row.working for row in days}))


def action_saves(connection: Connection) -> list[ActionSaves]:
    """Return what is believed of each action that may save an order."""
    seen: Mapping[str, Any] = {row.action: row for row in connection.execute(text("SELECT * FROM action_priors"))}
    found = []
    for prior in PRIORS:
        stated = (prior.saves, prior.source_zh, prior.source_en)
        row = seen.get(prior.action)
        if row is None:
            found.append(ActionSaves(prior.action, 0, 0.0, 0, prior.saves, prior.saves, prior.saves, *stated, None))
        else:
            believed = (row.acted, row.expected_late, row.late, row.saves, row.low, row.high)
            found.append(ActionSaves(prior.action, *believed, *stated, row.learnt_at))
    return found


def active_people(connection: Connection) -> list[Person]:
    """Return everybody who may sign in, with their scopes, by login name."""
    rows = connection.execute(select(people).where(people.c.active.is_(True)).order_by(people.c.person_id)).mappings()
    return [Person(row["person_id"], row["name"], row["role"], _scope(row)) for row in rows]


def _records(connection: Connection, asked: str, kind: Any) -> Any:
    """Ask for the columns that a record has."""
    return connection.execute(text(asked.format(", ".join(kind.__dataclass_fields__))))


def _scope(row: Mapping[Any, Any]) -> Scope:
    limits = [None if row[name] is None else tuple(row[name]) for name in ("scope_shops", "scope_channels", "scope_warehouses")]
    return Scope(shops=limits[0], channels=limits[1], warehouses=limits[2])
