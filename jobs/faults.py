"""How is a fault said in one line and kept for repair, without a buyer's data in either?"""

import secrets
import traceback
from datetime import datetime
from pathlib import Path

from data.job_lock import database_fault

# Errors whose words are ours or the operating system's; anything else may quote a cell of a file.
_QUOTABLE = (OSError, ImportError)


class UserMistake(Exception):
    """What was asked for cannot be done; the message says what to change."""


def one_line(error: BaseException) -> str:
    """Name a fault: what and where. The message itself only where it cannot hold personal data."""
    said = database_fault(error)
    if said is None and _is_quotable(error):
        said = str(error)
    place = _place(error)
    parts = [type(error).__name__, " ".join((said or "").split()), place]
    return ": ".join(part for part in parts if part)[:500]


def keep_traceback(error: BaseException, *, folder: Path, at: datetime) -> Path:
    """Write the frames of a fault, without messages or values, to a file of its own; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"fault-{at:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}.txt"
    lines: list[str] = []
    link: BaseException | None = error
    while link is not None:
        lines += [f"{one_line(link)}\n", *traceback.format_tb(link.__traceback__), "\n"]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def _is_quotable(error: BaseException) -> bool:
    # a LookupError is what we raise ourselves; a KeyError or IndexError quotes the key, which may be a cell
    return isinstance(error, _QUOTABLE) or type(error) is LookupError or type(error).__module__.split(".")[0] in ("data", "jobs")


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    if not ours:
        return ""
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
