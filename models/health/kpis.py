"""What does each figure mean: what it counts, how it is formed, whose it is, and what it should be?

One definition per KPI, for pages, passports, exports and alerts alike (product, section 2.4).
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Dimension = Literal["channel", "region", "category", "warehouse", "carrier", "hour"]
Unit = Literal["share", "orders", "money", "hours", "points", "per_thousand"]
Better = Literal["higher", "lower", "neither"]
Sums = Mapping[str, float | int | None]

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Change:
    """What became different in a definition, and from which day on."""

    date: datetime.date
    zh: str
    en: str


@dataclass(frozen=True)
class Kpi:
    """A figure: the summed measures of ``numerator`` over those of ``denominator``, or a plain sum when that is empty.

    It is missing when all of ``whole`` is ``unknown``. Money is in minor units of the currency shown; hours are formed from
    measures in seconds. ``owner`` is a role. ``changes`` holds one entry per version after the first, oldest first.
    """

    key: str
    name_zh: str
    name_en: str
    counts: Literal["orders", "lines", "entries", "exceptions", "components"]
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    unit: Unit
    better: Better
    dimensions: tuple[Dimension, ...]
    day_of_zh: str
    day_of_en: str
    formula_zh: str
    formula_en: str
    source_zh: str
    source_en: str
    owner: str
    unknown: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    target: float | None = None
    version: int = 1
    changes: tuple[Change, ...] = ()


KPIS: tuple[Kpi, ...] = (
    Kpi(
        key="orders",
        name_zh="订单数",
        name_en="Orders",
        counts="orders",
        numerator=("orders",),
        denominator=(),
        unit="orders",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse", "hour"),
        day_of_zh="下单之日",
        day_of_en="the day it was created",
        formula_zh="下单的订单数，含后来取消的",
        formula_en="orders created, those cancelled later included",
        source_zh="各渠道订单的下单时间",
        source_en="creation times of the channels' orders",
        owner="operations",
    ),
    Kpi(
        key="paid",
        name_zh="支付金额",
        name_en="Amount paid",
        counts="orders",
        numerator=("paid_minor",),
        denominator=(),
        unit="money",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse", "hour"),
        day_of_zh="支付之日",
        day_of_en="the day it was paid",
        formula_zh="已支付订单的实付金额之和，按汇率折算；缺汇率的订单不计，全部缺汇率则无此数",
        formula_en="sum of what was paid, at the rate of exchange; orders without a rate are left out, with none rated it is missing",
        source_zh="各渠道订单的支付时间和实付金额、汇率表",
        source_en="payment times and amounts of the channels' orders, table of exchange rates",
        owner="finance",
        unknown=("unrated",),
        whole=("paid_orders",),
    ),
    Kpi(
        key="on_time",
        name_zh="准时发货率",
        name_en="On-time share",
        counts="orders",
        numerator=("on_time",),
        denominator=("due",),
        unit="share",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse", "carrier"),
        day_of_zh="承诺截止之日",
        day_of_en="the day of its deadline",
        formula_zh="在承诺截止前发货的订单 ÷ 到期订单；截止前由买家取消的不计，没有承诺的不适用",
        formula_en="orders shipped by the deadline ÷ orders due; not those the buyer cancelled before it, nor those without a promise",
        source_zh="支付时定下的发货承诺、平台或仓库给出的发货时间",
        source_en="the promise set at payment, ship times stated by platform or warehouse",
        owner="operations",
        # target of component C1 (product, section 3.2)
        target=0.98,
    ),
    Kpi(
        key="known_in_time",
        name_zh="及时入库率",
        name_en="Known-in-time share",
        counts="orders",
        numerator=("known_in_time",),
        denominator=("live_orders",),
        unit="share",
        better="higher",
        dimensions=("channel", "region", "category", "hour"),
        day_of_zh="下单之日",
        day_of_en="the day it was created",
        formula_zh="下单后 10 分钟内入库的订单 ÷ 实时订单；补录的历史订单不计",
        formula_en="orders known at most 10 minutes after they were created ÷ live orders; back-filled history does not count",
        source_zh="下单时间、首次收到订单的时间",
        source_en="creation times, times at which orders were first received",
        owner="it",
        # 10 minutes: S2; target of component C4 (product, section 3.2)
        target=0.995,
    ),
    Kpi(
        key="stock_fill",
        name_zh="库存满足率",
        name_en="Stock fill rate",
        counts="lines",
        numerator=("lines_filled",),
        denominator=("lines_arrived",),
        unit="share",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse"),
        day_of_zh="订单获知之日",
        day_of_en="the day its order became known",
        formula_zh="获知时全部占住库存、此后未缺货也未因缺货取消的实时订单行 ÷ 要占库存的实时订单行；未建库存账的不适用",
        formula_en="live lines fully held when known and never later short or cancelled for stock ÷ live lines that want known stock",
        source_zh="各渠道订单行、库存流水与占用流水",
        source_en="lines of the channels' orders, moves and holds of the stock",
        owner="warehouse",
        # target of component C2 (product, section 3.2)
        target=0.998,
    ),
    Kpi(
        key="stock_sync",
        name_zh="库存同步及时率",
        name_en="Stock held in time",
        counts="orders",
        numerator=("held_in_time",),
        denominator=("held_due",),
        unit="share",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse"),
        day_of_zh="订单获知之日",
        day_of_en="the day it became known",
        formula_zh="获知后 30 秒内占住全部库存的实时订单 ÷ 要占库存的实时订单；未建库存账的不适用",
        formula_en="live orders whose stock was all held within 30 seconds after they became known ÷ live orders that want known stock",
        source_zh="订单的入库时间、占用流水",
        source_en="when orders came in, steps of their holds",
        owner="it",
        # target of component C5 (product, section 3.2)
        target=0.995,
    ),
    Kpi(
        key="reconciliation",
        name_zh="对账准确率",
        name_en="Reconciliation accuracy",
        counts="entries",
        numerator=("entries_matched",),
        denominator=("entries_due",),
        unit="share",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse", "carrier"),
        day_of_zh="T+N 到期之日",
        day_of_en="the day its T+N fell due",
        formula_zh="与账单在容差内一致，或三个工作日内更正并由第二人批准入账的结算分录 ÷ 到期的结算分录；待到期的不计",
        formula_en="settlement entries that agree within tolerance, or were corrected and approved by a second person within three working "
        "days ÷ settlement entries due; not those still waiting",
        source_zh="订单、各平台账单、结算与费率规则",
        source_en="orders, the platforms' statements, rules of settlement and fees",
        owner="finance",
        # target of component C3 (product, section 3.2)
        target=0.999,
    ),
    Kpi(
        key="ship_hours",
        name_zh="平均发货时长",
        name_en="Mean time to ship",
        counts="orders",
        numerator=("shipped_exact_seconds",),
        denominator=("shipped_exact",),
        unit="hours",
        better="lower",
        dimensions=("channel", "region", "category", "warehouse", "carrier", "hour"),
        day_of_zh="发货之日",
        day_of_en="the day it was shipped",
        formula_zh="从支付到发货的时长之和 ÷ 两个时间都明确的已发货订单",
        formula_en="summed time from payment to shipping ÷ orders shipped for which both times were stated",
        source_zh="各渠道订单的支付时间、平台或仓库给出的发货时间",
        source_en="payment times of the channels' orders, ship times stated by platform or warehouse",
        owner="warehouse",
        # hours: average of the first week in the case of S7
        target=1.8,
    ),
    Kpi(
        key="cancelled",
        name_zh="取消率",
        name_en="Cancelled share",
        counts="orders",
        numerator=("cancelled_orders",),
        denominator=("orders",),
        unit="share",
        better="lower",
        dimensions=("channel", "region", "category", "warehouse", "hour"),
        day_of_zh="下单之日",
        day_of_en="the day it was created",
        formula_zh="已取消的订单 ÷ 同日下单的订单；此后的取消仍计入下单之日",
        formula_en="orders cancelled ÷ orders created the same day; a later cancellation still counts in the day of creation",
        source_zh="各渠道订单的下单和取消状态",
        source_en="creation and cancellation of the channels' orders",
        owner="operations",
    ),
    Kpi(
        key="no_promise",
        name_zh="无承诺占比",
        name_en="Share without a promise",
        counts="orders",
        numerator=("no_promise",),
        denominator=("paid_orders",),
        unit="share",
        better="lower",
        dimensions=("channel", "region", "category", "warehouse"),
        day_of_zh="支付之日",
        day_of_en="the day it was paid",
        formula_zh="没有发货承诺的已支付订单 ÷ 已支付订单",
        formula_en="paid orders without a promise ÷ paid orders",
        source_zh="平台的最晚发货时间、本店的承诺规则",
        source_en="ship-by times of the platforms, promise rules of the shop",
        owner="operations",
    ),
    Kpi(
        key="unrated",
        name_zh="缺汇率订单",
        name_en="Orders without a rate",
        counts="orders",
        numerator=("unrated",),
        denominator=(),
        unit="orders",
        better="lower",
        dimensions=("channel", "region", "category", "warehouse"),
        day_of_zh="支付之日",
        day_of_en="the day it was paid",
        formula_zh="没有汇率、因而不计入支付金额的已支付订单数",
        formula_en="paid orders left out of the amount paid because there is no rate of exchange for them",
        source_zh="各渠道订单的币种、汇率表",
        source_en="currencies of the channels' orders, table of exchange rates",
        owner="finance",
    ),
    Kpi(
        key="exceptions",
        name_zh="异常及时处置率",
        name_en="Exceptions handled in time",
        counts="exceptions",
        numerator=("exceptions_handled",),
        denominator=("exceptions_due",),
        unit="share",
        better="higher",
        dimensions=("channel", "region", "category", "warehouse", "carrier"),
        day_of_zh="应响应之日（预警时间加该等级的响应时限）",
        day_of_en="the day its response was due: when it was raised plus the time its level gives",
        formula_zh="按时确认并按时解决的异常 ÷ 应响应的异常；响应时限前自行消失的不计，解决时限未到的暂按已处置计；稍后提醒不停表",
        formula_en="exceptions acknowledged and settled in time ÷ exceptions whose response was due; not those that passed by themselves"
        " before; one that may still be settled in time counts as handled until then; a snooze stops no clock",
        source_zh="各项预警及其确认、关闭时间",
        source_en="alerts, when they were acknowledged and when they closed",
        owner="operations",
        # target of component C6 (product, section 3.2)
        target=0.995,
    ),
    Kpi(
        key="manual_touches",
        name_zh="每千单人工处理次数",
        name_en="Manual touches per 1,000 orders",
        counts="orders",
        numerator=("manual_touches",),
        denominator=("orders",),
        unit="per_thousand",
        better="lower",
        dimensions=("channel", "region", "category", "warehouse"),
        day_of_zh="处理之日；订单计入下单之日",
        day_of_en="the day of the touch; orders count in the day they were created",
        formula_zh="工作台中的人工处理次数 ÷ 下单数 × 1000；备注、稍后、忽略不计，撤销的不计",
        formula_en="things people did about orders in the workbench ÷ orders created × 1,000; "
        "not notes, snoozes, dismissals or what was undone",
        source_zh="工作台的处理记录、各渠道订单的下单时间",
        source_en="what was done in the workbench, creation times of the channels' orders",
        owner="operations",
    ),
)


# The one figure that is no sum of measures: ``models.health.index`` forms it from the components.
INDEX = Kpi(
    key="index",
    name_zh="订单健康指数",
    name_en="Order health index",
    counts="components",
    numerator=(),
    denominator=(),
    unit="points",
    better="higher",
    dimensions=("channel", "region", "category", "warehouse"),
    day_of_zh="各组成的归属日；周与滚动指数先把各日的单元相加",
    day_of_en="the days of the components' units; over several days their units are added up first",
    formula_zh="各组成 0 至 100 的得分按权重的平均，再受当日红线的上限；有组成尚未计量时标为部分",
    formula_en="the components' scores from 0 to 100, averaged by weight, under the caps of the day; partial while one is not measured",
    source_zh="本页“健康指数”中的组成、各线与红线",
    source_en="components, goal-posts and red lines under “Health index” on this page",
    owner="manager",
    target=90,
)

# Every figure that has an entry among the definitions, the index first.
DEFINED: tuple[Kpi, ...] = (INDEX, *KPIS)


def entry_of(key: str) -> str:
    """Return the entry that explains a component of the index: its own, or the index's until it is measured.

    >>> entry_of("on_time"), entry_of("exceptions"), entry_of("nothing")
    ('on_time', 'exceptions', 'index')
    """
    return key if any(kpi.key == key for kpi in DEFINED) else INDEX.key


def kpi_named(key: str) -> Kpi:
    """Return the figure of a key; raise KeyError for an unknown one.

    >>> kpi_named("on_time").denominator
    ('due',)
    """
    for kpi in DEFINED:
        if kpi.key == key:
            return kpi
    raise KeyError(key)


def value_of(kpi: Kpi, sums: Sums) -> float | None:
    """Return a KPI of summed measures; missing when one of its measures is, or when there is nothing to divide by.

    The index is no sum of measures, it has none here.

    >>> value_of(kpi_named("on_time"), {"on_time": 49, "due": 50}), value_of(kpi_named("on_time"), {"on_time": 0, "due": 0})
    (0.98, None)
    >>> value_of(kpi_named("ship_hours"), {"shipped_exact_seconds": 12960, "shipped_exact": 2})
    1.8
    """
    value = _sum(sums, kpi.numerator) if kpi.numerator else None
    whole = _sum(sums, kpi.whole) if kpi.whole else None
    if value is None or (whole and whole == _sum(sums, kpi.unknown)):
        return None
    if kpi.denominator:
        units = _sum(sums, kpi.denominator)
        if not units:
            return None
        value /= units
    if kpi.unit == "per_thousand":
        return value * 1000
    return value / SECONDS_PER_HOUR if kpi.unit == "hours" else value


def on_time_range(sums: Sums) -> tuple[float, float] | None:
    """Return least and greatest the on-time share can be, with orders whose ship time has only bounds; None when they are equal.

    >>> on_time_range({"on_time": 90, "maybe_on_time": 5, "due": 100})
    (0.9, 0.95)
    """
    least, most, due = (_sum(sums, names) for names in (("on_time",), ("on_time", "maybe_on_time"), ("due",)))
    if least is None or most is None or not due or least == most:
        return None
    return least / due, most / due


def _sum(sums: Sums, names: tuple[str, ...]) -> float | None:
    """Add measures up; missing when one of them is."""
    total: float = 0
    for name in names:
        value = sums.get(name)
        # a frame writes a missing value as one that differs from itself
        if value is None or value != value:
            return None
        total += value
    return total
