"""No cell, however wild, may stop a file: the row is taken or refused, and nothing is raised."""

import random
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.batch import Batch, Chunk
from data.connectors.manifest import Manifest, Table
from data.connectors.mapping import Mapper
from data.connectors.registry import manifests
from tests.laws import tries
from tests.platform_examples import AS_OF, BOOK, OWNERS

TABLES = [(manifest, table) for manifest in manifests() for table in manifest.tables]
ROWS = [(manifest, table) for manifest, table in TABLES if table.format == "rows"]
JSON = [(manifest, table) for manifest, table in TABLES if table.format == "json"]
EMPTY_OR_PLAIN = [None, None, None, "1", "12.30", "2026-11-01 08:00:00", "已发货", "交易关闭", "已关闭", "退款成功", "CNY", "Asia/Shanghai"]
WILD = [
    "0",
    "-1",
    "1e309",
    "9" * 30,
    "NaN",
    "inf",
    "2026-02-30 00:00:00",
    "9999-12-31 23:59:59",
    "0999-01-01 00:00:00",
    "2026-11-01T08:00:00+99:00",
]
ODD = [
    "a,b;c",
    "，，",
    "\u3000",
    "𠮷\u202e",
    "\x00",
    "-",
    "AD1",
    "%",
    "\\",
    "'",
    "x" * 300,
    "1.0",
    "1E+5",
    "2026-11-01T08:00:00Z",
    "1762601591",
    "¥-3元",
]
JSON_ONLY: list[Any] = [True, False, 5, Decimal("1E+30"), {}, [], [None, 1, {"id": 1}], {"id": "7", "created_at": "2026-11-01T08:00:00Z"}]
CELLS: list[Any] = [*EMPTY_OR_PLAIN, *WILD, *ODD]


def _conserved(batch: Batch, row_number: list[int]) -> None:
    refused = {finding.row for finding in batch.findings}
    kept = next((frame for frame in (batch.reference, batch.entries, batch.stock, batch.orders) if frame is not None), None)
    assert batch.rows == len(row_number)
    assert refused <= set(row_number)
    assert kept is not None
    assert not refused & set(kept["row_number"])
    assert len({(finding.row, finding.field) for finding in batch.findings}) == len(batch.findings)


@pytest.mark.parametrize(("manifest", "table"), ROWS, ids=[manifest.source(table) for manifest, table in ROWS])
@settings(deadline=None, max_examples=tries(15))
@given(seed=st.integers(0, 2**32))
def test_a_row_of_any_cells_is_taken_or_refused(manifest: Manifest, table: Table, seed: int) -> None:
    dice = random.Random(seed)
    cells = {name: pd.Series([dice.choice(CELLS) for _ in range(60)], dtype="str") for name in table.mapped_columns}
    mapper = Mapper(manifest, table, shops=OWNERS if table.entry else BOOK, as_of=AS_OF)

    batches = list(mapper.batches([Chunk(np.arange(2, 62), frame=pd.DataFrame(cells))]))

    # words without a figure in the first row are Douyin's second header, and no row
    names_columns = table.second_header and not any(figure.isdigit() for column in cells.values() for figure in str(column.fillna("")[0]))
    assert len(batches) == 1
    _conserved(batches[0], list(range(3 if names_columns else 2, 62)))


@pytest.mark.parametrize(("manifest", "table"), JSON, ids=[manifest.source(table) for manifest, table in JSON])
@settings(deadline=None, max_examples=tries(15))
@given(seed=st.integers(0, 2**32))
def test_a_record_of_any_values_is_taken_or_refused(manifest: Manifest, table: Table, seed: int) -> None:
    dice = random.Random(seed)
    records = [_record(table, dice) for _ in range(30)]

    batch = Mapper(manifest, table, shops=OWNERS if table.entry else BOOK, as_of=AS_OF).map(Chunk(np.arange(1, 31), records=records))

    _conserved(batch, list(range(1, 31)))


def _record(table: Table, dice: random.Random) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for path in table.mapped_columns:
        _put(path, dice.choice([*CELLS, *JSON_ONLY]), record)
    for nested in filter(None, (table.line_each, table.gift_each)):
        names = [name for spec in table.line.values() for name in spec.sources] + ["id", "order_item_id"]
        elements = [{name: dice.choice([*CELLS, *JSON_ONLY]) for name in names} for _ in range(dice.randrange(3))]
        record[nested] = dice.choice([elements, elements, *JSON_ONLY])
    return record


def _put(path: str, value: Any, record: dict[str, Any]) -> None:
    """Put a value at a path, making the lists and objects on the way."""
    name, _, rest = path.partition(".")
    key = name.removesuffix("[]")
    if not rest:
        record[key] = value
        return
    below = record.setdefault(key, [{}] if name.endswith("[]") else {})
    inner = below[0] if isinstance(below, list) and below else below
    if isinstance(inner, dict):
        _put(rest, value, inner)
