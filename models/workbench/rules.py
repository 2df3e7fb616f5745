"""By which rules does the workbench judge: capacity, control group, thresholds, opening hours, owners?"""

from collections.abc import Iterable
from dataclasses import dataclass, field

# Stands for every channel, warehouse or category in a rule.
ANY = "*"
DAY_MINUTES = 1440


@dataclass(frozen=True)
class WorkbenchSettings:
    """Numbers a manager sets; version 0 is what every installation starts with.

    120 orders are what one shift of three people can see to (an assumption, set your own). A late order costs ``late_cost_share`` of its
    value: an assumption too, for platforms and channels differ in what they claim.
    """

    version: int = 0
    capacity: int = 120
    hold_out_share: float = 0.05
    hold_out_seed: int = 1
    least_probability: float = 0.1
    overdue_minutes: int = 120
    late_cost_share: float = 0.05


@dataclass(frozen=True)
class OwnerRule:
    """Who gets the orders of a channel, warehouse and category that cross a line in some hours of some weekdays (0 = Monday).

    ``to_minute`` is exclusive; at or before ``from_minute`` it is of the next day.
    """

    rule_id: int
    channel: str
    warehouse_code: str
    category: str
    days: tuple[int, ...]
    from_minute: int
    to_minute: int
    owner: str
    version: int = 1


@dataclass(frozen=True)
class ReviewRule:
    """Orders of a channel and currency worth so much or more are held until reviewed; None = none is."""

    channel: str
    currency: str
    threshold_minor: int | None
    version: int = 1


@dataclass(frozen=True)
class OpenHours:
    """When a warehouse works, in minutes of the local day."""

    warehouse_code: str
    opens_minute: int
    closes_minute: int
    working_days_only: bool
    version: int = 1


@dataclass(frozen=True)
class Rules:
    """All of them, as they hold now."""

    settings: WorkbenchSettings = field(default_factory=WorkbenchSettings)
    owners: tuple[OwnerRule, ...] = ()
    reviews: tuple[ReviewRule, ...] = ()
    hours: tuple[OpenHours, ...] = ()


# What holds where nobody has set anything: a warehouse works from eight to ten every day, and 2,000 yuan are worth a look
# (assumptions; both are set on the page).
DEFAULT_HOURS = OpenHours(ANY, 8 * 60, 22 * 60, working_days_only=False, version=0)
DEFAULT_REVIEW = ReviewRule(ANY, "CNY", 200_000, version=0)


def hours_of(hours: Iterable[OpenHours], *, warehouse_code: str) -> OpenHours:
    """Return the opening hours of a warehouse: its own, else those of any.

    >>> hours_of((OpenHours("w", 540, 1080, True),), warehouse_code="w").opens_minute, hours_of((), warehouse_code="w").opens_minute
    (540, 480)
    """
    by_code = {each.warehouse_code: each for each in hours}
    return by_code.get(warehouse_code) or by_code.get(ANY) or DEFAULT_HOURS


def review_threshold(reviews: Iterable[ReviewRule], *, channel: str, currency: str) -> int | None:
    """Return from which value on an order is held: by its channel's rule, else the one for any channel; None = never.

    >>> rules = (ReviewRule("jd", "CNY", None), ReviewRule("*", "CNY", 300))
    >>> [review_threshold(rules, channel=channel, currency="CNY") for channel in ("jd", "pdd")]
    [None, 300]
    """
    by_key = {(each.channel, each.currency): each for each in (DEFAULT_REVIEW, *reviews)}
    found = by_key.get((channel, currency)) or by_key.get((ANY, currency))
    return None if found is None else found.threshold_minor
