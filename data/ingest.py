"""How does one file become orders, and what do we answer about it?

One file is one transaction: registered, read in chunks, mapped, staged, merged and recorded together, so that a crash at
any point leaves nothing behind and the same file can simply come again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import InterfaceError, OperationalError

from data import files
from data.connectors import sheets
from data.connectors.choose import Choice, NoChoice, ShapeProblem
from data.connectors.companions import Companion, companion_of
from data.connectors.mapping import Mapper, stated_at
from data.connectors.readers import Entry, Preview, UnreadableFile, open_entries
from data.connectors.reading_files import opened
from data.connectors.registry import manifests
from data.connectors.statement_head import head_of
from data.connectors.statement_problems import StatementRefused
from data.preview import preview_path as preview_path
from data.queries.shop_book import files_waiting_for_shops, shop_book
from data.report import Report
from data.settings import Settings
from data.writes.file_ledger import Work, find_run, mark_kept, record_run, register_file
from data.writes.merge_file import Origin, Progress, Taken, merge_file
from data.writes.statistics import refresh_statistics

log = structlog.get_logger()


@dataclass(frozen=True)
class Given:
    """What the caller says of a file: shop (None = the rows or the channel decide), manifest, live or back-fill, the run's time."""

    settings: Settings
    as_of: datetime
    nature: str
    shop: str | None = None
    manifest: str | None = None
    progress: Progress | None = None
    again: bool = False
    later: bool = False
    masters: bool = True


@dataclass(frozen=True)
class WholeRefusal:
    """Why nothing of a file was taken."""

    message: Callable[..., str]
    manifest: str = ""
    version: int = 0
    source: str = ""
    kind: str = "unknown"
    detail: dict[str, object] | None = None


def ingest_path(
    engine: Engine,
    path: Path,
    *,
    settings: Settings,
    as_of: datetime,
    shop: str | None = None,
    manifest: str | None = None,
    nature: str = "backfill",
    progress: Progress | None = None,
    later: bool = False,
    masters: bool = True,
) -> list[Report]:
    """Ingest a file, or every entry of a zip, and report on each; a file that cannot be read is recorded as refused.

    ``later`` stores what the file says but computes no order: for many files at once, followed by
    ``data.writes.stale.recompute_stale``. Without ``masters`` a file of reference data is refused: it speaks for every shop,
    and whoever brings it may see only some.
    """
    given = Given(settings, as_of, nature, shop, manifest, progress, later=later, masters=masters)
    try:
        entries = open_entries(path)
    except UnreadableFile as problem:
        return [_refuse(engine, _whole(path), WholeRefusal(problem.text), given=given)]
    reports = [_ingest_entry(engine, entry, given=given) for entry in entries]
    if any(report.shops_changed for report in reports):
        replay_waiting(engine, settings=settings, as_of=as_of)
    return reports


def replay(engine: Engine, file_id: int, *, settings: Settings, as_of: datetime, again: bool = False, masters: bool = True) -> list[Report]:
    """Ingest a kept file again, for instance after its manifest was mended; its shop and nature stay what they were.

    ``again`` does the work even where the same manifest has done it before: what it refused may hold by now. ``masters`` is
    as for ``ingest_path``: what was refused of somebody with limits is no more theirs to bring the second time.

    Raises LookupError where the file is unknown or its retention is over.
    """
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM source_files WHERE file_id = :id"), {"id": file_id}).one_or_none()
    kept = settings.files_dir / row.sha256 if row is not None else None
    if row is None or kept is None or not kept.exists():
        raise LookupError(f"file {file_id} is not kept any more; export it again from the platform")
    given = Given(settings, as_of, row.nature, row.shop_id or None, again=again, masters=masters)
    try:
        entries = open_entries(kept)
    except UnreadableFile as problem:
        return [_refuse(engine, replace(_whole(kept), name=row.name), WholeRefusal(problem.text), given=given)]
    return [_ingest_entry(engine, replace(entry, name=row.name + entry.name.removeprefix(kept.name)), given=given) for entry in entries]


def replay_waiting(engine: Engine, *, settings: Settings, as_of: datetime) -> int:
    """Ingest again the files whose rows named a shop that only now is known, and those whose shop's zone or currency changed.

    Returns how many files that were; one that is no longer kept, or fails, stays as it is and does not hold up the others.
    """
    with engine.connect() as connection:
        waiting = files_waiting_for_shops(connection)
    for file_id in waiting:
        try:
            replay(engine, file_id, settings=settings, as_of=as_of, again=True)
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:  # noqa: BLE001 - whatever one file does, the others go on
            log.error("waiting file not taken", file_id=file_id, fault=type(fault).__name__)
    return len(waiting)


def _ingest_entry(engine: Engine, entry: Entry, *, given: Given) -> Report:
    choice: Choice | NoChoice | ShapeProblem | None = None
    try:
        seen, choice = sheets.look(entry, manifests(given.settings.home / "manifests"), named=given.manifest)
        if not isinstance(choice, Choice):
            beside = companion_of(entry.name, seen.rows)
            if beside is not None:
                return _set_aside(engine, entry, beside, given=given)
            return _refuse(engine, entry, _refusal_of(choice), given=given)
        if choice.table.fills is not None and not given.masters:
            # neither kept nor recorded, or a later replay by somebody else would take it in
            error = _no_masters(language=given.settings.language)
            return Report(file=entry.name, manifest=choice.manifest.name, kind="reference", status="refused", error=error)
        with engine.begin() as connection:
            report = _ingest_chosen(connection, entry, seen, choice, given=given)
        refresh_statistics(engine, added=report.orders)
        return report
    except UnreadableFile as problem:
        return _refuse(engine, entry, _refusal_for(problem, choice), given=given)
    except StatementRefused as problem:
        return _refuse(engine, entry, _refusal_for(problem, choice), given=given)


def _ingest_chosen(connection: Connection, entry: Entry, seen: Preview, choice: Choice, *, given: Given) -> Report:
    started = datetime.now(UTC)
    work = Work(_register(connection, entry, given=given), choice.manifest.name, choice.manifest.version)
    done_before = find_run(connection, work, file=entry.name)
    if done_before is not None and not given.again:
        return done_before
    entry = files.kept_entry(entry, files.keep(entry, given.settings.files_dir))
    mark_kept(connection, work.file_id)
    book = shop_book(connection, given_shop=given.shop)
    mapper = Mapper(choice.manifest, choice.table, shops=book, as_of=given.as_of)
    head = head_of(seen.rows, manifest=choice.manifest, table=choice.table, header_row=choice.header_row)
    mapper.open_statement(head, name=f"{entry.name} {seen.sheet}")
    reading = opened(entry, seen, choice)
    origin = Origin(
        work.file_id,
        given.nature,
        given.as_of,
        stated_at=stated_at(seen.rows, manifest=choice.manifest, table=choice.table, header_row=choice.header_row),
        head=head,
        further_sums=partial(sheets.summary_sums, entry, seen, choice),
        columns_mark=_columns_mark(choice),
        later=given.later,
    )
    taken = merge_file(connection, reading, mapper, origin=origin, progress=given.progress)
    report = _report(entry, choice, taken)
    record_run(
        connection,
        work,
        report,
        source=choice.source,
        started_at=started,
        finished_at=datetime.now(UTC),
        observed_at=taken.observed_at,
        latest_at=taken.latest_at,
    )
    log.info("file ingested", source=choice.source, rows=taken.rows, refused=taken.rows - taken.accepted, orders=taken.orders)
    return report


def _columns_mark(choice: Choice) -> str:
    """Return a short mark of the mapped columns a file lacks; empty where it has them all."""
    if not choice.missing:
        return ""
    return "~" + hashlib.sha256("\n".join(sorted(choice.missing)).encode()).hexdigest()[:8]


def _report(entry: Entry, choice: Choice, taken: Taken) -> Report:
    return Report(
        file=entry.name,
        manifest=choice.manifest.name,
        kind=choice.manifest.kind_of(choice.table),
        rows=taken.rows,
        accepted=taken.accepted,
        refused=tuple(sorted(taken.refused, key=lambda finding: (finding.row, finding.field))),
        orders=taken.orders,
        lines=taken.lines,
        control_stated=taken.control_stated,
        control_computed=taken.control_computed,
        notices=dict(taken.notices),
        shops_changed=taken.shops_changed,
        detail={
            **({"columns_missing": list(choice.missing)} if choice.missing else {}),
            **({"note": taken.note} if taken.note else {}),
        },
    )


# ---------------------------------------------------------------- files of which nothing is taken


def _set_aside(engine: Engine, entry: Entry, beside: Companion, *, given: Given) -> Report:
    """Keep and record a file that adds nothing to the statement it came with."""
    manifest = next(each for each in manifests(given.settings.home / "manifests") if each.name == beside.of)
    texts = {"zh": beside.zh, "en": beside.en}
    report = Report(file=entry.name, manifest=manifest.name, kind=manifest.kind, notices={"summary": 1}, detail={"note": texts})
    files.keep(entry, given.settings.files_dir)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        work = Work(_register(connection, entry, given=given), manifest.name, manifest.version)
        if (done_before := find_run(connection, work, file=entry.name)) is not None and not given.again:
            return done_before
        mark_kept(connection, work.file_id)
        source = f"{manifest.name}.{beside.key}"
        record_run(connection, work, report, source=source, started_at=now, finished_at=now, observed_at=None, latest_at=None)
    log.info("file set aside", source=source)
    return report


def _register(connection: Connection, entry: Entry, *, given: Given) -> int:
    return register_file(
        connection,
        shop_id=given.shop or "",
        sha256=entry.sha256,
        # a name in another encoding than the system's is kept readable, escapes and all
        name=entry.name.encode("utf-8", "backslashreplace").decode(),
        size_bytes=entry.size,
        nature=given.nature,
        received_at=given.as_of,
    )


def _refusal_of(problem: NoChoice | ShapeProblem) -> WholeRefusal:
    if isinstance(problem, NoChoice):
        nearest = [{"source": near.source, "missing": list(near.missing)} for near in problem.nearest]
        return WholeRefusal(problem.message, detail={"nearest": nearest, "ambiguous": list(problem.ambiguous)})
    return WholeRefusal(
        problem.message,
        manifest=problem.manifest.name,
        version=problem.manifest.version,
        source=problem.source,
        kind=problem.manifest.kind_of(problem.table),
        detail={"missing": list(problem.missing), "fits": dict(problem.fits)},
    )


def _refusal_for(problem: UnreadableFile | StatementRefused, choice: Choice | NoChoice | ShapeProblem | None) -> WholeRefusal:
    """Say why a file was refused once a table for it had been found, or before."""
    detail: dict[str, object] = {"code": problem.code}
    if not isinstance(choice, Choice):
        return WholeRefusal(problem.text, detail=detail)
    return WholeRefusal(
        problem.text,
        manifest=choice.manifest.name,
        version=choice.manifest.version,
        source=choice.source,
        kind=choice.kind,
        detail=detail,
    )


def _no_masters(*, language: str = "zh") -> str:
    if language == "zh":
        return "主数据影响所有店铺，只有不限范围的人员可以上传"
    return "reference data speaks for every shop; only a person without limits may bring it"


def _refuse(engine: Engine, entry: Entry, refusal: WholeRefusal, *, given: Given) -> Report:
    """Keep and record a file of which nothing could be taken; both languages are recorded, the setting's is answered."""
    files.keep(entry, given.settings.files_dir)
    # kept first: a record of a file that is not there would help nobody
    texts = {language: refusal.message(language=language) for language in ("zh", "en")}
    report = Report(
        file=entry.name,
        manifest=refusal.manifest or None,
        kind=refusal.kind,
        status="refused",
        error=texts[given.settings.language],
        detail={**(refusal.detail or {}), "error": texts},
    )
    now = datetime.now(UTC)
    with engine.begin() as connection:
        work = Work(_register(connection, entry, given=given), refusal.manifest, refusal.version)
        mark_kept(connection, work.file_id)
        record_run(connection, work, report, source=refusal.source, started_at=now, finished_at=now, observed_at=None, latest_at=None)
    log.warning("file refused whole", source=refusal.source or None, file=entry.sha256)
    return report


def _whole(path: Path) -> Entry:
    """Return a path as one entry, for archives that were not opened."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry(name=path.name, size=path.stat().st_size, sha256=digest, open=partial(_open, path))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")
