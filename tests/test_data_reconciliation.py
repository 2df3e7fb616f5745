"""Do orders, statements and the bank come to the right matches, run after run?"""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data import tables
from tests.given_money import AS_OF, PAID, booked, line, matched, results, rows, sold, store
from tests.given_orders import insert_rows

AGREE = ("matched", "", "")
# Two statements of one money, the better one first.
TRADE, FUNDS = "wechatpay.trade", "wechatpay.fund_flow"
RESULTS = "SELECT order_no, type, class, lines, stated_minor, waiting_minor FROM recon_results ORDER BY order_no, type"


def test_a_sale_its_commission_and_its_lines_agree(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 10_000), line("tm", "1", "commission", -500)])

    matched(engine)

    assert results(engine) == {("1", "receipt"): AGREE, ("1", "commission"): AGREE}


def test_the_four_classes_add_up_to_all_matches_and_each_has_its_cause(engine: Engine) -> None:
    store(
        engine,
        orders=[
            sold("dy", "agrees", 10_000, freight_minor=10_000),
            sold("dy", "differs", 10_000, freight_minor=10_000),
            sold("dy", "lost", 10_000, freight_minor=10_000),
            sold("dy", "early", 10_000, freight_minor=10_000, completed=None),
        ],
        lines=[line("dy", "agrees", "receipt", 10_000), line("dy", "differs", "receipt", 9_900), line("dy", "unknown", "receipt", 700)],
    )

    matched(engine)

    assert results(engine) == {
        ("agrees", "receipt"): AGREE,
        ("differs", "receipt"): ("partial", "amount", ""),
        ("lost", "receipt"): ("missing", "statement", ""),
        ("unknown", "receipt"): ("missing", "internal", ""),
        ("early", "receipt"): ("pending", "", ""),
    }


def test_what_is_not_due_waits_and_is_missing_once_t_plus_n_has_passed(engine: Engine) -> None:
    # completed on 11-06 in Shanghai, T+1
    store(engine, orders=[sold("tb", "1", 10_000)], lines=[line("tb", "other", "receipt", 1, days=1)])

    before, after = (PAID + timedelta(days=6, hours=h) for h in (11, 13))
    matched(engine, as_of=before)
    waiting = results(engine)
    matched(engine, as_of=after)

    assert waiting[("1", "receipt")] == ("pending", "", "")
    assert results(engine)[("1", "receipt")] == ("missing", "statement", "")


def test_a_shop_of_which_no_statement_ever_came_owes_nobody_an_answer_until_the_first_one_comes(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000), sold("dy", "2", 5_000, freight_minor=5_000)])
    first = matched(engine)
    untold = (results(engine), rows(engine, "SELECT * FROM entry_dues"), rows(engine, "SELECT * FROM work_orders"))

    store(engine, lines=[line("tm", "flow:1", "withdrawal", -1)])
    matched(engine, as_of=AS_OF + timedelta(days=2))

    waits = ("pending", "", "")
    assert untold == ({("1", "receipt"): waits, ("1", "commission"): waits, ("2", "receipt"): waits}, [], [])
    assert (first.opened, results(engine)[("2", "receipt")]) == (0, waits)
    assert results(engine)[("1", "receipt")] == ("missing", "statement", "")
    assert {row.order_no for row in rows(engine, "SELECT order_no FROM entry_dues")} == {"1"}


def test_money_from_long_before_the_first_statement_begins_is_nobodys_debt_until_an_older_one_comes(engine: Engine) -> None:
    def begins(days: float) -> None:
        of = {"source": "tmall.statement", "account": "", "currency": "CNY", "lines": 1, "file_id": 1}
        of |= {"manifest_version": 1, "observed_at": AS_OF, "ingested_at": AS_OF}
        with engine.begin() as connection:
            insert_rows(connection, tables.statements, [of | {"shop_id": "tm", "period_from": PAID + timedelta(days=days)}])

    old = sold("tm", "long before", 10_000, days=-60)
    store(engine, orders=[old, sold("tm", "before", 10_000, days=-10), sold("tm", "within", 10_000, days=10)])
    begins(8)
    store(engine, lines=[line("tm", "flow:1", "withdrawal", -1, days=9)])
    matched(engine)
    first = results(engine)

    begins(-60)
    matched(engine, as_of=AS_OF + timedelta(days=1))

    lost = ("missing", "statement", "")
    assert {no: how for (no, type_), how in first.items() if type_ == "receipt"} == {
        "long before": ("pending", "", ""),
        "before": lost,
        "within": lost,
    }
    assert results(engine)[("long before", "receipt")] == lost


def test_several_lines_come_to_one_order_and_several_orders_to_one_line(engine: Engine) -> None:
    # JD states goods and freight apart; one payment for two orders names both
    store(
        engine,
        orders=[
            sold("jd", "apart", 10_000, goods_minor=9_000, freight_minor=1_000),
            sold("dy", "a", 6_000, freight_minor=6_000),
            sold("dy", "b", 4_000, freight_minor=4_000),
        ],
        lines=[
            line("jd", "apart", "receipt", 9_000),
            line("jd", "apart", "freight", 1_000),
            line("jd", "apart", "commission", -540),
            line("dy", "flow:9", "receipt", 10_000, alternates=["a", "b"]),
        ],
    )

    matched(engine)

    assert results(engine) == {("apart", "receipt"): AGREE, ("apart", "commission"): AGREE, ("a", "receipt"): AGREE}


def test_a_line_is_found_by_its_further_identifiers_in_the_order_of_trust(engine: Engine) -> None:
    store(
        engine,
        orders=[sold("dy", "1", 500, freight_minor=500), sold("dy", "2", 700, freight_minor=700)],
        lines=[
            line("dy", "flow:a", "receipt", 500, alternates=["nobody", "1"]),
            # 2026 is a trade number that both lines carry
            line("dy", "2", "receipt", 700, alternates=["2026"]),
            line("dy", "flow:b", "logistics_compensation", 90, alternates=["2026"]),
        ],
    )

    matched(engine)

    assert results(engine) == {
        ("1", "receipt"): AGREE,
        ("2", "receipt"): AGREE,
        ("2", "compensation"): ("missing", "internal", "compensation_late"),
    }


def test_a_line_that_calls_an_order_by_its_name_finds_it_unless_two_are_called_so(engine: Engine) -> None:
    def shopify(order_no: str, name: str, minor: int) -> dict[str, Any]:
        return sold("us", order_no, minor, order_name=name)

    # the export of payments says #1001, the orders are stored under their ids; #1002 was given twice, #1003 comes after its line
    store(
        engine,
        orders=[shopify("8801", "#1001", 9_900), shopify("8802", "#1002", 5_000), shopify("8803", "#1002", 5_000)],
        lines=[
            line("us", "#1001", "receipt", 9_900, alternates=["c1"]),
            line("us", "#1002", "receipt", 5_000),
            line("us", "#1003", "receipt", 700),
        ],
    )
    matched(engine)
    first = results(engine)
    later = AS_OF + timedelta(days=1)
    store(engine, orders=[shopify("8804", "#1003", 700) | {"changed_at": later}])
    matched(engine, as_of=later)

    found = results(engine)
    assert (first["8801", "receipt"], found["8804", "receipt"]) == (AGREE, AGREE)
    assert ("#1001", "receipt") not in first and ("#1003", "receipt") not in found
    assert (found["#1002", "receipt"][:2], found["8802", "receipt"][0]) == (("missing", "internal"), "missing")
    matched(engine, as_of=later, anew=True)
    assert results(engine) == found


def test_an_order_that_comes_after_its_line_finds_it(engine: Engine) -> None:
    store(engine, lines=[line("dy", "flow:a", "receipt", 500, alternates=["1"])])
    matched(engine)
    alone = results(engine)

    store(engine, orders=[sold("dy", "1", 500, freight_minor=500)])
    matched(engine, as_of=AS_OF + timedelta(days=1))

    assert alone == {("flow:a", "receipt"): ("missing", "internal", "")}
    assert results(engine) == {("1", "receipt"): AGREE}
    assert [tuple(row) for row in rows(engine, "SELECT state, reason FROM recon_differences")] == [("resolved", "cleared")]


def test_what_a_second_statement_tells_again_does_not_count_twice(engine: Engine) -> None:
    store(engine, orders=[sold("dy", "1", 500, freight_minor=500)], lines=[line("dy", "1", "receipt", 500, source="wechatpay.fund_flow")])
    files = "INSERT INTO file_runs (file_id, manifest, manifest_version, source, kind, status, rows, accepted, refused, orders, lines,"
    files += " started_at, finished_at) SELECT row_number() OVER (), s, 1, s, 'settlement', 'ingested', 1, 1, 0, 1, 0, now(), now()"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"{files} FROM unnest(ARRAY['wechatpay.fund_flow', 'wechatpay.trade']) AS s")
    matched(engine)

    store(engine, lines=[line("dy", "1", "receipt", 500, source="wechatpay.trade")])
    matched(engine, as_of=AS_OF + timedelta(days=1))

    assert results(engine) == {("1", "receipt"): AGREE}
    assert [tuple(row) for row in rows(engine, "SELECT lines, stated_minor, waiting_minor FROM recon_results")] == [(2, 500, 500)]


def _files_of(engine: Engine, *sources: str) -> None:
    """Let files of these sources have come."""
    columns = "manifest, manifest_version, source, kind, status, rows, accepted, refused, orders, lines, started_at, finished_at"
    values = "s, 1, s, 'settlement', 'ingested', 1, 1, 0, 1, 0, now(), now()"
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO file_runs (file_id, {columns}) SELECT (SELECT count(*) FROM file_runs) + row_number() OVER (), {values} "
            f"FROM unnest(ARRAY[{', '.join(repr(source) for source in sources)}]) AS s"
        )


def test_what_the_less_preferred_statement_alone_tells_counts(engine: Engine) -> None:
    _files_of(engine, TRADE, FUNDS)
    store(
        engine,
        orders=[sold("dy", no, 500, freight_minor=500) for no in ("both", "funds alone")],
        lines=[
            line("dy", "both", "receipt", 500, source=TRADE),
            line("dy", "both", "receipt", 500, source=FUNDS),
            line("dy", "funds alone", "receipt", 500, source=FUNDS),
            line("dy", "flow:1", "nobody knows", -300, source=FUNDS),
        ],
    )

    matched(engine)

    assert results(engine) == {
        ("both", "receipt"): AGREE,
        ("funds alone", "receipt"): AGREE,
        ("flow:1", "unclassified"): ("missing", "internal", ""),
    }
    sums = {row[0]: tuple(row)[1:] for row in rows(engine, "SELECT order_no, stated_minor, waiting_minor FROM recon_results")}
    assert sums == {"both": (500, 500), "funds alone": (500, 0), "flow:1": (-300, 0)}


@pytest.mark.parametrize("first", [0, 1], ids=["the better one first", "the other one first"])
def test_the_second_statement_of_a_money_ends_as_if_both_had_come_at_once(engine: Engine, first: int) -> None:
    # one names the order, the other what it is called at the platform
    told = (
        (TRADE, line("dy", "1", "receipt", 500, source=TRADE, alternates=["4200"])),
        (FUNDS, line("dy", "flow:9", "receipt", 500, source=FUNDS, alternates=["4200"])),
    )
    store(engine, orders=[sold("dy", "1", 500, freight_minor=500)])
    for after, (source, row) in enumerate((told[first], told[1 - first])):
        _files_of(engine, source)
        store(engine, lines=[row | {"ingested_at": AS_OF + timedelta(days=after)}])
        matched(engine, as_of=AS_OF + timedelta(days=after))
    added = rows(engine, RESULTS)
    matched(engine, as_of=AS_OF + timedelta(days=1), anew=True)

    assert [tuple(row) for row in added] == [("1", "receipt", "matched", 2, 500, 500)]
    assert rows(engine, RESULTS) == added


def test_a_part_that_a_statement_says_is_still_to_come_is_waited_for_until_it_is_due(engine: Engine) -> None:
    come, waits = line("tb", "1", "receipt", 6_000, days=6), line("tb", "1", "receipt", 4_000, key="2", days=6, pending=True)
    store(engine, orders=[sold("tb", "1", 10_000)], lines=[come, waits])

    before, after = (PAID + timedelta(days=6, hours=h) for h in (11, 13))
    matched(engine, as_of=before)
    waiting = results(engine)
    matched(engine, as_of=after)

    assert waiting[("1", "receipt")] == ("pending", "", "")
    assert results(engine)[("1", "receipt")][:2] == ("partial", "amount")


def test_the_bank_that_comes_months_later_still_meets_its_payouts(engine: Engine) -> None:
    store(engine, lines=[line("tm", "flow:1", "withdrawal", -70_001, days=9)])
    matched(engine)
    later = AS_OF + timedelta(days=200)
    matched(engine, as_of=later)
    alone = results(engine)

    store(engine, bank=[booked("1", 70_001, on=date(2026, 11, 11), ingested_at=later)])
    matched(engine, as_of=later + timedelta(days=1))

    assert alone == {("payout:flow:1", "payout"): ("missing", "bank", "")}
    assert results(engine) == {("payout:flow:1", "payout"): AGREE}


def test_a_payout_that_comes_months_later_still_meets_the_bank(engine: Engine) -> None:
    store(engine, bank=[booked("1", 70_001, on=date(2026, 11, 11))])
    matched(engine)
    later = AS_OF + timedelta(days=200)
    matched(engine, as_of=later)

    store(engine, lines=[line("tm", "flow:1", "withdrawal", -70_001, days=9, ingested_at=later)])
    matched(engine, as_of=later + timedelta(days=1))

    assert results(engine) == {("payout:flow:1", "payout"): AGREE}


def test_a_difference_follows_its_order_to_another_day_and_keeps_what_people_set(engine: Engine) -> None:
    early = AS_OF - timedelta(days=5)
    store(engine, orders=[sold("tm", "1", 10_000, completed=None)], lines=[line("tm", "1", "receipt", 9_000)])
    matched(engine, as_of=early)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE recon_differences SET label = 'discount_not_booked', label_by = 'fin', owner = 'fin'")
        done = PAID + timedelta(days=30)
        connection.execute(
            text("UPDATE orders SET completed_from = :at, completed_to = :at, changed_at = :now"), {"at": done, "now": AS_OF}
        )

    matched(engine, as_of=AS_OF)

    asked = "SELECT d.completed_day, d.due_at, d.version, d.label, d.label_by, d.owner, r.completed_day, r.due_at"
    [row] = rows(engine, f"{asked} FROM recon_differences AS d JOIN recon_results AS r USING (shop_id, order_no, type, currency)")
    assert row[0] == row[6] == done.date() and row[1] == row[7]
    assert tuple(row)[2:6] == (1, "discount_not_booked", "fin", "fin")


def test_a_run_whose_proof_fails_is_undone_and_everything_matched_anew(engine: Engine) -> None:
    day = date(2026, 11, 10)
    store(engine, lines=[line("tm", "flow:1", "withdrawal", -700, payout_ref="P-000001", days=9)], bank=[booked("1", 700, on=day)])
    for days in (0, 2):
        matched(engine, as_of=AS_OF + timedelta(days=days))
    # a mended manifest reads the file otherwise: what was a payout is none
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE settlement_lines SET type = 'payment_fee', payout_ref = NULL WHERE order_no = 'flow:1'")
        connection.exec_driver_sql("INSERT INTO recon_touched (shop_id, order_no) VALUES ('tm', 'flow:1')")

    done = matched(engine, as_of=AS_OF + timedelta(days=4))

    runs = [tuple(row) for row in rows(engine, "SELECT status, anew FROM recon_runs ORDER BY run_id")]
    assert runs == [("succeeded", True), ("succeeded", False), ("failed", False), ("succeeded", True)]
    assert done.anew and set(results(engine)) == {("flow:1", "fee"), ("bank:6222/1", "payout")}


def test_money_sent_back_before_completion_never_reaches_an_escrow_statement(engine: Engine) -> None:
    back = PAID + timedelta(days=2)
    store(
        engine,
        orders=[
            sold("pdd", "whole", 5_000, completed=None, refunded_from=back, refunded_to=back),
            sold("tb", "part", 5_000, refunded_minor=1_000),
            sold("us", "both", 5_000, refunded_minor=5_000, refunded_from=back, refunded_to=back),
        ],
        lines=[
            line("tb", "part", "receipt", 4_000),
            line("tb", "part", "commission", -24),
            line("us", "both", "receipt", 5_000, days=2),
            line("us", "both", "payment_fee", -175, days=2),
            line("us", "both", "refund", -5_000, days=4),
        ],
    )

    matched(engine)

    assert results(engine) == {
        ("part", "receipt"): AGREE,
        ("part", "commission"): AGREE,
        ("both", "receipt"): AGREE,
        ("both", "fee"): AGREE,
        ("both", "refund"): AGREE,
    }


def test_every_label_is_found_by_its_rows(engine: Engine) -> None:
    back = PAID + timedelta(days=6)
    store(
        engine,
        orders=[
            sold("tm", "rate", 10_000),
            sold("tm", "twice", 10_000),
            sold("tm", "late", 10_000),
            sold("tm", "coupon", 9_000, total_minor=10_000),
            sold("jd", "freight", 10_000, goods_minor=9_200, freight_minor=800),
            sold("tm", "unsynced", 10_000, refunded_minor=2_000, refunded_from=back, refunded_to=back),
            sold("us", "net", 10_000),
        ],
        lines=[
            line("tm", "rate", "receipt", 10_000),
            line("tm", "rate", "commission", -800),
            line("tm", "twice", "receipt", 10_000),
            line("tm", "twice", "receipt", 10_000, key="2"),
            line("tm", "twice", "commission", -500),
            line("tm", "late", "receipt", 10_000, days=15),
            line("tm", "late", "commission", -500, days=15),
            line("tm", "coupon", "receipt", 9_000),
            line("tm", "coupon", "commission", -500),
            line("jd", "freight", "receipt", 9_200),
            line("jd", "freight", "commission", -552),
            line("tm", "unsynced", "receipt", 10_000),
            line("tm", "unsynced", "commission", -400),
            line("tm", "unsynced", "logistics_compensation", 300),
            line("us", "net", "receipt", 9_680),
        ],
    )

    matched(engine)

    found = {key: value for key, value in results(engine).items() if value != AGREE}
    assert found == {
        ("rate", "commission"): ("partial", "amount", "commission_rate"),
        ("twice", "receipt"): ("partial", "duplicate", "booked_twice"),
        ("late", "receipt"): ("partial", "time", "cut_off"),
        ("late", "commission"): ("partial", "time", "cut_off"),
        ("coupon", "receipt"): ("partial", "amount", "discount_not_booked"),
        ("freight", "receipt"): ("partial", "amount", "freight_subsidy"),
        ("unsynced", "refund"): ("missing", "statement", "refund_not_synced"),
        ("unsynced", "compensation"): ("missing", "internal", "compensation_late"),
        ("net", "receipt"): ("partial", "amount", "fee_not_booked"),
        ("net", "fee"): ("missing", "statement", ""),
    }


def test_two_faults_of_one_order_add_up_and_two_that_fit_equally_are_ambiguous(engine: Engine) -> None:
    store(
        engine,
        orders=[
            sold("jd", "both", 10_000, goods_minor=10_000, freight_minor=700),
            sold("jd", "either", 10_000, goods_minor=10_000, freight_minor=700),
        ],
        lines=[
            # receivable 10,700: the platform's coupon of 700 and the freight of 700 are equal
            line("jd", "both", "receipt", 9_300),
            line("jd", "either", "receipt", 10_000),
            line("jd", "both", "commission", -600),
            line("jd", "either", "commission", -600),
        ],
    )

    matched(engine)

    found = results(engine)
    assert found[("either", "receipt")] == ("partial", "amount", "?")
    parts = rows(
        engine,
        """SELECT label, amount_minor FROM recon_labels JOIN recon_differences AS d USING (difference_id, label)
        WHERE order_no = 'both' AND alternative = 0""",
    )
    every = rows(engine, "SELECT l.label, l.amount_minor FROM recon_labels AS l JOIN recon_differences USING (difference_id)"
                         " WHERE order_no = 'both' AND alternative = 0 ORDER BY l.label")  # fmt: skip
    assert len(parts) == 1
    assert [tuple(row) for row in every] == [("discount_not_booked", 700), ("freight_subsidy", 700)]
    [explained] = rows(engine, "SELECT explained_minor, difference_minor FROM recon_differences WHERE order_no = 'either'")
    assert tuple(explained) == (0, 700)


def test_a_fine_is_booked_as_a_non_operating_expense_and_a_fee_beside_it_as_a_fee(engine: Engine) -> None:
    store(
        engine,
        lines=[
            line("pdd", "1", "penalty", -300),
            line("pdd", "2", "penalty", -300),
            line("pdd", "2", "service_fee", -20),
            # given back after an appeal
            line("pdd", "3", "penalty", 300),
        ],
    )

    matched(engine)

    found = rows(
        engine,
        """SELECT d.order_no, j.side, a.code, a.name_zh, j.amount_minor
        FROM journal_lines AS j JOIN recon_differences AS d USING (difference_id) JOIN ledger_accounts AS a ON a.role = j.role
        ORDER BY d.order_no, j.place""",
    )
    fine, owed, fee = ("671101", "营业外支出—违约金"), ("1122", "应收账款"), ("6603", "财务费用")
    assert [tuple(row) for row in found] == [
        ("1", "debit", *fine, 300),
        ("1", "credit", *owed, 300),
        ("2", "debit", *fine, 300),
        ("2", "credit", *owed, 300),
        ("2", "debit", *fee, 20),
        ("2", "credit", *owed, 20),
        ("3", "debit", *owed, 300),
        ("3", "credit", *fine, 300),
    ]


def test_a_statement_in_another_currency_differs_in_currency_and_the_rate_explains_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO fx_rates VALUES ('2026-11-04', 'EUR', 'CNY', 7.8, now()), ('2026-11-04', 'USD', 'CNY', 7.1, now())"
        )
    store(
        engine,
        orders=[sold("us", "1", 10_000, currency="EUR")],
        lines=[line("us", "1", "receipt", 10_950, days=3), line("us", "1", "payment_fee", -320, days=3, currency="EUR")],
    )

    matched(engine)

    found = rows(engine, "SELECT currency, class, kind, label, explained_minor FROM recon_differences ORDER BY currency")
    assert [tuple(row) for row in found] == [
        ("EUR", "partial", "currency", "exchange", 10_000),
        ("USD", "partial", "currency", "exchange", -10_950),
    ]


def test_payouts_meet_the_bank_by_reference_by_amount_and_several_at_once(engine: Engine) -> None:
    day = date(2026, 11, 10)

    def out(number: int, minor: int, **given: Any) -> dict[str, Any]:
        return line("tm", f"flow:{number}", "withdrawal", -minor, days=9, **given)

    store(
        engine,
        lines=[
            out(1, 50_000, payout_ref="PO20261110A"),
            out(2, 70_001),
            out(3, 10_000),
            out(4, 20_000),
            out(5, 99_000),
            line("jd", "flow:6", "loan", 30_000, payout_ref="结算20261109", days=8),
            line("jd", "flow:7", "loan", 4_000, payout_ref="结算20261109", days=8),
        ],
        bank=[
            booked("1", 50_000, on=date(2026, 11, 16), reference="提现 PO20261110A 支付宝"),
            booked("2", 70_001, on=day),
            booked("3", 30_000, on=day),
            booked("4", 34_000, on=day, remark="结算20261109"),
            booked("5", 12_345, on=day),
            booked("6", -800, on=day),
        ],
    )

    matched(engine)

    found = {key[0]: value for key, value in results(engine).items() if key[1] == "payout"}
    assert found == {
        "payout:PO20261110A": AGREE,
        "payout:flow:2": AGREE,
        "payout:flow:3": AGREE,
        "payout:flow:5": ("missing", "bank", ""),
        "payout:结算20261109": AGREE,
        "bank:6222/5": ("missing", "statement", ""),
        "bank:6222/6": ("matched", "elsewhere", ""),
    }


def test_a_withdrawal_that_failed_and_was_given_back_is_owed_by_no_bank(engine: Engine) -> None:
    store(
        engine,
        lines=[
            line("dy", "flow:1", "withdrawal", -50_000, days=1, payout_ref="PO-000001"),
            line("dy", "flow:2", "withdrawal", 50_000, days=2, payout_ref="PO-000001"),
        ],
    )

    matched(engine)

    assert results(engine) == {("payout:PO-000001", "payout"): AGREE}


def test_two_shops_whose_payouts_bear_one_remark_do_not_owe_one_another_anything(engine: Engine) -> None:
    said = "2026年11月9日商家结算款"
    store(
        engine,
        lines=[
            line("jd", "1", "loan", 34_000, payout_ref=said, days=8),
            line("dy", "2", "loan", 20_000, payout_ref=said, days=8),
        ],
        bank=[booked("1", 20_000, on=date(2026, 11, 10), remark=said)],
    )

    matched(engine)

    found = rows(engine, "SELECT shop_id, class, stated_minor, bank_minor FROM recon_results WHERE type = 'payout' ORDER BY shop_id")
    assert [tuple(row) for row in found] == [("dy", "matched", 20_000, 20_000), ("jd", "missing", 34_000, 0)]


def test_a_run_on_nothing_new_changes_nothing(engine: Engine) -> None:
    store(
        engine,
        orders=[sold("tm", "1", 10_000), sold("tm", "2", 10_000, completed=None)],
        lines=[line("tm", "1", "receipt", 9_000), line("tm", "flow:1", "withdrawal", -1)],
        bank=[booked("1", 5, on=date(2026, 11, 10))],
    )
    tables = (
        "money_entries",
        "recon_results",
        "recon_day",
        "entry_dues",
        "recon_differences",
        "recon_labels",
        "recon_history",
        "work_orders",
    )
    matched(engine)
    before = {name: sorted(map(str, rows(engine, f"SELECT * FROM {name}"))) for name in tables}

    again = matched(engine, as_of=AS_OF + timedelta(hours=1))

    assert {name: sorted(map(str, rows(engine, f"SELECT * FROM {name}"))) for name in tables} == before
    assert (again.moved, again.opened, again.changed, again.cleared) == (0, 0, 0, 0)


def test_a_late_statement_reopens_only_what_it_touches(engine: Engine) -> None:
    store(engine, orders=[sold("tm", str(n), 10_000) for n in range(5)], lines=[line("tm", str(n), "receipt", 10_000) for n in range(4)])
    store(engine, lines=[line("tm", str(n), "commission", -500) for n in range(5)])
    first = matched(engine)

    store(engine, lines=[line("tm", "4", "receipt", 10_000), line("tm", "3", "refund", -700)])
    second = matched(engine, as_of=AS_OF + timedelta(days=1))

    runs = dict(map(tuple, rows(engine, "SELECT order_no || type, run_id FROM recon_results")))
    moved = {key for key, run in runs.items() if run == second.run_id}
    assert (first.opened, second.cleared, second.opened) == (1, 1, 1)
    assert moved == {"4receipt", "3refund"}


def test_a_run_that_fails_leaves_its_error_and_nothing_else(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)])

    def dies(*given: object, **named: object) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as broken:
        broken.setattr("data.reconciliation.prove", dies)
        with pytest.raises(RuntimeError):
            matched(engine)

    assert rows(engine, "SELECT * FROM recon_results") == rows(engine, "SELECT * FROM money_entries") == []
    assert [tuple(row) for row in rows(engine, "SELECT status, error FROM recon_runs")] == [("failed", "RuntimeError: killed")]
    assert matched(engine).moved == 2


def test_every_open_difference_has_a_work_order_with_an_owner_and_a_time(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO people (person_id, name, role, created_at) VALUES ('fin', 'F', 'finance', now()), ('boss', 'B', 'manager', now())"
        )
        connection.exec_driver_sql("INSERT INTO work_order_rules VALUES ('', 'tmall', 'boss', 1, 1, 'boss', now())")
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 9_000), line("tm", "1", "commission", -800)])

    # Friday morning in Shanghai
    matched(engine)

    asked = "SELECT d.type, w.label, w.owner, d.owner, w.due_at FROM work_orders AS w JOIN recon_differences AS d USING (difference_id)"
    found = rows(engine, asked)
    assert {tuple(row)[:4]: row.due_at.isoformat() for row in found} == {
        ("receipt", "", "boss", "boss"): "2026-11-23T15:59:59+00:00",
        ("commission", "commission_rate", "fin", "fin"): "2026-11-25T15:59:59+00:00",
    }


def test_work_orders_are_not_written_anew_while_there_is_still_nobody_to_own_them(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 9_000)])
    matched(engine)
    asked = "SELECT work_order_id, xmin::text FROM work_orders ORDER BY work_order_id"
    first = [tuple(row) for row in rows(engine, asked)]

    matched(engine)

    assert first and [tuple(row) for row in rows(engine, asked)] == first


def test_a_work_order_opened_while_there_was_nobody_gets_an_owner_once_there_is_somebody(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 9_000)])
    matched(engine)
    nobodys = rows(engine, "SELECT w.owner, d.owner FROM work_orders AS w JOIN recon_differences AS d USING (difference_id)")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO people (person_id, name, role, created_at) VALUES ('fin', 'F', 'finance', now())")

    matched(engine)

    owned = rows(engine, "SELECT w.owner, d.owner FROM work_orders AS w JOIN recon_differences AS d USING (difference_id)")
    assert {tuple(row) for row in nobodys} == {(None, None)}
    assert {tuple(row) for row in owned} == {("fin", "fin")} and len(owned) == len(nobodys)
