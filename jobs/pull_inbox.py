"""Which files have come into the inbox, and are they in the database?

A file is taken once its size and its times have stood still for ten seconds. What is in the database decides whether a
file is work (its shop and content), so a process that dies anywhere finds the rest on its next sweep.
"""

import filecmp
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.ingest import ingest_path, replay_waiting
from data.job_lock import is_connection_lost
from data.report import Report
from data.settings import Settings
from data.stock import settle_waiting
from data.writes.stale import recompute_stale
from jobs.faults import keep_traceback, one_line
from jobs.inbox_memory import Stamp, checked_memory, inbox_memory
from jobs.inbox_shop import MASTERS, shop_of
from jobs.job import JobContext, Outcome
from jobs.logs import log

STILL_SECONDS = 10.0
MARKER = ".orderhub-inbox"
# From this many back-fill files on, orders are computed once at the end rather than file by file.
_BULK_FILES = 5
_ASIDE = ("done", "refused")
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp")


@dataclass(frozen=True)
class InboxFile:
    """A file in the inbox: where, for which folder, and how it stood when we looked."""

    path: Path
    folder: str
    nature: str
    stamp: Stamp
    touched_at: float


@dataclass
class Tally:
    """What a sweep has done so far."""

    files: int = 0
    rows: int = 0
    refused_files: int = 0
    refused_rows: int = 0
    faults: tuple[str, ...] = ()

    def add(self, reports: Sequence[Report]) -> None:
        """Count a file that was taken."""
        self.files += 1
        self.rows += sum(report.accepted for report in reports)
        self.refused_rows += sum(report.rows - report.accepted for report in reports)
        self.refused_files += any(report.status == "refused" for report in reports)


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Take every file of the inbox that stands still; masters first, then by folder and name."""
    return sweep(context, as_of=as_of, still_seconds=STILL_SECONDS)


def sweep(context: JobContext, *, as_of: datetime, still_seconds: float) -> Outcome:
    """Do one sweep. Young files are looked at a second time at its end, so that none waits for the next sweep."""
    settings = context.settings
    inbox = settings.inbox_dir
    if not inbox.is_dir():
        said = f"收件箱不存在 the inbox does not exist: {inbox}"
        return Outcome(0, said, error=None if settings.demo else said)
    tally = Tally()
    with _faults_kept(context, "recompute_stale", tally=tally, as_of=as_of):
        recompute_stale(context.engine, as_of=as_of)
    with _faults_kept(context, "replay_waiting", tally=tally, as_of=as_of):
        replay_waiting(context.engine, settings=settings, as_of=as_of)
    looked_at = time.monotonic()
    memory = checked_memory(context)
    present = inbox_files(inbox)
    found = [file for file in present if not memory.knows(file.path, stamp=file.stamp)]
    still = {file for file in found if file.touched_at <= as_of.timestamp() - still_seconds}
    young = [file for file in found if file not in still]
    _take_all(context, [file for file in found if file in still], tally=tally, as_of=as_of)
    if young and not context.leaving.wait(max(0.0, looked_at + still_seconds - time.monotonic())):
        _take_all(context, [file for file in young if stamp_of(file.path) == file.stamp], tally=tally, as_of=as_of)
    with _faults_kept(context, "inbox memory", tally=tally, as_of=as_of):
        memory.keep(context, present={file.path for file in present})
    return _outcome(tally)


def inbox_files(inbox: Path) -> list[InboxFile]:
    """List the inbox: masters first, then by path; nothing hidden, half written or already set aside."""
    files = [file for path in _paths(inbox) if (file := _looked_at(path, inbox=inbox))]
    return sorted(files, key=lambda file: (file.folder != MASTERS, str(file.path)))


def owns_inbox(settings: Settings) -> bool:
    """Say whether the inbox is ours to move files in: the demo's, or one with our marker."""
    return settings.demo or (settings.inbox_dir / MARKER).exists()


def stamp_of(path: Path) -> Stamp | None:
    """Return size and modification time, None for a file that is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


def _paths(inbox: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(inbox):
        names[:] = sorted(name for name in names if name not in _ASIDE and not name.startswith("."))
        for name in sorted(files):
            if not name.startswith((".", "~$")) and not name.lower().endswith(_UNFINISHED):
                yield Path(folder, name)


def _looked_at(path: Path, *, inbox: Path) -> InboxFile | None:
    try:
        status = path.stat()
    except OSError:
        return None
    folders = path.relative_to(inbox).parts[:-1]
    return InboxFile(
        path=path,
        folder=folders[0] if folders else "",
        nature="backfill" if "history" in folders[1:] else "live",
        stamp=(status.st_size, status.st_mtime_ns),
        touched_at=max(status.st_mtime, status.st_ctime),
    )


def _take_all(context: JobContext, files: Sequence[InboxFile], *, tally: Tally, as_of: datetime) -> None:
    bulk = sum(file.nature == "backfill" for file in files) >= _BULK_FILES
    for file in files:
        if context.leaving.is_set():
            return
        with _faults_kept(context, file.path.name, tally=tally, as_of=as_of):
            tally.add(take(context, file, as_of=as_of, later=bulk and file.nature == "backfill"))
    if bulk:
        with _faults_kept(context, "recompute_stale", tally=tally, as_of=as_of):
            recompute_stale(context.engine, as_of=as_of)


@contextmanager
def _faults_kept(context: JobContext, what: str, *, tally: Tally, as_of: datetime) -> Iterator[None]:
    """Keep a fault and let the sweep go on: one file, old or new, must not stop the others."""
    try:
        yield
    except Exception as error:
        if is_connection_lost(error):
            raise
        kept = keep_traceback(error, folder=context.settings.home / "logs", at=as_of)
        log().error("sweep", error=one_line(error), traceback=kept.name)
        # a file's name may hold bytes that are no text
        named = what.encode(errors="backslashreplace").decode()
        tally.faults += (f"{named}: {one_line(error)}",)


def take(context: JobContext, file: InboxFile, *, as_of: datetime, later: bool = False) -> list[Report]:
    """Ingest one file, then set it aside in our own inbox, or remember it in a foreign one.

    ``later`` leaves its orders to be computed by ``recompute_stale``, once for all files of a bulk import.
    """
    reports = ingest_path(
        context.engine,
        file.path,
        settings=context.settings,
        shop=shop_of(context, file.path, folder=file.folder),
        manifest=None,
        nature=file.nature,
        as_of=as_of,
        later=later,
    )
    if stamp_of(file.path) == file.stamp:
        refused = any(report.status == "refused" for report in reports)
        if owns_inbox(context.settings):
            _set_aside(file.path, into="refused" if refused else "done")
        else:
            inbox_memory(context).note(file.path, stamp=file.stamp, refused=refused)
    if file.nature == "live":
        settle_waiting(context.engine, now=context.now)
    return reports


def _set_aside(path: Path, *, into: str) -> None:
    folder = path.parent / into
    folder.mkdir(exist_ok=True)
    target = folder / path.name
    number = 1
    # the same file given again takes the old one's place
    while target.exists() and not filecmp.cmp(path, target, shallow=False):
        target = folder / f"{path.stem}~{number}{path.suffix}"
        number += 1
    path.replace(target)


def _outcome(tally: Tally) -> Outcome:
    chinese, english = f"{tally.files} 个文件", f"{tally.files} files"
    if tally.refused_files or tally.refused_rows:
        chinese += f"，整份拒收 {tally.refused_files}，拒收行 {tally.refused_rows}"
        english += f", refused whole {tally.refused_files}, refused rows {tally.refused_rows}"
    message = f"{chinese} / {english}"
    return Outcome(rows=tally.rows, message=message, error="; ".join(tally.faults)[:500] or None)
