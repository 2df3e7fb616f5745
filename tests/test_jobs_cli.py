"""Does every command say what it did, and every mistake in one line with the right exit status?"""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from data import tables
from data.actions import person_of
from data.passwords import password_fits
from data.settings import CHECKOUT, settings
from data.tables import audit_log, heartbeats, job_runs, people
from jobs.cli import main
from jobs.cli_start import instant
from jobs.faults import UserMistake
from jobs.registry import JOBS
from tests.given_stock import opened, stock
from tests.taobao_export import Sold, write_export

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation of kind real on the test's own database."""
    monkeypatch.setenv("ORDERHUB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ORDERHUB_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    (tmp_path / "inbox").mkdir()
    settings.cache_clear()
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    yield tmp_path / "home"
    settings.cache_clear()
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_main(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run_main


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["bogus"], "bogus"),
        (["run"], "NAME"),
        (["run", "no_such_job"], "no_such_job"),
        (["run", "pull_inbox", "--as-of", "yesterday"], "yesterday"),
        (["run", "pull_inbox", "--as-of", "2999-01-01"], "2999-01-01"),
        (["ingest"], "FILE"),
        (["ingest", "no/such.csv"], "no/such.csv"),
        (["ingest", "."], "."),
        (["ingest", "pyproject.toml", "--manifest", "no_such"], "no_such"),
        (["backfill", "housekeeping", "--from", "2026-01-01", "--to", "2026-02-01"], "housekeeping"),
        (["backfill", "pull_inbox", "--from", "2026-02-01", "--to", "2026-01-01"], "--from"),
        (["people", "add", "ann", "--name", "安", "--role", "boss"], "boss"),
        (["people", "disable", "nobody"], "nobody"),
        (["erase", "tb1", "1"], "tb1"),
        (["restore", "no/such.dump"], "no/such.dump"),
        (["restore", "pyproject.toml"], "pyproject.toml"),
    ],
)
def test_a_mistake_is_one_clear_line_and_status_2(run: Run, arguments: list[str], named: str) -> None:
    status, out, err = run(*arguments)

    assert status == 2
    assert (out, err.count("\n")) == ("", 1)
    assert named in err


def test_a_wrong_setting_is_a_mistake_that_names_the_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERHUB_ZONE", "Mars/Olympus")
    settings.cache_clear()

    status, _, err = run("list")

    assert status == 2
    assert "ORDERHUB_ZONE" in err


def test_a_database_that_is_not_there_is_a_fault_of_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    settings.cache_clear()

    status, _, err = run("list")

    assert status == 1
    assert err.count("\n") == 1


def test_the_demo_refuses_a_real_database(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDERHUB_INBOX")
    settings.cache_clear()

    assert run("list")[0] == 2


def test_a_fault_is_one_line_and_a_kept_traceback(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("jobs.cli.last_runs", broken)

    status, out, err = run("list")

    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "ZeroDivisionError" in err
    assert len(list((home / "logs").glob("fault-*.txt"))) == 1


def test_list_names_every_job_with_zone_last_run_and_reason(run: Run) -> None:
    run("run", "housekeeping")

    status, out, _ = run("list")

    assert status == 0
    for job in JOBS:
        assert (job.name in out) is not job.demo_only
    assert "succeeded" in out
    assert "Asia/Shanghai" in out


def test_run_as_of_a_time_in_the_past_uses_that_time(run: Run, engine: Engine) -> None:
    status, _, _ = run("run", "housekeeping", "--as-of", "2026-01-01T08:00")

    with engine.connect() as connection:
        row = connection.execute(select(job_runs)).one()
    assert (status, row.status) == (0, "succeeded")
    assert row.requested_by.startswith("cli:")
    assert row.started_at > datetime(2026, 11, 1, tzinfo=UTC)


def test_a_time_without_an_offset_is_meant_in_the_business_zone(home: Path) -> None:
    moment = instant("2026-01-31 08:00", settings=settings(), latest=datetime(2027, 1, 1, tzinfo=UTC))

    assert moment == datetime(2026, 1, 31, tzinfo=UTC)
    with pytest.raises(UserMistake):
        instant("2026-01-31 08:00", settings=settings(), latest=datetime(2026, 1, 30, tzinfo=UTC))


def test_ingest_json_is_one_object_a_file_and_2_if_any_was_refused_whole(run: Run, tmp_path: Path) -> None:
    good = write_export(tmp_path / "good.csv", [Sold(1), Sold(2)])
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")

    status, out, err = run("ingest", str(good), str(bad), str(good), "--shop", "tb1", "--json")

    reports = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (2, "")
    assert [(report["file"], report["status"], report["accepted"]) for report in reports] == [
        ("good.csv", "ingested", 2),
        ("bad.csv", "refused", 0),
        ("good.csv", "unchanged", 2),
    ]
    keys = {"file", "manifest", "kind", "rows", "accepted", "refused", "orders", "lines", "control_sum", "status", "error"}
    assert {frozenset(report) for report in reports} == {frozenset(keys)}


def test_ingest_shows_rows_and_reasons(run: Run, tmp_path: Path) -> None:
    path = write_export(tmp_path / "a.csv", [Sold(1), Sold(2, status="没听说过")])

    status, out, _ = run("ingest", str(path), "--shop", "tb1")

    assert status == 0
    assert "taobao" in out
    assert "1 收 accepted" in out
    assert "行 row 3" in out


def test_a_fault_with_one_file_does_not_stop_the_next(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from data.ingest import ingest_path

    def faulty(engine: Engine, path: Path, **given: object) -> object:
        if path.name == "a.csv":
            raise ZeroDivisionError
        return ingest_path(engine, path, **given)  # type: ignore[arg-type]

    monkeypatch.setattr("jobs.cli_ingest.ingest_path", faulty)
    first, second = (write_export(tmp_path / name, [Sold(n)]) for n, name in enumerate(("a.csv", "b.csv"), 1))

    status, out, err = run("ingest", str(first), str(second), "--shop", "tb1", "--json")

    assert (status, err.count("\n")) == (1, 1)
    assert [json.loads(line)["file"] for line in out.splitlines()] == ["b.csv"]


def test_backfill_dry_run_names_the_files_and_touches_nothing(run: Run, engine: Engine, tmp_path: Path) -> None:
    run("ingest", str(write_export(tmp_path / "october.csv", [Sold(1)])), "--shop", "tb1")

    status, out, _ = run("backfill", "pull_inbox", "--from", "2026-11-01", "--to", datetime.now(UTC).isoformat(), "--dry-run")

    with engine.connect() as connection:
        assert connection.execute(select(job_runs)).all() == []
    assert status == 0
    assert "october.csv" in out


def test_a_login_name_is_the_same_in_whatever_case(run: Run, engine: Engine) -> None:
    added = run("people", "add", "Ann.Li@Shop.example", "--name", "安", "--role", "operations", "--oidc")
    taken = run("people", "add", "ANN.LI@shop.example", "--name", "安", "--role", "manager", "--oidc")

    # the e-mail of a sign-in comes in lower case
    found = person_of(engine, person_id="ann.li@shop.example")
    disabled = run("people", "disable", "Ann.Li@SHOP.example")

    assert [status for status, _, _ in (added, taken, disabled)] == [0, 2, 0]
    assert found is not None
    assert (found.person_id, found.role) == ("ann.li@shop.example", "operations")
    assert person_of(engine, person_id="ann.li@shop.example") is None


def test_a_login_name_of_before_in_mixed_case_still_signs_in_and_is_taken(run: Run, engine: Engine) -> None:
    run("people", "add", "ann", "--name", "安", "--role", "operations", "--oidc")
    with engine.begin() as connection:
        connection.execute(update(people).values(person_id="Ann"))

    taken = run("people", "add", "ann", "--name", "安", "--role", "manager", "--oidc")

    assert taken[0] == 2
    assert person_of(engine, person_id="ann") == person_of(engine, person_id="Ann")
    assert person_of(engine, person_id="ann") is not None


def test_people_are_added_with_a_hash_listed_and_disabled_each_with_an_audit_row(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse battery\n"))
    added = run("people", "add", "ann", "--name", "安", "--role", "operations", "--shop", "tb1", "--shop", "tb2")
    taken = run("people", "add", "ann", "--name", "安", "--role", "manager", "--oidc")
    listed = run("people", "list")
    disabled = run("people", "disable", "ann")

    with engine.connect() as connection:
        person = connection.execute(select(people)).one()
        actions = list(connection.scalars(select(audit_log.c.action).order_by(audit_log.c.audit_id)))
    assert [status for status, _, _ in (added, taken, listed, disabled)] == [0, 2, 0, 0]
    assert password_fits("correct horse battery", hashed=person.password_hash)
    assert "correct horse" not in person.password_hash
    assert (person.role, person.scope_shops, person.scope_channels, person.active) == ("operations", ["tb1", "tb2"], None, False)
    assert "tb1, tb2" in listed[1]
    assert actions == ["add_person", "disable_person"]


def test_a_short_password_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))

    assert run("people", "add", "ann", "--name", "安", "--role", "it")[0] == 2


def test_a_backup_restores(run: Run, tmp_path: Path) -> None:
    run("ingest", str(write_export(tmp_path / "a.csv", [Sold(1)])), "--shop", "tb1")
    dump = tmp_path / "all.dump"

    written = run("backup", str(dump))
    again = run("backup", str(dump))
    unforced = run("restore", str(dump))
    forced = run("restore", str(dump), "--force")

    assert [status for status, _, _ in (written, again, unforced, forced)] == [0, 2, 2, 0]


def test_serve_beats_and_leaves_within_seconds_of_sigterm(home: Path, engine: Engine) -> None:
    process = subprocess.Popen([sys.executable, "-m", "jobs", "serve"], cwd=CHECKOUT, env=dict(os.environ), stdout=subprocess.PIPE)
    until = time.monotonic() + 60
    beaten = None
    while beaten is None and time.monotonic() < until:
        with engine.connect() as connection:
            beaten = connection.execute(select(heartbeats)).one_or_none()
        time.sleep(0.05)
    began = time.monotonic()

    process.terminate()
    process.communicate(timeout=30)

    assert beaten is not None
    assert beaten.pid == process.pid
    assert process.returncode == 0
    assert time.monotonic() - began < 15


def test_simulated_files_are_written_where_one_says_and_never_into_a_real_inbox(run: Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"

    unnamed = run("simulate", "history", "--days", "2", "--orders", "60")
    unbegun = run("simulate", "live", "--inbox", str(elsewhere))
    written = run("simulate", "history", "--inbox", str(elsewhere), "--days", "2", "--orders", "60", "--until", "2026-11-20T12:00")
    unknown = run("simulate", "live", "--inbox", str(elsewhere), "--fault", "bad_luck,wms,2026-11-20,2026-11-21")
    gone_on = run("simulate", "live", "--inbox", str(elsewhere), "--until", "2026-11-20T18:00")

    assert [status for status, _, _ in (unnamed, unbegun, written, unknown, gone_on)] == [2, 2, 0, 2, 0]
    assert list(elsewhere.glob("taobao_home/history/*.csv"))
    assert list(elsewhere.glob("*/*.csv"))


def test_a_live_order_is_held_when_its_file_is_in_and_the_ledger_is_checked_and_put_right_by_command(
    run: Run, tmp_path: Path, engine: Engine
) -> None:
    with engine.begin() as connection:
        opened(connection, {("TEA-1", "w1"): 3})
    lines = tmp_path / "lines.csv"
    lines.write_text(
        f"订单编号,标题,价格,购买数量,外部系统编号,套餐信息,订单状态\n{Sold(1).order_no},茶,12.50,2,TEA-1,,\n", encoding="utf-8"
    )
    orders = write_export(tmp_path / "orders.csv", [Sold(1)])

    # whichever comes first: lines without their order want nothing yet
    assert run("ingest", str(lines), str(orders), "--shop", "tb1", "--live")[0] == 0
    assert stock(engine) == {("TEA-1", "w1"): (3, 2)}
    assert run("stock", "check")[0] == 0

    with engine.begin() as connection:
        connection.execute(update(tables.stock).values(held=3))
    status, out, _ = run("stock", "check", "--json")
    assert (status, json.loads(out)["broken"]["held"]) == (1, 1)
    assert run("stock", "compensate")[0] == 0
    assert run("stock", "check")[0] == 0
