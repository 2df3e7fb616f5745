"""Does a list show every wanted order once, page after page, and nothing else?"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from data import tables
from data.queries.health import Part
from data.queries.order_list import NOBODY, STUCK_STAGE, OrderRow, Wanted, orders_page
from data.queries.stages import open_stages
from data.settings import Settings
from data.stage_history import refresh_stages
from models.scope import EVERYTHING, Scope
from tests import given_orders
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 20, 4, tzinfo=UTC)
ALL = Wanted(since=AS_OF - timedelta(days=30), until=AS_OF, as_of=AS_OF)
# Numbers that begin alike in two shops, more than anybody reads; only the last few of them are not over.
MANY = ("tb-home", "dy-live")
NUMBERS = [f"many-{n:03}" for n in range(260)]
LAST = NUMBERS[-7:]


def many(shop_id: str) -> list[dict[str, Any]]:
    placed = AS_OF - timedelta(days=60)
    over: dict[str, Any] = {"created_at": placed, "stage": "completed", "stage_since": AS_OF - timedelta(days=1), "category": "服饰"}
    still: dict[str, Any] = {"created_at": placed, "stage": "paid", "stage_since": placed, "category": "家居", "warehouse_code": "CN-CD"}
    return [given_orders.an_order(shop_id, number, **(still if number in LAST else over)) for number in NUMBERS]


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=300)
        same = [
            given_orders.an_order("tb-home", f"same-{n}", created_at=AS_OF - timedelta(days=29), waybill_no=f"ZT{n}", stage_since=AS_OF)
            for n in range(7)
        ]
        given_orders.insert_rows(connection, tables.orders, same)
        owner = {"shop_id": "tb-home", "order_no": "same-3", "owner": "lin", "version": 1, "set_by": "lin", "set_at": AS_OF}
        given_orders.insert_rows(connection, tables.order_owners, [owner])
        old: dict[str, Any] = {"created_at": AS_OF - timedelta(days=20), "stage": "paid", "stage_since": AS_OF - timedelta(days=19)}
        given_orders.insert_rows(connection, tables.orders, [given_orders.an_order("dy-live", f"old-{n}", **old) for n in range(3)])
        given_orders.insert_rows(connection, tables.orders, [order for shop_id in MANY for order in many(shop_id)])
        owner |= {"shop_id": "tb-home", "owner": "chen"}
        given_orders.insert_rows(connection, tables.order_owners, [owner | {"order_no": number} for number in LAST])
    given_orders.rolled_up(engine, as_of=AS_OF)
    refresh_stages(engine, settings=Settings(), as_of=AS_OF)
    return engine


def pages(engine: Engine, wanted: Wanted, *, scope: Scope = EVERYTHING, part: Part | None = None, limit: int = 4) -> list[OrderRow]:
    found: list[OrderRow] = []
    with engine.connect() as connection:
        while True:
            after = (found[-1].at, found[-1].shop_id, found[-1].order_no) if found else None
            page = orders_page(connection, scope=scope, part=part or Part(), wanted=wanted, after=after, limit=limit)
            found += page
            if len(page) < limit:
                return found


def keys(rows: list[OrderRow]) -> list[tuple[str, str]]:
    return [(row.shop_id, row.order_no) for row in rows]


@pytest.mark.parametrize("stage", [None, "created", "paid", "shipped", STUCK_STAGE, "delivered", "cancelled"])
def test_the_pages_together_are_the_whole_list_and_no_order_comes_twice(stage: str | None, merchant: Engine) -> None:
    wanted = replace(ALL, stage=stage)

    paged, at_once = pages(merchant, wanted), pages(merchant, wanted, limit=1000)

    assert keys(paged) == keys(at_once)
    assert len(set(keys(paged))) == len(paged)
    moments = [row.at for row in paged]
    assert moments == sorted(moments, reverse=not wanted.now)


def test_the_list_of_a_stage_is_as_long_as_its_count(merchant: Engine) -> None:
    with merchant.connect() as connection:
        counts = open_stages(connection, scope=EVERYTHING, part=Part(), as_of=AS_OF)

    for stage in ("created", "paid", "shipped"):
        assert len(pages(merchant, replace(ALL, stage=stage), limit=50)) == counts[counts["stage"] == stage]["orders"].sum()
    stuck = pages(merchant, replace(ALL, stage=STUCK_STAGE), limit=50)
    assert len(stuck) == counts[counts["stuck"]]["orders"].sum() > 0
    assert all(row.stuck for row in stuck)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("same-3", ["same-3"]),
        ("same", [f"same-{n}" for n in range(6, -1, -1)]),
        ("ZT5", ["same-5"]),
        ("ZT", []),
        ("%", []),
        ("_ame", []),
        ("'; DROP TABLE orders; --", []),
    ],
)
def test_a_search_is_the_start_of_an_order_number_or_a_whole_waybill(search: str, found: list[str], merchant: Engine) -> None:
    later = replace(ALL, since=AS_OF, until=AS_OF, search=search)

    assert [row.order_no for row in pages(merchant, later)] == found


@pytest.mark.parametrize("limit", [3, 50, 1000])
def test_a_search_that_fits_many_orders_leads_to_each_of_them_once(limit: int, merchant: Engine) -> None:
    rows = pages(merchant, replace(ALL, search="many"), limit=limit)

    assert keys(rows) == [(shop_id, number) for number in reversed(NUMBERS) for shop_id in MANY]


@pytest.mark.parametrize(
    "narrowed",
    [
        {"wanted": {"stage": "paid"}},
        {"wanted": {"stage": STUCK_STAGE}},
        {"wanted": {"waits_hours": 48.0}},
        {"part": Part(categories=("家居",))},
        {"scope": Scope(warehouses=("CN-CD",))},
        {"wanted": {"stage": "paid", "owner": "chen"}, "shops": ["tb-home"]},
        {"wanted": {"owner": "chen"}, "shops": ["tb-home"]},
        {"wanted": {"stage": "paid", "owner": NOBODY}, "shops": ["dy-live"]},
    ],
    ids=str,
)
def test_a_narrowed_search_finds_the_last_of_many_numbers(narrowed: dict[str, Any], merchant: Engine) -> None:
    wanted = replace(ALL, search="many", **narrowed.get("wanted", {}))

    rows = pages(merchant, wanted, scope=narrowed.get("scope", EVERYTHING), part=narrowed.get("part"))

    assert keys(rows) == [(shop_id, number) for number in reversed(LAST) for shop_id in narrowed.get("shops", MANY)]


@pytest.mark.parametrize("stage", ["created", "paid", "part_shipped", STUCK_STAGE])
def test_a_search_in_an_open_stage_looks_through_open_orders_alone(stage: str, merchant: Engine) -> None:
    with explained(merchant) as (connection, plans):
        orders_page(connection, scope=EVERYTHING, part=Part(), wanted=replace(ALL, search="m", stage=stage))

    used = set(re.findall(r"(\w+) on orders", "".join(plans)))
    # a waybill may be looked up as such
    assert used - {"ix_orders_waybill_no"} == {"ix_orders_open_stage"}


@contextmanager
def explained(engine: Engine) -> Iterator[tuple[Connection, list[str]]]:
    """Give a connection that tells how it looks where tables have too many rows to be read whole."""
    plans: list[str] = []

    def explain(connection: Connection, cursor: Any, statement: str, given: Any, *_: Any) -> tuple[str, Any]:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {statement}", given)
        plans.append("\n".join(line for (line,) in cursor))
        return statement, given

    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", explain, retval=True)
        yield connection, plans


def test_a_search_among_shipped_orders_finds_one_that_nobody_waits_for_any_more(merchant: Engine) -> None:
    with merchant.begin() as connection:
        long_ago: dict[str, Any] = {"created_at": AS_OF - timedelta(days=90), "stage_since": AS_OF - timedelta(days=80), "at_rest": True}
        given_orders.insert_rows(connection, tables.orders, [given_orders.an_order("tb-home", "rest-1", stage="shipped", **long_ago)])

    assert keys(pages(merchant, replace(ALL, search="rest", stage="shipped"))) == [("tb-home", "rest-1")]


def test_an_order_found_by_number_and_by_waybill_comes_once(merchant: Engine) -> None:
    with merchant.begin() as connection:
        twins = [
            given_orders.an_order("tb-home", f"ZTO9{n}", created_at=ALL.since - timedelta(days=1), waybill_no="ZTO9") for n in range(5)
        ]
        given_orders.insert_rows(connection, tables.orders, twins)

    rows = pages(merchant, replace(ALL, search="ZTO9"), limit=2)

    assert [row.order_no for row in rows] == [f"ZTO9{n}" for n in range(4, -1, -1)]


def test_the_owner_and_nobody_are_told_apart(merchant: Engine) -> None:
    of_lin, of_nobody = (keys(pages(merchant, replace(ALL, owner=owner))) for owner in ("lin", NOBODY))

    assert of_lin == [("tb-home", "same-3")]
    assert sorted(of_lin + of_nobody) == sorted(keys(pages(merchant, ALL)))


def test_an_age_leaves_out_those_that_moved_lately(merchant: Engine) -> None:
    old = pages(merchant, replace(ALL, stage="paid", waits_hours=240))

    assert old
    assert all(row.stage_since is not None and row.stage_since <= AS_OF - timedelta(hours=240) for row in old)
    assert set(keys(old)) < set(keys(pages(merchant, replace(ALL, stage="paid"))))


def test_nothing_outside_the_scope_and_the_part_is_listed(merchant: Engine) -> None:
    scope = Scope(warehouses=("CN-HZ",))

    rows = pages(merchant, ALL, scope=scope, part=Part(channels=("douyin",), categories=("家居", "")), limit=30)

    assert rows
    assert {(row.channel, row.warehouse_code) for row in rows} == {("douyin", "CN-HZ")}
    assert {row.category for row in rows} == {"家居", None}
    assert pages(merchant, replace(ALL, search="same"), scope=scope) == []
