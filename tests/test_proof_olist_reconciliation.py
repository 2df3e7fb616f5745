"""Do the payments of a real marketplace agree with the prices and freight of its orders, order by order, to the centavo?

The same check runs on a few rows written here, and on all of Olist where its files are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import tables
from data.ingest import ingest_path
from data.reconciliation import reconcile
from data.settings import Settings
from tests.given_money import rows
from tests.given_orders import insert_rows
from tests.olist_source import FILES, Olist, centavos, instant, path_of, read_olist

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
# Orders with both, of them more than a centavo apart, without a payment, without items.
COUNTED = (20_657, 55, 0, 2_918)


@dataclass(frozen=True)
class Compared:
    """What the files themselves say: orders with items and payments, those more than a centavo apart, and those that lack a side."""

    both: frozenset[str]
    breaks: dict[str, int]
    no_payment: frozenset[str]
    no_items: frozenset[str]


def compared(source: Olist) -> Compared:
    """Compare payments with price and freight, with nothing of ours."""
    paid = {no: sum(centavos(row["payment_value"]) for row in found) for no, found in source.by_order("order_payments").items()}
    owed = {
        no: sum(centavos(row["price"]) + centavos(row["freight_value"]) for row in found)
        for no, found in source.by_order("order_items").items()
    }
    approved = {row["order_id"] for row in source.rows["orders"] if row["order_approved_at"]}
    both = frozenset(no for no in paid.keys() & owed.keys() & approved)
    breaks = {no: owed[no] - paid[no] for no in both if abs(owed[no] - paid[no]) > 1}
    no_payment = frozenset(no for no in owed.keys() - paid.keys() if no in approved)
    return Compared(both, breaks, no_payment, frozenset(no for no, minor in paid.items() if no not in owed and minor))


def reconciled(engine: Engine, source: Olist, files: dict[str, Path], *, home: Path) -> None:
    """Ingest everything but the payments, store these as the lines of a statement, and match."""
    settings = Settings(home=home, inbox=Path("/nowhere"))
    for name in (name for name in FILES if name != "order_payments"):
        [report] = ingest_path(engine, files[name], settings=settings, as_of=NOW)
        assert report.status == "ingested", report
    when = {row["order_id"]: instant(row["order_approved_at"] or row["order_purchase_timestamp"]) for row in source.rows["orders"]}
    with engine.begin() as connection:
        shop_id = connection.execute(text("SELECT DISTINCT shop_id FROM orders")).scalar_one()
        lines = [_line(shop_id, row, at=when[row["order_id"]]) for row in source.rows["order_payments"]]
        for start in range(0, len(lines), 5_000):
            insert_rows(connection, tables.settlement_lines, lines[start : start + 5_000])
    reconcile(engine, settings=settings, as_of=NOW)


def _line(shop_id: str, row: dict[str, str], *, at: Any) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "order_no": row["order_id"],
        "source": "olist.payments",
        "line_key": row["payment_sequential"],
        "account": "",
        "type": "receipt",
        "type_text": row["payment_type"],
        "occurred_at": at,
        "currency": "BRL",
        "amount_minor": centavos(row["payment_value"]),
        "pending": False,
        "file_id": 1,
        "row_number": 1,
        "manifest_version": 1,
        "nature": "backfill",
        "observed_at": NOW,
        "ingested_at": NOW,
    }


def by_class(engine: Engine, class_: str, *, side: str = "") -> dict[str, int]:
    """Return order -> difference of the receipts of a class; that cancelled orders' money went back no payment tells."""
    asked = "SELECT order_no, difference_minor FROM recon_results WHERE class = :class AND side = :side AND type = 'receipt'"
    return {row.order_no: row.difference_minor for row in rows(engine, asked, **{"class": class_, "side": side})}


def agrees(engine: Engine, expected: Compared, lines: int) -> None:
    """See the engine's matches be what the files say, order by order, and every payment in one of them."""
    assert by_class(engine, "partial") == expected.breaks
    assert set(by_class(engine, "matched")) >= expected.both - expected.breaks.keys()
    assert set(by_class(engine, "missing", side="statement")) == expected.no_payment
    assert set(by_class(engine, "missing", side="internal")) == expected.no_items
    [sums] = rows(engine, "SELECT sum(lines) AS lines, sum(stated_minor) AS stated FROM recon_results")
    [stored] = rows(engine, "SELECT count(*) AS lines, sum(amount_minor) AS stated FROM settlement_lines")
    assert (sums.lines, sums.stated) == (stored.lines, stored.stated) == (lines, stored.stated)


def _own(orders: Sequence[tuple[str, list[tuple[str, str]], list[str]]]) -> Olist:
    """Return the eight files of a few orders: (number, [(price, freight)], [payment])."""
    found: dict[str, list[dict[str, str]]] = {name: [] for name in FILES}
    at = "2018-01-05 10:00:00"
    for number, items, payments in orders:
        found["orders"].append(
            {
                "order_id": number,
                "customer_id": "c1",
                "order_status": "delivered",
                "order_purchase_timestamp": at,
                "order_approved_at": at,
                "order_delivered_carrier_date": at,
                "order_delivered_customer_date": "2018-01-09 10:00:00",
                "order_estimated_delivery_date": "2018-01-20 00:00:00",
            }
        )
        for place, (price, freight) in enumerate(items, start=1):
            item = {"order_id": number, "order_item_id": str(place), "product_id": "p1", "seller_id": "s1", "shipping_limit_date": at}
            found["order_items"].append(item | {"price": price, "freight_value": freight})
        for place, value in enumerate(payments, start=1):
            payment = {"order_id": number, "payment_sequential": str(place), "payment_type": "credit_card", "payment_installments": "1"}
            found["order_payments"].append(payment | {"payment_value": value})
    customer = {"customer_id": "c1", "customer_unique_id": "u1", "customer_zip_code_prefix": "01000"}
    found["customers"] = [customer | {"customer_city": "x", "customer_state": "SP"}]
    found["sellers"] = [{"seller_id": "s1", "seller_zip_code_prefix": "01000", "seller_city": "x", "seller_state": "SP"}]
    found["products"] = [{"product_id": "p1", "product_category_name": "beleza"} | dict.fromkeys(PRODUCT, "1")]
    found["zip_centroids"] = []
    found["category_names"] = [{"product_category_name": "beleza", "product_category_name_english": "beauty"}]
    return Olist(found)


PRODUCT = (
    "product_name_lenght",
    "product_description_lenght",
    "product_photos_qty",
    "product_weight_g",
    "product_length_cm",
    "product_height_cm",
    "product_width_cm",
)


def test_payments_in_parts_agree_within_a_centavo_and_what_does_not_is_named(engine: Engine, tmp_path: Path) -> None:
    shops = "INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)"
    numbers = [f"{n:032x}" for n in range(6)]
    source = _own(
        [
            (numbers[0], [("10.00", "2.50"), ("3.00", "1.00")], ["16.50"]),
            (numbers[1], [("10.00", "2.50")], ["5.00", "7.50"]),
            (numbers[2], [("10.00", "2.50")], ["12.51"]),
            (numbers[3], [("10.00", "2.50")], ["12.52"]),
            (numbers[4], [("10.00", "2.50")], ["9.00"]),
            (numbers[5], [("10.00", "2.50")], []),
        ]
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"{shops} VALUES ('olist', 'olist', 'olist', 'America/Sao_Paulo', 'BRL', true, now())")
        for row in source.rows["orders"]:
            at = instant(row["order_approved_at"])
            items = source.by_order("order_items")[row["order_id"]]
            insert_rows(connection, tables.orders, [_order(row["order_id"], items, at=at)])
        insert_rows(connection, tables.settlement_lines, [_line("olist", row, at=at) for row in source.rows["order_payments"]])

    reconcile(engine, settings=Settings(home=tmp_path, inbox=Path("/nowhere")), as_of=NOW)

    expected = compared(source)
    assert expected.breaks == {numbers[3]: -2, numbers[4]: 350}
    agrees(engine, expected, lines=6)


def _order(number: str, items: list[dict[str, str]], *, at: Any) -> dict[str, Any]:
    return {
        "shop_id": "olist",
        "order_no": number,
        "channel": "olist",
        "stub": False,
        "stage": "delivered",
        "on_hold": False,
        "created_at": at,
        "paid_from": at,
        "paid_to": at,
        "currency": "BRL",
        "goods_minor": sum(centavos(row["price"]) for row in items),
        "freight_minor": sum(centavos(row["freight_value"]) for row in items),
        "nature": "backfill",
        "first_file_id": 1,
        "ingested_at": NOW,
        "changed_at": NOW,
    }


def test_every_payment_of_olist_is_accounted_for_and_its_true_breaks_are_listed(samples: Path, engine: Engine, tmp_path: Path) -> None:
    folder = samples / "realdata" / "olist"
    if not path_of(folder, "order_payments").exists():
        pytest.skip(f"no Olist files in {folder}; set ORDERHUB_SAMPLES")
    source = read_olist(folder)

    reconciled(engine, source, {name: path_of(folder, name) for name in FILES}, home=tmp_path / "home")

    expected = compared(source)
    agrees(engine, expected, lines=len(source.rows["order_payments"]))
    counts = (len(expected.both), len(expected.breaks), len(expected.no_payment), len(expected.no_items))
    assert counts == COUNTED
    assert len(expected.breaks) / len(expected.both) < 0.004
