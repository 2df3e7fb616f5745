"""How does Pinduoduo write its order export of 2026 (CSV in UTF-8 with a byte order mark, a title above the header, tabs in cells)?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import Flags, Ints
from jobs.simulate.lettering import beijing, major
from jobs.simulate.platforms.writer import File, View, first_parcels, latest, rows
from jobs.simulate.rhythm import day_of
from jobs.simulate.shops import Shop

HEADER = (
    "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),商家实收金额(元),商品数量(件),发货时间,"
    "确认收货时间,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,快递单号,快递公司,订单成交时间"
)
_TITLE = "名称：{}订单\r\n"
STATUS = {
    "unpaid": "待付款",
    "to_ship": "待发货",
    "part_shipped": "待发货",
    "shipped": "已发货，待收货",
    "completed": "已收货",
    "closed": "已取消",
}
# What stands there once the money has gone back, by how far the order had come.
REFUNDED = ("未发货，退款成功", "已发货，退款成功", "已收货，退款成功")
# Ids, codes and times trail a tab, so that no spreadsheet takes them for numbers.
_ROW = "{}\t,{}\t,{},{},{},{},{},0.00,{},{},{},{}\t,{}\t,{}\t,{},{}\t,{}\t,{}\t,,{},{}\t,{},{}\t\r\n"
_SHUFFLE = 7_919
_GOODS_BASE, _STYLE_BASE = 600_000_000_000, 1_500_000_000_000


def order_numbers(keys: Ints) -> list[str]:
    """Return ``YYMMDD-`` and 15 digits: the day on which the order was placed, its place in it, nine shuffled digits."""
    days = {day: f"{day_of(day):%y%m%d}" for day in np.unique(keys // 10**6 % 10**5).tolist()}
    parts = zip((keys // 10**6 % 10**5).tolist(), (keys % 10**6).tolist(), (keys * _SHUFFLE % 10**9).tolist(), strict=True)
    return [f"{days[day]}-{place:06d}{shuffled:09d}" for day, place, shuffled in parts]


def statuses(orders: pd.DataFrame) -> list[str]:
    """Return the words for where orders stand; an order of one SKU whose money went back has ended, however far it had come."""
    back = orders["refunded"] > 0
    come = (orders["posted"] > 0).astype(int) + (orders["completed"] > 0)
    return orders["stage"].map(STATUS).mask(back, come.map(dict(enumerate(REFUNDED)))).tolist()


@dataclass(frozen=True)
class OrderExport:
    """Writes the order export of one Pinduoduo shop, whose orders have one SKU each."""

    shop: Shop
    shows: tuple[str, ...] = ("created", "paid", "posted", "completed", "closed", "refunded")

    def order_numbers(self, keys: Ints) -> list[str]:
        """Return numbers that begin with the day."""
        return order_numbers(keys)

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the orders concluded, shipped or received last; when one was placed its row does not say."""
        return latest(orders, ("paid", "posted", "completed"))

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return the order export."""
        text = _TITLE.format(self.shop.name) + HEADER + "\r\n" + _rows(view)
        yield File(f"pdd_orders_{stamp}.csv", b"\xef\xbb\xbf" + text.encode())


def _rows(view: View) -> str:
    goods, orders = catalogue(view.seed), view.seen.orders
    lines = orders[["key"]].merge(view.seen.lines, on="key", validate="one_to_one")
    sku = lines["sku"].tolist()
    codes = [goods.codes[i] for i in sku]
    merchants = orders["goods_minor"] - orders["shop_discount_minor"] + orders["freight_minor"]
    parcel = first_parcels(view)
    columns = (
        [goods.names[i] for i in sku],
        order_numbers(orders["key"].to_numpy()),
        statuses(orders),
        major(orders["goods_minor"].tolist()),
        major(orders["freight_minor"].tolist()),
        major(orders["shop_discount_minor"].tolist()),
        major(orders["platform_discount_minor"].tolist()),
        major(orders["paid_minor"].tolist()),
        major(merchants.tolist()),
        lines["quantity"].tolist(),
        beijing(orders["posted"]),
        beijing(orders["completed"]),
        [_GOODS_BASE + i // 3 for i in sku],
        [goods.properties[i] for i in sku],
        [_STYLE_BASE + i for i in sku],
        codes,
        codes,
        ["退款成功" if back else "无售后或售后取消" for back in orders["refunded"].tolist()],
        parcel["waybill"].tolist(),
        parcel["company"].tolist(),
        beijing(orders["paid"]),
    )
    return rows(_ROW, columns)


SELECT = OrderExport(
    Shop(
        shop_id="pdd_select",
        number=8,
        name="云间优选拼多多店",
        platform="拼多多",
        legal_entity="杭州云间商贸有限公司",
        zone="Asia/Shanghai",
        currency="CNY",
        calendar="CN",
        aliases=("云间优选拼多多店", "云间拼多多"),
        share=0.18,
        unpaid_share=0.04,
        price_factor=0.72,
        one_sku=True,
    )
)
