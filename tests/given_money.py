"""What money does a small shop have on its three sides? Orders, statement lines and bank lines for tests, one call a row."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from data import tables
from data.reconciliation import Reconciled, reconcile
from data.settings import Settings
from tests.given_orders import an_order, insert_rows

AS_OF = datetime(2026, 11, 20, 1, tzinfo=UTC)
PAID = datetime(2026, 11, 1, 4, tzinfo=UTC)
SHOPS = {"tb": "taobao", "tm": "tmall", "jd": "jd", "pdd": "pdd", "dy": "douyin", "us": "shopify"}
SETTINGS = Settings(inbox=Path("/nowhere"))


def shops(connection: Connection) -> None:
    """Insert one shop a channel."""
    insert_rows(
        connection,
        tables.shops,
        [
            {
                "shop_id": shop_id,
                "channel": channel,
                "name": shop_id,
                "zone": "Asia/Shanghai",
                "currency": "USD" if channel == "shopify" else "CNY",
                "complete": True,
                "created_at": PAID,
            }
            for shop_id, channel in SHOPS.items()
        ],
    )


def sold(shop_id: str, order_no: str, minor: int, *, days: float = 0, completed: float | None = 5, **given: Any) -> dict[str, Any]:
    """Return an order paid ``days`` after PAID and completed so many days later (None = not yet)."""
    paid = PAID + timedelta(days=days)
    done = None if completed is None else paid + timedelta(days=completed)
    row = an_order(
        shop_id,
        order_no,
        created_at=paid,
        channel=SHOPS[shop_id],
        currency="USD" if shop_id == "us" else "CNY",
        paid_from=paid,
        paid_to=paid,
        paid_minor=minor,
        total_minor=minor,
        completed_from=done,
        completed_to=done,
        changed_at=AS_OF,
    )
    return row | given


def line(shop_id: str, order_no: str, type_: str, minor: int, *, key: str = "1", days: float = 7, **given: Any) -> dict[str, Any]:
    """Return a statement line settled ``days`` after PAID; ``key`` tells apart lines of one order and source."""
    at = PAID + timedelta(days=days)
    return {
        "shop_id": shop_id,
        "order_no": order_no,
        "source": f"{SHOPS[shop_id]}.statement",
        "line_key": f"{type_}#{key}",
        "account": "",
        "type": type_,
        "type_text": type_,
        "alternates": [],
        "occurred_at": at,
        "settled_at": at,
        "currency": "USD" if shop_id == "us" else "CNY",
        "amount_minor": minor,
        "pending": False,
        "file_id": 1,
        "row_number": 1,
        "manifest_version": 1,
        "nature": "live",
        "observed_at": at,
        "ingested_at": AS_OF,
        **given,
    }


def booked(key: str, minor: int, *, on: date, **given: Any) -> dict[str, Any]:
    """Return a line of the bank."""
    return {
        "account": "6222",
        "line_key": key,
        "booked_on": on,
        "currency": "CNY",
        "amount_minor": minor,
        "source": "icbc.account",
        "file_id": 1,
        "row_number": 1,
        "manifest_version": 1,
        "nature": "live",
        "observed_at": AS_OF,
        "ingested_at": AS_OF,
        **given,
    }


def store(
    engine: Engine,
    *,
    orders: Sequence[Mapping[str, Any]] = (),
    lines: Sequence[Mapping[str, Any]] = (),
    bank: Sequence[Mapping[str, Any]] = (),
    with_shops: bool = True,
) -> None:
    """Store rows of the three sides as ingest does, with what they touch."""
    with engine.begin() as connection:
        if with_shops and not connection.execute(text("SELECT EXISTS (SELECT FROM shops)")).scalar_one():
            shops(connection)
        insert_rows(connection, tables.orders, orders)
        insert_rows(connection, tables.settlement_lines, lines)
        insert_rows(connection, tables.bank_lines, bank)
        insert_rows(connection, tables.recon_touched, [{"shop_id": row["shop_id"], "order_no": row["order_no"]} for row in lines])


def matched(engine: Engine, *, as_of: datetime = AS_OF, anew: bool = False) -> Reconciled:
    """Run the reconciliation."""
    return reconcile(engine, settings=SETTINGS, as_of=as_of, anew=anew)


def results(engine: Engine) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return (order, type) -> (class, kind or side, label) of every match."""
    asked = """
        SELECT r.order_no, r.type, r.class, r.kind || r.side AS how, coalesce(CASE WHEN d.ambiguous THEN '?' ELSE d.label END, '') AS label
        FROM recon_results AS r LEFT JOIN recon_differences AS d
            ON (d.shop_id, d.order_no, d.type, d.currency, d.state) = (r.shop_id, r.order_no, r.type, r.currency, 'open')"""
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows(engine, asked)}


def rows(engine: Engine, asked: str, **given: Any) -> list[Any]:
    """Ask the database."""
    with engine.connect() as connection:
        return list(connection.execute(text(asked), given))
