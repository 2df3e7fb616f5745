"""What has each source sent us, when, and what did we refuse?

A source is one shop and one table of a manifest. A file without a shop speaks of many shops, so that only people who may
see every shop see it; refused rows speak of orders, so that people limited to some warehouses see none.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, desc, false, func, literal, or_, select, true, tuple_, union_all

from data.queries.cut import shops_in
from data.tables import file_runs, rejected_rows, source_files
from models.scope import Scope

PAGE = 200


@dataclass(frozen=True)
class Source:
    """One source and what it brought; ``rows`` to ``orders`` count the files received since an instant."""

    shop_id: str
    source: str
    kind: str
    last_file_at: datetime | None
    last_live_at: datetime | None
    last_event_at: datetime | None
    live_files: int
    backfill_files: int
    rows: int
    accepted: int
    refused: int
    orders: int


@dataclass(frozen=True)
class RefusedFile:
    """A file of which nothing was taken; ``detail`` names the nearest manifests and what is missing."""

    run_id: int
    file_id: int
    shop_id: str
    name: str
    received_at: datetime
    error: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class RefusedCell:
    """One bad field of one refused row."""

    run_id: int
    row_number: int
    field: str
    code: str
    value: str | None
    file_id: int
    shop_id: str
    name: str
    received_at: datetime


@dataclass(frozen=True)
class KeptFile:
    """Where the raw text of a run lies."""

    file_id: int
    shop_id: str
    sha256: str
    name: str
    source: str
    erased_at: datetime | None


def _visible_files(scope: Scope) -> ColumnElement[bool]:
    if scope.shops is None and scope.channels is None:
        return true()
    return source_files.c.shop_id.in_(shops_in(scope))


def _visible_rows(scope: Scope) -> ColumnElement[bool]:
    return _visible_files(scope) if scope.warehouses is None else false()


def sources(connection: Connection, *, scope: Scope, since: datetime) -> list[Source]:
    """Return what each source brought, in all and since an instant.

    A file that was refused whole brings nothing: it does not make a source fresh.
    """
    live = source_files.c.nature == "live"
    taken = file_runs.c.status == "ingested"
    lately = source_files.c.received_at >= since
    query = (
        select(
            source_files.c.shop_id,
            file_runs.c.source,
            func.min(file_runs.c.kind).label("kind"),
            func.max(source_files.c.received_at).filter(taken).label("last_file_at"),
            func.max(source_files.c.received_at).filter(live, taken).label("last_live_at"),
            func.max(file_runs.c.latest_event_at).label("last_event_at"),
            func.count().filter(live).label("live_files"),
            func.count().filter(~live).label("backfill_files"),
            *[
                func.coalesce(func.sum(file_runs.c[name]).filter(lately), 0).label(name)
                for name in ("rows", "accepted", "refused", "orders")
            ],
        )
        .join(source_files, source_files.c.file_id == file_runs.c.file_id)
        .where(_visible_files(scope), file_runs.c.manifest != "")
        .group_by(source_files.c.shop_id, file_runs.c.source)
        .order_by(source_files.c.shop_id, file_runs.c.source)
    )
    sums = ("rows", "accepted", "refused", "orders")
    return [Source(**{**row, **{name: int(row[name]) for name in sums}}) for row in connection.execute(query).mappings()]


def fresh_shops(connection: Connection, *, scope: Scope) -> list[tuple[str, datetime | None]]:
    """Say of each shop that ever sent more than masters when its last live file came: ``shop_id, received_at``, the latter perhaps None.

    "" stands for files of many shops. Each answer is a step into an index: this is asked by every page.
    """
    everybodys = select(literal("").label("shop_id")).where(true() if scope.shops is None and scope.channels is None else false())
    seen = union_all(shops_in(scope), everybodys).subquery()
    taken = select(file_runs.c.run_id).where(
        file_runs.c.file_id == source_files.c.file_id, file_runs.c.manifest != "", file_runs.c.kind != "reference"
    )
    # a range, not an equality: or a shop that has long been quiet would be looked for through the files of all others
    newest_first = (desc(source_files.c.shop_id), desc(source_files.c.received_at))
    its = (
        select(source_files.c.received_at)
        .where(source_files.c.shop_id.between(seen.c.shop_id, seen.c.shop_id))
        .order_by(*newest_first)
        .limit(1)
    )
    last_live = its.where(source_files.c.nature == "live", taken.where(file_runs.c.status == "ingested").exists())
    query = select(seen.c.shop_id, last_live.scalar_subquery()).where(its.where(taken.exists()).scalar_subquery().is_not(None))
    return [(shop_id, at) for shop_id, at in connection.execute(query.order_by(seen.c.shop_id))]


def last_learnt_at(connection: Connection, *, scope: Scope) -> datetime | None:
    """Say when the last visible file was taken in, or None when none ever was; asked by every page, a step into an index."""
    visible = select(source_files.c.file_id).where(source_files.c.file_id == file_runs.c.file_id, _visible_files(scope))
    query = select(file_runs.c.finished_at).where(visible.exists()).order_by(desc(file_runs.c.finished_at)).limit(1)
    learnt: datetime | None = connection.scalar(query)
    return learnt


def whole_refusals(connection: Connection, *, scope: Scope, limit: int = PAGE) -> list[RefusedFile]:
    """Return the files that were refused whole and that no later run of the same file took in, newest first."""
    later = file_runs.alias("later")
    mended = select(later.c.run_id).where(
        later.c.file_id == file_runs.c.file_id, later.c.run_id > file_runs.c.run_id, later.c.status == "ingested"
    )
    query = (
        select(
            file_runs.c.run_id,
            source_files.c.file_id,
            source_files.c.shop_id,
            source_files.c.name,
            source_files.c.received_at,
            file_runs.c.error,
            file_runs.c.detail,
        )
        .join(source_files, source_files.c.file_id == file_runs.c.file_id)
        .where(_visible_files(scope), file_runs.c.status == "refused", ~mended.exists())
        .order_by(desc(file_runs.c.run_id))
        .limit(limit)
    )
    return [RefusedFile(**row) for row in connection.execute(query).mappings()]


def refused_rows(
    connection: Connection,
    *,
    scope: Scope,
    shop_ids: Collection[str] | None = None,
    source: str | None = None,
    after: tuple[int, int, str] | None = None,
    limit: int = PAGE,
) -> list[RefusedCell]:
    """Return a page of refused cells, newest file first; ``after`` is the last ``(run_id, row_number, field)`` seen.

    ``shop_ids`` are chosen among those one may see; "" stands for files of many shops.
    """
    key = (rejected_rows.c.run_id, rejected_rows.c.row_number, rejected_rows.c.field)
    further: ColumnElement[bool] = true()
    if after is not None:
        run_id, row_number, field = after
        further = or_(
            rejected_rows.c.run_id < run_id,
            and_(rejected_rows.c.run_id == run_id, tuple_(key[1], key[2]) > (row_number, field)),
        )
    query = (
        select(
            rejected_rows,
            source_files.c.file_id,
            source_files.c.shop_id,
            source_files.c.name,
            source_files.c.received_at,
        )
        .join(file_runs, file_runs.c.run_id == rejected_rows.c.run_id)
        .join(source_files, source_files.c.file_id == file_runs.c.file_id)
        .where(
            _visible_rows(scope),
            true() if shop_ids is None else source_files.c.shop_id.in_(shop_ids),
            true() if source is None else file_runs.c.source == source,
            further,
        )
        .order_by(desc(key[0]), key[1], key[2])
        .limit(limit)
    )
    return [RefusedCell(**row) for row in connection.execute(query).mappings()]


def kept_file(connection: Connection, *, scope: Scope, run_id: int) -> KeptFile | None:
    """Return the kept file behind a run, if this person may see its rows."""
    query = (
        select(
            source_files.c.file_id,
            source_files.c.shop_id,
            source_files.c.sha256,
            source_files.c.name,
            file_runs.c.source,
            source_files.c.erased_at,
        )
        .join(source_files, source_files.c.file_id == file_runs.c.file_id)
        .where(file_runs.c.run_id == run_id, _visible_rows(scope))
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else KeptFile(**row)


def may_replay(connection: Connection, *, scope: Scope, file_id: int) -> bool:
    """Say whether a file exists that this person may see, and whose bytes are still kept."""
    query = select(source_files.c.file_id).where(
        source_files.c.file_id == file_id, source_files.c.erased_at.is_(None), _visible_files(scope)
    )
    return connection.scalar(query) is not None
