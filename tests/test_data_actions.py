"""Does every action ask who acts, write down that they did, and hand the jobs what they need?"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from data import actions
from data.actions import NotAllowed
from data.refused import RetentionOver
from data.settings import Settings
from data.tables import audit_log, job_requests, people
from models.people import RUNNING_ROLES, UPLOADING_ROLES, Person
from models.scope import EVERYTHING, REVEALING_ROLES, ROLES, Scope
from tests import given_orders
from tests.given_pages import MakeEngine
from tests.platform_examples import TAOBAO_ORDERS

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def merchant(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=1)
    return engine


def deeds(person: Person, *, engine: Engine, home: Path) -> dict[str, Callable[[], object]]:
    """Return everything a person can do."""
    return {
        "run": lambda: actions.request_run(engine, person=person, job="pull_inbox", as_of=AS_OF),
        "replay": lambda: actions.request_replay(engine, person=person, file_id=2, as_of=AS_OF),
        "upload": lambda: actions.request_upload(
            engine, person=person, settings=Settings(home=home), name="a.csv", content=b"x", shop="tb-home", as_of=AS_OF
        ),
        "reveal": lambda: actions.reveal_row(engine, person=person, settings=Settings(home=home), run_id=2, row_number=7, as_of=AS_OF),
    }


def keep_file_two(home: Path) -> None:
    """Keep the content of the merchant's second file."""
    (home / "files").mkdir()
    (home / "files" / f"{2:064x}").write_text(TAOBAO_ORDERS, encoding="gb18030")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_exactly_what_it_may(role: str, merchant: Engine, tmp_path: Path) -> None:
    keep_file_two(tmp_path)
    person = Person(person_id=f"somebody.{role}", name="x", role=role)
    allowed = {"run": RUNNING_ROLES, "replay": RUNNING_ROLES, "upload": UPLOADING_ROLES, "reveal": REVEALING_ROLES}
    may = {name: role in roles for name, roles in allowed.items()}

    for name, do in deeds(person, engine=merchant, home=tmp_path).items():
        if may[name]:
            do()
        else:
            with pytest.raises(NotAllowed):
                do()

    with merchant.connect() as connection:
        written = connection.scalar(select(func.count()).select_from(audit_log).where(audit_log.c.person_id == person.person_id))
    assert written == sum(may.values())
    assert len(list((tmp_path / "uploads").glob("*"))) == may["upload"]


@pytest.mark.parametrize("scope", [Scope(shops=("dy-live",)), Scope(channels=("douyin",)), Scope(shops=())], ids=str)
def test_nobody_acts_outside_their_scope(scope: Scope, merchant: Engine, tmp_path: Path) -> None:
    person = Person(person_id="limited", name="x", role="it", scope=scope)

    for name, do in deeds(person, engine=merchant, home=tmp_path).items():
        if name != "run":
            with pytest.raises(NotAllowed):
                do()

    assert not (tmp_path / "uploads").exists()


def test_a_limited_person_must_say_whose_file_they_upload(merchant: Engine, tmp_path: Path) -> None:
    person = Person(person_id="limited", name="x", role="it", scope=Scope(shops=("dy-live",)))

    with pytest.raises(NotAllowed):
        actions.request_upload(merchant, person=person, settings=Settings(home=tmp_path), name="a.csv", content=b"x", as_of=AS_OF)


def test_a_job_that_does_not_exist_cannot_be_asked_for(merchant: Engine) -> None:
    with pytest.raises(NotAllowed):
        actions.request_run(merchant, person=Person(person_id="x", name="x", role="it"), job="rm -rf", as_of=AS_OF)


def test_an_upload_is_whole_private_and_back_fill_unless_said_otherwise(merchant: Engine, tmp_path: Path) -> None:
    person = Person(person_id="uploader", name="x", role="it")

    number = actions.request_upload(
        merchant, person=person, settings=Settings(home=tmp_path), name="C:\\报表\\a.csv", content="订单".encode(), as_of=AS_OF
    )

    with merchant.connect() as connection:
        payload = connection.execute(select(job_requests.c.payload).where(job_requests.c.request_id == number)).scalar_one()
    assert Path(payload["path"]).read_bytes() == "订单".encode()
    assert (payload["name"], payload["shop"], payload["nature"]) == ("a.csv", None, "backfill")
    assert (tmp_path / "uploads").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("scope", "may"), [(EVERYTHING, True), (Scope(shops=("tb-home",)), False), (Scope(channels=("taobao",)), False)], ids=str
)
def test_only_people_without_limits_may_hand_in_masters(scope: Scope, may: bool, merchant: Engine, tmp_path: Path) -> None:
    do = deeds(Person(person_id="owner", name="x", role="manager", scope=scope), engine=merchant, home=tmp_path)
    numbers = [do[name]() for name in ("upload", "replay")]

    with merchant.connect() as connection:
        asked = connection.scalars(select(job_requests.c.payload).where(job_requests.c.request_id.in_(numbers))).all()
    assert [payload["masters"] for payload in asked] == [may, may]


@given(name=st.text(max_size=400), suffix=st.sampled_from(["", ".csv", ".xlsx", ".数据"]))
@example(name="订单" * 100, suffix=".xlsx")
@example(name="..", suffix="")
@example(name="a\0b\ud800", suffix=".csv")
def test_the_name_of_an_upload_is_short_and_keeps_its_suffix(name: str, suffix: str) -> None:
    plain = actions._plain_name(name + suffix)

    assert 0 < len(plain.encode()) <= actions.NAME_BYTES
    assert plain.endswith(suffix)
    assert Path(plain).name == plain
    assert "\0" not in plain


def test_who_saw_whose_contact_is_written_down_by_the_file_and_not_by_its_run(merchant: Engine, tmp_path: Path) -> None:
    keep_file_two(tmp_path)
    person = Person(person_id="eye", name="x", role="it")

    row = actions.reveal_row(merchant, person=person, settings=Settings(home=tmp_path), run_id=2, row_number=7, as_of=AS_OF)

    assert row is not None
    assert "冯六" in row.cells
    with merchant.connect() as connection:
        written = connection.execute(select(audit_log).where(audit_log.c.person_id == "eye")).mappings().one()
    assert (written["action"], written["subject"], written["at"]) == ("revealed", "file:000000000000… row 7", AS_OF)
    assert written["detail"] == {"file_id": 2, "sha256": f"{2:064x}", "shop": "tb-home", "row": 7}
    assert "冯六" not in str(dict(written))


def test_a_row_that_is_not_there_is_seen_by_nobody_and_not_written_down(merchant: Engine, tmp_path: Path) -> None:
    keep_file_two(tmp_path)
    person = Person(person_id="blind", name="x", role="it")

    assert actions.reveal_row(merchant, person=person, settings=Settings(home=tmp_path), run_id=2, row_number=99, as_of=AS_OF) is None
    with pytest.raises(RetentionOver):
        actions.reveal_row(merchant, person=person, settings=Settings(home=tmp_path / "gone"), run_id=2, row_number=7, as_of=AS_OF)

    with merchant.connect() as connection:
        assert connection.execute(select(audit_log).where(audit_log.c.person_id == "blind")).all() == []


def test_demo_people_are_made_once_and_one_switched_off_stays_off(merchant: Engine) -> None:
    names = dict.fromkeys(ROLES, "某人")
    first = actions.demo_people(merchant, names=names, as_of=AS_OF)
    with merchant.begin() as connection:
        connection.execute(people.update().where(people.c.person_id == "demo.it").values(active=False))

    again = actions.demo_people(merchant, names=names, as_of=AS_OF)

    assert [person.role for person in first] == list(ROLES)
    assert again == [person for person in first if person.role != "it"]
