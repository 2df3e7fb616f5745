"""Do the model's facts say of each order what was known, and since when?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, insert

from data import tables
from data.queries import risk_facts as queried
from data.queries.risk_facts import risk_clocks, risk_facts
from models.delay_risk.examples import open_examples, training_examples
from models.delay_risk.facts import CODES, FLAGS, INSTANTS, NUMBERS
from tests.given_orders import an_order, insert_rows

PAID = datetime(2026, 11, 2, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def _paid(order_no: str, *, nature: str = "live", **given: object) -> dict[str, object]:
    plain = {
        "stage": "paid",
        "paid_from": PAID,
        "paid_to": PAID,
        "clock_start_at": PAID,
        "nature": nature,
        "ingested_at": PAID + timedelta(hours=1),
    }
    return an_order("tm", order_no, created_at=PAID - timedelta(minutes=5), channel="tmall", **{**plain, **given})


def _event(order_no: str, kind: str, at: datetime, *, heard: datetime, nature: str) -> dict[str, object]:
    return {
        "shop_id": "tm", "order_no": order_no, "type": kind, "part": "", "source": "wms.orders", "occurred_from": at, "occurred_to": at,
        "rank": 20, "observed_at": at, "ingested_at": heard, "nature": nature, "file_id": 1, "row_number": 1,
    }  # fmt: skip


def test_a_live_shipment_is_known_when_we_heard_of_it_and_a_backfilled_one_when_it_happened(connection: Connection) -> None:
    left, heard = PAID + timedelta(hours=5), PAID + timedelta(hours=30)
    shipped: dict[str, Any] = {"stage": "shipped", "shipped_from": left, "shipped_to": left}
    insert_rows(connection, tables.orders, [_paid("L", **shipped), _paid("B", nature="backfill", **shipped)])
    insert_rows(
        connection, tables.order_events,
        [_event("L", "shipped", left, heard=heard, nature="live"), _event("B", "shipped", left, heard=NOW, nature="backfill")],
    )  # fmt: skip

    found = risk_facts(connection, since=SINCE, as_of=NOW).set_index("order_no")

    assert found.loc["L", "shipped_known_at"] == heard.timestamp() and found.loc["L", "shipped_at"] == left.timestamp()
    assert found.loc["B", "shipped_known_at"] == left.timestamp() and bool(found.loc["B", "backfilled"])
    assert found.loc["L", "start_known_at"] == (PAID + timedelta(hours=1)).timestamp()
    assert found.loc["B", "start_known_at"] == PAID.timestamp()


def test_every_column_is_there_typed_and_nothing_else(connection: Connection) -> None:
    insert_rows(connection, tables.orders, [_paid("1"), _paid("2", region_code="CN-51", warehouse_code="CN-HZ", goods_minor=1_00)])

    found = risk_facts(connection, since=SINCE, as_of=NOW)

    assert set(found) == {"order_no", *CODES, *FLAGS, *INSTANTS, *NUMBERS}
    assert all(found[name].dtype == np.float64 for name in (*INSTANTS, *NUMBERS))
    assert all(found[name].dtype == "category" and found[name].notna().all() for name in CODES)
    assert all(found[name].dtype == bool for name in FLAGS)


def test_no_order_at_all_is_an_empty_frame_that_the_model_takes(connection: Connection) -> None:
    found = risk_facts(connection, since=SINCE, as_of=NOW)

    examples = training_examples(found, risk_clocks(connection), target="working_days", as_of=NOW, seed=1)

    assert len(found) == len(examples) == len(open_examples(found, {}, target="hours", as_of=NOW)) == 0


def test_stubs_virtual_orders_and_other_shops_are_left_out(connection: Connection) -> None:
    other = {**_paid("4"), "shop_id": "dy"}
    insert_rows(connection, tables.orders, [_paid("1"), _paid("2", stub=True), _paid("3", clock_start_at=None), other])

    assert risk_facts(connection, since=SINCE, as_of=NOW, shops=["tm"])["order_no"].tolist() == ["1"]
    assert sorted(risk_facts(connection, since=SINCE, as_of=NOW)["order_no"]) == ["1", "4"]
    assert risk_facts(connection, since=SINCE, as_of=NOW, keys=[("dy", "4")])["order_no"].tolist() == ["4"]


def test_a_warehouse_is_stated_where_the_platform_itself_named_it_and_nobody_another(connection: Connection) -> None:
    insert_rows(
        connection, tables.orders, [_paid("P", warehouse_code="W1"), _paid("W", warehouse_code="W1"), _paid("R", warehouse_code="W2")]
    )
    claim = {"shop_id": "tm", "parent": False, "owned": 0, "observed_at": PAID, "manifest_version": 1, "file_id": 1, "row_number": 1}
    insert_rows(
        connection, tables.order_claims,
        [{**claim, "order_no": "P", "source": "p", "rank": 30, "warehouse_code": "W1"},
         {**claim, "order_no": "R", "source": "p", "rank": 30, "warehouse_code": "W1"},
         {**claim, "order_no": "W", "source": "w", "rank": 20, "warehouse_code": "W1"}],
    )  # fmt: skip

    found = risk_facts(connection, since=SINCE, as_of=NOW).set_index("order_no")["warehouse_stated"]

    assert found.to_dict() == {"P": True, "W": False, "R": False}


def test_a_shops_clock_has_its_zone_and_the_days_of_its_calendar(connection: Connection) -> None:
    shop = {"channel": "olist", "currency": "BRL", "complete": False, "created_at": PAID}
    connection.execute(insert(tables.shops), [{**shop, "shop_id": "br", "name": "br", "zone": "America/Sao_Paulo", "calendar": "BR"}])

    clock = risk_clocks(connection)["br"]

    days_off = [day for day, works in clock.days.decided.items() if not works and day.year == 2017 and day.weekday() < 5]
    assert clock.zone == "America/Sao_Paulo"
    assert [f"{day:%m-%d}" for day in sorted(days_off)] == [
        "02-27", "02-28", "04-14", "04-21", "05-01", "06-15", "09-07", "10-12", "11-02", "11-15", "12-25",
    ]  # fmt: skip


def test_orders_of_one_second_stand_by_shop_and_number_and_half_a_second_counts_up(connection: Connection) -> None:
    later = PAID + timedelta(milliseconds=1500)
    rows = [_paid(number, clock_start_at=at) for number, at in (("b", PAID), ("c", later), ("a", PAID), ("d", PAID + timedelta(seconds=2)))]
    insert_rows(connection, tables.orders, rows)

    facts = risk_facts(connection, since=SINCE, as_of=NOW)

    assert facts["order_no"].tolist() == ["a", "b", "c", "d"]
    assert (facts["start_at"] - PAID.timestamp()).tolist() == [0.0, 0.0, 2.0, 2.0]


def test_a_live_order_is_known_when_we_were_told_and_a_backfilled_one_from_its_start(connection: Connection) -> None:
    told = PAID + timedelta(hours=3)
    insert_rows(connection, tables.orders, [_paid("L", ingested_at=told), _paid("B", nature="backfill", ingested_at=told)])

    facts = risk_facts(connection, since=SINCE, as_of=NOW).set_index("order_no")

    assert facts["start_known_at"].to_dict() == {"L": told.timestamp(), "B": PAID.timestamp()}


def test_a_question_that_the_server_refuses_is_its_error_and_hangs_nobody(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queried, "_FACTS", "SELECT 1 / 0 AS shop_id")

    with pytest.raises(Exception, match="division by zero"), connection.begin_nested():
        risk_facts(connection, since=SINCE, as_of=NOW)


def test_a_reader_that_fails_says_why_and_hangs_nobody(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queried, "_FACTS", "SELECT repeat('x', 1000) FROM generate_series(1, 100000)")

    def fails(*_: object, **__: object) -> None:
        raise ValueError("no such column")

    monkeypatch.setattr("data.queries.risk_facts.csv.read_csv", fails)

    with pytest.raises(ValueError, match="no such column"), engine.connect() as own:
        risk_facts(own, since=SINCE, as_of=NOW)
