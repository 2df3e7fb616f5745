"""Does the page of an order say where it stands and why, hide whom it is about, and let people look after it?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest
from sqlalchemy import Engine, text, update
from streamlit.testing.v1 import AppTest

from dashboard import order_detail_sources, order_links, tables
from dashboard.navigation import PAGES
from dashboard.order_detail import promise_said, stage_name
from dashboard.order_detail_timeline import EVENTS, SHOWN, rule_said
from data import actions
from data.ingest import ingest_path
from data.queries.order_detail import OrderHead
from data.queries.promises import PromiseVersion
from data.reads import SHOWN_SIGNS
from data.refused import MASK
from data.settings import Settings
from data.tables import order_lines, people
from data.writes.retention import erase_contact, mark_files_erased
from models.events import EVENT_TYPES
from models.promise import PromiseRule
from tests import given_orders
from tests.given_detail import CHEN, KEY, SECRETS, one_order
from tests.given_pages import ORDERS, MakeEngine, database_away, on_database, open_page, table, texts
from tests.own_files import stock_out, write_stock_out

ORDER = "../pages/order.py"
NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


@pytest.fixture
def shop(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        one_order(engine, home=tmp_path, as_of=datetime.now(UTC) - timedelta(hours=1))
        yield engine


def open_order(number: str = "1", *, shop_id: str = "shop", **query: str) -> AppTest:
    return open_page(ORDER, shop=shop_id, no=number, **query)


def sent(app: AppTest) -> bytes:
    """Return all that a run has sent to the browser."""
    found = [element.proto.SerializeToString() for block in (app.main, app.sidebar) for element in _elements(block)]
    return b"\n".join(found) + "".join(toast.value for toast in app.toast).encode()


def _elements(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", {}).values():
        if hasattr(child, "children"):
            yield from _elements(child)
        if hasattr(getattr(child, "proto", None), "SerializeToString"):
            yield child


def secrets_in(app: AppTest) -> list[str]:
    told = sent(app)
    return [secret for secret in SECRETS if secret.encode() in told]


def listed(app: AppTest, head: str) -> dict[str, list[str]]:
    """Return the first listing of a page that has a column of this name."""
    return next(found for found in (table(app, number) for number in range(len(app.table))) if head in found)


def audit(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        query = text("SELECT person_id, action FROM audit_log WHERE subject = 'shop/1' ORDER BY audit_id")
        return [(row.person_id, row.action) for row in connection.execute(query)]


def as_person(app: AppTest, role: str) -> AppTest:
    return app.radio(key="who").set_value(f"demo.{role}").run()


def press(app: AppTest, label: str) -> AppTest:
    """Press the button of a form."""
    return next(button for button in app.form_submit_button if button.label == label).click().run()


def test_the_title_says_the_stage_the_promise_and_whose_it_is(shop: Engine) -> None:
    app = open_order()

    assert not app.exception
    assert "## 订单 1 · 已发货 · :green[●] 按时发货 · 无人负责" in texts(app)
    assert "四川 · 成都市" in texts(app)
    assert "中通快递" in texts(app)


def test_the_page_speaks_english(shop: Engine) -> None:
    app = open_order(lang="EN")

    assert not app.exception
    assert "## Order 1 · In transit · :green[●] On time · no owner" in texts(app)
    assert listed(app, "Learnt")["Event"][:2] == ["Placed", "Paid"]


def test_the_timeline_shows_both_clocks_the_deadline_and_folds_what_else_was_said(shop: Engine) -> None:
    app = open_order()

    found, others = listed(app, "得知时间"), table(app, 1)
    assert found["事件"] == ["下单", "付款", "审单", "分仓", "打单", "发货", ":gray-badge[承诺期限]"]
    assert found["发生时间"][:2] == ["11-01 10:00", "11-01 10:05"]
    assert found["来源"][-1] == "规则：淘宝 · 全部类型 · 48 小时内"
    assert found["说明"][-2:] == ["另有 1 种说法", ":green[●] 按时发货"]
    assert (others["事件"], others["说明"]) == (["发货"], ["未采信"])
    assert "其他来源的说法（1）" in [expander.label for expander in app.expander]


def test_an_event_of_which_only_bounds_are_known_shows_them(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE order_events SET occurred_from = '2026-10-31T16:00Z' WHERE type = 'reviewed'"))
        connection.execute(text("UPDATE order_events SET occurred_from = '1970-01-01T00:00Z' WHERE type = 'allocated'"))

    found = listed(open_order(), "得知时间")

    told = {event: (happened, note) for event, happened, note in zip(found["事件"], found["发生时间"], found["说明"], strict=True)}
    assert told["审单"] == ("11-01 00:00 — 11-01 10:30", "只知道区间")
    assert told["分仓"] == ("不晚于 11-01 10:31", "只知道区间")


def test_lines_and_amounts_say_who_states_them(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(update(order_lines).where(order_lines.c.order_no == "1").values(amount_minor=5_000))

    app = open_order()

    lines, money = listed(app, "SKU"), listed(app, "数额")
    assert (lines["SKU"], lines["数量"], lines["金额"]) == (["SKU1", "SKU2", "合计"], ["1", "2", "3"], ["¥50.00", "¥50.00", "¥100.00"])
    assert "的明细为准" in texts(app)
    assert dict(zip(money["项目"], money["数额"], strict=True)) == {
        "应付总额": "¥100.00",
        "货款": "¥100.00",
        "运费": "¥0.00",
        "实付": "¥100.00",
    }
    assert {"淘宝" in said for said in money["依据"]} == {True}


def test_where_sources_differ_over_an_amount_the_other_word_stands_beside_it(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE order_claims SET freight_minor = 1200 WHERE source LIKE 'wangdian%'"))

    money = listed(open_order(), "数额")

    assert money["其他说法"][money["项目"].index("运费")].startswith("¥12.00（旺店通")


def test_an_amount_in_another_currency_is_told_in_the_reporting_currency_too(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE orders SET currency = 'JPY', paid_reporting_minor = 480"))
    assert "实付按付款日汇率折合 ¥4.80" in texts(open_order())
    assert "JPY 10,000" in listed(open_order(), "数额")["数额"]

    with shop.begin() as connection:
        connection.execute(text("UPDATE orders SET paid_reporting_minor = NULL"))
    assert "付款日没有汇率" in texts(open_order())


@pytest.mark.parametrize("number", ["no-such", "1\0", "", "**1**"])
def test_an_order_that_is_not_there_is_not_found(number: str, shop: Engine) -> None:
    app = open_order(number)

    assert not app.exception
    assert "没有这个订单" in texts(app)


def test_an_order_outside_the_scope_looks_exactly_as_one_that_is_not_there(shop: Engine) -> None:
    missing = as_person(open_order("no-such"), "operations")
    with shop.begin() as connection:
        connection.execute(update(people).where(people.c.person_id == "demo.operations").values(scope_channels=["jd"]))

    unseen, absent = as_person(open_order(), "operations"), as_person(open_order("no-such"), "operations")

    assert texts(unseen) == texts(absent)
    assert "没有这个订单" in texts(unseen)
    assert "没有这个订单" in texts(missing)


def test_no_word_of_the_buyer_is_sent_before_somebody_asks(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "selectable", lambda *_, **__: [2])

    app = open_order()

    assert "orders.csv" in texts(app)
    assert MASK.encode() in sent(app)
    assert secrets_in(app) == []
    assert audit(shop) == []


def test_a_contact_is_shown_for_one_run_and_each_look_is_written_down(shop: Engine) -> None:
    app = open_order()
    app.button(key="reveal_contact").click().run()

    assert set(secrets_in(app)) == set(SECRETS)
    assert audit(shop) == [("demo.manager", "revealed")]
    assert "林悦" in texts(app) and "查看了联系方式" in texts(app)

    app.run()
    assert secrets_in(app) == []
    assert not any(secret in str(app.session_state._state.filtered_state) for secret in SECRETS)
    app.button(key="reveal_contact").click().run()
    assert audit(shop) == [("demo.manager", "revealed")] * 2


def test_the_raw_row_of_the_file_is_revealed_once_and_written_down(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "selectable", lambda *_, **__: [2])
    app = open_order()
    app.button(key="reveal_row").click().run()

    assert not app.exception
    assert "张三" in listed(app, "原文")["原文"]
    assert audit(shop) == [("demo.manager", "revealed")]
    assert "查看了来源行的联系方式（第 2 行）" in texts(app)
    app.run()
    assert secrets_in(app) == []


def test_rows_of_a_file_that_say_the_same_are_folded_and_each_can_be_read(
    shop: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parcel = stock_out(1, shipped="2026-11-01 13:00:00")
    rows = [parcel | {"出库单号": f"CK1-{n}", "物流单号": f"ZT1-{n}"} for n in (1, 2, 2, 2, 1)]
    path = write_stock_out(tmp_path / "in" / "parcels.csv", [*rows[:3], stock_out(2), *rows[3:]])
    ingest_path(shop, path, settings=Settings(home=tmp_path), as_of=datetime.now(UTC), nature="live", shop="shop")
    drawn: list[pd.DataFrame] = []

    def selectable(frame: pd.DataFrame, **_: object) -> list[int]:
        drawn.append(frame)
        folded = (frame["文件"] == "parcels.csv") & frame["行号"].str.contains("–")
        return [int(folded.to_numpy().argmax())]

    monkeypatch.setattr(tables, "selectable", selectable)
    app = open_order()

    assert not app.exception
    of_parcels = drawn[-1][drawn[-1]["文件"] == "parcels.csv"]
    numbers = [number for said in of_parcels["行号"] for number in unfolded(said)]
    assert sorted(numbers) == [2, 3, 4, 6, 7]
    choice = next(box for box in app.selectbox if box.label == "行号")
    app = choice.set_value(len(choice.options) - 1).run()
    assert f"第 {choice.options[-1]} 行" in texts(app)
    assert listed(app, "原文")


def test_a_large_file_is_read_through_when_somebody_asks(shop: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parcels = [stock_out(1, shipped="2026-11-01 13:00:00") for _ in range(3)]
    path = write_stock_out(tmp_path / "in" / "parcels.csv", parcels)
    ingest_path(shop, path, settings=Settings(home=tmp_path), as_of=datetime.now(UTC), nature="live", shop="shop")
    monkeypatch.setattr(order_detail_sources, "LARGE_BYTES", path.stat().st_size - 1)
    drawn: list[pd.DataFrame] = []

    def selectable(frame: pd.DataFrame, **_: object) -> list[int]:
        drawn.append(frame)
        return []

    monkeypatch.setattr(tables, "selectable", selectable)
    app = open_order()
    app.toggle(key="order_rows_large").set_value(True).run()

    assert not app.exception
    before, after = ([*frame["行号"][frame["文件"] == "parcels.csv"]] for frame in (drawn[0], drawn[-1]))
    assert (unfolded("、".join(before)), sorted(unfolded("、".join(after)))) == ([2], [2, 3, 4])


def unfolded(said: str) -> list[int]:
    """Return the numbers that ranges stand for."""
    ends = [[int(end) for end in each.split("–")] for each in said.split("、")]
    return [number for each in ends for number in range(each[0], each[-1] + 1)]


def test_an_analyst_sees_masks_and_no_way_behind_them(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "selectable", lambda *_, **__: [2])

    app = as_person(open_order(), "analyst")

    assert not {"reveal_contact", "reveal_row"} & {button.key for button in app.button}
    assert "您的角色不能查看联系方式。" in texts(app)
    assert secrets_in(app) == []


def test_an_erased_contact_is_told_as_erased_and_nothing_of_it_can_be_shown(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "selectable", lambda *_, **__: [2])
    with shop.begin() as connection:
        erase_contact(connection, **KEY, person_id="demo.it", at=datetime.now(UTC))

    app = open_order()

    assert "应要求删除" in texts(app)
    assert not {"reveal_contact", "reveal_row"} & {button.key for button in app.button}
    assert "删除了买家的联系方式" in texts(app)
    assert secrets_in(app) == []


def test_contacts_and_files_past_their_retention_say_so(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "selectable", lambda *_, **__: [2])
    with shop.begin() as connection:
        connection.execute(text("DELETE FROM order_contacts"))
    assert "没有来源给出联系方式" in texts(open_order())

    with shop.begin() as connection:
        connection.execute(text("UPDATE orders SET ingested_at = now() - interval '91 days'"))
        mark_files_erased(connection, file_ids=[1, 2, 3], at=datetime.now(UTC))
    said = texts(open_order())
    assert "联系方式只保留 90 天，这个订单已过保留期。" in said
    assert "原文已过保留期" in said


def test_an_order_is_taken_assigned_and_given_back(shop: Engine) -> None:
    app = open_order()
    app.button(key="take_order").click().run()
    assert "· 林悦 负责" in texts(app)
    assert "take_order" not in {button.key for button in app.button}

    app.selectbox(key="order_assignee").select("demo.operations")
    app.button(key="assign_order").click().run()
    assert "· 陈阳 负责" in texts(app)
    assert "把订单指派给 陈阳" in texts(app)

    app.button(key="give_back_order").click().run()
    assert "· 无人负责" in texts(app)
    assert [action for _, action in audit(shop)] == ["took_order", "assigned_order", "gave_back_order"]


def test_who_chooses_nobody_to_assign_to_is_told(shop: Engine) -> None:
    app = open_order()
    app.button(key="assign_order").click().run()

    assert "请先选择同事" in app.toast[0].value
    assert audit(shop) == []


def test_of_two_people_the_second_is_told_by_name_who_was_first(shop: Engine) -> None:
    app = open_order()
    actions.set_owner(shop, person=CHEN, **KEY, owner="chen", seen=0, as_of=datetime.now(UTC))

    app.button(key="take_order").click().run()

    assert "陈阳 已于" in app.toast[0].value
    assert "· 陈阳 负责" in texts(app)
    assert audit(shop) == [("chen", "took_order")]


def test_a_comment_is_posted_with_its_mentions_and_the_form_is_empty_again(shop: Engine) -> None:
    app = open_order()
    app.text_area(key="order_comment").set_value("已催仓库 @许清 @张三")
    app.multiselect(key="order_mentioned").select("demo.warehouse")
    press(app, "发表")

    assert not app.exception
    assert "张三" in app.toast[0].value
    assert [element.value for element in app.text] == ["@赵川 已催仓库 @许清 @张三"]
    assert app.text_area(key="order_comment").value == ""
    with shop.connect() as connection:
        kept = connection.execute(text("SELECT person_id, mentions FROM order_comments")).one()
    assert (kept.person_id, set(kept.mentions)) == ("demo.manager", {"demo.warehouse", "demo.finance"})


def test_a_comment_that_is_refused_stays_in_the_form(shop: Engine) -> None:
    app = open_order()
    app.text_area(key="order_comment").set_value("长" * 1995)
    app.multiselect(key="order_mentioned").select("demo.warehouse").select("demo.finance")
    press(app, "发表")

    assert "最多 2000 字" in app.toast[0].value
    assert len(app.text_area(key="order_comment").value or "") == 1995
    assert audit(shop) == []


@pytest.mark.parametrize(
    "hostile",
    ["**粗** [点](https://evil.example) <b>x</b> :red[红] $x$", "1. 杯\n# 大", "😀🏷️", "x" * 10_000_000],
    ids=lambda text: text[:8],
)
def test_a_hostile_title_is_shown_to_the_letter_and_not_whole_where_it_is_endless(hostile: str, shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(update(order_lines).where(order_lines.c.line_key.is_not(None)).values(title=hostile))

    app = open_order()

    assert not app.exception
    shown = listed(app, "SKU")["商品"][0]
    whole = tables.plain(hostile) if len(hostile) <= SHOWN_SIGNS else "x" * SHOWN_SIGNS + "…"
    assert shown.replace(" ", "") == whole.replace("\u2060", "").replace(" ", "")
    assert len(sent(app)) < 200_000


def test_more_events_than_a_table_holds_are_counted(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO order_events SELECT shop_id, order_no, 'part_shipped', 'p' || n, source, occurred_from, occurred_to, rank,
                observed_at, ingested_at, nature, file_id, row_number
            FROM order_events, generate_series(1, 300) AS n WHERE order_no = '1' AND type = 'paid'""")
        )

    app = open_order()

    assert len(listed(app, "得知时间")["事件"]) == SHOWN
    # six steps, the deadline, three hundred packages
    assert f"只列前 {SHOWN} 条，共 307 条。" in texts(app)


def test_a_stub_and_an_order_on_hold_say_what_they_are(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE orders SET stub = true, on_hold = true"))

    app = open_order()

    assert "还没有收到这个订单的主单" in texts(app)
    assert "订单被冻结" in texts(app)


def test_when_the_database_is_away_the_page_says_so(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    assert "连不上数据库" in texts(open_order())


def test_the_page_is_hidden_from_the_navigation_and_known_to_links() -> None:
    [entry] = [page for page in PAGES if page.url_path == order_links.ORDER_PATH]

    assert entry.hidden
    assert [page.url_path for page in PAGES if page.hidden] == ["order"]


@pytest.mark.parametrize(("shop_id", "number"), [("tb-home", "35153131473293579"), ("a b/c", "#1)&x=[é]("), ("店", "")])
def test_a_link_names_its_order_whatever_its_number_holds(shop_id: str, number: str) -> None:
    link = order_links.order_link(shop_id, number)

    query = parse_qs(urlparse(link).query, keep_blank_values=True)
    assert (urlparse(link).path, query) == ("order", {"shop": [shop_id], "no": [number]})
    assert not set("() []") & set(link)


def test_every_order_of_a_list_links_to_its_page(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        with engine.begin() as connection:
            given_orders.merchant(connection, as_of=datetime.now(UTC), days=30, count=300)
        given_orders.rolled_up(engine, as_of=datetime.now(UTC))

        numbers = listed(open_page(ORDERS, lang="EN"), "Order no.")["Order no."]

    assert numbers
    assert all("](order?shop=" in number and "lang=EN)" in number for number in numbers)


HEAD = OrderHead(
    **{
        **dict.fromkeys(OrderHead.__dataclass_fields__),  # type: ignore[arg-type]
        "shop_id": "a",
        "order_no": "1",
        "shop_name": "a",
        "channel": "jd",
        "stub": False,
        "stage": "paid",
        "on_hold": False,
        "closed_by_merchant": False,
        "nature": "live",
        "ingested_at": NOW,
        "changed_at": NOW,
    }
)
HOUR = timedelta(hours=1)
CLOSED = {"ended_from": NOW - HOUR, "ended_to": NOW - HOUR}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "◌ 没有承诺期限"),
        ({"deadline_at": NOW + 12 * HOUR}, "● 距期限 12小时"),
        ({"deadline_at": NOW + 2 * HOUR}, "▲ 距期限 2小时"),
        ({"deadline_at": NOW - 3 * HOUR}, "■ 已超时 3小时"),
        ({"deadline_at": NOW, "shipped_from": NOW, "shipped_to": NOW}, "● 按时发货"),
        ({"deadline_at": NOW - 3 * HOUR, "shipped_from": NOW, "shipped_to": NOW}, "■ 超时 3小时 才发货"),
        ({"deadline_at": NOW - 3 * HOUR, "shipped_from": NOW - 2 * HOUR, "shipped_to": NOW}, "■ 超时 1小时 至 3小时 才发货"),
        ({"deadline_at": NOW - HOUR, "shipped_from": NOW - 2 * HOUR, "shipped_to": NOW}, "▲ 是否按时无法确定"),
        ({"deadline_at": NOW, "ended_from": NOW - HOUR, "ended_to": NOW - HOUR}, "◌ 期限前关闭，不计入"),
        (
            {"deadline_at": NOW, "ended_from": NOW - HOUR, "ended_to": NOW - HOUR, "closed_by_merchant": True},
            "■ 因商家原因关闭，计为未达标",
        ),
        ({"deadline_at": NOW - 2 * HOUR, "ended_from": NOW - HOUR, "ended_to": NOW - HOUR}, "■ 超时未发货，后关闭"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_promise_is_told_in_shape_and_words(given: dict[str, datetime], said: str) -> None:
    light, words = promise_said(replace(HEAD, **given), as_of=NOW)  # type: ignore[arg-type]

    assert f"{light.shape} {words}" == said


def test_a_deadline_names_its_rule_its_source_or_at_least_the_rules_key() -> None:
    rule = PromiseRule("jd", "presale", datetime(2026, 1, 1, tzinfo=UTC), working_days=3)
    known = [PromiseVersion(rule, source="", set_by="x", set_at=NOW)]

    said = [rule_said(replace(HEAD, deadline_rule=key), known) for key in ("source", rule.key, "pdd/*@20260101T000000Z")]

    assert said == ["来源给出的最晚发货时间", "规则：京东 · 预售 · 3 个工作日", "规则 pdd/\\*@20260101T000000Z"]


def test_every_event_and_every_stage_has_a_word() -> None:
    assert set(EVENTS) == set(EVENT_TYPES)
    assert [stage_name(stage) for stage in ("created", "paid", "waybilled", "completed", "cancelled")] == [
        "待支付",
        "待审",
        "待出库",
        "已完成",
        "已取消",
    ]
