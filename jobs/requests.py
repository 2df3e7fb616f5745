"""How is what people ask for in the dashboard carried out: run a job now, replay a file, take an upload?

A request stays waiting until its work is done; a process that dies in between leaves it to the next, and since ingest is
idempotent doing it twice does no harm.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.ingest import ingest_path, replay
from data.job_lock import try_lock
from data.report import Report
from data.stock import settle_waiting
from data.writes.requests import WaitingRequest, finish_request, waiting_requests
from jobs.faults import UserMistake, keep_traceback, one_line
from jobs.job import JobContext, Now
from jobs.runner import RunResult

# The dashboard asks for results every few seconds; all reasons stand in the ledger of refused rows.
_MOST_REASONS = 20
# File systems take 255 bytes; readers and copies add to a name.
_LONGEST_NAME_BYTES = 200
_LONGEST_SUFFIX_BYTES = 16

Request = WaitingRequest


def waiting(context: JobContext) -> list[Request]:
    """Return the requests nobody has carried out yet."""
    with context.engine.connect() as connection:
        return waiting_requests(connection)


def job_wanted(request: Request) -> str | None:
    """Name the job a request wants to run; None for every other request."""
    return str(request.payload.get("job", "")) if request.kind == "run" else None


def carry_out(context: JobContext, request: Request, *, now: Now) -> None:
    """Do what a request asks, once, and write what came of it."""
    with try_lock(context.engine, f"request:{request.request_id}") as held:
        if not held or request.request_id not in {row.request_id for row in waiting(context)}:
            return
        try:
            result, failed = _done(context, request, now=now), False
        except Exception as error:  # noqa: BLE001 - the answer to the person who asked
            if not isinstance(error, UserMistake):
                keep_traceback(error, folder=context.settings.home / "logs", at=now())
            result, failed = {"error": one_line(error)}, True
        with context.engine.begin() as connection:
            finish_request(connection, request_id=request.request_id, failed=failed, result=result, at=now())


def finish(context: JobContext, request: Request, *, result: RunResult, now: Now) -> None:
    """Write what came of a requested run; where the job was busy elsewhere the request waits on."""
    if result.status == "busy":
        return
    said = {"status": result.status, "run_id": result.run_id, "rows": result.rows, "message": result.message, "error": result.error}
    with context.engine.begin() as connection:
        finish_request(connection, request_id=request.request_id, failed=result.status == "failed", result=said, at=now())


def _done(context: JobContext, request: Request, *, now: Now) -> Mapping[str, Any]:
    payload = request.payload
    if request.kind == "replay":
        # asked for by a person, so done even where this manifest has done it before
        masters = payload.get("masters", False) is True
        reports = replay(context.engine, int(payload["file_id"]), settings=context.settings, as_of=now(), again=True, masters=masters)
        return _said(reports)
    if request.kind == "upload":
        return _said(_take_upload(context, payload, now=now))
    raise UserMistake(f"没有这个任务 no such job: {payload.get('job')}")


def _said(reports: list[Report]) -> Mapping[str, Any]:
    """Say the counts of every file and the first reasons of all."""
    said, room = [], _MOST_REASONS
    for report in reports:
        shown = report.refused[:room]
        room -= len(shown)
        said.append(replace(report, refused=shown).as_json())
    return {"reports": said}


def _take_upload(context: JobContext, payload: Mapping[str, Any], *, now: Now) -> list[Report]:
    """Ingest an uploaded file under the name it had at its sender's, then remove the upload (a copy is kept)."""
    path = _uploaded(context, str(payload["path"]))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        named = Path(folder, _fitting(Path(str(payload.get("name") or path.name)).name))
        os.link(path, named)
        reports = ingest_path(
            context.engine,
            named,
            settings=context.settings,
            shop=payload.get("shop") or None,
            manifest=payload.get("manifest") or None,
            nature=str(payload.get("nature") or "backfill"),
            as_of=now(),
            masters=payload.get("masters", False) is True,
        )
    path.unlink(missing_ok=True)
    settle_waiting(context.engine, now=now)
    return reports


def _fitting(name: str) -> str:
    """Cut a name to what a file system takes, whole characters only; the suffix stays.

    >>> _fitting("十月.csv")
    '十月.csv'
    >>> cut = _fitting("订单" * 60 + ".xlsx")
    >>> len(cut.encode()), cut[-6:]
    (200, '订.xlsx')
    """
    suffix = Path(name).suffix
    if len(suffix.encode()) > _LONGEST_SUFFIX_BYTES:
        suffix = ""
    room = _LONGEST_NAME_BYTES - len(suffix.encode())
    return name.removesuffix(suffix).encode()[:room].decode(errors="ignore") + suffix


def _uploaded(context: JobContext, name: str) -> Path:
    """Return the uploaded file; only from the folder where the dashboard puts them."""
    folder = (context.settings.home / "uploads").resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise UserMistake(f"上传的文件不在了 the uploaded file is gone: {path.name}")
    return path
