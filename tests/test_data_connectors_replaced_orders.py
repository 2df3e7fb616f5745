"""In place of which orders have those of a chunk's rows come?"""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.manifest_parts import Parts, Replaces
from data.connectors.replaced_orders import ReplacedOrders, replaced_orders
from data.connectors.texts import as_texts
from data.connectors.times import NEVER

SPEC = Replaces.model_validate({"from": ["root", "parent"], "nothing": ["0"], "where": {"return": ["0", ""]}})


def _read(*records: dict[str, Any]) -> tuple[ReplacedOrders, Faults, Columns]:
    columns = Columns(np.arange(1, len(records) + 1), records=records)
    faults = Faults(columns.row_number, frozenset())
    shop = as_texts(["jd"] * len(records))
    return replaced_orders(columns, faults, SPEC, shop_id=shop, own=columns.text("no")), faults, columns


def _named(found: ReplacedOrders) -> set[tuple[int, str]]:
    return set(zip(found.row.tolist(), found.order_no.to_pylist(), strict=True))


def test_a_row_replaces_its_root_and_its_parent() -> None:
    found, _, _ = _read({"no": "3", "root": "1", "parent": "2"}, {"no": "4", "root": "0", "parent": None})

    assert _named(found) == {(0, "1"), (0, "2")}


def test_no_order_replaces_itself_and_a_return_replaces_nothing() -> None:
    found, _, _ = _read({"no": "1", "root": "1", "parent": "1"}, {"no": "2", "root": "1", "parent": "1", "return": "1"})

    assert _named(found) == set()


def test_only_rows_that_hold_replace_another() -> None:
    found, _, columns = _read({"no": "1"}, {"no": "2", "root": "1"}, {"no": "3"})
    shop, own = as_texts(["jd"] * 3), columns.text("no")

    assert found.rows_of(shop, own, keep=np.array([True, True, True])).tolist() == [True, False, False]
    assert found.rows_of(shop, own, keep=np.array([True, False, True])).tolist() == [False, False, False]


def test_an_order_that_two_rows_replace_is_undone_once() -> None:
    found, _, columns = _read({"no": "2", "root": "1", "parent": "1"}, {"no": "3", "root": "1", "parent": "1"})
    since = np.array([1_000_000, NEVER], dtype=np.int64)

    events = found.events(columns.row_number, keep=np.array([True, True]), since=since)

    assert events[["row_number", "shop_id", "order_no", "type", "part"]].values.tolist() == [
        [1, "jd", "1", "cancelled", ""],
        [1, "jd", "1", "reverted", "created"],
    ]
    assert events["occurred_from"].dt.strftime("%H:%M:%S").tolist() == ["00:00:01", "00:00:01"]
    assert events["occurred_to"].isna().all()


def test_a_damaged_number_refuses_the_row_that_names_it() -> None:
    found, faults, _ = _read({"no": "2", "root": "2.9E+11"})

    assert _named(found) == set()
    assert [(finding.row, finding.field, finding.code) for finding in faults.findings] == [(1, "root", "damaged_id")]


def test_parts_without_a_time_cannot_say_when_the_whole_was_complete() -> None:
    Parts.model_validate({"each": "lines", "event": "refunded", "part": "id", "whole": "refunded"})

    with pytest.raises(ValidationError, match="`whole` needs `time`"):
        Parts.model_validate({"each": "parcels", "event": "part_shipped", "part": "no", "whole": "shipped"})
