"""Which orders come in, from whom, for what, and what would happen to each before the warehouse takes it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from jobs.simulate import geography, handling, rhythm
from jobs.simulate.buyers import POOL, buyers_of
from jobs.simulate.catalogue import Catalogue, catalogue
from jobs.simulate.dice import COD, GIFT, HOUR, NEVER, NORMAL, PRESALE, SLOTS, VIRTUAL, Draw, Flags, Floats, Ints, draw
from jobs.simulate.shops import Shop


@dataclass(frozen=True)
class Played:
    """Orders with their lines and parcels.

    - ``orders``: one row an order; instants in unix seconds, ``NEVER`` where it does not happen; amounts in minor units.
    - ``lines``: one row an order line (``key``, ``line``, ``sku``, ``quantity``, ``unit_minor``, ``discount_minor``).
    - ``parcels``: one row an order and parcel; orders packed together share ``stockout``.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame
    parcels: pd.DataFrame


def joined(parts: Sequence[Played]) -> Played:
    """Return several plays as one."""
    orders, lines, parcels = (
        pd.concat([getattr(part, name) for part in parts], ignore_index=True) for name in ("orders", "lines", "parcels")
    )
    return Played(orders, lines, parcels)


def kept(played: Played, orders: pd.DataFrame) -> Played:
    """Return some of the orders with the lines and parcels that are theirs."""
    keys = orders["key"]
    return Played(orders, played.lines[played.lines["key"].isin(keys)], played.parcels[played.parcels["key"].isin(keys)])


def play(shop: Shop, days: Sequence[int], *, seed: int, orders_a_day: float) -> Played:
    """Return a shop's orders of some days as planned up to the door of the warehouse (``parcels.entered``)."""
    thrown = draw(shop, days, seed=seed, orders_a_day=orders_a_day)
    goods = catalogue(seed)
    buyers = buyers_of(seed, shop)
    after_sibling = _siblings(thrown)
    buyer = (POOL * thrown["buyer"] ** 1.3).astype(np.int64)
    buyer = np.where(after_sibling, np.roll(buyer, 1), buyer)
    key = (shop.number * 10**5 + thrown.day) * 10**6 + thrown.sequence
    orders = pd.DataFrame({"key": key, "shop": shop.number, "created": thrown.created, "kind": _kinds(shop, thrown), "buyer": buyer})
    orders["region"] = buyers.region[buyer]
    slots = _slots(shop, thrown, orders["kind"].to_numpy(), goods)
    _price(orders, thrown, slots, shop=shop)
    _pay(orders, thrown, shop=shop)
    orders["noted"] = thrown["note"] < 0.08
    parcels = handling.prepare(orders, thrown, after_sibling, shop=shop)
    _later_habits(orders, thrown, slots, goods)
    return Played(orders, _lines(key, slots), parcels)


def _siblings(thrown: Draw) -> Flags:
    """Flag the orders placed by the buyer of the order before, on the same day."""
    wanted = (thrown["sibling"] < 0.025) & (thrown.sequence > 0)
    flagged: Flags = wanted & ~np.roll(wanted, 1)
    return flagged


def _kinds(shop: Shop, thrown: Draw) -> Ints:
    chance = thrown["kind"]
    presale = shop.presale_share * thrown.by_day(lambda day: 3.0 if day.month == 11 and day.day <= 10 else 0.5)
    kind = np.full(len(chance), NORMAL, dtype=np.int64)
    kind[chance < presale] = PRESALE
    kind[(chance >= 0.5) & (chance < 0.5 + shop.cod_share)] = COD
    kind[(chance >= 0.6) & (chance < 0.603)] = GIFT
    kind[(chance >= 0.7) & (chance < 0.7 + shop.virtual_share)] = VIRTUAL
    return kind


@dataclass(frozen=True)
class Slots:
    """Line slots of each order as rectangles: orders × ``SLOTS``; ``used`` tells which are real lines."""

    used: Flags
    sku: Ints
    quantity: Ints
    unit_minor: Ints
    discount_minor: Ints


def _slots(shop: Shop, thrown: Draw, kind: Ints, goods: Catalogue) -> Slots:
    count = 1 + (thrown["lines"] > 0.72).astype(np.int64) + (thrown["lines"] > 0.92)
    count[(kind == VIRTUAL) | shop.one_sku] = 1
    used = np.arange(SLOTS)[None, :] < count[:, None]
    used[:, SLOTS - 1] = (thrown["present"] < 0.04) & (kind == NORMAL) & (not shop.one_sku)
    taste = np.random.default_rng([goods.physical, shop.number]).permutation(goods.physical)
    sku = taste[(goods.physical * thrown.line_dice[:, :, 0] ** 2.2).astype(np.int64)]
    sku[kind == VIRTUAL] = goods.physical + (sku[kind == VIRTUAL] % (len(goods.codes) - goods.physical))
    quantity = 1 + (thrown.line_dice[:, :, 1] > 0.88).astype(np.int64) + (thrown.line_dice[:, :, 1] > 0.97)
    quantity[kind == VIRTUAL] = 1
    quantity[:, SLOTS - 1] = 1
    unit = np.maximum(1, np.round(goods.price_minor[sku] * shop.price_factor).astype(np.int64))
    unit[:, SLOTS - 1] = 0
    unit[kind == GIFT] = 0
    return Slots(used, sku, np.where(used, quantity, 0), unit, np.zeros_like(unit))


def _price(orders: pd.DataFrame, thrown: Draw, slots: Slots, *, shop: Shop) -> None:
    """Add the order's amounts and share its discount out to the lines, to the last fen."""
    amount = slots.quantity * slots.unit_minor
    goods = amount.sum(axis=1)
    festive = thrown.by_day(shop.market.rhythm.promotion)
    given_away = thrown["discount"] < np.where(festive > 1.4, 0.85, 0.3)
    rate = np.where(given_away, 0.04 + 0.05 * np.minimum(festive, 3.0), 0.0)
    coupon = np.where(thrown["coupon"] < 0.15, 500 + np.floor(thrown["coupon"] * 20_000), 0.0) * shop.price_factor
    orders["goods_minor"] = goods
    orders["shop_discount_minor"] = (goods * rate).astype(np.int64)
    orders["platform_discount_minor"] = np.minimum(coupon.astype(np.int64), goods // 5)
    discount = (orders["shop_discount_minor"] + orders["platform_discount_minor"]).to_numpy()
    running = discount[:, None] * np.cumsum(amount, axis=1) // np.maximum(goods, 1)[:, None]
    slots.discount_minor[:] = np.diff(running, axis=1, prepend=0)
    orders["freight_minor"] = _freight(orders, thrown, shop=shop)
    orders["paid_minor"] = goods - discount + orders["freight_minor"]


def _freight(orders: pd.DataFrame, thrown: Draw, *, shop: Shop) -> Ints:
    remote = np.array([place.name in geography.REMOTE for place in geography.PROVINCES])
    usual: Floats = np.where(thrown["freight"] < 0.12, 800.0, 0.0)
    flat = shop.market.freight_minor
    freight = np.where(remote[orders["region"]], 1500.0, usual) if flat is None else np.full(len(orders), float(flat))
    return np.where(orders["kind"].isin([GIFT, VIRTUAL]), 0, freight).astype(np.int64)


def _pay(orders: pd.DataFrame, thrown: Draw, *, shop: Shop) -> None:
    """Add ``paid`` and, where the buyer never pays, ``closed``; a pre-sale is paid off after its deposit."""
    created, kind = orders["created"].to_numpy(), orders["kind"].to_numpy()
    paid = created + (12 - 75 * np.log1p(-thrown["pay_delay"])).astype(np.int64)
    presale = np.flatnonzero(kind == PRESALE)
    paid[presale] = [_final_payment(int(thrown.day[i]), float(thrown["pay_delay"][i])) for i in presale]
    unpaid = (thrown["pays"] < shop.unpaid_share) & ~np.isin(kind, [COD, GIFT])
    limit_hours = np.where(kind == PRESALE, 20 * 24.0, shop.unpaid_limit_hours)
    early = np.where(thrown["close"] < 0.3, 0.02 + thrown["close"] * 2, 1.0)
    orders["paid"] = np.where(unpaid | (kind == COD), NEVER, paid)
    orders["closed"] = np.where(unpaid, created + (limit_hours * HOUR * early).astype(np.int64), NEVER)
    # What the warehouse waits for: the payment, or for cash on delivery the order itself.
    orders["due"] = np.where(kind == COD, created + 60, orders["paid"])


def _final_payment(day: int, chance: float) -> int:
    """Return when a pre-sale's rest is paid: the great sale if one comes within 15 days, else some days later."""
    for ahead in range(1, 16):
        if rhythm.is_big_promotion(rhythm.day_of(day) + timedelta(days=ahead)):
            return rhythm.midnight(day + ahead) + int(6 * HOUR * chance**2)
    return rhythm.midnight(day + 3) + int(5 * 24 * HOUR * chance)


def _later_habits(orders: pd.DataFrame, thrown: Draw, slots: Slots, goods: Catalogue) -> None:
    """Add durations and wishes that take effect once the parcel has left (see ``life``)."""
    orders["sync_s"] = 20 + (280 * thrown["sync"]).astype(np.int64)
    # Half the buyers confirm within days; the others let the platform do it.
    orders["confirm_s"] = np.where(thrown["confirm"] < 0.5, (24 * HOUR * 12 * thrown["confirm"]).astype(np.int64), NEVER)
    back = thrown["sent_back"] < goods.returned_share[slots.sku[:, 0]]
    orders["sent_back_s"] = np.where(back, (24 * HOUR * (0.5 + 6 * thrown["sent_back_days"])).astype(np.int64), NEVER)
    first_line = slots.quantity[:, 0] * slots.unit_minor[:, 0] - slots.discount_minor[:, 0]
    whole = (thrown["sent_back_whole"] < 0.75) | (slots.used.sum(axis=1) == 1)
    orders["sent_back_minor"] = np.where(whole, orders["paid_minor"], np.minimum(first_line, orders["paid_minor"]))


def _lines(key: Ints, slots: Slots) -> pd.DataFrame:
    row, slot = np.nonzero(slots.used)
    number = np.cumsum(slots.used, axis=1)[row, slot]
    columns = {name: getattr(slots, name)[row, slot] for name in ("sku", "quantity", "unit_minor", "discount_minor")}
    return pd.DataFrame({"key": key[row], "line": number, **columns})
