"""Does the workbench list what can be saved, let people act as their role allows, say who was first, and be honest about its effect?"""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from data import actions
from data.actions import Given
from data.outbox import outbox_of
from data.settings import Settings
from models.workbench.tabs import TABS
from tests.conftest import Filled
from tests.given_morning import CHEN, LIN, Trouble, a_morning, weeks_of_outcomes
from tests.given_pages import OVERVIEW, MakeEngine, database_away, on_database, table, texts, unopened

PAGE = "../pages/workbench.py"
# What the lists hold of the morning's orders.
LISTED = {
    "still_savable": {"BEST-1", "BEST-2", "MILD-1", "SHORT-1", "RICH-1"},
    "overdue_2h": {"LATE-1", "WAITS-1", "STUCK-1"},
    "stuck": {"STUCK-1"},
    "review": {"RICH-1", "RICH-2"},
    "short": {"SHORT-1"},
    "done": set(),
}


@pytest.fixture
def empty(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def at_nine(engine: Engine) -> None:
    a_morning(engine, as_of=datetime.now(UTC))


@pytest.fixture
def shop(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(filled(at_nine), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


@pytest.fixture(scope="module")
def morning(make_engine: MakeEngine) -> Engine:
    """A morning that nobody changes."""
    engine = a_morning(make_engine(kind="demo"), as_of=datetime.now(UTC))
    with engine.begin() as connection:
        weeks_of_outcomes(connection, monday=monday(), as_of=datetime.now(UTC))
    return engine


@pytest.fixture
def seen(morning: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(morning, monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def drawn(language: str = "中文", *, who: str = "", page: str = PAGE, **query: str) -> AppTest:
    """Open the page as somebody, and no other before it."""
    app = unopened(page, lang=language, **query)
    if who:
        app.session_state["who"] = f"demo.{who}"
    app.run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def rows(app: AppTest) -> list[str]:
    """Return the numbers of the orders that the open list shows, in its order."""
    return [str(number) for number in app.dataframe[0].value["order"]] if len(app.dataframe) else []


def toasts(app: AppTest) -> str:
    return " ".join(str(toast.value) for toast in app.toast)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def submit(app: AppTest, form: str) -> AppTest:
    next(button for button in app.button if str(button.proto.form_id) == form).click().run()
    assert not app.exception
    return app


def pick(app: AppTest, key: str, deed: str) -> AppTest:
    return app.segmented_control(key=key).set_value(deed).run()


def case(engine: Engine, order_no: str) -> Any:
    asked = """SELECT c.state, c.version, c.review, own.owner FROM order_cases AS c LEFT JOIN order_owners AS own USING (shop_id, order_no)
        WHERE order_no = :order_no"""
    with engine.connect() as connection:
        return connection.execute(text(asked), {"order_no": order_no}).one_or_none()


def by_chen(engine: Engine, action: str, order_no: str, *, home: Path, shop_id: str = "tb-home", **given: Any) -> None:
    """Have a colleague do something, on the version that stands."""
    found = case(engine, order_no)
    chosen = ((shop_id, order_no, found.version if found else 0),)
    actions.act(
        engine, person=CHEN, settings=Settings(home=home), action=action, chosen=chosen, given=Given(**given), as_of=datetime.now(UTC)
    )


def test_each_list_holds_the_orders_that_belong_to_it_and_counts_them(seen: Engine) -> None:
    app = drawn()
    for tab, expected in LISTED.items():
        app.query_params["tab"] = tab
        app.run()

        assert set(rows(app)) == expected
        named = next(each.name_zh for each in TABS if each.key == tab)
        assert f"{named} {len(expected)}" in app.segmented_control(key="tab_switch").options


def test_the_order_worth_most_to_act_on_stands_first_and_the_day_says_how_many_hands_there_are(seen: Engine) -> None:
    app = drawn()

    found = rows(app)
    assert found.index("BEST-1") < found.index("MILD-1")
    shown: dict[Any, Any] = app.dataframe[0].value.set_index("order").loc["BEST-1"].to_dict()
    assert shown["action"].startswith("★ ")
    assert shown["band"] == "74–90%"
    # the head of each reason alone, its code as people call it, and none that speaks against being late
    assert list(shown["reasons"]) == ["周五 17 点后付款", "杭州仓排队 1.8 倍"]
    assert any("今日可处理 **120** 单，已排 **" in bar.proto.text for bar in app.get("progress"))


@pytest.mark.parametrize("language", ["中文", "EN"])
def test_every_desk_is_drawn_in_both_languages(language: str, seen: Engine) -> None:
    app = drawn(language, shop="tb-home", no="BEST-1")
    for desk in ("list", "board", "todo", "effect", "rules"):
        app.query_params["desk"] = desk
        said = texts(app.run()).replace("\u2060", "")
        assert not app.exception

        if language == "中文":
            plain = re.sub(r"\]\([^)]*\)|:[a-z-]+\[|:material/\w+:|[A-Z]+-\d|CSV|CNY|CST", "", said)
            plain = re.sub("judge_outcomes|outbox/warehouses/", "", plain)
            assert re.findall(r"[A-Za-z]{3,}", plain) == []
        else:
            plain = re.sub("林悦|陈阳|许清|杭州仓|广州仓|成都仓|家居|青禾\\w+", "", said)
            assert re.findall("[\u4e00-\u9fff]", plain) == []


def test_the_open_order_says_why_and_what_and_is_claimed_and_given_back(shop: Engine) -> None:
    app = drawn(shop="tb-home", no="BEST-1")
    said = texts(app)
    assert "**超时风险** 82%（74–90%）" in said
    assert "**建议 加急**" in said and "先验" in said

    press(app, "one_claim")
    assert case(shop, "BEST-1")[0] == "claimed" and case(shop, "BEST-1").owner == LIN.person_id
    assert "已认领 1 单" in toasts(app)
    press(app, "case_undo")

    assert (case(shop, "BEST-1").state, case(shop, "BEST-1").owner) == ("open", None)
    assert "已撤销" in toasts(app)


def test_whoever_comes_second_hears_who_was_first_and_when(shop: Engine, tmp_path: Path) -> None:
    app = drawn(shop="tb-home", no="BEST-1")
    by_chen(shop, "claim", "BEST-1", home=tmp_path)

    press(app, "one_claim")

    assert re.search(r"没有保存：已被他人认领 \d\d:\d\d 陈阳", toasts(app))
    assert case(shop, "BEST-1").owner == CHEN.person_id


def test_a_whole_page_is_claimed_at_once_or_not_at_all(shop: Engine, tmp_path: Path) -> None:
    app = drawn()
    app.checkbox(key="case_all_0").check().run()
    by_chen(shop, "claim", "BEST-2", shop_id="dy-live", home=tmp_path)

    press(app, "many_claim")
    assert "订单 BEST-2 已被他人认领" in toasts(app) and "其余 4 单仍选中" in toasts(app)
    assert case(shop, "BEST-1") is None
    assert "**选中 4 单**" in texts(app)
    press(app, "many_claim")

    owners = {number: case(shop, number).owner for number in LISTED["still_savable"]}
    assert owners == dict.fromkeys(LISTED["still_savable"], LIN.person_id) | {"BEST-2": CHEN.person_id}


def test_an_order_sent_meanwhile_is_named_and_nothing_is_changed(shop: Engine) -> None:
    app = drawn()
    app.checkbox(key="case_all_0").check().run()
    with shop.begin() as connection:
        connection.execute(text("UPDATE orders SET stage = 'shipped', changed_at = now() WHERE order_no = 'BEST-1'"))
        connection.execute(text("DELETE FROM workbench_queue WHERE order_no = 'BEST-1'"))

    press(app, "many_claim")

    assert "订单 BEST-1 已发货或已关闭" in toasts(app) and "选中的 5 单都没有改" in toasts(app)
    assert case(shop, "BEST-2") is None or case(shop, "BEST-2").owner != LIN.person_id
    assert "BEST-1" not in rows(app)


def test_an_outbox_that_cannot_be_written_stops_the_deed_in_words(shop: Engine, tmp_path: Path) -> None:
    outbox = outbox_of(Settings(home=tmp_path))
    shutil.rmtree(outbox, ignore_errors=True)
    outbox.parent.mkdir(parents=True, exist_ok=True)
    outbox.write_bytes(b"a file in its place")
    app = drawn(shop="tb-home", no="BEST-1")

    press(app, "one_expedite")

    assert "导出文件夹不可写，未作任何改动" in toasts(app)
    assert case(shop, "BEST-1") is None


def test_what_a_deed_needs_is_asked_for_before_anything_is_stored(shop: Engine) -> None:
    app = pick(drawn(shop="tb-home", no="BEST-1"), "one_deed", "snooze")

    submit(app, "one_snooze_form")
    assert "请先填写：时间。" in toasts(app) and case(shop, "BEST-1") is None
    app.selectbox(key="one_snooze_until").set_value("hour")
    submit(app, "one_snooze_form")

    assert case(shop, "BEST-1").state == "snoozed"
    assert "BEST-1" not in rows(app)


def test_a_dismissal_has_a_reason_and_stands_under_done(shop: Engine) -> None:
    app = pick(drawn(shop="tm-flag", no="MILD-1"), "one_deed", "dismiss")
    app.selectbox(key="one_dismiss_reason").set_value("buyer_agreed")

    submit(app, "one_dismiss_form")

    done = drawn(tab="done").dataframe[0].value
    assert done[["order", "ended", "by"]].values.tolist() == [["MILD-1", "买家同意延后", "林悦"]]


def test_a_valuable_order_waits_for_finance_and_its_verdict_stands_in_the_orders_timeline(shop: Engine) -> None:
    app = drawn(who="finance", tab="review", shop="tm-flag", no="RICH-1")
    keys = {button.key for button in app.button}
    assert "one_approve_review" in keys and not {"one_expedite"} & keys
    assert "先审核" in texts(app)

    press(app, "one_approve_review")

    assert case(shop, "RICH-1").review == "approved"
    order = drawn(page="../pages/order.py", shop="tm-flag", no="RICH-1")
    assert "处置：" in texts(order)
    assert "审核通过" in texts(order)


def test_a_role_sees_only_the_deeds_it_may_do(seen: Engine) -> None:
    app = drawn(who="analyst", shop="tb-home", no="BEST-1")

    keys = {button.key for button in app.button}
    assert "one_claim" in keys and "one_expedite" not in keys
    assert "换仓" not in app.segmented_control(key="one_deed").options
    app = drawn(who="analyst", desk="rules")
    assert not any(button.label == "添加规则" for button in app.button)


def test_a_person_of_one_shop_sees_and_counts_its_orders_alone(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE people SET scope_shops = '{dy-live}' WHERE person_id = 'demo.operations'"))

    app = drawn(who="operations", shop="tb-home", no="BEST-1")

    assert rows(app) == ["BEST-2"]
    assert "没有这个订单，或它不在您的范围内" in texts(app)
    assert "STUCK-1" not in texts(drawn(who="operations", desk="board"))


def test_the_board_counts_each_stage_and_leads_to_the_order_that_waits_longest(seen: Engine) -> None:
    said = texts(drawn(desk="board")).replace("\u2060", "").replace("\u00a0", " ")

    assert "等得最久的在待分仓：40小时" in said
    assert "[STUCK" in said and "no=STUCK-1" in said
    assert "1 单超过24小时" in said
    counts = [int(found) for found in re.findall(r"#### \S+　(\d+)", said)]
    assert sum(counts) == 10


def test_a_comment_that_calls_somebody_comes_to_their_inbox_and_is_counted_on_every_page(shop: Engine, tmp_path: Path) -> None:
    by_chen(shop, "note", "SHORT-1", home=tmp_path, words="@林悦 成都仓还有 3 件")
    by_chen(shop, "work_order", "SHORT-1", home=tmp_path, title="催供应商", owner=LIN.person_id)
    by_chen(shop, "assign", "BEST-1", home=tmp_path, owner=LIN.person_id)

    assert "我的待办 3" in [link.proto.label for link in drawn(page=OVERVIEW).get("page_link")]
    app = drawn(desk="todo")
    said = texts(app)
    assert "1 单由我负责 · 1 条新提醒 · 1 张工单" in said
    assert "@林悦 成都仓还有 3 件" in [each.value for each in app.text]
    press(app, "todo_seen")

    assert "1 条新提醒" not in texts(app)
    app.selectbox(key="work_order_done").set_value(number_of_work(shop))
    submit(app, "close_work_order")
    assert "我的待办 1" in [link.proto.label for link in app.get("page_link")]


def number_of_work(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT max(case_work_order_id) FROM case_work_orders")).scalar_one())


def monday() -> Any:
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday())


def test_an_effect_that_may_be_luck_is_not_called_one(seen: Engine) -> None:
    app = drawn(desk="effect")

    said = texts(app)
    assert "：尚不能与零区分（救回 2 单" in said
    weeks = table(app, 0)
    assert [re.sub(":.*?\\[|\\]", "", each) for each in weeks["结论"]] == ["◌ 尚不能与零区分", "● 有用"]
    assert weeks["对照组超时"][1] == "40.0% (40/100)"
    actions_table = next(found for found in (table(app, number) for number in range(len(app.table))) if "先验的来源" in found)
    assert all(actions_table["先验的来源"])


def test_a_manager_sets_hands_and_rules_and_a_second_one_is_told_who_was_first(shop: Engine) -> None:
    app = drawn(desk="rules")
    app.number_input(key="workbench_capacity").set_value(3.0)
    submit(app, "workbench_settings")
    assert "设置已保存" in toasts(app)
    assert any("今日可处理 **3** 单" in bar.proto.text for bar in app.get("progress"))

    app.selectbox(key="or_owner").set_value(CHEN.person_id)
    submit(app, "owner_rule")
    app.number_input(key="rr_threshold").set_value(100.0)
    submit(app, "review_rule")

    with shop.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM owner_rules WHERE removed_at IS NULL")).scalar_one() == 2
        assert connection.execute(text("SELECT threshold_minor FROM review_rules")).scalar_one() == 10_000
    late = drawn(desk="rules")
    actions.set_workbench_settings(
        shop, person=LIN, seen=2, capacity=9, hold_out_share=0.0, least_probability=0.2, overdue_minutes=120, late_cost_share=0.05,
        as_of=datetime.now(UTC),
    )  # fmt: skip
    submit(late, "workbench_settings")
    assert "没有保存：经理 已于" in toasts(late)


def test_a_warehouse_answers_what_it_was_asked(shop: Engine, tmp_path: Path) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE intents SET state = 'sent', sent_at = now(), file_name = 'CN-GZ/intents_1.csv'"))
        number = int(connection.execute(text("SELECT min(intent_id) FROM intents")).scalar_one())
    app = drawn(desk="rules")
    assert "2 个给仓库的请求未完结" in texts(app)
    app.selectbox(key="intent_answered").set_value(number)

    submit(app, "answer_intent")

    assert "答复已登记" in toasts(app)
    with shop.connect() as connection:
        assert connection.execute(text("SELECT state FROM intents WHERE intent_id = :id"), {"id": number}).scalar_one() == "acknowledged"


def test_nothing_in_trouble_is_said_as_such_and_a_database_that_is_away_too(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    app = drawn()
    assert "没有要救的订单" in texts(app) and "这个清单是空的" in texts(app)

    for desk, said in (("todo", "没有待办"), ("board", "流程里没有订单"), ("effect", "还没有可比较的结果")):
        app.query_params["desk"] = desk
        assert said in texts(app.run())

    database_away(monkeypatch)
    assert "连不上数据库" in texts(drawn())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("中文", ("1 单待发货还在等首次评分", "还没有评分")),
        ("EN", ("1 order to ship still to be scored for the first time", "No scores yet")),
    ],
)
def test_before_the_first_scoring_nothing_is_said_to_be_safe(language: str, said: tuple[str, ...], empty: Engine) -> None:
    a_morning(empty, as_of=datetime.now(UTC), troubles=(Trouble("NEW-1", 0.5, 9, 120, None),))

    app = drawn(language)

    assert [words for words in said if words not in texts(app)] == []
