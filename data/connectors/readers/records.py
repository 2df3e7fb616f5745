"""Where does one record of a text table end and the next begin?"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

# A block is at most as long as the largest cell allowed, so that no cell in it can be larger.
BLOCK_BYTES = 1 << 20
# A record that is longer is never held: it is skipped to its end and refused.
MAX_RECORD_BYTES = 4 << 20

Places = npt.NDArray[np.int64]

_HEAD_BYTES = 1 << 14
_QUOTE, _LF, _CR, _EQUALS = b'"\n\r='
_EVENT = re.compile(rb'["\r\n]')
_CONTENT = re.compile(rb'(?:[^"]++|"")*+')


@dataclass(frozen=True)
class Block:
    """Whole records as UTF-8 bytes; ``regular`` says that quotes stand only where a csv writer or a guard puts them."""

    data: bytes
    records: int
    regular: bool

    def first(self, *, delimiter: str) -> list[str]:
        """Split the first record into cells, without decoding the others; empty where it is unusually long."""
        head = self.data[:_HEAD_BYTES]
        end = head.rfind(b"\n") + 1 if len(head) < len(self.data) else len(head)
        return next(csv.reader(io.StringIO(head[:end].decode("utf-8"), newline=""), delimiter=delimiter), [])

    def rows(self, *, delimiter: str) -> Iterator[list[str]]:
        """Split the records into cells."""
        return csv.reader(io.StringIO(self.data.decode("utf-8"), newline=""), delimiter=delimiter)


@dataclass(frozen=True)
class Fault:
    """One record that cannot be given, with the code of its finding and the beginning of its bytes."""

    code: str
    head: bytes = b""
    records: int = 1

    def rows(self, *, delimiter: str) -> Iterator[list[str]]:
        """Show the beginning of the record's first line as cells."""
        line = self.head.partition(b"\n")[0].decode("utf-8", "ignore")
        return islice(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), 1)


class Records:
    """Cuts a stream of UTF-8 bytes at the ends of records, exactly as a csv reader sees them, in bounded memory.

    An opening quote that is never closed costs its own line alone, as long as the lines after it have the table's ``width``
    of cells; else it costs all up to the end of the file.
    """

    def __init__(self, blocks: Iterator[bytes], *, delimiter: str, width: int = 0) -> None:
        self._blocks = blocks
        self._delimiter = delimiter
        self._openers = delimiter.encode() + b"\r\n"
        self._opens = np.isin(np.arange(256), list(self._openers))
        self._buffer = b""
        self._ended = False
        self._width = width

    def __iter__(self) -> Iterator[Block | Fault]:
        while self._fill(BLOCK_BYTES):
            data = self._buffer[:BLOCK_BYTES]
            last = self._ended and len(data) == len(self._buffer)
            block = self._regular(data, last=last) or self._exact(data, last=last)
            if block is None:
                yield self._long()
            else:
                self._buffer = self._buffer[len(block.data) :]
                yield block

    def _fill(self, size: int) -> bool:
        parts = [self._buffer]
        held = len(self._buffer)
        while held < size and not self._ended:
            block = next(self._blocks, None)
            self._ended = block is None
            parts.append(block or b"")
            held += len(parts[-1])
        self._buffer = b"".join(parts) if len(parts) > 1 else self._buffer
        return held > 0

    def _regular(self, data: bytes, *, last: bool) -> Block | None:
        """Cut by counting quotes, where their places show that counting is exact; None where they do not."""
        octets = np.frombuffer(data, dtype=np.uint8)
        breaks = np.flatnonzero(octets == _LF)
        # A carriage return at the cut belongs to the line feed that comes next.
        returns = octets == _CR
        if returns.any() and np.count_nonzero(returns[:-1] & (octets[1:] != _LF)) + (last and returns[-1]):
            return None
        quotes = np.flatnonzero(octets == _QUOTE)
        if len(quotes):
            before = np.searchsorted(quotes, breaks)
            within = before & 1 == 1
            if not self._in_pairs(octets, quotes, before[within]) or (last and len(quotes) & 1):
                return None
            breaks = breaks[~within]
        if last:
            return Block(data, len(breaks) + (data[-1] != _LF), regular=True)
        return Block(data[: int(breaks[-1]) + 1], len(breaks), regular=True) if len(breaks) else None

    def _in_pairs(self, octets: npt.NDArray[np.uint8], quotes: Places, before_breaks_within: Places) -> bool:
        """Say whether every first quote of a pair opens a cell, doubles the one before, or belongs to a guard ``="…"``."""
        opening = quotes[0::2]
        previous = octets[opening - 1]
        previous[0] = octets[opening[0] - 1] if opening[0] else _LF
        opens = self._opens[previous]
        if opens.all():
            return True
        doubles = previous == _QUOTE
        guards = (previous == _EQUALS) & ((opening == 1) | self._opens[octets[opening - 2]])
        if not (opens | doubles | guards).all() or (doubles[1:] & guards[:-1]).any():
            return False
        # Between a guard's quotes a break ends the record, although the count is odd there, and a quote after a comma opens a cell.
        closing = quotes[1::2]
        return not guards[before_breaks_within // 2].any() and not (guards[: len(closing)] & self._opens[octets[closing - 1]]).any()

    def _exact(self, data: bytes, *, last: bool) -> Block | None:
        """Cut by following every quote; None if no record ends within."""
        scan = _Scan(self._openers)
        ends = list(scan.ends(data, last=last))
        if last and not scan.quoted and (not ends or ends[-1] < len(data)):
            ends.append(len(data))
        return Block(data[: ends[-1]], len(ends), regular=False) if ends else None

    def _long(self) -> Block | Fault:
        """Take a record longer than a block, or say why it cannot be taken."""
        self._fill(MAX_RECORD_BYTES)
        last = self._ended and len(self._buffer) <= MAX_RECORD_BYTES
        scan = _Scan(self._openers)
        end = next(scan.ends(self._buffer, last=last), None)
        if end is None and last and not scan.quoted:
            end = len(self._buffer)
        if end is not None and end <= MAX_RECORD_BYTES:
            data, self._buffer = self._buffer[:end], self._buffer[end:]
            return Block(data, 1, regular=False)
        if scan.quoted and self._resumes():
            line, _, self._buffer = self._buffer.partition(b"\n")
            return Fault("unclosed_quote", line[:_HEAD_BYTES])
        return self._skip()

    def _resumes(self) -> bool:
        """Say whether the two lines after one whose quote is never closed look like records of this table."""
        lines = self._buffer.split(b"\n", 3)
        widths = [len(Block(line, 1, regular=False).first(delimiter=self._delimiter)) for line in lines[1:3] if line]
        return self._width > 1 and bool(widths) and all(width in (self._width, self._width + 1) for width in widths)

    def _skip(self) -> Fault:
        scan = _Scan(self._openers)
        head = self._buffer[:_HEAD_BYTES]
        while True:
            end = next(scan.ends(self._buffer, last=self._ended), None)
            if end is not None:
                self._buffer = self._buffer[end:]
                return Fault("cell_too_large", head)
            if self._ended:
                self._buffer = b""
                return Fault("unclosed_quote" if scan.quoted else "cell_too_large", head)
            held, scanned = self._buffer, scan.position
            scan.moved(held)
            self._buffer = held[scanned:]
            self._fill(len(self._buffer) + BLOCK_BYTES)


class _Scan:
    """Follows a csv reader's state through bytes that may come in pieces."""

    def __init__(self, openers: bytes) -> None:
        self._openers = openers
        self._before = b"\n"
        self.quoted = False
        self.position = 0

    def ends(self, data: bytes, *, last: bool) -> Iterator[int]:
        """Give the end of each record; stops short of a final byte whose meaning hangs on the next one."""
        while self.position < len(data):
            if self.quoted:
                if not self._close(data, last=last):
                    return
                continue
            event = _EVENT.search(data, self.position)
            if event is None:
                self.position = len(data)
                return
            place = event.start()
            if data[place] == _QUOTE:
                self.quoted = (data[place - 1 : place] or self._before) in self._openers
                self.position = place + 1
            elif data[place] == _CR and place + 1 == len(data) and not last:
                self.position = place
                return
            else:
                self.position = place + (2 if data[place : place + 2] == b"\r\n" else 1)
                yield self.position

    def moved(self, data: bytes) -> None:
        """Forget the bytes before ``position``: what follows lies at the front of the next piece."""
        self._before = data[self.position - 1 : self.position] or self._before
        self.position = 0

    def _close(self, data: bytes, *, last: bool) -> bool:
        """Move behind the quote that closes the cell; False if it is not in these bytes."""
        content = _CONTENT.match(data, self.position)
        place = self.position if content is None else content.end()
        if place == len(data) or (place + 1 == len(data) and not last):
            self.position = place
            return False
        self.quoted = False
        self.position = place + 1
        return True


def lines_of(blocks: Iterator[bytes]) -> Iterator[bytes | Fault]:
    """Give the lines of a file without their ends; one that is too long is a fault alone."""
    rest = b""
    dropping = False
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield Fault("cell_too_large") if dropping or len(line) > MAX_RECORD_BYTES else line.removesuffix(b"\r")
            dropping = False
        if len(rest) > MAX_RECORD_BYTES:
            rest, dropping = b"", True
    if dropping:
        yield Fault("cell_too_large")
    elif rest:
        yield rest
