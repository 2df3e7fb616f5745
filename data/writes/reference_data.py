"""Which regions, carriers, working days, promises, rules of settlement and accounts does every installation start with?

Shipped rows are added where they are missing and never overwrite what a merchant changed.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import chinese_calendar
from dateutil.easter import easter
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from data.queries.promises import CALENDAR
from data.tables import (
    calendar_days,
    carriers,
    fee_rules,
    hold_rules,
    ledger_accounts,
    promise_rules,
    regions,
    settlement_rules,
    stock_rules,
    work_order_rules,
)
from models.reconciliation.journal import ACCOUNTS

SHIPPED = Path(__file__).resolve().parents[1] / "reference"

# The mainland's working days, make-up Saturdays included, as announced year by year; a year not announced yet has its
# plain weekdays, with a note, until the library or a person knows better.
CALENDAR_SPAN = (date(2022, 1, 1), date(2027, 12, 31))
# Shipped promises hold for every order there ever was.
EVER = datetime(1970, 1, 1, tzinfo=UTC)
_SHIPPED_BY = {"valid_from": EVER, "set_by": "shipped", "set_at": EVER}
# Corrected and approved within three working days a difference still counts as good (product, section 3.2), so that is its time.
_ANY_WORK_ORDER = {"label": "*", "channel": "*", "owner": None, "working_days": 3, "version": 1, "set_by": "shipped", "set_at": EVER}
# An unpaid order holds stock for half an hour unless a rule says otherwise; few pieces left are shown as such.
_ANY_HOLD = {"channel": "*", "customer_class": "*", "minutes": 30, "extension_minutes": 30, "may_split": True}
_ANY_STOCK = {"sku_code": "*", "channel": "*", "threshold": 5, "action": "show_left", "relist_above": 8}
_FIRST = {"version": 1, "set_by": "shipped", "set_at": EVER}
# Brazil's national holidays (federal laws 662/1949, 6802/1980 and 10607/2002; 14759/2023 from 2024 on) and the days of carnival, Good
# Friday and Corpus Christi, on which nothing is handed over either: fixed days of the year, and days counted from Easter.
BRAZIL = "BR"
BRAZIL_SPAN = (2016, 2027)
_BRAZIL_FIXED = ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25))
_BRAZIL_FROM_EASTER = MappingProxyType({-48: "Carnaval", -47: "Carnaval", -2: "Sexta-feira Santa", 60: "Corpus Christi"})
_BRAZIL_ADDED = MappingProxyType({(11, 20): 2024})
NOT_ANNOUNCED = "按平日推定，节假日安排尚未公布 / plain weekdays, holidays not announced yet"


def seed_reference(connection: Connection) -> None:
    """Add what is shipped and not there yet; a channel that has a rule of its own keeps it."""
    connection.execute(insert(regions).on_conflict_do_nothing(), list(_regions()))
    connection.execute(insert(carriers).on_conflict_do_nothing(), list(_carriers()))
    connection.execute(insert(calendar_days).on_conflict_do_nothing(), list(_days()))
    connection.execute(insert(promise_rules).on_conflict_do_nothing(), list(_promises()))
    connection.execute(insert(settlement_rules).on_conflict_do_nothing(), list(_settlements()))
    connection.execute(insert(fee_rules).on_conflict_do_nothing(), list(_fees()))
    connection.execute(insert(ledger_accounts).on_conflict_do_nothing(), list(_accounts()))
    connection.execute(insert(work_order_rules).on_conflict_do_nothing(), [_ANY_WORK_ORDER])
    connection.execute(insert(hold_rules).on_conflict_do_nothing(), [_ANY_HOLD | _FIRST])
    connection.execute(insert(stock_rules).on_conflict_do_nothing(), [_ANY_STOCK | _FIRST])


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
    yield from _days_of_brazil()


def _days_of_brazil() -> Iterator[dict[str, object]]:
    """Give the days off alone; every other Monday to Friday is worked."""
    for year in range(BRAZIL_SPAN[0], BRAZIL_SPAN[1] + 1):
        off = {date(year, month, day): "feriado nacional" for month, day in _BRAZIL_FIXED}
        off |= {date(year, month, day): "feriado nacional" for (month, day), since in _BRAZIL_ADDED.items() if year >= since}
        off |= {easter(year) + timedelta(days=days): name for days, name in _BRAZIL_FROM_EASTER.items()}
        for day, note in sorted(off.items()):
            yield {"calendar": BRAZIL, "day": day, "working": False, "note": note}


def _promises() -> Iterator[dict[str, object]]:
    for row in _rows("promise_rules.csv"):
        yield {**row, "hours": int(row["hours"]), "valid_from": EVER, "set_by": "shipped", "set_at": EVER}


def _settlements() -> Iterator[dict[str, object]]:
    for row in _rows("settlement_rules.csv"):
        yield {**row, "days": int(row["days"]), "escrow": row["escrow"] == "true", **_SHIPPED_BY}


def _fees() -> Iterator[dict[str, object]]:
    for row in _rows("fee_rules.csv"):
        numbers = {"rate": Decimal(row["rate"]), "fixed_minor": int(row["fixed_minor"]), "returned": row["returned"] == "true"}
        yield {**row, **numbers, **_SHIPPED_BY}


def _accounts() -> Iterator[dict[str, object]]:
    for account in ACCOUNTS:
        named = {"code": account.code, "name_zh": account.name_zh, "name_en": account.name_en, "role": account.role}
        yield {**named, "active": True, "version": 1, "set_by": "shipped", "set_at": EVER}


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (SHIPPED / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
