"""What is in the order, where does it go, and what was promised?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.delay_risk.clocks import DAY, Floats, by_clock
from models.delay_risk.features.feature import Feature
from models.delay_risk.scene import Scene
from models.delay_risk.targets import HOUR

# Provinces that parcels take longest to, as carriers' surcharge lists have them, and those beyond the mainland.
REMOTE_REGIONS: frozenset[str] = frozenset(
    ("CN-15", "CN-46", "CN-54", "CN-62", "CN-63", "CN-64", "CN-65", "CN-71", "CN-91", "CN-92"),
)
# Where regions say nothing of it: a parcel that travels this far goes to a remote place.
REMOTE_KM = 1_500.0

FEATURES: tuple[Feature, ...] = (
    Feature("channel", "channel", "code", "渠道", "channel"),
    Feature("shop_id", "channel", "code", "店铺", "shop"),
    Feature("kind", "kind", "code", "订单类型", "kind of order"),
    Feature("payment_method", "payment", "code", "支付方式", "payment method"),
    Feature("payment_hours", "payment", "number", "下单到付款小时", "hours from order to payment"),
    Feature("category", "goods", "code", "类目", "category"),
    Feature("lines", "goods", "number", "商品行数", "order lines"),
    Feature("pieces", "goods", "number", "件数", "pieces"),
    Feature("value_log", "value", "number", "金额（对数）", "amount, logarithm"),
    Feature("freight_share", "value", "number", "运费占比", "freight over goods"),
    Feature("region_code", "where", "code", "收货地区", "region it goes to"),
    Feature("same_region", "where", "number", "同地区发货", "within one region"),
    Feature("distance_km", "where", "number", "距离（公里）", "distance in km"),
    Feature("remote", "where", "number", "偏远地区", "remote region"),
    Feature("promise_hours", "promise", "number", "承诺发货小时", "hours until the stored promise at payment"),
    Feature("promise_working_hours", "promise", "number", "承诺发货工作小时", "working hours until the stored promise at payment"),
    Feature("delivery_days", "promise", "number", "承诺送达天数", "days until the promised delivery at payment"),
)
_CODES = ("channel", "shop_id", "kind", "payment_method", "category", "region_code")


def columns(scene: Scene) -> Mapping[str, Floats | pd.Categorical]:
    """Return one array a feature, one value a row looked at."""
    start, created = scene.of("start_at"), scene.of("created_at")
    goods, freight = scene.of("goods_minor"), scene.of("freight_minor")
    amount = np.where(np.isnan(goods), scene.of("paid_minor"), goods)
    words = {name: pd.Categorical(scene.facts[name]).take(scene.rows) for name in _CODES}
    region = np.asarray([*words["region_code"].categories.astype(str), ""], dtype=object)[words["region_code"].codes]
    leaves = np.asarray([*scene.words["warehouse_region"], ""], dtype=object)[scene.origin]
    known = (region != "") & (leaves != "")
    distance = scene.of("distance_km")
    found: dict[str, Floats | pd.Categorical] = dict(words)
    found |= {
        "payment_hours": (start - created) / HOUR,
        "lines": scene.of("lines"),
        "pieces": scene.of("pieces"),
        "value_log": np.log1p(np.maximum(amount, 0.0)),
        "freight_share": np.where(goods > 0, freight / np.where(goods > 0, goods, 1.0), np.nan),
        "same_region": np.where(known, (region == leaves).astype(np.float64), np.nan),
        "distance_km": distance,
        "remote": (np.isin(region, list(REMOTE_REGIONS)) | (distance >= REMOTE_KM)).astype(np.float64),
        "promise_hours": (scene.of("deadline_at") - start) / HOUR,
        "promise_working_hours": _working_hours(scene),
        "delivery_days": (scene.of("promised_delivery_at") - start) / DAY,
    }
    return found


def _working_hours(scene: Scene) -> Floats:
    promised = scene.of("deadline_at")
    found = np.full(len(promised), np.nan)
    for clock, rows in by_clock(scene.facts["shop_id"].iloc[scene.rows], scene.clocks):
        found[rows] = (clock.working_seconds(clock.local(promised[rows])) - scene.worked_start[rows]) / HOUR
    return found
