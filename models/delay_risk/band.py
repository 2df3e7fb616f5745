"""Between which chances does an order's own lie, at nine in ten?"""

import numpy as np

from models.delay_risk.clocks import Floats

# Both sides of a 90 % interval of a normal distribution.
Z = 1.6448536269514722


def wilson(probability: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Return Wilson's interval around a share that stands on so many outcomes.

    >>> low, high = wilson(np.array([0.2]), np.array([100.0]))
    >>> [round(float(end), 3) for end in (low[0], high[0])]
    [0.143, 0.273]
    """
    weight = Z**2 / np.maximum(rows, 1.0)
    middle = (probability + weight / 2) / (1 + weight)
    half = np.sqrt(np.maximum(weight * probability * (1 - probability) + weight**2 / 4, 0.0)) / (1 + weight)
    return np.minimum(middle - half, probability), np.maximum(middle + half, probability)
