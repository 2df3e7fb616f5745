"""Do the rows of Shopify's CSV, most of which say nothing of their order, end as the orders that the JSON knows too?"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine

from data.connectors.batch import Batch, Chunk
from data.connectors.mapping import Mapper
from data.connectors.registry import manifests
from tests.conftest import MakeEngine
from tests.export_rows import SHOPIFY, export_text, shopify_further, shopify_row, write_export
from tests.final_state import final_state
from tests.hostile_files import shopify_order
from tests.platform_examples import AS_OF, BOOK
from tests.taken_exports import one, refused, rows, take


def _shopify(folder: Path, *sold: Mapping[str, str], name: str = "orders_export.csv", encoding: str = "utf-8") -> Path:
    return write_export(folder / name, export_text(SHOPIFY, sold), encoding=encoding)


def test_the_rows_below_an_order_are_further_lines_of_it(engine: Engine, tmp_path: Path) -> None:
    sold = [
        shopify_row("#1001", "450789001", **{"Fulfillment Status": "fulfilled", "Fulfilled at": "2026-09-04 09:00:00 -0400"}),
        shopify_further("#1001", "LID-1"),
        shopify_further("#1001", "BOX-1"),
        shopify_row("#1002", "450789002"),
    ]

    report = take(engine, _shopify(tmp_path, *sold))

    assert (report.rows, report.accepted, report.orders, report.lines, report.refused) == (4, 4, 2, 4, ())
    first, second = rows(engine, "SELECT order_no, stage, total_minor, paid_minor, shipped_to, region_code FROM orders ORDER BY 1")
    # shipped as a whole: the further rows do not hold it back
    assert first == ("450789001", "shipped", 5_000, 5_000, datetime(2026, 9, 4, 13, tzinfo=UTC), "US")
    assert second == ("450789002", "paid", 5_000, 5_000, None, "US")
    assert rows(engine, "SELECT sku_code, quantity, unit_price_minor FROM order_lines WHERE order_no = '450789001' ORDER BY 1") == [
        ("BOX-1", 2, 1_000),
        ("CUP-1", 1, 4_500),
        ("LID-1", 2, 1_000),
    ]
    assert one(engine, "SELECT count(*) FROM order_contacts").count == 2


def test_shopifys_offset_stands_over_every_zone(engine: Engine, tmp_path: Path) -> None:
    row = shopify_row("#1001", "1", **{"Created at": "2026-11-01 01:30:00 -0400", "Paid at": "2026-11-01 01:30:00 -0500"})

    take(engine, _shopify(tmp_path, row))

    # an hour that New York had twice that night
    assert one(engine, "SELECT created_at, paid_to FROM orders") == (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    )


def test_the_csv_and_the_json_of_an_order_are_one_order_whichever_came_first(make_engine: MakeEngine, tmp_path: Path) -> None:
    times = {
        "created_at": "2026-09-03T10:15:00-04:00",
        "processed_at": "2026-09-03T10:15:05-04:00",
        "updated_at": "2026-09-05T10:00:00-04:00",
    }
    items = [
        {"id": 1, "sku": "CUP-1", "title": "Cup", "quantity": 1, "price": "45.00"},
        {"id": 2, "sku": "LID-1", "title": "Lid", "quantity": 2, "price": "10.00"},
    ]
    document = {"orders": [shopify_order(450789001, name="#1001", total_price="50.00", line_items=items, **times)]}
    page = tmp_path / "orders.json"
    page.write_text(json.dumps(document), encoding="utf-8")
    export = _shopify(tmp_path, shopify_row("#1001", "450789001"), shopify_further("#1001", "LID-1"), encoding="utf-8-sig")
    states = []
    for files in ((page, export), (export, page), (export, page, export)):
        engine = make_engine()

        for path in files:
            assert take(engine, path).refused == ()

        states.append(final_state(engine))
        assert rows(engine, "SELECT shop_id, order_no, stage, total_minor, paid_minor FROM orders") == [
            ("shopify", "450789001", "paid", 5_000, 5_000)
        ]
        # both tell the lines; those of one source count
        counted = "SELECT sku_code, quantity FROM order_lines JOIN orders USING (shop_id, order_no) WHERE source = line_source ORDER BY 1"
        assert rows(engine, counted) == [("CUP-1", 1), ("LID-1", 2)]

    assert all(state == states[0] for state in states)


def test_a_further_row_whose_order_is_missing_above_it_is_refused_by_name(engine: Engine, tmp_path: Path) -> None:
    """An export cut off at its top, or sorted by somebody: nothing says which order the line belongs to."""
    sold = [
        shopify_further("#1000", "LID-1"),
        shopify_row("#1001", "450789001"),
        shopify_further("#1002", "LID-1"),
        shopify_further("#1001", "X"),
    ]

    report = take(engine, _shopify(tmp_path, *sold))

    assert {(found.row, found.code) for found in report.refused if found.field == "Id"} == {(2, "missing"), (4, "missing"), (5, "missing")}
    assert rows(engine, "SELECT order_no, sku_code FROM order_lines") == [("450789001", "CUP-1")]


def test_an_order_whose_first_row_does_not_hold_is_refused_with_all_its_rows(engine: Engine, tmp_path: Path) -> None:
    sold = [shopify_row("#1001", "450789001", Total="1.234"), shopify_further("#1001", "LID-1"), shopify_row("#1002", "450789002")]

    report = take(engine, _shopify(tmp_path, *sold))

    assert refused(report) == [(2, "Total", "too_many_decimals"), (3, "Total", "too_many_decimals")]
    assert rows(engine, "SELECT order_no FROM orders") == [("450789002",)]


def test_two_orders_of_one_name_are_two_orders(engine: Engine, tmp_path: Path) -> None:
    """A name is unique within a shop; exports of two shops in one file must not run into each other."""
    sold = [
        shopify_row("#1001", "1"),
        shopify_further("#1001", "LID-1"),
        shopify_row("#1001", "2", Total="70.00"),
        shopify_further("#1001", "BOX-1"),
    ]

    take(engine, _shopify(tmp_path, *sold))

    assert rows(engine, "SELECT order_no, total_minor FROM orders ORDER BY 1") == [("1", 5_000), ("2", 7_000)]
    assert rows(engine, "SELECT order_no, sku_code FROM order_lines ORDER BY 1, 2") == [
        ("1", "CUP-1"),
        ("1", "LID-1"),
        ("2", "BOX-1"),
        ("2", "CUP-1"),
    ]


def test_an_order_that_a_chunk_would_cut_in_two_stays_whole() -> None:
    sold = [shopify_row("#1001", "1"), shopify_row("#1002", "2"), shopify_further("#1002", "LID-1"), shopify_further("#1002", "BOX-1")]
    shopify = next(manifest for manifest in manifests() if manifest.name == "shopify")
    frame = pd.DataFrame([{name: row.get(name) or None for name in SHOPIFY} for row in sold], dtype="str")
    chunks = [Chunk(np.array(place) + 2, frame=frame.iloc[place].reset_index(drop=True)) for place in ([0, 1, 2], [3])]
    mapper = Mapper(shopify, shopify.table("orders_csv"), shops=BOOK, as_of=AS_OF)

    batches: list[Batch] = list(mapper.batches(chunks))

    assert [finding for batch in batches for finding in batch.findings] == []
    lines = pd.concat([batch.lines for batch in batches if batch.lines is not None])
    assert lines["order_no"].tolist() == ["1", "2", "2", "2"]


SHOPIFY_STAGES: dict[str, tuple[dict[str, str], str, int | None]] = {
    "pending": ({"Financial Status": "pending", "Paid at": ""}, "created", None),
    "authorized": ({"Financial Status": "authorized", "Paid at": ""}, "created", None),
    "paid": ({}, "paid", 5_000),
    "partly shipped": ({"Fulfillment Status": "partial"}, "part_shipped", 5_000),
    "voided": ({"Financial Status": "voided", "Paid at": ""}, "cancelled", None),
    "cancelled": ({"Cancelled at": "2026-09-04 10:00:00 -0400"}, "cancelled", 5_000),
    "partly refunded": ({"Financial Status": "partially_refunded", "Refunded Amount": "10.00"}, "paid", 5_000),
    "refunded": ({"Financial Status": "refunded", "Refunded Amount": "50.00"}, "refunded", 5_000),
}


@pytest.mark.parametrize(("cells", "stage", "paid"), SHOPIFY_STAGES.values(), ids=SHOPIFY_STAGES)
def test_how_far_a_shopify_order_is_two_columns_say(
    engine: Engine, tmp_path: Path, cells: dict[str, str], stage: str, paid: int | None
) -> None:
    take(engine, _shopify(tmp_path, shopify_row("#1001", "1", **cells), shopify_further("#1001", "LID-1")))

    assert one(engine, "SELECT stage, paid_minor FROM orders") == (stage, paid)


def test_a_shopify_export_without_ids_is_refused_whole_for_its_orders_would_count_twice(engine: Engine, tmp_path: Path) -> None:
    row = {name: cell for name, cell in shopify_row("#1001", "1").items() if name != "Id"}
    header = [name for name in SHOPIFY if name != "Id"]

    report = take(engine, write_export(tmp_path / "s.csv", export_text(header, [row]), encoding="utf-8"))

    assert report.status == "refused" and "shopify.orders_csv 缺少必需列：Id" in (report.error or "")
