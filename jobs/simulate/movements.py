"""What does each platform credit and debit for each order, and at which instant?

A movement is what a statement tells of an order (or of one of its lines, where the platform settles by line) at one instant. What follows
from an order follows from its own instants alone, so that a day's movements are the same whether asked for in a history or day by day.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jobs.simulate import rhythm
from jobs.simulate.dice import HOUR, NEVER, Flags, Ints
from jobs.simulate.merchant import Played
from jobs.simulate.shops import Shop
from jobs.simulate.terms import TERMS, Terms

# What a movement is of.
SETTLED, REFUNDED, COMPENSATED, PAID_OUT = range(4)
# Its money, all signed as the merchant sees it: ``coupon`` is what the platform bears of the discount, ``extra`` a fee beyond the usual
# one, ``subsidy`` what the platform adds to the freight. ``rate`` (millionths of a yuan) is that of an order from abroad settled in yuan.
MONEY: tuple[str, ...] = ("goods", "freight", "coupon", "subsidy", "fee", "extra")
COLUMNS: tuple[str, ...] = ("key", "line", "what", "copy", "at", "created", "done", "sku", "quantity", "unit", *MONEY, "payout", "rate")
_AFTER_SETTLING_S, _SPREAD = 600, 7_919


@dataclass(frozen=True)
class Dues:
    """What becomes due: ``orders`` is one row an order with what its settlement comes to, ``lines`` how its lines share it.

    Of an order: ``done`` (when it completed or was paid, by the platform's clock), ``at`` (when it is settled), ``receipt``, ``freight``,
    ``coupon``, ``fee`` (charged at settlement), ``refund_at`` and ``refund`` (told by the order export, after settlement), ``untold`` (sent
    back without the order export saying so) and ``untold_at``, ``due`` (the end of T+N).
    """

    orders: pd.DataFrame
    lines: pd.DataFrame


def dues(shop: Shop, settled: Played) -> Dues:
    """Return what a platform owes for the orders of one shop that have been done (``life.settle``)."""
    terms = TERMS[shop.platform]
    orders = settled.orders[settled.orders["shop"] == shop.number]
    done = done_at(orders, shop)
    orders = orders.assign(done=done)[(done < NEVER) & (orders["paid"] < NEVER).to_numpy() & (orders["paid_minor"] > 0).to_numpy()]
    owed = orders[["key", "created", "paid", "done"]].reset_index(drop=True)
    owed["freight"] = orders["freight_minor"].to_numpy()
    owed["coupon"] = np.where(_pays_coupons(shop), orders["platform_discount_minor"], 0)
    owed["receipt"] = (orders["paid_minor"] + owed["coupon"].to_numpy()).to_numpy()
    owed["at"] = _settled_at(owed, terms)
    owed["due"] = rhythm.midnight(1 + terms.days) + (owed["done"] + rhythm.SHANGHAI_OFFSET) // rhythm.DAY_SECONDS * rhythm.DAY_SECONDS
    _refunds(owed, orders, terms)
    base = owed["receipt"] - (owed["freight"] if terms.fee_on == "goods" else 0)
    base = base.clip(lower=0)
    owed["fee"] = shares(base.to_numpy(), terms.rate_millionths) + terms.fixed_minor * (base > 0)
    return Dues(owed, _line_shares(owed, settled, shop) if terms.by_line else _whole(owed))


def shares(minor: Ints, rate_millionths: Ints | int) -> Ints:
    """Return shares of amounts, half a minor unit rounded up."""
    rounded: Ints = (minor * rate_millionths + 500_000) // 1_000_000
    return rounded


def settlements(owed: Dues, terms: Terms) -> pd.DataFrame:
    """Return the movements of settlement: one an order or line."""
    lines = owed.lines
    rows = _blank(len(lines))
    for name in ("key", "line", "sku", "quantity", "unit", "goods", "freight", "coupon"):
        rows[name] = lines[name].to_numpy()
    orders = owed.orders.set_index("key").loc[lines["key"]]
    for name in ("at", "created", "done"):
        rows[name] = orders[name].to_numpy()
    base = (rows["goods"] + rows["coupon"] + (rows["freight"] if terms.fee_on == "receipt" else 0)).clip(lower=0)
    rows["fee"] = -(shares(base.to_numpy(), terms.rate_millionths) + terms.fixed_minor * (base > 0))
    rows["what"] = SETTLED
    return rows[(rows[list(MONEY)] != 0).any(axis=1)]


def refunds(owed: Dues, terms: Terms) -> pd.DataFrame:
    """Return the movements of refunds after settlement; a fee that is given back goes with them."""
    told = owed.orders[owed.orders["refund_at"] < NEVER]
    rows = refund_rows(told, amount=told["refund"].to_numpy(), at=told["refund_at"].to_numpy())
    if terms.tells_refunds == "whole":
        rows["coupon"] = -told["coupon"].to_numpy()
        rows["goods"] = -(told["receipt"] - told["coupon"]).to_numpy()
    if terms.fee_returned:
        given_back = told["refund"].to_numpy()
        if terms.fee_on == "goods":
            given_back = np.minimum(given_back, (told["receipt"] - told["freight"]).to_numpy())
        left = ((told["receipt"] - (told["freight"] if terms.fee_on == "goods" else 0)).to_numpy() - given_back).clip(min=0)
        rows["fee"] = told["fee"].to_numpy() - shares(left, terms.rate_millionths)
    return rows


def refund_rows(told: pd.DataFrame, *, amount: Ints, at: Ints) -> pd.DataFrame:
    """Return movements that take money back for some orders."""
    rows = _blank(len(told))
    for name in ("key", "created", "done"):
        rows[name] = told[name].to_numpy()
    rows["what"], rows["at"], rows["goods"] = REFUNDED, at, -amount
    return rows


def _blank(count: int) -> pd.DataFrame:
    return pd.DataFrame(dict.fromkeys(COLUMNS, np.zeros(count, dtype=np.int64)))


def done_at(orders: pd.DataFrame, shop: Shop) -> Ints:
    """Return when an order was done by the platform's own clock, ``NEVER`` where its money never comes."""
    if not TERMS[shop.platform].escrow:
        paid: Ints = orders["paid"].to_numpy()
        return paid
    done = orders["completed"].to_numpy()
    if shop.platform == "京东":
        # Goods sent back are an after-sale of its own beside an order that is done.
        sent_back = (orders["refunded"] < NEVER) & (orders["posted"] < orders["refunded"]) & (orders["completed"] == NEVER)
        done = np.where(sent_back, orders["refunded"], done)
    closed: Ints = np.where(orders["closed"] < NEVER, NEVER, done)
    return closed


def _pays_coupons(shop: Shop) -> bool:
    # Abroad, what a platform's own coupon took off is off.
    return not shop.market.abroad


def _settled_at(owed: pd.DataFrame, terms: Terms) -> Ints:
    """Return the instants of settlement: never after the day T+N."""
    done = owed["done"].to_numpy()
    if not terms.escrow:
        at_once: Ints = done
        return at_once
    day, second = np.divmod(done + rhythm.SHANGHAI_OFFSET, rhythm.DAY_SECONDS)
    early = second < terms.cut_off_hour * HOUR
    spread = owed["key"].to_numpy() * _SPREAD % HOUR
    midnight: Ints = (day + terms.days - early) * rhythm.DAY_SECONDS - rhythm.SHANGHAI_OFFSET
    if terms.days == 1:
        # Credited on its own: within an hour of completion, what comes after the cut-off in the first hours of the next day.
        credited: Ints = np.where(early, done + 60 + spread, midnight + HOUR // 2 + spread)
        return credited
    hour = 9 if terms.settles_at_hour is None else terms.settles_at_hour
    settled: Ints = midnight + hour * HOUR + (spread if terms.settles_at_hour is None else 0)
    return settled


def _refunds(owed: pd.DataFrame, orders: pd.DataFrame, terms: Terms) -> None:
    """Add what went back: out of escrow it lessens the receipt, later it is a movement of its own, if the order export tells it."""
    back, minor = orders["refunded"].to_numpy(), orders["refunded_minor"].to_numpy()
    happened = (back < NEVER) & (minor > 0)
    if terms.escrow and terms.tells_refunds == "amount":
        before = happened & (back <= owed["done"].to_numpy())
        owed["receipt"] = owed["receipt"] - np.where(before, minor, 0)
        happened = happened & ~before
    told: Flags = happened if terms.tells_refunds != "nothing" else np.zeros(len(owed), dtype=bool)
    later = np.maximum(back, owed["at"].to_numpy()) + _AFTER_SETTLING_S
    owed["refund_at"] = np.where(told, later if terms.escrow else back, NEVER)
    # Where all of it went back, the platform takes its coupon with it.
    whole = minor >= orders["paid_minor"].to_numpy()
    owed["refund"] = np.where(told, np.where(whole, owed["receipt"], minor), 0)
    untold = happened & ~told
    owed["untold_at"] = np.where(untold, later, NEVER)
    owed["untold"] = np.where(untold, minor, 0)
    owed["touched"] = (orders["refunded"] < NEVER).to_numpy()


def _whole(owed: pd.DataFrame) -> pd.DataFrame:
    """Return one line an order."""
    none = np.zeros(len(owed), dtype=np.int64)
    goods = owed["receipt"] - owed["freight"] - owed["coupon"]
    columns = {"key": owed["key"], "line": none, "sku": none, "quantity": none, "unit": none, "goods": goods}
    return pd.DataFrame({**columns, "freight": owed["freight"], "coupon": owed["coupon"]})


def _line_shares(owed: pd.DataFrame, settled: Played, shop: Shop) -> pd.DataFrame:
    """Return each order line's share; freight falls on the first, the platform's part of a discount is shared as the discount is."""
    lines = settled.lines[settled.lines["key"].isin(owed["key"])]
    facts = owed[["key", "freight", "coupon"]].merge(settled.orders[["key", "shop_discount_minor", "platform_discount_minor"]], on="key")
    lines = lines.merge(facts, on="key").sort_values(["key", "line"], kind="stable").reset_index(drop=True)
    discount = (lines["shop_discount_minor"] + lines["platform_discount_minor"]).clip(lower=1)
    running = lines.groupby("key", sort=False)["discount_minor"].cumsum()
    upto = running * lines["platform_discount_minor"] // discount
    coupon = upto - (running - lines["discount_minor"]) * lines["platform_discount_minor"] // discount
    goods = lines["unit_minor"] * lines["quantity"] - lines["discount_minor"]
    return pd.DataFrame(
        {
            "key": lines["key"],
            "line": lines["line"],
            "sku": lines["sku"],
            "quantity": lines["quantity"],
            "unit": lines["unit_minor"],
            "goods": goods,
            "freight": np.where(lines["line"] == 1, lines["freight"], 0),
            "coupon": coupon,
        }
    )
