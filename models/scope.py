"""Which shops, channels and warehouses may this person see?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """What a person may see; None means no limit, an empty tuple means nothing at all."""

    shops: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    warehouses: tuple[str, ...] | None = None

    def holds(self, *, shop_id: str, channel: str, warehouse_code: str | None) -> bool:
        """Say whether an order lies within; one without a warehouse lies outside any limit of warehouses.

        >>> Scope(shops=("a",)).holds(shop_id="a", channel="jd", warehouse_code=None)
        True
        >>> Scope(warehouses=("x",)).holds(shop_id="a", channel="jd", warehouse_code=None)
        False
        """
        limits = ((self.shops, shop_id), (self.channels, channel), (self.warehouses, warehouse_code))
        return all(allowed is None or value in allowed for allowed, value in limits)


EVERYTHING = Scope()

ROLES: tuple[str, ...] = ("manager", "analyst", "operations", "finance", "warehouse", "it")
# Roles that may reveal a buyer's contact, each time with an audit row.
REVEALING_ROLES: frozenset[str] = frozenset({"manager", "operations", "it"})
# Roles that may own an order and comment on it, where their scope lets them see it.
HANDLING_ROLES: frozenset[str] = frozenset(ROLES)
# Roles that may change targets, promises, the calendar and the definition of the index.
DEFINING_ROLES: frozenset[str] = frozenset({"manager"})
