"""How does Pinduoduo write a shop's ledger (账务明细, CSV in GB18030, lines above and sums below the table, no number a row)?"""

from collections.abc import Sequence

import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.lettering import beijing
from jobs.simulate.movements import COMPENSATED, PAID_OUT, REFUNDED, SETTLED
from jobs.simulate.platforms.statement import Period, signed, told_apart
from jobs.simulate.platforms.writer import File, rows
from jobs.simulate.shops import Shop

HEADER = "商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述"
_ROW = "{}\t,{},{},{},{},{},{}\r\n"
_PARTS = (("goods", "freight"), ("coupon",), ("fee",), ("subsidy",), ("extra",))
_MAIN, _COUPON, _FEE, _SUBSIDY, _EXTRA = range(5)
# (what, part): 账务类型, 备注, 业务描述.
_WORDS = {
    (SETTLED, _MAIN): ("交易收入", "-", "0010002|交易收入-订单收入"),
    (SETTLED, _COUPON): ("交易收入", "-", "0010005|交易收入-优惠券结算"),
    (SETTLED, _FEE): ("技术服务费", "-", "0030002|技术服务费-基础技术服务费"),
    (SETTLED, _EXTRA): ("其他支出", "-", "0060001|营销费用-多多进宝"),
    (SETTLED, _SUBSIDY): ("交易收入", "运费补贴", "0010013|交易收入-运费补贴"),
    (REFUNDED, _MAIN): ("交易退款", "-", "0020002|交易退款-订单退款"),
    (REFUNDED, _COUPON): ("交易退款", "-", "0020005|交易退款-优惠券结算"),
    (REFUNDED, _FEE): ("技术服务费", "基础技术服务费返还", "0030002|技术服务费-基础技术服务费"),
    (COMPENSATED, _MAIN): ("其他", "物流赔付", "0040012|售后扣款-物流赔付"),
    (PAID_OUT, _MAIN): ("其他支出", "提现单号：{}", "0080001|提现-提现申请"),
}


def ledger(moved: pd.DataFrame, *, shop: Shop, numbers: Sequence[str], period: Period, seed: int) -> File:
    """Return the ledger of a period."""
    told = told_apart(moved, _PARTS)
    minor, place = told["minor"].tolist(), told["place"].tolist()
    what = moved["what"].to_numpy()[told["place"]].tolist()
    words = [_WORDS[each, part] for each, part in zip(what, told["part"].tolist(), strict=True)]
    amounts = signed(minor)
    columns = (
        ["" if each == PAID_OUT else numbers[i] for each, i in zip(what, place, strict=True)],
        beijing(moved["at"].to_numpy()[told["place"]]),
        [text if value > 0 else "0" for text, value in zip(amounts, minor, strict=True)],
        [text if value < 0 else "0" for text, value in zip(amounts, minor, strict=True)],
        [word[0] for word in words],
        [word[1].format(payout) for word, payout in zip(words, moved["payout"].to_numpy()[told["place"]].tolist(), strict=True)],
        [word[2] for word in words],
    )
    return File(f"pdd_账务明细_{period.stamp}.csv", (_head(period) + rows(_ROW, columns) + _foot(minor, period)).encode("gb18030"))


def _head(period: Period) -> str:
    first, last = rhythm.day_of(period.first_day), rhythm.day_of(period.until_day - 1)
    lines = (
        "拼多多店铺账务明细查询",
        "",
        f"起始时间：{first} 00:00:00  终止时间：{last} 23:59:59",
        "----------交易记录明细列表---------",
        HEADER,
    )
    return "".join(f"{line}\r\n" for line in lines)


def _foot(minor: Sequence[int], period: Period) -> str:
    come, gone = [value for value in minor if value > 0], [value for value in minor if value < 0]
    out, in_, net = signed([sum(gone), sum(come), sum(minor)])
    lines = (
        f"#支出合计：{len(gone)}笔，共{out}元",
        f"#收入合计：{len(come)}笔，共{in_}元",
        f"#总计：{net}元",
        f"#导出时间：{rhythm.day_of(period.until_day)} 00:05:00",
    )
    return "".join(f"{line}\r\n" for line in lines)
