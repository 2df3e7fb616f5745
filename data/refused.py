"""What did a refused row look like in its file, and which of its cells are somebody's personal data?

The raw text is never stored in the database: it is read again from the kept file, for as long as that is kept.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.connectors.choose import Choice
from data.connectors.manifest import Manifest, Table
from data.connectors.readers import Entry, Preview, UnreadableFile, open_entries, raw_rows
from data.connectors.readers.table import Layout, layout_of
from data.connectors.registry import manifests
from data.connectors.sheets import look
from data.settings import Settings
from models.personal import looks_personal

MASK = "＊＊＊"
# A merchant writes names and promises into remarks, so that a column called so is masked whatever its manifest says.
_REMARKS = re.compile(r"备注|留言|附言|寄语|说明|note|remark|memo|comment|message", re.IGNORECASE)


@dataclass(frozen=True)
class RawRow:
    """A refused row as it stands in the file, cell by cell; ``cells`` of personal columns are masked unless revealed."""

    row_number: int
    names: tuple[str, ...]
    cells: tuple[str, ...]
    personal: tuple[bool, ...]


class RetentionOver(Exception):
    """原文已过保留期 / the raw text is past its retention."""

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


def raw_cells(
    settings: Settings, *, sha256: str, name: str, source: str, numbers: Collection[int], reveal: bool = False
) -> dict[int, RawRow]:
    """Read rows of a kept file again; ``RetentionOver`` when the file is gone.

    With a manifest that no longer knows the file, every cell counts as personal: what cannot be judged is masked.
    """
    path = settings.files_dir / sha256
    if not path.is_file():
        raise RetentionOver
    try:
        entry = kept_entry(path, name=name)
        seen, choice = look(entry, manifests(settings.home / "manifests"), named=source)
        known = choice if isinstance(choice, Choice) else None
        split = known.table.split or None if known else None
        rows = raw_rows(entry, seen, numbers, records_path=known.records_path if known else _only_path(seen), split=split)
    except UnreadableFile:
        return {}
    layout = _layout(known, seen)
    personal = personal_columns(manifests(settings.home / "manifests"), source=source)
    return {number: _row(number, raw, layout=layout, personal=personal, reveal=reveal) for number, raw in rows.items()}


def personal_columns(known: Collection[Manifest], *, source: str) -> frozenset[str] | None:
    """Return the columns of a source that hold personal data, or None when the source is not known (any more)."""
    table = _table(known, source=source)
    return None if table is None else frozenset(table.personal_columns)


def _table(known: Collection[Manifest], *, source: str) -> Table | None:
    name, _, table = source.partition(".")
    return next((each for manifest in known if manifest.name == name for each in manifest.tables if each.name == table), None)


def kept_entry(path: Path, *, name: str) -> Entry:
    """Return the kept bytes as the one entry they are, under the name they came with."""
    return Entry(name=name, size=path.stat().st_size, sha256=path.name, open=open_entries(path)[0].open)


def _only_path(seen: Preview) -> str:
    return next(iter(seen.sources), "")


def _layout(choice: Choice | None, seen: Preview) -> Layout:
    if choice is not None and choice.header:
        return layout_of(choice.header, first_rows=seen.rows[choice.header_row :])
    return layout_of(seen.rows[0] if seen.rows else (), first_rows=seen.rows[1:])


def _row(number: int, raw: list[str] | Mapping[str, Any], *, layout: Layout, personal: frozenset[str] | None, reveal: bool) -> RawRow:
    if isinstance(raw, Mapping):
        pairs = list(_leaves(raw))
    else:
        # with a cell too many or too few the names no longer say what a cell is, so that any may be personal
        aligned = layout.least <= len(raw) and layout.holds(raw)
        pairs = list(zip(layout.names, raw, strict=False)) if aligned else [(f"#{n + 1}", cell) for n, cell in enumerate(raw)]
        personal = personal if aligned else None
    # what looks personal is masked in any column: a row out of line may carry it where it does not belong
    hidden = tuple(personal is None or _is_personal(name, personal) or looks_personal(cell) for name, cell in pairs)
    cells = tuple(MASK if hide and cell and not reveal else cell for (_, cell), hide in zip(pairs, hidden, strict=True))
    return RawRow(row_number=number, names=tuple(name for name, _ in pairs), cells=cells, personal=hidden)


def _is_personal(path: str, personal: frozenset[str]) -> bool:
    """Say whether a column, or a path into a record, is personal or lies within something personal, or a remark.

    >>> _is_personal("customer.first_name", frozenset({"customer"})), _is_personal("lines[0].sku", frozenset({"customer"}))
    (True, False)
    >>> _is_personal("订单备注", frozenset()), _is_personal("sellerMemo", frozenset()), _is_personal("订单编号", frozenset())
    (True, True, False)
    >>> _is_personal("refunds[3].note", frozenset({"refunds[].note"}))
    True
    """
    if _REMARKS.search(path):
        return True
    plain = "".join(part.partition("]")[2] if number else part for number, part in enumerate(path.split("[")))
    lists = "[]".join(part.partition("]")[2] if number else part for number, part in enumerate(path.split("[")))
    return any(said == name or said.startswith((f"{name}.", f"{name}[")) for said in (path, plain, lists) for name in personal)


def _leaves(value: object, *, path: str = "") -> list[tuple[str, str]]:
    """Return a record's values by path, in order."""
    if isinstance(value, Mapping):
        return [leaf for key, each in value.items() for leaf in _leaves(each, path=f"{path}.{key}" if path else str(key))]
    if isinstance(value, list):
        return [leaf for n, each in enumerate(value) for leaf in _leaves(each, path=f"{path}[{n}]")]
    return [(path, "" if value is None else str(value))]
