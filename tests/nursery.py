"""A process that has everything imported and forks workers on request, so that racing and killing costs no start of Python."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from data.settings import CHECKOUT

_SCRIPT = """
import json, os, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from data.engine import create_engine_for
from data.ingest import ingest_path, replay_waiting
from data.settings import Settings
from data.writes.stale import recompute_stale

def work(order):
    engine, settings = create_engine_for(make_url(order["url"])), Settings(home=Path(order["home"]))
    as_of = datetime.fromisoformat(order["as_of"])
    said = []
    engine.connect().close()
    while time.time() < order["at"]:
        pass
    for path, shop in order["files"]:
        for report in ingest_path(engine, Path(path), settings=settings, as_of=as_of, shop=shop, later=order["later"]):
            said.append(report.status)
    if order["settle"]:
        replay_waiting(engine, settings=settings, as_of=as_of)
        recompute_stale(engine, as_of=as_of)
    return said

answers = os.dup(1)
os.dup2(2, 1)  # whatever logs to standard output
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.write(answers, b"ready\\n")
for line in sys.stdin:
    pid = os.fork()
    if pid:
        os.write(answers, f"born {pid}\\n".encode())
        continue
    try:
        answer = {"pid": os.getpid(), "said": work(json.loads(line))}
    except BaseException as problem:
        answer = {"pid": os.getpid(), "said": [f"{type(problem).__name__}: {problem}"[:300]]}
    os.write(answers, b"done " + json.dumps(answer).encode() + b"\\n")
    os._exit(0)
"""


@dataclass
class Nursery:
    """A running nursery; ``start`` gives a worker's pid at once, ``finished`` what it said when it was through."""

    process: subprocess.Popen[bytes]
    _done: dict[int, list[str]]

    def start(self, engine: Engine, files: Sequence[tuple[Path, str | None]], *, home: Path, as_of: str, **more: Any) -> int:
        """Let a new process ingest files (path, shop) one after the other; ``at`` is when, ``settle`` ends as a sweep does."""
        url = engine.url.render_as_string(hide_password=False)
        order = {"url": url, "home": str(home), "as_of": as_of, "files": [(str(path), shop) for path, shop in files]}
        self._write({**order, "at": 0.0, "later": False, "settle": False, **more})
        return int(self._next(b"born"))

    def finished(self, pid: int) -> list[str]:
        """Wait for a worker and return the statuses of its files, or its fault."""
        while pid not in self._done:
            answer = json.loads(self._next(b"done"))
            self._done[answer["pid"]] = answer["said"]
        return self._done.pop(pid)

    def together(self, engine: Engine, works: Sequence[Sequence[tuple[Path, str | None]]], **given: Any) -> list[list[str]]:
        """Let one process each ingest its files, all from the same moment on."""
        at = time.time() + 0.25
        pids = [self.start(engine, work, at=at, **given) for work in works]
        return [self.finished(pid) for pid in pids]

    def _write(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def _next(self, kind: bytes) -> bytes:
        assert self.process.stdout is not None
        while True:
            word, _, rest = self.process.stdout.readline().partition(b" ")
            assert word, "the nursery has died"
            if word == kind:
                return rest
            if word == b"done":
                answer = json.loads(rest)
                self._done[answer["pid"]] = answer["said"]


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Run a nursery for a while; its workers' logs go nowhere."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT],
        env=environment,
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield Nursery(process, {})
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
