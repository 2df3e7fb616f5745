"""Which regions, carriers, working days and promises does every installation start with?

Shipped rows are added where they are missing and never overwrite what a merchant changed.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from data.queries.promises import CALENDAR
from data.tables import calendar_days, carriers, promise_rules, regions

SHIPPED = Path(__file__).resolve().parents[1] / "reference"

# The mainland's working days, make-up Saturdays included, as announced year by year; a year not announced yet has its
# plain weekdays, with a note, until the library or a person knows better.
CALENDAR_SPAN = (date(2022, 1, 1), date(2027, 12, 31))
# Shipped promises hold for every order there ever was.
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NOT_ANNOUNCED = "按平日推定，节假日安排尚未公布 / plain weekdays, holidays not announced yet"


def seed_reference(connection: Connection) -> None:
    """Add the shipped regions, carriers, calendar days and promise rules that are not there yet."""
    connection.execute(insert(regions).on_conflict_do_nothing(), list(_regions()))
    connection.execute(insert(carriers).on_conflict_do_nothing(), list(_carriers()))
    connection.execute(insert(calendar_days).on_conflict_do_nothing(), list(_days()))
    connection.execute(insert(promise_rules).on_conflict_do_nothing(), list(_promises()))


def _regions() -> Iterator[dict[str, object]]:
    for row in _rows("regions.csv"):
        yield {name: row[name] for name in ("region_code", "name_zh", "name_en", "area")}


def _carriers() -> Iterator[dict[str, object]]:
    for row in _rows("carriers.csv"):
        yield {**row, "aliases": [alias for alias in row["aliases"].split("|") if alias]}


def _days() -> Iterator[dict[str, object]]:
    day, last = CALENDAR_SPAN
    while day <= last:
        try:
            working, note = chinese_calendar.is_workday(day), None
        except NotImplementedError:
            working, note = day.weekday() < 5, NOT_ANNOUNCED
        yield {"calendar": CALENDAR, "day": day, "working": working, "note": note}
        day += timedelta(days=1)


def _promises() -> Iterator[dict[str, object]]:
    for row in _rows("promise_rules.csv"):
        yield {**row, "hours": int(row["hours"]), "valid_from": EVER, "set_by": "shipped", "set_at": EVER}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (SHIPPED / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
