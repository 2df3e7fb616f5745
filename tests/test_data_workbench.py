"""Does the workbench find what is in trouble, give it to somebody, hold what is valuable and choose what is worth acting on?"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import reads, tables
from data.outbox import outbox_of
from data.settings import Settings
from models.scope import EVERYTHING, Scope
from tests.conftest import MakeEngine
from tests.given_orders import insert_rows
from tests.given_workbench import AS_OF, HOUR, ZONE, a_score, a_waiting_order, cleared, every, given, looked, one

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def shared(make_engine: MakeEngine) -> Engine:
    return make_engine()


@pytest.fixture
def engine(shared: Engine) -> Engine:
    cleared(shared)
    return shared


def page(engine: Engine, tab: str, **asked: object) -> list[str]:
    """Return the numbers of the orders of a list, in its order."""
    wanted = {"scope": EVERYTHING, "part": reads.Part(), "person_id": "chen", "as_of": AS_OF} | asked
    return [row.order_no for row in reads.queue_page(engine, tab=tab, **wanted)]  # type: ignore[arg-type]


def counts(engine: Engine, **asked: object) -> dict[str, int]:
    wanted = {"scope": EVERYTHING, "part": reads.Part(), "person_id": "chen", "as_of": AS_OF} | asked
    return reads.queue_counts(engine, **wanted)  # type: ignore[arg-type]


def test_the_list_is_ranked_by_what_can_still_be_saved(engine: Engine, tmp_path: Path) -> None:
    given(
        engine,
        a_waiting_order("cheap", hours=1),
        a_waiting_order("dear", hours=1, paid_minor=90_000, paid_reporting_minor=90_000),
        a_waiting_order("safe", hours=1),
        a_waiting_order("gone", hours=13),
        scores=(
            a_score("cheap", probability=0.9),
            a_score("dear", probability=0.5),
            a_score("safe", probability=0.05),
            a_score("gone", probability=1),
        ),
    )

    looked(engine, tmp_path)

    assert page(engine, "still_savable") == ["dear", "cheap"]
    row = reads.queue_page(engine, scope=EVERYTHING, part=reads.Part(), tab="still_savable", person_id="", as_of=AS_OF)[0]
    assert (row.action, round(row.score)) == ("expedite", round(0.5 * 90_000 * 0.55))
    assert page(engine, "overdue_2h") == ["gone"]


def test_two_open_hours_after_payment_an_order_has_an_owner_and_an_alert_within_the_minute(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=1), a_waiting_order("night", hours=4))
    crossing = AS_OF + HOUR

    looked(engine, tmp_path, as_of=AS_OF - 31 * MINUTE)
    assert page(engine, "overdue_2h") == []
    # paid at 6:30, before the warehouse opens at 8:00
    looked(engine, tmp_path, as_of=AS_OF - 30 * MINUTE)
    assert page(engine, "overdue_2h") == ["night"]
    looked(engine, tmp_path, as_of=crossing)

    alert = one(engine, "SELECT * FROM alerts WHERE order_no = 'A'")
    assert (alert.rule, alert.owner, alert.opened_at) == ("overdue_2h", "chen", crossing)
    assert one(engine, "SELECT owner FROM order_owners WHERE order_no = 'A'").owner == "chen"


def test_every_overdue_order_has_a_named_owner_who_may_see_it(engine: Engine, tmp_path: Path) -> None:
    orders = [a_waiting_order(f"{shop}-{n}", hours=14, shop_id=shop) for shop in ("tb-home", "sp-us") for n in range(6)]
    given(engine, *orders)

    looked(engine, tmp_path)

    owners = {(row.shop_id, row.owner) for row in every(engine, "SELECT shop_id, owner FROM order_owners")}
    # the colleague of one shop takes a share of it, and nothing of another
    assert owners == {("sp-us", "chen"), ("sp-us", "else"), ("tb-home", "chen")}
    assert one(engine, "SELECT count(*) AS n FROM order_owners").n == 12
    assert one(engine, "SELECT count(*) AS n FROM alerts WHERE owner IS NULL").n == 0


def test_a_rule_names_the_owner_by_channel_and_hour(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=14), a_waiting_order("B", hours=14, shop_id="dy-live"))
    rule = {"warehouse_code": "*", "category": "*", "days": [4], "from_minute": 540, "to_minute": 1080, "version": 1, "set_by": "lin"}
    with engine.begin() as connection:
        insert_rows(connection, tables.owner_rules, [rule | {"channel": "douyin", "owner": "zhao", "set_at": AS_OF}])

    looked(engine, tmp_path)

    owners = {row.order_no: row.owner for row in every(engine, "SELECT order_no, owner FROM order_owners")}
    assert owners == {"A": "chen", "B": "zhao"}


def test_every_order_worth_the_threshold_is_held_until_reviewed_and_the_warehouse_is_told(engine: Engine, tmp_path: Path) -> None:
    worth: dict[str, Any] = {"paid_minor": 200_000, "paid_reporting_minor": 200_000}
    given(engine, a_waiting_order("big", hours=1, **worth), a_waiting_order("small", hours=1, paid_minor=199_999))

    looked(engine, tmp_path)
    looked(engine, tmp_path, as_of=AS_OF + MINUTE)

    assert page(engine, "review") == ["big"]
    assert [row.kind for row in every(engine, "SELECT kind FROM intents")] == ["hold"]
    file = one(engine, "SELECT state, file_name FROM intents")
    assert file.state == "sent"
    told = (outbox_of(Settings(home=tmp_path)) / file.file_name).read_text(encoding="utf-8-sig")
    assert "big" in told and "暂停发货" in told


def test_an_order_that_has_left_leaves_the_lists_and_its_alert_closes(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=14))
    looked(engine, tmp_path)
    left = AS_OF + MINUTE
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE orders SET stage = 'shipped', stage_since = :at, shipped_from = :at, shipped_to = :at, changed_at = :at"),
            {"at": left},
        )

    looked(engine, tmp_path, as_of=left)

    assert counts(engine) == dict.fromkeys(counts(engine), 0)
    assert one(engine, "SELECT closed_at, closed_by FROM alerts") == (left, None)


def test_a_parcel_lost_on_its_way_is_stuck(engine: Engine, tmp_path: Path) -> None:
    shipped: dict[str, Any] = {
        "stage": "shipped",
        "shipped_from": AS_OF - 200 * HOUR,
        "shipped_to": AS_OF - 200 * HOUR,
        "stage_since": AS_OF - 200 * HOUR,
    }
    given(
        engine, a_waiting_order("lost", hours=210, **shipped), a_waiting_order("new", hours=30, **shipped | {"stage_since": AS_OF - HOUR})
    )
    with engine.begin() as connection:
        limit = {"channel": "taobao", "stage": "shipped", "seconds": 150 * 3600, "source": "rule", "set_at": AS_OF}
        insert_rows(connection, tables.stage_limits, [limit])

    looked(engine, tmp_path)
    looked(engine, tmp_path, as_of=AS_OF + MINUTE)

    assert page(engine, "stuck") == ["lost"]
    row = reads.queue_page(engine, scope=EVERYTHING, part=reads.Part(), tab="stuck", person_id="", as_of=AS_OF)[0]
    assert (row.action, row.alert_id) == (None, None)


def test_what_is_short_is_suggested_another_warehouse(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=1), scores=(a_score("A", probability=0.8),))
    short = {
        "shop_id": "tb-home",
        "order_no": "A",
        "channel": "taobao",
        "state": "short",
        "known_at": AS_OF,
        "decided_at": AS_OF,
        "lines": 1,
    }
    short |= {"lines_filled": 0, "short_units": 2, "oversold_units": 2, "settled_at": AS_OF, "version": 1}
    looked(engine, tmp_path)
    with engine.begin() as connection:
        insert_rows(connection, tables.order_holding, [short])

    looked(engine, tmp_path, as_of=AS_OF + MINUTE)

    row = reads.queue_page(engine, scope=EVERYTHING, part=reads.Part(), tab="short", person_id="", as_of=AS_OF)[0]
    assert (row.order_no, row.action) == ("A", "other_warehouse")


def many(engine: Engine, count: int, *, probability: float = 0.8, due_hours: float = 40, **settings: Any) -> None:
    """Give so many alike orders, due the day after tomorrow, and settings."""
    due = AS_OF + due_hours * HOUR
    given(
        engine,
        *[a_waiting_order(f"N{n:04}", hours=1, deadline_at=due, paid_reporting_minor=20_000 + n) for n in range(count)],
        scores=tuple(a_score(f"N{n:04}", probability=probability) for n in range(count)),
    )
    plain = {"version": 1, "capacity": 20, "hold_out_share": 0.2, "hold_out_seed": 1, "least_probability": 0.2, "overdue_minutes": 120}
    with engine.begin() as connection:
        row = plain | {"late_cost_share": 0.05, "set_by": "lin", "set_at": AS_OF} | settings
        insert_rows(connection, tables.workbench_settings, [row])


def test_no_more_is_suggested_than_can_be_done_today_and_the_control_group_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    many(engine, 100)

    looked(engine, tmp_path)
    looked(engine, tmp_path, as_of=AS_OF + MINUTE)

    capacity = reads.capacity_today(engine, scope=EVERYTHING, as_of=AS_OF, zone=ZONE)
    assert capacity is not None
    assert (capacity.capacity, capacity.planned, capacity.acted) == (20, 20, 0)
    cohorts = {row.cohort: row.orders for row in every(engine, "SELECT cohort, count(*) AS orders FROM case_outcomes GROUP BY 1")}
    assert cohorts["suggested"] == 20 and 0 < cohorts["held_out"] < 15
    held = {row.order_no for row in every(engine, "SELECT order_no FROM workbench_queue WHERE held_out")}
    assert held and not held & set(page(engine, "still_savable", limit=200))
    assert counts(engine)["still_savable"] == 100 - len(held)
    suggested = {row.order_no for row in every(engine, "SELECT order_no FROM workbench_queue WHERE in_capacity")}
    assert suggested == set(page(engine, "still_savable", limit=20))


@pytest.mark.parametrize(
    ("due_hours", "settings"), [(8, {}), (40, {"hold_out_share": 0.0})], ids=["due the same day", "control group turned off"]
)
def test_nobody_is_held_out_who_must_not_be(engine: Engine, tmp_path: Path, due_hours: float, settings: dict[str, Any]) -> None:
    many(engine, 60, due_hours=due_hours, **settings)

    looked(engine, tmp_path)

    assert one(engine, "SELECT count(*) AS n FROM workbench_queue WHERE held_out").n == 0
    assert one(engine, "SELECT count(*) AS n FROM case_outcomes WHERE cohort = 'held_out' OR compared").n == 0


def test_an_order_held_out_stays_so_when_its_day_comes(engine: Engine, tmp_path: Path) -> None:
    many(engine, 60, due_hours=32)
    looked(engine, tmp_path)
    before = {row.order_no for row in every(engine, "SELECT order_no FROM case_outcomes WHERE cohort = 'held_out'")}

    looked(engine, tmp_path, as_of=AS_OF + 30 * HOUR)

    after = {row.order_no for row in every(engine, "SELECT order_no FROM workbench_queue WHERE held_out")}
    assert before and before <= after
    # whoever had not been chosen by then is due today, and is held out no more
    assert after == before


def test_a_second_look_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    many(engine, 30)
    looked(engine, tmp_path)
    asked = "SELECT * FROM workbench_queue ORDER BY order_no"
    before = every(engine, asked)

    looked(engine, tmp_path)

    assert every(engine, asked) == before


def test_a_page_goes_on_where_the_last_one_ended(engine: Engine, tmp_path: Path) -> None:
    given(
        engine,
        *[a_waiting_order(f"N{n}", hours=1, paid_reporting_minor=20_000 + n // 3) for n in range(10)],
        scores=tuple(a_score(f"N{n}", probability=0.5) for n in range(10)),
    )
    looked(engine, tmp_path)
    ask = {"scope": EVERYTHING, "part": reads.Part(), "tab": "still_savable", "person_id": "", "as_of": AS_OF, "limit": 4}

    rows = reads.queue_page(engine, **ask)  # type: ignore[arg-type]
    walked = [row.order_no for row in rows]
    while rows:
        rows = reads.queue_page(engine, **ask, after=rows[-1].cursor)  # type: ignore[arg-type]
        walked += [row.order_no for row in rows]

    assert walked == page(engine, "still_savable") and len(set(walked)) == 10


def test_nobody_sees_or_counts_orders_outside_their_scope(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=14), a_waiting_order("B", hours=14, shop_id="dy-live"))
    looked(engine, tmp_path)
    scope = Scope(channels=("douyin",))

    assert page(engine, "overdue_2h", scope=scope) == ["B"]
    assert counts(engine, scope=scope)["overdue_2h"] == 1
    assert page(engine, "overdue_2h", scope=Scope(warehouses=("CN-GZ",))) == []


def test_orders_that_wait_for_the_first_scoring_are_counted_until_one_has_a_score(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("A", hours=1), a_waiting_order("B", hours=1, shop_id="dy-live"))
    before = counts(engine)["unscored"]
    looked(engine, tmp_path)
    unscored = [counts(engine, scope=scope)["unscored"] for scope in (EVERYTHING, Scope(channels=("douyin",)))]

    with engine.begin() as connection:
        insert_rows(connection, tables.risk_now, [a_score("A", probability=0.01)])
    looked(engine, tmp_path)

    assert (before, unscored) == (2, [2, 1])
    assert counts(engine)["unscored"] == 0


def test_the_board_counts_each_place_of_the_flow_and_names_its_oldest_order(engine: Engine, tmp_path: Path) -> None:
    shipped: dict[str, Any] = {"stage": "shipped", "shipped_from": AS_OF - HOUR, "shipped_to": AS_OF - HOUR}
    given(
        engine,
        a_waiting_order("P1", hours=1),
        a_waiting_order("P2", hours=30),
        a_waiting_order("W", hours=5, stage="waybilled"),
        a_waiting_order("S", hours=9, **shipped),
    )

    board = {column.stage: column for column in reads.flow_board(engine, scope=EVERYTHING, part=reads.Part(), as_of=AS_OF, zone=ZONE)}

    assert list(board) == ["created", "paid", "reviewed", "allocated", "waybilled", "shipped"]
    assert (board["paid"].orders, board["paid"].oldest_order) == (2, "P2")
    assert board["paid"].ages == ((2, 1), (6, 0), (24, 0), (None, 1))
    assert (board["waybilled"].orders, board["shipped"].orders, board["reviewed"].oldest_order) == (1, 1, None)


def test_what_cannot_be_written_for_a_warehouse_waits_says_why_and_is_sent_once_it_can(engine: Engine, tmp_path: Path) -> None:
    given(engine, a_waiting_order("big", hours=1, paid_minor=900_000))
    (tmp_path / "outbox").write_text("a file where the folder should be")

    looked(engine, tmp_path)
    waits = one(engine, "SELECT state, error FROM intents")
    assert waits.state == "waiting" and waits.error
    (tmp_path / "outbox").unlink()
    looked(engine, tmp_path, as_of=AS_OF + MINUTE)

    assert one(engine, "SELECT state, error, sent_at FROM intents") == ("sent", None, AS_OF + MINUTE)
    files = [path.name for path in outbox_of(Settings(home=tmp_path)).rglob("*") if path.is_file()]
    assert len(files) == 1 and files[0].endswith(".csv")
