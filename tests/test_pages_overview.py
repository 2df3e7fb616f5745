"""Does the overview show the business, and say so when there is nothing, when it is old, and when the database is away?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from models.scope import ROLES
from tests import given_orders
from tests.conftest import Filled
from tests.given_pages import MakeEngine, database_away, on_database, open_page, table, texts


@pytest.fixture
def database(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def two_months(engine: Engine) -> None:
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), days=60, count=1500)
    given_orders.rolled_up(engine, as_of=datetime.now(UTC))


@pytest.fixture
def merchant(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(filled(two_months), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def test_a_full_overview_has_the_index_six_components_four_figures_and_its_charts(merchant: Engine) -> None:
    app = open_page()

    assert not app.exception
    labels = [metric.label for metric in app.metric]
    assert labels[0] == "订单健康指数"
    assert labels[1:7] == ["履约时效", "库存满足率", "对账准确率", "订单同步", "库存同步", "异常处置"]
    assert labels[7:] == ["订单数", "支付金额", "平均发货时长", "逾期未发"]
    assert len(app.get("plotly_chart")) >= 3
    assert table(app, 1)["渠道"][-1] == "合计"


def test_an_unmeasured_component_is_missing_and_not_perfect(merchant: Engine) -> None:
    values = {metric.label: metric.value for metric in open_page().metric}

    assert values["库存满足率"] == "—"
    assert values["履约时效"].endswith("%")


def test_the_title_states_the_index_and_its_change(merchant: Engine) -> None:
    said = texts(open_page())

    assert "## 健康指数 " in said
    assert "，较前 7 天 " in said or "与前 7 天持平" in said
    assert "覆盖 40/100" not in [metric.value for metric in open_page().metric]


def test_every_figure_links_to_its_definition_and_names_its_snapshot(merchant: Engine) -> None:
    app = open_page()

    with merchant.connect() as connection:
        snapshot = connection.execute(text("SELECT max(snapshot_id) FROM snapshots")).scalar_one()
    measured = [metric for metric in app.metric if metric.value != "—" and metric.label != "逾期未发"]
    assert measured
    for metric in measured:
        assert f"快照 #{snapshot}" in metric.help
        assert "definitions?kpi=" in metric.help


def test_the_five_costliest_cells_link_to_their_orders(merchant: Engine) -> None:
    costliest = table(open_page(), 0)

    assert 1 <= len(costliest["在哪里"]) <= 5
    assert all("orders?component=C1&period=custom" in link for link in costliest["在哪里"])


def test_the_overview_speaks_english_without_a_chinese_word_of_ours(merchant: Engine) -> None:
    app = open_page(lang="EN")

    assert not app.exception
    assert app.metric[0].label == "Order health index"
    assert "## Health index " in texts(app)
    assert not any("\u4e00" <= sign <= "\u9fff" for metric in app.metric for sign in metric.label)


def test_a_warehouse_and_a_region_together_are_not_applicable_and_never_drawn_unfiltered(merchant: Engine) -> None:
    app = open_page(warehouse=["杭州仓"], region=["四川"])

    assert not app.exception
    assert "不适用" in texts(app)
    assert not app.metric


def test_orders_that_are_not_rolled_up_yet_are_announced(database: Engine) -> None:
    with database.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), count=50)

    app = open_page()

    assert not app.exception
    assert "正在汇总" in texts(app)


def test_without_an_order_the_page_says_how_to_begin(database: Engine) -> None:
    app = open_page()

    assert not app.exception
    assert "还没有订单" in texts(app)
    assert not app.metric


def test_a_period_without_orders_says_when_the_last_one_was(database: Engine) -> None:
    with database.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC) - timedelta(days=300), count=50)
    given_orders.rolled_up(database, as_of=datetime.now(UTC))

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
    assert table(app, 1)["渠道"] == ["抖音", "合计"]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_opens_the_page(role: str, merchant: Engine) -> None:
    app = open_page()

    app.radio(key="who").set_value(f"demo.{role}").run()

    assert not app.exception
    assert app.metric
