"""A file in, orders out: what is stored, what is refused, and that nothing is lost or doubled."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text

from data.ingest import ingest_path, replay, replay_waiting
from data.report import Report
from data.settings import Settings
from tests.arriving_files import some_files, write_file
from tests.conftest import MakeEngine
from tests.final_state import empty, final_state
from tests.laws import tries
from tests.own_files import (
    CLOSED,
    DONE,
    SHIPPED,
    SHOPS,
    TO_SHIP,
    stock_out,
    taobao_line,
    taobao_order,
    write_lines,
    write_orders,
    write_rows,
    write_skus,
    write_stock_out,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def take(engine: Engine, path: Path, *, home: Path, nature: str = "backfill", as_of: datetime = NOW, **given_: Any) -> Report:
    [report] = ingest_path(engine, path, settings=Settings(home=home), as_of=as_of, nature=nature, **given_)
    return report


def one(engine: Engine, query: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(query)).one()


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_an_order_row_becomes_an_order_its_events_and_its_contact(engine: Engine, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "a.csv", [taobao_order(1, status=SHIPPED)])

    report = take(engine, path, home=tmp_path)

    assert (report.status, report.rows, report.accepted, report.orders, report.lines) == ("ingested", 1, 1, 1, 0)
    order = one(engine, "SELECT * FROM orders")
    assert (order.order_no, order.stage, order.stub, order.total_minor, order.currency) == ("1", "shipped", False, 10_000, "CNY")
    assert (order.region_code, order.city, order.nature) == ("CN-51", "成都市", "backfill")
    assert order.created_at == datetime(2026, 11, 1, 2, tzinfo=UTC)
    assert order.paid_from == order.paid_to == datetime(2026, 11, 1, 2, 5, tzinfo=UTC)
    assert one(engine, "SELECT phone FROM order_contacts").phone == "13900000000"
    assert one(engine, "SELECT count(*) FROM rejected_rows").count == 0


def test_the_same_file_twice_changes_nothing_and_repeats_its_counts(engine: Engine, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "a.csv", [taobao_order(1), taobao_order(2), taobao_order(3, 订单创建时间="昨天")])
    first = take(engine, path, home=tmp_path)
    before = rows(engine, "SELECT ctid, * FROM orders ORDER BY order_no")

    again = take(engine, path, home=tmp_path)

    assert (first.status, again.status) == ("ingested", "unchanged")
    assert (again.rows, again.accepted, again.orders, again.refused) == (first.rows, first.accepted, first.orders, first.refused)
    assert rows(engine, "SELECT ctid, * FROM orders ORDER BY order_no") == before


def test_a_bad_row_is_refused_with_every_bad_field_and_the_good_rows_go_on(engine: Engine, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "a.csv", [taobao_order(1), taobao_order(2, 总金额="一百", 订单创建时间="昨天"), taobao_order(3)])

    report = take(engine, path, home=tmp_path)

    assert (report.rows, report.accepted, report.orders) == (3, 2, 2)
    assert [(found.row, found.field, found.code) for found in report.refused] == [
        (3, "总金额", "not_an_amount"),
        (3, "订单创建时间", "not_a_time"),
    ]
    assert rows(engine, "SELECT row_number, field, code, value FROM rejected_rows ORDER BY field") == [
        (3, "总金额", "not_an_amount", "一百"),
        (3, "订单创建时间", "not_a_time", "昨天"),
    ]


def test_a_file_without_a_required_column_stops_whole_and_is_kept(engine: Engine, tmp_path: Path) -> None:
    header = [name for name in taobao_order(1) if name != "订单创建时间"]
    path = write_rows(tmp_path / "a.csv", header, [{name: cell for name, cell in taobao_order(1).items() if name in header}])

    report = take(engine, path, home=tmp_path)

    assert report.status == "refused" and "订单创建时间" in (report.error or "")
    file = one(engine, "SELECT sha256 FROM source_files JOIN file_runs USING (file_id) WHERE status = 'refused'")
    assert (tmp_path / "files" / file.sha256).read_bytes() == path.read_bytes()
    assert one(engine, "SELECT count(*) FROM orders").count == 0


def test_lines_that_come_first_make_a_stub_that_becomes_an_order_with_its_parent(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_lines(tmp_path / "lines.csv", [taobao_line(1), taobao_line(1, "SKU2")]), home=tmp_path, shop="shop")
    assert one(engine, "SELECT stub, stage FROM orders") == (True, "unknown")

    take(engine, write_orders(tmp_path / "orders.csv", [taobao_order(1)]), home=tmp_path, shop="shop")

    assert one(engine, "SELECT stub, stage FROM orders") == (False, "paid")
    assert one(engine, "SELECT count(*) FROM order_lines").count == 2


def test_a_line_takes_the_category_valid_at_the_orders_creation_whichever_came_first(make_engine: MakeEngine, tmp_path: Path) -> None:
    skus = write_skus(
        tmp_path / "skus.csv", [("SKU1", "旧类目", "2026-01-01 00:00:00"), ("SKU1", "新类目", "2026-11-01 09:00:00"), ("SKU2", "女装", "")]
    )
    lines = write_lines(
        tmp_path / "lines.csv", [taobao_line(1, price="90.00"), taobao_line(1, "SKU2", price="10.00"), taobao_line(2, "SKU9")]
    )
    orders = write_orders(tmp_path / "orders.csv", [taobao_order(1), taobao_order(2)])
    for sequence in ((skus, lines, orders), (orders, lines, skus), (lines, skus, orders), (lines, orders, skus), (skus, orders, lines)):
        engine = make_engine()

        for path in sequence:
            take(engine, path, home=tmp_path, shop=None if path == skus else "shop")

        assert rows(engine, "SELECT order_no, category FROM orders ORDER BY 1") == [("1", "新类目"), ("2", None)]
        assert rows(engine, "SELECT sku_code, category FROM order_lines ORDER BY 1") == [
            ("SKU1", "新类目"),
            ("SKU2", "女装"),
            ("SKU9", None),
        ]


def test_a_changed_category_leaves_a_reclassified_audit_row(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_skus(tmp_path / "1.csv", [("SKU1", "女装", "2026-01-01 00:00:00")]), home=tmp_path)
    take(engine, write_orders(tmp_path / "o.csv", [taobao_order(1)]), home=tmp_path, shop="shop")
    take(engine, write_lines(tmp_path / "l.csv", [taobao_line(1)]), home=tmp_path, shop="shop")
    assert rows(engine, "SELECT action FROM audit_log") == []

    take(engine, write_skus(tmp_path / "2.csv", [("SKU1", "男装", "2026-01-01 00:00:00")]), home=tmp_path)

    assert one(engine, "SELECT category FROM orders").category == "男装"
    assert rows(engine, "SELECT action, subject, detail->>'from', detail->>'to', (detail->>'lines')::int FROM audit_log") == [
        ("reclassified", "sku:SKU1", "女装", "男装", 1)
    ]


def test_a_newer_set_of_lines_replaces_an_older_one_whichever_came_first(make_engine: MakeEngine, tmp_path: Path) -> None:
    """Two detail files of one order at one observed moment: the whole set with more lines stands, none is doubled."""
    cut = write_lines(tmp_path / "cut.csv", [taobao_line(1)])
    whole = write_lines(tmp_path / "whole.csv", [taobao_line(1), taobao_line(1, "SKU2"), taobao_line(1, "SKU2")])
    for sequence in ((cut, whole), (whole, cut), (whole, cut, whole)):
        engine = make_engine()

        for path in sequence:
            take(engine, path, home=tmp_path, shop="shop")

        assert rows(engine, "SELECT sku_code, count(*) FROM order_lines GROUP BY 1 ORDER BY 1") == [("SKU1", 1), ("SKU2", 2)]


def test_the_warehouse_gives_ship_time_and_warehouse_and_the_platform_keeps_its_amounts(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_orders(tmp_path / "o.csv", [taobao_order(1, status=DONE), taobao_order(2)]), home=tmp_path, shop="shop")
    shop = {"店铺编号": "shop", "店铺名称": "测试家居店", "平台": "淘宝", "时区": "Asia/Shanghai", "币种": "CNY"}
    take(engine, write_rows(tmp_path / "shops.csv", SHOPS, [shop], encoding="utf-8-sig"), home=tmp_path)

    report = take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1, shipped="2026-11-01 15:00:00"), stock_out(9)]), home=tmp_path)

    assert report.refused == ()
    order = one(engine, "SELECT * FROM orders WHERE order_no = '1'")
    assert order.shipped_from == order.shipped_to == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert (order.warehouse_code, order.stage, order.total_minor) == ("成都仓", "completed", 10_000)
    assert one(engine, "SELECT stub FROM orders WHERE order_no = '9'").stub is True


def test_each_field_comes_from_who_owns_it_and_the_losing_word_stays_visible(engine: Engine, tmp_path: Path) -> None:
    platform = taobao_order(1, status=SHIPPED, 物流公司="顺丰速运", 物流单号="SF1")
    take(engine, write_orders(tmp_path / "o.csv", [platform]), home=tmp_path, shop="shop")
    take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1, shipped="2026-11-01 15:00:00")]), home=tmp_path, shop="shop")

    assert one(engine, "SELECT carrier_code, waybill_no, paid_minor FROM orders") == ("ZTO", "ZT1", 10_000)
    assert rows(engine, "SELECT carrier_code, waybill_no FROM order_claims ORDER BY 1") == [("SF", "SF1"), ("ZTO", "ZT1")]


def test_a_warehouse_list_that_comes_before_its_shop_is_taken_once_the_shop_is_known(engine: Engine, tmp_path: Path) -> None:
    early = take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1, shipped="2026-11-01 15:00:00")]), home=tmp_path)
    assert [found.code for found in early.refused] == ["unknown_shop"]

    take(engine, write_orders(tmp_path / "o.csv", [taobao_order(1, 店铺Id="77", 店铺名称="测试家居店")]), home=tmp_path)

    assert rows(engine, "SELECT order_no, stage, warehouse_code FROM orders") == [("1", "shipped", "成都仓")]
    assert rows(engine, "SELECT * FROM rejected_rows") == []


def _shops(path: Path, **cells: str) -> Path:
    row = {"店铺编号": "shop", "店铺名称": "测试家居店", "平台": "淘宝", "时区": "Asia/Shanghai", "币种": "CNY"} | cells
    return write_rows(path, SHOPS, [row], encoding="utf-8-sig")


def test_a_shop_master_with_another_zone_ends_the_same_whether_it_came_first_or_last(make_engine: MakeEngine, tmp_path: Path) -> None:
    orders = write_orders(tmp_path / "o.csv", [taobao_order(1, status=SHIPPED), taobao_order(2)])
    lines = write_lines(tmp_path / "l.csv", [taobao_line(1), taobao_line(2)])
    master = _shops(tmp_path / "shops.csv", 时区="America/New_York", 币种="USD")
    states = []
    for sequence in ((master, orders, lines), (orders, lines, master), (orders, master, lines)):
        engine = make_engine()

        for path in sequence:
            take(engine, path, home=tmp_path / "home", shop=None if path == master else "shop")

        states.append(final_state(engine))

    assert states[0] == states[1] == states[2]
    assert states[0]["orders"][0][5] == datetime(2026, 11, 1, 15, tzinfo=UTC)


def test_an_order_of_lines_alone_has_the_currency_of_its_shop_whether_the_master_came_first_or_last(
    make_engine: MakeEngine, tmp_path: Path
) -> None:
    lines = write_lines(tmp_path / "l.csv", [taobao_line(1)])
    master = _shops(tmp_path / "shops.csv", 币种="USD")
    states = []
    for sequence in ((master, lines), (lines, master)):
        engine = make_engine()

        for path in sequence:
            take(engine, path, home=tmp_path / "home", shop=None if path == master else "shop")

        assert rows(engine, "SELECT currency, channel FROM orders") == [("USD", "taobao")]
        states.append(final_state(engine))

    assert states[0] == states[1]


def test_a_shop_keeps_its_zone_where_its_files_are_past_their_retention(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_orders(tmp_path / "o.csv", [taobao_order(1)]), home=tmp_path, shop="shop")
    with engine.begin() as connection:
        connection.execute(text("UPDATE source_files SET erased_at = now()"))

    take(engine, _shops(tmp_path / "shops.csv", 时区="America/New_York"), home=tmp_path)

    assert one(engine, "SELECT zone, complete FROM shops") == ("Asia/Shanghai", True)
    assert one(engine, "SELECT action FROM audit_log").action == "shop_zone_kept"


def test_a_file_past_its_retention_that_comes_again_stays_erased(engine: Engine, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "o.csv", [taobao_order(1)])
    take(engine, path, home=tmp_path)
    kept = tmp_path / "files" / one(engine, "SELECT sha256 FROM source_files").sha256
    kept.unlink()
    with engine.begin() as connection:
        connection.execute(text("UPDATE source_files SET erased_at = now()"))

    assert take(engine, path, home=tmp_path).status == "unchanged"

    assert not kept.exists()
    assert one(engine, "SELECT erased_at FROM source_files").erased_at is not None


def test_an_order_put_off_by_a_back_fill_keeps_its_nature_when_a_live_file_computes_it(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_orders(tmp_path / "old.csv", [taobao_order(1)]), home=tmp_path, later=True)

    take(engine, write_orders(tmp_path / "new.csv", [taobao_order(1, status=SHIPPED)]), home=tmp_path, nature="live")

    assert one(engine, "SELECT nature, first_file_id FROM orders") == ("backfill", 1)


def test_two_shops_of_one_name_do_not_set_a_file_going_round(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1)]), home=tmp_path)
    with engine.begin() as connection:
        for shop in ("a", "b"):
            values = f"('{shop}', 'taobao', '测试家居店', null, 'Asia/Shanghai', 'CNY', 'CN', true, now())"
            connection.execute(text(f"INSERT INTO shops VALUES {values}"))

    assert replay_waiting(engine, settings=Settings(home=tmp_path), as_of=NOW) == 0


def test_a_person_with_limits_brings_no_master(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, _shops(tmp_path / "shops.csv"), home=tmp_path, masters=False)

    assert report.status == "refused"
    assert rows(engine, "SELECT * FROM shops") == []
    assert rows(engine, "SELECT * FROM source_files") == []


def test_a_file_whose_name_is_not_utf8_is_taken_all_the_same(engine: Engine, tmp_path: Path) -> None:
    path = write_orders(tmp_path / "订单.csv".encode("gbk").decode("utf-8", "surrogateescape"), [taobao_order(1)])

    assert take(engine, path, home=tmp_path / "home").status == "ingested"


def test_a_ship_time_nobody_gives_is_bounded_by_what_files_showed(engine: Engine, tmp_path: Path) -> None:
    seen = [
        (TO_SHIP, "2026-11-02 09:00:00"),
        (SHIPPED, "2026-11-03 09:00:00"),
        (DONE, "2026-11-09 09:00:00"),
    ]
    for place, (status, latest) in enumerate(seen):
        other = taobao_order(90 + place, paid=latest, 订单创建时间="2026-11-01 09:00:00")
        take(engine, write_orders(tmp_path / f"{place}.csv", [taobao_order(1, status=status), other]), home=tmp_path)

    order = one(engine, "SELECT shipped_from, shipped_to, completed_from, completed_to FROM orders WHERE order_no = '1'")

    day = datetime(2026, 11, 1, 1, tzinfo=UTC)
    assert order == (day + timedelta(days=1), day + timedelta(days=2), day + timedelta(days=2), day + timedelta(days=8))


def test_a_withdrawn_shipment_is_reverted_and_a_late_old_export_adds_nothing(engine: Engine, tmp_path: Path) -> None:
    def export(name: str, status: str, latest: str) -> None:
        other = taobao_order(90, paid=latest, 订单创建时间="2026-11-01 09:00:00")
        take(engine, write_orders(tmp_path / name, [taobao_order(1, status=status), other]), home=tmp_path)

    export("3.csv", SHIPPED, "2026-11-03 09:00:00")
    export("2.csv", TO_SHIP, "2026-11-02 09:00:00")
    assert one(engine, "SELECT stage FROM orders WHERE order_no = '1'").stage == "shipped"

    export("4.csv", TO_SHIP, "2026-11-04 09:00:00")

    assert one(engine, "SELECT stage, shipped_to FROM orders WHERE order_no = '1'") == ("paid", None)
    assert rows(engine, "SELECT type, part FROM order_events WHERE type = 'reverted'") == [("reverted", "shipped")]


def test_a_closed_order_is_cancelled_unpaid_and_refunded_once_paid(engine: Engine, tmp_path: Path) -> None:
    take(
        engine, write_orders(tmp_path / "a.csv", [taobao_order(1, status=CLOSED, paid=None), taobao_order(2, status=CLOSED)]), home=tmp_path
    )

    assert rows(engine, "SELECT order_no, stage FROM orders ORDER BY 1") == [("1", "cancelled"), ("2", "refunded")]


def test_an_erased_contact_does_not_come_back_with_its_file(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO erased_contacts VALUES ('shop', '1', now())"))

    take(engine, write_orders(tmp_path / "a.csv", [taobao_order(1), taobao_order(2)]), home=tmp_path, shop="shop")

    assert rows(engine, "SELECT order_no FROM order_contacts") == [("2",)]


def test_a_kept_file_replays_with_its_own_shop_and_nature(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_orders(tmp_path / "a.csv", [taobao_order(1)]), home=tmp_path, shop="shop", nature="live")
    before = final_state(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE file_runs SET manifest_version = 0"))

    [report] = replay(engine, 1, settings=Settings(home=tmp_path), as_of=NOW)

    assert (report.status, report.orders) == ("ingested", 1)
    assert final_state(engine) == before
    with pytest.raises(LookupError, match="not kept"):
        replay(engine, 99, settings=Settings(home=tmp_path), as_of=NOW)


def test_a_list_of_lines_alone_says_the_channel_of_every_order_that_the_warehouse_named(engine: Engine, tmp_path: Path) -> None:
    take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1), stock_out(2)]), home=tmp_path, shop="shop")
    assert rows(engine, "SELECT order_no, channel FROM orders ORDER BY 1") == [("1", "unassigned"), ("2", "unassigned")]

    take(engine, write_lines(tmp_path / "l.csv", [taobao_line(1)]), home=tmp_path, shop="shop")

    assert rows(engine, "SELECT order_no, channel FROM orders ORDER BY 1") == [("1", "taobao"), ("2", "taobao")]


# ---------------------------------------------------------------- laws


@hypothesis_settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=some_files(), data=st.data())
def test_files_in_any_order_and_repeated_end_in_the_same_state(
    files: list[tuple[str, list[dict[str, str]]]], data: st.DataObject, engine: Engine, tmp_path: Path
) -> None:
    paths = [write_file(tmp_path, name, cells) for name, cells in files]
    states = []
    for sequence in (paths, data.draw(st.permutations(paths + paths[:1]))):
        empty(engine)
        for path in sequence:
            report = take(engine, path, home=tmp_path / "home", shop="shop")
            assert report.rows == report.accepted
        states.append(final_state(engine))

    assert states[0] == states[1]


def test_a_crash_at_any_statement_leaves_nothing_and_the_next_run_completes(engine: Engine, tmp_path: Path) -> None:
    paths = [
        write_orders(tmp_path / "o.csv", [taobao_order(n, status=SHIPPED) for n in range(5)] + [taobao_order(9, 总金额="?")]),
        write_lines(tmp_path / "l.csv", [taobao_line(n) for n in range(5)]),
        write_stock_out(tmp_path / "w.csv", [stock_out(n, shipped="2026-11-01 15:00:00") for n in range(5)]),
    ]
    for path in paths:
        take(engine, path, home=tmp_path, shop="shop")
    undisturbed = final_state(engine)
    empty(engine)

    crashes = 0
    for path in paths:
        before = final_state(engine)
        for statement in range(200):
            with _CrashAt(engine, statement) as crashed, suppress(_Crash):
                take(engine, path, home=tmp_path, shop="shop")
            if not crashed:
                break
            crashes += 1
            if crashed_before_commit(engine, path):
                assert final_state(engine) == before

    assert crashes > 30
    assert final_state(engine) == undisturbed
    assert one(engine, "SELECT count(*) FROM rejected_rows").count == 1


def crashed_before_commit(engine: Engine, path: Path) -> bool:
    return not rows(engine, f"SELECT 1 FROM source_files WHERE name = '{path.name}'")


class _Crash(BaseException):
    """The process dies here; not an Exception, so that nothing on the way may tidy up after it."""


class _CrashAt:
    def __init__(self, engine: Engine, statement: int) -> None:
        self.engine, self.left = engine, statement
        self.crashed: list[bool] = []

    def _count(self, *_: Any) -> None:
        if self.left == 0:
            self.crashed.append(True)
            raise _Crash
        self.left -= 1

    def __enter__(self) -> list[bool]:
        event.listen(self.engine, "before_cursor_execute", self._count)
        return self.crashed

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._count)
