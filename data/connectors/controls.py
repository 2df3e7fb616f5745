"""Do a file's rows add up to what its footer states?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from data.connectors import amounts
from data.connectors.columns import Columns
from data.connectors.manifest_entries import Control
from data.connectors.readers.reading import Footer
from data.connectors.statement_problems import ControlSum
from data.connectors.texts import as_texts

Minor = npt.NDArray[np.int64]


@dataclass
class ControlTotals:
    """What the rows of one file come to so far, one figure a control."""

    controls: tuple[Control, ...]
    decimals: int
    _figures: dict[int, int] = field(default_factory=dict)

    def add(self, columns: Columns, *, net: Minor, cells: Mapping[tuple[str, ...], Minor]) -> None:
        """Count a chunk's rows, those refused for other reasons too: the footer counts them as well."""
        for place, control in enumerate(self.controls):
            met = columns.meets(control.where) if control.where else np.ones(columns.rows, dtype=bool)
            figure = int(_counted(control, net=net, cells=cells)[met].sum())
            self._figures[place] = self._figures.get(place, 0) + figure

    def compare(self, footers: Sequence[Footer]) -> list[ControlSum]:
        """Hold what the footers state against the rows; totals that no footer states are left out."""
        totals: dict[str, str] = {}
        for footer in footers:
            for label, figure in footer.values.items():
                totals.setdefault(label, figure)
        text = "\n".join(footer.text for footer in footers)
        found = []
        for place, control in enumerate(self.controls):
            stated = _stated(control, totals=totals, text=text)
            if stated is not None:
                found.append(self._compared(control, stated, self._figures.get(place, 0)))
        return found

    def _compared(self, control: Control, stated: str, figure: int) -> ControlSum:
        counted = control.of.startswith("count")
        decimals = 0 if counted else self.decimals
        minor = amounts.signed_money(as_texts([stated]), decimals=decimals).values[0].as_py()
        computed = amounts.major(figure, decimals=decimals)
        if minor is None:
            return ControlSum(control.name, stated, computed, holds=False)
        # what came in and what went out stand without their sign in one bill and with it in another
        holds = abs(minor) == abs(figure) if control.of in ("in", "out") else minor == figure
        return ControlSum(control.name, amounts.major(minor, decimals=decimals), computed, holds)


def _counted(control: Control, *, net: Minor, cells: Mapping[tuple[str, ...], Minor]) -> Minor:
    """Give what each row adds to a total."""
    if control.of == "sum":
        return cells[control.column]
    if control.of == "net":
        return net
    way = {"count": np.ones(len(net), dtype=bool), "count_in": net > 0, "in": net > 0, "count_out": net < 0, "out": net < 0}[control.of]
    return way.astype(np.int64) if control.of.startswith("count") else np.where(way, np.abs(net), 0)


def _stated(control: Control, *, totals: Mapping[str, str], text: str) -> str | None:
    if control.pattern:
        found = re.search(control.pattern, text)
        return found[1] if found else None
    return next((totals[label] for label in control.label if label in totals), None)
