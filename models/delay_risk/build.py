"""How do orders become the frame that a model reads? One column a feature, one row an order at an instant."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from models.delay_risk.clocks import Floats, Ints, ShopClock
from models.delay_risk.features import FEATURES, TOPICS, Feature
from models.delay_risk.scene import scene

# Sorting and searching lets other threads go on.
_THREADS = 4


def features(
    facts: pd.DataFrame,
    clocks: Mapping[str, ShopClock],
    *,
    rows: Ints,
    at: Floats,
    deadline: Floats,
    wanted: Sequence[Feature] = FEATURES,
) -> pd.DataFrame:
    """Return ``wanted`` for places ``rows`` of ``facts``, each as known at its instant; ``deadline`` is of every order in ``facts``.

    Codes are categories of texts ('' = not known), numbers floats (NaN = not known). The orders of ``facts`` beside those looked at
    are the history: 180 days before an instant are all that can tell at it.
    """
    if not len(rows):
        return pd.DataFrame({feature.name: pd.Categorical([]) if feature.kind == "code" else np.zeros(0) for feature in wanted})
    there = scene(facts, clocks, rows=rows, at=at, deadline=deadline)
    found: dict[str, object] = {}
    topics = [topic for topic in TOPICS if set(topic.FEATURES) & set(wanted)]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="features") as pool:
        for columns in pool.map(lambda topic: topic.columns(there), topics):
            found |= columns
    # each column as it was made: a block of all of them would be copied together for nothing
    return pd.DataFrame({feature.name: found[feature.name] for feature in wanted}, copy=False)
