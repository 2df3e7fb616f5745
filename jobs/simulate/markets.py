"""Whom does a shop sell to: where do they live, when do they buy, and how do parcels reach them?"""

from dataclasses import dataclass

from jobs.simulate import geography, rhythm
from jobs.simulate.geography import Region
from jobs.simulate.rhythm import Rhythm

# A parcel for abroad leaves from the south or the east, where the airports are.
_AIRPORTS_FIRST = (0, 1, 4, 3, 2)


@dataclass(frozen=True, eq=False)
class Market:
    """A market: its regions and rhythm; abroad one carrier for all, the warehouses in the order in which they serve, one freight.

    ``carrier``, ``served_from`` and ``freight_minor`` are None at home, where distance, weight and province decide.
    """

    regions: tuple[Region, ...]
    rhythm: Rhythm
    carrier: int | None = None
    served_from: tuple[int, ...] | None = None
    freight_minor: int | None = None

    @property
    def abroad(self) -> bool:
        """Whether parcels leave the country."""
        return self.carrier is not None


CHINA = Market(geography.PROVINCES, rhythm.CHINA)
OVERSEAS = Market(geography.COUNTRIES, rhythm.OVERSEAS, geography.DHL, _AIRPORTS_FIRST, 600)
MALAYSIA = Market(geography.MALAYSIAN_STATES, rhythm.SOUTHEAST_ASIA, geography.SPX, _AIRPORTS_FIRST, 490)
