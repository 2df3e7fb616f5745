"""Which revisions are there, and how does a database reach the last one?"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).resolve().parent


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration: no ini file, the connection passed by hand."""
    config = Config()
    # a percent sign in the checkout's path is not an interpolation
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@cache
def known_revisions() -> tuple[str, ...]:
    """Return this version's revisions, oldest first."""
    walked = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return tuple(script.revision for script in walked)[::-1]


def upgrade(connection: Connection) -> None:
    """Migrate to the last revision inside the caller's transaction."""
    command.upgrade(alembic_config(connection), "head")
