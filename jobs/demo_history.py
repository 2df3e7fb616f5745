"""Does the demo have its 90 days of history, and if not, how does it get it?

The simulated platforms write files; the connectors take them in as back-fill, already while the later ones are written. What
was begun is written down first, so that after an interruption the same files are written again and those taken in before
are recognised.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event, Lock

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from data.actions import demo_people
from data.queries.ledger import has_orders
from data.roll_up import roll_up_changes
from data.settings import Settings
from data.stage_history import refresh_stages
from data.stock import settle_waiting
from data.stock_sweep import close_days
from data.writes.requests import ask_for_run
from data.writes.stale import recompute_stale
from jobs.inbox_shop import MASTERS
from jobs.job import JobContext, Now
from jobs.pull_inbox import InboxFile, inbox_files, take
from models.people import DEMO_NAMES

DAYS = 90
SEED = 20261111
ORDERS = 150_000
# One works in Python while the other waits for the database.
WORKERS = 2
WAREHOUSE = "wms"


class FileRefused(Exception):
    """A simulated file was refused; a connector and the simulation no longer agree."""


def bring_history(context: JobContext, *, now: Now, console: Console) -> None:
    """Write and take in the history unless all of it is there."""
    note = context.settings.home / "demo" / "history.json"
    if _is_done(note) and _database_has_orders(context):
        return
    until = _until(note, now=now())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        writing = bar.add_task("模拟平台写出 90 天历史 writing 90 days of history", total=None, said="")
        taking = bar.add_task("经连接器入库 taking it in through the connectors", total=None, said="")
        intake = _Intake(context, now=now, bar=bar, task=taking)
        with intake.working():
            _write_files(context.settings, until=until, bar=bar, task=writing)
        if context.leaving.is_set():
            raise KeyboardInterrupt
        computing = bar.add_task("计算每个订单 computing every order", total=1, said="")
        computed = recompute_stale(context.engine, as_of=now())
        bar.update(computing, completed=1, said=f"{computed:,} 单 orders")
        settle_waiting(context.engine, now=now)
        close_days(context.engine, settings=context.settings, as_of=now())
        rolling = bar.add_task("汇总统计与健康指数 rolling up cells and the index", total=1, said="")
        roll_up_changes(context.engine, settings=context.settings, as_of=now())
        refresh_stages(context.engine, settings=context.settings, as_of=now())
        bar.update(rolling, completed=1)
    # somebody must be there to whom the first differences can be given
    demo_people(context.engine, names=DEMO_NAMES, as_of=now())
    with context.engine.begin() as connection:
        # in the first minute, not in the first wait for the page
        ask_for_run(connection, job="reconcile", by="demo", at=now())
        ask_for_run(connection, job="train_risk", by="demo", at=now())
        ask_for_run(connection, job="stock_promotion", by="demo", at=now())
        ask_for_run(connection, job="stock_publish", by="demo", at=now())
    _write(note, until=until, done=True)


def state_of(settings: Settings) -> Path:
    """Return the folder in which the simulated merchant remembers where it stands."""
    return settings.home / "demo" / "state"


def _write_files(settings: Settings, *, until: datetime, bar: Progress, task: TaskID) -> None:
    """Let the simulated platforms write their files; the same ``until`` gives the same files."""
    from jobs.simulate.history import Statements, write_history
    from jobs.simulate.money_faults import USUAL_RATES
    from jobs.simulate.stock_play import Stock

    def say(what: str, done: int, of: int) -> None:
        bar.update(task, completed=done, total=of, said=what)

    write_history(
        settings.inbox_dir,
        until=until,
        days=DAYS,
        seed=SEED,
        orders=ORDERS,
        state=state_of(settings),
        progress=say,
        statements=Statements(USUAL_RATES),
        stock=Stock(),
    )


class _Intake:
    """Takes files in while more are written: two at a time, never two of one folder while another folder waits."""

    def __init__(self, context: JobContext, *, now: Now, bar: Progress, task: TaskID) -> None:
        self._context, self._now, self._bar, self._task = context, now, bar, task
        self._lock = Lock()
        self._under_way: dict[Path, str] = {}
        self._files = self._rows = 0
        self._all_written = Event()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Work until all that is written inside has been taken in; a fault on either side ends both."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="intake") as pool:
            workers = [pool.submit(self._work) for _ in range(WORKERS)]
            try:
                yield
                self._all_written.set()
                for worker in workers:
                    worker.result()
            except BaseException:
                self._context.leaving.set()
                raise

    def _work(self) -> None:
        try:
            while not self._context.leaving.is_set():
                last_look = self._all_written.is_set()
                file = self._next()
                if file is not None:
                    self._take(file)
                elif last_look:
                    return
                else:
                    self._all_written.wait(0.1)
        except BaseException:
            self._context.leaving.set()
            raise

    def _next(self) -> InboxFile | None:
        """Choose what to take next: masters, then shops nobody is at, the warehouse's files last."""
        with self._lock:
            waiting = [file for file in _history(self._context.settings) if file.path not in self._under_way]
            folders = set(self._under_way.values())
            if not waiting:
                return None
            file = min(waiting, key=lambda file: (file.folder != MASTERS, file.folder == WAREHOUSE, file.folder in folders, str(file.path)))
            self._under_way[file.path] = file.folder
            self._bar.update(self._task, total=self._files + len(waiting) + len(self._under_way) - 1)
            return file

    def _take(self, file: InboxFile) -> None:
        reports = take(self._context, file, as_of=self._now(), later=True)
        for report in reports:
            if report.status == "refused":
                raise FileRefused(f"{file.path.name}: {report.error}")
        with self._lock:
            del self._under_way[file.path]
            self._files += 1
            self._rows += sum(report.accepted for report in reports)
            self._bar.update(self._task, completed=self._files, said=f"{self._rows:,} 行 rows")


def _history(settings: Settings) -> list[InboxFile]:
    return [file for file in inbox_files(settings.inbox_dir) if file.nature == "backfill"]


def _until(note: Path, *, now: datetime) -> datetime:
    """Return the end of the history begun before, else begin one that ends now."""
    begun = _read(note)
    # a history that was finished, but whose database is gone, begins anew
    if begun is not None and not begun["done"]:
        return datetime.fromisoformat(str(begun["until"]))
    until = now.replace(second=0, microsecond=0)
    _write(note, until=until, done=False)
    return until


def _is_done(note: Path) -> bool:
    begun = _read(note)
    return begun is not None and bool(begun["done"])


def _read(note: Path) -> dict[str, object] | None:
    try:
        begun: dict[str, object] = json.loads(note.read_text())
    except (OSError, ValueError):
        return None
    return begun


def _write(note: Path, *, until: datetime, done: bool) -> None:
    note.parent.mkdir(parents=True, exist_ok=True)
    half = note.with_suffix(".new")
    half.write_text(json.dumps({"until": until.isoformat(), "done": done}))
    half.rename(note)


def _database_has_orders(context: JobContext) -> bool:
    with context.engine.connect() as connection:
        return has_orders(connection)
