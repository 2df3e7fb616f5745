"""Do page, workbook and PDF of a reconciliation say the same figures, in both languages, any scope, and any filter?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine

from dashboard import (
    cached_reads,
    fmt,
    reconciliation,
    reconciliation_figures,
    reconciliation_pdf,
    reconciliation_proof,
    reconciliation_queue,
    reconciliation_workbook,
)
from dashboard import reconciliation_words as said_words
from dashboard.filters import Filters
from dashboard.i18n import speaking, t
from dashboard.periods import Period
from dashboard.reconciliation import Reconciled
from dashboard.view import View
from data.actions import change_label
from data.reads import NOBODY, ReconAsked, ReconWanted
from models.people import Person
from models.scope import EVERYTHING, Scope
from tests import printed_text
from tests.given_pages import MakeEngine, on_database
from tests.given_reconciliation import differences, reconciled_shop

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
FIRST, LAST = NOW.date() - timedelta(days=40), NOW.date() + timedelta(days=2)
OURS = Scope(shops=("us",))
ASKED = [
    ReconAsked(FIRST, LAST, "completed"),
    ReconAsked(FIRST, LAST, "settled"),
    ReconAsked(FIRST, LAST, "settled", "USD"),
    ReconAsked(FIRST, LAST, "completed", "CNY", ("tmall",)),
]


@pytest.fixture(scope="module")
def shop(make_engine: MakeEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    home = Path(tmp_path_factory.mktemp("home"))
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=home) as engine,
    ):
        reconciled_shop(engine, as_of=NOW)
        yield engine


def view_of(scope: Scope) -> View:
    filters = Filters(preset="custom", period=Period(FIRST, LAST + timedelta(days=1)), zone="Asia/Shanghai", as_of=NOW)
    person = Person(person_id="demo.finance", name="财务", role="finance", scope=scope)
    return View(person=person, filters=filters, as_of=NOW, zone="Asia/Shanghai", currency="CNY")


def found_of(asked: ReconAsked, *, view: View) -> Reconciled:
    found = reconciliation.read(asked, view=view)
    assert found is not None
    return found


def read_back(found: Reconciled, wanted: ReconWanted, *, view: View, language: str) -> dict[str, list[list[Any]]]:
    with speaking(language):
        made = reconciliation_workbook.made(found, wanted, view=view, spoken=language)
    book = CalamineWorkbook.from_filelike(BytesIO(made))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names}


def below(rows: list[list[Any]], head: str) -> list[list[Any]]:
    """Return the lines under the one that begins with a head."""
    start = next(number for number, row in enumerate(rows) if row[0] == head)
    return [row for row in rows[start + 1 :] if any(cell != "" for cell in row[1:])]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("scope", [EVERYTHING, OURS], ids=["everything", "one shop"])
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_page_workbook_and_pdf_say_the_same_figures(asked: ReconAsked, scope: Scope, language: str, shop: Engine) -> None:
    view = view_of(scope)
    found, wanted = found_of(asked, view=view), ReconWanted(as_of=NOW, state="all")

    book = read_back(found, wanted, view=view, language=language)
    with speaking(language):
        said = printed_text.lines(reconciliation_pdf.made(found, wanted, view=view, spoken=language))
        names, headline, passport = reconciliation.class_names(), reconciliation.headline(found), reconciliation.passport(found, view=view)
        bars = [(bar.name, bar.shown) for bar in reconciliation_figures.money_bars(found)]
        summary, way = book[t("摘要")], book[t("资金去向")]
        rates = [reconciliation.share(found.rate(by=by)) for by in ("count", "amount")]

    # the page's own words and sums, in the sheet
    assert summary[0][0] == headline and summary[2][0] == passport
    classes = below(summary, t_in(language, "结果"))
    assert {row[0]: (row[1], round(row[3] * 100)) for row in classes[:-1]} == {
        name: (found.count(key), found.now.classes[key].amount_minor) for key, name in names.items()
    }
    assert classes[-1][1] == sum(row[1] for row in classes[:-1])
    assert [row[1] for row in below(way, t_in(language, "项目"))] == [minor / 10**found.decimals for _, minor in found.now.steps]
    # and on paper
    assert headline in joined(said) and found.checksum in joined(said)
    assert all(rate in joined(said) for rate in rates)
    for row in [*classes, *below(way, t_in(language, "项目"))]:
        money = fmt.full_money(round(row[-1 if len(row) == 2 else 3] * 100), currency=found.currency, decimals=found.decimals)
        assert money in said
    assert all(name in said and shown in said for name, shown in bars)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "zh",
            "按页面的筛选：待处理 · 佣金费率差异 · 部分差异 · 佣金 · 无人认领 · 账龄至少 3 天 · 金额至少 ¥1.00"
            " · 订单号以 RA 开头，不限日期",
        ),
        (
            "en",
            "As filtered on the page: Open · Commission at another rate · Partly different · Commission · Nobody’s · at least 3 days old"
            " · at least ¥1.00 · order numbers beginning with RA, of any day",
        ),
    ],
)
def test_the_list_says_all_that_it_was_narrowed_to(language: str, said: str, shop: Engine) -> None:
    view = view_of(EVERYTHING)
    wanted = ReconWanted(
        as_of=NOW, labels=("commission_rate",), classes=("partial",), types=("commission",), owner=NOBODY, older_days=3, least_minor=100,
        search="RA",
    )  # fmt: skip

    book = read_back(found_of(ASKED[0], view=view), wanted, view=view, language=language)

    assert book[t_in(language, "差异清单")][0][0] == said


def t_in(language: str, text: str) -> str:
    with speaking(language):
        return t(text)


def joined(said: list[str]) -> str:
    """Return the text without the breaks that a line or a cell made in it."""
    return "".join(said)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_of_differences_is_the_queue_to_the_last_minor_unit(language: str, shop: Engine) -> None:
    view, wanted = view_of(EVERYTHING), ReconWanted(as_of=NOW, state="all", order="age")
    found = found_of(ASKED[1], view=view)

    book = read_back(found, wanted, view=view, language=language)

    rows = {(row[0], row[3], row[7]): row for row in below(book[t_in(language, "差异清单")], t_in(language, "订单号"))}
    stored = differences(shop)
    assert len(rows) == len(stored)
    with speaking(language):
        for row in cached_reads.recon_differences(view.scope, found.asked, wanted, None):
            line = rows[row.order_no, said_words.money_type(row.type), row.currency]
            assert round(line[10] * 100) == row.difference_minor
            assert line[6] == said_words.label_of(row)
            ours, theirs = reconciliation_queue.sides(row)
            assert [line[8], line[9]] == [("" if minor is None else minor / 100) for minor in (ours, theirs)]


def test_entries_balance_in_every_voucher_and_name_an_account(shop: Engine) -> None:
    view = view_of(EVERYTHING)
    book = read_back(found_of(ASKED[1], view=view), ReconWanted(as_of=NOW), view=view, language="zh")

    entries = [row for row in below(book["建议分录"], "凭证") if row[0] != "合计"]
    assert book["建议分录"][0][0] == "借贷平衡"
    for voucher in {row[0] for row in entries}:
        lines = [row for row in entries if row[0] == voucher]
        debit, credit = (sum(row[place] for row in lines if row[place] != "") for place in (7, 8))
        assert round(debit, 2) == round(credit, 2) > 0
        assert all(re.fullmatch(r"\d{4,}", row[3]) and row[4] for row in lines)


def test_the_proof_of_the_report_adds_up_and_unproven_balances_are_named(shop: Engine) -> None:
    view = view_of(EVERYTHING)
    book = read_back(found_of(ASKED[0], view=view), ReconWanted(as_of=NOW), view=view, language="zh")

    proofs = below(book["守恒证明"], "环节")
    for row in proofs:
        assert round(row[4] - row[5], 2) == round(row[6], 2) == round(row[7] + row[8], 2)
        assert (row[9], row[11], row[12]) == (0, "成立", "#1")
    assert book["守恒证明"][0][0] == f"守恒成立：{len(proofs)} 组，分毫不差"
    assert any("余额未证明：载明 ¥2,400.00，推算 ¥2,399.90" in str(cell) for row in book["对账单"] for cell in row)


# What a hand in the tables may do, and how a proof that no longer is one reads.
TAMPERED = {
    "a proof of other money": "UPDATE recon_proofs SET internal_minor = internal_minor + 700, explained_minor = explained_minor + 700",
    "a proof that does not close": "UPDATE recon_proofs SET unexplained_minor = unexplained_minor + 1",
    "a proof of fewer rows": "UPDATE recon_proofs SET lines = lines - 1",
    "no proof": "DELETE FROM recon_proofs",
    "other sums shown": "UPDATE recon_day SET stated_minor = stated_minor + 100, difference_minor = difference_minor - 100",
}


def test_nothing_that_can_be_proved_is_not_said_to_hold() -> None:
    with speaking("zh"):
        assert reconciliation_proof.headline([]) == "没有可列的守恒证明"


@pytest.mark.parametrize("tampered", TAMPERED.values(), ids=TAMPERED)
def test_a_stored_proof_that_does_not_fit_is_printed_as_it_is_and_not_reckoned_again(
    tampered: str, make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        reconciled_shop(engine, as_of=NOW)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE recon_proofs DROP CONSTRAINT ck_recon_proofs_conserved")
            connection.exec_driver_sql(f"{tampered} WHERE channel = 'shopify'")
            stored = connection.exec_driver_sql(
                "SELECT internal_minor, unexplained_minor FROM recon_proofs WHERE channel = 'shopify' AND basis = 'completed' ORDER BY day"
            ).all()
        view = view_of(EVERYTHING)
        found, wanted = found_of(ASKED[0], view=view), ReconWanted(as_of=NOW)

        book = read_back(found, wanted, view=view, language="zh")
        with speaking("zh"):
            said = joined(printed_text.lines(reconciliation_pdf.made(found, wanted, view=view, spoken="zh")))

    proofs = below(book["守恒证明"], "环节")
    broken = [row for row in proofs if row[11] == "不成立"]
    assert {row[2] for row in broken} == {"Shopify"} and {row[2] for row in proofs if row not in broken} >= {"天猫"}
    assert book["守恒证明"][0][0] == f"{len(broken)} 处守恒不成立" and f"{len(broken)} 处守恒不成立" in said
    if stored:
        assert [(round(row[4] * 100), round(row[8] * 100)) for row in broken] == [tuple(row) for row in stored]


def test_a_label_that_a_person_set_since_the_run_stands_beside_the_proof(
    make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        reconciled_shop(engine, as_of=NOW)
        [short] = differences(engine, order_no="SHORT", type="receipt")
        person = view_of(EVERYTHING).person
        change_label(engine, person=person, difference_id=short.difference_id, seen=short.version, label="discount_not_booked", as_of=NOW)
        view = view_of(EVERYTHING)

        book = read_back(found_of(ASKED[0], view=view), ReconWanted(as_of=NOW), view=view, language="zh")

    [row] = [row for row in below(book["守恒证明"], "环节") if row[9]]
    assert (row[2], row[9], row[11]) == ("天猫", short.difference_minor / 100, "成立")


def test_the_report_says_what_its_figures_mean(shop: Engine) -> None:
    view = view_of(EVERYTHING)
    book = read_back(found_of(ASKED[0], view=view), ReconWanted(as_of=NOW), view=view, language="en")

    terms = {row[0]: row[1] for row in below(book["Terms"], "Term")}
    assert "÷" in terms["Matched, by count"]
    assert not any("\u4e00" <= sign <= "\u9fff" for term in terms.items() for sign in "".join(term))


def test_a_list_that_is_too_long_is_cut_and_says_so(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation_workbook, "MOST_ROWS", 5)
    monkeypatch.setattr(reconciliation_workbook, "AT_ONCE", 2)
    view = view_of(EVERYTHING)

    book = read_back(found_of(ASKED[1], view=view), ReconWanted(as_of=NOW), view=view, language="zh")

    assert len(below(book["差异清单"], "订单号")) == 5
    assert any("只含前 5 笔" in str(cell) for row in book["差异清单"] for cell in row)


def test_a_person_of_one_shop_gets_a_report_of_that_shop_alone(shop: Engine) -> None:
    view = view_of(OURS)

    book = read_back(found_of(ASKED[1], view=view), ReconWanted(as_of=NOW, state="all"), view=view, language="zh")

    assert {row[1] for row in below(book["差异清单"], "订单号")} == {"us"}
    assert {row[2] for row in below(book["守恒证明"], "环节")} == {"Shopify"}
