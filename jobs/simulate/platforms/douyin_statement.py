"""How does Douyin write what moves in a shop's account (动账明细, CSV in UTF-8 with a byte order mark, one row a sub-order)?"""

from collections.abc import Sequence

import pandas as pd

from jobs.simulate.catalogue import catalogue
from jobs.simulate.lettering import beijing, major
from jobs.simulate.movements import COMPENSATED, MONEY, PAID_OUT, REFUNDED, SETTLED
from jobs.simulate.platforms.statement import Period, signed
from jobs.simulate.platforms.writer import File, rows
from jobs.simulate.shops import Shop

HEADER = (
    "动账时间,动帐流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号,售后编号,下单时间,商品ID,商品名称,达人ID,达人名称,订单类型,"
    "订单实付应结,运费实付,实际平台补贴_运费,实际平台补贴,其他平台补贴,以旧换新抵扣,政府补贴平台垫资,实际达人补贴,实际抖音支付补贴,实际抖音月付营销补贴,"
    "银行补贴,订单退款,平台服务费,佣金,服务商佣金,渠道分成,招商服务费,站外推广费,其他分成,是否免佣,免佣金额,商户主体名称,备注"
)
_CELLS = {
    "动账时间": "{0}",
    "动帐流水号": "'{1}",
    "动账方向": "{2}",
    "动账金额": "{3}",
    "动账账户": "聚合账户",
    "动账场景": "{4}",
    "子订单号": "{5}",
    "订单号": "{6}",
    "售后编号": "{7}",
    "下单时间": "{8}",
    "商品ID": "{9}",
    "商品名称": "{10}",
    "订单类型": "{11}",
    "订单实付应结": "{12}",
    "运费实付": "{13}",
    "实际平台补贴_运费": "{14}",
    "实际平台补贴": "{15}",
    "平台服务费": "{16}",
    "佣金": "{17}",
    "是否免佣": "否",
    "商户主体名称": "杭州云间商贸有限公司",
    "备注": "{18}",
}
_ZERO = HEADER.split(",")[16:37]
_ROW = ",".join(_CELLS.get(name, "0.00" if name in _ZERO and name != "是否免佣" else "") for name in HEADER.split(",")) + "\r\n"
# 动账场景 and 备注.
_WORDS = {
    SETTLED: ("货款结算入账", "订单结算"),
    REFUNDED: ("退款-结算后退款-退用户", "已退款"),
    COMPENSATED: ("赔付", "物流赔付"),
    PAID_OUT: ("提现", "提现"),
}


def flow(moved: pd.DataFrame, *, shop: Shop, numbers: Sequence[str], period: Period, seed: int) -> File:
    """Return the money movements of a period; only a settlement shows what it is made of."""
    goods = catalogue(seed)
    settled = moved["what"] == SETTLED
    order = (moved["what"] != PAID_OUT).tolist()
    line, sku, what = moved["line"].tolist(), moved["sku"].tolist(), moved["what"].tolist()
    parts = moved[list(MONEY)].where(settled, 0)
    minor = moved["minor"].tolist()
    by_line = [known and number > 0 for known, number in zip(order, line, strict=True)]
    columns = (
        beijing(moved["at"]),
        _flow_numbers(moved),
        ["入账" if value > 0 else "出账" for value in minor],
        major([abs(value) for value in minor]),
        [_WORDS[each][0] for each in what],
        [f"'{int(number) + place - 1}" if told else "" for number, place, told in zip(numbers, line, by_line, strict=True)],
        [f"'{number}" if known else "" for number, known in zip(numbers, order, strict=True)],
        [f"'{tail}" if each == REFUNDED else "" for tail, each in zip(moved["key"].tolist(), what, strict=True)],
        beijing(moved["created"]),
        [f"'{3_600_000_000_000_000_000 + i}" if told else "" for i, told in zip(sku, by_line, strict=True)],
        [goods.names[i] if told else "" for i, told in zip(sku, by_line, strict=True)],
        ["普通订单" if known else "" for known in order],
        *(signed(parts[name].tolist()) for name in ("goods", "freight", "subsidy", "coupon", "fee", "extra")),
        [_WORDS[each][1] for each in what],
    )
    return File(f"douyin_动账明细_{period.stamp}.csv", b"\xef\xbb\xbf" + (HEADER + "\r\n" + rows(_ROW, columns)).encode())


def _flow_numbers(moved: pd.DataFrame) -> list[str]:
    """Return each movement's own number; a withdrawal's is that under which it is paid out."""
    parts = zip(*(moved[name].tolist() for name in ("day", "what", "copy", "key", "line", "payout")), strict=True)
    return [
        str(payout) if what == PAID_OUT else f"{day}{what}{copy}{key % 10**11:011d}{line}" for day, what, copy, key, line, payout in parts
    ]
