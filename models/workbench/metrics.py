"""What do the workbench's own figures mean, whose are they, and what should they be?"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A figure of a day; ``unit`` is minutes or touches; lower is better for both."""

    key: str
    name_zh: str
    name_en: str
    unit: str
    formula_zh: str
    formula_en: str
    department: str = "operations"


METRICS: tuple[Metric, ...] = (
    Metric(
        "alert_to_action",
        "预警到处理时长（P50）",
        "Alert to action (P50)",
        "minutes",
        "超时预警发出到第一次人工处理的分钟数，取中位数；当天发出的预警，尚无人处理的不计，另列其数",
        "minutes from an overdue alert to the first thing a person did about the order, the median; alerts of the day, without those"
        " nobody has acted on yet, which are counted beside it",
    ),
    Metric(
        "manual_touches",
        "每千单人工处理次数",
        "Manual touches per 1,000 orders",
        "touches",
        "当天人工处理次数 ÷ 当天下单数 × 1000；备注、稍后、忽略不计，撤销的不计",
        "things people did about orders on the day ÷ orders created on it × 1,000; not notes, snoozes and dismissals, nor what was undone",
    ),
)
METRICS_BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}
