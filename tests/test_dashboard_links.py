"""Does a link mean the same in codes and in either language, and does it lead to where its widgets understand it?"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from dashboard import options
from dashboard.links import UnderstandLinks, understood
from data.reads import Choices
from tests import given_orders
from tests.conftest import Filled
from tests.given_pages import ORDERS, MakeEngine, database_away, on_database, open_page
from tests.given_sign_in import PASSWORD, with_people

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
    answer = client.get("/?channel=douyin&period=30d")

    assert [each.status_code for each in (*answer.history, answer)] == [307, 200]
    assert dict(answer.url.params) == {"channel": "抖音", "period": "近30日"}


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize(
    "said", ["warehouse=CN-HZ", "warehouse=nowhere", "region=CN-51", "category=家居", "carrier=SF", "warehouse=杭州仓"]
)
def test_whoever_may_be_a_stranger_is_told_nothing_of_the_data(
    said: str, here: bool, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not here:
        database_away(monkeypatch)

    answer = client.get(f"/?{said}")

    assert answer.history == []
    assert unquote(answer.text) == said


@pytest.fixture
def real(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(filled(with_people, kind="real"), monkeypatch=monkeypatch, home=tmp_path, inbox=tmp_path) as engine:
        yield engine


def arrived(app: AppTest, *, person_id: str) -> AppTest:
    app.text_input(key="sign_in_name").input(person_id)
    app.text_input(key="sign_in_password").input(PASSWORD)
    return app.form_submit_button[0].click().run()


def told(app: AppTest) -> str:
    """Return everything that a page sends to the browser, and the address that it has the browser show."""
    return f"{app._tree} {dict(app.query_params)}"


def test_before_anybody_signs_in_a_link_names_no_warehouse(real: Engine) -> None:
    known, unknown = (open_page(ORDERS, warehouse=code) for code in ("CN-HZ", "CN-XX"))

    assert "杭州仓" not in told(known)
    assert told(known).replace("CN-HZ", "CN-XX") == told(unknown)


@pytest.mark.parametrize(("person_id", "language"), [("everywhere", "zh"), ("hangzhou", "zh"), ("hangzhou", "en")])
def test_a_link_leads_there_after_the_sign_in_of_somebody_whose_scope_holds_it(person_id: str, language: str, real: Engine) -> None:
    spoken = {"zh": "中文", "en": "EN"}[language]
    link: dict[str, str | list[str]] = {"warehouse": ["CN-HZ", "CN-XX"], "region": "CN-51", "carrier": "none", "lang": spoken}

    app = arrived(open_page(ORDERS, **link), person_id=person_id)

    assert not app.exception
    assert [app.multiselect(key=key).value for key in ("warehouse", "region", "carrier")] == [["CN-HZ"], ["CN-51"], [""]]
    words = {"zh": ["杭州仓", "四川", "未归类"], "en": ["杭州仓", "Sichuan", "Unsorted"]}[language]
    assert [app.query_params[key] for key in ("warehouse", "region", "carrier")] == words


def test_a_link_to_what_is_outside_of_the_scope_names_nothing_after_the_sign_in_either(real: Engine) -> None:
    app = arrived(open_page(ORDERS, warehouse=["CN-HZ", "CN-CD"]), person_id="chengdu")
    nothing = arrived(open_page(ORDERS, warehouse="CN-HZ"), person_id="chengdu")

    assert not (app.exception or nothing.exception)
    assert (app.multiselect(key="warehouse").value, nothing.multiselect(key="warehouse").value) == (["CN-CD"], [])
    assert app.query_params["warehouse"] == "成都仓" and "成都仓" in told(app)
    assert "杭州仓" not in told(app) + told(nothing)


def test_what_somebody_has_chosen_since_stands_though_a_link_led_there(real: Engine) -> None:
    app = arrived(open_page(ORDERS, warehouse="CN-HZ"), person_id="everywhere")

    app.multiselect(key="warehouse").set_value(["CN-CD"]).run()

    assert app.multiselect(key="warehouse").value == ["CN-CD"]


def test_other_paths_and_plain_pages_pass_untouched(client: TestClient) -> None:
    assert client.get("/media/x?channel=douyin").history == []
    assert client.get("/").history == []
    assert client.get("/?channel=抖音").history == []


def test_a_link_still_opens_while_the_database_is_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    assert dict(client.get("/?lang=en&channel=douyin").url.params) == {"lang": "EN", "channel": "Douyin"}
