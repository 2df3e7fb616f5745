"""What does a small file of every order export look like that a platform's back office hands out? Row by row, in its own header."""

from collections.abc import Mapping

from tests.example_file import Example
from tests.export_rows import (
    JD,
    JD_LATER,
    PDD,
    PDD_OLDER,
    QIANNIU,
    QIANNIU_LATER,
    SHOPIFY,
    WECHAT,
    export_text,
    jd_row,
    pdd_order,
    qianniu_order,
    shopify_further,
    shopify_row,
    wechat_row,
)

_QIANNIU = [
    qianniu_order("4153131473293579001"),
    qianniu_order("4153131473293579002", 订单状态="等待买家付款", 订单付款时间="", 买家实付金额="0.00"),
    qianniu_order("4153131473293579003", 订单状态="交易成功", 确认收货时间="2026-11-08 09:00:00"),
    qianniu_order("4153131473293579004", 订单状态="交易关闭"),
    qianniu_order("4153131473293579005", 订单状态="买家已拍下", 总金额="1.005"),
]
_QIANNIU_LATER = [
    qianniu_order("4153131473293579006", 订单状态="卖家已发货，等待买家确认", 发货时间="2026-11-02 16:00:00", 订单关闭原因="订单未关闭"),
    qianniu_order("4153131473293579007", 订单状态="交易关闭", 退款金额="110.00", 订单关闭原因="退款"),
]

_JD = [
    jd_row("290000000001", "100001"),
    jd_row("290000000001", "100002", 订购数量="2"),
    jd_row("290000000002", "100001", 订单状态="(删除)等待出库"),
    jd_row("290000000003", "100003", 订单状态="完成", 订单完成时间="2026-11-06 20:00:00"),
    jd_row("290000000004", "100003", 订单状态="待付款", 付款确认时间="1970-01-01 00:00:00", 订单完成时间="0001-01-01 00:00:00"),
    jd_row("290000000005", "100003", 订单状态="已取消", 付款确认时间="--"),
    jd_row("290000000006", "100003", 订单状态="等待神仙", 订单金额="x"),
]
_JD_LATER = [jd_row("290000000007", "100001", 仓库名称="武汉仓", 商家SKUID="CUP-1", 商家应收="95.00", 订单状态="等待确认收货")]

_PDD = [
    pdd_order("260903-123456789012345"),
    pdd_order("260903-123456789012346", 订单状态="已发货，待收货", 发货时间="2026-09-03 20:00:00", 快递单号="YT1", 快递公司="圆通快递"),
    pdd_order("260903-123456789012347", 订单状态="已收货", 发货时间="2026-09-03 20:00:00", 确认收货时间="2026-09-06 12:00:00"),
    pdd_order("260903-123456789012348", 订单状态="未发货，退款成功", 售后状态="退款成功"),
    pdd_order("260903-123456789012349", 订单状态="已取消", 订单成交时间=""),
    pdd_order("P20260903", 订单状态="已取消", 订单成交时间=""),
]
_PDD_OLDER_ORDER = pdd_order("200901-123456789012345", 省="浙江省", 市="杭州市", 区="西湖区") | {
    "支付时间": "2020-09-01 10:00:00",
    "拼单成功时间": "2020-09-01 10:03:00",
    "商家编码-SKU维度": "TEA-1",
}
_PDD_OLDER = [{name: cell for name, cell in _PDD_OLDER_ORDER.items() if name in PDD_OLDER}]

_SHOPIFY = [
    shopify_row("#1001", "450789001"),
    shopify_further("#1001", "LID-1"),
    shopify_row("#1002", "450789002", **{"Fulfillment Status": "fulfilled", "Fulfilled at": "2026-09-04 09:00:00 -0400"}),
    shopify_row("#1003", "450789003", **{"Financial Status": "voided", "Paid at": "", "Cancelled at": "2026-09-04 10:00:00 -0400"}),
    shopify_row("#1004", "450789004", **{"Financial Status": "partially_refunded", "Refunded Amount": "10.00"}),
    shopify_row("#1005", "450789005", Total="1.234"),
    shopify_further("#1005", "LID-1"),
]

_WECHAT = [
    wechat_row("3700000000000000001"),
    wechat_row("3700000000000000001", 商品名称="盖"),
    wechat_row("3700000000000000002", 订单状态="已发货", 订单发货时间="2026-11-02 16:00:00"),
    wechat_row(
        "3700000000000000003",
        订单状态="已完成",
        订单发货时间="2026-11-02 16:00:00",
        订单确认收货时间="2026-11-05 09:00:00",
        订单完成结算时间="2026-11-12 09:00:00",
    ),
    wechat_row("3700000000000000004", 订单状态="不知道"),
]

# "manifest.table" (a second example of one table has a suffix) -> what the file is and what must come of it.
EXPORT_EXAMPLES: Mapping[str, Example] = {
    "taobao.qianniu": Example(
        export_text(QIANNIU, _QIANNIU),
        "gb18030",
        5,
        orders=4,
        refused=((6, "总金额", "too_many_decimals"), (6, "订单状态", "unknown_status")),
        events={"created": 4, "paid": 3, "shipped": 1, "completed": 1, "refunded": 1},
    ),
    "taobao.qianniu later": Example(
        export_text([*QIANNIU, *QIANNIU_LATER], _QIANNIU_LATER),
        "utf-8-sig",
        2,
        orders=2,
        events={"created": 2, "paid": 2, "shipped": 1, "refunded": 1},
    ),
    "jd.orders": Example(
        export_text(JD, _JD),
        "gb18030",
        7,
        orders=5,
        lines=6,
        refused=((8, "订单状态", "unknown_status"), (8, "订单金额", "not_an_amount")),
        events={"created": 5, "paid": 3, "shipped": 1, "completed": 1, "cancelled": 2},
    ),
    "jd.orders later": Example(
        export_text([*JD, *JD_LATER], _JD_LATER), "gb18030", 1, orders=1, lines=1, events={"created": 1, "paid": 1, "shipped": 1}
    ),
    "pdd.orders": Example(
        export_text(PDD, _PDD),
        "utf-8-sig",
        6,
        orders=5,
        lines=5,
        refused=((7, "订单成交时间", "missing"),),
        events={"created": 5, "paid": 4, "shipped": 2, "delivered": 1, "cancelled": 1, "refunded": 1},
    ),
    "pdd.orders older": Example(export_text(PDD_OLDER, _PDD_OLDER), "gb18030", 1, orders=1, lines=1, events={"created": 1, "paid": 1}),
    "shopify.orders_csv": Example(
        export_text(SHOPIFY, _SHOPIFY),
        "utf-8-sig",
        7,
        orders=4,
        lines=5,
        refused=((7, "Total", "too_many_decimals"), (8, "Total", "too_many_decimals")),
        events={"created": 4, "paid": 3, "shipped": 1, "cancelled": 1},
    ),
    "wechat_shop.orders": Example(
        export_text(WECHAT, _WECHAT),
        "utf-8-sig",
        5,
        orders=3,
        refused=((6, "订单状态", "unknown_status"),),
        events={"created": 3, "paid": 3, "shipped": 2, "delivered": 1, "completed": 1},
    ),
}
