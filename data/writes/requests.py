"""What have people asked the jobs process to do, and what came of it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from data.queries.ledger import last_runs
from data.tables import job_requests


@dataclass(frozen=True)
class WaitingRequest:
    """One request that nobody has carried out yet."""

    request_id: int
    kind: str
    payload: Mapping[str, Any]
    requested_by: str


def waiting_requests(connection: Connection) -> list[WaitingRequest]:
    """Return what waits, oldest first."""
    columns = [job_requests.c[name] for name in WaitingRequest.__dataclass_fields__]
    statement = select(*columns).where(job_requests.c.status == "waiting").order_by(job_requests.c.requested_at, job_requests.c.request_id)
    return [WaitingRequest(**row._mapping) for row in connection.execute(statement)]


def ask_for_run(connection: Connection, *, job: str, by: str, at: datetime) -> None:
    """Ask the jobs process to run one of its jobs as soon as it is up."""
    connection.execute(insert(job_requests).values(kind="run", payload={"job": job}, requested_by=by, requested_at=at))


def run_is_coming(connection: Connection, *, job: str) -> bool:
    """Say whether a run of a job is asked for, or under way."""
    asked_for = any(row.kind == "run" and row.payload.get("job") == job for row in waiting_requests(connection))
    last = last_runs(connection).get(job)
    return asked_for or (last is not None and last.status == "running")


def finish_request(connection: Connection, *, request_id: int, failed: bool, result: Mapping[str, Any], at: datetime) -> bool:
    """Write what came of a request; False when somebody else had finished it already."""
    statement = (
        update(job_requests)
        .where(job_requests.c.request_id == request_id, job_requests.c.status == "waiting")
        .values(status="failed" if failed else "done", finished_at=at, result=result)
    )
    return connection.execute(statement).rowcount == 1
