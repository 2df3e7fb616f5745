"""How is a span done again, idempotently?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from data.ingest import replay
from data.job_lock import is_connection_lost
from data.queries.kept_files import files_received
from jobs import pull_http
from jobs.faults import UserMistake, keep_traceback, one_line
from jobs.job import Job, JobContext, Outcome

Again = Callable[..., Outcome]


def replay_files(context: JobContext, *, since: datetime, until: datetime, dry_run: bool, as_of: datetime) -> Outcome:
    """Put every kept file received in [since, until) through the connectors again, with today's manifests."""
    with context.engine.connect() as connection:
        files = files_received(connection, since=since, until=until)
    if dry_run:
        names = "".join(f"\n  {file.shop_id or '—'}  {file.name}" for file in files)
        return Outcome(len(files), f"将重放 {len(files)} 个文件 / would replay {len(files)} files{names}")
    rows, done, faults = 0, 0, []
    for file in files:
        if context.leaving.is_set():
            break
        try:
            rows += sum(report.accepted for report in replay(context.engine, file.file_id, settings=context.settings, as_of=as_of))
            done += 1
        except Exception as error:  # one file must not stop the others
            if is_connection_lost(error):
                raise
            faults.append(f"{file.name}: {_said(context, error, as_of=as_of)}")
    left_out = f"未能重放 {len(faults)} 个文件 / {len(faults)} files could not be replayed: {'; '.join(faults)}"[:500] if faults else None
    return Outcome(rows, f"已重放 {done}/{len(files)} 个文件 / replayed {done} of {len(files)} files", error=left_out)


def _said(context: JobContext, error: Exception, *, as_of: datetime) -> str:
    # a file that is not kept any more needs no repair
    if type(error) is not LookupError:
        keep_traceback(error, folder=context.settings.home / "logs", at=as_of)
    return one_line(error)


BACKFILLS: tuple[tuple[str, Again], ...] = (("pull_inbox", replay_files), ("pull_http", pull_http.backfill))


def backfill_of(job: Job, *, since: datetime, until: datetime, dry_run: bool) -> Job:
    """Return the job whose run does the span again; same name, so same lock and ledger."""
    again = dict(BACKFILLS).get(job.name)
    if again is None:
        able = ", ".join(name for name, _ in BACKFILLS)
        raise UserMistake(f"这个任务不能补数 this job cannot be done again: {job.name} (可以 these can: {able})")

    def run(context: JobContext, *, as_of: datetime) -> Outcome:
        return again(context, since=since, until=until, dry_run=dry_run, as_of=as_of)

    return replace(job, run=run)
