"""What does a small order list of Taobao look like? For tests of whoever takes such files in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

HEADER = (
    "订单编号,买家会员名,总金额,买家应付货款,买家应付邮费,买家实际支付金额,订单状态,收货人姓名,收货地址 ,联系手机,"
    "订单创建时间,订单付款时间 ,物流单号 ,物流公司,订单关闭原因,退款金额"
)
FIRST_DAY = datetime(2026, 10, 1, 9, tzinfo=timezone(timedelta(hours=8)))  # the platform writes Beijing time


@dataclass(frozen=True)
class Sold:
    """One order as the export shows it."""

    number: int
    status: str = "买家已付款，等待卖家发货"
    minutes: int = 0

    @property
    def order_no(self) -> str:
        """The platform's number of the order."""
        return f"2026{self.number:015d}"


def write_export(path: Path, orders: Sequence[Sold]) -> Path:
    """Write an export in GBK, as the platform does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\r\n".join([HEADER, *map(_row, orders)]) + "\r\n").encode("gbk"))
    return path


def _row(sold: Sold) -> str:
    created = FIRST_DAY + timedelta(minutes=sold.minutes or sold.number)
    paid = created + timedelta(minutes=2)
    cells = [
        f'="{sold.order_no}"',
        f"buyer{sold.number}",
        "30.00",
        "25.00",
        "5.00",
        "30.00",
        sold.status,
        f"收件{sold.number}",
        "四川省 成都市 武侯区 一路1号(610000)",
        f"'139{sold.number:08d}",
        f"{created:%Y-%m-%d %H:%M:%S}",
        f"{paid:%Y-%m-%d %H:%M:%S}",
        "",
        "",
        "订单未关闭",
        "0.00",
    ]
    return ",".join(cells)
