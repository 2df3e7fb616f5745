"""What is known of an order at a minute, as columns: one module a topic, each with its FEATURES and ``columns(scene)``.

Nothing here may look at what was not known at the row's own instant; tests change the future and see that no column moves.
"""

from models.delay_risk.features import calendar, delivery, habits, history, load, order, place, rhythm, stage
from models.delay_risk.features.feature import Feature

TOPICS = (calendar, order, place, stage, load, history, rhythm, habits, delivery)
FEATURES: tuple[Feature, ...] = tuple(feature for topic in TOPICS for feature in topic.FEATURES)
FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
FEATURES_BY_NAME = {feature.name: feature for feature in FEATURES}

# Late deliveries are few, and how many there are follows what is promised, which is set anew now and then: from many columns a model learns
# the last such change by heart. On a marketplace's orders of 2017 the room that was promised ranked better alone than beside any others.
_OF_DELIVERY = ("delivery_room", "age_hours", "step")
# Said with reasons alone: the stage tells a model as much.
_SAID_ONLY = ("warehouse_known",)


def features_of(target: str) -> tuple[Feature, ...]:
    """Return the columns that a model of a target learns from.

    >>> [feature.name for feature in features_of("delivery")]
    ['age_hours', 'step', 'delivery_room']
    """
    if target == "delivery":
        return tuple(feature for feature in FEATURES if feature.name in _OF_DELIVERY)
    return tuple(feature for feature in made_for(target) if feature.name not in _SAID_ONLY)


def made_for(target: str) -> tuple[Feature, ...]:
    """Return the columns that are made for a target: those that its model learns from, and those that its baselines and reasons go by."""
    return FEATURES if target == "delivery" else tuple(feature for feature in FEATURES if feature not in delivery.FEATURES)


__all__ = ["FEATURES", "FEATURES_BY_NAME", "FEATURE_NAMES", "TOPICS", "Feature", "features_of", "made_for"]
