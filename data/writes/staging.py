"""How do frames get into Postgres fast, before anything is decided about them?

One set of temporary tables a connection, emptied at the end of each transaction. Frames are written as CSV by Arrow and
copied; nothing is inserted row by row.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from sqlalchemy import Connection, Table, text

from data import tables
from models.orders import CONTACT_FIELDS, LINE_FIELDS, ORDER_FIELDS

_KEY = ("row_number", "shop_id", "order_no")

# What a line says, beyond its key and where it comes from; ``section`` tells the statements of one file apart.
SETTLEMENT_COLUMNS = (
    "line_key", "account", "type", "type_text", "flow_no", "refund_no", "alternates", "occurred_at", "settled_at", "completed_at",
    "currency", "amount_minor", "gross_minor", "fee_minor", "balance_minor", "payout_ref", "pending", "remark",
)  # fmt: skip
BANK_COLUMNS = (
    "line_key", "account", "booked_on", "value_on", "currency", "amount_minor", "balance_minor", "reference", "counterparty", "remark",
)  # fmt: skip
_UNTABLED = {"section": "bigint", **dict.fromkeys(("says", "sku_label", "warehouse_label", "reason", "person"), "text")}

# Staging tables and the columns each takes, beyond the key; types are those of the table they feed.
STAGES: dict[str, tuple[Table, tuple[str, ...]]] = {
    "orders": (tables.order_claims, ORDER_FIELDS),
    "lines": (tables.order_lines, ("line_key", *LINE_FIELDS)),
    "events": (tables.order_events, ("type", "part", "occurred_from", "occurred_to")),
    "sightings": (tables.order_sightings, ("status",)),
    "contacts": (tables.order_contacts, CONTACT_FIELDS),
    "settlement": (tables.settlement_lines, (*SETTLEMENT_COLUMNS, "section")),
    "bank": (tables.bank_lines, (*BANK_COLUMNS, "section")),
    "stock": (
        tables.parked_stock_rows,
        ("says", "sku_label", "warehouse_label", "kind", "quantity", "as_of", "move_key", "reason", "person"),
    ),
}


# For sorting and hashing a large file's rows in memory instead of on disk.
_WORK_MEMORY = "128MB"


def give_memory(connection: Connection) -> None:
    """Let this transaction sort and hash in memory; few of them run at a time."""
    connection.execute(text(f"SET LOCAL work_mem = '{_WORK_MEMORY}'"))


def open_stages(connection: Connection) -> None:
    """Create this connection's staging tables where it has none yet; they empty themselves at commit."""
    for name, (table, columns) in STAGES.items():
        typed = ", ".join(f"{column} {_type_of(connection, table, column)}" for column in columns)
        connection.execute(
            text(
                f"CREATE TEMP TABLE IF NOT EXISTS stage_{name} (row_number bigint, shop_id text, order_no text, {typed})"
                " ON COMMIT DELETE ROWS"
            )
        )
    connection.execute(
        text("""
        CREATE TEMP TABLE IF NOT EXISTS touched (shop_id text, order_no text, nature text, file_id bigint, as_of timestamptz)
        ON COMMIT DELETE ROWS
        """)
    )


def _type_of(connection: Connection, table: Table, column: str) -> str:
    return _UNTABLED.get(column) or str(table.c[column].type.compile(connection.dialect))


def analyze(connection: Connection, counts: Mapping[str, int]) -> None:
    """Tell the planner how large the stages are and how often an order comes; a temporary table is never analyzed by itself."""
    for name, count in counts.items():
        if count:
            connection.execute(text(f"ANALYZE stage_{name} (shop_id, order_no)"))


def stage(connection: Connection, name: str, frame: pd.DataFrame | None) -> int:
    """Copy a frame into ``stage_<name>``; columns the stage does not know are an error. Return its row count."""
    if frame is None or frame.empty:
        return 0
    known = {*_KEY, *STAGES[name][1]}
    unknown = set(frame.columns) - known
    if unknown:
        raise ValueError(f"stage_{name} has no column {sorted(unknown)}")
    copy_frame(connection, f"stage_{name}", frame)
    return len(frame)


def entry_columns(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of a statement's lines that their stage takes."""
    return frame[[column for column in (*_KEY, *STAGES[name][1]) if column in frame]]


def copy_frame(connection: Connection, table: str, frame: pd.DataFrame) -> None:
    """COPY a frame into a table by column name; missing values become NULL."""
    arrow = _instants_as_text(pa.Table.from_pandas(frame, preserve_index=False))
    buffer = io.BytesIO()
    csv.write_csv(arrow, buffer, csv.WriteOptions(include_header=False))
    buffer.seek(0)
    columns = ", ".join(f'"{column}"' for column in frame.columns)
    with _cursor(connection) as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, NULL '')", buffer, size=1 << 20)


def _instants_as_text(arrow: pa.Table) -> pa.Table:
    """Write instants out as text in UTC: the CSV writer looks up the zone of every single one."""
    for place, column in enumerate(arrow.schema):
        if pa.types.is_timestamp(column.type) and column.type.tz is not None:
            in_utc = arrow.column(place).cast(pa.timestamp(column.type.unit)).cast(pa.string())
            arrow = arrow.set_column(place, column.name, pc.binary_join_element_wise(in_utc, "Z", ""))
    return arrow


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY plain tuples into a table; for the few rows that are not a frame."""
    frame = pd.DataFrame(list(rows), columns=list(columns))
    if not frame.empty:
        copy_frame(connection, table, frame)


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()
