"""Do make run and make stop bring everything up and take all of it down, whatever happens in between?"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from data import embedded
from data.engine import open_engine
from data.settings import CHECKOUT, Settings
from data.tables import orders
from jobs.running import MARK, end_leftovers, launcher_pid

# make run, with a few days of a small merchant instead of ninety of a large one
RUN = """
import signal
import sys
from jobs import demo_history, launcher

# whoever runs the tests in the background has Ctrl-C ignored, and hands that down
signal.signal(signal.SIGINT, signal.default_int_handler)
demo_history.DAYS, demo_history.ORDERS = 4, 300
sys.exit(launcher.main(["run"]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home in a path with a space; whatever a test leaves running is ended."""
    folder = tmp_path / "order hub"
    yield folder
    if (pid := launcher_pid(folder)) is not None:
        os.kill(pid, signal.SIGKILL)
    end_leftovers(folder)
    embedded.stop(folder)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, port: int) -> dict[str, str]:
    return {**os.environ, "ORDERHUB_HOME": str(home), "ORDERHUB_PORT": str(port)}


def make_run(home: Path, port: int) -> subprocess.Popen[str]:
    given = environment(home, port)
    return subprocess.Popen(
        [sys.executable, "-c", RUN], cwd=CHECKOUT, env=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def make(target: str, home: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jobs.launcher", target]
    return subprocess.run(command, cwd=CHECKOUT, env=environment(home, port), capture_output=True, text=True, timeout=120, check=False)


def eventually(seen: Callable[[], bool], *, seconds: float = 120) -> bool:
    until = time.monotonic() + seconds
    while not seen() and time.monotonic() < until:
        time.sleep(0.05)
    return seen()


def answers(port: int) -> bool:
    # a client of httpx would make certificates ready for each look, and take from what is starting a tenth of a second each time
    looking = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        looking.request("GET", "/healthz")
        return looking.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        looking.close()


def running_for(home: Path) -> list[int]:
    """Return the processes that a launcher of this home started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def order_count(home: Path) -> int:
    engine = open_engine(Settings(home=home))
    with engine.connect() as connection:
        count = connection.scalar(select(func.count()).select_from(orders)) or 0
    engine.dispose()
    return count


def test_interrupted_amid_the_history_it_goes_on_next_time_and_ends_all_it_started(home: Path, port: int) -> None:
    first = make_run(home, port)
    assert eventually(lambda: any((home / "demo" / "inbox").glob("*/history/done/*")))
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    after_the_first = (running_for(home), embedded.running_pid(embedded.place_of(home)))

    second = make_run(home, port)
    assert eventually(lambda: answers(port))
    twice = make("run", home, port)
    other_home = make("run", home.with_name("another"), port)
    beside = order_count(home)
    second.send_signal(signal.SIGINT)
    said, _ = second.communicate(timeout=60)

    assert after_the_first == ([], None)
    assert f"http://127.0.0.1:{port}" in said
    truth = json.loads((home / "demo" / "state" / "truth" / "orders.json").read_text())
    # the platforms go on living, so there may be more by now
    assert beside >= sum(count for stages in truth.values() for count in stages.values()) > 100
    assert not list((home / "demo" / "inbox").glob("*/history/*.*"))
    assert (twice.returncode, "already running" in twice.stderr) == (2, True)
    assert (other_home.returncode, "ORDERHUB_PORT" in other_home.stderr) == (2, True)
    assert second.returncode == 0
    assert (running_for(home), embedded.running_pid(embedded.place_of(home))) == ([], None)


def test_stop_ends_all_of_it_from_another_shell_also_what_a_killed_launcher_left(home: Path, port: int) -> None:
    nothing = make("stop", home, port)
    launcher = make_run(home, port)
    assert eventually(lambda: answers(port))

    launcher.kill()
    launcher.wait()
    left = len(running_for(home))
    stopped = make("stop", home, port)

    assert (nothing.returncode, "nothing was running" in nothing.stderr) == (0, True)
    assert left >= 2
    assert stopped.returncode == 0
    assert (running_for(home), embedded.running_pid(embedded.place_of(home))) == ([], None)
    assert not answers(port)
