"""How does anything a person does happen: in one transaction, allowed or refused, written down?"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from data.engine import problem_of
from data.tables import audit_log


class NotAllowed(Exception):
    """这个角色或范围不能做这件事 / this role or scope may not do that."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class WrongInput(Exception):
    """What was entered cannot be so; its text says why in both languages, Chinese first."""


class Overtaken(Exception):
    """别人已先改过，请看过新值再改 / somebody else was first, look at what they set and try again."""

    def __init__(self, *, by: str, at: datetime | None) -> None:
        super().__init__(type(self).__doc__)
        self.by = by
        self.at = at


@contextmanager
def acting(engine: Engine) -> Iterator[Connection]:
    """Open the transaction of an action, and say the world's faults in words for people."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        problem = problem_of(error, where=engine.url.database or "")
        if problem is None:
            raise
        raise problem from error


def allow(allowed: bool) -> None:
    """Refuse what is not allowed."""
    if not allowed:
        raise NotAllowed


def check(fits: bool, otherwise: str) -> None:
    """Refuse what does not fit, in words."""
    if not fits:
        raise WrongInput(otherwise)


def audit(
    connection: Connection, *, person_id: str, action: str, subject: str, as_of: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Write down who did what to what."""
    row = {"at": as_of, "person_id": person_id, "action": action, "subject": subject, "detail": dict(detail or {})}
    connection.execute(insert(audit_log).values(row))
