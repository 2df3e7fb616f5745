"""Who looks after an order, what was said and done about it, and what of its buyer's contact is kept?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from data.queries.order_detail import OrderHead
from data.tables import audit_log, erased_contacts, order_comments, order_contacts, order_owners, people
from models.orders import CONTACT_FIELDS
from models.scope import HANDLING_ROLES, Scope

# So much of a history is listed, the newest first.
HISTORY = 200
# Longer than any address; a file may bring a megabyte.
CONTACT_SIGNS = 500
COMMENTED = "commented"


@dataclass(frozen=True)
class Colleague:
    """Somebody who may see an order, and so own it or be called by name."""

    person_id: str
    name: str
    role: str


@dataclass(frozen=True)
class Ownership:
    """Whose an order is; version 0 where nobody ever took it."""

    owner: str | None = None
    version: int = 0
    set_by: str = ""
    set_at: datetime | None = None


@dataclass(frozen=True)
class Deed:
    """Something a person did to an order; ``text`` is that of a comment."""

    at: datetime
    person_id: str
    action: str
    detail: Mapping[str, Any]
    text: str | None = None


@dataclass(frozen=True)
class ContactState:
    """What of a buyer's contact is kept, without a word of it."""

    held: tuple[str, ...] = ()
    observed_at: datetime | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, repr=False)
class Contact:
    """A buyer's contact in plain, for the one who asked; it has no text form, so that no log can hold it by accident."""

    values: tuple[tuple[str, str], ...]


def order_key(*, shop_id: str, order_no: str) -> str:
    """Name an order as the audit log does.

    >>> order_key(shop_id="tb-home", order_no="1")
    'tb-home/1'
    """
    return f"{shop_id}/{order_no}"


def ownership(connection: Connection, *, shop_id: str, order_no: str) -> Ownership:
    """Return whose an order is."""
    table = order_owners.c
    columns = (table.owner, table.version, table.set_by, table.set_at)
    row = connection.execute(select(*columns).where(table.shop_id == shop_id, table.order_no == order_no)).mappings().one_or_none()
    return Ownership() if row is None else Ownership(**row)


def colleagues(connection: Connection, *, head: OrderHead) -> list[Colleague]:
    """Return the active people who may see an order and act on it, by name."""
    found = []
    for row in connection.execute(select(people).where(people.c.active.is_(True), people.c.role.in_(HANDLING_ROLES))).mappings():
        limits = [None if row[name] is None else tuple(row[name]) for name in ("scope_shops", "scope_channels", "scope_warehouses")]
        scope = Scope(shops=limits[0], channels=limits[1], warehouses=limits[2])
        if scope.holds(shop_id=head.shop_id, channel=head.channel, warehouse_code=head.warehouse_code):
            found.append(Colleague(person_id=row["person_id"], name=row["name"], role=row["role"]))
    return sorted(found, key=lambda each: (each.name, each.person_id))


def history(connection: Connection, *, head: OrderHead) -> list[Deed]:
    """Return what people did to an order and said of it, the newest first; a comment stands there once, with its text."""
    log, said = audit_log.c, order_comments.c
    # two pairs of a shop and a number may read the same where an id holds a slash
    own = or_(log.detail["shop"].astext.is_(None), log.detail["shop"].astext == head.shop_id)
    subject = order_key(shop_id=head.shop_id, order_no=head.order_no)
    acts = select(log.at, log.person_id, log.action, log.detail).where(log.subject == subject, own, log.action != COMMENTED)
    mine = and_(said.shop_id == head.shop_id, said.order_no == head.order_no)
    comments = select(said.at, said.person_id, said.text, said.mentions, said.comment_id).where(mine)
    found = [Deed(**row) for row in connection.execute(acts.order_by(log.audit_id.desc()).limit(HISTORY)).mappings()]
    for row in connection.execute(comments.order_by(said.comment_id.desc()).limit(HISTORY)):
        detail = {"comment": row.comment_id, "mentions": list(row.mentions)}
        found.append(Deed(at=row.at, person_id=row.person_id, action=COMMENTED, detail=detail, text=row.text))
    return sorted(found, key=lambda deed: deed.at, reverse=True)[:HISTORY]


def names_of(connection: Connection, *, person_ids: set[str]) -> dict[str, str]:
    """Return what people are called, those who have left among them."""
    rows = connection.execute(select(people.c.person_id, people.c.name).where(people.c.person_id.in_(person_ids)))
    return {row.person_id: row.name for row in rows}


def contact_state(connection: Connection, *, shop_id: str, order_no: str) -> ContactState:
    """Say which fields of a buyer's contact are kept, and whether the buyer had it erased."""
    table, gone = order_contacts.c, erased_contacts.c
    held = [table[name].is_not(None).label(name) for name in CONTACT_FIELDS]
    row = connection.execute(select(table.observed_at, *held).where(table.shop_id == shop_id, table.order_no == order_no)).one_or_none()
    erased_at = connection.scalar(select(gone.erased_at).where(gone.shop_id == shop_id, gone.order_no == order_no))
    if row is None or erased_at is not None:
        return ContactState(erased_at=erased_at)
    fields = tuple(name for name in CONTACT_FIELDS if getattr(row, name))
    return ContactState(held=fields, observed_at=row.observed_at)


def contact(connection: Connection, *, shop_id: str, order_no: str) -> Contact | None:
    """Return a buyer's contact in plain; only for an action that writes down who asked."""
    table = order_contacts.c
    columns = [func.left(table[name], CONTACT_SIGNS).label(name) for name in CONTACT_FIELDS]
    row = connection.execute(select(*columns).where(table.shop_id == shop_id, table.order_no == order_no)).mappings().one_or_none()
    values = () if row is None else tuple((name, row[name]) for name in CONTACT_FIELDS if row[name])
    return Contact(values) if values else None
