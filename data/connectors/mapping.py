"""What does a chunk of a known table say of orders, lines, events and contacts?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import transforms
from data.connectors.batch import Batch, Chunk
from data.connectors.carriers import carrier_of
from data.connectors.columns import Columns, Index
from data.connectors.manifest import FieldSpec, Manifest, Table, plain_word
from data.connectors.regions import PROVINCE_CHARACTERS, city_of_address, region_of, region_of_address, region_of_codes
from data.connectors.shops import Shop, ShopBook
from data.connectors.statements import NEVER, OPEN_STATUSES, Micros, Statements, statements, status_codes
from data.connectors.transforms import Mask, Parsed, Texts, filled
from models.events import HUB_STATUSES
from models.findings import Finding

# A clock may be wrong, a zone off by a day; what lies further ahead is a wrong year or zone.
FUTURE_ALLOWED = timedelta(hours=36)
VALUE_CHARACTERS = 80


@dataclass
class _Faults:
    """The faults of a chunk while it is read."""

    columns: Columns
    personal: frozenset[str]
    bad: Mask
    findings: list[Finding] = field(default_factory=list)
    notices: Counter[str] = field(default_factory=Counter)

    def take(self, parsed: Parsed, *, name: str, texts: Texts, parent: Index | None = None, label: str | None = None) -> pa.Array:
        """Note a column's faults and give its values."""
        self.notices.update(parsed.notices)
        for code, mask in parsed.faults.items():
            self.add(code, mask, name=name, texts=texts, parent=parent, label=label)
        return parsed.values

    def add(
        self, code: str, mask: Mask, *, name: str, texts: Texts | None = None, parent: Index | None = None, label: str | None = None
    ) -> None:
        """Note one fault of the masked rows (or of the rows that the masked children stand in)."""
        for place in np.flatnonzero(mask):
            row = int(parent[place]) if parent is not None else int(place)
            cell = texts[int(place)].as_py() if texts is not None and name not in self.personal else None
            value = str(cell)[:VALUE_CHARACTERS] if cell is not None else None
            self.findings.append(Finding(int(self.columns.row_number[row]), label or name, code, value))
            self.bad[row] = True


class Mapper:
    """Applies one table of a manifest to the chunks of one file.

    ``new_shops`` holds the shops that the file's rows name and nobody knows yet; the batches already speak of them.
    """

    def __init__(
        self,
        manifest: Manifest,
        table: Table,
        *,
        shops: ShopBook,
        as_of: datetime,
        warehouses: Mapping[str, str] | None = None,
    ) -> None:
        self.manifest = manifest
        self.table = table
        self.shops = shops
        self.warehouses = warehouses or {}
        self.new_shops: list[Shop] = []
        self._known: dict[str, Shop] = dict(shops.shops)
        self._latest_allowed = _micros(as_of + FUTURE_ALLOWED)

    def map(self, chunk: Chunk) -> Batch:
        """Map one chunk; rows that do not hold are only in the findings."""
        columns = Columns.of(chunk)
        if self.table.second_header:
            columns = columns.only(~self._is_header_again(columns))
        reading = _Reading(self, columns)
        return reading.batch(refused=chunk.refused)

    def shop_ids(self, columns: Columns) -> tuple[Texts, Mask]:
        """Give each row's shop id, and the rows whose shop nobody knows (decision 5)."""
        if self.shops.given_shop is not None:
            return self._one_shop(self.shops.given_shop, columns)
        if any(columns.has(name) for name in self.table.shop):
            return self._shops_of_rows(columns)
        only = self.shops.only_shop_of(self.manifest.channel)
        if only is not None:
            return self._one_shop(only, columns)
        several = any(shop.channel == self.manifest.channel for shop in self._known.values())
        if several or self.table.role != "platform":
            return columns.missing(), np.ones(columns.rows, dtype=bool)
        return self._one_shop(self.manifest.channel, columns)

    def shop(self, shop_id: str) -> Shop:
        """Give a shop that rows were resolved to."""
        return self._known[shop_id]

    def _one_shop(self, shop_id: str, columns: Columns) -> tuple[Texts, Mask]:
        if shop_id not in self._known:
            self._meet(shop_id, name=shop_id)
        return pa.array([shop_id] * columns.rows, pa.large_string()), np.zeros(columns.rows, dtype=bool)

    def _shops_of_rows(self, columns: Columns) -> tuple[Texts, Mask]:
        labels = [columns.text(name) for name in self.table.shop if columns.has(name)]
        joined = pc.binary_join_element_wise(*labels, pa.scalar("\x1f", pa.large_string()), null_handling="replace", null_replacement="")
        ids = transforms.by_unique(joined, self._resolve)
        return ids, ~filled(ids)

    def _resolve(self, joined: str) -> str | None:
        labels = [label for label in joined.split("\x1f") if label not in ("", "0")]
        for label in labels:
            if found := self.shops.find(label, channel=self.manifest.channel if self.table.role == "platform" else None):
                return found
        known = [label for label in labels if label in self._known]
        if known:
            return known[0]
        if not labels:
            return self.shops.only_shop_of(self.manifest.channel)
        if self.table.role != "platform":
            return None
        self._meet(labels[0], name=labels[-1])
        return labels[0]

    def _meet(self, shop_id: str, *, name: str) -> None:
        shop = Shop(shop_id, self.manifest.channel, name, self.manifest.zone, self.manifest.currency, complete=False)
        self._known[shop_id] = shop
        self.new_shops.append(shop)

    def _is_header_again(self, columns: Columns) -> Mask:
        dated = [columns.first_of(spec.sources) for spec in self.table.times.values()]
        number = self.table.order_no.sources if self.table.order_no else ()
        return ~np.logical_or.reduce([filled(columns.first_of(number)), *map(filled, dated)])


class _Reading:
    """One chunk while it is mapped: every column read once, faults noted, frames built of the rows that hold."""

    def __init__(self, mapper: Mapper, columns: Columns) -> None:
        self.mapper = mapper
        self.table = mapper.table
        self.columns = columns
        personal = frozenset(self.table.personal_columns)
        self.faults = _Faults(columns, personal, np.zeros(columns.rows, dtype=bool))

    def batch(self, *, refused: Sequence[Finding]) -> Batch:
        """Read everything the table maps and build the frames."""
        columns, table = self.columns, self.table
        left_out = columns.meets(table.leave_out) if table.leave_out else np.zeros(columns.rows, dtype=bool)
        self.shop_id, unknown = self.mapper.shop_ids(columns)
        self.faults.add("unknown_shop", unknown & ~left_out, name=columns.named(table.shop), texts=columns.first_of(table.shop))
        self.order_no, self.source_row = self._order_numbers()
        self._read_shop_terms()
        times = {event: self._micros(spec) for event, spec in table.times.items()}
        codes = self._status(times.get("paid", np.full(columns.rows, NEVER, dtype=np.int64)))
        order = {name: self._field(name, spec) for name, spec in table.order.items()}
        contact = {name: self._field(name, spec) for name, spec in table.contact.items()}
        updates = [self._micros(FieldSpec(sources=(name,))) for name in table.observed.columns]
        line_columns, line_parent = (columns.children(table.line_each)) if table.line_each else (columns, None)
        line = {name: self._field(name, spec, columns=line_columns, parent=line_parent) for name, spec in table.line.items()}
        if table.lines != "none":
            line = {"line_key": self._line_keys(line_columns, line_parent)} | line

        keep = ~self.faults.bad & ~left_out
        if left_out.any():
            self.faults.notices["left_out"] += int((left_out & ~self.faults.bad).sum())
        kinds = self._kinds() if table.kinds or table.parent else None
        if kinds is not None:
            order = {"kind": kinds} | order
        cod = transforms.mask_of(pc.equal(kinds, "cod")) if kinds is not None else np.zeros(columns.rows, dtype=bool)
        said = statements(codes, times=times, may_imply=table.implies, unpaid_until_later=cod)
        rows = columns.rows + len({finding.row for finding in refused})
        return Batch(
            rows=rows,
            findings=(*refused, *self.faults.findings),
            orders=self._frame(order, keep=keep),
            lines=self._frame(line, keep=keep, parent=line_parent) if table.lines != "none" else None,
            events=self._events(said, keep=keep),
            sightings=self._sightings(codes, keep=keep),
            contacts=self._contacts(contact, keep=keep),
            latest_at=_latest([*times.values(), *updates], keep=keep),
            notices=self.faults.notices,
        )

    # ------------------------------------------------------------ reading columns

    def _order_numbers(self) -> tuple[Texts, Index]:
        spec = self.table.order_no
        assert spec is not None
        texts = self.columns.first_of(spec.sources)
        name = self.columns.named(spec.sources)
        self.faults.add("missing", ~filled(texts), name=name)
        values = self.faults.take(transforms.identifier(texts), name=name, texts=texts)
        return values, np.arange(self.columns.rows, dtype=np.int64)

    def _read_shop_terms(self) -> None:
        """Find each row's zone and currency: row over shop over manifest (decision 9)."""
        manifest = self.mapper.manifest
        known = {shop_id: self.mapper.shop(shop_id) for shop_id in pc.unique(self.shop_id).to_pylist() if shop_id is not None}
        own = transforms.by_unique(self.shop_id, lambda shop_id: known[shop_id].currency)
        spec = self.table.order.get("currency")
        row = transforms.by_unique(self.columns.first_of(spec.sources), _currency) if spec else self.columns.missing()
        self.currency = pc.coalesce(row, own, pa.scalar(manifest.currency, pa.large_string()))
        zones = {known[shop_id].zone for shop_id in known} if self.table.role == "platform" else set()
        self.zones = transforms.by_unique(self.shop_id, lambda shop_id: known[shop_id].zone) if len(zones) > 1 else None
        self.zone = next(iter(zones)) if len(zones) == 1 else manifest.zone

    def _field(self, name: str, spec: FieldSpec, *, columns: Columns | None = None, parent: Index | None = None) -> pa.Array:
        """Read one mapped field of the rows, or of their children."""
        columns = columns or self.columns
        if spec.const is not None:
            return pa.array([spec.const] * columns.rows, pa.large_string())
        texts = columns.first_of(spec.sources)
        column = columns.named(spec.sources)
        if spec.nothing:
            texts = pc.if_else(pc.is_in(texts, value_set=pa.array(spec.nothing, pa.large_string())), None, texts)
        label = f"{self.table.line_each}.{column}" if parent is not None else column
        if spec.required:
            self.faults.add("missing", ~filled(texts), name=column, parent=parent, label=label)
        parsed = self._parse(spec.as_ or _transform_of(name), texts, parent=parent)
        return self.faults.take(parsed, name=column, texts=texts, parent=parent, label=label)

    def _parse(self, how: str, texts: Texts, *, parent: Index | None = None) -> Parsed:
        if how == "money":
            return transforms.money(texts, decimals=self._decimals(parent))
        if how == "count":
            return transforms.count(texts)
        if how == "id":
            return transforms.identifier(texts)
        if how == "time":
            return self._time(texts, parent=parent)
        if how == "unix_seconds":
            return transforms.unix_seconds(texts)
        if how == "address":
            return Parsed(transforms.by_unique(pc.utf8_slice_codeunits(texts, 0, PROVINCE_CHARACTERS + 10), region_of_address))
        if how == "address_city":
            return Parsed(transforms.by_unique(_two_words(texts), city_of_address))
        if how in ("region", "iso_region", "carrier"):
            judge = {"region": region_of, "iso_region": region_of_codes, "carrier": carrier_of}[how]
            return Parsed(transforms.by_unique(texts, judge))
        if how == "warehouse":
            return Parsed(transforms.by_unique(texts, lambda word: self.mapper.warehouses.get(word, word)))
        return transforms.text(texts)

    def _decimals(self, parent: Index | None) -> npt.NDArray[np.int64] | int:
        if self.mapper.manifest.unit == "minor":
            return 0
        currencies = pc.unique(self.currency).to_pylist()
        if len(currencies) <= 1:
            return transforms.decimals_of(currencies[0]) if currencies else 2
        encoded = pc.dictionary_encode(self.currency)
        places = np.array([transforms.decimals_of(code) for code in encoded.dictionary.to_pylist()], dtype=np.int64)
        row = places[encoded.indices.to_numpy()]
        return row if parent is None else row[parent]

    def _time(self, texts: Texts, *, parent: Index | None = None) -> Parsed:
        if self.zones is None:
            return transforms.time(texts, zone=self.zone)
        zones = self.zones if parent is None else self.zones.take(pa.array(parent))
        return transforms.time_by_zone(texts, zones=zones)

    def _micros(self, spec: FieldSpec) -> Micros:
        """Read a time that has happened."""
        values = self._field("_at", spec)
        micros = _int_micros(values)
        ahead = micros > self.mapper._latest_allowed
        if ahead.any():
            self.faults.add("time_in_future", ahead, name=self.columns.named(spec.sources), texts=self.columns.first_of(spec.sources))
        return micros

    def _line_keys(self, columns: Columns, parent: Index | None) -> Texts:
        if self.table.line_key is None:
            return columns.missing()
        return self._field("line_id", self.table.line_key, columns=columns, parent=parent)

    def _status(self, paid: Micros) -> npt.NDArray[np.int8]:
        status = self.table.status
        if status is None:
            return np.full(self.columns.rows, -1, dtype=np.int8)
        texts = self.columns.first_of(status.sources)
        words = transforms.by_unique(texts, lambda word: status.words.get(plain_word(word)))
        for rule in reversed(status.rules):
            words = pc.if_else(pa.array(self.columns.meets(rule.when)), rule.is_, words)
        if status.blank is not None:
            words = pc.if_else(pa.array(~filled(texts) & ~filled(words)), status.blank, words)
        self.faults.add("unknown_status", filled(texts) & ~filled(words), name=self.columns.named(status.sources), texts=texts)
        return status_codes(words.to_numpy(zero_copy_only=False), paid=paid)

    def _kinds(self) -> Texts:
        kinds = pa.array(["normal"] * self.columns.rows, pa.large_string())
        for rule in reversed(self.table.kinds):
            kinds = pc.if_else(pa.array(self.columns.meets(rule.when)), rule.is_, kinds)
        return kinds

    # ------------------------------------------------------------ building frames

    def _frame(self, values: Mapping[str, pa.Array], *, keep: Mask, parent: Index | None = None) -> pd.DataFrame:
        """Build a frame of the rows that hold (or of their children), keys first; a row that names several orders stands once for each."""
        if parent is None:
            place = np.flatnonzero(keep[self.source_row])
            source = self.source_row[place]
        else:
            source = np.flatnonzero(keep[parent])
            place = parent[source]
        taken = pa.array(source)
        whole = parent is None and len(source) == self.columns.rows
        cells = {name: array if whole else array.take(taken) for name, array in values.items()}
        return self._keyed(place, cells)

    def _keyed(self, place: Index, cells: Mapping[str, pa.Array]) -> pd.DataFrame:
        taken = pa.array(place)
        keys = {"shop_id": self.shop_id.take(pa.array(self.source_row[place])), "order_no": self.order_no.take(taken)}
        frame = pa.table({**keys, **cells}).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        frame.insert(0, "row_number", self.columns.row_number[self.source_row[place]])
        return frame

    def _events(self, said: Statements, *, keep: Mask) -> pd.DataFrame:
        kept = np.flatnonzero(keep[said.row])
        stamp = pa.timestamp("us", "UTC")
        cells = {
            "type": pa.array(said.type[kept], pa.large_string()),
            "part": pa.array(said.part[kept], pa.large_string()),
            "occurred_from": pa.array(said.occurred_from[kept].view("datetime64[us]")).cast(stamp),
            "occurred_to": pa.array(said.occurred_to[kept].view("datetime64[us]")).cast(stamp),
        }
        return self._keyed(said.row[kept], cells)

    def _sightings(self, codes: npt.NDArray[np.int8], *, keep: Mask) -> pd.DataFrame | None:
        if self.table.status is None:
            return None
        open_codes = [code for code, word in enumerate(HUB_STATUSES) if word in OPEN_STATUSES]
        row = np.flatnonzero(keep & np.isin(codes, open_codes))
        words = np.array(HUB_STATUSES, dtype=object)[codes[row]]
        return self._keyed(row, {"status": pa.array(words, pa.large_string())})

    def _contacts(self, contact: Mapping[str, pa.Array], *, keep: Mask) -> pd.DataFrame | None:
        if not contact:
            return None
        something = np.logical_or.reduce([filled(values) for values in contact.values()])
        return self._frame(contact, keep=keep & something)


def _transform_of(name: str) -> str:
    """Say how a field is read when the manifest does not say."""
    if name.endswith("_minor"):
        return "money"
    if name.endswith("_at") or name == "valid_from":
        return "time"
    if name in ("sku_code", "waybill_no", "line_id"):
        return "id"
    plain = {"quantity": "count", "region_code": "region", "carrier_code": "carrier", "warehouse_code": "warehouse"}
    return plain.get(name, "text")


def _currency(text: str) -> str | None:
    return text.strip().upper() or None


def _two_words(texts: Texts) -> Texts:
    return pc.replace_substring_regex(texts, r"^(\S+\s+\S+)(?s:.*)$", r"\1")


def _micros(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1_000_000)


def _int_micros(values: pa.Array) -> Micros:
    return np.asarray(pc.fill_null(values.cast(pa.int64()), NEVER).to_numpy(zero_copy_only=False), dtype=np.int64)


def _latest(times: Sequence[Micros], *, keep: Mask) -> datetime | None:
    latest = max((int(when[keep].max(initial=NEVER)) for when in times), default=NEVER)
    return None if latest == NEVER else datetime.fromtimestamp(latest // 1_000_000, tz=UTC).replace(microsecond=latest % 1_000_000)
