"""Does the page of orders list those behind a figure, as many as the figure says?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import given_orders
from tests.given_pages import ORDERS, MakeEngine, on_database, open_page, table, texts


@pytest.fixture
def merchant(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        with engine.begin() as connection:
            given_orders.merchant(connection, as_of=datetime.now(UTC), days=30, count=900)
        given_orders.rolled_up(engine, as_of=datetime.now(UTC))
        yield engine


def test_it_lists_the_late_orders_and_says_how_many_of_how_many(merchant: Engine) -> None:
    app = open_page(ORDERS)

    assert not app.exception
    assert "## 履约时效：" in texts(app)
    assert all(late != "—" for late in table(app, 0)["超时"])


def test_a_link_opens_the_orders_of_one_cell(merchant: Engine) -> None:
    app = open_page(ORDERS, component="履约时效", shown="全部", channel=["抖音"], region=["四川"])

    assert not app.exception
    found = table(app, 0)
    assert set(found["渠道"]) == {"抖音"}
    assert set(found["地区"]) == {"四川"}
    assert len(found["订单号"]) == min(50, _said(texts(app)))


def test_every_order_is_on_exactly_one_page(merchant: Engine) -> None:
    app = open_page(ORDERS, shown="全部", period="近30日")
    seen = table(app, 0)["订单号"]

    while not app.button(key="orders_on").disabled:
        app.button(key="orders_on").click().run()
        seen += table(app, 0)["订单号"]

    assert len(set(seen)) == len(seen) == _said(texts(app))
    app.button(key="orders_back").click().run()
    assert not app.exception


def test_the_page_speaks_english(merchant: Engine) -> None:
    app = open_page(ORDERS, lang="EN")

    assert not app.exception
    assert "## On-time shipping: " in texts(app)


def test_where_nothing_was_missed_the_page_says_so(merchant: Engine) -> None:
    with merchant.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET deadline_at = paid_to + interval '90 days' WHERE deadline_at IS NOT NULL")
    given_orders.rolled_up(merchant, as_of=datetime.now(UTC))

    app = open_page(ORDERS)

    assert not app.exception
    assert "没有这样的订单" in texts(app)


def _said(said: str) -> int:
    """Return of how many orders the title speaks."""
    return int(said.split("共 ")[1].split(" 单")[0].replace(",", ""))
