"""What does a benchmark say, and is it as good as was promised?"""

import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Figure:
    """One figure beside its yardstick; ``goal`` is for the ratio of the two and carries its sign (``<= 4``)."""

    name: str
    ours: float
    yardstick: float
    unit: str
    goal: str
    measured_on: str = ""

    @property
    def ratio(self) -> float:
        """Ours in yardsticks."""
        return self.ours / self.yardstick

    @property
    def holds(self) -> bool:
        """Whether the goal is met.

        >>> Figure("copying", 8.0, 2.0, "s", "<= 4").holds, Figure("rate", 7.0, 10.0, "rows/s", ">= 0.8").holds
        (True, False)
        """
        sign, bound = self.goal.split()
        return _HOLDS[sign](self.ratio, float(bound))

    def as_json(self) -> str:
        """Return the figure as one line, in the form of design section 7."""
        said = {"name": self.name, "ours": round(self.ours, 3), "yardstick": round(self.yardstick, 3), "unit": self.unit}
        return json.dumps({**said, "ratio": round(self.ratio, 3), "goal": self.goal, "holds": self.holds})
