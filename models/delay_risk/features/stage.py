"""How old is the order, how far has it come, and how far behind is what we hear of it?"""

from collections.abc import Mapping

import numpy as np

from models.delay_risk.clocks import Floats
from models.delay_risk.features.feature import Feature
from models.delay_risk.scene import Scene
from models.delay_risk.targets import HOUR

STEPS: tuple[str, ...] = ("reviewed", "allocated", "waybilled")
FEATURES: tuple[Feature, ...] = (
    Feature("age_hours", "stage", "number", "付款后小时", "hours since payment"),
    Feature("age_working_hours", "stage", "number", "付款后工作小时", "working hours since payment"),
    Feature("step", "stage", "number", "已走到第几步（审核、分仓、打单）", "steps taken: reviewed, allocated, waybill printed"),
    Feature("step_hours", "stage", "number", "在当前步骤小时", "hours since the last step"),
    Feature("source_lag_hours", "source", "number", "来源延迟小时", "hours until the source told of it"),
)


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at."""
    start = scene.of("start_at")
    step, since = np.zeros(len(start)), start.copy()
    for number, name in enumerate(STEPS, start=1):
        known = scene.of(f"{name}_known_at") <= scene.at
        step = np.where(known, number, step)
        since = np.where(known, np.fmax(since, scene.of(f"{name}_at")), since)
    return {
        "age_hours": (scene.at - start) / HOUR,
        "age_working_hours": (scene.worked_at - scene.worked_start) / HOUR,
        "step": step,
        "step_hours": (scene.at - since) / HOUR,
        "source_lag_hours": (scene.of("start_known_at") - start) / HOUR,
    }
