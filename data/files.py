"""Where do received files stay, untouched, until their retention is over?"""

import os
import shutil
from pathlib import Path

from data.connectors.readers import Entry

_COPY_BYTES = 1 << 20


def keep(entry: Entry, folder: Path) -> Path:
    """Copy an entry's bytes to ``folder/<sha256>`` and return that path; a file kept before is not copied again.

    The copy has a temporary name until it is whole and on disk, so that a crash never leaves half a file under a true name.
    """
    target = folder / entry.sha256
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{entry.sha256}.{os.getpid()}.partial"
    with entry.open() as source, partial.open("wb") as copy:
        shutil.copyfileobj(source, copy, _COPY_BYTES)
        copy.flush()
        os.fsync(copy.fileno())
    partial.chmod(0o600)
    partial.rename(target)
    return target
