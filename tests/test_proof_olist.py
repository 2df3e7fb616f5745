"""Does a real marketplace's export come in whole, counted against its source, whatever file comes first?"""

import fcntl
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from data import embedded
from data.engine import create_engine_for
from data.ingest import ingest_path
from data.measures import CUBES
from data.report import Report
from data.settings import Settings
from data.writes.roll_up import cells_sql
from models.promise import Promised, closed_by_merchant, is_late, verdict
from tests.conftest import HOME_VARIABLE, url_of
from tests.final_state import empty, final_state
from tests.olist_source import FILES, Olist, centavos, instant, path_of, read_olist, write_some

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
COLUMNS = {
    "created": "order_purchase_timestamp",
    "paid": "order_approved_at",
    "shipped": "order_delivered_carrier_date",
    "delivered": "order_delivered_customer_date",
}
# What a status says has happened, and so must have an interval where the file has no time.
IMPLIED = {
    "created": (),
    "approved": ("paid",),
    "processing": ("paid",),
    "invoiced": ("paid",),
    "shipped": ("paid", "shipped"),
    "delivered": ("paid", "shipped", "delivered"),
    "canceled": ("cancelled",),
    "unavailable": ("cancelled",),
}
COUNTED = {"orders": (23_579, 0), "order_items": (20_658, 23_442), "order_payments": (23_579, 0)}
STAGES = {"created": 5, "paid": 2 + 301 + 314, "shipped": 1107, "delivered": 20_616, "cancelled": 625 + 609}


@dataclass(frozen=True)
class Taken:
    """The whole of Olist, ingested."""

    engine: Engine
    source: Olist
    folder: Path
    home: Path

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))


def _take(engine: Engine, paths: dict[str, Path], sequence: Sequence[str], *, home: Path) -> dict[str, Report]:
    reports = {}
    for name in sequence:
        [reports[name]] = ingest_path(engine, paths[name], settings=Settings(home=home), as_of=NOW)
    return reports


@pytest.fixture(scope="session")
def source(samples: Path) -> Olist:
    return read_olist(samples / "realdata" / "olist")


@pytest.fixture(scope="session")
def olist(samples: Path, source: Olist, server: embedded.Server) -> Iterator[Taken]:
    """All eight files in a shuffled order, ingested once a run: parallel workers only read what the first of them took in."""
    folder, home = samples / "realdata" / "olist", Path(os.environ[HOME_VARIABLE]) / "olist"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not (home / "ready").exists():
            maintenance = create_engine(url_of(server, "postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
            with maintenance.connect() as connection:
                connection.execute(text("DROP DATABASE IF EXISTS olist WITH (FORCE)"))
                connection.execute(text("CREATE DATABASE olist TEMPLATE template_real"))
            first = create_engine_for(url_of(server, "olist"))
            sequence = random.Random(7).sample(FILES, len(FILES))
            _take(first, {name: path_of(folder, name) for name in FILES}, sequence, home=home)
            first.dispose()
            (home / "ready").touch()
    engine = create_engine_for(url_of(server, "olist"))
    yield Taken(engine, source, folder, home)
    engine.dispose()


def test_every_row_of_the_eight_files_is_accepted(olist: Taken) -> None:
    runs = {row.name: row for row in olist.rows("SELECT * FROM file_runs JOIN source_files USING (file_id)")}

    for name in FILES:
        run, rows = runs[path_of(olist.folder, name).name], len(olist.source.rows[name])
        assert (run.status, run.rows, run.accepted, run.refused) == ("ingested", rows, rows, 0), name
        assert (run.kind, run.manifest) == ("orders" if name.startswith("order") else "reference", "olist"), name
        assert (run.orders, run.lines) == COUNTED.get(name, (0, 0)), name
    counts = olist.rows("SELECT count(*), count(*) FILTER (WHERE stub), count(DISTINCT order_no) FROM orders")
    assert tuple(counts[0]) == (23_579, 0, 23_579)


def test_statuses_are_the_sources_and_stages_follow(olist: Taken) -> None:
    said = {row["order_id"]: row["order_status"] for row in olist.source.rows["orders"]}

    assert {row.order_no: row.source_status for row in olist.rows("SELECT order_no, source_status FROM orders")} == said
    assert {row.stage: row.count for row in olist.rows("SELECT stage, count(*) FROM orders GROUP BY stage")} == STAGES


def test_every_time_of_the_source_is_kept_to_the_second(olist: Taken) -> None:
    stored = {row.order_no: row for row in olist.rows("SELECT *, created_at AS created_from, created_at AS created_to FROM orders")}

    for row in olist.source.rows["orders"]:
        order = stored[row["order_id"]]
        for event, column in COLUMNS.items():
            if row[column]:
                when = instant(row[column])
                assert (getattr(order, f"{event}_from"), getattr(order, f"{event}_to")) == (when, when), (row, event)


def test_what_has_no_time_is_an_interval_where_the_status_implies_it_and_nothing_elsewhere(olist: Taken) -> None:
    stored = {row.order_no: row for row in olist.rows("SELECT * FROM orders")}
    # an interval spans a second at least
    [[latest]] = olist.rows("SELECT max(observed_at) + interval '1 second' FROM source_files")
    bounded: Counter[str] = Counter()

    for row in olist.source.rows["orders"]:
        order = stored[row["order_id"]]
        for event in ("paid", "shipped", "delivered", "completed", "cancelled", "refunded"):
            if event in COLUMNS and row[COLUMNS[event]]:
                continue
            begins, ends = getattr(order, f"{event}_from"), getattr(order, f"{event}_to")
            if event in IMPLIED[row["order_status"]]:
                assert begins < ends <= latest and begins >= instant(row["order_purchase_timestamp"]), (row, event)
                bounded[event] += 1
            else:
                assert (begins, ends) == (None, None), (row, event)

    assert bounded == {"cancelled": 625 + 609, "paid": 2, "shipped": 1, "delivered": 8}


def test_the_odd_orders_handed_over_before_they_were_approved_or_bought_are_as_published(olist: Taken) -> None:
    [odd] = olist.rows("""
        SELECT count(*) FILTER (WHERE shipped_to < paid_from AND shipped_from = shipped_to AND paid_from = paid_to) AS before_approval,
            count(*) FILTER (WHERE shipped_to < created_at) AS before_purchase,
            count(*) FILTER (WHERE delivered_to < shipped_from AND delivered_from = delivered_to AND shipped_from = shipped_to) AS delivered
        FROM orders""")
    said = Counter(
        name
        for row in olist.source.rows["orders"]
        for name, late, early in (
            ("before_approval", "order_approved_at", "order_delivered_carrier_date"),
            ("before_purchase", "order_purchase_timestamp", "order_delivered_carrier_date"),
            ("delivered", "order_delivered_carrier_date", "order_delivered_customer_date"),
        )
        if row[early] and row[early] < row[late]
    )

    assert odd._asdict() == said == {"before_approval": 317, "before_purchase": 40, "delivered": 8}


def test_payments_goods_and_freight_add_up_to_the_centavo_order_by_order(olist: Taken) -> None:
    stored = {row.order_no: row for row in olist.rows("SELECT order_no, currency, paid_minor, goods_minor, freight_minor FROM orders")}
    items, payments = olist.source.by_order("order_items"), olist.source.by_order("order_payments")

    assert {row.currency for row in stored.values()} == {"BRL"}
    for order_no, order in stored.items():
        assert order.paid_minor == sum(centavos(row["payment_value"]) for row in payments[order_no])
        lines = items.get(order_no)
        assert order.goods_minor == (sum(centavos(row["price"]) for row in lines) if lines else None)
        assert order.freight_minor == (sum(centavos(row["freight_value"]) for row in lines) if lines else None)


def test_the_ship_by_time_is_the_earliest_of_the_orders_lines(olist: Taken) -> None:
    promised = {row.order_no: row.promised_ship_at for row in olist.rows("SELECT order_no, promised_ship_at FROM orders")}
    said = {
        order_no: min(filter(None, (instant(row["shipping_limit_date"]) for row in rows)))
        for order_no, rows in olist.source.by_order("order_items").items()
    }

    assert {order_no: when for order_no, when in promised.items() if when is not None} == said
    assert len(said) == 20_658


def test_every_line_is_there_with_its_category_and_the_orders_is_that_of_its_largest(olist: Taken) -> None:
    category = {row["product_id"]: row["product_category_name"] or None for row in olist.source.rows["products"]}
    lines = olist.rows(
        "SELECT order_no, line_key, sku_code, quantity, unit_price_minor, amount_minor, ship_by_at, category FROM order_lines"
    )
    main = {row.order_no: row.category for row in olist.rows("SELECT order_no, category FROM orders")}

    assert {tuple(line) for line in lines} == {
        (
            row["order_id"],
            row["order_item_id"],
            row["product_id"],
            1,
            centavos(row["price"]),
            centavos(row["price"]),
            instant(row["shipping_limit_date"]),
            category[row["product_id"]],
        )
        for row in olist.source.rows["order_items"]
    }
    for order_no, rows in olist.source.by_order("order_items").items():
        largest = max(rows, key=lambda row: (centavos(row["price"]), -int(row["order_item_id"])))
        assert main[order_no] == category[largest["product_id"]], rows
    named = olist.rows("SELECT category, name FROM category_names")
    assert {tuple(row) for row in named} == {tuple(row.values()) for row in olist.source.rows["category_names"]}


def test_regions_are_those_of_the_customers_and_unknown_where_nobody_says(olist: Taken) -> None:
    state = {row["customer_id"]: row["customer_state"] for row in olist.source.rows["customers"]}
    city = {row["customer_id"]: row["customer_city"] for row in olist.source.rows["customers"]}
    said = {row["order_id"]: row["customer_id"] for row in olist.source.rows["orders"]}
    stored = olist.rows("SELECT order_no, region_code, city FROM orders")

    assert {row.order_no: row.region_code for row in stored} == {
        order_no: f"BR-{state[customer]}" if state.get(customer) else None for order_no, customer in said.items()
    }
    assert {row.order_no: row.city for row in stored} == {order_no: city.get(customer) or None for order_no, customer in said.items()}
    assert sum(row.region_code is None for row in stored) == 1971 + 23
    unknown = "SELECT DISTINCT region_code FROM orders WHERE region_code NOT IN (SELECT region_code FROM regions)"
    assert olist.rows(unknown) == []


def test_nothing_of_it_is_taken_twice(olist: Taken) -> None:
    query = "SELECT (SELECT count(*) FROM file_runs), count(*), max(xmin::text::bigint) FROM orders"
    before = olist.rows(query)

    again = _take(olist.engine, {name: path_of(olist.folder, name) for name in FILES}, FILES, home=olist.home)

    assert {report.status for report in again.values()} == {"unchanged"}
    assert {name: report.rows for name, report in again.items()} == {name: len(olist.source.rows[name]) for name in FILES}
    assert olist.rows(query) == before


def test_the_eight_files_in_any_order_end_in_the_same_state(source: Olist, engine: Engine, tmp_path: Path) -> None:
    paths = write_some(source, tmp_path / "files", keep=lambda place: place % 100 == 0)
    dice = random.Random(3)
    states = []
    for sequence in (FILES, FILES[::-1], *(dice.sample(FILES, len(FILES)) for _ in range(3))):
        empty(engine)
        _take(engine, paths, sequence, home=tmp_path / "home")
        states.append(final_state(engine))

    assert len(states[0]["orders"]) == 236
    assert all(state == states[0] for state in states)


def test_who_shipped_after_the_earliest_promised_day_is_the_same_to_the_order_as_in_the_raw_files(olist: Taken) -> None:
    items = pd.DataFrame(olist.source.rows["order_items"])
    limits = items.assign(limit=items["shipping_limit_date"].map(instant)).groupby("order_id")["limit"].min()
    raw = pd.DataFrame(olist.source.rows["orders"]).set_index("order_id").join(limits, how="inner")
    raw["shipped"] = raw["order_delivered_carrier_date"].map(lambda text: instant(text) if text else None)
    handed = raw[raw["shipped"].notna()]
    late = set(handed.index[handed["shipped"] > handed["limit"]])

    rows = olist.rows("SELECT order_no, deadline_at, deadline_rule, shipped_from, shipped_to FROM orders WHERE shipped_from = shipped_to")
    judged = {
        row.order_no: is_late(Promised(row.deadline_at, shipped_from=row.shipped_from, shipped_to=row.shipped_to), NOW)
        for row in rows
        if row.deadline_rule == "source"
    }

    assert set(judged) == set(handed.index)
    assert {order for order, is_so in judged.items() if is_so} == late
    assert len(late) / len(handed) == pytest.approx(np.mean([handed["shipped"] > handed["limit"]]))
    assert 1_000 < len(late) < len(handed)


def test_the_cells_of_olist_count_every_promise_once(olist: Taken) -> None:
    cube = next(cube for cube in CUBES if cube.name == "cell_day")
    with olist.engine.connect() as connection:
        found_cells = connection.execute(text(cells_sql(cube)), {"zone": "Asia/Shanghai"}).mappings()
        cells = pd.DataFrame([dict(row) for row in found_cells])
    rows = olist.rows("SELECT * FROM orders WHERE NOT stub AND deadline_at IS NOT NULL")

    found = Counter(
        verdict(
            Promised(
                row.deadline_at,
                shipped_from=row.shipped_from,
                shipped_to=row.shipped_to,
                ended_from=row.cancelled_from,
                ended_to=row.cancelled_to,
                closed_by_merchant=closed_by_merchant(row.close_reason),
            ),
            as_of=NOW,
        )
        for row in rows
    )

    assert cells["due"].sum() == len(rows) - found["excluded"]
    assert cells["on_time"].sum() == found["on_time"]
    assert cells["maybe_on_time"].sum() == found["unsure"]
