"""Do the documents of the platforms' own interfaces become the orders they speak of, whatever else speaks of them, and how often?"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.refused import raw_cells
from data.report import Report
from data.settings import Settings
from tests.api_orders import (
    douyin_line,
    douyin_order,
    douyin_page,
    douyin_parcel,
    jd_item,
    jd_order,
    jd_page,
    lines_of,
    pdd_item,
    pdd_order,
    pdd_page,
    seconds,
    shopee_item,
    shopee_order,
    shopee_reply,
    written,
)
from tests.export_rows import JD, PDD, export_text, jd_row, write_export
from tests.export_rows import pdd_order as pdd_row
from tests.final_state import empty, final_state

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
# Of lines that several sources give, those of one count.
COUNTING = "FROM order_lines JOIN orders USING (shop_id, order_no) WHERE source = line_source"


def take(engine: Engine, path: Path, *, home: Path) -> Report:
    [report] = ingest_path(engine, path, settings=Settings(home=home, language="en"), as_of=NOW)
    return report


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def utc(beijing: str) -> datetime:
    return datetime.fromtimestamp(seconds(beijing), UTC)


def ends_the_same(engine: Engine, paths: Sequence[Path], *, home: Path) -> bool:
    """Take the files in their order, then all anew in the opposite order, and once more; say whether every end is the same."""
    ends = []
    for sequence in (paths, paths[::-1], [*paths, *paths]):
        empty(engine)
        for path in sequence:
            assert take(engine, path, home=home).refused == ()
        ends.append(final_state(engine))
    return ends[0] == ends[1] == ends[2]


class TestDouyin:
    def test_fen_by_the_interface_and_yuan_by_the_export_are_one_order_of_the_same_amounts(self, engine: Engine, tmp_path: Path) -> None:
        number, other = "6917000000000000001", "6917000000000000002"
        lines = [douyin_line(number), douyin_line(other, product_name="壶", code="POT-2", origin_amount=8000, pay_amount=8000)]
        order = douyin_order(number, pay_amount=12500, post_amount=500, promotion_amount=1000, sku_order_list=lines)
        reply = written(tmp_path / "page.json", douyin_page(order))
        paid, due = "2026-11-18 10:01:00", "2026-11-20 10:01:00"
        export = write_export(
            tmp_path / "export.csv",
            "主订单编号,子订单编号,选购商品,商品数量,商家编码,订单应付金额,运费,优惠总金额,省,订单提交时间,支付完成时间,订单状态,承诺发货时间\n"
            f'"\t{number}","\t{number}",茶,1,TEA-1,45.00,5.00,10.00,浙江省,2026-11-18 10:00:00,{paid},待发货,{due}\n'
            f'"\t{number}","\t{other}",壶,1,POT-2,80.00,0.00,0.00,浙江省,2026-11-18 10:00:00,{paid},待发货,{due}\n',
            encoding="utf-8-sig",
        )
        alone = "SELECT total_minor, paid_minor, freight_minor, discount_minor, region_code, paid_to, deadline_at FROM orders"
        said = []
        for path in (reply, export):
            empty(engine)
            take(engine, path, home=tmp_path)
            said.append(rows(engine, alone))

        assert ends_the_same(engine, [reply, export], home=tmp_path)

        assert said[0] == said[1] == rows(engine, alone) == [(12500, 12500, 500, 1000, "CN-33", utc(paid), utc(due))]
        # each source's lines are kept, those of one of them count
        counting = rows(engine, f"SELECT sku_code, quantity, amount_minor {COUNTING}")
        assert sorted(counting) == [("POT-2", 1, 8000), ("TEA-1", 1, 4500)]
        assert rows(engine, "SELECT line_key, count(*) FROM order_lines GROUP BY 1 ORDER BY 1") == [(number, 2), (other, 2)]

    def test_a_time_of_zero_is_no_time(self, engine: Engine, tmp_path: Path) -> None:
        order = douyin_order("1", order_status=1, pay_time=0, ship_time=0, finish_time=0, exp_ship_time=0, pay_type=0)

        take(engine, written(tmp_path / "page.json", douyin_page(order)), home=tmp_path)

        [(paid_to, paid_minor, shipped_to, completed_to, promised, total)] = rows(
            engine, "SELECT paid_to, paid_minor, shipped_to, completed_to, promised_ship_at, total_minor FROM orders"
        )
        assert (paid_to, paid_minor, shipped_to, completed_to, promised, total) == (None, None, None, None, None, 4500)

    def test_an_order_of_two_parcels_is_shipped_when_both_have_left(self, engine: Engine, tmp_path: Path) -> None:
        first = douyin_parcel("SF1", "2026-11-18 15:00:00")
        parted = douyin_order(
            "1", order_status=101, logistics_info=[first, douyin_parcel("SF2", "")], update_time=seconds("2026-11-18 15:01:00")
        )
        both = [first, douyin_parcel("SF2", "2026-11-19 09:00:00")]
        whole = douyin_order("1", order_status=3, logistics_info=both, update_time=seconds("2026-11-19 09:01:00"))
        paths = [written(tmp_path / f"{name}.json", douyin_page(order)) for name, order in (("parted", parted), ("whole", whole))]

        take(engine, paths[0], home=tmp_path)
        assert rows(engine, "SELECT stage, shipped_to, carrier_code, waybill_no FROM orders") == [("part_shipped", None, "SF", "SF1")]

        assert ends_the_same(engine, paths, home=tmp_path)
        left = utc("2026-11-19 09:00:00")
        assert rows(engine, "SELECT stage, shipped_from, shipped_to FROM orders") == [("shipped", left, left)]

    @pytest.mark.parametrize("code", [21, 22, 39, 7])
    def test_a_code_that_nobody_confirmed_refuses_its_row_by_name_and_the_others_go_on(
        self, engine: Engine, tmp_path: Path, code: int
    ) -> None:
        page = douyin_page(douyin_order("1"), douyin_order("2", order_status=code), douyin_order("3"))

        report = take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert (report.rows, report.accepted, report.orders) == (3, 2, 2)
        assert [(f.row, f.field, f.code, f.value) for f in report.refused] == [(2, "order_status", "unknown_status", str(code))]
        assert rows(engine, "SELECT order_no FROM orders ORDER BY 1") == [("1",), ("3",)]

    def test_cash_on_delivery_counts_from_the_order_and_an_unpaid_order_is_none(self, engine: Engine, tmp_path: Path) -> None:
        page = douyin_page(
            douyin_order("1", pay_type=0, pay_time=0, exp_ship_time=0),
            douyin_order("2", pay_type=0, pay_time=0, exp_ship_time=0, order_status=1),
        )

        take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert rows(engine, "SELECT order_no, kind, payment_method, paid_to, clock_start_at FROM orders ORDER BY 1") == [
            ("1", "cod", "货到付款", None, utc("2026-11-18 10:00:00")),
            ("2", "normal", None, None, None),
        ]

    def test_money_back_for_one_sub_order_is_a_part_and_for_all_of_a_closed_order_its_end(self, engine: Engine, tmp_path: Path) -> None:
        back = {"after_sale_status": 12, "refund_status": 3}
        page = douyin_page(
            douyin_order("1", order_status=5, sku_order_list=[douyin_line("1", after_sale_info=back), douyin_line("9")]),
            douyin_order(
                "2", order_status=4, sku_order_list=[douyin_line("2", after_sale_info=back), douyin_line("8", after_sale_info=back)]
            ),
            douyin_order("3", order_status=4, sku_order_list=[douyin_line("3", after_sale_info=back), douyin_line("7")]),
            douyin_order("4", order_status=4, pay_time=0, cancel_reason="超时未支付"),
        )

        take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert rows(engine, "SELECT order_no, stage, close_reason FROM orders ORDER BY 1") == [
            ("1", "completed", None),
            ("2", "refunded", None),
            ("3", "cancelled", None),
            ("4", "cancelled", "超时未支付"),
        ]
        parts = "SELECT order_no, part, occurred_from, occurred_to FROM order_events WHERE type = 'refunded' AND part <> '' ORDER BY 1, 2"
        paid, changed = utc("2026-11-18 10:01:00"), utc("2026-11-18 10:02:00")
        assert rows(engine, parts) == [
            ("1", "1", paid, changed),
            ("2", "2", paid, changed),
            ("2", "8", paid, changed),
            ("3", "3", paid, changed),
        ]

    def test_the_list_the_detail_and_the_order_alone_say_the_same(self, engine: Engine, tmp_path: Path) -> None:
        order = douyin_order("6917000000000000001")
        documents = [douyin_page(order), {"code": 10000, "data": {"shop_order_detail": order}}, order, [order]]
        paths = [written(tmp_path / f"{place}.json", document) for place, document in enumerate(documents)]
        states = []
        for path in paths:
            empty(engine)
            assert take(engine, path, home=tmp_path).manifest == "douyin_api"
            states.append(final_state(engine))

        assert states[0] == states[1] == states[2] == states[3]
        assert ends_the_same(engine, paths, home=tmp_path)

    def test_a_line_names_all_of_its_properties(self, engine: Engine, tmp_path: Path) -> None:
        take(engine, written(tmp_path / "page.json", douyin_page(douyin_order("1"))), home=tmp_path)

        assert rows(engine, "SELECT sku_code, title, properties, unit_price_minor FROM order_lines") == [("TEA-1", "茶", "绿;一斤", 5000)]

    def test_people_stand_masked_in_the_contact_and_nowhere_else(self, engine: Engine, tmp_path: Path) -> None:
        take(engine, written(tmp_path / "page.json", douyin_page(douyin_order("1"))), home=tmp_path)

        assert rows(engine, "SELECT receiver_name, phone, address, buyer_note FROM order_contacts") == [
            ("林*", "139****0001", "天目山路***", "周末送")
        ]
        for table in ("orders", "order_claims", "order_lines", "order_events"):
            assert rows(engine, f"SELECT count(*) FROM {table} AS t WHERE t::text ~ '林|139|天目山|周末送|老客|翠苑'") == [(0,)], table


class TestJd:
    def test_a_null_date_of_either_form_is_no_time(self, engine: Engine, tmp_path: Path) -> None:
        null = {"paymentConfirmTime": "1970-01-01 00:00:00", "outBoundDate": "0001-01-01 00:00:00", "orderEndTime": "0001-01-01 00:00:00"}
        page = jd_page(jd_order("1", orderState="LOCKED", payType="1-货到付款", **null), jd_order("2", orderState="FINISHED_L", **null))

        report = take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert report.refused == ()
        assert rows(engine, "SELECT order_no, kind, paid_to, paid_minor, shipped_to FROM orders WHERE order_no = '1'") == [
            ("1", "cod", None, None, None)
        ]
        # what the state alone says has happened is bounded, never 1970
        changed = utc("2026-11-01 10:06:00")
        assert rows(engine, "SELECT paid_minor, shipped_to, completed_to FROM orders WHERE order_no = '2'") == [(None, changed, changed)]
        assert rows(engine, "SELECT shipped_from, completed_from FROM orders WHERE order_no = '2'") == [(utc("2026-11-01 10:00:00"),) * 2]

    @pytest.mark.parametrize(
        ("state", "stage", "on_hold"),
        [
            ("WAIT_SELLER_STOCK_OUT", "paid", False),
            ("WAIT_SELLER_DELIVERY", "paid", False),
            ("WAIT_SEND_CODE", "paid", False),
            ("LOCKED", "paid", True),
            ("PAUSE", "paid", True),
            ("POP_ORDER_PAUSE", "paid", True),
            ("WAIT_GOODS_RECEIVE_CONFIRM", "shipped", False),
            ("FINISHED_L", "completed", False),
            ("TRADE_CANCELED", "cancelled", False),
        ],
    )
    def test_every_state_is_a_stage(self, engine: Engine, tmp_path: Path, state: str, stage: str, on_hold: bool) -> None:
        report = take(engine, written(tmp_path / "page.json", jd_page(jd_order("1", orderState=state))), home=tmp_path)

        assert report.refused == ()
        assert rows(engine, "SELECT stage, on_hold FROM orders") == [(stage, on_hold)]

    def test_the_end_of_a_cancelled_order_is_not_its_completion(self, engine: Engine, tmp_path: Path) -> None:
        end = "2026-11-01 12:00:00"
        page = jd_page(
            jd_order("1", orderState="TRADE_CANCELED", orderEndTime=end, modified=end),
            jd_order("2", orderState="FINISHED_L", orderEndTime=end, modified=end),
        )

        take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert rows(engine, "SELECT order_no, completed_from, completed_to FROM orders ORDER BY 1") == [
            ("1", None, None),
            ("2", utc(end), utc(end)),
        ]

    def test_the_interface_and_the_export_speak_of_one_order(self, engine: Engine, tmp_path: Path) -> None:
        sold = {"orderState": "WAIT_GOODS_RECEIVE_CONFIRM", "outBoundDate": "2026-11-01 16:00:00", "modified": "2026-11-01 16:00:01"}
        reply = written(
            tmp_path / "page.json", jd_page(jd_order("290000000001", itemInfoList=[jd_item("100001"), jd_item("100002")], **sold))
        )
        export = write_export(
            tmp_path / "export.csv", export_text(JD, [jd_row("290000000001", "100001"), jd_row("290000000001", "100002")])
        )

        assert ends_the_same(engine, [reply, export], home=tmp_path)

        left = utc("2026-11-01 16:00:00")
        assert rows(engine, "SELECT order_no, stage, total_minor, paid_minor, shipped_from, shipped_to, region_code FROM orders") == [
            ("290000000001", "shipped", 12000, 10000, left, left, "CN-51")
        ]
        assert sorted(rows(engine, f"SELECT sku_code {COUNTING}")) == [("SKU100001",), ("SKU100002",)]

    def test_a_split_order_is_its_children_and_its_parent_does_not_count_beside_them(self, engine: Engine, tmp_path: Path) -> None:
        of = {"parentOrderId": "290000000005", "directParentOrderId": "290000000005"}
        page = jd_page(
            jd_order("290000000005"),
            jd_order("290000000006", orderTotalPrice="80.00", orderPayment="70.00", **of),
            jd_order("290000000007", orderTotalPrice="40.00", orderPayment="30.00", **of),
        )

        report = take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert (report.rows, report.accepted, report.notices["left_out"]) == (3, 3, 1)
        assert rows(engine, "SELECT count(*), sum(total_minor), sum(paid_minor) FROM orders WHERE NOT stub") == [(2, 12000, 10000)]
        assert rows(engine, "SELECT order_no FROM orders WHERE stub") == [("290000000005",)]

    def test_a_child_of_a_child_replaces_both(self, engine: Engine, tmp_path: Path) -> None:
        page = jd_page(
            jd_order("1"),
            jd_order("2", parentOrderId="1", directParentOrderId="1"),
            jd_order("3", parentOrderId="1", directParentOrderId="2"),
        )

        take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert rows(engine, "SELECT order_no FROM orders WHERE NOT stub") == [("3",)]

    def test_a_parent_stored_before_its_children_came_is_closed_by_them_and_counts_no_more(self, engine: Engine, tmp_path: Path) -> None:
        of = {"parentOrderId": "290000000005", "directParentOrderId": "290000000005", "modified": "2026-11-01 11:00:00"}
        whole = written(tmp_path / "whole.json", jd_page(jd_order("290000000005")))
        split = written(tmp_path / "split.json", jd_page(jd_order("290000000006", **of), jd_order("290000000007", **of)))

        assert ends_the_same(engine, [whole, split], home=tmp_path)

        assert rows(engine, "SELECT order_no, stage FROM orders ORDER BY 1") == [
            ("290000000005", "cancelled"),
            ("290000000006", "paid"),
            ("290000000007", "paid"),
        ]
        assert rows(engine, "SELECT order_no FROM order_events WHERE (type, part) = ('reverted', 'created')") == [("290000000005",)]
        assert rows(engine, "SELECT count(*), sum(paid_minor) FROM orders WHERE NOT stub") == [(2, 20000)]

    def test_an_order_out_of_a_return_and_one_that_names_itself_replace_nothing(self, engine: Engine, tmp_path: Path) -> None:
        page = jd_page(
            jd_order("1"), jd_order("2", parentOrderId="1", directParentOrderId="1", returnOrder="1"), jd_order("3", parentOrderId="3")
        )

        take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert rows(engine, "SELECT order_no, stage FROM orders WHERE NOT stub ORDER BY 1") == [("1", "paid"), ("2", "paid"), ("3", "paid")]

    def test_the_same_sku_twice_is_two_lines_however_often_the_order_comes(self, engine: Engine, tmp_path: Path) -> None:
        order = jd_order("1", itemInfoList=[jd_item("100001"), jd_item("100001", jdPrice="0.00")])
        page = written(tmp_path / "page.json", jd_page(order))
        dump = tmp_path / "dump.jsonl"
        dump.write_text(lines_of([order, order]), encoding="utf-8")

        assert ends_the_same(engine, [page, dump], home=tmp_path)

        assert rows(engine, "SELECT sku_code, quantity, unit_price_minor FROM order_lines ORDER BY 3") == [
            ("SKU100001", 1, 0),
            ("SKU100001", 1, 6000),
        ]

    def test_several_waybills_in_one_cell_stay_together(self, engine: Engine, tmp_path: Path) -> None:
        waybills = ",".join(f"JDVB{number:012}" for number in range(8))
        order = jd_order("1", orderState="WAIT_GOODS_RECEIVE_CONFIRM", waybill=waybills)

        report = take(engine, written(tmp_path / "page.json", jd_page(order)), home=tmp_path)

        assert report.refused == ()
        assert rows(engine, "SELECT waybill_no, payment_method FROM orders") == [(waybills, "在线支付")]

    def test_a_single_order_and_one_alone_are_read_as_a_page_is(self, engine: Engine, tmp_path: Path) -> None:
        order = jd_order("1")
        documents = [jd_page(order), {"jingdong_pop_order_get_responce": {"orderDetailInfo": {"orderInfo": order}}}, order, [order]]
        states = []
        for place, document in enumerate(documents):
            empty(engine)
            take(engine, written(tmp_path / f"{place}.json", document), home=tmp_path)
            states.append(final_state(engine))

        assert states[0] == states[1] == states[2] == states[3]
        assert states[0]["contacts"] == [
            ("jd", "1", "jd_lin", "AAS/ZFJFpmfveSmeZ0P9", "139****0001", None, "AAS/ZFJFpmfveSmeZ0P9i+iP", "周末送")
        ]


class TestPinduoduo:
    def test_an_order_in_risk_review_is_on_hold_until_it_is_released(self, engine: Engine, tmp_path: Path) -> None:
        review = written(tmp_path / "1.json", pdd_page(pdd_order("1", risk_control_status=1, updated_at="2026-09-03 10:01:00")))
        clear = written(tmp_path / "2.json", pdd_page(pdd_order("1", risk_control_status=0, updated_at="2026-09-03 12:00:00")))

        take(engine, review, home=tmp_path)
        assert rows(engine, "SELECT stage, on_hold FROM orders") == [("paid", True)]

        assert ends_the_same(engine, [review, clear], home=tmp_path)
        assert rows(engine, "SELECT stage, on_hold FROM orders") == [("paid", False)]

    @pytest.mark.parametrize(
        ("fields", "stage", "on_hold"),
        [
            ({"group_status": 0, "confirm_status": 0}, "paid", True),
            ({"group_status": 0, "confirm_status": 0, "pay_time": ""}, "created", False),
            ({"confirm_status": 0}, "paid", True),
            ({"group_status": 2, "pay_time": None}, "cancelled", False),
            ({"confirm_status": 2}, "cancelled", False),
            ({"refund_status": 2}, "paid", False),
            ({"refund_status": 3}, "paid", False),
            ({"refund_status": 4, "confirm_status": 2}, "refunded", False),
            ({"order_status": 2, "refund_status": 4}, "refunded", False),
            ({"order_status": 2, "risk_control_status": 1}, "shipped", False),
            ({"order_status": 3}, "delivered", False),
        ],
    )
    def test_whether_an_order_may_leave_is_told_by_five_fields_together(
        self, engine: Engine, tmp_path: Path, fields: dict[str, Any], stage: str, on_hold: bool
    ) -> None:
        report = take(engine, written(tmp_path / "page.json", pdd_page(pdd_order("1", **fields))), home=tmp_path)

        assert report.refused == ()
        assert rows(engine, "SELECT stage, on_hold FROM orders") == [(stage, on_hold)]

    def test_the_abnormal_status_that_nobody_confirmed_refuses_its_row(self, engine: Engine, tmp_path: Path) -> None:
        report = take(engine, written(tmp_path / "page.json", pdd_page(pdd_order("1"), pdd_order("2", order_status=0))), home=tmp_path)

        assert [(f.row, f.field, f.code) for f in report.refused] == [(2, "order_status", "unknown_status")]
        assert rows(engine, "SELECT order_no FROM orders") == [("1",)]

    def test_the_promise_is_to_ship_and_not_to_arrive(self, engine: Engine, tmp_path: Path) -> None:
        order = pdd_order("1", last_ship_time="2026-09-05 10:00:01", promise_delivery_time="2026-09-08 23:59:59")

        take(engine, written(tmp_path / "page.json", pdd_page(order)), home=tmp_path)

        assert rows(engine, "SELECT deadline_at, deadline_rule FROM orders") == [(utc("2026-09-05 10:00:01"), "source")]

    def test_a_deposit_does_not_start_the_clock_and_the_final_payment_does(self, engine: Engine, tmp_path: Path) -> None:
        step = {"advanced_paid_fee": 5, "step_paid_fee": 5, "step_discount_amount": 2, "step_trade_status": 1}
        deposit = pdd_order("1", is_pre_sale=1, step_order_info=step, confirm_status=0)
        done = {"step_order_info": step | {"step_paid_fee": 25, "step_trade_status": 2}, "pay_time": "2026-09-10 20:00:00"}
        final = pdd_order("1", is_pre_sale=1, updated_at="2026-09-10 20:00:01", last_ship_time="2026-09-12 20:00:00", **done)
        paths = [written(tmp_path / f"{name}.json", pdd_page(order)) for name, order in (("deposit", deposit), ("final", final))]

        take(engine, paths[0], home=tmp_path)
        asked = "SELECT kind, stage, on_hold, paid_minor, clock_start_at, deadline_at FROM orders"
        assert rows(engine, asked) == [("presale", "created", False, None, None, None)]

        assert ends_the_same(engine, paths, home=tmp_path)
        paid = utc("2026-09-10 20:00:00")
        assert rows(engine, asked) == [("presale", "paid", False, 2500, paid, utc("2026-09-12 20:00:00"))]

    def test_a_gift_is_a_line_without_a_price(self, engine: Engine, tmp_path: Path) -> None:
        bought = pdd_item(800000001, goods_price=15.0)
        gift = pdd_item(800000001, goods_count=1, goods_price=99.0)
        cup = pdd_item(800000002, goods_count=1, goods_price=9.9, outer_id="", outer_goods_id="CUP")
        page = written(tmp_path / "page.json", pdd_page(pdd_order("1", item_list=[bought], gift_list=[gift, cup])))

        assert ends_the_same(engine, [page], home=tmp_path)

        assert rows(engine, "SELECT sku_code, quantity, unit_price_minor FROM order_lines ORDER BY line_key") == [
            ("TEA-1", 2, 1500),
            ("TEA-1", 1, None),
            ("CUP", 1, None),
        ]

    def test_numbers_in_yuan_are_read_by_their_digits(self, engine: Engine, tmp_path: Path) -> None:
        page = pdd_page(
            pdd_order("1", pay_amount=0.29, goods_amount=19.9, postage=0, discount_amount=19.61), pdd_order("2", pay_amount=25.005)
        )

        report = take(engine, written(tmp_path / "page.json", page), home=tmp_path)

        assert [(f.row, f.field, f.code) for f in report.refused] == [(2, "pay_amount", "too_many_decimals")]
        assert rows(engine, "SELECT total_minor, goods_minor, freight_minor, discount_minor FROM orders") == [(29, 1990, 0, 1961)]

    def test_the_interface_and_the_export_speak_of_one_order(self, engine: Engine, tmp_path: Path) -> None:
        number = "260903-123456789012345"
        sent = {"order_status": 2, "shipping_time": "2026-09-03 20:00:00", "updated_at": "2026-09-03 20:00:01", "tracking_number": "YT1"}
        reply = written(tmp_path / "page.json", pdd_page(pdd_order(number, **sent)))
        export = write_export(tmp_path / "export.csv", export_text(PDD, [pdd_row(number, 快递公司="圆通快递")]), encoding="utf-8-sig")

        assert ends_the_same(engine, [reply, export], home=tmp_path)

        left = utc("2026-09-03 20:00:00")
        asked = (
            "SELECT order_no, stage, total_minor, goods_minor, paid_minor, shipped_from, shipped_to, carrier_code, waybill_no FROM orders"
        )
        assert rows(engine, asked) == [(number, "shipped", 2500, 3000, 2500, left, left, "YTO", "YT1")]
        assert rows(engine, f"SELECT sku_code, quantity {COUNTING}") == [("TEA-1", 2)]

    def test_what_is_encrypted_gives_way_to_what_is_masked(self, engine: Engine, tmp_path: Path) -> None:
        take(engine, written(tmp_path / "page.json", pdd_page(pdd_order("1"))), home=tmp_path)

        assert rows(engine, "SELECT receiver_name, phone, address, buyer_note FROM order_contacts") == [
            ("林*", "139****0001", "天目山路***", "周末送")
        ]
        for table in ("orders", "order_claims", "order_lines", "order_events"):
            assert rows(engine, f"SELECT count(*) FROM {table} AS t WHERE t::text ~ '林|139|天目山|周末送|老客|西湖'") == [(0,)], table


class TestShopee:
    @pytest.mark.parametrize("status", ["TO_RETURN", "RETRY_SHIP", "TO_CONFIRM_RECEIVE"])
    def test_a_status_that_nobody_confirmed_refuses_its_row_and_the_others_go_on(self, engine: Engine, tmp_path: Path, status: str) -> None:
        reply = shopee_reply(shopee_order("1", order_status=status), shopee_order("2"))

        report = take(engine, written(tmp_path / "reply.json", reply), home=tmp_path)

        assert [(f.row, f.field, f.code, f.value) for f in report.refused] == [(1, "order_status", "unknown_status", status)]
        assert rows(engine, "SELECT order_no FROM orders") == [("2",)]

    def test_a_pay_time_of_null_is_an_order_not_paid_and_cash_is_paid_at_the_door(self, engine: Engine, tmp_path: Path) -> None:
        reply = shopee_reply(
            shopee_order("1", order_status="UNPAID", pay_time=None),
            shopee_order("2", cod=True, pay_time=None, order_status="SHIPPED", pickup_done_time=seconds("2026-11-19 10:00:00")),
        )

        take(engine, written(tmp_path / "reply.json", reply), home=tmp_path)

        placed = utc("2026-11-18 10:00:00")
        assert rows(engine, "SELECT order_no, kind, stage, paid_to, paid_minor, clock_start_at FROM orders ORDER BY 1") == [
            ("1", "normal", "created", None, None, None),
            ("2", "cod", "shipped", None, None, placed),
        ]

    def test_the_ship_by_date_is_the_promise(self, engine: Engine, tmp_path: Path) -> None:
        take(engine, written(tmp_path / "reply.json", shopee_reply(shopee_order("1"))), home=tmp_path)

        assert rows(engine, "SELECT deadline_at, deadline_rule FROM orders") == [(utc("2026-11-20 10:00:00"), "source")]

    def test_an_item_of_a_bundle_has_no_price_and_a_free_one_has_the_price_zero(self, engine: Engine, tmp_path: Path) -> None:
        items = [
            shopee_item(1, 11, model_discounted_price=0, promotion_type="bundle_deal"),
            shopee_item(1, 12, model_discounted_price=0, promotion_type="bundle_deal"),
            shopee_item(1, 12, model_discounted_price=0, promotion_type="bundle_deal"),
            shopee_item(2, 21, model_discounted_price=0, promotion_type="add_on_deal_sub"),
            shopee_item(3, 31, model_discounted_price=20.5, promotion_type=""),
        ]
        reply = written(tmp_path / "reply.json", shopee_reply(shopee_order("1", item_list=items)))

        assert ends_the_same(engine, [reply], home=tmp_path)

        assert rows(engine, "SELECT line_key, unit_price_minor FROM order_lines ORDER BY 1") == [
            ("1-11", None),
            ("1-12", None),
            ("1-12-2", None),
            ("2-21", 0),
            ("3-31", 2050),
        ]

    @pytest.mark.parametrize(("currency", "amount", "minor"), [("VND", 32119.0, 32119), ("IDR", 5000, 500_000), ("SGD", 20.5, 2050)])
    def test_an_amount_is_in_whole_units_of_its_rows_currency(
        self, engine: Engine, tmp_path: Path, currency: str, amount: float, minor: int
    ) -> None:
        order = shopee_order("1", currency=currency, total_amount=amount, item_list=[])

        take(engine, written(tmp_path / "reply.json", shopee_reply(order)), home=tmp_path)

        assert rows(engine, "SELECT currency, total_minor, paid_minor FROM orders") == [(currency, minor, minor)]

    def test_the_platforms_own_sample_and_the_reply_within_it_are_one_order(self, samples: Path, engine: Engine, tmp_path: Path) -> None:
        path = samples / "samples" / "shopee" / "v2.order.get_order_detail.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        # its JSON is broken in two places
        said = json.loads(document["response_sample"][0]["value"].lstrip()[1:].replace("18080\n", "18080,\n"))
        reply, alone = written(tmp_path / "reply.json", said), written(tmp_path / "alone.json", said["response"]["order_list"])

        assert ends_the_same(engine, [path, reply, alone], home=tmp_path)

        assert rows(engine, "SELECT count(*), (SELECT count(*) FROM order_lines) FROM orders") == [(1, 1)]


REFUSED = {
    "douyin_api.orders": douyin_page(douyin_order("1", order_status=21)),
    "jd_api.orders": jd_page(jd_order("1", orderState="NOT_PAY")),
    "pdd_api.orders": pdd_page(pdd_order("1", order_status=0)),
    "shopee.orders": shopee_reply(shopee_order("1", order_status="TO_RETURN", note="老客", message_to_seller="周末送")),
}
# What stands of the buyer in the orders above, clear, masked or encrypted.
PERSONAL = ("林*", "139", "天目山", "翠苑", "簇桥", "周末送", "老客", "jd_lin", "AAS/", "AgAAAA", "xt4", "P**n", "******")


@pytest.mark.parametrize("source", REFUSED)
def test_a_refused_order_is_shown_without_its_buyer(engine: Engine, tmp_path: Path, source: str) -> None:
    path = written(tmp_path / "page.json", REFUSED[source])
    take(engine, path, home=tmp_path)
    [(sha256,)] = rows(engine, "SELECT sha256 FROM source_files")

    shown = raw_cells(Settings(home=tmp_path), sha256=sha256, name=path.name, source=source, numbers=[1])[1]
    revealed = raw_cells(Settings(home=tmp_path), sha256=sha256, name=path.name, source=source, numbers=[1], reveal=True)[1]

    assert not [cell for cell in shown.cells if any(word in cell for word in PERSONAL)]
    assert [cell for cell in revealed.cells if any(word in cell for word in PERSONAL)]
