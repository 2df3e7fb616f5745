"""How large is a run of the benchmarks, and where may it write?"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scale:
    """Orders to measure on, and an empty folder for whatever a benchmark needs."""

    orders: int
    folder: Path
