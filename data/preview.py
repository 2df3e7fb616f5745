"""What would come of a file, before anything of it is stored?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from data.connectors import sheets
from data.connectors.choose import Choice
from data.connectors.companions import companion_of
from data.connectors.mapping import Mapper
from data.connectors.readers import Entry, Reading, UnreadableFile, open_entries
from data.connectors.readers import Preview as Seen
from data.connectors.reading_files import opened
from data.connectors.registry import manifests
from data.connectors.shops import Shop, ShopBook
from data.connectors.statement_head import StatementFound, head_of, statements_of
from data.connectors.statement_problems import ControlSum, StatementRefused, no_rate, no_shop, unconverted_note
from data.queries.rates import unconverted, unrated
from data.queries.shop_book import shop_book
from data.settings import Settings
from models.findings import Finding

# So many refused cells are given; all of them stand in the ledger once the file is taken.
REFUSALS = 50


@dataclass(frozen=True)
class Refusal:
    """One cell for which a row would be refused; ``value`` is missing where it is personal."""

    row_number: int
    field: str
    code: str
    value: str | None = None


@dataclass(frozen=True)
class PreviewedTable:
    """One statement of a file, or the whole of a file that is none; ``totals`` are minor units by key of ``TYPES``.

    What the whole file was refused of or states as control sums stands with its first statement.
    """

    source: str
    account: str = ""
    currency: str = ""
    rows: int = 0
    accepted: int = 0
    refused: int = 0
    control_stated: Mapping[str, str] | None = None
    control_computed: Mapping[str, str] | None = None
    control_holds: bool | None = None
    balance_proven: bool | None = None
    totals: tuple[tuple[str, int], ...] = ()
    period_from: datetime | None = None
    period_to: datetime | None = None
    opening_minor: int | None = None
    closing_minor: int | None = None
    computed_closing_minor: int | None = None
    unclassified: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Previewed:
    """What one file, or one entry of a zip, is and holds; ``error`` where nothing of it would be taken."""

    name: str
    error: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    manifest: str = ""
    kind: str = "unknown"
    tables: tuple[PreviewedTable, ...] = ()
    refusals: tuple[Refusal, ...] = ()


def preview_path(
    path: Path, *, settings: Settings, as_of: datetime, shop: str | None = None, manifest: str | None = None, engine: Engine | None = None
) -> list[Previewed]:
    """Read a file, or every entry of a zip, as ``ingest_path`` would, and say what would come of it; nothing is kept or stored.

    With an ``engine`` the shops and rates that are known decide as they would at the ingest; without one every shop is believed.
    """
    try:
        entries = open_entries(path)
    except UnreadableFile as problem:
        return [_refused(path.name, problem, settings=settings)]
    return [_previewed(entry, settings=settings, as_of=as_of, shop=shop, manifest=manifest, engine=engine) for entry in entries]


def _previewed(
    entry: Entry, *, settings: Settings, as_of: datetime, shop: str | None, manifest: str | None, engine: Engine | None
) -> Previewed:
    choice: Any = None
    try:
        seen, choice = sheets.look(entry, manifests(settings.home / "manifests"), named=manifest)
        if not isinstance(choice, Choice) and (beside := companion_of(entry.name, seen.rows)) is not None:
            return Previewed(entry.name, detail={"note": {"zh": beside.zh, "en": beside.en}}, manifest=beside.of, kind="settlement")
        if not isinstance(choice, Choice):
            texts = {language: choice.message(language=language) for language in ("zh", "en")}
            return Previewed(entry.name, texts[settings.language], {"error": texts})
        mapper = Mapper(choice.manifest, choice.table, shops=_book(engine, choice, shop=shop), as_of=as_of)
        head = head_of(seen.rows, manifest=choice.manifest, table=choice.table, header_row=choice.header_row)
        mapper.open_statement(head, name=f"{entry.name} {seen.sheet}")
        read = _Read()
        reading = opened(entry, seen, choice)
        for batch in mapper.batches(reading.chunks()):
            read.add(batch)
        return _told(entry, seen, choice, mapper, reading, read, engine=engine)
    except (UnreadableFile, StatementRefused) as problem:
        return _refused(entry.name, problem, settings=settings, choice=choice)


@dataclass
class _Read:
    """What has been read of a file so far."""

    rows: int = 0
    findings: list[Finding] = field(default_factory=list)
    refused_rows: set[int] = field(default_factory=set)
    totals: dict[tuple[int, str, str], Counter[str]] = field(default_factory=dict)
    first_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    first_on: dict[str, date] = field(default_factory=dict)

    def add(self, batch: Any) -> None:
        """Count one chunk."""
        self.rows += batch.rows
        self.findings += batch.findings
        self.refused_rows.update(finding.row for finding in batch.findings)
        frame = batch.entries
        if frame is None or frame.empty:
            return
        by_type = frame.groupby(["section", "account", "currency", "type"])["amount_minor"].sum()
        for (section, account, currency, type_), minor in by_type.items():
            self.totals.setdefault((int(section), account, currency), Counter())[type_] += int(minor)
        if "booked_on" in frame:
            for currency, first_day in frame.groupby("currency")["booked_on"].min().items():
                self.first_on[str(currency)] = min(_day(first_day), self.first_on.get(str(currency), date.max))
        if "occurred_at" in frame:
            for (shop_id, currency), first in frame.groupby(["shop_id", "currency"])["occurred_at"].min().items():
                known = self.first_at.get((shop_id, currency))
                self.first_at[shop_id, currency] = min(first.to_pydatetime(), known) if known else first.to_pydatetime()


def _day(said: Any) -> date:
    return date.fromisoformat(str(said)[:10])


def _book(engine: Engine | None, choice: Choice, *, shop: str | None) -> ShopBook:
    if engine is not None:
        with engine.connect() as connection:
            return shop_book(connection, given_shop=shop)
    made = shop or choice.manifest.channel
    known = Shop(made, choice.manifest.channel, made, choice.manifest.zone, choice.manifest.currency)
    return ShopBook(shops={made: known}, given_shop=shop)


def _told(entry: Entry, seen: Seen, choice: Choice, mapper: Mapper, reading: Reading, read: _Read, *, engine: Engine | None) -> Previewed:
    accepted, refused = read.rows - len(read.refused_rows), len(read.refused_rows)
    tables: Sequence[PreviewedTable] = [PreviewedTable(choice.source, rows=read.rows, accepted=accepted, refused=refused)]
    if mapper.entries is not None:
        sums = mapper.control_sums(reading.footers, further=sheets.summary_sums(entry, seen, choice, mapper))
        _check_owner(choice, mapper, read, engine=engine)
        found = statements_of(mapper.entries, head=mapper.head, stated=reading.statements)
        unclassified = tuple(sorted(mapper.entries.unclassified.items(), key=lambda item: (-item[1], item[0])))
        tables = [
            _statement(each, choice, read, whole=refused if place == 0 else None, sums=sums, unclassified=unclassified)
            for place, each in enumerate(found)
        ] or tables
    findings = sorted(read.findings, key=lambda finding: (finding.row, finding.field))[:REFUSALS]
    refusals = tuple(Refusal(finding.row, finding.field, finding.code, finding.value) for finding in findings)
    note = _unconverted(choice, read, engine=engine)
    return Previewed(entry.name, detail=note, manifest=choice.manifest.name, kind=choice.kind, tables=tuple(tables), refusals=refusals)


def _unconverted(choice: Choice, read: _Read, *, engine: Engine | None) -> Mapping[str, Any]:
    """Say that money of a bank would be in no converted total."""
    if choice.manifest.kind != "bank" or engine is None or not read.first_on:
        return {}
    with engine.connect() as connection:
        codes = unconverted(connection, read.first_on.items())
    return {"note": unconverted_note(codes)} if codes else {}


def _check_owner(choice: Choice, mapper: Mapper, read: _Read, *, engine: Engine | None) -> None:
    """Refuse as the ingest would for want of a shop, an account or a rate."""
    assert mapper.entries is not None
    if mapper.entries.unknown_shops:
        raise no_shop(sorted(mapper.entries.unknown_shops))
    if choice.manifest.kind == "bank" and any(not account for _, account, _ in read.totals):
        raise StatementRefused("no_account")
    if engine is not None and read.first_at:
        with engine.connect() as connection:
            since = unrated(connection, [(shop_id, currency, first) for (shop_id, currency), first in read.first_at.items()])
        if since:
            raise no_rate(since)


def _statement(
    found: StatementFound,
    choice: Choice,
    read: _Read,
    *,
    whole: int | None,
    sums: Sequence[ControlSum],
    unclassified: tuple[tuple[str, int], ...],
) -> PreviewedTable:
    refused = whole if whole is not None else 0
    totals = read.totals.get((found.section, found.account, found.currency), Counter())
    stated = whole is not None and bool(sums)
    return PreviewedTable(
        source=choice.source,
        account=found.account,
        currency=found.currency,
        rows=found.lines + refused,
        accepted=found.lines,
        refused=refused,
        control_stated={each.name: each.stated for each in sums} if stated else None,
        control_computed={each.name: each.computed for each in sums} if stated else None,
        control_holds=True if stated else None,
        balance_proven=found.balance_proven,
        totals=tuple(sorted(totals.items())) if choice.manifest.kind == "settlement" else (),
        period_from=found.period_from,
        period_to=found.period_to,
        opening_minor=found.opening_minor,
        closing_minor=found.closing_minor,
        computed_closing_minor=found.computed_closing_minor,
        unclassified=unclassified if whole is not None else (),
    )


def _refused(name: str, problem: UnreadableFile | StatementRefused, *, settings: Settings, choice: Any = None) -> Previewed:
    texts = {language: problem.text(language=language) for language in ("zh", "en")}
    known = choice if isinstance(choice, Choice) else None
    return Previewed(
        name,
        texts[settings.language],
        {"code": problem.code, "error": texts},
        manifest=known.manifest.name if known else "",
        kind=known.kind if known else "unknown",
    )
