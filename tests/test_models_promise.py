"""By when must an order leave, and who is late? Cases worked out by hand, and laws."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.order_kinds import ORDER_KIND_TABLE, ORDER_KINDS_BY_KEY, clock_start
from models.orders import ORDER_KINDS
from models.promise import ANY, Promised, PromiseRule, WorkingDays, deadline_of, is_late, rule_for, verdict

EVER = datetime(1970, 1, 1, tzinfo=UTC)
# 2026: Saturday 14 February is worked, 15 to 23 February is the Spring Festival.
SPRING = WorkingDays(
    {date(2026, 2, 14): True, date(2026, 2, 28): True} | {date(2026, 2, day): False for day in range(15, 24)}  # make-up days, holiday
)
DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def shanghai(text: str) -> datetime:
    return (datetime.fromisoformat(text) - timedelta(hours=8)).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "days", "cut_off", "deadline"),
    [
        ("2026-11-25 10:00", 2, 24, "2026-11-28 00:00"),  # Wednesday: the end of Friday
        ("2026-11-26 10:00", 2, 24, "2026-12-01 00:00"),  # Thursday: the end of Monday
        ("2026-11-28 10:00", 2, 24, "2026-12-02 00:00"),  # Saturday counts from Friday: the end of Tuesday
        ("2026-11-26 15:59", 1, 16, "2026-11-28 00:00"),
        ("2026-11-26 16:00", 1, 16, "2026-12-01 00:00"),  # after the cut-off it is Friday's order
        ("2026-02-13 10:00", 1, 24, "2026-02-15 00:00"),  # the make-up Saturday is a working day
        ("2026-02-13 10:00", 2, 24, "2026-02-25 00:00"),  # and the festival is not
    ],
)
def test_a_working_day_promise_ends_with_its_day(start: str, days: int, cut_off: int, deadline: str) -> None:
    rule = PromiseRule("shopify", ANY, EVER, working_days=days, cut_off_hour=cut_off)

    assert deadline_of(rule, start=shanghai(start), zone="Asia/Shanghai", calendar=SPRING) == shanghai(deadline)


def test_a_promise_in_hours_goes_by_the_clock_through_weekends() -> None:
    rule = PromiseRule("taobao", ANY, EVER, hours=48)

    assert deadline_of(rule, start=shanghai("2026-11-28 23:30"), zone="Asia/Shanghai", calendar=SPRING) == shanghai("2026-11-30 23:30")


def test_a_working_day_ends_at_midnight_of_the_shops_own_zone_on_the_night_the_clock_changes() -> None:
    rule = PromiseRule("shopify", ANY, EVER, working_days=1)

    found = deadline_of(rule, start=datetime(2026, 3, 6, 18, tzinfo=UTC), zone="America/New_York", calendar=WorkingDays())

    # Friday's order is due with Monday; on Sunday the clock went forward, so midnight is four hours from Greenwich
    assert found == datetime(2026, 3, 10, 4, tzinfo=UTC)


def test_the_most_specific_rule_holds_and_of_its_versions_the_one_in_force() -> None:
    old, new = PromiseRule("jd", ANY, EVER, hours=48), PromiseRule("jd", ANY, DUE, hours=24)
    presale, everybody = PromiseRule(ANY, "presale", EVER, hours=72), PromiseRule(ANY, ANY, EVER, hours=96)
    rules = [everybody, new, presale, old]

    assert rule_for(rules, channel="jd", kind="normal", start=DUE - SECOND) == old
    assert rule_for(rules, channel="jd", kind="normal", start=DUE) == new
    assert rule_for(rules, channel="jd", kind="presale", start=DUE) == new
    assert rule_for(rules, channel="pdd", kind="presale", start=DUE) == presale
    assert rule_for(rules[:1], channel="pdd", kind="normal", start=DUE) == everybody
    assert rule_for([new], channel="jd", kind="normal", start=DUE - SECOND) is None


AS_OF = DUE + timedelta(days=1)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (Promised(None, shipped_from=DUE, shipped_to=DUE), "no_promise"),
        (Promised(DUE, shipped_from=DUE, shipped_to=DUE), "on_time"),
        (Promised(DUE, shipped_from=DUE + SECOND, shipped_to=DUE + SECOND), "late"),
        (Promised(DUE, shipped_from=DUE - SECOND, shipped_to=DUE + SECOND), "unsure"),
        (Promised(DUE), "late"),
        (Promised(AS_OF + SECOND), "open"),
        (Promised(DUE, shipped_from=AS_OF + SECOND, shipped_to=AS_OF + SECOND), "late"),
        (Promised(DUE, ended_from=DUE - SECOND, ended_to=DUE), "excluded"),
        (Promised(DUE, ended_from=DUE - SECOND, ended_to=DUE + SECOND), "unsure"),
        (Promised(DUE, ended_from=DUE + SECOND, ended_to=DUE + SECOND), "late"),
        (Promised(DUE, ended_from=DUE - SECOND, ended_to=DUE - SECOND, closed_by_merchant=True), "late"),
        (Promised(DUE, shipped_from=DUE, shipped_to=DUE, ended_from=DUE, ended_to=DUE), "on_time"),
    ],
)
def test_each_order_is_judged_by_its_deadline(order: Promised, found: str) -> None:
    assert verdict(order, as_of=AS_OF) == found


instants = st.integers(0, 6).map(lambda hours: DUE + timedelta(hours=hours - 3))


@given(instants, instants, instants)
def test_narrowing_an_interval_never_contradicts_what_was_certain(one: datetime, other: datetime, exact: datetime) -> None:
    first, last = sorted((one, other))
    moment = min(max(exact, first), last)

    bounded = is_late(Promised(DUE, shipped_from=first, shipped_to=last), AS_OF)

    assert bounded in (None, is_late(Promised(DUE, shipped_from=moment, shipped_to=moment), AS_OF))


@given(instants, instants)
def test_an_unshipped_order_once_late_stays_late(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))

    assert is_late(Promised(DUE), earlier) <= is_late(Promised(DUE), later)  # type: ignore[operator]


def test_every_kind_of_order_has_its_row_and_says_when_its_clock_starts() -> None:
    created, paid = DUE, DUE + SECOND

    starts = {key: clock_start(key, created_at=created, paid_at=paid) for key in ORDER_KINDS_BY_KEY}

    assert {kind.key for kind in ORDER_KIND_TABLE} == set(ORDER_KINDS)
    assert starts == {
        "normal": paid, "presale": paid, "gift": paid, "split": paid, "merged": paid,
        "cod": created, "exchange": created, "virtual": None,
    }  # fmt: skip
    assert clock_start("presale", created_at=created, paid_at=None) is None
    assert clock_start("gift", created_at=created, paid_at=None) == created
