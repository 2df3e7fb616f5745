"""What do the tests stand on? A real server for the run, a fresh database for whoever commits."""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import hypothesis
import psutil
import pytest
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool
from streamlit.components.v2 import manifest_scanner

from data import embedded
from data.embedded_place import NOTE, SURVIVES_RESTART
from data.engine import create_engine_for, migrate
from data.settings import Settings, settings
from data.tables import metadata
from tests.outside_server import Outside, debian_programs, running

HOME_VARIABLE = "ORDERHUB_TESTS_HOME"  # handed from the controlling process to its workers
PREFIX = f"orderhub-tests-{os.geteuid()}-"
# A database is nine hundred files, and there is one a test. Where ext4 has just deleted thousands, it looks at each of them again for
# every file it makes, and most of a run's time goes there; memory has no such habit. It must be there in plenty, as it is not in every
# container.
MEMORY, PLENTY = Path("/dev/shm"), 4 * 1024**3
# a run's data need not survive a power cut
CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
    # looks into every database in turn, and there are hundreds that live for a second
    "autovacuum": "off",
}

# Files that take long begin first, so that at the end no worker is left alone with one of them.
LONG = ("test_browser", "test_proof", "test_jobs", "test_pages", "test_data_reconciliation", "test_data_ingest", "test_data_roll_up")

# a machine under load is no fault of a law
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")

MakeEngine = Callable[..., Engine]
Fill = Callable[..., None]
Filled = Callable[..., Engine]


# What each ``make_engine`` has made, until it ends.
_MADE: list[list[Engine]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a home of its own, away from the settings of whoever runs it."""
    if hasattr(config, "workerinput"):
        return
    for name in list(os.environ):
        if name == "DATABASE_URL" or (name.startswith("ORDERHUB_") and name != "ORDERHUB_SAMPLES"):
            del os.environ[name]
    _clear_killed_runs()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= PLENTY
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY)) if roomy else folder
    for each in (home, folder):
        each.chmod(0o711)
    os.environ[HOME_VARIABLE] = str(home)
    # whatever asks for settings without giving a home gets this one, never the home of whoever runs the tests
    os.environ["ORDERHUB_HOME"] = str(home)
    config.option.basetemp = config.option.basetemp or folder / "tmp"


@pytest.fixture(scope="session", autouse=True)
def _packages_scanned_once() -> Iterator[None]:
    """Let Streamlit look through the installed packages for components once: for each run of each ``AppTest`` it takes a quarter second."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long before the others, each file whole."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server and leave nothing behind."""
    if not hasattr(config, "workerinput") and HOME_VARIABLE in os.environ:
        del os.environ[HOME_VARIABLE]
        for left in _left_by(os.getpid()):
            _clear(left)


def _clear_killed_runs() -> None:
    for folder in (Path(tempfile.gettempdir()), MEMORY):
        for left in folder.glob(f"{PREFIX}*"):
            pid = left.name.removeprefix(PREFIX).split("-")[0]
            if pid.isdigit() and not psutil.pid_exists(int(pid)):
                _clear(left)


def _left_by(pid: int) -> list[Path]:
    return [left for folder in (Path(tempfile.gettempdir()), MEMORY) for left in folder.glob(f"{PREFIX}{pid}-*")]


def _clear(home: Path) -> None:
    """End every server of a run, those in homes of its tests too, and delete its files."""
    apart = [Path(note.read_text().strip()) for note in SURVIVES_RESTART.glob(f"orderhub-{os.geteuid()}-*/{NOTE}")]
    within = [pid_file.parents[2] for pid_file in home.rglob("postgres/cluster/postmaster.pid")]
    for test_home in [*apart, *within]:
        if test_home.is_relative_to(home):
            embedded.remove(test_home)
    shutil.rmtree(home, ignore_errors=True)


def pytest_runtest_teardown() -> None:
    """Close what engines keep open for later: those that live to the end of the run would add up to more than the server has."""
    for engine in (engine for made in _MADE for engine in made):
        engine.dispose()


@pytest.fixture(scope="session")
def server() -> embedded.Server:
    """The run's one server; parallel workers share it, never a database."""
    home = Path(os.environ[HOME_VARIABLE])
    found = embedded.start(home, options=CARELESS)
    with _alone(home):
        for kind in ("demo", "real"):
            _make_template(found, kind=kind)
    return found


@pytest.fixture(scope="session")
def make_engine(server: embedded.Server) -> Iterator[MakeEngine]:
    """Return a function ``make_engine(*, kind="real") -> Engine`` on a fresh migrated database that lasts as long as the run."""
    made: list[Engine] = []

    def make(*, kind: str = "real") -> Engine:
        made.append(_clone(server, template=f"template_{kind}"))
        return made[-1]

    _MADE.append(made)
    yield make
    _MADE.remove(made)
    for engine in made:
        # the databases go with their server
        engine.dispose()


@pytest.fixture(scope="module")
def filled(server: embedded.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Return a function ``filled(fill, *, kind="demo", home=None) -> Engine``: a copy of the database that ``fill(engine)`` fills once.

    With a ``home`` it is ``fill(engine, home=…)``, and what that leaves among its files is copied into this one. To copy a database costs
    a twentieth of what a merchant's month does.
    """
    kept: dict[Fill, tuple[Engine, Path]] = {}
    copies: list[Engine] = []

    def copy(fill: Fill, *, kind: str = "demo", home: Path | None = None) -> Engine:
        if fill not in kept:
            kept[fill] = _clone(server, template=f"template_{kind}"), tmp_path_factory.mktemp("filled")
            fill(kept[fill][0], **({} if home is None else {"home": kept[fill][1]}))
        engine, files = kept[fill]
        # nobody may look at what is copied
        engine.dispose()
        copies.append(_clone(server, template=str(engine.url.database)))
        if home is not None:
            shutil.copytree(files, home, dirs_exist_ok=True)
        return copies[-1]

    _MADE.append(copies)
    yield copy
    _MADE.remove(copies)
    for engine in (*copies, *(engine for engine, _ in kept.values())):
        drop(server, engine)


@pytest.fixture
def engine(server: embedded.Server) -> Iterator[Engine]:
    """A fresh migrated database of kind real, for a test that commits."""
    fresh = _clone(server, template="template_real")
    yield fresh
    drop(server, fresh)


@pytest.fixture(scope="session")
def shared_engine(make_engine: MakeEngine) -> Iterator[Engine]:
    """One migrated database a worker, for tests that leave nothing in it; whatever one of them leaves fails the run."""
    engine = make_engine()
    before = _row_counts(engine)
    yield engine
    assert _row_counts(engine) == before, "a test has left rows in the database that tests share"


@pytest.fixture(scope="module")
def database(make_engine: MakeEngine) -> Engine:
    """One migrated database for the tests of a module, which commit and keep out of each other's way by themselves."""
    return make_engine()


def _row_counts(engine: Engine) -> dict[str, int]:
    counts = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS rows FROM {name}" for name in metadata.tables)
    with engine.connect() as connection:
        return {row.name: row.rows for row in connection.execute(text(counts))}


@pytest.fixture
def connection(shared_engine: Engine) -> Iterator[Connection]:
    """A transaction that is rolled back, for a test that need not commit."""
    with shared_engine.connect() as open_connection:
        transaction = open_connection.begin()
        yield open_connection
        if transaction.is_active:
            transaction.rollback()


@pytest.fixture(scope="session", params=["the wheel's", "Debian's"])
def outside(request: pytest.FixtureRequest) -> Iterator[Outside]:
    """A server that is not ours, run from the wheel's and, where there are, from Debian's programs."""
    programs = embedded.programs_dir() if request.param == "the wheel's" else debian_programs()
    if programs is None:
        pytest.skip("no PostgreSQL of Debian here; apt-get install postgresql")
    with running(programs) as there:
        yield there


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    """Return a function that makes settings with a home under the test's own folder."""

    def make(**given: object) -> Settings:
        return Settings(**{"home": tmp_path / "home", **given})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real sample files (``ORDERHUB_SAMPLES``, else ``../shared`` beside the checkout)."""
    folder = settings().samples
    if not (folder / "samples").is_dir():
        pytest.skip(f"no sample files in {folder}; set ORDERHUB_SAMPLES")
    return folder


def url_of(server: embedded.Server, database: str) -> URL:
    """Return the address of one of the run's databases."""
    dsn = server.dsn(database)
    url = URL.create("postgresql+psycopg2", username=str(dsn["user"]), database=database)
    return url.update_query_dict({"host": str(dsn["host"]), "port": str(dsn["port"])})


def _clone(server: embedded.Server, *, template: str) -> Engine:
    name = f"t_{uuid.uuid4().hex}"
    # without fsync a copy of the files is the faster way
    _sql(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return create_engine_for(url_of(server, name))


def drop(server: embedded.Server, engine: Engine) -> None:
    """Drop a database that a test is done with."""
    engine.dispose()
    _sql(server, f'DROP DATABASE IF EXISTS "{engine.url.database}" WITH (FORCE)')


def _make_template(server: embedded.Server, *, kind: str) -> None:
    name = f"template_{kind}"
    maintenance = create_engine(url_of(server, "postgres"), poolclass=NullPool)
    with maintenance.connect() as connection:
        if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name AND datistemplate"), {"name": name}):
            return
    _sql(server, f"DROP DATABASE IF EXISTS {name}")
    _sql(server, f"CREATE DATABASE {name}")
    engine = create_engine(url_of(server, name), poolclass=NullPool)
    migrate(engine, Settings(inbox=Path("/nowhere") if kind == "real" else None))
    # marked last: a template half made is made again
    _sql(server, f"ALTER DATABASE {name} IS_TEMPLATE true")


def _sql(server: embedded.Server, statement: str) -> None:
    engine = create_engine(url_of(server, "postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / "templates.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
