"""Which files of an inbox that is not ours have been taken already, also after a restart?

Forgetting costs only time: the file is read again and found unchanged. Remembering wrongly would lose a file, so what was
noted counts only while the manifests are the same and the database still holds what it held then (it may be restored).
"""

import json
import os
import tempfile
from collections.abc import Set
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.connectors.registry import manifests
from data.queries.kept_files import FileMark, holds_mark, latest_mark
from jobs.job import JobContext

FILE = "inbox-taken.json"

Stamp = tuple[int, int]
Versions = tuple[tuple[str, int], ...]


@dataclass
class InboxMemory:
    """How the files stood when they were taken; a refused one is tried again by the next process, so it is not written down."""

    versions: Versions
    mark: FileMark | None = None
    taken: dict[Path, Stamp] = field(default_factory=dict)
    refused: dict[Path, Stamp] = field(default_factory=dict)
    written: dict[Path, Stamp] = field(default_factory=dict)

    def knows(self, path: Path, *, stamp: Stamp) -> bool:
        """Say whether this file, as it stands, has been dealt with."""
        return stamp in (self.taken.get(path), self.refused.get(path))

    def note(self, path: Path, *, stamp: Stamp, refused: bool) -> None:
        """Note that a file has been taken or refused as it stood."""
        (self.refused if refused else self.taken)[path] = stamp

    def keep(self, context: JobContext, *, present: Set[Path]) -> None:
        """Forget the files that are gone, and write the taken ones down where they have changed."""
        if not self.holds(context):
            return
        with context.engine.connect() as connection:
            self.mark = latest_mark(connection)
        self.taken = {path: stamp for path, stamp in self.taken.items() if path in present}
        self.refused = {path: stamp for path, stamp in self.refused.items() if path in present}
        if self.taken != self.written:
            _write(context.settings.home / FILE, self._as_json())
            self.written = dict(self.taken)

    def holds(self, context: JobContext) -> bool:
        """Say whether the database and the manifests are still those of the notes."""
        with context.engine.connect() as connection:
            return self.versions == _versions(context) and (self.mark is None or holds_mark(connection, self.mark))

    def _as_json(self) -> dict[str, Any]:
        mark = None if self.mark is None else {**asdict(self.mark), "received_at": self.mark.received_at.isoformat()}
        return {"versions": self.versions, "mark": mark, "files": [[str(path), *stamp] for path, stamp in self.taken.items()]}


def inbox_memory(context: JobContext) -> InboxMemory:
    """Return the memory of this process, at first what an earlier one left."""
    memory = context.memory.get("inbox")
    if not isinstance(memory, InboxMemory):
        memory = context.memory["inbox"] = _left(context.settings.home / FILE) or InboxMemory(_versions(context))
    return memory


def checked_memory(context: JobContext) -> InboxMemory:
    """Return the memory of this process, emptied where the database or the manifests are no longer those of its notes."""
    memory = inbox_memory(context)
    if not memory.holds(context):
        memory = context.memory["inbox"] = InboxMemory(_versions(context))
    return memory


def _versions(context: JobContext) -> Versions:
    return tuple((manifest.name, manifest.version) for manifest in manifests(context.settings.home / "manifests"))


def _left(path: Path) -> InboxMemory | None:
    """Return what an earlier process wrote down; None where there is nothing, or nothing that makes sense."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        versions = tuple((str(name), int(version)) for name, version in said["versions"])
        mark = FileMark(**{**said["mark"], "received_at": datetime.fromisoformat(said["mark"]["received_at"])})
        taken = {Path(name): (int(size), int(changed)) for name, size, changed in said["files"]}
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return InboxMemory(versions, mark, taken=taken, written=dict(taken))


def _write(path: Path, said: dict[str, Any]) -> None:
    """Write it whole or not at all; a name that is no UTF-8 is escaped."""
    handle, unfinished = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(said, file)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
