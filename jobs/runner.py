"""How is one run of a job carried out, so that it never runs twice at once and always leaves a row?"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from data.job_lock import is_connection_lost, try_lock
from data.writes.job_ledger import abandon_runs, begin_run, finish_run
from jobs.faults import keep_traceback, one_line
from jobs.job import Job, JobContext, Now, Outcome
from jobs.logs import log

# A lost connection usually means a restart of the server, which takes seconds.
_ATTEMPTS = 4
_LONGEST_WAIT_SECONDS = 15
# The server takes a moment to notice that a killed process has gone.
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class RunResult:
    """How a run ended: succeeded, failed, or busy when another process was at it."""

    status: str
    run_id: int | None = None
    rows: int | None = None
    message: str | None = None
    error: str | None = None


def run_job(
    job: Job,
    *,
    context: JobContext,
    now: Now,
    planned_for: datetime | None = None,
    as_of: datetime | None = None,
    requested_by: str | None = None,
) -> RunResult:
    """Run a job once and write its row; a failing job is a result, not an exception. Time is taken once, at the start."""
    with try_lock(context.engine, f"job:{job.name}", patience_seconds=_PATIENCE_SECONDS) as held:
        if not held:
            return RunResult("busy", message="另一进程正在运行 another process is running it")
        started = now()
        run_id = _begin(job, context=context, at=started, planned_for=planned_for or started, requested_by=requested_by)
        result = _carried_out(job, context=context, run_id=run_id, as_of=as_of or started, now=now)
        _finish(context, run_id=run_id, result=result, now=now)
    log().info("run", job=job.name, run_id=run_id, status=result.status, rows=result.rows, error=result.error)
    return result


def abandon_dead_runs(jobs: tuple[Job, ...], *, context: JobContext, at: datetime) -> int:
    """Mark runs whose process died: still 'running' although nobody holds the job's lock. Return how many."""
    found = 0
    for job in jobs:
        with try_lock(context.engine, f"job:{job.name}") as held:
            if held:
                with context.engine.begin() as connection:
                    found += abandon_runs(connection, job=job.name, at=at)
    return found


def _begin(job: Job, *, context: JobContext, at: datetime, planned_for: datetime, requested_by: str | None) -> int:
    with context.engine.begin() as connection:
        # the lock is ours, so whatever still says 'running' has died
        abandon_runs(connection, job=job.name, at=at)
        return begin_run(
            connection,
            job=job.name,
            planned_for=planned_for,
            started_at=at,
            host=socket.gethostname(),
            pid=os.getpid(),
            requested_by=requested_by,
        )


def _carried_out(job: Job, *, context: JobContext, run_id: int, as_of: datetime, now: Now) -> RunResult:
    try:
        outcome = _attempted(job, context=context, as_of=as_of)
    except Exception as error:  # noqa: BLE001 - a failing job is a row, the process lives on
        kept = keep_traceback(error, folder=_log_folder(context), at=now())
        return RunResult("failed", run_id=run_id, error=f"{one_line(error)} → {kept.name}")
    except KeyboardInterrupt:
        _finish(context, run_id=run_id, result=RunResult("failed", error="已中断 interrupted"), now=now)
        raise
    status = "failed" if outcome.error else "succeeded"
    return RunResult(status, run_id=run_id, rows=outcome.rows, message=outcome.message, error=outcome.error)


def _attempted(job: Job, *, context: JobContext, as_of: datetime) -> Outcome:
    attempts = Retrying(
        retry=retry_if_exception(is_connection_lost),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=_LONGEST_WAIT_SECONDS),
        sleep=lambda seconds: _rest(context, seconds),
        before_sleep=_say_again,
        reraise=True,
    )
    return attempts(job.run, context, as_of=as_of)


def _finish(context: JobContext, *, run_id: int, result: RunResult, now: Now) -> None:
    for attempt in Retrying(
        retry=retry_if_exception(is_connection_lost),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=_LONGEST_WAIT_SECONDS),
        sleep=lambda seconds: _rest(context, seconds),
        reraise=True,
    ):
        with attempt, context.engine.begin() as connection:
            finish_run(
                connection,
                run_id=run_id,
                finished_at=now(),
                status=result.status,
                rows=result.rows,
                message=result.message,
                error=result.error,
            )


def _rest(context: JobContext, seconds: float) -> None:
    context.leaving.wait(seconds)


def _say_again(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log().warning("again", attempt=state.attempt_number, error=one_line(error) if error else None)


def _log_folder(context: JobContext) -> Path:
    return context.settings.home / "logs"
