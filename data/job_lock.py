"""Is this piece of work already being done by another process?"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from data.database_problems import said_without_values


def lock_key(name: str) -> int:
    """Return the 64-bit key of a named advisory lock.

    >>> lock_key("job:pull_inbox") == lock_key("job:pull_inbox") != lock_key("job:housekeeping")
    True
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


@contextmanager
def try_lock(engine: Engine, name: str, *, patience_seconds: float = 0.0) -> Iterator[bool]:
    """Hold a named lock on a connection of its own; False when somebody else holds it, also after some patience.

    A dead holder holds nothing, as soon as the server has noticed.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        until = time.monotonic() + patience_seconds
        while not (held := bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": lock_key(name)}))):
            if time.monotonic() >= until:
                break
            time.sleep(0.05)
        try:
            yield held
        finally:
            # ending the session releases the lock even when the unlock itself cannot be said any more
            if held:
                with suppress(DBAPIError):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_key(name)})
                connection.invalidate()


def is_connection_lost(error: BaseException) -> bool:
    """Say whether trying again is worth it: the database went away, or two transactions met."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "pgcode", None) or ""
    return (
        error.connection_invalidated or state[:2] in {"08", "57", "40"} or (state == "" and type(error.orig).__name__ == "OperationalError")
    )


def database_fault(error: BaseException) -> str | None:
    """Say a database error without the values it quotes; None when it is no database error."""
    return said_without_values(error) if isinstance(error, DBAPIError) else None
