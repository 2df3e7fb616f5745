"""What does a small merchant look like to the delay model? A seeded frame of facts, with a queue that makes some orders late."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.delay_risk.clocks import DAY, ShopClock
from models.delay_risk.facts import CODES, FLAGS, INSTANTS, NUMBERS

# Monday, 2 March 2026, midnight in Shanghai.
MONDAY = 1_772_380_800.0
HOUR = 3_600.0
CLOCKS: Mapping[str, ShopClock] = {shop: ShopClock("Asia/Shanghai", "CN") for shop in ("tm", "dy")}


def facts_of(rows: list[Mapping[str, object]]) -> pd.DataFrame:
    """Return facts, one row a mapping; what is not given is absent, and what happened was known at once."""
    frame = pd.DataFrame([dict(row) for row in rows])
    made: dict[str, object] = {}
    for name in CODES:
        given = frame[name] if name in frame else {"shop_id": "tm", "channel": "tmall"}.get(name, "")
        made[name] = pd.Categorical(pd.Series(given, index=frame.index).fillna("").astype(str))
    made["order_no"] = frame["order_no"] if "order_no" in frame else [f"N{place:06}" for place in frame.index]
    for name in FLAGS:
        made[name] = frame[name].fillna(False).astype(bool) if name in frame else np.full(len(frame), name == "warehouse_stated")
    for name in (*INSTANTS, *NUMBERS):
        made[name] = frame[name].astype(float) if name in frame else np.full(len(frame), np.nan)
    found = pd.DataFrame(made)
    for name in ("shipped", "ended", "delivered", "reviewed", "allocated", "waybilled"):
        found[f"{name}_known_at"] = found[f"{name}_known_at"].fillna(found[f"{name}_at"])
    for name in ("shipped", "delivered"):
        found[f"{name}_from"] = found[f"{name}_from"].fillna(found[f"{name}_at"])
    found["start_known_at"] = found["start_known_at"].fillna(found["start_at"])
    found["created_at"] = found["created_at"].fillna(found["start_at"])
    return found.sort_values(["start_at", "shop_id", "order_no"], ignore_index=True)


def some_facts(*, orders: int = 1_500, days: int = 75, seed: int = 1) -> pd.DataFrame:
    """Return orders of two shops and three warehouses: Fridays, one slow warehouse and post to far regions are late more often.

    Some are cancelled, some never leave, some are heard of late. Parcels to far regions and by post travel longer; all are promised on the
    fifth day after payment.
    """
    dice = np.random.default_rng(seed)
    start = np.sort(MONDAY + dice.uniform(0, days * DAY, orders)).round()
    warehouse = dice.choice(["W1", "W2", "W3"], orders, p=[0.5, 0.3, 0.2])
    region = dice.choice(["CN-33", "CN-44", "CN-65"], orders, p=[0.5, 0.35, 0.15])
    carrier = dice.choice(["SF", "ZTO", "POSTB"], orders, p=[0.4, 0.4, 0.2])
    weekday = ((start + 8 * HOUR) // DAY + 3) % 7
    burden = 20.0 + 18.0 * (weekday >= 4) + 26.0 * (warehouse == "W3") + 10.0 * (region == "CN-65") + 9.0 * (carrier == "POSTB")
    hours = burden * dice.lognormal(0.0, 0.5, orders)
    left = start + (hours * HOUR).round()
    fate = dice.uniform(0, 1, orders)
    left[fate < 0.04] = np.nan
    ended = np.where(fate < 0.02, start + (dice.uniform(1, 90, orders) * HOUR).round(), np.nan)
    lag = np.where(dice.uniform(0, 1, orders) < 0.1, (dice.uniform(0, 20, orders) * HOUR).round(), 0.0)
    allocated = np.fmin(start + 2 * HOUR, left)
    frame = {
        "shop_id": dice.choice(["tm", "dy"], orders, p=[0.7, 0.3]),
        "warehouse_code": warehouse,
        "warehouse_region": pd.Series(warehouse).map({"W1": "CN-33", "W2": "CN-44", "W3": "CN-51"}).to_numpy(),
        "region_code": region,
        "carrier_code": carrier,
        "sku_code": dice.choice([f"S{n}" for n in range(12)], orders),
        "category": dice.choice(["home", "toys"], orders),
        "start_at": start,
        "start_known_at": start + np.minimum(lag, HOUR),
        "shipped_at": left,
        "shipped_known_at": left + lag,
        "ended_at": ended,
        "ended_known_at": ended + lag,
        "allocated_at": allocated,
        "allocated_known_at": allocated,
        "waybilled_at": np.fmin(allocated + HOUR, left),
        "waybilled_known_at": np.fmin(allocated + HOUR, left),
        "deadline_at": start + 48 * HOUR,
        "goods_minor": dice.integers(500, 50_000, orders).astype(float),
        "lines": dice.integers(1, 5, orders).astype(float),
        "warehouse_stated": dice.uniform(0, 1, orders) < 0.3,
    }
    # drawn after all else, so that orders leave as they do without it
    travelled = (2.0 + 2.5 * (region == "CN-65") + 1.0 * (carrier == "POSTB")) * dice.lognormal(0.0, 0.3, orders)
    arrived = np.where(dice.uniform(0, 1, orders) < 0.03, np.nan, left + (travelled * DAY).round())
    frame |= {"delivered_at": arrived, "delivered_known_at": arrived + lag, "promised_delivery_at": start + 5 * DAY}
    columns = pd.DataFrame(frame)
    columns["channel"] = columns["shop_id"].map({"tm": "tmall", "dy": "douyin"})
    return facts_of(columns.to_dict("records"))  # type: ignore[arg-type]
