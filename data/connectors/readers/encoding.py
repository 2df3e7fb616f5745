"""In which encoding was this text file written?"""

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

from data.connectors.readers.archive import Entry
from data.connectors.readers.unreadable import UnreadableFile

BLOCK_BYTES = 1 << 20
# Beyond this share of rows that cannot be decoded the file as a whole is in another encoding.
MAX_BAD_SHARE = 0.05
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Encoding:
    """The codec of a file, and whether every byte of it decodes."""

    name: str
    clean: bool


def choose_encoding(entry: Entry) -> Encoding:
    """Choose utf-8-sig or gb18030, strictly over the whole file; else the one of both with fewer bad rows.

    UTF-16 is taken by its byte order mark or by its many NUL bytes; a detector is asked only if over 5 % of the rows
    decode in neither, and UnreadableFile is raised if it knows nothing better.
    """
    with entry.open() as file:
        head = file.read(BLOCK_BYTES)
    for bom, name in _BOMS:
        if head.startswith(bom):
            bad, rows = _bad_rows(entry, name) if name == "utf-16" or not _decodes(entry, name) else (0, 1)
            return _accepted(entry, name, bad, rows)
    if (wide := _wide_encoding(head)) is not None:
        return _accepted(entry, wide, *_bad_rows(entry, wide))
    for name in ("utf-8", "gb18030"):
        if _decodes(entry, name):
            return Encoding(name, clean=True)
    (bad, rows), name = min((_bad_rows(entry, name), name) for name in ("utf-8", "gb18030"))
    if bad > MAX_BAD_SHARE * rows and (guess := _detected(head)) is not None and _decodes(entry, guess):
        return Encoding(guess, clean=True)
    return _accepted(entry, name, bad, rows)


def _accepted(entry: Entry, name: str, bad: int, rows: int) -> Encoding:
    if bad > MAX_BAD_SHARE * rows:
        raise UnreadableFile("undecodable", entry.name)
    return Encoding(name, clean=bad == 0)


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of its separators, digits and Latin letters is NUL."""
    nuls = head.count(0)
    if nuls * 10 < len(head):
        return None
    odd = head[1::2].count(0)
    return "utf-16-le" if odd * 2 > nuls else "utf-16-be"


def _decodes(entry: Entry, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        with entry.open() as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _bad_rows(entry: Entry, name: str) -> tuple[int, int]:
    """Count the lines with undecodable bytes, and all lines."""
    decoder = codecs.getincrementaldecoder(name)("surrogateescape" if "16" not in name else "replace")
    bad = rows = 0
    rest = ""
    with entry.open() as file:
        while block := file.read(BLOCK_BYTES):
            lines = (rest + decoder.decode(block)).split("\n")
            rest = lines.pop()[:BLOCK_BYTES]
            rows += len(lines)
            bad += sum(map(has_bad_bytes, lines))
    rest += decoder.decode(b"", final=True)
    return bad + has_bad_bytes(rest), rows + bool(rest)


def has_bad_bytes(text: str) -> bool:
    """Say whether a text decoded with ``surrogateescape`` held bytes that could not be decoded."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _detected(head: bytes) -> str | None:
    best = from_bytes(head[:65536]).best()
    return None if best is None else best.encoding
