"""What do the jobs do, when did they last run, and are they alive?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, desc, func, literal, null, or_, select, true

from data.tables import heartbeats, job_requests, job_runs, job_schedules
from models.scope import EVERYTHING, Scope


@dataclass(frozen=True)
class JobState:
    """One job: its schedule, if its clock ever ran, and its last run, if it ever had one.

    ``succeeded_at`` is when the last run that succeeded began: what it left is as of then.
    """

    job: str
    schedule: str | None
    zone: str | None
    why_zh: str | None
    why_en: str | None
    next_run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    status: str | None
    rows: int | None
    message: str | None
    error: str | None
    succeeded_at: datetime | None


@dataclass(frozen=True)
class RequestState:
    """Something a person asked the jobs to do, and what came of it."""

    request_id: int
    kind: str
    payload: Mapping[str, Any]
    requested_at: datetime
    status: str
    finished_at: datetime | None
    result: Mapping[str, Any] | None


def jobs(connection: Connection, *, scope: Scope) -> list[JobState]:
    """Return every job; messages only for people without limits, for they may name a shop."""
    names = select(job_schedules.c.job).union(select(job_runs.c.job)).subquery("names")
    last = (
        select(job_runs)
        .where(job_runs.c.job == names.c.job)
        .order_by(desc(job_runs.c.started_at), desc(job_runs.c.run_id))
        .limit(1)
        .lateral("last")
    )
    good = select(func.max(job_runs.c.started_at)).where(job_runs.c.job == names.c.job, job_runs.c.status == "succeeded")
    whole = scope == EVERYTHING
    query = (
        select(
            names.c.job,
            job_schedules.c.schedule,
            job_schedules.c.zone,
            job_schedules.c.why_zh,
            job_schedules.c.why_en,
            job_schedules.c.next_run_at,
            last.c.started_at,
            last.c.finished_at,
            last.c.status,
            last.c.rows,
            (last.c.message if whole else null()).label("message"),
            (last.c.error if whole else null()).label("error"),
            good.scalar_subquery().label("succeeded_at"),
        )
        .select_from(
            names.outerjoin(job_schedules, job_schedules.c.job == names.c.job).outerjoin(last, true()),
        )
        .order_by(names.c.job)
    )
    return [JobState(**row) for row in connection.execute(query).mappings()]


def requests(connection: Connection, *, scope: Scope, person_id: str, limit: int = 20) -> list[RequestState]:
    """Return what this person asked the jobs to do, newest first."""
    query = (
        select(
            job_requests.c.request_id,
            job_requests.c.kind,
            job_requests.c.payload,
            job_requests.c.requested_at,
            job_requests.c.status,
            job_requests.c.finished_at,
            job_requests.c.result,
        )
        .where(job_requests.c.requested_by == person_id)
        .order_by(desc(job_requests.c.request_id))
        .limit(limit)
    )
    return [RequestState(**row) for row in connection.execute(query).mappings()]


def heartbeat_at(connection: Connection, *, scope: Scope, process: str = "jobs") -> datetime | None:
    """Say when a process last beat, or None when it never did; a heartbeat is nobody's secret."""
    beat: datetime | None = connection.scalar(select(func.max(heartbeats.c.beat_at)).where(heartbeats.c.process == process))
    return beat


def is_job(connection: Connection, *, scope: Scope, job: str) -> bool:
    """Say whether a job of this name is known."""
    known = select(literal(1)).where(
        or_(
            select(job_schedules.c.job).where(job_schedules.c.job == job).exists(),
            select(job_runs.c.job).where(job_runs.c.job == job).exists(),
        )
    )
    return connection.scalar(known) is not None
