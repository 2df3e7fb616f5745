"""Which files does a path hold: itself, or the members of a zip?"""

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from data.connectors.readers.unreadable import UnreadableFile

# Limits against zip bombs: real bills unpack to tens of megabytes.
MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 100 * 1024**2
MAX_MEMBERS = 1000
UTF8_NAME_FLAG = 0x800
ENCRYPTED_FLAG = 0x1
BLOCK_BYTES = 1 << 20

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Entry:
    """One file to read; ``sha256`` and ``size`` are of its kept bytes, ``open`` gives them unpacked, each time from the start.

    ``packed`` gives the kept bytes themselves where ``open`` unpacks them.
    """

    name: str
    size: int
    sha256: str
    open: Callable[[], BinaryIO] = field(repr=False)
    packed: Callable[[], BinaryIO] | None = field(default=None, repr=False)


def open_entries(path: Path) -> list[Entry]:
    """List what a path holds, in archive order; raises UnreadableFile for archives that are unsafe to unpack."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(GZIP_MAGIC):
        with _damage_named(), gzip.open(path) as unpacked:
            if unpacked.read(4).startswith((GZIP_MAGIC, ZIP_MAGIC)):
                raise UnreadableFile("nested_archive", path.name)
        plain = partial(_open_plain, path)
        return [Entry(path.name, path.stat().st_size, _sha256(plain), partial(_open_gzip, path), plain)]
    if magic in (ZIP_MAGIC, EMPTY_ZIP_MAGIC):
        with _damage_named(), zipfile.ZipFile(path) as archive:
            if not is_workbook(archive):
                return _members(path, archive)
    return [Entry(path.name, path.stat().st_size, _sha256(partial(_open_plain, path)), partial(_open_plain, path))]


def unpacked_bytes(path: Path) -> int:
    """Say how much a file has to be read through, by what it says of itself: a workbook is a zip, and much smaller than its text.

    A gzip says it of its last part, and less whole 4 GiB.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        if magic.startswith(GZIP_MAGIC):
            file.seek(max(0, size - 4))
            return max(size, int.from_bytes(file.read(4), "little"))
        if magic not in (ZIP_MAGIC, EMPTY_ZIP_MAGIC):
            return size
        try:
            with zipfile.ZipFile(file) as archive:
                return max(size, sum(info.file_size for info in archive.infolist()))
        except (zipfile.BadZipFile, NotImplementedError):
            return size


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Say whether a zip is an xlsx workbook rather than a delivery of files."""
    return "[Content_Types].xml" in archive.namelist()


def _members(path: Path, archive: zipfile.ZipFile) -> list[Entry]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise UnreadableFile("too_many_entries", path.name)
    names = {info: _member_name(info) for info in infos}
    _check_sizes(path, infos)
    entries = []
    for info, name in names.items():
        if info.flag_bits & ENCRYPTED_FLAG:
            raise UnreadableFile("encrypted", name)
        if _is_litter(name):
            continue
        opener = partial(_open_member, path, info)
        _refuse_nested(opener, name)
        entries.append(Entry(f"{path.name}!{name}", info.file_size, _sha256(opener), opener))
    if not entries:
        raise UnreadableFile("empty", path.name)
    return entries


def _member_name(info: zipfile.ZipInfo) -> str:
    """Give the member's name; bills carry GBK names without the UTF-8 flag, which zipfile reads as cp437."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME_FLAG:
        try:
            name = name.encode("cp437").decode("gbk")
        except UnicodeError:
            name = info.orig_filename
    name = name.replace("\\", "/")
    if "\0" in name or name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
        raise UnreadableFile("unsafe_name", name.replace("\0", "?"))
    return name


def _check_sizes(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > RATIO_FREE_BYTES and unpacked > MAX_RATIO * packed):
        raise UnreadableFile("too_large", path.name)


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1] in (".DS_Store", "Thumbs.db")


def _refuse_nested(opener: Callable[[], BinaryIO], name: str) -> None:
    with _damage_named(), opener() as file:
        magic = file.read(4)
        if magic.startswith(GZIP_MAGIC):
            raise UnreadableFile("nested_archive", name)
        if magic == ZIP_MAGIC:
            file.seek(0)
            with zipfile.ZipFile(file) as inner:
                if not is_workbook(inner):
                    raise UnreadableFile("nested_archive", name)


def _sha256(opener: Callable[[], BinaryIO]) -> str:
    digest = hashlib.sha256()
    with _damage_named(), opener() as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _open_plain(path: Path) -> BinaryIO:
    return path.open("rb")


def _open_gzip(path: Path) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Unpacked(path), BLOCK_BYTES))


def _open_member(path: Path, info: zipfile.ZipInfo) -> BinaryIO:
    # The open member keeps the archive's file alive and closes it with itself.
    return cast(BinaryIO, zipfile.ZipFile(path).open(info))


class _Unpacked(io.RawIOBase):
    """A gzip's content that stops at the limits against bombs."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed by close()
        self._packed = path.stat().st_size
        self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast(bytearray, buffer))
        with _damage_named():
            block = self._file.read(len(view))
        self._unpacked += len(block)
        if self._unpacked > MAX_UNPACKED_BYTES or (self._unpacked > RATIO_FREE_BYTES and self._unpacked > MAX_RATIO * self._packed):
            raise UnreadableFile("too_large")
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, NotImplementedError) as problem:
        raise UnreadableFile("damaged", str(problem)) from problem
    except RuntimeError as problem:  # zipfile's word for a password
        raise UnreadableFile("encrypted", str(problem)) from problem
