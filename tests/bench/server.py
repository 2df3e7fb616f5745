"""Where does a benchmark store what it takes in? On an embedded server of its own, with the settings a user gets."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from data import embedded
from data.engine import open_engine
from data.settings import Settings


@contextmanager
def own_server(settings: Settings) -> Iterator[Engine]:
    """Give a migrated database on a server that is removed, home and all, at the end."""
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings)
    try:
        yield engine
    finally:
        engine.dispose()
        embedded.remove(settings.home)
        shutil.rmtree(settings.home, ignore_errors=True)


def settle(engine: Engine) -> None:
    """Let the server finish what lies behind it (dirty pages, vacuum), so that it is not counted into what comes next."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))


def scratch(folder: Path) -> Path:
    """Return an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
