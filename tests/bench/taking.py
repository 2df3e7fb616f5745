"""How long does it take to bring files into the database, and how much memory, process by process?"""

import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from data.engine import open_engine
from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings
from data.writes.stale import recompute_stale
from jobs.logs import open_log
from tests.bench.peak import peak_bytes

WORKERS = 2
_BYTES_A_MEGABYTE = 1 << 20

# A file and the shop it is given for; None where its rows name their shops.
Given = tuple[Path, str | None]


@dataclass(frozen=True)
class Taken:
    """What a run over files came to; ``peak_mb`` is the largest resident size that any of its processes had."""

    seconds: float
    reports: tuple[Report, ...]
    peak_mb: float

    @property
    def rows(self) -> int:
        """Rows that held."""
        return sum(report.accepted for report in self.reports)

    @property
    def refused(self) -> int:
        """Rows that did not, and files of which nothing was taken."""
        return sum(report.rows - report.accepted + (report.status == "refused") for report in self.reports)


def take_in(engine: Engine, files: Sequence[Given], *, settings: Settings, as_of: datetime, workers: int = WORKERS) -> Taken:
    """Ingest files in ``workers`` processes as back-fill, then compute their orders; nothing is left to do after.

    This is the product's own bulk path: each file's statements are stored first (``later``), every order is computed once.
    The processes are new ones, and their start is counted.
    """
    began = time.perf_counter()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=open_log, initargs=(settings.home / "logs",)) as pool:
        tasks = [pool.submit(_take, path, shop, settings, as_of) for path, shop in files]
        parts = [task.result() for task in tasks]
    recompute_stale(engine, as_of=as_of)
    return Taken(
        seconds=time.perf_counter() - began,
        reports=tuple(report for reports, _ in parts for report in reports),
        peak_mb=max(peak for _, peak in parts),
    )


_engines: dict[Path, Engine] = {}


def _take(path: Path, shop: str | None, settings: Settings, as_of: datetime) -> tuple[list[Report], float]:
    if settings.home not in _engines:
        _engines[settings.home] = open_engine(settings)
    reports = ingest_path(_engines[settings.home], path, settings=settings, shop=shop, as_of=as_of, later=True)
    return reports, peak_bytes() / _BYTES_A_MEGABYTE
