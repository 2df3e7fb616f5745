"""What does a delay model look like in the tables: versions with their figures, scores of open orders, a check of drift?"""

import json
import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from data import tables
from data.queries.risk_due import OPEN_ORDER
from tests.given_orders import PROMISE, REGIONS, SHOPS, WAREHOUSES, an_order, insert_rows

REASONS = [
    {"feature": "when", "log_odds": 0.91, "zh": "周五 17 点后付款", "en": "paid on a Friday after 17:00"},
    {"feature": "load_place", "log_odds": 0.44, "zh": "CN-HZ 排队 1.8 倍", "en": "queue of CN-HZ at 1.8 times"},
    {"feature": "carrier", "log_odds": -0.2, "zh": "承运商 SF", "en": "carrier SF"},
]
LANDMARKS = ("0", "30", "60", "120", "240", "480", "1440")


def measured(*, auc: float, n: int = 4200, channels: tuple[str, ...] = ("douyin", "tmall")) -> dict[str, Any]:
    """Return figures as ``models.delay_risk.evaluation.measured`` gives them."""
    plain = {"n": n, "base_rate": 0.22, "auc": auc, "average_precision": auc - 0.2, "brier": 0.9 - auc, "ece": 0.013}
    listed = {"share": 0.1, "orders": n // 10, "precision": 0.74, "recall": 0.33, "lift": 3.4}
    shares = [k / 10 for k in range(1, 11)]
    between = {"auc": [auc - 0.02, auc + 0.02], "average_precision": [auc - 0.24, auc - 0.16], "ece": [0.008, 0.019]}
    return {
        **plain,
        "at_capacity": listed,
        "lift": [{"share": s, "precision": 0.74 - 0.5 * s, "recall": 1 - (1 - s) ** 3, "lift": 3.4 - 2.4 * s} for s in shares],
        "lead_minutes_median": 1310.0,
        "intervals": {**between, "precision": [0.7, 0.78], "at_capacity": [0.7, 0.78]},
        "reliability": [{"predicted": p, "actual": p + 0.01, "n": round(900 * (1 - p))} for p in (0.04, 0.12, 0.27, 0.44, 0.63, 0.81)],
        "by_landmark": {minutes: {**plain, "auc": auc + int(minutes) / 20_000, "at_capacity": listed} for minutes in LANDMARKS},
        "by_channel": {channel: {**plain, "n": n // 2, "at_capacity": listed} for channel in channels},
    }


def a_version(*, at: datetime, status: str = "champion", task: str = "working_days", auc: float = 0.83, **given: Any) -> dict[str, Any]:
    """Return one row of ``model_versions``; its bytes are no model."""
    baselines = {"trailing_rate": measured(auc=auc - 0.04), "users_rule": measured(auc=0.58)}
    return {
        "task": task,
        "status": status,
        "reason": "胜过两个基线 / it beats both baselines",
        "fitted_at": at,
        "trained_from": at - timedelta(days=90),
        "trained_to": at - timedelta(days=14),
        "measured_to": at - timedelta(days=2),
        "rows": 61_000,
        "sampling": "全部 / all of them",
        "features": ["paid_hour", "warehouse_code", "place_queue_ratio"],
        "params": {"seed": 1, "backfilled": 1.0},
        "metrics": {"model": measured(auc=auc), **baselines, "champion": None},
        "reference": {},
        "blob": b"no model",
        "data_fingerprint": "d" * 32,
        "prediction_fingerprint": "p" * 32,
        "promoted_at": at if status == "champion" else None,
        **given,
    }


def versions(connection: Connection, *, as_of: datetime) -> int:
    """Insert a model in use for each scored target, an older one and one that was not good enough; return the one in use."""
    long_ago, lately = as_of - timedelta(days=8), as_of - timedelta(days=1)
    refused = "没有同时胜过两个基线，不采用 / it does not beat both baselines and is not used"
    insert_rows(
        connection,
        tables.model_versions,
        [
            a_version(at=long_ago, status="retired", auc=0.81, promoted_at=long_ago, retired_at=lately),
            a_version(at=lately - timedelta(days=3), status="rejected", auc=0.76, reason=refused),
            a_version(at=lately, task="promise", auc=0.84),
            a_version(at=lately),
        ],
    )
    return int(connection.execute(text("SELECT max(version) FROM model_versions")).scalar_one())


def waiting(connection: Connection, *, as_of: datetime, count: int) -> None:
    """Insert orders that were paid in the last day and have not left: a few of them long ago."""
    shops, warehouses = [shop[0] for shop in SHOPS], [*(code for code, _ in WAREHOUSES), None]
    rows = []
    for number in range(count):
        paid = as_of - timedelta(minutes=7 + 1500 * (number / count) ** 2)
        place = {"warehouse_code": warehouses[number % 4], "carrier_code": ("SF", "ZTO", None)[number // 3 % 3]}
        stage = {"stage": ("paid", "reviewed", "waybilled")[number % 3], "stage_since": paid, "paid_from": paid, "paid_to": paid}
        clock = {"clock_start_at": paid, "deadline_at": paid + PROMISE, "deadline_rule": "test", "region_code": REGIONS[number % 3][0]}
        if stage["stage"] == "waybilled":
            # from then on the carrier is known
            clock |= {"waybilled_from": paid + timedelta(minutes=5), "waybilled_to": paid + timedelta(minutes=5)}
        rows.append(an_order(shops[number % 4], f"waits-{number}", created_at=paid, **place, **stage, **clock))
    insert_rows(connection, tables.orders, rows)


def history(connection: Connection, *, as_of: datetime, count: int = 900, days: int = 60, seed: int = 11) -> None:
    """Insert shipped orders of the last days: late beyond two working days where the warehouse is slow or the weekend near."""
    dice = random.Random(seed)
    rows = []
    for number in range(count):
        paid = (as_of - timedelta(days=days * (1 - number / count), minutes=dice.randrange(60))).replace(microsecond=0)
        hours = 18 * dice.lognormvariate(0, 0.5) * (2.4 if number % 3 == 0 else 1.0) * (1.7 if paid.weekday() >= 3 else 1.0)
        left = (paid + timedelta(hours=hours)).replace(microsecond=0)
        place = {
            "warehouse_code": WAREHOUSES[number % 3][0],
            "carrier_code": ("SF", "ZTO")[number % 2],
            "region_code": REGIONS[number % 3][0],
        }
        clock = {"paid_from": paid, "paid_to": paid, "clock_start_at": paid, "deadline_at": paid + 2 * PROMISE, "deadline_rule": "test"}
        stage: dict[str, object] = {"stage": "paid", "stage_since": paid}
        labelled = paid + (left - paid) / 4
        clock |= {"waybilled_from": labelled, "waybilled_to": labelled} if labelled < as_of else {}
        if left < as_of:
            stage = {"stage": "shipped", "stage_since": left, "shipped_from": left, "shipped_to": left}
        plain = {"nature": "backfill", "paid_minor": dice.randrange(900, 90_000)}
        rows.append(an_order(SHOPS[number % 3][0], f"was-{number}", created_at=paid, **place, **clock, **stage, **plain))
    insert_rows(connection, tables.orders, rows)


def scores(connection: Connection, *, as_of: datetime, version: int | None, fallback: str = "") -> int:
    """Score every open order: the longer it waits the riskier, the oldest overdue; return how many.

    None that is not overdue reads as certain, whatever time of day it is.
    """
    given = {"as_of": as_of, "version": version, "fallback": fallback, "reasons": json.dumps(REASONS, ensure_ascii=False)}
    written = connection.execute(
        text(f"""
        INSERT INTO risk_now (shop_id, order_no, scored_at, landmark, probability, low, high, model_version, fallback, promise_probability,
            promise_low, promise_high, promise_version, due_at, raw_log_odds, reasons)
        SELECT shop_id, order_no, :as_of, 60, p, greatest(p - 0.05, 0), least(p + 0.05, 1), :version,
            CASE WHEN p = 1 THEN 'overdue' ELSE :fallback END, p, greatest(p - 0.05, 0), least(p + 0.05, 1), :version,
            clock_start_at + interval '40 hours', 0.5, CASE WHEN :version IS NULL THEN NULL ELSE CAST(:reasons AS jsonb) END
        FROM (
            SELECT o.*, CASE WHEN age < 0.99 THEN CAST(round(age, 3) AS float) ELSE 1 END AS p
            FROM orders AS o
            CROSS JOIN LATERAL (SELECT extract(epoch FROM CAST(:as_of AS timestamptz) - o.clock_start_at) / 72000 AS age) AS waits
            WHERE {OPEN_ORDER}
        ) AS waiting
        """),
        given,
    ).rowcount
    connection.execute(
        text("""
        INSERT INTO risk_scores
            (shop_id, order_no, scored_at, landmark, probability, low, high, model_version, fallback, promise_probability)
        SELECT shop_id, order_no, :as_of - ago, 60, probability * part, low * part, high * part, model_version, fallback,
            promise_probability
        FROM risk_now, (VALUES (interval '0', 1.0), (interval '30 minutes', 0.8), (interval '1 hour', 0.6)) AS before (ago, part)
        """),
        {"as_of": as_of},
    )
    return written


def drift(connection: Connection, *, as_of: datetime, version: int, gap: float = 0.01) -> None:
    """Insert a check of a model: one feature moved a little, and its calibration."""
    row = {"checked_at": as_of - timedelta(hours=3), "task": "working_days", "version": version, "rows": 2100}
    found = [("feature", "region_code", 0.03, 0.25), ("feature", "carrier_code", 0.14, 0.25), ("calibration", "", gap, 0.05)]
    names = ("kind", "name", "value", "ceiling")
    insert_rows(connection, tables.model_drift, [row | dict(zip(names, each, strict=True)) for each in found])


def everything(connection: Connection, *, as_of: datetime) -> int:
    """Insert versions, scores and drift; return the version in use."""
    version = versions(connection, as_of=as_of)
    scores(connection, as_of=as_of, version=version)
    drift(connection, as_of=as_of, version=version)
    return version
