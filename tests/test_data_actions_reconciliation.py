"""Does what a person decides of a difference hold, move every sum with it, and leave its trace; and is the rest refused?"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data.acting import NotAllowed, Overtaken, WrongInput
from data.job_lock import lock_key
from data.reconciliation_actions import (
    assign_difference,
    change_label,
    change_label_many,
    confirm_label,
    note_difference,
    reopen_difference,
    resolve_difference,
    resolve_difference_many,
    set_ledger_account,
)
from data.reconciliation_rules import set_fee_rule, set_settlement_rule, set_work_order_rule
from models.people import Person
from models.scope import Scope
from tests.given_money import AS_OF, PAID, line, matched, rows, sold, store

FINANCE = Person("fin", "F", "finance")
NOW = AS_OF + timedelta(hours=2)


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Two differences: one that is ambiguous, one that nothing explains."""
    people = "INSERT INTO people (person_id, name, role, created_at) VALUES ('fin', 'F', 'finance', now()), ('boss', 'B', 'manager', now())"
    with engine.begin() as connection:
        connection.exec_driver_sql(people)
    store(
        engine,
        orders=[sold("jd", "1", 10_000, goods_minor=10_000, freight_minor=700), sold("dy", "2", 5_000, freight_minor=5_000)],
        lines=[line("jd", "1", "receipt", 10_000), line("jd", "1", "commission", -600), line("dy", "2", "receipt", 4_321)],
    )
    matched(engine)
    return engine


def difference(engine: Engine, order_no: str) -> Any:
    return rows(engine, "SELECT * FROM recon_differences WHERE order_no = :no", no=order_no)[0]


def explained(engine: Engine) -> tuple[int, int, int]:
    """Return what is explained, as the differences, the matches and the sums of days say it."""
    asked = ["SELECT sum(explained_minor) FROM recon_differences WHERE state = 'open'"]
    asked += ["SELECT sum(explained_minor) FROM recon_results WHERE class = 'partial'"]
    asked += ["SELECT sum(explained_minor) FROM recon_day WHERE class = 'partial' AND basis = 'settled'"]
    first, second, third = (int(rows(engine, each)[0][0] or 0) for each in asked)
    return first, second, third


def test_a_confirmed_label_of_an_ambiguous_difference_explains_it_everywhere(shop: Engine) -> None:
    seen = difference(shop, "1")
    before = explained(shop)

    confirm_label(shop, person=FINANCE, difference_id=seen.difference_id, seen=seen.version, as_of=NOW)

    after = difference(shop, "1")
    assert (seen.ambiguous, after.ambiguous, after.label, after.label_by) == (True, False, seen.label, "fin")
    assert (before, explained(shop)) == ((0, 0, 0), (700, 700, 700))
    assert matched(shop, as_of=NOW, anew=True).changed == 0
    assert explained(shop) == (700, 700, 700)


def test_another_label_moves_sums_entry_and_work_order_and_can_be_taken_back(shop: Engine) -> None:
    set_work_order_rule(shop, person=FINANCE, label="fee_not_booked", channel="*", owner="boss", working_days=1, seen=0, as_of=NOW)
    seen = difference(shop, "2")
    assert seen.label == ""
    given: dict[str, Any] = {"person": FINANCE, "difference_id": seen.difference_id, "as_of": NOW}

    change_label(shop, seen=1, label="fee_not_booked", **given)
    orders = "SELECT label, owner FROM work_orders WHERE difference_id = :id AND closed_at IS NULL"
    booked = "SELECT side, role, amount_minor FROM journal_lines WHERE difference_id = :id ORDER BY place"
    work = [tuple(row) for row in rows(shop, orders, id=seen.difference_id)]
    entry = [tuple(row) for row in rows(shop, booked, id=seen.difference_id)]
    sums = explained(shop)
    change_label(shop, seen=2, label="", **given)

    assert work == [("fee_not_booked", "fin")]
    assert entry == [("debit", "bank_fee", 679), ("credit", "receivable", 679)]
    assert (sums, explained(shop)) == ((679, 679, 679), (0, 0, 0))


def test_two_who_act_on_one_difference_are_told_apart(shop: Engine) -> None:
    number = difference(shop, "2").difference_id
    assign_difference(shop, person=FINANCE, difference_id=number, seen=1, owner="boss", as_of=NOW)

    with pytest.raises(Overtaken) as told:
        resolve_difference(shop, person=Person("boss", "B", "manager"), difference_id=number, seen=1, reason="accepted", as_of=NOW)

    assert (told.value.by, told.value.at) == ("fin", NOW)
    assert difference(shop, "2").state == "open"


def test_many_at_once_is_all_of_it_or_nothing(shop: Engine) -> None:
    one, two = (difference(shop, no) for no in "12")
    chosen = [(one.difference_id, one.version), (two.difference_id, two.version + 1)]

    with pytest.raises(Overtaken):
        resolve_difference_many(shop, person=FINANCE, chosen=chosen, reason="accepted", as_of=NOW)
    assert {difference(shop, no).state for no in "12"} == {"open"}

    resolve_difference_many(shop, person=FINANCE, chosen=[(one.difference_id, 1), (two.difference_id, 1)], reason="accepted", as_of=NOW)
    assert {difference(shop, no).state for no in "12"} == {"resolved"}
    assert rows(shop, "SELECT FROM work_orders WHERE closed_at IS NULL") == []


def test_what_was_done_with_stays_so_until_its_amounts_change(shop: Engine) -> None:
    number = difference(shop, "2").difference_id
    resolve_difference(shop, person=FINANCE, difference_id=number, seen=1, reason="accepted", as_of=NOW)

    matched(shop, as_of=NOW + timedelta(days=1))
    still = difference(shop, "2")
    store(shop, lines=[line("dy", "2", "receipt", 100, key="2")])
    matched(shop, as_of=NOW + timedelta(days=2))

    assert (still.state, still.reason) == ("resolved", "accepted")
    assert (difference(shop, "2").state, difference(shop, "2").difference_minor) == ("open", 579)
    actions = [
        row.action for row in rows(shop, "SELECT action FROM recon_history WHERE difference_id = :id ORDER BY history_id", id=number)
    ]
    assert actions == ["opened", "resolved", "reopened"]


def test_a_note_and_a_reopening_are_written_down_for_audit(shop: Engine) -> None:
    number = difference(shop, "2").difference_id
    note_difference(shop, person=FINANCE, difference_id=number, seen=9, words=" 已问平台 ", as_of=NOW)
    resolve_difference(shop, person=FINANCE, difference_id=number, seen=1, reason="claimed", as_of=NOW)
    reopen_difference(shop, person=FINANCE, difference_id=number, seen=2, as_of=NOW)

    audited = [
        row.action for row in rows(shop, "SELECT action FROM audit_log WHERE subject = :s ORDER BY audit_id", s=f"difference {number}")
    ]
    assert audited == ["noted_difference", "resolved_difference", "reopened_difference"]
    [note] = rows(shop, "SELECT detail FROM recon_history WHERE action = 'noted'")
    assert note.detail == {"words": "已问平台"}
    assert len(rows(shop, "SELECT FROM work_orders WHERE difference_id = :id AND closed_at IS NULL", id=number)) == 1


@pytest.mark.parametrize(
    "person",
    [
        Person("x", "X", "operations"),
        Person("x", "X", "finance", Scope(shops=("tm",))),
        Person("x", "X", "finance", Scope(channels=("jd",))),
        Person("x", "X", "finance", Scope(warehouses=("CN-HZ",))),
    ],
    ids=["another role", "another shop", "another channel", "limits of warehouses"],
)
def test_outside_role_and_scope_nothing_can_be_done(shop: Engine, person: Person) -> None:
    seen = difference(shop, "2")

    deeds: tuple[Callable[[], object], ...] = (
        lambda: change_label(shop, person=person, difference_id=seen.difference_id, seen=1, label="exchange", as_of=NOW),
        lambda: note_difference(shop, person=person, difference_id=seen.difference_id, seen=1, words="x", as_of=NOW),
        lambda: set_ledger_account(shop, person=person, code="660102", name_zh="a", name_en="a", role=None, active=True, seen=0, as_of=NOW),
    )
    for deed in deeds:
        with pytest.raises(NotAllowed):
            deed()
    assert difference(shop, "2") == seen


def test_what_cannot_be_so_is_refused_in_words(shop: Engine) -> None:
    seen = difference(shop, "2")
    given: dict[str, Any] = {"person": FINANCE, "difference_id": seen.difference_id, "seen": 1, "as_of": NOW}

    wrongs: tuple[Callable[[], object], ...] = (
        lambda: change_label(shop, label="nonsense", **given),
        lambda: confirm_label(shop, **given),
        lambda: resolve_difference(shop, reason="", **given),
        lambda: reopen_difference(shop, **given),
        lambda: assign_difference(shop, owner="nobody", **given),
        lambda: note_difference(shop, words=" ", **given),
        lambda: change_label_many(shop, person=FINANCE, chosen=(), label="", as_of=NOW),
    )
    for wrong in wrongs:
        with pytest.raises(WrongInput, match=" / "):
            wrong()


def test_while_a_run_is_under_way_nothing_is_decided(shop: Engine) -> None:
    seen = difference(shop, "2")

    with shop.connect() as running:
        running.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_key("reconcile")})
        with pytest.raises(WrongInput, match="running"):
            resolve_difference(shop, person=FINANCE, difference_id=seen.difference_id, seen=1, reason="accepted", as_of=NOW)


def test_a_use_moves_to_the_account_that_takes_it_over_and_is_never_without_one(shop: Engine) -> None:
    given: dict[str, Any] = {"person": FINANCE, "name_zh": "销售费用—佣金", "name_en": "Commissions", "as_of": NOW}
    with pytest.raises(WrongInput, match="needs an account"):
        set_ledger_account(shop, code="6601", role=None, active=True, seen=1, **given)

    set_ledger_account(shop, code="660102", role="commission", active=True, seen=0, **given)

    assert [row.code for row in rows(shop, "SELECT code FROM ledger_accounts WHERE role = 'commission'")] == ["660102"]
    with pytest.raises(Overtaken):
        set_ledger_account(shop, code="660102", role="commission", active=True, seen=0, **given)


def test_a_rule_of_fees_set_for_past_orders_is_expected_of_them_by_the_next_run(shop: Engine) -> None:
    set_fee_rule(
        shop,
        person=FINANCE,
        channel="jd",
        fee_type="commission",
        valid_from=PAID - timedelta(days=1),
        rate=Decimal("0.08"),
        fixed_minor=0,
        base="goods",
        returned=True,
        source="合同",
        as_of=NOW,
    )

    matched(shop, as_of=NOW + timedelta(hours=1))

    [found] = rows(shop, "SELECT internal_minor, stated_minor FROM recon_differences WHERE type = 'commission' AND state = 'open'")
    assert tuple(found) == (-800, -600)


def fee_rule(engine: Engine, *, rate: str, category: str = "*", seen: int | None = None, days: int = -1) -> None:
    set_fee_rule(
        engine,
        person=FINANCE,
        channel="jd",
        fee_type="commission",
        category=category,
        valid_from=PAID + timedelta(days=days),
        rate=Decimal(rate),
        fixed_minor=0,
        base="goods",
        returned=True,
        source="合同",
        seen=seen,
        as_of=NOW,
    )


def test_a_fee_of_a_category_comes_before_the_channels_and_whoever_saw_other_versions_is_told(shop: Engine) -> None:
    with shop.begin() as connection:
        sku = "INSERT INTO skus (sku_code, name, category, valid_from, observed_at) VALUES ('K1', '锅', '厨具', now(), now())"
        connection.exec_driver_sql(sku)
        connection.exec_driver_sql("UPDATE orders SET category = '厨具' WHERE order_no = '1'")
    fee_rule(shop, rate="0.10", category="厨具", seen=0)
    with pytest.raises(WrongInput, match="no such category"):
        fee_rule(shop, rate="0.10", category="没有的")
    with pytest.raises(Overtaken):
        fee_rule(shop, rate="0.12", category="厨具", seen=0, days=-2)

    matched(shop, as_of=NOW + timedelta(hours=1))

    expected = rows(shop, "SELECT internal_minor FROM recon_results WHERE type = 'commission' AND order_no = '1'")
    told = rows(shop, "SELECT subject FROM audit_log WHERE action = 'added_fee_rule'")
    assert ([tuple(row) for row in expected], [row.subject for row in told]) == ([(-1_000,)], ["fee rule jd/commission/厨具"])
    assert matched(shop, as_of=NOW + timedelta(hours=2), anew=True).changed == 0


def test_a_receipt_within_the_merchants_tolerance_agrees_from_the_day_it_holds(shop: Engine) -> None:
    terms: dict[str, Any] = {"channel": "dy", "clock": "completed", "days": 4, "escrow": True, "receivable": "paid", "source": "约定"}
    terms["channel"] = rows(shop, "SELECT channel FROM orders WHERE shop_id = 'dy'")[0][0]
    given = {"person": FINANCE, "as_of": NOW, **terms}

    set_settlement_rule(shop, valid_from=PAID + timedelta(days=1), tolerance_minor=679, **given)
    later = matched(shop, as_of=NOW + timedelta(hours=1))
    set_settlement_rule(shop, valid_from=PAID - timedelta(days=1), tolerance_minor=679, **given)
    now = matched(shop, as_of=NOW + timedelta(hours=2))

    assert (later.cleared, now.cleared, difference(shop, "2").state) == (0, 1, "resolved")
    proof = rows(
        shop, "SELECT internal_minor - stated_minor - explained_minor FROM recon_results WHERE order_no = '2' AND type = 'receipt'"
    )
    assert proof[0][0] == 0
    assert matched(shop, as_of=NOW + timedelta(hours=3), anew=True).reopened == 0
    with pytest.raises(WrongInput, match="tolerance"):
        set_settlement_rule(shop, valid_from=PAID, tolerance_minor=10_001, **given)


def test_a_rule_of_work_orders_hands_on_the_open_ones_at_the_next_run_but_not_what_a_person_assigned(shop: Engine) -> None:
    unknown, ambiguous = difference(shop, "2"), difference(shop, "1")
    assign_difference(shop, person=FINANCE, difference_id=ambiguous.difference_id, seen=ambiguous.version, owner="fin", as_of=NOW)

    set_work_order_rule(shop, person=FINANCE, label="*", channel="*", owner="boss", working_days=0, seen=1, as_of=NOW)
    before = rows(shop, "SELECT owner FROM work_orders WHERE difference_id = :id", id=unknown.difference_id)
    matched(shop, as_of=NOW + timedelta(hours=1))
    first = rows(shop, "SELECT difference_id, owner, due_at FROM work_orders ORDER BY 1")
    matched(shop, as_of=NOW + timedelta(hours=2))

    assert ([row.owner for row in before], {row.difference_id: row.owner for row in first}) == (
        ["fin"],
        {unknown.difference_id: "boss", ambiguous.difference_id: "fin"},
    )
    assert len({row.due_at for row in first}) == 1
    assert rows(shop, "SELECT difference_id, owner, due_at FROM work_orders ORDER BY 1") == first
    assert difference(shop, "2").owner == "boss"


def test_rules_are_for_finance_and_managers_without_limits(shop: Engine) -> None:
    for person in (Person("ops", "O", "operations"), Person("fin", "F", "finance", Scope(channels=("jd",)))):
        with pytest.raises(NotAllowed):
            set_work_order_rule(shop, person=person, label="*", channel="*", owner=None, working_days=1, seen=1, as_of=NOW)
