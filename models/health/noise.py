"""Is a change more than noise, and does a ranking of channels hold?

Bands are robust, and channels whose order hangs on the choice of weights are shown as ties (product, section 3.4).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, median

import numpy as np
import numpy.typing as npt
import pandas as pd

# makes the median absolute deviation of a normal distribution its standard deviation
MAD_TO_SIGMA = 1.4826
# about 95 % of the changes of a steady cell lie within two standard deviations
BAND_MULTIPLE = 2.0
# changes from period to period: as many as the band looks back on, and the least it can be drawn from
BAND_PERIODS = 12
BAND_LEAST = 6
# points by which a score must lead to be ahead; less is rounding
LEAD = 1e-9
# any fixed number would do: the same scores must give the same ties on every page
SEED = 20080901


@dataclass(frozen=True)
class Ranking:
    """Channels in tie groups, best first, and the share of weight draws in which their whole order holds."""

    groups: list[list[str]]
    holds: float | None


def median_absolute_deviation(values: Sequence[float]) -> float | None:
    """Return the median distance from the median, missing without values.

    >>> median_absolute_deviation([1, 1, 2, 2, 4, 6, 9])
    1
    """
    if not values:
        return None
    centre = median(values)
    return median(abs(value - centre) for value in values)


def noise_band(
    changes: Sequence[float | None], *, multiple: float = BAND_MULTIPLE, periods: int = BAND_PERIODS, least: int = BAND_LEAST
) -> float | None:
    """Return how large a change can be and still be noise: ``multiple`` robust standard deviations of the changes before it.

    ``changes`` are from period to period, oldest first, without the one to judge. Only those of the last ``periods`` count,
    and of these the known ones; missing with fewer than ``least``.
    """
    known = [change for change in changes[-periods:] if change is not None and not math.isnan(change)]
    deviation = median_absolute_deviation(known)
    return None if deviation is None or len(known) < least else multiple * MAD_TO_SIGMA * deviation


def is_noise(change: float | None, band: float | None) -> bool | None:
    """Say whether a change lies within the band, its edges included; missing where either is missing.

    >>> is_noise(-0.4, 0.5), is_noise(0.6, 0.5), is_noise(0.6, None)
    (True, False, None)
    """
    return None if change is None or band is None else abs(change) <= band


def wilson_interval(good: float, units: float, *, confidence: float = 0.95) -> tuple[float, float] | None:
    """Return the Wilson score interval (Wilson 1927) of a share, for cells too new to have a band; missing without units.

    Raises ValueError unless ``good`` is between 0 and ``units``.

    >>> [round(edge, 4) for edge in wilson_interval(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= good <= units:
        raise ValueError(f"good must be between 0 and the units: {good} of {units}")
    if not units:
        return None
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate, scale = good / units, 1 + z * z / units
    centre = (rate + z * z / (2 * units)) / scale
    reach = z / scale * math.sqrt(rate * (1 - rate) / units + z * z / (4 * units * units))
    # with none or all good an edge is 0 or 1, which the difference misses by its last bit
    return max(0.0, centre - reach) if good else 0.0, min(1.0, centre + reach) if good < units else 1.0


def concentration(components: int, *, spread: float) -> float:
    """Return the Dirichlet concentration at which weights vary by ``spread``.

    A weight w then has the squared coefficient of variation (1 - w) / (w · (concentration + 1)). Large weights vary less than
    small ones, so it is their mean, weighted by the weights themselves, that is ``spread`` squared.

    >>> concentration(6, spread=0.25)
    79.0
    """
    return (components - 1) / spread**2 - 1


def ties(
    scores: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    seed: int = SEED,
    draws: int = 2000,
    spread: float = 0.25,
    agreement: float = 0.9,
) -> Ranking:
    """Rank channels by their weighted mean score; neighbours whose order holds in less than ``agreement`` of draws are tied.

    ``scores`` has one row per channel (the index) and one column per component code. A missing score is left out of its
    channel's mean; a channel without any has no rank; columns without a weight do not count. Weights are drawn from a
    Dirichlet distribution around ``weights`` with ``concentration(len(weights), spread=spread)``. Equal scores are no order.
    Raises ValueError for a weight not above 0 and for a spread too wide to draw.
    """
    if any(not weight > 0 for weight in weights.values()):
        raise ValueError("every weight must be above 0")
    codes = sorted(weights)
    table = scores.reindex(columns=codes).astype(float).dropna(how="all").sort_index()
    if table.empty:
        return Ranking(groups=[], holds=None)
    values = table.to_numpy(dtype=np.float64)
    centre = np.array([weights[code] for code in codes], dtype=np.float64)
    means = _means(values, weights=centre[np.newaxis, :])[0]
    # rounded, so that equal channels stand in the order of their names
    order = np.argsort(-np.round(means, 9), kind="stable")
    drawn = _means(values[order], weights=_weights(centre / centre.sum(), draws=draws, spread=spread, seed=seed))
    ahead = drawn[:, :-1] - drawn[:, 1:] > LEAD
    names = [str(name) for name in table.index[order]]
    groups = [[names[0]]]
    for (_, name), share in zip(pairwise(names), ahead.mean(axis=0), strict=True):
        if share < agreement:
            groups[-1].append(name)
        else:
            groups.append([name])
    return Ranking(groups=groups, holds=float(ahead.all(axis=1).mean()))


def _weights(centre: npt.NDArray[np.float64], *, draws: int, spread: float, seed: int) -> npt.NDArray[np.float64]:
    """Draw weights, one row a draw."""
    if len(centre) == 1:
        return np.ones((draws, 1))
    total = concentration(len(centre), spread=spread)
    if not total > 0:
        raise ValueError(f"a spread of {spread} is too wide for {len(centre)} weights")
    return np.random.default_rng(seed).dirichlet(total * centre, size=draws)


def _means(values: npt.NDArray[np.float64], *, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the weighted means of the known values: one row per row of weights, one column per channel."""
    known = ~np.isnan(values)
    return (weights @ np.where(known, values, 0.0).T) / (weights @ known.T.astype(np.float64))
