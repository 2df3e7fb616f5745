"""Who may sign in, as whom, and who decided so?"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from data.tables import audit_log, people
from models.people import Person
from models.scope import Scope


def add_person(connection: Connection, person: Person, *, hashed: str | None, by: str, at: datetime) -> bool:
    """Add a person, who signs in by this password hash or, without one, by OIDC; False when the login name is taken.

    Login names are kept in lower case: who signs in may write them otherwise.
    """
    login = person.person_id.lower()
    row = {
        "person_id": login,
        "name": person.name,
        "role": person.role,
        "password_hash": hashed,
        "scope_shops": _listed(person.scope.shops),
        "scope_channels": _listed(person.scope.channels),
        "scope_warehouses": _listed(person.scope.warehouses),
        "active": True,
        "created_at": at,
    }
    statement = upsert(people).values(row).on_conflict_do_nothing().returning(people.c.person_id)
    if connection.scalar(select(exists().where(_is(login)))) or connection.execute(statement).first() is None:
        return False
    _audit(connection, action="add_person", person_id=login, detail={"role": person.role}, by=by, at=at)
    return True


def disable_person(connection: Connection, *, person_id: str, by: str, at: datetime) -> bool:
    """Let a person sign in no more; False when there is no such active person."""
    statement = update(people).where(_is(person_id.lower()), people.c.active).values(active=False).returning(people.c.person_id)
    disabled = list(connection.scalars(statement))
    for login in disabled:
        _audit(connection, action="disable_person", person_id=login, detail={}, by=by, at=at)
    return bool(disabled)


def listed_people(connection: Connection) -> list[tuple[Person, bool]]:
    """Return everybody by login name, each with whether they are active."""
    return [
        (
            Person(
                person_id=row.person_id,
                name=row.name,
                role=row.role,
                scope=Scope(shops=_limit(row.scope_shops), channels=_limit(row.scope_channels), warehouses=_limit(row.scope_warehouses)),
            ),
            row.active,
        )
        for row in connection.execute(select(people).order_by(people.c.person_id))
    ]


def _is(login: str) -> ColumnElement[bool]:
    # people added before names were folded may stand in mixed case
    return or_(people.c.person_id == login, func.lower(people.c.person_id) == login)


def _listed(limit: tuple[str, ...] | None) -> list[str] | None:
    return None if limit is None else list(limit)


def _limit(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _audit(connection: Connection, *, action: str, person_id: str, detail: dict[str, str], by: str, at: datetime) -> None:
    connection.execute(insert(audit_log).values(at=at, person_id=by, action=action, subject=person_id, detail=detail))
