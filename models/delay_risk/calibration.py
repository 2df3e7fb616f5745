"""How does a raw score become a chance? By one monotone curve, which turns no two orders around, and knows how much it has seen.

Platt's curve (a line in log-odds): a few thousand newest outcomes fix two numbers well, where isotonic steps would follow chance.
"""

from dataclasses import dataclass

import numpy as np

from models.delay_risk.clocks import Floats

# The line is drawn towards "as it is" (slope 1, shift 0) with the weight of so many outcomes.
_PRIOR = 25.0
# Between these every chance lies: certainty is not to be had.
LEAST, MOST = 0.002, 0.998
_FLATTEST, _STEEPEST = 0.05, 3.0
# Newton's steps: the loss is convex, five or six are enough.
_STEPS, _CLOSE = 30, 1e-9
_HALVINGS = 50


@dataclass(frozen=True)
class Curve:
    """probability = 1 / (1 + exp(−(slope · raw + shift))), slope above 0; ``rows`` outcomes stand behind it."""

    slope: float
    shift: float
    rows: int

    def __call__(self, raw: Floats) -> Floats:
        """Return the chance of each raw score."""
        return np.clip(logistic(self.slope * raw + self.shift), LEAST, MOST).astype(np.float64)


def fitted_curve(raw: Floats, label: Floats) -> Curve:
    """Fit the curve to outcomes that the scores did not learn from; few or none leave the scores as they are."""
    if len(raw) == 0:
        return Curve(1.0, 0.0, 0)

    line = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        chance = logistic(line[0] * raw + line[1])
        missed, spread = chance - label, chance * (1.0 - chance)
        slope_of = np.array([np.sum(missed * raw) + _PRIOR * (line[0] - 1.0), np.sum(missed) + _PRIOR * line[1]])
        cross = float(np.sum(spread * raw))
        bend = np.array([[np.sum(spread * raw**2) + _PRIOR, cross], [cross, np.sum(spread) + _PRIOR]])
        step = np.linalg.solve(bend, slope_of)
        line = np.array([np.clip(line[0] - step[0], _FLATTEST, _STEEPEST), line[1] - step[1]])
        if float(np.abs(step).max()) < _CLOSE:
            break
    return Curve(float(line[0]), float(line[1]), len(raw))


def logistic(raw: Floats) -> Floats:
    """Return 1 / (1 + exp(−raw)), without overflow.

    >>> logistic(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    small = np.exp(-np.abs(raw))
    return np.where(raw >= 0, 1.0, small) / (1.0 + small)


def levelled(curve: Curve, raw: Floats, *, rate: float) -> Curve:
    """Return the curve moved so that the mean chance of these scores is the rate that was seen.

    How much scores exaggerate is learnt from outcomes that were held back; their level is that of the model that learnt from all.
    """
    low, high = -20.0, 20.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        over = float(logistic(curve.slope * raw + middle).mean()) > rate
        low, high = (low, middle) if over else (middle, high)
    return Curve(curve.slope, (low + high) / 2.0, curve.rows)
