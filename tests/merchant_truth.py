"""What would we have to know of the simulated merchant's orders, worked out from his life and not from his files?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from jobs.simulate.catalogue import CATEGORIES, catalogue
from jobs.simulate.dice import COD, VIRTUAL
from jobs.simulate.geography import WAREHOUSES
from jobs.simulate.merchant import Played
from jobs.simulate.platforms import WRITERS
from jobs.simulate.rhythm import DAY_SECONDS, SHANGHAI_OFFSET

Key = tuple[str, str]
Order = dict[Any, Any]
_WRITERS = {writer.shop.number: writer for writer in WRITERS}
# SKUs that the master list moves to another category, and the instant from which it holds.
_MOVED = {3: 5, 57: 7, 111: 0, 208: 6, 360: 5}
_MOVED_AT = datetime(2026, 9, 30, 16, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Told:
    """What a platform's files can tell of an order, as its own documents have it.

    ``ended`` gives the stage that only the platform knows (None: how far the parcels are decides); ``completed`` and ``delivered``
    the instants that its files have of these, 0 where they have none.
    """

    ended: Callable[[Order], str | None]
    total_minor: Callable[[Order], int]
    freight_minor: Callable[[Order], int | None] = lambda order: order["freight_minor"]
    refunded_minor: Callable[[Order], int | None] = lambda _order: None
    # Whether there is a ship time; elsewhere the warehouse's counts.
    shipped: bool = False
    # Whether a voucher's hand-over has a time; whether its order is known to be one that nobody ships.
    hands_over: bool = False
    knows_vouchers: bool = False
    completed: Callable[[Order], int] = lambda _order: 0
    delivered: Callable[[Order], int] = lambda _order: 0
    # Whether an order has a time of its own before it is paid; without, its number tells the day.
    created: bool = True
    promise: timedelta | None = timedelta(hours=48)
    # Whether an order is labelled as a whole with its first parcel.
    labels: bool = False
    # Whether a line's amount is what the buyer owes for it (discounts off, freight on the first), not its list price.
    lines_owe: bool = False


def _closed(order: Order) -> str | None:
    return "cancelled" if order["closed"] else None


def _chinese(order: Order) -> str | None:
    return _closed(order) or ("refunded" if order["stage"] == "refunded" else "completed" if order["completed"] else None)


def _shopify(order: Order) -> str | None:
    whole = order["refunded_minor"] and order["refunded_minor"] == order["paid_minor"]
    return _closed(order) or ("refunded" if order["stage"] == "refunded" or whole else None)


def _without_returns(order: Order) -> str | None:
    """Name the stage where a return is an after-sale of its own: called off before shipping, else done."""
    if order["stage"] == "refunded" and not order["posted"]:
        return "cancelled"
    return _closed(order) or ("completed" if order["completed"] or order["stage"] == "refunded" else None)


def _jd_done(order: Order) -> int:
    return int(order["completed"] or (order["refunded"] if order["stage"] == "refunded" and order["posted"] else 0))


def _shopee_done(order: Order) -> int:
    """Return when an order was done where its last change and the payment at the door before it leave no other instant."""
    return int(order["completed"]) if order["completed"] == order["paid"] and not order["refunded"] else 0


def _pdd(order: Order) -> str | None:
    return _closed(order) or ("refunded" if order["refunded"] else "delivered" if order["completed"] else None)


def _due(order: Order) -> int:
    """Return what the buyer owes the shop before the platform's own discount."""
    return int(order["goods_minor"] - order["shop_discount_minor"] + order["freight_minor"])


def _paid(order: Order) -> int:
    return _due(order) - int(order["platform_discount_minor"])


_TAOBAO = Told(_chinese, _due, refunded_minor=lambda order: int(order["refunded_minor"]))
TOLD: Mapping[str, Told] = {
    "淘宝": _TAOBAO,
    "天猫": _TAOBAO,
    # That money went back it says, not how much.
    "抖音": Told(
        _chinese,
        _paid,
        shipped=True,
        hands_over=True,
        knows_vouchers=True,
        completed=lambda order: order["completed"],
        lines_owe=True,
    ),
    "Shopify": Told(
        _shopify,
        _paid,
        freight_minor=lambda order: None if order["kind"] == VIRTUAL else order["freight_minor"],
        refunded_minor=lambda order: int(order["refunded_minor"]) or None,
        shipped=True,
        promise=None,
    ),
    # The total is what the goods cost before any discount, without freight.
    "京东": Told(_without_returns, lambda order: order["goods_minor"], completed=_jd_done),
    "拼多多": Told(_pdd, _paid, shipped=True, hands_over=True, delivered=lambda order: order["completed"], created=False),
    # What shipping cost is known once it is confirmed.
    "Shopee": Told(
        _without_returns,
        _paid,
        freight_minor=lambda order: order["freight_minor"] if order["posted"] else None,
        shipped=True,
        completed=_shopee_done,
        promise=timedelta(days=3),
        labels=True,
    ),
}


@dataclass(frozen=True)
class Truth:
    """One order as it should stand; times are None where nothing happened or nobody tells when."""

    stage: str
    on_hold: bool
    created_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    completed_at: datetime | None
    deadline_at: datetime | None
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
    """Return the categories of each order's largest lines by the amounts that its platform tells; ties leave several."""
    category = catalogue(seed).category.tolist()
    freight = dict(zip(seen.orders["key"].tolist(), seen.orders["freight_minor"].tolist(), strict=True))
    largest: dict[int, tuple[int, set[int]]] = {}
    for line in _records(seen.lines):
        amount, skus = largest.get(line["key"], (-1, set()))
        this = line["unit_minor"] * line["quantity"]
        if TOLD[_WRITERS[line["key"] // 10**11].shop.platform].lines_owe:
            this += (freight[line["key"]] if line["line"] == 1 else 0) - line["discount_minor"]
        if this >= amount:
            largest[line["key"]] = this, {line["sku"], *(skus if this == amount else ())}
    found = {}
    for order in _records(seen.orders):
        moved = _MOVED if order["created"] >= _MOVED_AT else {}
        found[_key(order)] = {CATEGORIES[moved.get(sku, category[sku])] for sku in largest[order["key"]][1]}
    return found


def _records(frame: pd.DataFrame) -> Iterator[Order]:
    yield from frame.to_dict("records")


def _key(order: Order) -> Key:
    writer = _WRITERS[order["shop"]]
    return writer.shop.shop_id, writer.order_numbers(pd.Series([order["key"]]).to_numpy())[0]


def _truth(order: Order, parcels: list[Order], lines: tuple[int, int]) -> Truth:
    shop = _WRITERS[order["shop"]].shop
    told = TOLD[shop.platform]
    left = order["posted"] if told.shipped and order["posted"] else order["shipped"]
    unseen = order["kind"] == VIRTUAL and not told.hands_over
    return Truth(
        stage=_stage(order, parcels, told),
        on_hold=bool(order["held"] and not order["released"] and not order["refunded"]),
        created_at=_created(order, told),
        paid_at=_instant(order["paid"]),
        shipped_at=None if unseen else _instant(left),
        delivered_at=_instant(told.delivered(order)),
        completed_at=_instant(told.completed(order)),
        deadline_at=_deadline(order, told),
        currency=shop.currency,
        total_minor=told.total_minor(order),
        freight_minor=told.freight_minor(order),
        refunded_minor=told.refunded_minor(order),
        lines=lines[0],
        quantity=lines[1],
        warehouse=_warehouse(order, parcels),
    )


def _created(order: Order, told: Told) -> datetime:
    """Return when an order was placed as far as the platform tells: to the second, when it was concluded, or the beginning of its day."""
    if told.created:
        return datetime.fromtimestamp(order["created"], UTC)
    day = order["key"] // 10**6 % 10**5
    return datetime.fromtimestamp(order["paid"] or day * DAY_SECONDS - SHANGHAI_OFFSET, UTC)


def _deadline(order: Order, told: Told) -> datetime | None:
    """Return by when an order must leave: counted from payment, with cash on delivery from the order; nobody ships a voucher."""
    start = order["created"] if order["kind"] == COD else order["paid"]
    if told.promise is None or not start or (told.knows_vouchers and order["kind"] == VIRTUAL):
        return None
    return datetime.fromtimestamp(start, UTC) + told.promise


def _warehouse(order: Order, parcels: list[Order]) -> str | None:
    """Return the warehouse once its list names the order: with its first parcel, or while it is held."""
    named = parcels[:1] or ([order] if order["held"] else [])
    return WAREHOUSES[named[0]["warehouse"]].code if named else None


def _instant(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _stage(order: Order, parcels: list[Order], told: Told) -> str:
    if ended := told.ended(order):
        return ended
    if order["posted"] or (order["shipped"] and parcels):
        return "shipped"
    if order["part_posted"] or order["part_shipped"]:
        return "part_shipped"
    if told.labels and order["waybilled"]:
        return "waybilled"
    for event in ("waybilled", "allocated", "reviewed"):
        if parcels and all(parcel[event] for parcel in parcels):
            return event
    return "paid" if order["paid"] and order["kind"] != COD else "created"
