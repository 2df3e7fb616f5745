"""How does a block of regular records become columns at once, without a list per row?"""

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from data.connectors.readers.cells import PADDING
from data.connectors.readers.encoding import UNDECODABLE
from data.connectors.readers.footers import MAYBE_FOOTER
from data.connectors.readers.records import Block
from data.connectors.readers.table import Layout

_MARK = UNDECODABLE.encode()
# A character that is neither padding nor a guard.
_SAYS_SOMETHING = f"[^{PADDING}'`=\"]"


def block_columns(block: Block, *, layout: Layout, delimiter: str) -> list[pa.Array] | None:
    """Give the asked columns, raw, of a block in which every record is plain data; None if any is not.

    Rows that are blank, refused, a footer, or of another width than the block's first are judged one by one elsewhere.
    """
    if not block.regular or 0 in block.data or _MARK in block.data:
        return None
    first = block.first(delimiter=delimiter)
    if not layout.least <= len(first) <= layout.most:
        return None
    extra = range(layout.width, len(first))
    table = _parsed(block, width=len(first), places={0, *extra, *(place for place, _ in layout.asked)}, delimiter=delimiter)
    if table is None or table.num_rows != block.records or not _plain_data(table, extra=extra):
        return None
    return [table.column(str(place)).combine_chunks() for place, _ in layout.asked]


def _parsed(block: Block, *, width: int, places: set[int], delimiter: str) -> pa.Table | None:
    names = [str(place) for place in range(width)]
    wanted = [str(place) for place in sorted(places)]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(block.data),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block.data) + 1),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.large_string()), include_columns=wanted, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None


def _plain_data(table: pa.Table, *, extra: range) -> bool:
    """Say whether no row may be a footer or blank, and nothing stands to the right of the header."""
    first = table.column("0")
    if pc.any(pc.match_substring_regex(first, pattern=MAYBE_FOOTER)).as_py():
        return False
    if any(pc.any(pc.not_equal(table.column(str(place)), "")).as_py() for place in extra):
        return False
    filled = pc.match_substring_regex(first, pattern=_SAYS_SOMETHING)
    if not pc.all(filled).as_py():
        for column in table.columns:
            filled = pc.or_(filled, pc.match_substring_regex(column, pattern=_SAYS_SOMETHING))
    return bool(pc.all(filled).as_py())
