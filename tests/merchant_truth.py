"""What would we have to know of the simulated merchant's orders, worked out from his life and not from his files?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from jobs.simulate.catalogue import CATEGORIES, catalogue
from jobs.simulate.dice import COD, VIRTUAL
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.lettering import platform_numbers
from jobs.simulate.merchant import Played
from jobs.simulate.platforms import WRITERS
from jobs.simulate.platforms.shopify import order_ids

Key = tuple[str, str]
_SHOPS = {writer.shop.number: writer.shop for writer in WRITERS}
# Platforms whose exports have a ship time of their own; elsewhere the warehouse's counts.
_SAYS_WHEN_SHIPPED = ("抖音", "Shopify")
# SKUs that the master list moves to another category, and the instant from which it holds.
_MOVED = {3: 5, 57: 7, 111: 0, 208: 6, 360: 5}
_MOVED_AT = datetime(2026, 9, 30, 16, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Truth:
    """One order as it should stand; times are None where nothing happened or nobody tells when."""

    stage: str
    on_hold: bool
    created_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    currency: str
    total_minor: int
    freight_minor: int | None
    refunded_minor: int | None
    lines: int
    quantity: int
    warehouse: str | None


def truth_of(seen: Played) -> dict[Key, Truth]:
    """Return every order's truth by shop and order number."""
    parcels = {key: group.to_dict("records") for key, group in seen.parcels.groupby("key")}
    lines = {key: (len(group), int(group["quantity"].sum())) for key, group in seen.lines.groupby("key")}
    return {_key(order): _truth(order, parcels.get(order["key"], []), lines[order["key"]]) for order in _records(seen.orders)}


def main_categories(seen: Played, *, seed: int) -> dict[Key, set[str]]:
    """Return the categories of each order's largest lines by list amount; ties leave several."""
    category = catalogue(seed).category.tolist()
    largest: dict[int, tuple[int, set[int]]] = {}
    for line in _records(seen.lines):
        amount, skus = largest.get(line["key"], (-1, set()))
        this = line["unit_minor"] * line["quantity"]
        if this >= amount:
            largest[line["key"]] = this, {line["sku"], *(skus if this == amount else ())}
    found = {}
    for order in _records(seen.orders):
        moved = _MOVED if order["created"] >= _MOVED_AT else {}
        found[_key(order)] = {CATEGORIES[moved.get(sku, category[sku])] for sku in largest[order["key"]][1]}
    return found


def _records(frame: pd.DataFrame) -> Iterator[dict[Any, Any]]:
    yield from frame.to_dict("records")


def _key(order: dict[Any, Any]) -> Key:
    shop = _SHOPS[order["shop"]]
    keys = pd.Series([order["key"]]).to_numpy()
    return shop.shop_id, str((order_ids(keys) if shop.abroad else platform_numbers(keys))[0])


def _truth(order: dict[Any, Any], parcels: list[dict[Any, Any]], lines: tuple[int, int]) -> Truth:
    shop = _SHOPS[order["shop"]]
    stage = _stage(order, parcels, abroad=shop.abroad)
    told = order["posted"] if shop.platform in _SAYS_WHEN_SHIPPED and order["posted"] else order["shipped"]
    shipped = None if order["kind"] == VIRTUAL and shop.platform != "抖音" else _instant(told)
    discount = order["shop_discount_minor"] + (order["platform_discount_minor"] if shop.platform in _SAYS_WHEN_SHIPPED else 0)
    return Truth(
        stage=stage,
        on_hold=bool(order["held"] and not order["released"] and not order["refunded"]),
        created_at=datetime.fromtimestamp(order["created"], UTC),
        paid_at=_instant(order["paid"]),
        shipped_at=shipped,
        currency=shop.currency,
        total_minor=order["goods_minor"] - discount + order["freight_minor"],
        freight_minor=None if shop.abroad and order["kind"] == VIRTUAL else order["freight_minor"],
        refunded_minor=_refunded(order, platform=shop.platform),
        lines=lines[0],
        quantity=lines[1],
        warehouse=_warehouse(order, parcels),
    )


def _refunded(order: dict[Any, Any], *, platform: str) -> int | None:
    """Return what was given back, as far as the platform tells: Douyin only says that, Shopify lists refunds or none."""
    if platform == "抖音" or (platform == "Shopify" and not order["refunded_minor"]):
        return None
    return int(order["refunded_minor"])


def _warehouse(order: dict[Any, Any], parcels: list[dict[Any, Any]]) -> str | None:
    """Return the warehouse once its list names the order: with its first parcel, or while it is held."""
    named = parcels[:1] or ([order] if order["held"] else [])
    return WAREHOUSES[named[0]["warehouse"]].code if named else None


def _instant(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _stage(order: dict[Any, Any], parcels: list[dict[Any, Any]], *, abroad: bool) -> str:
    if order["closed"]:
        return "cancelled"
    if order["stage"] == "refunded" or (abroad and order["refunded_minor"] and order["refunded_minor"] == order["paid_minor"]):
        return "refunded"
    if order["completed"] and not abroad:
        return "completed"
    if order["posted"] or (order["shipped"] and parcels):
        return "shipped"
    if order["part_posted"] or order["part_shipped"]:
        return "part_shipped"
    for event in ("waybilled", "allocated", "reviewed"):
        if parcels and all(parcel[event] for parcel in parcels):
            return event
    return "paid" if order["paid"] and order["kind"] != COD else "created"
