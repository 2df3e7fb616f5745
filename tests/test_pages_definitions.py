"""Does the page of definitions say what every figure means, and may managers alone change it?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from dashboard import options
from dashboard.definition_targets import months_from
from dashboard.definitions_promises import COMING, HOLDS, REPLACED, state_of
from dashboard.links import understood
from dashboard.working_days import weeks
from data.queries.promises import CalendarDay, PromiseVersion
from models.health.components import COMPONENTS
from models.health.kpis import DEFINED, Kpi
from models.promise import PromiseRule
from tests import given_orders
from tests.conftest import Filled
from tests.given_pages import DEFINITIONS, MakeEngine, database_away, on_database, open_page, table, texts

FORMS = {"设定目标", "收回目标", "发布", "新增", "保存"}


@pytest.fixture
def database(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def twenty_orders(engine: Engine) -> None:
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), count=20)


@pytest.fixture
def merchant(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(filled(twenty_orders), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def listed(app: AppTest, head: str) -> dict[str, list[str]]:
    """Return the first listing of a page that has a column of this name."""
    return next(found for found in (table(app, number) for number in range(len(app.table))) if head in found)


def press(app: AppTest, label: str) -> AppTest:
    """Press the button of a form."""
    return next(button for button in app.form_submit_button if button.label == label).click().run()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kpi", DEFINED, ids=lambda kpi: kpi.key)
def test_a_link_in_codes_opens_the_entry_of_its_figure(kpi: Kpi, language: str, database: Engine) -> None:
    link = understood(
        [("kpi", kpi.key), ("lang", language)], names={"kpi": options.kpi_names(), "lang": options.LANGUAGE_NAMES}, language=language
    )

    app = open_page(DEFINITIONS, **dict(link))

    assert not app.exception
    name, formula = (kpi.name_zh, kpi.formula_zh) if language == "zh" else (kpi.name_en, kpi.formula_en)
    assert f"### {name}" in [element.value for element in app.markdown]
    assert formula in table(app, 0)["内容" if language == "zh" else "Definition"]


def test_the_page_lists_figures_components_promises_kinds_and_days(merchant: Engine) -> None:
    app = open_page(DEFINITIONS)

    assert not app.exception
    assert listed(app, "现行目标")["指标名"] == [kpi.name_zh for kpi in DEFINED]
    components = listed(app, "满分线")
    assert components["组成"] == [f"{each.code} {each.name_zh}" for each in COMPONENTS]
    assert components["状态"] == [":green-badge[● 已计量]"] * len(COMPONENTS)
    assert "抖音" in listed(app, "截单")["渠道"]
    assert "预售" in listed(app, "动库存")["类型"]
    assert "还没有快照" in texts(app)


def test_the_page_speaks_english(merchant: Engine) -> None:
    app = open_page(DEFINITIONS, lang="EN")

    assert not app.exception
    assert "6 of 6 components are measured, covering weight 100 of 100" in texts(app)


def test_an_empty_installation_has_its_definitions(database: Engine) -> None:
    app = open_page(DEFINITIONS)

    assert not app.exception
    assert "14 个指标各有一个口径；健康指数按第 1 版" in texts(app)


def test_when_the_database_is_away_the_page_says_so(merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    assert "连不上数据库" in texts(open_page(DEFINITIONS))


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("analyst", False), ("it", False)])
def test_only_managers_see_the_forms(role: str, may: bool, merchant: Engine) -> None:
    app = open_page(DEFINITIONS, kpi="准时发货率")
    app.radio(key="who").set_value(f"demo.{role}").run()

    assert ({button.label for button in app.form_submit_button} & FORMS == FORMS) is may
    assert ("只有范围不受限的经理可以修改口径" in texts(app)) is not may


def test_a_target_that_is_set_stands_there_with_its_version_and_is_taken_back(merchant: Engine) -> None:
    app = open_page(DEFINITIONS, kpi="准时发货率")
    app.selectbox(key="target_channel_on_time").select("douyin")
    app.number_input(key="target_value_on_time").set_value(97.5)
    press(app, "设定目标")

    assert not app.exception
    shown = listed(app, "月份")
    assert [shown[head] for head in ("渠道", "月份", "目标", "版本", "设定者")] == [
        ["抖音", "全部渠道"],
        ["每个月", "每个月"],
        ["97.5%", "98%"],
        ["1", "—"],
        ["经理", "随产品"],
    ]

    press(app, "收回目标")

    assert listed(app, "月份")["渠道"] == ["全部渠道"]
    assert listed(app, "变更")["变更"][:2] == ["抖音 · 每个月：收回目标（第 2 次）", "抖音 · 每个月：目标设为 97.5%（第 1 次）"]


def test_the_target_of_the_index_is_set_in_points(merchant: Engine) -> None:
    app = open_page(DEFINITIONS, kpi="index")
    assert listed(app, "月份")["目标"] == ["90"]
    app.number_input(key="target_value_index").set_value(85)
    press(app, "设定目标")

    assert not app.exception
    shown = listed(app, "月份")
    assert (shown["目标"], shown["版本"], shown["设定者"]) == (["85"], ["1"], ["经理"])


def test_a_manager_sets_the_limit_of_a_stage_and_takes_it_back(merchant: Engine) -> None:
    app = open_page(DEFINITIONS)
    assert "还没有足够的订单算出时限" in texts(app)
    app.selectbox(key="limit_channel").select("douyin")
    app.selectbox(key="limit_stage").select("waybilled")
    app.number_input(key="limit_hours").set_value(12)
    press(app, "设定时限")

    assert not app.exception
    shown = listed(app, "依据")
    assert [shown[head] for head in ("渠道", "环节", "时限", "依据")] == [["抖音"], ["待出库"], ["12小时"], ["规则"]]

    press(app, "收回规则")
    assert "还没有足够的订单算出时限" in texts(app)


def test_a_rule_of_the_delay_model_is_set_for_a_channel_and_taken_back(merchant: Engine) -> None:
    app = open_page(DEFINITIONS)
    before = listed(app, "截单时刻")
    app.selectbox(key="delay_channel").set_value("douyin")
    app.number_input(key="delay_days").set_value(1)
    app.selectbox(key="delay_cut_off").set_value(16)

    press(app, "设定预警目标")

    assert not app.exception
    shown = listed(app, "截单时刻")
    assert [before[head] for head in ("渠道", "工作日", "截单时刻", "周末", "设定者")] == [
        ["全部渠道"],
        ["2"],
        ["不截单"],
        ["休息"],
        ["随产品"],
    ]
    assert [shown[head] for head in ("渠道", "工作日", "截单时刻")] == [["全部渠道", "抖音"], ["2", "1"], ["不截单", "16:00"]]

    press(app, "收回预警目标")
    assert listed(app, "截单时刻") == before


def test_a_figure_without_a_target_has_no_form_for_one(merchant: Engine) -> None:
    app = open_page(DEFINITIONS, kpi="订单数")

    assert "这个指标不设目标" in texts(app)
    assert "设定目标" not in {button.label for button in app.form_submit_button}


def test_a_manager_who_was_not_the_first_is_told_who_was(merchant: Engine) -> None:
    app = open_page(DEFINITIONS, kpi="准时发货率")
    with merchant.begin() as connection:
        connection.execute(
            text("INSERT INTO targets (kpi, channel, value, version, set_by, set_at) VALUES ('on_time', '', 0.9, 1, 'lin', now())")
        )

    press(app, "设定目标")

    assert "lin 已于" in app.toast[0].value
    assert listed(app, "月份")["目标"] == ["90%"]


def test_a_new_version_of_the_index_is_listed_with_what_it_changes(merchant: Engine) -> None:
    app = open_page(DEFINITIONS)
    app.number_input(key="definition_1_weights_C1").set_value(40.0)
    app.number_input(key="definition_1_floors_C1").set_value(65.0)
    press(app, "发布")
    assert "请写明为什么改" in app.toast[0].value

    app.text_input(key="definition_1_note_").set_value("双十一后收紧")
    press(app, "发布")

    shown = listed(app, "改动")
    assert shown["版本"] == ["2", "1"]
    assert shown["说明"] == ["双十一后收紧", "随产品发布"]
    assert shown["改动"][0] == "C1 履约时效 权重 35 → 40；C1 履约时效 零分线 60% → 65%"


def test_a_day_of_the_calendar_is_decided_with_its_note(merchant: Engine) -> None:
    app = open_page(DEFINITIONS)
    month = months_from(datetime.now(UTC).date())[2]
    app.selectbox(key="calendar_month").select(month).run()
    day = next(found for found in (month + timedelta(days=n) for n in range(7)) if found.weekday() == 5)
    app.selectbox(key="calendar_day_chosen").select(day)
    app.segmented_control(key="calendar_day_working").set_value(True)
    app.text_input(key="calendar_day_note").set_value("补班")
    press(app, "保存")

    assert not app.exception
    with merchant.connect() as connection:
        kept = connection.execute(text("SELECT working, note FROM calendar_days WHERE (calendar, day) = ('CN', :day)"), {"day": day})
        assert tuple(kept.one()) == (True, "补班")
    assert ":blue-badge" in " ".join(listed(app, "周六")["周六"])


def test_a_promise_rule_is_added_for_later_orders(merchant: Engine) -> None:
    app = open_page(DEFINITIONS)
    app.selectbox(key="rule_channel").select("douyin")
    app.number_input(key="rule_amount").set_value(24)
    app.text_input(key="rule_source").set_value("大促约定")
    press(app, "新增")

    shown = listed(app, "截单")
    new = shown["来源"].index("大促约定")
    assert (shown["渠道"][new], shown["承诺"][new], shown["状态"][new]) == ("抖音", "24 小时内", ":blue-badge[◌ 将生效]")


def test_restated_values_are_listed_as_published_and_as_they_are_now(merchant: Engine) -> None:
    with merchant.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO snapshots (as_of, closed_until, definition_version, changes, rebuilt, restated_days)
            VALUES (now(), '2026-11-22', 1, 5, false, '{2026-11-20}')""")
        )
        connection.execute(
            text("""
            INSERT INTO index_scores (span, last_day, score, snapshot_id, definition_version, published, published_snapshot_id,
                published_version, published_at, restated_at)
            VALUES ('day', '2026-11-20', '{"value": 81.5}', 1, 1, '{"value": 83.0}', 1, 1, now(), now())""")
        )
        connection.execute(text("UPDATE installation SET cells_zone = zone"))

    app = open_page(DEFINITIONS)

    assert not app.exception
    shown = listed(app, "发布值")
    assert [shown[head] for head in ("时段", "最后一日", "发布值", "现值", "差")] == [["日"], ["11-20 周五"], ["83.0"], ["81.5"], ["-1.5"]]
    assert "11-20 周五" in texts(app)


def test_a_rule_holds_until_a_later_version_of_it_does() -> None:
    def version(day: int) -> PromiseVersion:
        at = datetime(2026, 11, day, tzinfo=UTC)
        return PromiseVersion(PromiseRule("jd", "*", at, hours=24), source="", set_by="x", set_at=at)

    found = [version(20), version(10), version(1)]

    states = [state_of(each, found, as_of=datetime(2026, 11, 15, tzinfo=UTC)) for each in found]
    assert states == [COMING, HOLDS, REPLACED]


def test_weeks_hold_every_day_of_a_month_once() -> None:
    days = [CalendarDay(date(2026, 2, n), True, None) for n in range(1, 29)]

    found = weeks(days)

    assert [day for week in found for day in week if day is not None] == days
    assert {len(week) for week in found} == {7}
    assert [week[0].day.weekday() for week in found if week[0] is not None] == [0] * 4
