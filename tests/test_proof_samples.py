"""Do the platforms' public samples come in as what they are, and everything else as unknown?"""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SHOPEE = "shopee/v2.order.get_order_detail.json"
ORDER_FILES = ("shopify/order.json", "shopify/orders.json", SHOPEE)
STOCK_FILE = "shopify/inventory_levels.json"
# What tests/test_proof_statement_samples.py takes.
STATEMENT_FILES = (
    "shopify/payouts_transactions.json",
    "stripe/fixtures3_extract.json",
    "wechatpay_merchant/fundflowbill_BASIC.csv",
    "wechatpay_merchant/tradebill_ALL.csv",
    *(f"camt/camt053.{name}.xml" for name in ("v2.all-balance-types", "v2.minimal", "v2.multi.statement", "v4", "v8")),
    *(f"mt940/{name}.sta" for name in ("jejik_ing", "mBank_mt940", "self-provided_multiline")),
)
# Order-like files of a platform we know are told which of its tables they come near to.
NEAR = {
    "shopify/fulfillment.json": "shopify.orders",
    "shopify/locations.json": "shopify.orders",
    "shopify/refund.json": "shopify.orders",
    "shopify/transactions.json": "shopify.orders",
    "shopee/v2.payment.get_escrow_detail.json": "shopee.orders",
}


def _take(engine: Engine, path: Path, *, home: Path) -> Report:
    [report] = ingest_path(engine, path, settings=Settings(home=home, language="en"), as_of=NOW)
    return report


def _all(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)))


def _cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


@pytest.mark.parametrize("name", ["order", "orders"])
def test_a_shopify_order_is_what_its_json_says(samples: Path, engine: Engine, tmp_path: Path, name: str) -> None:
    path = samples / "samples" / "shopify" / f"{name}.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    said = document["order"] if name == "order" else document["orders"][0]

    report = _take(engine, path, home=tmp_path)

    lines = said.get("line_items", [])
    assert (report.status, report.manifest, report.kind, report.refused) == ("ingested", "shopify", "orders", ())
    assert (report.rows, report.accepted, report.orders, report.lines) == (1, 1, 1, len(lines))
    [order] = _all(engine, "SELECT * FROM orders")
    assert (order.shop_id, order.order_no, order.stub, order.kind) == ("shopify", str(said["id"]), False, "normal")
    assert order.created_at == datetime.fromisoformat(said["created_at"])
    assert order.currency == said["currency"] == "USD"
    assert order.total_minor == _cents(said["total_price"])
    assert order.goods_minor == _cents(said["total_line_items_price"])
    assert order.discount_minor == _cents(said["total_discounts"])
    # of the United States we know no regions below the country
    assert order.region_code == said.get("shipping_address", {}).get("country_code")
    stored = {
        tuple(line) for line in _all(engine, "SELECT line_key, sku_code, title, properties, quantity, unit_price_minor FROM order_lines")
    }
    assert stored == {
        (str(line["id"]), line["sku"], line["title"], line["variant_title"], line["quantity"], _cents(line["price"])) for line in lines
    }
    [contact] = _all(engine, "SELECT * FROM order_contacts")
    assert contact.email == said["email"]


def test_only_a_shopify_payment_made_counts_as_paid(samples: Path, engine: Engine, tmp_path: Path) -> None:
    """One sample is authorized only, the other partially refunded, so paid; both were sold by the same shop."""
    _take(engine, samples / "samples" / "shopify" / "order.json", home=tmp_path)
    assert _all(engine, "SELECT stage, paid_to, paid_minor, shipped_to FROM orders") == [("created", None, None, None)]

    _take(engine, samples / "samples" / "shopify" / "orders.json", home=tmp_path)

    paid = datetime.fromisoformat("2008-01-10T11:00:00-05:00")
    assert _all(engine, "SELECT stage, paid_from, paid_to, paid_minor FROM orders") == [("paid", paid, paid, 59_894)]


def test_the_shopee_sample_is_its_one_response(samples: Path, engine: Engine, tmp_path: Path) -> None:
    """The file is documentation; of all it holds only the response example is an order, and its JSON is broken in two places."""
    document = json.loads((samples / "samples" / SHOPEE).read_text(encoding="utf-8"))
    response = document["response_sample"][0]["value"].lstrip()[1:].replace("18080\n", "18080,\n")
    [said] = json.loads(response)["response"]["order_list"]

    report = _take(engine, samples / "samples" / SHOPEE, home=tmp_path)

    assert (report.status, report.manifest, report.rows, report.accepted, report.orders, report.lines) == ("ingested", "shopee", 1, 1, 1, 1)
    [order] = _all(engine, "SELECT * FROM orders")
    assert (order.order_no, order.stage, order.kind, order.source_status) == (said["order_sn"], "completed", "cod", "COMPLETED")
    # dong have no smaller unit
    assert (order.currency, order.total_minor, order.paid_minor) == ("VND", said["total_amount"], said["total_amount"])
    for column, field in {
        "created_at": "create_time",
        "paid_from": "pay_time",
        "paid_to": "pay_time",
        "shipped_from": "pickup_done_time",
        "shipped_to": "pickup_done_time",
        "promised_ship_at": "ship_by_date",
    }.items():
        assert getattr(order, column) == datetime.fromtimestamp(said[field], UTC)
    assert order.completed_from < order.completed_to == datetime.fromtimestamp(said["update_time"], UTC)
    assert (order.region_code, order.city) == ("VN", said["recipient_address"]["city"])
    [item] = said["item_list"]
    [line] = _all(engine, "SELECT * FROM order_lines")
    assert (line.title, line.sku_code, line.quantity, line.unit_price_minor) == (item["item_name"], item["model_sku"], 1, 48_000)
    [contact] = _all(engine, "SELECT * FROM order_contacts")
    assert (contact.receiver_name, contact.phone) == (said["recipient_address"]["name"], said["recipient_address"]["phone"])


def test_the_stock_of_a_shopify_shop_waits_for_its_shop_and_then_for_the_names_of_its_goods(
    samples: Path, engine: Engine, tmp_path: Path
) -> None:
    """The levels name neither their shop nor a SKU: a shop can be said with the file, a SKU once the file is in."""
    path = samples / "samples" / STOCK_FILE
    levels = json.loads(path.read_text(encoding="utf-8"))["inventory_levels"]

    report = _take(engine, path, home=tmp_path)

    assert (report.status, report.manifest, report.kind, report.rows, report.accepted) == ("ingested", "shopify_stock", "stock", 4, 0)
    assert [(finding.row, finding.code) for finding in report.refused] == [(row, "unknown_shop") for row in range(1, 5)]

    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)"
                " VALUES ('us', 'shopify', 'A', 'UTC', 'USD', true, now())"
            )
        )
    [report] = ingest_path(engine, path, settings=Settings(home=tmp_path, language="en"), as_of=NOW, shop="us")

    assert (report.rows, report.accepted, report.refused, report.notices) == (4, 4, (), {"parked": 4})
    parked = _all(engine, "SELECT what, sku_label, quantity FROM parked_stock_rows")
    assert sorted(parked) == sorted(("shown", str(level["inventory_item_id"]), level["available"]) for level in levels)


def test_every_other_sample_is_unknown_and_kept_and_makes_nothing(samples: Path, engine: Engine, tmp_path: Path) -> None:
    folder = samples / "samples"
    others = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    for name in (*ORDER_FILES, STOCK_FILE, *STATEMENT_FILES):
        del others[name]
    assert len(others) == 9 and set(NEAR) <= set(others)

    for name, path in others.items():
        report = _take(engine, path, home=tmp_path)

        assert (report.status, report.manifest, report.kind, report.rows, report.orders) == ("refused", None, "unknown", 0, 0), name
        assert report.error
        kept = tmp_path / "files" / hashlib.sha256(path.read_bytes()).hexdigest()
        assert kept.read_bytes() == path.read_bytes(), name
        nearest = report.detail.get("nearest", [])
        assert all(near["missing"] for near in nearest), name
        if name in NEAR:
            assert NEAR[name] in [near["source"] for near in nearest], name
            assert all(column in report.error for near in nearest for column in near["missing"]), name

    [[files, runs, orders]] = _all(
        engine,
        "SELECT (SELECT count(*) FROM source_files), (SELECT count(*) FROM file_runs WHERE status = 'refused'), count(*) FROM orders",
    )
    assert (files, runs, orders) == (len(others), len(others), 0)
