"""What do files read again, with other rows than before, leave in the database? For tests; stored by what ingest itself stores with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, text

from data import tables
from data.writes import merge_bank, merge_statements
from data.writes.merge_statements import Bringer
from data.writes.staging import copy_frame, open_stages
from tests.given_orders import insert_rows

Row = Mapping[str, Any]
# what ingest gives a row, and a test's row need not say
_GIVEN = {"source", "file_id", "manifest_version", "nature", "observed_at", "ingested_at"}


def orders_again(engine: Engine, orders: Sequence[Row], *, as_of: datetime) -> None:
    """Store orders in the place of what they were."""
    with engine.begin() as connection:
        for order in orders:
            connection.execute(text("DELETE FROM orders WHERE (shop_id, order_no) = (:shop_id, :order_no)"), dict(order))
        insert_rows(connection, tables.orders, [{**order, "changed_at": as_of} for order in orders])


def statements_again(engine: Engine, source: str, lines: Sequence[Row], *, reading: int, as_of: datetime) -> None:
    """Read the one file of a source for the nth time: these lines are all it says now."""
    with engine.begin() as connection:
        who = _bringer(connection, source, reading=reading, as_of=as_of, kind="settlement")
        currencies = sorted({(line["shop_id"], line["currency"]) for line in lines})
        merge_statements.name_statements(connection, {(shop_id, 0, "", currency): 1 for shop_id, currency in currencies})
        arrays = [{**line, "alternates": "{" + ",".join(line["alternates"]) + "}"} for line in lines]
        _stage(connection, "stage_settlement", arrays)
        merge_statements.forget_earlier_reading(connection, who)
        merge_statements.store_lines(connection, who)
        _taken(connection, who, kind="settlement")


def bank_again(engine: Engine, lines: Sequence[Row], *, reading: int, as_of: datetime) -> None:
    """Read the one file of the bank for the nth time: these lines are all it says now."""
    with engine.begin() as connection:
        who = _bringer(connection, "icbc.account", reading=reading, as_of=as_of, kind="bank")
        accounts = sorted({(line["account"], line["currency"]) for line in lines})
        merge_statements.name_statements(connection, {("", 0, account, currency): 1 for account, currency in accounts})
        _stage(connection, "stage_bank", lines)
        merge_bank.forget_earlier_reading(connection, who)
        merge_bank.store_lines(connection, who)
        _taken(connection, who, kind="bank")


def _bringer(connection: Connection, source: str, *, reading: int, as_of: datetime, kind: str) -> Bringer:
    open_stages(connection)
    asked = text("SELECT coalesce(min(file_id) FILTER (WHERE source = :source), coalesce(max(file_id), 0) + 1) FROM file_runs")
    file_id = connection.execute(asked, {"source": source}).scalar_one()
    return Bringer(source, file_id, reading, "live", as_of, as_of)


def _stage(connection: Connection, stage: str, lines: Sequence[Row]) -> None:
    rows = [{**{k: v for k, v in line.items() if k not in _GIVEN}, "row_number": place, "section": 0} for place, line in enumerate(lines)]
    if rows:
        # every value as it is: a column of whole numbers with gaps must not become one of fractions
        copy_frame(connection, stage, pd.DataFrame(rows, dtype=object))


def _taken(connection: Connection, who: Bringer, *, kind: str) -> None:
    of = {"file_id": who.file_id, "manifest": who.source, "manifest_version": who.manifest_version, "source": who.source, "kind": kind}
    counts = dict.fromkeys(("rows", "accepted", "refused", "orders", "lines"), 0)
    row = {**of, **counts, "status": "ingested", "started_at": who.as_of, "finished_at": who.as_of}
    insert_rows(connection, tables.file_runs, [row])
