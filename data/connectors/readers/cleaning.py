"""What do a whole column's cells say, cleaned as ``cells`` cleans one?

Most columns need nothing: a look at the first and last byte of every cell tells, and only the others pay for more.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.connectors.readers.cells import EMPTY_MARKERS, PADDING

Flags = npt.NDArray[np.bool_]

_GUARD = "^(?:['`]|=\")"
_GUARDED = r"""(?s)^(?:['`](.*)|="(.*)")$"""
_MARKERS = sorted(EMPTY_MARKERS - {""})


def _lookup(values: set[int]) -> Flags:
    return np.isin(np.arange(256), sorted(values))


_PADS = [pad.encode() for pad in PADDING]
_MAY_START = _lookup({pad[0] for pad in _PADS} | set(b"'`="))
_MAY_END = _lookup({pad[-1] for pad in _PADS})
_MAY_MARK = _lookup({marker.encode()[0] for marker in _MARKERS} | set(b"-"))


def bare_column(column: pa.Array) -> pa.Array:
    """Take paddings and guards off a ``large_string`` column without nulls, as ``clean_cell`` does."""
    first, last, filled = _edges(column)
    if not (_MAY_START[first] & filled).any() and not (_MAY_END[last] & filled).any():
        return column
    column = pc.utf8_trim(column, characters=PADDING)
    if pc.any(pc.match_substring_regex(column, pattern=_GUARD)).as_py():
        bare = pc.replace_substring_regex(column, pattern=_GUARDED, replacement=r"\1\2")
        column = pc.utf8_trim(bare, characters=PADDING)
    return column


def clean_column(column: pa.Array) -> pa.Array:
    """Clean a ``large_string`` column, with nulls where ``is_nothing`` says so."""
    column = bare_column(column)
    first, _, filled = _edges(column)
    nothing = ~filled
    marked = np.flatnonzero(_MAY_MARK[first] & filled & _marker_sized(column, first))
    if len(marked):
        cells = column.take(pa.array(marked))
        empty = pc.or_(pc.is_in(cells, value_set=pa.array(_MARKERS, pa.large_string())), pc.match_substring_regex(cells, pattern="^-+$"))
        nothing[marked[empty.to_numpy(zero_copy_only=False)]] = True
    return _without(column, nothing) if nothing.any() else column


def _edges(column: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], Flags]:
    """First and last byte of every cell (any byte where it is empty), and which cells are not empty."""
    offsets = _offsets(column)
    starts, ends = offsets[:-1], offsets[1:]
    filled = ends > starts
    data = column.buffers()[2]
    octets = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, dtype=np.uint8)
    return octets[np.minimum(starts, len(octets) - 1)], octets[ends - 1], filled


def _marker_sized(column: pa.Array, first: npt.NDArray[np.uint8]) -> Flags:
    sized: Flags = np.isin(np.diff(_offsets(column)), [len(marker.encode()) for marker in _MARKERS])
    sized |= first == ord("-")
    return sized


def _offsets(column: pa.Array) -> npt.NDArray[np.int64]:
    return np.frombuffer(column.buffers()[1], dtype=np.int64)[column.offset : column.offset + len(column) + 1]


def _without(column: pa.Array, nothing: Flags) -> pa.Array:
    """Set cells to null, sharing the text."""
    valid = pa.py_buffer(np.packbits(~nothing, bitorder="little").tobytes())
    offsets = pa.py_buffer(_offsets(column).tobytes())
    return pa.Array.from_buffers(pa.large_string(), len(column), [valid, offsets, column.buffers()[2]])
