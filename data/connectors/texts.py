"""What is a column of text made of, and how are its bad cells told apart?

Texts are Arrow arrays, missing where the cell is empty; whole columns are judged at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = pa.Array  # large_string


@dataclass(frozen=True)
class Parsed:
    """A column's values and, per fault code, the rows that have it; ``notices`` count what was read with a liberty."""

    values: pa.Array
    faults: dict[str, Mask] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)


def as_texts(column: object) -> Texts:
    """Give a column of text as one Arrow array of large strings, missing where empty.

    >>> as_texts(["a", "", None]).to_pylist()
    ['a', None, None]
    """
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    empty = pc.equal(array, "")
    return pc.if_else(empty, None, array) if pc.any(empty).as_py() else array


def mask_of(condition: pa.Array) -> Mask:
    """Give an Arrow condition as a numpy mask; missing counts as false."""
    filled = pc.fill_null(condition, False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)


def filled(texts: Texts) -> Mask:
    """Say which cells are not missing."""
    return mask_of(texts.is_valid())


def by_unique(texts: Texts, judge: Callable[[str], str | None]) -> Texts:
    """Apply a function of one text to a column, once per distinct value.

    >>> by_unique(as_texts(["a", "b", None, "a"]), str.upper).to_pylist()
    ['A', 'B', None, 'A']
    """
    encoded = pc.dictionary_encode(texts)
    answers = pa.array([judge(word) for word in encoded.dictionary.to_pylist()], pa.large_string())
    return answers.take(encoded.indices)


def without(values: pa.Array, bad: Mask) -> pa.Array:
    """Leave out the bad cells."""
    return pc.if_else(pa.array(bad), None, values) if bad.any() else values


def faults_of(**masks: Mask) -> dict[str, Mask]:
    """Keep the faults that any row has."""
    return {code: mask for code, mask in masks.items() if mask.any()}
