"""Do we open the right database, and is each wrong one named in a clear line?"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

import data.engine
from data import embedded
from data.embedded import Server
from data.engine import (
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
    open_engine,
    problem_of,
    said_without_values,
)
from data.settings import Settings
from data.tables import metadata
from tests.outside_server import PASSWORD, Outside

MakeEngine = Callable[..., Engine]
REAL = Path("/somewhere/inbox")


# ---------------------------------------------------------------- a server of somebody else


def test_any_postgres_may_be_used_and_keeps_its_rows(outside: Outside) -> None:
    settings = Settings(database_url=outside.url())

    for _ in range(2):
        engine = open_engine(settings)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT kind FROM installation")) == "demo"
            assert set(metadata.tables) <= set(connection.scalars(text("SELECT tablename FROM pg_tables")))
        engine.dispose()


def test_a_wrong_password_is_named_and_never_shown(outside: Outside) -> None:
    with pytest.raises(WrongPassword) as problem:
        open_engine(Settings(database_url=outside.url(password="guessed"), language="en"))

    assert (
        str(problem.value) == f"The database at 127.0.0.1:{outside.port}/shop refuses this user or password; correct them in DATABASE_URL."
    )


def test_a_database_that_is_not_there_is_named(outside: Outside) -> None:
    with pytest.raises(NoSuchDatabase, match=r"127\.0\.0\.1.*/shops.*createdb"):
        open_engine(Settings(database_url=outside.url(database="shops")))


def test_a_user_who_may_not_make_tables_is_told(outside: Outside) -> None:
    outside.administer("CREATE DATABASE theirs")

    with pytest.raises(NoPermission, match="permission denied"):
        open_engine(Settings(database_url=outside.url(database="theirs")))


def test_a_real_run_refuses_an_outside_demo_database(outside: Outside) -> None:
    open_engine(Settings(database_url=outside.url())).dispose()

    with pytest.raises(WrongKind):
        open_engine(Settings(database_url=outside.url(), inbox=REAL))


# ---------------------------------------------------------------- which database, and may we


def _settings_on(engine: Engine, **given: object) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    return Settings(**{"database_url": url, "inbox": REAL, "language": "en", **given})  # type: ignore[arg-type]


def test_the_embedded_server_is_started_and_its_database_made(home: Path) -> None:
    demo = open_engine(Settings(home=home))
    real = open_engine(Settings(home=home, inbox=REAL))

    for engine, name, kind in ((demo, "orderhub_demo", "demo"), (real, "orderhub", "real")):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_database(), kind FROM installation")).one() == (name, kind)
            assert connection.scalar(text("SHOW timezone")) == "UTC"
        engine.dispose()


def test_processes_that_race_on_an_empty_home_migrate_once(home: Path) -> None:
    script = f"""
import pathlib, data.engine, data.settings, sqlalchemy
engine = data.engine.open_engine(data.settings.Settings(home=pathlib.Path({str(home)!r})))
print(engine.connect().scalar(sqlalchemy.text("SELECT count(*) FROM installation")))
"""
    racers = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)]

    assert [racer.communicate(timeout=60)[0] for racer in racers] == ["1\n"] * 3


def test_threads_that_race_on_an_empty_database_migrate_once(server: Server, make_engine: MakeEngine) -> None:
    settings = _settings_on(_emptied(make_engine()))

    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda _: open_engine(settings), range(4)))

    with engines[0].connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM installation")) == 1
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(("kind", "inbox"), [("demo", REAL), ("real", None)])
def test_demo_and_real_never_mix(make_engine: MakeEngine, kind: str, inbox: Path | None) -> None:
    engine = make_engine(kind=kind)

    with pytest.raises(WrongKind, match=f"holds {kind} data") as problem:
        open_engine(_settings_on(engine, inbox=inbox))

    assert "ORDERHUB_INBOX" in str(problem.value)


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(NewerDatabase, match="revision 9999"):
        open_engine(_settings_on(engine))


def test_a_database_of_another_program_is_left_alone(engine: Engine) -> None:
    _emptied(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (ours text)"))

    with pytest.raises(ForeignDatabase, match=r"tables of something else \(orders\)"):
        open_engine(_settings_on(engine))


def test_an_old_server_is_named_with_its_version(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data.engine, "OLDEST_SERVER", 99)

    with pytest.raises(ServerTooOld, match=r"is PostgreSQL 18\.\d+.*99 or later"):
        open_engine(_settings_on(engine))


def test_no_connection_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NoConnection, match=r"127\.0\.0\.1:1/shop.*Connection refused") as problem:
        open_engine(Settings(database_url=f"postgres://shop:{PASSWORD.replace('/', '%2F')}@127.0.0.1:1/shop"))

    assert "s3cret" not in str(problem.value)


@pytest.mark.parametrize("url", ["mysql://root@localhost/shop", "orderhub", "postgresql://user:pass@host:port/database", "sqlite://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        open_engine(Settings(database_url=url))


def test_a_server_that_cannot_start_is_a_database_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ServerDown, match="Not a directory"):
        open_engine(Settings(home=tmp_path / "file" / "home"))


def test_a_full_disk_is_named_and_nothing_is_half_written(small_disk: Path) -> None:
    engine = open_engine(Settings(home=small_disk / "home"))

    fill = "CREATE TABLE big AS SELECT repeat(md5(i::text), 60) FROM generate_series(1, 100000) i"
    with pytest.raises(DBAPIError) as error, engine.begin() as connection:
        connection.execute(text("UPDATE installation SET created_at = '2000-01-01'; " + fill))

    assert isinstance(problem_of(error.value, where="here"), DiskFull)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT created_at > '2020-01-01' FROM installation"))
    engine.dispose()


def test_a_disk_too_full_to_start_is_named(small_disk: Path) -> None:
    with (small_disk / "filler").open("wb") as filler, suppress(OSError):
        while True:
            filler.write(bytes(65536))

    with pytest.raises(DiskFull, match="磁盘已满"):
        open_engine(Settings(home=small_disk / "home"))


# ---------------------------------------------------------------- the messages


def test_every_problem_is_one_clear_line_in_both_languages() -> None:
    facts = dict.fromkeys(("where", "detail", "found", "wanted", "oldest", "revision", "tables", "file"), "X")
    problems: list[type[DatabaseProblem]] = [DatabaseProblem, *DatabaseProblem.__subclasses__()]

    assert len({problem.chinese for problem in problems}) == len(problems)
    for problem in problems:
        for language in ("zh", "en"):
            said = str(problem(language=language, **facts))
            assert "\n" not in said
            assert "{" not in said
            assert said[-1] in ".。"


def test_an_error_of_ours_is_no_problem_of_the_database(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as error, engine.connect() as connection:
        connection.execute(text("SELECT nonsense"))

    assert problem_of(error.value) is None


def test_a_connection_that_was_cut_is_no_connection_and_the_next_one_works(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as error, engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert isinstance(problem_of(error.value, where="here"), NoConnection)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO order_contacts (buyer_name) VALUES (:name)",
        "INSERT INTO carriers VALUES (:name, :name, :name), (:name, :name, :name)",
        "SELECT CAST(:name AS bigint)",
        "SELECT CAST(:name AS timestamptz)",
    ],
)
def test_an_error_never_quotes_what_was_to_be_written(engine: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError) as error, engine.begin() as connection:
        connection.execute(text(statement), {"name": "赵敏敏"})

    assert "赵敏敏" not in str(error.value) + repr(error.value) + str(error.value.orig) + repr(error.value.orig)
    assert said_without_values(error.value) in str(error.value)


# ---------------------------------------------------------------- homes


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a server of its own, ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="orderhub-engine-"))
    folder.chmod(0o711)
    yield folder / "home"
    embedded.remove(folder / "home")
    shutil.rmtree(folder)


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """A file system of 120 MB."""
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=711", "tmpfs", str(home)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield home
    embedded.stop(home / "home")
    subprocess.run(["umount", str(home)], check=True)


def _emptied(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine
