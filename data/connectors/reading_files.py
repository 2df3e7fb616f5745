"""How is a file read once its table is chosen?"""

from data.connectors.choose import Choice
from data.connectors.readers import Entry, Preview, Reading, read, read_records


def opened(entry: Entry, seen: Preview, choice: Choice) -> Reading:
    """Read a file with the table chosen for it."""
    if choice.table.format == "json":
        return read_records(entry, seen, records_path=choice.records_path)
    columns, split = choice.table.mapped_columns, choice.table.split or None
    return read(entry, seen, header_row=choice.header_row, columns=columns, split=split)
