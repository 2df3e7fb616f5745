"""Does the overview show the business, and say so when there is nothing, when it is old, and when the database is away?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from models.scope import ROLES
from tests import given_orders
from tests.given_pages import MakeEngine, database_away, on_database, open_page, table, texts


@pytest.fixture
def database(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


@pytest.fixture
def merchant(database: Engine) -> Engine:
    with database.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC))
    return database


def test_a_full_overview_has_its_four_figures_three_charts_and_the_total(merchant: Engine) -> None:
    app = open_page()

    assert not app.exception
    assert [metric.label for metric in app.metric] == ["订单数", "实付金额", "已发货占比", "平均发货时长"]
    assert all(metric.value not in ("—", "") for metric in app.metric)
    assert len(app.get("plotly_chart")) >= 3
    assert table(app, 0)["渠道"][-1] == "合计"


def test_the_title_states_the_message(merchant: Engine) -> None:
    app = open_page()

    assert "发货最慢：平均" in texts(app)
    assert "近7日" in texts(app)


def test_the_overview_speaks_english_without_a_chinese_word_of_ours(merchant: Engine) -> None:
    app = open_page(lang="EN")

    assert not app.exception
    assert [metric.label for metric in app.metric] == ["Orders", "Amount paid", "Shipped share", "Average ship time"]
    assert "ships slowest" in texts(app)


def test_without_an_order_the_page_says_how_to_begin(database: Engine) -> None:
    app = open_page()

    assert not app.exception
    assert "还没有订单" in texts(app)
    assert not app.metric


def test_a_period_without_orders_says_when_the_last_one_was(database: Engine) -> None:
    with database.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC) - timedelta(days=300), count=50)

    app = open_page()

    assert not app.exception
    assert "所选范围内没有订单" in texts(app)


def test_when_the_jobs_have_stopped_the_page_says_since_when_the_figures_stand(merchant: Engine) -> None:
    with merchant.begin() as connection:
        connection.execute(text("UPDATE heartbeats SET beat_at = now() - interval '2 hours'"))

    app = open_page()

    assert not app.exception
    assert "后台任务已停" in app.warning[0].value


def test_when_the_database_is_away_the_page_says_so_and_offers_to_try_again(merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    app = open_page()

    assert not app.exception
    assert "连不上数据库" in texts(app)
    assert app.button(key="retry_page").label == "重试"


def test_a_deep_link_narrows_the_page_and_a_change_of_page_keeps_it(merchant: Engine) -> None:
    app = open_page(channel=["抖音"], period="近30日")
    app.switch_page("../pages/sources.py").run()
    app.switch_page("../pages/overview.py").run()

    assert app.multiselect(key="channel").value == ["douyin"]
    assert app.segmented_control(key="period").value == "30d"
    assert table(app, 0)["渠道"] == ["抖音", "合计"]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_opens_the_page(role: str, merchant: Engine) -> None:
    app = open_page()

    app.radio(key="who").set_value(f"demo.{role}").run()

    assert not app.exception
    assert app.metric
