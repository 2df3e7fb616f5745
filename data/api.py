"""What else of the data layer does the dashboard need: its settings, its engine, its pulse?"""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import Engine

from data.connectors.registry import manifests
from data.engine import DatabaseProblem, open_engine
from data.queries import jobs as _jobs
from data.queries import pulse as _pulse
from data.queries.definitions import measured
from data.queries.pulse import SourcePulse
from data.reads import reading
from data.settings import Settings, WrongSetting, settings
from models.scope import EVERYTHING

__all__ = ["DatabaseProblem", "Pulse", "Settings", "WrongSetting", "engine", "measured", "pulse", "settings", "source_titles"]

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
