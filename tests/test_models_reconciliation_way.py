"""Do the steps of the way of the money lead to what was settled and to what reached the bank, whatever the matches are?"""

from hypothesis import given
from hypothesis import strategies as st

from models.reconciliation.classes import CLASSES, ELSEWHERE, KINDS, MATCH_TYPES, keys
from models.reconciliation.way import STEPS, Sums, way_of

minor = st.integers(-(10**12), 10**12)
sums = st.builds(
    Sums,
    type=st.sampled_from(keys(MATCH_TYPES)),
    class_=st.sampled_from(keys(CLASSES)),
    kind=st.sampled_from(["", ELSEWHERE, *keys(KINDS)]),
    internal_minor=minor,
    discount_minor=minor,
    freight_minor=minor,
    refund_minor=minor,
    stated_minor=minor,
    bank_minor=minor,
    unexplained_minor=minor,
)


@given(rows=st.lists(sums, max_size=12), converted=st.booleans())
def test_the_steps_lead_to_what_was_settled_and_then_to_the_bank(rows: list[Sums], converted: bool) -> None:
    steps = dict(way_of(rows, converted=converted))

    before = STEPS[: STEPS.index("settled")]
    between = STEPS[STEPS.index("settled") + 1 : STEPS.index("bank")]
    assert sum(steps[key] for key in before) == steps["settled"] == sum(row.stated_minor for row in rows if not row.is_payout)
    assert steps["settled"] + sum(steps[key] for key in between) == steps["bank"]
    assert steps["unexplained"] == steps["unexplained_statement"] + steps["unexplained_bank"]


@given(rows=st.lists(sums, max_size=8))
def test_what_reached_the_bank_is_what_its_lines_say_but_for_what_is_no_platforms(rows: list[Sums]) -> None:
    payouts = [row for row in rows if row.is_payout and row.kind != ELSEWHERE]

    assert dict(way_of(rows, converted=False))["bank"] == sum(row.bank_minor for row in payouts)


def test_a_pair_in_two_currencies_differs_by_its_rate_once_it_is_converted() -> None:
    pair = [
        Sums("receipt", "partial", "currency", internal_minor=71_000),
        Sums("receipt", "partial", "currency", stated_minor=70_500),
    ]

    assert dict(way_of(pair, converted=True))["fx"] == -500
    assert dict(way_of(pair, converted=False))["fx"] == 0


def test_what_the_bank_pays_for_other_ends_is_in_no_platforms_way() -> None:
    rent = Sums("payout", "matched", ELSEWHERE, bank_minor=-9_000)
    paid = Sums("payout", "matched", "", stated_minor=150_000, bank_minor=150_000)

    assert all(minor == 0 for _, minor in way_of([rent], converted=False))
    assert way_of([paid, rent], converted=False) == way_of([paid], converted=False)
