"""Is what became of chosen orders judged, learnt from and counted, in the cells of the index too, once and for ever the same?"""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from data import reads, tables
from data.actions import Given, act, undo
from data.roll_up import roll_up_changes
from data.settings import Settings
from data.workbench_outcomes import count, learn_outcomes
from models.scope import EVERYTHING, Scope
from models.workbench.saves import PRIORS_BY_ACTION
from tests.conftest import MakeEngine
from tests.given_orders import insert_rows
from tests.given_workbench import AS_OF, HOUR, LIN, ZONE, a_score, a_waiting_order, cleared, every, given, looked, one

MINUTE = timedelta(minutes=1)
DAY = AS_OF.date()


@pytest.fixture(scope="module")
def shared(make_engine: MakeEngine) -> Engine:
    return make_engine()


@pytest.fixture
def engine(shared: Engine) -> Engine:
    cleared(shared)
    return shared


def did(engine: Engine, home: Path, action: str, number: str, *, seen: int, at: timedelta) -> str:
    settings = Settings(home=home, zone=ZONE)
    told = Given(until=AS_OF + 9 * HOUR) if action == "snooze" else Given()
    return act(engine, person=LIN, settings=settings, action=action, chosen=[("tb-home", number, seen)], given=told, as_of=AS_OF + at).deed


def chosen(number: str, *, cohort: str, **given: object) -> dict[str, object]:
    plain: dict[str, object] = {"shop_id": "tb-home", "order_no": number, "day": DAY, "chosen_at": AS_OF, "cohort": cohort}
    plain |= {"compared": True, "channel": "taobao", "warehouse_code": "", "value_minor": 10_000, "probability": 0.5, "saves": 0.5}
    plain |= {"due_at": AS_OF + HOUR}
    return plain | given


def test_a_chosen_order_is_judged_by_its_promise_once_its_time_is_over(engine: Engine) -> None:
    ship = {"in time": (0.5, 0.5), "late": (2.0, 2.0), "bounds hide it": (0.5, 2.0)}
    orders = [
        a_waiting_order(name, hours=1, stage="shipped", shipped_from=AS_OF + first * HOUR, shipped_to=AS_OF + last * HOUR)
        for name, (first, last) in ship.items()
    ]
    cancelled = a_waiting_order("cancelled", hours=1, stage="cancelled", cancelled_from=AS_OF, cancelled_to=AS_OF)
    given(engine, *orders, cancelled, a_waiting_order("waits", hours=1))
    with engine.begin() as connection:
        rows = [chosen(name, cohort="suggested") for name in (*ship, "cancelled", "waits")]
        rows.append(chosen("x", cohort="held_out", due_at=AS_OF + 9 * HOUR))
        insert_rows(connection, tables.case_outcomes, rows)

    done = learn_outcomes(engine, as_of=AS_OF + 3 * HOUR)
    assert done.judged == 4
    # nobody has seen this one leave, and the news may yet come
    later = learn_outcomes(engine, as_of=AS_OF + 26 * HOUR)

    found = {row.order_no: row.late for row in every(engine, "SELECT order_no, late FROM case_outcomes WHERE judged_at IS NOT NULL")}
    assert found == {"in time": False, "late": True, "bounds hide it": None, "cancelled": None, "waits": True}
    assert later.judged == 1
    week = reads.uplift_weeks(engine, scope=EVERYTHING, as_of=AS_OF, zone=ZONE)[0]
    assert (week.suggested, week.suggested_late, week.held_out, week.waiting, week.difference) == (3, 2, 0, 1, None)
    assert reads.uplift_weeks(engine, scope=Scope(shops=("tb-home",)), as_of=AS_OF, zone=ZONE) == []


def test_what_an_action_saves_is_learnt_from_what_became_of_the_orders_it_was_done_to(engine: Engine) -> None:
    given(engine)
    acted = {"acted": "expedite", "acted_at": AS_OF, "acted_probability": 0.8, "judged_at": AS_OF}
    with engine.begin() as connection:
        rows = [chosen(str(n), cohort="suggested", late=n < 10, **acted) for n in range(100)]
        insert_rows(connection, tables.case_outcomes, rows)

    learn_outcomes(engine, as_of=AS_OF)

    found = {each.action: each for each in reads.action_saves(engine, scope=EVERYTHING)}
    prior = PRIORS_BY_ACTION["expedite"]
    expected = (prior.saves * prior.weight + 70) / (prior.weight + 80)
    assert (found["expedite"].acted, found["expedite"].late) == (100, 10)
    assert found["expedite"].saves == pytest.approx(expected)
    assert found["other_carrier"].saves == PRIORS_BY_ACTION["other_carrier"].saves


def test_an_exception_answered_in_time_and_settled_counts_as_handled_in_c6_and_in_the_cells(engine: Engine, tmp_path: Path) -> None:
    given(engine, *[a_waiting_order(number, hours=14) for number in ("answered", "ignored", "gone")])
    settings = Settings(home=tmp_path, zone=ZONE)
    looked(engine, tmp_path)
    did(engine, tmp_path, "claim", "answered", seen=0, at=HOUR)
    did(engine, tmp_path, "snooze", "ignored", seen=0, at=HOUR)
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET stage = 'shipped', changed_at = changed_at + interval '1 s' WHERE order_no = 'gone'"))
    looked(engine, tmp_path, as_of=AS_OF + HOUR)

    def cells(hours: float) -> tuple[int, int, int]:
        count(engine, settings=settings, as_of=AS_OF + hours * HOUR)
        roll_up_changes(engine, settings=settings, as_of=AS_OF + hours * HOUR)
        asked = "SELECT sum(exceptions_due) AS due, sum(exceptions_handled) AS handled, sum(manual_touches) AS touches FROM {}"
        rows = {tuple(one(engine, asked.format(name))) for name in ("cell_day", "channel_day", "dispatch_day", "channel_hour")}
        assert len(rows) == 1
        return tuple(int(value or 0) for value in rows.pop())  # type: ignore[return-value]

    assert cells(1.5) == (0, 0, 1)
    # the claimed one may still be settled in time, the snoozed one was never answered, the one that left by itself asked nobody
    assert cells(2.1) == (2, 1, 1)
    assert cells(2.1) == (2, 1, 1)
    # a day later it is not settled, and no longer counts as handled
    assert cells(24.5) == (2, 0, 1)
    before = every(engine, "SELECT * FROM cell_day ORDER BY 1, 2, 3, 4")
    roll_up_changes(engine, settings=settings, as_of=AS_OF + 25 * HOUR, anew=True)
    assert every(engine, "SELECT * FROM cell_day ORDER BY 1, 2, 3, 4") == before


def test_a_touch_that_was_taken_back_counts_for_nothing(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=14))
    settings = Settings(home=tmp_path, zone=ZONE)
    looked(engine, tmp_path)
    deed = did(engine, tmp_path, "claim", "A", seen=0, at=MINUTE)
    count(engine, settings=settings, as_of=AS_OF + 2 * MINUTE)
    assert one(engine, "SELECT sum(manual_touches) AS n FROM case_counts").n == 1

    undo(engine, person=LIN, deed=deed, as_of=AS_OF + 3 * MINUTE)
    count(engine, settings=settings, as_of=AS_OF + 4 * MINUTE)

    assert one(engine, "SELECT sum(manual_touches) AS n FROM case_counts").n == 0
    assert one(engine, "SELECT sum(sign * manual_touches) AS n FROM order_changes").n == 0


def test_the_time_from_alert_to_action_is_the_median_of_those_answered(engine: Engine, tmp_path: Path) -> None:
    given(engine, *[a_waiting_order(number, hours=14) for number in ("A", "B", "C")])
    looked(engine, tmp_path)
    did(engine, tmp_path, "claim", "A", seen=0, at=10 * MINUTE)
    did(engine, tmp_path, "expedite", "B", seen=0, at=30 * MINUTE)
    did(engine, tmp_path, "snooze", "C", seen=0, at=MINUTE)

    count(engine, settings=Settings(home=tmp_path, zone=ZONE), as_of=AS_OF + HOUR)

    days = reads.workbench_kpi_days(engine, scope=EVERYTHING, since=DAY, until=DAY)
    found = next(each for each in days if (each.kpi, each.dimension) == ("alert_to_action", "all"))
    assert (found.p50, found.numerator, found.denominator) == (20.0, 2, 3)


def test_what_is_done_to_an_order_of_the_list_is_remembered_with_its_risk_then(engine: Engine, tmp_path: Path) -> None:
    given(
        engine,
        a_waiting_order("A", hours=1),
        a_waiting_order("B", hours=1),
        scores=(a_score("A", probability=0.7), a_score("B", probability=0.1)),
    )
    looked(engine, tmp_path)
    did(engine, tmp_path, "expedite", "A", seen=0, at=MINUTE)
    did(engine, tmp_path, "expedite", "B", seen=0, at=MINUTE)

    found = {row.order_no: row for row in every(engine, "SELECT * FROM case_outcomes")}
    assert (found["A"].acted, found["A"].acted_probability, found["A"].cohort) == ("expedite", 0.7, "suggested")
    # nobody had suggested this one: it teaches what the action does, and is no part of the comparison
    assert (found["B"].acted_probability, found["B"].compared) == (0.1, False)
