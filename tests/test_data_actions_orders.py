"""May exactly those act on an order who see it, is every act written down once, and does one of two who race win?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import actions, reads
from data.actions import COMMENT_SIGNS, NotAllowed, Overtaken, WrongInput
from data.reads import Ownership, RetentionOver
from data.settings import Settings
from data.writes.retention import erase_contact
from models.people import Person
from models.scope import EVERYTHING, HANDLING_ROLES, REVEALING_ROLES, ROLES, Scope
from tests.conftest import Filled
from tests.given_detail import CHEN, FAR, KEY, LIN, SECRETS, ZHOU, one_order

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
Deed = Callable[[Engine, Person, Path], object]


@pytest.fixture
def shop(filled: Filled, tmp_path: Path) -> Engine:
    return filled(one_order, kind="real", home=tmp_path)


def own(engine: Engine, person: Person = CHEN, *, owner: str | None = "chen", seen: int = 0, as_of: datetime = NOW) -> int:
    return actions.set_owner(engine, person=person, **KEY, owner=owner, seen=seen, as_of=as_of)


def comment(engine: Engine, words: str, person: Person = CHEN) -> actions.Commented:
    return actions.comment(engine, person=person, **KEY, words=words, as_of=NOW)


def reveal_row(engine: Engine, person: Person, home: Path, *, file_id: int = 1, row_number: int = 2) -> Any:
    row: dict[str, Any] = {"file_id": file_id, "row_number": row_number}
    return actions.reveal_order_row(engine, person=person, settings=Settings(home=home), **KEY, **row, as_of=NOW)


def takes(engine: Engine, person: Person, home: Path) -> object:
    return own(engine, person, owner="lin")


def comments(engine: Engine, person: Person, home: Path) -> object:
    return comment(engine, "催单 @陈阳", person)


def sees_the_contact(engine: Engine, person: Person, home: Path) -> object:
    return actions.reveal_contact(engine, person=person, **KEY, as_of=NOW)


HANDLING: tuple[Deed, ...] = (takes, comments)
REVEALING: tuple[Deed, ...] = (sees_the_contact, reveal_row)
DEEDS: tuple[Deed, ...] = (*HANDLING, *REVEALING)


def written(engine: Engine) -> list[dict[str, Any]]:
    """Return the audit rows, oldest first."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM audit_log ORDER BY audit_id")).mappings()]


def left(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return all that people have left in the database."""
    tables = ("order_owners", "order_comments", "audit_log")
    with engine.connect() as connection:
        return {name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}"))] for name in tables}


def whose(engine: Engine) -> Ownership:
    found = reads.order_detail(engine, scope=EVERYTHING, **KEY)
    assert found is not None
    return found.ownership


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_exactly_what_it_may_and_each_act_is_written_down_once(role: str, deed: Deed, shop: Engine, tmp_path: Path) -> None:
    person = Person(person_id=f"somebody.{role}", name="x", role=role)
    may = role in (REVEALING_ROLES if deed in REVEALING else HANDLING_ROLES)

    if may:
        assert deed(shop, person, tmp_path) is not None
    else:
        with pytest.raises(NotAllowed):
            deed(shop, person, tmp_path)

    assert [(row["person_id"], row["at"], row["subject"]) for row in written(shop)] == [(person.person_id, NOW, "shop/1")] * may


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
@pytest.mark.parametrize("scope", [FAR.scope, Scope(channels=("jd",)), Scope(warehouses=("CN-HZ",)), Scope(shops=())], ids=str)
def test_nobody_acts_on_an_order_outside_their_scope(scope: Scope, deed: Deed, shop: Engine, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        deed(shop, Person(person_id="far", name="x", role="manager", scope=scope), tmp_path)

    assert left(shop) == {"order_owners": [], "order_comments": [], "audit_log": []}


def test_an_order_that_is_not_there_is_refused_as_one_outside_the_scope(shop: Engine) -> None:
    with pytest.raises(NotAllowed):
        actions.comment(shop, person=LIN, shop_id="shop", order_no="no-such\0", words="x", as_of=NOW)


def test_an_order_is_taken_given_to_a_colleague_and_given_back(shop: Engine) -> None:
    versions = [own(shop), own(shop, LIN, owner="zhou", seen=1), own(shop, ZHOU, owner=None, seen=2), own(shop, LIN, owner="lin", seen=3)]

    assert versions == [1, 2, 3, 4]
    assert whose(shop) == Ownership(owner="lin", version=4, set_by="lin", set_at=NOW)
    assert [(row["action"], row["detail"]["owner"], row["detail"]["was"], row["detail"]["version"]) for row in written(shop)] == [
        ("took_order", "chen", None, 1),
        ("assigned_order", "zhou", "chen", 2),
        ("gave_back_order", None, "zhou", 3),
        ("took_order", "lin", None, 4),
    ]


@pytest.mark.parametrize("taken_before", [False, True])
def test_of_two_who_take_an_order_at_once_one_has_it_and_the_other_hears_who(taken_before: bool, shop: Engine) -> None:
    seen = own(shop, ZHOU, owner="zhou") if taken_before else 0
    before, start = len(written(shop)), Barrier(2)

    def race(person: Person) -> Overtaken | None:
        start.wait()
        try:
            own(shop, person, owner=person.person_id, seen=seen)
        except Overtaken as overtaken:
            return overtaken
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip((LIN, CHEN), pool.map(race, (LIN, CHEN)), strict=True))

    [(loser, lost)] = [(person, outcome) for person, outcome in outcomes.items() if outcome is not None]
    winner = next(person.person_id for person in outcomes if person != loser)
    assert (lost.by, lost.at) == (winner, NOW)
    assert (whose(shop).owner, whose(shop).version, len(written(shop)) - before) == (winner, seen + 1, 1)


@pytest.mark.parametrize("seen", [0, 2, 99])
def test_who_saw_another_version_is_told_who_was_first(seen: int, shop: Engine) -> None:
    own(shop, LIN, owner="lin", as_of=NOW - timedelta(minutes=5))

    with pytest.raises(Overtaken) as caught:
        own(shop, seen=seen)

    assert (caught.value.by, caught.value.at) == ("lin", NOW - timedelta(minutes=5))
    assert (whose(shop).owner, len(written(shop))) == ("lin", 1)


@pytest.mark.parametrize("owner", ["nobody", "far", "gone.manager", "", "1\0"])
def test_an_order_is_given_to_nobody_who_cannot_see_it(owner: str, shop: Engine) -> None:
    with pytest.raises(WrongInput, match="看不到此订单"):
        own(shop, owner=owner)

    assert (whose(shop).version, written(shop)) == (0, [])


def test_what_changes_nothing_is_not_written_down(shop: Engine) -> None:
    with pytest.raises(WrongInput, match="没有改动"):
        own(shop, owner=None)
    own(shop)
    with pytest.raises(WrongInput, match="没有改动"):
        own(shop, seen=1)

    assert len(written(shop)) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "先写下评论"),
        (" \n\t　", "先写下评论"),
        ("长" * (COMMENT_SIGNS + 1), "最多 2000 字"),
        ("长" * 10_000_000, "最多 2000 字"),
        ("a\0b", "不可用字符"),
        ("\ud800", "不可用字符"),
    ],
    ids=lambda text: repr(text)[:12],
)
def test_a_comment_that_cannot_be_kept_is_refused_in_words(words: str, why: str, shop: Engine) -> None:
    with pytest.raises(WrongInput, match=why):
        comment(shop, words)

    assert left(shop)["order_comments"] == left(shop)["audit_log"] == []


@pytest.mark.parametrize(
    "words", ["👍" * COMMENT_SIGNS, "**粗** [链](https://a.example)\n<b>x</b>", "'; DROP TABLE orders; --", "%s {x} :y"]
)
def test_a_comment_is_kept_to_the_letter(words: str, shop: Engine) -> None:
    done = comment(shop, f"  {words}\n")

    found = reads.order_detail(shop, scope=EVERYTHING, **KEY)
    assert found is not None
    assert [deed.text for deed in found.history] == [words]
    assert [(row["action"], row["detail"]) for row in written(shop)] == [
        ("commented", {"shop": "shop", "order": "1", "comment": done.comment_id, "mentions": []})
    ]


def test_a_colleague_who_is_called_is_kept_beside_the_comment_and_an_unknown_name_stays_text(shop: Engine) -> None:
    done = comment(shop, "@林悦 @zhou 请看，@张三 @何远 @离职manager 也看")

    assert set(done.mentions) == {"lin", "zhou"}
    # the one sees another shop, the others are not or no longer here
    assert done.unknown == ("张三", "何远", "离职manager")
    with shop.connect() as connection:
        kept = connection.execute(text("SELECT text, mentions FROM order_comments")).one()
    assert (kept.text, set(kept.mentions)) == ("@林悦 @zhou 请看，@张三 @何远 @离职manager 也看", {"lin", "zhou"})


def test_a_contact_is_seen_whole_and_the_audit_says_by_whom_but_not_what(shop: Engine) -> None:
    found = actions.reveal_contact(shop, person=CHEN, **KEY, as_of=NOW)

    assert found is not None
    assert dict(found.values)["phone"] == "13900000000"
    assert not any(secret in repr(found) for secret in SECRETS)
    [row] = written(shop)
    assert (row["action"], row["person_id"]) == ("revealed", "chen")
    assert row["detail"]["fields"] == ["buyer_name", "receiver_name", "phone", "address", "buyer_note"]
    assert not any(secret in str(row) for secret in SECRETS)


def test_a_contact_that_was_erased_is_seen_by_nobody_anywhere(shop: Engine, tmp_path: Path) -> None:
    with shop.begin() as connection:
        erase_contact(connection, **KEY, person_id="lin", at=NOW)

    assert actions.reveal_contact(shop, person=CHEN, **KEY, as_of=NOW) is None
    with pytest.raises(NotAllowed):
        reveal_row(shop, CHEN, tmp_path)

    assert [row["action"] for row in written(shop)] == ["erase_contact"]


def test_where_no_contact_is_kept_none_is_seen_and_none_written_down(shop: Engine) -> None:
    with shop.begin() as connection:
        connection.execute(text("DELETE FROM order_contacts"))

    assert actions.reveal_contact(shop, person=CHEN, **KEY, as_of=NOW) is None
    assert written(shop) == []


def test_a_row_is_seen_whole_and_the_audit_names_the_order_the_file_and_the_row(shop: Engine, tmp_path: Path) -> None:
    found = reveal_row(shop, CHEN, tmp_path)

    assert all(any(secret in cell for cell in found.cells) for secret in SECRETS)
    [row] = written(shop)
    assert (row["action"], row["subject"]) == ("revealed", "shop/1")
    assert {name: row["detail"][name] for name in ("shop", "order", "file_id", "row")} == {
        "shop": "shop",
        "order": "1",
        "file_id": 1,
        "row": 2,
    }
    assert not any(secret in str(row) for secret in SECRETS)


@pytest.mark.parametrize("place", [{"row_number": 3}, {"row_number": 1}, {"file_id": 2, "row_number": 4}, {"file_id": 99}], ids=str)
def test_a_row_that_is_not_the_orders_own_is_seen_by_nobody(place: dict[str, int], shop: Engine, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        reveal_row(shop, LIN, tmp_path, **place)

    assert written(shop) == []


def test_a_row_of_a_file_past_its_retention_is_seen_by_nobody(shop: Engine, tmp_path: Path) -> None:
    with pytest.raises(RetentionOver):
        reveal_row(shop, LIN, tmp_path / "gone")

    assert written(shop) == []
