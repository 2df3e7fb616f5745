"""Are the Olist files mapped as their source counts them?"""

import csv
import gzip
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from data.connectors.batch import Batch
from data.connectors.shops import ShopBook
from tests.platform_examples import mapped


@pytest.fixture
def olist(samples: Path) -> Path:
    return samples / "realdata" / "olist"


def _source(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _mapped(path: Path) -> list[Batch]:
    _, batches = mapped(path, shops=ShopBook())
    assert [finding for batch in batches for finding in batch.findings] == []
    return batches


def _frame(batches: list[Batch], name: str) -> pd.DataFrame:
    frames: list[pd.DataFrame] = [getattr(batch, name) for batch in batches]
    return pd.concat(frames, ignore_index=True)


def test_every_order_status_and_time_of_the_source_is_there(olist: Path) -> None:
    source = _source(olist / "olist_orders.csv.gz")
    batches = _mapped(olist / "olist_orders.csv.gz")

    orders, events = _frame(batches, "orders"), _frame(batches, "events")
    exact = events[events["occurred_from"] == events["occurred_to"]]
    assert len(orders) == len(source) == 23_579
    assert Counter(orders["source_status"]) == Counter(row["order_status"] for row in source)
    for event, column in {
        "created": "order_purchase_timestamp",
        "paid": "order_approved_at",
        "shipped": "order_delivered_carrier_date",
        "delivered": "order_delivered_customer_date",
    }.items():
        stated = exact[exact["type"] == event].set_index("order_no")["occurred_from"]
        local = stated.dt.tz_convert("America/Sao_Paulo").dt.strftime("%Y-%m-%d %H:%M:%S").to_dict()
        assert local == {row["order_id"]: row[column] for row in source if row[column]}
    assert Counter(events["type"])["cancelled"] == 625 + 609


def test_every_line_and_amount_of_the_source_is_there(olist: Path) -> None:
    source = _source(olist / "olist_order_items.csv.gz")
    batches = _mapped(olist / "olist_order_items.csv.gz")

    lines, orders = _frame(batches, "lines"), _frame(batches, "orders")
    assert len(lines) == len(source) == 23_442
    assert lines["order_no"].nunique() == 20_658
    assert lines["amount_minor"].sum() == sum(round(float(row["price"]) * 100) for row in source)
    assert orders["freight_minor"].sum() == sum(round(float(row["freight_value"]) * 100) for row in source)


def test_payments_add_up_to_the_last_centavo(olist: Path) -> None:
    source = _source(olist / "olist_order_payments.csv.gz")

    orders = _frame(_mapped(olist / "olist_order_payments.csv.gz"), "orders")

    assert orders["order_no"].nunique() == 23_579
    assert orders["paid_minor"].sum() == sum(round(float(row["payment_value"]) * 100) for row in source)


def test_every_customer_whose_state_is_known_has_its_region(olist: Path) -> None:
    source = _source(olist / "olist_customers.csv.gz")

    customers = _frame(_mapped(olist / "olist_customers.csv.gz"), "reference")

    assert len(customers) == 21_608
    regions = customers.set_index("customer_id")["region_code"].dropna().to_dict()
    assert regions == {row["customer_id"]: f"BR-{row['customer_state']}" for row in source if row["customer_state"]}
