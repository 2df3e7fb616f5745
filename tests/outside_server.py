"""What does a server look like that we did not start ourselves?"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from data import embedded

PASSWORD = "s3cret/pass"


@dataclass(frozen=True)
class Outside:
    """A server on TCP with scram passwords, and an ordinary user ``shop`` who owns a database ``shop``."""

    port: int

    def url(self, *, user: str = "shop", password: str = PASSWORD, database: str = "shop") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def administer(self, *statements: str) -> None:
        connection = psycopg2.connect(self.url(user="admin", database="postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def fresh(self) -> str:
        """Return the address of a new empty database of the shop's."""
        name = f"shop_{time.monotonic_ns()}"
        self.administer(f"CREATE DATABASE {name} OWNER shop")
        return self.url(database=name)


def debian_programs() -> Path | None:
    """Return the oldest PostgreSQL of Debian here that we support."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb") if int(path.parts[-3]) >= 15]
    return min(found, key=lambda path: int(path.parts[-2]), default=None)


@contextmanager
def running(programs: Path) -> Iterator[Outside]:
    """Run such a server from these programs, on a free port, for a while."""
    folder = Path(tempfile.mkdtemp(prefix="orderhub-outside-"))
    run_as = _run_as(folder)
    _init(programs, cluster=folder / "cluster", run_as=run_as)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        there = Outside(port=free.getsockname()[1])
    command = [str(programs / "postgres"), "-D", str(folder / "cluster"), "-p", str(there.port), "-c", "listen_addresses=127.0.0.1", "-F"]
    server = subprocess.Popen([*command, "-k", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **run_as)
    try:
        _wait(there)
        there.administer(f"CREATE ROLE shop LOGIN PASSWORD '{PASSWORD}'", "CREATE DATABASE shop OWNER shop")
        yield there
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=60)
        shutil.rmtree(folder)


def _run_as(folder: Path) -> dict[str, Any]:
    place = embedded.place_of(folder)
    if place.owner:
        os.chown(folder, place.owner.pw_uid, place.owner.pw_gid)
    return embedded._run_as(place)


def _init(programs: Path, *, cluster: Path, run_as: dict[str, Any]) -> None:
    password = cluster.with_name("password")
    password.write_text(PASSWORD)
    password.chmod(0o644)
    command = [str(programs / "initdb"), "-D", str(cluster), "-U", "admin", f"--pwfile={password}", "--auth=scram-sha-256", "--no-sync"]
    subprocess.run([*command, "--encoding=UTF8", "--locale=C.UTF-8"], check=True, capture_output=True, **run_as)


def _wait(there: Outside) -> None:
    for _ in range(400):
        try:
            there.administer("SELECT 1")
        except psycopg2.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the outside server does not answer")
