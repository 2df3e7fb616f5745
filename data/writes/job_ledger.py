"""What do the jobs write down about their own runs?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from data.tables import audit_log, heartbeats, job_runs, job_schedules


@dataclass(frozen=True)
class Planned:
    """When a job is meant to run, as people read it; ``next_run_at`` None while no clock runs."""

    job: str
    schedule: str
    zone: str
    why_zh: str
    why_en: str
    next_run_at: datetime | None


def begin_run(
    connection: Connection, *, job: str, planned_for: datetime, started_at: datetime, host: str, pid: int, requested_by: str | None
) -> int:
    """Write that a run has begun; return its id."""
    statement = (
        insert(job_runs)
        .values(job=job, planned_for=planned_for, started_at=started_at, status="running", host=host, pid=pid, requested_by=requested_by)
        .returning(job_runs.c.run_id)
    )
    return int(connection.execute(statement).scalar_one())


def finish_run(
    connection: Connection, *, run_id: int, finished_at: datetime, status: str, rows: int | None, message: str | None, error: str | None
) -> None:
    """Write how a run ended: succeeded or failed."""
    connection.execute(
        update(job_runs)
        .where(job_runs.c.run_id == run_id)
        .values(finished_at=finished_at, status=status, rows=rows, message=message, error=error)
    )


def abandon_runs(connection: Connection, *, job: str, at: datetime) -> int:
    """Mark runs of this job that never ended; only for the holder of the job's lock. Return how many there were."""
    statement = (
        update(job_runs)
        .where(job_runs.c.job == job, job_runs.c.status == "running")
        .values(status="abandoned", finished_at=at, error="进程在运行中消失 the process died during the run")
    )
    return connection.execute(statement).rowcount


STOPPED = "jobs_stopped"


def note_stop(connection: Connection, *, by: str, at: datetime) -> None:
    """Write that somebody stopped the jobs: what follows is a pause, not a breakdown that nobody noticed."""
    connection.execute(insert(audit_log).values(at=at, person_id=by, action=STOPPED, subject="jobs"))


def trim_runs(connection: Connection, *, before: datetime) -> int:
    """Remove run records older than this; return how many."""
    return connection.execute(delete(job_runs).where(job_runs.c.started_at < before)).rowcount


def beat(connection: Connection, *, process: str, host: str, pid: int, started_at: datetime, at: datetime) -> None:
    """Write that a process is alive."""
    row = {"process": process, "host": host, "pid": pid, "started_at": started_at, "beat_at": at}
    statement = upsert(heartbeats).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=["process"], set_={key: row[key] for key in row if key != "process"}))


def publish_schedules(connection: Connection, planned: Sequence[Planned], *, at: datetime) -> None:
    """Write when each job runs next; a job that is no longer in the registry disappears."""
    rows = [{**vars(plan), "updated_at": at} for plan in sorted(planned, key=lambda plan: plan.job)]
    connection.execute(delete(job_schedules).where(job_schedules.c.job.not_in([row["job"] for row in rows])))
    if rows:
        statement = upsert(job_schedules).values(rows)
        changed = {column.name: statement.excluded[column.name] for column in job_schedules.columns if column.name != "job"}
        connection.execute(statement.on_conflict_do_update(index_elements=["job"], set_=changed))
