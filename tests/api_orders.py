"""What does one order look like in the platforms' own interfaces? A plain order of each, paid and not yet shipped, to vary."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]


def seconds(beijing: str) -> int:
    """Write a Beijing time as unix seconds.

    >>> seconds("1970-01-01 08:00:10")
    10
    """
    return int(datetime.fromisoformat(beijing).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


def written(path: Path, document: Any) -> Path:
    """Write a JSON document as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def douyin_line(number: str, **fields: Any) -> Record:
    """One sub-order of a Douyin order: a tea of 50 yuan, of which the buyer owes 45."""
    return {
        "order_id": number,
        "product_id_str": "3600000000000000361",
        "sku_id": 1761,
        "code": "TEA-1",
        "out_sku_id": "",
        "product_name": "茶",
        "spec": [{"name": "颜色", "value": "绿"}, {"name": "规格", "value": "一斤"}],
        "item_num": 1,
        "origin_amount": 5000,
        "sum_amount": 5000,
        "order_amount": 5000,
        "pay_amount": 4500,
        "after_sale_info": {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0},
        "inventory_list": [],
    } | fields


def douyin_order(number: str, **fields: Any) -> Record:
    """One Douyin order of one line, created at ten, paid at one past ten, to be shipped within 48 hours of that."""
    return {
        "order_id": number,
        "order_status": 2,
        "order_status_desc": "备货中",
        "main_status": 2,
        "order_type": 0,
        "pay_type": 1,
        "order_amount": 5000,
        "pay_amount": 4500,
        "post_amount": 0,
        "promotion_amount": 500,
        "create_time": seconds("2026-11-18 10:00:00"),
        "pay_time": seconds("2026-11-18 10:01:00"),
        "update_time": seconds("2026-11-18 10:02:00"),
        "ship_time": 0,
        "finish_time": 0,
        "exp_ship_time": seconds("2026-11-20 10:01:00"),
        "cancel_reason": "",
        "buyer_words": "周末送",
        "seller_words": "老客",
        "logistics_info": [],
        "post_addr": {
            "province": {"name": "浙江省", "id": "33"},
            "city": {"name": "杭州市", "id": "330100"},
            "town": {"name": "西湖区", "id": "330106"},
            "street": {"name": "翠苑街道", "id": "330106001"},
        },
        "mask_post_receiver": "林*",
        "mask_post_tel": "139****0001",
        "mask_post_addr": {"detail": "天目山路***"},
        "sku_order_list": [douyin_line(number)],
    } | fields


def douyin_parcel(waybill: str, shipped: str) -> Record:
    """One parcel of a Douyin order; it has not left where ``shipped`` is empty."""
    return {"tracking_no": waybill, "company": "shunfeng", "company_name": "顺丰速运", "ship_time": seconds(shipped) if shipped else 0}


def douyin_page(*orders: Record) -> Record:
    """A page of /order/searchList."""
    return {"code": 10000, "msg": "success", "data": {"page": 0, "total": len(orders), "size": 100, "shop_order_list": list(orders)}}


def jd_item(sku: str, **fields: str) -> Record:
    """One line of a JD order."""
    return {
        "skuId": sku,
        "wareId": f"9{sku}",
        "outerSkuId": f"SKU{sku}",
        "skuName": f"商品{sku}",
        "itemTotal": "1",
        "jdPrice": "60.00",
        "productNo": "",
        "giftPoint": "0",
        "newStoreId": "0",
    } | fields


def jd_order(number: str, **fields: Any) -> Record:
    """One JD order of goods for 120 yuan, of which the buyer pays 100; every value is text, what has not happened has a null time."""
    return {
        "orderId": number,
        "parentOrderId": "0",
        "directParentOrderId": "0",
        "venderId": "10622317",
        "orderType": "22",
        "orderState": "WAIT_SELLER_STOCK_OUT",
        "orderStateRemark": "等待出库",
        "payType": "4-在线支付",
        "orderTotalPrice": "120.00",
        "orderSellerPrice": "110.00",
        "orderPayment": "100.00",
        "sellerDiscount": "10.00",
        "freightPrice": "0.00",
        "balanceUsed": "0.00",
        "orderStartTime": "2026-11-01 10:00:00",
        "paymentConfirmTime": "2026-11-01 10:05:00",
        "outBoundDate": "0001-01-01 00:00:00",
        "orderEndTime": "1970-01-01 00:00:00",
        "modified": "2026-11-01 10:06:00",
        "itemInfoList": [jd_item("100001")],
        "couponDetailList": [],
        "consigneeInfo": {
            "fullname": "AAS/ZFJFpmfveSmeZ0P9",
            "mobile": "139****0001",
            "telephone": "139****0001",
            "fullAddress": "AAS/ZFJFpmfveSmeZ0P9i+iP",
            "province": "四川",
            "city": "成都市",
            "county": "武侯区",
            "town": "簇桥街道",
        },
        "waybill": "",
        "logisticsId": "",
        "returnOrder": "0",
        "venderRemark": "老客",
        "orderRemark": "周末送",
        "orderSource": "移动端订单",
        "pin": "jd_lin",
        "sendpayMap": '{"9":"2"}',
    } | fields


def jd_page(*orders: Record) -> Record:
    """A reply of jingdong.pop.order.search, spelt as the platform spells it."""
    result = {"orderInfoList": list(orders), "orderTotal": len(orders), "apiResult": {"success": True}}
    return {"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": result}}


def pdd_item(sku: int, **fields: Any) -> Record:
    """One line of a Pinduoduo order: two teas of 15 yuan."""
    return {
        "goods_id": 700000001,
        "sku_id": sku,
        "goods_name": "茶",
        "goods_spec": "绿",
        "goods_count": 2,
        "goods_price": 15.0,
        "outer_id": "TEA-1",
        "outer_goods_id": "TEA",
    } | fields


def pdd_order(number: str, **fields: Any) -> Record:
    """One Pinduoduo order: thirty yuan of goods, of which the buyer pays twenty-five; its group is complete and no risk is seen."""
    return {
        "order_sn": number,
        "order_status": 1,
        "refund_status": 1,
        "after_sales_status": 0,
        "confirm_status": 1,
        "group_status": 1,
        "risk_control_status": 0,
        "pay_amount": 25,
        "goods_amount": 30.0,
        "discount_amount": 5,
        "platform_discount": 2,
        "seller_discount": 3,
        "postage": 0,
        "created_time": "2026-09-03 09:58:00",
        "pay_time": "2026-09-03 10:00:00",
        "confirm_time": "2026-09-03 10:00:01",
        "shipping_time": "",
        "receive_time": None,
        "updated_at": "2026-09-03 10:01:00",
        "last_ship_time": "2026-09-05 10:00:01",
        "promise_delivery_time": "2026-09-08 23:59:59",
        "pay_type": "ALIPAY",
        "tracking_number": "",
        "logistics_id": 0,
        "province": "浙江省",
        "city": "杭州市",
        "town": "西湖区",
        "receiver_name": "~AgAAAAH/6K0=~8u9d~1~~",
        "receiver_name_mask": "林*",
        "receiver_phone": "$Jl2G$AgAAAAH/6K0=$1$$",
        "receiver_phone_mask": "139****0001",
        "receiver_address": "",
        "receiver_address_mask": "天目山路***",
        "remark": "老客",
        "buyer_memo": "周末送",
        "is_pre_sale": 0,
        "item_list": [pdd_item(800000001)],
        "gift_list": [],
        "extra_delivery_list": [],
        "step_order_info": None,
    } | fields


def pdd_page(*orders: Record) -> Record:
    """A reply of pdd.order.number.list.increment.get."""
    return {"order_sn_increment_get_response": {"order_sn_list": list(orders), "total_count": len(orders), "has_next": False}}


def shopee_item(item: int, model: int, **fields: Any) -> Record:
    """One line of a Shopee order."""
    return {
        "order_item_id": item,
        "item_id": item,
        "item_name": "Kem",
        "item_sku": "KEM",
        "model_id": model,
        "model_name": "60g",
        "model_sku": f"KEM-{model}",
        "model_quantity_purchased": 1,
        "model_original_price": 30.0,
        "model_discounted_price": 20.0,
        "promotion_type": "flash_sale",
    } | fields


def shopee_order(number: str, **fields: Any) -> Record:
    """One Shopee order of twenty Singapore dollars, paid a minute after it was placed, to be shipped within two days."""
    placed = seconds("2026-11-18 10:00:00")
    return {
        "order_sn": number,
        "order_status": "READY_TO_SHIP",
        "region": "SG",
        "currency": "SGD",
        "cod": False,
        "total_amount": 20.0,
        "create_time": placed,
        "update_time": placed + 120,
        "pay_time": placed + 60,
        "ship_by_date": placed + 2 * 86_400,
        "days_to_ship": 2,
        "message_to_seller": "",
        "note": "",
        "buyer_username": "xt4",
        "recipient_address": {"name": "P**n", "phone": "******64", "full_address": "******", "city": "Singapore", "region": "SG"},
        "shipping_carrier": "SPX",
        "payment_method": "ShopeePay",
        "cancel_reason": "",
        "item_list": [shopee_item(1, 11)],
        "package_list": [{"package_number": "OFG1", "logistics_status": "LOGISTICS_READY", "shipping_carrier": "SPX"}],
    } | fields


def shopee_reply(*orders: Record) -> Record:
    """A reply of get_order_detail."""
    return {"error": "", "message": "", "response": {"order_list": list(orders)}}


def lines_of(records: Sequence[Record]) -> str:
    """Write records as JSON lines."""
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\n"
