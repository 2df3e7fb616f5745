"""Which lists does the workbench have, and what brings an order into each?"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    """A list; a ``flag`` is a column of the queue of that name, the others follow from what people did."""

    key: str
    name_zh: str
    name_en: str
    why_zh: str
    why_en: str
    flag: bool = True


TABS: tuple[Tab, ...] = (
    Tab("still_savable", "还来得及救", "Still savable", "承诺未到期、延迟风险达到下限", "due later, and likely enough to be late"),
    Tab("overdue_2h", "已超 2 小时未发货", "Unshipped > 2 h", "按仓库营业时间计", "counted in the warehouse's open hours"),
    Tab("stuck", "异常停滞", "Stuck", "停留超过该环节时限", "longer in its stage than the limit"),
    Tab("review", "待风控", "To review", "金额达到阈值，审核前暂停发货", "worth the threshold or more: held until reviewed"),
    Tab("short", "缺货", "Short", "库存不足以发货", "there is not stock enough"),
    Tab("mine", "我的", "Mine", "由我负责的未结订单", "open orders that are mine", flag=False),
    Tab("done", "已处理", "Done", "近 30 天处理完的订单", "dealt with in the last 30 days", flag=False),
)
TABS_BY_KEY: Mapping[str, Tab] = {tab.key: tab for tab in TABS}
# Columns of the queue; an order may stand in several lists at once.
FLAGS: tuple[str, ...] = tuple(tab.key for tab in TABS if tab.flag)
DONE_DAYS = 30
