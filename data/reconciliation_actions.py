"""What may a person decide of what does not agree: its label, who sees to it, when it is done with? Part of ``data.actions``.

Whoever of finance or management may see a difference may work on it (``Person.may_reconcile``). One deed on many is one transaction: all
of it or nothing. Each takes what its author saw; where somebody else, or a run, was faster ``Overtaken`` says who.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from data.acting import NotAllowed, Overtaken, acting, allow, audit, check
from data.queries.reconciliation import STILL_DIFFERS
from data.queries.reconciliation_queue import colleagues
from data.writes import recon_deeds as _deeds
from data.writes.recon_differences import open_work_orders
from models.people import Person
from models.reconciliation.classes import RESOLVE_REASONS, keys
from models.reconciliation.journal import ROLES
from models.reconciliation.labels import LABELS_BY_KEY
from models.scope import EVERYTHING

# (difference_id, version seen) of each.
Chosen = Sequence[tuple[int, int]]
MOST_AT_ONCE = 1_000
NOTE_SIGNS = 2_000
_CODE = re.compile(r"[0-9]{4}([0-9.]{0,12})")


def confirm_label_many(engine: Engine, *, person: Person, chosen: Chosen, as_of: datetime) -> None:
    """Stand for the labels that differences have; of ambiguous ones the first explanation counts from then on."""
    with acting(engine) as connection:
        rows = _taken(connection, person=person, chosen=chosen)
        check(all(row.state == "open" for row in rows), "只能处理未关闭的差异 / only open differences can be worked on")
        check(all(row.label for row in rows), "未识别的差异没有标签可确认，请先选择标签 / there is no label to confirm: choose one first")
        _deeds.set_labels(connection, rows=rows, label=None, person_id=person.person_id, as_of=as_of)
        _write_down(connection, rows, person=person, action="confirmed_label", as_of=as_of)


def change_label_many(engine: Engine, *, person: Person, chosen: Chosen, label: str, as_of: datetime) -> None:
    """Give differences another label, '' = 未识别; what it explains, the entry suggested and the work order follow it."""
    check(label == "" or label in LABELS_BY_KEY, "没有这个标签 / there is no such label")
    with acting(engine) as connection:
        rows = _taken(connection, person=person, chosen=chosen)
        check(all(row.state == "open" for row in rows), "只能处理未关闭的差异 / only open differences can be worked on")
        _deeds.set_labels(connection, rows=rows, label=label, person_id=person.person_id, as_of=as_of)
        open_work_orders(connection, zone=_zone(connection), as_of=as_of)
        was = {str(row.difference_id): row.label for row in rows}
        _write_down(connection, rows, person=person, action="changed_label", as_of=as_of, label=label, was=was)


def assign_difference_many(engine: Engine, *, person: Person, chosen: Chosen, owner: str | None, as_of: datetime) -> None:
    """Give differences, and their work orders, to a colleague who may see them all; with None to nobody."""
    with acting(engine) as connection:
        rows = _taken(connection, person=person, chosen=chosen)
        ids = tuple(row.difference_id for row in rows)
        able = {each.person_id for each in colleagues(connection, scope=person.scope, difference_ids=ids)}
        check(owner is None or owner in able, "这位同事看不到这些差异或已停用 / this colleague cannot see these differences or has left")
        _deeds.change(connection, difference_ids=ids, values={"owner": owner})
        connection.execute(
            text("UPDATE work_orders SET owner = :owner WHERE difference_id = ANY(:ids) AND closed_at IS NULL"),
            {"owner": owner, "ids": list(ids)},
        )
        _write_down(connection, rows, person=person, action="assigned", as_of=as_of, owner=owner)


def note_difference_many(engine: Engine, *, person: Person, chosen: Chosen, words: str, as_of: datetime) -> None:
    """Write a note beside differences; it stands beside whatever others have done meanwhile, so that no version is asked."""
    said = words.strip()
    check(bool(said), "请先写下备注 / write the note first")
    check(len(said) <= NOTE_SIGNS, f"备注最多 {NOTE_SIGNS} 字 / a note has at most {NOTE_SIGNS} signs")
    check("\0" not in said and said == said.encode(errors="ignore").decode(), "备注含有不可用字符 / the note cannot be stored as it is")
    with acting(engine) as connection:
        rows = _taken(connection, person=person, chosen=chosen, any_version=True)
        ids = [row.difference_id for row in rows]
        who = person.person_id
        _deeds.tell(connection, difference_ids=ids, person_id=who, action="noted", detail={"words": said}, as_of=as_of)
        for row in rows:
            subject, detail = f"difference {row.difference_id}", {"signs": len(said)}
            audit(connection, person_id=who, action="noted_difference", subject=subject, detail=detail, as_of=as_of)


def resolve_difference_many(engine: Engine, *, person: Person, chosen: Chosen, reason: str, as_of: datetime) -> None:
    """Say that differences are done with, and why; their work orders are closed."""
    check(reason in keys(RESOLVE_REASONS), "请选择原因 / choose a reason")
    with acting(engine) as connection:
        rows = _taken(connection, person=person, chosen=chosen)
        check(all(row.state == "open" for row in rows), "其中有已处理的差异 / some of them are done with already")
        values = {"state": "resolved", "reason": reason, "resolved_at": as_of, "resolved_by": person.person_id}
        _deeds.change(connection, difference_ids=[row.difference_id for row in rows], values=values)
        open_work_orders(connection, zone=_zone(connection), as_of=as_of)
        _write_down(connection, rows, person=person, action="resolved", as_of=as_of, reason=reason)


def reopen_difference_many(engine: Engine, *, person: Person, chosen: Chosen, as_of: datetime) -> None:
    """Take up differences again that were done with; each gets a new work order. One whose sides agree now stays closed."""
    with acting(engine) as connection:
        rows = _taken(connection, person=person, chosen=chosen)
        check(all(row.state == "resolved" for row in rows), "其中有未关闭的差异 / some of them are open already")
        agree = "双方已一致的差异无需重开 / where the sides agree now there is nothing to take up again"
        check(all(row.resolved_by is not None for row in rows) and _all_differ(connection, rows), agree)
        values = {"state": "open", "reason": None, "resolved_at": None, "resolved_by": None}
        _deeds.change(connection, difference_ids=[row.difference_id for row in rows], values=values)
        open_work_orders(connection, zone=_zone(connection), as_of=as_of)
        _write_down(connection, rows, person=person, action="reopened", as_of=as_of)


def _all_differ(connection: Connection, rows: Sequence[Any]) -> bool:
    asked = f"SELECT count(*) FROM recon_differences AS d WHERE d.difference_id = ANY(:ids) AND {STILL_DIFFERS}"
    return bool(connection.scalar(text(asked), {"ids": [row.difference_id for row in rows]}) == len(rows))


def confirm_label(engine: Engine, *, person: Person, difference_id: int, seen: int, as_of: datetime) -> None:
    """Stand for the label of one difference."""
    confirm_label_many(engine, person=person, chosen=((difference_id, seen),), as_of=as_of)


def change_label(engine: Engine, *, person: Person, difference_id: int, seen: int, label: str, as_of: datetime) -> None:
    """Give one difference another label."""
    change_label_many(engine, person=person, chosen=((difference_id, seen),), label=label, as_of=as_of)


def assign_difference(engine: Engine, *, person: Person, difference_id: int, seen: int, owner: str | None, as_of: datetime) -> None:
    """Give one difference to somebody, or to nobody."""
    assign_difference_many(engine, person=person, chosen=((difference_id, seen),), owner=owner, as_of=as_of)


def note_difference(engine: Engine, *, person: Person, difference_id: int, seen: int, words: str, as_of: datetime) -> None:
    """Write a note beside one difference."""
    note_difference_many(engine, person=person, chosen=((difference_id, seen),), words=words, as_of=as_of)


def resolve_difference(engine: Engine, *, person: Person, difference_id: int, seen: int, reason: str, as_of: datetime) -> None:
    """Say that one difference is done with."""
    resolve_difference_many(engine, person=person, chosen=((difference_id, seen),), reason=reason, as_of=as_of)


def reopen_difference(engine: Engine, *, person: Person, difference_id: int, seen: int, as_of: datetime) -> None:
    """Take up one difference again."""
    reopen_difference_many(engine, person=person, chosen=((difference_id, seen),), as_of=as_of)


def set_ledger_account(
    engine: Engine,
    *,
    person: Person,
    code: str,
    name_zh: str,
    name_en: str,
    role: str | None,
    active: bool,
    seen: int,
    as_of: datetime,
) -> int:
    """Add an account (``seen`` 0) or change one, and return its version; a role it takes on is taken from whichever account had it."""
    allow(person.may_reconcile and person.scope == EVERYTHING)
    check(_CODE.fullmatch(code) is not None, "科目编码为 4 位数字起 / a code begins with four digits")
    named = (name_zh.strip(), name_en.strip())
    check(all(named), "请填写中英文名称 / write both names")
    check(all(len(name) <= 100 and "\0" not in name for name in named), "名称最多 100 字 / a name has at most 100 signs")
    check(role is None or role in {each.key for each in ROLES}, "没有这种用途 / there is no such use")
    check(role is None or active, "停用的科目不能有用途 / an account that is not used has no use")
    with acting(engine) as connection:
        was = connection.execute(text("SELECT * FROM ledger_accounts WHERE code = :code FOR UPDATE"), {"code": code}).one_or_none()
        if (was.version if was else 0) != seen:
            raise Overtaken(by=was.set_by if was else "", at=was.set_at if was else None)
        handed_on = was is None or was.role is None or was.role == role
        check(
            handed_on, "这个用途必须有科目：请在接手的科目上选择它 / this use needs an account: choose it on the account that takes it over"
        )
        given = {"code": code, "zh": named[0], "en": named[1], "role": role, "active": active, "by": person.person_id, "at": as_of}
        if role is not None:
            connection.execute(
                text("""
                UPDATE ledger_accounts SET role = NULL, version = version + 1, set_by = :by, set_at = :at
                WHERE role = :role AND code <> :code
                """),
                given,
            )
        done = connection.execute(
            text("""
            INSERT INTO ledger_accounts AS kept (code, name_zh, name_en, role, active, version, set_by, set_at)
            VALUES (:code, :zh, :en, :role, :active, 1, :by, :at)
            ON CONFLICT (code) DO UPDATE SET name_zh = :zh, name_en = :en, role = :role, active = :active, version = kept.version + 1,
                set_by = :by, set_at = :at WHERE kept.version = :seen
            """),
            given | {"seen": seen},
        )
        if done.rowcount != 1:
            raise Overtaken(by="", at=None)
        detail = {"name_zh": named[0], "name_en": named[1], "role": role, "active": active, "version": seen + 1}
        audit(connection, person_id=person.person_id, action="set_ledger_account", subject=f"account {code}", detail=detail, as_of=as_of)
    return seen + 1


def _taken(connection: Connection, *, person: Person, chosen: Chosen, any_version: bool = False) -> list[Any]:
    """Return the chosen differences, locked; refused are more than may be at once, any outside the scope, any seen in another version."""
    allow(person.may_reconcile)
    check(0 < len(chosen) <= MOST_AT_ONCE, f"一次最多处理 {MOST_AT_ONCE} 条 / at most {MOST_AT_ONCE} at once")
    running = "对账正在运行，请稍后再试 / reconciliation is running, try again in a moment"
    check(any_version or _deeds.may_change(connection), running)
    rows = _deeds.locked(connection, difference_ids=[difference_id for difference_id, _ in chosen])
    for difference_id, seen in chosen:
        row = rows.get(difference_id)
        if row is None or not person.scope.holds(shop_id=row.shop_id, channel=row.channel, warehouse_code=None):
            raise NotAllowed
        if row.version != seen and not any_version:
            by, at = _deeds.last_deed(connection, difference_id=difference_id)
            raise Overtaken(by=by, at=at)
    return list(rows.values())


def _write_down(connection: Connection, rows: Sequence[Any], *, person: Person, action: str, as_of: datetime, **detail: Any) -> None:
    ids = [row.difference_id for row in rows]
    own = {key: value for key, value in detail.items() if key != "was"}
    _deeds.tell(connection, difference_ids=ids, person_id=person.person_id, action=action, as_of=as_of, detail=own)
    for row in rows:
        told = {"shop": row.shop_id, "order": row.order_no, "version": row.version + 1, **own}
        if "was" in detail:
            told["was"] = detail["was"][str(row.difference_id)]
        subject = f"difference {row.difference_id}"
        audit(connection, person_id=person.person_id, action=f"{action}_difference", subject=subject, detail=told, as_of=as_of)


def _zone(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT zone FROM installation")) or "Asia/Shanghai")
