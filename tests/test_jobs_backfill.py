"""Is a span done again to its end, whatever one of its files does?"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from data import ingest
from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings
from data.tables import source_files
from jobs.backfill import replay_files
from jobs.job import JobContext, Outcome
from tests.taobao_export import Sold, write_export

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture
def context(engine: Engine, make_settings: Callable[..., Settings], tmp_path: Path) -> JobContext:
    context = JobContext(engine=engine, settings=make_settings(inbox=tmp_path / "inbox"))
    for number in (1, 2, 3):
        path = write_export(tmp_path / f"{number}.csv", [Sold(number)])
        ingest_path(engine, path, settings=context.settings, shop="tb1", as_of=NOON)
    return context


def replayed(context: JobContext) -> Outcome:
    return replay_files(context, since=NOON, until=NOON + timedelta(hours=1), dry_run=False, as_of=NOON)


def test_a_file_that_is_gone_is_named_and_the_others_are_done(context: JobContext) -> None:
    with context.engine.connect() as connection:
        gone = connection.execute(select(source_files).where(source_files.c.name == "1.csv")).one()
    (context.settings.files_dir / gone.sha256).unlink()

    outcome = replayed(context)

    assert (outcome.rows, outcome.message) == (2, "已重放 2/3 个文件 / replayed 2 of 3 files")
    assert outcome.error is not None
    assert "1 files could not be replayed: 1.csv: LookupError: file" in outcome.error


def test_a_file_that_faults_is_kept_for_repair_and_the_others_are_done(context: JobContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(engine: Engine, file_id: int, *, settings: Settings, as_of: datetime) -> list[Report]:
        if file_id == 1:
            raise KeyError("a cell")
        return ingest.replay(engine, file_id, settings=settings, as_of=as_of)

    monkeypatch.setattr("jobs.backfill.replay", faulty)

    outcome = replayed(context)

    assert outcome.rows == 2
    assert outcome.error is not None
    assert "a cell" not in outcome.error
    assert len(list((context.settings.home / "logs").glob("fault-*.txt"))) == 1
