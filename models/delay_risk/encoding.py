"""How do words become numbers that a tree can split on? Codes of our own, by how often a word was late when the model was fitted.

Ordered by the late share of the training rows (drawn towards the whole), a tree reaches in one split what it would need many for. Code 0
is *unseen*: a word that was never seen, or too seldom, or none at all; it is a value like any other, never an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.delay_risk.clocks import Floats
from models.delay_risk.features import FEATURES, Feature

UNSEEN = 0.0
# A word that came in fewer rows tells little of its own: what its place or product did lately is told by other columns.
_FEWEST_ROWS = 100
_PRIOR_ROWS = 100.0


@dataclass(frozen=True)
class Encoding:
    """The columns of a model in their order, and each code column's words with their numbers (1 and above)."""

    columns: tuple[str, ...]
    words: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, frame: pd.DataFrame, label: Floats, *, features: tuple[Feature, ...] = FEATURES) -> "Encoding":
        """Number the words of the code columns of training rows; a column that says nothing in any of them is left out."""
        there = [feature for feature in features if feature.name in frame]
        coded = {feature.name: _numbered(frame[feature.name], label) for feature in there if feature.kind == "code"}
        told = tuple(feature.name for feature in there if feature.kind == "code" or frame[feature.name].notna().any())
        return cls(told, coded)

    def matrix(self, frame: pd.DataFrame, *, into: npt.NDArray[np.float64] | None = None) -> npt.NDArray[np.float64]:
        """Return the rows as numbers, in ``into`` where it is given; a column that is not there is unseen or missing throughout."""
        found = np.empty((len(frame), len(self.columns)), order="F") if into is None else into
        for place, name in enumerate(self.columns):
            if name not in frame:
                found[:, place] = UNSEEN if name in self.words else np.nan
            elif name in self.words:
                found[:, place] = self._codes(frame[name], self.words[name])
            elif (column := frame[name]).dtype == np.float64:
                found[:, place] = column.to_numpy()
            else:
                found[:, place] = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        return found

    def missing(self, frame: pd.DataFrame) -> list[str]:
        """Name the columns that the model knows and the frame lacks."""
        return [name for name in self.columns if name not in frame]

    def unseen(self, frame: pd.DataFrame, name: str) -> npt.NDArray[np.bool_]:
        """Say of each row whether it has a word that the model does not know."""
        if name not in self.words or name not in frame:
            return np.zeros(len(frame), dtype=bool)
        column = pd.Categorical(frame[name])
        unknown = np.array([word != "" and word not in self.words[name] for word in column.categories.astype(str)], dtype=bool)
        return _taken(unknown, np.asarray(column.codes), otherwise=False).astype(bool)

    @staticmethod
    def _codes(column: pd.Series, words: Mapping[str, int]) -> Floats:
        found = pd.Categorical(column)
        numbers = np.array([float(words.get(str(word), 0)) for word in found.categories], dtype=np.float64)
        return _taken(numbers, np.asarray(found.codes), otherwise=UNSEEN).astype(np.float64)


def _taken(values: npt.NDArray[np.generic], codes: npt.NDArray[np.generic], *, otherwise: object) -> npt.NDArray[np.generic]:
    """Take values by codes; a code below 0 (no category) takes the other."""
    taken: npt.NDArray[np.generic] = np.concatenate([values, np.asarray([otherwise], dtype=values.dtype)])[codes]
    return taken


def _numbered(column: pd.Series, label: Floats) -> dict[str, int]:
    """Return a word's place among the words by their late share; the rare are left out, ties go by the word."""
    whole = float(label.mean())
    by_word = pd.DataFrame({"word": column.astype(str).to_numpy(), "late": label}).groupby("word")["late"].agg(["sum", "count"])
    by_word = by_word[(by_word["count"] >= _FEWEST_ROWS) & (by_word.index != "")]
    share = (by_word["sum"] + _PRIOR_ROWS * whole) / (by_word["count"] + _PRIOR_ROWS)
    ordered = sorted(zip(share.round(9).tolist(), share.index.tolist(), strict=True))
    return {str(word): place for place, (_, word) in enumerate(ordered, start=1)}
