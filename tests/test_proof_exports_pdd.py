"""Does Pinduoduo's export mean what it says in every version, even where it has no time and only a number to tell the day?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.conftest import MakeEngine
from tests.export_rows import PDD, PDD_OLDER, export_text, pdd_order, write_export
from tests.taken_exports import beijing, one, refused, rows, take

NUMBER = "260903-123456789012345"


def _pdd(folder: Path, *sold: Mapping[str, str], name: str = "pdd.csv", header: Sequence[str] = PDD, **more: Any) -> Path:
    return write_export(folder / name, export_text(header, sold, **more), encoding="utf-8-sig")


@pytest.mark.parametrize("header", [PDD, ["订单成交时间", *PDD[:-1]], list(reversed(PDD))], ids=["last", "first", "anywhere"])
def test_a_pdd_order_is_what_its_row_says_wherever_its_columns_stand(engine: Engine, tmp_path: Path, header: list[str]) -> None:
    row = pdd_order(
        NUMBER, 订单状态="已收货", 发货时间="2026-09-03 20:00:00", 确认收货时间="2026-09-06 12:00:00", 快递单号="YT1", 快递公司="圆通快递"
    )

    report = take(engine, _pdd(tmp_path, row, header=header, above=["名称：2026年9月订单"]))

    assert (report.manifest, report.rows, report.orders, report.lines, report.refused) == ("pdd", 1, 1, 1, ())
    order = one(engine, "SELECT * FROM orders")
    assert (order.order_no, order.channel, order.stage, order.carrier_code, order.waybill_no) == (NUMBER, "pdd", "delivered", "YTO", "YT1")
    assert (order.total_minor, order.paid_minor, order.goods_minor, order.freight_minor) == (2_500, 2_500, 3_000, 0)
    assert order.created_at == order.paid_from == order.paid_to == beijing("2026-09-03", "10:00:00")
    assert (order.shipped_to, order.delivered_to) == (beijing("2026-09-03", "20:00:00"), beijing("2026-09-06", "12:00:00"))
    assert one(engine, "SELECT sku_code, title, properties, quantity, amount_minor FROM order_lines") == ("TEA-1", "茶", "绿", 2, 3_000)


def test_tabs_around_every_cell_are_no_part_of_it(engine: Engine, tmp_path: Path) -> None:
    plain = pdd_order(NUMBER, 快递单号="YT1", 商家备注="")
    sold = [{name: f"\t{cell}\t" for name, cell in row.items()} for row in (plain, plain | {"订单号": f"{NUMBER[:-1]}6"})]

    report = take(engine, _pdd(tmp_path, *sold, above=["名称：\t九月"]))

    assert (report.rows, report.refused) == (2, ())
    assert rows(engine, "SELECT order_no, waybill_no, total_minor FROM orders ORDER BY 1") == [
        (NUMBER, "YT1", 2_500),
        (f"{NUMBER[:-1]}6", "YT1", 2_500),
    ]


def test_the_platforms_hours_to_the_shipment_count_from_the_conclusion(engine: Engine, tmp_path: Path) -> None:
    take(engine, _pdd(tmp_path, pdd_order(NUMBER, 订单状态="已发货", 发货时间="2026-09-06 09:00:00")))

    assert one(engine, "SELECT deadline_at FROM orders").deadline_at == beijing("2026-09-05", "10:00:00")


def test_an_order_never_concluded_was_placed_on_the_day_its_number_begins_with(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, _pdd(tmp_path, pdd_order(NUMBER, 订单状态="已取消", 订单成交时间="")))

    assert report.refused == ()
    assert one(engine, "SELECT stub, stage, created_at, paid_to, paid_minor FROM orders") == (
        False,
        "cancelled",
        beijing("2026-09-03", "00:00:00"),
        None,
        None,
    )
    assert rows(engine, "SELECT occurred_from, occurred_to FROM order_events WHERE type = 'created'") == [
        (beijing("2026-09-03", "00:00:00"), beijing("2026-09-03", "23:59:59"))
    ]


def test_what_a_status_says_has_happened_since_the_day_of_the_number(engine: Engine, tmp_path: Path) -> None:
    take(engine, _pdd(tmp_path, pdd_order(NUMBER, 订单状态="已发货", 订单成交时间="", 发货时间="2026-09-04 09:00:00")))

    assert one(engine, "SELECT paid_from, paid_to FROM orders") == (beijing("2026-09-03", "00:00:00"), beijing("2026-09-04", "09:00:00"))


def test_a_real_time_wins_over_the_day_of_the_number_even_past_midnight(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Placed at 23:59 on the third, concluded on the fourth: the number's day is one earlier than the time."""
    blank = _pdd(tmp_path, pdd_order(NUMBER, 订单状态="待付款", 订单成交时间=""), name="early.csv")
    timed = _pdd(tmp_path, pdd_order(NUMBER, 订单成交时间="2026-09-04 00:00:12"), name="late.csv")
    for files in ((blank, timed), (timed, blank), (timed,)):
        engine = make_engine()

        for path in files:
            take(engine, path)

        assert one(engine, "SELECT created_at, stage FROM orders") == (beijing("2026-09-04", "00:00:12"), "paid")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("P260903", ("订单成交时间", "missing")),
        ("260903-12345", ("订单成交时间", "missing")),
        ("x260903-123456789012345", ("订单成交时间", "missing")),
        ("269931-123456789012345", ("订单号", "not_a_time")),
        ("991231-123456789012345", ("订单号", "time_in_future")),
    ],
)
def test_a_number_of_another_shape_gives_no_date_and_its_row_is_refused(
    engine: Engine, tmp_path: Path, number: str, why: tuple[str, str]
) -> None:
    timed = pdd_order(number)

    report = take(engine, _pdd(tmp_path, pdd_order(number, 订单成交时间=""), pdd_order(NUMBER)))

    assert refused(report) == [(2, *why)]
    assert rows(engine, "SELECT order_no FROM orders") == [(NUMBER,)]
    # with a time of its own the same number is as good as any
    assert take(engine, _pdd(tmp_path, timed, name="timed.csv")).refused == ()


def test_money_given_back_ends_an_order_and_a_withdrawn_claim_does_not(engine: Engine, tmp_path: Path) -> None:
    sold = [
        pdd_order("260903-123456789012341", 订单状态="已收货", 售后状态="退款成功"),
        pdd_order("260903-123456789012342", 订单状态="未发货，退款成功", 售后状态="退款成功"),
        pdd_order("260903-123456789012343", 订单状态="已收货", 售后状态="无售后或售后取消"),
        pdd_order("260903-123456789012344", 订单状态="已发货", 售后状态="售后处理中"),
    ]

    report = take(engine, _pdd(tmp_path, *sold))

    assert report.refused == ()
    assert rows(engine, "SELECT stage FROM orders ORDER BY order_no") == [("refunded",), ("refunded",), ("delivered",), ("shipped",)]


def test_an_older_pdd_export_gives_payment_time_and_province(engine: Engine, tmp_path: Path) -> None:
    row = pdd_order("200901-123456789012345") | {
        "支付时间": "2020-09-01 10:00:00",
        "拼单成功时间": "2020-09-01 10:03:00",
        "商家编码-SKU维度": "TEA-9",
        "省": "浙江省",
        "市": "杭州市",
        "区": "西**",
    }

    take(engine, _pdd(tmp_path, {name: cell for name, cell in row.items() if name in PDD_OLDER}, header=PDD_OLDER))

    order = one(engine, "SELECT * FROM orders")
    assert (order.region_code, order.city, order.stage) == ("CN-33", "杭州市", "paid")
    # paid before the group was complete: the order was there by then
    assert order.created_at == order.paid_to == beijing("2020-09-01", "10:00:00")
    assert one(engine, "SELECT sku_code FROM order_lines").sku_code == "TEA-9"


def test_a_pdd_file_without_any_time_is_refused_whole_by_the_name_of_todays_column(engine: Engine, tmp_path: Path) -> None:
    row = {name: cell for name, cell in pdd_order(NUMBER).items() if name != "订单成交时间"}

    report = take(engine, _pdd(tmp_path, row, header=PDD[:-1]))

    assert report.status == "refused" and "pdd.orders 缺少必需列：订单成交时间" in (report.error or "")


def test_a_total_below_the_rows_is_a_control_sum_and_no_order(engine: Engine, tmp_path: Path) -> None:
    total = ",".join("总计" if name == "商品" else "75.00" if name == "用户实付金额(元)" else "-" for name in PDD)
    sold = [pdd_order(f"260903-12345678901234{n}") for n in range(2)]

    report = take(engine, _pdd(tmp_path, *sold, below=[total]))

    # the file states more than its rows add up to: said, and nothing made up
    assert (report.rows, report.orders, report.control_stated, report.control_computed) == (2, 2, "75.00", "50.00")


@pytest.mark.parametrize("product", ["#设计师款连衣裙", "#合计5件装", "合计重量计算器", "#1001", "总计算器", "# 新款"])
def test_a_product_whose_name_looks_like_a_summary_is_an_order_all_the_same(engine: Engine, tmp_path: Path, product: str) -> None:
    report = take(engine, _pdd(tmp_path, pdd_order(NUMBER, 商品=product), pdd_order(f"{NUMBER[:-1]}6")))

    assert (report.rows, report.orders) == (2, 2)
    assert (product,) in rows(engine, "SELECT title FROM order_lines")
