"""How do we reach the database, and may we use it?"""

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, inspect, make_url, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DBAPIError

from data import embedded
from data.database_problems import (
    BadAddress,
    DatabaseProblem,
    DiskFull,
    ForeignDatabase,
    NewerDatabase,
    NoConnection,
    NoPermission,
    NoSuchDatabase,
    ServerDown,
    ServerTooOld,
    WrongKind,
    WrongPassword,
    problem_of,
    said_without_values,
)
from data.migrations.upgrade import known_revisions, upgrade
from data.settings import Settings
from data.tables import installation, metadata
from data.writes.reference_data import seed_reference

# SQLAlchemy's home is data: others name its types and these errors through here
__all__ = [
    "BadAddress",
    "Connection",
    "DatabaseProblem",
    "DiskFull",
    "Engine",
    "ForeignDatabase",
    "NewerDatabase",
    "NoConnection",
    "NoPermission",
    "NoSuchDatabase",
    "ServerDown",
    "ServerTooOld",
    "WrongKind",
    "WrongPassword",
    "address",
    "create_engine_for",
    "migrate",
    "open_engine",
    "place_name",
    "problem_of",
    "said_without_values",
]

OLDEST_SERVER = 15
MIGRATION_LOCK = 0x0DE4_0B01  # advisory lock: one process migrates or creates, the others wait


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
    """Make an engine without asking the database anything. Values stay out of its errors: they may be personal."""
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "orderhub", "options": "-c timezone=UTC"},
    )
    event.listen(engine, "handle_error", _forget_values)
    return engine


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
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            if not _is_current(connection, settings, where=where):
                upgrade(connection)
                row = {"id": 1, "kind": settings.kind, "created_at": text("now()")}
                books = {"zone": settings.zone, "reporting_currency": settings.reporting_currency}
                connection.execute(insert(installation).values(row | books).on_conflict_do_nothing())
                connection.execute(update(installation).where(installation.c.zone.is_(None)).values(books))
                seed_reference(connection)
    except DBAPIError as error:
        problem = problem_of(error, where=where, language=settings.language)
        if problem is None:
            raise
        raise problem from error


def place_name(url: URL) -> str:
    """Name a database without its password."""
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database}"


def _forget_values(context: ExceptionContext) -> None:
    """Cut the cells that PostgreSQL quotes out of an error's text before anybody sees it."""
    said, kept = str(context.original_exception), said_without_values(context.original_exception)
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(part.replace(said, kept) if isinstance(part, str) else part for part in error.args)


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
