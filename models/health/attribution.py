"""Why did the index change, to the last point, and where are points lost?

Every line is additive, so that the lines add up to the change at every roll-up (product, section 3.3).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.health.components import Component, Definition
from models.health.index import Index, Part, index_of, unclipped_score

Floats = npt.NDArray[np.float64]

CELL: tuple[str, ...] = ("channel", "region", "category")
EFFECTS: tuple[str, ...] = ("rate", "mix", "clip", "carried", "cap", "restated", "definition")
LINE: tuple[str, ...] = ("component", *CELL, "effect", "points", "n", "good", "delta_rate")


def attribute(
    now: pd.DataFrame,
    before: pd.DataFrame,
    *,
    definition: Definition,
    configured: frozenset[str],
    carried_now: Mapping[str, float] = {},
    carried_before: Mapping[str, float] = {},
    overdue_now: Mapping[str, int] = {},
    overdue_before: Mapping[str, int] = {},
    cap_now: float = 0.0,
    cap_before: float = 0.0,
    published_before: float | None = None,
    before_as_published_definition: float | None = None,
) -> pd.DataFrame:
    """Return the lines whose points add up to the index now minus the one published before, or computed where none was.

    ``now`` and ``before``: one row per channel, region and category ("" is unsorted), two columns of counts per component.
    ``before_as_published_definition`` is the period before, as its cells stand now, under the version and coverage it was
    published with; without a published index it says nothing. A component that counts in one period only changes the
    coverage, so its part is a ``definition`` line. Lines with the columns LINE: those without a cell have missing cell
    columns, n, good and delta_rate; n and good are of now; delta_rate is missing for a cell without units in one period.
    Lines of 0 points are left out; no index to compare gives no lines.
    """
    cells, sums_now, sums_before = _aligned(now, before, definition=definition)
    index_now = _index(sums_now, definition=definition, configured=configured, carried=carried_now, overdue=overdue_now, cap=cap_now)
    index_before = _index(
        sums_before, definition=definition, configured=configured, carried=carried_before, overdue=overdue_before, cap=cap_before
    )
    if index_now.value is None or (index_before.value is None and published_before is None):
        return _frame([])
    lines: list[pd.DataFrame] = []
    parts_now = {part.code: part for part in index_now.parts}
    parts_before = {part.code: part for part in index_before.parts}
    shared = [component for component in definition.components if component.code in parts_now and component.code in parts_before]
    weight = sum(component.weight for component in shared)
    for component in shared:
        share = component.weight / weight
        part_now, part_before = parts_now[component.code], parts_before[component.code]
        if part_now.carried or part_before.carried:
            lines.append(_line("carried", share * (part_now.score - part_before.score), component=component.code))
            continue
        factor = share * 100 / (component.target - component.floor)
        lines.append(
            _cell_lines(cells, now=sums_now[component.code], before=sums_before[component.code], code=component.code, factor=factor)
        )
        lines.append(_line("clip", share * (_clipped(part_now, component) - _clipped(part_before, component)), component=component.code))
    coverage = _uncovered(index_now, shared) - _uncovered(index_before, shared)
    # where all that was published is gone from the cells, there is nothing before that a cap could lower
    computed, cap_lost = (0.0, 0.0) if index_before.value is None else (index_before.value, cap_before)
    lines += [_line("cap", cap_lost - cap_now), *_published(computed, coverage, published_before, before_as_published_definition)]
    return _frame(lines)


def roll_up(lines: pd.DataFrame, *, by: Sequence[str]) -> pd.DataFrame:
    """Return the sums of points by some of the columns of lines, sorted by them; lines without a cell keep a row of their own."""
    if not by:
        return pd.DataFrame({"points": [float(lines["points"].sum())]})
    return lines.groupby(list(by), dropna=False, sort=True)[["points"]].sum().reset_index()


def shown_tenths(values: Sequence[float], total: float, *, decimals: int = 1) -> list[float]:
    """Round values so that they add up to the rounded total: largest remainder, ties to the earlier one.

    No value is off by a whole step, unless the total is not that of the values.

    >>> shown_tenths([0.04, 0.04, 0.04], 0.12), shown_tenths([-1.25, -10.85], -12.1)
    ([0.1, 0.0, 0.0], [-1.2, -10.9])
    >>> shown_tenths([33.3333, 66.6667], 100, decimals=0)
    [33.0, 67.0]
    """
    if not values:
        return []
    scale = 10**decimals
    # 0.29 * 100 is a hair below 29; a hair is no remainder
    scaled = [round(value * scale, 9) for value in values]
    steps = [math.floor(value) for value in scaled]
    everyone, some = divmod(round(round(total, decimals) * scale) - sum(steps), len(values))
    largest = sorted(range(len(values)), key=lambda place: (steps[place] - scaled[place], place))
    for rank, place in enumerate(largest):
        steps[place] += everyone + (rank < some)
    return [round(step / scale, decimals) for step in steps]


def level_losses(cells: pd.DataFrame, *, definition: Definition, configured: frozenset[str]) -> pd.DataFrame:
    """Return the points each cell's bad units cost: columns component, channel, region, category, points, units, bad.

    A bad unit costs the same wherever it is, w/Σw·100/(t-f)/N, with the weights of ``configured`` (give those that count);
    one row per component and cell with units.
    """
    keys, sums, _ = _aligned(cells, cells.iloc[:0], definition=definition)
    counting = [component for component in definition.components if component.code in configured]
    weight = sum(component.weight for component in counting)
    lines = []
    for component in counting:
        good, units = sums[component.code]
        at = np.flatnonzero(units > 0)
        bad = units[at] - good[at]
        factor = component.weight / weight * 100 / (component.target - component.floor) / (float(units.sum()) or 1.0)
        lines.append(_rows(keys, at, component=component.code, points=factor * bad, units=units[at], bad=bad))
    columns = ["component", *CELL, "points", "units", "bad"]
    return pd.concat(lines, ignore_index=True)[columns] if lines else pd.DataFrame(columns=columns)


def _aligned(
    now: pd.DataFrame, before: pd.DataFrame, *, definition: Definition
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, tuple[Floats, Floats]], dict[str, tuple[Floats, Floats]]]:
    """Return the cells of both periods and, by component, good and units of each cell, now and before."""
    rows = {name: pd.concat([now[name], before[name]], ignore_index=True).astype(object).fillna("") for name in CELL}
    codes = np.zeros(len(now) + len(before), dtype=np.int64)
    for name in CELL:
        numbers, names = pd.factorize(rows[name], sort=True)
        codes = codes * max(len(names), 1) + numbers
    _, first, cell = np.unique(codes, return_index=True, return_inverse=True)
    keys = {name: rows[name].to_numpy()[first] for name in CELL}

    def measured(frame: pd.DataFrame, at: npt.NDArray[np.intp], name: str) -> Floats:
        weights = frame[name].astype(float).fillna(0.0).to_numpy() if name in frame else np.zeros(len(frame))
        return np.bincount(at, weights=weights, minlength=len(first)).astype(np.float64)

    def by_component(frame: pd.DataFrame, at: npt.NDArray[np.intp]) -> dict[str, tuple[Floats, Floats]]:
        return {each.code: (measured(frame, at, each.good), measured(frame, at, each.units)) for each in definition.components}

    return keys, by_component(now, cell[: len(now)]), by_component(before, cell[len(now) :])


def _index(
    cells: Mapping[str, tuple[Floats, Floats]],
    *,
    definition: Definition,
    configured: frozenset[str],
    carried: Mapping[str, float],
    overdue: Mapping[str, int],
    cap: float,
) -> Index:
    sums = {code: (float(good.sum()), float(units.sum())) for code, (good, units) in cells.items()}
    return index_of(sums, definition=definition, configured=configured, carried=carried, overdue_days=overdue, cap_penalty=cap)


def _cell_lines(
    keys: Mapping[str, npt.NDArray[Any]], *, now: tuple[Floats, Floats], before: tuple[Floats, Floats], code: str, factor: float
) -> pd.DataFrame:
    """Return the rate and mix lines of one component that has units in both periods."""
    at = np.flatnonzero((now[1] > 0) | (before[1] > 0))
    (good1, units1), (good0, units0) = ((good[at], units[at]) for good, units in (now, before))
    share1, share0 = units1 / units1.sum(), units0 / units0.sum()
    rate1, rate0 = _rates(good1, units1), _rates(good0, units0)
    delta_rate = rate1 - rate0
    # a cell that is new or gone takes the other period's rate: all of it is mix
    rate1, rate0 = np.where(np.isnan(rate1), rate0, rate1), np.where(np.isnan(rate0), rate1, rate0)
    middle = (now[0].sum() / now[1].sum() + before[0].sum() / before[1].sum()) / 2
    effects = {
        "rate": factor * (share0 + share1) / 2 * (rate1 - rate0),
        "mix": factor * ((rate0 + rate1) / 2 - middle) * (share1 - share0),
    }
    return pd.concat(
        [
            _rows(keys, at, component=code, effect=effect, points=points, n=units1, good=good1, delta_rate=delta_rate)
            for effect, points in effects.items()
        ],
        ignore_index=True,
    )


def _rates(good: Floats, units: Floats) -> Floats:
    rates: Floats = np.divide(good, units, out=np.full(len(units), np.nan), where=units > 0)
    return rates


def _rows(keys: Mapping[str, npt.NDArray[Any]], at: npt.NDArray[np.intp], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({**{name: keys[name][at] for name in CELL}, **columns})


def _clipped(part: Part, component: Component) -> float:
    return part.score - unclipped_score(part.rate, component)


def _uncovered(index: Index, shared: Sequence[Component]) -> float:
    """Return what the components that count in this period alone do to its raw index."""
    weights = {component.code: component.weight for component in shared}
    credit = sum(weights[part.code] * part.score for part in index.parts if part.code in weights)
    return (index.raw or 0.0) - (credit / sum(weights.values()) if weights else 0.0)


def _published(before: float, coverage: float, published: float | None, as_published_definition: float | None) -> list[pd.DataFrame]:
    """Return what leads from the index as published to the one before as it computes today."""
    if published is None:
        return [_line("definition", coverage)]
    if as_published_definition is None:
        return [_line("definition", coverage), _line("restated", before - published)]
    return [_line("definition", coverage + before - as_published_definition), _line("restated", as_published_definition - published)]


def _line(effect: str, points: float, *, component: str | None = None) -> pd.DataFrame:
    return pd.DataFrame({"component": [component], "effect": [effect], "points": [points]})


def _frame(lines: Sequence[pd.DataFrame]) -> pd.DataFrame:
    told = [line for line in (line[line["points"] != 0] for line in lines) if len(line)]
    if not told:
        return pd.DataFrame(columns=list(LINE)).astype({"points": float, "n": float, "good": float, "delta_rate": float})
    return pd.concat(told, ignore_index=True).reindex(columns=list(LINE))
