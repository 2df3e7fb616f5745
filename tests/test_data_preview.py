"""What the upload box shows before anything is stored: it must be what then happens."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from data.connectors.balance_chain import BalanceChain
from data.preview import preview_path
from data.settings import Settings
from tests.hostile_files import zip_of
from tests.statement_examples import CAMT, STATEMENT_EXAMPLES, camt_entry
from tests.statement_files import NOW, by_type, give_shops, rows, take, write
from tests.statement_rows import ALIPAY, PDD_ACCOUNT, STRIPE_CSV, alipay_bill, alipay_row, pdd_row, stripe_row, table

TABLES = "SELECT (SELECT count(*) FROM source_files), (SELECT count(*) FROM settlement_lines), (SELECT count(*) FROM statements)"


@pytest.mark.parametrize("name", STATEMENT_EXAMPLES)
def test_a_preview_says_what_the_ingest_then_does_and_stores_nothing(engine: Engine, tmp_path: Path, name: str) -> None:
    give_shops(engine)
    path = STATEMENT_EXAMPLES[name].write(tmp_path, name=name)

    [seen] = preview_path(path, settings=Settings(home=tmp_path, language="en"), as_of=NOW, engine=engine)

    assert rows(engine, TABLES) == [(0, 0, 0)]
    assert not (tmp_path / "files").exists()
    report = take(engine, path, home=tmp_path)
    assert (seen.error, seen.manifest or None, seen.kind) == (report.error, report.manifest, report.kind)
    if seen.error is None:
        assert sum(each.rows for each in seen.tables) + report.notices.get("left_out", 0) == report.rows
        assert [(each.row_number, each.field, each.code) for each in seen.refusals] == [(f.row, f.field, f.code) for f in report.refused]
        totals: dict[str, int] = {}
        for each in seen.tables:
            for key, minor in each.totals:
                totals[key] = totals.get(key, 0) + minor
        assert totals == by_type(engine)


def test_a_statement_is_shown_with_its_account_its_period_and_its_control_sum(tmp_path: Path) -> None:
    bill = alipay_bill(ALIPAY, [alipay_row("101")], footers=["#收入合计：1笔，共100.00元"])

    [seen] = preview_path(write(tmp_path / "a.csv", bill, encoding="gb18030"), settings=Settings(home=tmp_path), as_of=NOW)

    [statement] = seen.tables
    assert (statement.source, statement.account, statement.currency) == ("alipay.account", "20881234567890120156", "CNY")
    assert (statement.control_stated, statement.control_holds) == ({"收入合计": "100.00", "收入合计笔数": "1"}, True)
    assert (statement.balance_proven, statement.opening_minor, statement.closing_minor) == (True, 0, 100_00)
    assert statement.totals == (("receipt", 100_00),)


def test_a_fee_nobody_knows_is_named_before_it_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", table(PDD_ACCOUNT, [pdd_row("1", "0", "-1.00", "0990001|从未见过-新费用")] * 2))

    [seen] = preview_path(path, settings=Settings(home=tmp_path), as_of=NOW)

    assert seen.tables[0].unclassified == (("0990001|从未见过-新费用", 2),)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (alipay_bill(ALIPAY, [alipay_row("101")], footers=["#收入合计：1笔，共101.00元"]), "control_sum"),
        (table(STRIPE_CSV, [stripe_row("1", "charge", "10.00", "0", "10.00", currency="eur")]), "no_rate"),
        (table(PDD_ACCOUNT, []), None),
        (CAMT.format(version="02", closing="1", entries=camt_entry("1", "CRDT")).replace("?>", "?><!DOCTYPE d>", 1), "entities"),
    ],
    ids=["control sum", "no rate", "an empty file", "entities"],
)
def test_what_would_be_refused_whole_says_so(engine: Engine, tmp_path: Path, content: str, code: str | None) -> None:
    give_shops(engine)

    [seen] = preview_path(write(tmp_path / "a.dat", content), settings=Settings(home=tmp_path), as_of=NOW, engine=engine)

    assert seen.detail.get("code") == code
    assert (seen.error is None) == (code is None)


def test_a_shop_that_is_not_known_is_told_with_the_database_and_believed_without(engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", table(PDD_ACCOUNT, [pdd_row("1", "5.00", "0", "0010002|交易收入-订单收入")]))
    settings = Settings(home=tmp_path, language="en")

    [known] = preview_path(path, settings=settings, as_of=NOW, shop="nowhere", engine=engine)
    [believed] = preview_path(path, settings=settings, as_of=NOW, shop="nowhere")

    assert (known.detail["code"], believed.error) == ("no_shop", None)


def test_every_entry_of_a_zip_has_its_own_preview(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of({"a.csv": table(ALIPAY, [alipay_row("1")]).encode(), "b.txt": b"no table\n"}))

    good, bad = preview_path(path, settings=Settings(home=tmp_path), as_of=NOW)

    assert (good.error, good.kind) == (None, "settlement")
    assert bad.error is not None


def test_a_zip_cut_in_half_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zip_of({"a.csv": table(ALIPAY, [alipay_row("1")]).encode()})[:60])

    [seen] = preview_path(path, settings=Settings(home=tmp_path), as_of=NOW)

    assert seen.detail["code"] == "damaged"


# ---------------------------------------------------------------- the chain of balances


def _chain(steps: list[tuple[int, int]]) -> BalanceChain:
    chain = BalanceChain()
    moved, after = (np.array([step[place] for step in steps], dtype=np.int64) for place in (0, 1))
    chain.add(moved=moved, after=after, when=np.zeros(len(steps), dtype=np.int64), stated=np.ones(len(steps), dtype=bool))
    return chain


@given(moves=st.lists(st.integers(-500, 500).filter(bool), min_size=1, max_size=8), opening=st.integers(-1000, 1000), data=st.data())
def test_a_chain_closes_in_whatever_order_its_rows_stand_and_not_with_one_gone(moves: list[int], opening: int, data: st.DataObject) -> None:
    steps, balance = [], opening
    for move in moves:
        balance += move
        steps.append((move, balance))

    found = _chain(data.draw(st.permutations(steps))).findings()

    assert found is not None
    assert found.proven
    if balance != opening:
        assert (found.opening_minor, found.closing_minor, found.computed_closing_minor) == (opening, balance, balance)
    if len(steps) >= 3 and len({opening, *(after for _, after in steps)}) == len(steps) + 1:
        gap = _chain([*steps[:1], *steps[2:]]).findings()
        assert gap is not None
        assert not gap.proven
