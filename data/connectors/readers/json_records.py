"""Which records does a JSON file hold, and what does each say?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, cast

import ijson
import numpy as np

from data.connectors.batch import CHUNK_ROWS, Chunk
from data.connectors.readers.archive import Entry
from data.connectors.readers.encoding import UNDECODABLE, Encoding, utf8_blocks
from data.connectors.readers.reading import Footer
from data.connectors.readers.records import Fault, lines_of
from data.connectors.readers.table import is_too_large
from data.connectors.readers.unreadable import UnreadableFile
from models.findings import Finding

# The first record must lie within so many blocks of the file for its path to be found.
HEAD_BLOCKS = 4
# A single record beyond this is not an order; memory stays bounded by it.
MAX_RECORD_BYTES = 32 << 20
MAX_DEPTH = 40
PATH_DEPTH = 4

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """Where records stand: the parser's prefix, and the prefix within a text that is itself JSON."""

    prefix: str
    inner: str | None = None
    lines: bool = False


def find_records(entry: Entry, *, encoding: Encoding) -> tuple[dict[str, Record], dict[str, Source]]:
    """Find the paths that hold records: the first record of each, and how to come there.

    A path is '' for a top-level array, a lone object or JSON lines, else keys joined with dots (``response.order_list``),
    at most four. Both lists of objects and single objects are paths; an empty list has an empty first record.
    """
    if (first := _first_line(entry, encoding=encoding)) is not None:
        return {"": first}, {"": Source("", lines=True)}
    firsts: dict[str, Record] = {}
    sources: dict[str, Source] = {}
    _walk(_head(entry, encoding=encoding), path="", prefix="", inner=None, firsts=firsts, sources=sources)
    if not firsts:
        raise UnreadableFile("no_records", entry.name)
    return firsts, sources


def record_chunks(entry: Entry, *, encoding: Encoding, source: Source, footers: list[Footer]) -> Iterator[Chunk]:
    """Stream the records of one path; a broken or foreign element is refused alone, with its number from 1."""
    numbers: list[int] = []
    records: list[Record] = []
    refused: list[Finding] = []
    for number, found in numbered_records(entry, encoding=encoding, source=source):
        if isinstance(found, str):
            refused.append(Finding(number, "", found))
        else:
            numbers.append(number)
            records.append(found)
        if len(records) + len(refused) >= CHUNK_ROWS:
            yield Chunk(np.array(numbers, dtype=np.int64), records=records, refused=tuple(refused))
            numbers, records, refused = [], [], []
    if records or refused:
        yield Chunk(np.array(numbers, dtype=np.int64), records=records, refused=tuple(refused))


def numbered_records(entry: Entry, *, encoding: Encoding, source: Source) -> Iterator[tuple[int, Record | str]]:
    """Give every element with its number: the record, or the code of what is wrong with it."""
    if source.lines:
        elements = _lines(entry, encoding=encoding)
    elif source.inner is not None:
        elements = _embedded(entry, encoding=encoding, source=source)
    else:
        elements = _stream(utf8_blocks(entry, encoding), source.prefix)
    for number, element in enumerate(elements, start=1):
        yield number, element if isinstance(element, str) else plain_record(element.value)


@dataclass(frozen=True)
class _Element:
    value: Any


def plain_record(value: Any) -> Record | str:
    """Turn a parsed element into a record without floats, or say what is wrong with it."""
    if not isinstance(value, dict):
        return "not_a_record"
    try:
        return cast(Record, _plain(value, depth=0))
    except _RefusedValue as problem:
        return problem.code


class _RefusedValue(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _plain(value: Any, *, depth: int) -> Any:
    """Keep ints as their digits and decimals as Decimal, so that no id is ever rounded."""
    if isinstance(value, str):
        if is_too_large(value):
            raise _RefusedValue("cell_too_large")
        if UNDECODABLE in value:
            raise _RefusedValue("undecodable")
        if "\0" in value:
            raise _RefusedValue("control_character")
        return value
    if value is None or isinstance(value, bool | Decimal):
        return value
    if depth > MAX_DEPTH:
        raise _RefusedValue("not_a_record")
    if isinstance(value, dict):
        return {key: _plain(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth=depth + 1) for item in value]
    return str(value)


def _stream(blocks: Iterable[bytes], prefix: str) -> Iterator[_Element | str]:
    """Parse as the bytes come; what stood complete before a cut is given, then the cut as ``cut_off``."""
    found: list[Any] = ijson.sendable_list()
    parser = ijson.items_coro(found, prefix)
    given = waiting = 0
    try:
        for block in blocks:
            waiting += len(block)
            parser.send(block)
            yield from map(_Element, found)
            given, waiting = given + len(found), 0 if found else waiting
            del found[:]
            if waiting > MAX_RECORD_BYTES:
                raise UnreadableFile("too_large")
        parser.close()
    except ijson.JSONError as problem:
        yield from map(_Element, found)
        if not given + len(found):
            raise UnreadableFile("broken_json", str(problem)[:80]) from problem
        yield "cut_off"
    else:
        yield from map(_Element, found)


def _lines(entry: Entry, *, encoding: Encoding) -> Iterator[_Element | str]:
    for line in lines_of(utf8_blocks(entry, encoding)):
        if isinstance(line, Fault):
            yield line.code
        elif line.strip():
            yield _parsed(line)


def _parsed(text: bytes) -> _Element | str:
    try:
        values = list(ijson.items(text, ""))
    except ijson.JSONError:
        return "not_json"
    return _Element(values[0]) if len(values) == 1 else "not_json"


def _embedded(entry: Entry, *, encoding: Encoding, source: Source) -> Iterator[_Element | str]:
    for element in _stream(utf8_blocks(entry, encoding), source.prefix):
        if isinstance(element, str):
            yield element
        elif isinstance(element.value, str):
            yield from _stream([_mended(element.value)], source.inner or "")


def _mended(text: str) -> bytes:
    """Undo what Shopee's documented samples suffer from: a brace too many at the start, a comma forgotten at a line's end."""
    text = re.sub(r"^\s*\{(?=\s*\{)", "", text)
    return re.sub(r'(["\d\]}el])(\s*\n\s*")', r"\1,\2", text).encode("utf-8", "replace")


def _first_line(entry: Entry, *, encoding: Encoding) -> Record | None:
    """The first record if the file is JSON lines: its first two lines each open an object, and one of the first is whole."""
    lines = [line for line in islice(lines_of(utf8_blocks(entry, encoding)), 20) if isinstance(line, bytes) and line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for line in lines[:2]):
        return None
    for line in lines:
        element = _parsed(line)
        if not isinstance(element, str) and isinstance(record := plain_record(element.value), dict):
            return record
    return None


def _head(entry: Entry, *, encoding: Encoding) -> Any:
    """Parse the first megabytes; what is still open at the cut is closed where it stands."""
    events: list[Any] = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    builder = ijson.ObjectBuilder()
    with suppress(ijson.JSONError):
        for block in islice(utf8_blocks(entry, encoding), HEAD_BLOCKS):
            parser.send(block)
    for event, value in events:
        builder.event(event, value)
    if not events:
        raise UnreadableFile("broken_json", entry.name)
    return builder.value


def _walk(
    value: Any, *, path: str, prefix: str, inner: str | None, firsts: dict[str, Record], sources: dict[str, Source], depth: int = 0
) -> None:
    if isinstance(value, str) and inner is None and value.lstrip()[:1] in ("{", "["):
        element = _parsed(_mended(value))
        if not isinstance(element, str):
            _walk(element.value, path=path, prefix=prefix, inner="", firsts=firsts, sources=sources, depth=depth)
    elif isinstance(value, list):
        _note(value, path=path, prefix=prefix, inner=inner, firsts=firsts, sources=sources)
        # Documentation wraps its samples as [{"type": …, "value": …}].
        if value and isinstance(value[0], dict) and "value" in value[0]:
            step = _joined(path, "item.value")
            to = (_joined(prefix, "item.value"), None) if inner is None else (prefix, _joined(inner, "item.value"))
            _walk(value[0]["value"], path=step, prefix=to[0], inner=to[1], firsts=firsts, sources=sources, depth=depth + 1)
    elif isinstance(value, dict):
        _note(value, path=path, prefix=prefix, inner=inner, firsts=firsts, sources=sources)
        if depth < PATH_DEPTH:
            for key, item in value.items():
                to = (_joined(prefix, key), None) if inner is None else (prefix, _joined(inner, key))
                _walk(item, path=_joined(path, key), prefix=to[0], inner=to[1], firsts=firsts, sources=sources, depth=depth + 1)


def _note(
    value: Sequence[Any] | Record, *, path: str, prefix: str, inner: str | None, firsts: dict[str, Record], sources: dict[str, Source]
) -> None:
    members = value if isinstance(value, list) else [value]
    first = next((member for member in members if isinstance(member, dict)), None if members else {})
    if first is None or path in firsts:
        return
    record = plain_record(first)
    firsts[path] = record if not isinstance(record, str) else {}
    if isinstance(value, list):
        sources[path] = Source(_joined(prefix, "item")) if inner is None else Source(prefix, _joined(inner, "item"))
    else:
        sources[path] = Source(prefix, inner)


def _joined(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
