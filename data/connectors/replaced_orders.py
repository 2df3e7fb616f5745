"""In place of which orders have those of a chunk's rows come?

An order that was split up lives on in its children: nobody may ship it, and it must not count beside them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import transforms
from data.connectors.columns import Columns, Index
from data.connectors.faults import Faults
from data.connectors.frames import frame_of
from data.connectors.manifest_parts import Replaces
from data.connectors.statements import SINCE_EVER, Micros
from data.connectors.texts import Mask, Texts, filled, mask_of
from data.connectors.times import NEVER, instants_of


@dataclass(frozen=True)
class ReplacedOrders:
    """The numbers of replaced orders, and for each a row that names it."""

    row: Index
    shop_id: Texts
    order_no: Texts

    def rows_of(self, shop_id: Texts, own: Texts, *, keep: Mask) -> Mask:
        """Say which rows of the chunk are replaced by another that holds."""
        gone = _keys(self.shop_id, self.order_no).filter(pa.array(keep[self.row]))
        return mask_of(pc.is_in(_keys(shop_id, own), value_set=gone))

    def events(self, row_number: Index, *, keep: Mask, since: Micros | None) -> pd.DataFrame:
        """State of each, once, that it has ended and its creation is undone, at some instant after ``since`` of the row that says so."""
        holds = np.flatnonzero(keep[self.row])
        once = pd.Series(_keys(self.shop_id, self.order_no).to_pylist(), dtype="str").iloc[holds].drop_duplicates().index.to_numpy()
        row = self.row[once]
        start = np.full(len(row), SINCE_EVER, dtype=np.int64) if since is None else np.where(since[row] == NEVER, SINCE_EVER, since[row])
        said = [self._event(once, type_, part, start=start) for type_, part in (("cancelled", ""), ("reverted", "created"))]
        for frame in said:
            frame.insert(0, "row_number", row_number[row])
        return pd.concat(said, ignore_index=True)

    def _event(self, once: Index, type_: str, part: str, *, start: Micros) -> pd.DataFrame:
        cells = {
            "shop_id": self.shop_id.take(pa.array(once)),
            "order_no": self.order_no.take(pa.array(once)),
            "type": pa.array([type_] * len(once), pa.large_string()),
            "part": pa.array([part] * len(once), pa.large_string()),
            "occurred_from": instants_of(start),
            "occurred_to": instants_of(np.full(len(once), NEVER, dtype=np.int64)),
        }
        return frame_of(cells)


def replaced_orders(columns: Columns, faults: Faults, spec: Replaces, *, shop_id: Texts, own: Texts) -> ReplacedOrders:
    """Read the orders that rows name as replaced; none is ever its own replacement."""
    rows, names = [], []
    speaking = columns.meets(spec.where)
    for source in spec.sources:
        texts = columns.text(source)
        numbers = faults.take(transforms.identifier(texts), column=source, texts=texts)
        none = mask_of(pc.is_in(numbers, value_set=pa.array(spec.nothing, pa.large_string())))
        row = np.flatnonzero(speaking & filled(numbers) & filled(shop_id) & ~none & ~mask_of(pc.equal(numbers, own)))
        rows.append(row)
        names.append(numbers.take(pa.array(row)))
    row = np.concatenate(rows)
    return ReplacedOrders(row, shop_id.take(pa.array(row)), pa.concat_arrays(names))


def _keys(shop_id: Texts, order_no: Texts) -> Texts:
    return pc.binary_join_element_wise(shop_id, order_no, pa.scalar("\x1f", pa.large_string()))
