"""In which rows of its files does an order stand?

Of a file's rows that say the same thing of an order, what is stored names the first. The others are found in the kept file, which is read
again as it was taken in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic

import numpy as np
from sqlalchemy import Connection

from data.connectors.batch import Batch, Chunk
from data.connectors.choose import Choice
from data.connectors.manifest import Table
from data.connectors.mapping import Mapper
from data.connectors.readers import UnreadableFile, unpacked_bytes
from data.connectors.reading_files import opened
from data.connectors.registry import manifests
from data.connectors.sheets import look
from data.connectors.shops import ShopBook
from data.queries.order_detail import TOLD, OrderHead, SourceRow, kept_file, source_rows
from data.queries.shop_book import shop_book
from data.queries.sources import KeptFile
from data.refused import kept_entry
from data.settings import Settings
from models.orders import ORDER_FIELDS

# What files tell of so many orders is kept for so long: somebody looks at row after row of one order. All that decides it is in the key,
# but for a kept file that can be read again after it could not.
KEPT, KEPT_SECONDS = 128, 600.0


@dataclass(frozen=True)
class Origin:
    """A file that told of an order by one source: the rows of it that are stored, and the shops that it is read with."""

    kept: KeptFile
    stored: tuple[SourceRow, ...]
    shops: ShopBook


@dataclass(frozen=True)
class SourceRows:
    """Every row that an order came from; of files that are too ``large`` or ``gone``, named here, only the rows that are stored.

    Gone is also a file that no longer tells what is stored of it, as when rows that name no shop have come to mean none.
    """

    rows: list[SourceRow]
    large: tuple[str, ...]
    gone: tuple[str, ...]


def origins(connection: Connection, *, head: OrderHead, file_id: int | None = None) -> list[Origin]:
    """Return the files that an order came from, or what one of them is, by each source that they told it by."""
    stored: dict[tuple[int, str], list[SourceRow]] = {}
    for row in source_rows(connection, head=head):
        if file_id in (None, row.file_id):
            stored.setdefault((row.file_id, row.source), []).append(row)
    files = [(kept_file(connection, row=rows[0]), tuple(rows)) for rows in stored.values()]
    books = {shop_id: shop_book(connection, given_shop=shop_id or None) for shop_id in {kept.shop_id for kept, _ in files}}
    return [Origin(kept, rows, books[kept.shop_id]) for kept, rows in files]


def all_rows(found: Sequence[Origin], *, settings: Settings, head: OrderHead, most_bytes: int | None = None) -> SourceRows:
    """Return the rows of an order's files, the file received last first; files that unpack to more than ``most_bytes`` are not read."""
    rows: list[SourceRow] = []
    large: list[str] = []
    gone: list[str] = []
    for origin in found:
        path = _path(origin, settings=settings)
        too_large = path is not None and most_bytes is not None and unpacked_bytes(path) > most_bytes
        told = None if too_large else _told(origin, settings=settings, head=head)
        if told is None:
            (large if too_large else gone).append(origin.kept.name)
        rows += _together(origin.stored, told or {})
    rows.sort(key=lambda row: (row.received_at, row.file_id, row.row_number, row.source), reverse=True)
    return SourceRows(rows, tuple(dict.fromkeys(large)), tuple(dict.fromkeys(gone)))


def file_of_row(found: Sequence[Origin], *, settings: Settings, head: OrderHead, row_number: int) -> KeptFile | None:
    """Return the file of one of the order's own rows; None for any other row."""
    stored = (origin for origin in found if row_number in _stored_numbers(origin))
    told = (origin for origin in found if row_number in (_told(origin, settings=settings, head=head) or {}))
    own = next(stored, None) or next(told, None)
    return None if own is None else own.kept


def _together(stored: Sequence[SourceRow], told: Mapping[int, set[str]]) -> list[SourceRow]:
    words = {number: set(said) for number, said in told.items()}
    for row in stored:
        words.setdefault(row.row_number, set()).update(row.told)
    return [replace(stored[0], row_number=number, told=tuple(word for word in TOLD if word in said)) for number, said in words.items()]


def _path(origin: Origin, *, settings: Settings) -> Path | None:
    """Return where a kept file lies, None once it is gone."""
    path = settings.files_dir / origin.kept.sha256
    return path if origin.kept.erased_at is None and path.is_file() else None


def _stored_numbers(origin: Origin) -> set[int]:
    return {row.row_number for row in origin.stored}


def _told(origin: Origin, *, settings: Settings, head: OrderHead) -> Mapping[int, set[str]] | None:
    """Return what each row of a file tells of an order; None where the file is gone, or is no longer read as it was taken in."""
    kept, path, own = origin.kept, _path(origin, settings=settings), settings.home / "manifests"
    if path is None:
        return None
    read_with = (_texts(own), frozenset(origin.shops.shops.items()), frozenset(origin.shops.aliases.items()), origin.shops.given_shop)
    received_at = origin.stored[0].received_at
    asked = _Asked(path, kept.name, kept.source, head.shop_id, head.order_no, received_at, read_with, own, origin.shops)
    told = _read(asked, int(monotonic() // KEPT_SECONDS))
    return told if told is not None and _stored_numbers(origin) <= told.keys() else None


@dataclass(frozen=True)
class _Asked:
    """A question to a kept file, known again by all that decides its answer; ``read_with`` tells manifests and shops apart."""

    path: Path
    name: str
    source: str
    shop_id: str
    order_no: str
    received_at: datetime
    read_with: tuple[object, ...]
    own_manifests: Path = field(compare=False)
    shops: ShopBook = field(compare=False)


def _texts(folder: Path) -> tuple[tuple[str, bytes], ...]:
    return tuple((path.name, path.read_bytes()) for path in sorted(folder.glob("*.toml")))


@lru_cache(maxsize=KEPT)
def _read(asked: _Asked, _period: int) -> Mapping[int, set[str]] | None:
    """Read a file through; nothing but whether an answer is kept hangs on the period. None where no manifest reads it any more."""
    try:
        entry = kept_entry(asked.path, name=asked.name)
        seen, choice = look(entry, manifests(asked.own_manifests), named=asked.source)
        if not isinstance(choice, Choice):
            return None
        mapper = Mapper(choice.manifest, choice.table, shops=asked.shops, as_of=asked.received_at)
        found: dict[int, set[str]] = {}
        for batch in mapper.batches(_naming(opened(entry, seen, choice), choice.table, order_no=asked.order_no)):
            for number, words in _said(batch, choice.table, asked=asked):
                found.setdefault(number, set()).update(words)
    except UnreadableFile:
        return None
    return found


def _naming(chunks: Iterable[Chunk], table: Table, *, order_no: str) -> Iterator[Chunk]:
    """Leave the rows in which the order's number stands; a row that goes on from the one before it names none."""
    for chunk in chunks:
        if table.continued_by:
            yield chunk
            continue
        if chunk.frame is not None:
            cells = [chunk.frame[column].str.contains(order_no, regex=False).fillna(False) for column in chunk.frame]
            named = np.logical_or.reduce([each.to_numpy(dtype=bool) for each in cells])
        else:
            named = np.array([order_no in str(record) for record in chunk.records or ()], dtype=bool)
        if named.any():
            frame = None if chunk.frame is None else chunk.frame[named].reset_index(drop=True)
            records = None if chunk.records is None else [each for each, own in zip(chunk.records, named, strict=True) if own]
            yield Chunk(chunk.row_number[named], frame, records)


def _said(batch: Batch, table: Table, *, asked: _Asked) -> Iterator[tuple[int, set[str]]]:
    """Give what the rows of a batch tell of an order: nothing, for a row that but names it."""
    for word, frame in zip(TOLD, (batch.orders, batch.lines, batch.events), strict=True):
        if frame is None:
            continue
        own = frame[(frame["shop_id"] == asked.shop_id) & (frame["order_no"] == asked.order_no)]
        says = [column for column in own.columns if column in ORDER_FIELDS]
        for number, some in zip(own["row_number"], own[says].notna().any(axis=1), strict=True):
            yield int(number), {word} if word != "order" or table.parent or some else set()
