"""How does JD write its order export (CSV in GBK, one row a SKU, the order's amounts and times on each)?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate.buyers import Buyers, buyers_of, notes
from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import COD, Flags, Ints
from jobs.simulate.lettering import beijing, major
from jobs.simulate.platforms.writer import File, View, latest, rows
from jobs.simulate.shops import Shop

HEADER = (
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,余额支付,应付金额,订单状态,订单类型,下单帐号,客户姓名,客户地址,联系电话,"
    "订单备注,发票类型,发票抬头,发票内容,商家备注,商家备注等级（等级1-5为由高到低）,运费金额,付款确认时间,增值税发票,货号,订单完成时间,订单来源,订单渠道,"
    "送装服务,服务费,仓库id,仓库名称,商家SKUID,是否为品牌商订单,普通发票纳税编号,商家应收"
)
# An order of several parcels waits to leave until all have; one that was paid and called off is taken off the list.
STATUS = {
    "unpaid": "待付款",
    "to_ship": "等待出库",
    "part_shipped": "等待出库",
    "shipped": "等待确认收货",
    "completed": "完成",
    "closed": "已取消",
    "refunded": "(删除)等待出库",
}
# Every cell that does not change by the row stands in the template; what the merchant ships himself has no warehouse of JD's.
_CELLS = {
    "订单号": "{0}",
    "商品ID": "{1}",
    "商品名称": "{2}",
    "订购数量": "{3}",
    "支付方式": "{4}",
    "下单时间": "{5}",
    "京东价": "{6}",
    "订单金额": "{7}",
    "结算金额": "{8}",
    "余额支付": "0.00",
    "应付金额": "{9}",
    "订单状态": "{10}",
    "下单帐号": "jd_{11}",
    "客户姓名": "{12}",
    "客户地址": "{13}",
    "联系电话": "{14}",
    "订单备注": "{15}",
    "运费金额": "{16}",
    "付款确认时间": "{17}",
    "货号": "{18}",
    "订单完成时间": "{19}",
    "服务费": "0.00",
    "商家SKUID": "{18}",
}
_ROW = ",".join(_CELLS.get(name, "") for name in HEADER.split(",")) + "\r\n"
_NUMBER_BASE = 300_000_000_000
_PRODUCT_BASE = 10_020_000_000_000


def order_numbers(keys: Ints) -> list[str]:
    """Return 12-digit order numbers, rising with the order's day and place in it."""
    return list(map(str, (_NUMBER_BASE + keys % 10**11).tolist()))


def statuses(orders: pd.DataFrame) -> list[str]:
    """Return the words for where orders stand; goods sent back are an after-sale of its own, beside an order that is done."""
    sent_back = (orders["stage"] == "refunded") & (orders["posted"] > 0)
    return orders["stage"].map(STATUS).where(~sent_back, STATUS["completed"]).tolist()


def done_at(orders: pd.DataFrame) -> Ints:
    """Return when orders were done, 0 where they are not."""
    sent_back = (orders["stage"] == "refunded") & (orders["posted"] > 0)
    done: Ints = np.where(sent_back, orders["refunded"], orders["completed"])
    return done


@dataclass(frozen=True)
class SkuExport:
    """Writes the order export of one JD shop."""

    shop: Shop
    shows: tuple[str, ...] = ("created", "paid", "posted", "completed", "closed", "refunded")

    def order_numbers(self, keys: Ints) -> list[str]:
        """Return 12-digit numbers."""
        return order_numbers(keys)

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the orders placed, paid or done last."""
        return latest(orders.assign(done=done_at(orders)), ("created", "paid", "done"))

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return the order export."""
        yield File(f"jd_orders_{stamp}.csv", (HEADER + "\r\n" + self._rows(view)).encode("gbk"))

    def _rows(self, view: View) -> str:
        orders, goods, people = view.seen.orders, catalogue(view.seed), buyers_of(view.seed, self.shop)
        lines = view.seen.lines.merge(_told(orders), on="key")
        sku, buyer = lines["sku"].tolist(), lines["buyer"].tolist()
        columns = (
            lines["number"].tolist(),
            [_PRODUCT_BASE + i for i in sku],
            [goods.names[i] for i in sku],
            lines["quantity"].tolist(),
            ["货到付款" if kind == COD else "在线支付" for kind in lines["kind"].tolist()],
            beijing(lines["created"]),
            major(lines["unit_minor"].tolist()),
            major(lines["goods_minor"].tolist()),
            major((lines["goods_minor"] - lines["shop_discount_minor"]).tolist()),
            major(lines["paid_minor"].tolist()),
            lines["status"].tolist(),
            [people.nick[i] for i in buyer],
            [f"{people.name[i][0]}*" for i in buyer],
            [_address(people, i) for i in buyer],
            [f"{people.phone[i][:3]}****{people.phone[i][-4:]}" for i in buyer],
            notes(lines),
            major(lines["freight_minor"].tolist()),
            beijing(lines["paid"]),
            [goods.codes[i] for i in sku],
            beijing(lines["done"]),
        )
        return rows(_ROW, columns)


def _told(orders: pd.DataFrame) -> pd.DataFrame:
    """Return what every row of an order repeats."""
    names = ["key", "buyer", "kind", "noted", "created", "paid", "goods_minor", "shop_discount_minor", "freight_minor", "paid_minor"]
    return orders[names].assign(number=order_numbers(orders["key"].to_numpy()), status=statuses(orders), done=done_at(orders))


def _address(people: Buyers, buyer: int) -> str:
    region, city, district = people.place(buyer)
    return f"{region.name}{city}{district}{people.street[buyer][:2]}****"


FLAGSHIP = SkuExport(
    Shop(
        shop_id="jd_flagship",
        number=7,
        name="云间京东旗舰店",
        platform="京东",
        legal_entity="杭州云间商贸有限公司",
        zone="Asia/Shanghai",
        currency="CNY",
        calendar="CN",
        aliases=("云间京东旗舰店", "云间京东"),
        share=0.11,
        unpaid_share=0.05,
        cod_share=0.02,
        price_factor=1.05,
    )
)
