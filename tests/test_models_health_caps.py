"""When is a standstill of the sync or of an interface long enough to cap a day?"""

from datetime import UTC, datetime, timedelta

from models.health.caps import Gap, outages, sync_gaps

NOON = datetime(2026, 1, 3, 4, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_two_cycles_are_borne_and_a_minute_more_is_a_gap() -> None:
    assert sync_gaps([at(0), at(10)], stops=[], until=at(20)) == []
    assert sync_gaps([at(0), at(11)], stops=[], until=at(20)) == [Gap(at(0), at(11))]


def test_a_sync_that_has_stood_still_until_now_is_a_gap_already() -> None:
    assert sync_gaps([at(0)], stops=[], until=at(480)) == [Gap(at(0), at(480))]


def test_an_installation_that_never_ran_has_no_gap() -> None:
    assert sync_gaps([], stops=[], until=at(480)) == []


def test_jobs_that_somebody_stopped_were_noticed() -> None:
    assert sync_gaps([at(0), at(480)], stops=[at(1)], until=at(481)) == []
    assert sync_gaps([at(0), at(480)], stops=[at(-1)], until=at(481)) == [Gap(at(0), at(480))]


def test_an_interface_is_down_from_its_first_failure_to_its_next_success() -> None:
    pulls = [(at(0), True), (at(5), False), (at(10), False), (at(15), False), (at(21), True), (at(25), False)]

    assert outages(pulls) == [Gap(at(5), at(21))]
    assert outages(pulls[:4]) == []
    assert outages([*pulls, (at(30), False), (at(41), False)])[-1] == Gap(at(25), at(41))
