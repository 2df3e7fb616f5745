"""Do the jobs and commands of the delay model ask for one another, say what they did, and go back at one command?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, text, update

from data.delay_risk import PROMISE, SCORED, TASKS, Trained
from data.risk_drift import Checked
from data.settings import Settings, settings
from data.tables import job_requests, job_runs, model_versions, risk_scores
from data.writes.job_ledger import begin_run, finish_run
from data.writes.requests import ask_for_run
from data.writes.risk_scores import SCORE_DAYS
from jobs import check_drift, housekeeping, score_risk, train_risk
from jobs.cli import main
from jobs.job import JobContext
from models.delay_risk.targets import PRIMARY
from tests import given_delay_model, given_orders
from tests.given_orders import insert_rows
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
def context(database: Engine, make_settings: Callable[..., Settings]) -> Iterator[JobContext]:
    yield JobContext(engine=database, settings=make_settings())
    with database.begin() as connection:
        connection.execute(delete(model_versions))
        connection.execute(delete(job_requests))


def asked(context: JobContext) -> list[tuple[str, str]]:
    with context.engine.connect() as connection:
        rows = connection.execute(text("SELECT payload ->> 'job' AS job, requested_by FROM job_requests ORDER BY request_id"))
        return [(row.job, row.requested_by) for row in rows]


def test_without_a_model_scoring_asks_for_a_training_once_a_day(context: JobContext) -> None:
    for hours in (0, 1, 25):
        score_risk.run(context, as_of=AS_OF + timedelta(hours=hours))
        with context.engine.begin() as connection:
            # each training is carried out and finds too few orders
            connection.execute(update(job_requests).values(status="done"))

    assert asked(context) == [("train_risk", "score_risk")] * 2


def test_scoring_asks_for_no_second_training_while_one_is_asked_for(context: JobContext) -> None:
    with context.engine.begin() as connection:
        ask_for_run(connection, job="train_risk", by="demo", at=AS_OF)

    score_risk.run(context, as_of=AS_OF)

    assert asked(context) == [("train_risk", "demo")]


def test_scoring_asks_for_no_second_training_while_one_is_under_way(context: JobContext) -> None:
    with context.engine.begin() as connection:
        run = begin_run(connection, job="train_risk", planned_for=AS_OF, started_at=AS_OF, host="here", pid=1, requested_by=None)

    score_risk.run(context, as_of=AS_OF)
    while_training = asked(context)
    with context.engine.begin() as connection:
        finish_run(connection, run_id=run, finished_at=AS_OF, status="succeeded", rows=0, message="", error=None)
    score_risk.run(context, as_of=AS_OF + timedelta(minutes=5))

    assert while_training == []
    assert asked(context) == [("train_risk", "score_risk")]
    with context.engine.begin() as connection:
        connection.execute(delete(job_runs))


def test_a_first_training_has_every_open_order_scored_by_the_model_at_once(make_engine: MakeEngine, context: JobContext) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
        given_delay_model.history(connection, as_of=AS_OF)
        given_delay_model.waiting(connection, as_of=AS_OF, count=20)
    later = AS_OF + timedelta(minutes=2)
    shop = replace(context, engine=engine, now=lambda: later)
    score_risk.run(shop, as_of=AS_OF + timedelta(minutes=1))

    train_risk.run(shop, as_of=AS_OF)
    first_asked = asked(shop)
    score_risk.run(shop, as_of=later)

    assert first_asked == [("train_risk", "score_risk"), ("score_risk", "train_risk")] == asked(shop)
    with engine.connect() as connection:
        scored = connection.execute(text("SELECT count(*), count(model_version) FROM risk_now")).one()
        promoted = connection.scalars(text("SELECT promoted_at FROM model_versions WHERE status = 'champion'")).all()
    assert scored[0] == scored[1] >= 20
    assert promoted and set(promoted) == {later}


@pytest.mark.parametrize("leaves_after", [None, 1, 2])
@pytest.mark.parametrize("promoted", [(), (PRIMARY,), (PROMISE,), SCORED, TASKS, tuple(set(TASKS) - set(SCORED))])
def test_a_training_asks_for_one_scoring_as_soon_as_what_orders_are_scored_by_is_decided(
    context: JobContext, promoted: tuple[str, ...], leaves_after: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_before: dict[str, int] = {}

    def decided(*_: object, **__: object) -> Iterator[Trained]:
        for number, task in enumerate(TASKS, start=1):
            asked_before[task] = len(asked(context))
            if number == leaves_after:
                context.leaving.set()
            yield Trained(task, number, "champion" if task in promoted else "rejected", "好 / good")

    monkeypatch.setattr(train_risk, "train", decided)

    done = train_risk.run(context, as_of=AS_OF)

    tried = TASKS[:leaves_after]
    wanted = [("score_risk", "train_risk")] if {*promoted} & {*SCORED} & {*tried} else []
    assert asked(context) == wanted
    assert all(count == (len(wanted) if task not in SCORED else 0) for task, count in asked_before.items())
    assert done.rows == len(tried)


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
def command(database: Engine, context: JobContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Return a function that runs a command of the jobs on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
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
