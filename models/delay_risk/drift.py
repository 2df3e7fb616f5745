"""Do the orders that are scored still look like those a model was fitted on, and do its chances still come true?

PSI: Σ (now − then)·ln(now / then) over bins of a feature (Siddiqi, Credit Risk Scorecards, 2006): below 0.1 nothing, from 0.25 on a
real move.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.delay_risk import band
from models.delay_risk.clocks import Floats
from models.delay_risk.features import FEATURES_BY_NAME

PSI_CEILING = 0.25
# Mean chance and late share may differ by so much before a model counts as out of tune.
CALIBRATION_CEILING = 0.05
# Fewer rows than this tell nothing about either.
LEAST_ROWS = 300

_BINS = 10
_MOST_WORDS = 20
_FLOOR = 1e-3
Reference = Mapping[str, Mapping[str, Any]]


def reference(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return each feature's bins and shares as plain JSON, to be kept beside the model."""
    found: dict[str, dict[str, Any]] = {}
    for name in frame.columns:
        if name not in FEATURES_BY_NAME or not len(frame):
            continue
        if FEATURES_BY_NAME[name].kind == "code":
            words = frame[name].astype(str).value_counts().head(_MOST_WORDS).index.tolist()
            found[name] = {"words": words, "shares": _word_shares(frame[name], words).tolist()}
        else:
            values = frame[name].to_numpy(float)
            there = values[~np.isnan(values)]
            edges = np.unique(np.quantile(there, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(there) else np.zeros(0)
            found[name] = {"edges": edges.tolist(), "shares": _bin_shares(values, edges).tolist()}
    return found


def psi(reference: Reference, frame: pd.DataFrame) -> dict[str, float]:
    """Return each feature's PSI against the reference; a feature that is not there any more has moved as far as can be."""
    found = {}
    for name, then in reference.items():
        if name in frame and len(frame):
            if "words" in then:
                now = _word_shares(frame[name], list(then["words"]))
            else:
                now = _bin_shares(frame[name].to_numpy(float), np.asarray(then["edges"], float))
        else:
            now = np.eye(len(then["shares"]))[-1]
        before, after = (np.maximum(shares, _FLOOR) for shares in (np.asarray(then["shares"], float), now))
        found[name] = float(np.sum((after - before) * np.log(after / before)))
    return found


def calibration_gap(label: Floats, probability: Floats) -> float:
    """Return how far the mean chance lies from the late share, beyond what chance alone explains at nine in ten."""
    known = ~np.isnan(label)
    if not known.any():
        return 0.0
    chance = probability[known]
    noise = band.Z * float(np.sqrt(np.sum(chance * (1.0 - chance)))) / len(chance)
    return max(abs(float(chance.mean() - label[known].mean())) - noise, 0.0)


def _word_shares(column: pd.Series, words: list[str]) -> npt.NDArray[np.float64]:
    """Return the share of each word, of all others, and of none."""
    texts = column.astype(str)
    counts = texts.value_counts()
    listed = [float(counts.get(word, 0)) for word in words]
    return np.array([*listed, len(texts) - sum(listed)]) / max(len(texts), 1)


def _bin_shares(values: Floats, edges: Floats) -> npt.NDArray[np.float64]:
    """Return the share of each bin, and of missing values."""
    there = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, there, side="left"), minlength=len(edges) + 1)
    return np.array([*counts, len(values) - len(there)], dtype=float) / max(len(values), 1)
