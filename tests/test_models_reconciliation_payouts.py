"""Is every payout and every bank line in one group, whatever the bank quotes?"""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.reconciliation.payouts import BankLine, Group, Payout, grouped

DAY = date(2026, 11, 10)
REFERENCES = ["PO-000001", "PO-000002", "PO-000003", "short"]


def left(key: str, minor: int, *, shop: str = "s", days: int = 0, reference: str = "", currency: str = "CNY") -> Payout:
    return Payout(key, shop, currency, minor, DAY + timedelta(days=days), reference or key)


def arrived(key: str, minor: int, *texts: str, days: int = 1, shop: str | None = None, currency: str = "CNY") -> BankLine:
    return BankLine(key, shop, currency, minor, DAY + timedelta(days=days), texts)


def told(groups: list[Group]) -> set[tuple[str, frozenset[str]]]:
    return {(each.via, frozenset([*(p.key for p in each.payouts), *(b.key for b in each.lines)])) for each in groups}


@given(
    payouts=st.lists(
        st.builds(
            left,
            st.uuids().map(str),
            st.sampled_from([0, 100, 300, 400, 700]),
            shop=st.sampled_from("st"),
            days=st.integers(0, 9),
            reference=st.sampled_from(REFERENCES),
            currency=st.sampled_from(["CNY", "USD"]),
        ),
        max_size=7,
    ),
    lines=st.lists(
        st.builds(
            lambda key, minor, text, days, shop, currency: arrived(key, minor, text, days=days, shop=shop, currency=currency),
            st.uuids().map(str),
            st.sampled_from([-100, 0, 100, 300, 400, 700, 1_100]),
            st.sampled_from(["", *REFERENCES, "PO-000001 PO-000002", "USD 1.00", "3.00"]),
            st.integers(0, 9),
            st.sampled_from([None, "s", "t"]),
            st.sampled_from(["CNY", "USD"]),
        ),
        max_size=7,
    ),
    data=st.data(),
)
def test_everything_is_in_one_group_in_whatever_order_it_comes(payouts: list[Payout], lines: list[BankLine], data: st.DataObject) -> None:
    groups = grouped(payouts, lines)

    assert Counter(p.key for each in groups for p in each.payouts) == Counter(p.key for p in payouts)
    assert Counter(b.key for each in groups for b in each.lines) == Counter(b.key for b in lines)
    assert sum(p.amount_minor for each in groups for p in each.payouts) == sum(p.amount_minor for p in payouts)
    for each in groups:
        if each.via in ("amount", "merged", "regrouped") and len({p.reference for p in each.payouts}) == len(each.payouts):
            assert sum(p.amount_minor for p in each.payouts) == sum(b.amount_minor for b in each.lines)
            assert all(0 <= (b.day - p.day).days <= 7 for p in each.payouts for b in each.lines)
    assert told(groups) == told(grouped(data.draw(st.permutations(payouts)), data.draw(st.permutations(lines))))


def test_what_the_bank_quotes_comes_before_what_fits_by_amount() -> None:
    groups = grouped(
        [left("a", 500, reference="PO-000001"), left("b", 500)], [arrived("1", 500, "提现 PO-000001", days=3), arrived("2", 500)]
    )

    assert told(groups) == {("reference", frozenset({"a", "1"})), ("amount", frozenset({"b", "2"}))}


def test_a_sum_that_could_be_two_sums_is_left_to_people() -> None:
    paid = [left(key, minor) for key, minor in (("a", 300), ("b", 700), ("c", 400), ("d", 600))]

    assert ("alone", frozenset({"1"})) in told(grouped(paid, [arrived("1", 1_000)]))
    assert told(grouped(paid[:2], [arrived("1", 1_000)])) == {("merged", frozenset({"a", "b", "1"}))}


def test_a_payout_in_parts_one_less_a_fee_and_one_exchanged_are_found() -> None:
    assert told(grouped([left("a", 1_000)], [arrived("1", 400), arrived("2", 600)])) == {("merged", frozenset({"a", "1", "2"}))}
    assert told(grouped([left("a", 100_000)], [arrived("1", 98_500)])) == {("less_fee", frozenset({"a", "1"}))}
    usd = left("a", 123_456, currency="USD")
    assert told(grouped([usd], [arrived("1", 870_512, "USD 1,234.56 7.0512")])) == {("exchanged", frozenset({"a", "1"}))}


@given(
    paid=st.lists(st.integers(1, 5_000), min_size=1, max_size=3),
    cuts=st.lists(st.integers(1, 10_000), max_size=2, unique=True),
    data=st.data(),
)
def test_money_that_the_bank_cuts_anew_is_found_whole_or_left_to_people_never_in_part(
    paid: list[int], cuts: list[int], data: st.DataObject
) -> None:
    total = sum(paid)
    bounds = [0, *sorted(cut for cut in cuts if cut < total), total]
    booked = [arrived(f"{n}", b - a) for n, (a, b) in enumerate(pairwise(bounds))]
    payouts = [left(f"p{n}", minor) for n, minor in enumerate(paid)]

    groups = grouped(data.draw(st.permutations(payouts)), booked)

    for each in groups:
        balanced = sum(p.amount_minor for p in each.payouts) == sum(b.amount_minor for b in each.lines)
        assert balanced or each.via in ("alone", "less_fee")


def test_payouts_that_several_lines_pay_only_together_are_one_group_unless_two_ways_fit() -> None:
    paid = [left("a", 700), left("b", 450, days=1), left("c", 77)]

    found = told(grouped(paid, [arrived("1", 600, days=2), arrived("2", 550, days=2)]))
    twofold = told(grouped(paid[:2], [arrived("1", 600, days=2), arrived("2", 550, days=2), arrived("3", 550, days=3)]))
    other_shop = told(grouped([paid[0], left("b", 450, shop="t")], [arrived("1", 600), arrived("2", 550)]))

    assert found == {("regrouped", frozenset({"a", "b", "1", "2"})), ("alone", frozenset({"c"}))}
    assert {via for via, _ in twofold} == {"alone"}
    assert {via for via, _ in other_shop} == {"alone"}


def test_nothing_is_found_before_it_left_or_long_after() -> None:
    paid = [left("a", 500)]

    assert all(each.via == "alone" for days in (-1, 8) for each in grouped(paid, [arrived("1", 500, days=days)]))


def test_equal_amounts_after_a_holiday_all_find_a_partner() -> None:
    # the bank rested for a week: the first payout can only be the first line, the last one is nearer to it
    paid = [left("a", 50_000), left("b", 50_000, days=7)]

    found = told(grouped(paid, [arrived("1", 50_000, days=7), arrived("2", 50_000, days=8)]))

    assert found == {("amount", frozenset({"a", "1"})), ("amount", frozenset({"b", "2"}))}


@given(left_on=st.lists(st.integers(0, 12), max_size=6), came_on=st.lists(st.integers(0, 16), max_size=6))
def test_of_equal_amounts_as_many_are_paired_as_can_be(left_on: list[int], came_on: list[int]) -> None:
    paid = [left(f"p{n}", 500, days=day) for n, day in enumerate(left_on)]
    booked = [arrived(f"b{n}", 500, days=day) for n, day in enumerate(came_on)]

    pairs = [each for each in grouped(paid, booked) if each.via == "amount"]

    # in order of days, each the first line that can be its own: of windows of one length that is the most there can be
    most, free = 0, sorted(came_on)
    for day in sorted(left_on):
        fits = [came for came in free if day <= came <= day + 7]
        if fits:
            free.remove(fits[0])
            most += 1
    assert len(pairs) == most


def test_a_remark_that_two_shops_share_is_told_apart_by_the_amount() -> None:
    said = "2026年11月9日商家结算款"
    paid = [left("a", 34_000, shop="s", reference=said), left("b", 20_000, shop="t", reference=said)]

    first = told(grouped(paid, [arrived("1", 20_000, said)]))
    both = told(grouped(paid, [arrived("1", 20_000, said), arrived("2", 33_900, said)]))

    assert first == {("reference", frozenset({"b", "1"})), ("alone", frozenset({"a"}))}
    assert both == {("reference", frozenset({"b", "1"})), ("reference", frozenset({"a", "2"}))}
