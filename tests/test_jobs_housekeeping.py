"""Is what is past its retention gone, and nothing else?"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select

from data.ingest import ingest_path
from data.settings import Settings
from data.tables import audit_log, erased_contacts, job_requests, job_runs, order_contacts, orders, source_files
from data.writes.retention import erase_contact
from jobs.housekeeping import run
from jobs.job import JobContext
from tests.taobao_export import Sold, write_export

NOW = datetime(2027, 1, 20, 4, tzinfo=UTC)


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings], tmp_path: Path) -> JobContext:
    return JobContext(engine=engine, settings=make_settings(inbox=tmp_path / "inbox", retention_days=90))


def received(context: JobContext, folder: Path, *numbers: int, days_ago: float, shop: str = "tb1") -> str:
    path = write_export(folder / f"{'-'.join(map(str, numbers))}.csv", [Sold(number) for number in numbers])
    ingest_path(context.engine, path, settings=context.settings, shop=shop, as_of=NOW - timedelta(days=days_ago))
    with context.engine.connect() as connection:
        return str(connection.scalar(select(source_files.c.sha256).order_by(source_files.c.file_id.desc())))


def kept(context: JobContext) -> set[str]:
    return {path.name for path in context.settings.files_dir.iterdir()}


def contacts(context: JobContext) -> list[str]:
    with context.engine.connect() as connection:
        return list(connection.scalars(select(order_contacts.c.order_no).order_by(order_contacts.c.order_no)))


def test_kept_files_and_contacts_past_the_retention_go_and_orders_stay(context: JobContext, tmp_path: Path) -> None:
    received(context, tmp_path, 1, days_ago=91)
    young = received(context, tmp_path, 2, days_ago=89)

    outcome = run(context, as_of=NOW)

    assert kept(context) == {young}
    assert contacts(context) == [Sold(2).order_no]
    assert outcome.rows == 2
    with context.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(orders)) == 2
        erased = {row.sha256: row.erased_at for row in connection.execute(select(source_files))}
    assert [at for sha256, at in erased.items() if sha256 != young] == [NOW]
    assert erased[young] is None


def test_a_content_that_another_shop_gave_later_stays_as_long_as_that_one(context: JobContext, tmp_path: Path) -> None:
    sha256 = received(context, tmp_path, 1, days_ago=100, shop="tb1")
    received(context, tmp_path, 1, days_ago=10, shop="tb2")

    run(context, as_of=NOW)

    assert kept(context) == {sha256}


def test_dying_between_deleting_and_saying_so_the_next_run_says_it(context: JobContext, tmp_path: Path) -> None:
    sha256 = received(context, tmp_path, 1, days_ago=91)
    (context.settings.files_dir / sha256).unlink()

    run(context, as_of=NOW)

    with context.engine.connect() as connection:
        assert connection.scalar(select(source_files.c.erased_at)) == NOW


def test_run_records_older_than_400_days_go(context: JobContext) -> None:
    with context.engine.begin() as connection:
        for days in (401, 399):
            began = NOW - timedelta(days=days)
            row = {"job": "x", "planned_for": began, "started_at": began, "status": "succeeded", "host": "here", "pid": 1}
            connection.execute(insert(job_runs).values(row))

    run(context, as_of=NOW)

    with context.engine.connect() as connection:
        assert list(connection.scalars(select(job_runs.c.started_at))) == [NOW - timedelta(days=399)]


def test_leftovers_of_dead_processes_go_after_a_day(context: JobContext) -> None:
    for name, hours in (("files/a.1.partial", 25), ("files/b.2.partial", 1), ("uploads/old", 25), ("uploads/new", 1)):
        path = context.settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (then := (NOW - timedelta(hours=hours)).timestamp(), then))

    run(context, as_of=NOW)

    left = sorted(str(path.relative_to(context.settings.home)) for path in context.settings.home.glob("*/*"))
    assert left == ["files/b.2.partial", "uploads/new"]


def test_an_upload_goes_only_when_its_request_waits_no_more(context: JobContext) -> None:
    folder = context.settings.home / "uploads"
    folder.mkdir(parents=True)
    for name, status in (("waits", "waiting"), ("done", "done")):
        (folder / name).touch()
        os.utime(folder / name, (then := (NOW - timedelta(hours=25)).timestamp(), then))
        row = {"kind": "upload", "payload": {"path": str(folder / name)}, "requested_by": "ann", "requested_at": NOW, "status": status}
        with context.engine.begin() as connection:
            connection.execute(insert(job_requests).values(row))

    run(context, as_of=NOW)

    assert [path.name for path in folder.iterdir()] == ["waits"]


def test_an_erased_contact_does_not_come_back_with_the_next_file(context: JobContext, tmp_path: Path) -> None:
    received(context, tmp_path, 1, days_ago=2)
    with context.engine.begin() as connection:
        found = erase_contact(connection, shop_id="tb1", order_no=Sold(1).order_no, person_id="cli:ann", at=NOW)

    received(context, tmp_path, 1, 2, days_ago=1)

    assert found
    assert contacts(context) == [Sold(2).order_no]
    with context.engine.connect() as connection:
        audit = connection.execute(select(audit_log)).one()
        assert connection.scalar(select(func.count()).select_from(erased_contacts)) == 1
    assert (audit.person_id, audit.action, audit.subject) == ("cli:ann", "erase_contact", f"tb1/{Sold(1).order_no}")


def test_erasing_the_contact_of_an_unknown_order_is_no_erasure(context: JobContext) -> None:
    with context.engine.begin() as connection:
        assert not erase_contact(connection, shop_id="tb1", order_no="1", person_id="cli:ann", at=NOW)
        assert connection.scalar(select(func.count()).select_from(audit_log)) == 0
