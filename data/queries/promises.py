"""Which promises hold for which orders, and which days are working days?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select, union

from data.queries.cut import visible_channels, visible_shops
from data.tables import calendar_days, shops
from data.tables import promise_rules as _promise_rules
from models.promise import ANY, PromiseRule
from models.scope import Scope

# The mainland's calendar, which every installation has.
CALENDAR = "CN"


@dataclass(frozen=True)
class PromiseVersion:
    """One version of a promise rule, with where it comes from and who set it."""

    rule: PromiseRule
    source: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True)
class CalendarDay:
    """One day of a calendar: whether it is worked, and why, where somebody said so."""

    day: date
    working: bool
    note: str | None

    @property
    def is_weekday(self) -> bool:
        """Whether it is one of Monday to Friday."""
        return self.day.weekday() < 5


def promise_rules(connection: Connection, *, scope: Scope) -> list[PromiseVersion]:
    """Return every version of every rule for all channels or a visible one, by channel and kind, the newest first."""
    table = _promise_rules.c
    query = select(_promise_rules).where(visible_channels(table.channel, scope=scope, everywhere=ANY))
    return [
        PromiseVersion(
            PromiseRule(row.channel, row.kind, row.valid_from, row.hours, row.working_days, row.cut_off_hour),
            source=row.source,
            set_by=row.set_by,
            set_at=row.set_at,
        )
        for row in connection.execute(query.order_by(table.channel, table.kind, table.valid_from.desc()))
    ]


def promise_channels(connection: Connection) -> set[str]:
    """Return the channels that a rule can be for: those of shops and those that have one."""
    return set(connection.scalars(union(select(shops.c.channel), select(_promise_rules.c.channel)))) - {ANY}


def calendars(connection: Connection, *, scope: Scope) -> list[str]:
    """Return the calendars of the visible shops, the mainland's first of all and always."""
    found = connection.scalars(select(shops.c.calendar).where(visible_shops(scope)).distinct().order_by(shops.c.calendar))
    return [CALENDAR, *(name for name in found if name != CALENDAR)]


def calendar_month(connection: Connection, *, calendar: str, month: date) -> list[CalendarDay]:
    """Return every day of the month of a day; one nobody decided is worked Monday to Friday."""
    first = month.replace(day=1)
    until = (first + timedelta(days=32)).replace(day=1)
    query = select(calendar_days).where(calendar_days.c.calendar == calendar, calendar_days.c.day >= first, calendar_days.c.day < until)
    decided = {row.day: CalendarDay(row.day, row.working, row.note) for row in connection.execute(query)}
    every = (first + timedelta(days=n) for n in range((until - first).days))
    return [decided.get(day) or CalendarDay(day, day.weekday() < 5, None) for day in every]
