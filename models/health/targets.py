"""Which target holds for a KPI in this channel and month? (product, A23)"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Target:
    """A target someone set; ``channel`` "" is all, ``month`` (its first day) None is every month, ``value`` None withdraws it."""

    kpi: str
    channel: str
    month: date | None
    value: float | None
    version: int
    set_by: str
    set_at: datetime

    def __post_init__(self) -> None:
        if self.month is not None and self.month.day != 1:
            raise ValueError(f"{self.kpi}: a month is written as its first day, not {self.month}")


def target_for(targets: Iterable[Target], *, kpi: str, channel: str, month: date | None, default: float | None) -> float | None:
    """Return the target of a KPI: of channel and month, else of the channel, else of the month, else of all, else ``default``.

    ``month`` is any day of it. Of rows for the same channel and month the latest version counts, and where that is withdrawn
    the next wider target holds.
    """
    first = month.replace(day=1) if month else None
    latest: dict[tuple[str, date | None], Target] = {}
    for target in targets:
        place = (target.channel, target.month)
        if target.kpi == kpi and (place not in latest or _age(target) > _age(latest[place])):
            latest[place] = target
    for place in ((channel, first), (channel, None), ("", first), ("", None)):
        found = latest.get(place)
        if found is not None and found.value is not None:
            return found.value
    return default


def _age(target: Target) -> tuple[int, datetime]:
    return target.version, target.set_at
