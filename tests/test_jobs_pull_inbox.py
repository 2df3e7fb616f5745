"""Does every file that comes into the inbox get into the database once, and no half-written one?"""

import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError

from data.connectors.registry import SHIPPED
from data.ingest import ingest_path
from data.settings import Settings
from data.tables import file_runs, orders, source_files
from jobs.job import JobContext, Outcome
from jobs.pull_inbox import MARKER, inbox_files, sweep
from tests.taobao_export import Sold, write_export

OLD = 1_790_000_000  # well before any test


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings], inbox: Path) -> JobContext:
    return JobContext(engine=engine, settings=make_settings(inbox=inbox))


def swept(context: JobContext, *, still_seconds: float = 0.0) -> Outcome:
    return sweep(context, as_of=datetime.now(UTC), still_seconds=still_seconds)


def sold(*numbers: int) -> list[Sold]:
    return [Sold(number) for number in numbers]


def order_count(context: JobContext) -> int:
    with context.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(orders)) or 0


def natures(context: JobContext) -> dict[str, str]:
    with context.engine.connect() as connection:
        return {row.name: row.nature for row in connection.execute(select(source_files))}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_shop_folder_names_the_shop_and_history_is_backfill(context: JobContext, inbox: Path) -> None:
    write_export(inbox / "tb1" / "history" / "old.csv", sold(1))
    write_export(inbox / "tb1" / "new.csv", sold(2))

    outcome = swept(context)

    with context.engine.connect() as connection:
        shops = {row.order_no: (row.shop_id, row.nature) for row in connection.execute(select(orders))}
    assert shops == {Sold(1).order_no: ("tb1", "backfill"), Sold(2).order_no: ("tb1", "live")}
    assert natures(context) == {"old.csv": "backfill", "new.csv": "live"}
    assert (outcome.rows, outcome.error) == (2, None)


def test_in_our_own_inbox_a_file_moves_to_done_or_refused(context: JobContext, inbox: Path) -> None:
    (inbox / MARKER).touch()
    write_export(inbox / "tb1" / "new.csv", sold(1))
    (inbox / "tb1" / "notes.csv").write_text("a,b\n1,2\n")

    swept(context)
    write_export(inbox / "tb1" / "new.csv", sold(2))
    swept(context)

    assert names(inbox / "tb1") == ["done", "refused"]
    assert names(inbox / "tb1" / "done") == ["new.csv", "new~1.csv"]
    assert names(inbox / "tb1" / "refused") == ["notes.csv"]
    assert order_count(context) == 2


def test_in_a_foreign_folder_nothing_moves_and_nothing_is_done_twice(context: JobContext, inbox: Path) -> None:
    write_export(inbox / "tb1" / "new.csv", sold(1))
    (inbox / "tb1" / "notes.csv").write_text("a,b\n1,2\n")

    first, second = swept(context), swept(context)
    after_a_restart = swept(JobContext(engine=context.engine, settings=context.settings))

    assert names(inbox / "tb1") == ["new.csv", "notes.csv"]
    assert (first.rows, second.message) == (1, "0 个文件 / 0 files")
    assert after_a_restart.error is None
    with context.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(file_runs)) == 2
    assert order_count(context) == 1


def restarted(context: JobContext) -> JobContext:
    return JobContext(engine=context.engine, settings=context.settings)


def test_after_a_restart_only_what_is_new_changed_or_refused_is_read(context: JobContext, inbox: Path) -> None:
    for name in ("same.csv", "changed.csv", "gone.csv"):
        write_export(inbox / "tb1" / name, sold(len(name)))
    (inbox / "tb1" / "notes.csv").write_text("a,b\n1,2\n")
    swept(context)
    write_export(inbox / "tb1" / "changed.csv", sold(1, 2))
    write_export(inbox / "tb1" / "new.csv", sold(3))
    (inbox / "tb1" / "gone.csv").unlink()

    second, third = swept(restarted(context)), swept(restarted(context))

    assert second.message.startswith("3 个文件")
    # a refused one may be taken by a newer release
    assert third.message.startswith("1 个文件，整份拒收 1")


def test_a_fault_of_a_file_whose_name_is_no_utf8_can_be_written_down(
    context: JobContext, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object, **__: object) -> NoReturn:
        raise ValueError("a fault")

    path = write_export(inbox / "tb1" / "a.csv", sold(1))
    path.rename(os.fsdecode(os.fsencode(path.parent) + b"/\xb6\xa9.csv"))
    monkeypatch.setattr("jobs.pull_inbox.ingest_path", faulty)

    said = swept(context).error or ""

    assert said.encode().startswith(rb"\udcb6\udca9.csv: ValueError")


@pytest.mark.parametrize("process", [lambda context: context, restarted], ids=["same_process", "after_a_restart"])
def test_what_a_restored_database_lacks_is_taken_again(
    context: JobContext, inbox: Path, process: Callable[[JobContext], JobContext]
) -> None:
    write_export(inbox / "tb1" / "a.csv", sold(1))
    swept(context)
    with context.engine.begin() as connection:
        connection.execute(text("TRUNCATE source_files, file_runs, orders, order_claims, order_events, order_lines RESTART IDENTITY"))
    ingest_path(
        context.engine, write_export(inbox.parent / "b.csv", sold(2)), settings=context.settings, shop="tb1", as_of=datetime.now(UTC)
    )

    outcome = swept(process(context))

    assert (outcome.rows, outcome.error) == (1, None)
    assert order_count(context) == 2


def test_after_a_manifest_was_mended_all_files_are_looked_at_again(context: JobContext, inbox: Path) -> None:
    write_export(inbox / "tb1" / "a.csv", sold(1))
    swept(context)
    own = context.settings.home / "manifests"
    own.mkdir()
    shipped = next(manifest for manifest in SHIPPED.glob("*.toml") if manifest.stem == "taobao").read_text(encoding="utf-8")
    own.joinpath("taobao.toml").write_text(re.sub(r"(?m)^version = .*", "version = 99", shipped), encoding="utf-8")

    swept(context)

    with context.engine.connect() as connection:
        assert connection.scalar(select(func.max(file_runs.c.manifest_version))) == 99


@pytest.mark.parametrize("written", ["", "{}", "[]", '{"files": [["a"]]}', "null"])
def test_a_memory_that_makes_no_sense_costs_time_only(context: JobContext, inbox: Path, written: str) -> None:
    write_export(inbox / "tb1" / "a.csv", sold(1))
    context.settings.home.mkdir(exist_ok=True)
    (context.settings.home / "inbox-taken.json").write_text(written)

    assert (swept(context).rows, swept(restarted(context)).message) == (1, "0 个文件 / 0 files")


@pytest.mark.parametrize("what", ["recompute_stale", "replay_waiting"])
def test_what_was_left_over_and_faults_does_not_stop_new_files(
    context: JobContext, inbox: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def faulty(*_: object, **__: object) -> NoReturn:
        raise ValueError("a fault")

    write_export(inbox / "tb1" / "a.csv", sold(1))
    monkeypatch.setattr(f"jobs.pull_inbox.{what}", faulty)

    outcome = swept(context)

    assert outcome.rows == 1
    assert (outcome.error or "").startswith(f"{what}: ValueError")
    assert len(list((context.settings.home / "logs").glob("fault-*.txt"))) == 1


def test_a_lost_connection_ends_the_sweep_to_be_tried_again(context: JobContext, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> NoReturn:
        raise OperationalError("SELECT 1", {}, Exception(), connection_invalidated=True)

    write_export(inbox / "tb1" / "a.csv", sold(1))
    monkeypatch.setattr("jobs.pull_inbox.replay_waiting", lost)

    with pytest.raises(OperationalError):
        swept(context)


def test_a_file_that_changed_in_a_foreign_folder_is_taken_again(context: JobContext, inbox: Path) -> None:
    write_export(inbox / "tb1" / "new.csv", sold(1))
    swept(context)
    write_export(inbox / "tb1" / "new.csv", sold(1, 2))

    swept(context)

    assert order_count(context) == 2


def test_a_file_still_being_written_is_left_for_the_next_sweep(context: JobContext, inbox: Path) -> None:
    path = write_export(inbox / "tb1" / "new.csv", sold(1))
    written = threading.Event()

    def keep_writing() -> None:
        while not written.is_set():
            with path.open("ab") as file:
                file.write(b"\r\n")
            time.sleep(0.02)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    meanwhile = swept(context, still_seconds=0.4)
    written.set()
    writer.join()
    afterwards = swept(context, still_seconds=0.2)

    assert (meanwhile.rows, afterwards.rows) == (0, 1)


def test_a_young_file_is_taken_in_the_same_sweep_once_it_has_stood_still(context: JobContext, inbox: Path) -> None:
    write_export(inbox / "tb1" / "new.csv", sold(1))
    began = time.monotonic()

    outcome = swept(context, still_seconds=0.5)

    assert outcome.rows == 1
    assert time.monotonic() - began >= 0.5


def test_a_copied_file_with_an_old_time_must_stand_still_too(inbox: Path) -> None:
    path = write_export(inbox / "tb1" / "new.csv", sold(1))
    os.utime(path, (OLD, OLD))

    (file,) = inbox_files(inbox)

    assert file.touched_at > time.time() - 60


def test_masters_come_first_and_hidden_or_unfinished_files_not_at_all(inbox: Path) -> None:
    for name in ("a_shop/x.csv", "masters/z.csv", "masters/history/y.csv", "wms/w.csv", "loose.csv"):
        write_export(inbox / name, sold(1))
    for name in (".hidden.csv", "a.csv.tmp", "b.part", "~$c.xlsx", "done/d.csv", "refused/e.csv", ".git/f.csv"):
        write_export(inbox / "a_shop" / name, sold(1))

    found = [str(file.path.relative_to(inbox)) for file in inbox_files(inbox)]

    assert found == ["masters/history/y.csv", "masters/z.csv", "a_shop/x.csv", "loose.csv", "wms/w.csv"]


def test_one_file_that_faults_does_not_stop_the_others(context: JobContext, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(engine: Engine, path: Path, **given: object) -> object:
        if path.name == "a.csv":
            raise ValueError("a fault")
        return ingest_path(engine, path, **given)  # type: ignore[arg-type]

    write_export(inbox / "tb1" / "a.csv", sold(1))
    write_export(inbox / "tb1" / "b.csv", sold(2))
    monkeypatch.setattr("jobs.pull_inbox.ingest_path", faulty)

    outcome = swept(context)
    monkeypatch.undo()
    mended = swept(context)

    assert outcome.rows == 1
    assert outcome.error is not None
    assert outcome.error.startswith("a.csv: ValueError")
    assert (mended.rows, mended.error) == (1, None)


def test_asked_to_leave_it_stops_between_two_files(context: JobContext, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def then_leave(engine: Engine, path: Path, **given: object) -> object:
        context.leaving.set()
        return ingest_path(engine, path, **given)  # type: ignore[arg-type]

    write_export(inbox / "tb1" / "a.csv", sold(1))
    write_export(inbox / "tb1" / "b.csv", sold(2))
    monkeypatch.setattr("jobs.pull_inbox.ingest_path", then_leave)

    swept(context)

    assert list(natures(context)) == ["a.csv"]


def test_a_real_inbox_that_is_not_there_is_an_error(context: JobContext, inbox: Path) -> None:
    inbox.rmdir()

    assert swept(context).error is not None
