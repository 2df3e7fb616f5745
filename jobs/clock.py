"""When does each job run? ``schedule`` only enqueues; a small pool per class of job does the work.

A retraining never delays a five-minute pull, and a job that is still queued or running is not queued twice.
"""

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial

import schedule

from data.engine import address
from data.queries.ledger import last_runs
from data.writes.job_ledger import Planned, beat, publish_schedules
from jobs.faults import one_line
from jobs.job import Daily, Job, JobContext, Now, Weekly
from jobs.logs import log
from jobs.requests import Request, carry_out, finish, job_wanted, waiting
from jobs.runner import RunResult, abandon_dead_runs, run_job

WORKERS: Mapping[str, int] = {"pull": 2, "light": 2, "heavy": 1, "learning": 1}
BEAT_SECONDS = 10
REQUEST_SECONDS = 2
TICK_SECONDS = 0.5
RESTART_SECONDS = 5


class Clock:
    """The jobs process: plans, enqueues, beats, and looks for requests; state is what is queued or running now."""

    def __init__(self, jobs: tuple[Job, ...], *, context: JobContext, now: Now) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._context = context
        self._now = now
        self._started_at = now()
        self._scheduler = schedule.Scheduler()
        self._pools = {name: ThreadPoolExecutor(size, thread_name_prefix=name) for name, size in WORKERS.items()}
        self._lock = threading.Lock()
        self._active: dict[str, Future[bool]] = {}
        self._last_beat: datetime | None = None
        self._last_look: datetime | None = None

    def serve(self) -> None:
        """Keep the time until asked to leave."""
        while not self._context.leaving.is_set() and not self._safely("start", self.start):
            self._safely("server", self._revive)
            self._context.leaving.wait(RESTART_SECONDS)
        while not self._context.leaving.wait(TICK_SECONDS):
            self.tick()

    def start(self) -> None:
        """Mark the runs that died, and enqueue at once what became due while no clock ran."""
        now = self._now()
        abandon_dead_runs(tuple(self._jobs.values()), context=self._context, at=now)
        with self._context.engine.connect() as connection:
            runs = last_runs(connection)
        self.plan()
        self._beat()
        for job in self._jobs.values():
            last = runs.get(job.name)
            if job.next_due(after=last.planned_for if last else None, as_of=now) <= now:
                self.enqueue(job.name)

    def plan(self) -> None:
        """Hand every job's schedule to ``schedule``, each in its named zone."""
        self._scheduler.clear()
        for job in self._jobs.values():
            if isinstance(job.schedule, Daily):
                self._scheduler.every().day.at(job.schedule.at, job.zone).do(self.enqueue, job.name).tag(job.name)
            elif isinstance(job.schedule, Weekly):
                weekly = getattr(self._scheduler.every(), job.schedule.day)
                weekly.at(job.schedule.at, job.zone).do(self.enqueue, job.name).tag(job.name)
            else:
                self._scheduler.every(job.schedule.minutes).minutes.do(self.enqueue, job.name).tag(job.name)

    def tick(self) -> None:
        """Enqueue what is due, beat, and look for requests; a database that is away stops none of it."""
        now = self._now()
        self._replan_after_a_step_back()
        self._scheduler.run_pending()
        if self._last_beat is None or abs(now - self._last_beat) >= timedelta(seconds=BEAT_SECONDS):
            self._last_beat = now
            if not self._safely("beat", self._beat):
                self._safely("server", self._revive)
        if self._last_look is None or abs(now - self._last_look) >= timedelta(seconds=REQUEST_SECONDS):
            self._last_look = now
            self._safely("requests", self._take_requests)

    def enqueue(self, name: str, *, requested_by: str | None = None, then: Callable[[RunResult], None] | None = None) -> bool:
        """Queue a run; False when that job is still queued or running here."""
        job, planned_for = self._jobs[name], self._now()

        def run() -> None:
            self._run(job, planned_for=planned_for, requested_by=requested_by, then=then)

        return self._submit(f"job:{name}", job.worker, run)

    def close(self, *, within_seconds: float) -> bool:
        """Let the transactions under way finish; False when some did not in time (their work is rolled back, not lost)."""
        self._context.leaving.set()
        self._scheduler.clear()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            active = list(self._active.values())
        in_time = not wait(active, timeout=within_seconds).not_done
        self._safely("leave", self._beat)
        return in_time

    @property
    def busy(self) -> bool:
        """Whether anything is queued or running."""
        with self._lock:
            return bool(self._active)

    @staticmethod
    def leave_at_once() -> None:
        """End the process with a transaction still open: the server rolls it back, and the next run does it again."""
        log().warning("left with work under way")
        os._exit(0)

    def _replan_after_a_step_back(self) -> None:
        """Plan anew when the wall clock went back (a clock change, a corrected host): ``schedule`` knows only local time."""
        local = datetime.now()  # noqa: DTZ005 - the clock that schedule itself reads
        for planned in self._scheduler.jobs:
            if planned.unit == "minutes" and planned.next_run and planned.next_run - local > timedelta(minutes=planned.interval, seconds=5):
                self.plan()
                return

    def _planned(self) -> list[Planned]:
        next_runs = {tag: planned.next_run.astimezone(UTC) for planned in self._scheduler.jobs if planned.next_run for tag in planned.tags}
        return [
            Planned(
                job=job.name,
                schedule=job.schedule.text(),
                zone=job.zone,
                why_zh=job.why_zh,
                why_en=job.why_en,
                next_run_at=next_runs.get(job.name),
            )
            for job in self._jobs.values()
        ]

    def _run(self, job: Job, *, planned_for: datetime, requested_by: str | None, then: Callable[[RunResult], None] | None) -> None:
        result = run_job(job, context=self._context, now=self._now, planned_for=planned_for, requested_by=requested_by)
        if then:
            then(result)

    def _revive(self) -> None:
        """Start our own server again should it have died; another's is only waited for."""
        if not self._context.leaving.is_set():
            address(self._context.settings)

    def _beat(self) -> None:
        with self._context.engine.begin() as connection:
            beat(
                connection,
                process="jobs",
                host=socket.gethostname(),
                pid=os.getpid(),
                started_at=self._started_at,
                at=self._now(),
            )
            publish_schedules(connection, self._planned(), at=self._now())

    def _take_requests(self) -> None:
        wanted: dict[str, list[Request]] = {}
        for request in waiting(self._context):
            name = job_wanted(request)
            if name is None or name not in self._jobs:
                self._submit(f"request:{request.request_id}", "light", partial(carry_out, self._context, request, now=self._now))
            else:
                wanted.setdefault(name, []).append(request)
        for name, requests in wanted.items():
            self._take(name, requests)

    def _take(self, name: str, requests: Sequence[Request]) -> None:
        """Let one run answer all that ask for it before it begins."""

        def said(result: RunResult) -> None:
            for request in requests:
                finish(self._context, request, result=result, now=self._now)

        # a run under way may have passed the reason for a request: it stays waiting until that run ends
        self.enqueue(name, requested_by=requests[0].requested_by, then=said)

    def _submit(self, key: str, worker: str, work: Callable[[], None]) -> bool:
        with self._lock:
            if key in self._active or self._context.leaving.is_set():
                return False
            future = self._pools[worker].submit(self._safely, key, work)
            self._active[key] = future
        future.add_done_callback(lambda _: self._forget(key))
        return True

    def _forget(self, key: str) -> None:
        with self._lock:
            self._active.pop(key, None)

    def _safely(self, what: str, work: Callable[[], object]) -> bool:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the process lives on
            log().error("clock", what=what, error=one_line(error))
            return False
        return True
