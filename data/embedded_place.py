"""Where does a home's database cluster lie, and whose is it?

In the home, unless its path has a space or root would have to open a private directory for the server's user; then in
a directory of mode 700 that survives a restart. Whatever was begun in one of the two stays there.
"""

import errno
import fcntl
import hashlib
import os
import pwd
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PORT = 5432  # names the socket; no port is opened
SURVIVES_RESTART = Path("/var/tmp")
SERVICE_USER = "orderhub-db"  # root may not run PostgreSQL
SOCKET_PATH_LIMIT = 107  # bytes, sun_path of Linux
NOTE = "home"  # file that names the home of a cluster apart
LOCK_SECONDS = 150.0  # longer than a start may take
PATIENCE_SECONDS = 10.0  # before saying that we wait

Say = Callable[[str], None]


class ServerProblem(RuntimeError):
    """内置数据库未能启动 / the embedded database did not start: {reason}"""

    def __init__(self, reason: str) -> None:
        super().__init__((ServerProblem.__doc__ or "").format(reason=reason))
        self.reason = reason


@dataclass(frozen=True)
class Place:
    """Where one home's cluster lies."""

    home: Path
    base: Path
    sockets: Path
    as_root: bool

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.base / "cluster"

    @property
    def log(self) -> Path:
        """What the server says; no statement and no value of a row is ever in it."""
        return self.base / "log"

    @property
    def mark(self) -> str:
        """Name of this cluster in the titles of its processes."""
        return f"orderhub-{_hash(self.home)}"

    @property
    def owner(self) -> pwd.struct_passwd | None:
        """Who runs the server, None where that is us; made where root runs it for the first time."""
        return _service_user() if self.as_root else None


def place_of(home: Path) -> Place:
    """Say where the cluster of a home lies, touching nothing."""
    home = home.resolve()
    as_root = os.geteuid() == 0
    inside = home / "postgres"
    spare = SURVIVES_RESTART / f"orderhub-{os.geteuid()}-{_hash(home)}"
    fit_inside = " " not in str(home) and (not as_root or open_to_all(home))
    choices = (inside, spare) if fit_inside else (spare, inside)
    base = next((choice for choice in choices if (choice / "cluster").exists()), choices[0])
    sockets = (base if _fits(base) else spare) / "socket"
    return Place(home=home, base=base, sockets=sockets, as_root=as_root)


def make(place: Place) -> None:
    """Make the directories of a place, ours alone; ``ServerProblem`` where somebody else put one there."""
    owner = place.owner
    if not place.home.exists():
        place.home.mkdir(parents=True)
        # others may pass (the server's user must), not look
        place.home.chmod(0o711 if owner else 0o700)
    for directory in dict.fromkeys((place.base, place.sockets.parent, place.sockets)):
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        wanted = owner.pw_uid if owner else os.geteuid()
        if directory.is_symlink() or found.st_uid not in (wanted, os.geteuid()):
            raise ServerProblem(f"{directory} belongs to somebody else; remove it, or set ORDERHUB_HOME")
        if owner and found.st_uid != wanted:
            os.chown(directory, owner.pw_uid, owner.pw_gid)
        if found.st_mode & 0o077:
            directory.chmod(0o700)
    if place.base.parent != place.home:
        # for whoever finds it and wonders
        (place.base / NOTE).write_text(f"{place.home}\n")


@contextmanager
def locked(place: Place, *, say: Say) -> Iterator[None]:
    """Hold the place's lock file; the kernel frees it when its holder dies."""
    with (place.base / "lock").open("a") as handle:
        began = time.monotonic()
        told = False
        while not try_lock(handle.fileno()):
            waited = time.monotonic() - began
            if waited > LOCK_SECONDS:
                raise ServerProblem(f"another process holds {place.base / 'lock'}")
            if waited > PATIENCE_SECONDS and not told:
                say("另一个进程正在启动数据库，等待中… / another process is starting the database, waiting …")
                told = True
            time.sleep(0.02)
        yield


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file or directory; False while somebody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # a network file system that cannot lock a directory refuses otherwise: PostgreSQL's own pid file must do there
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES)
    return True


def open_to_all(path: Path) -> bool:
    """Whether any user may pass through the path and its parents (those that exist; we make the rest passable)."""
    return all(not step.exists() or step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _hash(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def _fits(base: Path) -> bool:
    """Whether a socket may lie there: the path is short, and libpq would take a comma for a list of hosts."""
    socket = str(base / "socket" / f".s.PGSQL.{PORT}")
    return len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./+-]+", socket, flags=re.ASCII) is not None


def _service_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SERVICE_USER]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # it may also be there because another process has just made it
        return pwd.getpwnam(SERVICE_USER)
    except FileNotFoundError:
        reason = "useradd is missing"
    except KeyError:
        reason = done.stderr.strip()
    raise ServerProblem(f"root may not run PostgreSQL and no user could be made for it ({reason}); run as an ordinary user")
