"""Do the jobs and commands of the delay model ask for one another, say what they did, and go back at one command?"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, text

from data.risk_drift import Checked
from data.settings import Settings, settings
from data.tables import job_requests, model_versions, risk_scores
from data.writes.risk_scores import SCORE_DAYS
from jobs import check_drift, housekeeping, score_risk
from jobs.cli import main
from jobs.job import JobContext
from tests import given_delay_model
from tests.given_orders import insert_rows

AS_OF = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
def context(shared_engine: Engine, make_settings: Callable[..., Settings]) -> Iterator[JobContext]:
    yield JobContext(engine=shared_engine, settings=make_settings())
    with shared_engine.begin() as connection:
        connection.execute(delete(model_versions))
        connection.execute(delete(job_requests))


def asked(context: JobContext) -> list[tuple[str, str]]:
    with context.engine.connect() as connection:
        rows = connection.execute(text("SELECT payload ->> 'job' AS job, requested_by FROM job_requests ORDER BY request_id"))
        return [(row.job, row.requested_by) for row in rows]


def test_without_a_model_scoring_asks_for_a_training_once_a_day(context: JobContext) -> None:
    for hours in (0, 1, 25):
        score_risk.run(context, as_of=AS_OF + timedelta(hours=hours))

    assert asked(context) == [("train_risk", "score_risk")] * 2


def test_with_a_model_in_use_scoring_asks_for_nothing(context: JobContext) -> None:
    with context.engine.begin() as connection:
        given_delay_model.versions(connection, as_of=AS_OF)

    score_risk.run(context, as_of=AS_OF)

    assert asked(context) == []


@pytest.mark.parametrize("drifted", [(), ("calibration",)])
def test_drift_asks_for_a_training_at_once(context: JobContext, drifted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_drift, "check", lambda *_, **__: [Checked("working_days", 1, rows=900, drifted=drifted)])

    done = check_drift.run(context, as_of=AS_OF)

    assert asked(context) == ([("train_risk", "check_drift")] if drifted else [])
    assert done.rows == 900 and (" / " in done.message)


def test_scores_past_their_time_are_removed_by_housekeeping(context: JobContext) -> None:
    band = {"probability": 0.5, "low": 0.4, "high": 0.6, "landmark": 0, "shop_id": "s"}
    ages = {"old": timedelta(days=SCORE_DAYS, minutes=1), "young": timedelta(days=SCORE_DAYS)}
    with context.engine.begin() as connection:
        insert_rows(connection, risk_scores, [band | {"order_no": name, "scored_at": AS_OF - age} for name, age in ages.items()])

    done = housekeeping.run(context, as_of=AS_OF)

    assert "risk scores 1" in done.message
    with context.engine.begin() as connection:
        assert list(connection.scalars(text("DELETE FROM risk_scores RETURNING order_no"))) == ["young"]


@pytest.fixture
def command(shared_engine: Engine, context: JobContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Return a function that runs a command of the jobs on the test's database."""
    monkeypatch.setenv("DATABASE_URL", shared_engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ORDERHUB_HOME", str(tmp_path))
    monkeypatch.setenv("ORDERHUB_INBOX", str(tmp_path))
    settings.cache_clear()
    yield lambda *arguments: main(arguments)
    settings.cache_clear()


def test_the_list_says_which_version_is_in_use_and_why(
    command: Callable[..., int], context: JobContext, capsys: pytest.CaptureFixture[str]
) -> None:
    with context.engine.begin() as connection:
        version = given_delay_model.versions(connection, as_of=AS_OF)

    assert command("models", "list") == 0

    said = capsys.readouterr().out
    [line] = [line for line in said.splitlines() if "champion" in line and "working_days" in line]
    assert str(version) in line and "0.830" in line


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("models", "rollback"), "no version to go back to"),
        (("models", "rollback", "--task", "weather"), "no such target"),
        (("models", "promote", "999999"), "no such version"),
    ],
)
def test_what_cannot_be_done_is_a_mistake_in_one_line(
    command: Callable[..., int], arguments: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments) == 2

    said = capsys.readouterr().err
    assert why in said and said.count("\n") == 1


def test_a_file_that_is_no_model_is_not_put_in_use_by_going_back(
    command: Callable[..., int], context: JobContext, capsys: pytest.CaptureFixture[str]
) -> None:
    with context.engine.begin() as connection:
        version = given_delay_model.versions(connection, as_of=AS_OF)
        before = connection.execute(text("SELECT version FROM model_versions WHERE status = 'retired'")).scalar_one()

    assert command("models", "rollback") == 2

    assert f"{before} 不能启用" in capsys.readouterr().err
    with context.engine.connect() as connection:
        now = connection.execute(text("SELECT version FROM model_versions WHERE status = 'champion' AND task = 'working_days'"))
        assert now.scalar_one() == version
