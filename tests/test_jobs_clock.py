"""Does every job run when it is due, once, whatever the wall clock and the host's zone do?"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import Engine, Row, insert, select

from data.settings import Settings
from data.tables import heartbeats, job_requests, job_runs, job_schedules
from data.writes.job_ledger import begin_run
from jobs.clock import Clock
from jobs.job import Daily, Every, Job, JobContext, Outcome, Run, Schedule, Weekly

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
MakeClock = Callable[..., Clock]


class Counter:
    """A job that counts its runs and can be held in the middle of one."""

    def __init__(self) -> None:
        self.runs: list[datetime] = []
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, context: JobContext, *, as_of: datetime) -> Outcome:
        self.runs.append(as_of)
        self.may_end.wait(10)
        return Outcome(1, "counted")


EVERY_FIVE_MINUTES = Every(5)


def a_job(
    run: Run, *, name: str = "counting", schedule: Schedule = EVERY_FIVE_MINUTES, zone: str = "Asia/Shanghai", worker: str = "light"
) -> Job:
    return Job(name=name, run=run, schedule=schedule, zone=zone, worker=worker, why_zh="数", why_en="counts", grace_minutes=10)  # type: ignore[arg-type]


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings]) -> JobContext:
    return JobContext(engine=engine, settings=make_settings())


@pytest.fixture
def make_clock(context: JobContext) -> Iterator[MakeClock]:
    clocks: list[Clock] = []

    def make(*jobs: Job) -> Clock:
        clocks.append(Clock(jobs, context=context, now=lambda: datetime.now(UTC)))
        return clocks[-1]

    yield make
    for clock in clocks:
        clock.close(within_seconds=10)


def eventually(seen: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not seen() and time.monotonic() < until:
        time.sleep(0.01)
    return seen()


def table_rows(engine: Engine, query: object) -> list[Row[tuple[object, ...]]]:
    with engine.connect() as connection:
        return list(connection.execute(query))  # type: ignore[call-overload]


def finished(context: JobContext, count: int) -> bool:
    done = table_rows(context.engine, select(job_runs).where(job_runs.c.finished_at.is_not(None)))
    return len(done) >= count


def test_a_job_that_never_ran_runs_at_once_and_then_every_five_minutes(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = make_clock(a_job(counter))
        clock.start()
        assert eventually(lambda: finished(context, 1) and not clock.busy)
        for minutes in (4, 6, 9, 11):
            traveller.move_to(NOON + timedelta(minutes=minutes))
            clock.tick()
            assert eventually(lambda: not clock.busy)

    assert counter.runs == [NOON, NOON + timedelta(minutes=6), NOON + timedelta(minutes=11)]


def test_after_eight_hours_of_sleep_the_next_tick_runs_it_once(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = make_clock(a_job(counter))
        clock.start()
        assert eventually(lambda: finished(context, 1) and not clock.busy)
        traveller.move_to(NOON + timedelta(hours=8))
        clock.tick()
        clock.tick()
        assert eventually(lambda: finished(context, 2))

    assert counter.runs == [NOON, NOON + timedelta(hours=8)]


@pytest.mark.parametrize("step_hours", [-1, -8])
def test_a_wall_clock_set_back_does_not_silence_a_job(context: JobContext, make_clock: MakeClock, step_hours: int) -> None:
    counter = Counter()
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = make_clock(a_job(counter))
        clock.start()
        assert eventually(lambda: finished(context, 1) and not clock.busy)
        back = NOON + timedelta(hours=step_hours)
        traveller.move_to(back)
        clock.tick()
        traveller.move_to(back + timedelta(minutes=5, seconds=1))
        clock.tick()
        assert eventually(lambda: finished(context, 2))

    assert len(counter.runs) == 2


# half past three on Monday in Shanghai is still Sunday in GMT
@pytest.mark.parametrize(
    ("zone", "schedule"),
    [("GMT", Daily("03:30")), ("GMT", Weekly(0, "03:30")), ("Asia/Shanghai", Daily("03:30")), ("America/New_York", Daily("03:30"))],
)
def test_a_daily_or_weekly_job_runs_at_its_named_zone_whatever_the_host_is_set_to(
    context: JobContext, make_clock: MakeClock, zone: str, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = Counter()
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        with time_machine.travel(NOON, tick=False) as traveller:
            clock = make_clock(a_job(counter, schedule=schedule))
            clock.start()
            for instant in (NOON, datetime(2026, 11, 22, 19, 29, tzinfo=UTC), datetime(2026, 11, 22, 19, 30, 1, tzinfo=UTC)):
                traveller.move_to(instant)
                clock.tick()
            assert eventually(lambda: finished(context, 1) and not clock.busy)
    finally:
        monkeypatch.undo()
        time.tzset()

    assert counter.runs == [datetime(2026, 11, 22, 19, 30, 1, tzinfo=UTC)]


def test_a_daily_job_that_no_clock_was_up_for_runs_when_one_starts(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    yesterday = NOON - timedelta(days=1, hours=9)
    with context.engine.begin() as connection:
        begin_run(connection, job="counting", planned_for=yesterday, started_at=yesterday, host="here", pid=1, requested_by=None)

    with time_machine.travel(NOON, tick=False):
        make_clock(a_job(counter, schedule=Daily("03:30"))).start()
        assert eventually(lambda: finished(context, 2))

    assert counter.runs == [NOON]
    assert [row.status for row in table_rows(context.engine, select(job_runs).order_by(job_runs.c.run_id))] == ["abandoned", "succeeded"]


def test_a_job_still_running_is_not_queued_a_second_time(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    counter.may_end.clear()
    clock = make_clock(a_job(counter))

    first, second = clock.enqueue("counting"), clock.enqueue("counting")
    counter.may_end.set()
    assert eventually(lambda: not clock.busy)
    third = clock.enqueue("counting")

    assert (first, second, third) == (True, False, True)


def test_a_long_heavy_job_does_not_delay_a_pull(context: JobContext, make_clock: MakeClock) -> None:
    heavy, pull = Counter(), Counter()
    heavy.may_end.clear()
    clock = make_clock(a_job(heavy, name="retraining", worker="learning"), a_job(pull, name="pulling", worker="pull"))

    clock.enqueue("retraining")
    clock.enqueue("pulling")

    assert eventually(lambda: finished(context, 1))
    assert len(pull.runs) == 1
    heavy.may_end.set()


def test_the_clock_beats_every_ten_seconds_and_says_when_each_job_runs_next(context: JobContext, make_clock: MakeClock) -> None:
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = make_clock(a_job(Counter()), a_job(Counter(), name="nightly", schedule=Daily("03:30")))
        clock.start()
        for seconds in (5, 11):
            traveller.shift(timedelta(seconds=seconds))
            clock.tick()
        (beat,) = table_rows(context.engine, select(heartbeats))
        planned = {row.job: row for row in table_rows(context.engine, select(job_schedules))}

    assert (beat.process, beat.started_at, beat.beat_at) == ("jobs", NOON, NOON + timedelta(seconds=16))
    assert planned["counting"].next_run_at == NOON + timedelta(minutes=5)
    assert planned["nightly"].next_run_at == datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    clock.close(within_seconds=10)
    assert {row.next_run_at for row in table_rows(context.engine, select(job_schedules))} == {None}


def test_a_run_asked_for_in_the_dashboard_is_carried_out_and_answered(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    ask(context, kind="run", payload={"job": "counting"})
    clock = make_clock(a_job(counter))

    clock.tick()
    assert eventually(lambda: table_rows(context.engine, select(job_requests))[0].status != "waiting")

    (request,) = table_rows(context.engine, select(job_requests))
    (run,) = table_rows(context.engine, select(job_runs))
    assert (request.status, request.result["status"], request.result["run_id"]) == ("done", "succeeded", run.run_id)
    assert run.requested_by == "ann"


def test_a_run_asked_for_while_the_job_runs_waits_for_a_run_of_its_own(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    counter.may_end.clear()
    with time_machine.travel(NOON, tick=False) as traveller:
        clock = make_clock(a_job(counter))
        clock.enqueue("counting")
        ask(context, kind="run", payload={"job": "counting"})
        clock.tick()
        while_running = [row.status for row in table_rows(context.engine, select(job_requests))]
        counter.may_end.set()
        assert eventually(lambda: not clock.busy)
        traveller.shift(timedelta(seconds=3))
        clock.tick()
        assert eventually(lambda: table_rows(context.engine, select(job_requests))[0].status == "done")

    assert while_running == ["waiting"]
    assert len(counter.runs) == 2


def test_one_run_answers_all_that_asked_for_it_before_it_began(context: JobContext, make_clock: MakeClock) -> None:
    counter = Counter()
    for _ in range(3):
        ask(context, kind="run", payload={"job": "counting"})
    clock = make_clock(a_job(counter))

    clock.tick()
    assert eventually(lambda: not clock.busy)

    requests = table_rows(context.engine, select(job_requests))
    (run,) = table_rows(context.engine, select(job_runs))
    assert [(row.status, row.result["run_id"]) for row in requests] == [("done", run.run_id)] * 3
    assert len(counter.runs) == 1


def test_a_request_for_an_unknown_job_is_answered_too(context: JobContext, make_clock: MakeClock) -> None:
    ask(context, kind="run", payload={"job": "no_such"})
    make_clock(a_job(Counter())).tick()

    assert eventually(lambda: table_rows(context.engine, select(job_requests))[0].status == "failed")
    assert "no_such" in table_rows(context.engine, select(job_requests))[0].result["error"]


def test_a_database_that_is_away_does_not_end_the_clock(
    context: JobContext, make_clock: MakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("connection refused")

    clock = make_clock(a_job(Counter()))
    monkeypatch.setattr("jobs.clock.beat", refused)
    monkeypatch.setattr("jobs.clock.waiting", refused)

    clock.tick()

    assert clock.enqueue("counting")


def ask(context: JobContext, *, kind: str, payload: dict[str, object]) -> None:
    with context.engine.begin() as connection:
        connection.execute(insert(job_requests).values(kind=kind, payload=payload, requested_by="ann", requested_at=NOON))
