"""In which encoding was this text file written, and what are its bytes as UTF-8?"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from charset_normalizer import from_bytes

from data.connectors.readers.archive import Entry
from data.connectors.readers.unreadable import UnreadableFile

BLOCK_BYTES = 1 << 20
# Beyond this share of rows that cannot be decoded the file as a whole is in another encoding; one bad row never stops a file.
MAX_BAD_SHARE = 0.05
# A table in Chinese has this many separators and digits at least; fewer NULs are a fault in single cells.
MIN_NULS = 4
MIN_NUL_SHARE = 0.02
# Stands where bytes could not be decoded: a Unicode noncharacter, which no text may hold, so that no codec gives it by itself.
UNDECODABLE = "\ufdd0"
MARKING = "mark_undecodable"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Encoding:
    """The codec of a file, and whether every byte of it decodes."""

    name: str
    clean: bool = True


def choose_encoding(entry: Entry) -> Encoding:
    """Choose utf-8-sig or gb18030, strictly over the whole file; else the one of both with fewer bad rows.

    UTF-16 is taken by its byte order mark or by its many NUL bytes; a detector is asked only if over 5 % of the rows
    decode in neither, and UnreadableFile is raised if it knows nothing better.
    """
    with entry.open() as file:
        head = file.read(65536)
    known = next((name for bom, name in _BOMS if head.startswith(bom)), None) or _wide_encoding(head)
    names = (known,) if known else ("utf-8", "gb18030")
    for name in names:
        if _decodes(entry, name):
            return Encoding(name)
    name, bad, rows = _least_bad(entry, names)
    if bad <= 1 or bad <= MAX_BAD_SHARE * rows:
        return Encoding(name, clean=False)
    guess = None if known else from_bytes(head).best()
    if guess is not None and _decodes(entry, guess.encoding):
        return Encoding(guess.encoding)
    raise UnreadableFile("undecodable", entry.name)


def text_blocks(entry: Entry, encoding: Encoding) -> Iterator[str]:
    """Decode an entry block by block; what does not decode stands as UNDECODABLE."""
    decoder = codecs.getincrementaldecoder(encoding.name)(MARKING)
    with entry.open() as file:
        while block := file.read(BLOCK_BYTES):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def utf8_blocks(entry: Entry, encoding: Encoding) -> Iterator[bytes]:
    """Give an entry's bytes as UTF-8 without a byte order mark, in blocks that are never empty."""
    if not (encoding.clean and encoding.name in ("utf-8", "utf-8-sig")):
        yield from (text.encode("utf-8", "replace") for text in text_blocks(entry, encoding) if text)
        return
    with entry.open() as file:
        if encoding.name == "utf-8-sig":
            file.read(len(codecs.BOM_UTF8))
        while block := file.read(BLOCK_BYTES):
            yield block


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 without a mark: its separators, digits and Latin letters have a NUL on always the same side."""
    nuls = head.count(0)
    odd = head[1::2].count(0)
    if nuls < MIN_NULS or nuls < MIN_NUL_SHARE * len(head) or 0.1 * nuls < odd < 0.9 * nuls:
        return None
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


def _least_bad(entry: Entry, names: Sequence[str]) -> tuple[str, int, int]:
    """Choose the codec with the fewest bad rows, the first where they are equal; with its bad rows and all rows."""
    # The start of the file shows which it will be; the others are then given up once they are worse.
    likely = sorted(names, key=lambda name: _bad_rows(entry, name, blocks=1)[0])
    best = (likely[0], *_bad_rows(entry, likely[0]))
    for name in likely[1:]:
        bad, rows = _bad_rows(entry, name, enough=best[1])
        if bad < best[1]:
            best = (name, bad, rows)
    return best


def _bad_rows(entry: Entry, name: str, *, blocks: int | None = None, enough: int | None = None) -> tuple[int, int]:
    """Count the lines with undecodable bytes, and all lines; in the first blocks, or until ``enough`` are bad."""
    bad = rows = 0
    open_line_is_bad = False
    for text in islice(text_blocks(entry, Encoding(name, clean=False)), blocks):
        first, *others = text.split("\n")
        open_line_is_bad |= UNDECODABLE in first
        if others:
            bad += open_line_is_bad + sum(UNDECODABLE in line for line in others[:-1])
            rows += len(others)
            open_line_is_bad = UNDECODABLE in others[-1]
        if enough is not None and bad >= enough:
            break
    return bad + open_line_is_bad, rows + 1


def _mark(problem: UnicodeError) -> tuple[str, int]:
    if isinstance(problem, UnicodeDecodeError):
        return UNDECODABLE, problem.end
    raise problem


codecs.register_error(MARKING, _mark)
