"""How does Alipay write an account's ledger, with which Taobao and Tmall settle (账务明细, CSV in GBK, lines with # around it)?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.lettering import beijing
from jobs.simulate.movements import COMPENSATED, PAID_OUT, REFUNDED, SETTLED
from jobs.simulate.platforms.statement import Period, signed, told_apart
from jobs.simulate.platforms.writer import File, rows
from jobs.simulate.shops import Shop

HEADER = (
    "账务流水号,业务流水号,商品名称,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,业务类型,备注,商户订单号,对方账号,"
    "业务描述,业务基础订单号"
)
_ROW = "{}\t,{}\t,{},{},{},{},{},{},{},{}\t,{},{},{}\t\r\n"
_RULE = "-" * 40
# The sums a movement is made of, each a row of the ledger.
_PARTS = (("goods", "freight", "coupon"), ("fee",), ("subsidy",), ("extra",))
_MAIN, _FEE, _SUBSIDY, _EXTRA = range(4)
# (what, part): 业务类型, 备注 ({} = order number, {} = amount), 业务描述.
_WORDS = {
    (SETTLED, _MAIN): ("交易付款", "", "0010001|交易收款-交易收款"),
    (SETTLED, _FEE): ("服务费", "", "0030003|技术费-基础技术服务费"),
    (SETTLED, _EXTRA): ("其它", "代扣款（扣款用途：淘宝联盟佣金代扣 tradeid:{} memberid:26632258 fee:{}）", "0030014|其他-代扣款"),
    (SETTLED, _SUBSIDY): ("其它", "运费补贴", "0040013|补贴-运费补贴"),
    (REFUNDED, _MAIN): ("交易退款", "", "0020011|交易退款-交易退款"),
    (REFUNDED, _FEE): ("服务费", "退款返还", "0030003|技术费-基础技术服务费"),
    (COMPENSATED, _MAIN): ("其它", "物流赔付 订单编号:{}", "0040012|赔付-物流赔付"),
    (PAID_OUT, _MAIN): ("提现", "提现到银行卡", "0080001|提现-提现申请"),
}


def account_number(shop: Shop) -> str:
    """Return the account's sixteen digits, most of them masked."""
    return f"2088{shop.number:02d}******01{shop.number * 7 % 100:02d}"


def ledger(moved: pd.DataFrame, *, shop: Shop, numbers: Sequence[str], period: Period, seed: int) -> File:
    """Return the ledger of a period."""
    told = told_apart(moved, _PARTS)
    opening = int(moved["balance"].iloc[0] - moved["minor"].iloc[0])
    minor = told["minor"].to_numpy()
    text = _head(shop, period) + _rows(moved, told, numbers, opening) + _foot(minor, period)
    return File(f"{shop.shop_id}_账务明细_{period.stamp}.csv", text.encode("gbk"))


def _rows(moved: pd.DataFrame, told: pd.DataFrame, numbers: Sequence[str], opening: int) -> str:
    place, part, minor = told["place"].tolist(), told["part"].tolist(), told["minor"].to_numpy()
    what = moved["what"].to_numpy()[told["place"]].tolist()
    key, copy = moved["key"].to_numpy()[told["place"]], moved["copy"].to_numpy()[told["place"]]
    on = moved["at"].to_numpy()[told["place"]]
    payout = moved["payout"].to_numpy()[told["place"]].tolist()
    orders = [numbers[i] for i in place]
    drawn = [each == PAID_OUT for each in what]
    words = [_WORDS[each, piece] for each, piece in zip(what, part, strict=True)]
    day = (on + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS
    flow = (day * 10**3 + np.array(what, dtype=np.int64) * 100 + told["part"].to_numpy() * 10 + copy).tolist()
    amounts = signed(minor.tolist())
    columns = (
        [f"{number}{tail % 10**11:011d}" for number, tail in zip(flow, key.tolist(), strict=True)],
        [
            str(ref) if out else f"{order[:-1]}2200{tail % 10**7:07d}"
            for ref, out, order, tail in zip(payout, drawn, orders, key.tolist(), strict=True)
        ],
        ["" if out else "订单货款" for out in drawn],
        beijing(on),
        [text if value > 0 else "" for text, value in zip(amounts, minor.tolist(), strict=True)],
        [text if value < 0 else "" for text, value in zip(amounts, minor.tolist(), strict=True)],
        signed((opening + np.cumsum(minor)).tolist()),
        [word[0] for word in words],
        [word[1].format(order, text.lstrip("-")) for word, order, text in zip(words, orders, amounts, strict=True)],
        ["" if out else f"T200P{order}" for out, order in zip(drawn, orders, strict=True)],
        [""] * len(told),
        [word[2] for word in words],
        ["" if out else order for out, order in zip(drawn, orders, strict=True)],
    )
    return rows(_ROW, columns)


def _head(shop: Shop, period: Period) -> str:
    first, last = (f"{rhythm.day_of(day):%Y年%m月%d日} 00:00:00" for day in (period.first_day, period.until_day))
    lines = (
        "#支付宝账务明细查询",
        f"#账号：[{account_number(shop)}]",
        f"#起始日期：[{first}]   终止日期：[{last}]",
        f"#{_RULE}账务明细列表{_RULE}",
        HEADER,
    )
    return "".join(f"{line}\r\n" for line in lines)


def _foot(minor: np.ndarray, period: Period) -> str:
    come, gone = minor[minor > 0], minor[minor < 0]
    lines = (
        f"#{_RULE}账务明细列表结束{_RULE}",
        f"#支出合计：{len(gone)}笔，共{signed([int(gone.sum())])[0]}元",
        f"#收入合计：{len(come)}笔，共{signed([int(come.sum())])[0]}元",
        f"#导出时间：[{rhythm.day_of(period.until_day):%Y年%m月%d日} 00:05:00]",
    )
    return "".join(f"{line}\r\n" for line in lines)
