"""By when must an order have left, and has it broken that promise?

A promise is one instant, ``deadline_at``, fixed when the order is paid and never moved afterwards: a ship-by time the source states
is taken as it is, else a rule makes one. ``is_late`` is the only judge; ``data/promise_sql.py`` says the same in SQL, and a test
holds the two together.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

ANY = "*"
# Reasons of closing that are the merchant's own doing: taking such orders out of the count would reward selling what is not there.
MERCHANT_CLOSED = "缺货|无货|断货|库存不足|out of stock|sold out|inventory"
# The most an end of a working-day promise looks ahead: the longest holiday is nine days.
_LONGEST_DAYS = 400

Verdict = Literal["no_promise", "excluded", "open", "on_time", "late", "unsure"]


@dataclass(frozen=True)
class PromiseRule:
    """One row of the rule table: what is promised to orders of a channel and kind whose clock starts from ``valid_from`` on.

    ``ANY`` stands for every channel or kind. Either ``hours`` by the clock or the end of the ``working_days``-th working day after
    the day of the start. A start at or after ``cut_off_hour`` (24 = none), local time, counts from the next day.
    """

    channel: str
    kind: str
    valid_from: datetime
    hours: int | None = None
    working_days: int | None = None
    cut_off_hour: int = 24

    @property
    def key(self) -> str:
        """Name the rule as it is stored beside each deadline it made.

        >>> PromiseRule("jd", ANY, datetime(2026, 1, 1, tzinfo=UTC), hours=24).key
        'jd/*@20260101T000000Z'
        """
        return f"{self.channel}/{self.kind}@{self.valid_from.astimezone(UTC):%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True)
class WorkingDays:
    """A calendar: days that somebody decided (make-up Saturdays, holidays); all others are working Monday to Friday."""

    decided: Mapping[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        """Say whether a day is a working day.

        >>> WorkingDays({date(2026, 2, 14): True}).works(date(2026, 2, 14)), WorkingDays().works(date(2026, 2, 14))
        (True, False)
        """
        return self.decided.get(day, day.weekday() < 5)

    def after(self, day: date, *, count: int) -> date:
        """Return the ``count``-th working day after a day; a day off counts from the working day before it.

        >>> WorkingDays().after(date(2026, 11, 27), count=2), WorkingDays().after(date(2026, 11, 28), count=2)
        (datetime.date(2026, 12, 1), datetime.date(2026, 12, 1))
        """
        for ahead in range(1, _LONGEST_DAYS):
            later = day + timedelta(days=ahead)
            count -= self.works(later)
            if count == 0:
                return later
        raise ValueError(f"no working day in the {_LONGEST_DAYS} days after {day}")


def rule_for(rules: Iterable[PromiseRule], *, channel: str, kind: str, start: datetime) -> PromiseRule | None:
    """Return the rule that holds for an order: the most specific, channel before kind; of its versions the last in force at the start."""
    fitting = [r for r in rules if r.channel in (channel, ANY) and r.kind in (kind, ANY) and r.valid_from <= start]
    return max(fitting, key=lambda rule: (rule.channel != ANY, rule.kind != ANY, rule.valid_from), default=None)


def deadline_of(rule: PromiseRule, *, start: datetime, zone: str, calendar: WorkingDays) -> datetime:
    """Return the deadline (UTC) of an order whose clock starts at ``start``, by the shop's zone and calendar.

    >>> rule = PromiseRule("shopify", ANY, datetime(2026, 1, 1, tzinfo=UTC), working_days=1, cut_off_hour=16)
    >>> deadline_of(rule, start=datetime(2026, 11, 27, 9, tzinfo=UTC), zone="Asia/Shanghai", calendar=WorkingDays()).isoformat()
    '2026-11-30T16:00:00+00:00'
    """
    local = start.astimezone(ZoneInfo(zone))
    missed = local.hour >= rule.cut_off_hour
    if rule.working_days is not None:
        day = calendar.after(local.date() + timedelta(days=missed), count=rule.working_days)
        return _midnight(day + timedelta(days=1), zone=zone)
    begins = _midnight(local.date() + timedelta(days=1), zone=zone) if missed else start
    return begins.astimezone(UTC) + timedelta(hours=rule.hours or 0)


@dataclass(frozen=True)
class Promised:
    """What judging an order takes: its deadline, and when it left or ended, each as an interval (equal ends where exact).

    ``ended`` is the earlier of a cancellation and a refund. ``closed_by_merchant`` marks a cancellation for want of stock, which is
    late at once.
    """

    deadline_at: datetime | None
    shipped_from: datetime | None = None
    shipped_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None
    closed_by_merchant: bool = False


def verdict(order: Promised, *, as_of: datetime) -> Verdict:
    """Judge an order's promise as of an instant.

    - ``no_promise``: neither the source nor a rule gave a deadline.
    - ``excluded``: the buyer cancelled before the deadline, and it had not left.
    - ``on_time``, ``late``: certain, whatever the intervals hide. ``unsure``: the deadline lies inside an interval.
    - ``open``: not shipped, and the deadline has not passed.
    """
    if order.deadline_at is None:
        return "no_promise"
    if order.shipped_from is not None and order.shipped_to is not None and order.shipped_from <= as_of:
        return _kept(order.deadline_at, order.shipped_from, order.shipped_to)
    if order.ended_from is not None and order.ended_to is not None and order.ended_from <= as_of:
        if order.closed_by_merchant:
            return "late"
        if order.ended_to <= order.deadline_at:
            return "excluded"
        if order.ended_from < order.deadline_at:
            return "unsure"
    return "late" if order.deadline_at <= as_of else "open"


def is_late(order: Promised, as_of: datetime) -> bool | None:
    """Say whether an order is late: shipped after its deadline, or not shipped and the deadline has passed; None where bounds hide it.

    >>> due = datetime(2026, 1, 3, tzinfo=UTC)
    >>> is_late(Promised(due), due), is_late(Promised(due, shipped_from=due, shipped_to=due), due), is_late(Promised(None), due)
    (True, False, False)
    """
    found = verdict(order, as_of=as_of)
    return None if found == "unsure" else found == "late"


def closed_by_merchant(reason: str | None) -> bool:
    """Say whether a close reason is the merchant's own doing.

    >>> closed_by_merchant("商家缺货"), closed_by_merchant("不想要了"), closed_by_merchant(None)
    (True, False, False)
    """
    return reason is not None and re.search(MERCHANT_CLOSED, reason, re.IGNORECASE) is not None


def _kept(deadline_at: datetime, shipped_from: datetime, shipped_to: datetime) -> Verdict:
    if shipped_to <= deadline_at:
        return "on_time"
    return "late" if shipped_from > deadline_at else "unsure"


def _midnight(day: date, *, zone: str) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
