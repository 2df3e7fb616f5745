"""Do the reads of a reconciliation say what its results are, whoever asks, by either basis and in any money?"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from sqlalchemy import Engine, text

from data import reads
from data.acting import WrongInput
from data.reads import ReconAsked, ReconWanted
from data.reconciliation_actions import reopen_difference, resolve_difference
from models.people import Person
from models.reconciliation.classes import ELSEWHERE
from models.scope import EVERYTHING, Scope
from tests.given_money import AS_OF, PAID, booked, line, matched, sold, store
from tests.given_pages import MakeEngine
from tests.given_reconciliation import differences, reconciled_shop

NOW = datetime.now(UTC).replace(microsecond=0)
FIRST, LAST = NOW.date() - timedelta(days=40), NOW.date() + timedelta(days=2)
OURS = Scope(shops=("us",))
RATE = Decimal("7.1")
ASKED = [
    ReconAsked(FIRST, LAST, "completed"),
    ReconAsked(FIRST, LAST, "settled"),
    ReconAsked(FIRST, LAST, "settled", "USD"),
    ReconAsked(FIRST, LAST, "completed", "CNY", ("tmall",)),
    ReconAsked(NOW.date() - timedelta(days=14), NOW.date() - timedelta(days=13), "completed"),
]


@pytest.fixture(scope="module")
def shop(make_engine: MakeEngine) -> Engine:
    engine = make_engine()
    reconciled_shop(engine, as_of=NOW)
    return engine


def results(engine: Engine, asked: ReconAsked, *, scope: Scope = EVERYTHING) -> list[dict[str, object]]:
    """Return the results of a question as they are stored."""
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(text("SELECT * FROM recon_results"))]
    return [
        row
        for row in rows
        if asked.first <= row[f"{asked.basis}_day"] <= asked.last
        and asked.currency in (None, row["currency"])
        and (not asked.channels or row["channel"] in asked.channels)
        and scope.holds(shop_id=row["shop_id"], channel=row["channel"], warehouse_code=None)
    ]


def converted(minor: int, currency: object, asked: ReconAsked) -> int:
    """Return minor units of what is asked for, rounded half away from zero."""
    factor = RATE if currency == "USD" and asked.currency is None else Decimal(1)
    return int((Decimal(minor) * factor).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("scope", [EVERYTHING, OURS], ids=["everything", "one shop"])
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_classes_count_every_result_once(asked: ReconAsked, scope: Scope, shop: Engine) -> None:
    found = reads.recon_summary(shop, scope=scope, asked=asked)

    assert found is not None
    counts = Counter(str(row["class"]) for row in results(shop, asked, scope=scope) if row["kind"] != ELSEWHERE)
    assert {key: each.count for key, each in found.classes.items() if each.count} == dict(counts)


@pytest.mark.parametrize("asked", ASKED[1:4], ids=str)
def test_settled_and_unexplained_are_the_sums_of_the_results_themselves(asked: ReconAsked, shop: Engine) -> None:
    found = reads.recon_summary(shop, scope=EVERYTHING, asked=asked)

    assert found is not None
    rows = results(shop, asked)
    stated = sum(converted(int(str(row["stated_minor"])), row["currency"], asked) for row in rows if row["type"] != "payout")
    # sums of one currency and day are converted at once, so that at most half a unit a cell is rounded
    assert abs(dict(found.steps)["settled"] - stated) <= len(rows)
    unexplained = [int(str(row["difference_minor"])) - int(str(row["explained_minor"])) for row in rows]
    each = [abs(converted(minor, row["currency"], asked)) for minor, row in zip(unexplained, rows, strict=True)]
    assert (found.unexplained.count, found.unexplained.amount_minor) == (sum(minor != 0 for minor in each), sum(each))


def test_one_currency_is_shown_in_itself_and_all_are_converted_at_the_rate_of_their_day(shop: Engine) -> None:
    dollars, everything, yuan = (
        reads.recon_summary(shop, scope=EVERYTHING, asked=ReconAsked(FIRST, LAST, "settled", currency)) for currency in ("USD", None, "CNY")
    )

    assert dollars is not None and everything is not None and yuan is not None
    settled = [dict(found.steps)["settled"] for found in (dollars, yuan, everything)]
    assert settled[0] == 18_600
    assert settled[2] == settled[1] + settled[0] * RATE


def test_what_the_bank_pays_for_other_ends_moves_no_figure(make_engine: MakeEngine) -> None:
    engine = make_engine()
    day = AS_OF.date() - timedelta(days=9)
    store(engine, lines=[line("tm", "flow:1", "withdrawal", -150_000, days=9)], bank=[booked("1", 150_000, on=day)])
    matched(engine)
    asked = ReconAsked(day - timedelta(days=30), day + timedelta(days=30), "settled")
    before = reads.recon_summary(engine, scope=EVERYTHING, asked=asked)

    store(engine, bank=[booked("rent", -9_000, on=day)])
    matched(engine, as_of=AS_OF + timedelta(days=1))
    after = reads.recon_summary(engine, scope=EVERYTHING, asked=asked)

    assert before is not None and after is not None
    assert dict(before.steps)["bank"] == 150_000
    assert (after.steps, after.classes) == (before.steps, before.classes)


def test_what_agrees_by_now_is_neither_unexplained_nor_to_be_booked(make_engine: MakeEngine) -> None:
    engine = make_engine()
    sales = [sold("dy", no, 5_000, freight_minor=5_000) for no in ("late", "resolved", "short", "void")]
    store(engine, orders=sales, lines=[line("dy", no, "receipt", 4_321) for no in ("short", "void", "resolved")])
    matched(engine)
    person = Person("fin", "F", "finance")
    for no, reason in (("resolved", "accepted"), ("void", "ignored")):
        [row] = [each for each in differences(engine) if each.order_no == no]
        resolve_difference(engine, person=person, difference_id=row.difference_id, seen=1, reason=reason, as_of=AS_OF)
    asked = ReconAsked(PAID.date(), AS_OF.date() + timedelta(days=30), "completed")
    before = reads.recon_summary(engine, scope=EVERYTHING, asked=asked)
    booked_before = {row.order_no for row in reads.recon_journal(engine, scope=EVERYTHING, asked=asked)}

    store(engine, lines=[line("dy", "late", "receipt", 5_000), line("dy", "resolved", "receipt", 679, key="2")])
    matched(engine, as_of=AS_OF + timedelta(days=1))
    after = reads.recon_summary(engine, scope=EVERYTHING, asked=asked)

    assert before is not None and after is not None
    assert (before.unexplained.count, booked_before) == (4, {"late", "resolved", "short"})
    assert (after.unexplained.count, after.unexplained.amount_minor) == (2, 2 * 679)
    assert {row.order_no for row in reads.recon_journal(engine, scope=EVERYTHING, asked=asked)} == {"short"}
    [agrees] = [each for each in differences(engine) if each.order_no == "resolved"]
    given = {"person": person, "difference_id": agrees.difference_id, "seen": agrees.version, "as_of": AS_OF}
    with pytest.raises(WrongInput, match="agree now"):
        reopen_difference(engine, **given)


def test_what_has_no_rate_is_counted_and_never_summed(make_engine: MakeEngine) -> None:
    engine = make_engine()
    reconciled_shop(engine, as_of=NOW)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM fx_rates"))
    asked = ReconAsked(FIRST, LAST, "settled")

    found = reads.recon_summary(engine, scope=EVERYTHING, asked=asked)
    yuan = reads.recon_summary(engine, scope=EVERYTHING, asked=ReconAsked(FIRST, LAST, "settled", "CNY"))

    assert found is not None and yuan is not None
    rows = [row for row in results(engine, asked) if row["currency"] == "USD"]
    assert found.unrated == sum(int(str(row[name])) for row in rows for name in ("entries", "lines", "bank_lines")) > 0
    assert found.steps == yuan.steps


@pytest.mark.parametrize("order", ["amount", "age"])
def test_page_after_page_shows_every_difference_once_in_order(order: str, shop: Engine) -> None:
    wanted, asked = ReconWanted(as_of=NOW, order=order), ReconAsked(FIRST, LAST, "settled")

    rows, after = [], None
    while page := reads.recon_differences(shop, scope=EVERYTHING, asked=asked, wanted=wanted, after=after, limit=3):
        rows += page
        after = page[-1].cursor

    assert sorted(row.difference_id for row in rows) == [row.difference_id for row in differences(shop)]
    assert [row.sort for row in rows] == sorted((row.sort for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"labels": ("commission_rate",)}, {"RATE"}),
        ({"classes": ("missing",), "types": ("refund",)}, {"REFUND"}),
        ({"kinds": ("duplicate",)}, {"TWICE"}),
        ({"search": "REF"}, {"REFUND"}),
        ({"search": "%"}, set()),
        ({"least_minor": 40_000}, {"LOST", "REFUND", "TWICE"}),
        ({"older_days": 1}, set()),
        ({"state": "resolved"}, set()),
        ({"labels": ("",), "types": ("unclassified",)}, {"flow:77"}),
    ],
    ids=lambda given: str(given) if isinstance(given, dict) else "",
)
def test_the_queue_is_narrowed(wanted: dict[str, object], numbers: set[str], shop: Engine) -> None:
    given = ReconWanted(as_of=NOW, **wanted)  # type: ignore[arg-type]

    rows = reads.recon_differences(shop, scope=EVERYTHING, asked=ReconAsked(FIRST, LAST, "settled"), wanted=given)

    assert {row.order_no for row in rows} == numbers


def test_groups_are_the_differences_counted(shop: Engine) -> None:
    asked = ReconAsked(FIRST, LAST, "settled")

    groups = reads.recon_groups(shop, scope=EVERYTHING, asked=asked, as_of=NOW + timedelta(days=40))

    rows = differences(shop)
    assert sum(group.count for group in groups) == len(rows)
    assert {group.label: group.count for group in groups if group.channel == "tmall"} == Counter(
        row.label for row in rows if row.channel == "tmall"
    )
    assert sum(group.overdue for group in groups) == len(rows)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_proof_holds_and_counts_every_source_row(asked: ReconAsked, shop: Engine) -> None:
    rows = reads.recon_proof(shop, scope=EVERYTHING, asked=asked)

    assert rows and all(row.holds and row.relabelled_minor == 0 for row in rows)
    found = results(shop, asked)
    for name in ("entries", "lines", "bank_lines"):
        assert sum(getattr(row.stored, name) for row in rows) == sum(int(str(row[name])) for row in found)


def test_a_difference_shows_its_rows_its_evidence_and_a_balanced_entry(shop: Engine) -> None:
    [row] = differences(shop, order_no="RATE")

    detail = reads.recon_difference(shop, scope=EVERYTHING, difference_id=row.difference_id)

    assert detail is not None
    assert [(each.type, each.amount_minor) for each in detail.entries] == [("commission", -1_500)]
    assert [(each.type, each.amount_minor, each.row_number, each.file_name) for each in detail.lines] == [
        ("commission", -2_400, 43, "天猫账单.csv")
    ]
    assert detail.bank == ()
    [part] = detail.explanations
    assert (part.label, part.amount_minor, part.evidence[0][0]) == ("commission_rate", 900, "rate")
    assert {(each.side, each.account_code, each.amount_minor) for each in detail.journal} == {
        ("debit", "6601", 900),
        ("credit", "1122", 900),
    }
    assert [deed.action for deed in detail.history] == ["opened"]


def test_a_payout_shows_what_left_the_platform_beside_what_the_bank_booked(shop: Engine) -> None:
    [row] = differences(shop, order_no="payout:W2")

    detail = reads.recon_difference(shop, scope=EVERYTHING, difference_id=row.difference_id)

    assert detail is not None
    assert [(each.type, each.amount_minor, each.payout_ref) for each in detail.lines] == [("withdrawal", -90_000, "W2")]
    assert [(each.amount_minor, each.reference, each.via) for each in detail.bank] == [(89_990, "W2", "less_fee")]


def test_nobody_sees_the_money_of_shops_outside_their_scope(shop: Engine) -> None:
    asked, wanted = ReconAsked(FIRST, LAST, "settled"), ReconWanted(as_of=NOW, state="all")
    others = [row.difference_id for row in differences(shop) if row.shop_id != "us"]

    assert {row.shop_id for row in reads.recon_differences(shop, scope=OURS, asked=asked, wanted=wanted)} == {"us"}
    assert {row.channel for row in reads.recon_proof(shop, scope=OURS, asked=asked)} == {"shopify"}
    assert {group.channel for group in reads.recon_groups(shop, scope=OURS, asked=asked, as_of=NOW)} == {"shopify"}
    assert {row.shop_id for row in reads.recon_journal(shop, scope=OURS, asked=asked)} == {"us"}
    assert {row.source for row in reads.recon_statements(shop, scope=OURS, asked=asked, zone="Asia/Shanghai")} == {"stripe.balance"}
    assert reads.recon_currencies(shop, scope=OURS) == ["USD"]
    assert others and all(reads.recon_difference(shop, scope=OURS, difference_id=number) is None for number in others)
    assert reads.recon_colleagues(shop, scope=OURS, difference_ids=tuple(others)) == []
    assert all((run.moved, run.error) == (None, None) for run in reads.recon_runs(shop, scope=OURS, limit=9))


def test_the_proof_of_a_channel_that_no_shop_has_any_more_is_not_shown_to_people_of_other_shops(shop: Engine) -> None:
    asked = ReconAsked(FIRST, LAST, "settled")
    with shop.begin() as connection:
        before = {row.shop_id: row.channel for row in connection.execute(text("SELECT shop_id, channel FROM shops"))}
        connection.execute(text("UPDATE shops SET channel = 'elsewhere' WHERE shop_id <> 'us'"))
    try:
        seen = {row.channel for row in reads.recon_proof(shop, scope=OURS, asked=asked)}
    finally:
        with shop.begin() as connection:
            for shop_id, channel in before.items():
                connection.execute(text("UPDATE shops SET channel = :channel WHERE shop_id = :id"), {"channel": channel, "id": shop_id})

    assert seen == {"shopify"}
    assert len({row.channel for row in reads.recon_proof(shop, scope=EVERYTHING, asked=asked)}) > 1


@pytest.mark.parametrize("scope", [Scope(shops=()), Scope(channels=()), Scope(warehouses=("CN-HZ",))], ids=str)
def test_people_of_no_shop_and_of_some_warehouses_see_nothing(scope: Scope, shop: Engine) -> None:
    asked = ReconAsked(FIRST, LAST, "settled")

    assert reads.recon_summary(shop, scope=scope, asked=asked) is None
    assert reads.recon_runs(shop, scope=scope, limit=9) == []
    assert reads.recon_statements(shop, scope=scope, asked=asked, zone="Asia/Shanghai") == []
    assert reads.recon_differences(shop, scope=scope, asked=asked, wanted=ReconWanted(as_of=NOW, state="all")) == []


def test_the_days_before_are_as_many_and_end_the_day_before() -> None:
    asked = ReconAsked(date(2026, 11, 10), date(2026, 11, 16), "settled", "CNY", ("jd",))

    assert asked.before == ReconAsked(date(2026, 11, 3), date(2026, 11, 9), "settled", "CNY", ("jd",))
    with pytest.raises(ValueError, match="basis"):
        ReconAsked(date(2026, 11, 1), date(2026, 11, 1), "paid")
