"""How does Douyin write its full order export (CSV in UTF-8 with a byte order mark, one row a sub-order)?"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate.buyers import buyers_of
from jobs.simulate.catalogue import catalogue
from jobs.simulate.dice import COD, HOUR, NEVER, VIRTUAL, Flags, Ints
from jobs.simulate.lettering import beijing, major, platform_numbers
from jobs.simulate.platforms.writer import File, View, latest, rows
from jobs.simulate.shops import Shop

HEADER = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品单价,订单应付金额,运费,优惠总金额,平台优惠,商家优惠,达人优惠,商家改价,支付优惠,"
    "红包抵扣,支付方式,手续费,收件人,收件人手机号,省,市,区,街道,详细地址,是否修改过地址,地址修改时段,买家留言,订单提交时间,旗帜颜色,商家备注,订单完成时间,"
    "支付完成时间,APP渠道,流量来源,订单状态,承诺发货时间,订单类型,鲁班落地页ID,达人ID,达人昵称,所属门店ID,售后状态,取消原因,预约发货时间,仓库ID,仓库名称,"
    "序列号,是否安心购,广告渠道,流量类型,流量体裁,流量渠道,发货主体,发货主体明细,发货时间,降价类优惠,平台实际承担优惠金额,商家实际承担优惠金额,"
    "达人实际承担优惠金额,预计送达时间,是否平台仓自流转,车型,商品69码,发货SN码,发货IMEI码1,发货IMEI码2,预约送达时间,建议发货时间（起）,建议发货时间（止）,"
    "物流SN码,物流IMEI码1,物流IMEI码2"
)
# The promise that Douyin shows: 48 hours from payment.
PROMISE_S = 48 * HOUR

STATUS = {
    "unpaid": "待支付",
    "to_ship": "待发货",
    "part_shipped": "部分发货",
    "shipped": "已发货",
    "completed": "已完成",
    "closed": "已关闭",
    "refunded": "已关闭",
}
_CANCELLED_WHY = {"closed": "超时未支付", "refunded": "买家申请退款"}
_PAID_BY = ("抖音支付", "微信", "支付宝")
# Every cell that does not change by the row stands in the template; ids lead with a tab inside their quotes.
_CELLS = {
    "主订单编号": '"\t{0}"',
    "子订单编号": '"\t{1}"',
    "选购商品": "{2}",
    "商品规格": "{3}",
    "商品数量": "{4}",
    "商品ID": '"\t{5}"',
    "商家编码": "{6}",
    "商品单价": "{7}",
    "订单应付金额": "{8}",
    "运费": "{9}",
    "优惠总金额": "{10}",
    "平台优惠": "{11}",
    "商家优惠": "{12}",
    "支付方式": "{13}",
    "收件人": "##{14}",
    "收件人手机号": "$${14}",
    "省": "{15}",
    "市": "{16}",
    "区": "{17}",
    "详细地址": "##{14}",
    "是否修改过地址": "否",
    "订单提交时间": "{18}",
    "订单完成时间": "{19}",
    "支付完成时间": "{20}",
    "APP渠道": "抖音",
    "流量来源": "直播",
    "订单状态": "{21}",
    "承诺发货时间": "{22}",
    "订单类型": "{26}",
    "售后状态": "{23}",
    "取消原因": "{24}",
    "发货时间": "{25}",
    "是否安心购": "是",
    "平台实际承担优惠金额": "{11}",
    "商家实际承担优惠金额": "{12}",
    **dict.fromkeys(("达人优惠", "商家改价", "支付优惠", "红包抵扣", "手续费", "降价类优惠", "达人实际承担优惠金额"), "0.00"),
}
_ROW = ",".join(_CELLS.get(name, "-") for name in HEADER.split(",")) + "\r\n"


@dataclass(frozen=True)
class FullExport:
    """Writes the full order export of one Douyin shop."""

    shop: Shop
    shows: tuple[str, ...] = ("created", "paid", "part_posted", "posted", "completed", "closed", "refunded")

    def order_numbers(self, keys: Ints) -> list[str]:
        """Return 19-digit numbers."""
        return list(map(str, platform_numbers(keys).tolist()))

    def newest(self, orders: pd.DataFrame) -> Flags:
        """Flag the orders placed, paid, shipped or completed last."""
        return latest(orders, ("created", "paid", "posted", "completed"))

    def files(self, view: View, *, stamp: str) -> Iterable[File]:
        """Return the order export."""
        lines = _shared_out(view)
        yield File(f"douyin_orders_{stamp}.csv", b"\xef\xbb\xbf" + (HEADER + "\r\n" + self._rows(view, lines)).encode())

    def _rows(self, view: View, lines: pd.DataFrame) -> str:
        goods, people = catalogue(view.seed), buyers_of(view.seed, self.shop)
        sku, buyer, stage = lines["sku"].tolist(), lines["buyer"].tolist(), lines["stage"].tolist()
        number = platform_numbers(lines["key"].to_numpy())
        places = [people.place(i) for i in buyer]
        columns = (
            number.tolist(),
            (number + lines["line"].to_numpy() - 1).tolist(),
            [goods.names[i] for i in sku],
            [goods.properties[i] for i in sku],
            lines["quantity"].tolist(),
            [3_600_000_000_000_000_000 + i for i in sku],
            [goods.codes[i] for i in sku],
            major(lines["unit_minor"].tolist()),
            major(lines["due_minor"].tolist()),
            major(lines["freight"].tolist()),
            major(lines["discount_minor"].tolist()),
            major(lines["platform_minor"].tolist()),
            major((lines["discount_minor"] - lines["platform_minor"]).tolist()),
            _paid_by(lines),
            [f"{(i + 1) * 2_654_435_761 % 2**48:012x}=" for i in buyer],
            [region.name for region, _, _ in places],
            [city for _, city, _ in places],
            [district for _, _, district in places],
            beijing(lines["created"]),
            beijing(lines["completed"], empty="-"),
            beijing(lines["paid"], empty="-"),
            [STATUS[name] for name in stage],
            beijing(_promised(lines), empty="-"),
            ["退款成功" if minor else "-" for minor in lines["line_refund"].tolist()],
            [_CANCELLED_WHY.get(name, "-") for name in stage],
            beijing(lines["posted"], empty="-"),
            ["虚拟商品订单" if kind == VIRTUAL else "普通订单" for kind in lines["kind"].tolist()],
        )
        return rows(_ROW, columns)


def _shared_out(view: View) -> pd.DataFrame:
    """Return the lines with their order's facts and their share of its amounts; freight falls on the first line."""
    names = ["key", "buyer", "kind", "stage", "created", "due", "paid", "posted", "completed", "goods_minor", "paid_minor"]
    more = ["refunded_minor", "freight_minor", "shop_discount_minor", "platform_discount_minor"]
    lines = view.seen.lines.merge(view.seen.orders[names + more], on="key")
    first = (lines["line"] == 1).to_numpy()
    lines["freight"] = np.where(first, lines["freight_minor"], 0)
    lines["due_minor"] = lines["unit_minor"] * lines["quantity"] - lines["discount_minor"] + lines["freight"]
    discount = lines["shop_discount_minor"] + lines["platform_discount_minor"]
    running = lines.groupby("key", sort=False)["discount_minor"].cumsum()
    # The platform's part of the running discount, so that the lines' parts add up to the order's.
    upto = running * lines["platform_discount_minor"] // discount.clip(lower=1)
    before = (running - lines["discount_minor"]) * lines["platform_discount_minor"] // discount.clip(lower=1)
    lines["platform_minor"] = upto - before
    whole = lines["refunded_minor"] == lines["paid_minor"]
    lines["line_refund"] = (lines["refunded_minor"] > 0) & (whole | first)
    return lines


def _paid_by(lines: pd.DataFrame) -> list[str]:
    taken = (lines["paid"] > 0).tolist()
    triples = zip(lines["kind"].tolist(), taken, lines["buyer"].tolist(), strict=True)
    return ["货到付款" if kind == COD else _PAID_BY[buyer % 3] if paid else "-" for kind, paid, buyer in triples]


def _promised(lines: pd.DataFrame) -> list[int]:
    """Return the ship-by instant: from payment (cash on delivery: from the order); 0 for unpaid orders and vouchers."""
    cod = lines["kind"] == COD
    start = np.where(cod, lines["created"], lines["paid"])
    ships = (lines["kind"] != VIRTUAL) & (start > 0) & (start < NEVER)
    promised: list[int] = np.where(ships, start + PROMISE_S, 0).tolist()
    return promised


LIVE = FullExport(
    Shop(
        shop_id="douyin_live",
        number=6,
        name="云间抖音直播间",
        platform="抖音",
        legal_entity="杭州云间商贸有限公司",
        zone="Asia/Shanghai",
        currency="CNY",
        calendar="CN",
        aliases=("云间抖音直播间", "云间抖店"),
        share=0.16,
        unpaid_limit_hours=0.5,
        cod_share=0.008,
    )
)
