"""What rows does an HTML page hold that calls itself .xls?"""

from collections.abc import Iterator
from html.parser import HTMLParser

from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import Encoding, text_blocks
from data.connectors.readers.unreadable import UnreadableFile

# Blocks of a megabyte; such pages are small, and the parser may have to hold all of one.
MAX_BLOCKS = 64


def table_rows(entry: Entry, *, encoding: Encoding) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of the page's tables in their order; UnreadableFile where there is none."""
    parser = _TableParser()
    number = 0
    for place, text in enumerate(text_blocks(entry, encoding)):
        if place > MAX_BLOCKS:
            raise UnreadableFile("too_large", entry.name)
        parser.feed(text)
        for cells in parser.taken():
            yield (number := number + 1), cells
    for cells in parser.taken(last=True):
        yield (number := number + 1), cells
    if not number:
        raise UnreadableFile("html_table", entry.name)


class _TableParser(HTMLParser):
    """Collects ``td`` and ``th`` texts row by row; a cell over several columns counts as so many."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._rows: list[list[str]] = []
        self._cell: list[str] | None = None
        self._span = 1

    def taken(self, *, last: bool = False) -> list[list[str]]:
        """Hand over the rows that are complete; at last the one that is still open too."""
        keep = 0 if last else 1
        complete, self._rows = self._rows[: len(self._rows) - keep], self._rows[len(self._rows) - keep :]
        return complete

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._end_cell()
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._end_cell()
            self._cell = []
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), 100) if span.isdecimal() else 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            self._rows[-1].extend(["".join(self._cell).strip(), *[""] * (self._span - 1)])
            self._cell = None
