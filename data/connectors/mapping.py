"""What does a file of a known table say of orders, lines, events and contacts?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from data.connectors import amounts, times
from data.connectors.batch import Batch, Chunk
from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.fields import Fields, Terms
from data.connectors.frames import frame_of
from data.connectors.manifest import REFERENCE_KEYS, Manifest, Table
from data.connectors.order_rows import OrderRows
from data.connectors.repeats import Repeats
from data.connectors.shops import Shop, ShopBook, ShopFinder
from data.connectors.texts import Mask, as_texts, filled
from data.connectors.whole_orders import keep_orders_whole
from models.findings import Finding

# A clock may be wrong, a zone off by a day; what lies further ahead is a wrong year or zone.
FUTURE_ALLOWED = timedelta(hours=36)


class Mapper:
    """Applies one table of a manifest to the chunks of one file.

    ``new_shops`` holds the shops that the file's rows name and nobody knows yet; the batches already speak of them.
    ``control_sum`` is the total of the table's ``control`` column over the rows that hold, in minor units.
    """

    def __init__(self, manifest: Manifest, table: Table, *, shops: ShopBook, as_of: datetime) -> None:
        self.manifest = manifest
        self.table = table
        self.finder = ShopFinder(shops, manifest=manifest, table=table)
        self._latest_allowed = int((as_of + FUTURE_ALLOWED).astimezone(UTC).timestamp()) * 1_000_000
        self.control_sum = 0
        self.repeats = Repeats()

    @property
    def new_shops(self) -> list[Shop]:
        """Shops that the rows mapped so far name and nobody knew."""
        return self.finder.new_shops

    def batches(self, chunks: Iterable[Chunk]) -> Iterator[Batch]:
        """Map a file's chunks, one batch each; where an order has several rows they are kept together."""
        order_no = self.table.order_no
        if self.table.grain == "line" and order_no is not None:
            chunks = keep_orders_whole(chunks, column=order_no.sources[0])
        return map(self.map, chunks)

    def map(self, chunk: Chunk) -> Batch:
        """Map one chunk; rows that do not hold are only in the findings."""
        columns = Columns.of(chunk)
        if self.table.second_header:
            columns = columns.only(~self._is_header_again(columns))
        if self.table.role == "reference":
            return _reference_batch(self, columns, refused=chunk.refused)
        rows = OrderRows(self.manifest, self.table, self.finder, columns, latest_allowed=self._latest_allowed)
        batch = rows.batch(refused=chunk.refused)
        self.control_sum += rows.control_sum
        return batch

    def control(self, totals: Mapping[str, str]) -> tuple[str, str] | None:
        """Compare what the file's footers state of the control column with what its rows that hold add up to.

        Both as amounts in major units, (stated, computed); None where the file states no such total.
        """
        spec = {**self.table.line, **self.table.order}.get(self.table.control)
        stated = next((totals[name] for name in spec.sources if name in totals), None) if spec is not None else None
        if stated is None:
            return None
        decimals = 0 if self.manifest.unit == "minor" else amounts.decimals_of(self.manifest.currency)
        minor = amounts.money(as_texts([stated]), decimals=decimals).values[0].as_py()
        return (stated if minor is None else amounts.major(minor, decimals=decimals)), amounts.major(self.control_sum, decimals=decimals)

    def _is_header_again(self, columns: Columns) -> Mask:
        dated = [columns.first_of(spec.sources) for spec in self.table.times.values()]
        number = self.table.order_no.sources if self.table.order_no else ()
        said: Mask = np.logical_or.reduce([filled(columns.first_of(number)), *map(filled, dated)])
        return ~said


def _reference_batch(mapper: Mapper, columns: Columns, *, refused: Sequence[Finding]) -> Batch:
    """Map the rows of a master to the columns of the table it fills."""
    table, manifest = mapper.table, mapper.manifest
    faults = Faults(columns.row_number, frozenset(table.personal_columns))
    fields = Fields(columns, faults, Terms(manifest.zone, decimals=amounts.decimals_of(manifest.currency)))
    values = {name: fields.read(name, spec) for name, spec in table.reference.items()}
    if table.fills is not None and not table.samples:
        keys = REFERENCE_KEYS[table.fills]
        source = table.reference[keys[0]].sources if keys[0] in table.reference else ()
        differs = mapper.repeats.contradicting(values, keys=keys, holding=~faults.bad)
        faults.add("duplicate_row", differs, column=columns.named(source), texts=columns.first_of(source))
    keep = pa.array(~faults.bad)
    frame = frame_of({name: array.filter(keep) for name, array in values.items()})
    if "aliases" in frame:
        frame["aliases"] = frame["aliases"].str.split(r"[;；|、,，]").map(_stripped, na_action="ignore")
    frame.insert(0, "row_number", columns.row_number[~faults.bad])
    rows = columns.rows + len({finding.row for finding in refused})
    return Batch(rows=rows, findings=(*refused, *faults.findings), reference=frame, notices=faults.notices)


def _stripped(parts: list[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]


def stated_at(rows: Sequence[Sequence[str]], *, manifest: Manifest, table: Table, header_row: int) -> datetime | None:
    """Give the time at which a file says it was made, from the lines above its header; None where it says nothing."""
    for cells in rows[: max(header_row - 1, 0)]:
        found = re.search(table.observed.preamble, " ".join(cells))
        if found is not None:
            parsed = times.time(as_texts([found[1]]), zone=manifest.zone).values
            if parsed[0].is_valid:
                return datetime.fromtimestamp(int(times.micros_of(parsed)[0]) // 1_000_000, tz=UTC)
    return None
