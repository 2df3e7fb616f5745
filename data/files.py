"""Where do received files stay, untouched, until their retention is over?"""

import errno
import gzip
import hashlib
import os
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from data.connectors.readers import Entry

_COPY_BYTES = 1 << 20
_FULL = (errno.ENOSPC, errno.EDQUOT)


class FileChanged(OSError):
    """文件正在被改写，请待其写完后重试 / the file changed while it was read; run again once it is whole: {name}."""

    def __init__(self, name: str) -> None:
        super().__init__((FileChanged.__doc__ or "").format(name=name))


class NoRoom(OSError):
    """磁盘已满，文件未收；请腾出空间后重试 / the disk is full, nothing of the file was taken; free some space and run again: {folder}."""

    def __init__(self, folder: Path) -> None:
        super().__init__((NoRoom.__doc__ or "").format(folder=folder))


def keep(entry: Entry, folder: Path) -> Path:
    """Copy an entry's bytes to ``folder/<sha256>`` and return that path; a file kept before is not copied again.

    The copy has a temporary name until it is whole and on disk, so that a crash never leaves half a file under a true name.
    Raises NoRoom where the disk is full, FileChanged where the bytes are no longer those that were hashed.
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


def kept_entry(entry: Entry, kept: Path) -> Entry:
    """Return the same entry read from its kept bytes, so that what is stored is what was kept."""
    if entry.packed is None:
        return replace(entry, open=partial(_open, kept))
    return replace(entry, open=partial(_unpack, kept), packed=partial(_open, kept))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _unpack(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb"))


def _copy(entry: Entry, target: Path) -> None:
    # mkstemp gives every thread of every process a name of its own, and the file to nobody but us
    handle, partial = tempfile.mkstemp(prefix=f"{entry.sha256}.", suffix=".partial", dir=target.parent)
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as copy, (entry.packed or entry.open)() as source:
            while block := source.read(_COPY_BYTES):
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        if digest.hexdigest() != entry.sha256:
            raise FileChanged(entry.name)
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
