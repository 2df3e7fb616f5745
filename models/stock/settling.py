"""An order came, was paid, shipped or ended: what becomes of its holds, what does it lack, and is it good for the index?

One pure judgement over an order's facts and what is free at that moment. Granting itself is refused or not by the database; this
proposes what can be granted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from models.stock.allocation import Allocation, Place, allocate

# S13: an order is to hold its stock within half a minute of being known.
SYNC_WITHIN = timedelta(seconds=30)

Ending = Literal["expired", "cancelled", "shipped", "moved", "changed", "released"]
# Step -> the state its hold is left in.
STATE_AFTER: Mapping[str, str] = {
    "expired": "expired",
    "cancelled": "released",
    "shipped": "shipped",
    "moved": "released",
    "changed": "released",
    "released": "released",
}


@dataclass(frozen=True)
class Hold:
    """An open hold of an order: pieces of a SKU in a warehouse, paid for or until it expires."""

    sku_code: str
    warehouse_code: str
    units: int
    paid: bool
    expires_at: datetime | None

    @property
    def place(self) -> Place:
        """Return its SKU and warehouse."""
        return self.sku_code, self.warehouse_code

    def has_expired(self, as_of: datetime) -> bool:
        """Say whether it holds nothing any more, swept or not."""
        return not self.paid and self.expires_at is not None and self.expires_at <= as_of


@dataclass(frozen=True)
class Wish:
    """What an order wants of a SKU; ``learnt_at``: since when we know stock of it, None = none is known.

    ``gone`` of its pieces have left in a part shipment, and want nothing more. ``leaves_from`` is the warehouse that was stated for it, or
    that a person chose; None = whichever has it.
    """

    units: int
    learnt_at: datetime | None
    short: int = 0
    oversold: int = 0
    spoiled: bool = False
    leaves_from: str | None = None
    gone: int = 0

    @property
    def due(self) -> int:
        """How many pieces are still to leave."""
        return self.units - self.gone

    @property
    def tracked(self) -> bool:
        """Whether there is stock it could be held from."""
        return self.learnt_at is not None


@dataclass(frozen=True)
class Asking:
    """An order as the stock sees it; ``lines`` are the pieces of each SKU that each of its lines wants."""

    known_at: datetime
    paid: bool
    shipped: bool
    ended: bool
    ended_by_merchant: bool
    places: Sequence[str]
    may_split: bool
    holds_for: timedelta
    lines: Sequence[Mapping[str, int]]
    wishes: Mapping[str, Wish]
    decided: bool = False
    lapsed: bool = False


@dataclass(frozen=True)
class Settled:
    """What is to happen: holds to confirm, to close (with the step that closes them), to grant; and how the order stands then."""

    state: str
    confirm: tuple[Place, ...] = ()
    close: Mapping[Place, Ending] = field(default_factory=dict)
    grant: Mapping[Place, int] = field(default_factory=dict)
    expires_at: datetime | None = None
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    lines: int = 0
    lines_filled: int = 0

    @property
    def short_units(self) -> int:
        """How many pieces nothing covers."""
        return sum(wish.short for wish in self.wishes.values())


def settle(asking: Asking, *, holds: Sequence[Hold], free: Mapping[Place, int], as_of: datetime) -> Settled:
    """Judge one order; ``free`` is what could be granted now, its own holds not counted in."""
    if asking.shipped or asking.ended:
        return _over(asking, holds)
    lapsed = [hold for hold in holds if hold.has_expired(as_of)]
    if not asking.paid and (lapsed or asking.lapsed):
        # lines of one order stand together: what was extended apart goes with the others
        return _told(asking, "lapsed", close={hold.place: "expired" if hold in lapsed else "released" for hold in holds}, short={})
    kept = [hold for hold in holds if hold not in lapsed]
    close: dict[Place, Ending] = {hold.place: "expired" for hold in lapsed}
    close |= {hold.place: _misplaced(asking, hold) for hold in kept if _is_misplaced(asking, hold, kept)}
    staying = [hold for hold in kept if hold.place not in close]
    return _placed(asking, staying, close=close, free=_with(free, [hold for hold in holds if hold.place in close]), as_of=as_of)


def _over(asking: Asking, holds: Sequence[Hold]) -> Settled:
    ending: Ending = "shipped" if asking.shipped else "cancelled"
    spoiled = not asking.shipped and asking.ended_by_merchant
    state = "shipped" if asking.shipped else "closed"
    return _told(asking, state, close={hold.place: ending for hold in holds}, short={}, spoiled=spoiled)


def _is_misplaced(asking: Asking, hold: Hold, holds: Sequence[Hold]) -> bool:
    if _is_elsewhere(asking, hold):
        return True
    held = sum(each.units for each in holds if each.sku_code == hold.sku_code)
    return held > (asking.wishes[hold.sku_code].due if hold.sku_code in asking.wishes else 0)


def _misplaced(asking: Asking, hold: Hold) -> Ending:
    return "moved" if _is_elsewhere(asking, hold) else "changed"


def _is_elsewhere(asking: Asking, hold: Hold) -> bool:
    """Say whether a hold lies in another warehouse than the one its goods are to leave from."""
    wish = asking.wishes.get(hold.sku_code)
    return wish is not None and wish.leaves_from not in (None, hold.warehouse_code)


def _placed(asking: Asking, staying: Sequence[Hold], *, close: dict[Place, Ending], free: Mapping[Place, int], as_of: datetime) -> Settled:
    """Grant what is missing; a SKU that is partly held is granted anew only where that covers more of it."""
    held: dict[str, int] = {}
    for hold in staying:
        held[hold.sku_code] = held.get(hold.sku_code, 0) + hold.units
    wants = {sku: wish.due for sku, wish in asking.wishes.items() if wish.tracked and held.get(sku, 0) < wish.due}
    partly = [hold for hold in staying if hold.sku_code in wants]
    found = _allocated(asking, wants, free=_with(free, partly))
    better = {sku for sku in wants if wants[sku] - found.short.get(sku, 0) > held.get(sku, 0)}
    close = close | {hold.place: "changed" for hold in partly if hold.sku_code in better}
    grant = {place: units for place, units in found.taken.items() if place[0] in better}
    short = {sku: found.short.get(sku, 0) if sku in better else wants[sku] - held.get(sku, 0) for sku in wants}
    confirm = tuple(hold.place for hold in staying if asking.paid and not hold.paid and hold.place not in close)
    expires = None if asking.paid else as_of + asking.holds_for
    return _told(asking, _state(asking, short), close=close, grant=grant, short=short, confirm=confirm, expires_at=expires)


def _allocated(asking: Asking, wants: Mapping[str, int], *, free: Mapping[Place, int]) -> Allocation:
    """Allocate together what may come from anywhere, and by itself what is to leave from one warehouse."""
    bound = {sku: place for sku in wants if (place := asking.wishes[sku].leaves_from) is not None}
    open_wants = {sku: units for sku, units in wants.items() if sku not in bound}
    found = [allocate(open_wants, free=free, places=asking.places, may_split=asking.may_split)] if open_wants else []
    found += [allocate({sku: wants[sku]}, free=free, places=(place,), may_split=True) for sku, place in bound.items()]
    taken = {place: units for each in found for place, units in each.taken.items()}
    return Allocation(taken, {sku: units for each in found for sku, units in each.short.items()})


def _state(asking: Asking, short: Mapping[str, int]) -> str:
    tracked = {sku: wish.due for sku, wish in asking.wishes.items() if wish.tracked}
    if not tracked:
        return "untracked"
    missing = sum(short.values())
    if not missing:
        return "held"
    return "short" if missing == sum(tracked.values()) else "partial"


def _told(
    asking: Asking,
    state: str,
    *,
    close: Mapping[Place, Ending],
    short: Mapping[str, int],
    grant: Mapping[Place, int] | None = None,
    confirm: tuple[Place, ...] = (),
    expires_at: datetime | None = None,
    spoiled: bool = False,
) -> Settled:
    wishes = {sku: _wish(asking, wish, short.get(sku, 0), spoiled=spoiled) for sku, wish in asking.wishes.items()}
    due = [line for line in asking.lines if any(counts(asking.wishes[sku], known_at=asking.known_at) for sku in line)]
    filled = lines_filled(due, wishes)
    return Settled(state, confirm, close, grant or {}, expires_at, wishes, len(due), filled)


def counts(wish: Wish, *, known_at: datetime) -> bool:
    """Say whether a wish counts for the index: stock was known when it came; before that nothing could be short."""
    return wish.learnt_at is not None and wish.learnt_at <= known_at


def _wish(asking: Asking, wish: Wish, short: int, *, spoiled: bool) -> Wish:
    first = not asking.decided and counts(wish, known_at=asking.known_at)
    oversold = min(short, wish.units) if first else min(wish.oversold, wish.units)
    worse = asking.decided and short > wish.short
    return replace(wish, short=short, oversold=oversold, spoiled=wish.spoiled or worse or (spoiled and wish.tracked))


def lines_filled(lines: Sequence[Mapping[str, int]], wishes: Mapping[str, Wish]) -> int:
    """Count the lines that were covered on arrival and stayed so; lines of one SKU are covered in their order.

    >>> since = datetime(2026, 1, 1)
    >>> lines_filled([{"a": 2}, {"a": 1}, {"b": 1}], {"a": Wish(3, since, oversold=1), "b": Wish(1, since)})
    2
    """
    left = {sku: 0 if wish.spoiled else wish.units - wish.oversold for sku, wish in wishes.items()}
    filled = 0
    for line in lines:
        if all(left[sku] >= units for sku, units in line.items()):
            filled += 1
        for sku, units in line.items():
            left[sku] = max(0, left[sku] - units)
    return filled


def _with(free: Mapping[Place, int], holds: Sequence[Hold]) -> dict[Place, int]:
    """Return what is free once some holds are given back."""
    given = dict(free)
    for hold in holds:
        given[hold.place] = given.get(hold.place, 0) + hold.units
    return given
