"""Do matches and their labels follow statements that are read again, and say it otherwise, more or less than before?"""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from data.acting import Overtaken
from data.reconciliation_actions import confirm_label
from models.people import Person
from tests.given_money import AS_OF, booked, line, matched, results, rows, sold, store
from tests.given_readings import statements_again

NEXT = AS_OF + timedelta(days=2)
AGREE = ("matched", "", "")
# Two statements of one money, the better one first.
TRADE, FUNDS = "wechatpay.trade", "wechatpay.fund_flow"


def _settled(engine: Engine) -> None:
    """Match until nothing that is stored counts as new any more."""
    for days in (0, 1):
        matched(engine, as_of=AS_OF + timedelta(days=days))


def test_a_payout_follows_a_batch_that_a_mended_reading_says_less_of(engine: Engine) -> None:
    batch = [
        line("jd", f"flow:{n}", "loan", minor, source="jd_settlement.v1", payout_ref="PO-000001", days=8)
        for n, minor in enumerate((30_000, 4_000, 500))
    ]
    store(engine, bank=[booked("1", 34_500, on=date(2026, 11, 10), reference="PO-000001")])
    statements_again(engine, "jd_settlement.v1", batch, reading=1, as_of=AS_OF)
    _settled(engine)
    before = results(engine)["payout:PO-000001", "payout"]

    # one line is gone, another belongs to a later batch
    statements_again(engine, "jd_settlement.v1", [batch[0], {**batch[1], "payout_ref": "PO-000002"}], reading=2, as_of=NEXT)
    done = matched(engine, as_of=NEXT)

    found = rows(engine, "SELECT order_no, class, stated_minor, bank_minor FROM recon_results WHERE type = 'payout' ORDER BY order_no")
    assert (before, done.anew) == (AGREE, False)
    assert [tuple(row) for row in found] == [
        ("payout:PO-000001", "partial", 30_000, 34_500),
        ("payout:PO-000002", "missing", 4_000, 0),
    ]


def test_a_day_that_the_better_statement_tells_no_more_is_told_by_the_other_one(engine: Engine) -> None:
    store(engine, orders=[sold("dy", "1", 500, freight_minor=500)])
    better = [line("dy", "1", "receipt", 300, days=7), line("dy", "2", "receipt", 70, days=9)]
    statements_again(engine, TRADE, better, reading=1, as_of=AS_OF)
    statements_again(engine, FUNDS, [line("dy", "1", "receipt", 200, days=9)], reading=1, as_of=AS_OF)
    matched(engine)
    covered = rows(engine, "SELECT stated_minor, waiting_minor FROM recon_results WHERE order_no = '1'")

    statements_again(engine, TRADE, [better[0], {**better[1], "occurred_at": better[0]["occurred_at"]}], reading=2, as_of=NEXT)
    matched(engine, as_of=NEXT)

    asked = "SELECT stated_minor, waiting_minor FROM recon_results WHERE order_no = '1'"
    by_steps = rows(engine, asked)
    matched(engine, as_of=NEXT, anew=True)
    assert [tuple(row) for row in covered] == [(300, 200)]
    assert [tuple(row) for row in by_steps] == [(500, 0)] == [tuple(row) for row in rows(engine, asked)]


def test_a_shop_whose_only_statement_turns_out_empty_owes_nobody_an_answer_again(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)])
    statements_again(engine, "tmall.statement", [line("tm", "flow:1", "withdrawal", -1)], reading=1, as_of=AS_OF)
    _settled(engine)
    owed = results(engine)["1", "receipt"]

    statements_again(engine, "tmall.statement", [], reading=2, as_of=NEXT)
    matched(engine, as_of=NEXT)

    assert owed == ("missing", "statement", "")
    assert results(engine) == {("1", "receipt"): ("pending", "", ""), ("1", "commission"): ("pending", "", "")}


def test_two_currencies_of_one_key_are_paired_once_and_a_third_that_agrees_stays_out(engine: Engine) -> None:
    store(
        engine,
        orders=[sold("us", "1", 10_000, currency="EUR")],
        lines=[
            line("us", "1", "receipt", 10_950, days=3),
            line("us", "1", "receipt", 700, key="2", days=3, currency="CNY"),
            line("us", "1", "receipt", -700, key="3", days=3, currency="CNY"),
        ],
    )
    matched(engine)
    asked = "SELECT currency, class, kind FROM recon_results WHERE type = 'receipt' ORDER BY currency"
    first = rows(engine, asked)

    again = matched(engine)

    assert [tuple(row) for row in first] == [("CNY", "matched", ""), ("EUR", "partial", "currency"), ("USD", "partial", "currency")]
    assert (again.moved, rows(engine, asked)) == (0, first)


def test_what_a_second_statement_tells_again_is_no_reason_of_a_difference(engine: Engine) -> None:
    store(engine, orders=[sold("dy", "1", 500, freight_minor=500), sold("dy", "2", 500, freight_minor=500)])
    for source in (TRADE, FUNDS):
        told = [line("dy", no, "receipt", minor, fee_minor=15, source=source) for no, minor in (("1", 470), ("2", 485))]
        statements_again(engine, source, told, reading=1, as_of=AS_OF)

    matched(engine)

    # a fee of 15 that both statements tell explains 15, not 30
    assert results(engine) == {
        ("1", "receipt"): ("partial", "amount", ""),
        ("2", "receipt"): ("partial", "amount", "fee_not_booked"),
    }
    evidence = rows(engine, "SELECT evidence FROM recon_labels")
    assert [[each["line"] for each in row.evidence] for row in evidence] == [[f"{TRADE}/receipt#1"]]


def test_what_was_settled_in_time_is_not_late_because_another_line_of_its_order_is(engine: Engine) -> None:
    store(
        engine,
        orders=[sold("tm", "1", 10_000)],
        lines=[
            line("tm", "1", "receipt", 10_000),
            line("tm", "1", "commission", -800),
            line("tm", "1", "logistics_compensation", 300, days=17),
        ],
    )

    matched(engine)

    found = rows(engine, "SELECT d.type, l.label FROM recon_labels AS l JOIN recon_differences AS d USING (difference_id) ORDER BY 1, 2")
    assert [tuple(row) for row in found] == [("commission", "commission_rate"), ("compensation", "compensation_late")]


def test_a_line_that_comes_later_takes_its_reason_from_another_difference_of_its_order(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 9_500)])
    _settled(engine)
    first = results(engine)["1", "receipt"]

    store(engine, lines=[line("tm", "1", "commission", -500)])
    matched(engine, as_of=NEXT)

    assert first == ("partial", "amount", "fee_not_booked")
    assert results(engine) == {("1", "receipt"): ("partial", "amount", ""), ("1", "commission"): AGREE}
    assert [tuple(row) for row in rows(engine, "SELECT label, explained_minor FROM recon_differences WHERE state = 'open'")] == [("", 0)]


def test_a_label_that_a_person_set_stays_when_another_line_of_the_order_comes(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 9_500)])
    _settled(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE recon_differences SET label_by = 'fin' WHERE type = 'receipt'")

    store(engine, lines=[line("tm", "1", "commission", -500)])
    matched(engine, as_of=NEXT)

    assert results(engine)["1", "receipt"] == ("partial", "amount", "fee_not_booked")


def test_who_saw_a_label_that_a_later_line_has_changed_is_told_and_confirms_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO people (person_id, name, role, created_at) VALUES ('fin', 'F', 'finance', now())")
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 9_500)])
    _settled(engine)
    asked = "SELECT difference_id, version, label FROM recon_differences WHERE type = 'receipt'"
    (seen,) = rows(engine, asked)

    store(engine, lines=[line("tm", "1", "commission", -500)])
    matched(engine, as_of=NEXT)

    with pytest.raises(Overtaken):
        confirm_label(engine, person=Person("fin", "F", "finance"), difference_id=seen.difference_id, seen=seen.version, as_of=NEXT)
    (now,) = rows(engine, asked)
    told = rows(engine, "SELECT action FROM recon_history WHERE difference_id = :id ORDER BY history_id", id=seen.difference_id)
    assert (seen.label, now.label, now.version) == ("fee_not_booked", "", seen.version + 1)
    assert [row.action for row in told][-1] == "changed"
    matched(engine, as_of=NEXT + timedelta(days=1))
    assert rows(engine, asked) == [now]


def test_an_order_may_be_numbered_like_a_note_of_the_matching(engine: Engine) -> None:
    for source in (TRADE, FUNDS):
        statements_again(engine, source, [line("dy", "1", "receipt", 300)], reading=1, as_of=AS_OF)
    matched(engine)

    store(engine, orders=[sold("dy", number, 500) for number in ("told:x", "told:2026-02-31/x", "payout:y")])
    done = matched(engine, as_of=NEXT)

    assert not done.anew and {("told:x", "receipt"), ("told:2026-02-31/x", "receipt")} <= set(results(engine))
