"""Is anything lost or doubled when the jobs process is killed at any moment?

A server of its own with fsync on, a real process, real kills; then one undisturbed run, and the orders are those of a
database that was never disturbed.
"""

import functools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from data import embedded
from data.engine import open_engine
from data.settings import CHECKOUT, Settings
from data.tables import file_runs, job_runs
from jobs.job import Job, JobContext
from jobs.pull_inbox import MARKER, sweep
from jobs.registry import job_named
from jobs.runner import RunResult, run_job
from tests.final_state import final_state
from tests.taobao_export import Sold, write_export

# What `run pull_inbox` does, without waiting ten seconds for the files to stand still.
SWEEP = """
import functools
from dataclasses import replace
from jobs import pull_inbox
from jobs.cli_start import leave_on_signals, started
from jobs.job import utc_now
from jobs.registry import job_named
from jobs.runner import run_job

context = started()
leave_on_signals(context)
job = replace(job_named("pull_inbox", settings=context.settings), run=functools.partial(pull_inbox.sweep, still_seconds=0.0))
print("ready", flush=True)
print(run_job(job, context=context, now=utc_now).status, flush=True)
"""
KILLS = 5


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    folder.mkdir()
    yield folder
    embedded.remove(folder)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / MARKER).touch()
    dice = random.Random(3)
    for number in range(12):
        shop = f"tb{number % 3}"
        orders = [Sold(shop_order, status=dice.choice(STATUSES)) for shop_order in dice.sample(range(1, 300), 120)]
        write_export(folder / shop / f"{number:02d}.csv", orders)
    return folder


STATUSES = ("等待买家付款", "买家已付款，等待卖家发货", "卖家已发货，等待买家确认", "交易成功")


def a_process(*, home: Path, inbox: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "ORDERHUB_HOME": str(home), "ORDERHUB_INBOX": str(inbox)}
    process = subprocess.Popen([sys.executable, "-c", SWEEP], env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def undisturbed(engine: Engine, settings: Settings) -> None:
    outcome = sweep(JobContext(engine=engine, settings=settings), as_of=datetime.now(UTC), still_seconds=0.0)
    assert outcome.error is None


def test_killed_again_and_again_it_ends_with_the_same_orders(
    engine: Engine, make_settings: Callable[..., Settings], home: Path, inbox: Path, tmp_path: Path
) -> None:
    apart = tmp_path / "apart"
    shutil.copytree(inbox, apart)
    began = time.monotonic()
    undisturbed(engine, make_settings(inbox=apart))
    longest = time.monotonic() - began
    settings = Settings(home=home, inbox=inbox)
    killed = open_engine(settings)

    dice = random.Random(11)
    for _ in range(KILLS):
        process = a_process(home=home, inbox=inbox)
        time.sleep(dice.uniform(0, longest * 0.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
    last = run_to_the_end(killed, settings)

    assert last.status == "succeeded"
    assert final_state(killed) == final_state(engine)
    assert not list(inbox.glob("*/*.csv"))
    assert sorted(kept.name for kept in inbox.glob("*/done/*")) == [f"{number:02d}.csv" for number in range(12)]
    with killed.connect() as connection:
        # each file was taken exactly once, and every run that died is told so
        assert connection.scalar(select(func.count()).select_from(file_runs)) == 12
        ends = {row.status for row in connection.execute(select(job_runs.c.status))}
        assert connection.scalar(select(func.count()).select_from(job_runs).where(job_runs.c.finished_at.is_(None))) == 0
    assert "running" not in ends
    killed.dispose()


def test_sigterm_ends_it_after_the_file_under_way_and_within_seconds(home: Path, inbox: Path) -> None:
    settings = Settings(home=home, inbox=inbox)
    engine = open_engine(settings)

    process = a_process(home=home, inbox=inbox)
    time.sleep(0.2)
    began = time.monotonic()
    process.terminate()
    out, _ = process.communicate(timeout=20)

    assert (process.returncode, out.strip()) == (0, "succeeded")
    assert time.monotonic() - began < 10
    with engine.connect() as connection:
        taken = connection.scalar(select(func.count()).select_from(file_runs))
        assert connection.scalar(select(job_runs.c.status)) == "succeeded"
    # what is in the database has moved, what is not has stayed
    assert len(list(inbox.glob("*/done/*"))) == taken
    assert len(list(inbox.glob("*/*.csv"))) == 12 - (taken or 0)
    engine.dispose()


def test_the_server_killed_under_the_sweep_loses_and_doubles_nothing(
    engine: Engine, make_settings: Callable[..., Settings], home: Path, inbox: Path, tmp_path: Path
) -> None:
    apart = tmp_path / "apart"
    shutil.copytree(inbox, apart)
    undisturbed(engine, make_settings(inbox=apart))
    settings = Settings(home=home, inbox=inbox)
    open_engine(settings).dispose()

    process = a_process(home=home, inbox=inbox)
    time.sleep(0.3)
    pid = embedded.running_pid(embedded.place_of(home))
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    process.kill()
    process.wait()
    again = open_engine(settings)
    last = run_to_the_end(again, settings)

    assert last.status == "succeeded"
    assert final_state(again) == final_state(engine)
    again.dispose()


def test_a_server_that_dies_under_the_clock_is_started_again(home: Path, inbox: Path) -> None:
    environment = {**os.environ, "ORDERHUB_HOME": str(home), "ORDERHUB_INBOX": str(inbox)}
    process = subprocess.Popen([sys.executable, "-m", "jobs", "serve"], env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    place = embedded.place_of(home)
    first = embedded.running_pid(place)
    assert first is not None

    os.kill(first, signal.SIGKILL)
    until = time.monotonic() + 90
    while embedded.running_pid(place) in (first, None) and time.monotonic() < until:
        time.sleep(0.1)
    second = embedded.running_pid(place)
    process.terminate()
    process.communicate(timeout=60)

    assert second not in (first, None)
    assert process.returncode == 0


def run_to_the_end(engine: Engine, settings: Settings) -> RunResult:
    """Run once more; on a busy machine the server takes its time to notice that a process was killed."""
    context = JobContext(engine=engine, settings=settings)
    until = time.monotonic() + 30
    while (result := run_job(sweeping(settings), context=context, now=lambda: datetime.now(UTC))).status == "busy":
        assert time.monotonic() < until
    return result


def sweeping(settings: Settings) -> Job:
    job = job_named("pull_inbox", settings=settings)
    assert job is not None
    return replace(job, run=functools.partial(sweep, still_seconds=0.0))
