"""Do the filters mean the days and the part of the business that they say?"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import Filters
from dashboard.periods import DEFAULT_PRESET, LONGEST_DAYS, PRESETS, Period, business_today, period_of

ZONE = "Asia/Shanghai"
TODAY = date(2026, 11, 22)
AS_OF = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Shanghai
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", "2026-11-22", "2026-11-22"),
        ("yesterday", "2026-11-21", "2026-11-21"),
        ("7d", "2026-11-16", "2026-11-22"),
        ("30d", "2026-10-24", "2026-11-22"),
        ("month", "2026-11-01", "2026-11-22"),
        ("promotion", "2026-11-01", "2026-11-11"),
    ],
)
def test_a_preset_means_these_days(preset: str, first: str, last: str) -> None:
    period = period_of(preset, today=TODAY)

    assert (period.since.isoformat(), (period.until - timedelta(days=1)).isoformat()) == (first, last)


def test_a_page_opens_on_the_last_seven_days() -> None:
    assert DEFAULT_PRESET == "7d"


@given(today=DAYS, preset=st.sampled_from([code for code, _ in PRESETS]))
def test_the_period_before_is_as_long_and_ends_where_this_one_begins(today: date, preset: str) -> None:
    period = period_of(preset, today=today)

    assert period.previous.days == period.days > 0
    assert period.previous.until == period.since


@given(first=DAYS, last=DAYS)
def test_a_custom_range_may_be_given_backwards_and_is_never_endless(first: date, last: date) -> None:
    period = period_of("custom", today=TODAY, chosen=(first, last))

    assert period == period_of("custom", today=TODAY, chosen=(last, first))
    assert period.until == max(first, last) + timedelta(days=1)
    assert period.days == min(abs((last - first).days) + 1, LONGEST_DAYS)


def test_days_begin_at_midnight_of_the_business_zone() -> None:
    assert Period(since=TODAY, until=TODAY + timedelta(days=1)).bounds(ZONE) == (
        datetime(2026, 11, 21, 16, tzinfo=UTC),
        datetime(2026, 11, 22, 16, tzinfo=UTC),
    )
    assert business_today(datetime(2026, 11, 21, 16, 0, tzinfo=UTC), zone=ZONE) == TODAY
    assert business_today(datetime(2026, 11, 21, 15, 59, tzinfo=UTC), zone=ZONE) == TODAY - timedelta(days=1)


def test_a_day_of_the_clock_change_is_an_hour_longer() -> None:
    since, until = Period(since=date(2026, 11, 1), until=date(2026, 11, 2)).bounds("America/New_York")

    assert until - since == timedelta(hours=25)


def test_like_is_compared_with_like_while_the_period_still_runs() -> None:
    chosen = Filters(preset="7d", period=period_of("7d", today=TODAY), zone=ZONE, as_of=AS_OF)

    assert chosen.compared.until == AS_OF - timedelta(days=7)
    assert chosen.compared.since == chosen.cut.since - timedelta(days=7)


def test_a_period_that_is_over_is_compared_whole() -> None:
    chosen = Filters(preset="yesterday", period=period_of("yesterday", today=TODAY), zone=ZONE, as_of=AS_OF)

    assert chosen.compared.until == chosen.cut.since
    assert chosen.compared.until - chosen.compared.since == timedelta(days=1)


def test_the_trend_of_one_day_reaches_back_for_the_sparkline() -> None:
    chosen = Filters(preset="today", period=period_of("today", today=TODAY), zone=ZONE, as_of=AS_OF, channels=("douyin",))

    assert chosen.trend(14).since == chosen.cut.until - timedelta(days=14)
    assert chosen.trend(14).channels == ("douyin",)
