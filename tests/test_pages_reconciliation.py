"""Does the page of reconciliation say what agrees and what does not, and may people work on it as their role and scope allow?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from data import actions
from models.people import DEMO_NAMES, Person
from models.scope import ROLES, Scope
from tests.conftest import Filled
from tests.given_orders import rolled_up
from tests.given_pages import MakeEngine, database_away, on_database, open_page, table, texts
from tests.given_reconciliation import differences, reconciled_shop
from tests.statement_examples import STATEMENT_EXAMPLES

PAGE = "../pages/reconciliation.py"
PERIOD = {"中文": "近30日", "EN": "30 days"}
FINANCE = Person(person_id="demo.finance", name="许清", role="finance")
BY_CLASS = "SELECT class, count(*) FROM recon_results GROUP BY class"
CLASSES = {"中文": ("完全一致", "部分差异", "缺失", "待到期"), "EN": ("Matched", "Partly different", "Missing", "Not due yet")}


@pytest.fixture
def empty(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def three_sources(engine: Engine) -> None:
    actions.demo_people(engine, names=DEMO_NAMES, as_of=datetime.now(UTC))
    reconciled_shop(engine)


@pytest.fixture
def shop(filled: Filled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(filled(three_sources), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


def drawn(language: str = "中文", *, who: str = "", **query: str) -> AppTest:
    """Open the page over the last thirty days, as somebody."""
    app = open_page(PAGE, lang=language, period=PERIOD[language], **query)
    if who:
        app.radio(key="who").set_value(f"demo.{who}").run()
    assert not app.exception, [each.value for each in app.exception]
    return app


def listed(app: AppTest, head: str) -> dict[str, list[str]]:
    """Return the first listing that has a column of this name."""
    return next(found for found in (table(app, number) for number in range(len(app.table))) if head in found)


def toasts(app: AppTest) -> str:
    return " ".join(str(toast.value) for toast in app.toast)


def number_of(engine: Engine, order_no: str, **where: Any) -> str:
    return str(differences(engine, order_no=order_no, **where)[0].difference_id)


@pytest.mark.parametrize("language", ["中文", "EN"])
def test_the_four_classes_add_up_and_the_head_says_what_differs(language: str, shop: Engine) -> None:
    app = drawn(language)

    said = texts(app)
    counts = [int(found) for found in re.findall(r"\*\*[\d.]+%\*\*　(\d+)", said)]
    with shop.connect() as connection:
        whole = connection.execute(text("SELECT count(*) FROM recon_results")).scalar_one()
        stored = {row[0]: row[1] for row in connection.execute(text(BY_CLASS))}
    assert sum(counts) == whole
    assert counts == [stored[key] for key in ("matched", "partial", "missing", "pending")]
    assert all(name in said for name in CLASSES[language])
    heading = next(each.value for each in app.markdown if each.value.startswith("## "))
    assert str(stored["partial"] + stored["missing"]) in heading


@pytest.mark.parametrize("language", ["中文", "EN"])
def test_the_rates_carry_their_target_and_their_definition(language: str, shop: Engine) -> None:
    rates = drawn(language).metric[:2]

    with shop.connect() as connection:
        stored = {row[0]: row[1] for row in connection.execute(text(BY_CLASS))}
    due = stored["matched"] + stored["partial"] + stored["missing"]
    assert rates[0].value == f"{stored['matched'] / due:.2%}"
    assert all("99.9%" in each.proto.delta_description for each in rates)
    assert all("÷" in each.help for each in rates)


def test_no_english_word_is_left_in_chinese(shop: Engine) -> None:
    app = pick(drawn(difference=number_of(shop, "RATE")), "label")

    assert not any(re.search("[a-z]", box.proto.placeholder) for box in app.selectbox)
    said = re.sub(
        r"\]\([^)]*\)|:[a-z-]+\[|:material/\w+:|reconcile|Excel|PDF|CSV|JSON|XML|MT940|ZIP|CNY|USD|CST|IT|Shopify|[A-Z]\+N", "", texts(app)
    )
    said = re.sub(r"Σ|checksum|[0-9a-f]{8}|RATE|#\d+", "", said)
    assert re.findall(r"[A-Za-z]{3,}", said) == []
    for number in range(len(app.table)):
        assert not any(re.fullmatch(r"[A-Za-z ]{4,}", head) for head in table(app, number))


@pytest.mark.parametrize("language", ["中文", "EN"])
@pytest.mark.parametrize("query", [{"basis": "settled"}, {"currency": "USD"}, {"currency": "CNY", "basis": "settled"}], ids=str)
def test_the_other_basis_and_one_currency_are_drawn_too(query: dict[str, str], language: str, shop: Engine) -> None:
    said = {"settled": ("平台结算日", "Day of settlement")[language == "EN"]}

    app = drawn(language, **{key: said.get(value, value) for key, value in query.items()})

    passport = next(each.value for each in app.caption if "#1" in each.value)
    assert query.get("currency", "CNY") in passport
    assert (said["settled"] in passport) == (query.get("basis") == "settled")


def test_a_filter_that_statements_do_not_have_is_refused_and_can_be_cleared(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("INSERT INTO warehouses (warehouse_code, name, observed_at) VALUES ('W', '杭州仓', now())"))
    app = drawn(warehouse="杭州仓")
    assert "不适用" in texts(app)
    assert not app.metric

    app.button(key="recon_clear_filters").click().run()
    assert app.metric[0].label == "匹配率（笔数）"


def test_before_the_first_run_it_says_what_to_do_and_offers_the_upload(empty: Engine) -> None:
    app = drawn()

    assert "还没有对账结果" in texts(app)
    assert "上传平台账单或银行流水" in texts(app)


def test_a_failed_run_is_said_with_its_error_and_an_old_one_with_its_age(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE recon_runs SET as_of = as_of - interval '75 hours'"))
        connection.execute(
            text("""
            INSERT INTO recon_runs (as_of, started_at, finished_at, status, error, anew, rules)
            VALUES (now(), now(), now(), 'failed', '磁盘已满 / the disk is full', false, '')
            """)
        )
    app = drawn()

    assert any("磁盘已满" in each.value and "上一次成功" in each.value for each in app.error)
    assert any("对账停在 3天前" in each.value for each in app.warning)
    assert listed(app, "用时")["状态"] == [":red-badge[■ 失败]", ":green-badge[● 成功]"]
    assert listed(app, "用时")["结果"][0] == "磁盘已满"


def test_with_the_database_away_it_says_so(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    app = drawn()
    database_away(monkeypatch)

    app.run()

    assert not app.exception
    assert "连不上数据库" in texts(app)


def test_the_proof_holds_and_unproven_balances_are_marked_with_both_figures(shop: Engine) -> None:
    app = drawn()

    proof = listed(app, "守恒")
    assert set(proof["守恒"]) == {":green-badge[● 成立]"}
    for row in range(len(proof["守恒"])):
        expected, actual, difference, explained, unexplained = (
            float(re.sub(r"[^\d.-]", "", proof[head][row])) for head in ("Σ 应有", "Σ 实有", "差额", "已解释", "未解释")
        )
        assert round(expected - actual, 2) == round(difference, 2) == round(explained + unexplained, 2)
    assert "▲ 余额未证明：载明 ¥2,400.00，推算 ¥2,399.90" in " ".join(listed(app, "控制合计")["余额"])


def test_a_stored_proof_of_other_rows_than_are_shown_is_said_not_to_hold(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE recon_proofs SET lines = lines + 1 WHERE channel = 'shopify'"))

    app = drawn()

    proof = listed(app, "守恒")
    held = dict(zip(proof["渠道"], proof["守恒"], strict=True))
    assert (held["Shopify"], held["天猫"]) == (":red-badge[■ 不成立]", ":green-badge[● 成立]")
    assert any("不成立的日期" in each.value for each in app.error)
    assert "处守恒不成立" in texts(app)


@pytest.mark.parametrize("language", ["中文", "EN"])
def test_a_difference_shows_three_sides_the_evidence_and_a_balanced_entry(language: str, shop: Engine) -> None:
    app = drawn(language, difference=number_of(shop, "RATE"))

    said = texts(app)
    assert all(f"#### {side}" in said for side in (("订单", "结算", "银行") if language == "中文" else ("Orders", "Settlement", "Bank")))
    assert ("≠ 差 ¥9.00" if language == "中文" else "≠ off by ¥9.00") in said.replace("\u2060", "")
    assert ("占 ¥300.00 的 8%，约定 5%" if language == "中文" else "8% of ¥300.00, agreed 5%") in said.replace("\\", "")
    entry = listed(app, "借" if language == "中文" else "Debit")
    assert entry["借" if language == "中文" else "Debit"] == ["¥9.00", "—", "¥9.00"]
    assert entry["贷" if language == "中文" else "Credit"] == ["—", "¥9.00", "¥9.00"]


@pytest.mark.parametrize("wanted", ["999999", "x", "0"])
def test_a_difference_that_is_not_there_is_said_to_be_none(wanted: str, shop: Engine) -> None:
    assert "没有这笔差异" in texts(drawn(difference=wanted))


@pytest.mark.parametrize("role", ROLES)
def test_who_may_work_on_differences_can_and_others_are_told(role: str, shop: Engine) -> None:
    app = drawn(who=role, difference=number_of(shop, "RATE"))

    may = role in ("finance", "manager")
    assert any(button.key == "one_confirm" for button in app.button) == may
    assert ("处理差异需要财务或经理" in texts(app)) == (not may)
    assert ("上传需要财务、经理、运营或 IT 值班" in texts(app)) == (role in ("analyst", "warehouse"))


def test_a_label_is_confirmed_changed_resolved_and_taken_up_again(shop: Engine) -> None:
    key = number_of(shop, "RATE")
    app = drawn(who="finance", difference=key)

    app.button(key="one_confirm").click().run()
    assert "标签已确认" in toasts(app)
    assert differences(shop, order_no="RATE")[0].label_by == "demo.finance"
    assert "标签由 许清 确认" in texts(app)

    pick(app, "label").selectbox(key="one_label").set_value("fee_not_booked")
    press(app, "保存标签")
    assert differences(shop, order_no="RATE")[0].label == "fee_not_booked"

    pick(app, "owner").selectbox(key="one_owner").set_value("demo.manager")
    press(app, "保存负责人")
    assert differences(shop, order_no="RATE")[0].owner == "demo.manager"

    pick(app, "note").text_area(key="one_note").set_value("已联系平台")
    press(app, "保存备注")
    assert "已联系平台" in " ".join(str(getattr(each, "value", "")) for each in app.get("text"))

    pick(app, "reason").selectbox(key="one_reason").set_value("claimed")
    press(app, "标为处理完毕")
    assert differences(shop, order_no="RATE")[0].reason == "claimed"
    assert "已向平台申诉" in texts(app)

    app.button(key="one_reopen").click().run()
    assert differences(shop, order_no="RATE")[0].state == "open"
    with shop.connect() as connection:
        done = connection.execute(
            text("SELECT action FROM audit_log WHERE subject = :subject ORDER BY audit_id"), {"subject": f"difference {key}"}
        )
        assert len(done.all()) == 6
    assert not app.exception


def pick(app: AppTest, deed: str, *, key: str = "one") -> AppTest:
    """Open the form of a deed."""
    return app.segmented_control(key=f"{key}_deed").set_value(deed).run()


def press(app: AppTest, label: str) -> None:
    """Press the button of the detail's form that reads so."""
    next(button for button in app.button if button.label == label and str(button.proto.form_id).startswith("one_")).click().run()


def test_of_two_people_the_second_is_told_who_was_first_and_nothing_of_theirs_is_saved(shop: Engine) -> None:
    app = pick(drawn(who="manager", difference=number_of(shop, "RATE")), "reason")
    seen = differences(shop, order_no="RATE")[0]
    first = {"person": FINANCE, "difference_id": seen.difference_id, "seen": seen.version, "as_of": datetime.now(UTC)}
    actions.change_label(shop, label="fee_not_booked", **first)

    app.selectbox(key="one_reason").set_value("ignored")
    press(app, "标为处理完毕")

    assert "已被他人先处理（许清" in toasts(app)
    stored = differences(shop, order_no="RATE")[0]
    assert (stored.state, stored.label) == ("open", "fee_not_booked")
    assert "手续费未计" in texts(app)


def test_many_are_done_together_or_not_at_all(shop: Engine) -> None:
    app = drawn(who="finance", label="未识别")
    chosen = {row.difference_id for row in differences(shop, label="")}
    app.checkbox(key="recon_all_of_page_0").check().run()
    assert f"**选中 {len(chosen)} 笔**" in texts(app)
    somebody = differences(shop, order_no="SHORT")[0]
    actions.assign_difference(
        shop, person=FINANCE, difference_id=somebody.difference_id, seen=somebody.version, owner="demo.manager", as_of=datetime.now(UTC)
    )

    reason(app, "accepted")
    assert f"选中的 {len(chosen)} 笔都没有改" in toasts(app)
    assert all(row.state == "open" for row in differences(shop))

    app.checkbox(key="recon_all_of_page_1").check().run()
    reason(app, "accepted")
    assert f"{len(chosen)} 笔差异处理完毕" in toasts(app)
    assert {row.difference_id for row in differences(shop, state="resolved")} == chosen
    assert "没有这样的差异" in texts(app)


def reason(app: AppTest, key: str) -> None:
    """Resolve what is chosen for a reason."""
    pick(app, "reason", key="bulk").selectbox(key="bulk_reason").set_value(key)
    next(button for button in app.button if str(button.proto.form_id) == "bulk_reason_form").click().run()
    assert not app.exception


@pytest.mark.parametrize("scope", [Scope(shops=("us",)), Scope(channels=("shopify",))], ids=str)
def test_a_person_of_one_shop_sees_its_money_alone(scope: Scope, shop: Engine) -> None:
    limits = {"shops": list(scope.shops or ()) or None, "channels": list(scope.channels or ()) or None}
    with shop.begin() as connection:
        connection.execute(
            text("UPDATE people SET scope_shops = :shops, scope_channels = :channels WHERE person_id = 'demo.finance'"), limits
        )
    ours, other = number_of(shop, "U2", type="receipt"), number_of(shop, "RATE")

    app = drawn(who="finance", difference=other)
    assert "没有这笔差异" in texts(app)
    assert set(listed(app, "守恒")["渠道"]) == {"Shopify"}
    app = drawn(who="finance", difference=ours)
    assert "U2" in texts(app) and any(button.key == "one_reopen" or button.key == "one_confirm" for button in app.button)
    assert not any(button.label == "保存科目" for button in app.button)


def test_a_person_of_some_warehouses_is_told_that_statements_have_none(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("UPDATE people SET scope_warehouses = '{CN-HZ}' WHERE person_id = 'demo.warehouse'"))

    assert "账单和银行流水不分仓库" in texts(drawn(who="warehouse"))


def test_a_manager_renames_an_account_and_the_suggestion_follows(shop: Engine) -> None:
    app = drawn(who="manager", difference=number_of(shop, "RATE"))
    app.selectbox(key="ledger_picked").set_value("6601").run()
    app.text_input(key="ledger_zh_6601_1").set_value("销售费用—平台佣金")
    next(button for button in app.button if button.label == "保存科目").click().run()

    assert "科目 6601 已保存" in toasts(app)
    assert "6601 销售费用—平台佣金" in listed(app, "借")["科目"]


def test_a_statement_is_shown_before_it_is_stored_and_then_handed_to_the_jobs(shop: Engine, tmp_path: Path) -> None:
    app = drawn(who="finance")
    app.file_uploader(key="recon_upload_0").upload("笔记.csv", "甲,乙\n1,2\n".encode())
    app.run()
    assert "整份拒收" in texts(app)
    assert not any(button.key == "recon_upload_confirm" for button in app.button)

    app.file_uploader(key="recon_upload_0").upload("工行.csv", icbc_statement())
    app.run()
    assert "可入库 3 行，拒收 0 行" in texts(app)
    with shop.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM job_requests")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM source_files")).scalar_one() == 3
    app.button(key="recon_upload_confirm").click().run()

    assert "已提交" in toasts(app)
    with shop.connect() as connection:
        kind, payload = connection.execute(text("SELECT kind, payload FROM job_requests")).one()
    assert (kind, payload["name"], payload["nature"]) == ("upload", "工行.csv", "backfill")
    assert Path(payload["path"]).read_bytes() == icbc_statement()


def icbc_statement() -> bytes:
    """Return a statement of the bank with three lines and its totals."""
    example = STATEMENT_EXAMPLES["icbc.account"]
    return example.text.encode(example.encoding)


def test_figures_of_days_without_anything_say_so(shop: Engine) -> None:
    day = (datetime.now(UTC) - timedelta(days=200)).date().isoformat()

    app = open_page(PAGE, period="自定义", **{"from": day, "to": day})

    assert not app.exception
    assert "所选日期没有到期的结算" in texts(app)
    assert "所选日期没有对账结果" in texts(app)


def test_rules_are_shown_to_all_and_set_by_finance_and_say_what_the_next_run_does(shop: Engine) -> None:
    assert not any(button.label == "保存规则" for button in drawn(who="operations").button)

    app = drawn(who="finance")
    app.number_input(key="wor_days").set_value(1)
    next(button for button in app.button if button.label == "保存规则").click().run()
    said = [toasts(app)]
    app.selectbox(key="fee_channel").set_value("tmall")
    app.number_input(key="fee_rate").set_value(5.5)
    app.text_input(key="fee_source").set_value("2027 合同")
    next(button for button in app.button if button.form_id == "fee_rule").click().run()
    said.append(toasts(app))
    app.selectbox(key="term_channel").set_value("tmall")
    app.number_input(key="term_tolerance").set_value(5)
    app.text_input(key="term_source").set_value("约定")
    next(button for button in app.button if button.form_id == "settlement_rule").click().run()
    said.append(toasts(app))

    assert ["改派" in said[0], "重新核对" in said[1], "重新核对" in said[2]] == [True, True, True]
    assert "2027 合同" in listed(app, "计费基数")["来源"]
    assert "5" in listed(app, "收款容差（分）")["收款容差（分）"]
    with shop.connect() as connection:
        kept = connection.execute(text("SELECT rate FROM fee_rules WHERE set_by = 'demo.finance'")).scalar_one()
        days = connection.execute(text("SELECT working_days FROM work_order_rules WHERE (label, channel) = ('*', '*')")).scalar_one()
    assert (float(kept), days) == (0.055, 1)


def test_rules_in_english_leave_no_chinese_behind(shop: Engine) -> None:
    app = drawn("EN")

    assert not any("\u4e00" <= sign <= "\u9fff" for name in app.selectbox(key="wor_label").options for sign in name)
    assert "Tolerance of receipts (cents)" in {head for number in range(len(app.table)) for head in table(app, number)}


def test_behind_the_accuracy_of_the_index_stand_its_differences_each_with_a_way_to_it(shop: Engine) -> None:
    rolled_up(shop, as_of=datetime.now(UTC))

    app = open_page("../pages/orders.py", component="对账准确率", period=PERIOD["中文"])

    assert not app.exception
    bad = differences(shop, state="open")
    found = listed(app, "标签")
    assert any("笔有差异" in text for text in texts(app).splitlines())
    assert 0 < len(found["标签"]) <= len(bad)
    assert {"退款未同步", "佣金费率差异"} <= {re.sub(r"[\[\]]|\(.*\)", "", label) for label in found["标签"]}
