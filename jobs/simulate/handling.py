"""How is a paid order reviewed, allocated to a warehouse and a carrier, and made into parcels?"""

import numpy as np
import pandas as pd

from jobs.simulate import geography, rhythm
from jobs.simulate.dice import HOUR, NEVER, NORMAL, VIRTUAL, Draw, Flags, Floats, Ints
from jobs.simulate.markets import Market
from jobs.simulate.shops import Shop

# Money at risk from which people review an order, in fen of list price.
RISKY_MINOR = 150_000


def prepare(orders: pd.DataFrame, thrown: Draw, after_sibling: Flags, *, shop: Shop) -> pd.DataFrame:
    """Return the parcels of the orders and add review, allocation, warehouse, carrier and road to ``orders``.

    Siblings that are plain and due within half an hour travel in one parcel; some orders travel in two.
    """
    _review(orders, thrown, risky=orders["paid_minor"].to_numpy() > RISKY_MINOR * shop.price_factor)
    orders["cancel_wish"] = _cancel_wishes(orders, thrown)
    orders["warehouse"] = _warehouses(orders, thrown, shop=shop)
    orders["carrier"] = _carriers(orders, thrown, shop=shop)
    orders["road_s"] = _road(orders, thrown, shop=shop)
    together = _packed_together(orders, after_sibling)
    _share_with_leader(orders, together)
    return _parcels(orders, thrown, together)


def _review(orders: pd.DataFrame, thrown: Draw, *, risky: Flags) -> None:
    """Add ``held``, ``released``, ``reviewed``, ``allocated``: mostly by machine, by people where money is at risk."""
    due = orders["due"].to_numpy()
    here = (due < NEVER) & (orders["kind"].to_numpy() != VIRTUAL)
    pulled = due + 60 + (240 * thrown["review_delay"]).astype(np.int64)
    on_hold = (thrown["hold"] < 0.012) & here
    released = rhythm.into_hours(pulled + (HOUR * (1 + 20 * thrown["hold_hours"])).astype(np.int64), 9, 18)
    orders["held"] = np.where(on_hold, pulled, NEVER)
    orders["released"] = np.where(on_hold, released, NEVER)
    ready = np.where(on_hold, released, pulled)
    by_machine = ready + (20 - 180 * np.log1p(-thrown["review"])).astype(np.int64)
    by_people = rhythm.into_hours(ready + (300 + 5400 * thrown["review"]).astype(np.int64), 9, 20)
    reviewed = np.where(risky | (thrown["note"] < 0.03), by_people, by_machine)
    orders["reviewed"] = np.where(here, reviewed, NEVER)
    allocated = reviewed + 5 + (300 * thrown["allocate"] ** 3).astype(np.int64) + _short_of_goods(thrown)
    orders["allocated"] = np.where(here, allocated, NEVER)


def _short_of_goods(thrown: Draw) -> Ints:
    """Return seconds that an order waits for goods to arrive; more of them in the days of a promotion."""
    short = thrown["short"] < thrown.by_day(lambda day: 0.05 if rhythm.CHINA.promotion(day) > 1.2 else 0.025)
    hours: Floats = 4 - 26 * np.log1p(-thrown["short_hours"])
    return np.where(short, (hours * HOUR).astype(np.int64), 0)


def _cancel_wishes(orders: pd.DataFrame, thrown: Draw) -> Ints:
    """Return when the buyer wants the money back before the parcel has left; too late if it has."""
    paid = orders["paid"].to_numpy()
    wants = (thrown["cancel"] < 0.045) & (paid < NEVER) & (orders["kind"].to_numpy() != VIRTUAL)
    hours: Floats = 0.05 - 14 * np.log1p(-thrown["cancel_hours"])
    return np.where(wants, paid + (hours * HOUR).astype(np.int64), NEVER)


def _warehouses(orders: pd.DataFrame, thrown: Draw, *, shop: Shop) -> Ints:
    """Choose the nearest warehouse mostly, the next where it lacks the goods."""
    choice = (thrown["warehouse"] > 0.84).astype(np.int64) + (thrown["warehouse"] > 0.96)
    chosen: Ints = _nearest(shop.market)[orders["region"], choice]
    return chosen


def _nearest(market: Market) -> Ints:
    """Return the warehouses in the order in which they serve each region (rows)."""
    if market.served_from is not None:
        return np.tile(market.served_from, (len(market.regions), 1))
    return np.argsort(geography.kilometres(market.regions), axis=1)


def warehouse_shares(market: Market) -> Floats:
    """Return each warehouse's expected share of the parcels of a shop of that market."""
    nearest = _nearest(market)
    share = np.zeros(len(geography.WAREHOUSES))
    for choice, odds in enumerate((0.84, 0.12, 0.04)):
        np.add.at(share, nearest[:, choice], odds * geography.shares(market.regions))
    return share


def _carriers(orders: pd.DataFrame, thrown: Draw, *, shop: Shop) -> Ints:
    if shop.market.carrier is not None:
        return np.full(len(orders), shop.market.carrier)
    dear = (orders["paid_minor"] > 60_000).to_numpy()[:, None]
    shares = np.where(dear, [[0.55, 0.2, 0.15]], [[0.14, 0.34, 0.28]])
    carrier: Ints = (thrown["carrier"][:, None] > np.cumsum(shares, axis=1)).sum(axis=1)
    return carrier


def _road(orders: pd.DataFrame, thrown: Draw, *, shop: Shop) -> Ints:
    """Return seconds on the road: near the usual time for the distance with a long tail, slower around a great sale."""
    distance = geography.kilometres(shop.market.regions)
    base = np.array([carrier.base_hours for carrier in geography.CARRIERS])[orders["carrier"]]
    speed = np.array([carrier.km_per_hour for carrier in geography.CARRIERS])[orders["carrier"]]
    usual = base + distance[orders["region"], orders["warehouse"]] / speed
    crowded = np.where(thrown.by_day(rhythm.is_big_promotion) > 0, 1.35, 1.0)
    hours: Floats = usual * crowded * (0.8 - 0.35 * np.log1p(-0.995 * thrown["transit"]))
    return (hours * HOUR).astype(np.int64)


def _packed_together(orders: pd.DataFrame, after_sibling: Flags) -> Flags:
    """Flag the siblings that really travel in the parcel of the order before."""
    plain = (
        (orders["kind"] == NORMAL) & (orders["paid"] < NEVER) & (orders["held"] == NEVER) & (orders["cancel_wish"] == NEVER)
    ).to_numpy()
    due = orders["due"].to_numpy()
    together: Flags = after_sibling & plain & np.roll(plain, 1) & (np.abs(due - np.roll(due, 1)) < HOUR // 2)
    return together


def _share_with_leader(orders: pd.DataFrame, together: Flags) -> None:
    """Give siblings one review (the later of both), one warehouse, one carrier, one road."""
    for name in ("reviewed", "allocated"):
        instants = orders[name].to_numpy()
        latest = np.where(together, np.maximum(instants, np.roll(instants, 1)), instants)
        orders[name] = np.where(np.roll(together, -1), np.roll(latest, -1), latest)
    for name in ("warehouse", "carrier", "road_s"):
        orders[name] = np.where(together, np.roll(orders[name], 1), orders[name])


def _parcels(orders: pd.DataFrame, thrown: Draw, together: Flags) -> pd.DataFrame:
    """Return one row an order and parcel; an order cancelled before its allocation has none."""
    number = orders["key"].to_numpy() * 10 + 1
    parcels = orders[["key", "shop", "warehouse", "carrier", "reviewed", "allocated", "road_s"]].copy()
    parcels["part"] = 1
    parcels["stockout"] = np.where(together, np.roll(number, 1), number)
    parcels["entered"] = parcels["allocated"]
    parcels["cost"] = np.where(together, 0.0, 1.0)
    chance = thrown["print"]
    parcels["print_share"] = 0.25 + 0.65 * np.where(together, np.roll(chance, 1), chance)
    parcels["left"] = NEVER
    enters = ((orders["allocated"] < NEVER) & (orders["cancel_wish"] > orders["allocated"])).to_numpy()
    lone = ~together & ~np.roll(together, -1)
    split = enters & lone & (thrown["split"] < 0.02) & (orders["cancel_wish"] == NEVER).to_numpy()
    second = parcels[split].copy()
    second["part"], second["cost"], second["stockout"] = 2, 0.6, second["stockout"] + 1
    second["allocated"] += (HOUR * (2 + 28 * thrown["split_hours"][split])).astype(np.int64)
    second["entered"] = second["allocated"]
    return pd.concat([parcels[enters], second], ignore_index=True)
