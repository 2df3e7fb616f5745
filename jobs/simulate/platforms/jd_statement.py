"""How does JD write what it settles (订单结算明细对账 of 2026-08, CSV in UTF-8 with a byte order mark, one row a fee of an order line)?"""

from collections.abc import Sequence

import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.catalogue import catalogue
from jobs.simulate.lettering import beijing, major
from jobs.simulate.movements import COMPENSATED, REFUNDED, SETTLED
from jobs.simulate.platforms.statement import Period, signed, told_apart
from jobs.simulate.platforms.writer import File, rows
from jobs.simulate.shops import Shop

HEADER = (
    "订单编号,父单号,订单状态,订单下单时间,订单完成时间,商品编号,商品名称,商品单价,商品数量,结算时间,商户订单号,资金动账备注,费用名称,费用分类,"
    "应结金额,结算单类型,结算单号,结算主体"
)
_ROW = "{},--,完成,{},{},{},{},{},{},{},--,{},{},{},{},{},{},北京京东世纪贸易有限公司\r\n"
_PRODUCT_BASE = 10_020_000_000_000
_PARTS = (("goods", "coupon"), ("freight",), ("fee",), ("subsidy",), ("extra",))
_GOODS, _FREIGHT, _FEE, _SUBSIDY, _EXTRA = range(5)
# (what, part): 费用名称, 费用分类, 结算单类型.
_WORDS = {
    (SETTLED, _GOODS): ("货款", "货款", "订单结算"),
    (SETTLED, _FREIGHT): ("代收配送费", "货款", "订单结算"),
    (SETTLED, _FEE): ("佣金", "平台服务费", "订单结算"),
    (SETTLED, _EXTRA): ("交易服务费", "平台服务费", "订单结算"),
    (SETTLED, _SUBSIDY): ("运费补贴", "平台补贴", "订单结算"),
    (REFUNDED, _GOODS): ("货款", "货款", "售后结算"),
    (COMPENSATED, _GOODS): ("物流赔付", "赔付", "其他结算"),
}


def settlement(moved: pd.DataFrame, *, shop: Shop, numbers: Sequence[str], period: Period, seed: int) -> File:
    """Return the settlement details of a period."""
    goods, told = catalogue(seed), told_apart(moved, _PARTS)
    place = told["place"].tolist()
    of = moved.iloc[told["place"]]
    words = [_WORDS[each, part] for each, part in zip(of["what"].tolist(), told["part"].tolist(), strict=True)]
    by_line = (of["line"] > 0).tolist()
    sku, unit, quantity = of["sku"].tolist(), major(of["unit"].tolist()), of["quantity"].tolist()
    days = [rhythm.day_of(day) for day in of["day"].tolist()]
    columns = (
        [numbers[i] for i in place],
        beijing(of["created"]),
        beijing(of["done"]),
        [_PRODUCT_BASE + i if line else "--" for i, line in zip(sku, by_line, strict=True)],
        [goods.names[i] if line else "--" for i, line in zip(sku, by_line, strict=True)],
        [price if line else "--" for price, line in zip(unit, by_line, strict=True)],
        [count if line else "--" for count, line in zip(quantity, by_line, strict=True)],
        beijing(of["at"]),
        [f"{day.year}年{day.month}月{day.day}日商家结算款" for day in days],
        [word[0] for word in words],
        [word[1] for word in words],
        signed(told["minor"].tolist()),
        [word[2] for word in words],
        of["payout"].tolist(),
    )
    return File(f"jd_结算明细_{period.stamp}.csv", b"\xef\xbb\xbf" + (HEADER + "\r\n" + rows(_ROW, columns)).encode())
