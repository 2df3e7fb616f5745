"""What are the habits of this warehouse: how evenly does it hand over, on which days of the week, and what lies there waiting?"""

from collections.abc import Mapping

import numpy as np

from models.delay_risk.clocks import DAY, Floats, Ints
from models.delay_risk.features.feature import Feature
from models.delay_risk.features.history import FARTHEST, LONG, LONGEST_HOURS, PRIOR_LATE
from models.delay_risk.scene import Scene
from models.delay_risk.streams import Asked, Stream, Timeline, numbered
from models.delay_risk.targets import HOUR

# What stands beside a warehouse's own figures while it has few orders.
_PRIOR_ORDERS = 2.0
_PRIOR_HOURS = 24.0

_WORDS: Mapping[str, tuple[str, str, str]] = {
    "place_late_farthest": ("history_place", "本仓近 180 天延迟率", "late share of 180 days, warehouse"),
    "place_hours_farthest": ("history_place", "本仓近 180 天交运工作小时", "working hours to hand over, 180 days, warehouse"),
    "place_over_a_day": ("history_place", "本仓超过 1 个工作日占比", "share over one working day, 60 days, warehouse"),
    "place_over_three": ("history_place", "本仓超过 3 个工作日占比", "share over three working days, 60 days, warehouse"),
    "place_spread": ("history_place", "本仓交运时间波动（对数）", "spread of hand-over times, logarithm, warehouse"),
    "place_weekpart_hours": ("history_place", "本仓同类星期付款的交运工作小时", "working hours for orders of such weekdays, warehouse"),
    "place_halfday_hours": ("history_place", "本仓同半天付款的交运工作小时", "working hours for orders of this half of the day, warehouse"),
    "place_handover_hour": ("history_place", "本仓通常交运时刻", "hour of the day at which it hands over, warehouse"),
    "place_age_days": ("history_place", "本仓有单天数（至多 180）", "days since its first order, 180 at most, warehouse"),
    "place_waited_hours": ("load_place", "本仓在队订单已等工作小时", "working hours that its open orders have waited, warehouse"),
    "city_late": ("history_origin", "发货城市近 60 天延迟率", "late share of 60 days, city of dispatch"),
    "city_hours": ("history_origin", "发货城市近 60 天交运工作小时", "working hours to hand over, 60 days, city of dispatch"),
}
FEATURES: tuple[Feature, ...] = tuple(Feature(name, group, "number", zh, en) for name, (group, zh, en) in _WORDS.items())


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at."""
    asked, at_city, late = scene.asked["place"], scene.asked["city"], np.nan_to_num(scene.outcomes.late)
    hours = np.clip(np.nan_to_num(scene.hours), 0.0, LONGEST_HOURS)
    slow = np.log1p(hours)
    handed_at = np.nan_to_num(scene.local_left % DAY) / HOUR
    values = [slow, slow**2, (hours > 24.0).astype(np.float64), (hours > 72.0).astype(np.float64), handed_at]
    speed = Stream(scene.timeline("place", "left"), values)
    far, near = (speed.window(asked, seconds=span) for span in (FARTHEST, LONG))
    mean = _drawn(far[0], far[1], towards=np.log1p(_PRIOR_HOURS))
    outcome = Stream(scene.timeline("place", "known"), [late]).window(asked, seconds=FARTHEST)
    city_outcome = Stream(scene.timeline("city", "known"), [late]).window(at_city, seconds=LONG)
    city_speed = Stream(scene.timeline("city", "left"), [slow]).window(at_city, seconds=LONG)
    found = {
        "place_late_farthest": _drawn(*outcome, towards=PRIOR_LATE),
        "place_hours_farthest": np.expm1(mean),
        "place_over_a_day": _drawn(near[0], near[3], towards=0.5),
        "place_over_three": _drawn(near[0], near[4], towards=0.15),
        "place_spread": _spread(far[0], far[1], far[2]),
        "place_handover_hour": np.where(far[0] > 0, far[5] / np.maximum(far[0], 1.0), np.nan),
        "place_waited_hours": _waited(scene, asked),
        "place_age_days": _age(scene, asked),
    }
    answers = {name: asked.in_turn(answer) for name, answer in found.items()}
    mean_in_turn = asked.in_turn(mean)
    for name, part in (("place_weekpart_hours", _weekpart(scene.local_starts)), ("place_halfday_hours", _halfday(scene.local_starts))):
        answers[name] = np.expm1(_of_such(scene, part, slow, towards=mean_in_turn))
    answers["city_late"] = at_city.in_turn(_drawn(*city_outcome, towards=PRIOR_LATE))
    answers["city_hours"] = at_city.in_turn(np.expm1(_drawn(*city_speed, towards=np.log1p(_PRIOR_HOURS))))
    return answers


def _drawn(count: Floats, total: Floats, *, towards: Floats | float) -> Floats:
    return np.asarray((total + _PRIOR_ORDERS * towards) / (count + _PRIOR_ORDERS), dtype=np.float64)


def _spread(count: Floats, total: Floats, squares: Floats) -> Floats:
    """Return the standard deviation, NaN below three orders."""
    there = np.maximum(count, 1.0)
    return np.where(count >= 3, np.sqrt(np.maximum(squares / there - (total / there) ** 2, 0.0)), np.nan)


def _of_such(scene: Scene, part: Ints, slow: Floats, *, towards: Floats) -> Floats:
    """Return the mean over a place's orders of the same part of the week or day, drawn towards the place's mean."""
    place = np.concatenate([scene.keys["place"], scene.keys_of_rows["place"]])
    keys = numbered(place, np.concatenate([part, part[scene.rows]]))
    asked = Asked(keys[len(part) :], scene.at)
    timeline = Timeline(keys[: len(part)], scene.outcomes.heard_left)
    count, total = Stream(timeline, [slow]).window(asked, seconds=FARTHEST)
    return _drawn(np.nan_to_num(asked.in_turn(count)), np.nan_to_num(asked.in_turn(total)), towards=towards)


def _waited(scene: Scene, asked: Asked) -> Floats:
    """Return the mean working hours since payment of the orders that are open; what came less what went, in number and in time."""
    timelines = (scene.timeline("place", event) for event in ("begun", "over"))
    came, went = (Stream(timeline, [scene.worked_starts]).window(asked, seconds=2 * FARTHEST) for timeline in timelines)
    count, total = came[0] - went[0], came[1] - went[1]
    now = scene.worked_at[asked.order]
    return np.where(count > 0, (now * count - total) / np.maximum(count, 1.0) / HOUR, np.nan)


def _age(scene: Scene, asked: Asked) -> Floats:
    first = Stream(scene.timeline("place", "begun")).first(asked, seconds=FARTHEST)
    return np.where(np.isnan(first), 0.0, (scene.at[asked.order] - np.nan_to_num(first)) / DAY)


def _weekpart(local: Floats) -> Ints:
    """Number the parts of the week: its beginning, Thursday, Friday, days off."""
    weekday = ((local // DAY).astype(np.int64) + 3) % 7
    return np.select([weekday >= 5, weekday == 4, weekday == 3], [3, 2, 1], default=0).astype(np.int64)


def _halfday(local: Floats) -> Ints:
    return ((local % DAY) >= 13 * HOUR).astype(np.int64)
