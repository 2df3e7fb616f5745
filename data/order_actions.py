"""What may a person do with an order: own it, give it to somebody, comment, see its buyer's contact? Part of ``data.actions``.

Everybody who may see an order may own it and comment on it (``Person.may_handle``); to see a contact takes ``Person.may_reveal``.
An order outside the scope is refused as one that is not there. Each act is one transaction with an audit row under the order's key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from data import order_sources as _order_sources
from data.acting import NotAllowed, Overtaken, acting, allow, audit, check
from data.queries import order_detail as _detail
from data.queries import order_handling as _handling
from data.queries.order_detail import OrderHead
from data.queries.order_handling import COMMENTED, Contact, order_key
from data.refused import RawRow, RetentionOver, raw_cells
from data.settings import Settings
from data.writes import order_handling as _writes
from models.mentions import called
from models.people import Person

COMMENT_SIGNS = 2_000


@dataclass(frozen=True)
class Commented:
    """What became of a comment: its number, whom it calls, and the words after an @ that name nobody who may see the order."""

    comment_id: int
    mentions: tuple[str, ...]
    unknown: tuple[str, ...]


def set_owner(engine: Engine, *, person: Person, shop_id: str, order_no: str, owner: str | None, seen: int, as_of: datetime) -> int:
    """Take an order (``owner`` is oneself), assign it to somebody who may see it, or give it back with None; returns the new version.

    ``seen`` is the version its author saw, 0 for none; where somebody else was faster, ``Overtaken`` says who.
    """
    with acting(engine) as connection:
        head = _allowed(connection, person=person, shop_id=shop_id, order_no=order_no, may=person.may_handle)
        able = {each.person_id for each in _handling.colleagues(connection, head=head)}
        check(owner is None or owner in able, "这位同事看不到此订单或已停用 / this colleague cannot see the order or has left")
        was = _handling.ownership(connection, shop_id=shop_id, order_no=order_no)
        check(was.version != seen or was.owner != owner, "没有改动 / nothing has changed")
        given: Mapping[str, Any] = {"owner": owner, "seen": seen, "set_by": person.person_id, "set_at": as_of}
        if not _writes.set_owner(connection, shop_id=shop_id, order_no=order_no, **given):
            first = _handling.ownership(connection, shop_id=shop_id, order_no=order_no)
            raise Overtaken(by=first.set_by, at=first.set_at)
        action = "gave_back_order" if owner is None else "took_order" if owner == person.person_id else "assigned_order"
        _write_down(connection, head, person=person, action=action, as_of=as_of, owner=owner, was=was.owner, version=seen + 1)
    return seen + 1


def comment(engine: Engine, *, person: Person, shop_id: str, order_no: str, words: str, as_of: datetime) -> Commented:
    """Say something of an order; ``@name`` calls a colleague who may see it, an @ that names nobody stays the text it is."""
    said = words.strip()
    check(bool(said), "请先写下评论 / write the comment first")
    check(len(said) <= COMMENT_SIGNS, f"评论最多 {COMMENT_SIGNS} 字 / a comment has at most {COMMENT_SIGNS} signs")
    check(_storable(said), "评论含有不可用字符 / the comment has characters that cannot be stored")
    with acting(engine) as connection:
        head = _allowed(connection, person=person, shop_id=shop_id, order_no=order_no, may=person.may_handle)
        found = called(said, names={each.person_id: each.name for each in _handling.colleagues(connection, head=head)})
        given: Mapping[str, Any] = {"person_id": person.person_id, "words": said, "mentions": found.person_ids, "at": as_of}
        number = _writes.add_comment(connection, shop_id=shop_id, order_no=order_no, **given)
        mentions = list(found.person_ids)
        _write_down(connection, head, person=person, action=COMMENTED, as_of=as_of, comment=number, mentions=mentions)
    return Commented(number, found.person_ids, found.unknown)


def reveal_contact(engine: Engine, *, person: Person, shop_id: str, order_no: str, as_of: datetime) -> Contact | None:
    """Return a buyer's contact, once it is written down who saw whose; None where none is kept, or no more."""
    with acting(engine) as connection:
        head = _allowed(connection, person=person, shop_id=shop_id, order_no=order_no, may=person.may_reveal)
        if _handling.contact_state(connection, shop_id=shop_id, order_no=order_no).erased_at is not None:
            return None
        found = _handling.contact(connection, shop_id=shop_id, order_no=order_no)
        if found is not None:
            _write_down(connection, head, person=person, action="revealed", as_of=as_of, fields=[name for name, _ in found.values])
    return found


def reveal_order_row(
    engine: Engine, *, person: Person, settings: Settings, shop_id: str, order_no: str, file_id: int, row_number: int, as_of: datetime
) -> RawRow | None:
    """Return one of the order's own rows as it stands in its file, contacts in plain, once that is written down.

    None where the file has no such row. ``RetentionOver`` when the kept file is gone; ``NotAllowed`` for a row that is not the
    order's, and for an order whose buyer had the contact erased.
    """
    with acting(engine) as connection:
        head = _allowed(connection, person=person, shop_id=shop_id, order_no=order_no, may=person.may_reveal)
        allow(_handling.contact_state(connection, shop_id=shop_id, order_no=order_no).erased_at is None)
        origins = _order_sources.origins(connection, head=head, file_id=file_id)
    kept = _order_sources.file_of_row(origins, settings=settings, head=head, row_number=row_number)
    if kept is None:
        raise NotAllowed
    if kept.erased_at is not None:
        raise RetentionOver
    found = raw_cells(settings, sha256=kept.sha256, name=kept.name, source=kept.source, numbers=[row_number], reveal=True)
    if row_number not in found:
        return None
    with acting(engine) as connection:
        where = {"file_id": file_id, "sha256": kept.sha256, "row": row_number}
        _write_down(connection, head, person=person, action="revealed", as_of=as_of, **where)
    return found[row_number]


def _allowed(connection: Connection, *, person: Person, shop_id: str, order_no: str, may: bool) -> OrderHead:
    head = _detail.order_head(connection, scope=person.scope, shop_id=shop_id, order_no=order_no) if may else None
    if head is None:
        raise NotAllowed
    return head


def _write_down(connection: Connection, head: OrderHead, *, person: Person, action: str, as_of: datetime, **detail: Any) -> None:
    subject = order_key(shop_id=head.shop_id, order_no=head.order_no)
    said = {"shop": head.shop_id, "order": head.order_no, **detail}
    audit(connection, person_id=person.person_id, action=action, subject=subject, detail=said, as_of=as_of)


def _storable(words: str) -> bool:
    r"""Say whether a text can be stored: no NUL, nothing that is no character.

    >>> _storable("好 👍"), _storable("a\0"), _storable("\ud800")
    (True, False, False)
    """
    return "\0" not in words and words == words.encode(errors="ignore").decode()
