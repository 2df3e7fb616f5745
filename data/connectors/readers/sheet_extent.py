"""How many cells would a workbook's sheets take in memory?

A sheet is held as the full rectangle up to its last cell, so one stray cell in the last row and column takes the whole
process down. The parts are therefore looked through first, as a stream.
"""

import re
import zipfile

BLOCK_BYTES = 1 << 20
# Longer than any reference with its tag, so that none is cut in two.
OVERLAP_BYTES = 64

_ROW = re.compile(rb'row [^>]*?r="(\d+)"')
_LONG_ROW = rb' r="[A-Z]+\d{%d,}"'
# XML may write a reference in other ways than Excel does; made alike, they are found by their literal beginning, which is fast.
_ALIKE = bytes.maketrans(b"\n\r\t'", b'   "')


def largest_sheet_cells(archive: zipfile.ZipFile) -> int:
    """Give the cells of the largest sheet's rectangle."""
    parts = [info for info in archive.infolist() if re.fullmatch(r"/?xl/worksheets/[^/]+\.xml", info.filename)]
    return max((_cells(archive, info) for info in parts), default=0)


def _cells(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    rows, column = 1, "A"
    beyond_rows = False
    with archive.open(info) as part:
        tail = b""
        while block := part.read(BLOCK_BYTES):
            text = tail + block.translate(_ALIKE)
            rows = max(rows, *map(int, _ROW.findall(text)), 0)
            while found := re.search(_beyond(column), text):
                column = found[1].decode()
            beyond_rows |= re.search(_LONG_ROW % (len(str(rows)) + 1), text) is not None
            tail = text[-OVERLAP_BYTES:]
    # A cell that claims a row far below its own row tag is no workbook of Excel's: count it as the last row there is.
    return (1 << 20 if beyond_rows else rows) * _place(column)


def _beyond(column: str) -> bytes:
    """A pattern for references in columns to the right of this one.

    >>> [bool(re.search(_beyond("AT"), b' r="%s1"' % column)) for column in (b"B", b"AT", b"AU", b"B", b"BA", b"AAA")]
    [False, False, True, False, True, True]
    """
    longer = f"[A-Z]{{{len(column) + 1},}}"
    later = [f"{column[:at]}[{chr(ord(letter) + 1)}-Z][A-Z]{{{len(column) - at - 1}}}" for at, letter in enumerate(column) if letter < "Z"]
    return rf' r="({"|".join([longer, *later])})\d'.encode()


def _place(column: str) -> int:
    """Number a column from 1.

    >>> _place("A"), _place("AT"), _place("XFD")
    (1, 46, 16384)
    """
    place = 0
    for letter in column:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place
