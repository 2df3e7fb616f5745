"""What are the measures of one stock: what each counts, what it should be, and whose it is?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

# An expired hold is given back by the next sweep; what still holds so long after its minute was not released.
RELEASE_GRACE = timedelta(minutes=5)


@dataclass(frozen=True)
class Metric:
    """A figure of a day: bad from ``target`` on. ``dimension`` is what it is told by, beside all together."""

    key: str
    name_zh: str
    name_en: str
    unit: Literal["seconds", "share", "orders"]
    target: float
    dimension: Literal["channel", "warehouse", "all"]
    department: str
    level: str
    formula_zh: str
    formula_en: str
    cap: str = ""

    def breached(self, value: float | None) -> bool:
        """Say whether a value is as bad as the target forbids; a missing one is not.

        >>> METRICS_BY_KEY["stock_difference"].breached(0.005), METRICS_BY_KEY["stock_difference"].breached(None)
        (True, False)
        """
        return value is not None and value >= self.target


# S13, S14, S15: the user's three numbers.
METRICS: tuple[Metric, ...] = (
    Metric(
        key="sync_delay",
        name_zh="订单—库存同步延迟",
        name_en="Order to stock sync delay",
        unit="seconds",
        target=30,
        dimension="channel",
        department="it",
        level="warning",
        formula_zh="当日获知的实时订单，从获知到占住库存的秒数，取 P95；一直缺货的不计入分位数",
        formula_en="of live orders that became known that day, the seconds until their stock was held, P95; those still short are left out",
    ),
    Metric(
        key="stock_difference",
        name_zh="日终库存差异率",
        name_en="End-of-day stock difference rate",
        unit="share",
        target=0.005,
        dimension="warehouse",
        department="warehouse",
        level="serious",
        formula_zh="Σ|盘点或 ERP 数 − 账面数| ÷ Σ账面数，取每个 SKU 当日最后一次清点，账面为同一时刻",
        formula_en="Σ|counted or ERP − book| ÷ Σ book, of each SKU's last count of the day and the book of the same instant",
        cap="stock_difference",
    ),
    Metric(
        key="holds_not_released",
        name_zh="预占未释放超时单",
        name_en="Expired holds not released",
        unit="orders",
        target=50,
        dimension="all",
        department="service",
        level="warning",
        formula_zh="占用在当日到期、五分钟后仍未释放的订单数",
        formula_en="orders whose hold expired that day and was still not released five minutes later",
        cap="holds_not_released",
    ),
)
METRICS_BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}
