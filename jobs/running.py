"""Which processes did ``make run`` start for this home, and are they still ours?"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import psutil

from jobs.faults import UserMistake

MARK = "ORDERHUB_LAUNCHED_FOR"
_LEAVE_SECONDS = 25.0
_HOLD_SECONDS = 5.0


def marked_as_ours(environment: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """Return an environment by which a process is known again as one of this home's."""
    return {**environment, MARK: str(home), "PYTHONUNBUFFERED": "1"}


@contextmanager
def noted(home: Path) -> Iterator[None]:
    """Leave a note of who we are while we run; two cannot hold it at once."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "launcher.pid").open("a+") as note:
        _hold(note)
        note.truncate(0)
        note.write(f"{os.getpid()} {psutil.Process().create_time()}\n")
        note.flush()
        yield
        note.truncate(0)


def launcher_pid(home: Path) -> int | None:
    """Return the pid of this home's living launcher; a note left by a dead one, or a reused pid, is not believed."""
    try:
        pid, born = (home / "launcher.pid").read_text().split()
        return int(pid) if psutil.Process(int(pid)).create_time() == float(born) else None
    except (OSError, ValueError, psutil.Error):
        return None


def _hold(note: TextIO) -> None:
    until = time.monotonic() + _HOLD_SECONDS
    while True:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise UserMistake("另一个 make run 正在启动或结束 another make run is starting or ending; 稍后再试 try again") from None
            time.sleep(0.1)
        else:
            return


def end_leftovers(home: Path) -> int:
    """End what a killed launcher of this home left running; return how many there were."""
    found = [process for process in psutil.process_iter() if _is_leftover(process, home=home)]
    for process in found:
        process.terminate()
    _, alive = psutil.wait_procs(found, timeout=_LEAVE_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(found)


def _is_leftover(process: psutil.Process, *, home: Path) -> bool:
    try:
        command = " ".join(process.cmdline())
        ours = "-m jobs serve" in command or "-m dashboard" in command
        return ours and process.uids().real == os.getuid() and process.environ().get(MARK) == str(home)
    except (psutil.Error, OSError):
        return False
