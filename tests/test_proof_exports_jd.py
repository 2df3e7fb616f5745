"""Does JD's export, whose orders repeat their amounts on the row of every SKU, end as orders with their money once?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.conftest import MakeEngine
from tests.export_rows import JD, JD_LATER, export_text, jd_row, write_export
from tests.final_state import empty, final_state
from tests.laws import tries
from tests.taken_exports import beijing, one, refused, rows, take


def _jd(folder: Path, *sold: Mapping[str, str], name: str = "jd.csv", header: Sequence[str] = JD, **more: Any) -> Path:
    return write_export(folder / name, export_text(header, sold, **more), encoding="gbk")


def test_amounts_that_repeat_on_every_sku_count_once_an_order(engine: Engine, tmp_path: Path) -> None:
    sold = [
        jd_row("290000000001", "100001", 运费金额="6.00"),
        jd_row("290000000001", "100002", 运费金额="6.00", 订购数量="2", 京东价="30.00"),
        jd_row("290000000001", "100003", 运费金额="6.00"),
        jd_row("290000000002", "100001", 订单金额="60.00", 应付金额="59.90"),
    ]

    report = take(engine, _jd(tmp_path, *sold))

    assert (report.rows, report.accepted, report.orders, report.lines) == (4, 4, 2, 4)
    assert rows(engine, "SELECT order_no, total_minor, paid_minor, freight_minor FROM orders ORDER BY 1") == [
        ("290000000001", 12_000, 10_000, 600),
        ("290000000002", 6_000, 5_990, 0),
    ]
    assert one(engine, "SELECT sum(quantity), sum(quantity * unit_price_minor) FROM order_lines") == (5, 24_000)
    assert rows(engine, "SELECT sku_code, quantity FROM order_lines WHERE order_no = '290000000001' ORDER BY 1") == [
        ("SKU100001", 1),
        ("SKU100002", 2),
        ("SKU100003", 1),
    ]


@settings(max_examples=tries(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), min_size=1, max_size=5), data=st.data())
def test_whatever_lines_jd_orders_have_nothing_is_lost_or_doubled(
    lines: list[list[int]], data: st.DataObject, database: Engine, tmp_path: Path
) -> None:
    amounts = data.draw(st.lists(st.integers(1, 99_999), min_size=len(lines), max_size=len(lines)))
    sold = [
        jd_row(str(number), str(product), 订购数量=str(quantity), 订单金额=f"{amount / 100:.2f}", 应付金额=f"{amount / 100:.2f}")
        for number, (quantities, amount) in enumerate(zip(lines, amounts, strict=True), start=1)
        for product, quantity in enumerate(quantities)
    ]
    empty(database)

    report = take(database, _jd(tmp_path, *data.draw(st.permutations(sold))))

    assert (report.rows, report.accepted, report.orders, report.lines) == (len(sold), len(sold), len(lines), len(sold))
    assert one(database, "SELECT sum(total_minor), sum(paid_minor) FROM orders") == (sum(amounts), sum(amounts))
    assert one(database, "SELECT count(*), sum(quantity) FROM order_lines") == (len(sold), sum(map(sum, lines)))
    empty(database)


def test_the_same_sku_twice_in_an_order_is_two_lines_and_a_later_export_adds_none(engine: Engine, tmp_path: Path) -> None:
    bought, given_ = jd_row("1", "100001"), jd_row("1", "100001", 京东价="0.00")
    take(engine, _jd(tmp_path, bought, given_))

    done = {"订单状态": "完成", "订单完成时间": "2026-11-06 20:00:00"}
    take(engine, _jd(tmp_path, bought | done, given_ | done, name="later.csv"))

    assert rows(engine, "SELECT sku_code, unit_price_minor FROM order_lines ORDER BY 2") == [("SKU100001", 0), ("SKU100001", 6_000)]
    assert one(engine, "SELECT stage, completed_to FROM orders") == ("completed", beijing("2026-11-06", "20:00:00"))


def test_a_deleted_order_is_cancelled_and_its_money_stands_on_the_orders_it_became(engine: Engine, tmp_path: Path) -> None:
    sold = [
        jd_row("11729384072", "100001", 订单状态="(删除)等待出库", 商家备注="订单拆分为 11729439936 11749907506"),
        jd_row("11729439936", "100001", 应付金额="60.00"),
        jd_row("11749907506", "100002", 应付金额="40.00"),
        jd_row("11749907507", "100002", 订单状态="（删除）等待出库"),
    ]

    take(engine, _jd(tmp_path, *sold))

    assert rows(engine, "SELECT order_no, stage, paid_minor FROM orders ORDER BY 1") == [
        ("11729384072", "cancelled", None),
        ("11729439936", "paid", 6_000),
        ("11749907506", "paid", 4_000),
        ("11749907507", "cancelled", None),
    ]


STAGES = {
    "待付款": "created",
    "等待出库": "paid",
    "等待确认收货": "shipped",
    "完成": "completed",
    "已取消": "cancelled",
    "(删除)等待出库": "cancelled",
    "(删除)等待确认收货": "cancelled",
}


@pytest.mark.parametrize(("status", "stage"), STAGES.items(), ids=STAGES)
def test_jd_says_in_its_own_words_how_far_an_order_is(engine: Engine, tmp_path: Path, status: str, stage: str) -> None:
    paid = "2026-11-01 10:05:00" if stage not in ("created", "cancelled") else ""

    take(
        engine,
        _jd(tmp_path, jd_row("1", "100001", 订单状态=status, 付款确认时间=paid), jd_row("1", "100002", 订单状态=status, 付款确认时间=paid)),
    )

    assert one(engine, "SELECT stage, on_hold, paid_to IS NOT NULL AS paid FROM orders") == (stage, False, bool(paid))


def test_a_locked_jd_order_is_held(engine: Engine, tmp_path: Path) -> None:
    take(engine, _jd(tmp_path, jd_row("1", "100001", 订单状态="(锁定)等待出库")))

    assert one(engine, "SELECT stage, on_hold FROM orders") == ("paid", True)


def test_cash_on_delivery_to_be_shipped_has_not_been_paid(engine: Engine, tmp_path: Path) -> None:
    take(engine, _jd(tmp_path, jd_row("1", "100001", 支付方式="货到付款", 付款确认时间="")))

    assert one(engine, "SELECT kind, stage, paid_to, paid_minor FROM orders") == ("cod", "created", None, None)


def test_every_row_of_an_order_in_a_status_nobody_knows_is_refused_and_the_others_go_on(engine: Engine, tmp_path: Path) -> None:
    sold = [jd_row("1", "100001", 订单状态="等待神仙"), jd_row("1", "100002", 订单状态="等待神仙"), jd_row("2", "100001")]

    report = take(engine, _jd(tmp_path, *sold))

    assert refused(report) == [(2, "订单状态", "unknown_status"), (3, "订单状态", "unknown_status")]
    assert {found.value for found in report.refused} == {"等待神仙"}
    assert rows(engine, "SELECT order_no FROM orders") == [("2",)]


@pytest.mark.parametrize("marker", ["", "--", "-", "0001-01-01 00:00:00", "1970-01-01 00:00:00", "无"])
def test_jds_ways_to_write_nothing_are_nothing(engine: Engine, tmp_path: Path, marker: str) -> None:
    row = jd_row(
        "1",
        "100001",
        订单状态="待付款",
        付款确认时间=marker,
        订单完成时间=marker,
        货号=marker,
        运费金额=marker if "1" not in marker else "",
    )

    report = take(engine, _jd(tmp_path, row))

    assert report.refused == ()
    assert one(engine, "SELECT stage, paid_to, completed_to FROM orders") == ("created", None, None)
    assert one(engine, "SELECT sku_code FROM order_lines").sku_code is None


def test_the_end_of_an_order_that_did_not_complete_is_no_completion(engine: Engine, tmp_path: Path) -> None:
    take(engine, _jd(tmp_path, jd_row("1", "100001", 订单状态="已取消", 订单完成时间="2026-11-02 09:00:00")))

    assert one(engine, "SELECT stage, completed_to FROM orders") == ("cancelled", None)


def test_columns_that_jd_added_later_are_read_where_they_are(engine: Engine, tmp_path: Path) -> None:
    row = jd_row("1", "100001", 仓库id="12", 仓库名称="武汉仓", 商家SKUID="CUP-1", 商家应收="95.00", 快递单号="JDVA1")

    report = take(engine, _jd(tmp_path, row, header=[*JD, *JD_LATER, "快递单号"]))

    assert report.refused == () and report.detail == {}
    assert one(engine, "SELECT warehouse_code, waybill_no, region_code FROM orders") == ("武汉仓", "JDVA1", "CN-51")
    assert one(engine, "SELECT sku_code FROM order_lines").sku_code == "CUP-1"


def test_a_shorter_jd_export_does_not_erase_what_a_longer_one_said(make_engine: MakeEngine, tmp_path: Path) -> None:
    longer = _jd(tmp_path, jd_row("1", "100001", 仓库名称="武汉仓", 快递单号="JDVA1"), header=[*JD, *JD_LATER, "快递单号"], name="long.csv")
    shorter = _jd(tmp_path, jd_row("1", "100001", 订单状态="完成", 订单完成时间="2026-11-06 20:00:00"), name="short.csv")
    states = []
    for files in ((longer, shorter), (shorter, longer)):
        engine = make_engine()
        for path in files:
            take(engine, path)
        states.append(final_state(engine))
        assert one(engine, "SELECT stage, warehouse_code, waybill_no FROM orders") == ("completed", "武汉仓", "JDVA1")

    assert states[0] == states[1]


@pytest.mark.parametrize("gone", ["订单号", "订单金额", "应付金额", "订单状态", "下单时间"])
def test_a_jd_file_without_a_column_it_needs_is_refused_whole_by_that_name(engine: Engine, tmp_path: Path, gone: str) -> None:
    row = {name: cell for name, cell in jd_row("1", "100001").items() if name != gone}

    report = take(engine, _jd(tmp_path, row, header=[name for name in JD if name != gone]))

    assert report.status == "refused" and f"jd.orders 缺少必需列：{gone}" in (report.error or "")
    assert rows(engine, "SELECT * FROM orders") == []


def test_an_id_that_a_spreadsheet_damaged_is_refused_and_one_with_a_point_nought_is_mended(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, _jd(tmp_path, jd_row("2.9E+11", "1"), jd_row("290000000002.0", "1"), jd_row('="290000000003"', "1")))

    assert refused(report) == [(2, "订单号", "damaged_id")]
    assert report.notices["repaired_id"] == 1
    assert rows(engine, "SELECT order_no FROM orders ORDER BY 1") == [("290000000002",), ("290000000003",)]
