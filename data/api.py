"""What else of the data layer does the dashboard need: its settings, its engine, its pulse?"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from data.connectors.amounts import decimals_of
from data.connectors.registry import manifests
from data.engine import DatabaseProblem, open_engine, problem_of
from data.preview import Previewed, PreviewedTable, preview_path
from data.queries import jobs as _jobs
from data.queries import pulse as _pulse
from data.queries.definitions import measured
from data.queries.pulse import SourcePulse
from data.reading import reading
from data.settings import Settings, WrongSetting, settings
from models.scope import EVERYTHING

__all__ = [
    "DatabaseProblem",
    "Previewed",
    "PreviewedTable",
    "Pulse",
    "Settings",
    "WrongSetting",
    "decimals_of",
    "engine",
    "measured",
    "preview_upload",
    "pulse",
    "settings",
    "source_titles",
]

_open: dict[Settings, Engine] = {}
_opening = Lock()


def source_titles(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return what each source (manifest and table) is called in Chinese and in English."""
    found = manifests(settings.home / "manifests")
    return {
        each.source(table): (f"{each.title['zh']} · {table.title['zh']}", f"{each.title['en']} · {table.title['en']}")
        for each in found
        for table in each.tables
    }


def preview_upload(
    engine: Engine, *, settings: Settings, name: str, content: bytes, shop: str | None, as_of: datetime
) -> tuple[Previewed, ...]:
    """Say what would come of a file that somebody has in hand; nothing of it stays here."""
    plain = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name or "upload"
    with TemporaryDirectory(prefix="orderhub-") as folder:
        path = Path(folder) / plain
        path.write_bytes(content)
        try:
            return tuple(preview_path(path, settings=settings, as_of=as_of, shop=shop, engine=engine))
        except DBAPIError as error:
            problem = problem_of(error, where=engine.url.database or "")
            if problem is None:
                raise
            raise problem from error


@dataclass(frozen=True)
class Pulse:
    """How the installation is, for the health and metrics routes."""

    orders_estimate: int | None
    heartbeat_at: datetime | None
    sources: tuple[SourcePulse, ...]


def engine() -> Engine:
    """Return this process's engine; a failure is raised and tried again at the next call, never kept."""
    wanted = settings()
    with _opening:
        if wanted not in _open:
            _open[wanted] = open_engine(wanted)
        return _open[wanted]


def pulse(engine: Engine, *, counts: bool) -> Pulse:
    """Feel the pulse; ``counts`` asks for more than whether it beats."""
    with reading(engine) as connection:
        _pulse.answers(connection)
        beat = _jobs.heartbeat_at(connection, scope=EVERYTHING)
        if not counts:
            return Pulse(orders_estimate=None, heartbeat_at=beat, sources=())
        estimate, files = _pulse.order_estimate(connection), tuple(_pulse.last_files(connection))
        return Pulse(orders_estimate=estimate, heartbeat_at=beat, sources=files)
