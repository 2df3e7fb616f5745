"""What goes wrong in the merchant's last weeks that is worth finding: who is struck, when, and how hard?

Three episodes a seed: a carrier breaks down in one region, a promotion overloads one warehouse, one shop's interface
tells its news late. The seed chooses who is struck, the anchor (the day on which the history ends) sets the dates; nothing
else is asked, so that the same orders come whether they are asked for every minute or once after hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.dice import HOUR, Flags, Ints
from jobs.simulate.geography import CARRIERS, PROVINCES, WAREHOUSES

# A breakdown in a small province would be seen by nobody: per mille of all buyers from which one is struck.
_STRUCK_WEIGHT = 39
_NEIGHBOURS = 5
# How late the carrier takes a parcel at the beginning of its breakdown and at its end.
_FIRST_LATE_S, _LAST_LATE_S = 72 * HOUR, 24 * HOUR
# The hours in which carriers fetch parcels, and how long it takes until the last of a morning's are on the van.
_FETCHES, _FETCHES_NO_MORE, _LOADING_S = 8, 22, 2 * HOUR
# Once a promotion is over, borrowed hands clear what it left behind.
_CATCH_UP, _CATCH_UP_DAYS = 1.7, 3


@dataclass(frozen=True)
class Breakdown:
    """A carrier fetches parcels to some provinces days late; days [since_day, until_day)."""

    carrier: int
    regions: tuple[int, ...]
    since_day: int
    until_day: int

    def strikes(self, left: Ints) -> Flags:
        """Flag the instants of departure that fall into the breakdown."""
        inside: Flags = (left >= rhythm.midnight(self.since_day)) & (left < rhythm.midnight(self.until_day))
        return inside

    def handed_over(self, left: Ints, stockout: Ints) -> Ints:
        """Return when the carrier takes parcels that should have left in the breakdown: 3 days late at first, 1 at last.

        None overtakes another by day; what would be fetched at night is fetched in the course of the next morning.
        """
        begun, over = rhythm.midnight(self.since_day), rhythm.midnight(self.until_day)
        late = np.interp(left, [begun, over], [_FIRST_LATE_S, _LAST_LATE_S]).astype(np.int64)
        fetched = rhythm.into_hours(left + late, _FETCHES, _FETCHES_NO_MORE)
        loading = np.where(fetched > left + late, stockout * 7_919 % _LOADING_S, 0)
        taken: Ints = fetched + loading
        return taken


@dataclass(frozen=True)
class Overload:
    """A promotion leaves a warehouse only a part of its strength for the usual orders; days [since_day, until_day)."""

    warehouse: int
    since_day: int
    until_day: int
    strength: float

    def by_day(self) -> dict[int, float]:
        """Return the warehouse's strength on each day that is not an ordinary one, those of catching up included."""
        weak = dict.fromkeys(range(self.since_day, self.until_day), self.strength)
        return weak | dict.fromkeys(range(self.until_day, self.until_day + _CATCH_UP_DAYS), _CATCH_UP)


@dataclass(frozen=True)
class Stale:
    """A shop's interface gives in [since, until) nothing until the end (unix seconds)."""

    shop_id: str
    since: int
    until: int


@dataclass(frozen=True)
class Story:
    """The episodes of a merchant's last weeks."""

    breakdowns: tuple[Breakdown, ...] = ()
    overloads: tuple[Overload, ...] = ()
    stale: tuple[Stale, ...] = ()

    def strength(self, warehouse: int) -> Mapping[int, float]:
        """Return a warehouse's strength by day where it is not the usual one."""
        days: dict[int, float] = {}
        for overload in self.overloads:
            if overload.warehouse == warehouse:
                days |= overload.by_day()
        return days

    def hold_up(self, parcels: pd.DataFrame, orders: pd.DataFrame) -> Ints:
        """Return when parcels ready to leave at ``left`` really do; ``orders`` tell where they go."""
        left = parcels["left"].to_numpy().copy()
        for breakdown in self.breakdowns:
            rows = np.flatnonzero((parcels["carrier"] == breakdown.carrier).to_numpy() & breakdown.strikes(left))
            keys = parcels["key"].iloc[rows]
            known = orders[orders["key"].isin(keys)]
            region = pd.Series(known["region"].to_numpy(), index=known["key"]).reindex(keys)
            rows = rows[region.isin(breakdown.regions).to_numpy()]
            left[rows] = breakdown.handed_over(left[rows], parcels["stockout"].to_numpy()[rows])
        return left


# Weeks in which nothing goes wrong.
QUIET = Story()


def story_of(seed: int, *, anchor_day: int | None, shops: Sequence[str]) -> Story:
    """Return what befalls a merchant with these shops around the day on which his history ends; nothing without one.

    The breakdown overlaps the last seven closed days; the overload lies in the same days or in the seven before, unless
    those have the queues of a great sale; the stale interface comes on the day after, since a history is written at once
    and nothing in it can be late.
    """
    if anchor_day is None:
        return QUIET
    rng = np.random.default_rng([seed, 23])
    return Story((_breakdown(rng, anchor_day),), (_overload(rng, anchor_day),), (_stale(rng, anchor_day, shops),) if shops else ())


def told(story: Story, *, seed: int, anchor_day: int) -> dict[str, object]:
    """Return the story as it is kept for those who measure whether it is found; dates and instants are Shanghai's."""
    return {
        "seed": seed,
        "anchor": str(rhythm.day_of(anchor_day)),
        "breakdowns": [
            {"carrier": CARRIERS[b.carrier].name, "regions": [PROVINCES[region].name for region in b.regions], **_window(b)}
            for b in story.breakdowns
        ],
        "overloads": [
            {"warehouse": WAREHOUSES[o.warehouse].code, "name": WAREHOUSES[o.warehouse].name, "strength": o.strength, **_window(o)}
            for o in story.overloads
        ],
        "stale": [{"shop_id": s.shop_id, "since": _shanghai(s.since), "until": _shanghai(s.until)} for s in story.stale],
    }


def _window(episode: Breakdown | Overload) -> dict[str, str]:
    return {"since": _shanghai(rhythm.midnight(episode.since_day)), "until": _shanghai(rhythm.midnight(episode.until_day))}


def _shanghai(instant: int) -> str:
    return f"{rhythm.instant_of(instant + rhythm.SHANGHAI_OFFSET):%Y-%m-%dT%H:%M:%S}+08:00"


def _breakdown(rng: np.random.Generator, anchor_day: int) -> Breakdown:
    centre = int(rng.choice([number for number, place in enumerate(PROVINCES) if place.weight >= _STRUCK_WEIGHT]))
    carrier = int(rng.choice([number for number, carrier in enumerate(CARRIERS) if not carrier.abroad]))
    since_day = anchor_day - int(rng.integers(6, 8))
    return Breakdown(carrier, _around(centre), since_day, since_day + int(rng.integers(5, 7)))


def _around(centre: int) -> tuple[int, ...]:
    """Return a province and those nearest to it, the province first."""
    latitude, longitude = np.radians([[place.latitude, place.longitude] for place in PROVINCES]).T
    far = np.hypot(latitude - latitude[centre], (longitude - longitude[centre]) * np.cos(latitude[centre]))
    return tuple(np.argsort(far, kind="stable")[: 1 + _NEIGHBOURS].tolist())


def _overload(rng: np.random.Generator, anchor_day: int) -> Overload:
    warehouse = int(rng.integers(len(WAREHOUSES)))
    before, back, longer = bool(rng.integers(2)), int(rng.integers(5, 8)), int(rng.integers(2))
    hard = float(rng.random())
    if before and not _after_a_great_sale(anchor_day):
        # Milder and short in the week before, or the breakdown's week would look like a recovery.
        since_day = anchor_day - 7 - back
        return Overload(warehouse, since_day, since_day + 3, round(0.28 - 0.05 * hard, 2))
    since_day = anchor_day - back
    return Overload(warehouse, since_day, since_day + 3 + longer, round(0.26 - 0.1 * hard, 2))


def _after_a_great_sale(anchor_day: int) -> bool:
    """Tell whether a great sale already fills the queues of the week before."""
    return any(rhythm.is_big_promotion(rhythm.day_of(anchor_day - back)) for back in range(7, 20))


def _stale(rng: np.random.Generator, anchor_day: int, shops: Sequence[str]) -> Stale:
    shop_id = shops[int(rng.integers(len(shops)))]
    since = rhythm.midnight(anchor_day + 1) + HOUR * int(rng.integers(9, 16))
    return Stale(shop_id, since, since + HOUR * int(rng.integers(3, 6)))
