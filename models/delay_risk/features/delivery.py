"""How many days until orders like this one arrive, as far as anybody knew by that minute, and how many were promised?

Days until delivery multiply: what is usual in the shop, longer to some regions, on some roads, from some warehouses, by some carriers. So
logarithms are added up, each level a mean of what the wider ones left over, drawn towards nothing while there are few. What a shop takes
moves within weeks, how its regions differ from one another hardly does: windows are short for the one and long for the others.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from models.delay_risk.clocks import DAY, Floats, Ints
from models.delay_risk.features.feature import Feature
from models.delay_risk.features.history import FARTHEST
from models.delay_risk.scene import Scene
from models.delay_risk.streams import Asked, Stream, Timeline, numbered
from models.delay_risk.targets import deadlines

# The shop's own level is of these days; this window and the longer one for the rest were set on a marketplace's orders of 2017.
_RECENT = 30 * DAY
# What is believed of a shop that nobody knows, and how many orders' worth stand beside what a level's own tell.
_PRIOR_DAYS, _PRIOR_ORDERS = 10.0, 5.0
# Deliveries beyond this say no more: days.
_LONGEST_DAYS = 90.0

# From the widest to the narrowest; each tells what those before it do not.
LEVELS: Mapping[str, tuple[str, str]] = {
    "region": ("收货地区", "region it goes to"),
    "road": ("同发货地到收货地区", "road from region to region"),
    "place": ("本仓", "warehouse"),
    "lane": ("本仓该承运商", "warehouse and carrier"),
}
FEATURES: tuple[Feature, ...] = (
    Feature(
        "delivery_room", "delivery", "number", "承诺送达天数比预计多（对数）", "days promised over days expected, logarithm", eases=True
    ),
    Feature("delivery_expected_days", "delivery", "number", "预计送达天数", "days expected until delivery"),
    Feature("delivery_shop_days", "delivery", "number", "店铺近 30 天送达天数", "days until delivery, 30 days, shop"),
    *(
        Feature(
            f"delivery_{level}_slower",
            "delivery",
            "number",
            f"{zh}近 180 天送达更慢（对数）",
            f"slower delivery, 180 days, {en}, logarithm",
        )
        for level, (zh, en) in LEVELS.items()
    ),
)


def columns(scene: Scene) -> Mapping[str, Floats]:
    """Return one array a feature, one value a row looked at; NaN throughout where nothing is promised."""
    if np.isnan(scene.facts["promised_delivery_at"].to_numpy(np.float64)).all():
        return {feature.name: np.full(len(scene.rows), np.nan) for feature in FEATURES}
    start, began = scene.facts["start_at"].to_numpy(np.float64), scene.instants["begun"]
    # what came before its clock started teaches once the order is known
    heard = np.maximum(scene.facts["delivered_known_at"].to_numpy(np.float64), began)
    took = _log_days(scene.facts["delivered_at"].to_numpy(np.float64) - start)
    of_orders, of_rows = (np.full(count, np.log1p(_PRIOR_DAYS)) for count in (len(took), len(scene.rows)))
    parts: dict[str, Floats] = {}
    for level, known_with, keys, asked in _keys(scene):
        stream = Stream(Timeline(keys, np.maximum(heard, scene.keyed_since.get(known_with, heard))), [took - of_orders])
        span = _RECENT if level == "shop" else FARTHEST
        # an order is held against what was known when it began
        of_orders = of_orders + _left_over(stream, Asked(keys, began), span=span)
        parts[level] = _left_over(stream, asked, span=span)
        of_rows = of_rows + parts[level]
    promised = _log_days((deadlines(scene.facts, scene.clocks, target="delivery") - start)[scene.rows])
    return {
        "delivery_room": promised - of_rows,
        "delivery_expected_days": np.expm1(of_rows),
        "delivery_shop_days": np.expm1(np.log1p(_PRIOR_DAYS) + parts["shop"]),
        **{f"delivery_{level}_slower": parts[level] for level in LEVELS},
    }


def _keys(scene: Scene) -> Iterator[tuple[str, str, Ints, Asked]]:
    """Give each level with the scene's own that it is known with, its key of every order as it went, and the rows as known."""
    column = pd.Categorical(scene.facts["region_code"])
    named = np.append(column.categories.astype(str) != "", False)
    region = np.where(named[column.codes], column.codes, -1).astype(np.int64)
    both = np.concatenate([region, region[scene.rows]])
    yield "shop", "shop", scene.keys["shop"], scene.asked["shop"]
    for level, within in (("region", "shop"), ("road", "origin")):
        joined = numbered(np.concatenate([scene.keys[within], scene.keys_of_rows[within]]), both)
        yield level, within, joined[: len(region)], Asked(joined[len(region) :], scene.at)
    for level in ("place", "lane"):
        yield level, level, scene.keys[level], scene.asked[level]


def _left_over(stream: Stream, asked: Asked, *, span: float) -> Floats:
    """Return the mean of what the wider levels left over, drawn towards nothing; nothing where there is no key."""
    count, total = stream.window(asked, seconds=span)
    return np.nan_to_num(asked.in_turn(total / (count + _PRIOR_ORDERS)))


def _log_days(seconds: Floats) -> Floats:
    return np.asarray(np.log1p(np.clip(seconds / DAY, 0.0, _LONGEST_DAYS)), dtype=np.float64)
