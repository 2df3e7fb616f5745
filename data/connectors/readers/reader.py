"""Which records does a file hold, chunk by chunk?"""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from data.connectors.batch import Chunk
from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import Encoding
from data.connectors.readers.json_records import record_chunks
from data.connectors.readers.reading import Footer, Reading
from data.connectors.readers.sniff import Preview, source_rows
from data.connectors.readers.table import chunks_of, layout_of
from data.connectors.readers.unreadable import UnreadableFile


def read(
    entry: Entry,
    seen: Preview,
    *,
    header_row: int,
    header: Sequence[str] | None = None,
    split: str | None = None,
    columns: Collection[str] | None = None,
    short_rows: bool = False,
) -> Reading:
    """Read the rows below ``header_row`` (a spreadsheet's row number; 0 = no header, then ``header`` names the columns).

    ``header`` overrides the file's own names, ``columns`` restricts the frame to those cleaned names (fewer are faster),
    ``split`` is the text between cells of a bill without quotes (WeChat: comma and backtick), ``short_rows`` allows rows
    with fewer cells than the header.
    """

    def chunks(footers: list[Footer]) -> Iterator[Chunk]:
        rows = source_rows(entry, seen, split=split)
        named: Sequence[str] = header or ()
        for row in islice(rows, header_row):
            if isinstance(row, tuple) and header is None:
                named = row[1]
        layout = layout_of(named, columns=columns, short_rows=short_rows)
        return chunks_of(rows, layout=layout, footers=footers)

    return Reading(chunks)


def read_records(entry: Entry, seen: Preview, *, records_path: str) -> Reading:
    """Read the JSON records at a path of ``seen.first_records``."""
    if records_path not in seen.sources:
        raise UnreadableFile("no_records", records_path)
    encoding = Encoding(seen.encoding, seen.clean)
    source = seen.sources[records_path]
    return Reading(lambda footers: record_chunks(entry, encoding=encoding, source=source, footers=footers))
