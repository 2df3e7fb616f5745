"""Which lines do nested lists give, and what tells equal ones apart?"""

from typing import Any

import numpy as np

from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.fields import Fields, Terms
from data.connectors.manifest import Table
from data.connectors.order_lines import read_lines, told_apart
from data.connectors.texts import as_texts

TABLE = Table.model_validate(
    {
        "name": "orders",
        "title": {"zh": "订单", "en": "orders"},
        "format": "json",
        "required": ["no"],
        "order_no": "no",
        "lines": "each",
        "line_each": "items",
        "gift_each": "gifts",
        "line_key": {"from": "sku", "required": True},
        "line": {"sku_code": "sku", "quantity": "count", "unit_price_minor": "price"},
    }
)


def _fields(*records: dict[str, Any]) -> Fields:
    columns = Columns(np.arange(1, len(records) + 1), records=records)
    return Fields(columns, Faults(columns.row_number, frozenset()), Terms("Asia/Shanghai"))


def test_a_gift_is_a_line_after_those_that_were_bought_and_has_no_price() -> None:
    fields = _fields(
        {"items": [{"sku": "TEA", "count": 2, "price": "15.00"}], "gifts": [{"sku": "CUP", "count": 1, "price": "9.90"}]},
        {"items": [{"sku": "POT", "count": 1, "price": "80.00"}]},
    )

    lines = read_lines(fields, TABLE)

    assert lines.parent.tolist() == [0, 1, 0]
    assert lines.values["sku_code"].to_pylist() == ["TEA", "POT", "CUP"]
    assert lines.values["quantity"].to_pylist() == [2, 1, 1]
    assert lines.values["unit_price_minor"].to_pylist() == [1500, 8000, None]


def test_a_gift_without_what_names_it_refuses_its_order_by_the_gifts_list() -> None:
    fields = _fields({"items": [], "gifts": [{"count": 1}]})

    read_lines(fields, TABLE)

    assert [(finding.row, finding.field, finding.code) for finding in fields.faults.findings] == [(1, "gifts.sku", "missing")]


def test_lines_of_one_key_are_numbered_within_their_order_only() -> None:
    keys = as_texts(["TEA", "CUP", "TEA", "TEA", "TEA"])

    assert told_apart(keys, within=np.array([0, 0, 0, 1, 0])).to_pylist() == ["TEA", "CUP", "TEA-2", "TEA", "TEA-3"]
