"""What stood in the file at the rows that were refused?"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import UNDECODABLE, Encoding, utf8_blocks
from data.connectors.readers.json_records import numbered_records
from data.connectors.readers.reader import READ_BANK
from data.connectors.readers.records import Records
from data.connectors.readers.sniff import Preview, source_rows
from models.findings import Finding

Raw = list[str] | Mapping[str, Any]

# A cell is shown up to here; a refused one may be a megabyte long.
SHOWN_CHARACTERS = 10_000


def raw_row(entry: Entry, seen: Preview, row_number: int, *, records_path: str = "", split: str | None = None) -> Raw:
    """Read one row again as it stands in the kept file; empty where there is none or it cannot be shown."""
    return raw_rows(entry, seen, [row_number], records_path=records_path, split=split).get(row_number, [])


def raw_rows(entry: Entry, seen: Preview, numbers: Collection[int], *, records_path: str = "", split: str | None = None) -> dict[int, Raw]:
    """Read many rows again in one pass that ends at the last of them."""
    wanted = set(numbers)
    last = max(wanted, default=0)
    found: dict[int, Raw] = {}
    for number, raw in _raw(entry, seen, wanted, records_path=records_path, split=split):
        if number > last:
            break
        if number in wanted:
            found[number] = raw
    return found


def _raw(entry: Entry, seen: Preview, wanted: set[int], *, records_path: str, split: str | None) -> Iterator[tuple[int, Raw]]:
    encoding = Encoding(seen.encoding, seen.clean)
    if seen.kind in READ_BANK:
        for line in READ_BANK[seen.kind](entry).records:
            yield line.number, line.as_record()
    elif seen.format == "json":
        for number, record in numbered_records(entry, encoding=encoding, source=seen.sources[records_path]):
            yield number, {} if isinstance(record, str) else record
    elif seen.kind == "text" and not split:
        yield from _text(entry, seen, wanted, encoding=encoding)
    else:
        for row in source_rows(entry, seen, split=split):
            yield (row.row, []) if isinstance(row, Finding) else (row[0], _shown(row[1]))


def _text(entry: Entry, seen: Preview, wanted: set[int], *, encoding: Encoding) -> Iterator[tuple[int, Raw]]:
    """Only blocks that hold a wanted row are split into cells."""
    number = 1
    for block in Records(utf8_blocks(entry, encoding), delimiter=seen.delimiter, width=seen.width):
        if wanted.isdisjoint(range(number, number + block.records)):
            yield number, []
        else:
            for place, cells in enumerate(block.rows(delimiter=seen.delimiter), start=number):
                yield place, _shown(cells)
        number += block.records


def _shown(cells: list[str]) -> list[str]:
    return [cell[:SHOWN_CHARACTERS].replace(UNDECODABLE, "\N{REPLACEMENT CHARACTER}") for cell in cells]
