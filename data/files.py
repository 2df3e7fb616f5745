"""Where do received files stay, untouched, until their retention is over?"""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from data.connectors.readers import Entry

_COPY_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


class NoRoom(OSError):
    """磁盘已满，文件未收；请腾出空间后重试 / the disk is full, nothing of the file was taken; free some space and run again: {folder}."""

    def __init__(self, folder: Path) -> None:
        super().__init__((NoRoom.__doc__ or "").format(folder=folder))


def keep(entry: Entry, folder: Path) -> Path:
    """Copy an entry's bytes to ``folder/<sha256>`` and return that path; a file kept before is not copied again.

    The copy has a temporary name until it is whole and on disk, so that a crash never leaves half a file under a true name.
    Raises NoRoom where the disk is full.
    """
    target = folder / entry.sha256
    if target.exists():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy(entry, target)
    except OSError as problem:
        if problem.errno in _FULL:
            raise NoRoom(folder) from problem
        raise
    return target


def _copy(entry: Entry, target: Path) -> None:
    # mkstemp gives every thread of every process a name of its own, and the file to nobody but us
    handle, partial = tempfile.mkstemp(prefix=f"{entry.sha256}.", suffix=".partial", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as copy, (entry.packed or entry.open)() as source:
            shutil.copyfileobj(source, copy, _COPY_BYTES)
            copy.flush()
            os.fsync(copy.fileno())
        os.replace(partial, target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Bring a folder's new name to disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
