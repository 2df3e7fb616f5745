"""Does the download of refused rows carry the raw text, without anybody's contact and without a formula?"""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dashboard.filters import Filters
from dashboard.periods import period_of
from dashboard.refused_csv import refused_csv
from dashboard.view import View
from data import reads
from data.refused import MASK
from models.people import Person
from models.scope import EVERYTHING
from tests import given_orders
from tests.given_pages import MakeEngine, on_database
from tests.platform_examples import TAOBAO_ORDERS

AS_OF = datetime(2026, 11, 22, 4, tzinfo=UTC)
HEADER = ["file", "row", "field", "reason", "raw"]


@pytest.fixture
def merchant(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(kind="demo")
    with engine.begin() as connection:
        given_orders.merchant(connection, as_of=AS_OF, count=1)
        connection.execute(text("UPDATE source_files SET name = '=cmd()' WHERE file_id = 2"))
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / f"{2:064x}").write_text(TAOBAO_ORDERS, encoding="gb18030")
    with on_database(engine, monkeypatch=monkeypatch, home=tmp_path):
        yield engine


def rows_of(engine: Engine) -> list[list[str]]:
    filters = Filters(preset="7d", period=period_of("7d", today=AS_OF.date()), zone="UTC", as_of=AS_OF)
    view = View(person=Person(person_id="x", name="x", role="it"), filters=filters, as_of=AS_OF, zone="UTC", currency="CNY")
    cells = reads.refused_rows(engine, scope=EVERYTHING)
    made = refused_csv(cells, view=view, header=HEADER, gone="past its retention", language="en")
    return list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))


def test_every_refused_cell_is_a_line_with_its_reason_in_words(merchant: Engine) -> None:
    header, *rows = rows_of(merchant)

    assert header == HEADER
    assert len(rows) == 8
    assert {row[3] for row in rows} == {
        "not an amount: “12,x”; expected a number",
        "not a time: “昨天”; expected the form 2026-01-31 08:00:00",
    }


def test_the_raw_row_stands_beside_it_with_contacts_masked(merchant: Engine) -> None:
    (raw,) = [json.loads(row[4]) for row in rows_of(merchant) if row[0] == "'=cmd()" and row[1] == "7"]

    assert raw["订单创建时间"] == "昨天"
    assert raw["收货人姓名"] == raw["联系手机"] == MASK
    assert "13900000006" not in str(raw)


def test_a_file_past_its_retention_says_so_and_a_name_is_no_formula(merchant: Engine) -> None:
    rows = rows_of(merchant)[1:]

    assert {row[4] for row in rows if row[0] != "'=cmd()"} == {"past its retention"}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
