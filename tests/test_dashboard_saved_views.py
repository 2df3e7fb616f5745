"""Does a view open as it was saved, in either language and for whoever opens it, and is its name only ever a name?"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from dashboard import options
from dashboard.i18n import catalogue
from dashboard.links import understood
from dashboard.saved_views import DAYS, LABELS, SEVERAL, USUAL, codes_of, in_words, link, opened
from dashboard.tables import plain
from data import reads
from data.actions import VIEW_KEYS
from data.reads import Choices
from models.scope import EVERYTHING
from tests import given_orders
from tests.given_pages import ORDERS, MakeEngine, database_away, on_database, open_page, table, texts

TODAY = date(2026, 11, 22)
CHOICES = Choices(
    channels=("douyin", "tmall"),
    regions=(("CN-33", "浙江", "Zhejiang"), ("CN-51", "四川", "Sichuan")),
    categories=("家居", "Tea & Coffee"),
    warehouses=(("CN-HZ", "杭州仓"),),
    carriers=(("SF", "顺丰速运", "SF Express"),),
    shops=(),
)
NAMES = options.all_names(CHOICES)
EVERY = VIEW_KEYS["orders"]


def some_query() -> st.SearchStrategy[list[tuple[str, str]]]:
    """Return any query of the page of orders in codes, in the order of the page, nothing in it that a fresh page has anyway."""

    def held(key: str) -> st.SearchStrategy[list[str]]:
        if key in DAYS:
            return st.lists(st.dates(date(2026, 1, 1), TODAY).map(date.isoformat), max_size=1)
        codes = st.sampled_from([code or "none" for code in NAMES[key] if code != USUAL.get(key)])
        return st.lists(codes, unique=True, max_size=3 if key in SEVERAL else 1)

    chosen = st.fixed_dictionaries({key: held(key) for key in LABELS})
    return chosen.map(lambda found: [(key, code) for key in LABELS for code in found[key]])


@given(query=some_query(), saved_in=st.sampled_from(["zh", "en"]), opened_in=st.sampled_from(["zh", "en"]))
def test_a_view_opens_with_the_choices_it_was_saved_with_in_either_language(
    query: list[tuple[str, str]], saved_in: str, opened_in: str
) -> None:
    shown = understood(query, names=NAMES, language=saved_in)

    saved = codes_of(parse_qs(urlencode(shown)), names=NAMES, keys=EVERY)
    again = understood(parse_qsl(urlencode(saved)), names=NAMES, language=opened_in)

    assert saved == query
    assert codes_of(parse_qs(urlencode(again)), names=NAMES, keys=EVERY) == query
    assert again == understood(query, names=NAMES, language=opened_in)


@given(query=some_query())
def test_what_a_view_sets_says_the_same_as_its_link_and_leaves_nothing_of_what_was_there(query: list[tuple[str, str]]) -> None:
    state = opened(urlencode(query), names=NAMES, page="orders", today=TODAY)

    said: dict[str, list[str]] = {}
    for key, value in state.items():
        codes: list[Any] = value if isinstance(value, list) else [value]
        said[key] = [str(code) if code != "" else "none" for code in codes if code is not None]
    assert codes_of(said, names=NAMES, keys=EVERY) == query
    assert set(state) >= EVERY - set(DAYS)


def test_language_person_searches_and_strangers_are_no_part_of_a_view() -> None:
    address = {
        "lang": ["EN"],
        "who": ["demo.it"],
        "q": ["13800138000"],
        "kpi": ["index"],
        "channel": ["Douyin", "Narnia"],
        "from": ["bald"],
    }

    assert codes_of(address, names=NAMES, keys=EVERY) == [("channel", "douyin")]
    assert codes_of({"stage": ["异常停滞"]}, names=NAMES, keys=VIEW_KEYS["overview"]) == []


def test_a_view_opens_without_choices_its_opener_does_not_have_and_on_no_day_to_come() -> None:
    few = options.all_names(Choices(channels=("tmall",), regions=(), categories=(), warehouses=(), carriers=(), shops=()))
    query = "period=custom&from=2026-11-20&to=2099-01-01&channel=douyin&channel=tmall&warehouse=CN-HZ"

    state = opened(query, names=few, page="overview", today=TODAY)

    assert state == {
        "period": "custom",
        "from": date(2026, 11, 20),
        "to": TODAY,
        "channel": ["tmall"],
        "region": [],
        "category": [],
        "warehouse": [],
    }


def test_a_link_names_the_site_it_is_seen_on() -> None:
    query = [("category", "Tea & Coffee")]

    assert link("orders", query) == "orders?category=Tea+%26+Coffee"
    assert link("orders", query, site="https://hub.example/orders") == "https://hub.example/orders?category=Tea+%26+Coffee"
    assert link("orders", [], site="https://hub.example/base/") == "https://hub.example/base/orders"


@pytest.fixture(scope="module")
def built(make_engine: MakeEngine) -> Engine:
    engine = make_engine(kind="demo")
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), days=30, count=300)
    given_orders.rolled_up(engine, as_of=datetime.now(UTC))
    return engine


@pytest.fixture
def merchant(built: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(built, monkeypatch=monkeypatch, home=tmp_path) as engine:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM saved_views"))
            connection.execute(text("UPDATE people SET scope_shops = NULL"))
        yield engine


def save_here(app: AppTest, name: str, *, shared: bool = False) -> AppTest:
    """Save what a page shows under a name."""
    app.text_input(key="view_name").set_value(name)
    app.checkbox(key="view_shared").set_value(shared)
    return next(button for button in app.form_submit_button if button.label in ("保存", "Save")).click().run()


def become(app: AppTest, role: str) -> AppTest:
    """Be somebody else of the demo."""
    return app.radio(key="who").set_value(f"demo.{role}").run()


def kept(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM saved_views ORDER BY view_id")).mappings()]


def views(app: AppTest) -> dict[str, str]:
    """Return the views that a page lists: the label of each button by its key."""
    return {button.key: button.label for button in app.button if button.key and button.key.startswith("view_open_")}


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def chosen(app: AppTest) -> dict[str, object]:
    """Return what the widgets of a page hold."""
    return {key: app.session_state[key] for key in LABELS if key in app.session_state}


def listed(app: AppTest, head: str) -> list[str]:
    """Return a column of the list of orders, the last table of the page, links as they read."""
    found = table(app, len(app.table) - 1)
    return [re.sub(r"\[(.*)\]\(.*\)", r"\1", cell) for cell in found[head]]


def open_link(engine: Engine, query: str, *, language: str) -> AppTest:
    """Open the page of orders by a link in codes, as the server does it."""
    names = options.all_names(reads.choices(engine, scope=EVERYTHING))
    said = [*understood(parse_qsl(query), names=names, language=language), ("lang", "EN" if language == "en" else "中文")]
    return open_page(ORDERS, **{key: [value for other, value in said if other == key] for key, _ in said})


def test_a_view_saved_in_chinese_opens_in_english_with_the_same_orders(merchant: Engine) -> None:
    app = open_page(ORDERS, channel=["抖音", "天猫"], region="四川", period="近30日", metric="准时率")
    wanted, orders = chosen(app), listed(app, "订单号")

    save_here(app, "四川晨会")
    (row,) = kept(merchant)
    english = open_link(merchant, row["query"], language="en")

    assert (row["page"], row["person_id"], row["shared"]) == ("orders", "demo.manager", False)
    assert row["query"] == "period=30d&channel=douyin&channel=tmall&region=CN-51&metric=on_time"
    assert "视图已保存" in app.toast[0].value
    assert not english.exception
    assert chosen(english) == wanted
    assert listed(english, catalogue("en")["订单号"]) == orders
    assert list(views(english).values()) == ["四川晨会"]
    assert "我的视图" in texts(app) and "My views" in texts(english)


def test_a_click_opens_a_view_in_place_of_what_was_chosen(merchant: Engine) -> None:
    app = open_page(ORDERS, channel="抖音", period="近30日")
    wanted, orders = chosen(app), listed(app, "订单号")
    save_here(app, "抖音")
    (key,) = views(app)

    other = open_page(ORDERS, region="浙江", stage="待审", owner="我的", metric="取消率", q="12", compare="四周前")
    other.button(key=key).click().run()

    assert not other.exception
    assert chosen(other) == wanted
    assert listed(other, "订单号") == orders
    assert other.code[0].value == "orders?period=30d&channel=douyin"
    assert other.text_input(key="q").value == ""


def test_days_that_are_those_of_a_fresh_page_are_kept_as_the_days_they_are(merchant: Engine) -> None:
    app = open_page(ORDERS, period="自定义", compare="自选")
    first, last = app.session_state["from"], app.session_state["to"]

    save_here(app, "这一周")

    query = dict(parse_qsl(kept(merchant)[0]["query"]))
    assert (query["period"], query["from"], query["to"]) == ("custom", first.isoformat(), last.isoformat())
    assert query["cfrom"] < query["cto"] < query["to"]


def test_a_search_is_in_the_link_and_never_in_the_view(merchant: Engine) -> None:
    app = open_page(ORDERS, channel="抖音", q="13800138000")
    assert app.code[0].value == "orders?channel=douyin&q=13800138000"
    assert "搜索的文字不会存入视图" in texts(app)

    save_here(app, "找一单")

    assert kept(merchant)[0]["query"] == "channel=douyin"


def test_a_colleague_sees_a_shared_view_and_cannot_change_it(merchant: Engine) -> None:
    app = save_here(open_page(ORDERS, channel="抖音"), "晨会", shared=True)
    assert "停止共享" in [button.label for button in app.button]

    become(app, "finance")

    assert list(views(app).values()) == ["晨会"]
    assert "同事共享的视图" in texts(app) and "林悦" in texts(app)
    assert {"停止共享", "共享", "移除"} & {button.label for button in app.button} == set()


def test_its_author_shares_unshares_and_removes_a_view(merchant: Engine) -> None:
    app = save_here(open_page(ORDERS), "晨会")

    assert [row["shared"] for row in kept(merchant)] == [False]
    press(app, "共享")
    assert [row["shared"] for row in kept(merchant)] == [True]
    press(app, "停止共享")
    assert [row["shared"] for row in kept(merchant)] == [False]
    press(app, "移除")
    assert (views(app), "还没有视图" in texts(app)) == ({}, True)


def test_a_person_of_another_scope_who_opens_a_view_sees_only_their_part(merchant: Engine) -> None:
    app = save_here(open_page(ORDERS, channel=["抖音", "天猫"], period="近30日"), "两个渠道", shared=True)
    assert set(listed(app, "渠道")) == {"抖音", "天猫"}
    with merchant.begin() as connection:
        connection.execute(text("UPDATE people SET scope_shops = '{dy-live}' WHERE person_id = 'demo.operations'"))

    limited = become(open_page(ORDERS), "operations")
    (key,) = views(limited)
    limited.button(key=key).click().run()

    assert not limited.exception
    assert (limited.session_state["channel"], limited.session_state["period"]) == (["douyin"], "30d")
    assert set(listed(limited, "渠道")) == {"抖音"}
    assert "有些筛选在您的范围之外" in texts(limited)
    assert "tmall" not in limited.code[0].value


HOSTILE = ["**粗** _x_ `y`", "[点我](https://a.example)", "<b>x</b> &lt;", ":smile: :red[x] :material/delete:", "# 标题 $x^2$", "1. 一"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_ever_a_name(name: str, merchant: Engine) -> None:
    app = save_here(open_page(ORDERS), name)

    assert not app.exception
    assert list(views(app).values()) == [plain(name)] != [name]
    (key,) = views(app)
    assert app.button(key=key).help == plain(f"{name} — 没有筛选")
    assert name not in texts(app)


@pytest.mark.parametrize(("name", "why"), [("", "请写下视图的名字"), ("晨会", "您已有同名的视图")])
def test_a_view_that_cannot_be_saved_says_why(name: str, why: str, merchant: Engine) -> None:
    app = save_here(open_page(ORDERS), "晨会")

    save_here(app, name)

    assert why in app.toast[-1].value
    assert len(kept(merchant)) == 1


def test_a_view_that_is_gone_meanwhile_is_not_removed_again(merchant: Engine) -> None:
    app = save_here(open_page(ORDERS), "晨会")
    with merchant.begin() as connection:
        connection.execute(text("UPDATE saved_views SET removed_at = now()"))

    press(app, "移除")

    assert "已被移除" in app.toast[-1].value
    assert views(app) == {}


def test_when_the_database_is_away_saving_says_so(merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(ORDERS)
    database_away(monkeypatch)

    save_here(app, "晨会")

    assert "没有保存" in app.toast[0].value


def test_a_view_is_said_in_words(merchant: Engine) -> None:
    assert in_words([("period", "30d"), ("channel", "douyin"), ("channel", "tmall")], names=NAMES) == "日期：近30日 · 渠道：抖音、天猫"
