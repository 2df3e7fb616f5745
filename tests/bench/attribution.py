"""How long does it take to say, cell by cell, why the index changed between two weeks?"""

import time
from collections.abc import Iterator, Sequence
from itertools import product
from statistics import median

import numpy as np
import pandas as pd

from models.health.attribution import CELL, attribute
from models.health.components import COMPONENTS, DEFINITION, Component
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.stored_orders import CATEGORIES, CHANNELS, REGIONS

_GOAL_MS = 100.0
_TIMES = 25
_SEED = 7
# A cell's units in a week are up to this.
_MOST_UNITS = 120


def figures(scale: Scale) -> Iterator[Figure]:
    """Measure two components, those that are counted from orders alone, and all six; the size of the run changes nothing."""
    del scale
    for name, codes in (("attribution_two_weeks", ("C1", "C4")), ("attribution_two_weeks_six", tuple(c.code for c in COMPONENTS))):
        components = [component for component in COMPONENTS if component.code in codes]
        now, before = (_week(components, seed=seed) for seed in (_SEED, _SEED + 1))
        milliseconds = [_milliseconds(now, before, configured=frozenset(codes)) for _ in range(_TIMES)]
        on = f"{len(now):,} cells, {len(codes)} components, median of {_TIMES}"
        yield Figure(name, median(milliseconds), _GOAL_MS, "ms", "<= 1", on)


def _milliseconds(now: pd.DataFrame, before: pd.DataFrame, *, configured: frozenset[str]) -> float:
    began = time.perf_counter()
    lines = attribute(now, before, definition=DEFINITION, configured=configured)
    taken = (time.perf_counter() - began) * 1_000
    # rate and mix of nearly every cell must have come of it
    if len(lines) < len(now) * len(configured):
        raise AssertionError(f"{len(lines)} lines of {len(now)} cells")
    return taken


def _week(components: Sequence[Component], *, seed: int) -> pd.DataFrame:
    """Return one row a channel, region and category, with units and good of each component."""
    dice = np.random.default_rng(seed)
    regions = [f"region-{n:02}" for n in range(REGIONS)]
    cells = pd.DataFrame(product(CHANNELS, regions, CATEGORIES), columns=list(CELL))
    for component in components:
        units = dice.integers(0, _MOST_UNITS, size=len(cells))
        cells[component.units] = units
        cells[component.good] = dice.binomial(units, (component.floor + component.target) / 2)
    return cells
