"""How much work stands in line before this order, and how fast does the line move?"""

from collections.abc import Mapping

import numpy as np

from models.delay_risk.clocks import DAY, Floats
from models.delay_risk.features.feature import Feature
from models.delay_risk.scene import GIVEN_UP, Scene
from models.delay_risk.streams import Asked, Stream, Timeline
from models.delay_risk.targets import HOUR

_WEEKS = 14.0
LEVELS: tuple[str, ...] = ("shop", "place")

_ZH = {"shop": "店铺", "place": "本仓"}
_EN = {"shop": "shop", "place": "warehouse"}
_WORDS = {
    "open": ("未交运单数", "orders not handed over"),
    "overdue": ("已超时未交运单数", "orders past their deadline"),
    "queue_days": ("排队相当于几天出库量", "queue in days of output"),
    "queue_ratio": ("排队为平时的倍数", "queue over its usual length"),
    "new_day": ("近 24 小时新单", "orders of the last 24 hours"),
    "rush": ("近 24 小时新单为平时的倍数", "orders of 24 hours over a usual day"),
    "idle_hours": ("距上次交运工作小时", "working hours since the last hand-over"),
}
FEATURES: tuple[Feature, ...] = tuple(
    Feature(f"{level}_{name}", f"load_{level}", "number", f"{_ZH[level]}{zh}", f"{en}, {_EN[level]}")
    for level in LEVELS
    for name, (zh, en) in _WORDS.items()
)


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at."""
    return {f"{level}_{name}": values for level in LEVELS for name, values in _level(scene, level).items()}


def _level(scene: Scene, level: str) -> Mapping[str, Floats]:
    keys, asked = scene.keys[level], scene.asked[level]
    came, went = Stream(scene.timeline(level, "begun")), Stream(scene.timeline(level, "over"))
    deadline = np.maximum(scene.deadlines, scene.instants["begun"])
    due, no_longer = Timeline(keys, deadline), Timeline(keys, np.maximum(deadline, scene.instants["over"]))
    left = Stream(scene.timeline(level, "left"), [np.nan_to_num(scene.worked_left)])
    waiting = asked.in_turn((came.upto(asked) - went.upto(asked)).astype(np.float64))
    day, weeks = (asked.in_turn(came.window(asked, seconds=span)[0]) for span in (DAY, _WEEKS * DAY))
    out = asked.in_turn(left.window(asked, seconds=_WEEKS * DAY)[0])
    usual = asked.in_turn(_usual(came, went, asked))
    there, last = (asked.in_turn(answer) for answer in left.last(asked, count=1, seconds=GIVEN_UP))
    return {
        "open": waiting,
        "overdue": asked.in_turn((due.upto(asked) - no_longer.upto(asked)).astype(np.float64)),
        "queue_days": waiting / (np.maximum(out, 1.0) / _WEEKS),
        "queue_ratio": waiting / np.maximum(usual, 1.0),
        "new_day": day,
        "rush": day / (np.maximum(weeks, 1.0) / _WEEKS),
        "idle_hours": np.where(there > 0, (scene.worked_at - last) / HOUR, np.nan),
    }


def _usual(came: Stream, went: Stream, asked: Asked) -> Floats:
    """Return the queue at the same hour one and two weeks before, averaged; the weekday's own rhythm is no news."""
    spans = [7 * DAY * weeks for weeks in (1, 2)]
    usual: Floats = np.mean([came.upto(asked, ago=span) - went.upto(asked, ago=span) for span in spans], axis=0).astype(np.float64)
    return usual
