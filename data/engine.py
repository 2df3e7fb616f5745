"""How do we reach the database, and may we use it?"""

from typing import ClassVar

import psycopg2
import psycopg2.errors
from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DBAPIError

from data import embedded
from data.migrations.upgrade import known_revisions, upgrade
from data.settings import Settings
from data.tables import installation, metadata

OLDEST_SERVER = 15
MIGRATION_LOCK = 0x0DE4_0B01  # advisory lock: one process migrates or creates, the others wait


class DatabaseProblem(Exception):
    """The database cannot be used: {detail}."""

    chinese: ClassVar[str] = "数据库无法使用：{detail}。"

    def __init__(self, *, language: str = "zh", **facts: object) -> None:
        template = self.chinese if language == "zh" else type(self).__doc__ or ""
        super().__init__(" ".join(template.format(**facts).split()))


class NoConnection(DatabaseProblem):
    """No connection to the database at {where} ({detail}); start it, or correct DATABASE_URL."""

    chinese = "连接不上数据库 {where}（{detail}）；请启动它，或改正 DATABASE_URL。"


class WrongPassword(DatabaseProblem):
    """The database at {where} refuses this user or password; correct them in DATABASE_URL."""

    chinese = "数据库 {where} 拒绝了用户名或密码；请在 DATABASE_URL 中改正。"


class NoSuchDatabase(DatabaseProblem):
    """There is no database at {where}; create it (createdb), or correct its name in DATABASE_URL."""

    chinese = "数据库 {where} 不存在；请先创建（createdb），或改正 DATABASE_URL 中的库名。"


class BadAddress(DatabaseProblem):
    """DATABASE_URL is not the address of a PostgreSQL; it looks like postgresql://user:password@host:5432/database."""

    chinese = "DATABASE_URL 不是 PostgreSQL 地址；应形如 postgresql://user:password@host:5432/database。"


class ServerTooOld(DatabaseProblem):
    """The database at {where} is PostgreSQL {found}; OrderHub needs {oldest} or later, upgrade it or name another."""

    chinese = "数据库 {where} 是 PostgreSQL {found}，需要 {oldest} 或更高；请升级或换一个。"


class DiskFull(DatabaseProblem):
    """The disk of the database at {where} is full; nothing was half written, free some space and run again."""

    chinese = "数据库 {where} 所在磁盘已满；没有写入半截数据，请腾出空间后重试。"


class NewerDatabase(DatabaseProblem):
    """The database at {where} was migrated by a newer OrderHub (revision {revision}); update this checkout."""

    chinese = "数据库 {where} 已由更新版本的 OrderHub 迁移（版本 {revision}）；请更新本程序。"


class WrongKind(DatabaseProblem):
    """The database at {where} holds {found} data and this run is {wanted}; set or unset ORDERHUB_INBOX, or name another database."""

    chinese = "数据库 {where} 存的是 {found} 数据，而本次运行是 {wanted}；请设置或取消 ORDERHUB_INBOX，或换一个数据库。"


class ForeignDatabase(DatabaseProblem):
    """The database at {where} already has tables of something else ({tables}); give OrderHub a database of its own."""

    chinese = "数据库 {where} 里已有其他程序的表（{tables}）；请给 OrderHub 单独的数据库。"


class ServerDown(DatabaseProblem):
    """The embedded database did not start ({detail})."""

    chinese = "内置数据库未能启动（{detail}）。"


def open_engine(settings: Settings) -> Engine:
    """Return an engine on a database that is there, of this kind and at this version's tables.

    Starts the embedded server and makes its database where ``DATABASE_URL`` is unset; migrates an empty or older
    database. Raises a ``DatabaseProblem`` whose text is one line for people.
    """
    engine = create_engine_for(address(settings))
    try:
        migrate(engine, settings)
    except BaseException:
        engine.dispose()
        raise
    return engine


def create_engine_for(url: URL) -> Engine:
    """Make an engine without asking the database anything. Parameters stay out of errors: they may be personal."""
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "orderhub", "options": "-c timezone=UTC"},
    )


def address(settings: Settings) -> URL:
    """Return where the database is, with the embedded server running and the database made."""
    if settings.database_url is None:
        return _embedded_address(settings)
    try:
        url = make_url(settings.database_url)
    except (ArgumentError, ValueError):
        raise BadAddress(language=settings.language) from None
    if url.drivername.split("+")[0] not in ("postgresql", "postgres"):
        raise BadAddress(language=settings.language)
    return url.set(drivername="postgresql+psycopg2")


def migrate(engine: Engine, settings: Settings) -> None:
    """Bring the database to this version's tables, under a lock; at once where it is there already."""
    where = place_name(engine.url)
    try:
        with engine.connect() as connection:
            _check_server(connection, where=where, language=settings.language)
            if _is_current(connection, settings, where=where):
                return
        with engine.begin() as connection:
            connection.execute(select(text("pg_advisory_xact_lock(:key)")), {"key": MIGRATION_LOCK})
            if not _is_current(connection, settings, where=where):
                upgrade(connection)
                row = {"id": 1, "kind": settings.kind, "created_at": text("now()")}
                connection.execute(insert(installation).values(row).on_conflict_do_nothing())
    except DBAPIError as error:
        problem = problem_of(error, where=where, language=settings.language)
        if problem is None:
            raise
        raise problem from error


def problem_of(error: BaseException, *, where: str = "", language: str = "zh") -> DatabaseProblem | None:
    """Say a driver's error in words for people, None where it is a fault of ours rather than of the world."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    facts = {"where": where, "language": language}
    if isinstance(cause, psycopg2.errors.DiskFull):
        return DiskFull(**facts)
    if not isinstance(cause, psycopg2.OperationalError):
        return None
    said = str(cause)
    # a refused connection has no SQLSTATE in psycopg2, only the server's words
    if "password" in said or "authentication failed" in said or "no pg_hba.conf entry" in said:
        return WrongPassword(**facts)
    if 'database "' in said and "does not exist" in said:
        return NoSuchDatabase(**facts)
    if "No space left on device" in said:
        return DiskFull(**facts)
    return NoConnection(**facts, detail=_first_line(said))


def place_name(url: URL) -> str:
    """Name a database without its password."""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database}"


def _embedded_address(settings: Settings) -> URL:
    try:
        dsn = embedded.start(settings.home).dsn(settings.database_name)
    except embedded.ServerProblem as problem:
        if "No space left on device" in str(problem):
            raise DiskFull(language=settings.language, where=settings.home) from problem
        raise ServerDown(language=settings.language, detail=problem.reason) from problem
    url = URL.create("postgresql+psycopg2", username=str(dsn["user"]), database=settings.database_name)
    url = url.update_query_dict({"host": str(dsn["host"]), "port": str(dsn["port"])})
    try:
        _create_database(url, name=settings.database_name)
    except DBAPIError as error:
        raise problem_of(error, where=place_name(url), language=settings.language) or error from error
    return url


def _create_database(url: URL, *, name: str) -> None:
    """Create the database unless it is there; processes that race make it once."""
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            wanted = text("SELECT 1 FROM pg_database WHERE datname = :name")
            if connection.scalar(wanted, {"name": name}):
                return
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            if not connection.scalar(wanted, {"name": name}):
                connection.execute(text(f'CREATE DATABASE "{name}"'))
    finally:
        engine.dispose()


def _check_server(connection: Connection, *, where: str, language: str) -> None:
    found = connection.scalar(text("SHOW server_version_num"))
    if int(found or 0) // 10_000 < OLDEST_SERVER:
        shown = connection.scalar(text("SHOW server_version"))
        raise ServerTooOld(language=language, where=where, found=shown, oldest=OLDEST_SERVER)


def _is_current(connection: Connection, settings: Settings, *, where: str) -> bool:
    """Whether nothing is left to migrate; raises where the database is not ours to touch."""
    there = set(inspect(connection).get_table_names())
    language = settings.language
    if "alembic_version" not in there:
        if foreign := sorted(there & set(metadata.tables)):
            raise ForeignDatabase(language=language, where=where, tables=", ".join(foreign[:3]))
        return False
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    known = known_revisions()
    if revision is not None and revision not in known:
        raise NewerDatabase(language=language, where=where, revision=revision)
    kind = connection.scalar(select(installation.c.kind)) if "installation" in there else None
    if kind is not None and kind != settings.kind:
        raise WrongKind(language=language, where=where, found=kind, wanted=settings.kind)
    return kind is not None and revision == known[-1]


def _first_line(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "")
