"""How is the next migration written? ``python -m data.migrations "what changes"``, or ``--initial`` to begin anew.

Alembic's comparison does not see a changed CHECK: add it by hand, ``tests/test_data_migrations.py`` says which.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from data import embedded
from data.migrations.upgrade import FOLDER, alembic_config, known_revisions, upgrade
from data.tables import metadata


def write_migration(message: str, *, initial: bool) -> Path | None:
    """Compare the migrated tables with the declared ones in a passing server and write the difference, if there is one."""
    versions = FOLDER / "versions"
    if initial:
        for old in versions.glob("*.py"):
            old.unlink()
    with tempfile.TemporaryDirectory(prefix="orderhub-migration-") as folder:
        Path(folder).chmod(0o711)
        dsn = embedded.start(Path(folder) / "home").dsn("postgres")
        engine = create_engine("postgresql+psycopg2://", connect_args=dsn)
        try:
            with engine.begin() as connection:
                if not initial:
                    upgrade(connection)
                    if not compare_metadata(MigrationContext.configure(connection), metadata):
                        return None
                number = 1 if initial else len(known_revisions()) + 1
                command.revision(alembic_config(connection), message=message, autogenerate=True, rev_id=f"{number:04d}")
        finally:
            engine.dispose()
            embedded.stop(Path(folder) / "home")
    written = next(versions.glob(f"{number:04d}_*.py"))
    for step in (["format", "--quiet"], ["check", "--fix", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(written)], check=True)
    return written


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m data.migrations")
    parser.add_argument("message", nargs="?", default="", help="what changes, a few words")
    parser.add_argument("--initial", action="store_true", help="write the first migration anew, until a release has gone out")
    given = parser.parse_args()
    message = "initial" if given.initial else given.message.strip()
    if not message:
        parser.error("say what changes: make migration MESSAGE='add a column'")
    print(write_migration(message, initial=given.initial) or "the tables have not changed (a CHECK is not seen, add it by hand)")


if __name__ == "__main__":
    main()
