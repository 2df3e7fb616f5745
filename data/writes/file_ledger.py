"""Which files came, what was done with each, and which of their rows were refused?"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from data.report import Report
from data.writes.staging import copy_rows
from models.findings import Finding


@dataclass(frozen=True)
class Work:
    """What identifies work done on a file: a mended manifest is new work on the same file."""

    file_id: int
    manifest: str
    version: int


def register_file(
    connection: Connection, *, shop_id: str, sha256: str, name: str, size_bytes: int, nature: str, received_at: datetime
) -> int:
    """Return the id of a file known by shop and content, registering it the first time; a second process waits here."""
    return int(
        connection.execute(
            text("""
            INSERT INTO source_files AS kept (shop_id, sha256, name, size_bytes, nature, received_at)
            VALUES (:shop_id, :sha256, :name, :size_bytes, :nature, :received_at)
            ON CONFLICT (shop_id, sha256) DO UPDATE SET name = kept.name RETURNING file_id
            """),
            {"shop_id": shop_id, "sha256": sha256, "name": name, "size_bytes": size_bytes, "nature": nature, "received_at": received_at},
        ).scalar_one()
    )


def mark_kept(connection: Connection, file_id: int) -> None:
    """Note that a file's bytes are kept again, where retention had removed them."""
    connection.execute(text("UPDATE source_files SET erased_at = NULL WHERE file_id = :id AND erased_at IS NOT NULL"), {"id": file_id})


def find_run(connection: Connection, work: Work, *, file: str) -> Report | None:
    """Return the report of work done before, as status ``unchanged``; None where it was not done or was refused."""
    row = connection.execute(
        text("""
        SELECT * FROM file_runs WHERE file_id = :file_id AND manifest = :manifest AND manifest_version = :version AND status = 'ingested'
        """),
        {"file_id": work.file_id, "manifest": work.manifest, "version": work.version},
    ).one_or_none()
    if row is None:
        return None
    refused = connection.execute(
        text("SELECT row_number, field, code, value FROM rejected_rows WHERE run_id = :run_id ORDER BY row_number, field"),
        {"run_id": row.run_id},
    )
    return Report(
        file=file,
        manifest=row.manifest,
        kind=row.kind,
        rows=row.rows,
        accepted=row.accepted,
        refused=tuple(Finding(found.row_number, found.field, found.code, found.value) for found in refused),
        orders=row.orders,
        lines=row.lines,
        control_stated=row.control_stated,
        control_computed=row.control_computed,
        status="unchanged",
        notices=row.notices,
        detail=row.detail,
    )


def record_run(
    connection: Connection,
    work: Work,
    report: Report,
    *,
    source: str,
    started_at: datetime,
    finished_at: datetime,
    observed_at: datetime | None,
    latest_at: datetime | None,
) -> None:
    """Write what came of a file, replacing earlier refusals and, once it was taken, what an older version of the manifest made of it."""
    key = {"file_id": work.file_id, "manifest": work.manifest, "version": work.version, "taken": report.status == "ingested"}
    connection.execute(text(_FORGET_EARLIER), key)
    told = {
        "source": source,
        "kind": report.kind,
        "status": report.status,
        "rows": report.rows,
        "accepted": report.accepted,
        "refused": report.rows - report.accepted,
        "orders": report.orders,
        "lines": report.lines,
        "control_stated": report.control_stated,
        "control_computed": report.control_computed,
        "notices": json.dumps(dict(report.notices)),
        "latest_at": latest_at,
        "error": report.error,
        "detail": json.dumps(dict(report.detail), ensure_ascii=False, default=str),
        "started_at": started_at,
        "finished_at": finished_at,
    }
    run_id = connection.execute(text(_INSERT_RUN), key | told).scalar_one()
    if observed_at is not None:
        connection.execute(
            text("UPDATE source_files SET observed_at = :observed_at WHERE file_id = :file_id"),
            {"observed_at": observed_at, "file_id": work.file_id},
        )
    refused = {(found.row, found.field): (run_id, found.row, found.field, found.code, found.value) for found in report.refused}
    copy_rows(connection, "rejected_rows", ("run_id", "row_number", "field", "code", "value"), sorted(refused.values()))


_FORGET_EARLIER = """
    WITH gone AS (
        DELETE FROM file_runs
        WHERE file_id = :file_id AND (status = 'refused' OR (manifest = :manifest AND (:taken OR manifest_version = :version)))
        RETURNING run_id
    )
    DELETE FROM rejected_rows USING gone WHERE rejected_rows.run_id = gone.run_id"""
_INSERT_RUN = """
    INSERT INTO file_runs (file_id, manifest, manifest_version, source, kind, status, rows, accepted, refused, orders, lines,
        control_stated, control_computed, notices, latest_event_at, error, detail, started_at, finished_at)
    VALUES (:file_id, :manifest, :version, :source, :kind, :status, :rows, :accepted, :refused, :orders, :lines,
        :control_stated, :control_computed, CAST(:notices AS jsonb), :latest_at, :error, CAST(:detail AS jsonb),
        :started_at, :finished_at)
    RETURNING run_id"""
