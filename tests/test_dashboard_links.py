"""Does a link mean the same in codes and in either language, and does it lead to where its widgets understand it?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import options
from dashboard.links import UnderstandLinks, understood
from data.reads import Choices
from tests import given_orders
from tests.given_pages import MakeEngine, database_away, on_database

CHOICES = Choices(
    channels=("douyin", "taobao"),
    regions=(("CN-51", "四川", "Sichuan"),),
    categories=("家居",),
    warehouses=(("CN-HZ", "杭州仓"),),
    carriers=(("SF", "顺丰", "SF Express"),),
    shops=(),
)


@pytest.mark.parametrize("said", ["douyin", "抖音", "Douyin", "DOUYIN"])
def test_a_channel_may_be_named_in_any_way(said: str) -> None:
    names = options.all_names(CHOICES)

    assert understood([("channel", said)], names=names, language="zh") == [("channel", "抖音")]
    assert understood([("channel", said)], names=names, language="en") == [("channel", "Douyin")]


def test_codes_of_every_kind_are_understood_and_strangers_left_alone() -> None:
    given = [
        ("lang", "en"),
        ("period", "30d"),
        ("region", "CN-51"),
        ("region", "none"),
        ("warehouse", "CN-HZ"),
        ("from", "2026-01-01"),
        ("x", "y"),
    ]

    meant = understood(given, names=options.all_names(CHOICES), language="en")

    assert [value for _, value in meant] == ["EN", "30 days", "Sichuan", "Unsorted", "杭州仓", "2026-01-01", "y"]


def test_what_a_widget_writes_is_understood_as_it_stands() -> None:
    names = options.all_names(CHOICES)
    for language, side in (("zh", 0), ("en", 1)):
        written = [(key, said[side]) for key, known in names.items() for said in known.values()]

        assert understood(written, names=names, language=language) == written


@pytest.fixture
def client(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    engine: Engine = make_engine(kind="demo")
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=given_orders.utc("2026-11-22T00:00"))
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse(request.url.query)), Route("/media/x", PlainTextResponse("x"))])
    with on_database(engine, monkeypatch=monkeypatch, home=tmp_path):
        yield TestClient(UnderstandLinks(app))


def test_a_link_in_codes_is_redirected_once(client: TestClient) -> None:
    answer = client.get("/?channel=douyin&warehouse=CN-HZ")

    assert [each.status_code for each in (*answer.history, answer)] == [307, 200]
    assert dict(answer.url.params) == {"channel": "抖音", "warehouse": "杭州仓"}


def test_other_paths_and_plain_pages_pass_untouched(client: TestClient) -> None:
    assert client.get("/media/x?channel=douyin").history == []
    assert client.get("/").history == []
    assert client.get("/?channel=抖音").history == []


def test_a_link_still_opens_while_the_database_is_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    assert dict(client.get("/?lang=en&channel=douyin").url.params) == {"lang": "EN", "channel": "douyin"}
