"""How do Taobao and Tmall write their classic order and item exports (CSV in GBK)?"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from jobs.simulate.buyers import buyers_of, notes
from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import PRESALE, Flags, Ints
from jobs.simulate.geography import Region
from jobs.simulate.lettering import beijing, major, platform_numbers
from jobs.simulate.platforms.writer import File, View, first_parcels, latest, rows
from jobs.simulate.shops import Shop

ORDER_HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,订单状态,买家留言,"
    "收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,"
    "宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,是否上传小票,是否代付,定金排名,"
    "修改后的sku,修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易,退款金额,预约门店"
)
ITEM_HEADER = "订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码"

# Stages as the export words them. A closed order is closed, paid or not.
STATUS = {
    "unpaid": "等待买家付款",
    "to_ship": "买家已付款，等待卖家发货",
    "part_shipped": "卖家部分发货",
    "shipped": "卖家已发货，等待买家确认",
    "completed": "交易成功",
    "closed": "交易关闭",
    "refunded": "交易关闭",
}
_CLOSED_WHY = {"closed": "订单超时未付款", "refunded": "退款"}

# 46 cells. The id wears Excel's text guard, the telephone an apostrophe; the note may hold commas and is quoted.
_ORDER_ROW = '="{}",{},,{},{},0,{},0,{},0,{},{},{},{},快递,,\'{},{},{},{},{},{},{},,{},{},{},{},0,0,,{},{},,否,否,否,,,,,{},0,否,{},\r\n'
# The real file ends its rows, not its header, with a comma.
_ITEM_ROW = '="{}",{},{},{},{},{},,,{},{},\r\n'


@dataclass(frozen=True)
class ClassicExport:
    """Writes ExportOrderList and ExportOrderDetailList of one shop."""

    shop: Shop
    platform_shop_id: str
    shows: tuple[str, ...] = ("created", "paid", "part_posted", "posted", "completed", "closed", "refunded")

    def order_numbers(self, keys: Ints) -> list[str]:
        """Return 19-digit numbers."""
        return list(map(str, platform_numbers(keys).tolist()))

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the orders placed or paid last."""
        return latest(orders, ("created", "paid"))

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return the order list and the item list."""
        orders = view.seen.orders
        lines = view.seen.lines.merge(orders[["key", "stage"]], on="key")
        yield File(f"ExportOrderList{stamp}.csv", (ORDER_HEADER + "\r\n" + self._order_rows(view, lines)).encode("gbk"))
        yield File(f"ExportOrderDetailList{stamp}.csv", (ITEM_HEADER + "\r\n" + self._item_rows(view, lines)).encode("gbk"))

    def _item_rows(self, view: View, lines: pd.DataFrame) -> str:
        goods = catalogue(view.seed)
        sku = lines["sku"].tolist()
        codes = [goods.codes[i] for i in sku]
        columns = (
            platform_numbers(lines["key"].to_numpy()).tolist(),
            [goods.names[i] for i in sku],
            major(lines["unit_minor"].tolist()),
            lines["quantity"].tolist(),
            codes,
            [goods.properties[i] for i in sku],
            lines["stage"].map(STATUS).tolist(),
            codes,
        )
        return rows(_ITEM_ROW, columns)

    def _order_rows(self, view: View, lines: pd.DataFrame) -> str:
        orders, goods = view.seen.orders, catalogue(view.seed)
        people = buyers_of(view.seed, self.shop)
        buyer, stage = orders["buyer"].tolist(), orders["stage"].tolist()
        grouped = lines.groupby("key", sort=False)
        titles = dict.fromkeys(orders["key"].tolist(), "")
        for key, sku in zip(lines["key"].tolist(), lines["sku"].tolist(), strict=True):
            titles[key] += ("，" if titles[key] else "") + goods.names[sku]
        due = orders["goods_minor"] - orders["shop_discount_minor"]
        total = due + orders["freight_minor"]
        paid = orders["paid_minor"].where(orders["paid"] > 0, 0)
        parcel = first_parcels(view)
        columns = (
            platform_numbers(orders["key"].to_numpy()).tolist(),
            [people.nick[i] for i in buyer],
            major(due.tolist()),
            major(orders["freight_minor"].tolist()),
            major(total.tolist()),
            major(paid.tolist()),
            [STATUS[name] for name in stage],
            notes(orders),
            [people.name[i] for i in buyer],
            [_address(people.place(i), people.street[i]) for i in buyer],
            [people.phone[i] for i in buyer],
            beijing(orders["created"]),
            beijing(orders["paid"]),
            list(titles.values()),
            grouped.size().reindex(orders["key"]).tolist(),
            parcel["waybill"].tolist(),
            parcel["company"].tolist(),
            grouped["quantity"].sum().reindex(orders["key"]).tolist(),
            [self.platform_shop_id] * len(orders),
            [self.shop.name] * len(orders),
            [_CLOSED_WHY.get(name, "订单未关闭") for name in stage],
            ["手机订单" if i % 12 else "" for i in buyer],
            _steps(orders),
            major(orders["platform_discount_minor"].tolist()),
            major(orders["refunded_minor"].tolist()),
        )
        return rows(_ORDER_ROW, columns)


def _address(place: tuple[Region, str, str], street: str) -> str:
    region, city, district = place
    return f"{region.name} {city} {district} {street}({region.postcode})"


def _steps(orders: pd.DataFrame) -> list[str]:
    """Say how far a pre-sale is paid, as 分阶段订单信息 does."""
    deposit, rest = "阶段1:已付款", ("阶段2:未付款", "阶段2:已付款")
    pairs = zip((orders["kind"] == PRESALE).tolist(), (orders["paid"] > 0).tolist(), strict=True)
    return [f"{deposit};{rest[paid]}" if presale else "" for presale, paid in pairs]


HOME = ClassicExport(
    Shop(
        shop_id="taobao_home",
        number=2,
        name="云间生活淘宝店",
        platform="淘宝",
        legal_entity="杭州云间商贸有限公司",
        zone="Asia/Shanghai",
        currency="CNY",
        calendar="CN",
        aliases=("云间生活淘宝店", "云间淘宝", "104736810"),
        share=0.23,
        presale_share=0.01,
    ),
    platform_shop_id="104736810",
)
FLAGSHIP = ClassicExport(
    Shop(
        shop_id="tmall_flagship",
        number=3,
        name="云间旗舰店",
        platform="天猫",
        legal_entity="杭州云间商贸有限公司",
        zone="Asia/Shanghai",
        currency="CNY",
        calendar="CN",
        aliases=("云间旗舰店", "云间天猫旗舰店", "208841975"),
        share=0.20,
        presale_share=0.02,
    ),
    platform_shop_id="208841975",
)
