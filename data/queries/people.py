"""Who may sign in, in which role and with which limits?"""

from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from data.tables import people
from models.people import Person
from models.scope import Scope


@dataclass(frozen=True)
class Account:
    """An active person and, where they sign in here, the hash of their password."""

    person: Person
    password_hash: str | None


def account(connection: Connection, *, person_id: str) -> Account | None:
    """Return an active person by login name or OIDC e-mail, in whatever case, or None."""
    login = person_id.lower()
    # people added before names were folded may stand in mixed case; where both stand, the folded one is meant
    same = or_(people.c.person_id == login, func.lower(people.c.person_id) == login)
    query = select(people).where(same, people.c.active.is_(True)).order_by((people.c.person_id == login).desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    limits = [None if row[name] is None else tuple(row[name]) for name in ("scope_shops", "scope_channels", "scope_warehouses")]
    scope = Scope(shops=limits[0], channels=limits[1], warehouses=limits[2])
    return Account(
        person=Person(person_id=row["person_id"], name=row["name"], role=row["role"], scope=scope), password_hash=row["password_hash"]
    )


def logins(connection: Connection, *, prefix: str) -> set[str]:
    """Return the login names, active or not, that begin with a prefix."""
    return set(connection.scalars(select(people.c.person_id).where(people.c.person_id.startswith(prefix, autoescape=True))))
