"""A list of stock in: what it opens, what it only compares, what it parks, and what it is refused for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings
from data.writes.merge_stock import replay_parked
from models.stock.units import common_factor
from tests.laws import tries
from tests.statement_files import rows, write
from tests.stock_examples import MOVES_CSV, STOCK_EXAMPLES, jushuitan, kingdee, level
from tests.stock_examples import as_json as json_text

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
BOOK = "SELECT sku_code, warehouse_code, on_hand FROM stock ORDER BY 1, 2"
MOVED = "SELECT type, sku_code, units FROM stock_moves ORDER BY occurred_at, move_id"


def take(engine: Engine, path: Path, **given_: Any) -> Report:
    settings = Settings(home=path.parent / "home", language="en")
    [report] = ingest_path(engine, path, settings=settings, as_of=given_.pop("as_of", NOW), **{"nature": "live", **given_})
    return report


def a_list(folder: Path, counted: Sequence[tuple[str, str, int]], *, at: str) -> Path:
    """Write a plain list of (SKU, warehouse, pieces) as of a Beijing time."""
    lines = [f"{sku},{warehouse},{pieces},{at}" for sku, warehouse, pieces in counted]
    return write(folder / f"list {at[:16].replace(':', '')}.csv", "\n".join(["商家编码,仓库,实物数量,截至时间", *lines, ""]))


def a_master(folder: Path, *codes: str) -> Path:
    return write(folder / "skus.csv", "\n".join(["商家编码,商品名称,类目", *(f"{code},杯子,家居" for code in codes), ""]))


def moves(folder: Path, *rows_: str) -> Path:
    return write(folder / "moves.csv", "\n".join(["流水号,类型,商家编码,仓库,数量,时间,原因,经办人", *rows_, ""]))


def test_the_first_count_opens_the_book_and_a_later_one_is_only_compared(engine: Engine, tmp_path: Path) -> None:
    first = take(engine, a_list(tmp_path, [("BW-1", "华东仓", 40), ("BW-2", "华东仓", 0)], at="2026-11-20 23:50:00"))
    later = take(engine, a_list(tmp_path, [("BW-1", "华东仓", 37)], at="2026-11-21 23:50:00"))

    assert (first.kind, first.accepted, later.accepted) == ("stock", 2, 1)
    assert rows(engine, BOOK) == [("BW-1", "华东仓", 40), ("BW-2", "华东仓", 0)]
    assert rows(engine, MOVED) == [("opening", "BW-1", 40), ("opening", "BW-2", 0)]
    assert rows(engine, "SELECT quantity FROM stock_snapshots WHERE sku_code = 'BW-1' ORDER BY as_of") == [(40,), (37,)]


def test_a_count_older_than_the_newest_is_noticed_and_changes_nothing_that_stands(engine: Engine, tmp_path: Path) -> None:
    take(engine, a_list(tmp_path, [("BW-1", "华东仓", 40)], at="2026-11-20 23:50:00"))
    before = rows(engine, BOOK), rows(engine, MOVED)

    older = take(engine, a_list(tmp_path, [("BW-1", "华东仓", 12)], at="2026-11-18 23:50:00"))

    assert older.notices == {"older": 1}
    assert (rows(engine, BOOK), rows(engine, MOVED)) == before


def test_the_same_file_twice_and_the_same_movement_twice_move_once(engine: Engine, tmp_path: Path) -> None:
    take(engine, a_list(tmp_path, [("BW-1", "华东仓", 40)], at="2026-11-20 08:00:00"))
    path = moves(tmp_path, "IN1,采购入库,BW-1,华东仓,100,2026-11-20 09:00:00,,", "OUT1,报废,BW-1,华东仓,2,2026-11-20 15:00:00,破损,王力")
    take(engine, path)

    again = take(engine, path)
    overlapping = take(engine, moves(tmp_path / "b", "IN1,采购入库,BW-1,华东仓,100,2026-11-20 09:00:00,,"))

    assert (again.status, overlapping.status) == ("unchanged", "ingested")
    assert rows(engine, BOOK) == [("BW-1", "华东仓", 138)]
    assert rows(engine, "SELECT reason, person_id FROM stock_moves WHERE type = 'scrap'") == [("破损", "王力")]


def test_what_moved_before_the_count_is_in_the_count(engine: Engine, tmp_path: Path) -> None:
    take(engine, moves(tmp_path, "IN1,采购入库,BW-1,华东仓,100,2026-11-20 09:00:00,,", "IN2,采购入库,BW-1,华东仓,5,2026-11-21 09:00:00,,"))
    take(engine, a_list(tmp_path, [("BW-1", "华东仓", 130)], at="2026-11-20 23:50:00"))
    take(engine, moves(tmp_path / "late", "IN0,采购入库,BW-1,华东仓,7,2026-11-19 09:00:00,,"))

    assert rows(engine, BOOK) == [("BW-1", "华东仓", 135)]


@settings(max_examples=tries(6), deadline=None)
@given(
    count=st.integers(0, 50),
    bought=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_the_book_is_the_first_count_and_what_moved_since_in_whatever_order_files_come(
    database: Engine, tmp_path_factory: pytest.TempPathFactory, count: int, bought: list[tuple[int, int]], order: Any
) -> None:
    folder = tmp_path_factory.mktemp("lists")
    sku = f"S{folder.name}"
    day = datetime(2026, 11, 10, tzinfo=UTC)
    lists = [a_list(folder, [(sku, "华东仓", count)], at=f"{day:%Y-%m-%d} 20:00:00")]
    lists += [
        moves(folder / str(n), f"{sku}-{n},采购入库,{sku},华东仓,{pieces},{day + timedelta(days=after - 1):%Y-%m-%d} 21:00:00,,")
        for n, (after, pieces) in enumerate(bought)
    ]
    order.shuffle(lists)
    for path in lists:
        take(database, path)

    expected = count + sum(pieces for after, pieces in bought if after >= 1)
    assert rows(database, f"SELECT on_hand FROM stock WHERE sku_code = '{sku}'") == [(expected,)]
    assert rows(database, f"SELECT sum(units)::bigint FROM stock_moves WHERE sku_code = '{sku}'") == [(expected,)]


def test_an_unknown_sku_is_parked_and_comes_in_once_somebody_says_what_it_is(engine: Engine, tmp_path: Path) -> None:
    take(engine, a_master(tmp_path, "BW-1"))
    path = a_list(tmp_path, [("BW-1", "华东仓", 40), ("旧码-7", "华东仓", 3)], at="2026-11-20 23:50:00")

    report = take(engine, path)

    assert (report.accepted, report.refused, report.notices) == (2, (), {"parked": 1})
    assert rows(engine, BOOK) == [("BW-1", "华东仓", 40)]
    assert rows(engine, "SELECT sku_label, quantity FROM parked_stock_rows WHERE resolved_at IS NULL") == [("旧码-7", 3)]

    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO sku_aliases (source, alias, sku_code, pieces, observed_at) VALUES ('*', '旧码-7', 'BW-7', 12, :now)"),
            {"now": NOW},
        )
        assert replay_parked(connection, as_of=NOW) == 1
        assert replay_parked(connection, as_of=NOW) == 0

    assert rows(engine, BOOK) == [("BW-1", "华东仓", 40), ("BW-7", "华东仓", 36)]
    assert rows(engine, "SELECT count(*) FROM parked_stock_rows WHERE resolved_at IS NULL") == [(0,)]


def test_a_number_of_the_source_itself_is_no_sku_even_where_no_master_is(engine: Engine, tmp_path: Path) -> None:
    levels = [level(39072856, 487838322, 27), level(808950810, 487838322, 4)]
    variants = [{"id": 1, "inventory_item_id": 39072856, "sku": "BW-1", "updated_at": "2026-11-20T10:00:00-05:00"}]
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at) VALUES "
                "('us', 'shopify', 'A', 'UTC', 'USD', true, now())"
            )
        )

    report = take(engine, write(tmp_path / "levels.json", json_text({"inventory_levels": levels})), shop="us")

    assert (report.accepted, report.refused, report.notices) == (2, (), {"parked": 2})
    assert rows(engine, "SELECT * FROM channel_stock") == []

    take(engine, write(tmp_path / "variants.json", json_text({"variants": variants})), shop="us")

    assert rows(engine, "SELECT sku_code FROM channel_stock") == [("BW-1",)]
    assert rows(engine, "SELECT sku_label FROM parked_stock_rows WHERE resolved_at IS NULL") == [("808950810",)]


def test_a_master_that_comes_later_frees_what_was_parked_for_it(engine: Engine, tmp_path: Path) -> None:
    take(engine, a_master(tmp_path, "BW-1"))
    take(engine, a_list(tmp_path, [("BW-9", "华东仓", 4)], at="2026-11-20 23:50:00"))

    take(engine, a_master(tmp_path / "more", "BW-9"))

    assert rows(engine, BOOK) == [("BW-9", "华东仓", 4)]


def test_a_list_that_does_not_say_as_of_when_is_refused_unless_it_comes_live(engine: Engine, tmp_path: Path) -> None:
    document = json_text([kingdee("BW-1", "CK01", 10)])

    past = take(engine, write(tmp_path / "stock.json", document), nature="backfill")
    named = take(engine, write(tmp_path / "stock_20261120235000.json", document + " "), nature="backfill")
    live = take(engine, write(tmp_path / "live.json", document + "\n"))

    assert (past.status, past.error) == ("refused", past.error)
    assert "as of when" in str(past.error)
    assert (named.status, live.status) == ("ingested", "ingested")
    assert rows(engine, "SELECT as_of FROM stock_snapshots ORDER BY 1") == [(datetime(2026, 11, 20, 15, 50, tzinfo=UTC),), (NOW,)]


def test_a_list_in_cases_is_refused_whole_and_says_by_which_factor(engine: Engine, tmp_path: Path) -> None:
    pieces = [(f"BW-{n}", "华东仓", 120 * n) for n in range(1, 8)]
    take(engine, a_list(tmp_path, pieces, at="2026-11-20 23:50:00"))
    before = rows(engine, "SELECT count(*) FROM stock_snapshots")

    report = take(engine, a_list(tmp_path, [(sku, place, count // 12) for sku, place, count in pieces], at="2026-11-21 23:50:00"))

    assert report.status == "refused"
    assert "factor of about 12" in str(report.error)
    assert rows(engine, "SELECT count(*) FROM stock_snapshots") == before


def test_stock_that_was_sold_or_bought_is_not_taken_for_another_unit() -> None:
    assert common_factor([(100 - 13 * n, 100) for n in range(7)]) is None
    assert common_factor([(3, 40), (80, 20), (9, 9), (5, 60), (61, 60), (1, 12)]) is None


def test_absurd_quantities_are_refused_row_by_row_and_the_rest_is_taken(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, STOCK_EXAMPLES["stock_list.snapshot"].write(tmp_path, name="list"))

    assert {(found.row, found.code) for found in report.refused} == {
        (4, "not_a_count"),
        (5, "not_in_pieces"),
        (6, "quantity_too_large"),
        (7, "negative"),
        (8, "duplicate_row"),
    }
    assert rows(engine, BOOK) == [("BW-1", "华东仓", 1200), ("BW-2", "华东仓", 0)]
    assert rows(engine, "SELECT inbound FROM stock WHERE sku_code = 'BW-1'") == [(30,)]


def test_goods_that_left_unsold_need_a_reason_and_a_name(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write(tmp_path / "moves.csv", MOVES_CSV))

    assert (4, "原因", "missing") in {(found.row, found.field, found.code) for found in report.refused}
    assert rows(engine, "SELECT type, units FROM stock_moves ORDER BY occurred_at") == [
        ("purchase_in", 100),
        ("scrap", -2),
        ("count_adjust", -4),
    ]


def test_the_sum_over_all_warehouses_is_never_added_to_them(engine: Engine, tmp_path: Path) -> None:
    document = {"code": 0, "data": {"inventorys": [jushuitan("BW-1", 1001, 12), jushuitan("BW-1", 1002, 5), jushuitan("BW-1", 0, 17)]}}

    take(engine, write(tmp_path / "jst.json", json_text(document)))

    assert rows(engine, BOOK) == [("BW-1", "1001", 12), ("BW-1", "1002", 5)]


def test_what_a_channel_shows_is_kept_with_its_age_and_never_becomes_stock(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("""
            INSERT INTO shops (shop_id, channel, name, zone, currency, complete, created_at)
            VALUES ('us', 'shopify', 'us', 'America/New_York', 'USD', true, :now)
            """),
            {"now": NOW},
        )
    variants = {"variants": [{"inventory_item_id": 39, "sku": "BW-1", "updated_at": "2026-11-01T00:00:00Z"}]}
    take(engine, a_master(tmp_path, "BW-1"))
    shown = write(tmp_path / "levels.json", json_text({"inventory_levels": [level(39, 487838322, 27)]}))
    assert take(engine, shown, shop="us").notices == {"parked": 1}

    take(engine, write(tmp_path / "variants.json", json_text(variants)))
    older = write(tmp_path / "old.json", json_text({"inventory_levels": [level(39, 487838322, 99, at="2026-11-19T10:00:00-05:00")]}))
    assert take(engine, older, shop="us").notices == {"older": 1}

    assert rows(engine, "SELECT sku_code, warehouse_code, shown_quantity, shown_as_of FROM channel_stock") == [
        ("BW-1", "", 27, datetime(2026, 11, 20, 15, 33, 38, tzinfo=UTC))
    ]
    assert rows(engine, BOOK) == []


def test_a_warehouse_that_gets_its_code_later_takes_its_stock_along(engine: Engine, tmp_path: Path) -> None:
    take(engine, a_list(tmp_path, [("BW-1", "华东仓", 40)], at="2026-11-20 23:50:00"))

    take(engine, write(tmp_path / "warehouses.csv", "仓库编号,仓库名称,省份,别名\nWH-1,一号仓,浙江省,华东仓\n"))
    take(engine, a_list(tmp_path, [("BW-1", "华东仓", 39)], at="2026-11-21 23:50:00"))

    assert rows(engine, BOOK) == [("BW-1", "WH-1", 40)]
    assert rows(engine, "SELECT warehouse_code, quantity FROM stock_snapshots ORDER BY as_of") == [("WH-1", 40), ("WH-1", 39)]
