"""How does a test take an export in, and what does it ask afterwards?"""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))


def take(engine: Engine, path: Path, **given: Any) -> Report:
    """Take one file in, as a person would by hand."""
    [report] = ingest_path(engine, path, settings=Settings(home=path.parent / "home"), as_of=NOW, **given)
    return report


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    """Return all rows of a query."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def one(engine: Engine, query: str) -> Any:
    """Return the only row of a query."""
    with engine.connect() as connection:
        return connection.execute(text(query)).one()


def refused(report: Report) -> list[tuple[int, str, str]]:
    """Say which rows were refused, for which column and why."""
    return [(found.row, found.field, found.code) for found in report.refused]


def beijing(day: str, clock: str) -> datetime:
    """Read a time as the Chinese platforms write it."""
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=BEIJING)
