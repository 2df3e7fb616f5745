"""What would a promotion over the last pieces do to us, as we sell today?"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from data.queries.promotion_demand import DAYS, busiest_sales
from models.stock.replay import BY_KEY, USUAL_LAG_SECONDS, Promotion, Replay, replay

# Where nothing has been sold yet: a mid-sized merchant, so that the curve can be looked at before there are orders.
EXAMPLE_SALES: Mapping[str, float] = {"taobao": 1.4, "tmall": 1.0, "douyin": 0.9, "pdd": 0.8, "jd": 0.6, "shopify": 0.2}


def replay_promotion(
    engine: Engine, *, as_of: datetime, units: int = 500, minutes: float = 10, factor: float = 20, runs: int = 30, seed: int = 1
) -> dict[str, Any]:
    """Replay a promotion on the sales of the last four weeks, keep what came of it and return it as it is kept."""
    with engine.connect() as connection:
        sales = busiest_sales(connection, as_of=as_of)
    measured = bool(sales)
    promotion = Promotion(sales or EXAMPLE_SALES, units=units, minutes=minutes, factor=factor)
    figures = {"given": _given(promotion, measured=measured, runs=runs, seed=seed), **_told(replay(promotion, runs=runs, seed=seed))}
    with engine.begin() as connection:
        _store(connection, figures, as_of=as_of)
    return figures


def _given(promotion: Promotion, *, measured: bool, runs: int, seed: int) -> dict[str, Any]:
    return {
        "units": promotion.units,
        "minutes": promotion.minutes,
        "factor": promotion.factor,
        "channels": {channel: round(rate, 4) for channel, rate in promotion.channels.items()},
        "measured_on": f"sales of the last {DAYS} days" if measured else "example sales",
        "runs": runs,
        "seed": seed,
    }


def _told(found: Replay) -> dict[str, Any]:
    """Write a replay as it is kept.

    >>> told = _told(replay(Promotion({"taobao": 1.0}, units=5), lags=(0,), runs=1))
    >>> told["recommended"]["quotas"], [policy["key"] for policy in told["policies"]][:2]
    ({'taobao': 1.0}, ['shared', 'shared_safety'])
    """
    recommended = BY_KEY[found.recommended]
    return {
        "policies": [{"key": key, "curve": [asdict(point) for point in curve]} for key, curve in found.curves.items()],
        "recommended": {
            "policy": found.recommended,
            "why": "least_unsold_without_overselling",
            "lag_seconds": USUAL_LAG_SECONDS,
            "shown": recommended.shown,
            "quotas": dict(found.quotas),
        },
    }


def _store(connection: Connection, figures: Mapping[str, Any], *, as_of: datetime) -> None:
    result = {name: figures[name] for name in ("policies", "recommended")}
    connection.execute(
        text("INSERT INTO stock_replays (as_of, given, result) VALUES (:as_of, CAST(:given AS jsonb), CAST(:result AS jsonb))"),
        {"as_of": as_of, "given": json.dumps(figures["given"]), "result": json.dumps(result)},
    )
