"""Does the clock keep the stock: holds given back, shorts tried again, a day's figures, alerts, caps, what shops are told, and the laws?"""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from data import tables
from data.measures import CUBES, HOLD_COUNTS, Cube
from data.roll_up import roll_up_changes
from data.settings import Settings
from data.stock_check import check_stock, compensate_stock
from data.stock_publish import HEADER, publish
from data.stock_sweep import Swept, close_days, sweep_stock
from data.writes.stock_moves import Move, post_moves
from tests.conftest import MakeEngine
from tests.given_stock import NOW, changed, holding, holds, opened, ordered, settled, stock

TODAY = date(2026, 11, 20)


def swept(engine: Engine, *, minutes: float = 0) -> Swept:
    return sweep_stock(engine, settings=Settings(home=Path("/nowhere")), now=lambda: NOW + timedelta(minutes=minutes))


def rows(engine: Engine, asked: str, **given: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(asked), given))


def counted(engine: Engine, sku: str, quantity: int, *, hours: float, warehouse: str = "w1") -> None:
    given = {"sku_code": sku, "warehouse_code": warehouse, "source": "erp.stock", "kind": "on_hand", "quantity": quantity}
    told = {"as_of": NOW + timedelta(hours=hours), "nature": "live", "file_id": 1, "row_number": 1, "ingested_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(tables.stock_snapshots).values(given | told))


def test_a_sweep_gives_back_what_expired_and_holds_what_has_come_for_shorts(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("a", "w1"): 2})
        ordered(connection, "A", {"a": 2}, paid_to=None, paid_from=None)
        ordered(connection, "A2", {"a": 1}, at=NOW + timedelta(seconds=1))
    swept(database)
    assert holding(database, "A2").state == "short"

    done = swept(database, minutes=30)

    assert done.expired == 1
    assert holds(database, "A2") == {("a", "w1"): ("confirmed", 1)}
    assert holding(database, "A").state == "lapsed"
    assert stock(database)["a", "w1"] == (2, 1)


def test_the_delay_of_a_day_is_told_by_channel_and_a_breach_is_an_alert_until_it_is_none(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        opened(connection, {("b", "w1"): 99})
        for number in range(20):
            ordered(connection, f"B{number}", {"b": 1})
    settled(engine, at=NOW + timedelta(seconds=12))
    swept(engine, minutes=1)
    [figure] = rows(engine, "SELECT * FROM stock_kpis WHERE kpi = 'sync_delay' AND dimension = 'channel'")
    assert (figure.day, figure.member, figure.value, figure.most, figure.numerator, figure.denominator) == (TODAY, "taobao", 12, 12, 20, 20)
    assert not rows(engine, "SELECT FROM alerts WHERE rule = 'sync_delay'")

    with engine.begin() as connection:
        for number in range(2):
            ordered(connection, f"B-late{number}", {"b": 1}, at=NOW - timedelta(minutes=5))
    swept(engine, minutes=2)

    [alert] = rows(engine, "SELECT * FROM alerts WHERE rule = 'sync_delay'")
    assert (alert.subject, alert.department, alert.channel, alert.detail["value"]) == ("sync_delay:taobao", "it", "taobao", 420)
    sweep_stock(engine, settings=Settings(home=Path("/nowhere")), now=lambda: NOW + timedelta(days=1))
    assert rows(engine, "SELECT closed_at FROM alerts WHERE rule = 'sync_delay'")[0].closed_at is not None


def test_fifty_holds_that_were_not_released_in_five_minutes_cap_the_day_and_alert_customer_service(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        opened(connection, {("c", "w1"): 99})
        for number in range(52):
            ordered(connection, f"C{number}", {"c": 1}, at=NOW if number else NOW + timedelta(minutes=4), paid_to=None, paid_from=None)
    settled(engine)

    # expired at the half hour, and no job came for nine minutes
    swept(engine, minutes=39)

    [figure] = rows(engine, "SELECT * FROM stock_kpis WHERE kpi = 'holds_not_released' AND day = :day", day=TODAY)
    assert (figure.value, figure.denominator) == (52, 52)
    assert [row.department for row in rows(engine, "SELECT * FROM alerts WHERE rule = 'holds_not_released'")] == ["service"]
    roll_up_changes(engine, settings=Settings(home=Path("/nowhere")), as_of=NOW + timedelta(days=1))
    assert [row.code for row in rows(engine, "SELECT code FROM day_caps WHERE day = :day AND code <> 'sync_gap'", day=TODAY)] == [
        "holds_not_released"
    ]


def test_the_difference_of_a_day_is_its_last_count_against_the_book_of_that_instant(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        opened(connection, {("d", "w1"): 100, ("e", "w1"): 300})
        out = [Move("d", "w1", "scrap", -10, NOW + timedelta(hours=hours), "erp.out", str(hours)) for hours in (1, 3)]
        post_moves(connection, out, as_of=NOW + timedelta(hours=4))
    counted(engine, "d", 55, hours=0)
    counted(engine, "d", 88, hours=2)
    counted(engine, "e", 300, hours=2)

    close_days(engine, settings=Settings(home=Path("/nowhere")), as_of=NOW + timedelta(hours=5))

    [drift] = rows(engine, "SELECT * FROM stock_drift WHERE sku_code = 'd'")
    assert (drift.day, drift.counted, drift.book) == (TODAY, 88, 90)
    rates = {row.member: float(row.value) for row in rows(engine, "SELECT * FROM stock_kpis WHERE kpi = 'stock_difference'")}
    assert rates == {"w1": pytest.approx(2 / 390, abs=1e-6), "": pytest.approx(2 / 390, abs=1e-6)}
    roll_up_changes(engine, settings=Settings(home=Path("/nowhere")), as_of=NOW + timedelta(days=1))
    assert [row.code for row in rows(engine, "SELECT code FROM day_caps WHERE code <> 'sync_gap'")] == ["stock_difference"]

    # weeks later it becomes known that two pieces had left before that count
    later = NOW + timedelta(days=20)
    with engine.begin() as connection:
        post_moves(connection, [Move("d", "w1", "gift", -2, NOW + timedelta(minutes=5), "erp.out", "late")], as_of=later)
    close_days(engine, settings=Settings(home=Path("/nowhere")), as_of=later)
    assert rows(engine, "SELECT * FROM stock_drift") == []
    assert {float(row.value) for row in rows(engine, "SELECT value FROM stock_kpis WHERE kpi = 'stock_difference'")} == {0}


def test_an_order_that_is_short_at_the_end_of_the_day_caps_it_and_its_lines_are_no_good_units(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with engine.begin() as connection:
        opened(connection, {("f", "w1"): 3})
        ordered(connection, "F", {"f": 2})
        ordered(connection, "F2", {"f": 2}, at=NOW + timedelta(seconds=1), region_code="CN-33")
    settled(engine, at=NOW + timedelta(seconds=40))
    roll_up_changes(engine, settings=Settings(home=Path("/nowhere")), as_of=NOW + timedelta(days=1))
    with engine.begin() as connection:
        changed(connection, "F2", region_code="CN-44")
    settled(engine, at=NOW + timedelta(days=1))
    roll_up_changes(engine, settings=Settings(home=Path("/nowhere")), as_of=NOW + timedelta(days=1))

    counts = f"SELECT {', '.join(f'sum({name})::int AS {name}' for name in HOLD_COUNTS)} FROM channel_day WHERE day = '2026-11-20'"
    assert tuple(rows(engine, counts)[0]) == (2, 1, 2, 0)
    assert "short_at_day_end" in {row.code for row in rows(engine, "SELECT code FROM day_caps")}
    added = [held_cells(engine, cube) for cube in CUBES]
    roll_up_changes(engine, settings=Settings(home=Path("/nowhere")), as_of=NOW + timedelta(days=1), anew=True)
    assert [held_cells(engine, cube) for cube in CUBES] == added


def held_cells(engine: Engine, cube: Cube) -> list[Any]:
    """Return what orders added of stock to each cell of a cube."""
    keys = f"{cube.time}, {', '.join(cube.dimensions)}"
    asked = f"SELECT {keys}, {', '.join(HOLD_COUNTS)} FROM {cube.name} WHERE ({', '.join(HOLD_COUNTS)}) <> (0, 0, 0, 0) ORDER BY {keys}"
    return rows(engine, asked)


def test_shops_are_told_by_quota_and_threshold_when_something_changes_and_not_else(
    make_engine: MakeEngine, make_settings: Callable[..., Settings]
) -> None:
    engine, settings = make_engine(), make_settings()
    with engine.begin() as connection:
        opened(connection, {("g", "w1"): 21})
        for shop, channel in (("tb", "taobao"), ("jd1", "jd"), ("jd2", "jd")):
            connection.execute(insert(tables.channel_stock).values(sku_code="g", shop_id=shop, warehouse_code="", channel=channel))
        quota = {"channel": "taobao", "sku_code": "*", "warehouse_code": "*", "share": "0.5", "version": 1, "set_by": "x", "set_at": NOW}
        connection.execute(insert(tables.publish_quotas).values(quota))

    assert publish(engine, settings=settings, as_of=NOW) == 3
    assert publish(engine, settings=settings, as_of=NOW + timedelta(minutes=1)) == 0

    told = "SELECT shop_id, told_quantity, told_action FROM channel_stock ORDER BY shop_id"
    assert [tuple(row) for row in rows(engine, told)] == [("jd1", 6, "sell"), ("jd2", 5, "sell"), ("tb", 10, "sell")]
    [file] = (settings.home / "outbox" / "jd1").glob("stock_*.csv")
    assert file.read_text(encoding="utf-8-sig").splitlines() == [",".join(HEADER), "g,6,在售,2026-11-20T12:00:00+08:00"]
    with engine.begin() as connection:
        ordered(connection, "G", {"g": 16})
    settled(engine, at=NOW + timedelta(minutes=2))
    assert publish(engine, settings=settings, as_of=NOW + timedelta(minutes=3)) == 3
    assert {row.told_action for row in rows(engine, told)} == {"show_left"}


def test_a_check_finds_what_does_not_add_up_and_one_command_puts_it_right(database: Engine) -> None:
    with database.begin() as connection:
        opened(connection, {("h", "w1"): 9})
        ordered(connection, "H", {"h": 2})
        ordered(connection, "H2", {"h": 2})
    settled(database)
    assert check_stock(database, as_of=NOW).holds_all
    with database.begin() as connection:
        connection.execute(text("UPDATE stock SET on_hand = 7, held = 5 WHERE sku_code = 'h'"))
        connection.execute(text("DELETE FROM hold_steps WHERE order_no = 'H2'"))
        connection.execute(text("UPDATE orders SET cancelled_to = :at, cancelled_from = :at WHERE order_no = 'H'"), {"at": NOW})

    found = check_stock(database, as_of=NOW)
    assert {law: count for law, count in found.broken.items() if count} == {"book": 1, "held": 1, "steps": 1, "orphans": 1}
    _, after = compensate_stock(database, by="tester", as_of=NOW)
    settled(database)

    assert not any(after.broken[law] for law in ("book", "held", "steps"))
    assert stock(database)["h", "w1"] == (9, 2)
    assert check_stock(database, as_of=NOW).holds_all
