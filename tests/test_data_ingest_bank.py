"""A bank's message in, booked lines out: whole or not at all, whichever kind of message brings them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from mt940.models import Transactions
from sqlalchemy import Engine, text

from data.connectors.readers import UnreadableFile, camt, mt940, open_entries
from data.connectors.readers.bank_file import BankFile
from data.ingest import preview_path
from data.settings import Settings
from tests.statement_examples import CAMT, MT940, STATEMENT_EXAMPLES, camt_details, camt_entry
from tests.statement_files import NOW, give_shops, rows, state, take, write
from tests.statement_rows import ICBC_V2, icbc_row, table

CLOSING = ":62F:C270102EUR131,50"
BOOKED = """
    SELECT line_key, booked_on, value_on, amount_minor, balance_minor, reference, counterparty, remark FROM bank_lines
    ORDER BY balance_minor
"""
PROOF = "SELECT opening_minor, closing_minor, computed_closing_minor, balance_proven FROM statements ORDER BY statement_no"


def camt_text(entries: str, *, closing: str, version: str = "02", message: str = "BkToCstmrStmt", inner: str = "Stmt") -> str:
    text = CAMT.format(version=version, closing=closing, entries=entries)
    return text.replace("BkToCstmrStmt", message).replace("Stmt>", f"{inner}>").replace(f"BkToCstmr{inner}", message)


def read(folder: Path, text: str, reader: Callable[..., BankFile]) -> BankFile:
    return reader(open_entries(write(folder / "bank.dat", text))[0])


# ---------------------------------------------------------------- camt


@pytest.mark.parametrize(
    ("version", "status"),
    [(f"{number:02d}", "<Sts>BOOK</Sts>" if number < 8 else "<Sts><Cd>BOOK</Cd></Sts>") for number in range(2, 9)],
    ids=[f"version {number}" for number in range(2, 9)],
)
def test_every_version_of_camt_053_says_the_same(engine: Engine, tmp_path: Path, version: str, status: str) -> None:
    entries = camt_entry("50.00", "CRDT", reference="R1", status=status, details=camt_details("50.00", end_to_end="E2E-10077"))
    entries += camt_entry("8.50", "DBIT", status=status, details=camt_details("8.50", name="Jan Novak"))

    report = take(engine, write(tmp_path / "a.xml", camt_text(entries, closing="141.50", version=version)), home=tmp_path)

    assert (report.status, report.kind, report.rows, report.accepted, report.lines) == ("ingested", "bank", 2, 2, 2)
    second, first = rows(engine, BOOKED)
    assert first[0] == "R1|2026-11-02|50"
    assert first[1:] == (date(2026, 11, 2), date(2026, 11, 3), 50_00, 150_00, "E2E-10077", "Acme Trading B.V.", "PO-20261101-77 E2E-10077")
    assert second[3:7] == (-8_50, 141_50, None, None)  # a person's name is not kept
    assert rows(engine, PROOF) == [(100_00, 141_50, 141_50, True)]
    assert rows(engine, "SELECT DISTINCT account FROM bank_lines") == [("NL00BANK0123456789",)]


@pytest.mark.parametrize(
    ("message", "inner"),
    [("BkToCstmrStmt", "Stmt"), ("BkToCstmrAcctRpt", "Rpt"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn")],
    ids=["053", "052", "054"],
)
def test_a_line_with_the_banks_reference_is_one_line_whichever_message_brings_it(
    engine: Engine, tmp_path: Path, message: str, inner: str
) -> None:
    entry = camt_entry("50.00", "CRDT", reference="R1")
    take(engine, write(tmp_path / "a.xml", camt_text(entry, closing="150.00", message=message, inner=inner)), home=tmp_path)
    before = rows(engine, "SELECT line_key, amount_minor FROM bank_lines")

    take(engine, write(tmp_path / "b.xml", camt_text(entry, closing="150.00") + "<!-- again -->"), home=tmp_path)

    assert before == [("R1|2026-11-02|50", 50_00)]
    assert rows(engine, "SELECT line_key, amount_minor FROM bank_lines") == before


def test_money_of_a_bank_without_a_rate_is_taken_and_said_and_counts_once_the_rate_is_there(engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "a.xml", camt_text(camt_entry("50.00", "CRDT"), closing="150.00"))

    [before] = preview_path(path, settings=Settings(home=tmp_path), as_of=NOW, engine=engine)
    report = take(engine, path, home=tmp_path)
    with engine.begin() as connection:
        rate = """INSERT INTO fx_rates (business_day, currency, reporting_currency, rate, observed_at)
            VALUES ('2026-11-01', 'EUR', 'CNY', 7.8, now())"""
        connection.execute(text(rate))
    other = write(tmp_path / "b.xml", camt_text(camt_entry("51.00", "CRDT"), closing="151.00"))
    after = take(engine, other, home=tmp_path)

    said = "没有该币种的汇率：EUR；已入库，导入汇率表之前不计入折算合计"
    assert (report.status, report.accepted, report.note()) == ("ingested", 1, said)
    assert before.detail["note"]["zh"] == said
    assert (after.status, after.note()) == ("ingested", None)


def test_a_balance_that_does_not_close_is_stored_and_not_proven(engine: Engine, tmp_path: Path) -> None:
    take(engine, write(tmp_path / "a.xml", camt_text(camt_entry("50.00", "CRDT"), closing="151.00")), home=tmp_path)

    assert rows(engine, PROOF) == [(100_00, 151_00, 150_00, False)]
    assert rows(engine, "SELECT amount_minor FROM bank_lines") == [(50_00,)]


def test_balances_in_two_currencies_are_not_compared(engine: Engine, tmp_path: Path) -> None:
    text = camt_text(camt_entry("50.00", "CRDT"), closing="150.00").replace('<Amt Ccy="EUR">150.00', '<Amt Ccy="SEK">150.00')

    take(engine, write(tmp_path / "a.xml", text), home=tmp_path)

    assert rows(engine, PROOF) == [(100_00, None, None, None)]


def test_a_line_in_a_foreign_currency_takes_the_proof_but_not_the_line(engine: Engine, tmp_path: Path) -> None:
    take(engine, write(tmp_path / "a.xml", camt_text(camt_entry("50.00", "CRDT", currency="USD"), closing="100.00")), home=tmp_path)

    assert rows(engine, "SELECT currency, amount_minor, balance_minor FROM bank_lines") == [("USD", 50_00, None)]
    assert rows(engine, "SELECT balance_proven FROM statements") == [(None,)]


def test_a_day_without_an_entry_is_a_statement_all_the_same(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write(tmp_path / "a.xml", camt_text("", closing="100.00")), home=tmp_path)

    assert (report.status, report.rows) == ("ingested", 0)
    assert rows(engine, PROOF) == [(100_00, 100_00, 100_00, True)]


def test_five_decimals_are_refused_rather_than_rounded_and_zeros_at_the_end_are_none(engine: Engine, tmp_path: Path) -> None:
    entries = camt_entry("1.00001", "CRDT") + camt_entry("2.50000", "CRDT")

    report = take(engine, write(tmp_path / "a.xml", camt_text(entries, closing="102.50")), home=tmp_path)

    assert [(found.row, found.code) for found in report.refused] == [(1, "too_many_decimals")]
    assert rows(engine, "SELECT amount_minor FROM bank_lines") == [(2_50,)]


def test_a_batch_whose_transactions_do_not_sum_to_it_is_refused(engine: Engine, tmp_path: Path) -> None:
    entries = camt_entry("9.00", "CRDT", details=camt_details("4.00", "4.00")) + camt_entry(
        "8.00", "CRDT", details=camt_details("4.00", "4.00")
    )

    report = take(engine, write(tmp_path / "a.xml", camt_text(entries, closing="117.00")), home=tmp_path)

    assert [(found.row, found.field, found.code) for found in report.refused] == [(1, "amount", "does_not_add_up")]
    assert rows(engine, "SELECT amount_minor FROM bank_lines") == [(8_00,)]


def test_a_statement_that_stands_twice_in_its_file_counts_once_and_two_pages_count_both(engine: Engine, tmp_path: Path) -> None:
    text = camt_text(camt_entry("5.00", "CRDT"), closing="105.00")
    start, end = text.index("<Stmt>"), text.index("</Stmt>") + len("</Stmt>")
    page = text[start:end]
    other = (
        page.replace("S-1", "S-2")
        .replace("100.00", "105.00")
        .replace(">105.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-02", ">110.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-02")
    )

    report = take(engine, write(tmp_path / "a.xml", text[:start] + page + page + other + text[end:]), home=tmp_path)

    assert (report.rows, report.accepted, report.notices.get("left_out")) == (3, 3, 1)
    assert rows(engine, "SELECT amount_minor, balance_minor FROM bank_lines ORDER BY 2") == [(5_00, 105_00), (5_00, 110_00)]
    assert rows(engine, "SELECT statement_no, closing_minor, balance_proven, lines FROM statements ORDER BY 1") == [
        ("S-1", 105_00, True, 1),
        ("S-2", 110_00, True, 1),
    ]


ENTITIES = {
    "a bomb": '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {x} "{f"&{y};" * 10}">' for x, y in zip("bcdefghij", "abcdefghi", strict=True))
    + "]>",
    "an external entity": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "an external document type": '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">',
}


@pytest.mark.parametrize("declared", ENTITIES.values(), ids=ENTITIES)
@pytest.mark.parametrize("far", [False, True], ids=["at once", "behind a long comment"])
def test_xml_that_declares_entities_is_refused_before_it_is_parsed(engine: Engine, tmp_path: Path, declared: str, far: bool) -> None:
    text = camt_text(camt_entry("5.00", "CRDT"), closing="105.00").replace("<Acct>", "<Acct><!-- &x; -->")
    text = text.replace("?>\n", "?>\n" + (f"<!-- camt BkToCstmrStmt {'x' * 70_000} -->" if far else "") + declared, 1)

    report = take(engine, write(tmp_path / "a.xml", text), home=tmp_path)

    assert report.status == "refused"
    assert "entities" in (report.error or "")
    assert rows(engine, "SELECT (SELECT count(*) FROM bank_lines), (SELECT count(*) FROM statements)") == [(0, 0)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[: len(text) // 2], "damaged"),
        (lambda text: text.replace("Stmt>", "Other>").replace("BkToCstmrOther", "BkToCstmrStmt"), "no complete statement"),
        (lambda text: text.replace("CRDT</CdtDbtInd><Sts>", "CRDT</CdtDbtInd><X>" + "y" * 10_500_000 + "</X><Sts>"), "damaged"),
        (lambda text: text.replace('encoding="UTF-8"', 'encoding="UTF-16"'), "damaged"),
    ],
    ids=["truncated", "no statement", "a cell of ten megabytes", "another encoding than it says"],
)
def test_a_broken_camt_is_refused_whole(engine: Engine, tmp_path: Path, change: Callable[[str], str], said: str) -> None:
    text = change(camt_text(camt_entry("5.00", "CRDT"), closing="105.00"))

    report = take(engine, write(tmp_path / "a.xml", text), home=tmp_path)

    assert report.status == "refused"
    assert said in (report.error or "")
    assert rows(engine, "SELECT count(*) FROM bank_lines") == [(0,)]


# ---------------------------------------------------------------- MT940


def test_an_mt940_is_read_line_by_line_with_its_reversal_and_the_turn_of_the_year(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write(tmp_path / "a.sta", MT940.format(closing=CLOSING)), home=tmp_path)

    assert (report.status, report.kind, report.rows, report.accepted) == ("ingested", "bank", 3, 3)
    found = {
        amount: (booked, value, balance, reference, remark)
        for _, booked, value, amount, balance, reference, _, remark in rows(engine, BOOKED)
    }
    assert found[50_00] == (date(2026, 12, 31), date(2027, 1, 2), 150_00, None, "PO-20261101-77")
    assert found[-8_50] == (date(2027, 1, 2), date(2027, 1, 2), 141_50, "E2E-10077", None)
    assert found[-10_00][2] == 131_50  # the reversal of a credit goes out
    assert rows(engine, "SELECT statement_no, opening_minor, closing_minor, computed_closing_minor, balance_proven FROM statements") == [
        ("12/1", 100_00, 131_50, 131_50, True)
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (MT940.format(closing=""), "no_statement"),
        (MT940.format(closing=CLOSING).replace(":60F:C261231EUR100,00\n", ""), "no_statement"),
        (MT940.format(closing=CLOSING).replace(":20:ST1\n", ""), "no_statement"),
        (":62F:C261231EUR100,00\n-\n", "no_statement"),
        (MT940.format(closing=CLOSING).replace(":61:2701020102D8,5NTRFE2E-10077//BR-2", ":61:not a line"), "broken_statement"),
    ],
    ids=["no closing balance", "no opening balance", "no reference", "the end alone", "a line that is none"],
)
def test_an_mt940_that_is_not_whole_is_refused_whole(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(UnreadableFile) as problem:
        read(tmp_path, text, mt940.read_mt940)

    assert problem.value.code == code


def test_lines_that_the_library_does_not_give_refuse_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transactions, "__iter__", lambda self: iter(self.transactions[:1]), raising=False)

    with pytest.raises(UnreadableFile) as problem:
        read(tmp_path, MT940.format(closing=CLOSING), mt940.read_mt940)

    assert (problem.value.code, problem.value.detail) == ("lines_lost", "3 ≠ 1")


def test_a_line_after_the_end_belongs_to_no_statement_and_is_refused_alone(engine: Engine, tmp_path: Path) -> None:
    text = MT940.format(closing=CLOSING) + ":61:2701020102C5,00NTRFNONREF\n"

    report = take(engine, write(tmp_path / "a.sta", text), home=tmp_path)

    assert (report.rows, report.accepted) == (4, 3)
    assert [(found.row, found.code) for found in report.refused] == [(4, "outside_statement")]
    assert rows(engine, "SELECT balance_proven FROM statements") == [(True,)]


def test_an_mt942_report_has_no_balances_and_is_whole_without_them(engine: Engine, tmp_path: Path) -> None:
    text = ":20:R1\n:25:NL00BANK0123456789\n:28C:1/1\n:34F:EUR0,00\n:13D:2701021200+0100\n"
    text += ":61:2701020102C50,NTRFNONREF//BR-1\n:86:x\n:90C:1EUR50,00\n-\n"

    report = take(engine, write(tmp_path / "a.sta", text), home=tmp_path)

    assert (report.status, report.rows) == ("ingested", 1)
    assert rows(engine, "SELECT currency, amount_minor, balance_minor FROM bank_lines") == [("EUR", 50_00, None)]
    assert rows(engine, "SELECT balance_proven FROM statements") == [(None,)]


def test_two_pages_of_a_day_with_the_same_line_keep_both(engine: Engine, tmp_path: Path) -> None:
    page = ":20:P\n:25:NL00BANK0123456789\n:28C:7/{number}\n:60{kind}:C270102EUR{opening}\n"
    page += ":61:2701020102C5,00NTRFNONREF\n:62{end}:C270102EUR{closing}\n-\n"
    first = page.format(number=1, kind="F", opening="100,00", end="M", closing="105,00")
    second = page.format(number=2, kind="M", opening="105,00", end="F", closing="110,00")

    take(engine, write(tmp_path / "one.sta", first), home=tmp_path)
    take(engine, write(tmp_path / "two.sta", second), home=tmp_path)
    before = state(engine)
    take(engine, write(tmp_path / "both.sta", first + second), home=tmp_path)

    assert rows(engine, "SELECT amount_minor, balance_minor FROM bank_lines ORDER BY 2") == [(5_00, 105_00), (5_00, 110_00)]
    assert state(engine) == before


# ---------------------------------------------------------------- a bank's table


@pytest.mark.parametrize("name", ["icbc.account", "icbc.account second version"])
def test_a_statement_of_icbc_is_stored_with_its_balance(engine: Engine, tmp_path: Path, name: str) -> None:
    example = STATEMENT_EXAMPLES[name]

    report = take(engine, example.write(tmp_path, name=name), home=tmp_path)

    assert (report.status, report.kind, report.rows) == ("ingested", "bank", example.rows)
    assert rows(engine, "SELECT sum(amount_minor)::bigint FROM bank_lines") == [(sum(example.entries.values()),)]
    assert rows(engine, "SELECT account, balance_proven FROM statements") == [("6222000000000000123", True)]
    names = {name for (name,) in rows(engine, "SELECT DISTINCT counterparty FROM bank_lines")}
    assert names <= {"支付宝（中国）网络技术有限公司", None}


def test_the_total_of_icbc_is_a_control_sum(engine: Engine, tmp_path: Path) -> None:
    example = STATEMENT_EXAMPLES["icbc.account"]
    path = write(tmp_path / "a.csv", example.text.replace("1,005.00", "1,006.00"), encoding="gb18030")

    report = take(engine, path, home=tmp_path)

    assert report.status == "refused"
    assert "the file states 1006.00, its rows come to 1005.00" in (report.error or "")


def test_a_bank_statement_without_an_account_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", table(ICBC_V2, [icbc_row("20261101", "40.00", "", "40.00")]))

    report = take(engine, path, home=tmp_path)

    assert report.status == "refused"
    assert "which account" in (report.error or "")
    assert rows(engine, "SELECT count(*) FROM statements") == [(0,)]


def test_a_bank_line_is_the_shops_where_its_file_is(engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)

    take(engine, write(tmp_path / "a.xml", camt_text(camt_entry("5.00", "CRDT"), closing="105.00")), home=tmp_path, shop="us")
    take(engine, write(tmp_path / "b.sta", MT940.format(closing=CLOSING)), home=tmp_path, shop="bank")

    assert rows(engine, "SELECT shop_id, count(*) FROM bank_lines GROUP BY 1 ORDER BY 1") == [("us", 1), (None, 3)]


def test_the_period_of_a_statement_is_what_it_states(tmp_path: Path) -> None:
    [stated] = read(tmp_path, camt_text("", closing="100.00"), camt.read_camt).statements

    assert stated.begins == datetime(2026, 11, 1, tzinfo=UTC)
    assert stated.ends == datetime(2026, 11, 2, 23, 59, 59, 999999, tzinfo=UTC)
