"""What of the stock has to be done by the clock: expired holds given back, shorts tried again, the day's figures, what is crossed?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from data.settings import Settings
from data.stock import Now, Settling, settle_waiting
from data.writes.alerts import Found, keep_alerts
from data.writes.holds import release_expired
from data.writes.stock_days import count_drift, days_to_count, measure_releases, measure_sync
from data.writes.stock_touch import touch
from models.stock.metrics import METRICS, METRICS_BY_KEY

# What is tried again in one sweep, oldest first; the rest has its turn in the next ones.
_SHORTS = 2_000
_EXPIRED = 1_000
# Alerts about what is short: the most pieces first.
_SHORT_ALERTS = 100
SHORT = "short"
BELOW_HELD = "below_held"


@dataclass(frozen=True)
class Swept:
    """What a sweep did."""

    expired: int
    settling: Settling
    alerts: int


def sweep_stock(engine: Engine, *, settings: Settings, now: Now) -> Swept:
    """Give back what has expired, settle what waits and what stock has come for, and bring the day's figures and alerts up to date."""
    expired = 0
    while True:
        with engine.begin() as connection:
            swept = release_expired(connection, as_of=now(), at_most=_EXPIRED)
            touch(connection, sorted({(row.shop_id, row.order_no) for row in swept}))
        expired += len(swept)
        if len(swept) < _EXPIRED:
            break
    with engine.begin() as connection:
        touch(connection, _shorts_with_stock(connection))
    settling = settle_waiting(engine, now=now)
    with engine.begin() as connection:
        as_of = now()
        today = as_of.astimezone(ZoneInfo(settings.zone)).date()
        for day in (today - timedelta(days=1), today):
            measure_sync(connection, day, zone=settings.zone, as_of=as_of)
            measure_releases(connection, day, zone=settings.zone, as_of=as_of)
        opened = watch(connection, today=today, as_of=as_of)
    return Swept(expired, settling, opened)


def close_days(engine: Engine, *, settings: Settings, as_of: datetime) -> list[date]:
    """Hold the counts that came, and those of the last days, against the book; returns the business days looked at."""
    with engine.begin() as connection:
        days = days_to_count(connection, zone=settings.zone, as_of=as_of)
        count_drift(connection, days, zone=settings.zone, as_of=as_of)
    return days


def watch(connection: Connection, *, today: date, as_of: datetime) -> int:
    """Write alerts of what the day's figures cross and of what is short; returns how many lines were crossed anew.

    A difference of counts is told of the last day that is over and was counted, for one still running has not its last count yet.
    """
    found = [_crossed(row) for row in _figures(connection, today) if METRICS_BY_KEY[row.kpi].breached(_number(row.value))]
    found += [_short(row) for row in _shorts(connection)]
    found += [_below_held(row) for row in _places_below(connection)]
    return keep_alerts(connection, found, looked=[*METRICS_BY_KEY, SHORT, BELOW_HELD], as_of=as_of)


def _figures(connection: Connection, today: date) -> Sequence[Any]:
    """Return the figures to watch: today's, and of differences the last closed day's; in all where nothing is told apart."""
    keys = [metric.key for metric in METRICS if metric.dimension == "all"]
    asked = """
        SELECT k.* FROM stock_kpis AS k
        WHERE (dimension <> 'all' OR kpi = ANY(:alls)) AND day = CASE kpi WHEN 'stock_difference' THEN (
            SELECT max(day) FROM stock_kpis WHERE kpi = 'stock_difference' AND day < :today AND day >= CAST(:today AS date) - 7
        ) ELSE :today END"""
    return connection.execute(text(asked), {"alls": keys, "today": today}).all()


def _crossed(row: Any) -> Found:
    metric = METRICS_BY_KEY[row.kpi]
    detail = {"day": row.day.isoformat(), "value": _number(row.value), "target": metric.target, "numerator": row.numerator}
    return Found(
        rule=metric.key,
        subject=f"{metric.key}:{row.member}",
        level=metric.level,
        department=metric.department,
        detail=detail | {"denominator": row.denominator},
        channel=row.member if row.dimension == "channel" else None,
        warehouse_code=row.member if row.dimension == "warehouse" else None,
    )


def _shorts(connection: Connection) -> Sequence[Any]:
    asked = """
        SELECT sku_code, sum(short_units)::bigint AS units, count(*) AS orders, min(known_at) AS since FROM order_holding_skus
        WHERE short_units > 0 AND accepted_at IS NULL GROUP BY sku_code ORDER BY units DESC, sku_code LIMIT :most"""
    return connection.execute(text(asked), {"most": _SHORT_ALERTS}).all()


def _short(row: Any) -> Found:
    detail = {"units": row.units, "orders": row.orders, "since": row.since.isoformat()}
    return Found(SHORT, f"{SHORT}:{row.sku_code}", "serious", "warehouse", detail)


def _places_below(connection: Connection) -> Sequence[Any]:
    """Return the places where less lies than is held: what was promised from there is in danger; the widest gaps first."""
    asked = """
        SELECT sku_code, warehouse_code, on_hand, held FROM stock WHERE held > on_hand
        ORDER BY held - on_hand DESC, sku_code, warehouse_code LIMIT :most"""
    return connection.execute(text(asked), {"most": _SHORT_ALERTS}).all()


def _below_held(row: Any) -> Found:
    detail = {"on_hand": row.on_hand, "held": row.held}
    subject = f"{BELOW_HELD}:{row.sku_code}@{row.warehouse_code}"
    return Found(BELOW_HELD, subject, "serious", "warehouse", detail, warehouse_code=row.warehouse_code)


def _shorts_with_stock(connection: Connection) -> list[tuple[str, str]]:
    """Return the orders that are short of a SKU of which something is free now, longest known first."""
    asked = """
        SELECT shop_id, order_no FROM order_holding_skus AS s WHERE short_units > 0 AND EXISTS (
            SELECT FROM stock WHERE stock.sku_code = s.sku_code AND on_hand > held
                AND stock.warehouse_code = coalesce(s.warehouse_code, stock.warehouse_code))
        ORDER BY known_at LIMIT :most"""
    return sorted({(row.shop_id, row.order_no) for row in connection.execute(text(asked), {"most": _SHORTS})})


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
