"""Does every job keep the laws of the registry, and is it due when its schedule says?"""

import inspect
import re
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from dashboard import words
from data.settings import CHECKOUT, Settings
from jobs import stock_promotion
from jobs.clock import WORKERS
from jobs.job import Daily, Every, Job, JobContext, Weekly
from jobs.registry import JOBS, job_named, jobs_of
from models.stock.replay import POLICIES

ZONES = ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC")
INSTANTS = st.integers(1_704_067_200, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_is_named_like_its_file_and_says_in_two_languages_why_it_exists(job: Job) -> None:
    assert Path(inspect.getfile(job.run)) == CHECKOUT / "jobs" / f"{job.name}.py"
    assert any("\u4e00" <= sign <= "\u9fff" for sign in job.why_zh)
    assert job.why_en.isascii()


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_has_a_pool_a_zone_and_a_grace_longer_than_a_cycle_of_minutes(job: Job) -> None:
    assert job.worker in WORKERS
    assert ZoneInfo(job.zone)
    assert job.grace_minutes > (job.schedule.minutes if isinstance(job.schedule, Every) else 0)


def test_names_are_unique() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)


def test_no_command_begins_with_what_only_a_model_needs() -> None:
    asked = "import sys, jobs.__main__; print(sorted({'sklearn', 'scipy', 'skops', 'streamlit', 'plotly'} & set(sys.modules)))"

    answer = subprocess.run([sys.executable, "-c", asked], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_only_the_demo_plays_and_it_looks_into_its_inbox_every_minute(tmp_path: Path) -> None:
    demo, real = Settings(home=tmp_path), Settings(home=tmp_path, inbox=tmp_path, zone="America/New_York")

    pull = job_named("pull_inbox", settings=demo)

    assert pull is not None
    assert pull.schedule == Every(1)
    assert job_named("live_demo", settings=real) is None
    assert {job.zone for job in jobs_of(real)} == {"America/New_York"}
    assert next(job.schedule for job in jobs_of(real) if job.name == "pull_inbox") == Every(5)


@given(after=INSTANTS, zone=st.sampled_from(ZONES), hour=st.integers(0, 23), minute=st.sampled_from((0, 15, 30, 59)))
def test_a_daily_job_is_due_once_a_day_at_its_wall_clock_time(after: datetime, zone: str, hour: int, minute: int) -> None:
    daily = Daily(f"{hour:02d}:{minute:02d}")

    due = daily.next_due(after=after, zone=zone, as_of=after)

    assert timedelta(0) < due - after <= timedelta(hours=25)
    local = due.astimezone(ZoneInfo(zone))
    exists = (local.replace(hour=hour, minute=minute, second=0).astimezone(UTC).astimezone(ZoneInfo(zone)).time()) == time(hour, minute)
    # a time that the clock change left out comes an hour (on Lord Howe half an hour) later
    assert local.time() == time(hour, minute) or not exists


@given(after=INSTANTS, zone=st.sampled_from(ZONES), weekday=st.integers(0, 6), hour=st.integers(0, 23))
def test_a_weekly_job_is_due_once_a_week_on_its_day(after: datetime, zone: str, weekday: int, hour: int) -> None:
    weekly = Weekly(weekday, f"{hour:02d}:30")

    due = weekly.next_due(after=after, zone=zone, as_of=after)

    assert timedelta(0) < due - after <= timedelta(days=7, hours=1)
    assert due.astimezone(ZoneInfo(zone)).weekday() == weekday
    assert weekly.next_due(after=due, zone=zone, as_of=due) - due >= timedelta(days=6, hours=22)


@given(after=INSTANTS, minutes=st.integers(1, 60))
def test_a_job_of_minutes_is_due_that_long_after_its_last_run_and_at_once_when_it_never_ran(after: datetime, minutes: int) -> None:
    every = Every(minutes)

    assert every.next_due(after=after, zone="UTC", as_of=after) == after + timedelta(minutes=minutes)
    assert every.next_due(after=None, zone="UTC", as_of=after) == after


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_schedule_is_read_in_one_language_at_a_time(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    read = {}
    for tongue in ("zh", "en"):
        monkeypatch.setattr(words, "language", lambda tongue=tongue: tongue)
        read[tongue] = words.half(job.schedule.text())

    assert re.search("每", read["zh"]) and not re.search("[a-zA-Z]", read["zh"])
    assert re.search("[a-z]", read["en"]) and not re.search("[\u4e00-\u9fff]", read["en"])
    assert not re.match(r"\d", read["en"])


def test_the_promotion_job_recommends_a_policy_by_its_name(engine: Engine) -> None:
    outcome = stock_promotion.run(JobContext(engine=engine, settings=Settings()), as_of=datetime(2026, 11, 20, 4, tzinfo=UTC))

    chinese, english = outcome.message.split(" / ")
    assert chinese.removeprefix("建议：") in {policy.name_zh for policy in POLICIES}
    assert english.removeprefix("recommended: ") in {policy.name_en for policy in POLICIES}
