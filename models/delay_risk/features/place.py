"""Which warehouse and carrier, as known at that minute, else as this shop's last order to the region had them?"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models.delay_risk.clocks import Floats, Ints
from models.delay_risk.features.feature import Feature
from models.delay_risk.scene import Scene

# Codes of parcels by plain post, 平邮: the slowest service there is.
POSTAL: frozenset[str] = frozenset(("POSTB", "USPS"))
FEATURES: tuple[Feature, ...] = (
    Feature("warehouse_code", "place", "code", "仓库", "warehouse"),
    Feature("warehouse_known", "place", "number", "已分仓", "its warehouse is known, not expected"),
    Feature("warehouse_region", "place", "code", "发货地区", "region it leaves from"),
    Feature("carrier_code", "carrier", "code", "承运商", "carrier"),
    Feature("postal", "carrier", "number", "平邮或邮政", "sent by post"),
)


def columns(scene: Scene) -> Mapping[str, Floats | pd.Categorical]:
    """Return one array a feature, one value a row looked at."""
    carrier = _worded(scene.words["carrier_code"], scene.carrier)
    return {
        "warehouse_code": _worded(scene.words["warehouse_code"], scene.warehouse),
        "warehouse_known": scene.warehouse_known.astype(np.float64),
        "warehouse_region": _worded(scene.words["warehouse_region"], scene.origin),
        "carrier_code": carrier,
        "postal": carrier.isin(list(POSTAL)).astype(np.float64),
    }


def _worded(words: Sequence[str], codes: Ints) -> pd.Categorical:
    """Return codes as their words, '' for none."""
    categories = [*(word for word in words if word), ""]
    place = np.cumsum([word != "" for word in words], dtype=np.int64) - 1 if len(words) else np.zeros(1, dtype=np.int64)
    kind: pd.CategoricalDtype = pd.CategoricalDtype(categories)
    return pd.Categorical.from_codes(np.where(codes < 0, len(categories) - 1, place[codes]), dtype=kind)
