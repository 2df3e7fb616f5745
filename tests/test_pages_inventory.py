"""Does the page of stock say what can be sold and what is short, and may people act on it as their role and scope allow?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from dashboard.options import part_names
from data import actions
from data.tables import shops
from models.people import DEMO_NAMES
from models.scope import ROLES, Scope
from models.stock.metrics import METRICS
from tests.given_inventory import busy_evening
from tests.given_orders import insert_rows
from tests.given_pages import MakeEngine, database_away, on_database, open_page, table, texts
from tests.given_stock import opened, ordered, settled

PAGE = "../pages/inventory.py"
PARTS = tuple(part_names())
MAY = {"manager", "operations", "warehouse"}


@pytest.fixture(scope="module")
def filled(make_engine: MakeEngine) -> Engine:
    engine = make_engine(kind="demo")
    actions.demo_people(engine, names=DEMO_NAMES, as_of=datetime.now(UTC))
    busy_evening(engine)
    return engine


@pytest.fixture
def shop(filled: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    """The busy evening, for tests that change nothing of it, or what no other test looks at."""
    with on_database(filled, monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def drawn(language: str = "中文", *, part: str = "levels", who: str = "", **query: str) -> AppTest:
    """Open a part of the page, as somebody."""
    app = open_page(PAGE, lang=language, part=part_names()[part][language == "EN"], **query)
    if who:
        app.radio(key="who").set_value(f"demo.{who}").run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def listed(app: AppTest, head: str) -> dict[str, list[str]]:
    """Return the first listing that has a column of this name."""
    return next(found for found in (table(app, number) for number in range(len(app.table))) if head in found)


def grid(app: AppTest) -> Any:
    """Return the rows of the list that can be chosen from."""
    return app.dataframe[0].value


def toasts(app: AppTest) -> str:
    return " ".join(str(toast.value) for toast in app.toast)


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def value(engine: Engine, asked: str, **given: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(asked), given).scalar_one()


@pytest.mark.parametrize("language", ["中文", "EN"])
def test_the_head_says_what_is_short_and_every_metric_has_target_trend_and_department(language: str, shop: Engine) -> None:
    app = drawn(language)

    heading = next(each.value for each in app.markdown if each.value.startswith("## "))
    assert "14" in heading and "¥2,625" in heading
    metrics = {metric.label: metric for metric in app.metric}
    for metric in METRICS:
        assert metric.target and (metric.name_zh if language == "中文" else metric.name_en) in metrics
    said = texts(app)
    assert all(word in said for word in (("IT 运维", "仓储部", "客服部") if language == "中文" else ("IT operations", "Customer service")))
    assert len(app.get("plotly_chart")) == len(METRICS) + 1
    assert metrics["日终库存差异率" if language == "中文" else "End-of-day stock difference rate"].value == "0.81%"


@pytest.mark.parametrize("part", PARTS)
def test_every_part_reads_in_both_languages_without_a_word_left_out_or_two_columns_of_one_name(part: str, shop: Engine) -> None:
    chinese, english = drawn(part=part, sku="MUG-01"), drawn("EN", part=part, sku="MUG-01")

    said = re.sub(r"\]\([^)]*\)|:[a-z-]+\[|:material/\w+:|python -m jobs \S+ \S+", "", texts(chinese))
    said = re.sub(r"Excel|SKU|ERP|CST|IT|Shopify|Qinghe Global", "", said)
    said = re.sub(r"[0-9a-f]{8}|P\d\d|[A-Z]{2,3}-[0-9A-Z-]+|ml|cm", "", said)
    assert re.findall(r"[A-Za-z]{2,}", said) == []
    for number in range(len(chinese.table)):
        assert not any(re.fullmatch(r"[A-Za-z ]{4,}", head) for head in table(chinese, number))
        assert len(table(english, number)) == len(table(chinese, number))
    assert [len(each.value.columns) for each in english.dataframe] == [len(each.value.columns) for each in chinese.dataframe]


def test_in_another_language_the_same_part_stays_open(shop: Engine) -> None:
    app = drawn(part="channels")

    app.segmented_control(key="lang").set_value("en").run()

    assert not app.exception
    assert "Compared" in grid(app) and "too many" in texts(app)


def test_the_lowest_level_stands_first_and_filters_narrow_the_list(shop: Engine) -> None:
    rows = grid(drawn())
    assert list(rows["编码"][:3]) == ["POT-24", "MUG-01", "TEA-500"] and list(rows["可售"][:3]) == ["-5", "-3", "0"]

    assert set(grid(drawn(level="缺货"))["编码"]) == {"POT-24", "MUG-01"}
    assert set(grid(drawn(goods="锅"))["编码"]) == {"POT-24", "PAN-28"}
    assert "没有这样的库存" in texts(drawn(goods="没有这个"))


def test_a_sku_says_why_it_is_not_sellable_and_how_its_book_came_to_be(shop: Engine) -> None:
    app = drawn(sku="POT-24")

    said = texts(app).replace("\\", "")
    assert "POT-24 铸铁炖锅 24cm · 现在不可售" in said
    assert "账面为负 3 件" in said and "已接单缺 6 件" in said and "在途 40 件，入库后即可售" in said
    assert "抖音 显示 6 件，发布的是 0 件" in said
    assert "货不够" in " ".join(listed(app, "件数")["状态"])
    moves = listed(app, "账面")
    books, units = ([int(cell.replace(",", "")) for cell in moves[head]] for head in ("账面", "数量"))
    assert books[0] == -3
    assert all(book == older + unit for book, older, unit in zip(books, [*books[1:], 0], units, strict=True))


def test_a_sku_that_is_not_there_is_said_to_be_none(shop: Engine) -> None:
    assert "没有这个 SKU 的库存" in texts(drawn(sku="NO-SUCH"))


def test_a_region_does_not_apply_and_can_be_cleared(shop: Engine) -> None:
    app = drawn(region="浙江")
    assert "不适用" in texts(app) and not app.metric

    app.button(key="stock_clear_filters").click().run()
    assert app.metric


def test_one_stock_is_not_drawn_for_a_channel_but_what_its_orders_ask_is(shop: Engine) -> None:
    app = drawn(channel="抖音")
    assert "一盘货不分渠道" in texts(app) and not app.dataframe
    assert {metric.label: metric.value for metric in app.metric}["可售"] == "不适用"

    conflicts = grid(drawn(part="conflicts", channel="抖音"))
    assert set(conflicts["渠道"]) == {"抖音"} and len(conflicts) == 3


def test_what_a_channel_shows_stands_beside_what_it_was_told_with_its_age(shop: Engine) -> None:
    app = drawn(part="channels")

    rows = grid(app)
    assert (rows["对照"][0], rows["已发布"][0], rows["实际显示"][0]) == ("■ 多显示 35", "20", "55")
    assert "41分钟前" in rows["多久前的数"][0] or "42分钟前" in rows["多久前的数"][0]
    assert "■ 2 个 41 件" in " ".join(listed(app, "最旧的显示")["多显示"])


def test_the_replay_names_the_policy_and_the_quota_to_take(shop: Engine) -> None:
    app = drawn(part="replay")

    assert "大促建议用“固定配额，按销量”：滞后 120 秒时超卖 0 件，而“各渠道共享全部可售”超卖 384 件" in texts(app)
    assert listed(app, "配额")["配额"] == ["50.0%", "30.0%", "20.0%"]


@pytest.mark.parametrize("role", ROLES)
def test_who_may_act_on_stock_can_and_others_are_told(role: str, shop: Engine) -> None:
    app = drawn(part="outbound", who=role)

    assert any(button.label == "登记出库" for button in app.button) == (role in MAY)
    assert ("操作库存需要仓储、运营或经理" in texts(app)) == (role not in MAY)


def test_who_may_not_act_sees_a_hold_without_its_buttons(shop: Engine) -> None:
    app = drawn(part="holds", who="finance", held=str(value(shop, "SELECT hold_id FROM holds WHERE order_no = 'TB-2'")))

    assert "TB-2" in texts(app).replace("\\", "")
    assert not any(button.key == "stock_release" for button in app.button)


def test_a_hold_counts_down_is_extended_once_and_released(shop: Engine) -> None:
    hold = str(value(shop, "SELECT hold_id FROM holds WHERE order_no = 'TB-1'"))
    app = drawn(part="holds", who="warehouse", held=hold)
    assert grid(app)["倒计时"][0].startswith("▲ 剩 ")
    until = value(shop, "SELECT expires_at FROM holds WHERE order_no = 'TB-1'")

    press(app, "延长一次")
    assert "已延长 TB-1 的占用" in toasts(app)
    assert value(shop, "SELECT expires_at FROM holds WHERE order_no = 'TB-1'") > until
    assert app.button(key="stock_extend").disabled

    press(app, "释放")
    assert "已释放 TB-1" in toasts(app)
    assert value(shop, "SELECT state FROM holds WHERE order_no = 'TB-1'") == "released"
    assert "TB-1" not in set(grid(app)["订单号"])


def test_of_two_people_the_second_is_told_and_a_paid_hold_is_not_released(shop: Engine) -> None:
    paid = str(value(shop, "SELECT hold_id FROM holds WHERE order_no = 'SP-1'"))
    assert drawn(part="holds", who="warehouse", holds="已付款", held=paid).button(key="stock_release").disabled

    slow = str(value(shop, "SELECT hold_id FROM holds WHERE order_no = 'DY-2'"))
    app = drawn(part="holds", who="warehouse", held=slow)
    with shop.begin() as connection:
        connection.execute(text("UPDATE holds SET version = version + 1 WHERE order_no = 'DY-2'"))
    press(app, "释放")
    assert "先改过" in toasts(app)
    assert value(shop, "SELECT state FROM holds WHERE order_no = 'DY-2'") == "placed"


def test_goods_that_leave_unsold_post_even_below_zero_and_only_once(shop: Engine) -> None:
    app = drawn(part="outbound", who="warehouse")
    [sku] = [box for box in app.text_input if box.label == "SKU 编码"]
    mark = str(sku.key).removeprefix("stock_out_sku_")
    sku.set_value("TWL-3")
    app.selectbox(key=f"stock_out_place_{mark}").set_value("CN-CD")
    app.selectbox(key=f"stock_out_type_{mark}").set_value("scrap")
    app.number_input(key=f"stock_out_units_{mark}").set_value(40)
    press(app, "登记出库")
    assert "请写明原因" in toasts(app)

    app.text_input(key=f"stock_out_reason_{mark}").set_value("水浸报废")
    press(app, "登记出库")
    assert "已登记：TWL-3 报废 40 件" in toasts(app)
    assert value(shop, "SELECT on_hand FROM stock WHERE sku_code = 'TWL-3'") == -5
    assert value(shop, "SELECT count(*) FROM audit_log WHERE action = 'posted_non_sale_out'") == 1
    with shop.begin() as connection:
        # for the tests that count
        connection.execute(text("DELETE FROM stock_moves WHERE sku_code = 'TWL-3' AND source = 'person' AND units = -40"))
        connection.execute(text("UPDATE stock SET on_hand = 35 WHERE sku_code = 'TWL-3'"))


def test_a_conflict_is_accepted_or_given_goods_of_another_warehouse(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        actions.demo_people(engine, names=DEMO_NAMES, as_of=now)
        with engine.begin() as connection:
            shop = {"shop_id": "tb", "channel": "taobao", "name": "店", "zone": "Asia/Shanghai", "currency": "CNY"}
            insert_rows(connection, shops, [shop | {"complete": True, "created_at": now}])
            opened(connection, {("HOT", "CN-HZ"): 1})
            for order in ("FIRST", "SECOND"):
                ordered(connection, order, {"HOT": 3}, at=now)
        settled(engine, at=now)
        with engine.begin() as connection:
            opened(connection, {("HOT", "CN-GZ"): 3}, at=now)

        app = drawn(part="conflicts", who="warehouse", wish="tb/SECOND/HOT")
        assert set(grid(app)["订单号"]) == {"FIRST", "SECOND"}
        press(app, "重新分配")
        assert "SECOND 改由 CN-GZ发" in toasts(app)
        assert (
            value(engine, "SELECT sum(units) FROM holds WHERE order_no = 'SECOND' AND warehouse_code = 'CN-GZ' AND closed_at IS NULL") == 3
        )

        app = drawn(part="conflicts", who="warehouse", wish="tb/FIRST/HOT")
        assert list(grid(app)["订单号"]) == ["FIRST"]
        press(app, "接受等货")
        assert "已接受等货：FIRST" in toasts(app)
        assert "没有这样的缺货" in texts(app)
        assert list(grid(drawn(part="conflicts", conflict="已接受等货"))["状态"]) == ["赵川 已接受"]


def test_thresholds_quotas_and_hold_times_are_set_with_their_author(shop: Engine) -> None:
    app = drawn(part="rules", who="warehouse")
    app.text_input(key="stock_rule_sku").set_value("PAN-28")
    app.number_input(key="stock_rule_threshold").set_value(7)
    press(app, "保存安全线")
    assert "安全线已保存：PAN" in toasts(app)
    assert "PAN-28 不粘煎锅 28cm" in listed(app, "重新上架高于")["SKU"]

    app.number_input(key="stock_quota_value").set_value(90)
    press(app, "保存配额")
    assert "配额已保存：抖音" in toasts(app)
    assert "合计 120.0%，超过可售" in texts(app)

    app.number_input(key="stock_hold_rule_minutes").set_value(45)
    press(app, "保存时长")
    assert value(shop, "SELECT minutes FROM hold_rules WHERE channel = '*' AND customer_class = '*'") == 45
    app.selectbox(key="stock_hold_rule_class").set_value("returning")
    app.number_input(key="stock_hold_rule_minutes").set_value(120)
    press(app, "保存时长")
    assert value(shop, "SELECT minutes FROM hold_rules WHERE channel = '*' AND customer_class = 'returning'") == 120
    assert "老客" in texts(app)
    assert "满 10 单或满 ¥1.00万" in texts(app)
    assert value(shop, "SELECT set_by FROM stock_rules WHERE sku_code = 'PAN-28'") == "demo.warehouse"
    with shop.begin() as connection:
        connection.execute(text("DELETE FROM stock_rules WHERE sku_code = 'PAN-28'"))
        connection.execute(text("DELETE FROM hold_rules WHERE customer_class = 'returning'"))


def test_an_unknown_sku_is_mapped_and_its_rows_are_taken_in(shop: Engine) -> None:
    app = drawn(part="unknown", who="operations")
    assert "2 个编码没人认得，3 行在等" in texts(app)
    app.selectbox(key="stock_map_label").set_value("wdt.stock\nMUG-01-NEW")
    app.text_input(key="stock_map_sku").set_value("MUG-01")
    press(app, "对照并补入")

    assert "MUG-01-NEW 就是 MUG-01" in toasts(app)
    assert listed(app, "文件里的编码")["文件里的编码"] == ["礼盒A"]
    assert value(shop, "SELECT count(*) FROM stock_snapshots WHERE sku_code = 'MUG-01'") > 0


@pytest.mark.parametrize("scope", [Scope(warehouses=("CN-HZ",)), Scope(channels=("douyin",))], ids=str)
def test_a_person_with_limits_sees_their_own_alone(scope: Scope, shop: Engine) -> None:
    limits = {"warehouses": list(scope.warehouses or ()) or None, "channels": list(scope.channels or ()) or None}
    statement = "UPDATE people SET scope_warehouses = :warehouses, scope_channels = :channels WHERE person_id = 'demo.warehouse'"
    with shop.begin() as connection:
        connection.execute(text(statement), limits)
    try:
        levels, channels = grid(drawn(who="warehouse")), drawn(part="channels", who="warehouse")
        conflicts, rules = grid(drawn(part="conflicts", who="warehouse")), drawn(part="rules", who="warehouse")
    finally:
        with shop.begin() as connection:
            connection.execute(text(statement), {"warehouses": None, "channels": None})

    assert not any(button.label == "保存安全线" for button in rules.button)
    if scope.warehouses:
        assert set(levels["仓库"]) == {"杭州仓"} and "不显示" in texts(channels) and not channels.dataframe
        assert set(conflicts["应发仓"]) == {"杭州仓"}
    else:
        assert set(conflicts["渠道"]) == {"抖音"} and set(grid(channels)["店铺"]) == {"青禾直播间 · 抖音"}


def test_an_order_shows_what_it_holds_and_lacks(shop: Engine) -> None:
    app = open_page("../pages/order.py", shop="dy-live", no="DY-1")

    assert not app.exception
    said = texts(app)
    assert "缺 3 件" in said and "部分占用" in said
    assert (listed(app, "占住")["占住"], listed(app, "占住")["缺"]) == (["5"], ["3"])
    assert listed(app, "经过")["经过"] == ["占用", "付款确认"]


def test_before_any_stock_it_says_what_opens_the_book(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path):
        assert "第一份文件就是期初" in texts(open_page(PAGE))


def test_with_the_database_away_it_says_so(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    app = drawn()
    database_away(monkeypatch)

    app.run()

    assert not app.exception
    assert "连不上数据库" in texts(app)
