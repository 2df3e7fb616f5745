"""Which lines do nested lists give, and what tells equal ones apart?"""

from typing import Any

import numpy as np
import pytest

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


PACKED = Table.model_validate(
    TABLE.model_dump(by_alias=True, exclude_unset=True)
    | {"packed": {"each": "parcels", "lines": "inside", "key": "sku", "quantity": "count", "skip": {"state": ["lost"]}}}
)


def test_what_has_left_of_a_line_is_the_sum_over_the_packages_of_its_record() -> None:
    tea, pot = {"sku": "TEA", "count": 3}, {"sku": "POT", "count": 1}
    parcels = [{"inside": [{"sku": "TEA", "count": 1}]}, {"state": "lost", "inside": [pot]}, {"inside": [{"sku": "TEA", "count": "1.0"}]}]
    fields = _fields(
        {"items": [tea, pot], "gifts": [{"sku": "CUP", "count": 1}], "parcels": parcels},
        {"items": [tea], "parcels": []},
        {"items": [tea, pot], "parcels": [{"inside": [{"sku": "POT", "count": 1}]}, {}]},
    )

    lines = read_lines(fields, PACKED)

    assert lines.parent.tolist() == [0, 0, 1, 2, 2, 0]
    assert lines.values["shipped_quantity"].to_pylist() == [2, 0, None, 0, 1, None]


def test_a_package_that_does_not_say_how_much_refuses_the_order_it_is_of() -> None:
    fields = _fields({"items": []}, {"items": [{"sku": "TEA", "count": 2}], "parcels": [{}, {"inside": [{"sku": "TEA", "count": "two"}]}]})

    read_lines(fields, PACKED)

    assert [(finding.row, finding.field, finding.code) for finding in fields.faults.findings] == [
        (2, "parcels.inside.count", "not_a_count")
    ]


def test_only_lines_that_have_a_key_can_be_packed() -> None:
    with pytest.raises(ValueError, match="packed: only lines"):
        Table.model_validate(PACKED.model_dump(by_alias=True, exclude_unset=True) | {"line_key": None})


def test_lines_of_one_key_are_numbered_within_their_order_only() -> None:
    keys = as_texts(["TEA", "CUP", "TEA", "TEA", "TEA"])

    assert told_apart(keys, within=np.array([0, 0, 0, 1, 0])).to_pylist() == ["TEA", "CUP", "TEA-2", "TEA", "TEA-3"]
