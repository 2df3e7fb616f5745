"""Does Qianniu's export of Taobao and Tmall orders mean what it says, alone and beside the classic one?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tests.conftest import MakeEngine
from tests.export_rows import QIANNIU, QIANNIU_LATER, export_text, qianniu_order, write_export
from tests.final_state import final_state
from tests.hostile_files import workbook_of
from tests.own_files import SHIPPED, SHOPS, taobao_line, taobao_order, write_lines, write_orders, write_rows
from tests.taken_exports import beijing, one, refused, rows, take


def _qianniu(folder: Path, *sold: Mapping[str, str], name: str = "qianniu.csv", later: bool = True, **more: Any) -> Path:
    return write_export(folder / name, export_text([*QIANNIU, *(QIANNIU_LATER if later else [])], sold, **more))


def test_a_qianniu_order_is_what_its_row_says_csv_or_workbook(make_engine: MakeEngine, tmp_path: Path) -> None:
    row = qianniu_order("4153131473293579001", 订单状态="交易成功", 物流公司="圆通速递", 物流单号="YT1", 确认收货时间="2026-11-08 09:00:00")
    workbook = tmp_path / "qianniu.xlsx"
    workbook.write_bytes(workbook_of([QIANNIU, [row.get(name, "") for name in QIANNIU]]))
    for path in (_qianniu(tmp_path, row, later=False), workbook):
        engine = make_engine()

        report = take(engine, path)

        assert (report.status, report.manifest, report.rows, report.orders) == ("ingested", "taobao", 1, 1)
        order = one(engine, "SELECT * FROM orders")
        assert (order.order_no, order.stage, order.carrier_code, order.waybill_no) == ("4153131473293579001", "completed", "YTO", "YT1")
        # 总金额(旧版) is another figure and never stands in for the new one
        assert (order.total_minor, order.goods_minor, order.freight_minor, order.paid_minor) == (11_000, 10_000, 1_000, 11_000)
        assert order.completed_from == order.completed_to == beijing("2026-11-08", "09:00:00")


def test_later_columns_give_the_ship_time_the_refund_and_why_it_was_closed(engine: Engine, tmp_path: Path) -> None:
    shipped = qianniu_order("1", 订单状态="卖家已发货，等待买家确认", 发货时间="2026-11-02 16:00:00", 订单关闭原因="订单未关闭")
    closed = qianniu_order("2", 订单状态="交易关闭", 退款金额="110.00", 订单关闭原因="退款")

    take(engine, _qianniu(tmp_path, shipped, closed))

    first, second = rows(engine, "SELECT stage, shipped_from, shipped_to, close_reason, refunded_minor FROM orders ORDER BY order_no")
    assert first == ("shipped", beijing("2026-11-02", "16:00:00"), beijing("2026-11-02", "16:00:00"), None, None)
    assert second == ("refunded", None, None, "退款", 11_000)


def test_columns_of_the_classic_export_ticked_by_the_seller_are_read_in_qiannius_too(engine: Engine, tmp_path: Path) -> None:
    people = {"收货人姓名": "林一", "收货地址": "四川省 成都市 武侯区 天府大道1号(610000)", "联系手机": "'13900000001"}

    take(engine, write_export(tmp_path / "q.csv", export_text([*QIANNIU, *people], [qianniu_order("1") | people])))

    assert one(engine, "SELECT region_code, city FROM orders") == ("CN-51", "成都市")
    assert one(engine, "SELECT receiver_name, phone FROM order_contacts") == ("林一", "13900000001")


def test_guards_padding_and_a_footer_are_no_part_of_a_qianniu_order(engine: Engine, tmp_path: Path) -> None:
    header = [f"{name} " if name.endswith("时间") else name for name in QIANNIU]
    row = qianniu_order("0") | {"订单编号": '="4153131473293579001"', "店铺ID": "'10086", "订单状态": "\t买家已付款,等待卖家发货 "}
    sound = export_text(QIANNIU, [row, qianniu_order("4153131473293579002", 总金额="1,110.00")])
    body = sound.split("\r\n", 1)[1]
    footer = ",".join(["合计", *("1220.00" if name == "总金额" else "" for name in QIANNIU[1:])])

    report = take(engine, write_export(tmp_path / "q.csv", f"{','.join(header)}\r\n{body}{footer}\r\n"))

    assert (report.rows, report.accepted, report.refused) == (2, 2, ())
    assert (report.control_stated, report.control_computed) == ("1220.00", "1220.00")
    assert rows(engine, "SELECT order_no, shop_id, stage, total_minor FROM orders ORDER BY 1") == [
        ("4153131473293579001", "10086", "paid", 11_000),
        ("4153131473293579002", "10086", "paid", 111_000),
    ]


def test_a_qianniu_file_without_its_status_is_refused_whole_by_that_name(engine: Engine, tmp_path: Path) -> None:
    header = [name for name in QIANNIU if name != "订单状态"]
    row = {name: cell for name, cell in qianniu_order("1").items() if name in header}

    report = take(engine, write_export(tmp_path / "q.csv", export_text(header, [row])))

    assert report.status == "refused" and "taobao.qianniu 缺少必需列：订单状态" in (report.error or "")
    assert rows(engine, "SELECT * FROM orders") == []


def test_an_unknown_status_refuses_its_row_alone(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, _qianniu(tmp_path, qianniu_order("1"), qianniu_order("2", 订单状态="买家已拍下")))

    assert refused(report) == [(3, "订单状态", "unknown_status")]
    assert rows(engine, "SELECT order_no FROM orders") == [("1",)]


def _shops(folder: Path) -> Path:
    row = {"店铺编号": "tm", "店铺名称": "青禾旗舰店", "平台": "天猫", "时区": "Asia/Shanghai", "币种": "CNY", "别名": "10086"}
    return write_rows(folder / "shops.csv", SHOPS, [row], encoding="utf-8-sig")


def test_the_classic_and_the_qianniu_export_of_one_order_are_one_order_whichever_came_first(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    """The classic one, seen first, knows buyer, address and that it is a pre-sale; Qianniu, seen later, when it was shipped."""
    number = "35153131473293579"
    classic = taobao_order(number, 店铺Id="0", 店铺名称="青禾旗舰店", 分阶段订单信息="阶段2 已付款")
    later = qianniu_order(number, 总金额="100.00", 订单状态=SHIPPED, 发货时间="2026-11-02 16:00:00")
    files = [
        write_orders(tmp_path / "classic.csv", [classic]),
        write_lines(tmp_path / "lines.csv", [taobao_line(number), taobao_line(number, "SKU2")]),
        _qianniu(tmp_path, later),
    ]
    states = []
    for order_of_arrival in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)):
        engine = make_engine()
        take(engine, _shops(tmp_path))

        for place in order_of_arrival:
            assert take(engine, files[place], shop="tm" if place == 1 else None).refused == ()

        states.append(final_state(engine))
        order = one(engine, "SELECT * FROM orders")
        assert (order.shop_id, order.order_no, order.stage, order.kind, order.channel) == ("tm", number, "shipped", "presale", "tmall")
        assert (order.total_minor, order.paid_minor, order.region_code) == (10_000, 11_000, "CN-51")
        assert order.shipped_from == order.shipped_to == beijing("2026-11-02", "16:00:00")
        assert one(engine, "SELECT count(*) FROM order_lines").count == 2
        assert one(engine, "SELECT phone FROM order_contacts").phone == "13900000000"

    assert all(state == states[0] for state in states)
