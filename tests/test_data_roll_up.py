"""Do the cells always equal a full recomputation, whatever came in which order, and do snapshots and scores say what changed?"""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from data.current_events import current_events_sql
from data.ingest import ingest_path
from data.measures import AXES, CUBES, DWELL_DIMENSIONS, DWELL_TOGETHER, MEASURE_NAMES, Cube
from data.roll_up import Snapshot, roll_up_changes
from data.settings import Settings
from data.writes import roll_up
from models.durations import BOUNDED, bucket_of
from models.promise import Promised, closed_by_merchant, verdict
from models.stages import STAGES_BY_KEY, TIMED_STAGES
from tests.arriving_files import some_files, write_file
from tests.final_state import empty
from tests.laws import tries
from tests.own_files import SHIPPED, TO_SHIP, taobao_order, write_orders

ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 11, 12, 1, tzinfo=UTC)
NEVER_ENDS = datetime(2100, 1, 1, tzinfo=UTC)
Cells = dict[tuple[Any, ...], tuple[int, ...]]


def take(engine: Engine, path: Path, *, home: Path, nature: str = "live", as_of: datetime = AS_OF) -> None:
    ingest_path(engine, path, settings=Settings(home=home), as_of=as_of, nature=nature, shop="shop")


def rolled_up(engine: Engine, *, as_of: datetime = AS_OF, anew: bool = False) -> Snapshot:
    return roll_up_changes(engine, settings=Settings(inbox=Path("/nowhere")), as_of=as_of, anew=anew)


def stored(connection: Connection, cube: Cube) -> Cells:
    """Return a cube's cells by key, those of zeros left out."""
    keys = len(cube.dimensions) + 1
    asked = f"SELECT {cube.time}, {', '.join((*cube.dimensions, *MEASURE_NAMES))} FROM {cube.name}"
    rows = [tuple(row) for row in connection.execute(text(asked))]
    return {row[:keys]: row[keys:] for row in rows if any(row[keys:])}


def all_cells(engine: Engine) -> dict[str, Cells]:
    with engine.connect() as connection:
        return {cube.name: stored(connection, cube) for cube in CUBES}


def recomputed(connection: Connection) -> dict[str, Cells]:
    """Compute every cell from the current events and the model's own judgement, in Python alone."""
    orders = [dict(row._mapping) for row in connection.execute(text("SELECT * FROM orders WHERE NOT stub"))]
    asked = f"WITH every AS (SELECT shop_id, order_no FROM orders), {current_events_sql('every')} SELECT * FROM current_events"
    times: dict[tuple[str, str], dict[str, tuple[datetime, datetime]]] = {}
    for row in connection.execute(text(asked)):
        if row.part == "" and row.undone_at is None:
            times.setdefault((row.shop_id, row.order_no), {})[row.type] = (row.occurred_from, row.occurred_to)
    cells: dict[str, dict[tuple[Any, ...], Counter[str]]] = {cube.name: {} for cube in CUBES}
    for order in orders:
        happened = times[order["shop_id"], order["order_no"]]
        for axis, moment, measures in contributions(order, happened):
            assert axis in AXES
            for cube in CUBES:
                when: object = moment.astimezone(ZONE).date()
                if cube.hourly:
                    when = moment.replace(minute=0, second=0, microsecond=0)
                key = (when, *(order[dimension] or "" for dimension in cube.dimensions))
                cells[cube.name].setdefault(key, Counter()).update(measures)
    return {name: {key: _measured(sums) for key, sums in found.items() if any(_measured(sums))} for name, found in cells.items()}


def _measured(sums: Counter[str]) -> tuple[int, ...]:
    return tuple(int(sums[name]) for name in MEASURE_NAMES)


def contributions(order: dict[str, Any], happened: dict[str, tuple[datetime, datetime]]) -> list[tuple[str, datetime, dict[str, int]]]:
    """Say what an order adds on which day, by the words of the definitions."""
    created = happened["created"][0]
    live = order["nature"] == "live"
    placed = {
        "orders": 1,
        "cancelled_orders": "cancelled" in happened,
        "refunded_orders": "refunded" in happened,
        "live_orders": live,
        "known_in_time": live and order["ingested_at"] - created <= timedelta(minutes=10),
    }
    found: list[tuple[str, datetime, dict[str, int]]] = [("created", created, placed)]
    paid, shipped = happened.get("paid"), happened.get("shipped")
    if paid:
        money = {"paid_minor": order["paid_minor"] or 0, "unrated": order["paid_minor"] is None, "no_promise": order["deadline_at"] is None}
        found.append(("paid", paid[1], {"paid_orders": 1, **money}))
    if order["deadline_at"] is not None:
        ends = [happened[name] for name in ("cancelled", "refunded") if name in happened]
        ended = (min(end[0] for end in ends), min(end[1] for end in ends)) if ends else (None, None)
        order_ = Promised(
            order["deadline_at"],
            shipped_from=shipped[0] if shipped else None,
            shipped_to=shipped[1] if shipped else None,
            ended_from=ended[0],
            ended_to=ended[1],
            closed_by_merchant=closed_by_merchant(order["close_reason"]),
        )
        judged = verdict(order_, as_of=NEVER_ENDS)
        due = {"due": judged != "excluded", "on_time": judged == "on_time", "maybe_on_time": judged == "unsure"}
        found.append(("due", order["deadline_at"], {name: int(value) for name, value in due.items()}))
    if shipped:
        exact = paid is not None and paid[0] == paid[1] and shipped[0] == shipped[1]
        bounded = paid is not None and not exact
        least = most = 0
        if paid is not None:
            least = round(max((shipped[0] - paid[1]).total_seconds(), 0))
            most = round(max((shipped[1] - paid[0]).total_seconds(), 0))
        hours = {"shipped_exact": exact, "shipped_exact_seconds": least * exact, "shipped_bounded": bounded}
        found.append(("shipped", shipped[1], {**hours, "shipped_low_seconds": least * bounded, "shipped_high_seconds": most * bounded}))
    done = [happened[name][1] for name in ("delivered", "completed") if name in happened]
    if done:
        found.append(("done", min(done), {"done": int("cancelled" not in happened and "refunded" not in happened)}))
    return found


def stays(engine: Engine) -> Cells:
    """Return the lengths of stages as they are stored, those of no order left out."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT day, dimension, value, stage, buckets, orders FROM dwell_day"))
        pairs = [(*row[:4], *pair) for row in rows for pair in zip(row.buckets, row.orders, strict=True)]
    assert len({pair[:-1] for pair in pairs}) == len(pairs)
    assert all(pair[-1] > 0 for pair in pairs)
    return {pair[:-1]: pair[-1:] for pair in pairs}


def recounted_stays(connection: Connection) -> Cells:
    """Count the lengths of stages from the orders' own times, in Python alone."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for row in connection.execute(text("SELECT *, created_at AS created_from, created_at AS created_to FROM orders WHERE NOT stub")):
        order = dict(row._mapping)
        for key in TIMED_STAGES:
            ends = [(order[f"{step}_from"], order[f"{step}_to"]) for step in STAGES_BY_KEY[key].ends_with if order[f"{step}_to"]]
            begun = (order[f"{key}_from"], order[f"{key}_to"])
            if begun[1] is None or not ends:
                continue
            left = (min(end[0] for end in ends), min(end[1] for end in ends))
            if left[1] < begun[0]:
                continue
            exact = begun[0] == begun[1] and left[0] == left[1]
            bucket = bucket_of((left[1] - begun[1]).total_seconds()) if exact else BOUNDED
            for dimension in (*DWELL_DIMENSIONS, DWELL_TOGETHER):
                counts[left[1].astimezone(ZONE).date(), dimension, order.get(dimension) or "", key, bucket] += 1
    return {key: (count,) for key, count in counts.items()}


@hypothesis_settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=some_files(), data=st.data())
def test_cells_equal_a_recomputation_from_events_after_any_order_of_arrival(
    files: list[tuple[str, list[dict[str, str]]]], data: st.DataObject, engine: Engine, tmp_path: Path
) -> None:
    empty(engine)
    # the first is computed from all orders; whatever comes after it only adds what has changed
    rolled_up(engine)
    paths = [write_file(tmp_path, name, cells) for name, cells in files]
    for path in data.draw(st.permutations(paths + paths[:1])):
        take(engine, path, home=tmp_path / "home", nature=data.draw(st.sampled_from(["live", "backfill"])))
        if data.draw(st.booleans()):
            rolled_up(engine)
    rolled_up(engine)
    added, stayed = all_cells(engine), stays(engine)

    with engine.connect() as connection:
        from_events, recounted = recomputed(connection), recounted_stays(connection)
    rolled_up(engine, anew=True)

    assert (added, stayed) == (from_events, recounted)
    assert (all_cells(engine), stays(engine)) == (added, stayed)


def _export(engine: Engine, folder: Path, *orders: dict[str, str], as_of: datetime = AS_OF) -> None:
    name = f"{len(list(folder.iterdir()))}.csv"
    take(engine, write_orders(folder / name, orders), home=folder / "home", as_of=as_of)


def _days(engine: Engine, *measures: str) -> dict[date, tuple[int, ...]]:
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT day, {', '.join(measures)} FROM channel_day ORDER BY day"))
        return {row.day: tuple(row)[1:] for row in rows if any(tuple(row)[1:])}


def _score(engine: Engine, span: str, last: str) -> Any:
    with engine.connect() as connection:
        asked = text("SELECT * FROM index_scores WHERE span = :span AND last_day = :last")
        return connection.execute(asked, {"span": span, "last": last}).one()


# paid 11-01 10:05, so due on 11-03 at 10:05
STAMP = {"订单创建时间": "2026-11-01 09:00:00", "订单付款时间": "2026-11-01 10:05:00"}


def test_an_order_that_nothing_shipped_is_due_and_not_good_without_any_event(engine: Engine, tmp_path: Path) -> None:
    _export(engine, tmp_path, taobao_order(1))

    rolled_up(engine)

    assert _days(engine, "due", "on_time") == {date(2026, 11, 3): (1, 0)}
    assert _score(engine, "day", "2026-11-03").score["parts"][0] | {"code": "C1"} == {
        "code": "C1", "rate": 0.0, "score": 0.0, "good": 0, "units": 1, "carried": False,
    }  # fmt: skip


def test_a_closed_day_that_changes_is_restated_and_keeps_what_was_published(engine: Engine, tmp_path: Path) -> None:
    _export(engine, tmp_path, taobao_order(1), taobao_order(2, paid="2026-11-01 11:00:00"))
    first = rolled_up(engine)
    closed = taobao_order(1, status="交易关闭", 订单关闭原因="买家不想要了")
    _export(engine, tmp_path, closed, taobao_order(3, paid="2026-11-02 11:00:00"))
    before = _score(engine, "day", "2026-11-03")

    second = rolled_up(engine, as_of=AS_OF + timedelta(hours=1))

    after = _score(engine, "day", "2026-11-03")
    assert (first.restated_days, before.restated_at) == ((), None)
    assert date(2026, 11, 3) in second.restated_days
    assert after.published == before.score
    assert after.published_snapshot_id == first.snapshot_id
    assert after.snapshot_id == second.snapshot_id


def test_where_nothing_changed_no_snapshot_is_made_and_the_next_day_makes_one(engine: Engine, tmp_path: Path) -> None:
    _export(engine, tmp_path, taobao_order(1))
    first = rolled_up(engine)

    again, tomorrow = rolled_up(engine), rolled_up(engine, as_of=AS_OF + timedelta(days=1))

    assert first.snapshot_id is not None
    assert again == Snapshot(None, 0, False)
    assert tomorrow.snapshot_id == first.snapshot_id + 1
    assert _score(engine, "day", "2026-11-12").score["parts"][0]["carried"]


def test_an_index_without_all_components_is_partial_and_has_no_grade(engine: Engine, tmp_path: Path) -> None:
    _export(engine, tmp_path, taobao_order(1, status=SHIPPED), taobao_order(2, status=TO_SHIP))

    rolled_up(engine)

    found = _score(engine, "week", "2026-11-08").score
    assert (found["coverage"], found["grade"]) == (40, None)
    assert [part["code"] for part in found["parts"]] == ["C1", "C4"]


def test_a_live_order_is_known_in_time_within_ten_minutes(engine: Engine, tmp_path: Path) -> None:
    placed = datetime(2026, 11, 1, 2, tzinfo=UTC)
    for number, minutes in ((1, 10), (2, 11)):
        _export(engine, tmp_path, taobao_order(number), as_of=placed + timedelta(minutes=minutes))

    rolled_up(engine)

    assert _days(engine, "live_orders", "known_in_time") == {date(2026, 11, 1): (2, 1)}


def test_a_day_is_cut_in_the_business_zone_and_a_change_of_it_moves_every_cell(engine: Engine, tmp_path: Path) -> None:
    _export(engine, tmp_path, taobao_order(1, 订单创建时间="2026-11-01 00:15:23", paid="2026-11-01 00:20:00"))
    rolled_up(engine)
    shanghai = _days(engine, "orders")

    moved = roll_up_changes(engine, settings=Settings(inbox=Path("/nowhere"), zone="UTC"), as_of=AS_OF)

    assert (shanghai, _days(engine, "orders")) == ({date(2026, 11, 1): (1,)}, {date(2026, 10, 31): (1,)})
    assert moved.rebuilt


def test_a_rate_that_comes_late_values_the_payments_of_its_business_day_and_no_other(engine: Engine, tmp_path: Path) -> None:
    # 16:30 UTC is the next day in Shanghai
    for number, paid in enumerate(("2026-11-03T15:30:00Z", "2026-11-03T16:30:00Z"), start=1):
        order = {"id": number, "created_at": paid, "processed_at": paid, "updated_at": paid, "currency": "USD", "total_price": "10.01"}
        order |= {"financial_status": "paid", "line_items": [{"id": 1, "title": "a", "quantity": 1, "price": "10.01"}]}
        (tmp_path / f"{number}.json").write_text(json.dumps({"orders": [order]}))
        take(engine, tmp_path / f"{number}.json", home=tmp_path / "home")
    rolled_up(engine)
    unrated = _days(engine, "paid_minor", "unrated")

    (tmp_path / "汇率表.csv").write_text("日期,币种,本位币,汇率\n2026-11-04,USD,CNY,7.2005\n")
    take(engine, tmp_path / "汇率表.csv", home=tmp_path / "home")
    snapshot = rolled_up(engine)

    assert unrated == {date(2026, 11, 3): (0, 1), date(2026, 11, 4): (0, 1)}
    assert _days(engine, "paid_minor", "unrated") == {date(2026, 11, 3): (0, 1), date(2026, 11, 4): (7208, 0)}
    assert (snapshot.rebuilt, snapshot.restated_days) == (False, (date(2026, 11, 4),))


def test_a_roll_up_that_dies_leaves_cells_log_and_snapshots_as_they_were(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _export(engine, tmp_path, taobao_order(1))

    def dies(*given: object, **named: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr("data.roll_up.score_spans", dies)
        with pytest.raises(RuntimeError):
            rolled_up(engine)

    with engine.connect() as connection:
        counts = connection.execute(text("SELECT (SELECT count(*) FROM cell_day), (SELECT count(*) FROM snapshots)")).one()
        waiting = connection.execute(text("SELECT count(*) FROM order_changes")).scalar_one()
    assert (tuple(counts), waiting) == ((0, 0), 1)
    assert rolled_up(engine).changes == 1


def test_every_measure_is_a_column_of_every_cube_and_belongs_to_one_axis() -> None:
    assert len(set(MEASURE_NAMES)) == len(MEASURE_NAMES)
    for cube in CUBES:
        assert all(f"AS {name}" in roll_up.cells_sql(cube) for name in MEASURE_NAMES)
