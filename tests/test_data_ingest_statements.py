"""A platform's statement in, lines of money out: what is stored, what is refused whole, and that not a cent is lost or doubled."""

import io
import random
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from data.connectors.registry import SHIPPED, money_sources
from data.ingest import replay
from data.refused import MASK, raw_cells
from data.settings import Settings
from tests.conftest import MakeEngine
from tests.final_state import empty
from tests.hostile_files import workbook_of, zip_of
from tests.laws import tries
from tests.statement_examples import STATEMENT_EXAMPLES
from tests.statement_files import NOW, by_type, give_shops, rows, state, take, take_all, total, write
from tests.statement_rows import (
    ALIPAY,
    ALIPAY_TRADE,
    DOUYIN_SETTLED,
    JD_V1,
    JD_V2,
    JD_V3_FEES,
    JD_V3_SUMMARY,
    PDD_ACCOUNT,
    STRIPE_CSV,
    WECHAT_FLOW,
    WECHAT_FLOW_SUMS,
    WECHAT_TRADE,
    WECHAT_TRADE_SUMS,
    alipay_bill,
    alipay_row,
    jd_v1_row,
    jd_v2_row,
    jd_v3_fee,
    jd_v3_line,
    pdd_row,
    settled_row,
    stripe_row,
    table,
    trade_row,
    wechat_bill,
    wechat_flow,
    wechat_trade,
)

# What Alipay's ledger states below its rows, for a receipt of a hundred and a fee of five.
FOOTERS = ["#支出合计：1笔，共-5.00元", "#收入合计：1笔，共100.00元", "#导出时间：[2026年11月03日 09:35:09]   用户：青禾"]


def fee(flow: str = "102", **cells: str) -> dict[str, str]:
    return alipay_row(
        flow,
        **{"收入金额（+元）": "0", "支出金额（-元）": "-5.00", "账户余额（元）": "95.00", "业务描述": "0030003|技术费-天猫佣金"} | cells,
    )


def pdd_file(
    path: Path, cells: list[dict[str, str]], *, period: str = "起始时间：2026-06-01 00:00:00  终止时间：2026-06-30 23:59:59"
) -> Path:
    return write(path, f"拼多多店铺账务明细查询\r\n\r\n{period}\r\n{table(PDD_ACCOUNT, cells)}", encoding="gb18030")


@pytest.mark.parametrize("name", [name for name, example in STATEMENT_EXAMPLES.items() if not name.startswith(("icbc", "camt", "mt940"))])
def test_every_layout_is_stored_to_the_cent(engine: Engine, tmp_path: Path, name: str) -> None:
    example = STATEMENT_EXAMPLES[name]
    give_shops(engine)
    rate(engine, "JPY")

    report = take(engine, example.write(tmp_path, name=name), home=tmp_path)

    assert (report.status, report.kind, report.rows) == ("ingested", "settlement", example.rows)
    assert report.rows - report.accepted == len({row for row, _, _ in example.refused})
    assert by_type(engine) == example.entries
    [(lines, orphans)] = rows(engine, "SELECT count(*), count(*) FILTER (WHERE statement_id IS NULL) FROM settlement_lines")
    assert (report.lines, orphans) == (lines, 0)


def test_a_bill_tells_its_account_its_period_its_balance_and_its_totals(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = write(tmp_path / "bill.csv", alipay_bill(ALIPAY, [alipay_row("101"), fee()], footers=FOOTERS), encoding="gb18030")

    report = take(engine, path, home=tmp_path)

    assert report.as_json()["control_sum"] == {
        "stated": "收入合计 100.00; 支出合计 -5.00; 收入合计笔数 1; 支出合计笔数 1",
        "computed": "收入合计 100.00; 支出合计 5.00; 收入合计笔数 1; 支出合计笔数 1",
    }
    [statement] = rows(
        engine,
        "SELECT source, shop_id, account, currency, period_from, period_to, opening_minor, closing_minor, computed_closing_minor,"
        " balance_proven, control_stated, lines, observed_at FROM statements",
    )
    assert statement[:4] == ("alipay.account", "tm", "20881234567890120156", "CNY")
    assert statement[4:6] == (datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 1, 16, tzinfo=UTC))
    assert statement[6:10] == (0, 95_00, 95_00, True)
    assert statement[10]["收入合计"] == "100.00"
    assert statement[12] == datetime(2026, 11, 3, 1, 35, 9, tzinfo=UTC)


def test_the_number_of_an_order_is_looked_for_in_order_of_trust(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    ways = {
        "1": {"商户订单号": "T200P4100000000000000011", "业务基础订单号": "4100000000000000099"},
        "2": {"商户订单号": "OTHER-2", "业务基础订单号": "4100000000000000012"},
        "3": {
            "商户订单号": "",
            "业务基础订单号": "FP301_77",
            "备注": "代扣款（扣款用途：淘宝联盟佣金代扣 tradeid:4100000000000000013 fee:1）",
        },
        "4": {"商户订单号": "", "业务基础订单号": "", "备注": "订单编号: 4100000000000000014"},
        "5": {"商户订单号": "OTHER-5", "业务基础订单号": ""},
        "6": {"商户订单号": "T200P4100000000000000016.0", "业务基础订单号": "4100000000000000016.0"},
    }
    take(engine, write(tmp_path / "a.csv", table(ALIPAY, [alipay_row(flow, **cells) for flow, cells in ways.items()])), home=tmp_path)

    found = {
        key: (order, alternates) for key, order, alternates in rows(engine, "SELECT line_key, order_no, alternates FROM settlement_lines")
    }
    assert [found[flow][0] for flow in "12345"] == [
        "4100000000000000011",
        "4100000000000000012",
        "4100000000000000013",
        "4100000000000000014",
        "flow:5",
    ]
    assert found["6"][0] == "4100000000000000016"
    assert found["5"][1] == ["20261101220015", "OTHER-5"]


def test_an_id_that_a_spreadsheet_destroyed_refuses_its_row_and_names_the_column(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = write(
        tmp_path / "a.csv",
        table(ALIPAY, [alipay_row("1"), alipay_row("2", 商户订单号="2.026E+27"), alipay_row("2.026E+27", 业务流水号="1")]),
    )

    report = take(engine, path, home=tmp_path)

    assert [(found.row, found.field, found.code, found.value) for found in report.refused] == [
        (3, "商户订单号", "damaged_id", "2.026E+27"),
        (4, "账务流水号", "damaged_id", "2.026E+27"),
    ]
    assert total(engine) == 100_00


def test_no_remark_and_no_name_is_stored_only_the_numbers_in_it(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    take(engine, write(tmp_path / "a.csv", table(ALIPAY, [alipay_row("1", 备注="退给林一 13900000001 单 88001234567890")])), home=tmp_path)

    assert rows(engine, "SELECT remark FROM settlement_lines") == [("88001234567890",)]


def test_a_fee_nobody_knows_is_stored_counted_and_told(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    report = take(engine, pdd_file(tmp_path / "a.csv", [pdd_row("260620-1", "0", "-1.00", "0990001|从未见过-新费用")]), home=tmp_path)

    assert rows(engine, "SELECT type, type_text, amount_minor FROM settlement_lines") == [("unclassified", "0990001|从未见过-新费用", -100)]
    assert report.notices["unclassified"] == 1


def test_two_rows_alike_in_everything_are_two_lines_and_stay_two(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    same = pdd_row("", "0", "-2.00", "0060001|营销费用-多多进宝")
    first = pdd_file(tmp_path / "a.csv", [same, same])
    longer = pdd_file(
        tmp_path / "b.csv",
        [same, pdd_row("260620-9", "1.00", "0", "0010002|交易收入-订单收入"), same],
        period="起始时间：2026-06-30 终止时间：2026-06-30",
    )

    take(engine, first, home=tmp_path)
    take(engine, longer, home=tmp_path)

    assert by_type(engine) == {"affiliate_commission": -4_00, "receipt": 1_00}


def test_one_flow_number_with_two_contents_is_a_contradiction_and_seen(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = write(tmp_path / "a.csv", table(ALIPAY, [alipay_row("1"), alipay_row("1", **{"收入金额（+元）": "7.00"})]))

    report = take(engine, path, home=tmp_path)

    assert [(found.row, found.code) for found in report.refused] == [(3, "duplicate_row")]
    assert total(engine) == 100_00


# ---------------------------------------------------------------- control sums


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        (
            alipay_bill(ALIPAY, [alipay_row("101")], footers=FOOTERS),
            "支出合计：文件写明 -5.00，逐行合计 0.00",
            "支出合计: the file states -5.00, its rows come to 0.00",
        ),
        (
            wechat_bill(WECHAT_FLOW, [wechat_flow("1")], sums=WECHAT_FLOW_SUMS, figures=["2", "1", "30.00", "1", "9.00"]),
            "支出金额：文件写明 9.00，逐行合计 0.00",
            "资金流水总笔数: the file states 2, its rows come to 1",
        ),
        (
            wechat_bill(
                WECHAT_TRADE,
                [wechat_trade("1")],
                sums=WECHAT_TRADE_SUMS,
                figures=["1", "31.00", "0.00", "0.00", "0.06000", "30.00", "0.00"],
            ),
            "应结订单总金额：文件写明 31.00，逐行合计 30.00",
            "应结订单总金额: the file states 31.00, its rows come to 30.00",
        ),
        (
            table(PDD_ACCOUNT, [pdd_row("1", "5.00", "0", "0010002|交易收入-订单收入")]) + "#收入合计：1笔，共6.00元\r\n",
            "收入合计：文件写明 6.00，逐行合计 5.00",
            "收入合计: the file states 6.00, its rows come to 5.00",
        ),
        (
            alipay_bill(ALIPAY_TRADE, [trade_row("1")], footers=["#交易合计：2笔，商家实收共40.00元，商家优惠共0.00元"], name="业务明细"),
            "交易合计",
            "the file states 40.00, its rows come to 20.00",
        ),
    ],
    ids=["alipay", "wechat fund flow", "wechat trade", "pdd", "alipay trade"],
)
def test_a_footer_that_differs_refuses_the_file_whole_with_both_figures(
    engine: Engine, tmp_path: Path, content: str, zh: str, en: str
) -> None:
    give_shops(engine)
    path = write(tmp_path / "bill.csv", content, encoding="gb18030")

    in_chinese = take(engine, path, home=tmp_path, language="zh")
    in_english = take(engine, path, home=tmp_path)

    assert (in_chinese.status, in_english.status) == ("refused", "refused")
    assert zh in (in_chinese.error or "")
    assert en in (in_english.error or "")
    for name in ("settlement_lines", "statements", "recon_touched"):
        assert rows(engine, f"SELECT count(*) FROM {name}") == [(0,)]
    [(status, manifest)] = rows(engine, "SELECT status, manifest FROM file_runs")
    assert status == "refused"
    assert manifest in ("alipay", "wechatpay", "pdd_settlement")


def test_rows_refused_for_another_reason_still_count_for_the_footer(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    bill = alipay_bill(ALIPAY, [alipay_row("101"), fee(商户订单号="2.026E+27")], footers=FOOTERS)

    report = take(engine, write(tmp_path / "bill.csv", bill, encoding="gb18030"), home=tmp_path)

    assert (report.status, report.accepted, len(report.refused)) == ("ingested", 1, 1)


def test_a_bill_of_wechat_without_its_summary_was_cut_off(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    report = take(engine, write(tmp_path / "bill.csv", wechat_bill(WECHAT_FLOW, [wechat_flow("1")])), home=tmp_path)

    assert report.status == "refused"
    assert "cut off" in (report.error or "")


def test_a_ledger_whose_balances_leave_a_gap_is_stored_and_not_proven(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = write(
        tmp_path / "a.csv", table(ALIPAY, [alipay_row("1"), fee("2", **{"账户余额（元）": "90.00", "发生时间": "2026-11-01 11:00:00"})])
    )

    report = take(engine, path, home=tmp_path)

    assert report.status == "ingested"
    assert rows(engine, "SELECT opening_minor, closing_minor, computed_closing_minor, balance_proven FROM statements") == [
        (0, 90_00, 95_00, False)
    ]


# ---------------------------------------------------------------- whose, and in which currency


def test_a_statement_makes_no_shop_and_is_taken_once_its_shop_is_known(engine: Engine, tmp_path: Path) -> None:
    path = pdd_file(tmp_path / "a.csv", [pdd_row("260620-1", "5.00", "0", "0010002|交易收入-订单收入")])

    report = take(engine, path, home=tmp_path)
    assert (report.status, rows(engine, "SELECT count(*) FROM shops")) == ("refused", [(0,)])
    assert "is not known" in (report.error or "")

    shops = "店铺编号,店铺名称,平台,法人主体,时区,币种\npd,青禾拼多多,pdd,青禾,Asia/Shanghai,CNY\n"
    take(engine, write(tmp_path / "shops.csv", shops), home=tmp_path)

    assert rows(engine, "SELECT shop_id, amount_minor FROM settlement_lines") == [("pd", 5_00)]


def test_a_shop_that_does_not_exist_is_refused_by_its_name(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = pdd_file(tmp_path / "a.csv", [pdd_row("260620-1", "5.00", "0", "0010002|交易收入-订单收入")])

    report = take(engine, path, home=tmp_path, shop="nowhere")

    assert report.status == "refused"
    assert "nowhere" in (report.error or "")
    assert rows(engine, "SELECT count(*) FROM settlement_lines") == [(0,)]


def test_an_account_that_is_a_shops_alias_says_whose_statement_it_is(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
            SELECT 'tb', 'taobao', 'tb', zone, currency, true, created_at FROM shops WHERE shop_id = 'tm'
            """)
        )
    bill = write(tmp_path / "bill.csv", alipay_bill(ALIPAY, [alipay_row("101")]), encoding="gb18030")
    assert take(engine, bill, home=tmp_path).status == "refused"  # of two shops nobody knows which

    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO shop_aliases (alias, shop_id, observed_at) VALUES ('20881234567890120156', 'tb', :now)"), {"now": NOW}
        )

    assert take(engine, bill, home=tmp_path).status == "ingested"
    assert rows(engine, "SELECT DISTINCT shop_id FROM settlement_lines") == [("tb",)]


def rate(engine: Engine, currency: str, *, day: str = "2026-01-01") -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO fx_rates (business_day, currency, reporting_currency, rate, observed_at)
            VALUES (:day, :currency, 'CNY', 7, :now)
            """),
            {"day": day, "currency": currency, "now": NOW},
        )


def test_a_currency_without_a_rate_is_refused_whole_and_taken_when_the_rate_comes(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    content = table(
        STRIPE_CSV, [stripe_row("1", "charge", "10.00", "0", "10.00"), stripe_row("2", "charge", "9.00", "0", "9.00", currency="eur")]
    )
    path = write(tmp_path / "a.csv", content)

    report = take(engine, path, home=tmp_path, shop="us")
    assert report.status == "refused"
    assert "no rate for this currency: EUR (no rate on or before 2026-09-14)" in (report.error or "")
    assert rows(engine, "SELECT count(*) FROM settlement_lines") == [(0,)]

    take(engine, write(tmp_path / "rates.csv", "日期,币种,本位币,汇率\n2026-09-01,EUR,CNY,7.8\n"), home=tmp_path)

    assert rows(engine, "SELECT currency, amount_minor FROM settlement_lines ORDER BY 1") == [("EUR", 9_00), ("USD", 10_00)]


def test_a_rate_that_begins_within_a_file_is_none_for_its_first_days(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    early, late = (stripe_row(number, "charge", "9.00", "0", "9.00", currency="eur") for number in "12")
    path = write(tmp_path / "a.csv", table(STRIPE_CSV, [early | {"created_utc": "2026-08-03 10:00:00"}, late]))
    rate(engine, "EUR", day="2026-08-20")

    refused = take(engine, path, home=tmp_path, shop="us")
    take(engine, write(tmp_path / "rates.csv", "日期,币种,本位币,汇率\n2026-08-01,EUR,CNY,7.8\n"), home=tmp_path)

    assert (refused.status, "EUR (no rate on or before 2026-08-03)" in (refused.error or "")) == ("refused", True)
    assert rows(engine, "SELECT count(*) FROM settlement_lines") == [(2,)]


# ---------------------------------------------------------------- arrival


def test_the_same_file_twice_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = write(tmp_path / "bill.csv", alipay_bill(ALIPAY, [alipay_row("101"), fee()], footers=FOOTERS), encoding="gb18030")
    first = take(engine, path, home=tmp_path)
    before = rows(engine, "SELECT ctid, * FROM settlement_lines ORDER BY line_key"), rows(engine, "SELECT ctid, * FROM statements")

    again = take(engine, path, home=tmp_path)

    assert (first.status, again.status) == ("ingested", "unchanged")
    assert (again.rows, again.lines, again.control_stated) == (first.rows, first.lines, first.control_stated)
    assert before == (
        rows(engine, "SELECT ctid, * FROM settlement_lines ORDER BY line_key"),
        rows(engine, "SELECT ctid, * FROM statements"),
    )


def test_what_an_overlapping_statement_repeats_is_not_new(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    week = write(tmp_path / "week.csv", table(ALIPAY, [alipay_row("101"), fee()]))
    month = write(tmp_path / "month.csv", table(ALIPAY, [alipay_row("101"), fee(), alipay_row("103", 发生时间="2026-11-20 10:00:00")]))
    take(engine, week, home=tmp_path)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM recon_touched"))
    later = NOW.replace(day=2)

    take(engine, month, home=tmp_path, as_of=later)

    assert rows(engine, "SELECT line_key, ingested_at FROM settlement_lines ORDER BY 1") == [("101", NOW), ("102", NOW), ("103", later)]
    assert total(engine) == 195_00
    assert rows(engine, "SELECT count(*) FROM recon_touched") == [(1,)]


def test_a_line_that_is_settled_later_stays_one_line(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    waiting = jd_v1_row("280000000001", "货款", "36.80", 结算状态="未结算", 到账时间="--", 账单生成时间="--")
    settled = jd_v1_row("280000000001", "货款", "36.80")
    take(engine, write(tmp_path / "a.csv", table(JD_V1, [waiting])), home=tmp_path)
    assert rows(engine, "SELECT pending, settled_at FROM settlement_lines") == [(True, None)]

    take(engine, write(tmp_path / "b.csv", table(JD_V1, [settled])), home=tmp_path)

    assert rows(engine, "SELECT pending, settled_at, amount_minor FROM settlement_lines") == [
        (False, datetime(2026, 11, 2, tzinfo=UTC), 36_80)
    ]


def test_the_summary_beside_a_bill_is_recognised_and_adds_nothing(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    bill = alipay_bill(ALIPAY_TRADE, [trade_row("1")], footers=["#交易合计：1笔，商家实收共20.00元"], name="业务明细")
    summary = "#支付宝业务汇总查询\r\n#账号：[2088]\r\n门店编号,门店名称,交易订单总笔数,商家实收（元）\r\n,合计,1,20.00\r\n"
    content = zip_of({"2088_20261101_业务明细.csv": bill.encode("gb18030"), "2088_20261101_业务明细(汇总).csv": summary.encode("gb18030")})
    path = tmp_path / "2088_20261101.csv.zip"
    path.write_bytes(content)

    first = take_all(engine, path, home=tmp_path, shop="tm")
    again = take_all(engine, path, home=tmp_path, shop="tm")

    assert [(each.manifest, each.status, each.kind, each.rows) for each in first] == [
        ("alipay", "ingested", "settlement", 1),
        ("alipay", "ingested", "settlement", 0),
    ]
    assert {each.status for each in again} == {"unchanged"}
    assert "held against its rows" in (first[1].note(language="en") or "")
    assert total(engine) == 20_00 - 12
    # a file that merely is called so is none
    strange = write(tmp_path / "业务明细(汇总).csv", "门店编号,门店名称\r\n1,总店\r\n")
    assert take(engine, strange, home=tmp_path, shop="tm").status == "refused"


def test_the_same_amount_of_an_order_on_two_days_is_two_lines_whichever_file_each_is_in(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    back = settled_row("6900000000000000013", "-8", "0", "8", 结算单类型="结算后退款-原路退回")
    later = back | {"结算时间": "2026-11-04 10:00:00"}
    fees = [jd_v1_row("280000000001", "价保扣款", "-15.00", 到账时间=at) for at in ("2026-11-02 08:00:00", "2026-11-09 08:00:00")]
    waiting = jd_v1_row("280000000001", "价保扣款", "-15.00", 结算状态="未结算", 到账时间="--", 账单生成时间="--")

    files = ((DOUYIN_SETTLED, [back]), (DOUYIN_SETTLED, [back, later]), (JD_V1, [waiting]), (JD_V1, fees[:1]), (JD_V1, fees))
    for number, (header, cells) in enumerate(files):
        take(engine, write(tmp_path / f"{number}.csv", table(header, cells)), home=tmp_path)

    assert by_type(engine) == {"refund": -16_00, "price_protection": -30_00}
    assert rows(engine, "SELECT count(*) FROM settlement_lines WHERE NOT pending") == [(4,)]


def test_what_two_bookings_settle_is_two_lines_and_what_waited_makes_room(engine: Engine, tmp_path: Path) -> None:
    # JD's rows have no number of their own: the same goods of the same order again, in the next week's booking
    paid = jd_v2_row("280000000001", "货款", "36.80")
    again = jd_v2_row("280000000001", "货款", "36.80", 结算时间="2026-11-08 08:00:00", 结算单号="JS20261108001")
    waiting = jd_v2_row("280000000001", "货款", "36.80", 结算时间="--", 结算单号="--", 资金动账备注="--")
    files = [
        write(tmp_path / name, table(JD_V2, cells))
        for name, cells in (
            ("待结算1.csv", [waiting]),
            ("week1.csv", [paid]),
            ("weeks.csv", [again, paid]),
            ("待结算2.csv", [waiting, waiting, waiting]),
        )
    ]
    states = []
    for order in (files, files[::-1], [files[2], files[0], files[3], files[1]]):
        empty(engine)
        give_shops(engine)
        for path in order:
            take(engine, path, home=tmp_path)
        states.append(state(engine))

    assert states[0] == states[1] == states[2]
    assert rows(engine, "SELECT pending, payout_ref, amount_minor FROM settlement_lines ORDER BY 1, 2") == [
        (False, "JS20261101001", 36_80),
        (False, "JS20261108001", 36_80),
        (True, None, 36_80),
    ]


def test_a_mended_manifest_reads_a_kept_file_anew_and_leaves_nothing_of_the_old(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    report = take(engine, pdd_file(tmp_path / "a.csv", [pdd_row("260620-1", "0", "-1.00", "0990001|从未见过-新费用")]), home=tmp_path)
    assert by_type(engine) == {"unclassified": -1_00}
    own = (SHIPPED / "pdd_settlement.toml").read_text(encoding="utf-8").replace("version = 1", "version = 2", 1)
    # the fee gets a name, and the line the order's number another way
    own = own.replace('"0140028" =', '"0990001" = "penalty", "0140028" =').replace(
        "order_no = [{ from", "order_no = [{ pattern = '^(\\d+)-', from"
    )
    write(tmp_path / "manifests" / "pdd_settlement.toml", own)
    [(file_id,)] = rows(engine, "SELECT file_id FROM source_files")

    replay(engine, file_id, settings=Settings(home=tmp_path), as_of=NOW)

    assert report.status == "ingested"
    assert rows(engine, "SELECT order_no, type, amount_minor, manifest_version FROM settlement_lines") == [("260620", "penalty", -1_00, 2)]
    gone_from = "told:2026-06-30/pdd_settlement.account"
    assert {order for (order,) in rows(engine, "SELECT order_no FROM recon_touched")} == {"260620-1", "260620", gone_from}


def test_of_two_sheets_that_tell_the_same_money_the_fees_are_taken_and_the_other_controls_them(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    fees = [jd_v3_fee("280000000021", "货款", "3.84"), jd_v3_fee("280000000021", "佣金", "-0.33")]

    right = take(engine, _workbook(tmp_path / "right.xlsx", fees, [jd_v3_line("280000000021", "3.84", "-0.33", "3.51")]), home=tmp_path)
    wrong = take(engine, _workbook(tmp_path / "wrong.xlsx", fees, [jd_v3_line("280000000021", "3.84", "-0.30", "3.54")]), home=tmp_path)

    assert (right.status, right.manifest, right.control_stated, right.control_computed) == ("ingested", "jd_settlement", "3.51", "3.51")
    assert by_type(engine) == {"receipt": 3_84, "commission": -33}
    assert rows(engine, "SELECT DISTINCT source, account, pending FROM settlement_lines") == [("jd_settlement.v3_fees", "10086", False)]
    assert wrong.status == "refused"
    assert "交易汇总: the file states 3.54, its rows come to 3.51" in (wrong.error or "")


def test_a_workbook_of_what_waits_says_so_by_its_name(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    fees = [jd_v3_fee("280000000021", "货款", "3.84", 结算时间="")]

    lines = [jd_v3_line("280000000021", "3.84", "0", "3.84", 结算时间="")]

    take(engine, _workbook(tmp_path / "待结算.xlsx", fees, lines), home=tmp_path)

    assert rows(engine, "SELECT pending, settled_at FROM settlement_lines") == [(True, None)]


def _workbook(path: Path, fees: list[dict[str, str]], lines: list[dict[str, str]]) -> Path:
    """The workbook of 2026: two header rows on each of two sheets."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False}) as book:
        for name, header, cells in (("交易汇总", JD_V3_SUMMARY, lines), ("费用明细", JD_V3_FEES, fees)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["商家信息", "单据基础信息", "", "结算信息"])
            sheet.write_row(1, 0, header)
            for number, row in enumerate(cells, start=2):
                sheet.write_row(number, 0, [row.get(column, "") for column in header])
    path.write_bytes(out.getvalue())
    return path


def test_a_bill_in_a_zip_with_gbk_names_is_taken(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    content = alipay_bill(ALIPAY_TRADE, [trade_row("2026110122001401")], footers=["#交易合计：1笔，商家实收共20.00元"], name="业务明细")
    path = tmp_path / "20881234567890120156_20261101.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("x" * 20)
        archive.writestr(info, content.encode("gbk"))
    # the name in GBK, without the flag that would say so
    name = "2088_业务明细.csv".encode("gbk").ljust(20, b"_")
    path.write_bytes(path.read_bytes().replace(b"x" * 20, name))

    [report] = take_all(engine, path, home=tmp_path)

    assert (report.status, report.manifest) == ("ingested", "alipay")
    assert "业务明细" in report.file
    assert by_type(engine) == {"receipt": 20_00, "payment_fee": -12}


def test_a_copy_saved_again_as_a_workbook_is_the_same_statement(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    header = list(ALIPAY)
    cells = [
        ["#支付宝账务明细查询"],
        ["#账号：[20881234567890120156]"],
        ["#起始日期：[2026年11月01日 00:00:00]   终止日期：[2026年11月02日 00:00:00]"],
    ]
    cells += [["#---账务明细列表---"], header, *([row.get(name, "") for name in header] for row in (alipay_row("101"), fee()))]
    cells += [["#---账务明细列表结束---"], ["#支出合计：1笔，共-5.00元"], ["#收入合计：1笔，共100.00元"]]
    book = tmp_path / "bill.xlsx"
    book.write_bytes(workbook_of(cells))
    take(engine, write(tmp_path / "bill.csv", alipay_bill(ALIPAY, [alipay_row("101"), fee()]), encoding="gb18030"), home=tmp_path)
    before = state(engine)["lines"]

    report = take(engine, book, home=tmp_path)

    assert report.status == "ingested"
    assert state(engine)["lines"] == before


# ---------------------------------------------------------------- laws

_AMOUNTS = st.integers(min_value=-(10**7), max_value=10**7).filter(bool)
_ROWS = st.lists(
    st.tuples(
        st.integers(1, 4),
        _AMOUNTS,
        st.sampled_from(["0010002|交易收入-订单收入", "0020002|交易退款-订单退款", "0777777|谁知道"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=12,
)
_BAD = st.sampled_from(["", "", "", "", "2.026E+27", "x"])


@given(drawn=_ROWS, bad=st.lists(_BAD, min_size=12, max_size=12))
@hypothesis_settings(max_examples=tries(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_lost_every_row_is_stored_or_refused_and_sums_are_kept(
    make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, str, int]], bad: list[str]
) -> None:
    engine, home = _engine(make_engine), tmp_path_factory.mktemp("home")
    give_shops(engine)
    cells = []
    for (order, minor, what, second), fault in zip(drawn, bad, strict=False):
        amount = f"{abs(minor) // 100}.{abs(minor) % 100:02d}"
        row = pdd_row(
            f"260620-{order}",
            amount if minor > 0 else "0",
            f"-{amount}" if minor < 0 else "0",
            what,
            发生时间=f"2026-06-30 23:30:0{second}",
        )
        if fault == "x":
            row["收入金额（+元）"] = "x"
        elif fault:
            row["商户订单号"] = fault
        cells.append(row)
    holding = [minor for (_, minor, _, _), fault in zip(drawn, bad, strict=False) if not fault]

    report = take(engine, pdd_file(home / "a.csv", cells), home=home)

    assert report.rows == len(cells)
    assert report.accepted + len({found.row for found in report.refused}) == report.rows
    assert report.accepted == report.lines == len(holding)
    assert total(engine) == sum(holding)
    assert rows(engine, "SELECT count(*) FROM settlement_lines") == [(len(holding),)]


@given(
    files=st.lists(
        st.lists(st.tuples(st.integers(1, 6), st.sampled_from([36_80, -1_84]), st.booleans()), min_size=1, max_size=5),
        min_size=2,
        max_size=3,
    ),
    seed=st.integers(0, 99),
)
@hypothesis_settings(max_examples=tries(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_arrival_does_not_matter(
    make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[int, int, bool]]], seed: int
) -> None:
    """Overlapping statements of the same orders, some before and some after the money came."""
    engine, home = _engine(make_engine), tmp_path_factory.mktemp("home")
    paths = []
    for place, some in enumerate(files):
        cells = [
            jd_v1_row(
                f"28000000000{order}",
                "货款" if minor > 0 else "佣金",
                f"{minor / 100:.2f}",
                **({} if settled else {"结算状态": "未结算", "到账时间": "--", "账单生成时间": f"2026110{place + 1}"}),
            )
            for order, minor, settled in some
        ]
        paths.append(write(home / f"{place}.csv", table(JD_V1, cells)))
    states = []
    for order in (paths, random.Random(seed).sample(paths, len(paths)), paths[::-1]):
        empty(engine)
        give_shops(engine)
        for path in order:
            take(engine, path, home=home)
        states.append(state(engine))

    assert states[0] == states[1] == states[2]
    # what waited makes room for what is settled, in whichever file either stands
    alike = [Counter(some) for some in files]
    rows_of = {(order, minor) for some in files for order, minor, _ in some}
    assert len(states[0]["lines"]) == sum(max(each[(*row, settled)] for each in alike for settled in (True, False)) for row in rows_of)


_made: dict[int, Engine] = {}


def _engine(make_engine: MakeEngine) -> Engine:
    """One database for all examples of a law, emptied for each."""
    key = id(make_engine)
    if key not in _made:
        _made[key] = make_engine()
    empty(_made[key])
    return _made[key]


# ---------------------------------------------------------------- hostile files


def test_a_truncated_zip_stores_nothing(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    whole = zip_of({"a.csv": table(ALIPAY, [alipay_row("1")]).encode()})
    path = tmp_path / "a.zip"
    path.write_bytes(whole[: len(whole) // 2])

    report = take(engine, path, home=tmp_path)

    assert report.status == "refused"
    assert "damaged" in (report.error or "")
    assert rows(engine, "SELECT count(*) FROM settlement_lines") == [(0,)]


def test_a_cell_of_ten_megabytes_costs_its_row_alone(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = write(tmp_path / "a.csv", table(ALIPAY, [alipay_row("1"), alipay_row("2", 备注="x" * 10_000_000), alipay_row("3")]))

    report = take(engine, path, home=tmp_path)

    assert (report.rows, report.accepted, [found.code for found in report.refused]) == (3, 2, ["cell_too_large"])
    assert total(engine) == 200_00


def test_a_column_gone_is_named(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    header = [name for name in ALIPAY if name != "发生时间"]
    row = {name: cell for name, cell in alipay_row("1").items() if name != "发生时间"}

    report = take(engine, write(tmp_path / "a.csv", table(header, [row])), home=tmp_path)

    assert report.status == "refused"
    assert "发生时间" in (report.error or "")


def test_a_refused_row_of_a_bill_without_quotes_is_shown_cell_by_cell_and_its_remark_masked(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    bad = wechat_flow("2", 资金流水单号="9.000E+30", 备注="给林一, 谢谢")
    bill = wechat_bill(WECHAT_FLOW, [wechat_flow("1"), bad], sums=WECHAT_FLOW_SUMS, figures=["2", "2", "60.00", "0", "0.00"])
    report = take(engine, write(tmp_path / "bill.csv", bill), home=tmp_path)
    [(sha256, source)] = rows(engine, "SELECT sha256, source FROM source_files JOIN file_runs USING (file_id)")

    found = raw_cells(Settings(home=tmp_path), sha256=sha256, name="bill.csv", source=source, numbers=[3])

    assert [(each.row, each.field, each.code) for each in report.refused] == [(3, "资金流水单号", "damaged_id")]
    cells = dict(zip(found[3].names, found[3].cells, strict=True))
    assert (cells["资金流水单号"], cells["业务类型"], cells["备注"]) == ("9.000E+30", "交易", MASK)


def test_every_source_says_of_which_money_it_tells() -> None:
    sources = {each.source: (each.money, each.preference) for each in money_sources()}

    assert sources["wechatpay.trade"] == ("wechatpay", 1)
    assert sources["wechatpay.fund_flow"] == ("wechatpay", 2)
    for money in {money for money, _ in sources.values()}:
        preferences = [preference for other, preference in sources.values() if other == money]
        assert len(preferences) == len(set(preferences)), money
