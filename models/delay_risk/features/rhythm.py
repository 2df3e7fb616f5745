"""How long do orders paid at this hour of the week take, and is this place slower than that?

A small warehouse has few orders, and whether they were paid on a Friday evening or a Tuesday morning moves their hand-over more than the
warehouse does. So each past order is held against what its shop's orders of the same hour of the week had taken by then; a
place's mean excess over that is known from fewer orders than its mean.
"""

from collections.abc import Mapping

import numpy as np

from models.delay_risk.clocks import DAY, Floats, Ints
from models.delay_risk.features.feature import Feature
from models.delay_risk.features.history import FARTHEST, LAST, LONG, LONGEST_HOURS, PRIOR_LATE
from models.delay_risk.scene import Scene
from models.delay_risk.streams import Asked, Stream, Timeline, numbered

LEVELS: tuple[str, ...] = ("origin", "place", "sku")
# Hours of the week in bins of four.
_BIN = 4 * 3_600.0
_BINS_A_DAY = 6
# What a bin is drawn towards while there are few, and with how many orders' weight.
_PRIOR_HOURS, _PRIOR_ORDERS = 24.0, 5.0
_PLACE_ORDERS = 2.0

_ZH = {"origin": "同发货地", "place": "本仓", "sku": "该商品"}
_EN = {"origin": "region of dispatch", "place": "warehouse", "sku": "product"}
_WORDS = {
    "slower_long": ("近 180 天比同时段订单慢（对数）", "slower than orders of the same hour, 180 days, logarithm"),
    "slower_recent": ("近 60 天比同时段订单慢（对数）", "slower than orders of the same hour, 60 days, logarithm"),
    "slower_last": ("最近 8 单比同时段订单慢（对数）", "slower than orders of the same hour, last 8, logarithm"),
    "later_long": ("近 180 天比同时段订单多延迟", "later than orders of the same hour, 180 days"),
    "later_recent": ("近 60 天比同时段订单多延迟", "later than orders of the same hour, 60 days"),
}
FEATURES: tuple[Feature, ...] = (
    Feature("rhythm_hours", "when", "number", "同时段订单通常交运工作小时", "working hours that orders of the same hour of the week take"),
    Feature("rhythm_late", "when", "number", "同时段订单延迟率", "late share of orders of the same hour of the week"),
    *(
        Feature(f"{level}_{name}", f"history_{level}", "number", f"{_ZH[level]}{zh}", f"{en}, {_EN[level]}")
        for level in LEVELS
        for name, (zh, en) in _WORDS.items()
    ),
)


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at."""
    hours = np.log1p(np.clip(np.nan_to_num(scene.hours), 0.0, LONGEST_HOURS))
    late = np.nan_to_num(scene.outcomes.late)
    bins = numbered(scene.keys["shop"], _hour_of_week(scene.local_starts))
    left, known = scene.outcomes.heard_left, scene.outcomes.known_at
    took, turned_out = Stream(Timeline(bins, left), [hours]), Stream(Timeline(bins, known), [late])
    now = Asked(bins[scene.rows], scene.at)
    found = {
        "rhythm_hours": np.expm1(_drawn(took, now, towards=np.log1p(_PRIOR_HOURS))),
        "rhythm_late": _drawn(turned_out, now, towards=PRIOR_LATE),
    }
    slower = hours - _before(took, bins, left, towards=np.log1p(_PRIOR_HOURS))
    later = late - _before(turned_out, bins, known, towards=PRIOR_LATE)
    for level in LEVELS:
        asked = scene.asked[level]
        speed, outcome = Stream(scene.timeline(level, "left"), [slower]), Stream(scene.timeline(level, "known"), [later])
        answers = {
            "slower_long": speed.window(asked, seconds=FARTHEST),
            "slower_recent": speed.window(asked, seconds=LONG),
            "slower_last": speed.last(asked, count=LAST, seconds=FARTHEST),
            "later_long": outcome.window(asked, seconds=FARTHEST),
            "later_recent": outcome.window(asked, seconds=LONG),
        }
        found |= {f"{level}_{name}": asked.in_turn(total / (count + _PLACE_ORDERS)) for name, (count, total) in answers.items()}
    return found


def _hour_of_week(local: Floats) -> Ints:
    day = (local // DAY).astype(np.int64)
    return ((day + 3) % 7) * _BINS_A_DAY + ((local % DAY) // _BIN).astype(np.int64)


def _drawn(stream: Stream, asked: Asked, *, towards: float) -> Floats:
    count, total = stream.window(asked, seconds=FARTHEST)
    return np.asarray(asked.back((total + _PRIOR_ORDERS * towards) / (count + _PRIOR_ORDERS)), dtype=np.float64)


def _before(stream: Stream, keys: Ints, instants: Floats, *, towards: float) -> Floats:
    """Return what the stream told of each order's bin a second before its own event; the prior where it has none."""
    found = np.full(len(keys), towards)
    there = np.flatnonzero(~np.isnan(instants))
    found[there] = _drawn(stream, Asked(keys[there], instants[there] - 1.0), towards=towards)
    return found
