"""How do files come into the inbox: on time, late, spoilt or not at all?"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jobs.simulate.faults import Fault, Truth, held_back, spoiled
from jobs.simulate.platforms.writer import File
from jobs.simulate.rhythm import seconds_of


def deliver(inbox: Path, files: Sequence[File], faults: Sequence[Fault], *, made_at: Mapping[str, int], state: Path) -> list[Path]:
    """Lay files into the inbox as the faults leave them; late ones wait in ``state`` until ``release`` brings them."""
    kept, truth = spoiled(files, faults, made_at=made_at)
    now, later, late_truth = held_back(kept, faults, made_at=made_at)
    for file, fault in later:
        lay(state / "withheld" / str(seconds_of(fault.until)), file)
    tell(state, [*truth, *late_truth])
    return [lay(inbox, file) for file in now]


def release(inbox: Path, *, state: Path, at: int) -> list[Path]:
    """Bring the late files whose time has come."""
    waiting = state / "withheld"
    due = sorted(folder for folder in waiting.iterdir() if int(folder.name) <= at) if waiting.is_dir() else []
    brought = []
    for folder in due:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            brought.append(lay(inbox, File(path.relative_to(folder).as_posix(), path.read_bytes())))
            path.unlink()
    return brought


def lay(folder: Path, file: File) -> Path:
    """Put a file into a folder under a temporary name and rename it, so that nobody reads half of it."""
    path = folder / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(file.content)
    os.replace(temporary, path)
    return path


def tell(state: Path, truth: Sequence[Truth]) -> None:
    """Add to the truth about faults, which no product code ever reads."""
    path = state / "truth" / "faults.json"
    if path.exists() and not truth:
        return
    known = json.loads(path.read_text()) if path.exists() else []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([*known, *truth], ensure_ascii=False, indent=1, sort_keys=True))
