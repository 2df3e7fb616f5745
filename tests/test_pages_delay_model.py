"""The page of the delay model says what will be late, how sure that is, and when the model is not to be believed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, text, update
from streamlit.testing.v1 import AppTest

from data.tables import delay_rules, job_runs, model_drift, model_versions, risk_now, risk_scores
from models.delay_risk.rules import TargetRule, rules_as_json
from tests import given_delay_model, given_orders
from tests.given_pages import MakeEngine, on_database, open_page, table
from tests.given_pages import texts as plain_texts

DELAY_MODEL = "../pages/delay_model.py"


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine(kind="demo")
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=now(), count=300)
        given_delay_model.waiting(connection, as_of=now(), count=60)
    given_orders.rolled_up(engine, as_of=datetime.now(UTC))
    return engine


@pytest.fixture
def shop(merchant: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with merchant.begin() as connection:
        for each in (model_versions, model_drift, risk_now, risk_scores):
            connection.execute(delete(each))
    with on_database(merchant, monkeypatch=monkeypatch, home=tmp_path):
        yield merchant


def texts(app: AppTest) -> str:
    """Return every text of the page, what stands beside its figures too."""
    return "\n".join([plain_texts(app), *(metric.proto.delta_description for metric in app.metric)])


def now() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def given(engine: Engine) -> int:
    with engine.begin() as connection:
        return given_delay_model.everything(connection, as_of=now())


def scoring_runs(connection: Connection, *, succeeded: datetime, failed: datetime | None = None) -> None:
    """Write that the scoring succeeded last at an instant, and failed since where that is given."""
    connection.execute(delete(job_runs))
    row = {"job": "score_risk", "host": "here", "pid": 1}
    for at, status in ((succeeded, "succeeded"), (failed, "failed")):
        if at is not None:
            given_orders.insert_rows(connection, job_runs, [row | {"planned_for": at, "started_at": at, "status": status}])


def test_the_page_says_what_will_be_late_by_which_version_and_what_it_is_worth(shop: Engine) -> None:
    version = given(shop)

    app = open_page(DELAY_MODEL)

    assert not app.exception
    said = texts(app)
    assert "单待发：" in said and "其余预计还有" in said
    assert f"模型版本 {version}" in said
    assert "0.830" in said and "[0.810, 0.850] 基线 0.790" in said
    assert "抓住 33.0% 的超时单" in said
    assert "履约时效本周预计" in said
    assert "没有漂移" in said
    riskiest = table(app, 0)
    assert all(reasons.startswith("↑ 周五 17 点后付款；↑ ") for reasons in riskiest["主要原因"])
    named = [reasons for reasons, warehouse in zip(riskiest["主要原因"], riskiest["仓库"], strict=True) if warehouse == "杭州仓"]
    assert named and all("杭州仓 排队 1.8 倍" in reasons for reasons in named)


def test_the_page_names_the_rules_it_scores_by_and_says_when_they_have_changed(shop: Engine) -> None:
    given(shop)
    before = texts(open_page(DELAY_MODEL))
    rule = {"version": 1, "working_days": 1, "hours": 48, "cut_off_hour": 24, "weekends_work": False, "set_by": "lin", "set_at": now()}
    with shop.begin() as connection:
        given_orders.insert_rows(connection, delay_rules, [rule | {"channel": "*"}])
    try:
        between = texts(open_page(DELAY_MODEL))
        with shop.begin() as connection:
            params = {"rules": rules_as_json([TargetRule(working_days=1)])}
            connection.execute(update(model_versions).where(model_versions.c.status == "champion").values(params=params))
        after = texts(open_page(DELAY_MODEL))
    finally:
        with shop.begin() as connection:
            connection.execute(delete(delay_rules))

    two, one, changed = "第 2 个工作日结束前没有发出", "第 1 个工作日结束前没有发出", "仍按旧目标评分"
    assert two in before and changed not in before
    assert two in between and one not in between and changed in between
    assert f"目标：{one}" in after and changed not in after


def test_the_riskiest_orders_come_first_and_those_late_already_are_not_listed(shop: Engine) -> None:
    given(shop)

    app = open_page(DELAY_MODEL)

    risks = [int(cell.split()[-1].split("%")[0]) for cell in table(app, 0)["超时风险"]]
    assert risks == sorted(risks, reverse=True) and risks[0] < 100


@pytest.mark.parametrize(
    ("training", "said"),
    [
        (None, "还没有训练过模型"),
        ("running", "模型正在训练，训练好就马上重新评分"),
        ("succeeded", "还没有训练出模型：到期且结果已知的订单还不够"),
        ("failed", "上次训练没有完成，请看“接入与任务”里的 train_risk"),
    ],
)
def test_without_a_model_the_page_says_that_a_baseline_scores_and_why(shop: Engine, training: str | None, said: str) -> None:
    with shop.begin() as connection:
        connection.execute(delete(job_runs))
        if training is not None:
            row = {"job": "train_risk", "planned_for": now(), "started_at": now(), "status": training, "host": "here", "pid": 1}
            given_orders.insert_rows(connection, job_runs, [row])
        given_delay_model.scores(connection, as_of=now(), version=None, fallback="no_model")

    app = open_page(DELAY_MODEL)

    assert not app.exception
    assert said in texts(app) and "现在的评分来自基线" in texts(app)
    assert set(table(app, 0)["主要原因"]) == {"评分时还没有可用的模型"}


def test_a_model_that_did_not_beat_the_baselines_is_named_with_its_reason(shop: Engine) -> None:
    with shop.begin() as connection:
        row = given_delay_model.a_version(at=now(), status="rejected", reason="没有同时胜过两个基线，不采用 / it is not used")
        given_orders.insert_rows(connection, model_versions, [row])
        given_delay_model.scores(connection, as_of=now(), version=None, fallback="no_model")

    assert "未采用：没有同时胜过两个基线，不采用" in texts(open_page(DELAY_MODEL))


def test_a_tampered_model_is_an_error_on_the_page_and_its_scores_are_the_baselines(shop: Engine) -> None:
    with shop.begin() as connection:
        given_delay_model.versions(connection, as_of=now())
        given_delay_model.scores(connection, as_of=now(), version=None, fallback="tampered")

    app = open_page(DELAY_MODEL)

    assert "指纹不符" in app.error[0].value and "rollback" in app.error[0].value


def test_a_model_that_has_just_come_into_use_is_no_error_though_the_scores_are_still_the_baselines(shop: Engine) -> None:
    with shop.begin() as connection:
        given_delay_model.versions(connection, as_of=now())
        given_delay_model.scores(connection, as_of=now() - timedelta(minutes=4), version=None, fallback="no_model")
        connection.execute(update(model_versions).where(model_versions.c.status == "champion").values(promoted_at=now()))

    app = open_page(DELAY_MODEL)

    assert "模型刚刚启用" in app.info[0].value
    assert not app.error


def test_scores_of_a_run_that_began_during_the_training_are_no_error_either(shop: Engine) -> None:
    with shop.begin() as connection:
        given_delay_model.versions(connection, as_of=now())
        given_delay_model.scores(connection, as_of=now(), version=None, fallback="no_model")

    app = open_page(DELAY_MODEL)

    assert "模型刚刚启用" in app.info[0].value
    assert not app.error
    assert set(table(app, 0)["主要原因"]) == {"评分时还没有可用的模型"}


def test_scores_are_old_once_no_scoring_has_succeeded_for_long_and_the_page_says_since_when(shop: Engine) -> None:
    given(shop)
    with shop.begin() as connection:
        scoring_runs(connection, succeeded=now() - timedelta(hours=2), failed=now())

    (said,) = (warning.value for warning in open_page(DELAY_MODEL).warning)

    assert said.startswith("score_risk 自 ") and "（2小时前）起没有成功运行过" in said


def test_scores_that_no_landmark_has_moved_for_hours_are_not_old_while_the_scoring_succeeds(shop: Engine) -> None:
    given(shop)
    with shop.begin() as connection:
        connection.execute(update(risk_now).values(scored_at=now() - timedelta(hours=5)))
        scoring_runs(connection, succeeded=now() - timedelta(minutes=4))

    assert not open_page(DELAY_MODEL).warning


def test_scores_without_a_run_on_the_ledger_are_as_old_as_the_newest_of_them(shop: Engine) -> None:
    given(shop)
    with shop.begin() as connection:
        connection.execute(delete(job_runs))
        connection.execute(update(risk_now).values(scored_at=now() - timedelta(hours=3)))

    assert "（3小时前）起没有成功运行过" in texts(open_page(DELAY_MODEL))


def test_drift_is_told(shop: Engine) -> None:
    with shop.begin() as connection:
        version = given_delay_model.versions(connection, as_of=now())
        given_delay_model.drift(connection, as_of=now(), version=version, gap=0.09)

    assert "1 项超过上限，已请求重训" in texts(open_page(DELAY_MODEL))


def test_a_filter_narrows_the_open_orders_and_leaves_the_models_figures(shop: Engine) -> None:
    given(shop)

    whole, part = texts(open_page(DELAY_MODEL)), texts(open_page(DELAY_MODEL, channel="抖音"))

    assert whole.splitlines()[0] != part.splitlines()[0] and "单待发" in part
    assert "[0.810, 0.850] 基线 0.790" in part


def test_the_page_speaks_english(shop: Engine) -> None:
    given(shop)

    said = texts(open_page(DELAY_MODEL, lang="EN"))

    assert "orders to ship" in said and "Ranking (AUC)" in said
    assert not [word for word in ("待发", "风险", "模型", "超时", "基线") if word in said]


def test_an_installation_without_orders_says_what_will_happen(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with on_database(engine, monkeypatch=monkeypatch, home=tmp_path, inbox=tmp_path):
        app = open_page(DELAY_MODEL)

    assert not app.exception


def test_the_week_counts_done_promises_as_they_are_and_open_ones_by_their_chance(shop: Engine) -> None:
    given(shop)
    with shop.connect() as connection:
        due = _due_this_week(connection)

    app = open_page(DELAY_MODEL)

    assert f"/ {due:,} 单准时" in texts(app)


def _due_this_week(connection: Connection) -> int:
    asked = """
        SELECT count(*) FROM orders WHERE NOT stub AND deadline_at >= date_trunc('week', now(), 'Asia/Shanghai')
          AND deadline_at < date_trunc('week', now(), 'Asia/Shanghai') + interval '7 days'
          AND NOT (shipped_to IS NULL AND cancelled_to IS NULL AND refunded_to IS NULL AND deadline_at > date_trunc('minute', now()))"""
    return int(connection.execute(text(asked)).scalar_one())
