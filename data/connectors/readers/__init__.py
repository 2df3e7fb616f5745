"""Readers: from a file of any kind to chunks of raw, cleaned text; what a column means is the mapping's business, not theirs."""

from data.connectors.readers.archive import Entry, open_entries, unpacked_bytes
from data.connectors.readers.cells import clean_cell, clean_name, clean_names, is_nothing
from data.connectors.readers.raw import raw_row, raw_rows
from data.connectors.readers.reader import read, read_records
from data.connectors.readers.reading import Footer, Reading, StatedStatement
from data.connectors.readers.sniff import Preview, preview
from data.connectors.readers.unreadable import UNREADABLE, UnreadableFile

__all__ = [
    "UNREADABLE",
    "Entry",
    "Footer",
    "Preview",
    "Reading",
    "StatedStatement",
    "UnreadableFile",
    "clean_cell",
    "clean_name",
    "clean_names",
    "is_nothing",
    "open_entries",
    "preview",
    "raw_row",
    "raw_rows",
    "read",
    "read_records",
    "unpacked_bytes",
]
