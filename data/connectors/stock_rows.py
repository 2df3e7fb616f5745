"""What do the rows of one chunk of a stock list say? One row a quantity, or one a movement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import times
from data.connectors.batch import Batch
from data.connectors.columns import Columns
from data.connectors.faults import Faults
from data.connectors.fields import Fields, Terms
from data.connectors.frames import frame_of
from data.connectors.manifest import Manifest, Table
from data.connectors.manifest_parts import FieldSpec, plain_word
from data.connectors.manifest_stock import NAME_TIME, MoveRows, StockRows
from data.connectors.repeats import Repeats
from data.connectors.shops import ShopFinder
from data.connectors.texts import Mask, Texts, as_texts, by_unique, filled, mask_of
from data.connectors.times import NEVER
from models.findings import Finding
from models.stock.kinds import MOVE_WAYS, NON_SALE

# ``says`` is snapshot, shown or moves; ``quantity`` of a movement is signed; ``as_of`` is missing where only the file has one.
COLUMNS: tuple[str, ...] = (
    "row_number", "shop_id", "says", "sku_label", "warehouse_label", "kind", "quantity", "as_of", "move_key", "reason", "person",
)  # fmt: skip
_KEY = ("shop_id", "sku_label", "warehouse_label", "kind", "as_of", "move_key")


@dataclass
class StockFile:
    """What must be known of a stock list as a whole while its chunks are mapped."""

    repeats: Repeats = field(default_factory=Repeats)
    seen: set[int] = field(default_factory=set)


class StockMapping:
    """One chunk of a stock list's rows while it is mapped."""

    def __init__(
        self, manifest: Manifest, table: Table, finder: ShopFinder, columns: Columns, *, file: StockFile, latest_allowed: int
    ) -> None:
        assert table.stock is not None
        self.table = table
        self.stock: StockRows = table.stock
        self.finder = finder
        self.columns = columns
        self.file = file
        self.latest_allowed = latest_allowed
        self.faults = Faults(columns.row_number, frozenset(table.personal_columns))
        self.fields = Fields(columns, self.faults, Terms(manifest.zone))

    def batch(self, *, refused: Sequence[Finding]) -> Batch:
        """Read everything the table maps and build the frame."""
        columns, stock = self.columns, self.stock
        left_out = columns.meets(self.table.leave_out) if self.table.leave_out else np.zeros(columns.rows, dtype=bool)
        self._check_unit(left_out)
        common = {
            "shop_id": self._shops(left_out),
            "sku_label": self._needed("sku_code", stock.sku, left_out),
            "warehouse_label": self._needed("warehouse", stock.warehouse, left_out) if stock.warehouse else self._same(""),
        }
        instants = self._instants(left_out)
        moves = stock.moves
        frames = [self._moved(moves, common, instants, left_out)] if moves else self._counted(common, instants, left_out)
        keep = ~self.faults.bad & ~left_out
        if count := int((left_out & ~self.faults.bad).sum()):
            self.faults.notices["left_out"] += count
        frame = self._frame(frames, keep)
        return Batch(
            rows=columns.rows + len({finding.row for finding in refused}),
            findings=(*refused, *self.faults.findings),
            stock=frame,
            latest_at=_latest(frame, self._updated(keep)),
            notices=self.faults.notices,
        )

    # ------------------------------------------------------------ reading rows

    def _check_unit(self, left_out: Mask) -> None:
        unit = self.stock.unit
        if unit is None:
            return
        texts = self.columns.first_of(unit.sources)
        pieces = mask_of(pc.is_in(by_unique(texts, plain_word), value_set=pa.array(unit.pieces, pa.large_string())))
        self.faults.add("not_in_pieces", filled(texts) & ~pieces & ~left_out, column=self.columns.named(unit.sources), texts=texts)

    def _shops(self, left_out: Mask) -> Texts:
        """Give the shop of what a channel shows; a warehouse's list is nobody's."""
        if self.stock.says != "shown":
            return self.columns.missing()
        shop_id = self.finder.owners(self.columns, accounts=self.columns.missing())
        unknown = ~filled(shop_id) & ~left_out
        self.faults.add("unknown_shop", unknown, column=self.columns.named(self.table.shop), texts=self.columns.first_of(self.table.shop))
        return shop_id

    def _needed(self, name: str, spec: FieldSpec, left_out: Mask) -> Texts:
        texts: Texts = self.fields.read(name, spec)
        self.faults.add("missing", ~filled(texts) & ~left_out & ~self.faults.bad, column=self.columns.named(spec.sources))
        return texts

    def _same(self, word: str) -> Texts:
        return pa.array([word] * self.columns.rows, pa.large_string())

    def _instants(self, left_out: Mask) -> pa.Array:
        spec = self.stock.moves.occurred_at if self.stock.moves else self.stock.as_of
        if spec is None:
            return times.instants_of(np.full(self.columns.rows, NEVER, dtype=np.int64))
        micros = self.fields.micros(spec, latest_allowed=self.latest_allowed)
        if self.stock.moves:
            self.faults.add("missing", (micros == NEVER) & ~left_out & ~self.faults.bad, column=self.columns.named(spec.sources))
        return times.instants_of(micros)

    def _counted(self, common: Mapping[str, pa.Array], instants: pa.Array, left_out: Mask) -> list[dict[str, pa.Array]]:
        """Give one frame a kind of quantity; a row that does not count adds nothing to it."""
        counts = self.columns.meets(self.stock.counts) if self.stock.counts else np.ones(self.columns.rows, dtype=bool)
        frames = []
        for kind, spec in self.stock.quantities.items():
            read = self.fields.read("signed_pieces" if kind == "available" else "pieces", spec)
            quantity = pc.if_else(pa.array(counts), read, pc.if_else(read.is_valid(), 0, None))
            frames.append({**common, "kind": self._same(kind), "quantity": quantity, "as_of": instants})
        if not self.stock.adds_up:
            self._refuse_contradictions(frames, left_out)
        return frames

    def _refuse_contradictions(self, frames: Sequence[Mapping[str, pa.Array]], left_out: Mask) -> None:
        """Refuse a row that says something else of the SKU and place than an earlier row of the same file."""
        whole = {name: values for name, values in frames[0].items() if name not in ("kind", "quantity")}
        whole |= {frame["kind"][0].as_py() if self.columns.rows else "": frame["quantity"] for frame in frames}
        keys = tuple(name for name in _KEY if name in whole)
        differs = self.file.repeats.contradicting(whole, keys=keys, holding=~self.faults.bad & ~left_out)
        spec = self.stock.sku
        self.faults.add("duplicate_row", differs, column=self.columns.named(spec.sources), texts=self.columns.first_of(spec.sources))

    def _moved(self, moves: MoveRows, common: Mapping[str, pa.Array], instants: pa.Array, left_out: Mask) -> dict[str, pa.Array]:
        """Give the movements; one of nothing (a count that found no difference) says nothing."""
        read = self.fields
        words = self.columns.first_of(moves.type)
        kinds = by_unique(words, lambda word: moves.types.get(plain_word(word)))
        self.faults.add("unknown_move_type", ~filled(kinds) & filled(words) & ~left_out, column=self.columns.named(moves.type), texts=words)
        self.faults.add("missing", ~filled(words) & ~left_out, column=self.columns.named(moves.type))
        key = self._needed("line_key", moves.key, left_out)
        size = read.read("signed_pieces", moves.quantity)
        quantity_column = self.columns.named(moves.quantity.sources)
        self.faults.add("missing", ~filled(size) & ~left_out & ~self.faults.bad, column=quantity_column)
        ways = pc.cast(by_unique(kinds, lambda kind: str(MOVE_WAYS[kind])), pa.int64())
        quantity = pc.if_else(pc.equal(ways, 0), size, pc.multiply(pc.abs(size), ways))
        quantity = pc.if_else(pc.equal(quantity, 0), None, quantity)
        explained = {
            name: self._explained(name, spec, kinds, left_out) for name, spec in (("reason", moves.reason), ("person", moves.person))
        }
        whole = {**common, "kind": kinds, "quantity": quantity, "as_of": instants, "move_key": key, **explained}
        differs = self.file.repeats.contradicting(whole, keys=("move_key",), holding=~self.faults.bad & ~left_out)
        self.faults.add("duplicate_row", differs, column=self.columns.named(moves.key.sources), texts=key)
        return whole

    def _explained(self, name: str, spec: FieldSpec | None, kinds: Texts, left_out: Mask) -> Texts:
        """Give why goods left unsold and by whose hand; where they did, both must be said."""
        texts: Texts = self.fields.read(name, spec) if spec else self.columns.missing()
        unsold = mask_of(pc.is_in(kinds, value_set=pa.array(NON_SALE, pa.large_string())))
        self.faults.add("missing", unsold & ~filled(texts) & ~left_out, column=self.columns.named(spec.sources) if spec else name)
        return texts

    # ------------------------------------------------------------ building the frame

    def _frame(self, frames: Sequence[Mapping[str, pa.Array]], keep: Mask) -> pd.DataFrame:
        built = []
        for cells in frames:
            frame = frame_of({name: values.filter(pa.array(keep)) for name, values in cells.items()})
            frame.insert(0, "row_number", self.columns.row_number[keep])
            built.append(frame[frame["quantity"].notna()])
        whole = pd.concat(built, ignore_index=True)
        whole["says"] = self.stock.says
        for name in ("move_key", "reason", "person"):
            if name not in whole:
                whole[name] = pd.Series([None] * len(whole), dtype="str")
        whole = self._without_repeats(whole)
        ordered: pd.DataFrame = whole[list(COLUMNS)].astype({"quantity": "Int64", "says": "str"})
        return ordered

    def _without_repeats(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Leave out rows that an earlier row of the file says already, word for word; batches that add up are never that."""
        if self.stock.adds_up or frame.empty:
            return frame
        hashed = pd.util.hash_pandas_object(frame[[name for name in _KEY if name in frame]], index=False, categorize=False)
        fresh = np.ones(len(frame), dtype=bool)
        for place, one in enumerate(hashed.tolist()):
            fresh[place] = one not in self.file.seen
            self.file.seen.add(one)
        if repeated := int((~fresh).sum()):
            self.faults.notices["repeated"] += repeated
        return frame[fresh]

    def _updated(self, keep: Mask) -> npt.NDArray[np.int64]:
        """Give when each row was last changed at its source."""
        spec = self.table.observed
        if not spec.columns:
            return np.array([], dtype=np.int64)
        at = FieldSpec(sources=spec.columns, as_="unix_seconds" if spec.as_ == "unix_seconds" else "time")
        return self.fields.micros(at, latest_allowed=self.latest_allowed)[keep]


def named_at(name: str, *, zone: str, latest_allowed: int) -> datetime | None:
    """Give the time that a file's name states, None where it states none that can have been.

    >>> named_at("stock_20261122235000.csv", zone="Asia/Shanghai", latest_allowed=2**62)
    datetime.datetime(2026, 11, 22, 15, 50, tzinfo=datetime.timezone.utc)
    """
    found = NAME_TIME.search(name)
    if found is None:
        return None
    year, month, day, hour, minute, second = (part or "00" for part in found.groups())
    read = times.time(as_texts([f"{year}-{month}-{day} {hour}:{minute}:{second}"]), zone=zone).values
    micros = int(times.micros_of(read)[0])
    if micros == NEVER or micros > latest_allowed:
        return None
    return datetime.fromtimestamp(micros // 1_000_000, tz=UTC)


def _latest(frame: pd.DataFrame, updated: npt.NDArray[np.int64]) -> datetime | None:
    latest = [pd.Timestamp(int(updated[updated != NEVER].max()), unit="us", tz="UTC")] if (updated != NEVER).any() else []
    if frame["as_of"].notna().any():
        latest.append(frame["as_of"].max())
    return max(latest).to_pydatetime() if latest else None
