"""What is each shop told to show, and when did it last change? Rows in ``channel_stock`` and a file a shop for whoever carries it there."""

import csv
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from data.settings import Settings
from models.stock.publishing import Quota, Threshold, action_at, divided, evenly
from models.stock.words import CHANNEL_ACTIONS

HEADER = ("商家编码", "可售数量", "动作", "截至时间")
ACTION_WORDS = {word.key: word.name_zh for word in CHANNEL_ACTIONS}
# Files kept a shop; each one is whole, the newest is the one to read.
KEPT_FILES = 20


@dataclass(frozen=True)
class Told:
    """What a shop is told of a SKU."""

    sku_code: str
    shop_id: str
    quantity: int
    action: str
    available: int


def publish(engine: Engine, *, settings: Settings, as_of: datetime) -> int:
    """Tell every shop what has changed for it: rows first, then its whole file; returns how many rows changed.

    The file is there before the rows are committed: a process that dies in between writes it again.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('stock publishing', 0))"))
        _list_new(connection, as_of=as_of)
        told = list(_to_tell(connection, as_of=as_of))
        changed = _store(connection, told, as_of=as_of)
        for shop_id in sorted({each.shop_id for each in changed}):
            _write_file(connection, settings, shop_id=shop_id, as_of=as_of)
    return len(changed)


def _list_new(connection: Connection, *, as_of: datetime) -> None:
    """List what shops were seen to sell and nothing was told of yet."""
    connection.execute(
        text("""
        INSERT INTO channel_stock (sku_code, shop_id, warehouse_code, channel)
        SELECT DISTINCT s.sku_code, s.shop_id, '', s.channel
        FROM order_holding AS h JOIN order_holding_skus AS s USING (shop_id, order_no)
        WHERE s.tracked AND h.known_at >= coalesce((SELECT max(told_at) FROM channel_stock), '-infinity') - interval '1 day'
            AND h.known_at <= :as_of
        ON CONFLICT DO NOTHING
        """),
        {"as_of": as_of},
    )


def _to_tell(connection: Connection, *, as_of: datetime) -> Iterable[Told]:
    """Yield what shops are to be told of the SKUs whose stock, rules or quotas changed since they were told last."""
    listed: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(text(_LISTED), {"as_of": as_of}):
        listed[row.sku_code].append(row)
    quotas = {
        (row.channel, row.sku_code): row for row in connection.execute(text("SELECT * FROM publish_quotas WHERE warehouse_code = '*'"))
    }
    rules = {(row.sku_code, row.channel): row for row in connection.execute(text("SELECT * FROM stock_rules"))}
    for sku, shops in listed.items():
        yield from _told_of(sku, shops, quotas=quotas, rules=rules)


# Of every SKU that has a row to look at, all its shops: what one gets depends on the others.
_LISTED = """
    WITH available AS (
        SELECT s.sku_code, sum(greatest(s.on_hand - s.held + coalesce(e.units, 0), 0))::bigint AS units, max(s.changed_at) AS changed_at,
            max(e.expires_at) AS expired_at
        FROM stock AS s LEFT JOIN (
            SELECT sku_code, warehouse_code, sum(units) AS units, max(expires_at) AS expires_at FROM holds
            WHERE state = 'placed' AND expires_at <= :as_of GROUP BY sku_code, warehouse_code
        ) AS e USING (sku_code, warehouse_code) GROUP BY s.sku_code
    ),
    set_at AS (SELECT greatest((SELECT max(set_at) FROM publish_quotas), (SELECT max(set_at) FROM stock_rules)) AS at),
    stale AS (
        SELECT DISTINCT sku_code FROM channel_stock AS c JOIN available AS a USING (sku_code) CROSS JOIN set_at
        WHERE c.warehouse_code = '' AND (told_at IS NULL OR told_at < greatest(a.changed_at, a.expired_at, set_at.at))
    )
    SELECT c.sku_code, c.shop_id, c.channel, c.told_action, a.units AS available
    FROM channel_stock AS c JOIN stale USING (sku_code) JOIN available AS a USING (sku_code)
    WHERE c.warehouse_code = '' ORDER BY c.sku_code, c.channel, c.shop_id"""


def _told_of(
    sku: str, shops: Sequence[Any], *, quotas: Mapping[tuple[str, str], Any], rules: Mapping[tuple[str, str], Any]
) -> Iterable[Told]:
    available = shops[0].available
    channels = sorted({row.channel for row in shops})
    parts = divided(available, [_quota(channel, quotas.get((channel, sku)) or quotas.get((channel, "*"))) for channel in channels])
    for channel in channels:
        own = [row for row in shops if row.channel == channel]
        threshold = _threshold(next((rules[key] for key in _rule_keys(sku, channel) if key in rules), None))
        pieces = evenly(parts[channel], [row.shop_id for row in own])
        for row in own:
            action = action_at(available, threshold, told=row.told_action)
            yield Told(sku, row.shop_id, 0 if action == "delist" else pieces[row.shop_id], action, available)


def _rule_keys(sku: str, channel: str) -> tuple[tuple[str, str], ...]:
    return (sku, channel), (sku, "*"), ("*", channel), ("*", "*")


def _quota(channel: str, row: Any) -> Quota:
    if row is None:
        return Quota(channel)
    return Quota(channel, share=None if row.share is None else Fraction(row.share), units=row.units)


def _threshold(row: Any) -> Threshold | None:
    return None if row is None else Threshold(row.threshold, row.action, row.relist_above)


def _store(connection: Connection, told: Sequence[Told], *, as_of: datetime) -> list[Told]:
    """Write what shops are told, with the instant it holds for; returns what is other than before."""
    if not told:
        return []
    rows = connection.execute(
        text("""
        WITH g AS (
            SELECT * FROM unnest(CAST(:skus AS text[]), CAST(:shops AS text[]), CAST(:quantities AS bigint[]), CAST(:actions AS text[]),
                CAST(:available AS bigint[])) AS g (sku_code, shop_id, quantity, action, available)
        ), was AS (SELECT c.sku_code, c.shop_id, told_quantity, told_action FROM channel_stock AS c JOIN g USING (sku_code, shop_id)
            WHERE warehouse_code = ''
        ), stored AS (
            UPDATE channel_stock AS c SET told_quantity = g.quantity, told_action = g.action, told_available = g.available, told_at = :as_of
            FROM g WHERE (c.sku_code, c.shop_id, c.warehouse_code) = (g.sku_code, g.shop_id, '')
        )
        SELECT sku_code, shop_id FROM was JOIN g USING (sku_code, shop_id)
        WHERE (told_quantity, told_action) IS DISTINCT FROM (quantity, action)
        """),
        {
            "skus": [each.sku_code for each in told],
            "shops": [each.shop_id for each in told],
            "quantities": [each.quantity for each in told],
            "actions": [each.action for each in told],
            "available": [each.available for each in told],
            "as_of": as_of,
        },
    )
    changed = {(row.sku_code, row.shop_id) for row in rows}
    return [each for each in told if (each.sku_code, each.shop_id) in changed]


def _write_file(connection: Connection, settings: Settings, *, shop_id: str, as_of: datetime) -> None:
    """Write a shop's whole list, so that the newest file alone tells all; older ones are dropped after a while."""
    asked = """
        SELECT sku_code, told_quantity, told_action, told_at FROM channel_stock
        WHERE shop_id = :shop AND warehouse_code = '' AND told_at IS NOT NULL ORDER BY sku_code"""
    folder = settings.home / "outbox" / shop_id
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"stock_{as_of.astimezone(UTC):%Y%m%d%H%M%S}.csv"
    unfinished = path.with_suffix(".part")
    zone = ZoneInfo(settings.zone)
    with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in connection.execute(text(asked), {"shop": shop_id}):
            stated = row.told_at.astimezone(zone).isoformat(timespec="seconds")
            writer.writerow([row.sku_code, row.told_quantity, ACTION_WORDS[row.told_action], stated])
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    _drop_old(folder)


def _drop_old(folder: Path) -> None:
    for path in sorted(folder.glob("stock_*.csv"))[:-KEPT_FILES]:
        path.unlink(missing_ok=True)
