"""What does a shop look like whose pages are measured? Ten million orders with all that the pages show beside them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, text

from data import actions, tables
from data.roll_up import roll_up_changes
from data.settings import Settings
from data.stage_history import DAYS, refresh_stages
from tests.bench.scale import Scale
from tests.bench.server import own_server, settle
from tests.bench.stored_orders import CATEGORIES, CHANNELS, WAREHOUSES, fill_orders
from tests.given_orders import insert_rows

TIMES_LARGER = 10
# Files of live pulls: one a shop every five minutes since the merchant began with us.
_LIVE_DAYS, _PULL_MINUTES = 90, 5
# Orders that somebody owns; one in fifty orders was held, one in a hundred came back.
_OWNED = 4_000
_ROLES = ("manager", "operations", "warehouse")


@dataclass(frozen=True)
class Store:
    """A filled server; ``until`` is when the last order was placed, ``seconds`` what each step of making it took."""

    engine: Engine
    settings: Settings
    until: datetime
    orders: int
    seconds: dict[str, float]


@contextmanager
def filled_store(scale: Scale) -> Iterator[Store]:
    """Give a store of ten times the run's orders, rolled up, stages refreshed; of the demo, so that one may look without signing in."""
    settings = Settings(home=scale.folder / "pages", inbox=None, database_url=None)
    until, orders = datetime.now(UTC).replace(second=0, microsecond=0), scale.orders * TIMES_LARGER
    with own_server(settings) as engine:
        store = Store(engine, settings, until, orders, {})
        for name, step in _STEPS.items():
            began = time.perf_counter()
            step(store)
            store.seconds[name] = time.perf_counter() - began
        yield store


def _fill(store: Store) -> None:
    fill_orders(store.engine, orders=store.orders, until=store.until)
    with store.engine.begin() as connection:
        _masters(connection, until=store.until)
        connection.execute(text(_FILES), {"until": store.until})
        connection.execute(text(_RUNS))
        connection.execute(text(_ASIDES), {"until": store.until})
    names = {role: role for role in _ROLES}
    people = [person.person_id for person in actions.demo_people(store.engine, names=names, as_of=store.until)]
    with store.engine.begin() as connection:
        connection.execute(text(_OWNERS), {"until": store.until, "people": people, "owned": _OWNED})
    settle(store.engine)


def _roll_up(store: Store) -> None:
    roll_up_changes(store.engine, settings=store.settings, as_of=store.until)


def _refresh(store: Store) -> None:
    refresh_stages(store.engine, settings=store.settings, as_of=store.until)
    settle(store.engine)


_STEPS = {"fill": _fill, "roll_up": _roll_up, "refresh_stages": _refresh}


def _masters(connection: Connection, *, until: datetime) -> None:
    """Insert shops, warehouses, a SKU a category, and a jobs process that beats for as long as anybody measures."""
    insert_rows(connection, tables.shops, [_shop(channel, until=until) for channel in CHANNELS])
    named: list[dict[str, Any]] = [
        {"warehouse_code": code, "name": f"{code} 仓", "aliases": [], "observed_at": until} for code in WAREHOUSES
    ]
    insert_rows(connection, tables.warehouses, named)
    skus = [{"sku_code": name, "valid_from": until, "name": name, "category": name, "observed_at": until} for name in CATEGORIES]
    insert_rows(connection, tables.skus, skus)
    beat = {"process": "jobs", "host": "bench", "pid": 1, "started_at": until, "beat_at": until + timedelta(days=1)}
    insert_rows(connection, tables.heartbeats, [beat])


def _shop(channel: str, *, until: datetime) -> dict[str, Any]:
    currency = "USD" if channel == "shopify" else "CNY"
    named = {"shop_id": f"{channel}-shop", "channel": channel, "name": f"{channel} 店"}
    return named | {"zone": "Asia/Shanghai", "currency": currency, "complete": True, "created_at": until}


_FILES = f"""
    INSERT INTO source_files (shop_id, sha256, name, size_bytes, nature, received_at)
    SELECT shop_id, encode(sha256(convert_to(shop_id || at::text, 'UTF8')), 'hex'), 'pull.json', 20480, 'live', at
    FROM shops CROSS JOIN generate_series(
        CAST(:until AS timestamptz) - interval '{_LIVE_DAYS} days', :until, interval '{_PULL_MINUTES} minutes'
    ) AS at ORDER BY at, shop_id"""
_RUNS = """
    INSERT INTO file_runs (file_id, manifest, manifest_version, source, kind, status, rows, accepted, refused, orders, lines,
        latest_event_at, started_at, finished_at)
    SELECT file_id, channel, 1, channel || '.orders', 'orders', 'ingested', 12, 12, 0, 12, 0, received_at, received_at, received_at
    FROM source_files JOIN shops USING (shop_id) ORDER BY file_id"""

# What an order's row does not keep and its variant shows, of the days of which variants are kept.
_ASIDE = "hashtextextended(order_no, 1) & 1023"
_ASIDES = f"""
    INSERT INTO order_events (shop_id, order_no, type, part, source, occurred_from, occurred_to, rank, observed_at, ingested_at, nature,
        file_id, row_number)
    SELECT shop_id, order_no, type, part, 'bench.orders', at, at, 30, at, at, 'live', 1, 1
    FROM orders CROSS JOIN LATERAL (VALUES
        ('held', '', CASE WHEN {_ASIDE} < 20 THEN paid_to + interval '10 minutes' END),
        ('released', '', CASE WHEN {_ASIDE} < 20 AND shipped_to IS NOT NULL THEN shipped_to - interval '5 minutes' END),
        ('returned', 'r1', CASE WHEN {_ASIDE} > 1010 THEN delivered_to + interval '1 day' END)
    ) AS aside (type, part, at)
    WHERE created_at > CAST(:until AS timestamptz) - interval '{DAYS} days' AND ({_ASIDE} < 20 OR {_ASIDE} > 1010) AND at <= :until"""
# Somebody owns the open orders that wait longest, and as many of the last days' orders.
_OWNERS = """
    INSERT INTO order_owners (shop_id, order_no, owner, version, set_by, set_at)
    SELECT shop_id, order_no, (CAST(:people AS text[]))[1 + (row_number() OVER (ORDER BY order_no)) % cardinality(CAST(:people AS text[]))],
        1, 'demo.manager', :until
    FROM (
        (SELECT shop_id, order_no FROM orders WHERE stage IN ('paid', 'reviewed', 'waybilled') ORDER BY stage_since LIMIT :owned)
        UNION (SELECT shop_id, order_no FROM orders ORDER BY created_at DESC LIMIT :owned)
    ) AS owned"""
