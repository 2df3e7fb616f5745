"""How does one chosen file go from chunks to stored orders, inside one transaction?"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import Connection

from data.connectors.batch import Batch
from data.connectors.manifest import Manifest, Table
from data.connectors.mapping import Mapper
from data.connectors.readers import Reading
from data.connectors.statement_head import Head, StatementFound, statements_of
from data.connectors.statement_problems import ControlSum, StatementRefused, no_shop, told, unconverted_note
from data.writes import compute_orders, merge_bank, merge_lines, merge_orders, merge_statements, merge_stock, staging
from data.writes.categories import reclassify
from data.writes.masters import assign_touched_shops, create_shops, lock_masters, store_master, touch_restated
from data.writes.moved_shops import put_back_moved_shops
from data.writes.stale import adopt_put_off, compute_touched, put_off
from data.writes.stock_touch import note_touched
from models.findings import Finding
from models.orders import ORDER_FIELDS

# A file that states no time at all is older than any that does.
NEVER = datetime.fromtimestamp(0, UTC)

_FRAMES = ("orders", "lines", "events", "sightings", "contacts")

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Origin:
    """What the merge must know of a file beyond its rows.

    ``later`` leaves computing ``orders`` to ``stale.recompute_stale``, so that many files of the same orders cost it once.
    """

    file_id: int
    nature: str
    as_of: datetime
    stated_at: datetime | None = None
    columns_mark: str = ""
    later: bool = False
    head: Head = field(default_factory=Head)
    further_sums: Callable[[Mapper], Sequence[ControlSum]] | None = None


@dataclass
class Taken:
    """What has been read and staged of a file so far."""

    rows: int = 0
    refused: list[Finding] = field(default_factory=list)
    refused_rows: set[int] = field(default_factory=set)
    staged: Counter[str] = field(default_factory=Counter)
    order_fields: set[str] = field(default_factory=set)
    notices: Counter[str] = field(default_factory=Counter)
    note: dict[str, str] = field(default_factory=dict)
    reference: list[pd.DataFrame] = field(default_factory=list)
    latest_at: datetime | None = None
    orders: int = 0
    lines: int = 0
    observed_at: datetime = NEVER
    shops_changed: bool = False
    control_stated: str | None = None
    control_computed: str | None = None
    statements: tuple[StatementFound, ...] = ()
    sums: tuple[ControlSum, ...] = ()

    @property
    def accepted(self) -> int:
        """Return how many rows hold."""
        return self.rows - len(self.refused_rows)

    def add(self, batch: Batch) -> None:
        """Count one mapped chunk."""
        self.rows += batch.rows
        self.refused += batch.findings
        self.refused_rows.update(finding.row for finding in batch.findings)
        self.notices.update(batch.notices)
        if batch.latest_at is not None:
            self.latest_at = max(filter(None, (self.latest_at, batch.latest_at)))
        if batch.reference is not None:
            self.reference.append(batch.reference)
        if batch.orders is not None:
            self.order_fields.update(column for column in batch.orders.columns if batch.orders[column].notna().any())


def merge_file(connection: Connection, reading: Reading, mapper: Mapper, *, origin: Origin, progress: Progress | None = None) -> Taken:
    """Read, map, stage and merge a file; the caller's transaction decides whether any of it stays."""
    staging.open_stages(connection)
    staging.give_memory(connection)
    taken = _stage_all(connection, reading, mapper, progress=progress)
    if found := mapper.control(reading.totals()):
        taken.control_stated, taken.control_computed = found
    taken.observed_at = origin.stated_at or mapper.stated_below(reading.footers) or taken.latest_at or NEVER
    if mapper.entries is not None:
        _merge_entries(connection, taken, mapper, reading, origin=origin)
        return taken
    if mapper.stock is not None:
        _merge_stock(connection, taken, mapper, origin=origin)
        return taken
    lock_masters(connection, changing=mapper.table.fills is not None)
    create_shops(connection, mapper.new_shops, as_of=origin.as_of, platform=mapper.table.role == "platform")
    # a statement may have waited for its shop, or for a rate of its currency
    taken.shops_changed = bool(mapper.new_shops) or mapper.table.fills in ("shops", "fx_rates")
    if mapper.table.fills is not None:
        _merge_master(connection, taken, mapper.table, origin=origin)
    else:
        _merge_orders(connection, taken, mapper.manifest, mapper.table, origin=origin)
    return taken


def _stage_all(connection: Connection, reading: Reading, mapper: Mapper, *, progress: Progress | None) -> Taken:
    """Copy each mapped chunk while the next one is being read; the connection is used by one thread at a time."""
    taken = Taken()
    with ThreadPoolExecutor(max_workers=1) as copier:
        under_way: Future[Counter[str]] | None = None
        for batch in mapper.batches(reading.chunks()):
            if under_way is not None:
                taken.staged += under_way.result()
            under_way = copier.submit(_stage, connection, batch)
            taken.add(batch)
            if progress is not None:
                progress(batch.rows)
        if under_way is not None:
            taken.staged += under_way.result()
    return taken


def _stage(connection: Connection, batch: Batch) -> Counter[str]:
    staged = Counter({name: staging.stage(connection, name, getattr(batch, name)) for name in _FRAMES})
    if batch.entries is not None:
        name = "bank" if "booked_on" in batch.entries else "settlement"
        staged[name] = staging.stage(connection, name, staging.entry_columns(name, batch.entries))
    if batch.stock is not None:
        staged["stock"] = staging.stage(connection, "stock", batch.stock)
    return staged


def _merge_entries(connection: Connection, taken: Taken, mapper: Mapper, reading: Reading, *, origin: Origin) -> None:
    """Store a statement's lines, once its totals and its shop are proven; nothing of it is stored by halves."""
    assert mapper.entries is not None
    sums = mapper.control_sums(reading.footers, further=origin.further_sums(mapper) if origin.further_sums else ())
    taken.control_stated, taken.control_computed = told(sums, side="stated"), told(sums, side="computed")
    if mapper.entries.unknown_shops:
        raise no_shop(sorted(mapper.entries.unknown_shops))
    source = mapper.manifest.source(mapper.table)
    who = merge_statements.Bringer(source, origin.file_id, mapper.manifest.version, origin.nature, taken.observed_at, origin.as_of)
    found = statements_of(mapper.entries, head=origin.head, stated=reading.statements)
    if mapper.manifest.kind == "bank":
        merge_bank.refuse_unnamed(connection)
        merge_bank.lock_accounts(connection)
        merge_statements.name_statements(connection, merge_statements.store_statements(connection, found, who=who, sums=sums))
        merge_bank.forget_earlier_reading(connection, who)
        merge_bank.store_lines(connection, who)
        if codes := merge_bank.unconverted_money(connection):
            taken.note = unconverted_note(codes)
    else:
        merge_statements.refuse_unrated(connection)
        merge_statements.lock_shops(connection)
        merge_statements.name_statements(connection, merge_statements.store_statements(connection, found, who=who, sums=sums))
        merge_statements.forget_earlier_reading(connection, who)
        merge_statements.store_lines(connection, who)
        if mapper.table.entry is not None and mapper.table.entry.settled_by:
            merge_statements.drop_settled_since(connection, who)
        taken.orders = merge_statements.count_orders(connection)
    taken.lines = taken.staged["settlement"] + taken.staged["bank"]
    taken.statements = tuple(found)
    taken.sums = tuple(sums)


def _merge_stock(connection: Connection, taken: Taken, mapper: Mapper, *, origin: Origin) -> None:
    """Store a stock list's rows as of the instant that it speaks of.

    A list that names none, neither in itself nor by its name, can only be the answer to a question asked just now.
    """
    stated = origin.stated_at or mapper.named_at or taken.latest_at
    if stated is None and taken.accepted and origin.nature != "live":
        raise StatementRefused("no_as_of")
    taken.observed_at = stated or origin.as_of
    who = merge_stock.Teller(
        mapper.manifest.source(mapper.table),
        origin.file_id,
        mapper.manifest.version,
        origin.nature,
        taken.observed_at,
        origin.as_of,
        own_numbers=mapper.table.stock is not None and mapper.table.stock.own_numbers,
    )
    taken.notices.update(merge_stock.store_stock(connection, who))


def _merge_orders(connection: Connection, taken: Taken, manifest: Manifest, table: Table, *, origin: Origin) -> None:
    if not taken.accepted:
        return
    fields = tuple(name for name in ORDER_FIELDS if name in taken.order_fields)
    who = merge_orders.Statement(
        source=manifest.source(table),
        rank=table.rank,
        parent=table.parent,
        observed_at=taken.observed_at,
        manifest_version=manifest.version,
        file_id=origin.file_id,
        nature=origin.nature,
        as_of=origin.as_of,
        fields=fields,
        combine={name: table.order[name].combine for name in fields if name in table.order},
        columns_mark=origin.columns_mark,
        owned=table.owned,
    )
    staging.analyze(connection, taken.staged)
    taken.orders = merge_orders.mark_touched(connection, who)
    assigned = table.role == "platform" and assign_touched_shops(
        connection, channel=manifest.channel, zone=manifest.zone, currency=manifest.currency
    )
    merge_orders.store_claims(connection, who)
    merge_orders.store_promises(connection, who)
    if taken.staged["lines"]:
        taken.lines = merge_lines.store_lines(connection, who, mode="set" if table.lines == "set" else "each")
    if taken.staged["contacts"]:
        merge_orders.store_contacts(connection, who)
    merge_orders.store_events(connection, who)
    if origin.later:
        put_off(connection)
        return
    adopt_put_off(connection)
    if not taken.staged["events"] and not fields and not table.parent and not assigned:
        compute_orders.attach_lines(connection, who)
    else:
        compute_touched(connection, who)
    note_touched(connection)


def _merge_master(connection: Connection, taken: Taken, table: Table, *, origin: Origin) -> None:
    """Store a master's rows, then restate the orders that its rows change."""
    if not taken.reference or table.fills is None:
        return
    frame = pd.concat(taken.reference, ignore_index=True)
    if table.fills == "shops":
        frame = put_back_moved_shops(connection, frame, as_of=origin.as_of)
    store_master(connection, table.fills, frame, observed_at=taken.observed_at, as_of=origin.as_of)
    if table.fills == "skus":
        reclassify(connection, sku_codes=frame["sku_code"].drop_duplicates().tolist(), as_of=origin.as_of, by="master")
    if table.fills == "warehouses":
        merge_stock.rename_stock(connection)
    if table.fills in ("skus", "sku_aliases"):
        merge_stock.replay_parked(connection, as_of=origin.as_of)
    touch_restated(connection, table.fills, frame)
    merge_orders.prepare_touched(connection)
    compute_orders.restate_orders(connection, as_of=origin.as_of)
    note_touched(connection)
