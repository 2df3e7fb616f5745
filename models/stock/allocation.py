"""From which warehouse should an order's goods come, and what of it cannot be covered?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Place = tuple[str, str]


@dataclass(frozen=True)
class Allocation:
    """Pieces by (SKU, warehouse), and by SKU what nothing covers."""

    taken: Mapping[Place, int]
    short: Mapping[str, int]


def allocate(wants: Mapping[str, int], *, free: Mapping[Place, int], places: Sequence[str], may_split: bool) -> Allocation:
    """Take an order's pieces from what is free: whole from one warehouse where that can be, the nearest first.

    ``places`` are warehouses, nearest first. Where no single one has everything, SKUs are taken whole one by one, then piecemeal,
    if the order may be split; else as much as one warehouse has.

    >>> free = {("a", "x"): 1, ("a", "y"): 5, ("b", "x"): 5, ("b", "y"): 2}
    >>> dict(allocate({"a": 2, "b": 2}, free=free, places=("x", "y"), may_split=True).taken)
    {('a', 'y'): 2, ('b', 'y'): 2}
    >>> allocate({"a": 6, "b": 3}, free=free, places=("x", "y"), may_split=True)
    Allocation(taken={('a', 'x'): 1, ('a', 'y'): 5, ('b', 'x'): 3}, short={})
    >>> allocate({"a": 6}, free=free, places=("x", "y"), may_split=False)
    Allocation(taken={('a', 'y'): 5}, short={'a': 1})
    """
    there = {place: units for place, units in free.items() if units > 0}
    for warehouse in places:
        if all(there.get((sku, warehouse), 0) >= units for sku, units in wants.items()):
            return Allocation({(sku, warehouse): units for sku, units in wants.items()}, {})
    taken = _split(wants, there, places) if may_split else _from_one(wants, there, places)
    got = {sku: sum(units for (each, _), units in taken.items() if each == sku) for sku in wants}
    return Allocation(taken, {sku: units - got[sku] for sku, units in wants.items() if got[sku] < units})


def warehouses_by_nearness(warehouses: Mapping[str, str | None], *, region: str | None, areas: Mapping[str, str]) -> tuple[str, ...]:
    """Return warehouses for an order to a region: same province, same area, then the others, each by code.

    ``warehouses`` gives each one's region, ``areas`` each region's area.

    >>> warehouses_by_nearness({"w1": "CN-11", "w2": "CN-31", "w3": None}, region="CN-31", areas={"CN-11": "north", "CN-31": "east"})
    ('w2', 'w1', 'w3')
    """
    area = areas.get(region or "")

    def far(code: str) -> tuple[int, str]:
        stands = warehouses[code]
        if region is not None and stands == region:
            return 0, code
        return (1 if area is not None and areas.get(stands or "") == area else 2), code

    return tuple(sorted(warehouses, key=far))


def _from_one(wants: Mapping[str, int], free: Mapping[Place, int], places: Sequence[str]) -> dict[Place, int]:
    """Take as much as one warehouse has: the one that has most, of equals the nearest."""

    def has(warehouse: str) -> dict[Place, int]:
        covered = {(sku, warehouse): min(units, free.get((sku, warehouse), 0)) for sku, units in wants.items()}
        return {place: units for place, units in covered.items() if units}

    # max keeps the first of equals
    return max((has(warehouse) for warehouse in places), key=lambda taken: sum(taken.values()), default={})


def _split(wants: Mapping[str, int], free: Mapping[Place, int], places: Sequence[str]) -> dict[Place, int]:
    taken: dict[Place, int] = {}
    for sku, wanted in wants.items():
        whole = next((warehouse for warehouse in places if free.get((sku, warehouse), 0) >= wanted), None)
        left = wanted
        for warehouse in (whole,) if whole is not None else places:
            if units := min(left, free.get((sku, warehouse), 0)):
                taken[sku, warehouse] = units
                left -= units
    return taken
