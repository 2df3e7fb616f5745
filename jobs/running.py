"""Which processes did ``make run`` start for this home, and are they still ours?"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

MARK = "ORDERHUB_LAUNCHED_FOR"
_LEAVE_SECONDS = 25.0


def marked_as_ours(environment: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """Return an environment by which a process is known again as one of this home's."""
    return {**environment, MARK: str(home), "PYTHONUNBUFFERED": "1"}


@contextmanager
def noted(home: Path) -> Iterator[None]:
    """Leave a note of our pid while we run; the lock on it tells the living from the dead."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "launcher.pid"
    with path.open("a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        note.truncate(0)
        note.write(f"{os.getpid()}\n")
        note.flush()
        yield


def launcher_pid(home: Path) -> int | None:
    """Return the pid of this home's living launcher; a note left by a dead one, or a reused pid, is not believed."""
    try:
        with (home / "launcher.pid").open("r") as note:
            try:
                fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = int(note.read().strip() or 0)
                return pid if pid and "jobs.launcher" in " ".join(psutil.Process(pid).cmdline()) else None
    except (OSError, ValueError, psutil.Error):
        pass
    return None


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
