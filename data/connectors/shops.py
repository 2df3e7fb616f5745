"""Which shop does a row belong to, and in which zone and currency does it count?"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shop:
    """A shop as the mapping needs it."""

    shop_id: str
    channel: str
    name: str
    zone: str
    currency: str
    complete: bool = True


@dataclass(frozen=True)
class ShopBook:
    """The shops known when a file is mapped; ``given_shop`` is the one named by ``--shop`` or by the inbox folder.

    ``aliases`` maps a name or id as some file writes it to a shop id.
    """

    shops: Mapping[str, Shop] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    given_shop: str | None = None

    def find(self, label: str, *, channel: str | None = None) -> str | None:
        """Find the shop that a file calls ``label``: an id, an alias, or the one shop (of ``channel``) of that name."""
        if label in self.shops:
            return label
        if label in self.aliases:
            return self.aliases[label]
        named = [s.shop_id for s in self.shops.values() if s.name == label and channel in (None, s.channel)]
        return named[0] if len(named) == 1 else None

    def only_shop_of(self, channel: str) -> str | None:
        """Name the only shop of a channel, or None where there are none or several."""
        found = [shop.shop_id for shop in self.shops.values() if shop.channel == channel]
        return found[0] if len(found) == 1 else None
