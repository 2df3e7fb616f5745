"""By which rules of the merchant's own is reconciled: who gets what, which fees are expected, when is money due? Part of ``data.actions``.

Whoever of finance or management sees everything may set them. Rules of fees and settlement are added to, by the day they hold from; a work
order's rule is changed. Each takes how many versions its author saw, or which; where somebody was faster ``Overtaken`` says who. The next
run looks again at the orders and work orders that a rule concerns.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, text

from data.acting import Overtaken, acting, allow, audit, check
from data.queries import choices as _choices
from data.queries.reconciliation_queue import colleagues
from models.people import Person
from models.reconciliation.labels import LABELS_BY_KEY
from models.reconciliation.rules import MOST_TOLERANCE_MINOR, RECEIVABLE
from models.scope import EVERYTHING

SOURCE_SIGNS = 200


def set_work_order_rule(
    engine: Engine, *, person: Person, label: str, channel: str, owner: str | None, working_days: int, seen: int, as_of: datetime
) -> int:
    """Say who gets the differences of a label and channel ('*' = every one), and how many working days they have; returns the version.

    The next run hands on the open work orders it concerns, but for those a person has assigned.
    """
    allow(person.may_reconcile and person.scope == EVERYTHING)
    check(label in ("*", "") or label in LABELS_BY_KEY, "没有这个标签 / there is no such label")
    check(0 <= working_days <= 30, "时限须在 0 与 30 个工作日之间 / it is from 0 to 30 working days")
    with acting(engine) as connection:
        check(channel in ("*", *_choices.channels(connection, scope=EVERYTHING)), "没有这个渠道 / there is no such channel")
        able = {each.person_id for each in colleagues(connection, scope=EVERYTHING, difference_ids=())}
        check(owner is None or owner in able, "请选择财务或管理人员 / choose somebody of finance or management")
        place = {"label": label, "channel": channel}
        first = connection.execute(text("SELECT * FROM work_order_rules WHERE label = :label AND channel = :channel"), place).one_or_none()
        if (first.version if first else 0) != seen:
            raise Overtaken(by=first.set_by if first else "", at=first.set_at if first else None)
        done = connection.execute(
            text("""
            INSERT INTO work_order_rules AS kept (label, channel, owner, working_days, version, set_by, set_at)
            VALUES (:label, :channel, :owner, :days, 1, :by, :at)
            ON CONFLICT (label, channel) DO UPDATE SET owner = :owner, working_days = :days, version = kept.version + 1,
                set_by = :by, set_at = :at
            WHERE kept.version = :seen
            """),
            place | {"owner": owner, "days": working_days, "by": person.person_id, "at": as_of, "seen": seen},
        )
        if done.rowcount != 1:
            raise Overtaken(by="", at=None)
        detail = {"owner": owner, "working_days": working_days, "version": seen + 1}
        subject = f"work order rule {label}/{channel}"
        audit(connection, person_id=person.person_id, action="set_work_order_rule", subject=subject, detail=detail, as_of=as_of)
    return seen + 1


def set_fee_rule(
    engine: Engine,
    *,
    person: Person,
    channel: str,
    fee_type: str,
    valid_from: datetime,
    rate: Decimal,
    fixed_minor: int,
    base: str,
    returned: bool,
    source: str,
    as_of: datetime,
    category: str = "*",
    seen: int | None = None,
) -> None:
    """Say which commission or fee a channel takes of orders paid from an instant on; the next run expects it, of past orders too.

    A ``category`` limits it to orders whose main category it is; ``seen`` is how many versions of that place its author saw.
    """
    allow(person.may_reconcile and person.scope == EVERYTHING)
    check(fee_type in ("commission", "fee"), "没有这种费用 / there is no such fee")
    check(0 <= rate <= 1 and fixed_minor >= 0, "费率须在 0% 与 100% 之间 / a rate is from 0% to 100%")
    check(base in ("receipt", "goods"), "没有这种计费基数 / there is no such base")
    place = {"channel": channel, "fee_type": fee_type, "category": category}
    row = {"valid_from": valid_from, "rate": rate, "fixed_minor": fixed_minor, "base": base, "returned": returned, "source": source}
    _add_rule(engine, "fee_rules", place, row, person=person, seen=seen, as_of=as_of)


def set_settlement_rule(
    engine: Engine,
    *,
    person: Person,
    channel: str,
    valid_from: datetime,
    clock: str,
    days: int,
    escrow: bool,
    receivable: str,
    source: str,
    as_of: datetime,
    tolerance_minor: int = 0,
    seen: int | None = None,
) -> None:
    """Say when a channel's money is due, and how exactly, for orders paid from an instant on; the next run judges by it."""
    allow(person.may_reconcile and person.scope == EVERYTHING)
    check(clock in ("completed", "delivered", "paid") and 0 <= days <= 90, "没有这样的结算周期 / there is no such cycle")
    check(receivable in RECEIVABLE, "没有这种应收口径 / there is no such way to state what is owed")
    within = f"容差须在 0 与 {MOST_TOLERANCE_MINOR} 之间 / a tolerance is from 0 to {MOST_TOLERANCE_MINOR}"
    check(0 <= tolerance_minor <= MOST_TOLERANCE_MINOR, within)
    row = {"valid_from": valid_from, "clock": clock, "days": days, "escrow": escrow, "receivable": receivable}
    row |= {"tolerance_minor": tolerance_minor, "source": source}
    _add_rule(engine, "settlement_rules", {"channel": channel}, row, person=person, seen=seen, as_of=as_of)


def _add_rule(
    engine: Engine, table: str, place: Mapping[str, str], row: dict[str, Any], *, person: Person, seen: int | None, as_of: datetime
) -> None:
    """Add a version of a rule, unless there are other versions of its place than its author saw."""
    source = row["source"].strip()
    check(bool(source) and len(source) <= SOURCE_SIGNS and "\0" not in source, "请写明规则的来源 / say where the rule comes from")
    check(row["valid_from"].tzinfo is not None, "生效时间须带时区 / the time needs a zone")
    with acting(engine) as connection:
        _check_place(connection, place)
        last = _last(connection, table, place)
        if seen is not None and last[0] != seen:
            raise Overtaken(by=last[1], at=last[2])
        values = {**place, **row, "source": source, "set_by": person.person_id, "set_at": as_of}
        names = ", ".join(values)
        statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)}) ON CONFLICT DO NOTHING"
        if connection.execute(text(statement), values).rowcount != 1:
            raise Overtaken(by=last[1], at=last[2])
        detail = {name: value if isinstance(value, int | bool) else str(value) for name, value in {**place, **row}.items()}
        subject = f"{table[:-1].replace('_', ' ')} {'/'.join(place.values())}"
        audit(connection, person_id=person.person_id, action=f"added_{table[:-1]}", subject=subject, detail=detail, as_of=as_of)


def _check_place(connection: Connection, place: Mapping[str, str]) -> None:
    known = ("*", *_choices.channels(connection, scope=EVERYTHING))
    check(place["channel"] in known, "没有这个渠道 / there is no such channel")
    if place.get("category", "*") != "*":
        check(place["category"] in _choices.categories(connection, scope=EVERYTHING), "没有这个类目 / there is no such category")


def _last(connection: Connection, table: str, place: Mapping[str, str]) -> tuple[int, str, datetime | None]:
    """Return how many versions there are of a place, and who set the last one when; the table is locked until the transaction ends."""
    connection.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    same = " AND ".join(f"{name} = :{name}" for name in place)
    rows = connection.execute(text(f"SELECT set_by, set_at FROM {table} WHERE {same} ORDER BY set_at DESC"), dict(place)).all()
    return (len(rows), rows[0].set_by, rows[0].set_at) if rows else (0, "", None)
