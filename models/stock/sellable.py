"""Why can a SKU not be sold from a warehouse, or not in a channel?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Weight = Literal["stops", "limits", "helps"]
# A quota that is a share above nothing keeps no channel from selling by itself.
SHOWN_ENOUGH = 1


@dataclass(frozen=True)
class Standing:
    """A SKU in a warehouse as of a minute, in pieces.

    ``available`` is on hand − held, expired holds not counted; ``expired`` are pieces of holds past their end that no job has swept;
    ``short`` are pieces that accepted orders want and nothing covers; ``opened`` says that the book has begun.
    """

    on_hand: int
    held: int
    available: int
    inbound: int
    expired: int = 0
    short: int = 0
    orders_holding: int = 0
    safety: int | None = None
    opened: bool = True


@dataclass(frozen=True)
class Shown:
    """What a channel was told of a SKU and what it shows; None where it was never told, or never looked at."""

    channel: str
    quota: int | None
    published: int | None
    action: str
    really: int | None
    really_age_seconds: float | None


@dataclass(frozen=True)
class Reason:
    """One reason by its code, with the figures and the channel it names; it stops all sales, limits them, or is what helps."""

    code: str
    weight: Weight
    values: Mapping[str, int | float | str] = field(default_factory=dict)


def reasons_against(standing: Standing, *, channels: Sequence[Shown] = ()) -> list[Reason]:
    """Return why a SKU is not sellable, what stops it everywhere first; empty where nothing stands against it.

    >>> [each.code for each in reasons_against(Standing(on_hand=5, held=5, available=0, inbound=9, orders_holding=3))]
    ['all_held', 'inbound']
    >>> reasons_against(Standing(on_hand=5, held=0, available=5, inbound=9))
    []
    """
    found = [*_in_the_warehouse(standing), *(reason for each in channels for reason in _in_the_channel(standing, each))]
    if not found:
        return []
    if standing.inbound > 0:
        found.append(Reason("inbound", "helps", {"units": standing.inbound}))
    if standing.expired > 0:
        found.append(Reason("expired_not_swept", "helps", {"units": standing.expired}))
    return found


def _in_the_warehouse(standing: Standing) -> list[Reason]:
    if not standing.opened:
        return [Reason("never_opened", "stops")]
    found = []
    if standing.on_hand < 0:
        found.append(Reason("below_zero", "stops", {"units": -standing.on_hand}))
    elif standing.on_hand == 0:
        found.append(Reason("none_on_hand", "stops"))
    elif standing.available <= 0:
        found.append(Reason("all_held", "stops", {"on_hand": standing.on_hand, "orders": standing.orders_holding}))
    if standing.short > 0:
        found.append(Reason("short", "stops" if standing.available <= 0 else "limits", {"units": standing.short}))
    if standing.safety is not None and 0 < standing.available <= standing.safety:
        found.append(Reason("at_safety", "limits", {"available": standing.available, "safety": standing.safety}))
    return found


def _in_the_channel(standing: Standing, shown: Shown) -> list[Reason]:
    """Say what keeps one channel from selling although the warehouse could, and where it shows another number than it was told."""
    found = []
    if standing.available > 0:
        if shown.quota == 0:
            found.append(Reason("no_quota", "limits", {"channel": shown.channel}))
        elif shown.action == "delist":
            found.append(Reason("delisted", "limits", {"channel": shown.channel}))
        elif shown.published is None:
            found.append(Reason("never_published", "limits", {"channel": shown.channel}))
    if shown.really is not None and shown.published is not None and shown.really != shown.published:
        values: dict[str, int | float | str] = {"channel": shown.channel, "published": shown.published, "really": shown.really}
        age = {} if shown.really_age_seconds is None else {"age_seconds": shown.really_age_seconds}
        found.append(Reason("shows_another", "limits", values | age))
    return found
