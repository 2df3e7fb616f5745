"""What stood in the file at the rows that were refused?"""

from collections.abc import Collection, Mapping
from typing import Any

from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import Encoding
from data.connectors.readers.json_records import numbered_records
from data.connectors.readers.sniff import Preview, source_rows
from models.findings import Finding

Raw = list[str] | Mapping[str, Any]


def raw_row(entry: Entry, seen: Preview, row_number: int, *, records_path: str = "", split: str | None = None) -> Raw:
    """Read one row again as it stands in the kept file; an empty list where it cannot be shown."""
    return raw_rows(entry, seen, [row_number], records_path=records_path, split=split).get(row_number, [])


def raw_rows(entry: Entry, seen: Preview, numbers: Collection[int], *, records_path: str = "", split: str | None = None) -> dict[int, Raw]:
    """Read many rows again in one pass that ends at the last of them."""
    wanted = set(numbers)
    found: dict[int, Raw] = {}
    if seen.format == "json":
        source = seen.sources[records_path]
        for number, record in numbered_records(entry, encoding=Encoding(seen.encoding, seen.clean), source=source):
            if number in wanted:
                found[number] = {} if isinstance(record, str) else record
            if len(found) == len(wanted):
                break
        return found
    for row in source_rows(entry, seen, split=split):
        number = row.row if isinstance(row, Finding) else row[0]
        if number in wanted:
            found[number] = [] if isinstance(row, Finding) else row[1]
        if len(found) == len(wanted):
            break
    return found
