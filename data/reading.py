"""How does a read reach the database, and how does it say that the database is away?"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from data.engine import problem_of


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection, and say the world's faults in words for people."""
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        problem = problem_of(error, where=engine.url.database or "")
        if problem is None:
            raise
        raise problem from error
