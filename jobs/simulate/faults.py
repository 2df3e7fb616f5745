"""Which faults of the outside world can be played, and what do they do to the files?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.simulate.platforms.writer import File


@dataclass(frozen=True)
class Fault:
    """One fault on one shop's files."""

    name: str
    shop_id: str


NO_FAULTS: tuple[Fault, ...] = ()


def spoiled(files: Sequence[File], faults: Sequence[Fault], *, seed: int) -> tuple[list[File], list[Mapping[str, object]]]:
    """Return the files as the faults leave them, and the truth about each fault."""
    return list(files), []
