"""May managers alone decide, is what they decide written down, and does exactly one of two who race win?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from data import actions, reads
from data.actions import NotAllowed, Overtaken, Seen, WrongInput
from data.tables import audit_log, calendar_days, dwell_day, index_definitions, promise_rules, stage_limits, targets
from models.health.components import DEFINITION, definition_as_json
from models.people import Person
from models.promise import PromiseRule
from models.scope import EVERYTHING, ROLES, Scope
from tests import given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)  # 12:30 in Shanghai
TODAY = date(2026, 11, 22)
ZONE = "Asia/Shanghai"
LIN = Person(person_id="lin", name="林", role="manager")
ZHOU = Person(person_id="zhou", name="周", role="manager")
RULE = PromiseRule("douyin", "*", AS_OF + timedelta(days=1), hours=24)
TABLES = (targets, stage_limits, calendar_days, promise_rules, index_definitions)


@pytest.fixture
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
    return engine


def set_target(engine: Engine, person: Person = LIN, **given: Any) -> int:
    asked = {"kpi": "on_time", "channel": "", "month": None, "value": 0.97, "seen": 0, "as_of": AS_OF, **given}
    return actions.set_target(engine, person=person, **asked)


def decide_day(engine: Engine, person: Person = LIN, **given: Any) -> None:
    # a Monday
    asked = {"calendar": "CN", "day": date(2026, 11, 23), "working": False, "note": "盘点", "seen": Seen(True, None), **given}
    actions.set_calendar_day(engine, person=person, zone=ZONE, **{"as_of": AS_OF, **asked})


def add_rule(engine: Engine, person: Person = LIN, *, rule: PromiseRule = RULE, source: str = "大促约定") -> str:
    return actions.add_promise_rule(engine, person=person, rule=rule, source=source, as_of=AS_OF)


def publish(engine: Engine, person: Person = LIN, *, note: str = "收紧", seen: int = 1, **changed: Any) -> int:
    base = {part: value for part, value in definition_as_json(DEFINITION).items() if isinstance(value, dict)}
    given = {part: {**value, **changed.get(part, {})} for part, value in base.items()}
    return actions.publish_definition(engine, person=person, definition=given, note=note, seen=seen, as_of=AS_OF)


def publish_heavier(engine: Engine, person: Person = LIN) -> int:
    return publish(engine, person, weights={"C1": 40})


def set_limit(engine: Engine, person: Person = LIN, **given: Any) -> None:
    asked = {"channel": "douyin", "stage": "paid", "hours": 6.0, "seen_hours": None, **given}
    actions.set_stage_limit(engine, person=person, zone=ZONE, as_of=AS_OF, **asked)


DEEDS: tuple[Callable[..., object], ...] = (set_target, decide_day, add_rule, publish_heavier, set_limit)


def counts(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) or 0 for table in (*TABLES, audit_log)]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_only_managers_without_limits_may_decide(deed: Callable[..., object], merchant: Engine) -> None:
    before = counts(merchant)
    others = [Person(person_id=role, name="x", role=role) for role in ROLES if role != "manager"]
    limited = [Person(person_id="x", name="x", role="manager", scope=scope) for scope in (Scope(shops=("dy-live",)), Scope(warehouses=()))]

    for person in (*others, *limited):
        with pytest.raises(NotAllowed):
            deed(merchant, person)

    assert counts(merchant) == before


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_a_decision_is_written_down_with_who_and_when(deed: Callable[..., object], merchant: Engine) -> None:
    deed(merchant)

    with merchant.connect() as connection:
        written = connection.execute(select(audit_log)).mappings().one()
    assert (written["person_id"], written["at"]) == ("lin", AS_OF)
    assert written["subject"] in {
        "target on_time/*/*",
        "stage limit douyin/paid",
        "calendar CN 2026-11-23",
        "promise douyin/*@20261123T043000Z",
        "index definition 2",
    }
    assert written["detail"]


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_of_two_who_race_one_wins_and_the_other_hears_who(deed: Callable[..., object], merchant: Engine) -> None:
    before, start = counts(merchant), Barrier(2)

    def race(person: Person) -> Overtaken | None:
        start.wait()
        try:
            deed(merchant, person)
        except Overtaken as overtaken:
            return overtaken
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip((LIN, ZHOU), pool.map(race, (LIN, ZHOU)), strict=True))

    (loser, lost), *more = [(person, outcome) for person, outcome in outcomes.items() if outcome is not None]
    assert not more
    assert lost.by == next(person.person_id for person in outcomes if person != loser)
    assert lost.at == AS_OF
    added = [after - then for after, then in zip(counts(merchant), before, strict=True)]
    assert (sum(added[:-1]), added[-1]) == (0 if deed is decide_day else 1, 1)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"kpi": "nonsense"}, "这个指标没有目标"),
        ({"kpi": "orders", "value": 5.0}, "这个指标没有目标"),
        ({"channel": "amazon"}, "没有这个渠道"),
        ({"month": date(2026, 11, 2)}, "第一天"),
        ({"value": 0.0}, "大于 0%"),
        ({"value": 98.0}, "不超过 100%"),
        ({"value": float("nan")}, "不超过 100%"),
        ({"kpi": "ship_hours", "value": -1.0}, "大于 0"),
        ({"kpi": "index", "value": 101.0}, "不超过 100"),
        ({"kpi": "ship_hours", "value": float("inf")}, "大于 0"),
        ({"value": None}, "没有可以收回的目标"),
    ],
    ids=str,
)
def test_a_target_that_cannot_be_is_refused_in_words(given: dict[str, Any], why: str, merchant: Engine) -> None:
    with pytest.raises(WrongInput, match=why):
        set_target(merchant, **given)

    assert counts(merchant)[0] == 0


def test_versions_of_a_target_count_up_place_by_place_and_nothing_is_lost(merchant: Engine) -> None:
    month = date(2026, 12, 1)

    numbers = [
        set_target(merchant),
        set_target(merchant, value=0.96, seen=1),
        set_target(merchant, value=None, seen=2),
        set_target(merchant, channel="douyin", month=month, value=0.9),
    ]

    assert numbers == [1, 2, 3, 1]
    found = reads.targets(merchant, scope=EVERYTHING)
    assert [(target.channel, target.month, target.value, target.version) for target in found] == [
        ("douyin", month, 0.9, 1),
        ("", None, None, 3),
        ("", None, 0.96, 2),
        ("", None, 0.97, 1),
    ]


@pytest.mark.parametrize("seen", [0, 2, 7])
def test_a_target_that_was_not_seen_as_it_stands_is_not_replaced(seen: int, merchant: Engine) -> None:
    set_target(merchant, ZHOU)

    with pytest.raises(Overtaken) as caught:
        set_target(merchant, value=0.9, seen=seen)

    assert caught.value.by == "zhou"
    assert [target.value for target in reads.targets(merchant, scope=EVERYTHING)] == [0.97]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"day": TODAY - timedelta(days=1)}, "不再移动"),
        ({"day": date(2040, 1, 1)}, "太远"),
        ({"calendar": "MARS"}, "没有这个日历"),
        ({"note": "长" * 201}, "最多 200 字"),
        ({"working": True, "note": " "}, "没有改动"),
    ],
    ids=str,
)
def test_a_day_that_cannot_be_is_refused_in_words(given: dict[str, Any], why: str, merchant: Engine) -> None:
    before = counts(merchant)

    with pytest.raises(WrongInput, match=why):
        decide_day(merchant, **given)

    assert counts(merchant) == before


def test_today_is_the_day_of_the_business_zone(merchant: Engine) -> None:
    # 00:30 of the 23rd in Shanghai, still the 22nd in UTC
    at = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)

    decide_day(merchant, as_of=at)

    with pytest.raises(WrongInput, match="不再移动"):
        decide_day(merchant, day=TODAY, seen=Seen(False, None), working=True, as_of=at)


def test_a_day_that_somebody_has_noted_meanwhile_is_not_overwritten(merchant: Engine) -> None:
    decide_day(merchant, ZHOU, working=True, note="正常")

    with pytest.raises(Overtaken) as caught:
        decide_day(merchant)

    assert caught.value.by == "zhou"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"valid_from": AS_OF - timedelta(seconds=1)}, "不能早于现在"),
        ({"channel": "amazon"}, "没有这个渠道"),
        ({"kind": "nonsense"}, "没有这种订单"),
        ({"kind": "virtual"}, "没有承诺"),
        ({"hours": None}, "二选一"),
        ({"working_days": 2}, "二选一"),
        ({"hours": 0}, "小时数须在"),
        ({"hours": None, "working_days": 31}, "工作日数须在"),
        ({"cut_off_hour": 25}, "截单时刻"),
    ],
    ids=str,
)
def test_a_promise_that_cannot_be_is_refused_in_words(changed: dict[str, Any], why: str, merchant: Engine) -> None:
    before = counts(merchant)

    with pytest.raises(WrongInput, match=why):
        add_rule(merchant, rule=replace(RULE, **changed))

    assert counts(merchant) == before


def test_a_rule_without_its_source_is_refused(merchant: Engine) -> None:
    with pytest.raises(WrongInput, match="来源"):
        add_rule(merchant, source="  ")


def test_a_rule_stands_beside_its_earlier_versions(merchant: Engine) -> None:
    key = add_rule(merchant)

    found = [each for each in reads.promise_rules(merchant, scope=EVERYTHING) if each.rule.channel == "douyin"]
    assert [each.rule.hours for each in found] == [24, 48]
    assert (key, found[0].source, found[0].set_by) == (found[0].rule.key, "大促约定", "lin")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"weights": {"C1": 0}}, "C1：权重须大于 0"),
        ({"weights": {"C1": float("nan")}}, "C1：权重须大于 0"),
        ({"floors": {"C1": 0.99}}, "C1：零分线须低于满分线"),
        ({"targets": {"C2": 1.2}}, "C2：各线须在"),
        ({"slos": {"C2": float("nan")}}, "C2：各线须在"),
        ({"ceilings": {"no_gate": 101}}, "红线的上限"),
        ({"weights": {"C9": 5}}, "weights.C9"),
        ({}, "没有改动"),
    ],
    ids=str,
)
def test_a_definition_that_cannot_be_is_refused_in_words(changed: dict[str, Any], why: str, merchant: Engine) -> None:
    with pytest.raises(WrongInput, match=why):
        publish(merchant, **changed)

    assert counts(merchant)[-2:] == [0, 0]


def test_a_definition_needs_a_reason(merchant: Engine) -> None:
    with pytest.raises(WrongInput, match="为什么改"):
        publish(merchant, note=" ", weights={"C1": 40})


def test_versions_of_the_index_count_up_and_keep_their_numbers(merchant: Engine) -> None:
    assert publish_heavier(merchant) == 2
    assert publish(merchant, ZHOU, seen=2, weights={"C1": 30}, note="回调") == 3
    with pytest.raises(Overtaken) as caught:
        publish(merchant, seen=2, weights={"C1": 50})

    assert caught.value.by == "zhou"
    found = reads.index_versions(merchant, scope=EVERYTHING)
    assert [(each.version, each.definition.components[0].weight, each.note) for each in found] == [
        (3, 30, "回调"),
        (2, 40, "收紧"),
        (1, 35, ""),
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"stage": "created"}, "没有时限"),
        ({"stage": "nonsense"}, "没有时限"),
        ({"channel": "amazon"}, "没有这个渠道"),
        ({"hours": 0.0}, "大于 0"),
        ({"hours": float("nan")}, "大于 0"),
        ({"hours": 1e9}, "大于 0"),
        ({"hours": None}, "没有可以收回的规则"),
    ],
    ids=str,
)
def test_a_limit_that_cannot_be_is_refused_in_words(given: dict[str, Any], why: str, merchant: Engine) -> None:
    with pytest.raises(WrongInput, match=why):
        set_limit(merchant, **given)

    assert (counts(merchant)[1], counts(merchant)[-1]) == (0, 0)


def test_a_limit_is_replaced_by_who_has_seen_it_and_taken_back_to_what_the_days_say(merchant: Engine) -> None:
    with merchant.begin() as connection:
        stay = {"day": AS_OF.date() - timedelta(days=1), "dimension": "channel", "value": "douyin", "stage": "paid"}
        given_orders.insert_rows(connection, dwell_day, [stay | {"buckets": [60], "orders": [99]}])
    set_limit(merchant)
    with pytest.raises(Overtaken) as lost:
        set_limit(merchant, ZHOU, hours=9.0)
    set_limit(merchant, ZHOU, hours=9.0, seen_hours=6.0)
    with merchant.connect() as connection:
        ruled = connection.execute(select(stage_limits.c.seconds, stage_limits.c.source)).all()

    set_limit(merchant, hours=None, seen_hours=9.0)

    with merchant.connect() as connection:
        computed = connection.execute(select(stage_limits.c.source).where(stage_limits.c.stage == "paid")).all()
    assert lost.value.by == "lin"
    assert [tuple(row) for row in ruled] == [(32_400, "rule")]
    assert [row.source for row in computed] == ["p95"]
