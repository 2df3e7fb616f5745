"""What do the order rows of one chunk say?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors import transforms
from data.connectors.amounts import decimals_of
from data.connectors.batch import Batch
from data.connectors.columns import Columns, Index
from data.connectors.faults import Faults
from data.connectors.fields import Bounds, Fields, Terms
from data.connectors.frames import frame_of
from data.connectors.manifest import Manifest, Table
from data.connectors.manifest_parts import FieldSpec, Parts, plain_word
from data.connectors.named_orders import named_orders
from data.connectors.order_lines import Lines, read_lines, told_apart
from data.connectors.replaced_orders import replaced_orders
from data.connectors.shops import ShopFinder
from data.connectors.statements import Codes, Micros, Statements, implies, joined, stated, stated_between, statements, status_codes
from data.connectors.texts import Mask, Texts, by_unique, filled, mask_of
from data.connectors.times import NEVER, instants_of
from data.connectors.whole_orders import order_codes, order_statements
from models.events import HUB_STATUSES, OPEN_STATUSES
from models.findings import Finding

_OPEN_CODES = tuple(code for code, word in enumerate(HUB_STATUSES) if word in OPEN_STATUSES)


class OrderRows:
    """One chunk of order rows while it is mapped.

    A row may name several orders: ``source_row`` gives, for each order named (a *place*), the row it stands in.
    """

    def __init__(self, manifest: Manifest, table: Table, finder: ShopFinder, columns: Columns, *, latest_allowed: int) -> None:
        self.manifest = manifest
        self.table = table
        self.finder = finder
        self.columns = columns
        self.latest_allowed = latest_allowed
        self.control_sum = 0
        self.faults = Faults(columns.row_number, frozenset(self.table.personal_columns))

    def batch(self, *, refused: Sequence[Finding]) -> Batch:
        """Read everything the table maps and build the frames."""
        table, columns = self.table, self.columns
        left_out = columns.meets(table.leave_out) if table.leave_out else np.zeros(columns.rows, dtype=bool)
        self._name_shops(left_out)
        assert table.order_no is not None
        self.order_no, self.source_row = named_orders(columns, self.faults, table.order_no)
        fields = Fields(columns, self.faults, self._terms())
        times = {event: fields.micros(spec, latest_allowed=self.latest_allowed) for event, spec in table.times.items()}
        days = self._days(fields, times)
        updates = [self._update_time(fields, name) for name in table.observed.columns]
        codes = self._status(times.get("paid", np.full(columns.rows, NEVER, dtype=np.int64)))
        updated = np.maximum.reduce(updates) if updates else None
        packages = [self._parts(parts, fields, codes=codes, times=times, updated=updated) for parts in table.parts]
        order = {name: fields.read(name, spec) for name, spec in table.order.items()}
        contact = {name: fields.read(name, spec) for name, spec in table.contact.items()}
        lines = read_lines(fields, table)
        if table.parent or table.kinds:
            order = {"kind": self._kinds(), **order}

        left_out, replaced = self._replace(left_out, since=times.get("created"))
        self.keep = ~self.faults.bad & ~left_out
        self._note_left_out(left_out)
        said = self._statements(codes, times=times, days=days, kinds=order.get("kind"), packages=packages, updated=updated)
        self._add_control_sum(order, lines.values)
        return Batch(
            rows=columns.rows + len({finding.row for finding in refused}),
            findings=(*refused, *self.faults.findings),
            orders=self._order_frame(order),
            lines=self._line_frame(lines) if table.lines != "none" else None,
            events=self._event_frame(said, replaced),
            sightings=self._sighting_frame(codes),
            contacts=self._contact_frame(contact) if contact else None,
            latest_at=_latest([*times.values(), *(first for first, _ in days.values()), *updates], keep=self.keep),
            notices=self.faults.notices,
        )

    # ------------------------------------------------------------ reading rows

    def _name_shops(self, left_out: Mask) -> None:
        self.shop_id = self.finder.shop_ids(self.columns)
        unknown = ~filled(self.shop_id) & ~left_out
        if unknown.any():
            texts = self.columns.first_of(self.table.shop)
            self.faults.add("unknown_shop", unknown, column=self.columns.named(self.table.shop), texts=texts)

    def _terms(self) -> Terms:
        manifest, finder = self.manifest, self.finder
        shops = {shop_id: finder.shop(shop_id) for shop_id in pc.unique(self.shop_id).drop_null().to_pylist()}
        own = by_unique(self.shop_id, lambda shop_id: shops[shop_id].currency)
        spec = self.table.order.get("currency")
        row = transforms.currency(self.columns.first_of(spec.sources)).values if spec else self.columns.missing()
        currency = pc.coalesce(row, own, pa.scalar(manifest.currency, pa.large_string()))
        decimals: npt.NDArray[np.int64] | int = 0
        if manifest.unit == "major":
            encoded = pc.dictionary_encode(currency)
            each = [decimals_of(code) for code in encoded.dictionary.to_pylist()]
            decimals = each[0] if len(set(each)) == 1 else np.array(each or [2], dtype=np.int64)[encoded.indices.to_numpy()]
        # A warehouse writes all shops' times in its own zone.
        zones = {shop.zone for shop in shops.values()} if self.table.role == "platform" else set()
        if len(zones) <= 1:
            return Terms(next(iter(zones), manifest.zone), decimals=decimals)
        return Terms(manifest.zone, by_unique(self.shop_id, lambda shop_id: shops[shop_id].zone), decimals)

    def _days(self, fields: Fields, times: Mapping[str, Micros]) -> Mapping[str, Bounds]:
        """Give the day of each event that a row gives no time for, where the table knows one."""
        dated = {event: spec.day for event, spec in self.table.times.items() if spec.day}
        return {event: fields.day(day, where=times[event] == NEVER, latest_allowed=self.latest_allowed) for event, day in dated.items()}

    def _update_time(self, fields: Fields, name: str) -> Micros:
        spec = FieldSpec.model_validate({"from": name, "as": self.table.observed.as_})
        return fields.micros(spec, latest_allowed=self.latest_allowed)

    def _status(self, paid: Micros) -> Codes:
        status = self.table.status
        if status is None:
            return np.full(self.columns.rows, -1, dtype=np.int8)
        texts = self.columns.first_of(status.sources)
        words = by_unique(texts, lambda word: status.words.get(plain_word(word)))
        for rule in reversed(status.rules):
            words = pc.if_else(pa.array(self.columns.meets(rule.when)), rule.is_, words)
        if status.blank is not None:
            words = pc.if_else(pa.array(~filled(texts) & ~filled(words)), status.blank, words)
        self.faults.add("unknown_status", filled(texts) & ~filled(words), column=self.columns.named(status.sources), texts=texts)
        return status_codes(words, paid=paid)

    def _replace(self, left_out: Mask, *, since: Micros | None) -> tuple[Mask, list[pd.DataFrame]]:
        """Leave out rows whose order another row replaces, and give what the others' rows say of the orders they replace."""
        if self.table.replaces is None or self.table.order_no is None:
            return left_out, []
        own = self.columns.first_of(self.table.order_no.sources)
        replaced = replaced_orders(self.columns, self.faults, self.table.replaces, shop_id=self.shop_id, own=own)
        keep = ~self.faults.bad & ~left_out
        gone = replaced.rows_of(self.shop_id, own, keep=keep)
        return left_out | gone, [replaced.events(self.columns.row_number, keep=keep, since=since)]

    def _parts(self, parts: Parts, fields: Fields, *, codes: Codes, times: dict[str, Micros], updated: Micros | None) -> Statements:
        """State the elements of a nested list, and give the whole event, where the record says it happened, the last one's time."""
        elements = fields.children(parts.each)
        assert elements.parent is not None
        name = np.array(elements.columns.text(parts.part).to_pylist(), dtype=object)
        keep = np.array([bool(each) for each in name], dtype=bool)
        if parts.skip:
            keep &= ~elements.columns.meets(parts.skip)
        if not parts.time:
            row = elements.parent[keep]
            return stated_between(row, parts.event, times=times, updated=updated, part=name[keep], rows=len(codes))
        spec = FieldSpec.model_validate({"from": parts.time, "as": parts.as_})
        when = elements.micros(spec, latest_allowed=self.latest_allowed)
        keep &= when != NEVER
        row, when, name = elements.parent[keep], when[keep], name[keep]
        if parts.whole is not None:
            whole = implies(codes, parts.whole)
            if parts.when:
                whole |= self.columns.meets(parts.when)
            last = times.setdefault(parts.whole, np.full(len(codes), NEVER, dtype=np.int64)).copy()
            np.maximum.at(last, row[whole[row]], when[whole[row]])
            times[parts.whole] = last
            if not parts.lone:
                alone = whole[row] & (np.bincount(row, minlength=len(codes))[row] == 1)
                row, when, name = row[~alone], when[~alone], name[~alone]
        return stated(row, parts.event, when, when, part=name)

    def _kinds(self) -> Texts:
        kinds = pa.array(["normal" if self.table.parent else None] * self.columns.rows, pa.large_string())
        for rule in reversed(self.table.kinds):
            kinds = pc.if_else(pa.array(self.columns.meets(rule.when)), rule.is_, kinds)
        return kinds

    def _note_left_out(self, left_out: Mask) -> None:
        count = int((left_out & ~self.faults.bad).sum())
        if count:
            self.faults.notices["left_out"] += count

    def _add_control_sum(self, order: Mapping[str, pa.Array], line: Mapping[str, pa.Array]) -> None:
        values = {**line, **order}.get(self.table.control)
        if values is not None:
            self.control_sum += pc.sum(values.filter(pa.array(self.keep))).as_py() or 0

    # ------------------------------------------------------------ what the rows state

    def _statements(
        self,
        codes: Codes,
        *,
        times: Mapping[str, Micros],
        days: Mapping[str, Bounds],
        kinds: Texts | None,
        packages: Sequence[Statements],
        updated: Micros | None,
    ) -> Statements:
        status = self.table.status
        unknown = np.zeros(self.columns.rows, dtype=bool)
        if kinds is not None:
            unknown |= mask_of(pc.equal(kinds, "cod"))
        if status is not None and status.payment_unknown:
            unknown |= self.columns.meets(status.payment_unknown)
        times = _part_shipments_apart(times, codes=codes)
        said = statements(codes, times=times, days=days, may_imply=self.table.implies, payment_unknown=unknown, updated=updated)
        names = self._part_names()
        partly = said.type == "part_shipped"
        said.part[partly] = names[said.row[partly]]
        for parts, each in zip(self.table.parts, packages, strict=True):
            if parts.event != parts.whole:  # its elements say more exactly what the status only implies
                said = said.only((said.type != parts.event) | ~np.isin(said.row, each.row))
        return self._of_places(joined([said, *packages]), names)

    def _of_places(self, said: Statements, names: npt.NDArray[np.object_]) -> Statements:
        """Turn statements of rows into statements of the orders they name; rows that do not hold say nothing."""
        said = said.only(self.keep[said.row])
        plain = len(self.source_row) == self.columns.rows and (self.source_row == np.arange(self.columns.rows)).all()
        if not plain:
            said = _repeated(said, self.source_row)
        if self.table.grain == "order":
            return said
        held = np.flatnonzero(self.keep[self.source_row])
        order = self._order_numbering()
        back = np.full(len(self.source_row), -1, dtype=np.int64)
        back[held] = np.arange(len(held))
        compact = Statements(back[said.row], said.type, said.part, said.occurred_from, said.occurred_to)
        whole = order_statements(compact, order=order[held], part=names[self.source_row[held]])
        return Statements(held[whole.row], whole.type, whole.part, whole.occurred_from, whole.occurred_to)

    def _part_names(self) -> npt.NDArray[np.object_]:
        names = self.table.part or (self.table.line_key.sources if self.table.line_key and not self.table.line_each else ())
        texts = self.columns.first_of(names) if names else self.columns.missing()
        return np.array(pc.fill_null(texts, "").to_pylist(), dtype=object)

    def _order_numbering(self) -> Index:
        together = pc.binary_join_element_wise(
            self.shop_id.take(pa.array(self.source_row)), self.order_no, pa.scalar("\x1f", pa.large_string()), null_handling="replace"
        )
        return np.asarray(pc.dictionary_encode(together).indices.to_numpy(), dtype=np.int64)

    # ------------------------------------------------------------ building frames

    def _keyed(self, place: Index, cells: Mapping[str, pa.Array]) -> pd.DataFrame:
        """Build a frame whose rows belong to these places, keys first."""
        row = self.source_row[place]
        keys = {"shop_id": self.shop_id.take(pa.array(row)), "order_no": self.order_no.take(pa.array(place))}
        frame = frame_of({**keys, **cells})
        frame.insert(0, "row_number", self.columns.row_number[row])
        return frame

    def _order_frame(self, order: Mapping[str, pa.Array]) -> pd.DataFrame:
        place = np.flatnonzero(self.keep[self.source_row])
        row = self.source_row[place]
        named = np.bincount(self.source_row, minlength=self.columns.rows)[row]
        cells = {}
        for name, values in order.items():
            taken = values.take(pa.array(row))
            # The amounts of a parcel are those of no single one of the orders in it.
            cells[name] = pc.if_else(pa.array(named > 1), None, taken) if name.endswith("_minor") and (named > 1).any() else taken
        return self._keyed(place, cells)

    def _line_frame(self, lines: Lines) -> pd.DataFrame:
        line, parent = lines.values, lines.parent
        first = np.full(self.columns.rows, -1, dtype=np.int64)
        first[self.source_row[::-1]] = np.arange(len(self.source_row))[::-1]
        at = np.flatnonzero(self.keep[parent] & (first[parent] >= 0))
        keys = {} if "line_key" in line else {"line_key": pa.nulls(len(parent), pa.large_string())}
        cells = {name: values.take(pa.array(at)) for name, values in {**keys, **line}.items()}
        if self.table.line_each and self.table.line_key:
            cells["line_key"] = told_apart(cells["line_key"], within=parent[at])
        return self._keyed(first[parent[at]], cells)

    def _event_frame(self, said: Statements, of_others: Sequence[pd.DataFrame]) -> pd.DataFrame:
        cells = {
            "type": pa.array(said.type, pa.large_string()),
            "part": pa.array(said.part, pa.large_string()),
            "occurred_from": instants_of(said.occurred_from),
            "occurred_to": instants_of(said.occurred_to),
        }
        frame = self._keyed(said.row, cells)
        return pd.concat([frame, *of_others], ignore_index=True) if of_others else frame

    def _sighting_frame(self, codes: Codes) -> pd.DataFrame | None:
        if self.table.status is None:
            return None
        place = np.flatnonzero(self.keep[self.source_row])
        shown = codes[self.source_row[place]]
        if self.table.grain == "line":
            shown = order_codes(shown, order=self._order_numbering()[place])
        still_open = np.isin(shown, _OPEN_CODES)
        words = np.array(HUB_STATUSES, dtype=object)[shown[still_open]]
        return self._keyed(place[still_open], {"status": pa.array(words, pa.large_string())})

    def _contact_frame(self, contact: Mapping[str, pa.Array]) -> pd.DataFrame:
        something = np.logical_or.reduce([filled(values) for values in contact.values()])
        place = np.flatnonzero((self.keep & something)[self.source_row])
        row = pa.array(self.source_row[place])
        return self._keyed(place, {name: values.take(row) for name, values in contact.items()})


def _part_shipments_apart(times: Mapping[str, Micros], *, codes: Codes) -> Mapping[str, Micros]:
    """Read a ship time in a row that says part-shipped as that of the part, not of the order."""
    partly = implies(codes, "part_shipped")
    if "shipped" not in times or not partly.any():
        return times
    apart = np.where(partly, times["shipped"], times.get("part_shipped", np.full(len(codes), NEVER, dtype=np.int64)))
    return {**times, "part_shipped": apart, "shipped": np.where(partly, NEVER, times["shipped"])}


def _repeated(said: Statements, source_row: Index) -> Statements:
    """Repeat each row's statements for every place it names."""
    by_row = pd.DataFrame({"row": source_row, "place": np.arange(len(source_row))})
    merged = pd.DataFrame({"row": said.row, "at": np.arange(len(said.row))}).merge(by_row, on="row")
    at = merged["at"].to_numpy()
    return Statements(merged["place"].to_numpy(), said.type[at], said.part[at], said.occurred_from[at], said.occurred_to[at])


def _latest(times: Sequence[Micros], *, keep: Mask) -> datetime | None:
    latest = max((int(when[keep].max(initial=NEVER)) for when in times), default=NEVER)
    return None if latest == NEVER else datetime.fromtimestamp(latest // 1_000_000, tz=UTC).replace(microsecond=latest % 1_000_000)
