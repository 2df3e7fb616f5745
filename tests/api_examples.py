"""What does a small reply of every order interface look like, and what must come of it? Order by order, as the platform writes them."""

import json
from collections.abc import Mapping
from typing import Any

from tests.api_orders import (
    douyin_line,
    douyin_order,
    douyin_page,
    douyin_parcel,
    jd_item,
    jd_order,
    jd_page,
    pdd_item,
    pdd_order,
    pdd_page,
    seconds,
    shopee_order,
    shopee_reply,
)
from tests.example_file import Example

_DOUYIN = douyin_page(
    douyin_order("6917000000000000001"),
    douyin_order(
        "6917000000000000002",
        order_status=101,
        sku_order_list=[douyin_line("6917000000000000002"), douyin_line("6917000000000000092", code="POT-2")],
        logistics_info=[douyin_parcel("SF1", "2026-11-18 15:00:00"), douyin_parcel("SF2", "")],
    ),
    douyin_order(
        "6917000000000000003",
        order_status=3,
        ship_time=seconds("2026-11-18 15:00:00"),
        sku_order_list=[douyin_line("6917000000000000003"), douyin_line("6917000000000000093", code="POT-2")],
        logistics_info=[douyin_parcel("SF3", "2026-11-18 15:00:00"), douyin_parcel("SF4", "2026-11-19 09:00:00")],
    ),
    douyin_order("6917000000000000004", order_status=1, pay_time=0, pay_type=0, exp_ship_time=0),
    douyin_order(
        "6917000000000000005", order_status=4, sku_order_list=[douyin_line("6917000000000000005", after_sale_info={"refund_status": 3})]
    ),
    douyin_order("6917000000000000006", order_status=21),
)

_JD = jd_page(
    jd_order("290000000001", itemInfoList=[jd_item("100001"), jd_item("100001", jdPrice="0.00")]),
    jd_order("290000000002", orderState="WAIT_GOODS_RECEIVE_CONFIRM", outBoundDate="2026-11-01 16:00:00", waybill="JD1,JD2"),
    jd_order("290000000003", orderState="FINISHED_L", orderEndTime="2026-11-06 20:00:00"),
    jd_order("290000000004", orderState="LOCKED", payType="1-货到付款", paymentConfirmTime="0001-01-01 00:00:00"),
    jd_order("290000000005"),
    jd_order("290000000006", parentOrderId="290000000005", directParentOrderId="290000000005"),
    jd_order("290000000007", parentOrderId="290000000005", directParentOrderId="290000000005"),
    jd_order("290000000008", orderState="TRADE_CANCELED", orderEndTime="2026-11-01 12:00:00"),
    jd_order("290000000009", orderState="NOT_PAY", orderTotalPrice="x"),
)

_PDD = pdd_page(
    pdd_order("260903-123456789012345", gift_list=[pdd_item(800000001, goods_count=1)]),
    pdd_order("260903-123456789012346", order_status=2, shipping_time="2026-09-03 20:00:00", tracking_number="YT1"),
    pdd_order("260903-123456789012347", order_status=3, shipping_time="2026-09-03 20:00:00", receive_time="2026-09-06 12:00:00"),
    pdd_order("260903-123456789012348", refund_status=4, after_sales_status=10),
    pdd_order("260903-123456789012349", risk_control_status=1, receiver_name_mask="", receiver_phone_mask=""),
    pdd_order("260903-123456789012350", group_status=0, confirm_status=0, pay_time="", confirm_time=""),
    pdd_order("260903-123456789012351", is_pre_sale=1, step_order_info={"advanced_paid_fee": 5, "step_trade_status": 1}),
    pdd_order("260903-123456789012352", order_status=0),
)

_SHOPEE = shopee_reply(
    shopee_order("2611180000001", order_status="UNPAID", pay_time=None),
    shopee_order("2611180000002", order_status="READY_TO_SHIP"),
    shopee_order("2611180000003", order_status="PROCESSED"),
    shopee_order("2611180000004", order_status="SHIPPED", pickup_done_time=seconds("2026-11-19 10:00:00")),
    shopee_order("2611180000005", order_status="COMPLETED"),
    shopee_order("2611180000006", order_status="IN_CANCEL"),
    shopee_order("2611180000007", order_status="CANCELLED"),
    shopee_order("2611180000008", order_status="INVOICE_PENDING"),
    shopee_order("2611180000009", order_status="TO_RETURN"),
)


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


# "manifest.table" (a second example of one table has a suffix) -> what the reply is and what must come of it.
API_EXAMPLES: Mapping[str, Example] = {
    "douyin_api.orders": Example(
        _text(_DOUYIN),
        "utf-8",
        6,
        orders=5,
        lines=7,
        refused=((6, "order_status", "unknown_status"),),
        events={"created": 5, "paid": 4, "part_shipped": 3, "shipped": 1, "refunded": 2},
    ),
    "jd_api.orders": Example(
        _text(_JD),
        "utf-8",
        9,
        orders=7,
        lines=8,
        refused=((9, "orderState", "unknown_status"), (9, "orderTotalPrice", "not_an_amount")),
        events={"created": 7, "paid": 6, "shipped": 2, "completed": 1, "held": 1, "cancelled": 2, "reverted": 1},
    ),
    "pdd_api.orders": Example(
        _text(_PDD),
        "utf-8",
        8,
        orders=7,
        lines=8,
        refused=((8, "order_status", "unknown_status"),),
        events={"created": 7, "paid": 5, "shipped": 2, "delivered": 1, "held": 1, "refunded": 1},
    ),
    "pdd_api.orders list": Example(
        _text({"order_list_get_response": {"order_list": [pdd_order("260903-123456789012345")], "total_count": 1}}),
        "utf-8",
        1,
        orders=1,
        lines=1,
        events={"created": 1, "paid": 1},
    ),
    "shopee.orders every status": Example(
        _text(_SHOPEE),
        "utf-8",
        9,
        orders=8,
        lines=8,
        refused=((9, "order_status", "unknown_status"),),
        events={"created": 8, "paid": 7, "waybilled": 1, "shipped": 2, "completed": 1, "held": 1, "cancelled": 1},
    ),
}
