"""What is a job, when is it due, and what does a run of it say?"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from threading import Event
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from data.engine import Engine
from data.settings import Settings

WorkerClass = Literal["pull", "light", "heavy", "learning"]
Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Ask the time; only for ``__main__``, the clock and the launcher, which pass it on as ``as_of``."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Every:
    """Due again so many minutes after the last run was planned."""

    minutes: int

    def text(self) -> str:
        """Say the schedule in words.

        >>> Every(5).text()
        '每 5 分钟 every 5 minutes'
        """
        return "每分钟 every minute" if self.minutes == 1 else f"每 {self.minutes} 分钟 every {self.minutes} minutes"

    def next_due(self, *, after: datetime | None, zone: str, as_of: datetime) -> datetime:
        """Return when it is due next; never planned before = now."""
        return as_of if after is None else after + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Daily:
    """Due once a day at a wall-clock time of the job's zone."""

    at: str

    def text(self) -> str:
        """Say the schedule in words; the zone stands beside it.

        >>> Daily("03:30").text()
        '每天 03:30 daily at 03:30'
        """
        return f"每天 {self.at} daily at {self.at}"

    def next_due(self, *, after: datetime | None, zone: str, as_of: datetime) -> datetime:
        """Return the first such instant after the last planned one; never planned before = the next to come.

        >>> Daily("03:30").next_due(after=datetime(2026, 11, 21, 19, 30, tzinfo=UTC), zone="Asia/Shanghai",
        ...     as_of=datetime(2026, 11, 30, tzinfo=UTC)).isoformat()
        '2026-11-22T19:30:00+00:00'
        """
        start = as_of if after is None else after
        local = start.astimezone(ZoneInfo(zone))
        moment = time.fromisoformat(self.at)
        for days in range(3):
            due = datetime.combine(local.date() + timedelta(days=days), moment, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            if due > start:
                return due
        raise AssertionError("a day has one such instant")


@dataclass(frozen=True)
class Weekly:
    """Due once a week, on a weekday (0 = Monday) at a wall-clock time of the job's zone."""

    weekday: int
    at: str

    def text(self) -> str:
        """Say the schedule in words.

        >>> Weekly(0, "02:30").text()
        '每周一 02:30 / Mondays at 02:30'
        """
        return f"每周{'一二三四五六日'[self.weekday]} {self.at} / {self.day.capitalize()}s at {self.at}"

    @property
    def day(self) -> str:
        """Name the weekday in English, small."""
        return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")[self.weekday]

    def next_due(self, *, after: datetime | None, zone: str, as_of: datetime) -> datetime:
        """Return the first such instant after the last planned one; never planned before = the next to come.

        >>> Weekly(0, "02:30").next_due(after=None, zone="Asia/Shanghai", as_of=datetime(2026, 11, 27, tzinfo=UTC)).isoformat()
        '2026-11-29T18:30:00+00:00'
        """
        start = as_of if after is None else after
        local = start.astimezone(ZoneInfo(zone))
        for days in range(9):
            day = local.date() + timedelta(days=days)
            due = datetime.combine(day, time.fromisoformat(self.at), tzinfo=ZoneInfo(zone)).astimezone(UTC)
            if day.weekday() == self.weekday and due > start:
                return due
        raise AssertionError("a week has one such instant")


Schedule = Every | Daily | Weekly


@dataclass(frozen=True)
class JobContext:
    """What every job is given: the database, the settings, and whether it has been asked to leave.

    ``memory`` outlives a run but not the process; losing it costs time, never correctness. ``now`` is for what must state
    the present (a signature, when a pull ended); what a run works on follows from its ``as_of``.
    """

    engine: Engine
    settings: Settings
    leaving: Event = field(default_factory=Event)
    memory: MutableMapping[str, object] = field(default_factory=dict)
    now: Now = utc_now


@dataclass(frozen=True)
class Outcome:
    """What a run did; with ``error`` set the run counts as failed although its work so far stands."""

    rows: int
    message: str
    error: str | None = None


class Run(Protocol):
    """The one function of a job's module."""

    def __call__(self, context: JobContext, *, as_of: datetime) -> Outcome:
        """Do the work that is due as of this instant."""


@dataclass(frozen=True)
class Job:
    """One entry of the registry. ``grace_minutes``: how late a run may be before it counts as missed."""

    name: str
    run: Run
    schedule: Schedule
    zone: str
    worker: WorkerClass
    why_zh: str
    why_en: str
    grace_minutes: int
    demo_schedule: Schedule | None = None
    demo_only: bool = False

    def next_due(self, *, after: datetime | None, as_of: datetime) -> datetime:
        """Return when the job is due next, given when its last run was planned."""
        return self.schedule.next_due(after=after, zone=self.zone, as_of=as_of)
