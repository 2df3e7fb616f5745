"""Does the page of orders say where they stand, do its parts add up, and does its list hold what its figures count?"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from dashboard import orders_export
from dashboard.workbook import Sheet
from data.settings import Settings
from data.stage_history import refresh_stages
from models.scope import ROLES
from tests import given_orders
from tests.conftest import Filled
from tests.given_orders import CATEGORIES, SHOPS, WAREHOUSES
from tests.given_pages import ORDERS, MakeEngine, on_database, open_page, table, texts


def a_month(engine: Engine) -> None:
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), days=30, count=900)
    given_orders.rolled_up(engine, as_of=datetime.now(UTC))
    refresh_stages(engine, settings=Settings(), as_of=datetime.now(UTC))


@pytest.fixture
def merchant(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(filled(a_month), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def listed(app: AppTest, head: str) -> dict[str, list[str]]:
    """Return the first listing of the page that has a column of this name."""
    return next(found for found in (table(app, number) for number in range(len(app.table))) if head in found)


def count(said: str) -> int:
    return int(said.replace(",", ""))


def test_it_says_what_is_stuck_and_the_shares_add_up(merchant: Engine) -> None:
    app = open_page(ORDERS)

    assert not app.exception
    assert "停滞" in texts(app)
    parts = re.findall(r"\*\*([\d.]+)%\*\*　([\d,]+) 单", texts(app))
    assert len(parts) == 3
    assert round(sum(float(share) for share, _ in parts), 1) == 100.0
    assert f"未全额退款的 {sum(count(orders) for _, orders in parts):,} 单" in texts(app)


@pytest.mark.parametrize(
    ("chosen", "language"), [({}, "zh"), ({"channel": ["Douyin"], "lang": "EN"}, "en"), ({"category": ["家居"]}, "zh")]
)
def test_the_workbook_holds_the_trend_that_the_page_draws(
    chosen: dict[str, str | list[str]], language: str, merchant: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported: list[Sheet] = []
    monkeypatch.setattr(orders_export, "button", lambda drawn, **given: exported.extend(orders_export.sheets(drawn, **given)))

    app = open_page(ORDERS, **chosen)

    assert not app.exception
    stuck = {"zh": "异常停滞", "en": "Stuck"}[language]
    charts = [json.loads(chart.proto.spec)["data"] for chart in app.get("plotly_chart")]
    lines = [trace for traces in charts for trace in traces if trace["type"] == "scatter" and trace["name"] == stuck]
    sheets = [sheet for sheet in exported if sheet.title in ("日终走势", "Trend by day")]
    assert len(lines) == len(sheets) == (0 if "category" in chosen else 1)
    for line, sheet in zip(lines, sheets, strict=True):
        shares = [row[-1] for row in sheet.rows]
        assert shares == pytest.approx(line["y"]) and any(shares)
        assert [f"{row[0]:%m-%d}" for row in sheet.rows] == line["customdata"]
        assert ("Douyin" in sheet.headlines[-1]) is ("channel" in chosen)


def test_stages_carry_how_long_orders_stay_and_the_limit(merchant: Engine) -> None:
    stages = listed(open_page(ORDERS), "停留 P90")

    assert stages["环节"] == ["待支付", "待审", "待分仓", "待打单", "待出库", "已发货", "签收"]
    assert [stages["停留 P50"][place] == "—" for place in range(7)] == [False, False, False, True, False, False, True]
    with merchant.connect() as connection:
        standing = connection.execute(text("SELECT count(*) FROM orders WHERE stage = 'paid'")).scalar_one()
    assert count(stages["此刻"][1]) == standing


@pytest.mark.parametrize(
    ("chosen", "dimension"),
    [
        ({}, "渠道"),
        ({"channel": ["抖音"]}, "地区"),
        ({"channel": ["抖音"], "region": ["西南"]}, "地区"),
        ({"channel": ["抖音"], "region": ["四川"]}, "类目"),
        ({"channel": ["抖音"], "region": ["四川"], "category": ["家居"]}, "仓库"),
        ({"channel": ["抖音"], "region": ["四川"], "category": ["家居"], "warehouse": ["杭州仓"]}, "承运"),
        ({"channel": ["抖音"], "warehouse": ["杭州仓"]}, "地区"),
    ],
    ids=str,
)
@pytest.mark.parametrize("language", ["中文", "EN"])
def test_the_parts_of_every_level_add_up_to_their_total(
    chosen: dict[str, list[str]], dimension: str, language: str, merchant: Engine
) -> None:
    said = {"抖音": "Douyin", "四川": "Sichuan", "西南": "Southwest China"} if language == "EN" else {}
    app = open_page(ORDERS, lang=language, **{key: [said.get(word, word) for word in words] for key, words in chosen.items()})

    assert not app.exception
    if "warehouse" in chosen and "region" not in chosen:
        assert ("没有共同的统计格" if language == "中文" else "No cells hold") in texts(app)
        return
    head, total = ("未准时", "合计") if language == "中文" else ("Not on time", "Total")
    split = listed(app, head)
    assert next(iter(split.values()))[-1] == total
    for column in ("订单", "未准时", "现停滞") if language == "中文" else ("Orders", "Not on time", "Stuck now"):
        figures = [count(figure) for figure in split[column]]
        assert sum(figures[:-1]) == figures[-1], (dimension, column)


@pytest.mark.parametrize("role", ROLES)
def test_whoever_looks_sees_their_part_or_is_told_why_not(role: str, merchant: Engine) -> None:
    app = open_page(ORDERS)
    app.radio(key="who").set_value(f"demo.{role}").run()

    assert not app.exception
    assert "阶段占比" in texts(app)


def test_an_area_is_all_of_its_provinces_and_no_other(merchant: Engine) -> None:
    southwest = ["重庆", "四川", "贵州", "云南", "西藏"]

    of_area, of_each = (listed(open_page(ORDERS, channel=["抖音"], region=places), "未准时") for places in (["西南"], southwest))

    assert of_area == of_each
    assert set(of_area["地区"]) - {"合计"} <= set(southwest) and count(of_area["订单"][-1]) > 0


def test_a_step_back_leaves_what_lies_below_it(merchant: Engine) -> None:
    app = open_page(ORDERS, channel=["抖音"], region=["四川"])
    assert next(iter(listed(app, "未准时"))) == "类目"

    app.button(key="drill_channel").click().run()
    assert next(iter(listed(app, "未准时"))) == "地区"

    app.button(key="drill_top").click().run()
    assert next(iter(listed(app, "未准时"))) == "渠道"
    assert not app.exception


def test_two_chosen_periods_are_compared(merchant: Engine) -> None:
    today = datetime.now(UTC).date()
    days = {"from": today - timedelta(days=5), "to": today - timedelta(days=3), "cfrom": today - timedelta(days=12)}
    days |= {"cto": today - timedelta(days=8)}

    app = open_page(ORDERS, period="自定义", compare="自选", **{key: day.isoformat() for key, day in days.items()})

    assert not app.exception
    assert f"{days['from']} — {days['to']} 对比 {days['cfrom']} — {days['cto']}" in texts(app)


def test_no_open_day_is_compared_with(merchant: Engine) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()
    days = {"from": today - timedelta(days=12), "to": today - timedelta(days=8), "cfrom": today - timedelta(days=3), "cto": today}

    app = open_page(ORDERS, period="自定义", compare="自选", **{key: day.isoformat() for key, day in days.items()})

    assert f"对比 {days['cfrom']} — {today - timedelta(days=1)}" in texts(app)


def test_another_end_of_the_days_begins_the_list_anew(merchant: Engine) -> None:
    today = datetime.now(UTC).date()
    app = open_page(
        ORDERS, period="自定义", **{"from": (today - timedelta(days=20)).isoformat(), "to": (today - timedelta(days=9)).isoformat()}
    )
    app.button(key="list_on").click().run()
    turned = "第 2 页" in texts(app)

    app.date_input(key="to").set_value(today - timedelta(days=2)).run()

    assert turned and "第 1 页" in texts(app)


def test_the_variants_add_up_to_the_orders_placed(merchant: Engine) -> None:
    app = open_page(ORDERS, period="近30日")

    ways = listed(app, "路径")
    assert sum(count(orders) for orders in ways["订单"][:-1]) == count(ways["订单"][-1])
    assert ways["占比"][-1] == "100.0%"
    assert ways["路径"][-1] == "合计"


@pytest.mark.parametrize("stage", ["异常停滞", "待审"])
def test_the_list_of_a_stage_is_as_long_as_the_stage_says(stage: str, merchant: Engine) -> None:
    app = open_page(ORDERS, stage=stage)
    stages = listed(app, "停留 P90")
    wanted = sum(count(each) for each in stages["停滞"] if each != "—") if stage == "异常停滞" else count(stages["此刻"][1])

    found = listed(app, "承诺期限")["订单号"] if wanted else []
    while wanted and not app.button(key="list_on").disabled:
        app.button(key="list_on").click().run()
        found += listed(app, "承诺期限")["订单号"]

    assert len(set(found)) == len(found) == wanted


def test_a_search_finds_an_order_of_any_day_and_says_so(merchant: Engine) -> None:
    app = open_page(ORDERS, period="今日", q="000000000007")

    assert not app.exception
    assert "搜索“000000000007”：全部日期" in texts(app)
    assert [number.partition("]")[0].lstrip("[") for number in listed(app, "承诺期限")["订单号"]] == ["000000000007"]


def test_an_order_in_the_list_links_to_its_page(merchant: Engine) -> None:
    numbers = listed(open_page(ORDERS), "承诺期限")["订单号"]

    assert all(re.fullmatch(r"\[\d+\]\(order\?shop=[a-z-]+&no=\d+\)", number) for number in numbers)


def test_it_lists_the_late_orders_and_says_how_many_of_how_many(merchant: Engine) -> None:
    app = open_page(ORDERS, component="履约时效")

    assert not app.exception
    assert "### 履约时效：" in texts(app)
    assert all(late != "—" for late in listed(app, "超时")["超时"])


def test_a_link_opens_the_orders_of_one_cell(merchant: Engine) -> None:
    app = open_page(ORDERS, component="履约时效", shown="全部", channel=["抖音"], region=["四川"])

    assert not app.exception
    found = listed(app, "超时")
    assert set(found["渠道"]) == {"抖音"}
    assert set(found["地区"]) == {"四川"}
    assert len(found["订单号"]) == min(50, _said(texts(app)))


def test_every_order_is_on_exactly_one_page(merchant: Engine) -> None:
    app = open_page(ORDERS, component="履约时效", shown="全部", period="近30日")
    seen = listed(app, "超时")["订单号"]

    while not app.button(key="orders_on").disabled:
        app.button(key="orders_on").click().run()
        seen += listed(app, "超时")["订单号"]

    assert len(set(seen)) == len(seen) == _said(texts(app))
    app.button(key="orders_back").click().run()
    assert not app.exception


def test_the_page_speaks_english(merchant: Engine) -> None:
    app = open_page(ORDERS, lang="EN", component="On-time shipping")

    assert not app.exception
    assert "### On-time shipping: " in texts(app)
    assert "Slowest before shipping" in texts(app)
    # names of the shop's own are said as it says them
    own = [*CATEGORIES, *(name for _, name in WAREHOUSES), *(shop[2] for shop in SHOPS)]
    left = re.sub("|".join(name for name in own if name), "", texts(app))
    assert not re.findall(r"[\u4e00-\u9fff]+", left)


def test_where_nothing_was_missed_the_page_says_so(merchant: Engine) -> None:
    with merchant.begin() as connection:
        connection.exec_driver_sql("UPDATE orders SET deadline_at = paid_to + interval '90 days' WHERE deadline_at IS NOT NULL")
    given_orders.rolled_up(merchant, as_of=datetime.now(UTC))

    app = open_page(ORDERS, component="履约时效")

    assert not app.exception
    assert "没有这样的订单" in texts(app)


def test_before_any_roll_up_the_page_says_that_it_is_coming(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        with engine.begin() as connection:
            given_orders.merchant(connection, as_of=datetime.now(UTC), days=3, count=9)

        app = open_page(ORDERS)

    assert not app.exception
    assert "正在汇总" in texts(app)


def _said(said: str) -> int:
    """Return of how many orders the title speaks."""
    return int(said.split("未达标，共 ")[1].split(" 单")[0].replace(",", ""))
