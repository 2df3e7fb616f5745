"""Are a person's views their own, are shared ones seen by colleagues, and does a removed one stay away?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from dashboard import options
from dashboard.saved_views import LABELS, SEVERAL, USUAL
from data import actions, reads
from data.actions import MOST_VIEWS, VIEW_KEYS, NotAllowed, WrongInput
from data.tables import audit_log, saved_views
from data.view_actions import VIEW_QUERY_SIGNS
from models.people import Person
from models.scope import EVERYTHING, Scope
from tests import given_orders
from tests.given_pages import MakeEngine
from tests.laws import tries

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
LIN = Person(person_id="lin", name="林", role="manager")
ZHOU = Person(person_id="zhou", name="周", role="analyst")
WU = Person(person_id="wu", name="吴", role="operations", scope=Scope(shops=("dy-live",)))
QUERY = "period=30d&channel=douyin&region=CN-51"


@pytest.fixture(scope="module")
def database(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.masters(connection, as_of=AS_OF)
    return engine


@pytest.fixture
def merchant(database: Engine) -> Engine:
    empty(database)
    return database


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(saved_views))
        connection.execute(delete(audit_log))


def save(engine: Engine, person: Person = LIN, **given: Any) -> int:
    asked = {"page": "orders", "name": "晨会", "query": QUERY, "shared": False, "as_of": AS_OF, **given}
    return actions.save_view(engine, person=person, **asked)


def seen(engine: Engine, person: Person = LIN, *, page: str = "orders") -> list[reads.SavedView]:
    return reads.saved_views(engine, scope=person.scope, person_id=person.person_id, page=page)


def names(engine: Engine, person: Person = LIN, *, page: str = "orders") -> list[str]:
    return [each.name for each in seen(engine, person, page=page)]


def written(engine: Engine) -> list[tuple[str, str, str]]:
    """Return who did what to what, oldest first."""
    with engine.connect() as connection:
        table = audit_log.c
        return [tuple(row) for row in connection.execute(select(table.person_id, table.action, table.subject).order_by(table.audit_id))]


def test_a_saved_view_is_seen_by_its_author_alone_until_it_is_shared(merchant: Engine) -> None:
    number = save(merchant)
    assert (names(merchant, LIN), names(merchant, ZHOU)) == (["晨会"], [])

    actions.share_view(merchant, person=LIN, view_id=number, shared=True, as_of=AS_OF)
    assert (names(merchant, LIN), names(merchant, ZHOU)) == (["晨会"], ["晨会"])

    actions.share_view(merchant, person=LIN, view_id=number, shared=False, as_of=AS_OF)
    assert (names(merchant, LIN), names(merchant, ZHOU)) == (["晨会"], [])


def test_a_removed_view_is_seen_by_nobody_and_its_name_is_free_again(merchant: Engine) -> None:
    number = save(merchant, shared=True)

    actions.remove_view(merchant, person=LIN, view_id=number, as_of=AS_OF)

    assert (names(merchant, LIN), names(merchant, ZHOU)) == ([], [])
    assert save(merchant) != number


def test_a_view_is_listed_on_its_own_page_with_what_it_holds(merchant: Engine) -> None:
    save(merchant, ZHOU, name="周报", shared=True, as_of=AS_OF - timedelta(days=1))
    save(merchant, page="overview", query="period=month")

    assert [(each.name, each.query) for each in seen(merchant, page="overview")] == [("晨会", "period=month")]
    (found,) = seen(merchant, page="orders")
    assert (found.person_id, found.author, found.query, found.shared) == ("zhou", "zhou", QUERY, True)
    assert found.saved_at == AS_OF - timedelta(days=1)


def test_ones_own_views_come_first_by_name_then_those_of_others_the_newest_first(merchant: Engine) -> None:
    for name, person, hours in (("b", ZHOU, 1), ("c", ZHOU, 2), ("z", LIN, 3), ("a", LIN, 0)):
        save(merchant, person, name=name, shared=True, as_of=AS_OF + timedelta(hours=hours))

    assert names(merchant, LIN) == ["a", "z", "c", "b"]


DEEDS: tuple[Callable[..., object], ...] = (
    lambda engine, person, number: actions.share_view(engine, person=person, view_id=number, shared=True, as_of=AS_OF),
    lambda engine, person, number: actions.remove_view(engine, person=person, view_id=number, as_of=AS_OF),
)


@pytest.mark.parametrize("deed", DEEDS, ids=["share", "remove"])
def test_only_its_author_changes_a_view_whatever_the_role(deed: Callable[..., object], merchant: Engine) -> None:
    number = save(merchant, ZHOU)
    before = written(merchant)

    for wrong in (number, number + 1):
        with pytest.raises(NotAllowed):
            deed(merchant, LIN, wrong)

    assert (names(merchant, ZHOU), names(merchant, LIN), written(merchant)) == (["晨会"], [], before)


@pytest.mark.parametrize("deed", DEEDS, ids=["share", "remove"])
def test_a_removed_view_is_as_one_that_is_not_there(deed: Callable[..., object], merchant: Engine) -> None:
    number = save(merchant)
    actions.remove_view(merchant, person=LIN, view_id=number, as_of=AS_OF)

    with pytest.raises(NotAllowed):
        deed(merchant, LIN, number)


def test_every_deed_is_written_down_once(merchant: Engine) -> None:
    number = save(merchant)
    actions.share_view(merchant, person=LIN, view_id=number, shared=True, as_of=AS_OF)
    actions.share_view(merchant, person=LIN, view_id=number, shared=False, as_of=AS_OF)
    actions.remove_view(merchant, person=LIN, view_id=number, as_of=AS_OF)

    deeds = ("saved_view", "shared_view", "unshared_view", "removed_view")
    assert written(merchant) == [("lin", deed, f"view {number}") for deed in deeds]


def test_sharing_what_is_shared_changes_nothing(merchant: Engine) -> None:
    number = save(merchant, shared=True)

    with pytest.raises(WrongInput, match="没有改动"):
        actions.share_view(merchant, person=LIN, view_id=number, shared=True, as_of=AS_OF)

    assert len(written(merchant)) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"name": ""}, "请写下视图的名字"),
        ({"name": " \u200b\u3000"}, "请写下视图的名字"),
        ({"name": "长" * 61}, "名字最多 60 字"),
        ({"name": "晨\0会"}, "不可用字符"),
        ({"name": "\ud83d"}, "请写下视图的名字"),
        ({"name": "晨\ud83d"}, "不可用字符"),
        ({"page": "sources"}, "没有视图"),
        ({"query": "channel=" + "x" * VIEW_QUERY_SIGNS}, "筛选太多"),
        ({"query": "lang=EN"}, "不能保存这样的筛选"),
        ({"query": "who=demo.manager"}, "不能保存这样的筛选"),
        ({"query": "q=13800138000"}, "不能保存这样的筛选"),
        ({"query": "?channel=douyin"}, "不能保存这样的筛选"),
        ({"query": "stage=stuck", "page": "overview"}, "不能保存这样的筛选"),
        ({"query": "channel=%00"}, "“channel”的值不成立"),
        ({"query": "channel="}, "“channel”的值不成立"),
        ({"query": "category=" + "x" * 201}, "“category”的值不成立"),
        ({"query": "from=2026-11-31"}, "“from”的值不成立"),
    ],
    ids=str,
)
def test_a_view_that_cannot_be_is_refused_in_words(given: dict[str, Any], why: str, merchant: Engine) -> None:
    with pytest.raises(WrongInput, match=why):
        save(merchant, **given)

    assert (names(merchant), written(merchant)) == ([], [])


HOSTILE = ["x" * 60, "'; DROP TABLE saved_views; --", "<script>alert(1)</script>", "**[点我](https://a.example)**", "👩‍💻"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_kept_as_it_is_written(name: str, merchant: Engine) -> None:
    save(merchant, name=f"  {name}\n")

    assert names(merchant) == [name]


def test_a_page_has_one_view_of_a_name_for_each_person(merchant: Engine) -> None:
    save(merchant)
    with pytest.raises(WrongInput, match="同名"):
        save(merchant, name=" 晨会 ")

    save(merchant, ZHOU)
    save(merchant, page="overview", query="")
    assert (len(seen(merchant, LIN)), len(seen(merchant, ZHOU)), len(seen(merchant, LIN, page="overview"))) == (1, 1, 1)


def test_of_two_saves_of_one_name_at_once_one_is_kept(merchant: Engine) -> None:
    start = Barrier(2)

    def race(_: int) -> bool:
        start.wait()
        try:
            save(merchant)
        except WrongInput:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(race, range(2))) == [False, True]


def test_there_is_an_end_to_how_many_a_person_keeps_and_the_list_holds_them_all(merchant: Engine) -> None:
    for number in range(MOST_VIEWS):
        save(merchant, name=f"视图 {number}")
        save(merchant, ZHOU, name=f"周 {number}", shared=True, as_of=AS_OF + timedelta(hours=1))
        save(merchant, WU, name=f"吴 {number}", shared=True, as_of=AS_OF + timedelta(hours=2))

    with pytest.raises(WrongInput, match="最多保存 50 个"):
        save(merchant, name="再一个")

    assert sum(each.person_id == "lin" for each in seen(merchant)) == MOST_VIEWS
    assert len(seen(merchant)) == 100


def test_a_person_of_one_shop_learns_no_channel_or_warehouse_they_may_not_see(merchant: Engine) -> None:
    save(merchant, query="period=30d&channel=douyin&channel=tmall&region=CN-51&warehouse=CN-HZ&warehouse=none", shared=True)
    nobody = Person(person_id="x", name="x", role="finance", scope=Scope(shops=(), channels=(), warehouses=()))

    (whole,) = seen(merchant, ZHOU)
    (part,) = seen(merchant, WU)
    (none,) = seen(merchant, nobody)

    assert (whole.query, whole.hidden) == ("period=30d&channel=douyin&channel=tmall&region=CN-51&warehouse=CN-HZ&warehouse=none", False)
    assert (part.query, part.hidden) == ("period=30d&channel=douyin&region=CN-51&warehouse=CN-HZ&warehouse=none", True)
    assert (none.query, none.hidden) == ("period=30d&region=CN-51&warehouse=none", True)


PEOPLE = (LIN, ZHOU, WU)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["save", "share", "unshare", "remove"]), st.sampled_from(PEOPLE), st.integers(0, 5), st.sampled_from("甲乙丙")
        ),
        max_size=12,
    )
)
@settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_do_everybody_sees_their_own_and_the_shared_ones_and_no_removed_one(
    steps: list[tuple[str, Person, int, str]], database: Engine
) -> None:
    empty(database)
    kept: dict[int, tuple[str, str, bool]] = {}
    numbers: list[int] = []
    for deed, person, place, name in steps:
        number = numbers[place] if place < len(numbers) else -1
        own = kept.get(number, ("",))[0] == person.person_id
        try:
            if deed == "save":
                numbers.append(save(database, person, name=name))
                kept[numbers[-1]] = (person.person_id, name, False)
            elif deed == "remove":
                actions.remove_view(database, person=person, view_id=number, as_of=AS_OF)
                assert own
                del kept[number]
            else:
                actions.share_view(database, person=person, view_id=number, shared=deed == "share", as_of=AS_OF)
                assert own
                kept[number] = (*kept[number][:2], deed == "share")
        except NotAllowed:
            assert not own
        except WrongInput:
            assert deed == "save" or own

    for person in PEOPLE:
        expected = {number for number, (author, _, shared) in kept.items() if author == person.person_id or shared}
        assert {each.view_id for each in seen(database, person)} == expected
    with database.connect() as connection:
        rows = connection.scalar(select(func.count()).select_from(saved_views))
    assert rows == len(numbers)


def test_a_view_can_hold_whatever_the_addresses_of_its_page_can_but_language_person_and_searches() -> None:
    choices = reads.Choices(channels=("jd",), regions=(), categories=(), warehouses=(), carriers=(), shops=())
    known = {*options.all_names(choices), options.FIRST, options.LAST, options.COMPARE_FIRST, options.COMPARE_LAST}

    of_money = {options.BASIS, options.LABEL, options.CLASS, options.KIND, options.MONEY_TYPE}
    of_money |= {options.STATE, options.OLDER, options.LEAST, options.WHOSE, options.ORDERED}
    of_stock = {options.PART, options.LEVEL, options.LEVEL_ORDER, options.HOLD_LIST, options.CONFLICT, options.GAP}
    elsewhere = of_money | of_stock | {options.RISK_BY}

    assert VIEW_KEYS["orders"] == known - {options.LANGUAGE_KEY, options.KPI} - elsewhere == set(LABELS)
    assert VIEW_KEYS["overview"] < VIEW_KEYS["orders"]
    assert {*SEVERAL, *USUAL} == {key for key in LABELS if key not in ("from", "to", "cfrom", "cto")}
    for key, usual in USUAL.items():
        assert usual is None or usual in options.all_names(choices)[key]


def test_the_scope_of_everything_sees_a_view_whole(merchant: Engine) -> None:
    save(merchant)

    (found,) = reads.saved_views(merchant, scope=EVERYTHING, person_id="lin", page="orders")
    assert parse_qsl(found.query) == parse_qsl(QUERY)
