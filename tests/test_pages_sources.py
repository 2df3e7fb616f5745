"""Does the sources page show who delivers, what was refused and what the jobs do, in every state?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from streamlit.testing.v1 import AppTest

from dashboard import tables
from dashboard.refusals import PAGE
from data.actions import NotAllowed, reveal_row
from data.refused import MASK
from data.settings import Settings
from data.tables import audit_log, job_requests, rejected_rows
from models.people import Person
from tests import given_orders
from tests.given_pages import SOURCES, MakeEngine, database_away, on_database, open_page, table, texts
from tests.platform_examples import TAOBAO_ORDERS


@pytest.fixture
def database(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


@pytest.fixture
def merchant(database: Engine) -> Engine:
    with database.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), count=60)
    return database


def test_a_full_page_lists_sources_refused_rows_and_jobs(merchant: Engine) -> None:
    app = open_page(SOURCES)

    assert not app.exception
    assert set(table(app, 0)["店铺"]) >= {"青禾家居淘宝店", "青禾直播间", "多店铺"}
    assert "无法识别的金额：“12,x”，应为数字" in list(app.dataframe[0].value["原因"])
    assert table(app, 1)["任务"] == ["housekeeping", r"pull\_inbox"]


def test_each_light_has_a_shape_and_a_word(merchant: Engine) -> None:
    app = open_page(SOURCES)

    lights = dict(zip(table(app, 0)["店铺"], table(app, 0)["状态"], strict=True))
    assert lights["青禾家居淘宝店"] == ":green-badge[● 正常]"
    assert lights["青禾直播间"] == ":orange-badge[▲ 关注]"
    assert lights["Qinghe Global"] == ":red-badge[■ 严重]"


def test_the_title_names_the_source_that_is_late_longest(merchant: Engine) -> None:
    assert re.search("2 / 5 个来源迟到，最久的是 Qinghe Global：4[678]分钟", texts(open_page(SOURCES)))


def test_an_unknown_file_shows_the_nearest_manifest_and_what_is_missing(merchant: Engine) -> None:
    said = texts(open_page(SOURCES))

    assert "五月对账" in said
    assert "`订单编号`" in said


def test_the_page_speaks_english(merchant: Engine) -> None:
    app = open_page(SOURCES, lang="EN")

    assert not app.exception
    assert "2 of 5 sources are late" in texts(app)
    assert "not an amount: “12,x”; expected a number" in list(app.dataframe[0].value["Reason"])


def test_a_figure_without_the_filtered_dimension_is_not_applicable(merchant: Engine) -> None:
    app = open_page(SOURCES, region=["四川"])

    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["24 小时入库行"] == "不适用"
    assert set(table(app, 0)["24h 行"]) == {"不适用"}


def test_an_empty_installation_says_how_to_begin(database: Engine) -> None:
    app = open_page(SOURCES)

    assert not app.exception
    assert "还没有收到任何文件" in texts(app)
    assert "后台任务还没有启动" in texts(app)


def test_when_the_database_is_away_the_page_says_so(merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    app = open_page(SOURCES)

    assert not app.exception
    assert "连不上数据库" in texts(app)


def test_stopped_jobs_are_severe(merchant: Engine) -> None:
    with merchant.begin() as connection:
        connection.execute(text("UPDATE heartbeats SET beat_at = now() - interval '2 hours'"))

    shown = {metric.label: metric.value for metric in open_page(SOURCES).metric}

    assert shown["后台任务"] == "■ 严重"


def test_run_now_and_replay_become_requests_of_this_person(merchant: Engine) -> None:
    app = open_page(SOURCES)
    app.selectbox(key="job_to_run").select("pull_inbox")
    app.button(key="run_now").click().run()
    app.button(key="replay_99").click().run()

    with merchant.connect() as connection:
        asked = connection.execute(select(job_requests.c.kind, job_requests.c.payload, job_requests.c.requested_by)).all()
    assert [tuple(row) for row in asked] == [
        ("run", {"job": "pull_inbox"}, "demo.manager"),
        ("replay", {"file_id": 99, "masters": True}, "demo.manager"),
    ]
    assert "我的请求" in texts(app)


def test_an_upload_becomes_a_request_with_its_bytes_kept(merchant: Engine, tmp_path: Path) -> None:
    app = open_page(SOURCES)
    app.file_uploader(key="upload_file").upload("../../订单.csv", "订单编号\n1\n".encode())
    next(button for button in app.form_submit_button if button.label == "提交入库").click().run()

    with merchant.connect() as connection:
        payload = connection.execute(select(job_requests.c.payload)).scalar_one()
    assert payload["name"] == "订单.csv"
    assert Path(payload["path"]).read_bytes() == "订单编号\n1\n".encode()
    assert Path(payload["path"]).parent == tmp_path / "uploads"


def test_a_channels_refused_rows_are_found_behind_any_number_of_newer_ones(merchant: Engine) -> None:
    # file 9 is of dy-live; the two of tb-home are older
    rows = [{"run_id": 9, "row_number": n, "field": "f", "code": "missing"} for n in range(100, 100 + 2 * PAGE)]
    with merchant.begin() as connection:
        given_orders.insert_rows(connection, rejected_rows, rows)

    app = open_page(SOURCES, channel=["淘宝"])

    assert not app.exception
    assert set(app.dataframe[0].value["文件"]) == {"ExportOrderList202611220002.csv", "ExportOrderList202611220003.csv"}


@pytest.fixture
def first_selected(merchant: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The merchant's third file is kept, and of the refused rows of its shop the first, row 7, is selected."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / f"{3:064x}").write_text(TAOBAO_ORDERS, encoding="gb18030")
    monkeypatch.setattr(tables, "selectable", lambda *_, **__: [0])
    return merchant


def test_a_contact_is_shown_when_asked_for_and_that_is_written_down(first_selected: Engine) -> None:
    app = open_page(SOURCES, channel=["淘宝"])
    assert "冯六" not in raw_cells_of(app)

    app.button(key="reveal").click().run()

    assert not app.exception
    assert "冯六" in raw_cells_of(app)
    with first_selected.connect() as connection:
        written = connection.execute(select(audit_log.c.person_id, audit_log.c.detail).where(audit_log.c.action == "revealed")).all()
    assert [tuple(row) for row in written] == [("demo.manager", {"file_id": 3, "sha256": f"{3:064x}", "shop": "tb-home", "row": 7})]


def test_an_analyst_has_no_button_to_see_a_contact_and_no_other_way(first_selected: Engine, tmp_path: Path) -> None:
    app = open_page(SOURCES, channel=["淘宝"])
    app.radio(key="who").set_value("demo.analyst").run()

    assert MASK in raw_cells_of(app)
    assert "reveal" not in {button.key for button in app.button}
    analyst = Person(person_id="demo.analyst", name="x", role="analyst")
    with pytest.raises(NotAllowed):
        reveal_row(first_selected, person=analyst, settings=Settings(home=tmp_path), run_id=3, row_number=7, as_of=datetime.now(UTC))
    with first_selected.connect() as connection:
        assert connection.execute(select(audit_log).where(audit_log.c.action == "revealed")).all() == []


def raw_cells_of(app: AppTest) -> list[str]:
    """Return the cells of the raw row that a page shows."""
    return next(found["原文"] for found in (table(app, n) for n in range(len(app.table))) if "原文" in found)


def test_an_analyst_looks_but_asks_for_nothing(merchant: Engine) -> None:
    app = open_page(SOURCES)
    app.radio(key="who").set_value("demo.analyst").run()

    assert "您的角色只能查看" in texts(app)
    assert "run_now" not in {button.key for button in app.button}
