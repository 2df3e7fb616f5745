"""What is an example of a platform's file, and what must come of it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Example:
    """A file's content and what must come of it; ``refused`` as (row, column, code), ``events`` as counts by type.

    ``entries`` are the sums of a statement's lines by type, in minor units of whatever currencies, ``stock`` the pieces of a stock
    list by kind of quantity or movement; ``header`` is the row of its column
    names, and ``empty`` the same file without a row where cutting off what is below the header does not make it.
    """

    text: str
    encoding: str
    rows: int
    orders: int = 0
    lines: int = 0
    refused: tuple[tuple[int, str, str], ...] = ()
    events: Mapping[str, int] = field(default_factory=dict)
    reference: int = 0
    entries: Mapping[str, int] = field(default_factory=dict)
    stock: Mapping[str, int] = field(default_factory=dict)
    header: int = 1
    empty: str = ""

    def write(self, folder: Path, *, name: str) -> Path:
        """Write the file."""
        path = folder / (name.replace(".", "_") + ".dat")
        path.write_bytes(self.text.encode(self.encoding))
        return path
