"""What do rows of the platforms' order exports look like? Headers as the platforms write them, and a plain row of each to vary."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.hostile_files import text_of


def _header(text: str) -> list[str]:
    """Split a header as it stands in the file."""
    return text.split(",")


QIANNIU = _header(
    "订单编号,支付单号,支付详情,买家应付货款,买家应付邮费,总金额,返点积分,买家实付金额,买家实付积分,订单状态,买家留言,订单创建时间,订单付款时间,"
    "商品标题,宝贝种类,物流单号,物流公司,备注标签,商家备注,宝贝总数量,店铺ID,店铺名称,商品属性SKU,确认收货时间,确认收货打款金额,买家支付积分,"
    "总金额(旧版)"
)
# Seen in later exports, after the others.
QIANNIU_LATER = _header("发货时间,订单关闭原因,退款金额,是否主动赔付,主动赔付金额,主动赔付出账时间,C2B小额收款,含应开票给个人红包")

JD = _header(
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,"
    "联系电话,订单备注,发票类型,发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,"
    "订单来源,订单渠道"
)
JD_LATER = _header("送装服务,服务费,仓库id,仓库名称,商家SKUID,是否为品牌商订单,普通发票纳税编号,商家应收")

PDD = _header(
    "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),商家实收金额(元),"
    "商品数量(件),发货时间,确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,快递单号,快递公司,订单成交时间"
)
PDD_OLDER = _header(
    "商品,订单号,订单状态,商品总价(元),店铺优惠折扣(元),平台优惠折扣(元),邮费(元),用户实付金额(元),商家实收金额(元),商品数量(件),省,市,区,支付时间,"
    "拼单成功时间,发货时间,确认收货时间,商品id,商品规格,样式ID,商家编码-SKU维度,商家编码-商品维度,快递单号,快递公司,商家备注,售后状态"
)

SHOPIFY = _header(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,Total,"
    "Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,Billing City,Billing Country,"
    "Billing Phone,Shipping Name,Shipping Address1,Shipping City,Shipping Province,Shipping Country,Shipping Phone,Notes,Cancelled at,"
    "Payment Method,Refunded Amount,Vendor,Id,Tags"
)

WECHAT = _header(
    "订单号,订单下单时间,订单发货时间,订单确认收货时间,订单完成结算时间,订单状态,收件人姓名,收件人手机,买家备注,商品总价,订单实际支付金额,订单实际收款金额,"
    "订单运费,技术服务费,商品名称,商品数量,商品已退款金额"
)


def qianniu_order(number: str, **cells: str) -> dict[str, str]:
    """One row of Qianniu's export: a hundred yuan and ten of freight, paid and not yet shipped."""
    return {
        "订单编号": number,
        "买家应付货款": "100.00",
        "买家应付邮费": "10.00",
        "总金额": "110.00",
        "买家实付金额": "110.00",
        "订单状态": "买家已付款，等待卖家发货",
        "订单创建时间": "2026-11-01 10:00:00",
        "订单付款时间": "2026-11-01 10:05:00",
        "商品标题": "杯子",
        "宝贝总数量": "1",
        "店铺ID": "10086",
        "店铺名称": "青禾旗舰店",
        "总金额(旧版)": "120.00",
    } | cells


def jd_row(number: str, product: str, **cells: str) -> dict[str, str]:
    """One SKU of a JD order that is to be shipped; the order's amounts and times stand on every one of its rows."""
    return {
        "订单号": number,
        "商品ID": product,
        "商品名称": f"商品{product}",
        "订购数量": "1",
        "支付方式": "在线支付",
        "下单时间": "2026-11-01 10:00:00",
        "京东价": "60.00",
        "订单金额": "120.00",
        "结算金额": "100.00",
        "余额支付": "0.00",
        "应付金额": "100.00",
        "订单状态": "等待出库",
        "订单类型": "销售订单",
        "下单帐号": "jd_lin",
        "客户姓名": "林一",
        "客户地址": "四川成都市武侯区天府大道",
        "联系电话": "13900000001",
        "运费金额": "0.00",
        "付款确认时间": "2026-11-01 10:05:00",
        "货号": f"SKU{product}",
    } | cells


def pdd_order(number: str, **cells: str) -> dict[str, str]:
    """One order of Pinduoduo, concluded and to be shipped: thirty yuan of goods, of which the buyer paid twenty-five."""
    return {
        "商品": "茶",
        "订单号": number,
        "订单状态": "待发货",
        "商品总价(元)": "30.00",
        "邮费(元)": "0.00",
        "店铺优惠折扣(元)": "3.00",
        "平台优惠折扣(元)": "2.00",
        "多多支付立减金额(元)": "0.00",
        "用户实付金额(元)": "25.00",
        "商家实收金额(元)": "27.00",
        "商品数量(件)": "2",
        "商品规格": "绿",
        "商家编码-规格维度": "TEA-1",
        "售后状态": "无售后或售后取消",
        "订单成交时间": "2026-09-03 10:00:00",
    } | cells


def shopify_row(name: str, number: str, **cells: str) -> dict[str, str]:
    """The first row of an order of Shopify's CSV: fifty dollars, paid and not shipped."""
    return {
        "Name": name,
        "Email": "bob@example.com",
        "Financial Status": "paid",
        "Paid at": "2026-09-03 10:15:05 -0400",
        "Fulfillment Status": "unfulfilled",
        "Currency": "USD",
        "Subtotal": "45.00",
        "Shipping": "5.00",
        "Taxes": "0.00",
        "Total": "50.00",
        "Discount Amount": "0.00",
        "Created at": "2026-09-03 10:15:00 -0400",
        "Lineitem quantity": "1",
        "Lineitem name": "Cup",
        "Lineitem price": "45.00",
        "Lineitem sku": "CUP-1",
        "Shipping Name": "Bob Norman",
        "Shipping City": "Louisville",
        "Shipping Province": "KY",
        "Shipping Country": "US",
        "Refunded Amount": "0.00",
        "Id": number,
    } | cells


def shopify_further(name: str, sku: str, **cells: str) -> dict[str, str]:
    """A further line of the order above it: nothing but name, e-mail address and item."""
    return {
        "Name": name,
        "Email": "bob@example.com",
        "Lineitem quantity": "2",
        "Lineitem name": f"Thing {sku}",
        "Lineitem price": "10.00",
        "Lineitem sku": sku,
    } | cells


def wechat_row(number: str, **cells: str) -> dict[str, str]:
    """One product of an order of a WeChat shop that is to be shipped."""
    return {
        "订单号": number,
        "订单下单时间": "2026-11-01 10:00:00",
        "订单状态": "待发货",
        "收件人姓名": "林一",
        "收件人手机": "13900000001",
        "商品总价": "80.00",
        "订单实际支付金额": "88.00",
        "订单实际收款金额": "88.00",
        "订单运费": "8.00",
        "技术服务费": "0.80",
        "商品名称": "壶",
        "商品数量": "1",
        "商品已退款金额": "0.00",
    } | cells


def export_text(header: Sequence[str], rows: Sequence[Mapping[str, str]], *, above: Sequence[str] = (), below: Sequence[str] = ()) -> str:
    """Write an export as text: lines ``above`` its header, its rows (column to cell, absent is empty), lines ``below`` them."""
    unknown = {name for row in rows for name in row} - set(header)
    assert not unknown, unknown
    table = text_of([list(header), *([row.get(name, "") for name in header] for row in rows)])
    return "".join(f"{line}\r\n" for line in above) + table + "".join(f"{line}\r\n" for line in below)


def write_export(path: Path, text: str, *, encoding: str = "gb18030") -> Path:
    """Write an export's text to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path
