"""Does a backup bring everything back, and does a restore never take what it should not?"""

import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, insert, select, text
from sqlalchemy.pool import NullPool

import data.backup
from data.backup import BackupFailed, DatabaseInUse, FileThere, NotABackup, backup, restore
from data.engine import NewerDatabase, WrongKind, open_engine
from data.settings import Settings
from data.tables import audit_log, metadata, people, warehouses
from tests.outside_server import Outside

MakeEngine = Callable[..., Engine]
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
# every character that COPY's text format must escape
AWKWARD = "\\.\tSET transaction_timeout = 0;\nCREATE 顺丰\\N \r\v\x01"


def _settings_on(engine: Engine, *, kind: str = "real") -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    return Settings(database_url=url, inbox=Path("/somewhere") if kind == "real" else None, language="en")


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(warehouses), [{"warehouse_code": "W1", "name": AWKWARD, "aliases": [AWKWARD, ""], "observed_at": NOW}])
        connection.execute(insert(people), [{"person_id": "li", "name": "李", "role": "finance", "created_at": NOW}])
        log = {"at": NOW, "person_id": "li", "action": "reveal", "subject": "order", "detail": {"quote": '"\\'}}
        connection.execute(insert(audit_log), [log, log])


def _everything(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr) for name, table in metadata.tables.items()}


def _contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return _everything(connection)


def test_a_restored_database_equals_the_one_that_was_backed_up(make_engine: MakeEngine, tmp_path: Path) -> None:
    here, there = make_engine(), make_engine()
    _fill(here)

    written = backup(_settings_on(here), tmp_path / "all.backup")
    restore(_settings_on(there), written)

    assert _contents(there) == _contents(here)
    assert _contents(there)["warehouses"][0][1] == AWKWARD
    # numbering goes on where it was
    with there.begin() as connection:
        row = {"at": NOW, "person_id": "li", "action": "reveal", "subject": "order"}
        assert connection.scalar(insert(audit_log).values(row).returning(audit_log.c.audit_id)) == 3
    again = backup(_settings_on(there), tmp_path / "again.backup")
    restore(_settings_on(here), again, force=True)
    assert _contents(here) == _contents(there)


def test_a_database_elsewhere_is_backed_up_and_restored_too(outside: Outside, tmp_path: Path) -> None:
    here, there = (Settings(database_url=outside.fresh()) for _ in range(2))
    engines = [open_engine(settings) for settings in (here, there)]
    _fill(engines[0])

    restore(there, backup(here, tmp_path / "all.backup"))

    assert _contents(engines[1]) == _contents(engines[0])
    for engine in engines:
        engine.dispose()


def test_a_backup_is_for_its_owner_alone_and_never_overwrites(engine: Engine, tmp_path: Path) -> None:
    written = backup(_settings_on(engine), tmp_path / "all.backup")
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["all.backup"]

    with pytest.raises(FileThere, match="is there already"):
        backup(_settings_on(engine), written)


def test_a_backup_that_fails_leaves_no_file(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="No such file or directory"):
        backup(_settings_on(engine), tmp_path / "nowhere" / "all.backup")

    assert list(tmp_path.iterdir()) == []


def test_a_database_that_holds_data_is_replaced_only_by_force(make_engine: MakeEngine, tmp_path: Path) -> None:
    empty, full = make_engine(), make_engine()
    _fill(full)
    written = backup(_settings_on(empty), tmp_path / "empty.backup")

    with pytest.raises(DatabaseInUse, match="--force"):
        restore(_settings_on(full), written)
    assert len(_contents(full)["people"]) == 1

    restore(_settings_on(full), written, force=True)
    assert _contents(full) == _contents(empty)


def test_a_demo_backup_never_lands_in_a_real_database(make_engine: MakeEngine, tmp_path: Path) -> None:
    demo, real = make_engine(kind="demo"), make_engine()
    written = backup(_settings_on(demo, kind="demo"), tmp_path / "demo.backup")

    with pytest.raises(WrongKind, match="holds demo data and this run is real"):
        restore(_settings_on(real), written, force=True)


def test_a_backup_of_a_newer_version_is_refused(make_engine: MakeEngine, tmp_path: Path) -> None:
    newer, here = make_engine(), make_engine()
    settings = _settings_on(newer)
    with newer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    written = tmp_path / "newer.backup"
    # as the newer version would have written it
    subprocess.run([data.backup._program("pg_dump"), "-Fc", "-f", written, data.backup._without_password(newer.url)], check=True)

    with pytest.raises(NewerDatabase, match="9999"):
        restore(_settings_on(here), written)
    assert settings.kind == "real"


@pytest.mark.parametrize("content", [b"", b"orders;2026", b"PGDMP\x01\x10\x00"])
def test_a_file_that_is_no_backup_is_refused(engine: Engine, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)

    with pytest.raises(NotABackup, match="is no backup of OrderHub"):
        restore(_settings_on(engine), tmp_path / "file")


def test_a_damaged_backup_changes_nothing(make_engine: MakeEngine, tmp_path: Path) -> None:
    here, there = make_engine(), make_engine()
    _fill(here)
    _fill(there)
    written = backup(_settings_on(here), tmp_path / "all.backup")
    whole = written.read_bytes()
    written.write_bytes(whole[: len(whole) * 3 // 4])
    before = _contents(there)

    with pytest.raises(NotABackup):
        restore(_settings_on(there), written, force=True)

    assert _contents(there) == before


def test_a_restore_that_breaks_half_way_rolls_back(make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = make_engine(), make_engine()
    _fill(here)
    _fill(there)
    written = backup(_settings_on(here), tmp_path / "all.backup")
    before = _contents(there)
    broken = tmp_path / "pg_restore"
    real = data.backup._program("pg_restore")
    broken.write_text(f'#!/bin/sh\n"{real}" "$@" | head -n 400\nexit 1\n')
    broken.chmod(0o755)
    monkeypatch.setattr(data.backup, "_described", lambda source, language: ("real", "0001"))
    monkeypatch.setattr(data.backup, "_program", lambda name: str(broken) if name == "pg_restore" else str(Path(real).with_name(name)))

    with pytest.raises(BackupFailed):
        restore(_settings_on(there), written, force=True)

    assert _contents(there) == before


def test_a_restore_that_is_killed_rolls_back(make_engine: MakeEngine, tmp_path: Path) -> None:
    here, there = make_engine(), make_engine()
    _fill(here)
    _fill(there)
    written = backup(_settings_on(here), tmp_path / "all.backup")
    before = _contents(there)
    url = there.url.render_as_string(hide_password=False)
    script = f"""
import pathlib, data.backup as b, data.settings as s
b.restore(s.Settings(database_url={url!r}, inbox=pathlib.Path("/somewhere")), pathlib.Path({str(written)!r}), force=True)
"""
    there.dispose()
    # a reader holds a table, so that the restore stands still in the middle
    with there.connect() as reader:
        reader.execute(text("SELECT count(*) FROM warehouses"))
        restoring = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
        _until(there, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        restoring.send_signal(signal.SIGKILL)
        restoring.wait()
    there.dispose()
    _until(there, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'")

    assert _contents(there) == before


def test_a_restore_that_waits_for_a_running_job_gives_up_unharmed(
    make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = make_engine(), make_engine()
    written = backup(_settings_on(here), tmp_path / "all.backup")
    monkeypatch.setattr(data.backup, "LOCK_WAIT", "200ms")

    with there.connect() as job:
        job.execute(text("SELECT count(*) FROM warehouses"))
        with pytest.raises(BackupFailed, match="lock timeout"):
            restore(_settings_on(there), written)


def _until(engine: Engine, question: str) -> None:
    """Wait until a question is answered with yes, on a connection of its own."""
    lone = create_engine(engine.url, poolclass=NullPool)
    for _ in range(1000):
        with lone.connect() as connection:
            if connection.scalar(text(question)):
                return
        time.sleep(0.02)
    raise AssertionError(question)
