"""Is a deadline what the promise's law makes of it, and is a label known when its deadline has passed and no sooner?"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delay_risk.clocks import DAY, ShopClock
from models.delay_risk.landmarks import LANDMARKS, landmark_at, landmarks_at
from models.delay_risk.rules import TargetRule
from models.delay_risk.targets import HOUR, deadlines, labels
from models.promise import Promised, PromiseRule, WorkingDays, deadline_of, verdict
from tests.given_risk import MONDAY, facts_of

HOLIDAYS = WorkingDays({date(2026, 2, 14): True, **{date(2026, 2, day): False for day in range(16, 23)}, date(2018, 2, 12): False})
EVER = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ("Asia/Shanghai", "America/Sao_Paulo", "UTC")

moments = st.integers(
    min_value=int(datetime(2016, 1, 1, tzinfo=UTC).timestamp()), max_value=int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())
)


@given(st.lists(moments, min_size=1, max_size=8), st.sampled_from(ZONES), st.integers(1, 5), st.sampled_from((24, 16, 0)))
def test_working_day_deadlines_are_those_of_the_promise(starts: list[int], zone: str, count: int, cut_off: int) -> None:
    facts = facts_of([{"start_at": float(start)} for start in starts])
    rules = (TargetRule(working_days=count, cut_off_hour=cut_off),)

    found = deadlines(facts, {"tm": ShopClock(zone, "x", HOLIDAYS)}, target="working_days", rules=rules)

    promise = PromiseRule("*", "*", EVER, working_days=count, cut_off_hour=cut_off)
    for start, end in zip(facts["start_at"], found, strict=True):
        law = deadline_of(promise, start=datetime.fromtimestamp(start, UTC), zone=zone, calendar=HOLIDAYS)
        assert datetime.fromtimestamp(end, UTC) == law


def test_weekends_may_be_working_days() -> None:
    facts = facts_of([{"start_at": MONDAY + 4 * DAY + HOUR}])
    clocks = {"tm": ShopClock("Asia/Shanghai")}

    plain, open_all_week = (
        deadlines(facts, clocks, target="working_days", rules=(TargetRule(weekends_work=works),))[0] for works in (False, True)
    )

    assert (plain - MONDAY) / DAY == 9 and (open_all_week - MONDAY) / DAY == 7


hours = st.one_of(st.none(), st.integers(0, 200))


@given(hours, hours, st.booleans(), st.integers(1, 120), st.integers(0, 240))
def test_labels_say_what_the_promise_says_once_the_deadline_has_passed(
    shipped: int | None, ended: int | None, blamed: bool, due: int, now: int
) -> None:
    row = {"start_at": MONDAY, "closed_by_merchant": blamed, "deadline_at": MONDAY + due * HOUR}
    row |= {"shipped_at": MONDAY + shipped * HOUR} if shipped is not None else {}
    row |= {"ended_at": MONDAY + ended * HOUR} if ended is not None else {}
    facts = facts_of([row])
    at = [None if hour is None else datetime.fromtimestamp(MONDAY + hour * HOUR, UTC) for hour in (due, shipped, ended, now)]
    as_of = at[3] or EVER

    found = labels(facts, facts["deadline_at"].to_numpy(), target="promise", as_of=MONDAY + now * HOUR)

    law = verdict(Promised(at[0], at[1], at[1], at[2], at[2], closed_by_merchant=blamed), as_of=as_of)
    wanted = {"on_time": 0.0, "late": 1.0}.get(law) if now >= due else None
    assert (np.isnan(found.late[0]) and wanted is None) or found.late[0] == wanted
    if wanted is not None:
        assert found.known_at[0] <= MONDAY + now * HOUR


def test_an_open_order_is_unlabelled_until_its_deadline_and_late_from_then_on() -> None:
    facts = facts_of([{"start_at": MONDAY, "deadline_at": MONDAY + 48 * HOUR}])
    deadline = facts["deadline_at"].to_numpy()

    seen = [labels(facts, deadline, target="promise", as_of=MONDAY + hour * HOUR) for hour in (47, 48, 500)]

    assert np.isnan(seen[0].late[0]) and [label.late[0] for label in seen[1:]] == [1.0, 1.0]
    assert seen[2].known_at[0] == MONDAY + 48 * HOUR


def test_a_parcel_of_which_we_hear_late_is_unknown_until_then() -> None:
    facts = facts_of([{"start_at": MONDAY, "shipped_at": MONDAY + 10 * HOUR, "shipped_known_at": MONDAY + 90 * HOUR}])
    deadline = np.array([MONDAY + 48 * HOUR])

    known = labels(facts, deadline, target="promise", as_of=MONDAY + 100 * HOUR)

    assert known.late[0] == 0.0 and known.known_at[0] == MONDAY + 90 * HOUR


def test_a_delivery_is_late_after_the_end_of_its_promised_day() -> None:
    on_the_day = {"start_at": MONDAY, "promised_delivery_at": MONDAY + 5 * DAY}
    facts = facts_of(
        [{**on_the_day, "delivered_at": MONDAY + 5 * DAY + 20 * HOUR}, {**on_the_day, "delivered_at": MONDAY + 6 * DAY + HOUR}]
    )
    clocks = {"tm": ShopClock("Asia/Shanghai")}

    found = labels(facts, deadlines(facts, clocks, target="delivery"), target="delivery", as_of=MONDAY + 30 * DAY)

    assert sorted(found.late.tolist()) == [0.0, 1.0]


def test_a_missing_promise_has_no_deadline_and_no_label() -> None:
    facts = facts_of([{"start_at": MONDAY, "shipped_at": MONDAY + HOUR}])

    found = labels(facts, deadlines(facts, {}, target="promise"), target="promise", as_of=MONDAY + 9 * DAY)

    assert np.isnan(found.late).all()


def test_landmarks_are_passed_in_turn_whatever_the_clock_does() -> None:
    ages = np.array([-600.0, 0.0, 29.9, 30.0, 1439.0, 1440.0, 1e9])

    assert landmarks_at(ages).tolist() == [landmark_at(age) for age in ages] == [0, 0, 0, 30, 480, 1440, 1440]
    assert LANDMARKS == (0, 30, 60, 120, 240, 480, 1440)


def test_working_time_between_two_instants_leaves_out_days_off() -> None:
    clock = ShopClock("Asia/Shanghai")
    friday_noon, monday_noon = (clock.local(np.array([MONDAY + days * DAY + 12 * HOUR])) for days in (4, 7))

    worked = clock.working_seconds(monday_noon) - clock.working_seconds(friday_noon)

    assert worked[0] == 24 * HOUR
    assert pd.isna(clock.working_seconds(np.array([np.nan]))[0])
    assert pytest.approx(timedelta(days=1).total_seconds()) == DAY
