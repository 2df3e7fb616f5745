"""How is everything in the database kept safe in one file, and brought back?

The file is PostgreSQL's own custom format (``pg_dump -Fc``). It holds buyers' personal data: its mode is 600, and it
falls under the same retention. Kept source files are not in it, they lie under ``ORDERHUB_HOME/files``.
"""

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Engine, text

from data import embedded
from data.engine import DatabaseProblem, NewerDatabase, WrongKind, migrate, open_engine, place_name
from data.migrations.upgrade import known_revisions
from data.settings import Settings
from data.tables import metadata

LOCK_WAIT = "30s"  # for running jobs to let go of a table
TELLING = ("orders", "source_files", "people")  # rows here are somebody's work


class BackupFailed(DatabaseProblem):
    """The backup or restore did not succeed and changed nothing ({detail})."""

    chinese = "备份或恢复未成功，没有任何改动（{detail}）。"

    def __init__(self, *, detail: object, language: str = "zh", **facts: object) -> None:
        super().__init__(language=language, detail=detail, **facts)
        self.detail = detail


class FileThere(DatabaseProblem):
    """{file} is there already; name another file, or remove it."""

    chinese = "{file} 已存在；请换一个文件名或先删除它。"


class NotABackup(DatabaseProblem):
    """{file} is no backup of OrderHub ({detail}); give a file that was written by the backup command."""

    chinese = "{file} 不是 OrderHub 的备份（{detail}）；请给出由备份命令写的文件。"


class DatabaseInUse(DatabaseProblem):
    """The database at {where} holds data; restore with --force to replace all of it."""

    chinese = "数据库 {where} 里已有数据；加 --force 才会用备份全部替换。"


def backup(settings: Settings, target: Path) -> Path:
    """Write the whole database to a new file, whole or not at all, while everybody goes on working."""
    language = settings.language
    if target.exists():
        raise FileThere(language=language, file=target)
    url = _url_of(settings)
    half = target.with_name(target.name + ".part")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        command = [_program("pg_dump"), "-Fc", "--no-owner", "--no-privileges", "-f", str(half), "-d", _without_password(url)]
        _run(command, url=url, language=language)
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.rename(target)
    except OSError as error:
        raise BackupFailed(language=language, detail=f"{error.strerror}: {error.filename}") from error
    finally:
        half.unlink(missing_ok=True)
    return target


def restore(settings: Settings, source: Path, *, force: bool = False) -> None:
    """Put a backup in the database's place, in one transaction, and migrate it to this version.

    Refused where the database holds data (unless ``force``), where the backup is of the other kind (demo or real) or of
    a newer version, and where the file is no backup.
    """
    kind, revision = _described(source, language=settings.language)
    if kind != settings.kind:
        raise WrongKind(language=settings.language, where=source, found=kind, wanted=settings.kind)
    if revision not in known_revisions():
        raise NewerDatabase(language=settings.language, where=source, revision=revision)
    engine = open_engine(settings)
    try:
        if not force and _holds_data(engine):
            raise DatabaseInUse(language=settings.language, where=place_name(engine.url))
        _replace_all(engine.url, source=source, language=settings.language)
        # connections of before know statements on tables that are gone
        engine.dispose()
        migrate(engine, settings)
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("ANALYZE"))
    finally:
        engine.dispose()


def _url_of(settings: Settings) -> URL:
    engine = open_engine(settings)
    engine.dispose()
    return engine.url


def _replace_all(url: URL, *, source: Path, language: str) -> None:
    """Drop our tables and play the backup in one transaction."""
    play = [_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", _without_password(url), "-f", "-"]
    read = [_program("pg_restore"), "--no-owner", "--no-privileges", "-f", "-", str(source)]
    with tempfile.TemporaryFile() as said:
        player = subprocess.Popen(play, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=_environment(url))
        reader = subprocess.Popen(read, stdout=subprocess.PIPE, stderr=said)
        try:
            _feed(player, reader=reader)
        finally:
            ends = (player.wait(), reader.wait())
        if any(ends):
            said.seek(0)
            raise BackupFailed(language=language, detail=_reason(said.read().decode(errors="replace")))


def _feed(player: subprocess.Popen[bytes], *, reader: subprocess.Popen[bytes]) -> None:
    """Pass the backup's statements on between BEGIN and COMMIT.

    COMMIT is sent by us once all has been read well: whoever is killed, the end of the input rolls back.
    """
    assert player.stdin is not None
    assert reader.stdout is not None
    tables = ", ".join(f'"{name}"' for name in ("alembic_version", *metadata.tables))
    # a player that has stopped at an error says so itself
    with suppress(BrokenPipeError), player.stdin, reader.stdout:
        player.stdin.write(f"BEGIN; SET lock_timeout = '{LOCK_WAIT}'; DROP TABLE IF EXISTS {tables} CASCADE;\n".encode())
        for line in reader.stdout:
            # servers before 17 do not know it
            if line != b"SET transaction_timeout = 0;\n":
                player.stdin.write(line)
            if line.startswith(b"CREATE "):
                break
        shutil.copyfileobj(reader.stdout, player.stdin)
        if reader.wait() == 0:
            player.stdin.write(b"\nCOMMIT;\n")


def _described(source: Path, *, language: str) -> tuple[str, str]:
    """Read a backup through and return its kind and its revision."""
    try:
        for command in (["-f", os.devnull], ["--data-only", "-t", "installation", "-t", "alembic_version", "-f", "-"]):
            told = _run([_program("pg_restore"), *command, str(source)], language=language)
    except BackupFailed as problem:
        raise NotABackup(language=language, file=source, detail=problem.detail) from problem
    # COPY public.installation (id, kind, created_at) FROM stdin; then one row, tabs between
    kind = re.search(r"^COPY public\.installation .*\n\d+\t(\w+)\t", told, flags=re.MULTILINE)
    revision = re.search(r"^COPY public\.alembic_version .*\n(\w+)$", told, flags=re.MULTILINE)
    if kind is None or revision is None:
        raise NotABackup(language=language, file=source, detail="no installation in it")
    return kind[1], revision[1]


def _holds_data(engine: Engine) -> bool:
    with engine.connect() as connection:
        return any(connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})")) for name in TELLING)


def _run(command: list[str], *, language: str, url: URL | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=_environment(url), check=False)
    if done.returncode:
        raise BackupFailed(language=language, detail=_reason(done.stderr))
    return done.stdout


def _program(name: str) -> str:
    """Return the wheel's program, which also speaks with older servers, else the machine's."""
    own = embedded.programs_dir() / name
    return str(own) if own.exists() else name


def _without_password(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _environment(url: URL | None) -> dict[str, str]:
    """Return the environment of a program, the password in it: a command line is seen by everybody."""
    password = {"PGPASSWORD": str(url.password)} if url is not None and url.password else {}
    return {**os.environ, "LC_ALL": "C", **password}


def _reason(said: str) -> str:
    """Pick the line that says why; lines after it may quote a row."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if re.search(r"\b(ERROR|FATAL|error):", line)), (lines or ["no reason given"])[0])
