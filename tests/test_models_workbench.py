"""Do the workbench's rules hold: open hours, owners, the control group, ranks, what actions save, and whether they helped?"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.people import Person
from models.promise import WorkingDays
from models.scope import ROLES, Scope
from models.stages import OPEN_STAGES
from models.workbench.actions import ACTIONS, NEEDS, SAVING_ACTIONS, reasons_of
from models.workbench.exceptions import TERMS, Raised, counts, handled
from models.workbench.holdout import drawn_out
from models.workbench.open_hours import open_line
from models.workbench.ownership import Subject, owner_for
from models.workbench.ranking import suggested
from models.workbench.rules import OpenHours, OwnerRule
from models.workbench.saves import PRIORS, PRIORS_BY_ACTION, Seen, learnt
from models.workbench.tabs import FLAGS, TABS
from models.workbench.uplift import CohortDay, difference, uplift_of, wilson
from models.workbench.words import CASE_STATES, INTENT_KINDS, REVIEWS

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_SIX = OpenHours("w", 540, 1080, working_days_only=True)
# a holiday on the Monday
CALENDAR = WorkingDays({date(2026, 11, 30): False})
MONDAY = date(2026, 11, 2)
instants = st.integers(1_795_000_000, 1_796_500_000).map(float)


def test_every_word_of_the_registries_is_known_where_it_is_used() -> None:
    states, kinds, reviews = ({word.key for word in words} for words in (CASE_STATES, INTENT_KINDS, REVIEWS))

    assert len({action.key for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert action.roles <= set(ROLES) and set(action.needs) <= set(NEEDS)
        assert action.leaves in {None, *states} and action.intent in {None, *kinds} and action.review in {None, *reviews}
        assert bool(reasons_of(action.key)) == ("reason" in action.needs)
    assert set(SAVING_ACTIONS) == set(PRIORS_BY_ACTION)
    assert {tab.key for tab in TABS if tab.flag} == set(FLAGS)
    assert all(prior.source_zh and prior.source_en and 0 < prior.saves < 1 for prior in PRIORS)


@pytest.mark.parametrize(
    ("paid", "crosses"),
    [
        ("2026-11-27 10:00", "2026-11-27 12:00"),
        ("2026-11-27 06:00", "2026-11-27 11:00"),
        ("2026-11-27 16:00", "2026-11-27 18:00"),
        ("2026-11-27 17:30", "2026-12-01 10:30"),
        ("2026-11-28 12:00", "2026-12-01 11:00"),
    ],
    ids=["by day", "before it opens", "until it closes", "over a weekend and a holiday", "on a Saturday"],
)
def test_two_hours_are_counted_while_the_warehouse_is_open(paid: str, crosses: str) -> None:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() for text in (paid, crosses))
    line = open_line(NINE_TO_SIX, first=start, last=start, zone="Asia/Shanghai", calendar=CALENDAR)

    assert line.after(np.array([start]), seconds=7200.0).tolist() == [end]


@given(start=instants, minutes=st.integers(1, 3_000), more=st.integers(0, 3_000))
def test_what_has_passed_until_a_wait_is_over_is_the_wait_and_a_longer_one_ends_later(start: float, minutes: int, more: int) -> None:
    line = open_line(NINE_TO_SIX, first=1_795_000_000.0, last=1_796_500_000.0, zone="Asia/Shanghai", calendar=CALENDAR)
    short, long = (float(line.after(np.array([start]), seconds=60.0 * each)[0]) for each in (minutes, minutes + more))

    assert start < short <= long
    assert line.between(np.array([start]), np.array([short]))[0] == pytest.approx(60.0 * minutes, abs=1e-3)


def test_the_night_the_clocks_change_is_as_long_as_it_is() -> None:
    always = OpenHours("w", 0, 1440, working_days_only=False)
    start = datetime(2026, 10, 31, 22, tzinfo=ZoneInfo("America/New_York")).timestamp()
    line = open_line(always, first=start, last=start, zone="America/New_York", calendar=WorkingDays())

    assert float(line.after(np.array([start]), seconds=8 * 3600.0)[0]) == start + 8 * 3600


PEOPLE = [Person("a", "A", "operations"), Person("b", "B", "operations"), Person("c", "C", "manager"), Person("z", "Z", "analyst")]
NOON = datetime(2026, 11, 27, 12, tzinfo=SHANGHAI)


def rule(number: int, owner: str, *, channel: str = "*", warehouse: str = "*", hours: tuple[int, int] = (0, 0)) -> OwnerRule:
    return OwnerRule(number, channel, warehouse, "*", tuple(range(7)), *hours, owner)


def owner(*rules: OwnerRule, people: list[Person] = PEOPLE, load: dict[str, int] | None = None) -> str | None:
    return owner_for(Subject("s", "1", "jd", "w", "家居"), rules=rules, people=people, load=load or {}, local=NOON)


def test_the_owner_is_whom_the_most_specific_rule_of_the_hour_names() -> None:
    assert owner(rule(1, "a"), rule(2, "b", channel="jd")) == "b"
    assert owner(rule(1, "a", warehouse="w"), rule(2, "b", channel="jd")) == "b"
    assert owner(rule(1, "a"), rule(2, "b", channel="pdd")) == "a"
    assert owner(rule(1, "b", channel="jd", hours=(0, 600)), rule(2, "a", hours=(600, 1080))) == "a"
    # out of hours still better than nobody's
    assert owner(rule(1, "b", hours=(0, 600))) == "b"


def test_without_a_rule_the_load_is_shared_and_nobody_who_may_not_see_the_order_gets_it() -> None:
    assert owner(load={"a": 3, "b": 2}) == "b"
    elsewhere = [Person("a", "A", "operations", Scope(shops=("t",))), Person("c", "C", "manager")]
    assert owner(rule(1, "a"), people=elsewhere) == "c"
    assert owner(people=[]) is None


@given(numbers=st.lists(st.text(min_size=1, max_size=9), unique=True, max_size=12), seed=st.integers(0, 9))
def test_who_is_held_out_is_a_matter_of_the_key_and_more_are_only_added(numbers: list[str], seed: int) -> None:
    keys = [("s", number) for number in numbers]
    few, many = (drawn_out(keys, seed=seed, share=share) for share in (0.05, 0.5))

    assert (drawn_out(keys, seed=seed, share=0.05) == few).all()
    assert not (few & ~many).any() and not drawn_out(keys, seed=seed, share=0.0).any()


def test_about_as_many_are_held_out_as_declared() -> None:
    held = drawn_out([("s", str(number)) for number in range(20_000)], seed=3, share=0.05)

    assert held.mean() == pytest.approx(0.05, abs=0.006)


@given(
    stage=st.sampled_from(OPEN_STAGES),
    short=st.booleans(),
    stuck=st.booleans(),
    minutes=st.integers(-600, 3_000),
    later=st.integers(0, 900),
)
def test_time_only_takes_possibilities_away_and_only_at_the_instants_it_named(
    stage: str, short: bool, stuck: bool, minutes: int, later: int
) -> None:
    frame = pd.DataFrame({"stage": [stage], "short": [short], "stuck": [stuck], "due_at": [60.0 * minutes]})
    saves = {prior.action: prior.saves for prior in PRIORS}
    now, then = (suggested(frame, saves=saves, as_of=60.0 * at).iloc[0] for at in (0, later))

    assert then["saves"] <= now["saves"]
    assert (now["action"] is None) == (now["saves"] == 0)
    if np.isnan(now["works_until"]) or 60.0 * later < now["works_until"]:
        assert then["action"] == now["action"]


@given(expected=st.floats(0, 500), late=st.integers(0, 500))
def test_what_is_believed_of_an_action_stays_a_chance_and_moves_towards_what_was_seen(expected: float, late: int) -> None:
    prior = PRIORS[0]
    found = learnt(prior, Seen(acted=1_000, expected_late=expected, late=late))

    assert 0 <= found.low <= found.saves <= found.high <= 1
    seen = 1 - min(late, expected) / expected if expected else prior.saves
    assert min(prior.saves, seen) - 1e-9 <= found.saves <= max(prior.saves, seen) + 1e-9


@given(late=st.integers(0, 60), more=st.integers(0, 60), other=st.integers(0, 80), others=st.integers(0, 80))
def test_an_interval_holds_its_difference_and_stays_within_what_shares_can_differ(late: int, more: int, other: int, others: int) -> None:
    held, acted = late + more or 1, other + others or 1
    gap, low, high = difference(held_out_late=min(late, held), held_out=held, suggested_late=min(other, acted), suggested=acted)

    assert -1 <= low <= gap <= high <= 1
    assert wilson(min(late, held), held)[0] <= min(late, held) / held <= wilson(min(late, held), held)[1]


def test_a_week_says_what_was_avoided_only_when_it_can_be_told_from_nothing() -> None:
    def week(late: int) -> list[CohortDay]:
        return [
            CohortDay(MONDAY, "held_out", 50, 50, 20, 0),
            CohortDay(MONDAY + timedelta(days=6), "suggested", 820, 800, late, 16_000_000),
        ]

    helped, hardly = (uplift_of(week(late), week=MONDAY, late_cost_share=0.05) for late in (120, 300))

    assert helped.distinguishable and not hardly.distinguishable
    assert helped.waiting == 20 and helped.difference == pytest.approx(0.25)
    assert helped.avoided == pytest.approx(200) and helped.saved_minor == 200_000
    other = uplift_of(week(120), week=MONDAY + timedelta(days=7), late_cost_share=0.05)
    assert (other.held_out, other.difference, other.distinguishable) == (0, None, False)


def test_an_exception_counts_once_its_response_is_due_unless_it_passed_by_itself() -> None:
    opened, terms = datetime(2026, 11, 27, tzinfo=UTC), TERMS["warning"]
    due, end = opened + terms.respond, opened + terms.settle
    minute = timedelta(minutes=1)

    def said(acknowledged: datetime | None, closed: datetime | None, at: datetime) -> tuple[bool, bool]:
        found = Raised("warning", opened, acknowledged, closed)
        return counts(found, as_of=at), handled(found, as_of=at)

    assert said(None, None, due - minute)[0] is False
    assert said(None, None, due) == (True, False)
    assert said(None, due - minute, end) == (False, False)
    assert said(due, end, end + minute) == (True, True)
    assert said(due, end + minute, end + minute) == (True, False)
    assert said(due + minute, due + minute, end) == (True, False)
