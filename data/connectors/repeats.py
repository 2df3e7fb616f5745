"""Which rows of a master contradict an earlier row of the same file?"""

import numpy as np
import pandas as pd
import pyarrow as pa

from data.connectors.frames import frame_of
from data.connectors.texts import Mask


class Repeats:
    """Remembers the first row of each key of a file; a row says the same of its key as that one, or contradicts it."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}

    def contradicting(self, values: dict[str, pa.Array], *, keys: tuple[str, ...], holding: Mask) -> Mask:
        """Say which of the rows that are ``holding`` differ from the first row of their key; missing is a value of a key."""
        frame = frame_of({name: array.filter(pa.array(holding)) for name, array in values.items()})
        key = _hashed(frame[[name for name in keys if name in frame]])
        differs = [self._first.setdefault(one, said) != said for one, said in zip(key, _hashed(frame), strict=True)]
        mask = np.zeros(len(holding), dtype=bool)
        mask[np.flatnonzero(holding)] = differs
        return mask


def _hashed(frame: pd.DataFrame) -> list[int]:
    # Sixty-four bits a row: a master of a million rows meets two alike by chance once in thirty million files.
    hashed: list[int] = pd.util.hash_pandas_object(frame, index=False, categorize=False).tolist()
    return hashed
