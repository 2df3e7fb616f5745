"""Does the embedded server hold against every trap of its wheel, of root and of killed processes?"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from data import embedded
from data.embedded import Server, ServerProblem, place_of, remove, running_pid, start, stop
from data.embedded_place import SURVIVES_RESTART, Place, open_to_all

CHECKOUT = Path(__file__).resolve().parents[1]
# small and careless: only what a test is about shall cost time; kill tests leave fsync on
SMALL = {"shared_buffers": "32MB", "fsync": "off"}
SAFE = {"shared_buffers": "32MB"}

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root meets this trap")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that any user may pass; every server below it is ended."""
    made = Path(tempfile.mkdtemp(prefix="orderhub-embedded-"))
    made.chmod(0o711)
    yield made
    for home in [path for path in made.rglob("*") if path.is_dir() and "postgres" not in path.parts]:
        remove(home)
    shutil.rmtree(made)


def test_a_home_gets_one_server_and_keeps_its_data_until_stopped_and_started_again(folder: Path) -> None:
    first = start(folder / "home", options=SMALL)
    _write(first, "kept")

    again = start(folder / "home")
    assert again.pid == first.pid
    assert stop(folder / "home")
    assert not stop(folder / "home")
    assert running_pid(first.place) is None

    assert _read(start(folder / "home", options=SMALL)) == ["kept"]


def test_nobody_else_reaches_the_server(folder: Path) -> None:
    server = start(folder / "home", options=SMALL)

    for directory in (server.place.base, server.place.sockets, server.place.cluster):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "home").stat().st_mode) & 0o066 == 0
    assert [c for c in psutil.Process(server.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN] == []
    assert (server.place.cluster / "pg_hba.conf").read_text() == "local all all trust\n"


def test_a_home_with_a_space_in_its_path_has_its_cluster_apart(folder: Path) -> None:
    server = start(folder / "my shop" / "home", options=SMALL)

    assert _answers(server)
    assert server.place.base.parent == SURVIVES_RESTART
    assert server.place.base.name.startswith(f"orderhub-{os.geteuid()}-")
    assert stat.S_IMODE(server.place.base.stat().st_mode) == 0o700
    assert (server.place.base / "home").read_text() == f"{folder / 'my shop' / 'home'}\n"


@pytest.mark.parametrize("name", ["long" * 30, "comma,comma", "店铺", "back\\slash", "50%"])
def test_a_home_whose_path_no_socket_may_have_still_starts(folder: Path, name: str) -> None:
    server = start(folder / name, options=SMALL)

    assert _answers(server)
    assert server.place.cluster == folder / name / "postgres" / "cluster"
    assert server.place.sockets.parent.parent == SURVIVES_RESTART
    assert stat.S_IMODE(server.place.sockets.stat().st_mode) == 0o700


@as_root
def test_root_opens_no_private_folder_for_the_server(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)

    server = start(private / "home", options=SMALL)

    assert _answers(server)
    assert server.place.base.parent == SURVIVES_RESTART
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert psutil.Process(server.pid).uids().effective == server.place.base.stat().st_uid != 0


@as_root
def test_programs_that_the_servers_user_may_not_reach_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "open_to_all", lambda path: False)

    server = start(folder / "home", options=SMALL)

    assert Path(psutil.Process(server.pid).cmdline()[0]).is_relative_to(server.place.base)
    assert _answers(server)


@as_root
def test_root_of_a_container_who_may_not_look_into_processes_knows_its_server(folder: Path) -> None:
    script = f"""
import pathlib, psutil, data.embedded as e
home = pathlib.Path({str(folder / "home")!r})
server = e.start(home, options={SMALL!r})
try:
    psutil.Process(server.pid).cwd()
except psutil.AccessDenied:
    print(e.start(home).pid == server.pid, e.stop(home))
"""
    narrow = ["setpriv", "--bounding-set=-sys_ptrace,-sys_admin", "--inh-caps=-all", sys.executable, "-c", script]

    done = subprocess.run(narrow, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.stdout == "True True\n", done.stderr


def test_an_ordinary_user_runs_it_in_a_private_home(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests show it, they run as an ordinary user")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if _same_python(Path(p))), None)
    if python is None or not open_to_all(CHECKOUT / "data"):
        pytest.skip("no interpreter that an ordinary user may run")
    nobody = pwd.getpwnam("nobody")
    home = folder / "theirs"
    home.mkdir(mode=0o700)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *sys.path]), "PYTHONDONTWRITEBYTECODE": "1"}
    script = f"import pathlib, data.embedded as e; h = pathlib.Path({str(home)!r}); print(e.start(h).place.base, e.stop(h))"

    done = subprocess.run(
        [python, "-c", script],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        env=environment,
        capture_output=True,
        text=True,
        cwd="/",
    )

    assert done.stdout == f"{home / 'postgres'} True\n", done.stderr


def test_processes_that_race_start_one_server(folder: Path) -> None:
    script = f"import pathlib, data.embedded as e; print(e.start(pathlib.Path({str(folder / 'home')!r}), options={SMALL!r}).pid)"

    racers = [subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    pids = {racer.communicate(timeout=60)[0] for racer in racers}

    assert pids == {f"{running_pid(place_of(folder / 'home'))}\n"}
    assert len(_servers_of(place_of(folder / "home"))) == 1


def test_the_server_outlives_whoever_started_it_and_keeps_what_was_committed(folder: Path) -> None:
    script = f"""
import pathlib, time, psycopg2, data.embedded as e
connection = psycopg2.connect(**e.start(pathlib.Path({str(folder / "home")!r}), options={SAFE!r}).dsn("postgres"))
cursor = connection.cursor()
cursor.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('committed')")
connection.commit()
cursor.execute("INSERT INTO kept VALUES ('halfway')")
print("ready", flush=True)
time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE, start_new_session=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    pid = running_pid(place_of(folder / "home"))

    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()

    server = start(folder / "home")
    assert server.pid == pid
    assert _read(server) == ["committed"]


def test_a_killed_server_recovers_though_one_of_its_processes_lingers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(folder / "home", options=SAFE)
    _write(server, "kept")
    lingering = psycopg2.connect(**server.dsn("postgres"))
    backend = psutil.Process(lingering.info.backend_pid)
    # a stopped process neither notices that its server died nor hears a polite signal
    backend.suspend()
    monkeypatch.setattr(embedded, "ORPHAN_SECONDS", 2.0)

    os.kill(server.pid, signal.SIGKILL)
    _until(lambda: running_pid(server.place) is None)
    again = start(folder / "home", options=SAFE)

    assert again.pid != server.pid
    assert _read(again) == ["kept"]
    _until(lambda: not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE)


def test_a_pid_that_now_belongs_to_another_program_is_not_believed(folder: Path) -> None:
    server = start(folder / "home", options=SAFE)
    pid_file = server.place.cluster / "postmaster.pid"
    rest = pid_file.read_text().split("\n", 1)[1]
    os.kill(server.pid, signal.SIGKILL)
    _until(lambda: running_pid(server.place) is None)
    stranger = subprocess.Popen(["sleep", "60"], **embedded._run_as(server.place))
    pid_file.write_text(f"{stranger.pid}\n{rest}")

    assert running_pid(server.place) is None
    assert not stop(folder / "home")
    assert _answers(start(folder / "home", options=SAFE))

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_of_another_container_is_not_joined_by_a_second(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(folder / "home", options=SMALL)
    monkeypatch.setattr(embedded, "running_pid", lambda place: None)
    monkeypatch.setattr(embedded, "ORPHAN_SECONDS", 0.2)
    monkeypatch.setattr(psutil, "process_iter", lambda attributes: iter(()))

    with pytest.raises(ServerProblem, match="another server"):
        start(folder / "home", options=SMALL)

    monkeypatch.undo()
    assert _servers_of(server.place) == [server.pid]


def test_a_long_recovery_is_waited_for_with_one_message(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    answers = embedded._answers
    monkeypatch.setattr(embedded, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(embedded, "_answers", lambda place: bool(said) and answers(place))

    assert start(folder / "home", options=SMALL, say=said.append).pid

    assert len(said) == 1
    assert "recovering" in said[0]


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with pytest.raises(ServerProblem, match="invalid value for parameter"):
        start(folder / "home", options={"max_connections": "many"})

    assert _answers(start(folder / "home", options=SMALL))


def test_a_folder_that_somebody_else_put_there_is_refused(folder: Path) -> None:
    (folder / "theirs").mkdir()
    (folder / "home").mkdir()
    (folder / "home" / "postgres").symlink_to(folder / "theirs")

    with pytest.raises(ServerProblem, match="somebody else"):
        start(folder / "home", options=SMALL)

    assert list((folder / "theirs").iterdir()) == []


def test_a_home_that_cannot_be_made_says_so(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(ServerProblem, match="Not a directory"):
        start(folder / "file" / "home")


def test_an_interrupted_first_start_is_made_good(folder: Path) -> None:
    (folder / "home" / "postgres" / "cluster.new").mkdir(parents=True)
    (folder / "home" / "postgres" / "cluster.new" / "PG_VERSION").write_text("18\n")

    assert _answers(start(folder / "home", options=SMALL))


def test_no_value_of_a_row_reaches_the_servers_log(folder: Path) -> None:
    server = start(folder / "home", options=SMALL)
    connection = psycopg2.connect(**server.dsn("postgres"))
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error):
        cursor.execute("CREATE TABLE buyers (name text UNIQUE); INSERT INTO buyers VALUES ('赵敏敏'), ('赵敏敏')")
    connection.rollback()
    with connection.cursor() as cursor, pytest.raises(psycopg2.Error):
        cursor.execute("SELECT '赵敏敏'::bigint")
    connection.close()

    assert "赵敏敏" not in server.place.log.read_text()


def test_a_second_checkout_and_a_second_user_do_not_collide(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = start(folder / "a b" / "home", options=SMALL), start(folder / "a c" / "home", options=SMALL)
    assert one.pid != other.pid
    assert one.place.sockets != other.place.sockets
    mine = place_of(folder / "a b" / "home")

    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    assert place_of(folder / "a b" / "home").base != mine.base


def test_a_cluster_stays_where_it_was_begun(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(folder / "home", options=SMALL)
    stop(folder / "home")

    (folder / "home").chmod(0o700)
    assert place_of(folder / "home").base == server.place.base


def test_what_is_removed_leaves_nothing_behind(folder: Path) -> None:
    server = start(folder / ("long" * 30), options=SMALL)
    base, sockets = server.place.base, server.place.sockets.parent

    remove(folder / ("long" * 30))

    assert running_pid(server.place) is None
    assert not base.exists()
    assert not sockets.exists()


# ---------------------------------------------------------------- what the tests ask of a server


def _write(server: Server, word: str) -> None:
    connection = psycopg2.connect(**server.dsn("postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (word text)")
        cursor.execute("INSERT INTO kept VALUES (%s)", (word,))
    connection.close()


def _read(server: Server) -> list[str]:
    connection = psycopg2.connect(**server.dsn("postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT word FROM kept")
        words = [word for (word,) in cursor.fetchall()]
    connection.close()
    return words


def _answers(server: Server) -> bool:
    connection = psycopg2.connect(**server.dsn("postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        found = cursor.fetchone()
    connection.close()
    return bool(found == (str(server.place.cluster),))


def _servers_of(place: Place) -> list[int]:
    return [p.pid for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[1:3] == ["-D", str(place.cluster)]]


def _same_python(path: Path) -> bool:
    if not open_to_all(path.resolve()):
        return False
    asked = subprocess.run([path, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == str(sys.version_info[:2])


def _until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
