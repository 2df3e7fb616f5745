"""Which shops, channels and warehouses may this person see?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """What a person may see; None means no limit, an empty tuple means nothing at all."""

    shops: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    warehouses: tuple[str, ...] | None = None


EVERYTHING = Scope()

ROLES: tuple[str, ...] = ("manager", "analyst", "operations", "finance", "warehouse", "it")
# Roles that may reveal a buyer's contact, each time with an audit row.
REVEALING_ROLES: frozenset[str] = frozenset({"manager", "operations", "it"})
# Roles that may change targets, promises, the calendar and the definition of the index.
DEFINING_ROLES: frozenset[str] = frozenset({"manager"})
