"""What does a small file of every kind that a shipped manifest knows look like? Written by hand, in the platform's own dress."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from data.connectors.batch import Batch
from data.connectors.choose import Choice, choose
from data.connectors.mapping import Mapper
from data.connectors.readers import open_entries, preview
from data.connectors.reading_files import opened
from data.connectors.registry import manifests
from data.connectors.shops import Shop, ShopBook
from data.connectors.statement_head import head_of
from tests.api_examples import API_EXAMPLES
from tests.example_file import Example as Example
from tests.export_examples import EXPORT_EXAMPLES
from tests.statement_examples import STATEMENT_EXAMPLES
from tests.stock_examples import STOCK_EXAMPLES

AS_OF = datetime(2026, 11, 22, 8, tzinfo=UTC)

# The warehouse's files name shops by what the master calls them.
BOOK = ShopBook(
    shops={
        "tm": Shop("tm", "tmall", "青禾旗舰店", "Asia/Shanghai", "CNY"),
        "us": Shop("us", "shopify", "Qinghe Global", "America/New_York", "USD"),
    },
    aliases={"青禾天猫": "tm"},
)

# A statement makes no shop: whose it is must be known.
OWNERS = ShopBook(
    shops={
        "tm": Shop("tm", "tmall", "青禾旗舰店", "Asia/Shanghai", "CNY"),
        "us": Shop("us", "shopify", "Qinghe Global", "America/New_York", "USD"),
        **{channel: Shop(channel, channel, channel, "Asia/Shanghai", "CNY") for channel in ("jd", "pdd", "douyin", "wechat_shop")},
    }
)

TAOBAO_ORDERS = """\
订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,是否上传小票,是否代付,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易,退款金额,预约门店
="35153131473293579",云边的小林,a@b.c,99.00,10.00,0,109.00,0,109.00,0,"交易成功","周末送,谢谢",林一,四川省 成都市 武侯区 天府大道1号(610000),快递,,'13900000001,2026-11-01 08:00:00,2026-11-01 08:01:00,杯子,1,SF100,顺丰速运,,1,0,青禾旗舰店,订单未关闭,0,0,,手机订单,,,,,否,,,,,,,,0.00,
="35153131473293580",买家二,,20.00,0.00,0,20.00,0,0.00,0,"等待买家付款",,周二,北京 北京市 朝阳区 某路2号(100000),快递,,'13900000002,2026-11-21 23:59:59,,碗,1,,,,1,0,青禾旗舰店,订单未关闭,0,0,,,,,,,否,,,,,,,,0.00,
="35153131473293581",买家三,,"1,234.50",0.00,0,"1,234.50",0,1234.50,0,"买家已付款，等待卖家发货",,吴三,上海 上海市 浦东新区 世纪大道3号(200000),快递,,'13900000003,2026-11-20 10:00:00,2026-11-20 10:05:00,锅,1,,,,1,0,青禾旗舰店,订单未关闭,0,0,,,阶段1 已付款,,,,否,,,,,,,,0.00,
="35153131473293582",买家四,,50.00,0.00,0,50.00,0,50.00,0,"交易关闭",,郑四,广东省 广州市 天河区 体育东路4号(510000),快递,,'13900000004,2026-11-10 10:00:00,2026-11-10 10:05:00,盘,1,,,,1,0,青禾旗舰店,退款,0,0,,,,,,,否,,,,,,,,50.00,
="35153131473293583",买家五,,50.00,0.00,0,50.00,0,0.00,0,"交易关闭",,王五,广东省 深圳市 南山区 科技路5号(518000),快递,,'13900000005,2026-11-10 11:00:00,,盘,1,,,,1,0,青禾旗舰店,订单超时未付款,0,0,,,,,,,否,,,,,,,,0.00,
3.5153131473293E+16,买家六,,x,0.00,0,60.00,0,60.00,0,"买家已拍下",,冯六,广东省 深圳市 南山区 科技路6号(518000),快递,,'13900000006,昨天,2026-11-10 11:00:00,盘,1,,,,1,0,青禾旗舰店,订单未关闭,0,0,,,,,,,否,,,,,,,,0.00,
"""

TAOBAO_LINES = """\
订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码
="35153131473293579",杯子,49.50,2,CUP-1,颜色:白,,,交易成功,CUP-1,
="35153131473293581",锅,1200.00,1,POT-1,,,,"买家已付款，等待卖家发货",POT-1,
="35153131473293581",铲,34.50,1.5,,,,,"买家已付款，等待卖家发货",TOOL-1,
"""

TAOBAO_REPORT = """\
订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额
35153131473293579,178.8,0.0,上海,2026-02-21 00:00:00,,0.0
35153131473293580,21.0,21.0,内蒙古自治区,2026-02-20 23:59:54,2026-02-21 00:00:02,0.0
"""

DOUYIN = """\
主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,优惠总金额,平台优惠,商家优惠,达人优惠,商家改价,支付优惠,红包抵扣,支付方式,手续费,收件人,收件人手机号,省,市,区,街道,详细地址,是否修改过地址,地址修改时段,买家留言,订单提交时间,旗帜颜色,商家备注,订单完成时间,支付完成时间,APP渠道,流量来源,订单状态,承诺发货时间,订单类型,鲁班落地页ID,达人ID,达人昵称,所属门店ID,售后状态,取消原因,预约发货时间,仓库ID,仓库名称,序列号,是否安心购,广告渠道,流量类型,流量体裁,流量渠道,发货主体,发货主体明细,发货时间,降价类优惠,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额,预计送达时间,是否平台仓自流转,车型,商品69码,发货SN码,发货IMEI码1,发货IMEI码2,预约送达时间,建议发货时间（起）,建议发货时间（止）,物流SN码,物流IMEI码1,物流IMEI码2
"\t6917000000000000001","\t6917000000000000001",茶,绿,1,"\t361",TEA-1,50.00,45.00,5.00,10.00,4.00,6.00,0.00,0.00,0.00,0.00,微信,0.00,##密文1,$$密文1,浙江省,杭州市,西湖区,-,##密文1,否,-,-,2026-11-18 10:00:00,-,-,-,2026-11-18 10:01:00,抖音,直播,已发货,2026-11-20 10:01:00,普通订单,-,-,-,-,-,-,-,-,杭州仓,-,是,-,-,-,-,-,-,2026-11-18 15:00:00,0.00,4.00,6.00,0.00,-,-,-,-,-,-,-,-,-,-,-,-,-
"\t6917000000000000001","\t6917000000000000002",壶,紫,1,"\t362",POT-2,80.00,80.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,微信,0.00,##密文1,$$密文1,浙江省,杭州市,西湖区,-,##密文1,否,-,-,2026-11-18 10:00:00,-,-,-,2026-11-18 10:01:00,抖音,直播,待发货,2026-11-21 10:01:00,普通订单,-,-,-,-,-,-,-,-,杭州仓,-,是,-,-,-,-,-,-,-,0.00,0.00,0.00,0.00,-,-,-,-,-,-,-,-,-,-,-,-,-
"\t6917000000000000003","\t6917000000000000003",茶,绿,2,"\t361",TEA-1,50.00,100.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,支付宝,0.00,##密文2,$$密文2,云南省,昆明市,五华区,-,##密文2,否,-,-,2026-11-17 10:00:00,-,-,-,2026-11-17 10:01:00,抖音,直播,已关闭,2026-11-19 10:01:00,普通订单,-,-,-,-,退款成功,买家申请退款,-,-,-,-,是,-,-,-,-,-,-,-,0.00,0.00,0.00,0.00,-,-,-,-,-,-,-,-,-,-,-,-,-
"\t6917000000000000004","\t6917000000000000004",茶,绿,1,"\t361",TEA-1,50.00,50.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,货到付款,0.00,##密文3,$$密文3,云南省,昆明市,五华区,-,##密文3,否,-,-,2026-11-19 10:00:00,-,-,-,-,抖音,直播,已发货,-,普通订单,-,-,-,-,-,-,-,-,-,-,是,-,-,-,-,-,-,2026-11-19 12:00:00,0.00,0.00,0.00,0.00,-,-,-,-,-,-,-,-,-,-,-,-,-
"""

# A seller may tick off columns; the order of those left is another each time.
DOUYIN_REDUCED = """\
主订单编号,子订单编号,选购商品,商品数量,商品单价,订单应付金额,订单提交时间,支付完成时间,订单状态,售后状态,省
"\t6917000000000000001","\t6917000000000000001",茶,1,50.00,45.00,2026-11-18 10:00:00,2026-11-18 10:01:00,已完成,-,浙江省
"""


def _shopify_order(number: int, **changes: object) -> dict[str, object]:
    """An order of the REST API, paid and not shipped; what is not given is plain."""
    order = {
        "id": 450789000 + number,
        "name": f"#{1000 + number}",
        "email": "bob@example.com",
        "created_at": "2026-11-01T11:00:00-04:00",
        "updated_at": "2026-11-02T11:00:00-05:00",
        "processed_at": "2026-11-01T11:00:05-04:00",
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "USD",
        "total_price": "409.94",
        "subtotal_price": "398.00",
        "total_discounts": "10.00",
        "total_line_items_price": "398.00",
        "financial_status": "paid",
        "fulfillment_status": None,
        "gateway": "shopify_payments",
        "test": False,
        "line_items": [
            {"id": 466157000 + number, "sku": "IPOD", "title": "IPod", "variant_title": "green", "quantity": 2, "price": "199.00"}
        ],
        "shipping_lines": [{"title": "Express", "price": "11.94"}],
        "fulfillments": [],
        "refunds": [],
        "shipping_address": {
            "name": "Bob Norman",
            "address1": "Chestnut Street 92",
            "city": "Louisville",
            "phone": "555-625-1199",
            "country_code": "US",
            "province_code": "KY",
        },
    }
    return order | changes


def _package(number: int, at: str, *, status: str = "success") -> dict[str, object]:
    return {"id": number, "created_at": at, "status": status, "tracking_company": "UPS", "tracking_number": f"1Z{number}"}


def _refund(number: int, at: str, amount: str) -> dict[str, object]:
    return {"id": number, "created_at": at, "transactions": [{"kind": "refund", "status": "success", "amount": amount}]}


SHOPIFY = json.dumps(
    {
        "orders": [
            _shopify_order(1),
            _shopify_order(2, fulfillment_status="fulfilled", fulfillments=[_package(21, "2026-11-03T10:00:00-05:00")]),
            _shopify_order(
                3,
                fulfillment_status="fulfilled",
                fulfillments=[
                    _package(31, "2026-11-03T10:00:00-05:00"),
                    _package(32, "2026-11-04T10:00:00-05:00"),
                    _package(33, "2026-11-05T10:00:00-05:00", status="cancelled"),
                ],
            ),
            _shopify_order(4, fulfillment_status="partial", fulfillments=[_package(41, "2026-11-03T10:00:00-05:00")]),
            _shopify_order(
                5,
                financial_status="refunded",
                cancelled_at="2026-11-06T10:00:00-05:00",
                refunds=[_refund(51, "2026-11-06T10:00:00-05:00", "409.94")],
            ),
            _shopify_order(6, financial_status="partially_refunded", refunds=[_refund(61, "2026-11-06T10:00:00-05:00", "10.00")]),
            _shopify_order(7, test=True),
            _shopify_order(8, total_price="1.234"),
        ]
    }
)

WDT_STOCKOUTS = """\
出库单号,原始单号,店铺名称,仓库名称,物流公司,物流单号,审核时间,分配时间,打单时间,发货时间,订单状态,更新时间
CK1,35153131473293579,青禾旗舰店,杭州仓,顺丰,SF1,2026-11-01 08:10:00,2026-11-01 08:11:00,2026-11-01 09:00:00,2026-11-01 12:00:00,已发货,2026-11-01 12:00:00
CK2,"35153131473293580,35153131473293581",青禾天猫,杭州仓,中通快递,ZT2,2026-11-20 11:00:00,2026-11-20 11:01:00,2026-11-20 11:30:00,,已打单,2026-11-20 11:30:00
CK3,35153131473293582-1,青禾旗舰店,广州仓,圆通速递,YT3,2026-11-20 11:00:00,2026-11-20 11:01:00,2026-11-20 11:30:00,2026-11-20 12:30:00,已发货,2026-11-20 12:30:00
CK4,35153131473293582-2,青禾旗舰店,广州仓,圆通速递,,2026-11-20 11:00:00,2026-11-20 11:01:00,,,已分配,2026-11-20 11:01:00
CK5,450789002,Qinghe Global,杭州仓,DHL,D5,2026-11-20 11:00:00,2026-11-20 11:01:00,2026-11-20 11:30:00,,部分发货,2026-11-20 12:30:00
CK6,AD202611200001,青禾旗舰店,杭州仓,顺丰,SF6,2026-11-20 11:00:00,,,,已审核,2026-11-20 11:00:00
CK7,35153131473293599,没有这家店,杭州仓,顺丰,SF7,2026-11-20 11:00:00,,,,已审核,2026-11-20 11:00:00
"""

WDT_ORDERS = """\
订单编号,店铺,子单原始单号,订单状态,订单退款状态,交易时间,付款时间,发货时间,收件人,买家实付,应收金额,货品名称,实发数量,分摊后总价
JY1,青禾旗舰店,35153131473293579,已发货,,2026-11-01 08:00:00,2026-11-01 08:01:00,2026-11-01 12:00:00,林一,109.00,109.00,杯子,2,99.00
JY2,青禾旗舰店,35153131473293581A,已审核,,2026-11-20 10:00:00,2026-11-20 10:05:00,,吴三,1254.50,1254.50,锅,1,1200.00
JY2,青禾旗舰店,35153131473293580,已审核,,2026-11-20 09:00:00,2026-11-20 09:05:00,,吴三,1254.50,1254.50,碗,1,20.00
"""

JUSHUITAN = json.dumps(
    {
        "code": 0,
        "data": {
            "page_index": 1,
            "has_next": False,
            "orders": [
                {
                    "o_id": 11,
                    "so_id": "35153131473293579",
                    "shop_id": 900,
                    "shop_name": "青禾旗舰店",
                    "status": "Sent",
                    "shop_status": "WAIT_BUYER_CONFIRM_GOODS",
                    "order_date": "2026-11-01 08:00:00",
                    "pay_date": "2026-11-01 08:01:00",
                    "send_date": "2026-11-01 12:00:00",
                    "modified": "2026-11-01 12:00:01",
                    "created": "2026-11-01 08:02:00",
                    "type": "普通订单",
                    "currency": "CNY",
                    "paid_amount": 109.0,
                    "freight": "10.00",
                    "free_amount": "",
                    "l_id": "SF1",
                    "lc_id": "SF",
                    "logistics_company": "顺丰速运",
                    "wms_co_id": 0,
                    "is_cod": False,
                    "receiver_state": "四川省",
                    "receiver_city": "成都市",
                    "items": [],
                },
                {
                    "o_id": 12,
                    "so_id": "35153131473293580",
                    "shop_id": 900,
                    "shop_name": "青禾旗舰店",
                    "status": "Question",
                    "shop_status": "WAIT_SELLER_SEND_GOODS",
                    "order_date": "2026-11-02 08:00:00",
                    "pay_date": "2026-11-02 08:01:00",
                    "send_date": None,
                    "modified": "2026-11-02 12:00:01",
                    "currency": "CNY",
                    "wms_co_id": "12",
                    "is_cod": False,
                    "items": [],
                },
            ],
        },
    },
    ensure_ascii=False,
)

SHOPEE = json.dumps(
    {
        "error": "",
        "message": "",
        "response": {
            "order_list": [
                {
                    "order_sn": "2404098R48U37H",
                    "order_status": "SHIPPED",
                    "region": "VN",
                    "currency": "VND",
                    "cod": False,
                    "create_time": 1762601591,
                    "update_time": 1762701591,
                    "pay_time": 1762601600,
                    "pickup_done_time": 1762690000,
                    "ship_by_date": 1762771200,
                    "total_amount": 32119.0,
                    "shipping_carrier": "Giao Hàng Nhanh",
                    "payment_method": "ShopeePay",
                    "buyer_username": "xt4",
                    "message_to_seller": "",
                    "recipient_address": {
                        "name": "P**n",
                        "phone": "******64",
                        "full_address": "Ấp******",
                        "city": "Phước Long",
                        "region": "VN",
                    },
                    "item_list": [
                        {
                            "order_item_id": 1,
                            "model_id": 11,
                            "item_name": "Kem",
                            "model_sku": "QAZ-5",
                            "item_sku": "",
                            "model_quantity_purchased": 1,
                            "model_discounted_price": 32119.0,
                        },
                        {
                            "order_item_id": 1,
                            "model_id": 12,
                            "item_name": "Kem",
                            "model_sku": "",
                            "item_sku": "QAZ",
                            "model_quantity_purchased": 2,
                            "model_discounted_price": 0,
                        },
                    ],
                    "package_list": [{"package_number": "OFG1", "shipping_carrier": "5-Day Delivery (SPX)"}],
                },
                {
                    "order_sn": "2404098R48U37J",
                    "order_status": "UNPAID",
                    "region": "ID",
                    "currency": "IDR",
                    "cod": True,
                    "create_time": 1762601591,
                    "update_time": 1762601591,
                    "pay_time": None,
                    "ship_by_date": 0,
                    "total_amount": 5000,
                    "recipient_address": {"region": "ID"},
                    "item_list": [],
                },
            ]
        },
    },
    ensure_ascii=False,
)

SHOPS = """\
店铺编号,店铺名称,平台,法人主体,时区,币种,日历,别名
tm,青禾旗舰店,天猫,青禾商贸,Asia/Shanghai,CNY,CN,青禾天猫;208841975
us,Qinghe Global,Shopify,Qinghe HK,America/New_York,USD,US,
xx,错店,淘宝,,Beijing,人民币元,,
"""

WAREHOUSES = """\
仓库编号,仓库名称,省份,别名
CN-HZ,杭州仓,浙江省,杭州一仓;HZ
CN-GZ,广州仓,广东,
"""

SKUS = """\
商家编码,商品名称,类目,生效时间
CUP-1,杯子,厨具,2025-01-01 00:00:00
CUP-1,杯子,家居,2026-10-01 00:00:00
POT-1,锅,,
"""

RATES = """\
日期,币种,本位币,汇率
2026-11-20,USD,CNY,7.1834
2026/11/21,USD,CNY,0
"""

OLIST_ORDERS = """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
a1,c1,delivered,2018-02-01 10:00:00,2018-02-01 10:10:00,2018-02-02 10:00:00,2018-02-05 10:00:00,2018-02-20 00:00:00
a2,c2,shipped,2018-02-01 10:00:00,2018-02-01 10:10:00,2018-02-02 10:00:00,,2018-02-20 00:00:00
a3,,unavailable,2018-02-01 10:00:00,2018-02-01 10:10:00,,,2018-02-20 00:00:00
a4,c4,invoiced,2018-02-01 10:00:00,,,,2018-02-20 00:00:00
"""

OLIST_ITEMS = """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
a1,1,p1,s1,2018-02-06 10:10:00,199.0,17.87
a1,2,p2,s1,2018-02-04 10:10:00,9.9,1
"""

OLIST_PAYMENTS = """\
order_id,payment_sequential,payment_type,payment_installments,payment_value
a1,1,credit_card,5,200.00
a1,2,voucher,1,27.77
"""

# "manifest.table" (a second example of one table has a suffix) -> what the file is and what must come of it.
EXAMPLES: Mapping[str, Example] = {
    **API_EXAMPLES,
    **EXPORT_EXAMPLES,
    **STATEMENT_EXAMPLES,
    **STOCK_EXAMPLES,
    "taobao.orders": Example(
        TAOBAO_ORDERS,
        "gb18030",
        6,
        orders=5,
        refused=(
            (7, "买家应付货款", "not_an_amount"),
            (7, "订单创建时间", "not_a_time"),
            (7, "订单状态", "unknown_status"),
            (7, "订单编号", "damaged_id"),
        ),
        events={"created": 5, "paid": 3, "shipped": 1, "completed": 1, "cancelled": 1, "refunded": 1},
    ),
    "taobao.lines": Example(TAOBAO_LINES, "gb18030", 3, orders=2, lines=2, refused=((4, "购买数量", "not_a_count"),)),
    "taobao.report": Example(TAOBAO_REPORT, "utf-8-sig", 2, orders=2, events={"created": 2, "paid": 1}),
    "douyin.orders": Example(
        DOUYIN, "utf-8-sig", 4, orders=3, lines=4, events={"created": 3, "paid": 2, "part_shipped": 1, "shipped": 1, "refunded": 1}
    ),
    "douyin.orders reduced": Example(
        DOUYIN_REDUCED, "utf-8-sig", 1, orders=1, lines=1, events={"created": 1, "paid": 1, "shipped": 1, "completed": 1}
    ),
    "shopify.orders": Example(
        SHOPIFY,
        "utf-8",
        8,
        orders=6,
        lines=6,
        refused=((8, "total_price", "too_many_decimals"),),
        events={"created": 6, "paid": 6, "shipped": 2, "part_shipped": 3, "cancelled": 1, "refunded": 3},
    ),
    "shopify.orders one": Example(
        json.dumps({"order": _shopify_order(9)}), "utf-8", 1, orders=1, lines=1, events={"created": 1, "paid": 1}
    ),
    "wangdian.stockouts": Example(
        WDT_STOCKOUTS,
        "utf-8-sig",
        7,
        orders=5,
        refused=((8, "店铺名称", "unknown_shop"),),
        events={"reviewed": 5, "allocated": 5, "waybilled": 4, "part_shipped": 2, "shipped": 1},
    ),
    "wangdian.orders": Example(WDT_ORDERS, "utf-8-sig", 3, orders=3, events={"created": 3, "paid": 3, "reviewed": 2, "shipped": 1}),
    "jushuitan.orders": Example(JUSHUITAN, "utf-8", 2, orders=2, events={"created": 2, "paid": 2, "shipped": 1, "held": 1}),
    "shopee.orders": Example(SHOPEE, "utf-8", 2, orders=2, lines=2, events={"created": 2, "paid": 1, "shipped": 1}),
    "masters.shops": Example(SHOPS, "utf-8-sig", 3, reference=2, refused=((4, "币种", "not_a_currency"), (4, "时区", "not_a_zone"))),
    "masters.warehouses": Example(WAREHOUSES, "utf-8-sig", 2, reference=2),
    "masters.skus": Example(SKUS, "gb18030", 3, reference=3),
    "masters.fx_rates": Example(RATES, "utf-8", 2, reference=1, refused=((3, "汇率", "not_an_amount"),)),
    "olist.orders": Example(
        OLIST_ORDERS, "utf-8", 4, orders=4, events={"created": 4, "paid": 4, "shipped": 2, "delivered": 1, "cancelled": 1}
    ),
    "olist.items": Example(OLIST_ITEMS, "utf-8", 2, orders=1, lines=2),
    "olist.payments": Example(OLIST_PAYMENTS, "utf-8", 2, orders=1),
    "olist.customers": Example(
        "customer_id,customer_zip_code_prefix,customer_unique_id,customer_city,customer_state\nc1,04534,u1,sao paulo,SP\n",
        "utf-8",
        1,
        reference=1,
    ),
    "olist.sellers": Example("seller_id,seller_zip_code_prefix,seller_city,seller_state\ns1,13023,campinas,SP\n", "utf-8", 1, reference=1),
    "olist.products": Example("product_id,product_category_name,product_weight_g\np1,perfumaria,225.0\np2,,\n", "utf-8", 2, reference=2),
    "olist.category_names": Example(
        "product_category_name,product_category_name_english\nperfumaria,perfumery\n", "utf-8-sig", 1, reference=1
    ),
    "olist.zip_centroids": Example(
        "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state\n01001,-23.55,-46.63,sao paulo,SP\n",
        "utf-8",
        1,
        reference=1,
    ),
}


def chosen(path: Path) -> Choice:
    """Choose the manifest of a file that must have one."""
    choice = choose(preview(open_entries(path)[0]), manifests())
    assert isinstance(choice, Choice), choice
    return choice


def mapped(
    path: Path, *, shops: ShopBook | None = None, as_of: datetime = AS_OF, chunk_rows: int | None = None
) -> tuple[Mapper, list[Batch]]:
    """Read and map a file through the connectors as ingest does."""
    choice = chosen(path)
    entry = open_entries(path)[0]
    seen = preview(entry)
    book = shops or (OWNERS if choice.table.entry else BOOK)
    mapper = Mapper(choice.manifest, choice.table, shops=book, as_of=as_of)
    head = head_of(seen.rows, manifest=choice.manifest, table=choice.table, header_row=choice.header_row)
    mapper.open_statement(head, name=entry.name)
    return mapper, list(mapper.batches(opened(entry, seen, choice).chunks()))


def from_text(folder: Path, text: str, *, encoding: str = "utf-8-sig", shops: ShopBook = BOOK, as_of: datetime = AS_OF) -> Batch:
    """Map a small text as one batch."""
    path = folder / "file.dat"
    path.write_bytes(text.encode(encoding))
    _, batches = mapped(path, shops=shops, as_of=as_of)
    assert len(batches) == 1
    return batches[0]
