"""When did each job last run, and what was said of it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from data.tables import job_runs, orders


@dataclass(frozen=True)
class LastRun:
    """The latest run of a job."""

    job: str
    planned_for: datetime
    started_at: datetime
    finished_at: datetime | None
    status: str
    rows: int | None
    message: str | None
    error: str | None


def last_runs(connection: Connection) -> Mapping[str, LastRun]:
    """Return the latest run of every job that ever ran, by job name."""
    columns = [job_runs.c[name] for name in LastRun.__dataclass_fields__]
    statement = (
        select(*columns).ext(distinct_on(job_runs.c.job)).order_by(job_runs.c.job, job_runs.c.started_at.desc(), job_runs.c.run_id.desc())
    )
    return {row.job: LastRun(**row._mapping) for row in connection.execute(statement)}


def has_orders(connection: Connection) -> bool:
    """Say whether any order is stored."""
    return bool(connection.scalar(select(exists(select(orders.c.order_no)))))
