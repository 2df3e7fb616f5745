"""What is known of an order at a minute, as columns: one module a topic, each with its FEATURES and ``columns(scene)``.

Nothing here may look at what was not known at the row's own instant; tests change the future and see that no column moves.
"""

from models.delay_risk.features import calendar, habits, history, load, order, place, rhythm, stage
from models.delay_risk.features.feature import Feature

TOPICS = (calendar, order, place, stage, load, history, rhythm, habits)
FEATURES: tuple[Feature, ...] = tuple(feature for topic in TOPICS for feature in topic.FEATURES)
FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
FEATURES_BY_NAME = {feature.name: feature for feature in FEATURES}

__all__ = ["FEATURES", "FEATURES_BY_NAME", "FEATURE_NAMES", "TOPICS", "Feature"]
