"""Do the public samples of bills, payouts and bank messages come in to the cent, and the broken ones not at all?"""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Engine

from data.preview import preview_path
from data.settings import Settings
from tests.statement_files import NOW, by_type, give_shops, rows, take, total

CAMT = ("v2.all-balance-types", "v2.minimal", "v2.multi.statement", "v4", "v8")
WHOLE_MT940 = {"jejik_ing": 7, "mBank_mt940": 3, "self-provided_multiline": 2}
# What cannot be taken, and what must be said of it.
REFUSED = {
    "wechatpay_merchant/fundflowbill_BASIC.csv": "资金流水总笔数: the file states 3, its rows come to 2",
    "camt/camt053.v2.wrong.xml": "no complete statement",
    "mt940/betterplace_missing_crlf_at_end.sta": "no complete statement",
    "mt940/self-provided_sparkassen.sta": "no complete statement",
    "mt940/self-provided_invalid_statement.sta": "no manifest fits",
}


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_cut_short_or_no_statement_is_refused_whole_and_says_why(samples: Path, engine: Engine, tmp_path: Path, name: str) -> None:
    give_shops(engine)

    report = take(engine, samples / "samples" / name, home=tmp_path)

    assert report.status == "refused"
    assert REFUSED[name] in (report.error or "")
    assert rows(engine, "SELECT (SELECT count(*) FROM settlement_lines), (SELECT count(*) FROM bank_lines), count(*) FROM statements") == [
        (0, 0, 0)
    ]


def test_the_trade_bill_comes_in_to_the_cent(samples: Path, engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = samples / "samples" / "wechatpay_merchant" / "tradebill_ALL.csv"
    lines = [line.split(",`") for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("`2")]

    report = take(engine, path, home=tmp_path)

    assert (report.status, report.rows, report.accepted) == ("ingested", len(lines), len(lines))
    assert total(engine) == sum(_cents(cells[12]) for cells in lines)
    assert {order for (order,) in rows(engine, "SELECT order_no FROM settlement_lines")} == {cells[6] for cells in lines}


def test_every_payout_transaction_of_shopify_is_accounted_for(samples: Path, engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = samples / "samples" / "shopify" / "payouts_transactions.json"
    said: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["transactions"]

    report = take(engine, path, home=tmp_path)

    assert (report.status, report.rows, report.accepted, report.refused) == ("ingested", len(said), len(said), ())
    assert total(engine) == sum(_cents(each["net"]) for each in said)
    assert by_type(engine)["receipt"] == sum(_cents(each["amount"]) for each in said if each["type"] == "charge")
    stored = rows(engine, "SELECT flow_no, sum(amount_minor)::bigint, max(payout_ref) FROM settlement_lines GROUP BY 1")
    assert {row[0]: row[1:] for row in stored} == {str(each["id"]): (_cents(each["net"]), str(each["payout_id"])) for each in said}


def test_the_balance_transaction_of_stripe_is_accounted_for(samples: Path, engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    path = samples / "samples" / "stripe" / "fixtures3_extract.json"
    said = json.loads(path.read_text(encoding="utf-8"))["balance_transaction"]

    report = take(engine, path, home=tmp_path, shop="us")

    assert (report.status, report.rows, report.accepted) == ("ingested", 1, 1)
    assert rows(engine, "SELECT flow_no, amount_minor, currency, type FROM settlement_lines") == [
        (said["id"], said["net"], "USD", "receipt")
    ]


@pytest.mark.parametrize("name", CAMT)
def test_every_entry_of_a_camt_statement_is_a_bank_line(samples: Path, engine: Engine, tmp_path: Path, name: str) -> None:
    path = samples / "samples" / "camt" / f"camt053.{name}.xml"
    root = etree.parse(path).getroot()
    entries = [entry for entry in root.iter() if etree.QName(entry).localname == "Ntry"]
    expected = []
    for entry in entries:
        said = {etree.QName(child).localname: (child.text or "").strip() for child in entry}
        expected.append(_cents(said["Amt"]) * (1 if said["CdtDbtInd"] == "CRDT" else -1))

    report = take(engine, path, home=tmp_path)

    assert (report.status, report.rows, report.accepted) == ("ingested", len(entries), len(entries))
    assert sorted(minor for (minor,) in rows(engine, "SELECT amount_minor FROM bank_lines")) == sorted(expected)
    assert len(rows(engine, "SELECT * FROM statements")) == sum(1 for each in root.iter() if etree.QName(each).localname == "Stmt")


def test_balances_of_the_camt_samples_are_proven_only_where_they_close_in_one_currency(samples: Path, tmp_path: Path) -> None:
    proven: dict[str, list[bool | None]] = {}
    for name in CAMT:
        [seen] = preview_path(samples / "samples" / "camt" / f"camt053.{name}.xml", settings=Settings(home=tmp_path), as_of=NOW)
        for each in seen.tables:
            expected = None if each.closing_minor is None else each.computed_closing_minor == each.closing_minor
            assert each.balance_proven is expected
            proven.setdefault(name, []).append(each.balance_proven)

    # euros that end in kronor prove nothing; one closing balance is not where its line leads
    assert proven == {
        "v2.all-balance-types": [False],
        "v2.minimal": [None],
        "v2.multi.statement": [True, True],
        "v4": [None],
        "v8": [None],
    }


@pytest.mark.parametrize(("name", "lines"), WHOLE_MT940.items(), ids=WHOLE_MT940)
def test_every_line_of_an_mt940_is_accounted_for(samples: Path, engine: Engine, tmp_path: Path, name: str, lines: int) -> None:
    path = samples / "samples" / "mt940" / f"{name}.sta"
    assert len(re.findall(rb"(?m)^:61:", path.read_bytes())) == lines

    report = take(engine, path, home=tmp_path)

    assert (report.status, report.rows, report.accepted + len(report.refused)) == ("ingested", lines, lines)
    assert rows(engine, "SELECT count(*) FROM bank_lines") == [(report.accepted,)]
    [(closing, computed, proven)] = rows(engine, "SELECT closing_minor, computed_closing_minor, balance_proven FROM statements")
    assert proven == (closing == computed)


def test_a_preview_of_every_sample_says_what_the_ingest_then_does(samples: Path, engine: Engine, tmp_path: Path) -> None:
    give_shops(engine)
    settings = Settings(home=tmp_path, language="en")
    for path in sorted((samples / "samples").rglob("*")):
        if not path.is_file():
            continue
        before = rows(engine, "SELECT (SELECT count(*) FROM source_files), (SELECT count(*) FROM file_runs), (SELECT count(*) FROM shops)")

        [seen] = preview_path(path, settings=settings, as_of=NOW, shop="us", engine=engine)

        assert (
            rows(engine, "SELECT (SELECT count(*) FROM source_files), (SELECT count(*) FROM file_runs), (SELECT count(*) FROM shops)")
            == before
        )
        report = take(engine, path, home=tmp_path, shop="us")
        assert (seen.error, seen.error is None) == (report.error, report.status == "ingested"), path.name
        assert sum(each.refused for each in seen.tables) == len({found.row for found in report.refused}), path.name
        assert sum(each.rows for each in seen.tables) == report.rows, path.name
