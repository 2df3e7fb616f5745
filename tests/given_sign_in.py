"""How does a test get people who sign in, each with the warehouses that they may see?"""

from datetime import UTC, datetime

from sqlalchemy import Engine

from data.passwords import password_hash
from data.writes.people import add_person
from models.people import Person
from models.scope import Scope
from tests import given_orders

PASSWORD = "correct horse battery"
SEEN: dict[str, tuple[str, ...] | None] = {"everywhere": None, "hangzhou": ("CN-HZ",), "chengdu": ("CN-CD",)}


def with_people(engine: Engine) -> None:
    """Fill a database with a merchant and these people."""
    now, hashed = datetime.now(UTC), password_hash(PASSWORD)
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=now, count=200)
        for person_id, warehouses in SEEN.items():
            person = Person(person_id=person_id, name=person_id, role="operations", scope=Scope(warehouses=warehouses))
            add_person(connection, person, hashed=hashed, by="test", at=now)
    given_orders.rolled_up(engine, as_of=now)
