"""What is known of each order, and since when, as the delay model needs it?

``known_at`` of what happened is when we learnt it for live orders, and when it happened for back-filled ones (按发生时间). Instants leave
as unix seconds through COPY and are read while the server still writes: a million narrow rows come in a few seconds.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection, text

from data.measures import IMAGE
from models.delay_risk.clocks import ShopClock
from models.delay_risk.facts import CODES, FLAGS, INSTANTS, NUMBERS
from models.events import RANK_PLATFORM
from models.promise import WorkingDays

# What may have happened to an order, and the events by which it is known.
_HAPPENED = {
    "shipped": ("shipped",),
    "ended": ("cancelled", "refunded"),
    "delivered": ("delivered",),
    "reviewed": ("reviewed",),
    "allocated": ("allocated",),
    "waybilled": ("waybilled",),
}
_BLOCK_BYTES = 8 << 20
_BLAMED = IMAGE["closed_by_merchant"].replace("%", "%%")
# Rounded to the second, halves up; ``extract`` would reckon in numerics, which takes far longer.
_EPOCH = "CAST(floor(date_part('epoch', {}) + 0.5) AS bigint)"


def risk_facts(
    connection: Connection,
    *,
    since: datetime,
    as_of: datetime,
    shops: Sequence[str] | None = None,
    keys: Sequence[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Return one row an order whose ship clock started in [since, as_of], by that start; only of ``shops``, of ``keys`` where given.

    The columns are those of ``models.delay_risk.facts``. An order that is not the model's concern (a stub, virtual) has no row.
    """
    sql = _FACTS.format(
        chosen="" if shops is None else "AND o.shop_id = ANY(%(shops)s)",
        keyed="" if keys is None else "JOIN unnest(%(key_shops)s, %(key_orders)s) AS k (shop_id, order_no) USING (shop_id, order_no)",
    )
    given = {
        "since": since,
        "as_of": as_of,
        "shops": list(shops or ()),
        "key_shops": [shop for shop, _ in keys or ()],
        "key_orders": [order for _, order in keys or ()],
    }
    frame = _copied(connection, sql, given)
    _add_known(frame)
    return _by_start(frame)


def risk_clocks(connection: Connection) -> Mapping[str, ShopClock]:
    """Return each shop's zone and working days."""
    decided: dict[str, dict[date, bool]] = {}
    for row in connection.execute(text("SELECT calendar, day, working FROM calendar_days")):
        decided.setdefault(row.calendar, {})[row.day] = row.working
    days = {calendar: WorkingDays(of) for calendar, of in decided.items()}
    shops = connection.execute(text("SELECT shop_id, zone, calendar FROM shops"))
    return {row.shop_id: ShopClock(row.zone, row.calendar, days.get(row.calendar, WorkingDays())) for row in shops}


def _copied(connection: Connection, sql: str, given: Mapping[str, object]) -> pd.DataFrame:
    """COPY a query's rows out and read them with Arrow; codes become categories, an absent one ''."""
    types = {name: pa.dictionary(pa.int32(), pa.string()) for name in CODES}
    types |= dict.fromkeys(INSTANTS, pa.float64()) | dict.fromkeys(NUMBERS, pa.float64())
    types |= {"shop_id": types[CODES[0]], "order_no": pa.string(), **dict.fromkeys(FLAGS, pa.bool_())}
    options = csv.ConvertOptions(column_types=types, true_values=["t"], false_values=["f"], strings_can_be_null=False, null_values=[""])
    # each column is given up once it has been taken over: a history of millions of orders would be held twice
    frame: pd.DataFrame = _read_while_written(connection, sql, given, options=options).to_pandas(split_blocks=True, self_destruct=True)
    for name in (*INSTANTS, *NUMBERS):
        frame[name] = frame[name].to_numpy(np.float64, na_value=np.nan)
    pa.default_memory_pool().release_unused()
    return frame


def _read_while_written(connection: Connection, sql: str, given: Mapping[str, object], *, options: csv.ConvertOptions) -> pa.Table:
    """Let Arrow read what the server writes at the other end of a pipe; whichever end fails, the other one ends too."""
    cursor: Any = connection.connection.cursor()
    with cursor, ThreadPoolExecutor(1, thread_name_prefix="facts") as pool:
        asked = f"COPY ({cursor.mogrify(sql, given).decode()}) TO STDOUT (FORMAT csv, HEADER, NULL '')"
        outlet, inlet = os.pipe()
        reading = pool.submit(_read, outlet, options)
        try:
            with os.fdopen(inlet, "wb", buffering=_BLOCK_BYTES) as written:
                cursor.copy_expert(asked, written, size=1 << 20)
        except BrokenPipeError:
            # the reader has gone, and knows why
            reading.result()
            raise
        return reading.result()


def _read(outlet: int, options: csv.ConvertOptions) -> pa.Table:
    # buffered, so that a block is as large as asked for: each has words of its own, which are put together afterwards
    with os.fdopen(outlet, "rb", buffering=_BLOCK_BYTES) as pipe:
        return csv.read_csv(pipe, read_options=csv.ReadOptions(block_size=_BLOCK_BYTES), convert_options=options)


def _add_known(frame: pd.DataFrame) -> None:
    """Say since when each thing is known: since it happened, and of live orders not before we were told."""
    told = frame["start_known_at"].to_numpy(np.float64)
    frame["start_known_at"] = np.fmax(frame["start_at"].to_numpy(np.float64), told)
    for name in _HAPPENED:
        happened, told = (frame[f"{name}_{end}"].to_numpy(np.float64) for end in ("at", "known_at"))
        frame[f"{name}_known_at"] = np.where(np.isnan(happened), np.nan, np.fmax(happened, told))


def _by_start(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by the start of the clock; shop and number are looked at only where several began in one second."""
    start = frame["start_at"].to_numpy(np.float64)
    order = np.argsort(start, kind="stable")
    same = np.diff(start[order]) == 0
    tied = np.append(False, same) | np.append(same, False)
    if tied.any():
        places = order[tied]
        among = frame[["start_at", "shop_id", "order_no"]].iloc[places].reset_index(drop=True)
        order[tied] = places[among.sort_values(["start_at", "shop_id", "order_no"]).index.to_numpy()]
    return frame.take(order).reset_index(drop=True)


def _told(name: str, events: Sequence[str]) -> str:
    """Return the column of when we were told that something happened to a live order."""
    learnt = f"least({', '.join(f'learnt.{event}' for event in events)})"
    return f"{_EPOCH.format(learnt)} AS {name}_known_at"


def _happened(events: Sequence[str]) -> str:
    return f"least({', '.join(f'o.{event}_to' for event in events)})"


_TIMES = ", ".join(f"{_EPOCH.format(_happened(events))} AS {name}_at, {_told(name, events)}" for name, events in _HAPPENED.items())
_FROM = ", ".join(f"{_EPOCH.format(f'o.{name}_from')} AS {name}_from" for name in ("shipped", "delivered"))
_EVENTS = sorted({event for events in _HAPPENED.values() for event in events})
_LEARNT = ", ".join(f"min(e.ingested_at) FILTER (WHERE type = '{event}') AS {event}" for event in _EVENTS)
_CHOSEN = "NOT o.stub AND o.clock_start_at >= %(since)s AND o.clock_start_at <= %(as_of)s {chosen}"
_NAMED = ", ".join(f"'{event}'" for event in _EVENTS)

# Which orders' ship clocks have started, what of them was known when, from where to where they go and what is in them? Orders are looked up
# twice: a list of all their columns would not fit in memory, one of their keys does.
_FACTS = f"""
    WITH chosen AS MATERIALIZED (
        SELECT o.shop_id, o.order_no, o.nature, o.line_source, o.warehouse_code FROM orders AS o {{keyed}} WHERE {_CHOSEN}
    ),
    learnt AS (
        SELECT shop_id, order_no, {_LEARNT} FROM order_events AS e JOIN chosen USING (shop_id, order_no)
        WHERE chosen.nature = 'live' AND e.nature = 'live' AND type IN ({_NAMED}) AND part = '' GROUP BY shop_id, order_no
    ),
    said AS (
        SELECT shop_id, order_no, bool_or(c.warehouse_code = chosen.warehouse_code AND c.rank = {RANK_PLATFORM}) AS warehouse
        FROM order_claims AS c JOIN chosen USING (shop_id, order_no)
        WHERE c.warehouse_code IS NOT NULL GROUP BY shop_id, order_no
    ),
    contents AS (
        SELECT shop_id, order_no, count(*) AS lines, sum(quantity) AS pieces, (array_agg(sku_code ORDER BY amount_minor DESC NULLS LAST))[1]
            AS sku
        FROM order_lines AS l JOIN chosen USING (shop_id, order_no) WHERE l.source = chosen.line_source GROUP BY shop_id, order_no
    ),
    places AS (
        SELECT region_code, lower(city) AS city, avg(latitude) AS latitude, avg(longitude) AS longitude
        FROM zip_regions WHERE latitude IS NOT NULL GROUP BY region_code, lower(city)
    )
    SELECT o.shop_id, o.order_no, coalesce(o.channel, '') AS channel, coalesce(o.kind, '') AS kind,
        coalesce(o.region_code, '') AS region_code, coalesce(o.category, '') AS category, coalesce(o.payment_method, '') AS payment_method,
        coalesce(o.warehouse_code, '') AS warehouse_code, coalesce(o.carrier_code, '') AS carrier_code,
        coalesce(w.region_code, s.region_code, '') AS warehouse_region, coalesce(s.city, '') AS warehouse_city,
        coalesce(c.sku, '') AS sku_code, o.nature = 'backfill' AS backfilled,
        coalesce({_BLAMED}, false) AS closed_by_merchant,
        coalesce(said.warehouse, false) AS warehouse_stated,
        {_EPOCH.format("o.clock_start_at")} AS start_at, {_EPOCH.format("o.created_at")} AS created_at,
        {_EPOCH.format("CASE o.nature WHEN 'live' THEN o.ingested_at END")} AS start_known_at,
        {_TIMES}, {_FROM}, {_EPOCH.format("o.deadline_at")} AS deadline_at,
        {_EPOCH.format("o.promised_delivery_at")} AS promised_delivery_at,
        o.goods_minor, o.freight_minor, o.paid_minor, o.discount_minor, c.lines, c.pieces,
        CASE WHEN a.latitude IS NOT NULL AND b.latitude IS NOT NULL THEN 6371 * acos(least(1, greatest(-1,
            sin(radians(a.latitude)) * sin(radians(b.latitude))
            + cos(radians(a.latitude)) * cos(radians(b.latitude)) * cos(radians(a.longitude - b.longitude))))) END AS distance_km
    FROM orders AS o {{keyed}} LEFT JOIN learnt USING (shop_id, order_no) LEFT JOIN said USING (shop_id, order_no)
    LEFT JOIN contents AS c USING (shop_id, order_no)
    LEFT JOIN warehouses AS w ON w.warehouse_code = o.warehouse_code LEFT JOIN sellers AS s ON s.seller_id = o.warehouse_code
    LEFT JOIN places AS a ON (a.region_code, a.city) = (o.region_code, lower(o.city))
    LEFT JOIN places AS b ON (b.region_code, b.city) = (s.region_code, lower(s.city))
    WHERE {_CHOSEN}"""
