"""Does every label say what it would explain, by which evidence, and never more than that?"""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reconciliation.classes import KINDS, MATCH_TYPES, SIDES, keys
from models.reconciliation.journal import ACCOUNTS, BOOKED, ROLES, Part, entry_for
from models.reconciliation.labels import EVIDENCE, LABELS, LABELS_BY_KEY, Difference, Entry, Line, explain
from models.reconciliation.types import TYPES

MINOR = st.integers(-2_000, 2_000)
LINES = st.builds(
    Line,
    key=st.sampled_from("abcd"),
    type=st.sampled_from([each.key for each in TYPES]),
    amount_minor=MINOR,
    currency=st.sampled_from(["CNY", "USD"]),
    fee_minor=st.one_of(st.none(), MINOR),
    waits=st.booleans(),
)
ENTRIES = st.builds(
    Entry,
    type=st.sampled_from(["gross", "discount", "subsidy", "freight", "refund", "commission", "fee"]),
    match_type=st.sampled_from(["receipt", "refund", "commission", "fee"]),
    amount_minor=MINOR,
    currency=st.sampled_from(["CNY", "USD"]),
)


def receipt(internal: int, stated: int, **given_: object) -> Difference:
    return Difference("receipt", "partial", "amount", "", "CNY", internal, stated, 0, internal - stated, **given_)  # type: ignore[arg-type]


def fee(internal: int, stated: int, *amounts: int, base: int = 10_000, type_: str = "commission") -> Difference:
    lines = tuple(Line(str(n), type_, amount, "CNY") for n, amount in enumerate(amounts or (stated,)))
    return Difference(
        "commission", "partial", "amount", "", "CNY", internal, stated, 0, internal - stated, lines=lines, fee_base_minor=base
    )


@given(
    type_=st.sampled_from(keys(MATCH_TYPES)),
    class_=st.sampled_from(["partial", "missing"]),
    kind=st.sampled_from(["", *keys(KINDS)]),
    side=st.sampled_from(["", *keys(SIDES)]),
    sums=st.tuples(MINOR, MINOR, MINOR),
    entries=st.lists(ENTRIES, max_size=5),
    lines=st.lists(LINES, max_size=5),
    late=st.integers(0, 30),
    base=st.one_of(st.none(), st.integers(1, 10**6)),
)
def test_an_explanation_accounts_for_the_whole_difference_or_for_nothing(
    type_: str,
    class_: str,
    kind: str,
    side: str,
    sums: tuple[int, int, int],
    entries: list[Entry],
    lines: list[Line],
    late: int,
    base: int | None,
) -> None:
    internal, stated, bank = sums
    wanted = stated - bank if type_ == "payout" else internal - stated
    difference = Difference(
        *(type_, class_, kind, side, "CNY"),
        *(internal, stated, bank, wanted),
        entries=tuple(entries),
        lines=tuple(lines),
        rates={"CNY": Decimal(1), "USD": Decimal(7)},
        late_days=late,
        fee_base_minor=base,
    )

    found = explain(difference)

    assert found.explained_minor in (0, wanted)
    for causes in (found.causes, *found.others):
        assert not causes or sum(cause.amount_minor for cause in causes) == wanted
        for cause in causes:
            assert cause.label in LABELS_BY_KEY and cause.evidence
            assert all(code in EVIDENCE for code, _ in cause.evidence)
    assert found == explain(difference)
    assert found.ambiguous <= bool(found.others)


def test_no_two_labels_share_a_key_or_a_name() -> None:
    for names in ([each.key for each in LABELS], [each.name_zh for each in LABELS], [each.name_en for each in LABELS]):
        assert len(set(names)) == len(names) == 9


@pytest.mark.parametrize("code", EVIDENCE)
def test_evidence_has_the_same_figures_in_both_languages(code: str) -> None:
    chinese, english = EVIDENCE[code]

    assert sorted(part.split("}")[0] for part in chinese.split("{")[1:]) == sorted(part.split("}")[0] for part in english.split("{")[1:])


def test_another_rate_is_told_from_a_fee_that_nobody_expects() -> None:
    # 8 % instead of 5 %, against 5 % and a fee of 300 of its own
    assert explain(fee(-500, -800)).label == "commission_rate"
    found = explain(fee(-500, -800, -500, -300))

    assert (found.label, found.ambiguous) == ("fee_not_booked", False)


def test_a_commission_taken_twice_is_booked_twice_and_not_at_twice_the_rate() -> None:
    found = explain(replace(fee(-500, -1_000, -500, -500), entries=(Entry("commission", "commission", -500, "CNY"),)))

    assert (found.label, found.ambiguous) == ("booked_twice", False)


def test_a_share_at_no_rate_that_anybody_agrees_on_is_still_the_best_guess_alone() -> None:
    found = explain(fee(-500, -777))

    assert (found.label, found.causes[0].worth) == ("commission_rate", 1)


@pytest.mark.parametrize(
    ("type_", "minor", "label"),
    [
        ("logistics_compensation", 90, "compensation_late"),
        ("price_protection", -1_500, ""),
        ("compensation", -3_000, ""),
        ("adjustment", -7, ""),
    ],
)
def test_only_what_a_carrier_pays_is_compensation_booked_late(type_: str, minor: int, label: str) -> None:
    line = Line("1", type_, minor, "CNY")
    found = explain(Difference("compensation", "missing", "", "internal", "CNY", 0, minor, 0, -minor, lines=(line,)))

    assert found.label == label


def test_two_labels_add_up_and_lateness_stands_beside_them() -> None:
    entries = (Entry("subsidy", "receipt", 700, "CNY", "platform"), Entry("freight", "receipt", 800, "CNY"))
    found = explain(receipt(10_000, 8_500, entries=entries, late_days=9))

    assert {(cause.label, cause.amount_minor) for cause in found.causes} == {
        ("discount_not_booked", 700),
        ("freight_subsidy", 800),
        ("cut_off", 0),
    }
    assert (found.explained_minor, found.ambiguous) == (1_500, False)


def test_equal_sums_of_different_labels_are_ambiguous_and_explain_nothing_until_somebody_decides() -> None:
    entries = (Entry("subsidy", "receipt", 700, "CNY", "platform"), Entry("freight", "receipt", 700, "CNY"))
    found = explain(receipt(10_000, 9_300, entries=entries))

    assert found.ambiguous and found.explained_minor == 0
    assert {found.label, *(option[0].label for option in found.others)} == {"discount_not_booked", "freight_subsidy"}


def test_what_nothing_explains_is_not_recognised() -> None:
    found = explain(receipt(10_000, 9_999))

    assert (found.label, found.causes, found.explained_minor) == ("", (), 0)


@given(parts=st.lists(st.builds(Part, st.sampled_from(sorted(BOOKED)), MINOR, fine=st.booleans()), max_size=4), payout=st.booleans())
def test_every_suggested_entry_is_balanced(parts: list[Part], payout: bool) -> None:
    lines = entry_for(parts, currency="CNY", match_type="payout" if payout else "receipt")

    assert sum(line.amount_minor for line in lines if line.side == "debit") == sum(
        line.amount_minor for line in lines if line.side == "credit"
    )
    assert all(line.amount_minor > 0 for line in lines)
    assert {line.role for line in lines} <= {role.key for role in ROLES}


def test_every_label_is_booked_and_every_role_has_exactly_one_shipped_account() -> None:
    assert set(BOOKED) == {"", *LABELS_BY_KEY}
    assert sorted(account.role for account in ACCOUNTS if account.role) == sorted(role.key for role in ROLES)
    assert len({account.code for account in ACCOUNTS}) == len(ACCOUNTS)
