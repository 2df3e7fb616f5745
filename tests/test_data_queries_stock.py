"""Do the reads of stock say what is there, a page at a time, and nothing outside a person's scope?"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine

from data import reads
from data.reads import HoldsWanted, LevelsWanted, Part
from models.scope import EVERYTHING, Scope
from tests.given_inventory import HOLDS, PLACES, WANTED, add_up, busy_evening
from tests.given_pages import MakeEngine

AS_OF = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
SEEN: dict[str, Any] = {"scope": EVERYTHING, "part": Part(), "as_of": AS_OF}
HANGZHOU = Scope(warehouses=("CN-HZ",))


@pytest.fixture(scope="module")
def shop(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    busy_evening(engine, as_of=AS_OF)
    return engine


def test_the_given_books_add_up(shop: Engine) -> None:
    with shop.connect() as connection:
        assert add_up(connection)


def test_an_expired_hold_is_available_again_from_its_minute_on_though_nobody_swept_it(shop: Engine) -> None:
    def cups(as_of: datetime) -> tuple[int, int]:
        [row] = reads.stock_levels(shop, scope=EVERYTHING, part=Part(), wanted=LevelsWanted(exactly="CUP-99"), as_of=as_of)
        return row.available, row.expired

    assert cups(AS_OF - timedelta(minutes=10)) == (0, 0)
    assert cups(AS_OF - timedelta(minutes=9)) == (2, 2)
    assert cups(AS_OF + timedelta(minutes=4)) == (8, 8)


def test_the_lowest_come_first_and_pages_leave_nothing_out(shop: Engine) -> None:
    rows, after = [], None
    while page := reads.stock_levels(shop, **SEEN, wanted=LevelsWanted(), after=after, limit=3):
        rows += page
        after = page[-1].cursor

    assert [row.available for row in rows] == sorted(row.available for row in rows)
    assert {(row.sku_code, row.warehouse_code) for row in rows} == {place[:2] for place in PLACES}
    assert (rows[0].sku_code, rows[0].state, rows[0].available) == ("POT-24", "short", -5)


@pytest.mark.parametrize(
    ("state", "skus"), [("short", {"POT-24", "MUG-01"}), ("out", {"TEA-500"}), ("low", {"TEA-500", "CUP-99"}), ("fine", None)]
)
def test_a_state_says_where_a_place_stands_to_its_safety_line(state: str, skus: set[str] | None, shop: Engine) -> None:
    rows = reads.stock_levels(shop, **SEEN, wanted=LevelsWanted(state=state))

    assert all(row.state == state for row in rows)
    if skus is not None:
        assert {row.sku_code for row in rows} == skus


def test_the_summary_is_what_the_levels_add_up_to(shop: Engine) -> None:
    rows = reads.stock_levels(shop, **SEEN, wanted=LevelsWanted(), limit=500)
    found = reads.stock_summary(shop, **SEEN)

    assert found is not None
    assert found.places == len(rows)
    assert found.on_hand == sum(row.on_hand for row in rows)
    assert found.available == sum(max(row.available, 0) for row in rows)
    assert (found.short, found.short_pieces) == (2, 8)
    assert (found.out, found.low) == tuple(sum(row.state == state for row in rows) for state in ("out", "low"))


def test_a_search_finds_the_beginning_of_a_code_and_any_part_of_a_name(shop: Engine) -> None:
    def found(search: str) -> set[str]:
        return {row.sku_code for row in reads.stock_levels(shop, **SEEN, wanted=LevelsWanted(search=search))}

    assert found("MUG") == {"MUG-01"}
    assert found("锅") == {"POT-24", "PAN-28"}
    assert found("%") == found("_") == set()


def test_a_category_narrows_the_levels(shop: Engine) -> None:
    rows = reads.stock_levels(shop, scope=EVERYTHING, part=Part(categories=("服饰",)), as_of=AS_OF, wanted=LevelsWanted())

    assert {row.sku_code for row in rows} == {"BAG-S"}


def test_exposure_is_counted_in_orders_pieces_and_money_and_says_what_has_no_rate(shop: Engine) -> None:
    found = reads.stock_exposure(shop, scope=EVERYTHING, part=Part(), since=AS_OF - timedelta(hours=1), until=AS_OF)

    assert found is not None
    assert (found.short_orders, found.short_units) == (5, sum(short for *_, short, _, _, _ in WANTED))
    assert found.short_minor == 31_200 * 3 // 8 + 53_800 + 107_600 + 89_400
    assert found.short_unrated == 2
    assert (found.oversold_orders, found.oversold_units) == (3, 9)
    early = reads.stock_exposure(shop, scope=EVERYTHING, part=Part(), since=AS_OF - timedelta(days=9), until=AS_OF - timedelta(hours=1))
    assert early is not None and early.oversold_units == 0


def test_the_book_is_a_running_balance_over_any_number_of_pages(shop: Engine) -> None:
    rows, after = [], None
    while page := reads.stock_moves(shop, scope=EVERYTHING, sku_code="POT-24", warehouse_code="CN-HZ", after=after, limit=3):
        rows += page
        after = page[-1].cursor

    assert rows[0].book == -3
    assert all(newer.book == older.book + newer.units for newer, older in pairwise(rows))
    assert rows[-1].type == "opening" and rows[-1].book == rows[-1].units
    assert sum(row.units for row in rows) == -3


def test_a_sku_is_shown_wherever_it_lies_and_is_sold(shop: Engine) -> None:
    found = reads.stock_sku(shop, scope=EVERYTHING, sku_code="MUG-01", as_of=AS_OF)

    assert found is not None and found.name == "青釉马克杯 350ml"
    assert {row.warehouse_code: row.available for row in found.places} == {"CN-HZ": -3, "CN-GZ": 58}
    assert found.facts["CN-HZ"].short_units == 3 and found.facts["CN-HZ"].orders_holding == 1
    assert {(row.shop_id, row.told_quantity, row.shown_quantity, row.units) for row in found.channels} == {
        ("dy-live", 20, 55, 20),
        ("tb-home", 20, 20, None),
    }
    assert reads.stock_sku(shop, scope=EVERYTHING, sku_code="NO-SUCH", as_of=AS_OF) is None


def test_holds_are_listed_by_when_they_end(shop: Engine) -> None:
    def listed(which: str, **given: Any) -> list[str]:
        return [row.order_no for row in reads.stock_holds(shop, **SEEN, wanted=HoldsWanted(list=which, **given))]

    assert listed("running") == ["DY-2", "TB-1", "TB-2"]
    assert listed("expired") == ["DY-3"]
    assert set(listed("paid")) == {"DY-1", "TM-1", "SP-1"}
    assert listed("ended") == ["TM-2"]
    assert listed("running", search="TB-") == ["TB-1", "TB-2"]
    counts = reads.stock_hold_counts(shop, **SEEN)
    assert counts is not None
    assert (counts.running, counts.soon, counts.expired, counts.paid) == (3, 1, 1, 3)
    held = sum(units for *_, units, state, _ in HOLDS if state in ("placed", "confirmed"))
    assert counts.running_units + counts.expired_units + counts.paid_units == held


def test_a_conflict_says_where_else_the_goods_lie(shop: Engine) -> None:
    rows = reads.stock_conflicts(shop, **SEEN)

    assert [row.order_no for row in rows] == ["DY-1", "TM-1", "DY-9", "DY-8", "SP-8"]
    assert rows[0].elsewhere == [("CN-GZ", "广州仓", 58)]
    assert rows[1].elsewhere == []
    assert [row.order_no for row in reads.stock_conflicts(shop, **SEEN, sku_code="TEA-500")] == ["DY-8", "SP-8"]
    assert reads.stock_conflicts(shop, **SEEN, state=reads.ACCEPTED) == []
    skus = reads.stock_short_skus(shop, **SEEN)
    assert [(row.sku_code, row.short_units, row.available, row.inbound) for row in skus] == [
        ("POT-24", 6, 0, 40),
        ("TEA-500", 5, 4, 120),
        ("MUG-01", 3, 58, 0),
    ]


def test_the_holds_that_what_lies_there_does_not_cover_are_those_placed_last(shop: Engine) -> None:
    rows = reads.stock_endangered(shop, **SEEN)

    assert [(row.order_no, row.sku_code) for row in rows] == [("DY-1", "MUG-01"), ("TM-1", "POT-24")]
    assert reads.stock_endangered(shop, **SEEN | {"part": Part(channels=("tmall",))})[0].order_no == "TM-1"


def test_a_channel_that_shows_more_than_it_was_told_stands_first(shop: Engine) -> None:
    rows = reads.stock_channel_gaps(shop, **SEEN)

    assert [(row.sku_code, row.shop_id, row.gap) for row in rows[:3]] == [
        ("MUG-01", "dy-live", 35),
        ("POT-24", "dy-live", 6),
        ("BAG-S", "tb-home", -10),
    ]
    assert rows[0].hub_available == 58 and rows[-1].shown_quantity is None
    sums = {row.shop_id: row for row in reads.stock_channel_sums(shop, scope=EVERYTHING, part=Part())}
    assert (sums["dy-live"].more, sums["dy-live"].more_units, sums["sp-us"].seen) == (2, 41, 0)
    assert sum(row.items for row in sums.values()) == len(rows)


@pytest.mark.parametrize("read", ["stock_levels", "stock_holds", "stock_conflicts", "stock_channel_gaps"])
def test_pages_of_any_list_leave_nothing_out_and_repeat_nothing(read: str, shop: Engine) -> None:
    lists: dict[str, dict[str, Any]] = {
        "stock_levels": {"wanted": LevelsWanted(order="held")},
        "stock_holds": {"wanted": HoldsWanted(list="paid")},
    }
    asked = lists.get(read, {})
    whole = getattr(reads, read)(shop, **SEEN, **asked, limit=500)
    rows: list[Any] = []
    after = None
    while page := getattr(reads, read)(shop, **SEEN, **asked, after=after, limit=2):
        rows += page
        after = page[-1].cursor

    assert rows == whole and len(whole) > 2


def test_a_person_of_one_warehouse_sees_nothing_of_another(shop: Engine) -> None:
    seen = SEEN | {"scope": HANGZHOU}

    assert {row.warehouse_code for row in reads.stock_levels(shop, **seen, wanted=LevelsWanted())} == {"CN-HZ"}
    assert {row.warehouse_code for row in reads.stock_holds(shop, **seen, wanted=HoldsWanted(list="paid"))} == {"CN-HZ"}
    assert [row.order_no for row in reads.stock_conflicts(shop, **seen)] == ["DY-1", "TM-1", "DY-9"]
    assert reads.stock_conflicts(shop, **seen)[0].elsewhere == []
    assert reads.stock_moves(shop, scope=HANGZHOU, sku_code="MUG-01", warehouse_code="CN-GZ") == []
    assert reads.stock_channel_gaps(shop, **seen) == []
    assert reads.stock_sku(shop, scope=HANGZHOU, sku_code="LMP-7", as_of=AS_OF) is None
    assert {(row.dimension, row.member) for row in reads.stock_metrics(shop, scope=HANGZHOU, first=AS_OF.date(), last=AS_OF.date())} <= {
        ("warehouse", "CN-HZ")
    }
    assert reads.stock_alerts(shop, scope=HANGZHOU, rules=("stock_difference",)) == []


def test_a_person_of_one_channel_sees_its_holds_and_shortages_alone(shop: Engine) -> None:
    seen = SEEN | {"scope": Scope(channels=("douyin",))}

    assert {row.channel for row in reads.stock_holds(shop, **seen, wanted=HoldsWanted())} == {"douyin"}
    assert {row.channel for row in reads.stock_conflicts(shop, **seen)} == {"douyin"}
    assert {row.channel for row in reads.stock_channel_gaps(shop, **seen)} == {"douyin"}
    assert {rule.channel for rule in reads.stock_rules(shop, scope=Scope(channels=("tmall",)))} == {"*"}
    assert {quota.channel for quota in reads.stock_quotas(shop, scope=Scope(channels=("taobao",)))} == {"taobao"}
    assert reads.stock_parked(shop, scope=Scope(channels=("douyin",))) == []
    assert reads.stock_replay(shop, scope=Scope(channels=("douyin",))) is None


def test_rows_that_wait_for_a_sku_are_counted_by_its_name(shop: Engine) -> None:
    found = reads.stock_parked(shop, scope=EVERYTHING)

    assert [(row.sku_label, row.rows, row.pieces) for row in found] == [("MUG-01-NEW", 2, 30), ("礼盒A", 1, 12)]


def test_an_order_shows_what_it_holds_and_what_it_is_short_of(shop: Engine) -> None:
    found = reads.order_detail(shop, scope=EVERYTHING, shop_id="dy-live", order_no="DY-1")

    assert found is not None and found.stock is not None
    assert (found.stock.state, found.stock.short_units) == ("partial", 3)
    assert [(row.sku_code, row.wanted_units, row.held_units, row.short_units) for row in found.stock.skus] == [("MUG-01", 8, 5, 3)]
    assert [step.step for step in found.stock.steps] == ["placed", "confirmed"]


@pytest.mark.parametrize("scope", [Scope(shops=()), Scope(channels=()), Scope(warehouses=())], ids=str)
def test_who_sees_no_shop_no_channel_or_no_warehouse_sees_no_stock(scope: Scope, shop: Engine) -> None:
    asked: dict[str, Any] = {"scope": scope, "part": Part(), "as_of": AS_OF}

    seen = [
        reads.stock_summary(shop, **asked),
        reads.stock_levels(shop, **asked, wanted=LevelsWanted()),
        reads.stock_sku(shop, scope=scope, sku_code="MUG-01", as_of=AS_OF),
        reads.stock_moves(shop, scope=scope, sku_code="MUG-01", warehouse_code="CN-HZ"),
        *(reads.stock_holds(shop, **asked, wanted=HoldsWanted(list=name)) for name in reads.HOLD_LISTS),
        reads.stock_hold_counts(shop, **asked),
        reads.stock_conflicts(shop, **asked, state=None),
        reads.stock_endangered(shop, **asked),
        reads.stock_short_skus(shop, **asked),
        reads.stock_channel_sums(shop, scope=scope, part=Part()),
        reads.stock_channel_gaps(shop, **asked),
        reads.stock_metrics(shop, scope=scope, first=AS_OF.date() - timedelta(days=30), last=AS_OF.date()),
        reads.stock_alerts(shop, scope=scope, rules=("stock_difference",)),
        reads.stock_parked(shop, scope=scope),
    ]
    assert not any(seen)


def test_the_parts_of_the_stock_add_up_to_the_whole(shop: Engine) -> None:
    whole = reads.stock_summary(shop, **SEEN)
    parts = [reads.stock_summary(shop, **SEEN | {"part": Part(warehouses=(code,))}) for code in ("CN-HZ", "CN-GZ", "CN-CD")]
    kinds = [reads.stock_summary(shop, **SEEN | {"part": Part(categories=(name,))}) for name in ("厨具", "服饰")]

    for name in ("places", "on_hand", "held", "expired", "available", "inbound", "short", "short_pieces", "out", "low"):
        assert sum(getattr(part, name) for part in parts) == sum(getattr(kind, name) for kind in kinds) == getattr(whole, name), name
