"""What would we say without a model? The place's trailing late rate, and the user's own rule; a model must beat both."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.delay_risk.band import wilson
from models.delay_risk.calibration import LEAST, MOST
from models.delay_risk.examples import Examples

# Without any outcome: what is believed of an order nobody knows anything about, and how little stands behind it.
PRIOR_LATE, PRIOR_ROWS = 0.2, 10.0
# A queue this much longer than usual, or orders coming in this much faster, is a peak (高峰); so are the days after a great sale.
PEAK_RATIO, PEAK_DAYS = 1.5, 3.0
_TRAILING = ("lane_late_long", "place_late_long", "shop_late_long")


def trailing_rate(frame: pd.DataFrame) -> pd.Series:
    """Return the late share of the last 60 days at shop × warehouse × carrier, drawn towards the wider ones; never missing."""
    found = pd.Series(np.nan, index=frame.index, dtype=float)
    for name in _TRAILING:
        if name in frame:
            known = _column(frame, name.replace("late_long", "known_long"))
            found = found.fillna(frame[name].where((known > 0) | (name == _TRAILING[-1])))
    return found.fillna(PRIOR_LATE).clip(LEAST, MOST)


def users_rule(frame: pd.DataFrame) -> pd.Series:
    """Return the user's rule (偏远 + 平邮 + 高峰) as a score: how many of the three hold, in thirds."""
    rush = np.fmax(np.fmax(_column(frame, "place_rush"), _column(frame, "shop_rush")), _column(frame, "shop_queue_ratio"))
    peak = (rush >= PEAK_RATIO) | (_column(frame, "days_after_promotion") <= PEAK_DAYS)
    holds = (_column(frame, "remote") > 0).astype(float) + (_column(frame, "postal") > 0) + peak
    return pd.Series(np.clip(holds.to_numpy(float) / 3.0, LEAST, MOST), index=frame.index)


@dataclass(frozen=True)
class Baseline:
    """The late rate of what is known, for when there is no usable model; its bands are wide and it says so."""

    late_rate: float
    rows: int

    @classmethod
    def of(cls, examples: Examples) -> "Baseline":
        """Take the rate of the known outcomes, drawn towards a prior of ten orders."""
        known = examples.label[~np.isnan(examples.label)]
        return cls(float((known.sum() + PRIOR_ROWS * PRIOR_LATE) / (len(known) + PRIOR_ROWS)), len(known))

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what a model's score returns: the trailing rate where the place has a history, else the rate of all."""
        known = np.nan_to_num(_column(frame, "place_known_long").to_numpy(float)) if len(frame) else np.zeros(0)
        weight = known / (known + PRIOR_ROWS)
        chance = weight * trailing_rate(frame).to_numpy(float) + (1.0 - weight) * self.late_rate
        chance = np.clip(chance, LEAST, MOST)
        low, high = wilson(chance, np.minimum(known, PRIOR_ROWS) + PRIOR_ROWS)
        raw = np.log(chance / (1.0 - chance))
        return pd.DataFrame(
            {"raw_log_odds": raw, "probability": chance, "low": low, "high": high, "fallback": "baseline"}, index=frame.index
        )


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype(float) if name in frame else pd.Series(np.nan, index=frame.index, dtype=float)
