"""How does a manager change the rules of the workbench, and who answers what was asked? Part of ``data.actions``.

Rules move everybody's lists, so that whoever changes them sees everything (``Person.may_define``). Each change takes the version its author
saw, is audited, and has every order judged anew at the next look.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from data.acting import Overtaken, acting, allow, audit, check
from data.queries.workbench_rules import active_people, workbench_settings
from data.writes.workbench_queue import judge_again
from models.people import Person
from models.workbench.rules import ANY

ANSWER_SIGNS = 500
# Roles that speak for a warehouse.
_ANSWERING = frozenset({"manager", "operations", "warehouse"})


def set_workbench_settings(
    engine: Engine,
    *,
    person: Person,
    seen: int,
    capacity: int,
    hold_out_share: float,
    least_probability: float,
    overdue_minutes: int,
    late_cost_share: float,
    as_of: datetime,
) -> int:
    """Set what the workbench reckons with, as the version after the one seen; returns the new version. A share of 0 holds nobody out."""
    allow(person.may_define)
    check(0 <= capacity <= 1_000_000, "每日处理能力须在 0 到 100 万之间 / the capacity is from 0 to 1,000,000")
    check(0 <= hold_out_share <= 0.5, "对照组比例须在 0 到 50% 之间 / the control group is from 0 to 50 %")
    check(0 <= least_probability <= 1 and 0 <= late_cost_share <= 1, "比例须在 0 到 1 之间 / a share is from 0 to 1")
    check(1 <= overdue_minutes <= 10_080, "时长须在 1 分钟到 7 天之间 / it is from a minute to 7 days")
    values = {"capacity": capacity, "hold_out_share": hold_out_share, "least_probability": least_probability}
    values |= {"overdue_minutes": overdue_minutes, "late_cost_share": late_cost_share}
    with acting(engine) as connection:
        was = workbench_settings(connection)
        row = {"version": seen + 1, "hold_out_seed": was.hold_out_seed, **values}
        if was.version != seen or not _insert(connection, "workbench_settings", row, person=person, as_of=as_of):
            last = connection.execute(text("SELECT set_by, set_at FROM workbench_settings ORDER BY version DESC LIMIT 1")).one_or_none()
            raise Overtaken(by=last.set_by if last else "", at=last.set_at if last else None)
        judge_again(connection)
        audit(connection, person_id=person.person_id, action="set_workbench", subject="workbench", detail=values, as_of=as_of)
    return seen + 1


def set_owner_rule(
    engine: Engine,
    *,
    person: Person,
    rule_id: int | None,
    seen: int,
    channel: str,
    warehouse_code: str,
    category: str,
    days: Sequence[int],
    from_minute: int,
    to_minute: int,
    owner: str,
    as_of: datetime,
) -> int:
    """Say who looks after which orders, in which hours; with None as a new rule. Returns the rule's number."""
    allow(person.may_define)
    check(bool(days) and set(days) <= set(range(7)), "请选择星期 / choose weekdays")
    check(0 <= from_minute <= 1439 and 0 <= to_minute <= 1440, "时间须在一天之内 / the times are of a day")
    row: dict[str, Any] = {"channel": channel, "warehouse_code": warehouse_code, "category": category, "days": sorted(set(days))}
    row |= {"from_minute": from_minute, "to_minute": to_minute, "owner": owner}
    with acting(engine) as connection:
        able = [each.person_id for each in active_people(connection) if each.may_handle]
        check(owner in able, "没有这位同事或已停用 / there is no such colleague, or they have left")
        number = _put_owner_rule(connection, row, rule_id=rule_id, seen=seen, person=person, as_of=as_of)
        subject = f"owner rule {number}"
        audit(connection, person_id=person.person_id, action="set_owner_rule", subject=subject, detail=row, as_of=as_of)
    return number


def remove_owner_rule(engine: Engine, *, person: Person, rule_id: int, seen: int, as_of: datetime) -> None:
    """Take a rule of owners back; orders keep the owners it gave them."""
    allow(person.may_define)
    with acting(engine) as connection:
        gone = """UPDATE owner_rules SET removed_at = :as_of, version = version + 1, set_by = :by, set_at = :as_of
            WHERE rule_id = :id AND version = :seen AND removed_at IS NULL"""
        given = {"id": rule_id, "seen": seen, "by": person.person_id, "as_of": as_of}
        _one(connection, connection.execute(text(gone), given).rowcount, table="owner_rules", where={"rule_id": rule_id})
        audit(connection, person_id=person.person_id, action="removed_owner_rule", subject=f"owner rule {rule_id}", as_of=as_of)


def set_review_rule(
    engine: Engine, *, person: Person, seen: int, channel: str, currency: str, threshold_minor: int | None, as_of: datetime
) -> int:
    """Say from which value on the orders of a channel and currency are held until reviewed; None = never. Returns the new version."""
    allow(person.may_define)
    check(threshold_minor is None or 0 < threshold_minor < 10**15, "阈值须大于零 / the threshold is above zero")
    check(len(currency) == 3 and currency.isascii() and currency.isupper(), "货币须为三位代码 / a currency has three letters")
    where, values = {"channel": channel, "currency": currency}, {"threshold_minor": threshold_minor}
    return _set_rule(engine, "review_rules", where, values, seen=seen, person=person, as_of=as_of)


def set_open_hours(
    engine: Engine,
    *,
    person: Person,
    seen: int,
    warehouse_code: str,
    opens_minute: int,
    closes_minute: int,
    working_days_only: bool,
    as_of: datetime,
) -> int:
    """Say when a warehouse works; the two hours an order may wait are counted in these. Returns the new version."""
    allow(person.may_define)
    check(0 <= opens_minute < closes_minute <= 1440, "开门须早于关门 / it opens before it closes")
    values = {"opens_minute": opens_minute, "closes_minute": closes_minute, "working_days_only": working_days_only}
    where = {"warehouse_code": warehouse_code}
    return _set_rule(engine, "warehouse_hours", where, values, seen=seen, person=person, as_of=as_of)


def answer_intent(engine: Engine, *, person: Person, intent_id: int, accepted: bool, words: str = "", as_of: datetime) -> None:
    """Say in a warehouse's name that it will do what it is asked, or will not."""
    allow(person.role in _ANSWERING)
    said = words.strip()
    check(len(said) <= ANSWER_SIGNS and "\0" not in said, f"最多 {ANSWER_SIGNS} 字 / at most {ANSWER_SIGNS} signs")
    check(accepted or bool(said), "请说明拒绝的原因 / say why not")
    with acting(engine) as connection:
        row = connection.execute(
            text("""
            SELECT i.*, o.channel FROM intents AS i JOIN orders AS o USING (shop_id, order_no) WHERE intent_id = :id FOR UPDATE OF i
            """),
            {"id": intent_id},
        ).one_or_none()
        allow(row is not None)
        assert row is not None
        allow(person.scope.holds(shop_id=row.shop_id, channel=row.channel or "", warehouse_code=row.warehouse_code or None))
        if row.closed_at is not None or row.state == "acknowledged":
            raise Overtaken(by=row.answered_by or "", at=row.answered_at or row.closed_at)
        state = "acknowledged" if accepted else "refused"
        connection.execute(
            text("""
            UPDATE intents SET state = :state, answered_at = :at, answered_by = :by, answer = :answer,
                closed_at = CASE WHEN :accepted THEN NULL ELSE CAST(:at AS timestamptz) END WHERE intent_id = :id
            """),
            {
                "state": state,
                "at": as_of,
                "by": person.person_id,
                "answer": said or None,
                "accepted": accepted,
                "id": intent_id,
            },
        )
        if not accepted:
            # nobody waits for it any more: the case is its owner's again
            connection.execute(
                text("UPDATE order_cases SET state = 'open' WHERE shop_id = :shop AND order_no = :order AND state = 'waiting'"),
                {"shop": row.shop_id, "order": row.order_no},
            )
        detail = {"shop": row.shop_id, "order": row.order_no, "kind": row.kind, "intent": intent_id}
        subject = f"{row.shop_id}/{row.order_no}"
        audit(connection, person_id=person.person_id, action=f"intent_{state}", subject=subject, detail=detail, as_of=as_of)


def close_case_work_order(engine: Engine, *, person: Person, number: int, as_of: datetime) -> None:
    """Say that a work order about an order is done: its owner, who opened it, or a manager may."""
    with acting(engine) as connection:
        row = connection.execute(
            text("""
            SELECT w.*, o.channel, o.warehouse_code FROM case_work_orders AS w JOIN orders AS o USING (shop_id, order_no)
            WHERE case_work_order_id = :number FOR UPDATE OF w
            """),
            {"number": number},
        ).one_or_none()
        allow(row is not None)
        assert row is not None
        allow(person.scope.holds(shop_id=row.shop_id, channel=row.channel or "", warehouse_code=row.warehouse_code))
        allow(person.person_id in (row.owner, row.opened_by) or person.role == "manager")
        if row.closed_at is not None:
            raise Overtaken(by=row.closed_by or "", at=row.closed_at)
        connection.execute(
            text("UPDATE case_work_orders SET closed_at = :at, closed_by = :by WHERE case_work_order_id = :number"),
            {"at": as_of, "by": person.person_id, "number": number},
        )
        detail = {"shop": row.shop_id, "order": row.order_no, "work_order": number}
        subject = f"{row.shop_id}/{row.order_no}"
        audit(connection, person_id=person.person_id, action="closed_work_order", subject=subject, detail=detail, as_of=as_of)


def see_mentions(engine: Engine, *, person: Person, up_to: int, as_of: datetime) -> None:
    """Remember that a person has seen the comments that call them, up to a number; it never goes back."""
    with acting(engine) as connection:
        connection.execute(
            text("""
            INSERT INTO inbox_seen AS kept (person_id, comment_id, seen_at) VALUES (:id, :up_to, :at)
            ON CONFLICT (person_id) DO UPDATE SET comment_id = greatest(kept.comment_id, EXCLUDED.comment_id), seen_at = EXCLUDED.seen_at
            """),
            {"id": person.person_id, "up_to": up_to, "at": as_of},
        )


def _put_owner_rule(
    connection: Connection, row: Mapping[str, Any], *, rule_id: int | None, seen: int, person: Person, as_of: datetime
) -> int:
    given = {**row, "by": person.person_id, "as_of": as_of}
    if rule_id is None:
        added = f"""INSERT INTO owner_rules ({", ".join(row)}, version, set_by, set_at)
            VALUES ({", ".join(f":{name}" for name in row)}, 1, :by, :as_of) RETURNING rule_id"""
        return int(connection.scalar(text(added), given) or 0)
    assigned = ", ".join(f"{name} = :{name}" for name in row)
    changed = f"""UPDATE owner_rules SET {assigned}, version = version + 1, set_by = :by, set_at = :as_of
        WHERE rule_id = :id AND version = :seen AND removed_at IS NULL"""
    done = connection.execute(text(changed), given | {"id": rule_id, "seen": seen}).rowcount
    _one(connection, done, table="owner_rules", where={"rule_id": rule_id})
    return rule_id


def _set_rule(
    engine: Engine, table: str, where: Mapping[str, Any], values: Mapping[str, Any], *, seen: int, person: Person, as_of: datetime
) -> int:
    """Put the next version of a rule known by its key, the first one after a version 0; returns its version."""
    check(all(bool(value) for value in where.values()), f"请选择适用范围，或用 {ANY} 表示全部 / choose what it is for ({ANY} = all)")
    with acting(engine) as connection:
        if seen == 0:
            done = int(_insert(connection, table, {**where, **values, "version": 1}, person=person, as_of=as_of))
        else:
            assigned = ", ".join(f"{name} = :{name}" for name in values)
            matched = " AND ".join(f"{name} = :{name}" for name in where)
            statement = f"UPDATE {table} SET {assigned}, version = version + 1, set_by = :by, set_at = :as_of WHERE {matched}"
            given = {**where, **values, "by": person.person_id, "as_of": as_of, "seen": seen}
            done = connection.execute(text(f"{statement} AND version = :seen"), given).rowcount
        _one(connection, done, table=table, where=where)
        judge_again(connection)
        subject = f"{table[:-1].replace('_', ' ')} {'/'.join(str(value) for value in where.values())}"
        detail = {**where, **values}
        audit(connection, person_id=person.person_id, action=f"set_{table}", subject=subject, detail=detail, as_of=as_of)
    return seen + 1


def _insert(connection: Connection, table: str, row: Mapping[str, Any], *, person: Person, as_of: datetime) -> bool:
    given = {**row, "set_by": person.person_id, "set_at": as_of}
    names, values = ", ".join(given), ", ".join(f":{name}" for name in given)
    return connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING"), given).rowcount == 1


def _one(connection: Connection, done: int, *, table: str, where: Mapping[str, Any]) -> None:
    """Refuse where the version seen is no more: somebody else was first, and here is who."""
    if done == 1:
        return
    matched = " AND ".join(f"{name} = :{name}" for name in where)
    row = connection.execute(text(f"SELECT set_by, set_at FROM {table} WHERE {matched}"), dict(where)).one_or_none()
    raise Overtaken(by=row.set_by if row else "", at=row.set_at if row else None)
