"""What is past its retention, and gone?"""

import shutil
from collections.abc import Set
from datetime import datetime, timedelta
from pathlib import Path

from data.writes.job_ledger import trim_runs
from data.writes.requests import waiting_requests
from data.writes.retention import erase_old_contacts, mark_files_erased, old_files
from data.writes.risk_scores import SCORE_DAYS, trim_scores
from jobs.job import JobContext, Outcome

# Long enough to compare a year with the year before.
RUN_DAYS = 400
FAULT_DAYS = 90
_LEFTOVER_SECONDS = 24 * 3600
_BATCH = 500
_LEFTOVERS = (
    ("files", "*.partial", _LEFTOVER_SECONDS),
    ("uploads", "*", _LEFTOVER_SECONDS),
    ("logs", "fault-*.txt", FAULT_DAYS * 24 * 3600),
)


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Remove kept files and contacts past the retention, old run records and scores, old fault reports and leftovers of dead processes."""
    before = as_of - timedelta(days=context.settings.retention_days)
    files = _erase_files(context, before=before, at=as_of)
    with context.engine.begin() as connection:
        contacts = erase_old_contacts(connection, before=before)
        runs = trim_runs(connection, before=as_of - timedelta(days=RUN_DAYS))
        scores = trim_scores(connection, before=as_of - timedelta(days=SCORE_DAYS))
        waiting = waiting_requests(connection)
    # an upload that nobody has taken in yet is no leftover, however long the jobs were away
    wanted = {Path(str(request.payload["path"])).name for request in waiting if "path" in request.payload}
    leftovers = _clean(context.settings.home, at=as_of, wanted=wanted)
    chinese = f"原始文件 {files}，联系信息 {contacts}，运行记录 {runs}，风险评分 {scores}，残留 {leftovers}"
    said = f"{chinese} / files {files}, contacts {contacts}, runs {runs}, risk scores {scores}, leftovers {leftovers}"
    return Outcome(files + contacts + runs + scores, said)


def _erase_files(context: JobContext, *, before: datetime, at: datetime) -> int:
    """Delete first, then say so: dying in between, the next run finds the file gone and says it."""
    with context.engine.connect() as connection:
        old = old_files(connection, before=before)
    for start in range(0, len(old), _BATCH):
        batch = old[start : start + _BATCH]
        for _, sha256 in batch:
            (context.settings.files_dir / sha256).unlink(missing_ok=True)
        with context.engine.begin() as connection:
            mark_files_erased(connection, file_ids=[file_id for file_id, _ in batch], at=at)
        if context.leaving.is_set():
            return start + len(batch)
    return len(old)


def _clean(home: Path, *, at: datetime, wanted: Set[str]) -> int:
    """Remove temporary and uploaded files that nobody has touched for a day, and old fault reports."""
    removed = 0
    for name, pattern, seconds in _LEFTOVERS:
        folder = home / name
        for path in folder.glob(pattern) if folder.is_dir() else ():
            if path.name not in wanted and at.timestamp() - path.lstat().st_mtime > seconds:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
                removed += 1
    return removed
