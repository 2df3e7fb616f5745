"""Is everything known of an order in its detail exactly once, nothing personal before somebody asks, and nothing outside a scope?"""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Connection, Engine, delete, select, text, update

from data import actions, order_sources, reads
from data.connectors.readers import Entry, Reading, unpacked_bytes
from data.connectors.reading_files import opened
from data.connectors.registry import SHIPPED as SHIPPED_MANIFESTS
from data.connectors.shops import ShopBook
from data.ingest import ingest_path
from data.queries.order_detail import MONEY_FIELDS, SHOWN_SIGNS, order_head
from data.queries.shop_book import shop_book
from data.reads import OrderDetail, RawRow, RetentionOver
from data.refused import MASK
from data.settings import Settings
from data.tables import order_lines, orders, shops, source_files
from data.writes.retention import erase_contact, mark_files_erased
from models.events import EVENT_TYPES
from models.scope import EVERYTHING, Scope
from tests import given_orders
from tests.arriving_files import some_files, write_file
from tests.conftest import Filled
from tests.final_state import empty
from tests.given_detail import AS_OF, CHEN, FAR, KEY, LIN, PEOPLE, SECRETS, add_people, one_order
from tests.laws import tries
from tests.own_files import (
    DONE,
    SHIPPED,
    TO_SHIP,
    stock_out,
    taobao_line,
    taobao_order,
    write_lines,
    write_orders,
    write_stock_out,
)
from tests.platform_examples import AS_OF as PLATFORM_AS_OF
from tests.platform_examples import EXAMPLES, mapped

SEEN_BY = (EVERYTHING, Scope(shops=("shop",)), Scope(channels=("taobao",)), Scope(warehouses=("成都仓",)))
UNSEEN_BY = (
    Scope(shops=("elsewhere",)),
    Scope(channels=("jd",)),
    Scope(warehouses=("CN-HZ",)),
    Scope(shops=()),
    Scope(shops=("shop",), channels=()),
)


@pytest.fixture
def shop(filled: Filled, tmp_path: Path) -> Engine:
    return filled(one_order, kind="real", home=tmp_path)


def detail(engine: Engine, scope: Scope = EVERYTHING, **key: str) -> OrderDetail:
    found = reads.order_detail(engine, scope=scope, **{**KEY, **key})
    assert found is not None
    return found


def count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


@pytest.mark.parametrize("scope", SEEN_BY, ids=str)
def test_whoever_may_see_an_order_sees_the_same_of_it(scope: Scope, shop: Engine) -> None:
    assert detail(shop, scope) == detail(shop)


@pytest.mark.parametrize("scope", UNSEEN_BY, ids=str)
def test_an_order_outside_the_scope_is_one_that_is_not_there(scope: Scope, shop: Engine, tmp_path: Path) -> None:
    assert reads.order_detail(shop, scope=scope, **KEY) is None
    assert raw_row(shop, tmp_path, file_id=1, row_number=2, scope=scope) is None


@pytest.mark.parametrize(
    "number", ["", "no-such", "1\0", "'; DROP TABLE orders; --", "👍" * 9999, "1 "], ids=lambda number: repr(number)[:20]
)
def test_a_number_that_names_no_order_finds_none(number: str, shop: Engine) -> None:
    assert reads.order_detail(shop, scope=EVERYTHING, shop_id="shop", order_no=number) is None
    assert reads.order_detail(shop, scope=EVERYTHING, shop_id=f"shop{number[:3]}\0", order_no="1") is None


def test_an_order_has_its_names_its_promise_and_the_rows_it_came_from(shop: Engine) -> None:
    found = detail(shop)

    head = found.head
    assert (head.stage, head.region_zh, head.city, head.carrier_zh, head.waybill_no) == ("shipped", "四川", "成都市", "中通快递", "ZT1")
    assert (head.deadline_rule, head.currency, head.paid_minor, head.decimals) == ("taobao/*@19700101T000000Z", "CNY", 10_000, 2)
    assert [(row.name, row.row_number, row.told) for row in found.rows] == [
        ("stockout.csv", 2, ("order", "events")),
        ("lines.csv", 3, ("lines",)),
        ("lines.csv", 2, ("lines",)),
        ("orders.csv", 2, ("order", "events")),
    ]


def parcels(engine: Engine, home: Path) -> None:
    """Take in a stock-out list of two parcels of order 1, each of them twice, one that it shares with order 2, and two rows of order 2."""
    shipped = {"shipped": "2026-11-01 13:00:00"}
    one, other = stock_out(1, **shipped), stock_out(2, **shipped)
    both = one | {"出库单号": "CK1-C", "原始单号": "2,1"}
    second = one | {"出库单号": "CK1-B", "物流单号": "ZT1-B"}
    path = write_stock_out(home / "in" / "parcels.csv", [one, other, second, second, one, other, both])
    ingest_path(engine, path, settings=Settings(home=home), as_of=AS_OF + timedelta(hours=1), nature="live", shop="shop")


def every_row(engine: Engine, home: Path, *, number: str = "1", most_bytes: int | None = None) -> reads.SourceRows:
    given: dict[str, Any] = {"settings": Settings(home=home), "shop_id": "shop", "order_no": number}
    found = reads.order_source_rows(engine, scope=EVERYTHING, **given, most_bytes=most_bytes)
    assert found is not None
    return found


def test_every_row_of_a_file_that_tells_no_lines_is_found(shop: Engine, tmp_path: Path) -> None:
    parcels(shop, tmp_path)

    found, others = every_row(shop, tmp_path), every_row(shop, tmp_path, number="2")

    assert {row.row_number for row in found.rows if row.name == "parcels.csv"} == {2, 4, 5, 6, 8}
    assert {row.row_number for row in others.rows if row.name == "parcels.csv"} == {3, 7, 8}
    assert {row.received_at for row in found.rows if row.name == "parcels.csv"} == {AS_OF + timedelta(hours=1)}
    stored = [(row.file_id, row.row_number, row.source) for row in detail(shop).rows]
    assert set(stored) < {(row.file_id, row.row_number, row.source) for row in found.rows}
    assert len({(row.file_id, row.row_number, row.source) for row in found.rows}) == len(found.rows)
    assert (found.large, found.gone) == ((), ())


def test_where_files_tell_each_row_apart_nothing_is_found_beyond_what_is_stored(shop: Engine, tmp_path: Path) -> None:
    assert every_row(shop, tmp_path).rows == detail(shop).rows


OF_ORDERS = [name for name, example in EXAMPLES.items() if example.orders and not (example.entries or example.stock)]


@pytest.mark.parametrize("name", OF_ORDERS)
def test_no_row_of_a_file_is_missing_from_the_orders_that_it_speaks_of(name: str, engine: Engine, tmp_path: Path) -> None:
    path = EXAMPLES[name].write(tmp_path, name=name)
    ingest_path(engine, path, settings=Settings(home=tmp_path), as_of=PLATFORM_AS_OF, shop="shop")
    with engine.connect() as connection:
        numbers = list(connection.execute(select(orders.c.order_no)).scalars())
        _, batches = mapped(path, shops=shop_book(connection, given_shop="shop"))
    frames = [frame for batch in batches for frame in (batch.orders, batch.lines, batch.events) if frame is not None]
    spoken_of = {each for frame in frames for each in zip(frame["order_no"], frame["row_number"], strict=True)}

    assert spoken_of
    found = {number: every_row(engine, tmp_path, number=number) for number in numbers}
    assert {(number, row.row_number) for number, each in found.items() for row in each.rows} == spoken_of
    assert not [each for each in found.values() if each.gone or each.large]


def test_a_row_that_is_found_in_its_file_may_be_read_and_its_neighbour_not(shop: Engine, tmp_path: Path) -> None:
    parcels(shop, tmp_path)
    file_id = next(row.file_id for row in every_row(shop, tmp_path).rows if row.name == "parcels.csv")

    own = raw_row(shop, tmp_path, file_id=file_id, row_number=5)

    assert own is not None and dict(zip(own.names, own.cells, strict=True))["出库单号"] == "CK1-B"
    assert raw_row(shop, tmp_path, file_id=file_id, row_number=3) is None


def test_outside_the_scope_no_row_is_found(shop: Engine, tmp_path: Path) -> None:
    assert reads.order_source_rows(shop, scope=Scope(shops=("elsewhere",)), settings=Settings(home=tmp_path), **KEY) is None


def test_of_a_file_that_is_gone_or_too_large_the_stored_rows_are_listed_and_it_is_named(shop: Engine, tmp_path: Path) -> None:
    parcels(shop, tmp_path)

    large, gone = every_row(shop, tmp_path, most_bytes=10), every_row(shop, tmp_path / "gone")

    assert large.rows == gone.rows == detail(shop).rows
    assert (set(large.large), large.gone) == ({"parcels.csv", "stockout.csv", "lines.csv", "orders.csv"}, ())
    assert (gone.large, set(gone.gone)) == ((), set(large.large))


def unnamed_orders(engine: Engine, home: Path) -> None:
    """Take in a list that names no shop, with order 7 twice in it, while the channel has one shop."""
    path = write_orders(home / "in" / "unnamed.csv", [taobao_order(number, 店铺名称="") for number in (7, 8, 7)])
    ingest_path(engine, path, settings=Settings(home=home), as_of=AS_OF, nature="live")


def second_shop(engine: Engine) -> None:
    with engine.begin() as connection:
        named = {"shop_id": "second", "channel": "taobao", "name": "第二家", "zone": "Asia/Shanghai", "currency": "CNY"}
        given_orders.insert_rows(connection, shops, [named | {"complete": True, "created_at": AS_OF}])


def test_a_file_that_no_longer_tells_what_is_stored_of_it_is_named_as_gone(shop: Engine, tmp_path: Path) -> None:
    unnamed_orders(shop, tmp_path)
    before = every_row(shop, tmp_path, number="7")
    second_shop(shop)

    after = every_row(shop, tmp_path, number="7")

    assert ({row.row_number for row in before.rows}, before.gone) == ({2, 4}, ())
    assert after.rows == detail(shop, order_no="7").rows
    assert (after.large, after.gone) == ((), ("unnamed.csv",))


@pytest.fixture
def read_through(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of files, each as often as it is read through from here on."""
    read: list[str] = []

    def noted(entry: Entry, *given: Any) -> Reading:
        read.append(entry.name)
        return opened(entry, *given)

    monkeypatch.setattr(order_sources, "opened", noted)
    return read


def test_a_second_look_at_a_row_that_is_not_stored_reads_no_file_through(shop: Engine, tmp_path: Path, read_through: list[str]) -> None:
    parcels(shop, tmp_path)
    every_row(shop, tmp_path, most_bytes=10_000)
    file_id = detail(shop).rows[0].file_id

    looks = [raw_row(shop, tmp_path, file_id=file_id, row_number=row_number) for row_number in (5, 3, 5)]

    assert [look is None for look in looks] == [False, True, False]
    every_row(shop, tmp_path)
    assert sorted(read_through) == ["lines.csv", "orders.csv", "parcels.csv", "stockout.csv"]


def test_what_a_file_told_is_not_told_again_once_shops_manifests_or_the_file_are_others(
    shop: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_through: list[str]
) -> None:
    unnamed_orders(shop, tmp_path)

    def numbers() -> tuple[set[int], tuple[str, ...]]:
        found = every_row(shop, tmp_path, number="7")
        return {row.row_number for row in found.rows}, found.gone

    def later(at: float) -> None:
        monkeypatch.setattr(order_sources, "monotonic", lambda: at)

    later(1.0)
    assert numbers() == numbers() == ({2, 4}, ())
    assert len(read_through) == 1
    later(1.0 + order_sources.KEPT_SECONDS)
    assert numbers() == ({2, 4}, ())
    assert len(read_through) == 2
    own = tmp_path / "manifests" / "taobao.toml"
    own.parent.mkdir()
    own.write_text((SHIPPED_MANIFESTS / "taobao.toml").read_text(encoding="utf-8").replace("订单编号", "单据编号"), encoding="utf-8")
    assert numbers() == (stored_rows(shop), ("unnamed.csv",))
    own.unlink()
    second_shop(shop)
    assert numbers() == (stored_rows(shop), ("unnamed.csv",))
    with shop.begin() as connection:
        connection.execute(delete(shops).where(shops.c.shop_id == "second"))
    assert numbers() == ({2, 4}, ())
    shutil.rmtree(Settings(home=tmp_path).files_dir)
    assert numbers() == (stored_rows(shop), ("unnamed.csv",))


def stored_rows(engine: Engine) -> set[int]:
    return {row.row_number for row in detail(engine, order_no="7").rows}


def test_a_stored_row_is_known_as_the_orders_own_without_reading_a_file(shop: Engine, tmp_path: Path, read_through: list[str]) -> None:
    with shop.connect() as connection:
        head = order_head(connection, scope=EVERYTHING, **KEY)
        assert head is not None
        found = order_sources.origins(connection, head=head)
    settings = Settings(home=tmp_path)

    kept = [
        order_sources.file_of_row([origin, *found], settings=settings, head=head, row_number=row.row_number)
        for origin, other in permutations(found, 2)
        for row in other.stored
    ]

    assert None not in kept
    assert read_through == []


def test_shops_are_asked_for_once_however_many_files_were_given_for_them(
    shop: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parcels(shop, tmp_path)
    asked: list[str | None] = []

    def noted(connection: Connection, *, given_shop: str | None = None) -> ShopBook:
        asked.append(given_shop)
        return shop_book(connection, given_shop=given_shop)

    monkeypatch.setattr(order_sources, "shop_book", noted)
    found = every_row(shop, tmp_path)

    assert len({row.file_id for row in found.rows}) == 4
    assert asked == ["shop"]


def test_a_workbook_is_large_by_what_it_unpacks_to(shop: Engine, tmp_path: Path) -> None:
    rows = [stock_out(1, shipped="2026-11-01 13:00:00")] * 200
    path = tmp_path / "in" / "parcels.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate([[*rows[0]], *([*row.values()] for row in rows)]):
            sheet.write_row(place, 0, cells)
    ingest_path(shop, path, settings=Settings(home=tmp_path), as_of=AS_OF + timedelta(hours=1), nature="live", shop="shop")

    assert "parcels.xlsx" in every_row(shop, tmp_path, most_bytes=path.stat().st_size).large
    assert every_row(shop, tmp_path, most_bytes=unpacked_bytes(path)).large == ()


def test_of_an_event_that_two_sources_state_the_believed_one_stands_first(shop: Engine) -> None:
    shipped = [said for said in detail(shop).events if said.type == "shipped"]

    assert [(said.source, said.believed) for said in shipped] == [("wangdian.stockouts", True), ("taobao.orders", False)]


@hypothesis_settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=some_files())
def test_every_statement_is_in_the_timeline_exactly_once_and_one_of_each_event_is_believed(
    files: list[tuple[str, list[dict[str, str]]]], engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty(engine)
    home = tmp_path_factory.mktemp("files")
    for place, (name, cells) in enumerate(files):
        path = write_file(home / str(place), name, cells)
        ingest_path(engine, path, settings=Settings(home=home), as_of=AS_OF + timedelta(days=place), nature="live", shop="shop")
    with engine.connect() as connection:
        stored = connection.execute(text("SELECT * FROM order_events")).mappings().all()
        kept = connection.execute(text("SELECT * FROM orders")).mappings().all()

    for order in kept:
        found = detail(engine, shop_id=order["shop_id"], order_no=order["order_no"])
        mine = [row for row in stored if (row["shop_id"], row["order_no"]) == (order["shop_id"], order["order_no"])]
        key = ("type", "part", "source", "occurred_from", "occurred_to")
        assert Counter(tuple(getattr(said, name) for name in key) for said in found.events) == Counter(
            tuple(row[name] for name in key) for row in mine
        )
        believed = [said for said in found.events if said.believed]
        assert Counter((said.type, said.part) for said in believed) == Counter({(row["type"], row["part"]) for row in mine})
        # steps that are known to the same instant stand in the order in which an order takes them
        told_when = [(said.occurred_to, EVENT_TYPES.index(said.type)) for said in believed]
        assert told_when == sorted(told_when)
        # what the order's row says of its steps is what the timeline believes
        for event in ("paid", "shipped", "completed", "waybilled"):
            told = [
                (said.not_before, said.occurred_to) for said in believed if (said.type, said.part) == (event, "") and not said.undone_at
            ]
            assert told == ([] if order[f"{event}_to"] is None else [(order[f"{event}_from"], order[f"{event}_to"])])


def test_an_event_that_its_own_source_later_did_not_show_is_marked_as_undone(shop: Engine, tmp_path: Path) -> None:
    later = [taobao_order(1, status=TO_SHIP), taobao_order(90, paid="2026-11-02 12:00:00")]
    first = [taobao_order(5, status=DONE), taobao_order(91, paid="2026-11-02 11:00:00")]
    again = [taobao_order(5, status=SHIPPED), taobao_order(92, paid="2026-11-02 12:30:00")]
    for name, rows in (("later", later), ("first", first), ("again", again)):
        path = write_orders(tmp_path / f"{name}.csv", rows)
        ingest_path(shop, path, settings=Settings(home=tmp_path), as_of=AS_OF, nature="live", shop="shop")

    undone = [said for said in detail(shop, order_no="5").events if said.undone_at]

    assert [(said.type, said.believed) for said in undone] == [("completed", True)]
    reverted = [said for said in detail(shop, order_no="5").events if said.type == "reverted"]
    assert [(said.part, said.occurred_to) for said in reverted] == [("completed", undone[0].undone_at)]
    # the warehouse still says that the first order has left, whatever the platform shows now
    assert [said.type for said in detail(shop).events if said.undone_at] == []


def test_lines_add_up_and_those_of_one_source_count(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(update(order_lines).where(order_lines.c.order_no == "1").values(amount_minor=4_000))
        connection.execute(
            text("""
            INSERT INTO order_lines (shop_id, order_no, source, line_key, quantity, amount_minor, observed_at, manifest_version, file_id,
                row_number) VALUES ('shop', '1', 'zz.other', 'a', 9, 9, now(), 1, 1, 2)""")
        )

    found = detail(shop)

    counting = [line for line in found.lines if line.counts]
    assert {line.source for line in counting} == {"taobao.lines"}
    assert [line.source for line in found.lines if not line.counts] == ["zz.other"]
    assert sum(line.amount_minor or 0 for line in found.lines) == count(
        shop, "SELECT sum(amount_minor) FROM order_lines WHERE order_no = '1'"
    )
    assert found.lines[-1].source == "zz.other"


def test_every_amount_is_stated_by_a_source(shop: Engine) -> None:
    found = detail(shop)

    for name in MONEY_FIELDS:
        amount = getattr(found.head, name)
        assert amount is None or (amount, "CNY") in {(getattr(claim, name), claim.currency) for claim in found.claims}
    assert {claim.source for claim in found.claims} == {"taobao.orders"}


def raw_row(engine: Engine, home: Path, *, file_id: int, row_number: int, scope: Scope = EVERYTHING) -> RawRow | None:
    return reads.order_raw_row(engine, scope=scope, settings=Settings(home=home), **KEY, file_id=file_id, row_number=row_number)


def test_a_row_of_the_order_is_shown_masked_and_no_other_row_of_the_file(shop: Engine, tmp_path: Path) -> None:
    scope = Scope(warehouses=("成都仓",))

    own = raw_row(shop, tmp_path, file_id=1, row_number=2, scope=scope)

    assert own is not None
    shown = dict(zip(own.names, own.cells, strict=True))
    assert (shown["订单编号"], shown["收货人姓名"], shown["买家留言"]) == ('="1"', MASK, MASK)
    # row 3 is another order's, row 1 the header, file 3 has no row 3, and there is no file 99
    for file_id, row_number in ((1, 3), (1, 1), (3, 3), (99, 2)):
        assert raw_row(shop, tmp_path, file_id=file_id, row_number=row_number, scope=scope) is None


def test_nothing_personal_is_in_a_detail_or_a_row_of_it(shop: Engine, tmp_path: Path) -> None:
    found = detail(shop)
    rows = [raw_row(shop, tmp_path, file_id=row.file_id, row_number=row.row_number) for row in found.rows]

    said = repr((found, rows))

    assert None not in rows
    assert not [secret for secret in SECRETS if secret in said]
    assert found.contact.held == ("buyer_name", "receiver_name", "phone", "address", "buyer_note")


def test_a_row_of_a_file_past_its_retention_says_so(shop: Engine, tmp_path: Path) -> None:
    with pytest.raises(RetentionOver):
        raw_row(shop, tmp_path / "gone", file_id=1, row_number=2)
    with shop.begin() as connection:
        mark_files_erased(connection, file_ids=[1], at=AS_OF)

    with pytest.raises(RetentionOver):
        raw_row(shop, tmp_path, file_id=1, row_number=2)


def test_an_erased_contact_is_known_as_erased(shop: Engine) -> None:
    with shop.begin() as connection:
        erase_contact(connection, **KEY, person_id="lin", at=AS_OF)

    found = detail(shop)

    assert (found.contact.held, found.contact.erased_at) == ((), AS_OF)
    assert [(deed.action, deed.person_id) for deed in found.history] == [("erase_contact", "lin")]


@pytest.mark.parametrize("field", ["title", "properties"])
def test_a_text_of_ten_megabytes_is_cut_before_it_leaves_the_database(field: str, shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(update(order_lines).values({field: "**长** 👍" * 1_500_000}))

    found = detail(shop)

    assert {len(getattr(line, field)) for line in found.lines} == {SHOWN_SIGNS + 1}


def test_colleagues_are_the_active_people_who_may_see_the_order(shop: Engine) -> None:
    found = detail(shop)

    with shop.connect() as connection:
        able = {person.person_id for person in PEOPLE if order_head(connection, scope=person.scope, **KEY) is not None}
    assert {each.person_id for each in found.colleagues} == able == {"lin", "chen", "zhou"}


@pytest.mark.parametrize("scope", [*SEEN_BY, *UNSEEN_BY], ids=str)
def test_the_rule_of_scopes_and_its_sql_say_the_same(scope: Scope, shop: Engine) -> None:
    with shop.connect() as connection:
        seen = order_head(connection, scope=scope, **KEY) is not None

    assert scope.holds(shop_id="shop", channel="taobao", warehouse_code="成都仓") is seen


def test_the_history_is_the_orders_own_newest_first_with_each_comment_once(shop: Engine) -> None:
    def at(minutes: int) -> dict[str, Any]:
        return {"as_of": AS_OF + timedelta(minutes=minutes)}

    actions.set_owner(shop, person=LIN, **KEY, owner="chen", seen=0, **at(1))
    actions.comment(shop, person=CHEN, **KEY, words="催单", **at(2))
    actions.comment(shop, person=LIN, shop_id="shop", order_no="2", words="另一单", **at(3))
    actions.reveal_contact(shop, person=CHEN, **KEY, **at(4))

    found = detail(shop)

    assert [(deed.action, deed.person_id, deed.text) for deed in found.history] == [
        ("revealed", "chen", None),
        ("commented", "chen", "催单"),
        ("assigned_order", "lin", None),
    ]
    assert (found.names["lin"], found.names["chen"]) == ("林悦", "陈阳")


def test_an_order_whose_key_reads_like_another_ones_shows_only_its_own_deeds(engine: Engine) -> None:
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
        slashed = {"shop_id": "tb-home/x", "channel": "taobao", "name": "x", "zone": "UTC", "currency": "CNY"}
        given_orders.insert_rows(connection, shops, [slashed | {"complete": True, "created_at": AS_OF}])
        both = [given_orders.an_order("tb-home/x", "1", created_at=AS_OF), given_orders.an_order("tb-home", "x/1", created_at=AS_OF)]
        given_orders.insert_rows(connection, orders, both)
        add_people(connection, as_of=AS_OF)

    actions.set_owner(engine, person=LIN, shop_id="tb-home/x", order_no="1", owner="lin", seen=0, as_of=AS_OF)

    assert len(detail(engine, shop_id="tb-home/x").history) == 1
    assert detail(engine, shop_id="tb-home", order_no="x/1").history == []


def test_a_stub_is_shown_for_what_it_is(engine: Engine, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "lines.csv", [taobao_line(7)])
    ingest_path(engine, path, settings=Settings(home=tmp_path), as_of=AS_OF, nature="live", shop="shop")

    found = detail(engine, order_no="7")

    assert (found.head.stub, found.head.stage, found.events, len(found.lines)) == (True, "unknown", [], 1)


def test_a_file_that_lost_its_entry_leaves_the_detail_standing(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(source_files.delete().where(source_files.c.file_id == 3))

    assert {row.file_id for row in detail(shop).rows} == {1, 2}


def test_a_far_colleague_sees_nothing_of_it(shop: Engine) -> None:
    assert reads.order_detail(shop, scope=replace(FAR.scope, channels=("taobao",)), **KEY) is None
