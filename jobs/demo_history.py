"""Does the demo have its 90 days of history, and if not, how does it get it?

The simulated platforms write files; the connectors take them in as back-fill. What was begun is written down first, so that
after an interruption the same files are written again and those already taken in are recognised.
"""

import json
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from data.queries.ledger import has_orders
from data.settings import Settings
from jobs.job import JobContext, Now
from jobs.pull_inbox import InboxFile, inbox_files, take

DAYS = 90
SEED = 20261111
ORDERS = 150_000


def bring_history(context: JobContext, *, now: Now, console: Console) -> None:
    """Write and take in the history unless all of it is there."""
    note = context.settings.home / "demo" / "history.json"
    if _is_done(note) and _database_has_orders(context):
        return
    until = _until(note, now=now())
    rows_column = TextColumn("{task.fields[said]}")
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), rows_column, TimeElapsedColumn(), console=console
    ) as bar:
        write_files(context.settings, until=until, bar=bar)
        take_files(context, now=now, bar=bar)
    _write(note, until=until, done=True)


def state_of(settings: Settings) -> Path:
    """Return the folder in which the simulated merchant remembers where it stands."""
    return settings.home / "demo" / "state"


def write_files(settings: Settings, *, until: datetime, bar: Progress) -> None:
    """Let the simulated platforms write their files; the same ``until`` gives the same files."""
    from jobs.simulate.history import write_history

    task = bar.add_task("模拟平台写出 90 天历史 writing 90 days of history", total=None, said="")

    def say(what: str, done: int, of: int) -> None:
        bar.update(task, completed=done, total=of, said=what)

    write_history(settings.inbox_dir, until=until, days=DAYS, seed=SEED, orders=ORDERS, state=state_of(settings), progress=say)


def take_files(context: JobContext, *, now: Now, bar: Progress) -> None:
    """Take every history file in through the connectors, masters first, with a bar."""
    files = [file for file in inbox_files(context.settings.inbox_dir) if file.nature == "backfill"]
    task = bar.add_task("经连接器入库 taking it in through the connectors", total=len(files), said="")
    rows = 0
    for file in files:
        rows += _taken(context, file, now=now)
        bar.update(task, advance=1, said=f"{rows:,} 行 rows")


def _taken(context: JobContext, file: InboxFile, *, now: Now) -> int:
    return sum(report.accepted for report in take(context, file, as_of=now()))


def _until(note: Path, *, now: datetime) -> datetime:
    """Return the end of the history begun before, else begin one that ends now."""
    begun = _read(note)
    if begun is not None:
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
