"""How punctual was this place lately, as far as anybody knew by that minute?

Late shares are of outcomes known by then, drawn towards the shop's and the shop's towards all while there are few; hand-over times are in
hours of working days, so that a weekend is not a delay.
"""

from collections.abc import Mapping

import numpy as np

from models.delay_risk.clocks import DAY, Floats
from models.delay_risk.features.feature import Feature
from models.delay_risk.scene import Scene
from models.delay_risk.streams import Stream

# A window long enough for a small warehouse, a short one for what is going on now, and how far back its last orders may lie.
LONG, SHORT, FARTHEST = 60 * DAY, 14 * DAY, 180 * DAY
LAST = 8
# So many orders' worth of the wider level's share stand beside a level's own.
_PRIOR_ORDERS = 3.0
# What is believed of a shop that nobody knows yet.
PRIOR_LATE = 0.2
# Hand-over times beyond this say no more: working hours.
LONGEST_HOURS = 300.0

LEVELS: tuple[str, ...] = ("shop", "origin", "place", "lane", "sku")

_ZH = {"shop": "店铺", "origin": "同发货地", "place": "本仓", "lane": "本仓该承运商", "sku": "该商品"}
_EN = {"shop": "shop", "origin": "region of dispatch", "place": "warehouse", "lane": "warehouse and carrier", "sku": "product"}
_WORDS = {
    "late_long": ("近 60 天延迟率", "late share of 60 days"),
    "late_short": ("近 14 天延迟率", "late share of 14 days"),
    "late_last": ("最近 8 单延迟率", "late share of the last 8"),
    "known_long": ("近 60 天已知结果单数", "known outcomes of 60 days"),
    "hours_long": ("近 60 天平均交运工作小时", "mean working hours to hand over, 60 days"),
    "hours_last": ("最近 8 单平均交运工作小时", "mean working hours to hand over, last 8"),
    "hours_latest": ("上一单交运工作小时", "working hours to hand over of the last one"),
}
FEATURES: tuple[Feature, ...] = tuple(
    Feature(f"{level}_{name}", f"history_{level}", "number", f"{_ZH[level]}{zh}", f"{en}, {_EN[level]}")
    for level in LEVELS
    for name, (zh, en) in _WORDS.items()
)


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at."""
    found: dict[str, Floats] = {}
    prior = np.full(len(scene.rows), PRIOR_LATE)
    took = np.nan_to_num(np.log1p(np.clip(scene.hours, 0.0, LONGEST_HOURS)))
    late_or_not = np.nan_to_num(scene.outcomes.late)
    for level in LEVELS:
        asked = scene.asked[level]
        outcomes = Stream(scene.timeline(level, "known"), [late_or_not])
        left = Stream(scene.timeline(level, "left"), [took])
        known, late = (asked.in_turn(answer) for answer in outcomes.window(asked, seconds=LONG))
        share = _drawn(known, late, towards=prior)
        short = _drawn(*(asked.in_turn(answer) for answer in outcomes.window(asked, seconds=SHORT)), towards=share)
        last = _drawn(*(asked.in_turn(answer) for answer in outcomes.last(asked, count=LAST, seconds=FARTHEST)), towards=prior)
        found |= {f"{level}_late_long": share, f"{level}_late_short": short, f"{level}_late_last": last, f"{level}_known_long": known}
        found[f"{level}_hours_long"] = _mean(*(asked.in_turn(answer) for answer in left.window(asked, seconds=LONG)))
        for name, count in (("hours_last", LAST), ("hours_latest", 1)):
            found[f"{level}_{name}"] = _mean(*(asked.in_turn(answer) for answer in left.last(asked, count=count, seconds=FARTHEST)))
        if level == "shop":
            prior = share
    return found


def _drawn(known: Floats, late: Floats, *, towards: Floats) -> Floats:
    known, late = np.nan_to_num(known), np.nan_to_num(late)
    return np.asarray((late + _PRIOR_ORDERS * towards) / (known + _PRIOR_ORDERS), dtype=np.float64)


def _mean(count: Floats, total: Floats) -> Floats:
    """Return the geometric mean in hours, NaN where there was none."""
    there = count > 0
    return np.where(there, np.expm1(total / np.where(there, count, 1.0)), np.nan)
