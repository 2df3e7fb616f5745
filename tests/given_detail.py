"""How does a test get an order with everything: files of several sources taken in and kept, a contact, and people?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from data import tables
from data.ingest import ingest_path
from data.settings import Settings
from models.people import Person
from models.scope import ROLES, Scope
from tests.given_orders import an_order, insert_rows
from tests.own_files import SHIPPED, stock_out, taobao_line, taobao_order, write_lines, write_orders, write_stock_out

AS_OF = datetime(2026, 11, 2, 8, tzinfo=UTC)
SHOP, NUMBER = "shop", "1"
KEY: dict[str, Any] = {"shop_id": SHOP, "order_no": NUMBER}
# What of the buyer stands in the files below; none of it may be anywhere before somebody asks.
SECRETS = ("买家1", "张三", "13900000000", "一环路1号", "请放门卫")

LIN = Person(person_id="lin", name="林悦", role="manager")
CHEN = Person(person_id="chen", name="陈阳", role="operations")
ZHOU = Person(person_id="zhou", name="周衡", role="analyst")
# Sees another shop alone.
FAR = Person(person_id="far", name="何远", role="operations", scope=Scope(shops=("elsewhere",)))
PEOPLE = (LIN, CHEN, ZHOU, FAR)


def one_order(engine: Engine, *, home: Path, as_of: datetime = AS_OF) -> None:
    """Take in three files of one order, with another order beside it: its own row, two lines, the warehouse's stock-out."""
    orders = [taobao_order(1, status=SHIPPED, 买家留言="请放门卫", 物流公司="中通快递", 物流单号="ZT1"), taobao_order(2)]
    lines = [taobao_line(1, price="60.00"), taobao_line(1, "SKU2", price="20.00", quantity="2"), taobao_line(2)]
    files = [
        write_orders(home / "in" / "orders.csv", orders),
        write_lines(home / "in" / "lines.csv", lines),
        write_stock_out(home / "in" / "stockout.csv", [stock_out(1, shipped="2026-11-01 12:00:00")]),
    ]
    for path in files:
        ingest_path(engine, path, settings=Settings(home=home), as_of=as_of, nature="live", shop=SHOP)
    with engine.begin() as connection:
        add_people(connection, as_of=as_of)


def add_people(connection: Connection, *, as_of: datetime) -> None:
    """Insert the people above, and one of each role who has left."""
    rows = [
        {
            "person_id": person.person_id,
            "name": person.name,
            "role": person.role,
            "scope_shops": None if person.scope.shops is None else list(person.scope.shops),
            "active": True,
            "created_at": as_of,
        }
        for person in PEOPLE
    ]
    gone = [{"person_id": f"gone.{role}", "name": f"离职{role}", "role": role, "active": False, "created_at": as_of} for role in ROLES]
    insert_rows(connection, tables.people, [*rows, *gone])


def an_old_order(connection: Connection, *, shop_id: str, order_no: str, file_id: int, as_of: datetime) -> None:
    """Insert one finished order without a promise, with a row of each kind that its detail is made of, from a file of its shop."""
    key = {"shop_id": shop_id, "order_no": order_no}
    file = {"file_id": file_id, "row_number": 2, "observed_at": as_of}
    happened = {"occurred_from": as_of, "occurred_to": as_of, "ingested_at": as_of, "nature": "live", "rank": 30}
    insert_rows(connection, tables.orders, [an_order(shop_id, order_no, created_at=as_of, stage="completed", line_source="a.orders")])
    events = [{**key, **file, **happened, "type": event, "part": "", "source": "a.orders"} for event in ("created", "completed")]
    insert_rows(connection, tables.order_events, events)
    claim = {**key, **file, "source": "a.orders", "rank": 30, "owned": 0, "parent": True, "manifest_version": 1, "total_minor": 100}
    insert_rows(connection, tables.order_claims, [claim])
    line = {**key, **file, "source": "a.orders", "line_key": "1", "quantity": 1, "manifest_version": 1}
    insert_rows(connection, tables.order_lines, [line])
    contact = {**key, "rank": 30, "observed_at": as_of, "manifest_version": 1, "phone": "13900000000", "ingested_at": as_of}
    insert_rows(connection, tables.order_contacts, [contact])
    insert_rows(connection, tables.order_owners, [{**key, "owner": "lin", "version": 1, "set_by": "lin", "set_at": as_of}])
    insert_rows(connection, tables.order_comments, [{**key, "person_id": "lin", "at": as_of, "text": "青禾", "mentions": []}])
