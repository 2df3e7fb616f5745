"""What does a file of a known table say of orders, lines, events and contacts?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from data.connectors import amounts, times
from data.connectors.batch import Batch, Chunk
from data.connectors.columns import Columns
from data.connectors.controls import ControlTotals
from data.connectors.entry_rows import EntryFile, EntryRows
from data.connectors.faults import Faults
from data.connectors.fields import Fields, Terms
from data.connectors.frames import frame_of
from data.connectors.manifest import REFERENCE_KEYS, Manifest, Table
from data.connectors.order_rows import OrderRows
from data.connectors.readers.reading import Footer
from data.connectors.repeats import Repeats
from data.connectors.shops import Shop, ShopBook, ShopFinder
from data.connectors.statement_head import Head
from data.connectors.statement_problems import ControlSum, StatementRefused, control_sum_differs
from data.connectors.stock_rows import StockFile, StockMapping, named_at
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
        self.head = Head()
        self._shops = shops
        self._as_of = as_of
        self._latest_allowed = int((as_of + FUTURE_ALLOWED).astimezone(UTC).timestamp()) * 1_000_000
        self.control_sum = 0
        self.repeats = Repeats()
        self._begun = False
        self.entries: EntryFile | None = None
        self.stock: StockFile | None = StockFile() if table.stock is not None else None
        self.named_at: datetime | None = None
        if table.entry is not None:
            self.entries = EntryFile(ControlTotals(table.entry.controls, decimals=self.decimals))

    @property
    def new_shops(self) -> list[Shop]:
        """Shops that the rows mapped so far name and nobody knew."""
        return self.finder.new_shops

    def batches(self, chunks: Iterable[Chunk]) -> Iterator[Batch]:
        """Map a file's chunks, one batch each; where an order has several rows they are kept together."""
        order_no = self.table.order_no
        if self.table.grain == "line" and order_no is not None:
            chunks = keep_orders_whole(chunks, column=self.table.continued_by or order_no.sources[0])
        return map(self.map, chunks)

    def map(self, chunk: Chunk) -> Batch:
        """Map one chunk; rows that do not hold are only in the findings."""
        columns = Columns.of(chunk)
        if self.table.second_header:
            columns = columns.only(~self._is_header_again(columns))
        if self.table.continued_by and self.table.order_no is not None:
            number = self.table.order_no.sources
            columns = columns.continued(self.table.continued_by, number=number, leaving=self.table.line_columns)
        if self.table.role == "reference":
            return _reference_batch(self, columns, refused=chunk.refused)
        if self.stock is not None:
            stock = StockMapping(self.manifest, self.table, self.finder, columns, file=self.stock, latest_allowed=self._latest_allowed)
            return stock.batch(refused=chunk.refused)
        if self.entries is not None:
            lines = EntryRows(self.manifest, self.table, self.finder, columns, file=self.entries, latest_allowed=self._latest_allowed)
            return lines.batch(refused=chunk.refused)
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
        minor = amounts.money(as_texts([stated]), decimals=self.decimals).values[0].as_py()
        computed = amounts.major(self.control_sum, decimals=self.decimals)
        return (stated if minor is None else amounts.major(minor, decimals=self.decimals)), computed

    def control_sums(self, footers: Sequence[Footer], *, further: Sequence[ControlSum] = ()) -> list[ControlSum]:
        """Hold the footers' totals (and ``further`` ones) against the rows of a statement.

        Raises StatementRefused where any differs, or where the table's files always end in one and this does not.
        """
        if self.entries is None or self.table.entry is None:
            return []
        sums = [*self.entries.controls.compare(footers), *further]
        if not sums and self.table.entry.footer_needed:
            raise StatementRefused("footer_missing")
        if not all(each.holds for each in sums):
            raise control_sum_differs(sums)
        return sums

    def stated_below(self, footers: Sequence[Footer]) -> datetime | None:
        """Give the time at which a statement's footer says it was made."""
        if self.entries is None:
            return None
        return _stated_in((footer.text for footer in footers), manifest=self.manifest, table=self.table)

    def open_statement(self, head: Head, *, name: str) -> None:
        """Tell what a statement says above its header, and the names of its file and sheet, before its rows are mapped."""
        self.head = head
        self.named_at = named_at(name, zone=self.manifest.zone, latest_allowed=self._latest_allowed)
        if self.entries is not None and self.table.entry is not None:
            self.entries.account = head.account
            waiting = self.table.entry.pending_name
            self.entries.pending = bool(waiting) and re.search(waiting, name) is not None

    def beside(self, table: Table) -> "Mapper":
        """Give a mapper for another table of the same file."""
        return Mapper(self.manifest, table, shops=self._shops, as_of=self._as_of)

    @property
    def decimals(self) -> int:
        """How many decimals the amounts of the manifest's currency have as they are written here."""
        return 0 if self.manifest.unit == "minor" else amounts.decimals_of(self.manifest.currency)

    def _is_header_again(self, columns: Columns) -> Mask:
        dated = [columns.first_of(spec.sources) for spec in self.table.times.values()]
        number = self.table.order_no.sources if self.table.order_no else ()
        if self.table.entry is not None:
            return self._names_its_columns(columns)
        said: Mask = np.logical_or.reduce([filled(columns.first_of(number)), *map(filled, dated)])
        return ~said

    def _names_its_columns(self, columns: Columns) -> Mask:
        """Say whether the first row of a statement is a second header: words without a figure; no other row is ever taken for one."""
        again = np.zeros(columns.rows, dtype=bool)
        if columns.rows and not self._begun:
            cells = [columns.text(name)[0].as_py() for name in self.table.mapped_columns]
            again[0] = not any(any(map(str.isdigit, cell)) for cell in cells if cell)
        self._begun = True
        return again


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
    return _stated_in((" ".join(cells) for cells in rows[: max(header_row - 1, 0)]), manifest=manifest, table=table)


def _stated_in(lines: Iterable[str], *, manifest: Manifest, table: Table) -> datetime | None:
    for line in lines:
        found = re.search(table.observed.preamble, line)
        if found is not None:
            parsed = times.time(as_texts([found[1]]), zone=manifest.zone).values
            if parsed[0].is_valid:
                return datetime.fromtimestamp(int(times.micros_of(parsed)[0]) // 1_000_000, tz=UTC)
    return None
