"""When was it paid, by the shop's clock and calendar, and how much time of which kind is left?

Neither month nor year is here: their levels do not come again, and a model that has them learns one strike by heart.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.delay_risk.clocks import DAY, Floats, by_clock
from models.delay_risk.features.feature import Feature
from models.delay_risk.scene import Scene
from models.delay_risk.targets import HOUR

# The great sales of the year, as (month, day); what follows them is what counts.
PROMOTIONS: tuple[tuple[int, int], ...] = ((3, 8), (6, 1), (6, 18), (8, 18), (9, 9), (11, 1), (11, 11), (12, 12))
# Days after which a sale is forgotten.
_FORGOTTEN = 10.0

FEATURES: tuple[Feature, ...] = (
    Feature("paid_hour", "when", "number", "付款时刻（当地小时）", "hour of payment, local"),
    Feature("paid_weekday", "when", "number", "付款星期（0 为周一）", "weekday of payment, 0 = Monday"),
    Feature("off_today", "when", "number", "付款日休息", "paid on a day off"),
    Feature("off_tomorrow", "when", "number", "次日休息", "the next day is off"),
    Feature("off_in_two", "when", "number", "后日休息", "the day after next is off"),
    Feature("off_in_three", "when", "number", "三日后休息", "the third day is off"),
    Feature("hours_left", "left", "number", "距期限小时", "hours until the deadline"),
    Feature("working_hours_left", "left", "number", "距期限工作小时（工作日每天 24 小时）", "hours of working days until the deadline"),
    Feature("days_after_promotion", "promotion", "number", "大促后天数", "days since a great sale"),
)


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at."""
    day = (scene.local_start // DAY).astype(np.int64)
    found: dict[str, Floats] = {
        "paid_hour": (scene.local_start % DAY) / HOUR,
        "paid_weekday": ((day + 3) % 7).astype(np.float64),
        "hours_left": (scene.deadline - scene.at) / HOUR,
    }
    ahead = {"off_today": 0, "off_tomorrow": 1, "off_in_two": 2, "off_in_three": 3}
    found |= {name: np.zeros(len(day)) for name in ahead} | {"working_hours_left": np.zeros(len(day))}
    for clock, rows in by_clock(scene.facts["shop_id"].iloc[scene.rows], scene.clocks):
        for name, days in ahead.items():
            found[name][rows] = ~clock.works(day[rows] + days)
        ends = clock.working_seconds(clock.local(scene.deadline[rows]))
        found["working_hours_left"][rows] = (ends - scene.worked_at[rows]) / HOUR
    found["days_after_promotion"] = _after_promotion(day)
    return found


def _after_promotion(day: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    if not len(day):
        return np.zeros(0)
    years = range(1970 + int(day.min()) // 366 - 1, 1970 + int(day.max()) // 365 + 1)
    sales = np.sort([pd.Timestamp(year, *sale).value // (86_400 * 10**9) for year in years for sale in PROMOTIONS])
    place = np.searchsorted(sales, day, side="right") - 1
    since = np.where(place >= 0, day - sales[np.maximum(place, 0)], _FORGOTTEN)
    return np.minimum(since, _FORGOTTEN).astype(np.float64)
