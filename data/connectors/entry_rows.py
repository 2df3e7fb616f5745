"""What do the rows of one chunk of a statement say? One line of money a row, or several where a row states several sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from babel.numbers import list_currencies

from data.connectors import entry_numbers, times
from data.connectors.amounts import decimals_of
from data.connectors.balance_chain import BalanceChain
from data.connectors.batch import Batch
from data.connectors.columns import Columns
from data.connectors.controls import ControlTotals
from data.connectors.entry_amounts import AmountReader, RowAmounts
from data.connectors.entry_types import types_of
from data.connectors.faults import Faults
from data.connectors.fields import Fields, Terms
from data.connectors.frames import frame_of
from data.connectors.manifest import Manifest, Table
from data.connectors.manifest_entries import StatementRows
from data.connectors.manifest_parts import FieldSpec
from data.connectors.shops import ShopFinder
from data.connectors.texts import Mask, Texts, filled, mask_of
from data.connectors.times import NEVER
from models.findings import Finding

# The key under which a reader of statements numbers the sections of its file.
SECTION = "_section"
# That a line's whole statement stands in the file a second time.
REPEATED = "_repeated"
_FREE_COLUMNS = 20


@dataclass
class StatementSoFar:
    """One statement while its rows are read: the rows of one shop, section, account and currency of a file."""

    account: str
    currency: str
    rows: int = 0
    first: int = NEVER
    last: int = NEVER
    chain: BalanceChain = field(default_factory=BalanceChain)


@dataclass
class EntryFile:
    """What must be known of a statement file as a whole while its chunks are mapped."""

    controls: ControlTotals
    account: str = ""
    pending: bool = False
    occurrences: entry_numbers.Occurrences = field(default_factory=entry_numbers.Occurrences)
    statements: dict[tuple[str, int, str, str], StatementSoFar] = field(default_factory=dict)
    unknown_shops: set[str] = field(default_factory=set)
    unclassified: dict[str, int] = field(default_factory=dict)
    net_minor: int = 0


class EntryRows:
    """One chunk of a statement's rows while it is mapped."""

    def __init__(
        self, manifest: Manifest, table: Table, finder: ShopFinder, columns: Columns, *, file: EntryFile, latest_allowed: int
    ) -> None:
        assert table.entry is not None
        self.manifest = manifest
        self.table = table
        self.entry: StatementRows = table.entry
        self.finder = finder
        self.columns = columns
        self.file = file
        self.latest_allowed = latest_allowed
        self.faults = Faults(columns.row_number, frozenset(table.personal_columns))

    def batch(self, *, refused: Sequence[Finding]) -> Batch:
        """Read everything the table maps and build the frame of lines."""
        columns, entry = self.columns, self.entry
        left_out = filled(columns.text(REPEATED)) if columns.has(REPEATED) else np.zeros(columns.rows, dtype=bool)
        if self.table.leave_out:
            left_out |= columns.meets(self.table.leave_out)
        self._currency_and_account()
        self._name_shops(left_out)
        fields = Fields(columns, self.faults, self.terms)
        amounts = AmountReader(entry, columns, self.faults, self.terms)
        moved = amounts.rows()
        cells = {control.column: amounts.cells(control.column)[0] for control in entry.controls if control.column}
        values = {
            name: self._field(fields, amounts, name, spec) for name, spec in entry.fields.items() if name not in ("account", "currency")
        }
        when = self._when(values)
        type_ = self._types(moved)
        text = self._type_text()
        order, alternates = self._order_numbers(fields)
        own, flow = self._own_numbers(order, text, values, moved, when=when, left_out=left_out)
        self.file.net_minor += int(moved.net[~left_out].sum())
        self.file.controls.add(columns, net=np.where(left_out, 0, moved.net), cells=cells)

        self.keep = ~self.faults.bad & ~left_out
        if count := int((left_out & ~self.faults.bad).sum()):
            self.faults.notices["left_out"] += count
        self._collect(moved, values, when=when)
        order = pc.coalesce(
            order, pc.binary_join_element_wise(pa.scalar(entry_numbers.FLOW, pa.large_string()), own, pa.scalar("", pa.large_string()))
        )
        row_cells = {
            "account": self.account,
            "type_text": pc.fill_null(text, ""),
            "flow_no": flow,
            "alternates": entry_numbers.arrays_of(alternates, columns=columns, without=order),
            "currency": self.currency,
            "pending": self._pending(),
            **values,
        }
        frame = self._lines(row_cells, order=order, own=own, type_=type_, moved=moved)
        return Batch(
            rows=columns.rows + len({finding.row for finding in refused}),
            findings=(*refused, *self.faults.findings),
            entries=frame,
            latest_at=_latest(when, keep=self.keep),
            notices=self.faults.notices,
        )

    # ------------------------------------------------------------ whose, and in which currency

    def _currency_and_account(self) -> None:
        columns, fields = self.columns, self.entry.fields
        known = pa.array([self.manifest.currency] * columns.rows, pa.large_string())
        if (spec := fields.get("currency")) is not None:
            texts = columns.first_of(spec.sources)
            column = columns.named(spec.sources)
            read = Fields(columns, self.faults, Terms(self.manifest.zone)).read("currency", spec)
            strange = filled(read) & ~mask_of(pc.is_in(read, value_set=pa.array(sorted(list_currencies()), pa.large_string())))
            self.faults.add("not_a_currency", strange, column=column, texts=texts)
            known = pc.coalesce(pc.if_else(pa.array(strange), None, read), known)
        self.currency = known
        stated = pa.array([self.file.account] * columns.rows, pa.large_string())
        if (spec := fields.get("account")) is not None:
            stated = pc.coalesce(Fields(columns, self.faults, Terms(self.manifest.zone)).read("account", spec), stated)
        self.account = stated
        decimals: npt.NDArray[np.int64] | int = 0
        if self.manifest.unit == "major":
            encoded = pc.dictionary_encode(known)
            each = [decimals_of(code) for code in encoded.dictionary.to_pylist()]
            decimals = each[0] if len(set(each)) == 1 else np.array(each or [2], dtype=np.int64)[encoded.indices.to_numpy()]
        # A statement's local times are the platform's, wherever the shop is.
        self.terms = Terms(self.manifest.zone, decimals=decimals)

    def _name_shops(self, left_out: Mask) -> None:
        if self.manifest.kind == "bank":
            shop_id = self.finder.owner_of_all(self.columns)
        else:
            shop_id = self.finder.owners(self.columns, accounts=self.account)
            unknown = ~filled(shop_id) & ~left_out
            if unknown.any():
                given = self.finder.given_shop
                self.file.unknown_shops.update([given] if given else pc.unique(self.account.filter(pa.array(unknown))).to_pylist())
        self.shop_id = shop_id

    # ------------------------------------------------------------ reading rows

    def _field(self, fields: Fields, amounts: AmountReader, name: str, spec: FieldSpec) -> pa.Array:
        if name == "occurred_at":
            return times.instants_of(fields.micros(spec, latest_allowed=self.latest_allowed))
        if name in ("settled_at", "completed_at"):
            return fields.read(name, spec)
        if name in ("booked_on", "value_on"):
            return fields.read(name, spec if spec.as_ else spec.model_copy(update={"as_": "day"}))
        if name in ("gross_minor", "fee_minor", "balance_minor"):
            minor, there = amounts.cells(spec.sources)
            return pa.array(minor, mask=~there)
        if name == "remark":
            return fields.read(name, spec if spec.as_ else spec.model_copy(update={"as_": "references"}))
        if name == "counterparty":
            return fields.read(name, spec if spec.as_ else spec.model_copy(update={"as_": "company"}))
        if name in ("refund_no", "payout_ref", "reference") and spec.as_ is None:
            return entry_numbers.number_of(fields, spec)
        return fields.read(name, spec)

    def _when(self, values: Mapping[str, pa.Array]) -> npt.NDArray[np.int64]:
        """Give each row's instant, for a bank the first of its booking day."""
        if "occurred_at" in values:
            return times.micros_of(values["occurred_at"])
        parsed = times.time(values["booked_on"], zone=self.manifest.zone)
        return times.micros_of(parsed.values)

    def _types(self, moved: RowAmounts) -> Texts:
        return types_of(self.columns, self.entry.types, minor=np.where(moved.main != 0, moved.main, moved.net))

    def _type_text(self) -> Texts:
        texts = [self.columns.text(name) for name in self.entry.type_text if self.columns.has(name)]
        if not texts:
            return self.columns.missing()
        cut = [pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(text), 0, 80) for text in texts]
        return pc.coalesce(*cut) if len(cut) > 1 else cut[0]

    def _order_numbers(self, fields: Fields) -> tuple[Texts, list[Texts]]:
        order = entry_numbers.first_of([entry_numbers.number_of(fields, spec) for spec in self.entry.order_no], columns=self.columns)
        return order, [entry_numbers.number_of(fields, spec) for spec in self.entry.alternates]

    def _own_numbers(
        self, order: Texts, text: Texts, values: Mapping[str, pa.Array], moved: RowAmounts, *, when: npt.NDArray[np.int64], left_out: Mask
    ) -> tuple[Texts, Texts]:
        """Give each row's own number, made of its content where it has none, and the statement's number as it stands."""
        columns, entry = self.columns, self.entry
        given = entry_numbers.own_numbers(columns, self.faults, entry.key)
        net, at = _as_text(moved.net), _as_text(when)
        content = [order, text, net, self.currency, *(columns.text(name) for name in entry.identity or ())]
        if entry.identity is None:
            content += [at, _as_text(values["balance_minor"]) if "balance_minor" in values else columns.missing()]
            content += [values[name] for name in ("reference", "remark") if name in values and self.manifest.kind == "bank"]
        made = given if filled(given).all() else pc.coalesce(given, self._settled(entry_numbers.digests(content)))
        # what has no number of its own and the same content is the same row once more, never a contradiction
        said = [pc.if_else(given.is_valid(), each, None) for each in (net, text, at)]
        own, wrong = self.file.occurrences.tell_apart(made, said, holding=~self.faults.bad & ~left_out)
        if wrong.any():
            self.faults.add("duplicate_row", wrong, column=columns.named(entry.key), texts=columns.first_of(entry.key[:1]))
        flow = columns.text(entry.key[0]) if entry.key and columns.has(entry.key[0]) else columns.missing()
        return own, flow

    def _settled(self, own: Texts) -> Texts:
        """Add to the numbers of settled rows by which booking they were settled."""
        booked = self.columns.first_of(self.entry.settled_by) if self.entry.settled_by else self.columns.missing()
        return pc.if_else(pc.and_(booked.is_valid(), pc.invert(self._pending())), entry_numbers.settled_by(own, booked), own)

    def _pending(self) -> pa.Array:
        pending = np.full(self.columns.rows, self.file.pending)
        if self.entry.pending:
            pending |= self.columns.meets(self.entry.pending)
        return pa.array(pending)

    # ------------------------------------------------------------ what the file comes to

    def _collect(self, moved: RowAmounts, values: Mapping[str, pa.Array], *, when: npt.NDArray[np.int64]) -> None:
        section = np.zeros(self.columns.rows, dtype=np.int64)
        if self.columns.has(SECTION):
            texts = self.columns.text(SECTION)
            texts = pc.if_else(pc.fill_null(pc.match_substring_regex(texts, r"^\d{1,9}$"), False), texts, "0")
            section = np.asarray(pc.cast(texts, pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)
        self.section = section
        owner = pa.nulls(self.columns.rows, pa.large_string()) if self.manifest.kind == "bank" else self.shop_id
        owners = pc.fill_null(owner, "").to_pylist()
        frame = pd.DataFrame(
            {"owner": owners, "section": section, "account": self.account.to_pylist(), "currency": self.currency.to_pylist()}
        )
        balance = values.get("balance_minor")
        groups = frame[self.keep].groupby(["owner", "section", "account", "currency"], sort=False).indices
        for group, places in groups.items():
            shop_id, number, account, currency = cast(tuple[str, int, str, str], group)
            rows = np.flatnonzero(self.keep)[places]
            key = (shop_id, int(number), account, currency)
            so_far = self.file.statements.setdefault(key, StatementSoFar(account, currency))
            so_far.rows += len(rows)
            known = when[rows][when[rows] != NEVER]
            if len(known):
                so_far.first = int(known.min()) if so_far.first == NEVER else min(so_far.first, int(known.min()))
                so_far.last = max(so_far.last, int(known.max()))
            if balance is not None:
                taken = balance.take(pa.array(rows))
                after = np.asarray(pc.fill_null(taken, 0).to_numpy(zero_copy_only=False), dtype=np.int64)
                so_far.chain.add(moved=moved.net[rows], after=after, when=when[rows], stated=filled(taken))

    # ------------------------------------------------------------ building the frame

    def _lines(self, cells: Mapping[str, pa.Array], *, order: Texts, own: Texts, type_: Texts, moved: RowAmounts) -> pd.DataFrame:
        """Build one line a row, and one more for each further part."""
        keep = np.flatnonzero(self.keep)
        main_type = np.where(moved.main_type != "", moved.main_type, np.array(type_.to_pylist(), dtype=object))
        frame = frame_of({"shop_id": self.shop_id, "order_no": order, "line_key": own, **cells}).iloc[keep]
        frame.insert(0, "row_number", self.columns.row_number[keep])
        frame["type"] = main_type[keep]
        frame["amount_minor"] = moved.main[keep]
        frame["section"] = self.section[keep]
        further = self._further(moved, types=np.array(type_.to_pylist(), dtype=object))
        several = [frame, *(self._part_lines(frame, keep, *each) for each in further)]
        whole: pd.DataFrame = pd.concat(several, ignore_index=True) if len(several) > 1 else frame.reset_index(drop=True)
        typed: pd.DataFrame = whole.astype({"type": "str", "amount_minor": "Int64", "section": "int64"})
        self._note_unclassified(typed)
        return typed

    def _further(self, moved: RowAmounts, *, types: npt.NDArray[np.object_]) -> list[tuple[str, npt.NDArray[np.int64]]]:
        """Give the further parts, those of one type put together, and what no part explains."""
        by_type: dict[str, npt.NDArray[np.int64]] = {}
        for part in moved.others:
            names = np.where(part.counts, part.part.type or types, "")
            for name in pd.unique(names):
                if name:
                    here = np.where(names == name, part.minor, 0)
                    by_type[str(name)] = by_type.get(str(name), np.zeros(self.columns.rows, dtype=np.int64)) + here
        if moved.unexplained.any():
            by_type["unclassified"] = by_type.get("unclassified", np.zeros(self.columns.rows, dtype=np.int64)) + moved.unexplained
        return list(by_type.items())

    def _part_lines(self, frame: pd.DataFrame, keep: npt.NDArray[np.int64], type_: str, minor: npt.NDArray[np.int64]) -> pd.DataFrame:
        own = minor[keep]
        there = own != 0
        lines: pd.DataFrame = frame[there].copy()
        lines["type"] = type_
        lines["amount_minor"] = own[there]
        lines["line_key"] = lines["line_key"] + f"#{type_}"
        for name in ("gross_minor", "fee_minor", "balance_minor"):
            if name in lines:
                lines[name] = pd.array([pd.NA] * len(lines), dtype="Int64")
        return lines

    def _note_unclassified(self, frame: pd.DataFrame) -> None:
        if self.manifest.kind == "bank":
            return
        strange = frame[frame["type"] == "unclassified"]
        for text, count in strange["type_text"].value_counts().items():
            if str(text) in self.file.unclassified or len(self.file.unclassified) < _FREE_COLUMNS:
                self.file.unclassified[str(text)] = self.file.unclassified.get(str(text), 0) + int(count)
        if len(strange):
            self.faults.notices["unclassified"] += len(strange)


def _as_text(values: pa.Array | npt.NDArray[np.int64]) -> Texts:
    return pc.cast(pa.array(values), pa.large_string())


def _latest(when: npt.NDArray[np.int64], *, keep: Mask) -> datetime | None:
    latest = int(when[keep].max(initial=NEVER))
    return None if latest == NEVER else datetime.fromtimestamp(latest // 1_000_000, tz=UTC).replace(microsecond=latest % 1_000_000)
