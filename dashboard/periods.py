"""Which business days does a preset such as 近7日 mean today, and which days came before it?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dashboard.i18n import msg

PRESETS: tuple[tuple[str, str], ...] = (
    ("today", msg("今日")),
    ("yesterday", msg("昨日")),
    ("7d", msg("近7日")),
    ("30d", msg("近30日")),
    ("month", msg("本月")),
    ("promotion", msg("大促")),
    ("custom", msg("自定义")),
)
DEFAULT_PRESET = "7d"

# The platforms' large sales, first and last day; 大促 is the one that began last.
PROMOTIONS: tuple[tuple[str, tuple[int, int], tuple[int, int]], ...] = (
    (msg("年货节"), (1, 5), (1, 20)),
    (msg("38 节"), (3, 1), (3, 8)),
    (msg("618"), (6, 1), (6, 20)),
    (msg("双11"), (11, 1), (11, 11)),
    (msg("双12"), (12, 8), (12, 12)),
)
LONGEST_DAYS = 400


@dataclass(frozen=True)
class Period:
    """Business days ``[since, until)``, and the promotion they are, if any."""

    since: date
    until: date
    promotion: str | None = None

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.until - self.since).days

    @property
    def previous(self) -> "Period":
        """The period of equal length that ended where this one begins."""
        return Period(since=self.since - timedelta(days=self.days), until=self.since)

    def bounds(self, zone: str) -> tuple[datetime, datetime]:
        """Return the half-open bounds in UTC; a day is as long as its zone makes it."""
        return start_of_day(self.since, zone=zone), start_of_day(self.until, zone=zone)


def period_of(preset: str, *, today: date, chosen: tuple[date | None, date | None] = (None, None)) -> Period:
    """Return what a preset means today; ``chosen`` is the first and the last day of a custom range.

    >>> period_of("7d", today=date(2026, 11, 22))
    Period(since=datetime.date(2026, 11, 16), until=datetime.date(2026, 11, 23), promotion=None)
    >>> period_of("promotion", today=date(2026, 2, 1)).promotion
    '年货节'
    """
    tomorrow = today + timedelta(days=1)
    if preset == "today":
        return Period(since=today, until=tomorrow)
    if preset == "yesterday":
        return Period(since=today - timedelta(days=1), until=today)
    if preset == "30d":
        return Period(since=tomorrow - timedelta(days=30), until=tomorrow)
    if preset == "month":
        return Period(since=today.replace(day=1), until=tomorrow)
    if preset == "promotion":
        return _last_promotion(today)
    if preset == "custom" and chosen[0] is not None and chosen[1] is not None:
        first, last = sorted((chosen[0], chosen[1]))
        return Period(since=max(first, last - timedelta(days=LONGEST_DAYS - 1)), until=last + timedelta(days=1))
    return Period(since=tomorrow - timedelta(days=7), until=tomorrow)


def business_today(as_of: datetime, *, zone: str) -> date:
    """Return the business day of an instant."""
    return as_of.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, *, zone: str) -> datetime:
    """Return the instant (UTC) at which a business day begins."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _last_promotion(today: date) -> Period:
    begun = [
        Period(since=date(year, *first), until=date(year, *last) + timedelta(days=1), promotion=name)
        for year in (today.year - 1, today.year)
        for name, first, last in PROMOTIONS
        if date(year, *first) <= today
    ]
    return max(begun, key=lambda period: period.since)
