"""Is nothing lost and nothing doubled, whatever orders, statements and banks say, and in whatever steps they say it?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from data.connectors.registry import money_sources
from data.measures import RECON_MEASURES
from data.reads import ReconAsked, recon_proof
from data.tables import recon_results
from models.reconciliation.classes import BASES, CLASSES, keys
from models.reconciliation.labels import Line
from models.reconciliation.types import TYPES
from models.scope import EVERYTHING
from tests.given_money import AS_OF, PAID, booked, line, matched, rows, sold, store
from tests.given_readings import bank_again, orders_again, statements_again
from tests.laws import tries

NUMBERS = [str(n) for n in range(4)]
CURRENCIES = ["CNY", "JPY", "KWD"]
SHOPS = ["tm", "jd", "us"]
# few values, so that equal amounts, doubles and sums of one another come often; and one near the end of what is believed
MINOR = st.sampled_from([0, 1, 2, 3, 100, 300, 400, 10**14])
SIGNED = st.builds(lambda minor, sign: minor * sign, MINOR, st.sampled_from([1, -1]))
KEPT = ("money_entries", "recon_day", "entry_dues", "recon_results")
MONEY = {each.source: (each.money, each.preference) for each in money_sources()}
OWN = [column.name for column in recon_results.columns if column.name not in ("run_id", "explained_minor", "kind")]


@st.composite
def some_orders(draw: st.DrawFn, shops: Sequence[str] = SHOPS, currencies: Sequence[str] = CURRENCIES) -> dict[str, Any]:
    back = draw(st.one_of(st.none(), st.integers(1, 12)))
    given_back: dict[str, Any] = (
        {} if back is None else {"refunded_from": PAID + timedelta(days=back), "refunded_to": PAID + timedelta(days=back)}
    )
    amounts: dict[str, Any] = {
        name: draw(st.one_of(st.none(), MINOR)) for name in ("total_minor", "freight_minor", "discount_minor", "refunded_minor")
    }
    return sold(
        draw(st.sampled_from(shops)),
        draw(st.sampled_from(NUMBERS)),
        draw(MINOR),
        completed=draw(st.one_of(st.none(), st.integers(0, 25))),
        currency=draw(st.sampled_from(currencies)),
        order_name=draw(st.sampled_from([None, None, "#1", "#2"])),
        **amounts,
        **given_back,
    )


@st.composite
def some_lines(draw: st.DrawFn, shops: Sequence[str] = SHOPS, currencies: Sequence[str] = CURRENCIES) -> dict[str, Any]:
    return line(
        draw(st.sampled_from(shops)),
        draw(st.sampled_from([*NUMBERS, "#1", "flow:1", "flow:2"])),
        draw(st.sampled_from([*(each.key for each in TYPES), "receipt", "receipt", "refund", "commission", "withdrawal"])),
        draw(SIGNED),
        key=draw(st.sampled_from("abc")),
        days=draw(st.integers(0, 30)),
        currency=draw(st.sampled_from(currencies)),
        alternates=draw(st.lists(st.sampled_from([*NUMBERS, "T1", "T2"]), max_size=3)),
        payout_ref=draw(st.sampled_from([None, None, "PO-000001", "PO-000002"])),
        pending=draw(st.sampled_from([False, False, True])),
        fee_minor=draw(st.one_of(st.none(), MINOR)),
    )


@st.composite
def some_bank_lines(draw: st.DrawFn) -> dict[str, Any]:
    return booked(
        draw(st.sampled_from("abcdef")),
        draw(SIGNED),
        on=date(2026, 11, 1) + timedelta(days=draw(st.integers(0, 30))),
        currency=draw(st.sampled_from(CURRENCIES)),
        reference=draw(st.sampled_from([None, None, "PO-000001", "x PO-000001 PO-000002"])),
        shop_id=draw(st.sampled_from([None, None, "tm"])),
    )


def once(found: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Keep the first row of each key."""
    return list({tuple(row[name] for name in names): row for row in reversed(found)}.values())


def emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        names = "orders, settlement_lines, bank_lines, recon_touched, recon_links, recon_bank_links, recon_proofs, recon_runs, file_runs"
        more = "recon_differences, recon_labels, recon_history, work_orders, journal_suggestions, journal_lines, order_changes, recon_days"
        connection.exec_driver_sql(f"TRUNCATE {names}, {more}, {', '.join(KEPT)}")


def as_it_stands(engine: Engine) -> Mapping[str, Counter[str]]:
    """Return what has been worked out, without the runs that did.

    Payouts are left out: one that was found at the bank is not torn away from it again because a better one has come.
    """
    asked = {
        "money_entries": "SELECT * FROM money_entries",
        "entry_dues": "SELECT * FROM entry_dues",
        "recon_day": "SELECT * FROM recon_day WHERE type <> 'payout'",
        "recon_results": f"SELECT {', '.join(OWN)} FROM recon_results WHERE type <> 'payout'",
        "labels": """SELECT shop_id, order_no, type, currency, label, ambiguous, explained_minor FROM recon_differences
            WHERE state = 'open' AND type <> 'payout'""",
    }
    return {name: Counter(str(tuple(row)) for row in rows(engine, question)) for name, question in asked.items()}


def proven(engine: Engine) -> None:
    """See every law of conservation kept, by sums made here and not by the engine."""
    member_by_member(engine)
    every = rows(engine, "SELECT * FROM recon_results")
    entries, lines = (rows(engine, f"SELECT * FROM {name}") for name in ("money_entries", "settlement_lines"))
    bank = rows(engine, "SELECT * FROM bank_lines")
    orders, payouts = ([row for row in every if (row.type == "payout") == side] for side in (False, True))
    withdrawn = [row for row in lines if row.type == "withdrawal" and not row.pending]
    told = [row for row in lines if row.type != "withdrawal"]
    assert sum(row.entries for row in every) == len(entries)
    assert sum(row.lines for row in orders) == len(told)
    assert sum(row.lines for row in payouts) == len(withdrawn)
    assert sum(row.bank_lines for row in every) == len(bank)
    for currency in CURRENCIES:
        mine = [row for row in orders if row.currency == currency]
        assert sum(row.internal_minor for row in mine) == sum(row.amount_minor for row in entries if row.currency == currency)
        stated = sum(row.amount_minor for row in told if row.currency == currency)
        assert sum(row.stated_minor + row.waiting_minor for row in mine) == stated
        assert sum(row.stated_minor for row in payouts if row.currency == currency) == paid_out(lines, currency)
        assert sum(row.bank_minor for row in payouts if row.currency == currency) == sum(
            row.amount_minor for row in bank if row.currency == currency
        )
    for basis in keys(BASES):
        stored = rows(engine, f"SELECT * FROM recon_day WHERE basis = '{basis}'")
        assert {row._mapping["class"] for row in stored} <= set(keys(CLASSES))
        assert sum(row.results for row in stored) == len(every)
        for name in RECON_MEASURES:
            if name in ("internal_minor", "stated_minor", "difference_minor", "explained_minor", "bank_minor"):
                assert sum(getattr(row, name) for row in stored) == sum(getattr(row, name) for row in every)


def paid_out(lines: list[Any], currency: str) -> int:
    """Return what left the platforms: withdrawals, and batches that no withdrawal stands for, each as its best source tells it."""
    of: dict[tuple[str, str], list[Any]] = {}
    for row in lines:
        if not row.pending and (row.payout_ref is not None or row.type == "withdrawal"):
            of.setdefault((row.shop_id, row.payout_ref or row.order_no), []).append(row)
    total = 0
    for batch in of.values():
        withdrawn = [row for row in batch if row.type == "withdrawal"]
        if withdrawn:
            total -= sum(row.amount_minor for row in withdrawn if row.currency == currency)
            continue
        told = [(*MONEY.get(row.source, (row.source, 1)), row) for row in batch]
        best = {money: min(preference for of_money, preference, _ in told if of_money == money) for money, *_ in told}
        total += sum(row.amount_minor for money, preference, row in told if row.currency == currency and preference == best[money])
    return total


@hypothesis_settings(
    max_examples=tries(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    orders=st.lists(some_orders(), max_size=6),
    lines=st.lists(some_lines(), max_size=12),
    bank=st.lists(some_bank_lines(), max_size=5),
    data=st.data(),
)
def test_every_row_is_in_one_match_and_every_minor_unit_is_accounted_for_in_any_steps(
    orders: list[dict[str, Any]], lines: list[dict[str, Any]], bank: list[dict[str, Any]], data: st.DataObject, engine: Engine
) -> None:
    emptied(engine)
    batches: list[dict[str, list[dict[str, Any]]]] = [{"orders": [], "lines": [], "bank": []} for _ in range(3)]
    for name, found in (
        ("orders", once(orders, "shop_id", "order_no")),
        ("lines", once(lines, "shop_id", "order_no", "source", "line_key")),
        ("bank", once(bank, "line_key")),
    ):
        for row in found:
            batches[data.draw(st.integers(0, 2))][name].append(row)

    for day, batch in enumerate(batches):
        as_of = AS_OF - timedelta(days=4 * (2 - day))
        stamped = {"orders": "changed_at", "lines": "ingested_at", "bank": "ingested_at"}
        rows_of = {name: [row | {stamped[name]: as_of} for row in found] for name, found in batch.items()}
        store(engine, orders=rows_of["orders"], lines=rows_of["lines"], bank=rows_of["bank"])
        matched(engine, as_of=as_of)
        proven(engine)
    by_steps = as_it_stands(engine)

    matched(engine, anew=True)

    proven(engine)
    assert as_it_stands(engine) == by_steps


# Three statements of one money, the better ones first, and one of another.
SOURCES = ["jd_settlement.v1", "jd_settlement.v2", "jd_settlement.v3_fees", "tmall.statement"]
# few, so that most of what is drawn is of one shop and meets
FEW_SHOPS, FEW_CURRENCIES = ["jd", "jd", "jd", "us"], ["CNY", "CNY", "CNY", "JPY", "KWD"]


@st.composite
def told_again(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a line whose key is so short that a later one often is the same line with another type, amount, day or batch."""
    row = draw(some_lines(FEW_SHOPS, FEW_CURRENCIES))
    return row | {"source": draw(st.sampled_from(SOURCES)), "line_key": draw(st.sampled_from("ab"))}


@st.composite
def some_changes(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw what comes between two runs: orders, lines and bank lines, new or otherwise than before, and which of them are gone."""
    gone = st.sets(st.integers(0, 20), max_size=4)
    return (
        once(draw(st.lists(some_orders(FEW_SHOPS, FEW_CURRENCIES), max_size=3)), "shop_id", "order_no"),
        draw(st.lists(told_again(), max_size=6)),
        draw(gone),
        draw(st.lists(some_bank_lines(), max_size=3)),
        draw(gone),
    )


class Files:
    """What the files of the statements and of the bank say, reading after reading."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.readings = engine, 0
        self.lines: dict[tuple[str, ...], dict[str, Any]] = {}
        self.bank: dict[str, dict[str, Any]] = {}

    def read(self, changes: tuple[Any, ...], *, as_of: datetime) -> None:
        """Take a lot of changes in."""
        orders, lines, gone, bank, left = changes
        self.readings += 1
        told = {source for source, *_ in self.lines}
        self.lines = {key: row for place, (key, row) in enumerate(self.lines.items()) if place not in gone}
        self.lines |= {(row["source"], row["shop_id"], row["order_no"], row["line_key"]): row for row in lines}
        self.bank = {key: row for place, (key, row) in enumerate(self.bank.items()) if place not in left}
        self.bank |= {row["line_key"]: row for row in bank}
        orders_again(self.engine, orders, as_of=as_of)
        for source in sorted(told | {source for source, *_ in self.lines}):
            rows_of = [row for (of, *_), row in self.lines.items() if of == source]
            statements_again(self.engine, source, rows_of, reading=self.readings, as_of=as_of)
        bank_again(self.engine, list(self.bank.values()), reading=self.readings, as_of=as_of)


Key = tuple[str, str, str, str]


def key_of(row: Any, type_: str, links: Mapping[tuple[str, str, str], tuple[str, str]]) -> Key:
    """Return the key of the match that a row belongs in."""
    return (*links.get((row.shop_id, row.order_no, type_), (row.shop_id, row.order_no)), type_, row.currency)


def counting(engine: Engine, links: Mapping[tuple[str, str, str], tuple[str, str]]) -> list[tuple[Key, Any, bool]]:
    """Return the lines that are no withdrawals with the match of each, and whether it counts there.

    One that is settled counts unless a better source tells of its day, and of the same money of its match on any day.
    """
    every = rows(engine, "SELECT *, CAST(occurred_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day FROM settlement_lines")
    of_day: dict[tuple[Any, ...], int] = {}
    of_match: dict[tuple[Any, ...], int] = {}
    told = []
    for row in every:
        money, preference = MONEY.get(row.source, (row.source, 1))
        at = row.shop_id, money, row.day
        of_day[at] = min(preference, of_day.get(at, preference))
        if row.type != "withdrawal":
            key = key_of(row, Line("", row.type, row.amount_minor, row.currency).face, links)
            told.append((key, row, money, preference))
            if not row.pending:
                of_match[key, money] = min(preference, of_match.get((key, money), preference))
    return [
        (key, row, not row.pending and preference <= max(of_day[row.shop_id, money, row.day], of_match[key, money]))
        for key, row, money, preference in told
    ]


def member_by_member(engine: Engine) -> None:
    """See every entry and line in the match of its own key, each match being what its rows come to, and each day what its matches do."""
    links = {(r.shop_id, r.order_no, r.type): (r.target_shop_id, r.target_order_no) for r in rows(engine, "SELECT * FROM recon_links")}
    wanted: dict[Key, list[int]] = {}

    def add(key: Key, *figures: int) -> None:
        wanted[key] = [a + b for a, b in zip(wanted.get(key, [0] * 5), figures, strict=True)]

    for row in rows(engine, "SELECT * FROM money_entries"):
        add(key_of(row, row.match_type, links), 1, row.amount_minor, 0, 0, 0)
    for key, row, counts in counting(engine, links):
        add(key, 0, 0, 1, *((row.amount_minor, 0) if counts else (0, row.amount_minor)))
    every = rows(engine, "SELECT * FROM recon_results")
    assert wanted == {
        (r.shop_id, r.order_no, r.type, r.currency): [r.entries, r.internal_minor, r.lines, r.stated_minor, r.waiting_minor]
        for r in every
        if r.type != "payout"
    }
    for basis in keys(BASES):
        sums: Counter[tuple[Any, ...]] = Counter()
        for r in every:
            ours, theirs = (r.stated_minor, r.bank_minor) if r.type == "payout" else (r.internal_minor, r.stated_minor)
            unexplained = r.difference_minor - r.explained_minor
            assert 0 in (r.explained_minor, unexplained)
            sums[r.currency, r.channel, getattr(r, f"{basis}_day")] += ours - theirs - r.explained_minor - unexplained
        assert not any(sums.values())
        asked = """SELECT currency, channel, {day} AS day, type, class, sum(difference_minor), sum(explained_minor) FROM {of}
            GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
        by_day = rows(engine, asked.format(day="day", of=f"(SELECT * FROM recon_day WHERE basis = '{basis}') AS of_basis"))
        assert by_day == rows(engine, asked.format(day=f"{basis}_day", of="recon_results"))
        proofs = recon_proof(engine, scope=EVERYTHING, asked=ReconAsked(date(2026, 1, 1), date(2027, 12, 31), basis))
        assert all(row.holds and row.relabelled_minor == 0 for row in proofs)
        stored = Counter[str]()
        for row in proofs:
            stored[row.currency] += row.unexplained_minor
        assert dict(stored) == {
            currency: sum(r.difference_minor - r.explained_minor for r in every if r.currency == currency)
            for currency in {r.currency for r in every}
        }


def forgotten(engine: Engine) -> None:
    """Forget all that was ever worked out, and no row that it was worked out from."""
    derived = "recon_touched, recon_links, recon_bank_links, recon_proofs, recon_runs, recon_differences, recon_labels, recon_history"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {derived}, work_orders, journal_suggestions, journal_lines, recon_days, {', '.join(KEPT)}")


@hypothesis_settings(
    max_examples=tries(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(some_changes(), min_size=2, max_size=4))
def test_changes_in_any_steps_end_as_if_the_last_state_had_come_at_once(steps: list[tuple[Any, ...]], engine: Engine) -> None:
    emptied(engine)
    files = Files(engine)

    for number, changes in enumerate(steps):
        as_of = AS_OF + timedelta(days=2 * number)
        files.read(changes, as_of=as_of)
        done = matched(engine, as_of=as_of)
        assert done.anew == (number == 0)
        proven(engine)
    by_steps = as_it_stands(engine)
    again = matched(engine, as_of=as_of)
    assert (again.moved, again.opened, again.changed, again.cleared) == (0, 0, 0, 0)
    assert as_it_stands(engine) == by_steps

    forgotten(engine)
    matched(engine, as_of=as_of)

    assert as_it_stands(engine) == by_steps
