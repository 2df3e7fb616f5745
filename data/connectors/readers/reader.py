"""Which records does a file hold, chunk by chunk?"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa

from data.connectors.batch import CHUNK_ROWS, Chunk
from data.connectors.readers.archive import Entry
from data.connectors.readers.bank_file import BankFile
from data.connectors.readers.camt import read_camt
from data.connectors.readers.columns import block_columns
from data.connectors.readers.encoding import Encoding, utf8_blocks
from data.connectors.readers.json_records import record_chunks
from data.connectors.readers.mt940 import read_mt940
from data.connectors.readers.reading import Footer, Reading
from data.connectors.readers.records import Block, Fault, Records
from data.connectors.readers.rows import block_rows
from data.connectors.readers.sniff import Preview, source_rows
from data.connectors.readers.table import Collector, Row, layout_of
from data.connectors.readers.unreadable import UnreadableFile
from models.findings import Finding


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
        def collector(rows: Iterator[Row]) -> Collector:
            named: Sequence[str] = ()
            for row in islice(rows, header_row):
                named = [] if isinstance(row, Finding) else row[1]
            layout = layout_of(header or named, columns=columns, short_rows=short_rows, first_rows=seen.rows[header_row:])
            return Collector(layout, footers)

        if seen.kind == "text" and split is None:
            return _text_chunks(entry, seen, header_row=header_row, collector=collector)
        return _row_chunks(source_rows(entry, seen, split=split), collector=collector)

    return Reading(chunks)


def _row_chunks(rows: Iterator[Row], *, collector: Callable[[Iterator[Row]], Collector]) -> Iterator[Chunk]:
    collected = collector(rows)
    while batch := list(islice(rows, CHUNK_ROWS)):
        collected.add_rows(batch)
        yield from collected.chunks()
    yield from collected.chunks(last=True)


def _text_chunks(entry: Entry, seen: Preview, *, header_row: int, collector: Callable[[Iterator[Row]], Collector]) -> Iterator[Chunk]:
    """Read most blocks column-wise; one by one only the rows of blocks that hold something else than plain data."""
    records = Records(utf8_blocks(entry, Encoding(seen.encoding, seen.clean)), delimiter=seen.delimiter, width=seen.width)
    collected: Collector | None = None
    before: list[Row] = []
    number = 0
    for block in records:
        first, number = number + 1, number + block.records
        if collected is None:
            before.extend(block_rows(block, first, delimiter=seen.delimiter))
            if number > header_row:
                rows = iter(before)
                collected = collector(rows)
                collected.add_rows(rows)
        elif (columns := _columns_of(block, collected, delimiter=seen.delimiter)) is not None:
            collected.add_columns(np.arange(first, number + 1, dtype=np.int64), columns)
        else:
            collected.add_rows(block_rows(block, first, delimiter=seen.delimiter))
        if collected is not None:
            yield from collected.chunks()
    if collected is not None:
        yield from collected.chunks(last=True)


def _columns_of(block: Block | Fault, collected: Collector, *, delimiter: str) -> list[pa.Array] | None:
    if isinstance(block, Fault) or collected.awaits_summary:
        return None
    return block_columns(block, layout=collected.layout, delimiter=delimiter)


READ_BANK: Mapping[str, Callable[[Entry], BankFile]] = {"camt": read_camt, "mt940": read_mt940}


def _bank_chunks(read: BankFile) -> Iterator[Chunk]:
    refused = read.refused
    for start in range(0, len(read.records), CHUNK_ROWS):
        some = read.records[start : start + CHUNK_ROWS]
        numbers = np.array([record.number for record in some], dtype=np.int64)
        yield Chunk(numbers, records=[record.as_record() for record in some], refused=refused)
        refused = ()
    if refused:
        yield Chunk(np.array([], dtype=np.int64), records=[], refused=refused)


def read_records(entry: Entry, seen: Preview, *, records_path: str) -> Reading:
    """Read the JSON records at a path of ``seen.first_records``."""
    if records_path not in seen.sources:
        raise UnreadableFile("no_records", records_path)
    if seen.kind in READ_BANK:
        read = READ_BANK[seen.kind](entry)
        return Reading(lambda footers: _bank_chunks(read), statements=read.statements)
    encoding = Encoding(seen.encoding, seen.clean)
    source = seen.sources[records_path]
    return Reading(lambda footers: record_chunks(entry, encoding=encoding, source=source, footers=footers))
