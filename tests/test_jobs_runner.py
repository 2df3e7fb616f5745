"""Does every run of a job leave one true row, and does it never run twice at once?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from sqlalchemy import Connection, Engine, Row, select, text
from sqlalchemy.exc import OperationalError

from data.job_lock import try_lock
from data.settings import Settings
from data.tables import job_runs
from data.writes.job_ledger import begin_run
from jobs.job import Every, Job, JobContext, Outcome, Run
from jobs.runner import abandon_dead_runs, run_job

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def a_job(run: Run) -> Job:
    return Job(name="counting", run=run, schedule=Every(5), zone="UTC", worker="light", why_zh="数", why_en="counts", grace_minutes=10)


def at_noon() -> datetime:
    return NOON


def rows(engine: Engine) -> list[Row[tuple[object, ...]]]:
    with engine.connect() as connection:
        return list(connection.execute(select(job_runs).order_by(job_runs.c.run_id)))


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings]) -> JobContext:
    return JobContext(engine=engine, settings=make_settings())


def test_a_run_is_one_row_with_its_times_rows_and_message(context: JobContext) -> None:
    def count(context: JobContext, *, as_of: datetime) -> Outcome:
        return Outcome(7, f"as of {as_of:%H:%M}")

    result = run_job(a_job(count), context=context, now=at_noon, planned_for=NOON - timedelta(minutes=1), requested_by="ann")

    (row,) = rows(context.engine)
    assert (result.status, result.rows, result.message) == ("succeeded", 7, "as of 04:00")
    assert (row.job, row.planned_for, row.started_at, row.status) == ("counting", NOON - timedelta(minutes=1), NOON, "succeeded")
    assert (row.finished_at, row.rows, row.message, row.error, row.requested_by) == (NOON, 7, "as of 04:00", None, "ann")


def test_a_failing_job_is_a_failed_row_and_no_exception(context: JobContext) -> None:
    cell = "138" + "0" * 8

    def fail(context: JobContext, *, as_of: datetime) -> Outcome:
        raise ValueError(cell)

    result = run_job(a_job(fail), context=context, now=at_noon)

    (row,) = rows(context.engine)
    assert result.status == row.status == "failed"
    assert "ValueError: test_jobs_runner.py:" in row.error
    assert "\n" not in row.error
    kept = list((context.settings.home / "logs").glob("fault-*.txt"))
    assert len(kept) == 1
    # a message may quote a cell of a file, so neither the row nor the kept traceback holds it
    assert cell not in row.error + kept[0].read_text()


def test_a_job_whose_work_partly_failed_keeps_its_rows_and_says_so(context: JobContext) -> None:
    def partly(context: JobContext, *, as_of: datetime) -> Outcome:
        return Outcome(3, "3 of 4", error="a.csv: gone")

    run_job(a_job(partly), context=context, now=at_noon)

    (row,) = rows(context.engine)
    assert (row.status, row.rows, row.message, row.error) == ("failed", 3, "3 of 4", "a.csv: gone")


def test_a_job_that_another_process_runs_is_busy_and_leaves_no_row(context: JobContext) -> None:
    def never(context: JobContext, *, as_of: datetime) -> Outcome:
        raise AssertionError("ran twice")

    with try_lock(context.engine, "job:counting") as held:
        result = run_job(a_job(never), context=context, now=at_noon)

    assert held
    assert result.status == "busy"
    assert rows(context.engine) == []


def test_a_lost_connection_is_tried_again_within_the_same_run(context: JobContext) -> None:
    tries: list[datetime] = []

    def lost_once(context: JobContext, *, as_of: datetime) -> Outcome:
        tries.append(as_of)
        with context.engine.connect() as connection:
            if len(tries) == 1:
                with context.engine.connect() as other:
                    pid = connection.scalar(text("SELECT pg_backend_pid()"))
                    other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
                connection.scalar(text("SELECT 1"))
        return Outcome(1, "there")

    result = run_job(a_job(lost_once), context=context, now=at_noon)

    assert result.status == "succeeded"
    assert tries == [NOON, NOON]
    assert [row.status for row in rows(context.engine)] == ["succeeded"]


def test_a_database_that_stays_away_fails_the_run_after_a_few_tries(context: JobContext) -> None:
    tries = 0
    context.leaving.set()  # no need to wait between the tries

    def away(context: JobContext, *, as_of: datetime) -> Outcome:
        nonlocal tries
        tries += 1
        raise OperationalError("SELECT 1", {}, psycopg2.OperationalError("connection refused"))

    result = run_job(a_job(away), context=context, now=at_noon)

    assert result.status == "failed"
    assert tries == 4


def test_a_run_whose_process_died_is_marked_abandoned_by_the_next(context: JobContext) -> None:
    with context.engine.begin() as connection:
        begun(connection)

    run_job(a_job(lambda context, *, as_of: Outcome(0, "fine")), context=context, now=at_noon)

    dead, alive = rows(context.engine)
    assert (dead.status, dead.finished_at) == ("abandoned", NOON)
    assert alive.status == "succeeded"


def test_a_run_under_way_elsewhere_is_not_taken_for_dead(context: JobContext) -> None:
    job = a_job(lambda context, *, as_of: Outcome(0, "fine"))
    with context.engine.begin() as connection:
        begun(connection)

    with try_lock(context.engine, "job:counting"):
        while_it_lives = abandon_dead_runs((job,), context=context, at=NOON)
    after_it_died = abandon_dead_runs((job,), context=context, at=NOON)

    assert (while_it_lives, after_it_died) == (0, 1)


def begun(connection: Connection) -> int:
    return begin_run(connection, job="counting", planned_for=NOON, started_at=NOON, host="here", pid=1, requested_by=None)
