"""Orders that leave in parts: what do the sources say of each line, and is the sale the same whichever file came first, or came twice?"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from data.stock import settle_waiting
from data.stock_check import check_stock
from tests.export_rows import SHOPIFY, export_text, shopify_further, shopify_row, write_export
from tests.given_stock import opened, stock
from tests.platform_examples import DOUYIN_REDUCED
from tests.taken_exports import NOW, rows, take

LINES = "SELECT sku_code, shipped_quantity FROM order_lines ORDER BY 1"
SOLD = "SELECT sku_code, -sum(units)::int FROM stock_moves WHERE type = 'sale_out' GROUP BY 1 ORDER BY 1"
HELD = "SELECT sku_code, sum(units)::int FROM holds WHERE closed_at IS NULL GROUP BY 1 ORDER BY 1"


def settled(engine: Engine) -> None:
    settle_waiting(engine, now=lambda: NOW + timedelta(minutes=1))


def package(number: int, day: int, content: Mapping[int, int], *, status: str = "success") -> dict[str, Any]:
    lines = [{"id": line, "quantity": units} for line, units in content.items()]
    return {"id": number, "created_at": f"2026-11-{day}T09:00:00Z", "status": status, "line_items": lines}


def look(folder: Path, name: str, day: int, status: str | None, packages: Sequence[Mapping[str, Any]]) -> Path:
    """Write what Shopify gives of one order of three mugs and two lids, as it stood on a day of November 2026."""
    lines = [{"id": 1, "sku": "MUG", "quantity": 3, "price": "5.00"}, {"id": 2, "sku": "LID", "quantity": 2, "price": "1.00"}]
    order = {
        "id": 450789001, "created_at": "2026-11-12T11:00:00Z", "processed_at": "2026-11-12T11:00:05Z", "currency": "USD",
        "updated_at": f"2026-11-{day}T10:00:00Z", "total_price": "17.00", "financial_status": "paid", "fulfillment_status": status,
        "line_items": lines, "fulfillments": list(packages), "refunds": [],
    }  # fmt: skip
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"orders": [order]}))
    return path


def looks(folder: Path) -> list[Path]:
    """Return three looks at one order: nothing has left; two mugs have, and a package that failed; a lid too."""
    failed = package(32, 13, {1: 1, 2: 2}, status="failure")
    first, second = package(31, 13, {1: 2}), package(33, 14, {2: 1})
    return [
        look(folder, "new", 12, None, []),
        look(folder, "first", 13, "partial", [first, failed]),
        look(folder, "second", 14, "partial", [first, failed, second]),
    ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_what_left_in_packages_is_sold_once_in_any_order_of_files(order: tuple[int, ...], engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        opened(connection, {("MUG", "w"): 9, ("LID", "w"): 9})
    files = looks(tmp_path)

    for number in (*order, *order[:2]):
        take(engine, files[number], nature="live")
        settled(engine)

    assert rows(engine, LINES) == [("LID", 1), ("MUG", 2)]
    assert (rows(engine, SOLD), rows(engine, HELD)) == ([("LID", 1), ("MUG", 2)], [("LID", 1), ("MUG", 1)])
    assert stock(engine) == {("LID", "w"): (8, 1), ("MUG", "w"): (7, 1)}
    assert check_stock(engine, as_of=NOW).holds_all


def test_each_package_is_sold_when_it_leaves_and_the_last_closes_the_order(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        opened(connection, {("MUG", "w"): 9, ("LID", "w"): 9})
    whole = [package(31, 13, {1: 2}), package(33, 14, {2: 1}), package(34, 15, {1: 1, 2: 1})]
    files = [*looks(tmp_path), look(tmp_path, "whole", 15, "fulfilled", whole)]
    sums = []

    for path in files:
        take(engine, path, nature="live")
        settled(engine)
        sums.append(dict(rows(engine, SOLD)))

    assert sums == [{}, {"MUG": 2}, {"MUG": 2, "LID": 1}, {"MUG": 3, "LID": 2}]
    assert [at.day for (at,) in rows(engine, "SELECT occurred_at FROM stock_moves WHERE type = 'sale_out' ORDER BY move_id")] == [
        13,
        14,
        15,
        15,
    ]
    assert (rows(engine, HELD), stock(engine)) == ([], {("LID", "w"): (7, 0), ("MUG", "w"): (6, 0)})
    granted = rows(engine, "SELECT step, sum(units)::int FROM hold_steps GROUP BY 1 ORDER BY 1")
    assert granted == [("placed", 5), ("shipped", -5)]


def test_shopifys_csv_and_douyins_sub_orders_say_which_lines_have_left(engine: Engine, tmp_path: Path) -> None:
    part = {"Fulfillment Status": "partial", "Lineitem fulfillment status": "fulfilled"}
    sold = [shopify_row("#1001", "450789001", **part), shopify_further("#1001", "LID-1") | {"Lineitem fulfillment status": "pending"}]
    take(engine, write_export(tmp_path / "orders_export.csv", export_text(SHOPIFY, sold), encoding="utf-8"), nature="live")
    assert rows(engine, LINES) == [("CUP-1", 1), ("LID-1", None)]

    header, row, *_ = DOUYIN_REDUCED.splitlines()
    cells = dict(zip(header.split(","), row.split(","), strict=True)) | {"订单状态": "已发货", "商品数量": "2"}
    gone = cells | {"商家编码": "TEA", "发货时间": "2026-11-19 09:00:00"}
    waits = cells | {"子订单编号": '"\t6917000000000000009"', "商家编码": "CUP", "订单状态": "待发货", "发货时间": "-"}
    text = "\n".join([",".join(gone), *(",".join(each.values()) for each in (gone, waits)), ""])
    take(engine, write_export(tmp_path / "douyin.csv", text, encoding="utf-8-sig"), nature="live")
    assert rows(engine, LINES) == [("CUP", None), ("CUP-1", 1), ("LID-1", None), ("TEA", 2)]
    assert rows(engine, "SELECT stage FROM orders ORDER BY 1") == [("part_shipped",), ("part_shipped",)]
