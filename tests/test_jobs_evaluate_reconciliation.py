"""Does reconciliation find what the simulator hid, and nothing else, through the very connectors that real files use?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data.queries.recon_evaluation import Found
from jobs.evaluate_reconciliation import MEASURED_RATES, Asked, Injected, compared, evaluate

UNTIL = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def injected(order_no: str, fault: str, minor: int) -> Injected:
    seen = UNTIL - timedelta(days=3)
    return Injected("jd", order_no, "commission", (fault,), minor, seen_at=seen, due_at=seen, ambiguous=False)


def difference(order_no: str, *, label: str, minor: int) -> Found:
    # shop, number, type, currency, class, kind, side, ours, theirs, the bank's, the difference, what of it is explained
    return Found("jd", order_no, "commission", "CNY", "partial", "amount", "", 0, -minor, 0, minor, minor, label, False, (order_no,))


def test_without_faults_nothing_differs() -> None:
    figures = evaluate(Asked(UNTIL, days=30, orders=1_500, seed=3, rates={}))

    assert figures["measured_on"]["settlement_lines"] > 1_000
    assert figures["measured_on"]["bank_lines"] > 20
    assert (figures["injected_differences"], figures["examples"]["false"], figures["unexplained_minor"]) == (0, [], {})


def test_what_is_wrong_is_found_and_named() -> None:
    rates = {name: rate for name, rate in MEASURED_RATES.items() if name != "lost_statement"}

    figures = evaluate(Asked(UNTIL, days=30, orders=2_000, seed=3, rates=rates))

    assert figures["injected_differences"] > 50
    assert (figures["examples"]["missed"], figures["examples"]["false"], figures["examples"]["wrong_label"]) == ([], [], [])


def test_what_nobody_hid_is_false_and_what_is_not_found_is_missed() -> None:
    truth = [injected("1", "commission_rate", -100), injected("2", "commission_rate", -100)]
    found = [difference("1", label="commission_rate", minor=-100), difference("3", label="", minor=7)]

    figures = compared(truth, found, as_of=UNTIL, told_until=UNTIL)

    assert (figures["recall"], figures["false_differences"], figures["label_accuracy"]) == (pytest.approx(0.5), 1, 1.0)


def lost(order_no: str, type_: str, minor: int) -> Injected:
    seen = UNTIL - timedelta(days=3)
    return Injected("jd", order_no, type_, ("lost_statement",), minor, seen_at=seen, due_at=seen, ambiguous=False)


def test_what_a_lost_file_would_have_told_of_an_order_is_one_cause_and_what_comes_to_nothing_is_none() -> None:
    truth = [
        # seen by its receipt alone
        lost("1", "receipt", 500),
        lost("1", "commission", -25),
        # not seen at all
        lost("2", "commission", -25),
        # a refund nobody but the lost file knew of
        lost("3", "refund", -70),
        Injected("jd", "3", "refund", ("refund_not_synced",), 70, seen_at=UNTIL - timedelta(days=3), due_at=None, ambiguous=False),
        # given back whole, and neither stated
        lost("4", "receipt", 900),
        lost("4", "refund", -900),
        lost("4", "commission", -45),
    ]
    found = [replace(difference("1", label="", minor=500), type="receipt", class_="missing", side="statement", kind="")]

    figures = compared(truth, found, as_of=UNTIL, told_until=UNTIL)

    assert (figures["injected_differences"], figures["found_differences"], figures["false_differences"]) == (2, 1, 0)
    assert figures["examples"]["missed"] == ["jd 2 lost_statement"]
    assert figures["lost_lines"] == {"lines": 3, "seen_on_their_own": 1}
    assert figures["unexplained_by_class"] == {}


def test_what_is_not_explained_is_broken_down_by_class_and_label() -> None:
    found = [
        replace(difference("1", label="", minor=500), explained_minor=0),
        replace(difference("2", label="x", minor=-7), explained_minor=-3),
    ]

    figures = compared([], found, as_of=UNTIL, told_until=UNTIL)

    assert figures["unexplained_minor"] == {"CNY": 504}
    assert figures["unexplained_by_class"] == {
        "CNY": {"partial/amount": {"none": {"differences": 1, "minor": 500}, "x": {"differences": 1, "minor": 4}}}
    }
