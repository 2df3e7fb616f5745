"""What does a shop in trouble look like: open orders, people, and a look of the workbench? (For tests of the workbench.)"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from data import tables
from data.settings import Settings
from data.workbench import watch
from models.people import Person
from models.scope import Scope
from tests.given_orders import an_order, insert_rows, masters

# Friday 10:30 in Shanghai
AS_OF = datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = "Asia/Shanghai"

LIN = Person("lin", "林悦", "manager")
CHEN = Person("chen", "陈阳", "operations")
ZHAO = Person("zhao", "赵川", "warehouse")
XU = Person("xu", "许清", "finance")
ELSEWHERE = Person("else", "何鸣", "operations", Scope(shops=("sp-us",)))
PEOPLE = (LIN, CHEN, ZHAO, XU, ELSEWHERE)


def a_waiting_order(order_no: str, *, hours: float, shop_id: str = "tb-home", **given: Any) -> dict[str, Any]:
    """Return an order paid so many hours ago, due 12 hours after that, worth 200 yuan, that stands before its review."""
    paid = AS_OF - hours * HOUR
    plain: dict[str, Any] = {
        "stage": "paid",
        "paid_from": paid,
        "paid_to": paid,
        "stage_since": paid,
        "clock_start_at": paid,
        "deadline_at": paid + 12 * HOUR,
        "paid_minor": 20_000,
        "paid_reporting_minor": 20_000,
        "warehouse_code": "CN-HZ",
        "category": "家居",
    }
    return an_order(shop_id, order_no, created_at=paid, **(plain | given))


def a_score(order_no: str, *, probability: float, shop_id: str = "tb-home", **given: object) -> dict[str, Any]:
    """Return the present risk of an order."""
    band = {"probability": probability, "low": max(0.0, probability - 0.1), "high": min(1.0, probability + 0.1)}
    promise = {f"promise_{name}": value for name, value in band.items()}
    scored = {"shop_id": shop_id, "order_no": order_no, "scored_at": AS_OF, "landmark": 60, "fallback": "", "model_version": 1}
    return scored | band | promise | given


def people(connection: Connection, *, everybody: tuple[Person, ...] = PEOPLE) -> None:
    """Insert people."""
    rows = [
        {
            "person_id": each.person_id, "name": each.name, "role": each.role, "active": True, "created_at": AS_OF,
            "scope_shops": None if each.scope.shops is None else list(each.scope.shops),
        }
        for each in everybody
    ]  # fmt: skip
    insert_rows(connection, tables.people, rows)


def given(engine: Engine, *orders: Mapping[str, Any], scores: tuple[Mapping[str, Any], ...] = ()) -> None:
    """Put masters, people, orders and their risks into an empty database."""
    with engine.begin() as connection:
        masters(connection, as_of=AS_OF)
        people(connection)
        insert_rows(connection, tables.orders, list(orders))
        insert_rows(connection, tables.risk_now, list(scores))


def looked(engine: Engine, home: Path, *, as_of: datetime = AS_OF) -> None:
    """Let the workbench look at the orders."""
    watch(engine, settings=Settings(home=home, zone=ZONE), as_of=as_of)


def cleared(engine: Engine) -> None:
    """Take everything back that a test of the workbench writes."""
    names = (
        "orders", "risk_now", "workbench_queue", "order_cases", "case_actions", "case_outcomes", "intents", "case_work_orders",
        "order_owners", "order_comments", "alerts", "people", "shops", "warehouses", "skus", "audit_log", "owner_rules", "review_rules",
        "warehouse_hours", "workbench_settings", "action_priors", "inbox_seen", "case_counts", "workbench_kpis", "order_holding",
        "order_changes", "stage_limits",
    )  # fmt: skip
    # few rows are deleted faster than tables are truncated
    with engine.begin() as connection:
        connection.execute(text("; ".join(f"DELETE FROM {name}" for name in names)))


def one(engine: Engine, asked: str, **values: object) -> Any:
    """Return the single row of a question, or None."""
    with engine.connect() as connection:
        return connection.execute(text(asked), values).one_or_none()


def every(engine: Engine, asked: str, **values: object) -> list[Any]:
    """Return all rows of a question."""
    with engine.connect() as connection:
        return list(connection.execute(text(asked), values))
