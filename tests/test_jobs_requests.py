"""Is what people ask for in the dashboard carried out once, and answered?"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, Row, delete, func, insert, select

from data.ingest import ingest_path
from data.settings import Settings
from data.tables import file_runs, job_requests, orders, rejected_rows, shops, source_files
from jobs.job import JobContext
from jobs.requests import carry_out, waiting
from tests.taobao_export import Sold, write_export

SHOPS = "店铺编号,店铺名称,平台,时区,币种\ntb9,九号店,淘宝,Asia/Shanghai,CNY\n"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings], tmp_path: Path) -> JobContext:
    return JobContext(engine=engine, settings=make_settings(inbox=tmp_path / "inbox"))


def ask(context: JobContext, *, kind: str, payload: dict[str, object]) -> None:
    with context.engine.begin() as connection:
        connection.execute(insert(job_requests).values(kind=kind, payload=payload, requested_by="ann", requested_at=NOON))


def carried_out(context: JobContext) -> Row[tuple[object, ...]]:
    for request in waiting(context):
        carry_out(context, request, now=lambda: NOON)
    with context.engine.connect() as connection:
        return connection.execute(select(job_requests).order_by(job_requests.c.request_id.desc())).first()  # type: ignore[return-value]


def uploaded(context: JobContext) -> Path:
    return write_export(context.settings.home / "uploads" / "0f3a", [Sold(1), Sold(2)])


def count(context: JobContext, table: object) -> int:
    with context.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def test_an_upload_is_ingested_under_its_own_name_and_removed(context: JobContext) -> None:
    path = uploaded(context)
    ask(context, kind="upload", payload={"path": str(path), "name": "十月.csv", "shop": "tb1", "manifest": None, "nature": "backfill"})

    request = carried_out(context)

    assert (request.status, request.finished_at) == ("done", NOON)
    assert [(report["file"], report["accepted"]) for report in request.result["reports"]] == [("十月.csv", 2)]
    assert count(context, orders) == 2
    assert list(path.parent.iterdir()) == []


def test_an_upload_taken_in_just_before_the_process_died_is_taken_once(context: JobContext) -> None:
    path = uploaded(context)
    ingest_path(context.engine, path, settings=context.settings, shop="tb1", as_of=NOON)
    ask(context, kind="upload", payload={"path": str(path), "name": "a.csv", "shop": "tb1", "manifest": None, "nature": "backfill"})

    request = carried_out(context)

    assert request.result["reports"][0]["status"] == "unchanged"
    assert count(context, file_runs) == 1


def test_a_file_outside_the_folder_of_uploads_is_refused(context: JobContext, tmp_path: Path) -> None:
    secret = write_export(tmp_path / "secret.csv", [Sold(1)])
    ask(context, kind="upload", payload={"path": str(secret), "name": "a.csv", "shop": "tb1"})

    request = carried_out(context)

    assert request.status == "failed"
    assert secret.exists()
    assert count(context, source_files) == 0


def test_a_replay_reads_the_kept_file_again(context: JobContext) -> None:
    ingest_path(context.engine, uploaded(context), settings=context.settings, shop="tb1", as_of=NOON)
    ask(context, kind="replay", payload={"file_id": 1})

    request = carried_out(context)

    assert request.status == "done"
    assert request.result["reports"][0]["accepted"] == 2


def test_a_replay_does_the_work_again_though_the_same_manifest_has_done_it(context: JobContext) -> None:
    ingest_path(context.engine, uploaded(context), settings=context.settings, shop="tb1", as_of=NOON)
    ask(context, kind="replay", payload={"file_id": 1})

    request = carried_out(context)

    assert request.result["reports"][0]["status"] == "ingested"


def test_the_answer_holds_all_counts_and_twenty_reasons(context: JobContext) -> None:
    path = write_export(context.settings.home / "uploads" / "0f3a", [Sold(number) for number in range(30)])
    path.write_bytes(path.read_bytes().replace(b'="2026', b'="2026E+'))
    ask(context, kind="upload", payload={"path": str(path), "name": "a.csv", "shop": "tb1"})

    (report,) = carried_out(context).result["reports"]

    assert (report["rows"], report["accepted"], len(report["refused"])) == (30, 0, 20)
    assert count(context, rejected_rows) == 30


@pytest.mark.parametrize(("masters", "status", "stored"), [(True, "ingested", 1), (False, "refused", 0), (None, "refused", 0)])
def test_only_a_person_who_sees_everything_brings_reference_data(
    context: JobContext, masters: bool | None, status: str, stored: int
) -> None:
    path = context.settings.home / "uploads" / "0f3a"
    path.parent.mkdir(parents=True)
    path.write_text(SHOPS, encoding="utf-8")
    payload: dict[str, object] = {"path": str(path), "name": "店铺.csv", "shop": None}
    ask(context, kind="upload", payload=payload if masters is None else payload | {"masters": masters})

    (report,) = carried_out(context).result["reports"]

    assert report["status"] == status
    assert count(context, shops) == stored


@pytest.mark.parametrize(("masters", "stored"), [(True, 1), (False, 0), (None, 0)])
def test_a_replay_brings_no_reference_data_that_its_asker_may_not_bring(context: JobContext, masters: bool | None, stored: int) -> None:
    path = context.settings.home / "店铺.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SHOPS, encoding="utf-8")
    ingest_path(context.engine, path, settings=context.settings, as_of=NOON)
    with context.engine.begin() as connection:
        connection.execute(delete(shops))
    ask(context, kind="replay", payload={"file_id": 1} if masters is None else {"file_id": 1, "masters": masters})

    carried_out(context)

    assert count(context, shops) == stored


def test_a_name_longer_than_a_file_system_takes_is_cut_and_keeps_its_suffix(context: JobContext) -> None:
    path = uploaded(context)
    ask(context, kind="upload", payload={"path": str(path), "name": "单" * 100 + ".csv", "shop": "tb1"})

    (report,) = carried_out(context).result["reports"]

    assert (report["file"], report["accepted"]) == ("单" * 65 + ".csv", 2)


def test_a_replay_after_the_retention_says_why_not(context: JobContext) -> None:
    ask(context, kind="replay", payload={"file_id": 99})

    request = carried_out(context)

    assert request.status == "failed"
    assert "99" in request.result["error"]


def test_a_request_that_another_process_has_carried_out_is_left_alone(context: JobContext) -> None:
    ask(context, kind="replay", payload={"file_id": 99})
    (request,) = waiting(context)
    carried_out(context)

    carry_out(context, request, now=lambda: datetime(2026, 11, 23, tzinfo=UTC))

    with context.engine.connect() as connection:
        assert connection.scalar(select(job_requests.c.finished_at)) == NOON
