"""Which orders does a row name?"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import transforms
from data.connectors.columns import Columns, Index
from data.connectors.faults import Faults
from data.connectors.manifest_parts import OrderNo
from data.connectors.texts import Texts, filled, mask_of


def named_orders(columns: Columns, faults: Faults, spec: OrderNo) -> tuple[Texts, Index]:
    """Give every order number that the rows name, and for each the row it stands in; a row that names none is a fault."""
    texts = columns.first_of(spec.sources)
    column = columns.named(spec.sources)
    faults.add("missing", ~filled(texts), column=column)
    numbers, source_row = _split(texts, spec)
    values = faults.take(transforms.identifier(numbers), column=column, texts=numbers, parent=source_row)
    for pattern in spec.keep:
        values = pc.replace_substring_regex(values, pattern, r"\1")
    if not spec.ignore:
        return values, source_row
    own = mask_of(pc.match_substring_regex(values, spec.ignore))
    faults.notices["warehouse_own_order"] += int(own.sum())
    return values.filter(pa.array(~own)), source_row[~own]


def _split(texts: Texts, spec: OrderNo) -> tuple[Texts, Index]:
    """Give every order number named, and the row it stands in; a row that names none keeps one empty place."""
    rows = np.arange(len(texts), dtype=np.int64)
    if not spec.separators or not mask_of(pc.match_substring_regex(texts, f"[{spec.separators}]")).any():
        return texts, rows
    parts = pc.split_pattern_regex(pc.fill_null(texts, ""), f"[{spec.separators}]")
    numbers = pc.utf8_trim_whitespace(pc.list_flatten(parts))
    source_row = rows[pc.list_parent_indices(parts).to_numpy()]
    named = mask_of(pc.not_equal(numbers, "")) | ~filled(texts)[source_row]
    numbers = pc.if_else(pc.equal(numbers, ""), None, numbers).filter(pa.array(named))
    source_row = source_row[named]
    frame = pd.DataFrame({"row": source_row, "number": numbers.to_pylist()})
    once = ~frame.duplicated().to_numpy()
    return numbers.filter(pa.array(once)), source_row[once]
