"""Small files in platforms' own formats, written from rows that a test shows."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def _header(text: str) -> list[str]:
    """Split a header as the formats quote it; a name may end in a space that belongs to it."""
    return text.split(",")


TAOBAO_ORDERS = _header(
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,"
    "买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,"
    "宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,"
    "是否上传小票,是否代付,定金排名,修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易,退款金额,预约门店"
)
TAOBAO_LINES = _header("订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码")
STOCK_OUT = _header("出库单号,原始单号,店铺名称,仓库名称,物流公司,物流单号,审核时间,分配时间,打单时间,发货时间,订单状态,更新时间")
SKUS = ["商家编码", "商品名称", "类目", "生效时间"]
SHOPS = ["店铺编号", "店铺名称", "平台", "法人主体", "时区", "币种", "日历", "别名"]
WAREHOUSES = ["仓库编号", "仓库名称", "省份", "别名"]

TO_SHIP = "买家已付款，等待卖家发货"
SHIPPED = "卖家已发货，等待买家确认"
DONE = "交易成功"
CLOSED = "交易关闭"
UNPAID = "等待买家付款"


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Mapping[str, str]], *, encoding: str = "gbk") -> Path:
    """Write rows (column -> cell; absent = empty) below a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            unknown = set(row) - {name.strip() for name in header}
            assert not unknown, unknown
            writer.writerow([row.get(name.strip(), "") for name in header])
    return path


def taobao_order(number: int | str, *, status: str = TO_SHIP, paid: str | None = "2026-11-01 10:05:00", **cells: str) -> dict[str, str]:
    """One row of ExportOrderList: a hundred yuan to 四川, created at ten; ``cells`` replace columns."""
    return {
        "订单编号": f'="{number}"',
        "买家会员名": f"买家{number}",
        "买家应付货款": "100.00",
        "买家应付邮费": "0.00",
        "总金额": "100.00",
        "买家实际支付金额": "100.00" if paid else "0.00",
        "订单状态": status,
        "收货人姓名": "张三",
        "收货地址": "四川省 成都市 武侯区 一环路1号(610000)",
        "联系手机": "'13900000000",
        "订单创建时间": "2026-11-01 10:00:00",
        "订单付款时间": paid or "",
        "宝贝总数量": "1",
        "店铺Id": "0",
        "店铺名称": "测试家居店",
        "订单关闭原因": "订单未关闭",
    } | cells


def taobao_line(number: int | str, sku: str = "SKU1", *, price: str = "50.00", quantity: str = "1", **cells: str) -> dict[str, str]:
    """One row of ExportOrderDetailList."""
    return {
        "订单编号": f'="{number}"',
        "标题": f"商品{sku}",
        "价格": price,
        "购买数量": quantity,
        "外部系统编号": sku,
        "商品属性": "颜色:红",
        "订单状态": TO_SHIP,
        "商家编码": sku,
    } | cells


def stock_out(number: int | str, *, shipped: str = "", updated: str = "", status: str = "", **cells: str) -> dict[str, str]:
    """One row of the warehouse's stock-out list."""
    return {
        "出库单号": f"CK{number}",
        "原始单号": str(number),
        "店铺名称": "测试家居店",
        "仓库名称": "成都仓",
        "物流公司": "中通快递",
        "物流单号": f"ZT{number}",
        "审核时间": "2026-11-01 10:30:00",
        "分配时间": "2026-11-01 10:31:00",
        "打单时间": "2026-11-01 11:00:00",
        "发货时间": shipped,
        "订单状态": status or ("已发货" if shipped else "已打单"),
        "更新时间": updated or shipped or "2026-11-01 11:00:00",
    } | cells


def write_orders(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write an ExportOrderList (GBK)."""
    return write_rows(path, TAOBAO_ORDERS, rows)


def write_lines(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write an ExportOrderDetailList (GBK)."""
    return write_rows(path, TAOBAO_LINES, rows)


def write_stock_out(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write a stock-out list (UTF-8 with BOM)."""
    return write_rows(path, STOCK_OUT, rows, encoding="utf-8-sig")


def write_skus(path: Path, rows: Iterable[tuple[str, str, str]]) -> Path:
    """Write a SKU master of (code, category, valid from)."""
    cells = [{"商家编码": code, "商品名称": code, "类目": category, "生效时间": since} for code, category, since in rows]
    return write_rows(path, SKUS, cells, encoding="utf-8-sig")
