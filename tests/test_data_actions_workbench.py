"""Does what a person does about orders happen whole, once and in their name, and is the rest refused without a trace?"""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import reads
from data.actions import (
    AlreadyClosed,
    Done,
    Given,
    NotAllowed,
    Overtaken,
    Taken,
    WrongInput,
    act,
    answer_intent,
    close_case_work_order,
    see_mentions,
    set_owner,
    set_owner_rule,
    set_review_rule,
    set_workbench_settings,
    undo,
)
from data.settings import Settings
from models.people import Person
from models.scope import EVERYTHING
from models.workbench.actions import ACTIONS, Action
from tests.given_workbench import (
    AS_OF,
    CHEN,
    ELSEWHERE,
    HOUR,
    LIN,
    XU,
    ZHAO,
    ZONE,
    a_score,
    a_waiting_order,
    cleared,
    every,
    given,
    looked,
    one,
)  # fmt: skip

LATER = AS_OF + timedelta(minutes=3)
BIG: dict[str, Any] = {"paid_minor": 900_000, "paid_reporting_minor": 900_000}
TRACES = "order_cases", "case_actions", "intents", "case_work_orders", "order_owners", "order_comments", "audit_log"
# What each action needs to be told, so that every one of them can be done.
TOLD = {
    "assign": Given(owner="zhao"),
    "other_warehouse": Given(warehouse_code="CN-GZ"),
    "other_carrier": Given(carrier_code="SF"),
    "contact_buyer": Given(words="已致电，同意周一发"),
    "snooze": Given(until=LATER + HOUR),
    "note": Given(words="@赵川 看一下"),
    "work_order": Given(title="核对库存", owner="zhao"),
    "reject_review": Given(reason="fraud"),
    "dismiss": Given(reason="false_alarm"),
}


@pytest.fixture
def shop(database: Engine, tmp_path: Path) -> Engine:
    """Two overdue orders and one that waits for its review, none of them touched."""
    cleared(database)
    given(
        database,
        a_waiting_order("A", hours=3, clock_start_at=AS_OF - 14 * HOUR),
        a_waiting_order("B", hours=3, clock_start_at=AS_OF - 14 * HOUR),
        a_waiting_order("BIG", hours=1, **BIG),
        scores=tuple(a_score(number, probability=0.7) for number in ("A", "B", "BIG")),
    )
    looked(database, tmp_path)
    return database


def done(engine: Engine, home: Path, action: str, *numbers: str, person: Person = LIN, seen: int = 0, **told: Any) -> Done:
    """Do something about orders of one shop, with what it needs to be told."""
    chosen = [("tb-home", number, seen) for number in numbers]
    said = Given(**told) if told else TOLD.get(action)
    return act(engine, person=person, settings=Settings(home=home, zone=ZONE), action=action, chosen=chosen, given=said, as_of=LATER)


def case(engine: Engine, number: str = "A") -> reads.Case:
    found = reads.case_of(engine, scope=EVERYTHING, shop_id="tb-home", order_no=number)
    assert found is not None
    return found


def traces(engine: Engine) -> list[Any]:
    """Return all that acting leaves behind, without the empty cases that a look at the version opens."""
    rows = [every(engine, f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in TRACES]
    rows[0] = [row for row in rows[0] if row.version]
    return rows


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.key)
def test_an_action_leaves_its_state_a_history_and_an_audit_row_and_is_undone_whole(action: Action, shop: Engine, tmp_path: Path) -> None:
    number = "BIG" if action.review else "A"
    before = case(shop, number)

    deed = done(shop, tmp_path, action.key, number).deed

    after = case(shop, number)
    assert (after.state, after.version) == (action.leaves or before.state, before.version + 1)
    assert (after.acts[0].action, after.acts[0].person_id) == (action.key, "lin")
    assert (
        one(
            shop,
            "SELECT count(*) AS n FROM audit_log WHERE subject = :key AND action = :action",
            key=f"tb-home/{number}",
            action=f"workbench_{action.key}",
        ).n
        == 1
    )
    assert [each.kind for each in after.intents if each.asked_by] == ([action.intent] if action.intent else [])
    if not action.undoable:
        with pytest.raises(WrongInput):
            undo(shop, person=LIN, deed=deed, as_of=LATER)
        return
    undo(shop, person=LIN, deed=deed, as_of=LATER)
    back = case(shop, number)
    assert (back.state, back.owner, back.review, back.snoozed_until) == (before.state, before.owner, before.review, before.snoozed_until)
    assert not [each for each in back.work_orders if each.closed_at is None]
    with pytest.raises((Overtaken, WrongInput)):
        undo(shop, person=LIN, deed=deed, as_of=LATER)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.key)
def test_whoever_has_not_the_role_or_the_scope_is_refused_and_nothing_is_done(action: Action, shop: Engine, tmp_path: Path) -> None:
    number = "BIG" if action.review else "A"
    before = traces(shop)
    analyst = Person("zhou", "周衡", "analyst")

    for person in (ELSEWHERE, *([analyst] if analyst.role not in action.roles else [])):
        with pytest.raises(NotAllowed):
            done(shop, tmp_path, action.key, number, person=person)

    assert traces(shop) == before


def stale(engine: Engine, home: Path) -> None:
    done(engine, home, "claim", "A", person=CHEN)
    done(engine, home, "assign", "B", "A", person=LIN)


def closed(engine: Engine, home: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET stage = 'shipped', changed_at = changed_at + interval '1 minute' WHERE order_no = 'A'"))
        connection.execute(text("DELETE FROM workbench_queue WHERE order_no = 'A'"))
    done(engine, home, "expedite", "B", "A")


def unwritable(engine: Engine, home: Path) -> None:
    (home / "elsewhere").write_text("a file where the folder should be")
    done(engine, home / "elsewhere", "expedite", "B", "A")


REFUSED: list[tuple[Callable[[Engine, Path], object], type[Exception], str]] = [
    (stale, Taken, "别人"),
    (closed, AlreadyClosed, "订单 A"),
    (unwritable, WrongInput, "不可写"),
    (lambda engine, home: done(engine, home, "snooze", "A", until=AS_OF), WrongInput, "提醒时间"),
    (lambda engine, home: done(engine, home, "assign", "A", owner="else"), WrongInput, "看不到"),
    (lambda engine, home: done(engine, home, "other_warehouse", "A", warehouse_code="CN-HZ"), WrongInput, "已在该仓"),
    (lambda engine, home: done(engine, home, "other_warehouse", "A", warehouse_code="nowhere"), WrongInput, "没有这个仓库"),
    (lambda engine, home: done(engine, home, "dismiss", "A", reason="because"), WrongInput, "原因"),
    (lambda engine, home: done(engine, home, "note", "A", words="a\0"), WrongInput, "不可用"),
    (lambda engine, home: done(engine, home, "approve_review", "A"), WrongInput, "待审"),
    (lambda engine, home: done(engine, home, "expedite", "BIG"), WrongInput, "先审核"),
    (lambda engine, home: done(engine, home, "claim", "A", "A"), WrongInput, "两次"),
    (lambda engine, home: done(engine, home, "claim", "A", "no such order"), NotAllowed, "范围"),
]


@pytest.mark.parametrize(("wrong", "error", "said"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_cannot_be_is_refused_in_words_and_of_many_orders_none_is_changed(
    wrong: Callable[[Engine, Path], object], error: type[Exception], said: str, shop: Engine, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        wrong(shop, tmp_path)

    assert case(shop, "B").version == 0 and not every(shop, "SELECT FROM case_actions WHERE order_no = 'B'")
    assert not every(shop, "SELECT FROM intents WHERE kind <> 'hold'")


def test_of_many_who_claim_the_same_orders_at_once_exactly_one_has_them_and_the_others_are_told_who(shop: Engine, tmp_path: Path) -> None:
    racers = [Person(f"p{n}", f"人{n}", "operations") for n in range(8)]
    with shop.begin() as connection:
        for each in racers:
            connection.execute(
                text("INSERT INTO people (person_id, name, role, created_at) VALUES (:id, :name, 'operations', now())"),
                {"id": each.person_id, "name": each.name},
            )
    start, won, lost = threading.Barrier(len(racers)), [], []

    def run(racer: Person, numbers: tuple[str, ...]) -> None:
        start.wait()
        try:
            done(shop, tmp_path, "claim", *numbers, person=racer)
            won.append(racer)
        except Taken as error:
            lost.append(error)

    # each half takes the orders in another order: two who wait for each other would never end
    threads = [threading.Thread(target=run, args=(each, ("A", "B") if n % 2 else ("B", "A"))) for n, each in enumerate(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1 and len(lost) == len(racers) - 1
    assert {case(shop, number).owner for number in ("A", "B")} == {won[0].person_id}
    assert {(error.by, error.name, error.action, error.at) for error in lost} == {(won[0].person_id, won[0].name, "claim", LATER)}


def test_an_order_claimed_by_somebody_is_not_claimed_again_even_by_who_has_seen_it(shop: Engine, tmp_path: Path) -> None:
    done(shop, tmp_path, "claim", "A", person=CHEN)

    with pytest.raises(Taken) as refused:
        done(shop, tmp_path, "claim", "A", person=ZHAO, seen=1)
    done(shop, tmp_path, "assign", "A", person=LIN, seen=1)

    assert (refused.value.name, refused.value.order_no) == ("陈阳", "A")
    assert case(shop).owner == "zhao"


def test_an_owner_set_on_the_orders_own_page_is_seen_by_the_workbench(shop: Engine, tmp_path: Path) -> None:
    done(shop, tmp_path, "note", "A")
    owned = one(shop, "SELECT version FROM order_owners WHERE order_no = 'A'").version
    set_owner(shop, person=LIN, shop_id="tb-home", order_no="A", owner="zhao", seen=owned, as_of=LATER)

    with pytest.raises(Taken) as refused:
        done(shop, tmp_path, "expedite", "A", seen=1)

    assert (refused.value.name, refused.value.action) == ("林悦", "assign")


def test_an_order_taken_on_its_own_page_is_taken_for_who_never_touched_it_in_the_workbench(shop: Engine, tmp_path: Path) -> None:
    owned = one(shop, "SELECT version FROM order_owners WHERE order_no = 'A'").version
    set_owner(shop, person=ZHAO, shop_id="tb-home", order_no="A", owner="zhao", seen=owned, as_of=LATER)

    with pytest.raises(Taken) as refused:
        done(shop, tmp_path, "claim", "A", person=LIN)

    assert (refused.value.name, refused.value.action, case(shop).state) == ("赵川", "claim", "claimed")


def test_claiming_acknowledges_the_alert_a_snooze_does_not_and_dismissing_closes_it(shop: Engine, tmp_path: Path) -> None:
    def alert() -> Any:
        return one(shop, "SELECT acknowledged_by, closed_by FROM alerts WHERE order_no = 'A'")

    done(shop, tmp_path, "snooze", "A")
    assert tuple(alert()) == (None, None)
    done(shop, tmp_path, "claim", "A", seen=1)
    assert tuple(alert()) == ("lin", None)
    deed = done(shop, tmp_path, "dismiss", "A", seen=2).deed
    assert tuple(alert()) == ("lin", "lin")
    undo(shop, person=LIN, deed=deed, as_of=LATER)
    assert tuple(alert()) == ("lin", None)


def test_a_snoozed_order_leaves_the_list_until_its_time_and_comes_back_to_its_owner(shop: Engine, tmp_path: Path) -> None:
    def listed() -> list[str]:
        rows = reads.queue_page(shop, scope=EVERYTHING, part=reads.Part(), tab="overdue_2h", person_id="", as_of=LATER)
        assert len(rows) == reads.queue_counts(shop, scope=EVERYTHING, part=reads.Part(), person_id="", as_of=LATER)["overdue_2h"]
        return [row.order_no for row in rows]

    done(shop, tmp_path, "snooze", "A")
    assert listed() == ["B"]
    looked(shop, tmp_path, as_of=LATER + HOUR)

    assert set(listed()) == {"A", "B", "BIG"}
    assert case(shop).state == "claimed"


def test_what_the_warehouse_has_been_told_cannot_be_undone(shop: Engine, tmp_path: Path) -> None:
    deed = done(shop, tmp_path, "expedite", "A").deed
    looked(shop, tmp_path, as_of=LATER)

    with pytest.raises(WrongInput, match="已通知仓库"):
        undo(shop, person=LIN, deed=deed, as_of=LATER)
    assert case(shop).intents[0].state == "sent"


def test_a_wish_is_followed_to_its_end(shop: Engine, tmp_path: Path) -> None:
    done(shop, tmp_path, "other_warehouse", "A")
    done(shop, tmp_path, "expedite", "B")
    looked(shop, tmp_path, as_of=LATER)
    wishes = {each.order_no: each.intent_id for each in reads.open_intents(shop, scope=EVERYTHING)}
    answer_intent(shop, person=ZHAO, intent_id=wishes["A"], accepted=True, as_of=LATER)
    answer_intent(shop, person=ZHAO, intent_id=wishes["B"], accepted=False, words="人手不足", as_of=LATER)
    with shop.begin() as connection:
        connection.execute(text("UPDATE orders SET warehouse_code = 'CN-GZ', changed_at = :at WHERE order_no = 'A'"), {"at": LATER})

    looked(shop, tmp_path, as_of=LATER + HOUR)

    assert [case(shop, number).intents[0].state for number in ("A", "B")] == ["fulfilled", "refused"]
    assert case(shop, "B").state == "open"
    with pytest.raises(Overtaken):
        answer_intent(shop, person=ZHAO, intent_id=wishes["B"], accepted=True, as_of=LATER)


def test_a_rejected_order_is_asked_to_be_cancelled_and_its_truth_stays_the_platforms(shop: Engine, tmp_path: Path) -> None:
    before = every(shop, "SELECT * FROM orders WHERE order_no = 'BIG'")

    done(shop, tmp_path, "reject_review", "BIG", person=XU)

    assert [(each.kind, each.state) for each in case(shop, "BIG").intents] == [("cancel", "waiting"), ("hold", "withdrawn")]
    assert every(shop, "SELECT * FROM orders WHERE order_no = 'BIG'") == before and not every(shop, "SELECT FROM order_events")
    assert case(shop, "BIG").review == "rejected"


def test_what_calls_a_person_waits_in_their_inbox_until_they_have_seen_it(shop: Engine, tmp_path: Path) -> None:
    assert reads.inbox_count(shop, person=ZHAO) == 0
    done(shop, tmp_path, "note", "A")
    done(shop, tmp_path, "work_order", "B")
    done(shop, tmp_path, "assign", "B", seen=1)

    found = reads.inbox(shop, person=ZHAO, as_of=LATER)
    assert ([row.order_no for row in found.orders], len(found.mentions), len(found.work_orders)) == (["B"], 1, 1)
    assert found.count == reads.inbox_count(shop, person=ZHAO) == 3
    see_mentions(shop, person=ZHAO, up_to=found.mentions[0].comment_id, as_of=LATER)
    close_case_work_order(shop, person=ZHAO, number=found.work_orders[0].number, as_of=LATER)
    assert reads.inbox_count(shop, person=ZHAO) == 1
    assert reads.inbox_count(shop, person=ELSEWHERE) == 0


def test_rules_are_set_by_managers_who_see_everything_and_hold_at_the_next_look(shop: Engine, tmp_path: Path) -> None:
    given_settings = {"capacity": 1, "hold_out_share": 0.0, "least_probability": 0.9, "overdue_minutes": 60, "late_cost_share": 0.1}
    with pytest.raises(NotAllowed):
        set_workbench_settings(shop, person=CHEN, seen=0, as_of=LATER, **given_settings)  # type: ignore[arg-type]

    set_workbench_settings(shop, person=LIN, seen=0, as_of=LATER, **given_settings)  # type: ignore[arg-type]
    set_review_rule(shop, person=LIN, seen=0, channel="*", currency="CNY", threshold_minor=15_000, as_of=LATER)
    looked(shop, tmp_path, as_of=LATER)

    flags = one(
        shop, "SELECT count(*) FILTER (WHERE review) AS review, count(*) FILTER (WHERE still_savable) AS savable FROM workbench_queue"
    )
    assert tuple(flags) == (3, 0)
    with pytest.raises(Overtaken):
        set_workbench_settings(shop, person=LIN, seen=0, as_of=LATER, **given_settings)  # type: ignore[arg-type]
    rule: dict[str, Any] = {"channel": "*", "warehouse_code": "*", "category": "*", "days": (0,), "from_minute": 0, "to_minute": 1440}
    with pytest.raises(WrongInput):
        set_owner_rule(shop, person=LIN, rule_id=None, seen=0, owner="nobody", as_of=LATER, **rule)
