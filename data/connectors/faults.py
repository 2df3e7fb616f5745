"""Which rows of a chunk do not hold, and why?"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from data.connectors.batch import RowNumbers
from data.connectors.texts import Mask, Parsed, Texts
from models.findings import Finding
from models.personal import looks_personal

VALUE_CHARACTERS = 80
# Further than is quoted, so that a number cut in half is still known for what it is.
LOOKED_AT_CHARACTERS = 200


@dataclass
class Faults:
    """The findings of a chunk while it is read; a row with any of them contributes nothing.

    No finding quotes a personal column; nor, where a cell of the row looks personal in another column, any other of its cells:
    the row is probably shifted, and no column holds what its name says.
    """

    row_number: RowNumbers
    personal: frozenset[str]
    bad: Mask = field(init=False)
    notices: Counter[str] = field(default_factory=Counter)
    _findings: dict[tuple[int, str], Finding] = field(default_factory=dict)
    _unquoted: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin with every row holding."""
        self.bad = np.zeros(len(self.row_number), dtype=bool)

    def add(
        self,
        code: str,
        mask: Mask,
        *,
        column: str,
        texts: Texts | None = None,
        parent: npt.NDArray[np.int64] | None = None,
        label: str | None = None,
    ) -> None:
        """Note a fault of the masked rows (or of the rows in which the masked children stand); one a row and column."""
        if not mask.any():
            return
        for place in np.flatnonzero(mask).tolist():
            row = int(parent[place]) if parent is not None else place
            cell = texts[place].as_py() if texts is not None and column not in self.personal else None
            number = int(self.row_number[row])
            value = None if cell is None else str(cell)[:VALUE_CHARACTERS]
            if cell is not None and looks_personal(str(cell)[:LOOKED_AT_CHARACTERS]):
                self._unquoted.add(number)
            self._findings.setdefault((number, label or column), Finding(number, label or column, code, value))
            self.bad[row] = True

    def take(
        self, parsed: Parsed, *, column: str, texts: Texts, parent: npt.NDArray[np.int64] | None = None, label: str | None = None
    ) -> Any:
        """Note a column's faults and notices, and give its values."""
        self.notices.update(parsed.notices)
        for code, mask in parsed.faults.items():
            self.add(code, mask, column=column, texts=texts, parent=parent, label=label)
        return parsed.values

    @property
    def findings(self) -> list[Finding]:
        """All findings, by row and column."""
        every = (self._findings[key] for key in sorted(self._findings))
        return [replace(finding, value=None) if finding.row in self._unquoted else finding for finding in every]
