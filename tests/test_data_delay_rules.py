"""Does a merchant's own rule of what is late reach the model, the scores and the baseline, and is who set it written down?"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, text

from data import actions, delay_risk, reads
from data.actions import NotAllowed, Overtaken, WrongInput
from data.delay_risk import train
from data.queries.delay_rules import delay_rules
from data.queries.risk_order import order_risk
from data.queries.risk_registry import champion_versions, model_version
from data.risk_drift import check
from data.risk_scoring import score_due
from data.tables import audit_log, job_requests, model_versions, risk_now, risk_scores
from data.tables import delay_rules as stored_rules
from models.delay_risk.estimator import HYPERPARAMETERS, fit
from models.delay_risk.rules import ANY, TARGET_RULES, TargetRule, rule_of, same_question
from models.delay_risk.targets import PRIMARY
from models.people import Person
from models.scope import EVERYTHING, ROLES, Scope
from tests import given_delay_model, given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 25, 4, tzinfo=UTC)
LIN = Person(person_id="lin", name="林", role="manager")
ZHOU = Person(person_id="zhou", name="周", role="manager")
ONE_DAY = TargetRule(working_days=1)


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    """A merchant with sixty days behind it and orders to ship."""
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
        given_delay_model.history(connection, as_of=AS_OF)
        given_delay_model.waiting(connection, as_of=AS_OF, count=40)
    return engine


@pytest.fixture
def shop(merchant: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    # which rules a model has is the same for a small one
    monkeypatch.setattr(delay_risk, "fit", partial(fit, hyperparameters={**HYPERPARAMETERS, "max_iter": 30, "learning_rate": 0.1}))
    yield merchant
    with merchant.begin() as connection:
        for each in (risk_now, risk_scores, model_versions, stored_rules, job_requests, audit_log):
            connection.execute(delete(each))


def set_rule(engine: Engine, person: Person = LIN, **given: Any) -> int:
    asked = {"channel": ANY, "rule": ONE_DAY, "seen": 0, "as_of": AS_OF, **given}
    return actions.set_delay_rule(engine, person=person, **asked)


def held(engine: Engine) -> dict[str, TargetRule]:
    with engine.connect() as connection:
        return {rule.channel: rule for rule in delay_rules(connection)}


def due_of(engine: Engine) -> dict[str, tuple[str, datetime]]:
    """Return the channel of every scored order and when its time is over."""
    asked = "SELECT order_no, channel, due_at FROM risk_now JOIN orders USING (shop_id, order_no)"
    with engine.connect() as connection:
        return {row.order_no: (row.channel, row.due_at) for row in connection.execute(text(asked))}


def test_the_products_own_rule_holds_until_a_manager_sets_one_and_again_when_it_is_taken_back(shop: Engine) -> None:
    before = held(shop)
    set_rule(shop)
    set_rule(shop, channel="douyin", rule=TargetRule(working_days=3, cut_off_hour=16))
    between = held(shop)
    set_rule(shop, rule=None, seen=1)
    set_rule(shop, channel="douyin", rule=None, seen=1)

    assert before == held(shop) == {ANY: TARGET_RULES[0]}
    assert between == {ANY: ONE_DAY, "douyin": TargetRule("douyin", 3, cut_off_hour=16)}


def test_a_rule_is_written_down_and_has_the_models_fitted_anew(shop: Engine) -> None:
    set_rule(shop, channel="douyin")

    with shop.connect() as connection:
        said = connection.execute(select(audit_log.c.person_id, audit_log.c.action, audit_log.c.subject, audit_log.c.detail)).one()
        asked = connection.execute(select(job_requests.c.payload["job"].astext)).scalars().all()
    assert tuple(said[:3]) == ("lin", "set_delay_rule", "delay rule douyin")
    assert (
        said.detail["rule"] == {"working_days": 1, "hours": 48, "cut_off_hour": 24, "weekends_work": False} and said.detail["was"] is None
    )
    assert set(asked) == {"train_risk", "score_risk"}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"rule": TargetRule(working_days=0)}, "工作日数"),
        ({"rule": TargetRule(working_days=31)}, "工作日数"),
        ({"rule": TargetRule(hours=0)}, "小时数"),
        ({"rule": TargetRule(hours=721)}, "小时数"),
        ({"rule": TargetRule(cut_off_hour=25)}, "截单时刻"),
        ({"channel": "amazon"}, "没有这个渠道"),
        ({"rule": None}, "没有可以收回的规则"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_is_refused_in_words_and_leaves_nothing(given: dict[str, Any], why: str, shop: Engine) -> None:
    with pytest.raises(WrongInput, match=why):
        set_rule(shop, **given)

    with shop.connect() as connection:
        assert [len(connection.execute(select(each)).all()) for each in (stored_rules, audit_log, job_requests)] == [0, 0, 0]


def test_the_same_rule_again_is_no_change(shop: Engine) -> None:
    set_rule(shop)

    with pytest.raises(WrongInput, match="没有改动"):
        set_rule(shop, seen=1)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "manager"])
def test_only_managers_set_rules(role: str, shop: Engine) -> None:
    with pytest.raises(NotAllowed):
        set_rule(shop, Person(person_id="x", name="x", role=role))


def test_of_two_who_race_exactly_one_is_first_and_the_other_hears_of_it(shop: Engine) -> None:
    ready = Barrier(2)

    def racing(person: Person, days: int) -> Callable[[], object]:
        def go() -> object:
            ready.wait()
            try:
                return set_rule(shop, person, rule=TargetRule(working_days=days))
            except Overtaken as lost:
                return lost.by

        return go

    with ThreadPoolExecutor(2) as pool:
        said = [each.result() for each in [pool.submit(racing(LIN, 1)), pool.submit(racing(ZHOU, 3))]]

    assert sorted(map(str, said)) in (["1", "lin"], ["1", "zhou"])
    assert len(held(shop)) == 1


def test_a_person_sees_the_rules_of_all_channels_and_of_their_own(shop: Engine) -> None:
    set_rule(shop)
    set_rule(shop, channel="douyin")
    set_rule(shop, channel="tmall")

    mine = reads.delay_rules(shop, scope=Scope(channels=("douyin",)))

    assert {each.channel for each in mine} == {ANY, "douyin"}
    assert {each.channel for each in reads.delay_rules(shop, scope=EVERYTHING)} == {ANY, "douyin", "tmall"}


def test_a_model_is_fitted_and_scores_by_the_rules_that_hold_each_channel_by_its_own(shop: Engine) -> None:
    set_rule(shop, channel="douyin")
    (trained,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))
    score_due(shop, as_of=AS_OF, memory={})

    with shop.connect() as connection:
        kept = model_version(connection, trained.version or 0)
    assert trained.status == "champion", trained
    assert kept is not None and rule_of("douyin", kept.rules).working_days == 1 and rule_of("tmall", kept.rules).working_days == 2
    found = due_of(shop)
    assert {channel for channel, _ in found.values()} >= {"douyin", "tmall"}
    # paid on a Tuesday or Wednesday: one working day after is Thursday's end at the latest, two are Friday's
    latest = {name: max(due for channel, due in found.values() if channel == name) for name in ("douyin", "tmall")}
    assert latest["tmall"] - latest["douyin"] == timedelta(days=1)


def test_until_a_model_of_the_new_rules_is_there_the_old_one_scores_by_its_own(shop: Engine) -> None:
    train_first(shop)
    score_due(shop, as_of=AS_OF, memory={})
    before = due_of(shop)
    set_rule(shop)

    again = score_due(shop, as_of=AS_OF, memory={})
    check(shop, as_of=AS_OF)

    assert again.scored == 0 and again.version is not None and due_of(shop) == before


def test_a_champion_of_another_question_goes_for_the_model_of_the_new_rules_whatever_its_score(shop: Engine) -> None:
    first = train_first(shop)
    set_rule(shop)

    (second,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))
    scored = score_due(shop, as_of=AS_OF, memory={})

    assert second.status == "champion" and "规则" in second.why
    with shop.connect() as connection:
        old, new = (model_version(connection, number or 0) for number in (first, second.version))
    assert old is not None and new is not None and old.status == "retired"
    assert new.metrics["champion"] is None and new.rules == (ONE_DAY,)
    assert scored.scored == len(due_of(shop)) and scored.version == second.version


def test_rules_of_one_target_leave_the_models_of_the_others_in_use(shop: Engine) -> None:
    (hours,) = train(shop, as_of=AS_OF, tasks=("hours",))
    set_rule(shop)

    (again,) = train(shop, as_of=AS_OF, tasks=("hours",))

    assert hours.status == "champion" and again.status == "challenger"


def test_a_champion_of_another_question_goes_even_where_none_can_be_fitted_and_the_baseline_takes_the_new_rules(shop: Engine) -> None:
    train_first(shop)
    score_due(shop, as_of=AS_OF, memory={})
    before = due_of(shop)
    # nobody is ever late by then
    set_rule(shop, rule=TargetRule(working_days=30))

    (none,) = train(shop, as_of=AS_OF, tasks=(PRIMARY,))
    scored = score_due(shop, as_of=AS_OF, memory={})

    assert (none.status, none.version) == ("none", None)
    with shop.connect() as connection:
        assert champion_versions(connection) == {}
        assert "规则已改" in connection.execute(select(model_versions.c.reason)).scalar_one()
    after = due_of(shop)
    assert scored.fallback == "no_model" and scored.scored == len(after) == len(before)
    assert all(after[number][1] > before[number][1] + timedelta(days=30) for number in after)


def test_what_the_baseline_scored_by_older_rules_is_due_again(shop: Engine) -> None:
    memory: dict[str, object] = {}
    score_due(shop, as_of=AS_OF, memory=memory)
    before = due_of(shop)
    later = AS_OF + timedelta(seconds=30)
    set_rule(shop, as_of=later)

    again = score_due(shop, as_of=later + timedelta(seconds=30), memory=memory)

    assert again.scored == len(before)
    assert all(due < before[number][1] for number, (_, due) in due_of(shop).items())
    assert score_due(shop, as_of=later + timedelta(seconds=40), memory=memory).scored == 0


def train_first(engine: Engine) -> int | None:
    (trained,) = train(engine, as_of=AS_OF, tasks=(PRIMARY,))
    assert trained.status == "champion", trained
    return trained.version


def test_a_rule_of_a_channel_that_has_no_shop_any_more_is_seen_and_can_be_taken_back(shop: Engine) -> None:
    set_rule(shop, channel="douyin")
    train_first(shop)
    with shop.begin() as connection:
        connection.execute(text("UPDATE shops SET channel = 'other' WHERE channel = 'douyin'"))
    try:
        ruled = [each.rules for each in reads.delay_models(shop, scope=EVERYTHING)]
        now = held(shop)
        set_rule(shop, channel="douyin", rule=None, seen=1)
        with pytest.raises(WrongInput, match="没有这个渠道"):
            set_rule(shop, channel="amazon")
    finally:
        with shop.begin() as connection:
            connection.execute(text("UPDATE shops SET channel = 'douyin' WHERE channel = 'other'"))

    assert all(same_question(PRIMARY, rules, tuple(now.values())) for rules in ruled) and ruled
    assert set(held(shop)) == {ANY}


def test_an_order_names_the_rule_by_which_it_was_scored_until_it_is_scored_by_another(shop: Engine) -> None:
    train_first(shop)
    score_due(shop, as_of=AS_OF, memory={})
    set_rule(shop)
    with shop.connect() as connection:
        key = connection.execute(text("SELECT shop_id, order_no FROM risk_now LIMIT 1")).one()._asdict()
        by_the_model = order_risk(connection, **key)
    with shop.begin() as connection:
        connection.execute(text("UPDATE model_versions SET status = 'retired'"))
    score_due(shop, as_of=AS_OF, memory={})
    with shop.connect() as connection:
        by_the_baseline = order_risk(connection, **key)

    assert by_the_model is not None and by_the_baseline is not None
    assert (by_the_model.rule.working_days, by_the_baseline.rule.working_days) == (2, 1)
